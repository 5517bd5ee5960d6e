package oktapage_test

import (
	"encoding/base64"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/oktaws/oktaws/internal/sandbox/aws"
	"github.com/oktaws/oktaws/internal/sandbox/okta"
	"github.com/oktaws/oktaws/internal/sandbox/wire"
)

// assign assigns a group to an application over Okta's API, as the program does.
func (v *visitor) assign(app, group, roles string) {
	v.t.Helper()
	body := "{}"
	if roles != "" {
		body = `{"profile":{"samlRoles":[` + roles + `]}}`
	}
	req, err := http.NewRequestWithContext(v.t.Context(), http.MethodPut, v.sb.OktaURL+"/api/v1/apps/"+app+"/groups/"+group, strings.NewReader(body))
	if err != nil {
		v.t.Fatal(err)
	}
	for _, e := range v.sb.Env() {
		if e.Name == "OKTA_CLIENT_TOKEN" {
			req.Header.Set("Authorization", "SSWS "+e.Value)
		}
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Accept", "application/json")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		v.t.Fatal(err)
	}
	_ = resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		v.t.Fatalf("assign %s to %s: %s", group, app, resp.Status)
	}
}

// provision takes the person's step.
func (v *visitor) provision(app string) {
	v.t.Helper()
	key := v.key()
	for _, s := range []struct {
		step string
		body any
	}{
		{"api-integration", map[string]any{"enabled": true, "accessKey": key.ID, "secretKey": key.Reveal()}},
		{"to-app", map[string]bool{"createUsers": true, "updateAttributes": true}},
	} {
		if status, answer, err := v.sb.Console(v.t.Context(), app, s.step, s.body); err != nil || status != http.StatusOK {
			v.t.Fatalf("%s: %d %s (%v)", s.step, status, answer, err)
		}
	}
}

func TestPeopleArePutIntoGroupsAndTakenOut(t *testing.T) {
	v := visit(t)
	group := v.sb.Okta.AddGroup("Gmail-Admins", "Who runs it")
	page := v.follow(v.get("/okta/admin/groups?q=gmail", http.StatusOK), "Gmail-Admins")
	says(t, page, "Nobody is in this group.", "assigned to no application")

	page = v.follow(page, "Assign people")
	test := person(t, v, okta.TestUserLogin)
	says(t, page, "Test User test-user@example.com")
	saysNot(t, v.get("/okta/admin/groups/"+group+"/assign?q=okta-adm", http.StatusOK), "Test User")
	page = v.form(page, "put-"+test).press("+ Assign")
	says(t, part(t, page, "outcome"), "test-user@example.com is in Gmail-Admins now.")
	if strings.Contains(page, `id="put-`+test+`"`) {
		t.Error("who is in the group can be put into it")
	}

	page = v.follow(page, "Done")
	says(t, part(t, page, "member-"+test), "Test User")
	says(t, part(t, v.get("/okta/admin/people", http.StatusOK), "person-"+test), "Everyone", "Gmail-Admins", "Open dashboard as Test User", "0 apps")
	page = v.form(page, "remove-"+test).press("Remove")
	says(t, page, "test-user@example.com is no longer in Gmail-Admins.", "Nobody is in this group.")
}

func TestMembersOfEveryoneAreOktasToDecide(t *testing.T) {
	v := visit(t)
	page := v.follow(v.get("/okta/admin/groups", http.StatusOK), "Everyone")
	says(t, page, "Okta itself decides who is in this group.", "Test User")
	saysNot(t, page, "Assign people", "Remove")
	id := v.sb.Okta.Groups()[0].ID
	page = v.post("/okta/admin/groups/"+id+"/remove", map[string][]string{"login": {okta.TestUserLogin}})
	says(t, part(t, page, "outcome"), "Everyone is a built-in group")
	page = v.post("/okta/admin/groups/"+v.sb.Okta.Groups()[1].ID+"/assign", map[string][]string{"login": {"nobody@example.com"}})
	says(t, part(t, page, "outcome"), "nobody with the login nobody@example.com")
}

