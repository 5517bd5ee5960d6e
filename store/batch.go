package store

import (
	"fmt"
	"strings"
)

// A batch is a request for many accounts, on which people decide once. One that is approved gets a request for each
// account, approved by the same people; one at a time, since a transaction takes only so many writes.

// MaxBatch is how many accounts a batch may have: with a word on each that had to be skipped, the record fits into what
// the strictest engine takes (1.5 MiB of etcd), and writing it anew for each of them stays quick.
const MaxBatch = 2000

// childOf is the ID of the request for the nth account (from 0) of a batch.
func childOf(batch string, n int) string { return fmt.Sprintf("%s.%05d", batch, n) }

// batchOf is the ID of the batch that a request is of.
func batchOf(request string) (string, bool) {
	batch, _, ok := strings.Cut(request, ".")
	return batch, ok
}

// RequestsOf visits the requests of a batch that were opened, in the order of its accounts, until visit returns false.
func (tx *ReadTx) RequestsOf(batch string, visit func(Request) bool) error {
	return scan(tx.r, requestPrefix+batch+".", "", visit)
}

func (tx *Tx) openBatch(r Request) (Request, error) {
	if len(r.Batch) > MaxBatch {
		return r, newError(Permanent, "Ask for fewer at once.", "a batch takes %d accounts, and this one has %d", MaxBatch, len(r.Batch))
	}
	if r.Kind == Link {
		return r, newError(Permanent, "Ask for each by itself.", "accounts can't be linked as a batch: each needs an application name of its own")
	}
	listed := map[AccountKey]bool{}
	for _, k := range r.Batch {
		if _, err := ParseAccountKey(k.String()); err != nil {
			return r, err
		}
		if listed[k] {
			return r, newError(Permanent, "List each account once.", "the batch has account %s twice", k.ID)
		}
		listed[k] = true
	}
	r.Account, r.Was = AccountKey{}, Wish{}
	if err := tx.put(&r); err != nil {
		return r, err
	}
	return r, tx.Record(Event{What: "request.opened", Actor: r.Requester, Request: r.ID, Text: r.Reason})
}

// OpenBatch opens the request of the next account of an approved batch, and says whether none is left to open; none is
// of a batch that isn't approved. An account that is no longer in a state for it is skipped, and named in the batch.
func (tx *Tx) OpenBatch(id string) (Request, bool, error) {
	r, err := tx.Request(id)
	if err != nil || r.State != Approved || r.Opened >= len(r.Batch) {
		return r, err == nil, err
	}
	child := Request{ID: childOf(id, r.Opened), Kind: r.Kind, Account: r.Batch[r.Opened], Wish: r.Wish, Rotate: r.Rotate, Reason: r.Reason,
		Requester: r.Requester, Required: r.Required, Approvals: r.Approvals, State: Approved, Decided: r.Decided, Parent: id}
	a, err := tx.askFor(&child)
	switch {
	case err == nil:
		err = tx.openChild(a, child)
	case KindOf(err) == Conflict, KindOf(err) == NotFound:
		why, _ := Explain(err)
		r.Skipped = append(r.Skipped, Skipped{Account: child.Account, Why: why})
		err = tx.Record(Event{What: "request.skipped", Account: child.Account, Request: id, Text: why})
	}
	if err != nil {
		return r, false, err
	}
	r.Opened++
	return r, r.Opened == len(r.Batch), tx.saveRequest(&r)
}

func (tx *Tx) openChild(a Account, child Request) error {
	if err := tx.put(&child); err != nil {
		return err
	}
	if err := tx.Record(Event{What: "request.approved", Actor: child.Decided.By, Account: child.Account, Request: child.ID, Text: "as part of the request " + child.Parent}); err != nil {
		return err
	}
	return tx.carryOut(a, child)
}
