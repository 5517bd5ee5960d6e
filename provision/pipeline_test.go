package provision_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/oktaws/oktaws/provision"
	"github.com/oktaws/oktaws/store"
)

func TestLinksAnAccountOnceAPersonHasEnabledProvisioning(t *testing.T) {
	f := start(t, nil)
	f.approve()
	f.run()
	f.until("waiting", inState(store.Waiting))
	task := f.task()
	if !slices.Equal(task.Assignees, []store.Person{admin}) {
		t.Errorf("the task falls to %v, want who approved", task.Assignees)
	}
	secret, err := f.rec.Credentials(t.Context(), task.ID, admin)
	if err != nil {
		t.Fatal(err)
	}
	if got := f.task().Shown; got == nil || got.KeyID != secret.ID || got.By != admin {
		t.Errorf("shown = %+v, want key %s to the admin", got, secret.ID)
	}
	f.world.enable(provision.FeatureCreateUsers)
	task, err = f.rec.CheckTask(t.Context(), task.ID)
	if err != nil || task.State != store.TaskOpen || !slices.Equal(task.Missing, []string{"Update User Attributes is not enabled"}) {
		t.Fatalf("half done: %+v, %v", task, err)
	}
	f.world.enable(provision.FeatureCreateUsers, provision.FeatureUpdateAttributes)
	a := f.until("linked", inState(store.Linked)) // nobody clicked Done
	if f.task().State != store.TaskDone {
		t.Error("the task was not closed")
	}
	for name, s := range a.Steps {
		if s.State != store.StepDone || s.Ended.IsZero() || s.Problem != nil {
			t.Errorf("step %s is %+v", name, s)
		}
	}
	for _, call := range []string{"CreateApplication", "CreateProvider", "CreateStack", "CreateUser", "CreateAccessKey"} {
		if n := f.world.count(call); n != 1 {
			t.Errorf("%s was called %d times", call, n)
		}
	}
}

func TestIndependentStepsRunSideBySide(t *testing.T) {
	var meet sync.WaitGroup
	meet.Add(2)
	var once sync.Map
	f := start(t, func(_ *provision.Config, w *world) {
		w.hook = func(call string) error {
			if call != "FindApplications" && call != "Survey" {
				return nil
			}
			if _, again := once.LoadOrStore(call, true); !again {
				meet.Done()
				meet.Wait() // neither goes on before the other is here
			}
			return nil
		}
	})
	f.approve()
	f.run()
	f.until("waiting", inState(store.Waiting))
}

func TestWhatIsNotOursIsRefusedAndLeftAlone(t *testing.T) {
	for _, c := range []struct {
		name, step, says string
		have             func(*world)
	}{
		{"application", "okta-app", "Okta has an application named Gmail-AWS-Account already", func(w *world) {
			w.apps["0oa9"] = &provision.Application{ID: "0oa9", Label: "Gmail-AWS-Account", Status: "ACTIVE", SignOnMode: "BROWSER_PLUGIN"}
		}},
		{"two applications of ours", "okta-app", "Okta has 2 applications", func(w *world) {
			for _, id := range []string{"0oa8", "0oa9"} {
				w.apps[id] = &provision.Application{ID: id, Label: "Gmail-AWS-Account", Status: "ACTIVE", Note: "Managed by oktaws for AWS account aws/111122223333. Please leave this line."}
			}
		}},
		{"identity provider", "saml-provider", "was not made by oktaws", func(w *world) {
			w.providers[providerARN] = &provision.Provider{ARN: providerARN, Metadata: metadata("0oaX", "kid")}
		}},
		{"identity provider of another application", "saml-provider", "trusts another Okta application", func(w *world) {
			w.providers[providerARN] = &provision.Provider{ARN: providerARN, Metadata: metadata("0oaX", "kid"), Tags: map[string]string{provision.TagManaged: provision.TagManagedValue}}
		}},
		{"role", "roles", "has an IAM role named PowerUsers already", func(w *world) {
			w.roles["powerusers"] = &provision.Role{Name: "PowerUsers", ARN: "arn:aws:iam::111122223333:role/PowerUsers"}
		}},
		{"stack", "roles", "has a CloudFormation stack named oktaws-roles already", func(w *world) {
			w.stacks["s"] = &provision.Stack{ID: "s", Name: "oktaws-roles", Status: "CREATE_COMPLETE"}
		}},
		{"user", "sso-user", "has an IAM user named OktaSSOuser already", func(w *world) { w.users["OktaSSOuser"] = &provision.User{Name: "OktaSSOuser"} }},
		{"account", "identity", "lead to account aws/999988887777 instead", func(w *world) { w.identity.Account.ID = "999988887777" }},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := start(t, func(_ *provision.Config, w *world) { c.have(w) })
			f.approve()
			f.run()
			a := f.until("failed", func(a store.Account) bool { return a.Steps[c.step].State == store.StepFailed })
			p := a.Steps[c.step].Problem
			if !strings.Contains(p.Message, c.says) || p.Remedy == "" || p.Kind == store.Transient {
				t.Errorf("problem %+v, want one that says %q and what to do", p, c.says)
			}
			for _, call := range []string{"UpdateProvider", "UpdateStack", "DeleteStack", "DeleteAccessKey"} {
				if f.world.count(call) > 0 {
					t.Errorf("%s was called", call)
				}
			}
		})
	}
}

