package operator

import (
	"time"

	"github.com/oktaws/oktaws/provision"
	"github.com/oktaws/oktaws/store"
)

// The documents that --json prints: one a command. Keys are added and never change their meaning; times are in UTC, in the
// form of RFC 3339; what isn't known is left out.

// accountDocument is an account.
type accountDocument struct {
	Partition  string           `json:"partition"`
	ID         string           `json:"id"` // 12 digits
	Label      string           `json:"label,omitempty"`
	State      string           `json:"state"` // none, linking, waiting, failed, linked, drifted, unlinking, unlinked
	Mode       string           `json:"integration_mode,omitempty"`
	RoleSet    string           `json:"role_set,omitempty"`
	Shared     string           `json:"shared_application,omitempty"`
	Differs    int              `json:"differs"`                   // how many things differ that nobody ignores
	Request    string           `json:"request,omitempty"`         // the request that is being carried out, or was last
	Pending    string           `json:"pending_request,omitempty"` // the request that waits for a decision
	CheckDue   *time.Time       `json:"check_due,omitempty"`
	TileURL    string           `json:"tile_url,omitempty"`
	Problem    *problemDocument `json:"problem,omitempty"`
	StepsDone  int              `json:"steps_done"`
	StepsTotal int              `json:"steps_total"`
}

type problemDocument = errorDocument

func problemOf(p *store.Problem) *problemDocument {
	if p == nil {
		return nil
	}
	return &problemDocument{Message: forTerminal(p.Message), Remedy: forTerminal(p.Remedy), Kind: kindWord(p.Kind)}
}

func documentOf(a store.Account) accountDocument {
	d := accountDocument{Partition: a.Partition, ID: a.ID, Label: a.Label, State: stateWord(a.State), Mode: string(a.Mode), Shared: a.Shared,
		Differs: a.Drifted, Request: a.RequestID, Pending: a.Pending, CheckDue: moment(a.CheckDue), Problem: problemOf(a.FirstProblem())}
	if a.Mode != "" {
		d.RoleSet = a.RoleSetName()
	}
	if linked(a) {
		d.TileURL = a.Known.TileURL
	}
	d.StepsDone, d.StepsTotal = stepsDone(a)
	return d
}

func documentsOf(all []store.Account) []accountDocument {
	out := []accountDocument{}
	for _, a := range all {
		out = append(out, documentOf(a))
	}
	return out
}

func stateWord(s store.AccountState) string {
	if s == store.None {
		return "none"
	}
	return string(s)
}

// stepsDone is how many of an account's steps are done; none are there before somebody has approved.
func stepsDone(a store.Account) (done, total int) {
	if len(a.Steps) == 0 {
		return 0, 0
	}
	titles := provision.Titles(a)
	for _, t := range titles {
		if a.Steps[t.Name].State == store.StepDone {
			done++
		}
	}
	return done, len(titles)
}

// moment leaves out a time that isn't known.
func moment(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	t = t.UTC()
	return &t
}

// requestDocument is a request.
type requestDocument struct {
	ID        string            `json:"id"`
	Kind      string            `json:"kind"` // link, adopt, unlink, repair, change, rotate
	Partition string            `json:"partition,omitempty"`
	Account   string            `json:"account,omitempty"`  // 12 digits; not of a batch
	Accounts  int               `json:"accounts,omitempty"` // of a batch: how many
	Label     string            `json:"label,omitempty"`
	Rotate    []store.Rotation  `json:"rotate,omitempty"` // key, certificate
	Reason    string            `json:"reason,omitempty"`
	Requester string            `json:"requester"` // a Slack user's ID, or an operator's login@host
	State     string            `json:"state"`     // pending, approved, denied, expired, withdrawn, skipped
	Asked     *time.Time        `json:"asked,omitempty"`
	Required  int               `json:"required"`
	Approvals []string          `json:"approvals"` // who
	Decided   *decisionDocument `json:"decided,omitempty"`
	Expires   *time.Time        `json:"expires,omitempty"`
	Ended     *time.Time        `json:"ended,omitempty"`
}

type decisionDocument struct {
	By     string     `json:"by,omitempty"` // nobody: it expired
	At     *time.Time `json:"at"`
	Reason string     `json:"reason,omitempty"`
}

