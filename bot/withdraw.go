package bot

import (
	"context"
	"fmt"

	"github.com/oktaws/oktaws/store"
)

// withdraw takes the pending request for an account back, for who asked.
func (b *Bot) withdraw(ctx context.Context, c *command, rest string) (outcome, error) {
	key, err := b.account("withdraw", rest)
	if err != nil {
		return outcome{}, err
	}
	var id string
	err = b.store.View(ctx, func(tx *store.ReadTx) error {
		a, err := tx.Account(key)
		id = a.RequestID
		return err
	})
	if err != nil {
		return outcome{}, err
	}
	var r store.Request
	err = b.once(ctx, &c.delivery, func(tx *store.Tx) (err error) {
		r, err = tx.Withdraw(id, c.by)
		return err
	})
	if err != nil {
		return outcome{}, err
	}
	return outcome{say: note(fmt.Sprintf(":leftwards_arrow_with_hook: Your request for AWS account %s is withdrawn.", code(r.Account.ID)))}, nil
}

// withdrawClicked takes a pending request back from the button in the requester's direct message.
func (b *Bot) withdrawClicked(ctx context.Context, c *click) (outcome, error) {
	if _, err := b.member(ctx, &c.delivery); err != nil {
		return outcome{}, err
	}
	if err := b.posted(ctx, store.MessageKey(store.RequestKey(c.value), showRequested, c.by.ID), c); err != nil {
		return outcome{}, err
	}
	return outcome{}, b.once(ctx, &c.delivery, func(tx *store.Tx) error {
		_, err := tx.Withdraw(c.value, c.by)
		return err
	})
}
