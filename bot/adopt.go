package bot

import (
	"context"
	"fmt"
	"strings"

	"github.com/oktaws/oktaws/store"
)

// adopt asks to link an account and to take over what somebody made there by hand. An account that has failed has its
// name already.
func (b *Bot) adopt(ctx context.Context, c *command, rest string) (outcome, error) {
	typed, rest := word(rest)
	key, err := b.account(ctx, "adopt", typed)
	if err != nil {
		return outcome{}, err
	}
	var was *store.Account
	if err := b.store.View(ctx, func(tx *store.ReadTx) (err error) { was, err = knownAccount(tx, key); return err }); err != nil {
		return outcome{}, err
	}
	r := store.Request{Kind: store.Adopt, Account: key}
	if was != nil && was.State == store.Failed {
		r.Wish, r.Reason = was.Wish, rest
		if label, reason := word(rest); strings.EqualFold(label, was.Label) {
			r.Reason = reason
		}
		return b.asked(ctx, c, r, nil)
	}
	f, err := b.linkLine(key, rest)
	if err != nil {
		return outcome{}, err
	}
	if f.label == "" && (was == nil || was.State == store.None || was.State == store.Unlinked) { // else the store says why not
		return outcome{}, invalid(fmt.Sprintf("To take over account %s, a name for the Okta application is missing: that of the one to take over, or of a new one.", accountName(key)),
			fmt.Sprintf("Example: `/oktaws adopt %s %s`.", accountName(key), b.exampleLabel()))
	}
	r.Wish, r.Reason = b.wish(key, f.label, f.roleSet), f.reason
	return b.asked(ctx, c, r, nil)
}

// takeOver asks to adopt an account whose linking met something that was made by hand, from the button under the
// failure. What the button carries is the ID of the request that failed.
func (b *Bot) takeOver(ctx context.Context, c *click) (outcome, error) {
	if _, err := b.member(ctx, &c.delivery); err != nil {
		return outcome{}, err
	}
	failed, err := b.request(ctx, c.value)
	if err != nil {
		return outcome{}, err
	}
	if err := b.posted(ctx, store.MessageKey(failed.Key(), showOutcome, b.cfg.AdminChannel), c); err != nil {
		return outcome{}, err
	}
	r := store.Request{Kind: store.Adopt, Account: failed.Account, Wish: failed.Wish, Reason: "Something that was made by hand is in the way."}
	say, err := b.ask(ctx, &c.delivery, r, func(tx *store.Tx, _ *asking) error {
		was, err := tx.Account(failed.Account)
		if err != nil {
			return err
		}
		if was.RequestID != failed.ID {
			return oldMessage()
		}
		if p := was.FirstProblem(); was.State == store.Failed && (p == nil || !p.Foreign) {
			return &store.Error{Kind: store.Conflict, Message: fmt.Sprintf("Nothing that was made by hand is in the way of account %s any more.", accountName(failed.Account)),
				Remedy: fmt.Sprintf("Look with /oktaws status %s.", accountName(failed.Account))}
		}
		return nil
	})
	return outcome{say: say}, err
}
