package provision

import (
	"fmt"
	"slices"
	"strings"
)

// mark is what settings.notes.admin of the account's application holds if it is ours, so that adopting somebody else's is
// never an accident.
func (w *work) mark() string {
	if w.get().Shared != "" {
		return w.sharedMark()
	}
	return w.ownMark()
}

// The marks of an application that accounts share, and of one that the account has to itself.
func (w *work) sharedMark() string {
	return fmt.Sprintf("%sthe AWS accounts of the partition %s. Please leave this line.", marks, w.key.Partition)
}

func (w *work) ownMark() string {
	return fmt.Sprintf("%sAWS account %s. Please leave this line.", marks, w.key)
}

// marks is how every mark begins.
const marks = "Managed by oktaws for "

// bears says whether the mark is one of the lines of a note: people may add others.
func bears(note, mark string) bool {
	return slices.ContainsFunc(strings.Split(note, "\n"), func(line string) bool { return strings.TrimSpace(line) == mark })
}

// marked returns the note with the mark, which comes first where it isn't there yet.
func marked(note, mark string) string {
	switch {
	case note == "":
		return mark
	case bears(note, mark):
		return note
	}
	return mark + "\n" + note
}
