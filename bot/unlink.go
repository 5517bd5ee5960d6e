package bot

import (
	"context"

	"github.com/oktaws/oktaws/store"
)

// unlink asks to take away what linking made.
func (b *Bot) unlink(ctx context.Context, c *command, rest string) (outcome, error) {
	typed, reason := word(rest)
	key, err := b.account(ctx, "unlink", typed)
	if err != nil {
		return outcome{}, err
	}
	return b.asked(ctx, c, store.Request{Kind: store.Unlink, Account: key, Reason: reason}, nil)
}
