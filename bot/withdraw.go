package bot

import (
	"context"
	"fmt"

	"github.com/oktaws/oktaws/store"
)

// withdraw takes the pending request for an account back, for who asked.
func (b *Bot) withdraw(ctx context.Context, c *command, rest string) (outcome, error) {
	key, err := b.account(ctx, "withdraw", rest)
	if err != nil {
		return outcome{}, err
	}
	var id string
	err = b.store.View(ctx, func(tx *store.ReadTx) error {
		a, err := tx.Account(key)
		if id = a.Pending; err == nil && id == "" {
			err = &store.Error{Kind: store.Conflict, Message: fmt.Sprintf("no request for account %s waits for a decision", accountName(key)),
				Remedy: fmt.Sprintf("See how it stands with /oktaws status %s.", accountName(key))}
		}
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
	return outcome{say: note(":leftwards_arrow_with_hook: Your request to " + wanted(r) + " is withdrawn.")}, nil
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
