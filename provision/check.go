package provision

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/oktaws/oktaws/store"
)

// looks returns what differs from what the steps of the account make true, or, of those that are undone, what is left of
// them: a plan, a check, and the last look of a link.
func (w *work) looks(ctx context.Context, s *sight) ([]store.Finding, error) {
	var out []store.Finding
	for _, t := range turnsOf(w.get()) {
		look := t.look
		if t.undo {
			look = t.remains
		}
		if look == nil {
			continue
		}
		found, err := look(w, ctx, s)
		if err != nil && t.undo && t.aws && w.closed(ctx, err) != "" {
			found, err = []store.Finding{leftAlone(t.name, "closed", w.inClosedAccount(t.name))}, nil
		}
		if err != nil {
			return nil, err
		}
		out = append(out, found...)
	}
	return out, nil
}

// check looks at the whole of a linked account and notes what differs. What can't be reached is a finding too, unless it
// may well be a matter of minutes. It makes at most eight calls: so either CloudFormation is asked for its own look at the
// stack, or AWS when the access key was last used, or Okta about the group rule of a shared application. One that
// somebody has asked for does both the first and the last, and reads such an application together with whose it is.
func (w *work) check(ctx context.Context, drift, asked bool) error {
	s := w.sight()
	s.thrifty, s.drift, s.asked = true, drift, asked
	var err error
	if s.before, err = w.foundBefore(ctx); err != nil {
		return err
	}
	found, err := w.checkLooks(ctx, s)
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if errors.Is(err, ErrGaveWay) {
		return err
	}
	if err != nil {
		return w.unreachable(ctx, w.whyUnreached(ctx, err))
	}
	err = w.noteCheck(ctx, w.r.nextCheck(w.key, w.now()), found, nil)
	if err == nil {
		w.r.log.DebugContext(ctx, "checked", "account", w.key.ID, "findings", len(found))
	}
	return err
}

// foundBefore is what the last check has found.
func (w *work) foundBefore(ctx context.Context) (found []store.Finding, err error) {
	err = w.r.store.View(ctx, func(tx *store.ReadTx) error {
		c, err := tx.Check(w.key)
		if err != nil && store.KindOf(err) == store.NotFound {
			return nil
		}
		found = c.Findings
		return err
	})
	return found, err
}

func (w *work) noteCheck(ctx context.Context, next time.Time, found []store.Finding, problem *store.Problem) error {
	return w.save(ctx, func(tx *store.Tx, a *store.Account) error {
		a.CheckDue = next
		return tx.Checked(a, found, problem)
	})
}

// unreachable notes that a linked account can't be looked at. What may well be a matter of minutes is a problem of the
// check; anything else is a finding beside those that were there before, since nothing new is known of them. What steps
// have left for later waits as well.
func (w *work) unreachable(ctx context.Context, cause error) error {
	w.r.log.WarnContext(ctx, "account can't be checked", "account", w.key.ID, "error", cause)
	now := w.now()
	next := w.r.nextCheck(w.key, now)
	if temporary(cause) {
		return w.noteCheck(ctx, soonest(next, now.Add(delay(checkAttempts, cause))), nil, store.ProblemOf(cause))
	}
	found, err := w.foundBefore(ctx)
	if err != nil {
		return err
	}
	message, remedy := store.Explain(cause)
	means := "Nothing: people sign on as before; but oktaws can't look after the account"
	if errors.Is(cause, errClosed) {
		means = "Nobody gets in; the tile is still there"
	}
	reach := forPerson(identity, "reach", strings.TrimSuffix(message, "."), means, remedy)
	found = slices.DeleteFunc(found, func(f store.Finding) bool { return f.Key == reach.Key })
	return w.save(ctx, func(tx *store.Tx, a *store.Account) error {
		for name, s := range a.Steps {
			if !s.Due.IsZero() && s.Due.Before(now.Add(followUpWaits)) {
				s.Due = now.Add(followUpWaits)
				a.Steps[name] = s
			}
		}
		a.CheckDue = next
		return tx.Checked(a, append([]store.Finding{reach}, found...), nil)
	})
}

const (
	// checkAttempts has a check that could not be made tried again as late as a step that has failed as often: in about five minutes.
	checkAttempts = 9
	// followUpWaits is how long what steps have left for later is put off where the account can't be reached.
	followUpWaits = time.Hour
)

func soonest(a, b time.Time) time.Time {
	if a.IsZero() || b.Before(a) {
		return b
	}
	return a
}

// driftTakes is how long CloudFormation is given to compare the stack with what there is: three roles take it seconds.
// What it finds later, the next check reads.
const driftTakes = 8 * time.Second

// checkLooks is the looks, with CloudFormation's own before them: it compares more than we do, such as the length of
// sessions.
func (w *work) checkLooks(ctx context.Context, s *sight) ([]store.Finding, error) {
	if id := w.known().StackID; s.drift && id != "" {
		switch err := w.aws.DetectDrift(ctx, id); store.KindOf(err) {
		case store.Transient:
			if err != nil {
				return nil, err
			}
			select {
			case <-w.r.store.Clock().After(driftTakes):
			case <-ctx.Done():
				return nil, ctx.Err()
			}
		default: // no permission, or a stack that is gone or at work: the other looks tell
			w.r.log.DebugContext(ctx, "CloudFormation does not look for drift", "account", w.key.ID, "error", err)
		}
	}
	return w.looks(ctx, s)
}

// Check looks at a linked account at once, and returns what it saw.
func (r *Reconciler) Check(ctx context.Context, key store.AccountKey) (store.Check, error) {
	w, err := r.hold(ctx, key)
	if err != nil {
		return store.Check{}, err
	}
	defer w.claim.Release()
	a := w.get()
	if a.State != store.Linked && a.State != store.Drifted {
		return store.Check{}, &store.Error{Kind: store.Conflict, Message: fmt.Sprintf("Account %s is %s: only linked accounts are checked.", key.ID, a.State.Word()),
			Remedy: fmt.Sprintf("See it with /oktaws status %s.", key.ID)}
	}
	if err := w.check(ctx, true, true); err != nil {
		return store.Check{}, err
	}
	c := store.Check{Account: key, At: w.now()}
	err = r.store.View(ctx, func(tx *store.ReadTx) error {
		found, err := tx.Check(key)
		if err == nil {
			c = found
		} else if store.KindOf(err) == store.NotFound {
			err = nil
		}
		return err
	})
	return c, err
}
