package provision_test

import (
	"maps"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/oktaws/oktaws/provision"
	"github.com/oktaws/oktaws/store"
)

// roleGroups are the IDs of the account's groups by role.
func roleGroups(f *fixture, key store.AccountKey) map[string]string {
	return maps.Clone(f.of(key).Known.Groups)
}

// rolesAlways fails the test where the members of a group are not offered its role, or another one. The first call that
// allows a gap ends the promise until the next one that it names.
func rolesAlways(f *fixture, groups map[string]string) func(string) error {
	w := f.world
	return func(call string) error {
		w.mu.Lock()
		defer w.mu.Unlock()
		for role, id := range groups {
			if w.group(id) == nil {
				f.Errorf("after %s the group of %s is gone", call, role)
				continue
			}
			if got := w.offers(w, id); !slices.Equal(slices.Compact(got), []string{role}) {
				f.Errorf("after %s the people of %s are offered %q", call, role, got)
			}
		}
		return nil
	}
}

func TestPeopleKeepTheirRolesWhileTheModeChanges(t *testing.T) {
	f := start(t, nil)
	f.linked(inAPI)
	groups := roleGroups(f, account)
	f.change(func(w *world) { w.after = rolesAlways(f, groups) })

	f.ask(store.Change, inGroups)
	a := f.until("linked", inState(store.Linked))
	if left := leftOf(a); !strings.Contains(left, "The API integration of the Okta application Gmail-AWS-Account") {
		t.Errorf("it says that it left %q", left)
	}
	if len(f.world.users)+len(f.world.keys) > 0 || a.Known.UserName != "" || !maps.Equal(roleGroups(f, account), groups) {
		t.Errorf("users %v, keys %v, known %+v", f.world.users, f.world.keys, a.Known)
	}
	order := []string{"RenameGroup", "UpdateApplication", "Survey", "DeleteAccessKey", "DeleteUser"}
	calls, at := f.world.calls, 0
	for i := slices.Index(calls, "RenameGroup"); i < len(calls) && at < len(order); i++ {
		if calls[i] == order[at] {
			at++
		}
	}
	if at < len(order) || slices.Index(calls, "DeleteUser") < slices.Index(calls, "UpdateApplication") {
		t.Errorf("the order of the calls is %q", calls)
	}
	f.clean()

	id := f.ask(store.Change, inAPI)
	f.enterNewKey(id) // Okta still shows provisioning enabled, with the key that is gone
	a = f.until("linked", inState(store.Linked))
	if !maps.Equal(roleGroups(f, account), groups) || a.Known.KeyID == "" || f.world.apps["0oa1"].Settings["useGroupMapping"] != false {
		t.Errorf("known %+v", a.Known)
	}
	f.clean()
}

func TestAChangeOfModeThatIsInterruptedAnywhereCarriesOn(t *testing.T) {
	for _, way := range [][]store.Wish{{inAPI, inGroups}, {inGroups, inAPI}} {
		f := start(t, nil)
		f.linked(way[0])
		before := len(f.world.calls)
		f.ask(store.Change, way[1])
		f.until("on its way", func(a store.Account) bool { return len(a.Steps) > 0 })
		f.afterThePerson()
		f.stop()
		all := counts(f.world.calls[before:])
		for _, name := range slices.Sorted(maps.Keys(all)) {
			for _, after := range ways(name) {
				t.Run("to "+string(way[1].Mode)+" "+name+map[bool]string{true: " is answered by nobody"}[after], func(t *testing.T) {
					t.Parallel()
					f := start(t, nil)
					f.linked(way[0])
					failsOnce(f, name, 1, after, errCut)
					groups := roleGroups(f, account)
					f.change(func(w *world) {
						lose, look := w.after, rolesAlways(f, groups)
						w.after = func(call string) error {
							err := look(call)
							if lose != nil {
								err = lose(call)
							}
							return err
						}
					})
					f.ask(store.Change, way[1])
					f.until("on its way", func(a store.Account) bool { return len(a.Steps) > 0 })
					f.afterThePerson()
					f.change(func(w *world) { w.hook = nil })
					f.clean()
				})
			}
		}
	}
}

func TestAGroupThatMayNotBeRenamedStopsAChangeOfModeBeforeAnybodyLosesARole(t *testing.T) {
	f := start(t, func(_ *provision.Config, w *world) {
		w.groups["Gmail-AWS-Account-PowerUsers"] = &provision.Group{ID: "00gHR", Name: "Gmail-AWS-Account-PowerUsers", Description: "from HR"}
	})
	f.linked(inAPI)
	groups := roleGroups(f, account)
	f.change(func(w *world) { w.after = rolesAlways(f, groups) })
	would := f.account()
	would.Mode = store.ModeGroups
	if plan := f.plan(would); !slices.ContainsFunc(plan, func(x store.Finding) bool { return x.Key == "okta-groups/PowerUsers/name" && x.Person }) {
		t.Errorf("the plan is%s", says(plan))
	}
	f.ask(store.Change, inGroups)
	a := f.until("failed", func(a store.Account) bool { return a.State == store.Failed && a.Due.IsZero() })
	p := a.Steps["okta-groups"].Problem
	if p == nil || !strings.Contains(p.Message, "Okta has no group named aws#gmail#PowerUsers#111122223333 for PowerUsers in account 111122223333") {
		t.Fatalf("problem %+v", p)
	}
	f.change(func(w *world) {
		w.groups["aws#gmail#PowerUsers#111122223333"] = &provision.Group{ID: "00gNew", Name: "aws#gmail#PowerUsers#111122223333"}
		w.after = nil
	})
	f.retry()
	f.until("linked", inState(store.Linked))
	if f.world.groups["Gmail-AWS-Account-PowerUsers"] == nil {
		t.Error("somebody's group was renamed or deleted")
	}
	f.clean()
}

