package life_test

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/oktaws/oktaws/internal/sandbox/aws"
	"github.com/oktaws/oktaws/internal/sandbox/okta"
	"github.com/oktaws/oktaws/provision"
	"github.com/oktaws/oktaws/store"
)

// hand is one thing that somebody with both consoles open does to a linked account. do fails where there is nothing to
// do it to, and has changed nothing then.
type hand struct {
	name  string
	whole bool       // it is about the application, and so about all accounts that share it
	mode  store.Mode // it makes sense in; empty: both
	do    func(w *world, e *expected) error
}

var errNothing = fmt.Errorf("there is nothing to do it to")

const everyRole = "ReadOnlyAccess" // of every role set

func hands() []hand {
	const api, groups = store.ModeAPI, store.ModeGroups
	onApp := func(do func(w *world, e *expected, app string) error) func(*world, *expected) error {
		return func(w *world, e *expected) error {
			app := w.record(e.key).Known.AppID
			if _, ok := w.Okta.Application(app); !ok {
				return errNothing
			}
			return do(w, e, app)
		}
	}
	onGroup := func(do func(w *world, app, group string) error) func(*world, *expected) error {
		return onApp(func(w *world, e *expected, app string) error {
			id := w.record(e.key).Known.Groups[everyRole]
			all := w.Okta.Groups()
			i := slices.IndexFunc(all, func(g okta.Group) bool { return g.ID == id })
			if i < 0 || !strings.Contains(all[i].Description, "made by oktaws") {
				return errNothing
			}
			return do(w, app, id)
		})
	}
	onPeople := func(do func(w *world, app string, shared store.Application) error) func(*world, *expected) error {
		return onApp(func(w *world, e *expected, app string) error {
			shared := w.sharedApplication(e.wish.Shared)
			if shared.PeopleID == "" || shared.RuleID == "" {
				return errNothing
			}
			return do(w, app, shared)
		})
	}
	setting := func(name string, value any) func(*world, *expected) error {
		return onApp(func(w *world, _ *expected, app string) error {
			if a, _ := w.Okta.Application(app); a.Status != "ACTIVE" {
				return errNothing
			}
			return w.Okta.SetSetting(app, name, value)
		})
	}
	return []hand{
		{"trust", false, "", func(w *world, e *expected) error {
			return w.AWS.SetTrust(e.key.ID, everyRole, fmt.Sprintf(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::%s:root"},"Action":"sts:AssumeRole"}]}`, e.key.ID))
		}},
		{"policy attached", false, "", func(w *world, e *expected) error {
			return w.AWS.AttachPolicy(e.key.ID, everyRole, "arn:aws:iam::aws:policy/AdministratorAccess")
		}},
		{"policy detached", false, "", func(w *world, e *expected) error {
			return w.AWS.DetachPolicy(e.key.ID, everyRole, "arn:aws:iam::aws:policy/ReadOnlyAccess")
		}},
		{"session", false, "", func(w *world, e *expected) error { return w.AWS.SetSession(e.key.ID, everyRole, 6*time.Hour) }},
		{"role deleted", false, "", func(w *world, e *expected) error { return w.AWS.DeleteRole(e.key.ID, everyRole) }},
		{"provider deleted", false, "", func(w *world, e *expected) error { return w.AWS.DeleteProvider(e.key.ID, "Okta") }},
		{"provider tags", false, "", func(w *world, e *expected) error { return w.AWS.SetProviderTags(e.key.ID, "Okta", nil) }},
		{"metadata", false, "", func(w *world, e *expected) error { return w.AWS.SetMetadata(e.key.ID, "Okta", "") }},
		{"stack deleted", false, "", func(w *world, e *expected) error { return w.AWS.DeleteStack(e.key.ID, "oktaws-roles") }},
		{"stack tags", false, "", func(w *world, e *expected) error { return w.AWS.SetStackTags(e.key.ID, "oktaws-roles", nil) }},
		{"user deleted", false, api, func(w *world, e *expected) error { return w.AWS.DeleteUser(e.key.ID, "OktaSSOuser") }},
		{"user tags", false, api, func(w *world, e *expected) error { return w.AWS.SetUserTags(e.key.ID, "OktaSSOuser", nil) }},
		{"user policy", false, api, func(w *world, e *expected) error {
			return w.AWS.DeleteUserPolicy(e.key.ID, "OktaSSOuser", "oktaws")
		}},
		{"user rights", false, api, func(w *world, e *expected) error {
			return w.AWS.SetUserPolicy(e.key.ID, "OktaSSOuser", "more", `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:*","Resource":"*"}]}`)
		}},
		{"key deleted", false, api, func(w *world, e *expected) error {
			keys := w.AWS.AccessKeys(e.key.ID, "OktaSSOuser")
			if len(keys) == 0 {
				return errNothing
			}
			return w.AWS.DeleteKey(e.key.ID, "OktaSSOuser", keys[0].ID)
		}},
		{"key inactive", false, api, func(w *world, e *expected) error {
			keys := w.AWS.AccessKeys(e.key.ID, "OktaSSOuser")
			if len(keys) == 0 {
				return errNothing
			}
			return w.AWS.SetKeyActive(e.key.ID, "OktaSSOuser", keys[0].ID, false)
		}},
		{"application deactivated", true, "", onApp(func(w *world, _ *expected, app string) error { return w.Okta.Deactivate(app) })},
		{"application deleted", true, "", onApp(func(w *world, _ *expected, app string) error {
			_ = w.Okta.Deactivate(app)
			return w.Okta.DeleteApp(app)
		})},
		{"application renamed", true, "", onApp(func(w *world, e *expected, app string) error {
			if a, _ := w.Okta.Application(app); a.Status != "ACTIVE" {
				return errNothing
			}
			return w.Okta.SetLabel(app, "Renamed "+e.label)
		})},
		{"application note", true, "", onApp(func(w *world, _ *expected, app string) error {
			if a, _ := w.Okta.Application(app); a.Status != "ACTIVE" {
				return errNothing
			}
			return w.Okta.SetNote(app, "somebody's own words")
		})},
		{"session of the application", true, "", setting("sessionDuration", 7200)},
		{"one role only", true, "", setting("joinAllRoles", false)},
		{"provider of the application", true, "", setting("identityProviderArn", "arn:aws:iam::999999999999:saml-provider/Other")},
		{"group filter", true, groups, setting("groupFilter", "^other$")},
		{"provisioning off", false, api, onApp(func(w *world, _ *expected, app string) error {
			if a, _ := w.Okta.Application(app); !a.Provisioning.Enabled {
				return errNothing
			}
			return w.Okta.DisableProvisioning(app)
		})},
		{"group unassigned", false, "", onGroup(func(w *world, app, group string) error { return w.Okta.Unassign(app, group) })},
		{"group deleted", false, "", onGroup(func(w *world, _, group string) error { return w.Okta.DeleteGroup(group) })},
		{"group renamed", false, "", onGroup(func(w *world, _, group string) error { return w.Okta.Rename(group, "Somebody's "+group) })},
		{"people unassigned", true, groups, onPeople(func(w *world, app string, shared store.Application) error {
			return w.Okta.Unassign(app, shared.PeopleID)
		})},
		{"people deleted", true, groups, onPeople(func(w *world, _ string, shared store.Application) error { return w.Okta.DeleteGroup(shared.PeopleID) })},
		{"rule deleted", true, groups, onPeople(func(w *world, _ string, shared store.Application) error {
			_ = w.Okta.DeactivateRule(shared.RuleID)
			return w.Okta.DeleteRule(shared.RuleID, false)
		})},
		{"rule inactive", true, groups, onPeople(func(w *world, _ string, shared store.Application) error { return w.Okta.DeactivateRule(shared.RuleID) })},
		{"rule replaced", true, groups, onPeople(func(w *world, _ string, shared store.Application) error {
			_ = w.Okta.DeactivateRule(shared.RuleID)
			if err := w.Okta.DeleteRule(shared.RuleID, false); err != nil {
				return err
			}
			_, err := w.Okta.MakeRule(shared.Label+" people", `isMemberOfGroupNameStartsWith("somebody")`, shared.PeopleID)
			return err
		})},
		{"group without roles", false, api, onGroup(func(w *world, app, group string) error {
			i := slices.IndexFunc(w.Okta.Assignments(app), func(a okta.Assignment) bool { return a.GroupID == group })
			if i < 0 {
				return errNothing
			}
			return w.Okta.SetRoles(app, group, nil)
		})},
	}
}

// stranger is something that somebody makes by hand in one of the account's names, and takes away again. see is what it
// looks like; empty: it isn't there.
type stranger struct {
	name string
	make func(w *world, e *expected) error
	drop func(w *world, e *expected) error
	see  func(w *world, e *expected) string
}

func strangers(m *model) []stranger {
	appLabel := func(e *expected) string {
		if m.shared != "" {
			return m.shared
		}
		return e.label
	}
	return []stranger{
		{"app", func(w *world, e *expected) error {
			_, err := w.Okta.MakeApplication(appLabel(e), "mine", nil)
			return err
		}, func(w *world, e *expected) error {
			for _, a := range w.Okta.Applications() {
				if a.Label == appLabel(e) && !strings.Contains(a.Note, "Managed by oktaws") {
					_ = w.Okta.Deactivate(a.ID)
					return w.Okta.DeleteApp(a.ID)
				}
			}
			return errNothing
		}, func(w *world, e *expected) string {
			for _, a := range w.Okta.Applications() {
				if a.Label == appLabel(e) && !strings.Contains(a.Note, "Managed by oktaws") {
					return fmt.Sprintf("%+v %+v", a, w.Okta.Assignments(a.ID))
				}
			}
			return ""
		}},
		{"provider", func(w *world, e *expected) error { return w.AWS.MakeProvider(e.key.ID, "Okta", "", nil) },
			func(w *world, e *expected) error { return w.AWS.DeleteProvider(e.key.ID, "Okta") },
			func(w *world, e *expected) string {
				for _, p := range w.AWS.Providers(e.key.ID) {
					if p.Name == "Okta" && p.Tags["managed-by"] != "oktaws" {
						return fmt.Sprintf("%+v", p)
					}
				}
				return ""
			}},
		{"stack", func(w *world, e *expected) error {
			if slices.ContainsFunc(w.AWS.Roles(e.key.ID), func(r aws.Role) bool { return r.Name == everyRole }) {
				return errNothing
			}
			template, err := provision.Template(roleSets()["small"])
			if err != nil {
				return err
			}
			return w.AWS.MakeStack(e.key.ID, "oktaws-roles", template, map[string]string{"IdentityProviderArn": "arn:aws:iam::" + e.key.ID + ":saml-provider/Other"}, nil)
		}, func(w *world, e *expected) error { return w.AWS.DeleteStack(e.key.ID, "oktaws-roles") },
			func(w *world, e *expected) string {
				for _, s := range w.AWS.Stacks(e.key.ID) {
					if s.Name == "oktaws-roles" && s.Tags["managed-by"] != "oktaws" {
						return fmt.Sprintf("%+v", s)
					}
				}
				return ""
			}},
		{"role", func(w *world, e *expected) error {
			return w.AWS.MakeRole(e.key.ID, everyRole, "", "arn:aws:iam::aws:policy/ReadOnlyAccess")
		}, func(w *world, e *expected) error { return w.AWS.DeleteRole(e.key.ID, everyRole) },
			func(w *world, e *expected) string {
				for _, r := range w.AWS.Roles(e.key.ID) {
					if r.Name == everyRole && r.Stack == "" {
						return fmt.Sprintf("%+v", r)
					}
				}
				return ""
			}},
		{"user", func(w *world, e *expected) error { return w.AWS.MakeUser(e.key.ID, "OktaSSOuser", nil) },
			func(w *world, e *expected) error { return w.AWS.DeleteUser(e.key.ID, "OktaSSOuser") },
			func(w *world, e *expected) string {
				for _, u := range w.AWS.Users(e.key.ID) {
					if u.Name == "OktaSSOuser" && u.Tags["managed-by"] != "oktaws" {
						return fmt.Sprintf("%+v %+v", u, len(w.AWS.AccessKeys(e.key.ID, u.Name)))
					}
				}
				return ""
			}},
		{"group", func(w *world, e *expected) error {
			_, err := w.Okta.MakeGroup(foreignGroup(m, e), "made by hand")
			return err
		}, func(w *world, e *expected) error {
			for _, g := range w.Okta.Groups() {
				if g.Name == foreignGroup(m, e) && g.Description == "made by hand" {
					return w.Okta.DeleteGroup(g.ID)
				}
			}
			return errNothing
		}, func(w *world, e *expected) string {
			for _, g := range w.Okta.Groups() {
				if g.Name == foreignGroup(m, e) && g.Description == "made by hand" {
					return g.ID
				}
			}
			return ""
		}},
	}
}

// foreignGroup is the name of the group that somebody has made by hand: that of a role in mode api, or where the accounts
// share an application, in mode groups.
func foreignGroup(m *model, e *expected) string {
	if m.shared != "" {
		return "aws#" + e.key.ID + "#" + everyRole + "#" + e.key.ID
	}
	return e.label + "-" + everyRole
}
