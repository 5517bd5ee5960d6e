package bot

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"

	"github.com/oktaws/oktaws/store"
)

// findingLines is what differs, one after the other; mark says what else there is to say of each.
func findingLines(findings []store.Finding, mark func(store.Finding) string, room int) []string {
	var lines []string
	for _, f := range findings {
		line := "• " + statement(f.What, noteLimit) + spaced(statement(f.Means, noteLimit)) + spaced(mendLine(f)) + spaced(mark(f))
		lines = append(lines, oneLine(line))
	}
	return within(lines, room)
}

// byHand says of a finding that oktaws does nothing about that it is somebody else's, or a person's to deal with.
func byHand(f store.Finding) string {
	switch {
	case acts(f):
	case f.Foreign:
		return ":raised_hand: _Somebody else's: oktaws leaves it alone._"
	case f.Person:
		return ":raising_hand: _A person's step._"
	}
	return ""
}

// mendLine is what is done about a finding.
func mendLine(f store.Finding) string {
	if acts(f) {
		return statement("oktaws "+f.Mend, noteLimit)
	}
	return statement(f.Mend, noteLimit)
}

// acts says whether it is said what oktaws does about a finding: a verb, such as "asks a person to enable it". What a
// person has to do without it is a sentence.
func acts(f store.Finding) bool { return f.Mend != "" && f.Mend[0] >= 'a' && f.Mend[0] <= 'z' }

// mendable says whether a repair does anything about a finding.
func mendable(f store.Finding) bool {
	return f.Rotate != "" || !f.Foreign && (!f.Person || acts(f))
}

// findingID is short and stands for a finding's key.
func findingID(f store.Finding) string {
	sum := sha256.Sum256([]byte(f.Key))
	return hex.EncodeToString(sum[:6])
}

// planLines is what a request would change, as last looked at.
func (b *Bot) planLines(s scene) []string {
	r := s.request
	switch {
	case r.Size > 0 && r.Kind == store.Link:
		return b.linkBatchLines(s)
	case r.Size > 0:
		return batchPlanLines(s)
	case r.Planned.IsZero() && r.State == store.Pending:
		return []string{":mag: oktaws is looking at what would change."}
	case r.Planned.IsZero():
		return nil
	case r.Unplanned != nil:
		return []string{":warning: *What would change could not be looked at.* " + troubleLine(r.Unplanned)}
	case len(r.Plan) == 0:
		return []string{":white_check_mark: *Nothing would change:* all is as it shall be, as of " + when(r.Planned) + "."}
	}
	plan := slices.Clone(r.Plan)
	if r.Kind == store.Link || r.Kind == store.Adopt || r.Kind == store.Change {
		for i := range plan {
			plan[i].Means = "" // nothing is wrong, it is only not so yet
		}
	}
	return append([]string{"*What would change*, as of " + when(r.Planned)},
		findingLines(plan, func(f store.Finding) string { return planMark(r, f) }, smallList)...)
}

// planMark says what a request does about what is somebody else's, or a person's.
func planMark(r store.Request, f store.Finding) string {
	if !f.Foreign {
		return byHand(f)
	}
	switch r.Kind {
	case store.Adopt:
		return ":handshake: _Made by hand: this takes it over._"
	case store.Link:
		return fmt.Sprintf(":raised_hand: _Made by hand: linking would stop here; `/oktaws adopt %s` takes it over._", accountName(r.Account))
	case store.Unlink:
		return ":raised_hand: _oktaws leaves it alone._" // what it is says why
	}
	return byHand(f)
}
