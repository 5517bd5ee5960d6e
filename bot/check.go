package bot

import (
	"context"
	"fmt"
	"time"

	"github.com/oktaws/oktaws/store"
)

// betweenChecks keeps the checks of many accounts apart, so that neither AWS nor Okta is asked too much at once.
const betweenChecks = 2 * time.Second

// check looks at once whether an account is as it shall be; alone, it has all of them looked at.
func (b *Bot) check(ctx context.Context, c *command, rest string) (outcome, error) {
	if rest == "" {
		return b.checkAll(ctx, c)
	}
	key, err := b.account(ctx, "check", rest)
	if err != nil {
		return outcome{}, err
	}
	var a store.Account
	err = b.store.View(ctx, func(tx *store.ReadTx) (err error) { a, err = tx.Account(key); return err })
	if err == nil && !linked(a) {
		err = &store.Error{Kind: store.Conflict, Message: fmt.Sprintf("account %s %s: only linked accounts are checked", accountName(key), isIn(a.State)),
			Remedy: fmt.Sprintf("See it with /oktaws status %s.", accountName(key))}
	}
	if err != nil {
		return outcome{}, err
	}
	say := note(fmt.Sprintf(":mag: Looking at %s. What is found comes here in a moment.", about(key, a.Label)))
	return outcome{say: say, then: b.look(&c.delivery, key, func(ctx context.Context) (content, error) {
		seen, err := b.provisioner.Check(ctx, key)
		return seenContent(a, seen, b.clock.Now()), err
	})}, nil
}

// isIn is an account's state after its name.
func isIn(s store.AccountState) string {
	if s == store.Failed {
		return "has failed"
	}
	return "is " + s.Word()
}

func seenContent(a store.Account, c store.Check, now time.Time) content {
	it := about(a.AccountKey, a.Label)
	if c.Problem != nil {
		head := fmt.Sprintf(":warning: *%s could not be checked.* %s", it, troubleLine(c.Problem))
		return content{text: spoken(head), blocks: paragraphs([]string{head})}
	}
	open := c.Open(now)
	if len(c.Findings) == 0 {
		return note(fmt.Sprintf(":white_check_mark: %s is all as it shall be.", it))
	}
	head := fmt.Sprintf(":warning: %s differs from what it shall be: %s.", it, plural(len(open), "thing", "things"))
	if len(open) == 0 {
		head = fmt.Sprintf(":white_check_mark: %s is as it shall be, apart from what is ignored.", it)
	}
	return content{text: spoken(head), blocks: paragraphs(append([]string{head}, checkLines(c, now, smallList)...))}
}

// checkAll has every linked account looked at soon, one after the other. What is found is told in the admin channel.
func (b *Bot) checkAll(ctx context.Context, c *command) (outcome, error) {
	if err := b.approver(ctx, c.by); err != nil {
		return outcome{}, err
	}
	var all []store.AccountKey
	err := b.store.View(ctx, func(tx *store.ReadTx) error {
		return tx.Accounts(func(a store.Account) bool {
			if linked(a) {
				all = append(all, a.AccountKey)
			}
			return true
		})
	})
	if err != nil {
		return outcome{}, err
	}
	if len(all) == 0 {
		return outcome{say: note("No account is linked, so there is nothing to check.")}, nil
	}
	say := note(fmt.Sprintf(":mag: oktaws checks %s, one every %s. What differs is told in <#%s>.",
		plural(len(all), "linked account", "linked accounts"), betweenChecks, b.cfg.AdminChannel))
	return outcome{say: say, then: func(ctx context.Context) { b.checkSoon(ctx, &c.delivery, all) }}, nil
}

// checkSoon plans the checks, each in a transaction of its own, since one takes only so many writes.
func (b *Bot) checkSoon(ctx context.Context, d *delivery, accounts []store.AccountKey) {
	first := b.clock.Now().UTC()
	for i, key := range accounts {
		err := b.store.Update(ctx, func(tx *store.Tx) error {
			return tx.CheckSoon(key, first.Add(time.Duration(i)*betweenChecks))
		})
		if err == nil || store.KindOf(err) == store.Conflict {
			continue // one that isn't linked any more needs no check
		}
		b.logRefusal(d, err)
		ctx, release := outlive(ctx, lastWords)
		defer release()
		b.whisper(ctx, d, note(fmt.Sprintf(":warning: Only %d of %d accounts will be checked: something went wrong inside oktaws. Please type `/oktaws check` again.", i, len(accounts))))
		return
	}
}
