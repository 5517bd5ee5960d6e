package store

import (
	"fmt"
	"slices"
	"time"
)

// Person is a Slack user of one workspace. Names change and repeat; only IDs decide.
type Person struct {
	ID   string `json:"id"`   // U… or W…
	Team string `json:"team"` // T… or E…
}

// RequestKind is what a request wishes for.
type RequestKind string

// The kinds of request.
const (
	Link   RequestKind = "link"
	Adopt  RequestKind = "adopt"  // link, and take over what somebody made by hand
	Unlink RequestKind = "unlink" // take away what linking made
	Repair RequestKind = "repair" // make a linked account again what it shall be, by the configuration of now
	Change RequestKind = "change" // of integration mode or role set
	Rotate RequestKind = "rotate" // the access key or the certificate
)

// Rotation is what can be rotated.
type Rotation string

// What can be rotated.
const (
	RotateKey         Rotation = "key"         // the access key that Okta holds
	RotateCertificate Rotation = "certificate" // the SAML certificate by which the application signs
)

// RequestState is where a request stands.
type RequestState string

// The states of a request.
const (
	Pending       RequestState = "pending"
	Approved      RequestState = "approved"
	RequestDenied RequestState = "denied"
	Expired       RequestState = "expired"
	Withdrawn     RequestState = "withdrawn"
)

// Request is somebody's wish to change an account.
type Request struct {
	Meta
	ID        string       `json:"id"`
	Kind      RequestKind  `json:"kind"`
	Account   AccountKey   `json:"account"` // zero where Batch lists accounts
	Wish                   // what the account shall be; of a batch, only what it says itself
	Was       Wish         `json:"was,omitzero"`     // what the account was when it was asked for; zero where nothing of it was linked
	Rotate    []Rotation   `json:"rotate,omitempty"` // of a repair or a rotation
	Batch     []AccountKey `json:"batch,omitempty"`  // the accounts that are decided on at once
	Opened    int          `json:"opened,omitempty"` // of an approved batch: how many of its accounts have got requests of their own
	Skipped   []Skipped    `json:"skipped,omitempty"`
	Parent    string       `json:"parent,omitempty"` // the batch that this request is of
	Reason    string       `json:"reason,omitempty"`
	Requester Person       `json:"requester"`
	Required  int          `json:"required"` // approvals
	Approvals []Approval   `json:"approvals,omitempty"`
	State     RequestState `json:"state"`
	Decided   *Decision    `json:"decided,omitempty"` // set when State is no longer Pending
	Expires   time.Time    `json:"expires,omitzero"`
	Ended     time.Time    `json:"ended,omitzero"`      // when the account reached what was wished for
	Plan      []Finding    `json:"plan,omitempty"`      // what it would change, as last looked at
	Planned   time.Time    `json:"planned,omitzero"`    // when that was; zero: not yet
	Unplanned *Problem     `json:"unplanned,omitempty"` // why it could not be looked at
}

// Skipped is an account of a batch that is not in the state for it any more.
type Skipped struct {
	Account AccountKey `json:"account"`
	Why     string     `json:"why"` // for people
}

// Approval is one person's yes.
type Approval struct {
	By Person    `json:"by"`
	At time.Time `json:"at"`
}

// Decision is how a request left Pending.
type Decision struct {
	By     Person    `json:"by"` // empty when it expired
	At     time.Time `json:"at"`
	Reason string    `json:"reason,omitempty"`
}

const requestPrefix = "request/"

// RequestKey is where the request with the ID is stored.
func RequestKey(id string) string { return requestPrefix + id }

// Key is where the request is stored.
func (r *Request) Key() string { return RequestKey(r.ID) }

// Request returns the request, or a NotFound error.
func (tx *ReadTx) Request(id string) (Request, error) {
	r := Request{ID: id}
	found, err := get(tx.r, r.Key(), &r)
	if err == nil && !found {
		err = newError(NotFound, "", "request %s is not known", id)
	}
	return r, err
}

