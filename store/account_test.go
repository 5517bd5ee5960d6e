package store_test

import (
	"testing"
	"time"

	"github.com/oktaws/oktaws/store"
)

func TestAccountKeys(t *testing.T) {
	for _, k := range []store.AccountKey{account, {Partition: "aws-us-gov", ID: "000000000001"}, {Partition: "aws-cn", ID: "111122223333"}} {
		if got, err := store.ParseAccountKey(k.String()); err != nil || got != k {
			t.Errorf("%s is read as %v, %v", k, got, err)
		}
		a := store.Account{AccountKey: k}
		if got, err := store.AccountKeyOf(a.Key()); err != nil || got != k {
			t.Errorf("%s is read as %v, %v", a.Key(), got, err)
		}
	}
	for _, s := range []string{"", "/", "aws", "aws/", "111122223333", "aws/1111", "aws/11112222333a", "aws/1111222233334", "awss/111122223333", "aws/111122223333/x", "aws/１１１１"} {
		_, err := store.ParseAccountKey(s)
		wantError(t, err, store.Permanent, "aws/111122223333")
	}
}

// What the steps make of an account: its state, and when the pipeline has something to try.
func TestStateAndDueFollowFromTheSteps(t *testing.T) {
	now, soon, late := start, start.Add(time.Minute), start.Add(time.Hour)
	past, never := start.Add(-time.Minute), time.Time{}
	pending, done, failed := store.Step{State: store.StepPending}, store.Step{State: store.StepDone}, store.Step{State: store.StepFailed}
	again := func(due time.Time) store.Step { return store.Step{State: store.StepAgain, Due: due} }
	waiting := func(due time.Time) store.Step { return store.Step{State: store.StepWaiting, Due: due} }
	type steps = map[string]store.Step
	needs := map[string][]string{"a": nil, "b": {"a"}, "c": {"a"}, "d": {"b", "c"}}
	stop := &store.Problem{Kind: store.Permanent, Message: "stop"}
	for name, c := range map[string]struct {
		steps   steps
		needs   map[string][]string
		problem *store.Problem
		state   store.AccountState
		due     time.Time
	}{
		"nothing was begun":                               {nil, nil, nil, store.Linking, now},
		"nothing was tried":                               {steps{"a": pending, "b": pending}, nil, nil, store.Linking, now},
		"nothing was tried, needs known":                  {steps{"a": pending, "b": pending}, needs, nil, store.Linking, now},
		"a pass goes on":                                  {steps{"a": done, "b": pending}, nil, nil, store.Linking, now},
		"one is tried again":                              {steps{"a": again(soon), "b": pending}, nil, nil, store.Linking, soon},
		"one is tried again, and another is behind it":    {steps{"a": again(soon), "b": pending}, needs, nil, store.Linking, soon},
		"one is tried again, and another was cut off":     {steps{"a": done, "b": again(soon), "c": pending, "d": pending}, needs, nil, store.Linking, now},
		"two are tried again":                             {steps{"a": done, "b": again(late), "c": again(soon)}, nil, nil, store.Linking, soon},
		"one should have been tried":                      {steps{"a": again(past), "b": pending}, nil, nil, store.Linking, past},
		"one is tried again at no time":                   {steps{"a": again(never), "b": again(late)}, nil, nil, store.Linking, now},
		"one waits for a person":                          {steps{"a": done, "b": waiting(late)}, nil, nil, store.Waiting, late},
		"one waits at no time":                            {steps{"a": done, "b": waiting(never)}, nil, nil, store.Waiting, now},
		"one waits, another is tried again":               {steps{"b": waiting(late), "c": again(soon)}, nil, nil, store.Waiting, soon},
		"one failed":                                      {steps{"a": done, "b": failed}, nil, nil, store.Failed, never},
		"one failed, another is behind it":                {steps{"a": failed, "b": pending}, nil, nil, store.Failed, never},
		"one failed, another is behind it, needs known":   {steps{"a": failed, "b": pending, "c": pending, "d": pending}, needs, nil, store.Failed, never},
		"one failed, another is tried again":              {steps{"a": done, "b": failed, "c": again(soon), "d": pending}, needs, nil, store.Failed, soon},
		"one failed, another waits":                       {steps{"a": done, "b": failed, "c": waiting(late)}, nil, nil, store.Failed, late},
		"one failed, another was cut off":                 {steps{"a": done, "b": failed, "c": pending, "d": pending}, needs, nil, store.Failed, now},
		"all are done":                                    {steps{"a": done, "b": done}, needs, nil, store.Linked, never},
		"the account is stopped":                          {steps{"a": done, "b": again(soon)}, needs, stop, store.Failed, never},
		"the account is stopped before it began":          {nil, nil, stop, store.Failed, never},
		"the account is stopped with all done":            {steps{"a": done}, nil, stop, store.Failed, never},
		"a need is of another integration mode":           {steps{"a": done, "b": pending, "c": again(late)}, map[string][]string{"b": {"a", "x"}}, nil, store.Linking, now},
		"a step that isn't known to be ready is not due":  {steps{"a": done, "b": pending, "c": again(late)}, map[string][]string{"c": {"a"}}, nil, store.Linking, late},
		"a step of a future version is no reason to link": {steps{"a": done, "b": {State: "skipped"}}, nil, nil, store.Linking, now},
	} {
		t.Run(name, func(t *testing.T) {
			r := newRecords(t)
			r.linking()
			change := func(a *store.Account) { a.Steps, a.Needs, a.Problem = c.steps, c.needs, c.problem }
			if a := r.save(account, change); a.State != c.state || !a.Due.Equal(c.due) {
				t.Errorf("the account is %s and due %v, want %s and %v", a.State, a.Due, c.state, c.due)
			}
			// What a request that waits would change is looked at in any case, and no later for what is due anyway.
			plan := func(a *store.Account) { a.PlanDue = soon }
			want := c.due
			if want.IsZero() || want.After(soon) {
				want = soon
			}
			if a := r.save(account, plan); a.State != c.state || !a.Due.Equal(want) {
				t.Errorf("with a plan to make, the account is %s and due %v, want %s and %v", a.State, a.Due, c.state, want)
			}
		})
		t.Run(name+", to be unlinked", func(t *testing.T) {
			r := newRecords(t)
			r.linking()
			r.open(ask("r2", store.Unlink, account))
			r.approve("r2", admin)
			state := map[store.AccountState]store.AccountState{store.Linking: store.Unlinking, store.Linked: store.Unlinked}[c.state]
			if state == store.None {
				state = c.state
			}
			change := func(a *store.Account) { a.Steps, a.Needs, a.Problem, a.CheckDue = c.steps, c.needs, c.problem, late }
			if a := r.save(account, change); a.State != state || !a.Due.Equal(c.due) {
				t.Errorf("the account is %s and due %v, want %s and %v", a.State, a.Due, state, c.due)
			}
		})
	}
}

