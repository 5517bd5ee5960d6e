package provision_test

import (
	"errors"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/oktaws/oktaws/provision"
	"github.com/oktaws/oktaws/store"
)

var groupID = regexp.MustCompile(`00g\d+`)

func keysOf(findings []store.Finding) []string {
	var keys []string
	for _, f := range findings {
		keys = append(keys, groupID.ReplaceAllString(f.Key, "00g"))
	}
	slices.Sort(keys)
	return keys
}

// foreignThings puts things made by hand where linking would make its own.
func foreignThings(w *world) {
	w.apps["0oaY"] = &provision.Application{ID: "0oaY", Name: "amazon_aws", Label: label, Status: "ACTIVE", SignOnMode: "SAML_2_0", SigningKeyID: "kid", Note: "by Anna"}
	w.providers[providerARN] = &provision.Provider{ARN: providerARN, Metadata: metadata("0oaY", "kid"), Created: w.clock.Now()}
	for _, name := range []string{"PowerUsers", "Administrator"} {
		w.roles[strings.ToLower(name)] = &provision.Role{Name: name, ARN: "arn:aws:iam::111122223333:role/" + name, Path: "/", Trust: `{"Version":"2012-10-17","Statement":[]}`,
			Policies: []string{"arn:aws:iam::aws:policy/Billing"}, MaxDuration: time.Hour, Tags: map[string]string{"team": "a"}}
	}
	w.users["OktaSSOuser"] = &provision.User{Name: "OktaSSOuser", Path: "/", Inline: map[string]string{}}
}

var freshPlan = []string{"okta-app/gone", "okta-groups/Administrator/unassigned", "okta-groups/PowerUsers/unassigned", "okta-groups/ReadOnlyAccess/unassigned",
	"okta-provisioning/off", "roles/stack", "saml-provider/gone", "sso-user/gone"}

