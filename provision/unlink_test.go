package provision_test

import (
	"errors"
	"maps"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/oktaws/oktaws/provision"
	"github.com/oktaws/oktaws/store"
)

// strangers puts things that aren't ours beside ours, and returns what fails the test where they are touched.
func strangers(f *fixture) (check func()) {
	f.change(func(w *world) {
		w.apps["0oaX"] = &provision.Application{ID: "0oaX", Name: "amazon_aws", Label: "Somebody's", Status: "ACTIVE"}
		w.groups["Everyone"] = &provision.Group{ID: "00gX", Name: "Everyone"}
		w.users["deploy"] = &provision.User{Name: "deploy", Path: "/"}
		w.roles["deploy"] = &provision.Role{Name: "deploy", ARN: "arn:aws:iam::111122223333:role/deploy", Path: "/"}
		w.stacks["arn:stack/X"] = &provision.Stack{ID: "arn:stack/X", Name: "network", Status: "CREATE_COMPLETE"}
		w.providers["arn:aws:iam::111122223333:saml-provider/Google"] = &provision.Provider{Metadata: metadata("google", "kid")}
	})
	return func() {
		f.Helper()
		f.change(func(w *world) {
			if w.apps["0oaX"] == nil || w.groups["Everyone"] == nil || w.users["deploy"] == nil || w.roles["deploy"] == nil ||
				w.stacks["arn:stack/X"].Status != "CREATE_COMPLETE" || len(w.providers) == 0 {
				f.Errorf("what isn't ours was touched")
			}
		})
	}
}

// nothingLeft fails the test where something that linking makes is still there.
func nothingLeft(f *fixture) {
	f.Helper()
	f.change(func(w *world) {
		for id, app := range w.apps {
			if strings.Contains(app.Note, "Managed by oktaws") {
				f.Errorf("the application %s is left", id)
			}
		}
		for name, g := range w.groups {
			if strings.Contains(g.Description, "made by oktaws") {
				f.Errorf("the group %s is left", name)
			}
		}
		for arn, p := range w.providers {
			if p.Tags[provision.TagManaged] != "" {
				f.Errorf("the identity provider %s is left", arn)
			}
		}
		for id, s := range w.stacks {
			if s.Tags[provision.TagManaged] != "" && s.Status != "DELETE_COMPLETE" {
				f.Errorf("the stack %s is left, %s", id, s.Status)
			}
		}
		for name, r := range w.roles {
			if r.Tags[provision.TagManaged] != "" {
				f.Errorf("the role %s is left", name)
			}
		}
		for name, u := range w.users {
			if u.Tags[provision.TagManaged] != "" {
				f.Errorf("the user %s is left", name)
			}
		}
		if len(w.keys) > 0 {
			f.Errorf("the keys %+v are left", w.keys)
		}
	})
}

func leftOf(a store.Account) string {
	var left []string
	for _, name := range slices.Sorted(maps.Keys(a.Steps)) {
		left = append(left, a.Steps[name].Left...)
	}
	return strings.Join(left, "\n")
}

func TestUnlinkingTakesAwayAllThatLinkingMade(t *testing.T) {
	for _, wish := range []store.Wish{inAPI, inGroups} {
		t.Run(string(wish.Mode), func(t *testing.T) {
			f := start(t, nil)
			untouched := strangers(f)
			f.linked(wish)
			f.ask(store.Unlink, store.Wish{})
			a := f.until("unlinked", inState(store.Unlinked))
			nothingLeft(f)
			untouched()
			if left := leftOf(a); left != "" {
				t.Errorf("it says that it left %s", left)
			}
			f.linked(wish) // again
			f.clean()
		})
	}
}

// failsOnce has the nth call of a name fail, before or after its effect.
func failsOnce(f *fixture, name string, nth int, after bool, with error) (failed *atomic.Bool) {
	var n atomic.Int32
	failed = new(atomic.Bool)
	fail := func(call string) error {
		if call == name && int(n.Add(1)) == nth {
			failed.Store(true)
			return with
		}
		return nil
	}
	f.change(func(w *world) {
		if after {
			w.after = fail
		} else {
			w.hook = fail
		}
	})
	return failed
}

// ways are the ways in which a call can fail: without its effect, and, where it has one, with it.
func ways(call string) []bool {
	if reads[call] {
		return []bool{false}
	}
	return []bool{false, true}
}

