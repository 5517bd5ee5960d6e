package bot

import (
	"context"
	"time"

	"github.com/oktaws/oktaws/store"
)

// settleRequest expires a request whose time has come, makes sure that the messages about it are wanted, and carries on
// with an approved batch.
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
		if r.Size == 0 {
			if err := b.lookAgain(tx, r.Account); err != nil {
				return err
			}
		}
		var next time.Time
		switch {
		case r.State == store.Pending:
			if next = r.Expires; next.IsZero() {
				next = store.FarOff
			}
		case r.Unfinished():
			next = tx.Now()
		}
		return tx.PlanRequest(id, next)
	})
	for n := 0; n < carriedOnAtOnce && err == nil && r.Unfinished(); n++ {
		err = b.store.Update(ctx, func(tx *store.Tx) (err error) {
			if err := tx.Guard(claim); err != nil {
				return err
			}
			r, _, err = tx.CarryOn(id) // leaves the request due, so that the next accounts follow
			return err
		})
	}
	return err
}

// carriedOnAtOnce is how many accounts of a batch are opened or retried before the request is left due for the next ones: so many that
// the largest batch has no need to pause for the pace of store.Drive, and so few that the bot can end in between.
const carriedOnAtOnce = store.MaxBatch / 20

// wantedMessages are the messages that a request has. One that is part of a batch has none of its own: the batch's tell.
func (b *Bot) wantedMessages(r store.Request) []store.Message {
	if r.Parent != "" {
		return nil
	}
	inChannel := store.Message{Subject: r.Key(), View: showRequest, Where: b.cfg.AdminChannel}
	wanted := []store.Message{inChannel}
	if r.Size > 0 && r.Kind == store.Link {
		wanted = append(wanted, store.Message{Subject: r.Key(), View: showAccounts, Where: b.cfg.AdminChannel, Under: inChannel.Key()})
	}
	fromSlack := !r.Requester.IsOperator() // who can be told
	if fromSlack {
		wanted = append(wanted,
			store.Message{Subject: r.Key(), View: showRequested, Where: r.Requester.ID},
			store.Message{Subject: r.Key(), View: showDecision, Where: r.Requester.ID})
	}
	if r.State != store.Approved {
		return wanted
	}
	for _, view := range []string{showProgress, showOutcome} {
		wanted = append(wanted,
			store.Message{Subject: r.Key(), View: view, Where: b.cfg.AdminChannel, Under: inChannel.Key()})
		if fromSlack {
			wanted = append(wanted, store.Message{Subject: r.Key(), View: view, Where: r.Requester.ID})
		}
	}
	return wanted
}

// lookAgain has the message rendered anew that says how the account's last request failed: while another one waits for
// a decision, it has no button that asks for one.
func (b *Bot) lookAgain(tx *store.Tx, key store.AccountKey) error {
	a, err := tx.Account(key)
	if err != nil {
		return err
	}
	return renderAgain(tx, store.MessageKey(store.RequestKey(a.RequestID), showOutcome, b.cfg.AdminChannel))
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
