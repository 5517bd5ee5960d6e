package provision_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/oktaws/oktaws/provision"
	"github.com/oktaws/oktaws/store"
)

const mark = "Managed by oktaws for AWS account aws/111122223333. Please leave this line."

func (f *fixture) retry() {
	f.Helper()
	f.update(func(tx *store.Tx) error { _, err := tx.Retry(account, requester); return err })
}

// change changes the world between two calls.
func (f *fixture) change(change func(*world)) {
	f.world.mu.Lock()
	defer f.world.mu.Unlock()
	change(f.world)
}

// hook has every call from now on go through hook.
func (f *fixture) hook(hook func(call string) error) { f.change(func(w *world) { w.hook = hook }) }

// passes waits until the person's task was looked at n times more.
func (f *fixture) passes(n int) {
	f.Helper()
	want := f.world.count("Application") + n
	f.until("looked at again", func(store.Account) bool { return f.world.count("Application") >= want })
}

func TestAnAccountThatTheConfigurationCantReachSaysSo(t *testing.T) {
	f := start(t, func(_ *provision.Config, w *world) {
		w.reach = &store.Error{Kind: store.Permanent, Message: `the AWS profile "gmial" of account 111122223333 can't be read`, Remedy: "Look at aws.profiles."}
	})
	f.approve()
	f.run()
	a := f.until("failed", inState(store.Failed))
	if a.Problem == nil || !strings.Contains(a.Problem.Message, "gmial") || a.Problem.Remedy == "" || !a.Due.IsZero() {
		t.Errorf("problem %+v, due %s", a.Problem, a.Due)
	}
	f.change(func(w *world) { w.reach = nil })
	f.retry()
	f.until("waiting", inState(store.Waiting))
}

func TestAnApplicationThatSomebodyDeletesIsMadeAnewOnRetry(t *testing.T) {
	f := start(t, nil)
	f.approve()
	f.run()
	f.until("waiting", inState(store.Waiting))
	f.change(func(w *world) { clear(w.apps) })
	a := f.until("failed", inState(store.Failed))
	if s := a.Steps["okta-app"]; s.State != store.StepFailed || !strings.Contains(s.Problem.Message, "is gone") || a.Steps["okta-provisioning"].State != store.StepPending {
		t.Errorf("steps %+v", a.Steps)
	}
	f.retry()
	a = f.until("waiting", inState(store.Waiting))
	if n := f.world.count("CreateApplication"); n != 2 || f.world.count("UpdateProvider") != 1 || a.Known.AppID == "0oa1" {
		t.Errorf("%d applications, identity provider renewed %d times, application %s", n, f.world.count("UpdateProvider"), a.Known.AppID)
	}
	f.world.enable(provision.FeatureCreateUsers, provision.FeatureUpdateAttributes)
	f.until("linked", inState(store.Linked))
}

func TestAnApplicationThatIsGoneBeforeItsMetadataIsReadIsMadeAnewOnRetry(t *testing.T) {
	f := start(t, func(_ *provision.Config, w *world) {
		w.hook = func(call string) error {
			if call != "Metadata" {
				return nil
			}
			w.mu.Lock()
			defer w.mu.Unlock()
			if w.made > 1 {
				return nil
			}
			clear(w.apps)
			return &store.Error{Kind: store.NotFound, Message: "Okta says: Not found"}
		}
	})
	f.approve()
	f.run()
	a := f.until("failed", inState(store.Failed))
	if a.Steps["okta-app"].State != store.StepFailed {
		t.Errorf("steps %+v", a.Steps)
	}
	f.retry()
	f.until("waiting", inState(store.Waiting))
}

