package bot

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"
	_ "time/tzdata" // people's time zones, also where the machine has none

	"github.com/slack-go/slack"

	"github.com/oktaws/oktaws/store"
)

// checkTimeout is how long looking at Okta and AWS may take after somebody clicked Done.
const checkTimeout = 30 * time.Second

// task sends the open task of an account to an approver whose task it isn't, who helps with it or stands in.
func (b *Bot) task(ctx context.Context, c *command, rest string) (outcome, error) {
	key, err := b.account(ctx, "task", rest)
	if err != nil {
		return outcome{}, err
	}
	var t store.Task
	err = b.store.View(ctx, func(tx *store.ReadTx) error {
		a, err := tx.Account(key)
		if err != nil {
			return err
		}
		open, err := openTask(tx, a.RequestID)
		if err == nil && open == nil {
			err = &store.Error{Kind: store.Conflict, Message: fmt.Sprintf("Account %s has no open task.", accountName(key)),
				Remedy: fmt.Sprintf("See how it stands with /oktaws status %s.", accountName(key))}
		}
		if err == nil {
			t = *open
		}
		return err
	})
	if err != nil {
		return outcome{}, err
	}
	if err := b.mayHelp(ctx, &c.delivery, t.Assignees, "Only an approver may help with a task."); err != nil {
		return outcome{}, err
	}
	err = b.once(ctx, &c.delivery, func(tx *store.Tx) error {
		_, err := tx.JoinTask(t.ID, c.by)
		return err
	})
	if err != nil {
		return outcome{}, err
	}
	return outcome{say: note(fmt.Sprintf(":raising_hand: The task for AWS account %s is yours too: it comes by direct message.", code(accountName(key))))}, nil
}

// openTask is the open task of a request, of whatever kind, or nil.
func openTask(tx *store.ReadTx, request string) (*store.Task, error) {
	for _, kind := range []store.TaskKind{store.EnableProvisioning, store.EnterKey} {
		t, err := tx.Task(store.TaskIDOf(request, kind))
		if err == nil && t.State == store.TaskOpen {
			return &t, nil
		}
		if err != nil && store.KindOf(err) != store.NotFound {
			return nil, err
		}
	}
	return nil, nil
}

// workable returns the task of a click by somebody who may work on it, from the newest message about it.
func (b *Bot) workable(ctx context.Context, d *click, id string) (t store.Task, u slack.User, err error) {
	if u, err = b.member(ctx, &d.delivery); err != nil {
		return t, u, err
	}
	err = b.store.View(ctx, func(tx *store.ReadTx) (err error) {
		t, err = tx.Task(id)
		return err
	})
	if err != nil {
		if store.KindOf(err) == store.NotFound {
			err = oldMessage()
		}
		return t, u, err
	}
	m := taskMessage(t, d.by)
	if err := b.posted(ctx, m.Key(), d); err != nil {
		return t, u, err
	}
	if err := b.mayHelp(ctx, &d.delivery, t.Assignees, "Only those whose task this is, or an approver, may do this."); err != nil {
		return t, u, err
	}
	switch t.State {
	case store.TaskDone:
		return t, u, &store.Error{Kind: store.Conflict, Message: "This is done already.", Remedy: "There is nothing left to do."}
	case store.TaskClosed:
		return t, u, notNeeded()
	}
	return t, u, nil
}

func notNeeded() error {
	return &store.Error{Kind: store.Conflict, Message: "This is no longer needed.", Remedy: "There is nothing to do."}
}

// done looks whether the task is done, and says what is missing.
func (b *Bot) done(ctx context.Context, c *click) (outcome, error) {
	t, _, err := b.workable(ctx, c, c.value)
	if err != nil {
		return outcome{}, err
	}
	return outcome{then: func(ctx context.Context) {
		ctx, cancel := context.WithTimeout(ctx, checkTimeout)
		defer cancel()
		seen, err := b.provisioner.CheckTask(ctx, t.ID)
		if err != nil {
			b.logRefusal(&c.delivery, err)
			b.whisper(ctx, &c.delivery, refusal(err))
			return
		}
		b.whisper(ctx, &c.delivery, checkedContent(seen))
	}}, nil
}

