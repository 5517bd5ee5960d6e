package bot

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"

	"github.com/slack-go/slack"

	"github.com/oktaws/oktaws/store"
)

// batchPlanLines is the accounts of a batch, as they were when it was asked for: with what differs in each, or with their
// names.
func batchPlanLines(s scene) []string {
	r := s.request
	known := map[string]string{}
	for _, f := range r.Plan {
		known[f.Key] = oneLine(mrkdwn(f.What, noteLimit))
	}
	var lines []string
	for _, row := range s.rows {
		what, ok := known[row.Account.String()]
		if !ok && row.Label != "" {
			what = oneLine(mrkdwn(row.Label, noteLimit))
		}
		lines = append(lines, "• "+code(accountName(row.Account))+spaced(what))
	}
	head := "*The accounts*"
	if r.Kind == store.Repair {
		head = "*What differs*"
	}
	if !r.Planned.IsZero() {
		head += ", as of " + when(r.Planned)
	}
	lines = append([]string{head}, within(lines, bigList-smallList)...)
	return append(lines, waitsForLines(s)...)
}

// waitsForLines is the accounts that a rotation may have to wait for, and that it can't be asked for.
func waitsForLines(s scene) []string {
	if s.request.Kind != store.Rotate || len(s.left) == 0 {
		return nil
	}
	var lines []string
	for _, out := range s.left {
		lines = append(lines, "• "+code(accountName(out.Account))+" "+oneLine(mrkdwn(out.Label+": "+out.Why, noteLimit)))
	}
	head := ":information_source: *" + plural(len(lines), "more account shares", "more accounts share") + " the application*. " +
		"Okta signs with the new certificate only once each has taken it: where one can't, the rotation waits for it. Retry or unlink what has failed."
	return append([]string{head}, within(lines, smallList)...)
}

// renderBatchProgress is how far a batch is, edited in place.
func renderBatchProgress(m store.Message, s scene) rendering {
	if s.tally == nil {
		return rendering{}
	}
	t, what, counts := s.tally, doing(s.request), s.tally.counts(s.request.Kind)
	head := ":hourglass_flowing_sand: *" + what + "*"
	if t.Over() == t.Size {
		head = ":checkered_flag: *" + what + " has ended*"
	}
	lines := []string{head, bar(t.Over(), t.Size), counts}
	if s.time != "" {
		if t.Waiting > 0 {
			s.time += ", without what waits for a person"
		}
		lines = append(lines, ":stopwatch: "+strings.ToUpper(s.time[:1])+s.time[1:])
	}
	retrying := s.request.Retrying
	if retrying != nil {
		lines = append(lines, ":arrows_counterclockwise: The failed accounts are being tried again, as "+mention(retrying.By)+" wanted.")
	}
	blocks := paragraphs(append(lines, t.troubleLines(readerOf(m))...))
	if t.Failed > 0 && retrying == nil {
		blocks = append(blocks, slack.NewActionBlock("progress", button(actionRetryFailed, s.request.ID, "Retry failed")))
	}
	return rendering{identity: showProgress, content: content{text: spoken(what) + ": " + counts + ".", blocks: blocks}}
}

// renderBatchOutcome says what came of a batch, once nothing goes on any more.
func renderBatchOutcome(m store.Message, s scene) rendering {
	if s.tally == nil || s.tally.Over() < s.tally.Size {
		return rendering{} // a failed account that is retried makes the next end news
	}
	t := s.tally
	ended := fmt.Sprintf("%s has ended: %s.", doing(s.request), t.counts(s.request.Kind))
	symbol := ":white_check_mark:"
	h := sha256.New()
	for _, a := range t.failed {
		symbol = ":x:"
		fmt.Fprintf(h, "%s %s\n", a.AccountKey, failureID(a))
	}
	lines := append([]string{symbol + " *" + ended + "*"}, t.troubleLines(readerOf(m))...)
	return rendering{identity: "ended-" + hex.EncodeToString(h.Sum(nil)[:6]), content: content{text: spoken(ended), blocks: paragraphs(lines)}}
}

// bar shows how much of a whole is over.
func bar(over, total int) string {
	const cells = 20
	full := cells * over / max(total, 1)
	return fmt.Sprintf("`%s%s` %d of %d", strings.Repeat("█", full), strings.Repeat("░", cells-full), over, total)
}

// counts is how many accounts are in which state, without those in which none is.
func (t *tally) counts(k store.RequestKind) string {
	done, going := progressOf(k)
	var parts []string
	for _, p := range []struct {
		n    int
		what string
	}{
		{t.Done, done}, {t.Going, going}, {t.Waiting, "waiting for a person's step"}, {t.Failed, "failed"},
		{t.Skipped, "skipped"}, {t.Replaced, "with another request since"}, {t.ToCome, "to come"},
	} {
		if p.n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", p.n, p.what))
		}
	}
	return strings.Join(parts, ", ")
}

// troubleLines names each account that failed or was skipped, and says why.
func (t *tally) troubleLines(who reader) []string {
	var failed, skipped, lines []string
	for _, a := range t.failed {
		line := "• " + about(a.AccountKey, a.Label)
		if p := a.FirstProblem(); p != nil {
			line += ": " + problemLine(p, who)
		}
		failed = append(failed, line)
	}
	for _, s := range t.skipped {
		skipped = append(skipped, fmt.Sprintf("• %s: %s", about(s.Account, s.Label), oneLine(sentence(s.Decided.Reason, noteLimit))))
	}
	if len(failed) > 0 {
		lines = append(append(lines, "*Failed*"), firstOf(failed, t.Failed, bigList-smallList)...)
		lines = append(lines, "Once the cause is gone, *Retry failed* under the progress tries all of them again, and `/oktaws retry` with an account's ID tries one.")
	}
	if len(skipped) > 0 {
		lines = append(append(lines, "*Skipped*"), firstOf(skipped, t.Skipped, smallList)...)
	}
	return lines
}