var errCut = errors.New("connection reset")

// counts are the calls since a time, by name.
func counts(calls []string) map[string]int {
	out := map[string]int{}
	for _, c := range calls {
		out[c]++
	}
	return out
}

func TestUnlinkingThatIsInterruptedAnywhereCarriesOn(t *testing.T) {
	for _, wish := range []store.Wish{inAPI, inGroups} {
		f := start(t, nil)
		f.linked(wish)
		before := len(f.world.calls)
		f.ask(store.Unlink, store.Wish{})
		f.until("unlinked", inState(store.Unlinked))
		f.stop()
		all := counts(f.world.calls[before:])
		for _, name := range slices.Sorted(maps.Keys(all)) {
			for _, after := range ways(name) {
				t.Run(string(wish.Mode)+" "+name+map[bool]string{true: " is answered by nobody"}[after], func(t *testing.T) {
					t.Parallel()
					f := start(t, nil)
					untouched := strangers(f)
					f.linked(wish)
					for nth := 1; nth <= all[name]; nth += max(all[name]-1, 1) {
						failsOnce(f, name, nth, after, errCut)
					}
					f.ask(store.Unlink, store.Wish{})
					f.until("unlinked", inState(store.Unlinked))
					nothingLeft(f)
					untouched()
				})
			}
		}
	}
}

func TestALinkThatFailedAnywhereCanBeTakenBack(t *testing.T) {
	for _, wish := range []store.Wish{inAPI, inGroups} {
		f := start(t, nil)
		f.linked(wish)
		f.stop()
		all := counts(f.world.calls)
		for _, name := range slices.Sorted(maps.Keys(all)) {
			if name == "Identity" {
				continue // then nothing is made
			}
			for _, after := range ways(name) {
				t.Run(string(wish.Mode)+" "+name+map[bool]string{true: " has its effect"}[after], func(t *testing.T) {
					t.Parallel()
					f := start(t, nil)
					untouched := strangers(f)
					failsOnce(f, name, all[name], after, &store.Error{Kind: store.Permanent, Message: "no", Remedy: "Wait."})
					f.ask(store.Link, wish)
					f.run()
					ended := func(a store.Account) bool { return a.State == store.Failed || a.State == store.Linked }
					if a := f.until("waiting, or at its end", func(a store.Account) bool { return a.State == store.Waiting || ended(a) }); a.State == store.Waiting {
						f.world.enable(provision.FeatureCreateUsers, provision.FeatureUpdateAttributes)
						f.until("at its end", ended)
					}
					f.change(func(w *world) { w.hook, w.after = nil, nil })
					f.ask(store.Unlink, store.Wish{})
					f.until("unlinked", inState(store.Unlinked))
					nothingLeft(f)
					untouched()
				})
			}
		}
	}
}

func TestUnlinkingWhileAPersonIsWaitedForClosesTheTask(t *testing.T) {
	f := start(t, nil)
	f.approve()
	f.run()
	f.until("waiting", inState(store.Waiting))
	if _, err := f.rec.Credentials(t.Context(), f.task().ID, admin); err != nil {
		t.Fatal(err)
	}
	f.ask(store.Unlink, store.Wish{})
	f.until("unlinked", inState(store.Unlinked))
	nothingLeft(f)
	if task := f.task(); task.State != store.TaskClosed {
		t.Errorf("the task is %s", task.State)
	}
	if _, err := f.rec.Credentials(t.Context(), f.task().ID, admin); store.KindOf(err) != store.Conflict {
		t.Errorf("a key was made: %v", err)
	}
}

