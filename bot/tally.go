package bot

import (
	"github.com/oktaws/oktaws/store"
)

// tally is how far the accounts of an approved batch are, with the first of those that are in trouble.
type tally struct {
	store.Tally
	failed  []store.Account
	skipped []store.Request
}

// mostNamed is how many accounts in trouble are read: more than one message can name.
const mostNamed = 200

// count reads how far a batch is, and the first of the accounts in trouble. Of one that is over, all that failed are read
// where somebody has to tell this end from the one before.
func count(tx *store.ReadTx, batch string, all bool) (*tally, error) {
	n, err := tx.Tally(batch)
	if err != nil {
		return nil, err
	}
	t := &tally{Tally: n}
	all = all && t.Over() == t.Size
	if err := tx.FailedOf(batch, func(a store.Account) bool {
		t.failed = append(t.failed, a)
		return all || len(t.failed) < mostNamed
	}); err != nil {
		return nil, err
	}
	err = tx.SkippedOf(batch, func(r store.Request) bool {
		t.skipped = append(t.skipped, r)
		return len(t.skipped) < mostNamed
	})
	return t, err
}
