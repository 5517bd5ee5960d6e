package bot

import (
	"context"
	"fmt"
	"strings"

	"github.com/oktaws/oktaws/store"
)

// rotate asks for a new access key or a new SAML certificate.
func (b *Bot) rotate(ctx context.Context, c *command, rest string) (outcome, error) {
	typed, rest := word(rest)
	key, err := b.account(ctx, "rotate", typed)
	if err != nil {
		return outcome{}, err
	}
	name, reason := word(rest)
	what := store.Rotation(strings.ToLower(name))
	if what != store.RotateKey && what != store.RotateCertificate {
		message := fmt.Sprintf("Say what to rotate in account %s.", accountName(key))
		if name != "" {
			message = fmt.Sprintf("oktaws can't rotate %s.", ticked(name))
		}
		return outcome{}, invalid(message, "`key`: the access key that Okta holds. `certificate`: the SAML certificate by which Okta signs.")
	}
	r := store.Request{Kind: store.Rotate, Account: key, Rotate: []store.Rotation{what}, Reason: reason}
	return b.asked(ctx, c, r, func(tx *store.Tx, r *asking) error {
		a, err := tx.Account(key)
		switch {
		case err != nil:
			return err
		case what == store.RotateCertificate:
			_, err = tx.RotateTogether(a, &r.Request, &r.batch)
			return err
		case linked(a) && a.Mode == store.ModeGroups:
			return &store.Error{Kind: store.Conflict,
				Message: fmt.Sprintf("account %s is in integration mode %s, so Okta holds no access key of it", accountName(key), a.Mode),
				Remedy:  fmt.Sprintf("Its certificate can be rotated: /oktaws rotate %s certificate.", accountName(key))}
		}
		return nil
	})
}