func TestUnlinkingNamesWhatItLeavesAlone(t *testing.T) {
	for _, c := range []struct {
		name string
		have func(*world)
		says string
	}{
		{"an application", func(w *world) {
			w.apps["0oaY"] = &provision.Application{ID: "0oaY", Name: "amazon_aws", Label: label, Status: "ACTIVE", SignOnMode: "SAML_2_0", SigningKeyID: "kid"}
		}, "The Okta application Gmail-AWS-Account (0oaY), which does not bear our mark"},
		{"an identity provider", func(w *world) {
			w.providers[providerARN] = &provision.Provider{ARN: providerARN, Metadata: metadata("0oaY", "kid")}
		}, "The identity provider " + providerARN + ", which does not bear our tag"},
		{"a stack", func(w *world) {
			w.stacks["s"] = &provision.Stack{ID: "s", Name: "oktaws-roles", Status: "CREATE_COMPLETE"}
		}, "The CloudFormation stack oktaws-roles, which does not bear our tag"},
		{"a role", func(w *world) {
			w.roles["powerusers"] = &provision.Role{Name: "PowerUsers", ARN: "arn:aws:iam::111122223333:role/PowerUsers", Path: "/"}
		}, "The IAM role PowerUsers, which was made outside the stack"},
		{"a user", func(w *world) {
			w.users["OktaSSOuser"] = &provision.User{Name: "OktaSSOuser", Path: "/", Inline: map[string]string{"x": "{}"}}
		}, "The IAM user OktaSSOuser, which does not bear our tag"},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := start(t, func(_ *provision.Config, w *world) { c.have(w) })
			f.approve()
			f.run()
			f.until("failed, with the rest done", func(a store.Account) bool { return a.State == store.Failed && a.Due.IsZero() })
			would := f.account()
			would.Desired = store.WantUnlinked
			plan := f.plan(would)
			if !slices.ContainsFunc(plan, func(x store.Finding) bool { return x.What == c.says && x.Foreign && x.Mend == "leaves it alone" }) {
				t.Errorf("the plan doesn't say %q:%s", c.says, says(plan))
			}
			f.ask(store.Unlink, store.Wish{})
			a := f.until("unlinked", inState(store.Unlinked))
			if left := leftOf(a); left != c.says {
				t.Errorf("it left %q, want %q", left, c.says)
			}
			nothingLeft(f)
		})
	}
}

func TestAGroupThatWasThereBeforeIsTakenOffAndKept(t *testing.T) {
	f := start(t, func(_ *provision.Config, w *world) {
		w.groups["Gmail-AWS-Account-PowerUsers"] = &provision.Group{ID: "00gHR", Name: "Gmail-AWS-Account-PowerUsers", Description: "from HR"}
	})
	f.linked(inAPI)
	f.ask(store.Unlink, store.Wish{})
	a := f.until("unlinked", inState(store.Unlinked))
	if left := leftOf(a); left != "The Okta group Gmail-AWS-Account-PowerUsers, which was not made for this account alone" || len(f.world.groups) != 1 {
		t.Errorf("it left %q; there are %v", left, f.world.groups)
	}
	nothingLeft(f)
}

func TestAUserWithAPolicyByHandIsToldOfAndGoesOnceItIsTakenAway(t *testing.T) {
	f := start(t, nil)
	f.linked(inAPI)
	f.change(func(w *world) {
		w.users["OktaSSOuser"].Policies = []string{"arn:aws:iam::aws:policy/ReadOnlyAccess"}
		w.users["OktaSSOuser"].Groups = []string{"auditors"}
	})
	f.ask(store.Unlink, store.Wish{})
	a := f.until("failed", func(a store.Account) bool { return a.State == store.Failed && a.Due.IsZero() })
	p := a.Steps["sso-user"].Problem
	if p == nil || !strings.Contains(p.Message, "111122223333") || !strings.Contains(p.Message, "the policy arn:aws:iam::aws:policy/ReadOnlyAccess, the group auditors") {
		t.Fatalf("problem %+v", p)
	}
	if len(f.world.keys) > 0 || f.world.users["OktaSSOuser"] == nil {
		t.Error("its keys are not gone, or it is")
	}
	f.change(func(w *world) { w.users["OktaSSOuser"].Policies, w.users["OktaSSOuser"].Groups = nil, nil })
	f.retry()
	f.until("unlinked", inState(store.Unlinked))
	nothingLeft(f)
}

func TestAStackThatCantBeDeletedIsToldOfEachTime(t *testing.T) {
	f := start(t, func(_ *provision.Config, w *world) {
		w.failure = "Cannot delete entity, must detach all policies first."
	})
	f.linked(inAPI)
	f.change(func(w *world) { w.undeleted = true })
	f.ask(store.Unlink, store.Wish{})
	for n := 1; n <= 2; n++ {
		a := f.until("failed", func(a store.Account) bool {
			return a.Steps["roles"].State == store.StepFailed && f.world.count("DeleteStack") == n
		})
		if p := a.Steps["roles"].Problem; !strings.Contains(p.Message, "must detach") || !strings.Contains(p.Message, "111122223333") || p.Remedy != "Mend the cause, then retry: the stack is deleted once more." {
			t.Errorf("problem %+v", p)
		}
		if n == 2 {
			f.change(func(w *world) { w.undeleted = false })
		}
		f.retry()
	}
	f.until("unlinked", inState(store.Unlinked))
	nothingLeft(f)
}

