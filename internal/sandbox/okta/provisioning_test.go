package okta

import (
	"encoding/json"
	"reflect"
	"slices"
	"strings"
	"testing"
)

const putRoles = `{"profile":{"samlRoles":["Administrator"]}}`

func enter(enabled string) string {
	return `{"enabled":` + enabled + `,"accessKey":"` + goodKey + `","secretKey":"` + goodSecret + `"}`
}

func TestRolesAreRefusedUntilAPersonHasEnabledProvisioning(t *testing.T) {
	o := newOrg(t)
	o.aws.set(Role{Name: "Administrator", TrustedProviders: []string{provider}},
		Role{Name: "Stranger", TrustedProviders: []string{"arn:aws:iam::111122223333:saml-provider/Other"}})
	id, path := o.create("Story")
	groupPath := path + "/groups/" + o.group("Story-Administrator")

	refused := func(when string) {
		t.Helper()
		a := o.want(o.do("PUT", groupPath, putRoles), 400, "E0000001")
		if a.at("errorSummary") != "Api validation failed: assignment" || !slices.Equal(a.causes(), []string{"Property 'samlRoles' not found"}) {
			t.Fatalf("%s: got %s", when, a.text)
		}
	}
	refused("at first")
	o.want(o.do("GET", path+"/features", ""), 400, "E0000001")
	plain := o.want(o.do("PUT", groupPath, `{}`), 200)
	if got := plain.at("profile").(map[string]any); plain.at("priority") != 0.0 || len(got) != 0 {
		t.Errorf("got %s", plain.text)
	}
	o.want(o.person(id, "to-app", `{"createUsers":true,"updateAttributes":true}`), 400)
	o.want(o.person(id, "refresh", ""), 400)
	o.want(o.person(id, "api-integration", enter("true")), 200)
	refused("with API integration alone")
	o.want(o.person(id, "to-app", `{"createUsers":true}`), 200)
	refused("with Create Users alone")
	o.want(o.person(id, "to-app", `{"createUsers":true,"updateAttributes":true}`), 200)

	app, _ := o.Application(id)
	if !slices.Equal(app.Features, []string{"PUSH_NEW_USERS", "PUSH_PROFILE_UPDATES"}) || !slices.Equal(app.Provisioning.Roles, []string{"Administrator"}) {
		t.Fatalf("got %+v", app)
	}
	a := o.want(o.do("PUT", groupPath, putRoles), 200)
	if roles := a.at("profile", "samlRoles").([]any); len(roles) != 1 || a.at("profile").(map[string]any)["role"] != nil || a.at("priority") != 0.0 {
		t.Errorf("got %s", a.text)
	}
	for _, bad := range []string{`["Stranger"]`, `"Administrator"`, `[5]`} {
		o.want(o.do("PUT", groupPath, `{"profile":{"samlRoles":`+bad+`}}`), 400, "E0000001")
	}
	o.want(o.do("PUT", groupPath, `{"profile":{"samlRole":["Administrator"]}}`), 400, "E0000001")
	o.want(o.do("GET", path+"/features", ""), 200)
	o.want(o.do("GET", path+"/features/USER_PROVISIONING", ""), 200)
	o.want(o.do("GET", path+"/features/OTHER", ""), 404, "E0000007")

	// A role made later is there after Refresh Application Data alone.
	o.aws.set(Role{Name: "Administrator", TrustedProviders: []string{provider}}, Role{Name: "PowerUsers", TrustedProviders: []string{provider}})
	both := `[{"op":"replace","path":"/profile/samlRoles","value":["Administrator","PowerUsers"]}]`
	o.want(o.do("PATCH", groupPath, both), 400, "E0000001")
	o.want(o.person(id, "refresh", ""), 200)
	o.want(o.do("PATCH", groupPath, both), 200)
	if got := o.Assignments(id); len(got) != 1 || got[0].Group != "Story-Administrator" || !slices.Equal(got[0].Roles, []string{"Administrator", "PowerUsers"}) {
		t.Errorf("got %+v", got)
	}

	o.LoseProvisioning(id)
	refused("once provisioning is lost")
	if app, _ := o.Application(id); len(app.Features) != 0 {
		t.Errorf("got %+v", app)
	}
}

