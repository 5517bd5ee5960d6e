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
	Wish                   // what the account shall be
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

// ErrLabelTaken is the cause of the Conflict where another account has the label.
var ErrLabelTaken = errors.New("application names are unique")

// mayAsk are the states of an account in which it can be asked for. A request that begins an account has a wish of its
// own; any other has that of the account, apart from what it is about.
var mayAsk = map[RequestKind][]AccountState{
	Link:   {None, Unlinked},
	Adopt:  {None, Unlinked, Failed},
	Unlink: {Linking, Waiting, Failed, Linked, Drifted},
	Repair: {Linked, Drifted},
	Change: {Linked, Drifted, Failed},
	Rotate: {Linked, Drifted},
}

// OpenRequest records a wish to change an account, or those of a batch. It fails with a Conflict where the account is
// not in a state for it, or asked for already, or, with ErrLabelTaken as the cause, where another account has the
// label. ID (without a slash), Kind, Account, Requester, Required and Expires must be set; to link or adopt, the wish
// too; to change, its Mode, Shared and RoleSet; to rotate, Rotate.
func (tx *Tx) OpenRequest(r Request) (Request, error) {
	if r.ID == "" || strings.Contains(r.ID, "/") {
		return r, newError(Permanent, "", "%q can't be the ID of a request", r.ID)
	}
	r.State, r.Due = Pending, tx.now
	if len(r.Batch) > 0 {
		return tx.openBatch(r)
	}
	a, err := tx.askFor(&r)
	if err != nil {
		return r, err
	}
	if err := tx.put(&r); err != nil {
		return r, err
	}
	a.Pending, a.PlanDue = r.ID, tx.now
	a.derive(tx.now)
	if err := tx.put(&a); err != nil {
		return r, err
	}
	return r, tx.Record(Event{What: "request.opened", Actor: r.Requester, Account: r.Account, Request: r.ID, Text: r.Reason})
}

// askFor checks that the account can be asked for, and completes the request's wish.
func (tx *Tx) askFor(r *Request) (Account, error) {
	a := Account{AccountKey: r.Account}
	if _, err := ParseAccountKey(r.Account.String()); err != nil {
		return a, err
	}
	if mayAsk[r.Kind] == nil {
		return a, newError(Permanent, "", "%q is no kind of request", r.Kind)
	}
	begins := r.Kind == Link || r.Kind == Adopt
	a, err := tx.Account(r.Account)
	if err != nil && (KindOf(err) != NotFound || !begins) {
		return a, err
	}
	if err == nil {
		if err := tx.free(a, r.Kind); err != nil {
			return a, err
		}
	}
	fresh := a.State == None || a.State == Unlinked
	wish := r.Wish
	if begins {
		if err := tx.labelFree(*r); err != nil {
			return a, err
		}
	} else {
		r.Wish, r.Wish.Adopt = a.Wish, false
	}
	switch {
	case r.Kind == Adopt:
		if !fresh {
			r.Wish = a.Wish
		}
		r.Wish.Adopt = true
	case r.Kind == Change:
		r.Mode, r.Shared, r.RoleSet = wish.Mode, wish.Shared, wish.RoleSet
		if r.Mode == a.Mode && r.Shared == a.Shared && r.RoleSetName() == a.RoleSetName() && a.State != Failed {
			return a, newError(Conflict, "", "account %s is that already", a.ID)
		}
	}
	if fresh {
		a.Wish = r.Wish // so that the account is known by its name
	}
	return a, nil
}

