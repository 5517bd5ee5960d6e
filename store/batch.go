package store

import (
	"fmt"
	"strings"
)

// A batch is a request for many accounts, on which people decide once. One that is approved gets a request for each
// account, approved by the same people; some at a time, since a transaction takes only so many writes.

// batchStep is how many accounts of a batch one transaction opens requests for.
const batchStep = 3

// MaxBatch is how many accounts a batch may have.
const MaxBatch = 10_000

// childOf is the ID of the request for the nth account (from 0) of a batch.
func childOf(batch string, n int) string { return fmt.Sprintf("%s.%05d", batch, n) }

// batchOf is the ID of the batch that a request is of.
func batchOf(request string) (string, bool) {
	batch, _, ok := strings.Cut(request, ".")
	return batch, ok
}

func (tx *Tx) openBatch(r Request) (Request, error) {
	if len(r.Batch) > MaxBatch {
		return r, newError(Permanent, "Ask for fewer at once.", "a batch takes %d accounts, and this one has %d", MaxBatch, len(r.Batch))
	}
	if mayAsk[r.Kind] == nil || strings.Contains(r.ID, ".") {
		return r, newError(Permanent, "", "%q is no batch of kind %q", r.ID, r.Kind)
	}
	r.Account = AccountKey{}
	if err := tx.put(&r); err != nil {
		return r, err
	}
	return r, tx.Record(Event{What: "request.opened", Actor: r.Requester, Request: r.ID, Text: r.Reason})
}

// OpenBatch opens the requests of the next accounts of an approved batch, and says whether all are open. An account that
// is no longer in a state for it is skipped.
func (tx *Tx) OpenBatch(id string) (Request, bool, error) {
	r, err := tx.Request(id)
	if err != nil || r.State != Approved || r.Opened >= len(r.Batch) {
		return r, err == nil, err
	}
	for n := r.Opened; n < min(r.Opened+batchStep, len(r.Batch)); n++ {
		child := Request{ID: childOf(id, n), Kind: r.Kind, Account: r.Batch[n], Wish: r.Wish, Rotate: r.Rotate, Reason: r.Reason,
			Requester: r.Requester, Required: r.Required, Approvals: r.Approvals, State: Approved, Decided: r.Decided, Parent: id}
		a, err := tx.askFor(&child)
		if err != nil && (KindOf(err) == Conflict || KindOf(err) == NotFound) {
			why, _ := Explain(err)
			r.Skipped = append(r.Skipped, Skipped{Account: r.Batch[n], Why: why})
			continue
		}
		if err != nil {
			return r, false, err
		}
		if err := tx.put(&child); err != nil {
			return r, false, err
		}
		if err := tx.put(&a); err != nil {
			return r, false, err
		}
		if err := tx.Record(Event{What: "request.approved", Actor: r.Decided.By, Account: child.Account, Request: child.ID, Text: "as part of the request " + id}); err != nil {
			return r, false, err
		}
		if err := tx.carryOut(child); err != nil {
			return r, false, err
		}
	}
	r.Opened = min(r.Opened+batchStep, len(r.Batch))
	return r, r.Opened == len(r.Batch), tx.saveRequest(&r)
}
