package bot

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/oktaws/oktaws/store"
)

// status shows where one account stands, or what is going on and what the person asked for.
func (b *Bot) status(ctx context.Context, c *command, rest string) (outcome, error) {
	if rest == "" {
		return b.overview(ctx, c.by)
	}
	key, err := b.account(ctx, "status", rest)
	if err != nil {
		return outcome{}, err
	}
	var s scene
	err = b.store.View(ctx, func(tx *store.ReadTx) (err error) {
		s, err = lookAtAccount(tx, key)
		return err
	})
	if err != nil {
		return outcome{}, err
	}
	return outcome{say: statusContent(s, b.clock.Now())}, nil
}

// lookAtAccount reads all that a status shows.
func lookAtAccount(tx *store.ReadTx, key store.AccountKey) (s scene, err error) {
	a, err := tx.Account(key)
	if err != nil {
		return s, err
	}
	s.account = &a
	if s.pending, err = waiting(tx, &a); err != nil {
		return s, err
	}
	c, err := tx.Check(key)
	if err == nil {
		s.check = &c
	} else if store.KindOf(err) != store.NotFound {
		return s, err
	}
	if a.RequestID == "" {
		return s, nil
	}
	if s.request, err = tx.Request(a.RequestID); err != nil {
		return s, err
	}
	s.task, err = openTask(tx, a.RequestID)
	return s, err
}

func statusContent(s scene, now time.Time) content {
	a, r := *s.account, s.request
	lines := []string{fmt.Sprintf("*%s*: %s", about(a.AccountKey, a.Label), a.Position())}
	if p := s.pending; p != nil {
		lines = append(lines, fmt.Sprintf("%s asked %s to %s. It has %d of %d approvals.", mention(p.Requester), when(p.Created), wanted(*p), len(p.Approvals), p.Required))
	}
	if r.ID != "" {
		lines = append(lines, fmt.Sprintf("%s asked %s to %s.", mention(r.Requester), when(r.Created), wanted(r)))
		if r.Decided != nil {
			lines = append(lines, decisionLine(r))
		}
		lines = append(lines, wishLine(a.Wish))
	}
	if len(a.Steps) > 0 {
		lines = append(lines, stepLines(a, anybody, smallList)...)
	}
	if a.State == store.Failed {
		lines = append(lines, wayOut(a)...)
	}
	if s.task != nil {
		lines = append(lines, fmt.Sprintf("It is the turn of %s.", mentions(s.task.Assignees)))
		lines = append(lines, within(missingLines(*s.task), smallList)...)
		lines = append(lines, fmt.Sprintf("An approver can help: `/oktaws task %s`.", accountName(a.AccountKey)))
	}
	if s.check != nil && len(s.check.Findings) > 0 {
		if len(s.check.Open(now)) > 0 {
			lines = append(lines, "*What differs*")
		}
		lines = append(lines, checkLines(*s.check, now, smallList)...)
	}
	if s.check != nil && s.check.Problem != nil {
		lines = append(lines, ":warning: The last look at it failed: "+troubleLine(s.check.Problem))
	}
	lines = append(lines, leftLines(a)...)
	if linked(a) && a.Known.TileURL != "" {
		lines = append(lines, link(a.Known.TileURL, "Open the tile in Okta"))
	}
	return content{
		text:   fmt.Sprintf("%s: %s.", spoken(about(a.AccountKey, a.Label)), a.Position()),
		blocks: paragraphs(lines),
	}
}

// wishLine is how an account is linked.
func wishLine(w store.Wish) string {
	line := fmt.Sprintf("Integration mode %s, role set %s", code(string(w.Mode)), code(w.RoleSetName()))
	if w.Shared != "" {
		line += ", shared application " + code(w.Shared)
	}
	return line + "."
}

// overview shows what is going on, and the person's own requests.
func (b *Bot) overview(ctx context.Context, by store.Person) (outcome, error) {
	counts := map[string]int{}
	var busy, batches, own []string
	err := b.store.View(ctx, func(tx *store.ReadTx) error {
		err := tx.Accounts(func(a store.Account) bool {
			if a.State != store.None {
				counts[inGeneral(a)]++
			}
			switch a.State {
			case store.Linking, store.Waiting, store.Failed, store.Unlinking, store.Drifted:
				busy = append(busy, accountLine(a))
			}
			return true
		})
		if err != nil {
			return err
		}
		var going []store.Request
		err = tx.Requests(func(r store.Request) bool {
			if r.State == store.Pending {
				counts["waiting for approval"]++
			}
			if r.Size > 0 && r.State == store.Approved && r.Ended.IsZero() {
				going = append(going, r)
			}
			if r.Requester.ID == by.ID && r.Parent == "" {
				own = append(own, fmt.Sprintf("• to %s: %s, asked for %s", wanted(r), r.State, when(r.Created)))
			}
			return true
		})
		for _, r := range going {
			n, failed := tx.Tally(r.ID)
			err = errors.Join(err, failed)
			batches = append(batches, fmt.Sprintf("• %s: %s", doing(r), (&tally{Tally: n}).counts(r.Kind)))
		}
		return err
	})
	if err != nil {
		return outcome{}, err
	}
	return outcome{say: overviewContent(counts, append(batches, busy...), own)}, nil
}

// inGeneral is the account's state as accounts are counted by.
func inGeneral(a store.Account) string {
	if a.State == store.Drifted {
		return a.State.Word()
	}
	return a.Standing()
}

func overviewContent(counts map[string]int, busy, own []string) content {
	const most = 15
	var parts []string
	for state, n := range counts {
		parts = append(parts, fmt.Sprintf("%d %s", n, state))
	}
	slices.Sort(parts)
	summary := "Nothing is going on. `/oktaws link` asks for an account."
	if len(parts) > 0 {
		summary = "Accounts: " + strings.Join(parts, ", ") + "."
	}
	lines := []string{"*" + summary + "*"}
	if len(busy) > 0 {
		lines = append(append(lines, "*In progress*"), within(firstFew(busy, most), bigList/2)...)
	}
	slices.Reverse(own) // the newest first
	if len(own) > 0 {
		lines = append(append(lines, "*Your requests*"), within(firstFew(own, most), bigList/2)...)
	}
	return content{text: summary + " You have made " + plural(len(own), "request", "requests") + ".", blocks: paragraphs(lines)}
}

func firstFew(lines []string, most int) []string {
	if len(lines) <= most {
		return lines
	}
	return append(slices.Clone(lines[:most]), fmt.Sprintf("… and %d more", len(lines)-most))
}
