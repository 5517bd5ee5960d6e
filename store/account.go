package store

import (
	"errors"
	"maps"
	"slices"
	"strings"
	"time"
)

// AccountKey names an AWS account.
type AccountKey struct {
	Partition string `json:"partition"` // aws, aws-us-gov, aws-cn
	ID        string `json:"id"`        // 12 digits
}

func (k AccountKey) String() string { return k.Partition + "/" + k.ID }

// Typed is the account as people type it: the ID alone, and with its partition where that isn't the common one.
func (k AccountKey) Typed() string {
	if k.Partition == "aws" {
		return k.ID
	}
	return k.String()
}

// ParseAccountKey reads the form that String writes, and fails with a Permanent *Error where it isn't one.
func ParseAccountKey(s string) (AccountKey, error) {
	partition, id, _ := strings.Cut(s, "/")
	known := partition == "aws" || strings.HasPrefix(partition, "aws-")
	if !known || len(id) != 12 || strings.Trim(id, "0123456789") != "" {
		return AccountKey{}, newError(Permanent, "Write it as aws/111122223333.", "%q is not the key of an account", s)
	}
	return AccountKey{Partition: partition, ID: id}, nil
}

// AccountState is where an account stands.
type AccountState string

// The states of an account; None is an account that nobody has yet approved.
const (
	None      AccountState = ""
	Linking   AccountState = "linking"
	Waiting   AccountState = "waiting" // for a person
	Failed    AccountState = "failed"
	Linked    AccountState = "linked"
	Drifted   AccountState = "drifted"
	Unlinking AccountState = "unlinking"
	Unlinked  AccountState = "unlinked"
)

// Desired is what an account shall become.
type Desired string

// What an account can be wanted to be.
const (
	WantLinked   Desired = "linked"
	WantUnlinked Desired = "unlinked"
)

// Mode is the integration mode: how Okta learns the account's roles.
type Mode string

// The integration modes.
const (
	ModeAPI    Mode = "api"    // an IAM user's access key, entered by hand
	ModeGroups Mode = "groups" // role names in Okta group names
)

// Wish is what a linked account shall be: a request asks for it, and the account has it once that is approved.
type Wish struct {
	Label   string `json:"label"` // of the Okta application; where that is shared, of the account alone
	Mode    Mode   `json:"mode"`
	Shared  string `json:"shared,omitempty"`   // label of the Okta application that it shares with other accounts (mode groups); empty: it has its own
	RoleSet string `json:"role_set,omitempty"` // name in the configuration; empty: DefaultRoleSet
	Adopt   bool   `json:"adopt,omitempty"`    // what somebody made by hand is taken over

	KeySince         time.Time `json:"key_since,omitzero"`         // the access key that Okta uses is made after this
	CertificateSince time.Time `json:"certificate_since,omitzero"` // the certificate that Okta signs with is made after this
}

// DefaultRoleSet is the name of the role set of a wish that names none.
const DefaultRoleSet = "default"

// RoleSetName is the name of the role set.
func (w Wish) RoleSetName() string {
	if w.RoleSet == "" {
		return DefaultRoleSet
	}
	return w.RoleSet
}

// AppLabel is the label of the Okta application.
func (w Wish) AppLabel() string {
	if w.Shared != "" {
		return w.Shared
	}
	return w.Label
}

// Account is an AWS account: its desired state, and what is known of it.
type Account struct {
	Meta
	AccountKey
	Wish                      // of a request that waits to link it, before anybody approved: that request's
	Desired   Desired         `json:"desired,omitempty"`
	State     AccountState    `json:"state"`
	RequestID string          `json:"request,omitempty"`  // the request that is being carried out, or was last
	Pending   string          `json:"pending,omitempty"`  // the request that waits for a decision
	PlanDue   time.Time       `json:"plan_due,omitzero"`  // when what that request would change is to be looked at; zero: that is done
	CheckDue  time.Time       `json:"check_due,omitzero"` // when it is next checked, while it is linked
	Drifted   int             `json:"drifted,omitempty"`  // how many findings of the last check nobody ignores
	Steps     map[string]Step `json:"steps,omitempty"`    // by the step's name
	// Needs are the steps that must be done before a step can be tried, by the step's name. A step that it doesn't
	// list is not known to be ready before it was tried.
	Needs   map[string][]string `json:"needs,omitempty"`
	Problem *Problem            `json:"problem,omitempty"` // what stops the account as a whole
	Retries int                 `json:"retries,omitempty"` // how often somebody has had what failed tried again
	Known   Known               `json:"known"`
}

