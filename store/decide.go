package store

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// Decided is the Conflict that says who was first.
type Decided struct {
	Request Request // as it was decided
}

func (d *Decided) Error() string {
	return fmt.Sprintf("request %s was already %s", d.Request.ID, d.Request.State)
}

// Unwrap is the Conflict as people read it.
func (d *Decided) Unwrap() error {
	how := d.Request.Decided
	if how != nil && how.By.ID != "" {
		return newError(Conflict, "", "this request was already %s by %s", d.Request.State, how.By.Mention())
	}
	if how != nil && d.Request.State == Skipped {
		return newError(Conflict, "", "this request was skipped: %s", how.Reason)
	}
	remedy := "Ask for it again."
	if d.Request.Kind == Link {
		remedy = "Ask for it again with /oktaws link."
	}
	return newError(Conflict, remedy, "this request has %s", d.Request.State)
}

// Approve adds a person's approval; the one that completes the number required approves the request, and makes its wish
// what the account shall be. It fails with *Decided where somebody was first, and refuses the requester, and an operator,
// who approves with ApproveAsOperator.
func (tx *Tx) Approve(id string, by Person) (Request, error) {
	if by.IsOperator() {
		return Request{}, errReasonMissing
	}
	r, err := tx.pending(id, by)
	if err != nil {
		return r, err
	}
	if slices.ContainsFunc(r.Approvals, func(a Approval) bool { return a.By.ID == by.ID }) {
		return r, newError(Conflict, "Somebody else must approve too.", "you have approved this request already")
	}
	r.Approvals = append(r.Approvals, Approval{By: by, At: tx.now})
	if err := tx.Record(Event{What: "request.approval", Actor: by, Account: r.Account, Request: r.ID}); err != nil {
		return r, err
	}
	if len(r.Approvals) < r.Required {
		return r, tx.saveRequest(&r)
	}
	return r, tx.approved(&r, by, "request.approved", "")
}

// ApproveAsOperator approves a pending request from the command line, for a reason, which must not be empty. It counts for
// all approvals that are required, and may be of the operator's own request. It fails with *Decided where somebody was
// first.
func (tx *Tx) ApproveAsOperator(id string, by Person, reason string) (Request, error) {
	if !by.IsOperator() {
		return Request{}, newError(Denied, "Approve it in Slack.", "%s is no operator of the machine that oktaws runs on", by.Mention())
	}
	if strings.TrimSpace(reason) == "" {
		return Request{}, errReasonMissing
	}
	r, err := tx.undecided(id)
	if err != nil {
		return r, err
	}
	r.Approvals = append(r.Approvals, Approval{By: by, At: tx.now})
	return r, tx.approved(&r, by, "request.approved_by_operator", reason)
}

var errReasonMissing = newError(Permanent, "Say why: it stays on record, and the approvers read it.", "an operator decides on a request for a reason only")

// approved decides that a request is carried out, and begins with it; with a batch, CarryOn begins.
func (tx *Tx) approved(r *Request, by Person, what, reason string) error {
	if err := tx.decideAs(r, Approved, by, what, reason); err != nil || r.Size > 0 {
		return err
	}
	a, err := tx.Account(r.Account)
	if err != nil {
		return err
	}
	return tx.carryOut(a, *r)
}

// Deny refuses a pending request, with a reason, which an operator must have. It fails with *Decided where somebody was
// first, and refuses the requester, who may withdraw.
func (tx *Tx) Deny(id string, by Person, reason string) (Request, error) {
	if by.IsOperator() && strings.TrimSpace(reason) == "" {
		return Request{}, errReasonMissing
	}
	r, err := tx.pending(id, by)
	if err != nil {
		return r, err
	}
	return r, tx.decide(&r, RequestDenied, by, reason)
}

// Withdraw takes a pending request back; only its requester may.
func (tx *Tx) Withdraw(id string, by Person) (Request, error) {
	r, err := tx.undecided(id)
	if err != nil {
		return r, err
	}
	if r.Requester != by {
		return r, newError(Denied, "", "only who asked may withdraw a request")
	}
	return r, tx.decide(&r, Withdrawn, by, "")
}

// Expire ends a pending request that nobody decided in time. It does nothing before that time.
func (tx *Tx) Expire(id string) (Request, error) {
	r, err := tx.Request(id)
	if err != nil || !r.overdue(tx.now) {
		return r, err
	}
	return r, tx.decide(&r, Expired, Person{}, "")
}

// pending returns the request if by may decide on it. People are told apart by their ID alone here: where Slack names
// the same person with another team, they are still nobody else.
func (tx *Tx) pending(id string, by Person) (Request, error) {
	r, err := tx.undecided(id)
	if err != nil {
		return r, err
	}
	if r.Requester.ID == by.ID {
		return r, newError(Denied, "Another admin must decide.", "nobody decides on their own request")
	}
	return r, nil
}

// undecided returns the request unless it was decided, or its time is over, also where Expire hasn't come round to it.
func (tx *Tx) undecided(id string) (Request, error) {
	r, err := tx.Request(id)
	if err != nil {
		return r, err
	}
	if r.overdue(tx.now) {
		r.State, r.Decided = Expired, &Decision{At: r.Expires}
	}
	if r.State != Pending {
		return r, &Decided{Request: r}
	}
	return r, nil
}

func (r *Request) overdue(now time.Time) bool {
	return r.State == Pending && !r.Expires.IsZero() && !r.Expires.After(now)
}

func (tx *Tx) decide(r *Request, to RequestState, by Person, reason string) error {
	return tx.decideAs(r, to, by, "request."+string(to), reason)
}

// decideAs decides on a request, and puts what happened on record.
func (tx *Tx) decideAs(r *Request, to RequestState, by Person, what, reason string) error {
	r.State, r.Decided = to, &Decision{By: by, At: tx.now, Reason: reason}
	if err := tx.Record(Event{What: what, Actor: by, Account: r.Account, Request: r.ID, Text: reason}); err != nil {
		return err
	}
	if to != Approved && r.Size == 0 {
		if err := tx.forgetPending(*r); err != nil {
			return err
		}
	}
	return tx.saveRequest(r)
}
