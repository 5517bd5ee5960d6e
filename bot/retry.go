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

// retryFailed has the failed accounts of a batch tried again, from the button under its progress: for who asked and for
// approvers. What the button carries is the batch's ID.
func (b *Bot) retryFailed(ctx context.Context, c *click) (outcome, error) {
	if _, err := b.member(ctx, &c.delivery); err != nil {
		return outcome{}, err
	}
	r, err := b.request(ctx, c.value)
	if err != nil {
		return outcome{}, err
	}
	inChannel := store.MessageKey(r.Key(), showProgress, b.cfg.AdminChannel)
	if err := b.posted(ctx, inChannel, c); err != nil {
		if err := b.posted(ctx, store.MessageKey(r.Key(), showProgress, c.by.ID), c); err != nil {
			return outcome{}, err
		}
	}
	if err := b.mayHelp(ctx, &c.delivery, []store.Person{r.Requester}, "Only whoever asked for these accounts, or an approver, may retry them."); err != nil {
		return outcome{}, err
	}
	var failed int
	err = b.once(ctx, &c.delivery, func(tx *store.Tx) error {
		t, err := tx.Tally(r.ID)
		if failed = t.Failed; err != nil {
			return err
		}
		_, err = tx.RetryBatch(r.ID, c.by)
		return err
	})
	if err != nil {
		return outcome{}, err
	}
	return outcome{say: note(fmt.Sprintf(":arrows_counterclockwise: Trying again with %s. The progress message shows how it goes.", plural(failed, "failed account", "failed accounts")))}, nil
}