// StepState is where a step stands.
type StepState string

// The states of a step.
const (
	StepPending StepState = "pending" // not tried since the account was approved or retried; it may have to wait for the steps that it needs
	StepAgain   StepState = "again"   // tried, and due again
	StepWaiting StepState = "waiting" // a person's turn
	StepDone    StepState = "done"
	StepFailed  StepState = "failed"
)

// Step is what is known of one step of the pipeline on one account.
type Step struct {
	State    StepState `json:"state"`
	Undo     bool      `json:"undo,omitempty"`     // done means undone
	Due      time.Time `json:"due,omitzero"`       // when it is tried again; for StepAgain and StepWaiting (zero: at once), and for StepDone (zero: not)
	Attempts int       `json:"attempts,omitempty"` // errors in a row
	Rounds   int       `json:"rounds,omitempty"`   // how often it has sent the pipeline back to another step
	Problem  *Problem  `json:"problem,omitempty"`  // why it isn't done; for people
	Note     string    `json:"note,omitempty"`     // what it is doing or has found; for people
	Left     []string  `json:"left,omitempty"`     // what it left alone, since it isn't ours; for people
	Started  time.Time `json:"started,omitzero"`
	Ended    time.Time `json:"ended,omitzero"`
}

// Problem is an error as people read it.
type Problem struct {
	Kind    Kind   `json:"kind"`
	Message string `json:"message"`
	Remedy  string `json:"remedy,omitempty"`
	Foreign bool   `json:"foreign,omitempty"` // something made by hand is in the way, which an adoption takes over
}

// ProblemOf returns what people may read of err.
func ProblemOf(err error) *Problem {
	message, remedy := Explain(err)
	return &Problem{Kind: KindOf(err), Message: message, Remedy: remedy, Foreign: errors.Is(err, ErrForeign)}
}

// ErrForeign is the cause of a Conflict with something that somebody made by hand, and that an adoption takes over.
var ErrForeign = errors.New("made by somebody else")

// Known is what the steps have found or made: names and IDs, never a secret.
type Known struct {
	Alias         string               `json:"alias,omitempty"`
	AppID         string               `json:"app_id,omitempty"`
	AppMade       time.Time            `json:"app_made,omitzero"`   // when Okta was last asked to make the application; without AppID, nobody knows what became of that
	AppName       string               `json:"app_name,omitempty"`  // amazon_aws
	AdminURL      string               `json:"admin_url,omitempty"` // the application's Provisioning tab in the admin console
	TileURL       string               `json:"tile_url,omitempty"`  // what a click on the application's tile opens
	SigningKeyID  string               `json:"signing_key_id,omitempty"`
	Certificate   Certificate          `json:"certificate,omitzero"`          // of that key, as it was last read
	NextKeyID     string               `json:"next_signing_key_id,omitempty"` // the signing key that takes its place
	FormerKeyID   string               `json:"former_signing_key_id,omitempty"`
	FormerUntil   time.Time            `json:"former_until,omitzero"` // how long the identity provider keeps the former key's certificate
	EntityID      string               `json:"entity_id,omitempty"`
	ProviderARN   string               `json:"provider_arn,omitempty"`
	ProviderSince time.Time            `json:"provider_since,omitzero"` // when the provider was made or first seen
	StackID       string               `json:"stack_id,omitempty"`
	StackTemplate string               `json:"stack_template,omitempty"` // hash of the template that the stack was last seen to have
	StackUpdated  time.Time            `json:"stack_updated,omitzero"`   // the stack's own time of its last update then
	StackRestored time.Time            `json:"stack_restored,omitzero"`  // when roles were last put back past CloudFormation
	StackAttempt  int                  `json:"stack_attempt,omitempty"`  // numbers the client request tokens
	StackRetried  bool                 `json:"stack_retried,omitempty"`  // rolled back once because the provider was not seen yet
	StackFailed   string               `json:"stack_failed,omitempty"`   // the ID of the stack whose failure was told
	StackImport   string               `json:"stack_import,omitempty"`   // token of the change set that takes roles into the stack
	UserName      string               `json:"user_name,omitempty"`
	KeyID         string               `json:"key_id,omitempty"`       // the access key that Okta was seen to use
	OldKeys       map[string]time.Time `json:"old_keys,omitempty"`     // since when access keys that Okta used before are inactive, by their ID
	RolesRefused  time.Time            `json:"roles_refused,omitzero"` // since when Okta refuses the roles though provisioning is enabled
	Groups        map[string]string    `json:"groups,omitempty"`       // Okta group ID by role name
}