func TestAGroupOfSeveralRolesGivesNobodyMoreByAChangeOfMode(t *testing.T) {
	f := start(t, func(c *provision.Config, _ *world) {
		specs := provision.DefaultRoleSet()
		for i := range specs {
			specs[i].Group = "{label}"
		}
		c.RoleSets[store.DefaultRoleSet] = specs
	})
	f.linked(inGroups) // a group for each role, by the template
	f.ask(store.Change, inAPI)
	f.until("waiting", inState(store.Waiting))
	f.world.enable(provision.FeatureCreateUsers, provision.FeatureUpdateAttributes)
	a := f.until("failed", inState(store.Failed))
	if p := a.Steps["okta-groups"].Problem; p == nil || !strings.Contains(p.Message, "Okta has no group named Gmail-AWS-Account for Administrator, PowerUsers, ReadOnlyAccess") {
		t.Errorf("problem %+v", p)
	}
	for _, assigned := range f.world.assigned["0oa1"] {
		if len(assigned.Roles) > 0 {
			t.Errorf("a group was given %v", assigned.Roles)
		}
	}
}

func TestTwoAccountsAtOnceMakeOneApplicationThatTheLastOneTakesAway(t *testing.T) {
	var meet atomic.Int32
	f, accounts := sharing(t, func(_ *provision.Config, w *world) {
		w.hook = func(call string) error {
			if call == "CreateApplication" {
				meet.Add(1)
			}
			return nil
		}
	})
	if n := meet.Load(); n != 1 || len(f.world.apps) != 1 {
		t.Fatalf("%d applications were made", n)
	}
	app := f.world.apps["0oa1"]
	if app.Label != "AWS" || app.Settings["identityProviderArn"] != nil || app.Settings["roleValuePattern"] != "arn:aws:iam::${accountid}:saml-provider/Okta,arn:aws:iam::${accountid}:role/${role}" || app.Settings["appFilter"] != "okta" {
		t.Errorf("the application is %+v", app)
	}
	for _, key := range accounts {
		w := f.world
		if key != account {
			w = f.world.others[key]
		}
		for role, id := range roleGroups(f, key) {
			if got := w.offers(f.world, id); !slices.Equal(got, []string{role}) {
				t.Errorf("the people of %s in %s are offered %q", role, key, got)
			}
		}
		if len(w.users) > 0 {
			t.Errorf("%s has users", key)
		}
	}
	for i, key := range accounts {
		f.askFor(key, store.Unlink, store.Wish{})
		a := f.untilOf(key, "unlinked", inState(store.Unlinked))
		if last := i == len(accounts)-1; last != (f.world.apps["0oa1"] == nil) || last == strings.Contains(leftOf(a), "which other accounts share") {
			t.Errorf("after %d accounts the applications are %v; it left %q", i+1, f.world.apps, leftOf(a))
		}
		want := 3 * (len(accounts) - 1 - i)
		if want > 0 {
			want++ // of everybody who has the application
		}
		if n := len(f.world.groups); n != want {
			t.Errorf("after %d accounts there are %d groups", i+1, n)
		}
	}
	f.askFor(accounts[1], store.Link, store.Wish{Label: "Again", Mode: store.ModeGroups, Shared: "AWS"})
	f.untilOf(accounts[1], "linked", inState(store.Linked))
}

func TestAccountsThatShareAnApplicationMustHaveOnePathOfRoles(t *testing.T) {
	f, _ := sharing(t, func(c *provision.Config, _ *world) {
		specs := provision.DefaultRoleSet()
		for i := range specs {
			specs[i].Path = "/people/"
		}
		c.RoleSets["people"] = specs
	})
	fourth := store.AccountKey{Partition: "aws", ID: "444455556666"}
	f.change(func(w *world) { w.account(fourth, "fourth") })
	f.askFor(fourth, store.Link, store.Wish{Label: "Fourth", Mode: store.ModeGroups, Shared: "AWS", RoleSet: "people"})
	a := f.untilOf(fourth, "failed", inState(store.Failed))
	if p := a.Steps["role-mapping"].Problem; p == nil || !strings.Contains(p.Message, "444455556666 have the path /people/") || p.Remedy == "" {
		t.Errorf("problem %+v", p)
	}
	if got := f.world.apps["0oa1"].Settings["roleValuePattern"]; strings.Contains(got.(string), "people") {
		t.Errorf("the pattern is %s", got)
	}
}
