package bot

import (
	"github.com/oktaws/oktaws/store"
)

// tally is how far the accounts of an approved batch are.
type tally struct {
	total    int
	done     int             // became what was asked for
	going    int             // are being worked on
	waiting  int             // wait for a person
	failed   []store.Account // until they are retried
	skipped  []store.Skipped
	replaced int // have another request since
	toCome   int // have no request of their own yet
}

// count reads the requests of a batch, and of those that have not ended the accounts.
func count(tx *store.ReadTx, r store.Request) (*tally, error) {
	t := &tally{total: len(r.Batch), skipped: r.Skipped, toCome: len(r.Batch) - r.Opened}
	var failed error
	err := tx.RequestsOf(r.ID, func(own store.Request) bool {
		if !own.Ended.IsZero() { // whatever became of the account since
			t.done++
			return true
		}
		var a store.Account
		if a, failed = tx.Account(own.Account); failed != nil {
			return false
		}
		switch {
		case a.RequestID != own.ID:
			t.replaced++
		case a.State == store.Failed:
			t.failed = append(t.failed, a)
		case a.State == store.Waiting:
			t.waiting++
		default:
			t.going++
		}
		return true
	})
	if failed != nil {
		return nil, failed
	}
	return t, err
}

// over is how many accounts nothing goes on with any more.
func (t *tally) over() int { return t.done + len(t.failed) + len(t.skipped) + t.replaced }
