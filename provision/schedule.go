package provision

import (
	"context"
	"hash/fnv"
	"slices"
	"time"

	"github.com/oktaws/oktaws/store"
)

// driftsTurn says whether a scheduled check asks CloudFormation: every other one does.
func (r *Reconciler) driftsTurn(now time.Time) bool {
	return r.cfg.DriftEvery <= 0 || now.UnixNano()/int64(r.cfg.DriftEvery)%2 == 0
}

// nextCheck is when the account is next checked: once in each interval, at a place in it that its ID decides, so that the
// accounts spread over the interval. Zero: never by itself.
func (r *Reconciler) nextCheck(key store.AccountKey, now time.Time) time.Time {
	every := r.cfg.DriftEvery
	if every <= 0 {
		return time.Time{}
	}
	h := fnv.New64a()
	h.Write([]byte(key.String()))
	next := now.Truncate(every).Add(time.Duration(h.Sum64() % uint64(every)))
	if !next.After(now) {
		next = next.Add(every)
	}
	return next
}

// scheduledBy is the note of the interval by which every linked account was scheduled.
const scheduledBy = "checks-every"

// scheduledAtOnce is how many accounts are scheduled in one transaction. Each takes three writes.
const scheduledAtOnce = store.MaxWrites/3 - 1

// schedule has every linked account checked in its turn: also those that were linked before there were checks, and
// those whose interval has changed. From then on each check plans the next.
func (r *Reconciler) schedule(ctx context.Context) error {
	now := r.store.Clock().Now().UTC()
	every := max(r.cfg.DriftEvery, 0).String()
	var wrong []store.AccountKey
	scheduled := false
	err := r.store.View(ctx, func(tx *store.ReadTx) error {
		if by, err := tx.Note(scheduledBy); err != nil || by == every {
			scheduled = by == every
			return err
		}
		return tx.Accounts(func(a store.Account) bool {
			if (a.State == store.Linked || a.State == store.Drifted) && !a.CheckDue.Equal(r.nextCheck(a.AccountKey, now)) && (a.CheckDue.IsZero() || a.CheckDue.After(now)) {
				wrong = append(wrong, a.AccountKey)
			}
			return true
		})
	})
	for some := range slices.Chunk(wrong, scheduledAtOnce) {
		if err != nil {
			return err
		}
		err = r.store.Update(ctx, func(tx *store.Tx) error {
			for _, key := range some {
				if err := tx.CheckSoon(key, r.nextCheck(key, now)); err != nil && store.KindOf(err) != store.Conflict {
					return err
				}
			}
			return nil
		})
	}
	if err != nil || scheduled {
		return err
	}
	return r.store.Update(ctx, func(tx *store.Tx) error { return tx.SetNote(scheduledBy, every) })
}