func TestARefusalThatFurtherLooksDontExplainIsTold(t *testing.T) {
	f := start(t, func(_ *provision.Config, w *world) {
		w.hook = func(call string) error {
			if call == "CreateUser" { // GetUser doesn't find oktassouser
				return &store.Error{Kind: store.Conflict, Message: "there is one of that name already", Remedy: "Choose another name."}
			}
			return nil
		}
	})
	f.approve()
	f.run()
	a := f.until("failed", func(a store.Account) bool { return a.Steps["sso-user"].State == store.StepFailed })
	if p := a.Steps["sso-user"].Problem; p.Kind != store.Conflict || f.world.count("CreateUser") < 3 {
		t.Errorf("problem %+v after %d attempts", p, f.world.count("CreateUser"))
	}
}

func TestAUserThatIAMDoesntShowYetIsWaitedFor(t *testing.T) {
	f := start(t, nil)
	f.hook(func(call string) error {
		switch {
		case call == "PutUserPolicy" && f.world.count(call) < 3:
			return &store.Error{Kind: store.NotFound, Message: "The user with name OktaSSOuser cannot be found."}
		case call == "CreateUser" && f.world.count(call) > 1:
			return &store.Error{Kind: store.Conflict, Message: "User with name OktaSSOuser already exists."}
		}
		return nil
	})
	f.approve()
	f.run()
	f.until("waiting", inState(store.Waiting))
}

func TestADeletionOfAStackThatFailsIsTold(t *testing.T) {
	f := start(t, func(_ *provision.Config, w *world) {
		w.failure, w.undeleted = "Cannot delete entity, must detach all policies first.", true
		w.stacks["old"] = &provision.Stack{ID: "old", Name: "oktaws-roles", Status: "ROLLBACK_COMPLETE", Tags: map[string]string{provision.TagManaged: provision.TagManagedValue}}
	})
	f.approve()
	f.run()
	failed := func(status string) func(store.Account) bool {
		return func(a store.Account) bool {
			s := a.Steps["roles"]
			return s.State == store.StepFailed && strings.Contains(s.Problem.Message, "("+status+"): Cannot delete entity")
		}
	}
	f.until("failed", failed("ROLLBACK_COMPLETE"))
	f.retry()
	f.until("failed to delete", failed("DELETE_FAILED"))
	if n := f.world.count("DeleteStack"); n != 1 {
		t.Errorf("the stack was deleted %d times without a word", n)
	}
	f.change(func(w *world) { w.undeleted = false })
	f.retry()
	f.until("waiting", inState(store.Waiting))
}

func TestAnIdentityProviderThatVanishesIsMadeAnew(t *testing.T) {
	f := start(t, nil)
	f.hook(func(call string) error {
		if call == "Provider" && f.world.count("Provider") == 2 { // the look before the stack is made
			f.change(func(w *world) { clear(w.providers) })
		}
		return nil
	})
	f.approve()
	f.run()
	f.until("waiting", inState(store.Waiting))
	if n := f.world.count("CreateProvider"); n != 2 {
		t.Errorf("%d identity providers were made", n)
	}
}

func TestAClockThatDiffersFromAWSHoldsNothingUp(t *testing.T) {
	f := start(t, func(_ *provision.Config, w *world) {
		w.providers[providerARN] = &provision.Provider{ARN: providerARN, Metadata: metadata("0oa1", "kid"), Created: w.clock.Now().Add(24 * time.Hour),
			Tags: map[string]string{provision.TagManaged: provision.TagManagedValue}}
	})
	began := f.clock.Now()
	f.approve()
	f.run()
	f.until("waiting", inState(store.Waiting))
	if took := f.clock.Now().Sub(began); took > 12*time.Hour {
		t.Errorf("it took %s", took)
	}
}

func TestARoleThatADeletedStackLeavesBehindForAMomentIsWaitedFor(t *testing.T) {
	f := start(t, nil)
	f.change(func(w *world) {
		w.failure = "Invalid principal in policy: SAML"
		w.stacks["old"] = &provision.Stack{ID: "old", Name: "oktaws-roles", Status: "ROLLBACK_COMPLETE", Tags: map[string]string{provision.TagManaged: provision.TagManagedValue}}
		w.roles["powerusers"] = &provision.Role{Name: "PowerUsers", ARN: "arn:aws:iam::111122223333:role/PowerUsers"}
		w.hook = func(call string) error {
			if call == "Survey" && w.count("Survey") == 4 {
				f.change(func(w *world) { delete(w.roles, "powerusers") })
			}
			return nil
		}
	})
	f.approve()
	f.run()
	f.until("waiting", inState(store.Waiting))
}

