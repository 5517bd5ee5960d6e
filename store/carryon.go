package store

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Retrying is that the failed accounts of a batch are being tried again, one after another. One that fails again meanwhile
// has had its turn.
type Retrying struct {
	By   Person    `json:"by"`
	At   time.Time `json:"at"`
	Next int       `json:"next"` // the accounts before this one, counted from 0, have had their turn
}

// Unfinished says whether CarryOn has something to do.
func (r *Request) Unfinished() bool {
	return r.State == Approved && (r.Opened < r.Size || r.Retrying != nil)
}

// CarryOn takes the next step of an approved batch, and says whether that was the last: it opens the request of the next
// account, and once all are open, tries the next failed account again where somebody wants that. It does nothing of a batch
// that isn't approved. The request of an account that is no longer in a state for it is skipped. The batch is left due.
func (tx *Tx) CarryOn(id string) (Request, bool, error) {
	r, err := tx.Request(id)
	if err != nil || !r.Unfinished() {
		return r, err == nil, err
	}
	if r.Opened < r.Size {
		err = tx.openNext(r)
	} else {
		err = tx.retryNext(r)
	}
	if err != nil {
		return r, false, err
	}
	r, err = tx.Request(id) // which may have ended with that
	return r, !r.Unfinished(), err
}

func (tx *Tx) openNext(r Request) error {
	row, err := tx.row(r.ID, r.Opened)
	if err != nil {
		return err
	}
	child := Request{ID: childOf(r.ID, r.Opened), Kind: r.Kind, Account: row.Account, Wish: row.wish(r), Rotate: r.Rotate, Reason: r.Reason,
		Requester: r.Requester, Required: r.Required, Approvals: r.Approvals, State: Approved, Decided: r.Decided, Parent: r.ID}
	r.Opened++
	if err := tx.saveRequest(&r); err != nil {
		return err
	}
	a, err := tx.askFor(&child)
	switch {
	case err == nil:
		return tx.openChild(a, child)
	case KindOf(err) == Conflict, KindOf(err) == NotFound:
		why, _ := Explain(err)
		return tx.skipChild(child, why)
	}
	return err
}

func (tx *Tx) openChild(a Account, child Request) error {
	if a.Pending != "" {
		var err error
		if a, err = tx.outrun(a, child); err != nil {
			return err
		}
	}
	if err := tx.put(&child); err != nil {
		return err
	}
	if err := tx.Record(Event{What: "request.approved", Actor: child.Decided.By, Account: child.Account, Request: child.ID, Text: "as part of the request " + child.Parent}); err != nil {
		return err
	}
	return tx.carryOut(a, child)
}

// outrun ends the request that waits for the account's approval, since the batch was approved first.
func (tx *Tx) outrun(a Account, child Request) (Account, error) {
	open, err := tx.Request(a.Pending)
	if err != nil {
		return a, err
	}
	why := fmt.Sprintf("account %s is being linked as %s by the request %s, which was approved first", a.ID, child.Label, child.Parent)
	if err := tx.decide(&open, Skipped, Person{}, why); err != nil {
		return a, err
	}
	return tx.Account(a.AccountKey)
}

// skipChild keeps why an account of a batch wasn't touched.
func (tx *Tx) skipChild(child Request, why string) error {
	child.State, child.Decided = Skipped, &Decision{At: tx.now, Reason: why}
	if err := tx.put(&child); err != nil {
		return err
	}
	if err := tx.Record(Event{What: "request.skipped", Account: child.Account, Request: child.Parent, Text: why}); err != nil {
		return err
	}
	return tx.move(child, placeNone, placeSkipped)
}

// RetryBatch wants the failed accounts of a batch tried again, which CarryOn does one by one. It fails with a Conflict where
// none has failed, or where that is being done already.
func (tx *Tx) RetryBatch(id string, by Person) (Request, error) {
	r, err := tx.Request(id)
	if err != nil {
		return r, err
	}
	t, err := tx.Tally(id)
	switch {
	case err != nil:
		return r, err
	case r.Retrying != nil:
		return r, newError(Conflict, "", "the failed accounts are being tried again already, as %s wanted", r.Retrying.By.Mention())
	case t.Failed == 0:
		return r, newError(Conflict, "", "no account of this request has failed: there is nothing to retry")
	}
	r.Retrying = &Retrying{By: by, At: tx.now}
	if err := tx.Record(Event{What: "request.retried", Actor: by, Request: id, Text: fmt.Sprintf("%d failed", t.Failed)}); err != nil {
		return r, err
	}
	return r, tx.saveRequest(&r)
}

func (tx *Tx) retryNext(r Request) error {
	after := ""
	if r.Retrying.Next > 0 {
		after = troubleKey(r.ID, placeFailed, childOf(r.ID, r.Retrying.Next-1))
	}
	n, k := -1, AccountKey{}
	err := tx.trouble(r.ID, placeFailed, after, func(request string, account AccountKey) (bool, error) {
		var err error
		n, err = strconv.Atoi(strings.TrimPrefix(request, r.ID+"."))
		k = account
		return false, err
	})
	if err != nil {
		return err
	}
	by := r.Retrying.By
	if n < 0 {
		r.Retrying = nil
		return tx.saveRequest(&r)
	}
	r.Retrying.Next = n + 1
	if err := tx.saveRequest(&r); err != nil {
		return err
	}
	_, err = tx.Retry(k, by)
	return err
}