func TestAssignmentsShowPriorityRolesAndWhatAWSHasNot(t *testing.T) {
	v := visit(t)
	id := v.application("Gmail-AWS-Account")
	v.provision(id)
	admins, readers := v.sb.Okta.AddGroup("Gmail-Admins", "", okta.AdminLogin), v.sb.Okta.AddGroup("Gmail-Readers", "")
	v.role("Reader")
	if status, answer, err := v.sb.Console(t.Context(), id, "refresh", nil); err != nil || status != http.StatusOK {
		t.Fatalf("refresh: %d %s (%v)", status, answer, err)
	}
	v.assign(id, admins, `"Administrator"`)
	v.assign(id, readers, `"Reader"`)
	page := v.get("/okta/admin/apps/"+id+"/assignments", http.StatusOK)
	says(t, part(t, page, "assignment-"+admins), "0 Gmail-Admins 1 person Administrator")
	says(t, part(t, page, "assignment-"+readers), "1 Gmail-Readers 0 people Reader")
	says(t, page, "Join all roles is off")
	saysNot(t, page, "not among the roles")
	says(t, v.get("/okta/admin/groups/"+admins, http.StatusOK), "SAML User Roles: Administrator")

	v.sb.Okta.LoseProvisioning(id)
	says(t, part(t, v.get("/okta/admin/apps/"+id+"/assignments", http.StatusOK), "assignment-"+admins), "not among the roles that AWS told of")
}

func TestTileLeadsToTheFormThatTheBrowserPosts(t *testing.T) {
	v := visit(t)
	id := v.application("Gmail-AWS-Account")
	dashboard := "/okta/people/" + okta.TestUserLogin + "/dashboard"
	says(t, v.get(dashboard, http.StatusOK), "You have no apps yet", "Test User is in Everyone , and no application is assigned there.", "Requester Engineering")

	group := v.sb.Okta.AddGroup("Gmail-Admins", "", okta.TestUserLogin)
	v.assign(id, group, "")
	page := v.get(dashboard, http.StatusOK)
	says(t, part(t, page, "tile-"+id), "Gmail-AWS-Account")
	saysNot(t, page, "You have no apps yet")
	says(t, v.get(dashboard+"?q=other", http.StatusOK), "None of your apps has “other” in its name.")

	launch := "/okta/people/" + okta.TestUserLogin + "/apps/" + id
	if !strings.Contains(page, `data-plain href="`+launch+`"`) {
		t.Error("the tile does not lead to the application")
	}
	page = v.get(launch, http.StatusOK)
	says(t, page, "Signing in to AWS…")
	f := v.form(page, "appForm")
	response, err := base64.StdEncoding.DecodeString(f.fields.Get("SAMLResponse"))
	if err != nil || !strings.Contains(string(response), okta.TestUserLogin) || f.action != "/saml" || !f.fields.Has("RelayState") {
		t.Errorf("the form posts to %s: %.200s (%v)", f.action, response, err)
	}
	for _, hook := range []string{"data-submit-now", "data-plain", `class="okta bare"`, "<noscript><button"} {
		if !strings.Contains(page, hook) {
			t.Errorf("the page lacks %s", hook)
		}
	}
}

func TestTileOfAnotherPartitionLeadsToItsSignIn(t *testing.T) {
	v := visit(t)
	group := v.sb.Okta.AddGroup("Elsewhere", "", okta.TestUserLogin)
	for partition, audience := range map[string]string{aws.USGov: "urn:amazon:webservices:govcloud", aws.China: "urn:amazon:webservices:cn-north-1"} {
		id := v.sb.Okta.AddApplication(okta.NewApplication{Label: partition, Settings: map[string]any{"overrideAcsURL": aws.SignInURLIn(partition)}})
		v.assign(id, group, "")
		page := v.get("/okta/people/"+okta.TestUserLogin+"/apps/"+id, http.StatusOK)
		response, err := base64.StdEncoding.DecodeString(v.form(page, "appForm").fields.Get("SAMLResponse"))
		if err != nil || !strings.Contains(string(response), ">"+audience+"<") || !strings.Contains(string(response), aws.SignInURLIn(partition)) {
			t.Errorf("%s: the form posts %.2000s (%v)", partition, response, err)
		}
	}
}