func TestAWrongKeyIsToldAndNotKept(t *testing.T) {
	o := newOrg(t)
	id, _ := o.create("Keys")
	const wrong = "wrong/secret+value"
	for _, step := range []string{"test", "api-integration"} {
		a := o.want(o.person(id, step, `{"enabled":true,"accessKey":"AKIAWRONG","secretKey":"`+wrong+`"}`), 400)
		if text, _ := a.at("error").(string); !strings.Contains(text, "InvalidClientTokenId") || strings.Contains(a.text, wrong) {
			t.Errorf("%s: got %s", step, a.text)
		}
	}
	o.want(o.person(id, "api-integration", `{"enabled":true}`), 400)
	o.want(o.person(id, "api-integration", `{}`), 400)
	o.want(o.person(id, "test", `[`), 400)
	o.want(o.person("0oanone", "test", enter("true")), 404)
	o.want(o.person(id, "test", enter("true")), 200)
	if app, _ := o.Application(id); app.Provisioning.Enabled || app.Provisioning.AccessKeyID != "" {
		t.Errorf("trying the key saved it: %+v", app)
	}
	o.want(o.person(id, "api-integration", enter("true")), 200)
	o.want(o.person(id, "api-integration", `{"enabled":true}`), 200)
	o.want(o.person(id, "api-integration", `{"enabled":false}`), 200)
	if app, _ := o.Application(id); app.Provisioning.Enabled || app.Provisioning.AccessKeyID != "" {
		t.Errorf("switching off kept it: %+v", app)
	}
}

func TestOnlyAnAdminTakesTheStep(t *testing.T) {
	o := newOrg(t)
	id, _ := o.create("Admins")
	console := "/admin/app/amazon_aws/instance/" + id + "/"
	o.auth = ""
	o.want(o.do("POST", console+"provisioning/test", enter("true")), 403)
	o.want(o.do("POST", console+"provisioning/test", enter("true"), PersonHeader, "requester"), 403)
	a := o.want(o.do("GET", console, ""), 200)
	if a.at("application", "provisioning", "enabled") != false {
		t.Errorf("got %s", a.text)
	}
}

func TestNoSecretCanBeReadBack(t *testing.T) {
	o := newOrg(t)
	id, path := o.create("Secret")
	o.want(o.person(id, "test", `{"accessKey":"AKIAWRONG","secretKey":"another/secret"}`), 400)
	o.want(o.person(id, "api-integration", enter("true")), 200)
	page := o.want(o.do("GET", "/admin/app/amazon_aws/instance/"+id+"/", ""), 200)
	app := o.want(o.do("GET", path, ""), 200)
	calls, _ := json.Marshal(o.hub.Calls(0))
	state, _ := json.Marshal(o.Applications())
	for _, secret := range []string{goodSecret, "another/secret", testToken} {
		if strings.Contains(page.text+app.text+string(calls)+string(state), secret) {
			t.Errorf("%s can be read back", secret)
		}
	}
}

func TestAPutMayWipeProvisioning(t *testing.T) {
	o := newOrg(t, func(c *Config) { c.WipeOnPut = true })
	id, path := o.create("Wiped")
	o.want(o.person(id, "api-integration", enter("true")), 200)
	o.want(o.person(id, "to-app", `{"createUsers":true}`), 200)
	o.want(o.do("PUT", path, `{"label":"Wiped","signOnMode":"SAML_2_0"}`), 200)
	if app, _ := o.Application(id); len(app.Features) != 0 || app.Provisioning.Enabled {
		t.Errorf("got %+v", app)
	}
}

