package bot

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/oktaws/oktaws/store"
)

const (
	lookTimeout = 2 * time.Minute // how long looking at all of an account may take
	// maxLooks is how many accounts people have looked at at once: far fewer than there are deliveries, so that clicks
	// never wait for looks.
	maxLooks = 8
)

// plan says what is there and what would change; it changes nothing.
func (b *Bot) plan(ctx context.Context, c *command, rest string) (outcome, error) {
	typed, rest := word(rest)
	key, err := b.account(ctx, "plan", typed)
	if err != nil {
		return outcome{}, err
	}
	f, err := b.linkLine(key, rest)
	if err != nil {
		return outcome{}, err
	}
	var r store.Request // what the account is looked at as
	var a store.Account
	err = b.store.View(ctx, func(tx *store.ReadTx) error {
		was, err := knownAccount(tx, key)
		if err != nil {
			return err
		}
		a, r, err = b.planned(tx, key, was, f)
		return err
	})
	if err != nil {
		return outcome{}, err
	}
	say := note(fmt.Sprintf(":mag: Looking at %s. What would change comes here in a moment.", about(key, a.Label)))
	return outcome{say: say, then: b.look(&c.delivery, key, func(ctx context.Context) (content, error) {
		r.Plan, err = b.provisioner.Plan(ctx, a)
		r.Planned = b.clock.Now().UTC()
		return b.planContent(r), err
	})}, nil
}

// planned is the account as a plan looks at it, and the request that would bring it there: that which waits for a
// decision; else to make it what it is wanted to be; else, for one that isn't linked, to link it.
func (b *Bot) planned(tx *store.ReadTx, key store.AccountKey, was *store.Account, f linkForm) (store.Account, store.Request, error) {
	if was != nil && was.Pending != "" {
		r, err := tx.Request(was.Pending)
		return r.Wanted(*was, tx.Now()), r, err
	}
	if was != nil && was.State != store.None && was.State != store.Unlinked {
		kind := store.Link
		switch {
		case was.Desired == store.WantUnlinked:
			kind = store.Unlink
		case linked(*was):
			kind = store.Repair
		case was.Adopt:
			kind = store.Adopt
		}
		return *was, store.Request{Kind: kind, Account: key, Wish: was.Wish}, nil
	}
	if f.label == "" && was != nil {
		f.label = was.Label
	}
	if f.label == "" {
		return store.Account{}, store.Request{}, invalid(
			fmt.Sprintf("Nobody has asked for account %s yet, so the plan needs a name for the Okta application.", accountName(key)),
			fmt.Sprintf("Example: `/oktaws plan %s %s`.", accountName(key), b.exampleLabel()))
	}
	r := store.Request{Kind: store.Link, Account: key, Wish: b.wish(key, f.label, f.roleSet)}
	fresh := store.Account{AccountKey: key}
	if was != nil {
		fresh.Meta = was.Meta
	}
	return r.Wanted(fresh, tx.Now()), r, nil
}

func (b *Bot) planContent(r store.Request) content {
	head := fmt.Sprintf("To %s", wanted(r))
	text := spoken(head) + ", nothing would change."
	if n := len(r.Plan); n > 0 {
		text = fmt.Sprintf("%s, %s: %s", spoken(head), plural(n, "thing would change", "things would change"), statement(r.Plan[0].What, noteLimit))
	}
	lines := append([]string{sign(r.Kind) + " " + head + ":"}, b.planLines(scene{request: r})...)
	return content{text: text, blocks: paragraphs(append(lines, "_Nothing was changed._"))}
}

// look does something that takes a while once a delivery is answered, and tells the person alone what came of it.
func (b *Bot) look(d *delivery, key store.AccountKey, see func(context.Context) (content, error)) func(context.Context) {
	return func(ctx context.Context) {
		select {
		case b.looks <- struct{}{}:
			defer func() { <-b.looks }()
		default:
			b.whisper(ctx, d, refusal(&store.Error{Kind: store.Transient, Message: fmt.Sprintf("oktaws is looking at %d accounts for people already, so it has not looked at account %s.", maxLooks, accountName(key)),
				Remedy: "Please try again in a minute."}))
			return
		}
		looking, cancel := context.WithTimeout(ctx, lookTimeout)
		defer cancel()
		say, err := see(looking)
		if _, forPeople := errors.AsType[*store.Error](err); err != nil && !forPeople && looking.Err() != nil {
			message := "Looking at " + about(key, "") + " took too long."
			if ctx.Err() != nil {
				message = "oktaws was stopped while it looked at " + about(key, "") + "."
			}
			err = &store.Error{Kind: store.Transient, Message: message, Remedy: "Please try again in a minute.", Err: err}
		}
		if err != nil {
			b.logRefusal(d, err)
			say = refusal(err)
		}
		ctx, release := outlive(ctx, lastWords)
		defer release()
		b.whisper(ctx, d, say)
	}
}