func TestASigningKeyThatChangesMidwayReachesAWS(t *testing.T) {
	f := start(t, nil)
	f.approve()
	f.run()
	f.until("waiting", inState(store.Waiting))
	f.change(func(w *world) { w.apps["0oa1"].SigningKeyID = "kid-2" })
	f.world.enable(provision.FeatureCreateUsers, provision.FeatureUpdateAttributes)
	f.until("linked", inState(store.Linked))
	f.stop()
	if got := f.world.providers[providerARN].Metadata; got != metadata("0oa1", "kid-2") {
		t.Errorf("the identity provider holds %s", got)
	}
}

func TestAdminsMayAddToTheNoteThatBearsTheMark(t *testing.T) {
	f := start(t, nil)
	f.approve()
	f.run()
	f.until("waiting", inState(store.Waiting))
	f.change(func(w *world) { w.apps["0oa1"].Note, w.apps["0oa1"].Settings = "Ask the cloud team.\n"+mark, nil })
	f.world.enable(provision.FeatureCreateUsers, provision.FeatureUpdateAttributes)
	f.until("linked", inState(store.Linked))
	f.stop()
	if app := f.world.apps["0oa1"]; app.Note != "Ask the cloud team.\n"+mark || app.Settings["joinAllRoles"] != true {
		t.Errorf("the note is %q, the settings are %v", app.Note, app.Settings)
	}
}

func TestErrorsOfTheLastLookArentTakenForSomebodyWhoChangesThingsBack(t *testing.T) {
	f := start(t, nil)
	f.approve()
	f.run()
	f.until("waiting", inState(store.Waiting))
	fails := 5
	f.hook(func(call string) error {
		switch {
		case call == "Survey" && fails > 0: // verify's look at the roles
			fails--
			return errors.New("connection reset")
		case call == "Survey" && fails == 0:
			fails--
			f.change(func(w *world) { delete(w.assigned["0oa1"], w.groups["Gmail-AWS-Account-PowerUsers"].ID) })
		}
		return nil
	})
	f.world.enable(provision.FeatureCreateUsers, provision.FeatureUpdateAttributes)
	f.until("linked", inState(store.Linked))
}

func TestWhatStaysWrongIsTold(t *testing.T) {
	f := start(t, nil)
	f.approve()
	f.run()
	f.until("waiting", inState(store.Waiting))
	f.hook(func(call string) error {
		if call == "Survey" {
			f.change(func(w *world) { delete(w.roles, "powerusers") })
		}
		return nil
	})
	f.world.enable(provision.FeatureCreateUsers, provision.FeatureUpdateAttributes)
	a := f.until("failed", inState(store.Failed))
	if p := a.Steps["verify"].Problem; p == nil || !strings.Contains(p.Message, "The role PowerUsers is gone") || !strings.Contains(p.Remedy, "changes it back") {
		t.Fatalf("problem %+v", p)
	}
	f.hook(nil)
	f.retry()
	f.until("linked", inState(store.Linked))
	if f.world.roles["powerusers"] == nil || f.world.count("RestoreRole") == 0 {
		t.Error("the role was not put back")
	}
}

