package provision

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/oktaws/oktaws/store"
)

// Plan says what would change if the account (which need not be in the store) were to become what it says. It changes
// nothing.
func (r *Reconciler) Plan(ctx context.Context, a store.Account) ([]store.Finding, error) {
	w := &work{r: r, key: a.AccountKey, account: a}
	if err := w.reach(ctx); err != nil {
		return nil, err
	}
	w.account.Steps, w.account.Needs = nil, nil
	if a.Desired == "" {
		w.account.Desired = store.WantLinked
	}
	found, err := w.plan(ctx)
	if err != nil {
		err = w.whyUnreached(ctx, err)
	}
	return found, err
}

func (w *work) plan(ctx context.Context) ([]store.Finding, error) {
	if w.account.Desired == store.WantLinked {
		// The alias is part of the groups' names, and whoever leads elsewhere sees nothing that counts.
		id, err := w.whoAmI(ctx)
		if err != nil {
			return nil, err
		}
		w.account.Known.Alias = id.Alias
	}
	return w.looks(ctx, w.sight())
}

// planPending notes what the pending request would change, for those who decide on it.
func (w *work) planPending(ctx context.Context) error {
	var request store.Request
	err := w.r.store.View(ctx, func(tx *store.ReadTx) (err error) {
		request, err = tx.Request(w.get().Pending)
		return err
	})
	if err != nil {
		return err
	}
	would := w.get()
	would.Wish, would.Desired = request.Wish, store.WantLinked
	switch {
	case request.Kind == store.Unlink:
		would.Desired = store.WantUnlinked
	case would.State == store.None || would.State == store.Unlinked:
		would.Known = store.Known{}
	}
	now := w.now()
	if slices.Contains(request.Rotate, store.RotateKey) {
		would.KeySince = now
	}
	if slices.Contains(request.Rotate, store.RotateCertificate) {
		would.CertificateSince = now
	}
	class, err := w.classOf(ctx, request.ID)
	if err != nil {
		return err
	}
	found, lookErr := w.r.Plan(WithPrecedence(ctx, Precedence{Class: class}), would)
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if errors.Is(lookErr, ErrGaveWay) {
		return lookErr
	}
	return w.save(ctx, func(tx *store.Tx, a *store.Account) error {
		if a.Pending != request.ID {
			return nil // it was decided meanwhile
		}
		var problem *store.Problem
		var again time.Time
		if lookErr != nil {
			w.r.log.WarnContext(ctx, "can't tell what a request would change", "account", w.key.ID, "request", request.ID, "error", lookErr)
			problem = store.ProblemOf(lookErr)
			if temporary(lookErr) {
				again = now.Add(planAgain)
			}
		}
		return tx.Planned(a, found, problem, again)
	})
}

// planAgain is when a plan is tried again that something temporary has kept from being made.
const planAgain = time.Minute
