package bot

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/oktaws/oktaws/store"
)

// repair asks to make an account again what it shall be, or all that have drifted.
func (b *Bot) repair(ctx context.Context, c *command, rest string) (outcome, error) {
	typed, reason := word(rest)
	if strings.EqualFold(typed, "all") {
		return b.repairAll(ctx, c, reason)
	}
	key, err := b.account(ctx, "repair", typed)
	if err != nil {
		return outcome{}, err
	}
	return b.askedToRepair(ctx, &c.delivery, store.Request{Kind: store.Repair, Account: key, Reason: reason})
}

// repairClicked asks to repair an account, from the button under what was found to differ. What the button carries is
// the account.
func (b *Bot) repairClicked(ctx context.Context, c *click) (outcome, error) {
	key, err := b.drifted(ctx, c)
	if err != nil {
		return outcome{}, err
	}
	var open []store.Finding
	if err := b.store.View(ctx, func(tx *store.ReadTx) (err error) { open, err = tx.OpenFindings(key); return err }); err != nil {
		return outcome{}, err
	}
	if len(open) > 0 && !slices.ContainsFunc(open, mendable) {
		return outcome{}, unmendable(key, open)
	}
	return b.askedToRepair(ctx, &c.delivery, store.Request{Kind: store.Repair, Account: key, Reason: store.Shortly(open)})
}

// askedToRepair asks to repair an account, and to rotate what is to be rotated in it. Where that is the certificate of an
// application that accounts share, it asks to rotate it for all of them: on the way, that repairs them as well.
func (b *Bot) askedToRepair(ctx context.Context, d *delivery, r store.Request) (outcome, error) {
	var also string
	say, err := b.ask(ctx, d, r, func(tx *store.Tx, r *asking) error {
		a, err := tx.Account(r.Account)
		if err != nil {
			return err
		}
		open, err := tx.OpenFindings(r.Account)
		if err != nil {
			return err
		}
		r.Rotate = store.Rotations(open)
		if !slices.Contains(r.Rotate, store.RotateCertificate) {
			return nil
		}
		shared, err := tx.RotateTogether(a, &r.Request, &r.batch)
		if shared {
			also = fmt.Sprintf(" The certificate of %s is that of all accounts in this application; whatever else differs in them is repaired on the way.", about(a.AccountKey, a.Label))
		}
		return err
	})
	if err != nil {
		return outcome{}, err
	}
	return outcome{say: note(say.text + also)}, nil
}

// drifted returns the account of a click by a full member on the newest message about what differs.
func (b *Bot) drifted(ctx context.Context, c *click) (store.AccountKey, error) {
	if _, err := b.member(ctx, &c.delivery); err != nil {
		return store.AccountKey{}, err
	}
	key, err := store.ParseAccountKey(c.value)
	if err != nil {
		return key, oldMessage()
	}
	return key, b.posted(ctx, store.MessageKey(store.CheckKey(key), showDrift, b.cfg.AdminChannel), c)
}

// unmendable says why a repair would change nothing.
func unmendable(key store.AccountKey, findings []store.Finding) error {
	why := "is somebody else's or takes a person's step"
	switch {
	case !slices.ContainsFunc(findings, func(f store.Finding) bool { return !f.Foreign }):
		why = "is somebody else's"
	case !slices.ContainsFunc(findings, func(f store.Finding) bool { return f.Foreign }):
		why = "takes a person's step"
	}
	return &store.Error{Kind: store.Conflict, Message: fmt.Sprintf("what differs in account %s %s, so repairing would change nothing", accountName(key), why),
		Remedy: "Put it right by hand, or ignore it for a while."}
}

// errNothingToRepair is the cause of a request for many accounts that asks for nothing.
var errNothingToRepair = errors.New("nothing to repair")

// repairAll asks to repair all accounts that have drifted, as one request.
func (b *Bot) repairAll(ctx context.Context, c *command, reason string) (outcome, error) {
	var out []store.LeftOut
	say, err := b.ask(ctx, &c.delivery, store.Request{Reason: reason}, func(tx *store.Tx, r *asking) error {
		err := tx.RepairTogether(&r.Request, &r.batch)
		if out = r.batch.LeftOut; err == nil && len(r.batch.Rows) == 0 {
			err = errNothingToRepair
		}
		return err
	})
	var also string
	if len(out) > 0 {
		var left []string
		for _, o := range out {
			left = append(left, code(accountName(o.Account)))
		}
		also = fmt.Sprintf(" Left out: %s where all that differs is somebody else's, takes a person's step or is to be rotated (%s).",
			plural(len(left), "account", "accounts"), strings.Join(firstFew(left, 10), ", "))
	}
	switch {
	case errors.Is(err, errNothingToRepair):
		return outcome{say: note(":white_check_mark: No account has drifted in a way that oktaws can repair." + also)}, nil
	case err != nil:
		return outcome{}, err
	}
	return outcome{say: note(say.text + also)}, nil
}