func TestAPlanSaysWhatWouldChange(t *testing.T) {
	for _, c := range []struct {
		name  string
		have  func(*fixture)
		would func(*store.Account)
		want  []string
	}{
		{name: "nothing is there", want: freshPlan},
		{name: "nothing is there, in mode groups", would: func(a *store.Account) { a.Mode = store.ModeGroups },
			want: []string{"okta-app/gone", "okta-groups/Administrator/unassigned", "okta-groups/PowerUsers/unassigned", "okta-groups/ReadOnlyAccess/unassigned", "roles/stack", "saml-provider/gone"}},
		{name: "things made by hand are in the way", have: func(f *fixture) { f.change(foreignThings) },
			want: []string{"okta-app/foreign", "okta-groups/Administrator/unassigned", "okta-groups/PowerUsers/unassigned", "okta-groups/ReadOnlyAccess/unassigned",
				"okta-provisioning/off", "roles/Administrator/foreign", "roles/PowerUsers/foreign", "roles/stack", "saml-provider/foreign", "sso-user/foreign", "sso-user/policy"}},
		{name: "they would be adopted", have: func(f *fixture) { f.change(foreignThings) }, would: func(a *store.Account) { a.Adopt = true },
			want: []string{"okta-app/awsEnvironmentType", "okta-app/foreign", "okta-app/identityProviderArn", "okta-app/joinAllRoles", "okta-app/loginURL", "okta-app/sessionDuration",
				"okta-groups/Administrator/unassigned", "okta-groups/PowerUsers/unassigned", "okta-groups/ReadOnlyAccess/unassigned",
				"okta-provisioning/off", "role-mapping/useGroupMapping", "roles/Administrator/foreign", "roles/PowerUsers/foreign", "roles/stack", "saml-provider/foreign", "sso-user/foreign", "sso-user/policy"}},
		{name: "a link that was cut off half-way", have: func(f *fixture) {
			f.ask(store.Link, inAPI)
			f.run()
			f.until("waiting", inState(store.Waiting))
			f.stop()
		}, want: []string{"okta-groups/Administrator/unassigned", "okta-groups/PowerUsers/unassigned", "okta-groups/ReadOnlyAccess/unassigned", "okta-provisioning/off"}},
		{name: "linked and in order", have: func(f *fixture) { f.linked(inAPI) }},
		{name: "in order in mode groups", have: func(f *fixture) { f.linked(inGroups) }},
		{name: "the key is to be rotated", have: func(f *fixture) { f.linked(inAPI) }, would: func(a *store.Account) { a.KeySince = start0.Add(time.Hour) },
			want: []string{"okta-provisioning/rotate"}},
		{name: "the certificate is to be rotated", have: func(f *fixture) { f.linked(inAPI) }, would: func(a *store.Account) { a.CertificateSince = start0.Add(time.Hour) },
			want: []string{"signing-key/rotate"}},
		{name: "from mode api to groups", have: func(f *fixture) { f.linked(inAPI) }, would: func(a *store.Account) { a.Mode = store.ModeGroups },
			want: []string{"okta-groups/Administrator/name", "okta-groups/PowerUsers/name", "okta-groups/ReadOnlyAccess/name",
				"role-mapping/appFilter", "role-mapping/groupFilter", "role-mapping/roleValuePattern", "role-mapping/useGroupMapping", "sso-user/there"}},
		{name: "from mode groups to api", have: func(f *fixture) { f.linked(inGroups) }, would: func(a *store.Account) { a.Mode = store.ModeAPI },
			want: []string{"okta-groups/Administrator/roles", "okta-groups/PowerUsers/roles", "okta-groups/ReadOnlyAccess/roles", "okta-provisioning/off", "role-mapping/useGroupMapping", "sso-user/gone"}},
		{name: "another role set", have: func(f *fixture) { f.linked(inAPI) }, would: func(a *store.Account) { a.RoleSet = "small" },
			want: []string{"okta-groups/Auditor/unassigned", "okta-groups/PowerUsers/former", "okta-groups/ReadOnlyAccess/former", "roles/Auditor/gone", "roles/PowerUsers/dropped", "roles/ReadOnlyAccess/dropped", "roles/template"}},
		{name: "unlinked", have: func(f *fixture) { f.linked(inAPI) }, would: func(a *store.Account) { a.Desired = store.WantUnlinked },
			want: []string{"okta-app/0oa1", "okta-groups/00g", "okta-groups/00g", "okta-groups/00g", "roles/there", "saml-provider/there", "sso-user/there"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			f := start(t, func(cfg *provision.Config, _ *world) {
				cfg.RoleSets["small"] = []provision.RoleSpec{provision.DefaultRoleSet()[0],
					{Name: "Auditor", Policies: []string{"arn:${AWS::Partition}:iam::aws:policy/SecurityAudit"}, Group: "{label}-{role}"}}
			})
			would := store.Account{AccountKey: account, Wish: inAPI}
			if c.have != nil {
				c.have(f)
			}
			if f.requests > 0 {
				would = f.account()
			}
			if c.would != nil {
				c.would(&would)
			}
			before := len(f.world.changes())
			plan := f.plan(would)
			if got := keysOf(plan); !slices.Equal(got, c.want) {
				t.Errorf("the plan has the keys\n\t%q, want\n\t%q%s", got, c.want, says(plan))
			}
			if made := f.world.changes()[before:]; len(made) > 0 {
				t.Errorf("the plan called %v", made)
			}
		})
	}
}

var start0 = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

func TestAPendingRequestGetsAPlanThatIsStored(t *testing.T) {
	f := start(t, nil)
	fails := 2
	f.hook(func(call string) error {
		if call == "Provider" && fails > 0 {
			fails--
			return &store.Error{Kind: store.Transient, Message: "AWS wants fewer calls at once", Remedy: "Wait."}
		}
		return nil
	})
	id := f.open(account, store.Link, inAPI)
	f.run()
	request := func() (r store.Request) {
		f.update(func(tx *store.Tx) (err error) { r, err = tx.Request(id); return err })
		return r
	}
	f.until("planned in vain", func(store.Account) bool { return request().Unplanned != nil })
	if p := request().Unplanned; p.Message != "AWS wants fewer calls at once" {
		t.Errorf("problem %+v", p)
	}
	f.until("planned", func(store.Account) bool { return request().Unplanned == nil && !request().Planned.IsZero() })
	if got := keysOf(request().Plan); !slices.Equal(got, freshPlan) {
		t.Errorf("the plan is %q", got)
	}
	if made := f.world.changes(); len(made) > 0 {
		t.Errorf("the plan called %v", made)
	}
	f.update(func(tx *store.Tx) error { _, err := tx.Approve(id, admin); return err })
	f.afterThePerson()
}

