package provision_test

import (
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/oktaws/oktaws/provision"
	"github.com/oktaws/oktaws/store"
)

// whole looks at what accounts share: one application, one group of people that it is assigned to, one active rule.
func whole(f *fixture) {
	f.Helper()
	f.change(func(w *world) {
		people, rule := w.groups["AWS people"], w.rules["AWS people"]
		switch {
		case len(w.apps) != 1 || people == nil || rule == nil || len(w.rules) != 1:
			f.Errorf("%d applications, the people %v, the rules %v", len(w.apps), people, w.rules)
		case rule.Status != "ACTIVE" || rule.Expression != `isMemberOfGroupNameStartsWith("aws#")` || !slices.Equal(rule.Groups, []string{people.ID}):
			f.Errorf("the rule is %+v", rule)
		default:
			for id := range w.apps {
				if _, ok := w.assigned[id][people.ID]; !ok {
					f.Errorf("assigned is %v", w.assigned[id])
				}
			}
		}
	})
}

func checkOf(f *fixture, key store.AccountKey) []store.Finding {
	f.Helper()
	c, err := f.rec.Check(f.Context(), key)
	if err != nil || c.Problem != nil {
		f.Fatalf("a check of %s: %v, %+v", key, err, c.Problem)
	}
	return c.Findings
}

func TestAccountsThatShareAnApplicationHaveNothingToAssign(t *testing.T) {
	f, accounts := sharing(t, nil)
	whole(f)
	for call, most := range map[string]int{"Assign": 1, "CreateRule": 1, "CreateApplication": 1, "UpdateApplication": 0, "Metadata": 2} {
		if n := f.world.count(call); n > most {
			t.Errorf("%s was called %d times, want at most %d", call, n, most)
		}
	}
	for _, key := range accounts {
		if found := checkOf(f, key); len(found) > 0 {
			t.Errorf("a check of %s finds%s", key, says(found))
		}
		w := f.world
		if key != account {
			w = w.others[key]
		}
		f.change(func(okta *world) {
			for role, id := range f.of(key).Known.Groups {
				if got := w.offers(okta, id); !slices.Equal(got, []string{role}) {
					t.Errorf("%s: the people of %s are offered %q", key, role, got)
				}
			}
		})
	}

	for i, key := range accounts {
		f.askFor(key, store.Unlink, store.Wish{})
		f.untilOf(key, "unlinked", inState(store.Unlinked))
		if i < len(accounts)-1 {
			whole(f)
		}
	}
	f.change(func(w *world) {
		if len(w.apps)+len(w.groups)+len(w.rules) > 0 {
			t.Errorf("left are the applications %v, the groups %v, the rules %v", w.apps, w.groups, w.rules)
		}
	})
}

func TestACheckFindsWhatDiffersOfThePeopleAndARepairMendsIt(t *testing.T) {
	f, accounts := sharing(t, nil)
	for _, c := range []struct {
		name, key string
		change    func(*world)
	}{
		{"the people are unassigned", "people/unassigned", func(w *world) { delete(w.assigned["0oa1"], w.groups["AWS people"].ID) }},
		{"the rule is inactive", "people/rule-inactive", func(w *world) { w.rules["AWS people"].Status = "INACTIVE" }},
		{"the rule is gone", "people/rule-gone", func(w *world) { delete(w.rules, "AWS people") }},
		{"the rule takes others", "people/rule-changed", func(w *world) { w.rules["AWS people"].Expression = `isMemberOfGroupNameStartsWith("aw")` }},
		{"the people are gone", "people/unassigned", func(w *world) {
			delete(w.assigned["0oa1"], w.groups["AWS people"].ID)
			w.rules["AWS people"].Status = "INVALID"
			delete(w.groups, "AWS people")
		}},
		{"a role group is gone", "Administrator/gone", func(w *world) { delete(w.groups, "aws#gmail#Administrator#111122223333") }},
	} {
		f.change(c.change)
		f.clock.Advance(2 * time.Minute)
		found := f.check().Findings
		if !slices.ContainsFunc(found, func(x store.Finding) bool { return x.Key == "okta-groups/"+c.key }) {
			t.Errorf("%s: a check finds%s", c.name, says(found))
		}
		f.ask(store.Repair, store.Wish{})
		f.until("repaired", inState(store.Linked))
		whole(f)
		f.clean()
	}
	if found := checkOf(f, accounts[1]); len(found) > 0 {
		t.Errorf("the other account:%s", says(found))
	}
}