// Certificate is a SAML signing certificate.
type Certificate struct {
	Fingerprint string    `json:"fingerprint,omitempty"` // SHA-256, in hex
	Begins      time.Time `json:"begins,omitzero"`
	Expires     time.Time `json:"expires,omitzero"`
}

const accountPrefix = "account/"

// Key is where the account is stored.
func (a *Account) Key() string { return accountPrefix + a.AccountKey.String() }

// AccountKeyOf returns the account that a store key such as account/aws/111122223333 names.
func AccountKeyOf(key string) (AccountKey, error) {
	return ParseAccountKey(strings.TrimPrefix(key, accountPrefix))
}

// Account returns the account, or a NotFound error.
func (tx *ReadTx) Account(k AccountKey) (Account, error) {
	a := Account{AccountKey: k}
	found, err := get(tx.r, a.Key(), &a)
	if err == nil && !found {
		err = newError(NotFound, "Look whether the ID is right; ask for the account with /oktaws link "+k.Typed()+".", "account %s is not known: nobody has asked for it yet", k.ID)
	}
	return a, err
}

// Accounts visits the accounts in order of partition and ID until visit returns false.
func (tx *ReadTx) Accounts(visit func(Account) bool) error {
	return scan(tx.r, accountPrefix, "", visit)
}

// SaveAccount derives the account's state and due time from its steps, writes it, notes a change of state in the audit
// trail, and has the messages about it rendered anew.
func (tx *Tx) SaveAccount(a *Account) error {
	before, err := tx.Account(a.AccountKey)
	if err != nil && KindOf(err) != NotFound {
		return err
	}
	tx.remember(&a.Meta)
	a.derive(tx.now)
	if err := tx.follow(before, *a); err != nil {
		return err
	}
	if before.State != a.State {
		if err := tx.newState(a); err != nil {
			return err
		}
	}
	if err := tx.keepNames(before, *a); err != nil {
		return err
	}
	if err := tx.put(a); err != nil {
		return err
	}
	return tx.touchRequest(a.RequestID)
}

// newState notes that an account has come to another state.
func (tx *Tx) newState(a *Account) error {
	e := Event{What: "account." + string(a.State), Account: a.AccountKey, Request: a.RequestID}
	if p := a.FirstProblem(); p != nil && a.State == Failed {
		e.Text = p.Message
	}
	if err := tx.Record(e); err != nil || a.State != Linked && a.State != Unlinked {
		return err
	}
	return tx.endRequest(a)
}

