package bot

import (
	"context"
	"crypto/rand"
	"fmt"
	"strings"
	"time"

	"github.com/oktaws/oktaws/store"
)

// asking is a request as it is put together.
type asking struct {
	store.Request
	batch store.Batch // the accounts, where it is for many
}

// ask records a request of who the delivery is from: what r says, completed by complete (which may be nil) in the same
// transaction. It returns what the person reads.
func (b *Bot) ask(ctx context.Context, d *delivery, r store.Request, complete func(*store.Tx, *asking) error) (content, error) {
	r = b.begun(d, r)
	var opened store.Request
	err := b.once(ctx, d, func(tx *store.Tx) (err error) {
		asked := asking{Request: r}
		if complete != nil {
			if err := complete(tx, &asked); err != nil {
				return err
			}
		}
		if len(asked.batch.Rows) > 0 {
			opened, err = tx.OpenBatch(asked.Request, asked.batch)
		} else {
			opened, err = tx.OpenRequest(asked.Request)
		}
		return err
	})
	if err != nil {
		return content{}, err
	}
	return note(askedSentence(opened)), nil
}

// begun is a request of who the delivery is from, with an ID of its own.
func (b *Bot) begun(d *delivery, r store.Request) store.Request {
	now := b.clock.Now().UTC()
	r.ID, r.Requester, r.Required = requestID(now), d.by, b.cfg.Required
	r.Reason = cut(strings.TrimSpace(r.Reason), maxReason)
	if b.cfg.ExpireAfter > 0 {
		r.Expires = now.Add(b.cfg.ExpireAfter)
	}
	return r
}

// knownAccount returns the account, or nil where nobody asked for it yet.
func knownAccount(tx *store.ReadTx, key store.AccountKey) (*store.Account, error) {
	a, err := tx.Account(key)
	if err != nil {
		if store.KindOf(err) == store.NotFound {
			return nil, nil
		}
		return nil, err
	}
	return &a, nil
}

func askedSentence(r store.Request) string {
	return fmt.Sprintf(":incoming_envelope: You asked to %s. You will hear by direct message once it is decided.", wanted(r))
}

// asked answers a command with the request that came of it.
func (b *Bot) asked(ctx context.Context, c *command, r store.Request, complete func(*store.Tx, *asking) error) (outcome, error) {
	say, err := b.ask(ctx, &c.delivery, r, complete)
	return outcome{say: say}, err
}

// requestID names a request so that requests sort by time: 20261123-165101-k3f9qz.
func requestID(now time.Time) string {
	return now.Format("20060102-150405-") + strings.ToLower(rand.Text()[:6])
}

// wish is what a linked account shall be by the configuration, with the label and the role set.
func (b *Bot) wish(key store.AccountKey, label, roleSet string) store.Wish {
	return store.Wish{Label: label, RoleSet: roleSet, Mode: b.cfg.Mode, Shared: b.shared(key, b.cfg.Mode)}
}

// shared is the label of the Okta application that an account in the mode shares with others, or "".
func (b *Bot) shared(key store.AccountKey, mode store.Mode) string {
	if mode != store.ModeGroups {
		return ""
	}
	return strings.ReplaceAll(b.cfg.Shared, "{partition}", key.Partition)
}