func TestTransientErrorsAreTriedAgainLater(t *testing.T) {
	fails := 4
	f := start(t, func(_ *provision.Config, w *world) {
		w.hook = func(call string) error {
			if call == "CreateUser" && fails > 0 {
				fails--
				return errors.New("connection reset")
			}
			return nil
		}
	})
	f.approve()
	f.run()
	f.until("waiting", inState(store.Waiting))
	if n := f.world.count("CreateUser"); n != 5 {
		t.Errorf("CreateUser was called %d times, want 4 failures and a success", n)
	}
}

func TestAFailedStepWaitsForARetry(t *testing.T) {
	denied := true
	f := start(t, func(_ *provision.Config, w *world) {
		w.hook = func(call string) error {
			if call == "CreateUser" && denied {
				return &store.Error{Kind: store.Denied, Message: "a service control policy forbids CreateUser", Remedy: "Ask who runs the organization."}
			}
			return nil
		}
	})
	f.approve()
	f.run()
	f.until("failed, with the other steps done", func(a store.Account) bool {
		return a.State == store.Failed && a.Steps["roles"].State == store.StepDone && a.Due.IsZero()
	})
	denied = false
	f.update(func(tx *store.Tx) error { _, err := tx.Retry(account, requester); return err })
	f.until("waiting", inState(store.Waiting))
	if n := f.world.count("CreateStack"); n != 1 {
		t.Errorf("the retry made %d stacks", n)
	}
}

func TestAnUnknownStepStopsTheAccount(t *testing.T) {
	f := start(t, nil)
	f.approve()
	f.update(func(tx *store.Tx) error {
		a, err := tx.Account(account)
		if err != nil {
			return err
		}
		a.Steps = map[string]store.Step{"teleport": {State: store.StepPending}}
		return tx.SaveAccount(&a)
	})
	f.run()
	a := f.until("failed", inState(store.Failed))
	if !strings.Contains(a.Problem.Message, "teleport") || len(f.world.calls) != 0 {
		t.Errorf("problem %+v after the calls %v", a.Problem, f.world.calls)
	}
}

func TestAPanicEndsOneStepOnly(t *testing.T) {
	f := start(t, func(_ *provision.Config, w *world) {
		w.hook = func(call string) error {
			if call == "CreateUser" {
				panic("fault")
			}
			return nil
		}
	})
	f.approve()
	f.run()
	a := f.until("failed", func(a store.Account) bool { return a.State == store.Failed && a.Steps["roles"].State == store.StepDone })
	if p := a.Steps["sso-user"].Problem; p == nil || !strings.Contains(p.Message, "111122223333") {
		t.Errorf("problem %+v", p)
	}
}

func TestProvisioningLostBeforeTheEndIsAskedForAgain(t *testing.T) {
	f := start(t, nil)
	f.world.hook = func(call string) error {
		if call == "Assign" && f.world.count("Assign") == 1 {
			f.world.enable() // wiped between the person's step and the groups
		}
		return nil
	}
	f.approve()
	f.run()
	f.until("waiting", inState(store.Waiting))
	f.world.enable(provision.FeatureCreateUsers, provision.FeatureUpdateAttributes)
	f.until("asked again", func(a store.Account) bool { return f.world.count("Assign") >= 1 && a.State == store.Waiting })
	if f.task().State != store.TaskOpen {
		t.Error("the task was not opened again")
	}
	f.world.enable(provision.FeatureCreateUsers, provision.FeatureUpdateAttributes)
	f.until("linked", inState(store.Linked))
}

// What Okta has just answered is as good as another look at the assignments; what it has answered a while ago isn't.
func TestVerifySendsBackToWhatIsUndone(t *testing.T) {
	f := start(t, nil)
	f.world.after = func(call string) error {
		if call == "Application" && f.world.count("Assign") == 3 { // the step after the groups
			f.clock.Advance(2 * time.Minute)
		}
		return nil
	}
	f.world.hook = func(call string) error {
		if call == "Survey" && f.world.count("Assign") == 3 && f.world.count("Survey") == 3 { // verify's look at the roles
			f.world.mu.Lock()
			delete(f.world.assigned["0oa1"], f.world.groups["Gmail-AWS-Account-PowerUsers"].ID)
			f.world.mu.Unlock()
		}
		return nil
	}
	f.approve()
	f.run()
	f.until("waiting", inState(store.Waiting))
	f.world.enable(provision.FeatureCreateUsers, provision.FeatureUpdateAttributes)
	f.until("linked", inState(store.Linked))
	if n := f.world.count("Assign"); n != 4 {
		t.Errorf("Assign was called %d times, want 3 and once more for what was lost", n)
	}
}