func TestAKeyThatAnAdminMadeByHandIsLeftAlone(t *testing.T) {
	f := start(t, nil)
	f.approve()
	f.run()
	f.until("waiting", inState(store.Waiting))
	f.hook(func(call string) error {
		if call == "CreateAccessKey" {
			return &store.Error{Kind: store.Denied, Message: "a service control policy forbids iam:CreateAccessKey", Remedy: "Ask."}
		}
		return nil
	})
	if _, err := f.rec.Credentials(t.Context(), f.task().ID, admin); store.KindOf(err) != store.Denied {
		t.Fatalf("error %v", err)
	}
	f.change(func(w *world) { w.keys = append(w.keys, provision.AccessKey{ID: "AKIABYHAND", Active: true}) })
	f.passes(3)
	if n := f.world.count("DeleteAccessKey"); n != 0 {
		t.Errorf("%d keys were deleted", n)
	}
}

func TestTheKeyThatWasShownOutlivesAFailedAttemptAtAnother(t *testing.T) {
	f := start(t, nil)
	f.approve()
	f.run()
	f.until("waiting", inState(store.Waiting))
	first, err := f.rec.Credentials(t.Context(), f.task().ID, admin)
	if err != nil {
		t.Fatal(err)
	}
	var failing atomic.Bool
	failing.Store(true)
	f.hook(func(call string) error {
		if call == "AccessKeys" && failing.Load() {
			return &store.Error{Kind: store.Transient, Message: "AWS wants fewer calls at once"}
		}
		return nil
	})
	_, err = f.rec.Credentials(t.Context(), f.task().ID, admin)
	if _, remedy := store.Explain(err); !strings.Contains(remedy, "Click Show credentials again") {
		t.Errorf("the error is %v; %s", err, remedy)
	}
	failing.Store(false)
	f.passes(3)
	f.stop()
	if len(f.world.keys) != 1 || f.world.keys[0].ID != first.ID || f.task().Shown == nil {
		t.Errorf("keys %+v, shown %+v; want %s", f.world.keys, f.task().Shown, first.ID)
	}
}

func TestAKeyThatIAMListsLateIsDeletedWithTheNextOneShown(t *testing.T) {
	f := start(t, nil)
	f.approve()
	f.run()
	f.until("waiting", inState(store.Waiting))
	f.stop()
	var late []provision.AccessKey
	lost := true
	f.hook(func(call string) error {
		f.world.mu.Lock()
		defer f.world.mu.Unlock()
		switch {
		case call == "TryAccessKey" && lost:
			lost = false
			late, f.world.keys = f.world.keys, nil
			return &store.Error{Kind: store.Permanent, Message: "cut off"}
		case call == "TryAccessKey":
			f.world.keys = slices.Concat(late, f.world.keys)
		}
		return nil
	})
	if _, err := f.rec.Credentials(t.Context(), f.task().ID, admin); err == nil {
		t.Fatal("no error")
	}
	second, err := f.rec.Credentials(t.Context(), f.task().ID, admin)
	if err != nil {
		t.Fatal(err)
	}
	if len(f.world.keys) != 1 || f.world.keys[0].ID != second.ID {
		t.Errorf("keys %+v, want only %s", f.world.keys, second.ID)
	}
}

func TestTheMostAssigneesThatMayBeConfiguredHoldNothingUp(t *testing.T) {
	const most = 10 // internal/app looks that there are no more
	f := start(t, func(c *provision.Config, _ *world) {
		for i := range most {
			c.Assignees = append(c.Assignees, store.Person{ID: fmt.Sprintf("U0ASSIGNEE%d", i), Team: "T0TEAM"})
		}
	})
	f.approve()
	want := func(subject string, messages int) {
		f.update(func(tx *store.Tx) error {
			for i := range messages {
				if err := tx.WantMessage(store.Message{Subject: subject, View: "any", Where: fmt.Sprintf("U0ASSIGNEE%d", i)}); err != nil {
					return err
				}
			}
			return nil
		})
	}
	want("request/r1", 7) // as many as the bot has about a request
	f.run()
	f.until("waiting", inState(store.Waiting))
	want("task/"+f.task().ID, most)
	f.world.enable(provision.FeatureCreateUsers, provision.FeatureUpdateAttributes)
	f.until("linked", inState(store.Linked))
}