func TestAClosedAccountIsTakenOutOfOkta(t *testing.T) {
	f := start(t, nil)
	f.linked(inAPI)
	f.restart(nil) // the credentials are looked at anew
	f.change(func(w *world) {
		w.status = "SUSPENDED"
		w.hook = func(call string) error {
			if aws[call] {
				return &store.Error{Kind: store.Denied, Message: "AWS refuses", Remedy: "Look."}
			}
			return nil
		}
	})
	would := f.account()
	would.Desired = store.WantUnlinked
	if plan := says(f.plan(would)); !strings.Contains(plan, "closed in its organization") || !strings.Contains(plan, "The Okta application Gmail-AWS-Account") {
		t.Errorf("the plan is %s", plan)
	}
	f.ask(store.Unlink, store.Wish{})
	a := f.until("unlinked", inState(store.Unlinked))
	if left := leftOf(a); strings.Count(left, ", in the AWS account that is closed in its organization") != 3 {
		t.Errorf("it left %q", left)
	}
	if len(f.world.apps)+len(f.world.groups) > 0 {
		t.Errorf("in Okta there are %v and %v", f.world.apps, f.world.groups)
	}
}

// aws are the calls that go to the account.
var aws = map[string]bool{"Identity": true, "Provider": true, "UpdateProvider": true, "DeleteProvider": true, "CreateProvider": true, "Stack": true, "DeleteStack": true, "UpdateStack": true,
	"CreateStack": true, "StackTemplate": true, "StackResources": true, "StackFailure": true, "DetectDrift": true, "Survey": true, "RestoreRole": true, "AccessKeys": true, "KeyUse": true,
	"DeleteAccessKey": true, "SetAccessKeyActive": true, "DeleteUser": true, "DeleteUserPolicy": true}

func TestWhatOktaRefusesOfAClosedAccountIsTold(t *testing.T) {
	f := start(t, nil)
	f.linked(inAPI)
	f.change(func(w *world) {
		w.status = "SUSPENDED"
		w.hook = func(call string) error {
			if aws[call] || call == "DeactivateApplication" {
				return &store.Error{Kind: store.Denied, Message: call + " is refused", Remedy: "Look."}
			}
			return nil
		}
	})
	f.ask(store.Unlink, store.Wish{})
	a := f.until("failed", inState(store.Failed))
	if p := a.Steps["okta-app"].Problem; p == nil || p.Message != "DeactivateApplication is refused" {
		t.Errorf("problem %+v%s", p, steps(a))
	}
}

func TestCredentialsThatLeadElsewhereUndoNothingThere(t *testing.T) {
	f := start(t, nil)
	f.linked(inAPI)
	f.stop()
	f.change(func(w *world) { w.identity.Account.ID = "999988887777" })
	f.restart(nil)
	f.ask(store.Unlink, store.Wish{})
	a := f.until("failed, with the rest done", func(a store.Account) bool { return a.State == store.Failed && a.Due.IsZero() })
	if p := a.FirstProblem(); !strings.Contains(p.Message, "lead to account aws/999988887777 instead") {
		t.Errorf("problem %+v", p)
	}
	if n := f.world.count("DeleteStack") + f.world.count("DeleteUser") + f.world.count("DeleteAccessKey"); n > 0 {
		t.Error("another account's things were deleted")
	}
}

func TestARequestThatIsApprovedWhileAStepRunsOvertakesIt(t *testing.T) {
	f := start(t, nil)
	var once atomic.Bool
	f.hook(func(call string) error {
		if call == "CreateUser" && once.CompareAndSwap(false, true) {
			f.ask(store.Unlink, store.Wish{}) // the user is made after that all the same
		}
		return nil
	})
	f.approve()
	f.run()
	f.until("unlinked", inState(store.Unlinked))
	nothingLeft(f)
}