// Requests visits the requests in order of ID until visit returns false.
func (tx *ReadTx) Requests(visit func(Request) bool) error {
	return scan(tx.r, requestPrefix, "", visit)
}

// Decided is the Conflict that says who was first.
type Decided struct {
	Request Request // as it was decided
}

func (d *Decided) Error() string {
	return fmt.Sprintf("request %s was already %s", d.Request.ID, d.Request.State)
}

// Unwrap is the Conflict as people read it.
func (d *Decided) Unwrap() error {
	if how := d.Request.Decided; how != nil && how.By.ID != "" {
		return newError(Conflict, "", "this request was already %s by <@%s>", d.Request.State, how.By.ID)
	}
	remedy := "Ask for it again."
	if d.Request.Kind == Link {
		remedy = "Ask for it again with /oktaws link."
	}
	return newError(Conflict, remedy, "this request has %s", d.Request.State)
}

// Approve adds a person's approval; the one that completes the number required approves the request, and makes its wish
// what the account shall be. It fails with *Decided where somebody was first, and refuses the requester.
func (tx *Tx) Approve(id string, by Person) (Request, error) {
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
	if err := tx.decide(&r, Approved, by, ""); err != nil {
		return r, err
	}
	if len(r.Batch) > 0 {
		return r, nil // OpenBatch does it, account by account
	}
	a, err := tx.Account(r.Account)
	if err != nil {
		return r, err
	}
	return r, tx.carryOut(a, r)
}

// Deny refuses a pending request, with a reason. It fails with *Decided where somebody was first, and refuses the
// requester, who may withdraw.
func (tx *Tx) Deny(id string, by Person, reason string) (Request, error) {
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
	r.State, r.Decided = to, &Decision{By: by, At: tx.now, Reason: reason}
	if err := tx.Record(Event{What: "request." + string(to), Actor: by, Account: r.Account, Request: r.ID, Text: reason}); err != nil {
		return err
	}
	if to != Approved && len(r.Batch) == 0 {
		if err := tx.forgetPending(*r); err != nil {
			return err
		}
	}
	return tx.saveRequest(r)
}

// Planned notes what the account's pending request would change, or why that can't be told, and when to look again
// (zero: never). The caller saves the account. It fails with a Conflict where no request waits.
func (tx *Tx) Planned(a *Account, plan []Finding, problem *Problem, again time.Time) error {
	if a.Pending == "" {
		return newError(Conflict, "", "no request for account %s waits for approval", a.ID)
	}
	r, err := tx.Request(a.Pending)
	if err != nil {
		return err
	}
	r.Plan, r.Unplanned, r.Planned, a.PlanDue = plan, problem, tx.now, again
	return tx.saveRequest(&r)
}

// saveRequest writes a changed request, due at once, so that Slack is brought in line.
func (tx *Tx) saveRequest(r *Request) error {
	r.Due = tx.now
	return tx.putTold(r)
}

// PlanRequest sets when the request is looked at next (zero: when it changes).
func (tx *Tx) PlanRequest(id string, due time.Time) error {
	r, err := tx.Request(id)
	if err != nil {
		return err
	}
	r.Due = due
	return tx.planned(&r)
}

// endRequest notes, once, that the account reached what its request wished for. What was found of it before is gone.
func (tx *Tx) endRequest(a *Account) error {
	if a.RequestID == "" {
		return nil
	}
	r, err := tx.Request(a.RequestID)
	if err != nil || !r.Ended.IsZero() {
		return err
	}
	if err := tx.endCheck(a); err != nil {
		return err
	}
	r.Ended = tx.now
	return tx.saveRequest(&r)
}

// touchRequest has the messages about a request, and about the batch that it is of, rendered anew.
func (tx *Tx) touchRequest(id string) error {
	if id == "" {
		return nil
	}
	if err := tx.touch(RequestKey(id)); err != nil {
		return err
	}
	if parent, ok := batchOf(id); ok {
		return tx.touch(RequestKey(parent))
	}
	return nil
}