// Else the script that keeps pages up to date would have a second response signed and posted.
func TestSignOnPageIsNotMadeAnewForAScript(t *testing.T) {
	v := visit(t)
	id := v.application("Gmail-AWS-Account")
	v.assign(id, v.sb.Okta.AddGroup("Gmail-Admins", "", okta.TestUserLogin), "")
	for mode, want := range map[string]int{"cors": http.StatusNoContent, "navigate": http.StatusOK} {
		r := httptest.NewRequest(http.MethodGet, "/okta/people/"+okta.TestUserLogin+"/apps/"+id, nil)
		r.Header.Set("Sec-Fetch-Mode", mode)
		if resp, _ := v.answer(r); resp.StatusCode != want {
			t.Errorf("%s: %d, not %d", mode, resp.StatusCode, want)
		}
	}
}

func TestSignOnThatOktaRefusesSaysWhyWithTheWayBack(t *testing.T) {
	v := visit(t)
	group := v.sb.Okta.AddGroup("Cloud", "", okta.TestUserLogin)
	inactive := v.sb.Okta.AddApplication(okta.NewApplication{Label: "Retired", Inactive: true})
	elsewhere := v.sb.Okta.AddApplication(okta.NewApplication{Label: "Elsewhere", Settings: map[string]any{"overrideAcsURL": "https://example.com/saml"}})
	v.assign(inactive, group, "")
	v.assign(elsewhere, group, "")
	other := v.application("Gmail-AWS-Account")
	for id, want := range map[string]string{
		other:     "App Not Assigned: test-user@example.com is in no group that Gmail-AWS-Account is assigned to.",
		inactive:  "Retired is inactive",
		elsewhere: "Elsewhere has its responses posted to https://example.com/saml",
		"0oanone": "There is no application 0oanone.",
	} {
		page := v.get("/okta/people/"+okta.TestUserLogin+"/apps/"+id, http.StatusForbidden)
		says(t, page, want, "Back to My Apps")
		if strings.Contains(page, "SAMLResponse") {
			t.Errorf("%s: a response is given out all the same", id)
		}
	}
	says(t, part(t, v.get("/okta/people/"+okta.TestUserLogin+"/dashboard", http.StatusOK), "withheld"), "Retired : it is inactive.")
}

// A page that made calls would be news to itself, for ever.
func TestLookingAtPagesMakesNoCall(t *testing.T) {
	v := visit(t)
	id := v.application("Gmail-AWS-Account")
	group := v.sb.Okta.AddGroup("Gmail-Admins", "", okta.TestUserLogin)
	v.assign(id, group, "")
	before, changed := calls(v), v.sb.Okta.Changed()
	for _, path := range []string{"/okta/admin/apps", "/okta/admin/apps/%s/general", "/okta/admin/apps/%s/sign-on", "/okta/admin/apps/%s/provisioning", "/okta/admin/apps/%s/assignments"} {
		v.get(strings.Replace(path, "%s", id, 1), http.StatusOK)
	}
	for _, path := range []string{"/okta/admin/groups", "/okta/admin/groups/" + group, "/okta/admin/groups/" + group + "/assign", "/okta/admin/people", "/okta/people/" + okta.TestUserLogin + "/dashboard"} {
		v.get(path, http.StatusOK)
	}
	if after := calls(v); after != before {
		t.Errorf("there are new calls:\n%s\nbefore:\n%s", after, before)
	}
	select {
	case <-changed:
		t.Error("looking has changed something")
	default:
	}
}

func calls(v *visitor) string {
	var b strings.Builder
	for _, c := range v.sb.Hub.Calls(0) {
		fmt.Fprintln(&b, wire.Call{Seq: c.Seq, Operation: c.Operation})
	}
	return b.String()
}

func person(t *testing.T, v *visitor, login string) string {
	t.Helper()
	for _, p := range v.sb.Okta.People() {
		if p.Login == login {
			return p.ID
		}
	}
	t.Fatalf("there is no %s", login)
	return ""
}
