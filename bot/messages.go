package bot

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"strings"
	"time"

	"github.com/oktaws/oktaws/store"
)

// settle brings in line the record at key, which is due. A record that can't be brought in line stays due, and is
// tried again.
func (b *Bot) settle(ctx context.Context, key string) {
	defer func() {
		if p := recover(); p != nil {
			b.log.Error("panic while bringing Slack in line", "key", key, "panic", p, "stack", string(debug.Stack()))
		}
	}()
	claim, err := b.store.Claim(ctx, key)
	if errors.Is(err, store.ErrClaimed) {
		return // another replica is at it
	}
	if err == nil {
		err = b.settleClaimed(ctx, claim, key)
		claim.Release()
	}
	if err != nil && ctx.Err() == nil && !errors.Is(err, store.ErrClaimLost) && !errors.Is(err, store.ErrUnwritable) {
		b.log.Error("Slack can't be brought in line", "key", key, "error", err)
	}
}

func (b *Bot) settleClaimed(ctx context.Context, claim store.Claim, key string) error {
	kind, id, _ := strings.Cut(key, "/")
	switch kind {
	case "request":
		return b.settleRequest(ctx, claim, id)
	case "task":
		return b.settleTask(ctx, claim, id)
	case "check":
		return b.settleCheck(ctx, claim, id)
	case "message":
		return b.settleMessage(ctx, claim, key)
	case "seen":
		return b.store.Update(ctx, func(tx *store.Tx) error { return tx.Forget(key) })
	}
	return fmt.Errorf("nobody knows what %s is", key)
}

// settleTask counts a reminder whose time has come, and makes sure that each assignee has a message.
func (b *Bot) settleTask(ctx context.Context, claim store.Claim, id string) error {
	able, err := b.standIns(ctx, id)
	if err == nil && len(able) > 0 { // in a transaction of its own, since one takes only so many writes
		err = b.store.Update(ctx, func(tx *store.Tx) error {
			if err := tx.Guard(claim); err != nil {
				return err
			}
			_, err := tx.AssignTask(id, able)
			return err
		})
	}
	if err != nil {
		return err
	}
	return b.store.Update(ctx, func(tx *store.Tx) error {
		if err := tx.Guard(claim); err != nil {
			return err
		}
		t, err := tx.RemindTask(id, b.cfg.RemindEvery)
		if err != nil {
			return err
		}
		for _, p := range t.Assignees {
			if p.IsOperator() {
				continue // the command line tells them
			}
			if err := wantTaskMessage(tx, taskMessage(t, p)); err != nil {
				return err
			}
		}
		var next time.Time
		if t.State == store.TaskOpen {
			next = t.RemindAt
		}
		return tx.PlanTask(id, next)
	})
}

// standIns are the approvers, to whom an open task falls that falls to nobody, as after an operator's approval.
func (b *Bot) standIns(ctx context.Context, id string) ([]store.Person, error) {
	var t store.Task
	err := b.store.View(ctx, func(tx *store.ReadTx) (err error) { t, err = tx.Task(id); return err })
	if err != nil || t.State != store.TaskOpen || len(t.Assignees) > 0 {
		return nil, err
	}
	self := b.self.Load()
	ids := b.cfg.Approvers
	if len(ids) == 0 {
		if ids, err = b.adminMembers(ctx); err != nil {
			return nil, unasked("who the admins are", err)
		}
	}
	var able []store.Person
	for _, id := range ids {
		if len(able) == store.MaxPeople {
			break
		}
		u, err := b.person(ctx, id)
		if err == nil {
			err = b.fullMember(u)
		}
		switch {
		case err == nil:
			able = append(able, store.Person{ID: id, Team: self.team})
		case store.KindOf(err) != store.Denied:
			return nil, err
		}
	}
	return able, nil
}

// settleMessage makes Slack have the message as it shall be: posts it, posts it anew, edits it, or does nothing.
func (b *Bot) settleMessage(ctx context.Context, claim store.Claim, key string) error {
	var m, under store.Message
	var s scene
	var early bool
	var soonest time.Time
	err := b.store.View(ctx, func(tx *store.ReadTx) (err error) {
		if m, err = tx.Message(key); err != nil {
			return err
		}
		apart, err := betweenLooks(tx, m)
		if err != nil {
			return err
		}
		if soonest = m.Edited.Add(apart); m.TS != "" && soonest.After(b.clock.Now()) {
			early = true
			return nil
		}
		if m.Under != "" {
			if under, err = tx.Message(m.Under); err != nil {
				return err
			}
		}
		s, err = look(tx, m)
		return err
	})
	if err != nil {
		return err
	}
	p := post{bot: b, claim: claim, message: m}
	if early {
		return p.later(ctx, soonest)
	}
	r, err := b.render(m, s)
	if err != nil {
		return p.failed(ctx, "", err)
	}
	if r.content.empty() {
		p.message.Identity = "" // whatever comes next is news
		return p.settled(ctx)
	}
	hash, err := r.content.hash()
	if err != nil {
		return p.failed(ctx, "", err)
	}
	fresh := m.TS == "" || (m.Identity != r.identity && !r.inPlace)
	switch {
	case fresh && m.Under != "" && under.TS == "":
		return p.later(ctx, latest(under.Due, b.clock.Now().Add(time.Second))) // the thread isn't there yet
	case fresh && r.file != nil:
		return p.upload(ctx, r, under)
	case fresh:
		return p.send(ctx, r, under)
	case r.file != nil: // it is there, and stays as it is
	case m.Hash != hash:
		if soonest = m.Edited.Add(betweenEdits); soonest.After(b.clock.Now()) {
			return p.later(ctx, soonest)
		}
		return p.edit(ctx, r, hash)
	case len(m.Old) > 0:
		return p.retire(ctx, r)
	}
	p.message.Identity = r.identity
	return p.settled(ctx)
}

// betweenLooks is how long a message is left alone after an edit, before anything is read for it. Progress and a batch's
// tasks are mostly edited, and those of a large batch are dear to read.
func betweenLooks(tx *store.ReadTx, m store.Message) (time.Duration, error) {
	if m.View == showTasks {
		return betweenBatchEdits, nil
	}
	if m.View != showProgress {
		return 0, nil
	}
	r, err := tx.Request(strings.TrimPrefix(m.Subject, store.RequestKey("")))
	if r.Size > 0 {
		return betweenBatchEdits, err
	}
	return betweenEdits, err
}

// betweenBatchEdits keeps the edits of a message about a batch apart, in which something changes all the time.
const betweenBatchEdits = 3 * time.Second

// betweenEdits keeps the edits of one message apart: Slack takes about one a second.
const betweenEdits = time.Second

func latest(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}