func TestAssignments(t *testing.T) {
	o := newOrg(t)
	id, path := o.create("Assigned")
	first, second := o.group("First"), o.group("Second")
	at := func(group string) string { return path + "/groups/" + group }
	o.want(o.do("GET", at(first), ""), 404, "E0000007")
	o.want(o.do("PATCH", at(first), `[]`), 404, "E0000007")
	o.want(o.do("PUT", at("00gnone"), `{}`), 404, "E0000007")
	o.want(o.do("PUT", at(first), ``), 200)
	o.want(o.do("PUT", at(first), `{"priority":4,"profile":{}}`), 200)
	if a := o.want(o.do("PUT", at(second), `{}`), 200); a.at("priority") != 5.0 {
		t.Errorf("got %s", a.text)
	}
	if a := o.want(o.do("PUT", at(first), `{}`), 200); a.at("priority") != 4.0 {
		t.Errorf("got %s", a.text)
	}
	for _, bad := range []string{`[{"op":"test","path":"/priority","value":1}]`, `[{"op":"replace","path":"/priority","value":"x"}]`,
		`[{"op":"replace","path":"/id","value":"x"}]`, `[{"op":"replace","path":"/priority","value":0},{"op":"add","path":"/profile/samlRoles","value":["A"]}]`} {
		o.want(o.do("PATCH", at(first), bad), 400, "E0000001")
	}
	o.want(o.do("PATCH", at(first), `{}`), 400, "E0000003")
	if got := o.Assignments(id); got[0].Priority != 4 {
		t.Errorf("half a patch took effect: %+v", got)
	}
	o.want(o.do("PATCH", at(first), `[{"op":"replace","path":"/priority","value":9}]`), 200)
	if got := o.Assignments(id); len(got) != 2 || got[0].Group != "Second" || got[1].Priority != 9 {
		t.Errorf("got %+v", got)
	}
	if list := o.want(o.do("GET", path+"/groups?limit=1", ""), 200); len(list.json.([]any)) != 1 || len(list.Header.Values("Link")) != 2 {
		t.Errorf("got %s %v", list.text, list.Header)
	}
	if list := o.want(o.do("GET", path+"/groups?q=sec", ""), 200); len(list.json.([]any)) != 1 {
		t.Errorf("got %s", list.text)
	}
	if list := o.want(o.do("GET", "/api/v1/apps?filter=group.id+eq+%22"+second+"%22", ""), 200); len(list.json.([]any)) != 1 {
		t.Errorf("got %s", list.text)
	}
	o.want(o.do("DELETE", at(first), ""), 204)
	o.want(o.do("DELETE", at(first), ""), 404, "E0000007")
	o.want(o.do("DELETE", "/api/v1/groups/"+second, ""), 204)
	if got := o.Assignments(id); len(got) != 0 {
		t.Errorf("got %+v", got)
	}
}

func TestAssignmentsEmbedTheirGroupsWhereAsked(t *testing.T) {
	o := newOrg(t)
	_, path := o.create("Assigned")
	first, second := o.AddGroup("First", "Who is first"), o.AddGroup("Second", "")
	for _, group := range []string{first, second} {
		o.want(o.do("PUT", path+"/groups/"+group, `{}`), 200)
	}
	group := o.want(o.do("GET", "/api/v1/groups/"+first, ""), 200)
	list := o.want(o.do("GET", path+"/groups?limit=1&expand=group", ""), 200)
	one := o.want(o.do("GET", path+"/groups/"+first+"?expand=group", ""), 200)
	for _, v := range []any{list.json.([]any)[0], one.json} {
		if embedded := v.(map[string]any)["_embedded"]; !reflect.DeepEqual(embedded, map[string]any{"group": group.json}) {
			t.Errorf("got %v, want %s", embedded, group.text)
		}
	}
	if next := list.Header.Values("Link")[1]; !strings.Contains(next, "expand=group") {
		t.Errorf("the next page embeds nothing: %s", next)
	}
	for _, query := range []string{"", "?expand=metadata"} {
		list := o.want(o.do("GET", path+"/groups"+query, ""), 200)
		one := o.want(o.do("GET", path+"/groups/"+first+query, ""), 200)
		if strings.Contains(list.text+one.text, "_embedded") {
			t.Errorf("%q embeds something: %s", query, list.text)
		}
	}
}

