package provision

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/oktaws/oktaws/store"
)

// rollCall is a look at Okta's applications that the accounts which are to have one share, since each list counts against
// Okta's narrowest limit. All that is kept of it is for whom there was none: that is good for one use, by the request that
// it was taken for, and for a few minutes. What was found is looked at anew by whom it concerns.
type rollCall struct {
	turn chan struct{} // holds one while somebody is at it; who comes meanwhile takes from what that one has seen
	none map[store.AccountKey]absence
}

// absence says that Okta had no application of the label.
type absence struct {
	request, label string
	seen           time.Time
}

// absenceHolds is how long it is good for. A person who makes an application of that very label meanwhile has done so beside
// a request that everybody could see; ours is then the second of two, told apart by its mark, as if it had come first.
const absenceHolds = 5 * time.Minute

func newRollCall() *rollCall {
	return &rollCall{turn: make(chan struct{}, 1), none: map[store.AccountKey]absence{}}
}

// labelled returns the applications that bear the label of the account's. An account for which Okta was never asked to make
// one takes part in a roll call. After an attempt whose outcome nobody knows, by whichever program, it looks for itself: the
// attempt was noted before it was made. So does who is about to make an application that is shared, since the attempt may
// have been another account's (docs/adr/0014).
func (w *work) labelled(ctx context.Context) ([]Application, error) {
	a := w.get()
	plans := w.request == ""
	request := cmp.Or(w.request, a.Pending)
	if a.Shared != "" && !plans || a.Known.AppID != "" || !a.Known.AppMade.IsZero() || request == "" {
		return w.r.okta.FindApplications(ctx, a.AppLabel())
	}
	c := w.r.rollCall
	select {
	case c.turn <- struct{}{}:
		defer func() { <-c.turn }()
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	began := w.now()
	if seen, ok := c.none[a.AccountKey]; ok {
		delete(c.none, a.AccountKey)
		if seen.request == request && seen.label == a.AppLabel() && began.Sub(seen.seen) <= absenceHolds && !seen.seen.After(began) {
			return nil, nil
		}
	}
	waiting, err := w.r.withoutApplication(ctx, began)
	if err != nil {
		return nil, err
	}
	waiting[a.AccountKey] = absence{request, a.AppLabel(), began}
	var labels []string
	for _, other := range waiting {
		labels = append(labels, other.label)
	}
	slices.Sort(labels)
	found, err := w.r.okta.FindApplications(ctx, slices.Compact(labels)...)
	if err != nil {
		return nil, err
	}
	delete(waiting, a.AccountKey)
	clear(c.none)
	for key, other := range waiting {
		if !slices.ContainsFunc(found, func(app Application) bool { return app.Label == other.label }) {
			c.none[key] = other
		}
	}
	return slices.DeleteFunc(found, func(app Application) bool { return app.Label != a.AppLabel() }), nil
}

// withoutApplication are the accounts that are to have an application and for which Okta was never asked to make one: those
// that were approved to have one of their own, and those whose plan is due.
func (r *Reconciler) withoutApplication(ctx context.Context, now time.Time) (map[store.AccountKey]absence, error) {
	out := map[store.AccountKey]absence{}
	err := r.store.View(ctx, func(tx *store.ReadTx) error {
		var failed error
		err := tx.Accounts(func(a store.Account) bool {
			wish, request, plans := a.Wish, a.RequestID, false
			switch {
			case !a.PlanDue.IsZero() && a.Pending != "":
				q, err := tx.Request(a.Pending)
				if err != nil {
					failed = err
					return false
				}
				wish, request, plans = q.Wish, q.ID, true
				if q.Kind != store.Link {
					return true
				}
			case a.Desired != store.WantLinked || a.State == store.Failed:
				return true
			}
			if (wish.Shared == "" || plans) && wish.AppLabel() != "" && a.Known.AppID == "" && a.Known.AppMade.IsZero() {
				out[a.AccountKey] = absence{request, wish.AppLabel(), now}
			}
			return true
		})
		return cmp.Or(failed, err)
	})
	return out, err
}