func TestARequestThatIsDeniedWhileItIsPlannedStaysDenied(t *testing.T) {
	f := start(t, nil)
	var id string
	f.hook(func(call string) error {
		if call == "Provider" {
			f.update(func(tx *store.Tx) error { _, err := tx.Deny(id, admin, "no"); return err })
		}
		return nil
	})
	id = f.open(account, store.Link, inAPI)
	f.run()
	f.until("free again", func(a store.Account) bool { return a.Pending == "" && a.Due.IsZero() })
	f.hook(nil)
	var r store.Request
	f.update(func(tx *store.Tx) (err error) { r, err = tx.Request(id); return err })
	if r.State != store.RequestDenied || len(r.Plan) > 0 {
		t.Errorf("the request is %+v", r)
	}
	f.linked(inAPI)
}

func TestAPlanForALinkedAccountLeavesItLinked(t *testing.T) {
	f := start(t, nil)
	f.linked(inAPI)
	id := f.open(account, store.Unlink, store.Wish{})
	var r store.Request
	a := f.until("planned", func(store.Account) bool {
		f.update(func(tx *store.Tx) (err error) { r, err = tx.Request(id); return err })
		return !r.Planned.IsZero()
	})
	if len(r.Plan) != 7 || a.State != store.Linked {
		t.Errorf("the account is %s, the plan is %s", a.State, says(r.Plan))
	}
	f.update(func(tx *store.Tx) error { _, err := tx.Deny(id, admin, "no"); return err })
	f.clean()
}

func TestAPlanTellsWhyItCantBeMade(t *testing.T) {
	for _, c := range []struct {
		name, says string
		have       func(*fixture)
	}{
		{"the credentials lead elsewhere", "lead to account aws/999988887777 instead", func(f *fixture) { f.world.identity.Account.ID = "999988887777" }},
		{"the configuration has no way there", "no such profile", func(f *fixture) {
			f.world.reach = &store.Error{Kind: store.Permanent, Message: "no such profile", Remedy: "Look."}
		}},
		{"the account is closed", "is closed in its organization (SUSPENDED)", func(f *fixture) {
			f.world.status = "SUSPENDED"
			f.world.hook = func(call string) error {
				if aws[call] {
					return &store.Error{Kind: store.Denied, Message: "refused", Remedy: "Look."}
				}
				return nil
			}
		}},
		{"the role set is not in the configuration", "has the role set big, which the configuration does not know", func(*fixture) {}},
		{"something inside", "", func(f *fixture) { f.world.hook = func(string) error { return errors.New("secret inside") } }},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := start(t, nil)
			c.have(f)
			would := store.Account{AccountKey: account, Wish: inAPI}
			if strings.Contains(c.says, "big") {
				would.RoleSet = "big"
			}
			_, err := f.rec.Plan(t.Context(), would)
			message, remedy := store.Explain(err)
			if err == nil || !strings.Contains(message, c.says) || remedy == "" || strings.Contains(message, "secret") {
				t.Errorf("error %v: %s %s", err, message, remedy)
			}
		})
	}
}

func TestAPlanNamesAGroupThatIsThereAlready(t *testing.T) {
	f := start(t, nil)
	const name = "Gmail-AWS-Account-Administrator"
	f.change(func(w *world) {
		w.groups[name] = &provision.Group{ID: "00gTHERE", Name: name, Description: "Who runs the mail"}
	})
	found, err := f.rec.Plan(t.Context(), store.Account{AccountKey: account, Wish: store.Wish{Label: "Gmail-AWS-Account", Mode: store.ModeAPI}})
	if err != nil {
		t.Fatal(err)
	}
	i := slices.IndexFunc(found, func(f store.Finding) bool { return strings.Contains(f.What, name) })
	if i < 0 || !strings.Contains(found[i].What, "was not made by oktaws") || !strings.Contains(found[i].Means, "sign on as Administrator") {
		t.Errorf("the plan says %+v", found)
	}
}
