package operator

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strings"

	"github.com/oktaws/oktaws/store"
)

// Ended is the error of a command that has said already how it went.
type Ended int

func (e Ended) Error() string { return fmt.Sprintf("ended with exit code %d", int(e)) }

// misused is the error of a command line that is wrong in a way that the settings alone tell.
type misused struct{ err *store.Error }

func (m misused) Error() string { return m.err.Error() }

func (m misused) Unwrap() error { return m.err }

func usage(remedy, format string, args ...any) error {
	return misused{&store.Error{Kind: store.Permanent, Message: fmt.Sprintf(format, args...), Remedy: remedy}}
}

func refuse(kind store.Kind, remedy, format string, args ...any) error {
	return &store.Error{Kind: kind, Message: fmt.Sprintf(format, args...), Remedy: remedy}
}

// Tell writes what went wrong, as JSON where asked, and returns the exit code. A command's error is for the operator, who
// reads its cause too.
func Tell(stderr io.Writer, err error, asJSON bool) int {
	if err == nil {
		return Done
	}
	if code, ok := errors.AsType[Ended](err); ok {
		return int(code)
	}
	code := Failed
	if _, ok := errors.AsType[misused](err); ok {
		code = Usage
	}
	if d, ok := errors.AsType[*store.Decided](err); ok {
		err = d.Unwrap() // which says who was first
	}
	message, remedy := forTerminal(err.Error()), ""
	if e, ok := errors.AsType[*store.Error](err); ok {
		remedy = forTerminal(e.Remedy)
	}
	if asJSON {
		var d struct {
			Error errorDocument `json:"error"`
		}
		d.Error = errorDocument{Message: message, Remedy: remedy, Kind: kindWord(store.KindOf(err))}
		text, err := json.Marshal(d) // strings always encode
		if err == nil {
			fmt.Fprintln(stderr, string(text))
		}
		return code
	}
	fmt.Fprintln(stderr, "oktaws: "+message)
	if remedy != "" {
		fmt.Fprintln(stderr, remedy)
	}
	return code
}

type errorDocument struct {
	Message string `json:"message"`
	Remedy  string `json:"remedy,omitempty"`
	Kind    string `json:"kind"` // transient, permanent, conflict, not_found, denied, needs_person
}

func kindWord(k store.Kind) string {
	return strings.ReplaceAll(strings.ReplaceAll(string(k), " a ", " "), " ", "_")
}

var mentioned = regexp.MustCompile(`<[@#]([^>|]+)>`)

// forTerminal is a sentence that was written for Slack as a terminal shows it: commands without the slash, and people by
// their IDs.
func forTerminal(s string) string {
	return strings.NewReplacer("/oktaws ", "oktaws ", "`", "").Replace(mentioned.ReplaceAllString(s, "$1"))
}

// person is somebody as a terminal shows them: a Slack user by the ID, an operator as login@host.
func person(p store.Person) string {
	return strings.TrimPrefix(forTerminal(p.Mention()), "the operator ")
}
