package provision_test

import (
	"context"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/oktaws/oktaws/provision"
	"github.com/oktaws/oktaws/store"
)

// bearsOurMarks fails the test where one of the account's things does not bear our mark.
func bearsOurMarks(f *fixture) {
	f.Helper()
	f.change(func(w *world) {
		a := f.account()
		app := w.apps[a.Known.AppID]
		stack := w.stacks[a.Known.StackID]
		user := w.users["OktaSSOuser"]
		if app == nil || !strings.HasPrefix(app.Note, mark) || w.providers[providerARN].Tags[provision.TagManaged] == "" || stack == nil || stack.Tags[provision.TagManaged] == "" ||
			a.Mode == store.ModeAPI && (user == nil || user.Tags[provision.TagManaged] == "") {
			f.Errorf("not all of it bears our marks: %+v, %+v, %+v, %+v", app, w.providers, stack, user)
		}
	})
}

func TestWhatSomebodyMadeByHandIsTakenOver(t *testing.T) {
	for _, c := range []struct {
		name string
		have func(*world)
	}{
		{"an application", func(w *world) {
			w.apps["0oaY"] = &provision.Application{ID: "0oaY", Name: "amazon_aws", Label: label, Status: "INACTIVE", SignOnMode: "SAML_2_0", SigningKeyID: "kid", Note: "by Anna"}
		}},
		{"an identity provider", func(w *world) {
			w.providers[providerARN] = &provision.Provider{ARN: providerARN, Metadata: metadata("0oaY", "kid")}
		}},
		{"an identity provider that can't be read", func(w *world) {
			w.providers[providerARN] = &provision.Provider{ARN: providerARN, Metadata: "<nonsense"}
		}},
		{"a stack", func(w *world) {
			_, _ = w.CreateStack(context.Background(), provision.StackSpec{Name: "oktaws-roles", Template: mustTemplate(), Parameters: map[string]string{"IdentityProviderArn": providerARN, "MaxSessionDuration": "7200"}})
		}},
		{"roles", foreignRoles},
		{"a role", func(w *world) { foreignRoles(w); delete(w.roles, "administrator") }},
		{"a user", func(w *world) { w.users["OktaSSOuser"] = &provision.User{Name: "OktaSSOuser", Path: "/"} }},
		{"all of it", foreignThings},
	} {
		for _, mode := range []store.Mode{store.ModeAPI, store.ModeGroups} {
			t.Run(c.name+" in mode "+string(mode), func(t *testing.T) {
				t.Parallel()
				f := start(t, func(_ *provision.Config, w *world) { c.have(w) })
				f.world.calls = nil
				f.ask(store.Adopt, store.Wish{Label: label, Mode: mode})
				f.run()
				f.afterThePerson()
				bearsOurMarks(f)
				f.clean()
				if n := f.world.count("DeleteStack") + f.world.count("DeleteProvider") + f.world.count("DeleteUser") + f.world.count("DeleteApplication"); n > 0 {
					t.Error("something was deleted")
				}
				if app := f.world.apps["0oaY"]; app != nil && app.Note != mark+"\nby Anna" {
					t.Errorf("the note is %q", app.Note)
				}
			})
		}
	}
}

func mustTemplate() string {
	template, err := provision.Template(provision.DefaultRoleSet())
	if err != nil {
		panic(err)
	}
	return template
}

func foreignRoles(w *world) {
	things := newWorld(w.clock)
	foreignThings(things)
	w.roles = things.roles
}

