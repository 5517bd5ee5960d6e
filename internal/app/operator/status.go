package operator

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/oktaws/oktaws/store"
)

// scene is all that a status of an account shows.
type scene struct {
	account          store.Account
	request, pending *store.Request // that is carried out, or was last; that waits for a decision
	task             *store.Task    // that is open
	check            *store.Check
}

func (s *Session) look(ctx context.Context, key store.AccountKey) (c scene, err error) {
	err = s.Store.View(ctx, func(tx *store.ReadTx) (err error) {
		c, err = sceneOf(tx, key)
		return err
	})
	return c, err
}

func sceneOf(tx *store.ReadTx, key store.AccountKey) (c scene, err error) {
	if c.account, err = tx.Account(key); err != nil {
		return c, err
	}
	for _, one := range []struct {
		id string
		in **store.Request
	}{{c.account.RequestID, &c.request}, {c.account.Pending, &c.pending}} {
		if one.id == "" {
			continue
		}
		r, err := tx.Request(one.id)
		if err != nil {
			return c, err
		}
		*one.in = &r
	}
	if c.task, err = openTask(tx, c.account.RequestID); err != nil {
		return c, err
	}
	check, err := tx.Check(key)
	switch {
	case err == nil:
		c.check = &check
	case store.KindOf(err) != store.NotFound:
		return c, err
	}
	return c, nil
}

// openTask returns the task that a request waits for, or nil.
func openTask(tx *store.ReadTx, request string) (*store.Task, error) {
	for _, kind := range []store.TaskKind{store.EnableProvisioning, store.EnterKey} {
		t, err := tx.Task(store.TaskIDOf(request, kind))
		if err == nil && t.State == store.TaskOpen {
			return &t, nil
		}
		if err != nil && store.KindOf(err) != store.NotFound {
			return nil, err
		}
	}
	return nil, nil
}

type statusDocument struct {
	Account  accountDocument   `json:"account"`
	Request  *requestDocument  `json:"request,omitempty"` // that is being carried out, or was last
	Pending  *requestDocument  `json:"pending,omitempty"` // that waits for a decision
	Steps    []stepDocument    `json:"steps"`
	Task     *taskDocument     `json:"task,omitempty"` // that is open
	Findings []findingDocument `json:"findings"`       // what the last check found to differ
	Checked  *checkTime        `json:"last_check,omitempty"`
}

type checkTime struct {
	At      *time.Time       `json:"at,omitempty"`
	Problem *problemDocument `json:"problem,omitempty"` // why the account could not be looked at
}

// status prints where an account stands; with wait, once it has come to rest: then it ends with Failed where that failed.
func (s *Session) status(ctx context.Context, typed string, wait, asJSON bool) error {
	key, err := s.account(ctx, typed)
	if err != nil {
		return err
	}
	if wait {
		if err := s.follow(ctx, []watched{{key: key}}, throughTasks); err != nil {
			return err
		}
	}
	c, err := s.look(ctx, key)
	if err != nil {
		return err
	}
	if asJSON {
		err = s.print(s.statusDocument(c))
	} else {
		s.describe(c)
	}
	if err == nil && wait && c.account.State == store.Failed {
		err = Ended(Failed)
	}
	return err
}

func (s *Session) statusDocument(c scene) statusDocument {
	d := statusDocument{Account: documentOf(c.account), Steps: stepsOf(c.account), Findings: []findingDocument{}}
	if c.request != nil {
		r := requestDocumentOf(*c.request)
		d.Request = &r
	}
	if c.pending != nil {
		r := requestDocumentOf(*c.pending)
		d.Pending = &r
	}
	if c.task != nil {
		t := taskDocumentOf(*c.task)
		d.Task = &t
	}
	if c.check != nil {
		d.Findings = s.seen(*c.check)
		d.Checked = &checkTime{At: moment(c.check.At), Problem: problemOf(c.check.Problem)}
	}
	return d
}