// A linked account has nothing to try; it is due when it is to be looked at.
func TestALinkedAccountIsDueForItsCheckOnly(t *testing.T) {
	soon, late := start.Add(time.Minute), start.Add(time.Hour)
	for name, c := range map[string]struct {
		drifted     int
		check, plan time.Time
		problem     *store.Problem
		state       store.AccountState
		due         time.Time
	}{
		"never checked":                 {state: store.Linked},
		"checked later":                 {check: late, state: store.Linked, due: late},
		"a plan comes first":            {check: late, plan: soon, state: store.Linked, due: soon},
		"a plan comes after":            {check: soon, plan: late, state: store.Linked, due: soon},
		"drifted":                       {drifted: 2, check: late, state: store.Drifted, due: late},
		"drifted, never checked":        {drifted: 1, state: store.Drifted},
		"stopped":                       {check: soon, problem: &store.Problem{Message: "stop"}, state: store.Failed},
		"stopped, with a plan to make":  {check: soon, plan: late, problem: &store.Problem{Message: "stop"}, state: store.Failed, due: late},
		"stopped, though it is drifted": {drifted: 1, check: soon, problem: &store.Problem{Message: "stop"}, state: store.Failed},
	} {
		t.Run(name, func(t *testing.T) {
			r := newRecords(t)
			r.linked()
			a := r.save(account, func(a *store.Account) {
				a.Drifted, a.CheckDue, a.PlanDue, a.Problem = c.drifted, c.check, c.plan, c.problem
			})
			if a.State != c.state || !a.Due.Equal(c.due) {
				t.Errorf("the account is %s and due %v, want %s and %v", a.State, a.Due, c.state, c.due)
			}
		})
	}
}