func TestKeysThatNobodySawAreDeleted(t *testing.T) {
	f := start(t, nil)
	f.approve()
	f.run()
	f.until("waiting", inState(store.Waiting))
	id := f.task().ID
	cut := true
	f.world.hook = func(call string) error {
		if call == "TryAccessKey" && cut { // the key is made, the answer is lost
			cut = false
			return &store.Error{Kind: store.Permanent, Message: "cut off"}
		}
		return nil
	}
	if _, err := f.rec.Credentials(t.Context(), id, admin); err == nil {
		t.Fatal("no error")
	}
	if task := f.task(); !task.Making || task.Shown != nil {
		t.Errorf("the task does not know that a key may exist: %+v", task)
	}
	f.world.tries = 3
	secret, err := f.rec.Credentials(t.Context(), id, admin)
	if err != nil {
		t.Fatal(err)
	}
	second, err := f.rec.Credentials(t.Context(), id, admin)
	if err != nil {
		t.Fatal(err)
	}
	if len(f.world.keys) != 1 || f.world.keys[0].ID != second.ID || second.ID == secret.ID {
		t.Errorf("keys %+v, want only %s", f.world.keys, second.ID)
	}
	f.world.enable(provision.FeatureCreateUsers, provision.FeatureUpdateAttributes)
	if _, err := f.rec.Credentials(context.WithoutCancel(t.Context()), id, admin); store.KindOf(err) != store.Conflict {
		t.Errorf("a key was made though Okta has one: %v", err)
	}
	f.until("linked", inState(store.Linked))
	if len(f.world.keys) != 1 || f.world.keys[0].ID != second.ID {
		t.Errorf("the key that Okta uses is gone: %+v", f.world.keys)
	}
}

func TestASecretShowsItsIDOnly(t *testing.T) {
	s := provision.NewSecret("AKIAEXAMPLE", "wJalrXUtnFEMI")
	for _, text := range []string{s.String(), fmt.Sprintf("%v", s), fmt.Sprintf("%+v", s), fmt.Sprintf("%#v", s), fmt.Sprintf("%s %q", s, s)} {
		if strings.Contains(text, "wJalr") {
			t.Errorf("the secret is in %s", text)
		}
	}
}

func TestStackStates(t *testing.T) {
	mine := map[string]string{provision.TagManaged: provision.TagManagedValue}
	for _, c := range []struct {
		status, failure string
		call            string // that must come of it
		says            string // the problem, where there is one
	}{
		{status: "UPDATE_COMPLETE", call: "UpdateStack"}, // another template
		{status: "ROLLBACK_COMPLETE", failure: "Role X is broken", says: "Role X is broken"},
		{status: "ROLLBACK_COMPLETE", failure: "Invalid principal in policy: SAML", call: "CreateStack"},
		{status: "ROLLBACK_FAILED", failure: "because", says: "because"},
		{status: "CREATE_FAILED", failure: "because", says: "because"},
		{status: "UPDATE_ROLLBACK_COMPLETE", failure: "because", says: "because"},
		{status: "DELETE_FAILED", failure: "because", says: "because"},
		{status: "REVIEW_IN_PROGRESS", says: "REVIEW_IN_PROGRESS, which oktaws won't touch"},
		{status: "UPDATE_ROLLBACK_FAILED", says: "won't touch"},
		{status: "IMPORT_COMPLETE", call: "UpdateStack"},
	} {
		t.Run(c.status+" "+c.failure, func(t *testing.T) {
			f := start(t, func(_ *provision.Config, w *world) {
				w.failure = c.failure
				w.stacks["old"] = &provision.Stack{ID: "old", Name: "oktaws-roles", Status: c.status, Tags: mine}
			})
			f.approve()
			f.run()
			if c.says == "" {
				f.until("waiting", inState(store.Waiting))
				if f.world.count(c.call) != 1 {
					t.Errorf("%s was called %d times: %v", c.call, f.world.count(c.call), f.world.calls)
				}
				return
			}
			a := f.until("failed", func(a store.Account) bool { return a.Steps["roles"].State == store.StepFailed })
			if p := a.Steps["roles"].Problem; !strings.Contains(p.Message, c.says) || p.Remedy == "" {
				t.Errorf("problem %+v, want %q", p, c.says)
			}
			if n := f.world.count("DeleteStack") + f.world.count("UpdateStack"); n > 0 {
				t.Error("the stack was touched before anybody was told")
			}
			f.update(func(tx *store.Tx) error { _, err := tx.Retry(account, requester); return err })
			if strings.Contains(c.says, "won't touch") {
				return
			}
			f.until("waiting", inState(store.Waiting))
		})
	}
}

func TestAStepThatFailsAfterARetryIsTriedOnceMore(t *testing.T) {
	f := start(t, nil)
	var met atomic.Bool
	f.hook(func(call string) error {
		if call != "CreateStack" || met.Swap(true) {
			return nil
		}
		f.update(func(tx *store.Tx) error { _, err := tx.Retry(account, requester); return err })
		return &store.Error{Kind: store.Denied, Message: "AWS forbids it.", Remedy: "Allow it."} // as it was when the step began
	})
	f.linked(inGroups)
	if n := f.world.count("CreateStack"); n != 2 {
		t.Errorf("the stack was asked for %d times", n)
	}
}