func TestAnAdoptionThatIsInterruptedAnywhereCarriesOn(t *testing.T) {
	f := start(t, func(_ *provision.Config, w *world) { foreignThings(w) })
	f.ask(store.Adopt, inAPI)
	f.run()
	f.afterThePerson()
	f.stop()
	all := counts(f.world.calls)
	for _, name := range slices.Sorted(maps.Keys(all)) {
		for _, after := range ways(name) {
			t.Run(name+map[bool]string{true: " is answered by nobody"}[after], func(t *testing.T) {
				t.Parallel()
				f := start(t, func(_ *provision.Config, w *world) { foreignThings(w) })
				failsOnce(f, name, all[name], after, errCut)
				f.ask(store.Adopt, inAPI)
				f.run()
				f.afterThePerson()
				bearsOurMarks(f)
				f.clean()
			})
		}
	}
}

func TestRolesAreImportedAndThenPutRight(t *testing.T) {
	f := start(t, func(_ *provision.Config, w *world) { foreignRoles(w) })
	f.ask(store.Adopt, inAPI)
	f.run()
	a := f.afterThePerson()
	if n := f.world.count("BeginImport"); n != 1 || f.world.count("FinishImport") != 2 || f.world.count("CreateStack") != 0 {
		t.Errorf("calls %v", f.world.calls)
	}
	if s := f.world.stacks[a.Known.StackID]; s.Status != "UPDATE_COMPLETE" || len(f.world.inStack[s.ID]) != 3 || a.Known.StackImport != "" {
		t.Errorf("the stack is %+v with %v", s, f.world.inStack[s.ID])
	}
	for _, r := range f.world.roles {
		if !strings.Contains(r.Trust, providerARN) || slices.Contains(r.Policies, "arn:aws:iam::aws:policy/Billing") {
			t.Errorf("the role is %+v", r)
		}
	}
	f.ask(store.Unlink, store.Wish{})
	f.until("unlinked", inState(store.Unlinked))
	nothingLeft(f)
}

func TestAnImportThatCloudFormationRefusesIsToldAndBegunAnewOnRetry(t *testing.T) {
	f := start(t, func(_ *provision.Config, w *world) {
		foreignRoles(w)
		w.unimportable = "CloudFormation says: PowerUsers is in another stack"
	})
	f.ask(store.Adopt, inAPI)
	f.run()
	a := f.until("failed", func(a store.Account) bool { return a.Steps["roles"].State == store.StepFailed })
	if p := a.Steps["roles"].Problem; !strings.Contains(p.Message, "in another stack") {
		t.Errorf("problem %+v", p)
	}
	f.change(func(w *world) { w.unimportable = "" })
	f.retry()
	f.afterThePerson()
	f.clean()
	if n := f.world.count("BeginImport"); n != 2 {
		t.Errorf("the import was begun %d times", n)
	}
}

