package bot

import (
	"context"
	"fmt"
	"strings"

	"github.com/oktaws/oktaws/store"
)

// withdraw takes a pending request back, for who asked: that for an account, that with an ID, or, alone, the only one.
func (b *Bot) withdraw(ctx context.Context, c *command, rest string) (outcome, error) {
	id, err := b.toWithdraw(ctx, c, rest)
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

// toWithdraw finds the request that somebody wants to take back.
func (b *Bot) toWithdraw(ctx context.Context, c *command, typed string) (id string, err error) {
	if typed == "" {
		return b.onlyPending(ctx, c.by)
	}
	err = b.store.View(ctx, func(tx *store.ReadTx) error {
		id = strings.ToLower(typed)
		if strings.ContainsAny(id, "/.") {
			return &store.Error{Kind: store.NotFound}
		}
		_, err := tx.Request(id)
		return err
	})
	if err == nil || store.KindOf(err) != store.NotFound {
		return id, err
	}
	key, err := b.account(ctx, "withdraw", typed)
	if err != nil {
		return "", err
	}
	return id, b.store.View(ctx, func(tx *store.ReadTx) error {
		a, err := tx.Account(key)
		if id = a.Pending; err == nil && id == "" {
			err = &store.Error{Kind: store.Conflict, Message: fmt.Sprintf("no request for account %s waits for a decision", accountName(key)),
				Remedy: fmt.Sprintf("See how it stands with /oktaws status %s.", accountName(key))}
		}
		return err
	})
}

// onlyPending is the one request of a person that waits for a decision.
func (b *Bot) onlyPending(ctx context.Context, by store.Person) (string, error) {
	var all []store.Request
	err := b.store.View(ctx, func(tx *store.ReadTx) error {
		return tx.Requests(func(r store.Request) bool {
			if r.State == store.Pending && r.Requester == by {
				all = append(all, r)
			}
			return true
		})
	})
	switch {
	case err != nil:
		return "", err
	case len(all) == 1:
		return all[0].ID, nil
	case len(all) == 0:
		return "", &store.Error{Kind: store.Conflict, Message: "No request of yours waits for a decision.", Remedy: "See yours with /oktaws status."}
	}
	var lines []string
	for _, r := range all {
		lines = append(lines, fmt.Sprintf("`/oktaws withdraw %s` to %s", r.ID, wanted(r)))
	}
	return "", &store.Error{Kind: store.Conflict, Message: fmt.Sprintf("%d requests of yours wait for a decision.", len(all)),
		Remedy: "Say which: " + strings.Join(firstFew(lines, 5), "; ") + "."}
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