func requestDocumentOf(r store.Request) requestDocument {
	d := requestDocument{ID: r.ID, Kind: string(r.Kind), Partition: r.Account.Partition, Account: r.Account.ID, Accounts: r.Size, Label: r.Label, Rotate: r.Rotate,
		Reason: r.Reason, Requester: person(r.Requester), State: string(r.State), Asked: moment(r.Created), Required: r.Required,
		Approvals: []string{}, Expires: moment(r.Expires), Ended: moment(r.Ended)}
	for _, a := range r.Approvals {
		d.Approvals = append(d.Approvals, person(a.By))
	}
	if how := r.Decided; how != nil {
		d.Decided = &decisionDocument{At: moment(how.At), Reason: how.Reason}
		if how.By.ID != "" {
			d.Decided.By = person(how.By)
		}
	}
	return d
}

// findingDocument is one thing that differs, or that would change.
type findingDocument struct {
	Key     string     `json:"key"`  // the same for the same thing, however often it is found
	Step    string     `json:"step"` // that makes it true
	What    string     `json:"what"`
	Means   string     `json:"means,omitempty"`
	Mend    string     `json:"mend,omitempty"`
	Foreign bool       `json:"foreign"` // it is somebody else's
	Person  bool       `json:"person"`  // a person has to do something
	Rotate  string     `json:"rotate,omitempty"`
	Since   *time.Time `json:"since,omitempty"`
	Ignored bool       `json:"ignored"`
}

func findingsOf(findings []store.Finding, ignored func(store.Finding) bool) []findingDocument {
	out := []findingDocument{}
	for _, f := range findings {
		out = append(out, findingDocument{Key: f.Key, Step: f.Step, What: forTerminal(f.What), Means: forTerminal(f.Means), Mend: forTerminal(f.Mend),
			Foreign: f.Foreign, Person: f.Person, Rotate: string(f.Rotate), Since: moment(f.Since), Ignored: ignored(f)})
	}
	return out
}

// stepDocument is a step of the pipeline on an account.
type stepDocument struct {
	Name    string           `json:"name"`
	Title   string           `json:"title"`
	Undo    bool             `json:"undo"`
	State   string           `json:"state"` // pending, again, waiting, done, failed
	Note    string           `json:"note,omitempty"`
	Left    []string         `json:"left,omitempty"` // what was left alone, since it isn't ours
	Problem *problemDocument `json:"problem,omitempty"`
}

func stepsOf(a store.Account) []stepDocument {
	out := []stepDocument{}
	if len(a.Steps) == 0 {
		return out
	}
	for _, t := range provision.Titles(a) {
		step := a.Steps[t.Name]
		d := stepDocument{Name: t.Name, Title: t.Title, Undo: t.Undo, State: string(store.StepPending), Left: step.Left}
		if step.State != "" {
			d.State = string(step.State)
		}
		if step.State != store.StepDone {
			d.Note, d.Problem = forTerminal(step.Note), problemOf(step.Problem)
		}
		out = append(out, d)
	}
	return out
}

// taskDocument is something that only a person can do.
type taskDocument struct {
	ID        string     `json:"id"`
	Kind      string     `json:"kind"` // enable-provisioning, enter-key
	Assignees []string   `json:"assignees"`
	Missing   []string   `json:"missing"` // what was still to be done when it was last looked at
	Checked   *time.Time `json:"checked,omitempty"`
	ShownKey  string     `json:"shown_access_key_id,omitempty"`
}

func taskDocumentOf(t store.Task) taskDocument {
	d := taskDocument{ID: t.ID, Kind: string(t.Kind), Assignees: []string{}, Missing: []string{}, Checked: moment(t.Checked)}
	for _, p := range t.Assignees {
		d.Assignees = append(d.Assignees, person(p))
	}
	for _, m := range t.Missing {
		d.Missing = append(d.Missing, forTerminal(m))
	}
	if t.Shown != nil {
		d.ShownKey = t.Shown.KeyID
	}
	return d
}

// eventDocument is one line of the audit trail.
type eventDocument struct {
	ID        string    `json:"id"`
	At        time.Time `json:"at"`
	What      string    `json:"what"`
	Actor     string    `json:"actor,omitempty"` // empty: oktaws itself
	Partition string    `json:"partition,omitempty"`
	Account   string    `json:"account,omitempty"`
	Request   string    `json:"request,omitempty"`
	Task      string    `json:"task,omitempty"`
	Step      string    `json:"step,omitempty"`
	Text      string    `json:"text,omitempty"`
}

func eventDocumentOf(e store.Event) eventDocument {
	d := eventDocument{ID: e.ID, At: e.At.UTC(), What: e.What, Partition: e.Account.Partition, Account: e.Account.ID, Request: e.Request, Task: e.Task, Step: e.Step, Text: forTerminal(e.Text)}
	if e.Actor.ID != "" {
		d.Actor = person(e.Actor)
	}
	return d
}