func TestWhatAnAdoptionCantTakeOverIsRefusedAndPlanned(t *testing.T) {
	of := func(note, name string) *provision.Application {
		return &provision.Application{ID: "0oaY", Name: name, Label: label, Status: "ACTIVE", SignOnMode: "SAML_2_0", SigningKeyID: "kid", Note: note}
	}
	for _, c := range []struct {
		name, step, says string
		have             func(*world)
	}{
		{"a stack with something else", "roles", "holds Bucket (AWS::S3::Bucket), which the role set default has not: updating it would delete that", func(w *world) {
			w.stacks["s"] = &provision.Stack{ID: "s", Name: "oktaws-roles", Status: "CREATE_COMPLETE"}
			w.resources = []provision.StackResource{{LogicalID: "Bucket", PhysicalID: "b", Type: "AWS::S3::Bucket"}}
		}},
		{"a stack with another role", "roles", "holds Auditor (AWS::IAM::Role)", func(w *world) {
			w.stacks["s"] = &provision.Stack{ID: "s", Name: "oktaws-roles", Status: "CREATE_COMPLETE"}
			w.resources = []provision.StackResource{{LogicalID: "Auditor", PhysicalID: "Auditor", Type: "AWS::IAM::Role"}}
		}},
		{"an application of another account", "okta-app", "oktaws manages it, but not for account 111122223333", func(w *world) {
			w.apps["0oaY"] = of("Managed by oktaws for AWS account aws/999988887777. Please leave this line.", "amazon_aws")
		}},
		{"an application of another kind", "okta-app", "not one of the kind AWS Account Federation", func(w *world) { w.apps["0oaY"] = of("", "bookmark") }},
		{"two applications", "okta-app", "can't tell which of them", func(w *world) {
			w.apps["0oaY"], w.apps["0oaZ"] = of("", "amazon_aws"), of("", "amazon_aws")
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := start(t, func(_ *provision.Config, w *world) { c.have(w) })
			wish := inAPI
			wish.Adopt = true
			plan := f.plan(store.Account{AccountKey: account, Wish: wish})
			if !slices.ContainsFunc(plan, func(x store.Finding) bool {
				return strings.Contains(x.What, c.says) && x.Person && x.Mend != "" && x.Step == c.step
			}) {
				t.Errorf("the plan doesn't say %q:%s", c.says, says(plan))
			}
			f.ask(store.Adopt, inAPI)
			f.run()
			a := f.until("failed", func(a store.Account) bool { return a.Steps[c.step].State == store.StepFailed })
			if p := a.Steps[c.step].Problem; !strings.Contains(p.Message, c.says) || p.Remedy == "" || p.Foreign {
				t.Errorf("problem %+v, want %q", p, c.says)
			}
			if n := f.world.count("UpdateStack") + f.world.count("UpdateApplication"); n > 0 {
				t.Error("it was changed")
			}
			f.ask(store.Unlink, store.Wish{})
			f.until("unlinked", inState(store.Unlinked))
			nothingLeftBut(f, c.step)
		})
	}
}

// nothingLeftBut looks that what was refused is still there.
func nothingLeftBut(f *fixture, step string) {
	f.Helper()
	if step == "roles" && f.world.stacks["s"].Status != "CREATE_COMPLETE" || step == "okta-app" && f.world.apps["0oaY"] == nil {
		f.Error("what isn't ours was deleted")
	}
}

func TestALinkThatMetSomethingMadeByHandGoesOnAsAnAdoption(t *testing.T) {
	f := start(t, func(_ *provision.Config, w *world) { foreignThings(w) })
	f.ask(store.Link, inAPI)
	f.run()
	a := f.until("failed", func(a store.Account) bool { return a.State == store.Failed && a.Due.IsZero() })
	if p := a.Steps["okta-app"].Problem; !p.Foreign || !strings.Contains(p.Remedy, "/oktaws adopt 111122223333") {
		t.Errorf("problem %+v", p)
	}
	f.ask(store.Adopt, store.Wish{})
	f.afterThePerson()
	bearsOurMarks(f)
	f.clean()
}

func TestAnAdoptedApplicationWithAnotherUsersKeyGetsOursEntered(t *testing.T) {
	f := start(t, func(_ *provision.Config, w *world) {
		foreignThings(w)
		w.apps["0oaY"].Features = []string{provision.FeatureCreateUsers, provision.FeatureUpdateAttributes}
	})
	id := f.ask(store.Adopt, inAPI)
	f.run()
	f.until("waiting", inState(store.Waiting))
	f.until("asked for a key", func(store.Account) bool {
		var task store.Task
		err := f.store.View(t.Context(), func(tx *store.ReadTx) (err error) {
			task, err = tx.Task(store.TaskIDOf(id, store.EnterKey))
			return err
		})
		return err == nil && task.State == store.TaskOpen
	})
	secret, err := f.rec.Credentials(t.Context(), store.TaskIDOf(id, store.EnterKey), admin)
	if err != nil {
		t.Fatal(err)
	}
	f.change(func(w *world) { w.uses(secret.ID) })
	a := f.until("linked", inState(store.Linked))
	if a.Known.KeyID != secret.ID || !a.KeySince.IsZero() {
		t.Errorf("known %+v, since %s", a.Known, a.KeySince)
	}
	f.clean()
}