func checkedContent(t store.Task) content {
	switch t.State {
	case store.TaskDone:
		return note(":tada: Seen: everything is done. Thank you!")
	case store.TaskClosed:
		return refusal(notNeeded())
	}
	if len(t.Missing) == 0 {
		return note(":hourglass_flowing_sand: Nothing was seen yet. oktaws keeps looking, and says when it is done.")
	}
	lines := missingLines(t)
	return content{
		text:   "Not everything is there yet: " + strings.Join(firstFew(lines, 3), " "),
		blocks: paragraphs(append([]string{"Not everything is there yet:"}, lines...)),
	}
}

// missingLines is what is still to be done, as a checklist.
func missingLines(t store.Task) []string {
	const most = 10
	var lines []string
	for _, m := range t.Missing {
		lines = append(lines, ":black_square_button: "+sentence(m, noteLimit))
	}
	return firstFew(lines, most)
}

// The choices of the menu Snooze.
const (
	snoozeHour     = "1h"
	snoozeHours    = "4h"
	snoozeTomorrow = "tomorrow"
)

// snooze puts the next reminder off. What the menu carries is the choice, a space, and the task's ID.
func (b *Bot) snooze(ctx context.Context, c *click) (outcome, error) {
	choice, id, _ := strings.Cut(c.value, " ")
	t, u, err := b.workable(ctx, c, id)
	if err != nil {
		return outcome{}, err
	}
	until, err := snoozedUntil(choice, b.clock.Now(), zone(u))
	if err != nil {
		return outcome{}, err
	}
	err = b.once(ctx, &c.delivery, func(tx *store.Tx) error {
		_, err := tx.SnoozeTask(t.ID, c.by, until)
		return err
	})
	return outcome{}, err
}

// snoozeAll puts the reminders of a batch's tasks off that are the person's. What the menu carries is the choice, a space,
// and the batch's ID. Each task has a transaction of its own, since one takes only so many writes.
func (b *Bot) snoozeAll(ctx context.Context, c *click) (outcome, error) {
	choice, batch, _ := strings.Cut(c.value, " ")
	u, err := b.member(ctx, &c.delivery)
	if err != nil {
		return outcome{}, err
	}
	if err := b.posted(ctx, store.MessageKey(store.RequestKey(batch), showTasks, c.by.ID), c); err != nil {
		return outcome{}, err
	}
	until, err := snoozedUntil(choice, b.clock.Now(), zone(u))
	if err != nil {
		return outcome{}, err
	}
	var open []string
	err = b.store.View(ctx, func(tx *store.ReadTx) error {
		return tx.TasksOf(batch, func(t store.Task) bool {
			if t.State == store.TaskOpen && slices.ContainsFunc(t.Assignees, func(p store.Person) bool { return p.ID == c.by.ID }) {
				open = append(open, t.ID)
			}
			return true
		})
	})
	if err == nil && len(open) == 0 {
		err = notNeeded()
	}
	return outcome{then: func(ctx context.Context) {
		for _, id := range open {
			err := b.store.Update(ctx, func(tx *store.Tx) error {
				_, err := tx.SnoozeTask(id, c.by, until)
				return err
			})
			if err != nil && store.KindOf(err) != store.Conflict { // one that is done meanwhile needs none
				b.logRefusal(&c.delivery, err)
				b.whisper(ctx, &c.delivery, refusal(err))
				return
			}
		}
	}}, err
}

func snoozedUntil(choice string, now time.Time, where *time.Location) (time.Time, error) {
	switch choice {
	case snoozeHour:
		return now.Add(time.Hour).UTC(), nil
	case snoozeHours:
		return now.Add(4 * time.Hour).UTC(), nil
	case snoozeTomorrow:
		local := now.In(where)
		return time.Date(local.Year(), local.Month(), local.Day()+1, 9, 0, 0, 0, where).UTC(), nil
	}
	return time.Time{}, oldMessage()
}

// zone is the person's time zone.
func zone(u slack.User) *time.Location {
	if u.TZ != "" {
		if where, err := time.LoadLocation(u.TZ); err == nil {
			return where
		}
	}
	return time.FixedZone(fmt.Sprintf("UTC%+d", u.TZOffset/3600), u.TZOffset)
}
