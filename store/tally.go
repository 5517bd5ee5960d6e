package store

import (
	"fmt"
	"strings"
)

// Where the accounts of a batch stand is counted as they move, in the transaction in which they do: reading the requests
// and accounts of 10,000 takes most of a second, and the messages about a batch are rendered often.

// Tally is how far the accounts of a batch are.
type Tally struct {
	Size     int // how many accounts the batch has; all of the below together
	Done     int // became what was asked for, whatever became of them since
	Going    int // are being worked on
	Waiting  int // wait for a person
	Failed   int // until they are retried, or another request takes over
	Skipped  int // were not in a state for it any more when their turn came
	Replaced int // have another request since
	ToCome   int // have no request of their own yet
}

// Over is how many accounts nothing goes on with any more.
func (t Tally) Over() int { return t.Done + t.Failed + t.Skipped + t.Replaced }

// place is where an account of a batch stands in its tally.
type place string

const (
	placeNone     place = "" // to come
	placeGoing    place = "going"
	placeWaiting  place = "waiting"
	placeFailed   place = "failed"
	placeDone     place = "done"     // for good
	placeSkipped  place = "skipped"  // for good
	placeReplaced place = "replaced" // for good
)

// placeOf is where an account stands whose request has not ended.
func placeOf(s AccountState) place {
	switch s {
	case Failed:
		return placeFailed
	case Waiting:
		return placeWaiting
	}
	return placeGoing
}

// tallied is how many accounts of a batch stand where.
type tallied struct {
	Meta
	Batch    string        `json:"batch"`
	Accounts map[place]int `json:"accounts"`
}

// Key is where the count is stored.
func (t *tallied) Key() string { return batchPrefix + t.Batch + "/tally" }

// Accounts that failed or were skipped are found by an index: batch/<id>/<place>/<request>, with the account as its value.
func troublePrefix(batch string, at place) string {
	return batchPrefix + batch + "/" + string(at) + "/"
}

func troubleKey(batch string, at place, request string) string {
	return troublePrefix(batch, at) + request
}

// Tally counts the accounts of a batch. It fails with NotFound where there is no such request, and with a Conflict where it
// is of one account.
func (tx *ReadTx) Tally(batch string) (Tally, error) {
	r, err := tx.Request(batch)
	if err != nil {
		return Tally{}, err
	}
	if r.Size == 0 {
		return Tally{}, newError(Conflict, "", "the request %s is of one account, not of a batch", batch)
	}
	n := tallied{Batch: batch}
	if _, err := get(tx.r, n.Key(), &n); err != nil {
		return Tally{}, err
	}
	at := n.Accounts
	return Tally{Size: r.Size, Done: at[placeDone], Going: at[placeGoing], Waiting: at[placeWaiting], Failed: at[placeFailed],
		Skipped: at[placeSkipped], Replaced: at[placeReplaced], ToCome: r.Size - r.Opened}, nil
}

// FailedOf visits the accounts of a batch that have failed, in its order, until visit returns false.
func (tx *ReadTx) FailedOf(batch string, visit func(Account) bool) error {
	return tx.trouble(batch, placeFailed, "", func(_ string, k AccountKey) (bool, error) {
		a, err := tx.Account(k)
		return err == nil && visit(a), err
	})
}

// SkippedOf visits the requests of a batch that were skipped, in its order, until visit returns false. Decided says why.
func (tx *ReadTx) SkippedOf(batch string, visit func(Request) bool) error {
	return tx.trouble(batch, placeSkipped, "", func(request string, _ AccountKey) (bool, error) {
		r, err := tx.Request(request)
		return err == nil && visit(r), err
	})
}

func (tx *ReadTx) trouble(batch string, at place, after string, visit func(request string, k AccountKey) (bool, error)) error {
	prefix := troublePrefix(batch, at)
	return tx.r.Scan(prefix, after, func(key string, raw []byte) (bool, error) {
		k, err := ParseAccountKey(string(raw))
		if err != nil {
			return false, unreadable(key, err)
		}
		return visit(strings.TrimPrefix(key, prefix), k)
	})
}

// follow notes where an account stands in the batch that its request is of, if it is of one and hasn't ended.
func (tx *Tx) follow(before, a Account) error {
	if _, ok := batchOf(a.RequestID); !ok {
		return nil
	}
	from, to := placeNone, placeOf(a.State)
	if before.RequestID == a.RequestID {
		from = placeOf(before.State)
	}
	if from == to {
		return nil
	}
	r, err := tx.Request(a.RequestID)
	if err != nil || !r.Ended.IsZero() {
		return err
	}
	return tx.move(r, from, to)
}

// move counts the account of a batch's request at another place. A batch ends with the last of its accounts that is done,
// skipped or replaced; a failed one keeps it open. A request that is of no batch is not counted.
func (tx *Tx) move(child Request, from, to place) error {
	batch, ok := batchOf(child.ID)
	if !ok {
		return nil
	}
	n := tallied{Batch: batch, Accounts: map[place]int{}}
	if _, err := get(tx.r, n.Key(), &n); err != nil {
		return err
	}
	if from != placeNone {
		n.Accounts[from]--
	}
	n.Accounts[to]++
	if err := tx.put(&n); err != nil {
		return err
	}
	if from == placeFailed {
		if err := tx.w.Delete(troubleKey(batch, from, child.ID)); err != nil {
			return err
		}
	}
	if to == placeFailed || to == placeSkipped {
		if err := tx.w.Put(troubleKey(batch, to, child.ID), []byte(child.Account.String())); err != nil {
			return err
		}
	}
	return tx.endBatch(batch, n.Accounts[placeDone], n.Accounts[placeSkipped], n.Accounts[placeReplaced])
}

func (tx *Tx) endBatch(id string, done, skipped, replaced int) error {
	r, err := tx.Request(id)
	if err != nil || done+skipped+replaced < r.Size || !r.Ended.IsZero() {
		return err
	}
	r.Ended = tx.now
	text := fmt.Sprintf("%d done, %d skipped, %d replaced", done, skipped, replaced)
	if err := tx.Record(Event{What: "request.ended", Request: id, Text: text}); err != nil {
		return err
	}
	return tx.putUntold(&r)
}
