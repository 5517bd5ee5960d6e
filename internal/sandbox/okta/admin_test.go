package okta

import (
	"slices"
	"strings"
	"testing"
	"time"
)

// opened is an application whose assignments can have the roles Administrator and ReadOnly.
func (o *org) opened(label string) (id, path string) {
	o.t.Helper()
	o.aws.set(Role{"Administrator", []string{provider}}, Role{"ReadOnly", []string{provider}})
	id, path = o.create(label)
	o.want(o.person(id, "api-integration", enter("true")), 200)
	o.want(o.person(id, "to-app", `{"createUsers":true,"updateAttributes":true}`), 200)
	return id, path
}

// changes does what must succeed, and be told to those who wait.
func (o *org) changes(do func() error) {
	o.t.Helper()
	changed := o.Changed()
	if err := do(); err != nil {
		o.t.Fatal(err)
	}
	select {
	case <-changed:
	default:
		o.t.Error("those who wait for a change are not told")
	}
}

func (o *org) refuses(err error, reason string) {
	o.t.Helper()
	if err == nil || !strings.Contains(err.Error(), reason) {
		o.t.Errorf("got %v, want %q", err, reason)
	}
}

func TestAdminTampersWithAnApplication(t *testing.T) {
	o := newOrg(t)
	id, path := o.opened("Story")
	before, _ := o.Application(id)
	calls := len(o.hub.Calls(0))
	o.clock.Advance(time.Minute)
	o.changes(func() error { return o.SetLabel(id, "Renamed") })
	o.changes(func() error { return o.SetNote(id, "Mine now") })
	o.changes(func() error { return o.SetSetting(id, "sessionDuration", 7200) })
	o.changes(func() error { return o.SetSetting(id, "joinAllRoles", true) })
	got, _ := o.Application(id)
	if got.Label != "Renamed" || got.Note != "Mine now" || got.Settings["sessionDuration"] != 7200.0 || got.Settings["joinAllRoles"] != true {
		t.Errorf("got %+v", got)
	}
	if got.Settings["identityProviderArn"] != provider || got.SigningKeyID != before.SigningKeyID || !slices.Equal(got.Features, before.Features) || got.Updated != o.clock.Now().UTC() {
		t.Errorf("the rest did not stay: %+v", got)
	}
	o.changes(func() error { return o.SetSetting(id, "joinAllRoles", nil) })
	o.changes(func() error { return o.SetNote(id, "") })
	if got, _ := o.Application(id); got.Settings["joinAllRoles"] != false || got.Note != "" {
		t.Errorf("got %+v", got)
	}

	o.changes(func() error { return o.DisableProvisioning(id) })
	if got, _ := o.Application(id); len(got.Features) != 0 || got.Provisioning.Enabled || got.Provisioning.AccessKeyID != "" {
		t.Errorf("got %+v", got)
	}
	o.refuses(o.DeleteApp(id), "must be deactivated before deletion")
	o.changes(func() error { return o.Deactivate(id) })
	o.refuses(o.SetLabel(id, "Again"), "No active instances")
	o.changes(func() error { return o.Activate(id) })
	o.changes(func() error { return o.Deactivate(id) })
	o.changes(func() error { return o.DeleteApp(id) })
	if n := len(o.hub.Calls(0)); n != calls {
		t.Errorf("%d calls are recorded of it", n-calls)
	}
	o.want(o.do("GET", path, ""), 404, "E0000007")
}