// derive sets State and Due of an account that somebody has approved from its steps, and Due of any.
//
// State is failed where a Problem stops the account or a step failed; else waiting where a step waits for a person;
// else, where there are steps and all of them are done, what is desired (drifted where a check has found something);
// else on the way to it.
//
// Due is when the pipeline next has something to try. A pass tries all steps that are ready, so what it leaves pending
// is behind a step that isn't done, and must not make the account due again by itself:
//   - none where a Problem stops the account, or once it is unlinked; once it is linked, when the next check is due, or
//     something that a step has left for later;
//   - now where a pending step is ready by Needs: a pass was cut off, or a step just before it got done;
//   - else when the first of the steps that are to be tried again, or that wait, is due; also in a failed account, so
//     that what doesn't need the failed step goes on;
//   - else none where a step failed: Retry goes on;
//   - else now: the pipeline hasn't begun;
//   - in any case when what a pending request would change is to be looked at.
func (a *Account) derive(now time.Time) {
	if a.Desired == "" {
		a.Due = a.PlanDue
		return
	}
	counts := map[StepState]int{}
	var due time.Time
	for name, s := range a.Steps {
		counts[s.State]++
		at := s.Due
		switch {
		case s.State == StepPending && a.ready(name), (s.State == StepAgain || s.State == StepWaiting) && at.IsZero():
			at = now
		case s.State == StepAgain, s.State == StepWaiting:
		case s.State == StepDone && !at.IsZero():
		default:
			continue
		}
		due = sooner(due, at)
	}
	going, there := Linking, Linked
	if a.Drifted > 0 {
		there = Drifted
	}
	if a.Desired == WantUnlinked {
		going, there = Unlinking, Unlinked
	}
	switch {
	case a.Problem != nil || counts[StepFailed] > 0:
		a.State = Failed
	case counts[StepWaiting] > 0:
		a.State = Waiting
	case len(a.Steps) > 0 && counts[StepDone] == len(a.Steps):
		a.State = there
	default:
		a.State = going
	}
	switch {
	case a.Problem != nil || a.State == Unlinked:
		due = time.Time{}
	case a.State == Linked, a.State == Drifted:
		due = sooner(due, a.CheckDue)
	case due.IsZero() && a.State != Failed:
		due = now
	}
	a.Due = sooner(due, a.PlanDue)
}

// sooner returns the earlier of two times, of which zero is never.
func sooner(a, b time.Time) time.Time {
	if a.IsZero() || !b.IsZero() && b.Before(a) {
		return b
	}
	return a
}

// ready says whether every step is done that the step is known to need. A need that isn't among the account's steps is
// of another integration mode, and counts as met.
func (a *Account) ready(name string) bool {
	needs, known := a.Needs[name]
	return known && !slices.ContainsFunc(needs, func(need string) bool {
		s, has := a.Steps[need]
		return has && s.State != StepDone
	})
}

// fresh says whether nothing of the account is linked, or on its way: a request to link it begins from nothing.
func (a *Account) fresh() bool { return a.State == None || a.State == Unlinked }

// FirstProblem returns what stops the account, or nil.
func (a *Account) FirstProblem() *Problem {
	if a.Problem != nil {
		return a.Problem
	}
	for _, name := range slices.Sorted(maps.Keys(a.Steps)) {
		if s := a.Steps[name]; s.State == StepFailed {
			return s.Problem
		}
	}
	return nil
}

// Retry makes a failed account's failed and delayed steps due at once.
func (tx *Tx) Retry(k AccountKey, by Person) (Account, error) {
	a, err := tx.Account(k)
	if err != nil {
		return a, err
	}
	if a.State != Failed && a.State != Linking && a.State != Waiting && a.State != Unlinking {
		return a, newError(Conflict, "", "account %s is %s: there is nothing to retry", k.ID, a.State.Word())
	}
	a.Problem = nil
	a.Retries++
	for name, s := range a.Steps {
		switch s.State {
		case StepFailed, StepAgain:
			a.Steps[name] = Step{State: StepPending, Undo: s.Undo}
		case StepWaiting:
			s.Due = tx.now
			a.Steps[name] = s
		}
	}
	if err := tx.Record(Event{What: "account.retried", Actor: by, Account: k, Request: a.RequestID}); err != nil {
		return a, err
	}
	return a, tx.SaveAccount(&a)
}

// Word is the state as people read it.
func (s AccountState) Word() string {
	if s == None {
		return "not linked"
	}
	return string(s)
}
