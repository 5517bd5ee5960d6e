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
	if err != nil && ctx.Err() == nil && !errors.Is(err, store.ErrClaimLost) {
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

// settleRequest expires a request whose time has come, makes sure that the messages about it are wanted, and opens the
// requests of an approved batch.
func (b *Bot) settleRequest(ctx context.Context, claim store.Claim, id string) error {
	var r store.Request
	err := b.store.Update(ctx, func(tx *store.Tx) (err error) {
		if err := tx.Guard(claim); err != nil {
			return err
		}
		if r, err = tx.Expire(id); err != nil {
			return err
		}
		for _, m := range b.wantedMessages(r) {
			if err := tx.WantMessage(m); err != nil {
				return err
			}
		}
		if len(r.Batch) == 0 {
			if err := b.lookAgain(tx, r.Account); err != nil {
				return err
			}
		}
		var next time.Time
		switch {
		case r.State == store.Pending:
			next = r.Expires
		case unopened(r):
			next = tx.Now()
		}
		return tx.PlanRequest(id, next)
	})
	if err != nil || !unopened(r) {
		return err
	}
	next := r.Opened
	err = b.store.Update(ctx, func(tx *store.Tx) (err error) {
		if err := tx.Guard(claim); err != nil {
			return err
		}
		r, _, err = tx.OpenBatch(id) // leaves the request due, so that the next accounts follow
		return err
	})
	for _, key := range r.Batch[next:max(next, r.Opened)] {
		if err == nil {
			err = b.store.Update(ctx, func(tx *store.Tx) error { return b.lookAgain(tx, key) })
		}
	}
	return err
}

// unopened says whether accounts of an approved batch still have no requests of their own.
func unopened(r store.Request) bool {
	return r.State == store.Approved && r.Opened < len(r.Batch)
}

// wantedMessages are the messages that a request has. One that is part of a batch has none of its own: the batch's tell.
func (b *Bot) wantedMessages(r store.Request) []store.Message {
	if r.Parent != "" {
		return nil
	}
	inChannel := store.Message{Subject: r.Key(), View: showRequest, Where: b.cfg.AdminChannel}
	wanted := []store.Message{
		inChannel,
		{Subject: r.Key(), View: showRequested, Where: r.Requester.ID},
		{Subject: r.Key(), View: showDecision, Where: r.Requester.ID},
	}
	if r.State != store.Approved {
		return wanted
	}
	for _, view := range []string{showProgress, showOutcome} {
		wanted = append(wanted,
			store.Message{Subject: r.Key(), View: view, Where: b.cfg.AdminChannel, Under: inChannel.Key()},
			store.Message{Subject: r.Key(), View: view, Where: r.Requester.ID})
	}
	return wanted
}

// lookAgain has the messages rendered anew whose buttons ask for requests for the account: what differs in it, and how
// its last request failed. They have no buttons while a request waits or is carried out.
func (b *Bot) lookAgain(tx *store.Tx, key store.AccountKey) error {
	a, err := tx.Account(key)
	if err != nil {
		return err
	}
	for _, key := range []string{
		store.MessageKey(store.CheckKey(a.AccountKey), showDrift, b.cfg.AdminChannel),
		store.MessageKey(store.RequestKey(a.RequestID), showOutcome, b.cfg.AdminChannel),
	} {
		if err := renderAgain(tx, key); err != nil {
			return err
		}
	}
	return nil
}

// renderAgain makes the message at key due, where there is one.
func renderAgain(tx *store.Tx, key string) error {
	m, err := tx.Message(key)
	if err != nil {
		if store.KindOf(err) == store.NotFound {
			return nil
		}
		return err
	}
	m.Due = tx.Now()
	return tx.SaveMessage(&m)
}

// settleCheck makes sure that there is a message about what differs in an account, and has it looked at again when
// something ceases to be ignored.
func (b *Bot) settleCheck(ctx context.Context, claim store.Claim, id string) error {
	key, err := store.ParseAccountKey(id)
	if err != nil {
		return err
	}
	return b.store.Update(ctx, func(tx *store.Tx) error {
		if err := tx.Guard(claim); err != nil {
			return err
		}
		c, err := tx.Check(key)
		if err != nil {
			return err
		}
		if len(c.Open(tx.Now())) > 0 {
			if err := b.tellDrift(tx, c); err != nil {
				return err
			}
		}
		var next time.Time
		for _, i := range c.Ignored {
			if i.Until.After(tx.Now()) && (next.IsZero() || i.Until.Before(next)) {
				next = i.Until
			}
		}
		return tx.PlanCheck(key, next)
	})
}

// tellDrift has what differs in an account told. An account that doesn't count as drifted then has something that is no
// longer ignored: it is looked at anew.
func (b *Bot) tellDrift(tx *store.Tx, c store.Check) error {
	m := store.Message{Subject: c.Key(), View: showDrift, Where: b.cfg.AdminChannel}
	if err := tx.WantMessage(m); err != nil {
		return err
	}
	if err := renderAgain(tx, m.Key()); err != nil {
		return err
	}
	a, err := tx.Account(c.Account)
	if err != nil || a.State != store.Linked {
		return err
	}
	return tx.CheckSoon(c.Account, tx.Now())
}

// settleTask counts a reminder whose time has come, and makes sure that each assignee has a message.
func (b *Bot) settleTask(ctx context.Context, claim store.Claim, id string) error {
	return b.store.Update(ctx, func(tx *store.Tx) error {
		if err := tx.Guard(claim); err != nil {
			return err
		}
		t, err := tx.RemindTask(id, b.cfg.RemindEvery)
		if err != nil {
			return err
		}
		for _, p := range t.Assignees {
			if err := tx.WantMessage(store.Message{Subject: t.Key(), View: showTask, Where: p.ID}); err != nil {
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

// settleMessage makes Slack have the message as it shall be: posts it, posts it anew, edits it, or does nothing.
func (b *Bot) settleMessage(ctx context.Context, claim store.Claim, key string) error {
	var m, under store.Message
	var s scene
	var early bool
	err := b.store.View(ctx, func(tx *store.ReadTx) (err error) {
		if m, err = tx.Message(key); err != nil {
			return err
		}
		// Progress is only ever edited, and that of a large batch is dear to read.
		if early = m.View == showProgress && m.TS != "" && m.Edited.Add(betweenEdits).After(b.clock.Now()); early {
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
		return p.later(ctx, m.Edited.Add(betweenEdits))
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
	case fresh:
		return p.send(ctx, r, under)
	case m.Hash != hash:
		if soonest := m.Edited.Add(betweenEdits); soonest.After(b.clock.Now()) {
			return p.later(ctx, soonest)
		}
		return p.edit(ctx, r, hash)
	case len(m.Old) > 0:
		return p.retire(ctx, r)
	}
	p.message.Identity = r.identity
	return p.settled(ctx)
}

// betweenEdits keeps the edits of one message apart: Slack takes about one a second.
const betweenEdits = time.Second

func latest(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// renew has everything looked at again that waits for somebody: while the bot was away, the configuration may have
// changed, such as the admin channel, or the roles that an approver has to know of. Each record has a transaction of its
// own, since one transaction takes only so many.
func (b *Bot) renew(ctx context.Context) error {
	var changes []func(*store.Tx) error
	err := b.store.View(ctx, func(tx *store.ReadTx) (err error) {
		var subjects []string
		if err := tx.Requests(func(r store.Request) bool {
			if r.State == store.Pending {
				subjects = append(subjects, r.Key())
				changes = append(changes, func(tx *store.Tx) error { return tx.PlanRequest(r.ID, tx.Now()) })
			}
			return true
		}); err != nil {
			return err
		}
		if err := tx.Tasks(func(t store.Task) bool {
			if t.State == store.TaskOpen {
				subjects = append(subjects, t.Key())
				changes = append(changes, func(tx *store.Tx) error { return tx.PlanTask(t.ID, tx.Now()) })
			}
			return true
		}); err != nil {
			return err
		}
		if err := tx.Checks(func(c store.Check) bool {
			if len(c.Open(tx.Now())) > 0 {
				subjects = append(subjects, c.Key())
				changes = append(changes, func(tx *store.Tx) error { return tx.PlanCheck(c.Account, tx.Now()) })
			}
			return true
		}); err != nil {
			return err
		}
		for _, subject := range subjects {
			err = errors.Join(err, tx.MessagesOf(subject, func(m store.Message) bool {
				m.Due = tx.Now()
				changes = append(changes, func(tx *store.Tx) error { return tx.SaveMessage(&m) })
				return true
			}))
		}
		return err
	})
	for _, change := range changes {
		if err == nil {
			err = b.store.Update(ctx, change)
		}
	}
	if ctx.Err() != nil {
		return nil
	}
	return err
}
