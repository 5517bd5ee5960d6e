package provision_test

import (
	"fmt"
	"maps"
	"slices"
	"testing"

	"github.com/oktaws/oktaws/provision"
	"github.com/oktaws/oktaws/store"
)

// What the blueprint of a linked account says is what linking has made.
func TestBlueprintIsWhatLinkingMakes(t *testing.T) {
	for name, wish := range map[string]store.Wish{"api": inAPI, "groups": inGroups, "shared": {Label: label, Mode: store.ModeGroups, Shared: "AWS"}} {
		t.Run(name, func(t *testing.T) {
			f := start(t, nil)
			a := f.linked(wish)
			var shared store.Application
			f.update(func(tx *store.Tx) (err error) { shared, err = tx.SharedApplication(a.Partition, a.Shared); return err })
			f.stop()
			b, err := f.cfg.Blueprint(a, shared)
			if err != nil {
				t.Fatal(err)
			}
			w := f.world
			app := w.apps[a.Known.AppID]
			if app.Label != b.Application.Label || app.Note != b.Application.Note {
				t.Errorf("the application is %s (%s), not %s (%s)", app.Label, app.Note, b.Application.Label, b.Application.Note)
			}
			have := maps.Clone(app.Settings)
			maps.DeleteFunc(have, func(_ string, v any) bool { return v == nil })
			if fmt.Sprint(have) != fmt.Sprint(b.Application.Settings) {
				t.Errorf("its settings are\n%v, not\n%v", have, b.Application.Settings)
			}
			stack := w.stack(a.Known.StackID)
			if stack.Name != b.Stack.Name || w.templates[stack.ID] != b.Stack.Template || !maps.Equal(stack.Parameters, b.Stack.Parameters) || !b.StackSame {
				t.Errorf("the stack is %+v, not %+v", stack, b.Stack)
			}
			assigned := w.assigned[a.Known.AppID]
			want := len(b.Groups)
			if people := b.People; people.GroupID != "" {
				want = 1 // the people's group alone
				group, rule := w.group(people.GroupID), w.rules[people.RuleName]
				_, has := assigned[people.GroupID]
				if !has || group.Name != people.GroupName || group.Description != people.Description || rule.ID != people.RuleID || rule.Expression != people.Expression ||
					!slices.Equal(rule.Groups, []string{people.GroupID}) || rule.Status != "ACTIVE" {
					t.Errorf("the people are %+v by %+v, assigned: %t, not %+v", group, rule, has, people)
				}
			}
			if (b.People.GroupID != "") != (wish.Shared != "") || len(b.Groups) != 3 || len(assigned) != want {
				t.Errorf("%d groups are assigned, and the blueprint has %d, and %+v", len(assigned), len(b.Groups), b.People)
			}
			for _, g := range b.Groups {
				if w.group(g.ID).Name != g.Name || !slices.Equal(assigned[g.ID].Roles, g.Roles) || g.Exists {
					t.Errorf("the group is %+v with %v, not %+v", w.group(g.ID), assigned[g.ID].Roles, g)
				}
			}
			user, made := w.users[b.User.Name]
			if made != (wish.Mode == store.ModeAPI) || made && (user.Path != b.User.Path || user.Inline[b.User.PolicyName] != b.User.Policy) {
				t.Errorf("the user is %+v, not %+v", user, b.User)
			}
		})
	}
}

func TestBlueprintTellsAnotherTemplateAndSharedGroups(t *testing.T) {
	f := start(t, func(c *provision.Config, _ *world) {
		c.RoleSets[store.DefaultRoleSet] = []provision.RoleSpec{{Name: "A", Group: "one"}, {Name: "B", Group: "one"}, {Name: "C", Group: "two", GroupExists: true}, {Name: "New", Group: "new"}}
	})
	a := store.Account{AccountKey: account, Wish: inAPI, Known: store.Known{StackTemplate: "another", Groups: map[string]string{"A": "00g1", "B": "00g1", "C": "00g2"}}}
	b, err := f.cfg.Blueprint(a, store.Application{})
	want := []provision.GroupSpec{{ID: "00g1", Name: "one", Roles: []string{"A", "B"}}, {ID: "00g2", Name: "two", Roles: []string{"C"}, Exists: true}}
	if err != nil || b.StackSame || fmt.Sprint(b.Groups) != fmt.Sprint(want) {
		t.Errorf("the groups are %v, %v", b.Groups, err)
	}
	for name, change := range map[string]func(*store.Account){
		"role set":  func(a *store.Account) { a.RoleSet = "gone" },
		"partition": func(a *store.Account) { a.Partition = "aws-mars" },
	} {
		changed := a
		change(&changed)
		if _, err := f.cfg.Blueprint(changed, store.Application{}); store.KindOf(err) != store.Permanent || err == nil {
			t.Errorf("%s: the error is %v", name, err)
		}
	}
}
