package store

import (
	"errors"
	"fmt"
	"slices"
	"strings"
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
	Link RequestKind = "link"
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
	Account   AccountKey   `json:"account"`
	Label     string       `json:"label"`
	Mode      Mode         `json:"mode"`
	Reason    string       `json:"reason,omitempty"`
	Requester Person       `json:"requester"`
	Required  int          `json:"required"` // approvals
	Approvals []Approval   `json:"approvals,omitempty"`
	State     RequestState `json:"state"`
	Decided   *Decision    `json:"decided,omitempty"` // set when State is no longer Pending
	Expires   time.Time    `json:"expires,omitzero"`
	Ended     time.Time    `json:"ended,omitzero"` // when the account reached what was wished for
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

// ErrLabelTaken is the cause of the Conflict where another account has the label.
var ErrLabelTaken = errors.New("application names are unique")

// OpenRequest records a wish to link an account. It fails with a Conflict where the account is linked, being linked,
// or already asked for, or, with ErrLabelTaken as the cause, where another account has the label. ID (without a slash), Account, Label, Mode, Requester,
// Required and Expires must be set.
func (tx *Tx) OpenRequest(r Request) (Request, error) {
	if r.ID == "" || strings.Contains(r.ID, "/") {
		return r, newError(Permanent, "", "%q can't be the ID of a request", r.ID)
	}
	if _, err := ParseAccountKey(r.Account.String()); err != nil {
		return r, err
	}
	a, err := tx.Account(r.Account)
	if err != nil && KindOf(err) != NotFound {
		return r, err
	}
	if err == nil {
		if err := tx.free(a); err != nil {
			return r, err
		}
	}
	if err := tx.labelFree(r); err != nil {
		return r, err
	}
	r.State, r.Due = Pending, tx.now
	if err := tx.put(&r); err != nil {
		return r, err
	}
	a.RequestID, a.Label, a.Mode = r.ID, r.Label, r.Mode
	if err := tx.put(&a); err != nil {
		return r, err
	}
	return r, tx.Record(Event{What: "request.opened", Actor: r.Requester, Account: r.Account, Request: r.ID, Text: r.Reason})
}

// free says why the account can't be asked for now.
func (tx *Tx) free(a Account) error {
	status := fmt.Sprintf("See it with /oktaws status %s.", a.ID)
	switch a.State {
	case None, Unlinked:
	case Linked, Drifted:
		return newError(Conflict, status, "account %s is already linked, as %s", a.ID, a.Label)
	case Failed:
		return newError(Conflict, fmt.Sprintf("Mend the cause, then /oktaws retry %s.", a.ID),
			"account %s is being linked as %s, and has failed", a.ID, a.Label)
	default:
		return newError(Conflict, status, "account %s is already being linked, as %s", a.ID, a.Label)
	}
	if a.RequestID == "" {
		return nil
	}
	open, err := tx.Request(a.RequestID)
	if err != nil {
		return err
	}
	if open.State == Pending {
		return newError(Conflict, status, "account %s was already asked for by <@%s> and waits for approval", a.ID, open.Requester.ID)
	}
	return nil
}

// labelFree says which other account has the label, in whatever case: people couldn't tell the two apart.
func (tx *Tx) labelFree(r Request) error {
	var taken error
	err := tx.Accounts(func(a Account) bool {
		if !strings.EqualFold(a.Label, r.Label) || a.AccountKey == r.Account {
			return true
		}
		taken = tx.free(a)
		if KindOf(taken) == Conflict {
			taken = &Error{Kind: Conflict, Err: ErrLabelTaken, Remedy: "Choose another application name.",
				Message: fmt.Sprintf("the name %s is taken by account %s", a.Label, a.ID)}
		}
		return taken == nil
	})
	if err != nil {
		return err
	}
	return taken
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
	return newError(Conflict, "Ask for it again with /oktaws link.", "this request has %s", d.Request.State)
}

// Approve adds a person's approval; the one that completes the number required approves the request, and makes the
// account due for linking. It fails with *Decided where somebody was first, and refuses the requester.
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
	a, err := tx.Account(r.Account)
	if err != nil {
		return r, err
	}
	a.RequestID, a.Label, a.Mode = r.ID, r.Label, r.Mode
	a.Desired, a.State, a.Problem, a.Steps, a.Needs, a.Known = WantLinked, None, nil, nil, nil, Known{}
	return r, tx.SaveAccount(&a)
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
	return tx.saveRequest(r)
}

// saveRequest writes a changed request, due at once, so that Slack is brought in line.
func (tx *Tx) saveRequest(r *Request) error {
	r.Due = tx.now
	if err := tx.put(r); err != nil {
		return err
	}
	return tx.touch(r.Key())
}

// PlanRequest sets when the request is looked at next (zero: when it changes).
func (tx *Tx) PlanRequest(id string, due time.Time) error {
	r, err := tx.Request(id)
	if err != nil {
		return err
	}
	r.Due = due
	return tx.put(&r)
}

// endRequest notes that the account reached what its request wished for.
func (tx *Tx) endRequest(a *Account) error {
	if a.State != Linked || a.RequestID == "" {
		return nil
	}
	r, err := tx.Request(a.RequestID)
	if err != nil || !r.Ended.IsZero() {
		return err
	}
	r.Ended = tx.now
	return tx.saveRequest(&r)
}
