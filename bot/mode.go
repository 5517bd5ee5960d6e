package bot

import (
	"context"
	"fmt"
	"strings"

	"github.com/oktaws/oktaws/store"
)

// mode asks to change an account's integration mode.
func (b *Bot) mode(ctx context.Context, c *command, rest string) (outcome, error) {
	typed, rest := word(rest)
	key, err := b.account(ctx, "mode", typed)
	if err != nil {
		return outcome{}, err
	}
	name, reason := word(rest)
	to := store.Mode(strings.ToLower(name))
	if to != store.ModeAPI && to != store.ModeGroups {
		message := fmt.Sprintf("Say which integration mode account %s shall have.", accountName(key))
		if name != "" {
			message = fmt.Sprintf("There is no integration mode %s.", ticked(name))
		}
		return outcome{}, invalid(message, "`api`: Okta reads the roles with an access key that a person enters. `groups`: the names of Okta groups say the roles.")
	}
	return b.asked(ctx, c, store.Request{Kind: store.Change, Account: key, Reason: reason}, func(tx *store.Tx, r *asking) error {
		a, err := tx.Account(key)
		r.Mode, r.RoleSet = to, a.RoleSet
		return err
	})
}
