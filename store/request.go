package store

import (
	"time"
)

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
	Skipped       RequestState = "skipped" // its account was not in a state for it any more when its turn came, or a batch was there first; Decided says why
)

// Request is somebody's wish to change an account.
type Request struct {
	Meta
	ID        string       `json:"id"`
	Kind      RequestKind  `json:"kind"`
	Account   AccountKey   `json:"account"` // zero of a batch
	Wish                   // what the account shall be; of a batch, only what it says itself
	Was       Wish         `json:"was,omitzero"`       // what the account was when it was asked for; zero where nothing of it was linked
	Rotate    []Rotation   `json:"rotate,omitempty"`   // of a repair or a rotation
	Size      int          `json:"size,omitempty"`     // of a batch: how many accounts are decided on at once, which Rows tells; else 0
	LeftOut   int          `json:"left_out,omitempty"` // of a batch: how many accounts were left out, which ReadTx.LeftOut tells
	Opened    int          `json:"opened,omitempty"`   // of an approved batch: how many of its accounts have got requests of their own
	Retrying  *Retrying    `json:"retrying,omitempty"` // of a batch: that its failed accounts are being tried again; nil: they aren't
	Parent    string       `json:"parent,omitempty"`   // the batch that this request is of
	Reason    string       `json:"reason,omitempty"`
	Requester Person       `json:"requester"`
	Required  int          `json:"required"` // approvals
	Approvals []Approval   `json:"approvals,omitempty"`
	State     RequestState `json:"state"`
	Decided   *Decision    `json:"decided,omitempty"` // set when State is no longer Pending
	Expires   time.Time    `json:"expires,omitzero"`
	Ended     time.Time    `json:"ended,omitzero"`      // when the account reached what was wished for; of a batch, when nothing of it was left to do
	Plan      []Finding    `json:"plan,omitempty"`      // what it would change, as last looked at
	Planned   time.Time    `json:"planned,omitzero"`    // when that was; zero: not yet
	Unplanned *Problem     `json:"unplanned,omitempty"` // why it could not be looked at
}

// Approval is one person's yes.
type Approval struct {
	By Person    `json:"by"`
	At time.Time `json:"at"`
}

// Decision is how a request left Pending.
type Decision struct {
	By     Person    `json:"by"` // empty when it expired or was skipped
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
	if err := tx.saveRequest(&r); err != nil {
		return err
	}
	return tx.move(r, placeGoing, placeDone)
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
