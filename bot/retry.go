package bot

import (
	"context"
	"fmt"

	"github.com/oktaws/oktaws/store"
)

// retry has an account's failed and delayed steps tried again, for who asked for the account and for approvers.
func (b *Bot) retry(ctx context.Context, c *command, rest string) (outcome, error) {
	key, err := b.account(ctx, "retry", rest)
	if err != nil {
		return outcome{}, err
	}
	var requester []store.Person
	err = b.store.View(ctx, func(tx *store.ReadTx) error {
		a, err := tx.Account(key)
		if err != nil || a.RequestID == "" {
			if err == nil && a.Pending != "" {
				err = &store.Error{Kind: store.Conflict, Message: fmt.Sprintf("the request for account %s waits for approval: there is nothing to retry", accountName(key)),
					Remedy: fmt.Sprintf("See it with /oktaws status %s.", accountName(key))}
			}
			return err
		}
		r, err := tx.Request(a.RequestID)
		requester = append(requester, r.Requester)
		return err
	})
	if err != nil {
		return outcome{}, err
	}
	if err := b.mayHelp(ctx, &c.delivery, requester, fmt.Sprintf("Only whoever asked for account %s, or an approver, may retry it.", accountName(key))); err != nil {
		return outcome{}, err
	}
	err = b.once(ctx, &c.delivery, func(tx *store.Tx) error {
		_, err := tx.Retry(key, c.by)
		return err
	})
	if err != nil {
		return outcome{}, err
	}
	return outcome{say: note(fmt.Sprintf(":arrows_counterclockwise: Trying again with AWS account %s. The progress message shows how it goes.", code(accountName(key))))}, nil
}
