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
	if err := b.store.View(ctx, func(tx *store.ReadTx) (err error) { open, err = openFindings(tx, key); return err }); err != nil {
		return outcome{}, err
	}
	if len(open) > 0 && !slices.ContainsFunc(open, mendable) {
		return outcome{}, unmendable(key, open)
	}
	return b.askedToRepair(ctx, &c.delivery, store.Request{Kind: store.Repair, Account: key, Reason: shortly(open)})
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
		open, err := openFindings(&tx.ReadTx, r.Account)
		if err != nil {
			return err
		}
		r.Rotate = rotations(open)
		if !slices.Contains(r.Rotate, store.RotateCertificate) {
			return nil
		}
		shared, err := forAll(&tx.ReadTx, a, r)
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

func openFindings(tx *store.ReadTx, key store.AccountKey) ([]store.Finding, error) {
	c, err := tx.Check(key)
	if err != nil && store.KindOf(err) == store.NotFound {
		return nil, nil
	}
	return c.Open(tx.Now()), err
}

// rotations are what a repair rotates on the way.
func rotations(findings []store.Finding) []store.Rotation {
	var out []store.Rotation
	for _, f := range findings {
		if f.Rotate != "" && !slices.Contains(out, f.Rotate) {
			out = append(out, f.Rotate)
		}
	}
	return out
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

// repairAll asks to repair all accounts that have drifted, as one request.
func (b *Bot) repairAll(ctx context.Context, c *command, reason string) (outcome, error) {
	r := asking{Request: store.Request{Kind: store.Repair, Reason: reason}}
	err := b.store.View(ctx, func(tx *store.ReadTx) error {
		if err := noBatchWaits(tx, r); err != nil {
			return err
		}
		return b.collect(tx, &r)
	})
	if err != nil {
		return outcome{}, err
	}
	var also string
	if out := r.batch.LeftOut; len(out) > 0 {
		var left []string
		for _, o := range out {
			left = append(left, code(accountName(o.Account)))
		}
		also = fmt.Sprintf(" Left out: %s where all that differs is somebody else's, takes a person's step or is to be rotated (%s).",
			plural(len(left), "account", "accounts"), strings.Join(firstFew(left, 10), ", "))
	}
	if len(r.batch.Rows) == 0 {
		return outcome{say: note(":white_check_mark: No account has drifted in a way that oktaws can repair." + also)}, nil
	}
	say, err := b.ask(ctx, &c.delivery, r.Request, func(tx *store.Tx, asked *asking) error {
		asked.batch = r.batch
		return noBatchWaits(&tx.ReadTx, r)
	})
	if err != nil {
		return outcome{}, err
	}
	return outcome{say: note(say.text + also)}, nil
}

// collect fills the batch with the accounts that have drifted, and its plan with what differs, shortened, of as many of
// them as a message can name. A rotation is each account's own request, since it takes a person's step for each. Left out
// are those that a repair can do nothing about.
func (b *Bot) collect(tx *store.ReadTx, r *asking) error {
	r.Planned = tx.Now()
	var failed error
	err := tx.Accounts(func(a store.Account) bool {
		if a.State != store.Drifted || len(r.batch.Rows) == store.MaxBatch {
			return true
		}
		var open []store.Finding
		if open, failed = openFindings(tx, a.AccountKey); failed != nil {
			return false
		}
		open = slices.DeleteFunc(open, func(f store.Finding) bool { return f.Foreign || f.Person || f.Rotate != "" })
		if len(open) == 0 {
			r.batch.LeftOut = append(r.batch.LeftOut, store.LeftOut{Account: a.AccountKey, Label: a.Label,
				Why: "all that differs is somebody else's, takes a person's step or is to be rotated"})
			return true
		}
		r.batch.Rows = append(r.batch.Rows, store.Row{Account: a.AccountKey, Label: a.Label})
		if len(r.Plan) < mostPlanned {
			r.Plan = append(r.Plan, store.Finding{Key: a.AccountKey.String(), What: a.Label + ": " + shortly(open)})
		}
		return true
	})
	if failed != nil {
		return failed
	}
	return err
}

// mostPlanned is of how many accounts a batch keeps what differs: more than one message can name.
const mostPlanned = 200

// noBatchWaits refuses a batch while one for the same waits for a decision.
func noBatchWaits(tx *store.ReadTx, like asking) error {
	var waiting *store.Request
	var failed error
	err := tx.Requests(func(r store.Request) bool {
		if r.State != store.Pending || r.Size == 0 || r.Kind != like.Kind || r.Shared != like.Shared {
			return true
		}
		same := r.Shared == "" // an application is of one partition
		if !same {
			failed = tx.Rows(r.ID, func(row store.Row) bool {
				same = row.Account.Partition == like.batch.Rows[0].Account.Partition
				return false
			})
		}
		if same {
			waiting = &r
		}
		return waiting == nil && failed == nil
	})
	if err = errors.Join(err, failed); err != nil || waiting == nil {
		return err
	}
	what := "repair all accounts that have drifted"
	if like.Shared != "" {
		what = "rotate the certificate of the Okta application " + like.Shared
	}
	return &store.Error{Kind: store.Conflict, Message: fmt.Sprintf("a request to %s, by %s, waits for approval already", what, waiting.Requester.Mention()),
		Remedy: "It can be approved, denied or withdrawn."}
}
