package bot

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/oktaws/oktaws/store"
)

// status shows where one account stands, or what is going on and what the person asked for.
func (b *Bot) status(ctx context.Context, c *command, rest string) (outcome, error) {
	if rest == "" {
		return b.overview(ctx, c.by)
	}
	key, err := b.account("status", rest)
	if err != nil {
		return outcome{}, err
	}
	var s scene
	err = b.store.View(ctx, func(tx *store.ReadTx) (err error) {
		a, err := tx.Account(key)
		if err != nil {
			return err
		}
		s.account = &a
		if a.RequestID == "" {
			return nil
		}
		if s.request, err = tx.Request(a.RequestID); err != nil {
			return err
		}
		t, err := tx.Task(store.TaskIDOf(a.RequestID, store.EnableProvisioning))
		if err == nil {
			s.task = &t
		} else if store.KindOf(err) == store.NotFound {
			err = nil
		}
		return err
	})
	if err != nil {
		return outcome{}, err
	}
	return outcome{say: statusContent(s)}, nil
}

func statusContent(s scene) content {
	a, r := *s.account, s.request
	state := standing(a)
	if r.State == store.Pending {
		state = "waiting for approval"
	}
	lines := []string{fmt.Sprintf("*AWS account %s* (%s): %s", code(a.ID), mrkdwn(a.Label, nameLimit), state)}
	if r.ID != "" {
		lines = append(lines, fmt.Sprintf("Asked for by %s %s.", mention(r.Requester), when(r.Created)))
		if r.Decided != nil {
			lines = append(lines, decisionLine(r))
		}
	}
	if r.State == store.Approved && len(a.Steps) > 0 {
		lines = append(lines, stepLines(a, anybody)...)
	}
	if s.task != nil && s.task.State == store.TaskOpen {
		lines = append(lines, fmt.Sprintf("It is the turn of %s.", mentions(s.task.Assignees)))
		lines = append(lines, missingLines(*s.task)...)
		lines = append(lines, fmt.Sprintf("An approver can help: `/oktaws task %s`.", a.ID))
	}
	if a.State == store.Linked && a.Known.TileURL != "" {
		lines = append(lines, link(a.Known.TileURL, "Open the tile in Okta"))
	}
	return content{
		text:   fmt.Sprintf("AWS account %s (%s): %s.", a.ID, mrkdwn(a.Label, nameLimit), state),
		blocks: paragraphs(lines),
	}
}

// overview shows what is going on, and the person's own requests.
func (b *Bot) overview(ctx context.Context, by store.Person) (outcome, error) {
	counts := map[string]int{}
	var busy, own []string
	err := b.store.View(ctx, func(tx *store.ReadTx) error {
		err := tx.Accounts(func(a store.Account) bool {
			if a.State != store.None {
				counts[standing(a)]++
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
		return tx.Requests(func(r store.Request) bool {
			if r.State == store.Pending {
				counts["waiting for approval"]++
			}
			if r.Requester.ID == by.ID {
				own = append(own, fmt.Sprintf("• %s %s: %s, asked for %s", code(r.Account.ID), mrkdwn(r.Label, nameLimit), r.State, when(r.Created)))
			}
			return true
		})
	})
	if err != nil {
		return outcome{}, err
	}
	return outcome{say: overviewContent(counts, busy, own)}, nil
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
		lines = append(append(lines, "*In progress*"), firstFew(busy, most)...)
	}
	slices.Reverse(own) // the newest first
	if len(own) > 0 {
		lines = append(append(lines, "*Your requests*"), firstFew(own, most)...)
	}
	return content{text: summary + " You have made " + plural(len(own), "request", "requests") + ".", blocks: paragraphs(lines)}
}

func firstFew(lines []string, most int) []string {
	if len(lines) <= most {
		return lines
	}
	return append(slices.Clone(lines[:most]), fmt.Sprintf("… and %d more", len(lines)-most))
}