func (s *Session) describe(c scene) {
	a := c.account
	say := func(format string, args ...any) { fmt.Fprintf(s.Stdout, format+"\n", args...) }
	say("%s: %s", about(a.AccountKey, oneLine(a.Label)), a.Position())
	if a.Mode != "" {
		shared := ""
		if a.Shared != "" {
			shared = ", shared application " + oneLine(a.Shared)
		}
		say("Integration mode %s, role set %s%s", a.Mode, a.RoleSetName(), shared)
	}
	for _, r := range []*store.Request{c.request, c.pending} {
		if r != nil {
			say("%s", history(*r))
		}
	}
	if a.Problem != nil {
		say("Stopped: %s", trouble(a.Problem))
	}
	if steps := stepsOf(a); len(steps) > 0 {
		say("")
		t := table{head: []string{"STEP", "STATE", ""}, yield: []int{2, 0}}
		for _, step := range steps {
			title, note := step.Title, oneLine(step.Note)
			if step.Undo {
				title = "Take away: " + title
			}
			if p := step.Problem; p != nil {
				note = oneLine(p.Message + " " + p.Remedy)
			}
			t.add(title, step.State, note)
		}
		t.write(s.Stdout, s.Screen.Width)
	}
	if c.task != nil {
		say("\n%s", s.turn(*c.task))
	}
	if c.check != nil && c.check.Problem != nil {
		say("\nThe last look at it failed: %s", trouble(c.check.Problem))
	}
	if c.check != nil && len(c.check.Findings) > 0 {
		say("")
		s.findingTable(s.seen(*c.check))
	}
	if linked(a) && a.Known.TileURL != "" {
		say("\nTile: %s", a.Known.TileURL)
	}
}

// history is who asked for what, and what became of it.
func history(r store.Request) string {
	text := fmt.Sprintf("Request %s: %s asked on %s to %s", r.ID, person(r.Requester), clock(r.Created), wanted(r))
	switch how := r.Decided; {
	case how == nil:
		text += fmt.Sprintf("; it has %d of %d approvals", len(r.Approvals), r.Required)
	case how.By.ID == "":
		text += fmt.Sprintf("; %s on %s", r.State, clock(how.At))
	default:
		text += fmt.Sprintf("; %s by %s on %s", r.State, person(how.By), clock(how.At))
		if how.Reason != "" {
			text += ": " + oneLine(how.Reason)
		}
	}
	return text
}

// turn says whose step is next, and what it is.
func (s *Session) turn(t store.Task) string {
	text := "A person's step is next: enable provisioning in Okta for the application."
	if t.Kind == store.EnterKey {
		text = "A person's step is next: enter a new access key in Okta in place of the present one."
	}
	for _, m := range t.Missing {
		text += "\n  missing: " + oneLine(forTerminal(m))
	}
	return text + "\nThe access key for it: oktaws credentials " + t.Account.Typed()
}

func trouble(p *store.Problem) string {
	return oneLine(forTerminal(p.Message + " " + p.Remedy))
}

type overviewDocument struct {
	Counts   map[string]int    `json:"counts"`   // of the accounts, by state
	Accounts []accountDocument `json:"accounts"` // that aren't at rest, or have drifted
	Requests []requestDocument `json:"requests"` // that wait for a decision
}

// overview prints what is going on.
func (s *Session) overview(ctx context.Context, asJSON bool) error {
	d := overviewDocument{Counts: map[string]int{}, Requests: []requestDocument{}}
	var busy []store.Account
	var waiting []store.Request
	err := s.Store.View(ctx, func(tx *store.ReadTx) error {
		if err := tx.Accounts(func(a store.Account) bool {
			d.Counts[stateWord(a.State)]++
			switch a.State {
			case store.Linking, store.Waiting, store.Failed, store.Unlinking, store.Drifted:
				busy = append(busy, a)
			}
			return true
		}); err != nil {
			return err
		}
		return tx.Requests(func(r store.Request) bool {
			if r.State == store.Pending {
				waiting = append(waiting, r)
			}
			return true
		})
	})
	if err != nil {
		return err
	}
	if asJSON {
		d.Accounts = documentsOf(busy)
		for _, r := range waiting {
			d.Requests = append(d.Requests, requestDocumentOf(r))
		}
		return s.print(d)
	}
	if len(d.Counts) == 0 {
		fmt.Fprintln(s.Stderr, "No AWS account was asked for yet. Begin with oktaws link.")
		return nil
	}
	t := table{head: []string{"STATE", "ACCOUNTS"}}
	for _, state := range slices.Sorted(maps.Keys(d.Counts)) {
		t.add(state, fmt.Sprint(d.Counts[state]))
	}
	t.write(s.Stdout, s.Screen.Width)
	if len(busy) > 0 {
		fmt.Fprintln(s.Stdout)
		s.accountTable(busy)
	}
	if len(waiting) > 0 {
		fmt.Fprintln(s.Stdout)
		t := table{head: []string{"REQUEST", "ASKED BY", "TO", "APPROVALS"}, yield: []int{2, 1}}
		for _, r := range waiting {
			t.add(r.ID, person(r.Requester), wanted(r), fmt.Sprintf("%d of %d", len(r.Approvals), r.Required))
		}
		t.write(s.Stdout, s.Screen.Width)
	}
	return nil
}