func TestGroups(t *testing.T) {
	o := newOrg(t)
	a := o.want(o.do("POST", "/api/v1/groups", `{"profile":{"name":"Team","description":"Ours"}}`), 200)
	if a.at("type") != "OKTA_GROUP" || a.at("profile", "description") != "Ours" {
		t.Errorf("got %s", a.text)
	}
	path := "/api/v1/groups/" + a.id()
	dup := o.want(o.do("POST", "/api/v1/groups", `{"profile":{"name":"Team"}}`), 400, "E0000001")
	if !slices.Equal(dup.causes(), []string{"name: An object with this field already exists in the current organization"}) {
		t.Errorf("got %s", dup.text)
	}
	o.want(o.do("POST", "/api/v1/groups", `{"profile":{}}`), 400, "E0000001")
	o.want(o.do("POST", "/api/v1/groups", `{"profile":{"name":"`+strings.Repeat("x", 256)+`"}}`), 400, "E0000001")
	o.want(o.do("PUT", path, `{"profile":{"name":"Everyone"}}`), 400, "E0000001")
	o.want(o.do("PUT", path, `{"profile":{"name":"Team","description":"Theirs"}}`), 200)
	names := func(query string) []string {
		t.Helper()
		var out []string
		for _, g := range o.want(o.do("GET", "/api/v1/groups?"+query, ""), 200).json.([]any) {
			out = append(out, g.(map[string]any)["profile"].(map[string]any)["name"].(string))
		}
		return out
	}
	for query, want := range map[string][]string{
		"q=tea":                             {"Team"},
		"q=Everyone&limit=1":                {"Everyone"},
		"filter=type+eq+%22BUILT_IN%22":     {"Everyone"},
		"filter=type+eq+%22APP_GROUP%22":    nil,
		"limit=2":                           {"Everyone", "Engineering"},
		"search=profile.name+eq+%22Team%22": {"Team"},
		"search=profile.name+sw+%22E%22+and+type+eq+%22OKTA_GROUP%22": {"Engineering"},
		"search=profile.description+co+%22heir%22":                    {"Team"},
	} {
		if got := names(query); !slices.Equal(got, want) {
			t.Errorf("%s: got %v, want %v", query, got, want)
		}
	}
	o.want(o.do("GET", "/api/v1/groups?filter=profile.name+eq+%22Team%22", ""), 400, "E0000031")
	if bad := o.want(o.do("GET", "/api/v1/groups?search=nonsense", ""), 400, "E0000031"); len(bad.causes()) != 1 {
		t.Errorf("got %s", bad.text)
	}
	if q := o.do("GET", "/api/v1/groups?q=E&limit=1", ""); q.Header.Get("Link") != "" {
		t.Errorf("a query has links: %v", q.Header)
	}

	everyone := o.want(o.do("GET", "/api/v1/groups?q=Everyone", ""), 200).json.([]any)[0].(map[string]any)["id"].(string)
	o.want(o.do("DELETE", "/api/v1/groups/"+everyone, ""), 403, "E0000006")
	users := o.want(o.do("GET", "/api/v1/users", ""), 200).json.([]any)
	user := users[0].(map[string]any)["id"].(string)
	o.want(o.do("PUT", path+"/users/"+user, ""), 204)
	o.want(o.do("PUT", path+"/users/00unone", ""), 404, "E0000007")
	if m := o.want(o.do("GET", path+"/users", ""), 200).json.([]any); len(m) != 1 {
		t.Errorf("got %v", m)
	}
	o.want(o.do("DELETE", path+"/users/"+user, ""), 204)
	o.want(o.do("DELETE", path, ""), 204)
	o.want(o.do("GET", path, ""), 404, "E0000007")
}
