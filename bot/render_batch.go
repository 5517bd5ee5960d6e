package bot

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"

	"github.com/oktaws/oktaws/store"
)

// batchPlanLines is the accounts of a batch, with what differs in each, as it was when the batch was asked for.
func batchPlanLines(r store.Request) []string {
	var lines []string
	for _, f := range r.Plan {
		key, err := store.ParseAccountKey(f.Key)
		if err != nil {
			continue
		}
		lines = append(lines, "• "+code(accountName(key))+" "+oneLine(statement(f.What, noteLimit)))
	}
	named := fitting(lines, bigList-1000)
	lines = lines[:named]
	if more := len(r.Batch) - named; more > 0 {
		lines = append(lines, fmt.Sprintf("… and %d more", more))
	}
	return append([]string{"*What differs*, as of " + when(r.Planned)}, lines...)
}

// renderBatchProgress is how far a batch is, edited in place.
func renderBatchProgress(m store.Message, s scene) rendering {
	if s.tally == nil {
		return rendering{}
	}
	t := s.tally
	head := fmt.Sprintf(":hourglass_flowing_sand: *Repairing %s*", plural(t.total, "AWS account", "AWS accounts"))
	if t.over() == t.total {
		head = fmt.Sprintf(":checkered_flag: *Repairing %s has ended*", plural(t.total, "AWS account", "AWS accounts"))
	}
	lines := append([]string{head, bar(t.over(), t.total), t.counts()}, t.troubleLines(readerOf(m))...)
	text := fmt.Sprintf("Repairing %s: %s.", plural(t.total, "AWS account", "AWS accounts"), t.counts())
	return rendering{identity: showProgress, content: content{text: text, blocks: paragraphs(lines)}}
}

// renderBatchOutcome says what came of a batch, once nothing goes on any more.
func renderBatchOutcome(m store.Message, s scene) rendering {
	if s.tally == nil || s.tally.over() < s.tally.total {
		return rendering{} // a failed account that is retried makes the next end news
	}
	t := s.tally
	text := fmt.Sprintf("Repairing %s has ended: %s.", plural(t.total, "AWS account", "AWS accounts"), t.counts())
	symbol := ":white_check_mark:"
	h := sha256.New()
	for _, a := range t.failed {
		symbol = ":x:"
		fmt.Fprintf(h, "%s %s\n", a.AccountKey, failureID(a))
	}
	lines := append([]string{symbol + " *" + text + "*"}, t.troubleLines(readerOf(m))...)
	return rendering{identity: "ended-" + hex.EncodeToString(h.Sum(nil)[:6]), content: content{text: text, blocks: paragraphs(lines)}}
}

// bar shows how much of a whole is over.
func bar(over, total int) string {
	const cells = 20
	full := cells * over / max(total, 1)
	return fmt.Sprintf("`%s%s` %d of %d", strings.Repeat("█", full), strings.Repeat("░", cells-full), over, total)
}

// counts is how many accounts are in which state, without those in which none is.
func (t *tally) counts() string {
	var parts []string
	for _, p := range []struct {
		n    int
		what string
	}{
		{t.done, "repaired"}, {t.going, "being repaired"}, {t.waiting, "waiting for a person's step"}, {len(t.failed), "failed"},
		{len(t.skipped), "skipped"}, {t.replaced, "with another request since"}, {t.toCome, "to come"},
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
		skipped = append(skipped, fmt.Sprintf("• %s: %s", about(s.Account, ""), oneLine(sentence(s.Why, noteLimit))))
	}
	if len(failed) > 0 {
		lines = append(append(lines, "*Failed*"), within(failed, bigList-smallList)...)
		lines = append(lines, "Once the cause is gone, `/oktaws retry` and the account's ID tries one again.")
	}
	if len(skipped) > 0 {
		lines = append(append(lines, "*Skipped*"), within(skipped, smallList)...)
	}
	return lines
}