// Accounts that were linked before there was a group of people go on as they are, and come to have one with a repair.
func TestAccountsWithAssignmentsOfTheirOwnGoOn(t *testing.T) {
	f, accounts := sharing(t, nil)
	f.change(func(w *world) {
		clear(w.assigned["0oa1"])
		for name, g := range w.groups {
			if strings.HasPrefix(name, "aws#") {
				w.assign("0oa1", g.ID)
			}
		}
		delete(w.groups, "AWS people")
		clear(w.rules)
	})
	f.update(func(tx *store.Tx) error {
		shared, err := tx.SharedApplication("aws", "AWS")
		if err != nil {
			return err
		}
		shared.PeopleID, shared.RuleID = "", ""
		return tx.SaveApplication(&shared)
	})
	f.clock.Advance(2 * time.Minute)
	for _, key := range accounts {
		if found := checkOf(f, key); len(found) > 0 {
			t.Errorf("a check of %s finds%s", key, says(found))
		}
	}
	f.ask(store.Repair, store.Wish{})
	f.until("repaired", inState(store.Linked))
	whole(f)
	for _, key := range accounts {
		if found := checkOf(f, key); len(found) > 0 {
			t.Errorf("after the repair, a check of %s finds%s", key, says(found))
		}
	}
}

func TestAGroupOfSomebodyElseIsNeverFilledByARule(t *testing.T) {
	f := start(t, func(_ *provision.Config, w *world) {
		w.groups["AWS people"] = &provision.Group{ID: "00gtheirs", Name: "AWS people", Description: "May enter the vault"}
	})
	f.ask(store.Link, store.Wish{Label: label, Mode: store.ModeGroups, Shared: "AWS"})
	f.run()
	a := f.until("failed", inState(store.Failed))
	if p := a.FirstProblem(); p.Kind != store.Conflict || !strings.Contains(p.Message, "AWS people") || len(f.world.rules) > 0 || len(f.world.assigned["0oa2"]) > 0 {
		t.Errorf("problem %+v, rules %v", p, f.world.rules)
	}
	f.change(func(w *world) { w.rename("00gtheirs", "Vault") })
	f.retry()
	f.until("linked", inState(store.Linked))
	whole(f)
}

// Each call of linking a shared application is lost once, before its effect and after it.
func TestWhatAccountsShareIsMadeOnceWhateverIsLost(t *testing.T) {
	f := start(t, nil)
	shared := store.Wish{Label: label, Mode: store.ModeGroups, Shared: "AWS"}
	f.ask(store.Link, shared)
	f.run()
	f.until("linked", inState(store.Linked))
	f.stop()
	places := len(f.world.calls)
	for n := range places {
		for _, when := range []string{"before", "after"} {
			t.Run(fmt.Sprintf("%s %d", when, n), func(t *testing.T) {
				t.Parallel()
				f := start(t, nil)
				var seen atomic.Int32
				lose := func(string) error {
					if int(seen.Add(1)) == n+1 {
						return &store.Error{Kind: store.Transient, Message: "the line went dead"}
					}
					return nil
				}
				if when == "before" {
					f.world.hook = lose
				} else {
					f.world.after = lose
				}
				f.ask(store.Link, shared)
				f.run()
				f.until("linked", inState(store.Linked))
				whole(f)
				f.ask(store.Unlink, store.Wish{})
				f.until("unlinked", inState(store.Unlinked))
				f.change(func(w *world) {
					if len(w.apps)+len(w.groups)+len(w.rules) > 0 {
						t.Errorf("left are the applications %v, the groups %v, the rules %v", w.apps, w.groups, w.rules)
					}
				})
			})
		}
	}
}