func TestAdminIsRefusedWhatTheAPIRefuses(t *testing.T) {
	o := newOrg(t)
	id, _ := o.create("Story")
	group := o.AddGroup("Readers", "")
	everyone := o.Groups()[0].ID
	for reason, err := range map[string]error{
		"settings.app.roleArn: The property is not defined": o.SetSetting(id, "roleArn", "x"),
		"between 3600 and 43200":                            o.SetSetting(id, "sessionDuration", 60),
		"no JSON":                                           o.SetSetting(id, "loginURL", func() {}),
		"label: The field cannot be left blank":             o.SetLabel(id, ""),
		"0oanone (AppInstance)":                             o.Deactivate("0oanone"),
		"0oanone2 (AppInstance)":                            o.SetRoles("0oanone2", group, nil),
		"00gnone (UserGroup)":                               o.SetRoles(id, "00gnone", nil),
		"Property 'samlRoles' not found":                    o.SetRoles(id, group, []string{"Administrator"}),
		"(GroupAppAssignment)":                              o.Unassign(id, group),
		"name: The field cannot be left blank":              o.Rename(group, ""),
		"name: An object with this field already exists":    o.Rename(group, "Engineering"),
		"do not have permission":                            o.DeleteGroup(everyone),
		"00gnone2 (UserGroup)":                              o.DeleteGroup("00gnone2"),
		"nobody with the login":                             o.AddMember(group, "nobody@example.com"),
		"built-in":                                          o.RemoveMember(everyone, TestUserLogin),
	} {
		o.refuses(err, reason)
	}
	_, err := o.MakeGroup("Readers", "")
	o.refuses(err, "already exists")
	_, err = o.MakeApplication("Story", "", map[string]any{"roleArn": "x"})
	o.refuses(err, "The property is not defined")
	if len(o.Applications()) != 3 || len(o.Groups()) != 4 {
		t.Errorf("%d applications, %d groups: something was made", len(o.Applications()), len(o.Groups()))
	}
}

func TestAdminTampersWithGroupsAndAssignments(t *testing.T) {
	o := newOrg(t)
	id, path := o.opened("Story")
	var group string
	o.changes(func() (err error) { group, err = o.MakeGroup("Story-Admins", "Who runs it"); return err })
	o.changes(func() error { return o.AddMember(group, TestUserLogin) })
	o.changes(func() error { return o.SetRoles(id, group, nil) })
	o.want(o.do("PATCH", path+"/groups/"+group, `[{"op":"replace","path":"/priority","value":3}]`), 200)
	o.changes(func() error { return o.SetRoles(id, group, []string{"ReadOnly", "Administrator"}) })
	o.changes(func() error { return o.Rename(group, "Crew") })
	want := Assignment{GroupID: group, Group: "Crew", Priority: 3, Roles: []string{"ReadOnly", "Administrator"}}
	if got := o.Assignments(id); len(got) != 1 || got[0].Group != want.Group || got[0].Priority != want.Priority || !slices.Equal(got[0].Roles, want.Roles) {
		t.Errorf("got %+v, want %+v", got, want)
	}
	if g := o.Groups()[3]; g.Name != "Crew" || g.Description != "Who runs it" || !slices.Equal(g.Members, []string{TestUserLogin}) {
		t.Errorf("got %+v", g)
	}
	o.changes(func() error { return o.Unassign(id, group) })
	if got := o.Assignments(id); len(got) != 0 {
		t.Errorf("got %+v", got)
	}
	o.changes(func() error { return o.SetRoles(id, group, []string{"ReadOnly"}) })
	o.changes(func() error { return o.RemoveMember(group, TestUserLogin) })
	o.changes(func() error { return o.DeleteGroup(group) })
	if got := o.Assignments(id); len(got) != 0 || len(o.Groups()) != 3 {
		t.Errorf("got %+v, %d groups", got, len(o.Groups()))
	}
}

func TestApplicationMadeByHandIsLikeOneOfTheAPI(t *testing.T) {
	o := newOrg(t)
	var id string
	o.changes(func() (err error) {
		id, err = o.MakeApplication("By hand", "Ours too", map[string]any{"sessionDuration": 7200, "identityProviderArn": provider})
		return err
	})
	api := o.want(o.do("POST", "/api/v1/apps", `{"name":"amazon_aws","label":"By hand","signOnMode":"SAML_2_0",
		"settings":{"app":{"sessionDuration":7200,"identityProviderArn":"`+provider+`"},"notes":{"admin":"Ours too"}}}`), 200)
	hand := o.want(o.do("GET", "/api/v1/apps/"+id, ""), 200)
	found := map[string]string{}
	compare(found, "$", api.json, hand.json)
	if len(found) > 0 {
		t.Errorf("they differ: %v", found)
	}
	if hand.at("status") != "ACTIVE" || hand.at("credentials", "signing", "kid") == nil {
		t.Errorf("got %s", hand.text)
	}
}
