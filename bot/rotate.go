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
			_, err = forAll(&tx.ReadTx, a, r)
			return err
		case linked(a) && a.Mode == store.ModeGroups:
			return &store.Error{Kind: store.Conflict,
				Message: fmt.Sprintf("account %s is in integration mode %s, so Okta holds no access key of it", accountName(key), a.Mode),
				Remedy:  fmt.Sprintf("Its certificate can be rotated: /oktaws rotate %s certificate.", accountName(key))}
		}
		return nil
	})
}

// forAll makes of a request to rotate an account's certificate one for all linked accounts that share its Okta
// application, and says whether it did: Okta signs with the new certificate only once each of them takes it. Left out are
// those that can't be asked for now, and that the rotation may have to wait for.
func forAll(tx *store.ReadTx, a store.Account, r *asking) (bool, error) {
	if a.Shared == "" || !linked(a) { // for one that isn't linked, the store says what can be done
		return false, nil
	}
	r.Kind, r.Account, r.Wish, r.Rotate = store.Rotate, store.AccountKey{}, store.Wish{Shared: a.Shared}, []store.Rotation{store.RotateCertificate}
	r.Planned = tx.Now()
	err := tx.Sharing(a.Partition, a.Shared, func(other store.Account) bool {
		state := position(other)
		if !linked(other) {
			r.batch.LeftOut = append(r.batch.LeftOut, store.LeftOut{Account: other.AccountKey, Label: other.Label, Why: state})
			return true
		}
		r.batch.Rows = append(r.batch.Rows, store.Row{Account: other.AccountKey, Label: other.Label})
		if state != string(store.Linked) && len(r.Plan) < mostPlanned {
			r.Plan = append(r.Plan, store.Finding{Key: other.AccountKey.String(), What: other.Label + ": " + state})
		}
		return true
	})
	if err != nil {
		return true, err
	}
	return true, noBatchWaits(tx, *r)
}