func TestAChangeOfStateIsOnRecord(t *testing.T) {
	r := newRecords(t)
	r.linking()
	before := len(r.events())
	trouble := &store.Problem{Kind: store.Denied, Message: "the role can't be assumed", Remedy: "mend it"}
	r.steps(map[string]store.Step{"a": {State: store.StepPending}})
	r.steps(map[string]store.Step{"a": {State: store.StepAgain}})
	r.steps(map[string]store.Step{"a": {State: store.StepWaiting}})
	r.steps(map[string]store.Step{"a": {State: store.StepDone}, "b": {State: store.StepFailed, Problem: trouble}})
	if p := ptr(r.account(account)).FirstProblem(); p == nil || *p != *trouble {
		t.Errorf("the problem is %+v", p)
	}
	r.steps(map[string]store.Step{"a": {State: store.StepDone}})
	if p := ptr(r.account(account)).FirstProblem(); p != nil {
		t.Errorf("the problem is %+v", p)
	}
	var got []store.Event
	r.look(func(tx *store.ReadTx) error {
		return tx.EventsOf(store.EventFilter{Account: account, Request: "r1"}, func(e store.Event) bool {
			got = append(got, e)
			return true
		})
	})
	want := []string{"account.waiting", "account.failed", "account.linked"}
	if len(got) != before+len(want) {
		t.Fatalf("the audit trail has %+v", got)
	}
	for i, e := range got[before:] {
		if e.What != want[i] || (e.Text == trouble.Message) != (e.What == "account.failed") {
			t.Errorf("event %d is %+v, want %s", i, e, want[i])
		}
	}
}

func ptr[T any](v T) *T { return &v }

func TestRetry(t *testing.T) {
	r := newRecords(t)
	r.linking()
	retry := func(tx *store.Tx) error { _, err := tx.Retry(account, admin); return err }
	r.steps(map[string]store.Step{
		"a": {State: store.StepDone, Note: "kept"},
		"b": {State: store.StepFailed, Attempts: 3, Problem: &store.Problem{Message: "no"}},
		"c": {State: store.StepAgain, Attempts: 7, Due: start.Add(time.Hour)},
		"d": {State: store.StepWaiting, Note: "your turn", Due: start.Add(time.Hour)},
		"e": {State: store.StepPending},
	})
	r.clock.Advance(time.Minute)
	r.do(retry)
	a := r.account(account)
	if a.State != store.Waiting || !a.Due.Equal(start.Add(time.Minute)) || a.FirstProblem() != nil {
		t.Errorf("the account is %+v", a)
	}
	for name, want := range map[string]store.StepState{"a": store.StepDone, "b": store.StepPending, "c": store.StepPending, "d": store.StepWaiting, "e": store.StepPending} {
		if s := a.Steps[name]; s.State != want || s.Attempts != 0 || s.Due.After(start.Add(time.Minute)) {
			t.Errorf("step %s is %+v, want it %s", name, s, want)
		}
	}
	if a.Steps["a"].Note != "kept" || a.Steps["d"].Note != "your turn" {
		t.Errorf("the steps are %+v", a.Steps)
	}

	r.do(func(tx *store.Tx) error {
		a, err := tx.Account(account)
		if err != nil {
			return err
		}
		a.Steps, a.Problem = nil, &store.Problem{Message: "stopped"}
		return tx.SaveAccount(&a)
	})
	r.do(retry)
	if a := r.account(account); a.State != store.Linking || a.Problem != nil || !a.Due.Equal(start.Add(time.Minute)) {
		t.Errorf("stopped and retried, the account is %+v", a)
	}

	r.steps(map[string]store.Step{"a": {State: store.StepDone}})
	wantError(t, r.try(retry), store.Conflict, account.ID, "is linked", "nothing to retry")
	wantError(t, r.try(func(tx *store.Tx) error { _, err := tx.Retry(account2, admin); return err }), store.NotFound)
	r.open(link("r2", account2, "Other"))
	wantError(t, r.try(func(tx *store.Tx) error { _, err := tx.Retry(account2, admin); return err }), store.Conflict, "not linked")
}

func TestAccountsAreVisitedInOrder(t *testing.T) {
	r := newRecords(t)
	r.open(link("r1", account2, "Two"))
	r.open(link("r2", account, "One"))
	r.open(link("r3", store.AccountKey{Partition: "aws-cn", ID: "000000000000"}, "Three"))
	var got []string
	r.look(func(tx *store.ReadTx) error {
		if err := tx.Requests(func(q store.Request) bool { got = append(got, q.ID); return true }); err != nil {
			return err
		}
		return tx.Accounts(func(a store.Account) bool {
			got = append(got, a.AccountKey.String())
			return len(got) < 5
		})
	})
	want := []string{"r1", "r2", "r3", "aws-cn/000000000000", "aws/111122223333"}
	if len(got) != len(want) {
		t.Fatalf("visited %q, want %q", got, want)
	}
	for i := range want {
		if got[i] != want[i] {
			t.Errorf("visited %q, want %q", got, want)
		}
	}
}