// free says why the account can't be asked for now.
func (tx *Tx) free(a Account, kind RequestKind) error {
	status := fmt.Sprintf("See it with /oktaws status %s.", a.ID)
	if a.Pending != "" {
		open, err := tx.Request(a.Pending)
		if err != nil {
			return err
		}
		if kind == Link {
			return newError(Conflict, status, "account %s was already asked for by <@%s> and waits for approval", a.ID, open.Requester.ID)
		}
		return newError(Conflict, status, "a request to %s account %s, by <@%s>, waits for approval already", open.Kind, a.ID, open.Requester.ID)
	}
	leaving := a.Desired == WantUnlinked && a.State != Unlinked
	if slices.Contains(mayAsk[kind], a.State) && !leaving {
		return nil
	}
	begins := kind == Link || kind == Adopt
	switch {
	case leaving && a.State == Failed:
		return newError(Conflict, fmt.Sprintf("Mend the cause, then /oktaws retry %s.", a.ID), "account %s is being unlinked, and that has failed", a.ID)
	case leaving:
		return newError(Conflict, status, "account %s is being unlinked", a.ID)
	case a.State == None || a.State == Unlinked:
		return newError(Conflict, fmt.Sprintf("Link it with /oktaws link %s.", a.ID), "account %s is not linked", a.ID)
	case begins && (a.State == Linked || a.State == Drifted):
		return newError(Conflict, status, "account %s is already linked, as %s", a.ID, a.Label)
	case a.State == Failed:
		return newError(Conflict, fmt.Sprintf("Mend the cause, then /oktaws retry %s; or give it up with /oktaws unlink %s.", a.ID, a.ID),
			"account %s is being linked as %s, and has failed", a.ID, a.Label)
	}
	return newError(Conflict, status, "account %s is already being linked, as %s", a.ID, a.Label)
}

// labelFree says which other account has the label, in whatever case: people couldn't tell the two apart.
func (tx *Tx) labelFree(r Request) error {
	var taken error
	err := tx.Accounts(func(a Account) bool {
		if !strings.EqualFold(a.Label, r.Label) || a.AccountKey == r.Account || a.Pending == "" && (a.State == None || a.State == Unlinked) {
			return true
		}
		taken = &Error{Kind: Conflict, Err: ErrLabelTaken, Remedy: "Choose another application name.",
			Message: fmt.Sprintf("the name %s is taken by account %s", a.Label, a.ID)}
		return false
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
	if len(r.Batch) > 0 {
		return r, nil // OpenBatch does it, some accounts at a time
	}
	return r, tx.carryOut(r)
}

// carryOut makes what an approved request wishes for what its account shall be.
func (tx *Tx) carryOut(r Request) error {
	a, err := tx.Account(r.Account)
	if err != nil {
		return err
	}
	for _, kind := range []TaskKind{EnableProvisioning, EnterKey} { // of the request before
		if err := tx.CloseTask(TaskIDOf(a.RequestID, kind)); err != nil {
			return err
		}
	}
	if a.State == None || a.State == Unlinked {
		a.Known = Known{}
	}
	a.RequestID, a.Pending, a.PlanDue = r.ID, "", time.Time{}
	a.Desired = WantLinked
	if r.Kind == Unlink {
		a.Desired = WantUnlinked
	}
	a.Wish = r.Wish
	if slices.Contains(r.Rotate, RotateKey) {
		a.KeySince = tx.now
	}
	if slices.Contains(r.Rotate, RotateCertificate) {
		a.CertificateSince = tx.now
	}
	a.State, a.Problem, a.Steps, a.Needs, a.Drifted = None, nil, nil, nil, 0
	return tx.SaveAccount(&a)
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

// forgetPending lets the account of a request that came to nothing be asked for again.
func (tx *Tx) forgetPending(r Request) error {
	a, err := tx.Account(r.Account)
	if err != nil || a.Pending != r.ID {
		return err
	}
	a.Pending, a.PlanDue = "", time.Time{}
	a.derive(tx.now)
	return tx.put(&a)
}

// Planned notes what a pending request would change, or why that can't be told, and when to look again (zero: never).
func (tx *Tx) Planned(a *Account, plan []Finding, problem *Problem, again time.Time) error {
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
	if a.RequestID == "" {
		return nil
	}
	r, err := tx.Request(a.RequestID)
	if err != nil || !r.Ended.IsZero() {
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
