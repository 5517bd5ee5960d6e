package bot

import (
	"context"
	"time"

	"github.com/oktaws/oktaws/store"
)

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
		var next time.Time
		if len(c.Open(tx.Now())) > 0 {
			next = store.FarOff
			if err := b.tellDrift(tx, c); err != nil {
				return err
			}
		}
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
