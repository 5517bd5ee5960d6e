package bot

import (
	"github.com/oktaws/oktaws/store"
)

// tally is how far the accounts of an approved batch are.
type tally struct {
	total    int
	done     int             // are what was asked for
	going    int             // are being worked on
	waiting  int             // wait for a person
	failed   []store.Account // until they are retried
	skipped  []store.Skipped
	replaced int // have another request since
	toCome   int // have no request of their own yet
}

// count reads the accounts of a batch.
func count(tx *store.ReadTx, r store.Request) (*tally, error) {
	t := &tally{total: len(r.Batch), skipped: r.Skipped, toCome: len(r.Batch) - r.Opened}
	skipped := map[store.AccountKey]bool{}
	for _, s := range r.Skipped {
		skipped[s.Account] = true
	}
	for _, key := range r.Batch[:r.Opened] {
		if skipped[key] {
			continue
		}
		a, err := tx.Account(key)
		if err != nil {
			return nil, err
		}
		own, err := tx.Request(a.RequestID)
		if err != nil {
			return nil, err
		}
		switch {
		case own.Parent != r.ID:
			t.replaced++
		case !own.Ended.IsZero():
			t.done++
		case a.State == store.Failed:
			t.failed = append(t.failed, a)
		case a.State == store.Waiting:
			t.waiting++
		default:
			t.going++
		}
	}
	return t, nil
}

// over is how many accounts nothing goes on with any more.
func (t *tally) over() int { return t.done + len(t.failed) + len(t.skipped) + t.replaced }
