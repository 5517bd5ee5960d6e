package okta

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"reflect"
	"strings"
	"testing"

	"github.com/oktaws/oktaws/provision"
	"github.com/oktaws/oktaws/store"
)

// fullApp has what Okta knows and we don't.
const fullApp = `{
	"id": "0oa1", "name": "amazon_aws", "label": "Gmail-AWS-Account", "status": "ACTIVE", "signOnMode": "SAML_2_0",
	"created": "2026-01-01T00:00:00.000Z", "features": ["PUSH_NEW_USERS"], "newKey": {"deep": [1, 2.50, 12345678901234567890, null]},
	"credentials": {"userNameTemplate": {"template": "${source.login}"}, "signing": {"kid": "kid-1", "rotation": "AUTO"}},
	"settings": {
		"app": {"sessionDuration": 3600, "joinAllRoles": false, "identityProviderArn": null, "groupFilter": "aws_(?{{accountid}}\\d+)<&>", "newSetting": "kept"},
		"notes": {"admin": "ours", "enduser": "kept"}, "signOn": {"attributeStatements": []}},
	"_links": {"help": {"href": "https://acme-admin.okta.com/app/amazon_aws/0oa1/help"}, "appLinks": [{"name": "other", "href": "https://x"}, {"name": "login", "href": "https://acme.okta.com/home/amazon_aws/0oa1/272"}]}
}`

func TestApplicationIsReadWhole(t *testing.T) {
	o := newOrg(t, map[string]http.HandlerFunc{"GET /api/v1/apps/0oa1": answers(200, fullApp)})
	got, err := o.client(t).Application(t.Context(), "0oa1")
	if err != nil {
		t.Fatal(err)
	}
	want := &provision.Application{ID: "0oa1", Name: "amazon_aws", Label: "Gmail-AWS-Account", Status: "ACTIVE", SignOnMode: "SAML_2_0",
		SigningKeyID: "kid-1", Features: []string{provision.FeatureCreateUsers}, Note: "ours",
		Settings: map[string]any{"sessionDuration": 3600.0, "joinAllRoles": false, "identityProviderArn": nil, "groupFilter": `aws_(?{{accountid}}\d+)<&>`, "newSetting": "kept"},
		AdminURL: o.URL + "/admin/app/amazon_aws/instance/0oa1/#tab-user-management", TileURL: "https://acme.okta.com/home/amazon_aws/0oa1/272"}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
}

func TestApplicationThatIsNotThere(t *testing.T) {
	o := newOrg(t, map[string]http.HandlerFunc{"GET /api/v1/apps/{id}": answers(404, oktaError("E0000007", "Not found: Resource not found: 0oa1 (AppInstance)"))})
	if a, err := o.client(t).Application(t.Context(), "0oa1"); a != nil || err != nil {
		t.Errorf("%v, %v", a, err)
	}
	_, err := o.client(t).UpdateApplication(t.Context(), "0oa1", spec)
	wantProblem(t, err, store.NotFound, "0oa1")
}

func TestFindApplicationsLooksAtEveryPageAndComparesExactly(t *testing.T) {
	page := func(entries ...string) string {
		out := "["
		for i, e := range entries {
			if i > 0 {
				out += ","
			}
			out += e
		}
		return out + "]"
	}
	var o *org
	o = newOrg(t, map[string]http.HandlerFunc{"GET /api/v1/apps": func(w http.ResponseWriter, r *http.Request) {
		next := func(after string) string {
			return fmt.Sprintf(`Link: <%s/api/v1/apps?after=%s&limit=200&q=Gmail>; rel="next"`, o.URL, after)
		}
		self := fmt.Sprintf(`Link: <%s>; rel="self"`, r.URL)
		switch r.URL.Query().Get("after") {
		case "":
			answers(200, page(
				`{"id":"1","label":"Gmail-2"}`, `{"id":"2","label":"gmail"}`,
				`{"id":"3","name":"amazon_aws","label":"Gmail","status":"ACTIVE","signOnMode":"BROWSER_PLUGIN","features":null,"credentials":{"scheme":"X","signing":{}},"settings":{"app":{},"notes":{"admin":null}}}`,
				`{"id":"4","label":"Another","settings":"odd","_links":7}`), self, next("p2"))(w, r)
		case "p2":
			answers(200, "[]", self, next("p3"))(w, r)
		default:
			answers(200, page(`{"id":"5","name":"bookmark","label":"Gmail","status":"INACTIVE"}`), self)(w, r)
		}
	}})
	got, err := o.client(t).FindApplications(t.Context(), "Gmail")
	if err != nil {
		t.Fatal(err)
	}
	if len(got) != 2 || got[0].ID != "3" || got[0].SigningKeyID != "" || got[1].ID != "5" || got[1].Status != "INACTIVE" {
		t.Errorf("%+v", got)
	}
	calls := o.received("GET")
	if len(calls) != 3 || calls[0].line != "GET /api/v1/apps?includeNonDeleted=true&limit=200&q=Gmail" {
		t.Errorf("calls %+v", calls)
	}
}

func TestAListThatNeverEndsIsAnError(t *testing.T) {
	var o *org
	o = newOrg(t, map[string]http.HandlerFunc{"GET /api/v1/apps": func(w http.ResponseWriter, r *http.Request) {
		answers(200, "[]", `Link: <`+o.URL+`/api/v1/apps?after=same>; rel="next"`)(w, r)
	}})
	_, err := o.client(t).FindApplications(t.Context(), "A")
	wantProblem(t, err, store.Transient, "look for Okta applications")
	if n := len(o.received("")); n != maxPages {
		t.Errorf("%d calls", n)
	}
}

func TestCreateApplication(t *testing.T) {
	o := newOrg(t, map[string]http.HandlerFunc{"POST /api/v1/apps": answers(200, fullApp)})
	got, err := o.client(t).CreateApplication(t.Context(), provision.ApplicationSpec{Label: "Gmail-AWS-Account", Note: "ours",
		Settings: map[string]any{"identityProviderArn": "arn:aws:iam::111122223333:saml-provider/Okta", "sessionDuration": 3600}})
	if err != nil || got.ID != "0oa1" || got.SigningKeyID != "kid-1" {
		t.Fatalf("%+v, %v", got, err)
	}
	calls := o.received("POST")
	if len(calls) != 1 || calls[0].line != "POST /api/v1/apps?activate=true" || calls[0].header.Get("Content-Type") != "application/json" {
		t.Fatalf("calls %+v", calls)
	}
	wantJSON(t, calls[0].body, `{"name":"amazon_aws","label":"Gmail-AWS-Account","signOnMode":"SAML_2_0",
		"visibility":{"autoSubmitToolbar":false,"hide":{"iOS":false,"web":false}},
		"settings":{"app":{"identityProviderArn":"arn:aws:iam::111122223333:saml-provider/Okta","sessionDuration":3600},"notes":{"admin":"ours"}}}`)

	o = newOrg(t, map[string]http.HandlerFunc{"POST /api/v1/apps": answers(200, `{}`)})
	_, err = o.client(t).CreateApplication(t.Context(), spec)
	wantProblem(t, err, store.Transient, `create the Okta application "Gmail-AWS-Account"`)
}

func TestUpdateSendsBackEverythingThatOktaGave(t *testing.T) {
	o := newOrg(t, map[string]http.HandlerFunc{"GET /api/v1/apps/0oa1": answers(200, fullApp), "PUT /api/v1/apps/0oa1": answers(200, fullApp)})
	changed, err := o.client(t).UpdateApplication(t.Context(), "0oa1", provision.ApplicationSpec{Label: "Renamed", Note: "ours",
		Settings: map[string]any{"sessionDuration": 7200, "joinAllRoles": true, "overrideAcsURL": "https://signin.amazonaws-us-gov.com/saml"}})
	if err != nil || !changed {
		t.Fatal(changed, err)
	}
	puts := o.received("PUT")
	if len(puts) != 1 {
		t.Fatalf("%d PUTs", len(puts))
	}
	var want map[string]any
	if err := json.Unmarshal([]byte(fullApp), &want); err != nil {
		t.Fatal(err)
	}
	want["label"] = "Renamed"
	maps.Copy(want["settings"].(map[string]any)["app"].(map[string]any),
		map[string]any{"sessionDuration": 7200, "joinAllRoles": true, "overrideAcsURL": "https://signin.amazonaws-us-gov.com/saml"})
	text, _ := json.Marshal(want)
	wantJSON(t, puts[0].body, string(text))
	if !strings.Contains(puts[0].body, "[1,2.50,12345678901234567890,null]") {
		t.Errorf("a number came back as another: %s", puts[0].body)
	}
}

func TestUpdateWritesNothingWhereNothingDiffers(t *testing.T) {
	o := newOrg(t, map[string]http.HandlerFunc{"GET /api/v1/apps/0oa1": answers(200, fullApp)})
	for name, s := range map[string]provision.ApplicationSpec{
		"same":                 {Label: "Gmail-AWS-Account", Note: "ours", Settings: map[string]any{"sessionDuration": int64(3600), "joinAllRoles": false}},
		"null is like missing": {Label: "Gmail-AWS-Account", Note: "ours", Settings: map[string]any{"identityProviderArn": nil, "overrideAcsURL": nil}},
		"no settings":          {Label: "Gmail-AWS-Account", Note: "ours"},
	} {
		if changed, err := o.client(t).UpdateApplication(t.Context(), "0oa1", s); changed || err != nil {
			t.Errorf("%s: %v, %v", name, changed, err)
		}
	}
}

func TestUpdateOfAnApplicationWithoutNotes(t *testing.T) {
	o := newOrg(t, map[string]http.HandlerFunc{"GET /api/v1/apps/0oa1": answers(200, `{"id":"0oa1","label":"A","settings":{"notes":null}}`), "PUT /api/v1/apps/0oa1": answers(200, appJSON)})
	if changed, err := o.client(t).UpdateApplication(t.Context(), "0oa1", provision.ApplicationSpec{Label: "A", Note: "ours", Settings: map[string]any{"joinAllRoles": true}}); !changed || err != nil {
		t.Fatal(changed, err)
	}
	wantJSON(t, o.received("PUT")[0].body, `{"id":"0oa1","label":"A","settings":{"app":{"joinAllRoles":true},"notes":{"admin":"ours"}}}`)
}

func TestActivateApplication(t *testing.T) {
	o := newOrg(t, map[string]http.HandlerFunc{"POST /api/v1/apps/0oa1/lifecycle/activate": answers(200, "{}"), "POST /api/v1/apps/0oa2/lifecycle/activate": answers(204, "")})
	for _, id := range []string{"0oa1", "0oa2"} {
		if err := o.client(t).ActivateApplication(t.Context(), id); err != nil {
			t.Error(err)
		}
	}
}

func TestDeactivateApplication(t *testing.T) {
	o := newOrg(t, map[string]http.HandlerFunc{"POST /api/v1/apps/0oa1/lifecycle/deactivate": answers(200, "{}"),
		"POST /api/v1/apps/0oa2/lifecycle/deactivate": answers(404, oktaError("E0000007", "Not found: Resource not found: 0oa2 (AppInstance)"))})
	if err := o.client(t).DeactivateApplication(t.Context(), "0oa1"); err != nil {
		t.Error(err)
	}
	wantProblem(t, o.client(t).DeactivateApplication(t.Context(), "0oa2"), store.NotFound, "deactivate the Okta application 0oa2")
}

func TestDeleteApplication(t *testing.T) {
	forbidden := oktaError("E0000056", "Delete application forbidden.", "The application must be deactivated before deletion.")
	for name, c := range map[string]struct {
		answer http.HandlerFunc
		kind   store.Kind // empty: no error
		says   string
	}{
		"inactive":              {answers(204, ""), "", ""},
		"still active":          {answers(403, forbidden), store.Conflict, "deactivate it in the Okta admin console"},
		"not there":             {answers(404, oktaError("E0000007", "Not found: Resource not found: 0oa1 (AppInstance)")), store.NotFound, "delete the Okta application 0oa1"},
		"the connection breaks": {cuts, store.Transient, "closed before it answered"},
	} {
		t.Run(name, func(t *testing.T) {
			o := newOrg(t, map[string]http.HandlerFunc{"DELETE /api/v1/apps/0oa1": c.answer})
			err := o.client(t).DeleteApplication(t.Context(), "0oa1")
			if c.kind == "" && err != nil {
				t.Error(err)
			} else if c.kind != "" {
				wantProblem(t, err, c.kind, c.says)
			}
			if n := len(o.received("")); n != 1 {
				t.Errorf("%d calls", n)
			}
		})
	}
}

func TestAdminURL(t *testing.T) {
	const tail = "/admin/app/amazon_aws/instance/0oa1/#tab-user-management"
	for _, c := range []struct{ org, help, want string }{
		{"https://acme.okta.com", "", "https://acme-admin.okta.com"},
		{"https://acme.oktapreview.com", "", "https://acme-admin.oktapreview.com"},
		{"https://acme.okta-emea.com", "https://acme-admin.okta-emea.com/app/x", "https://acme-admin.okta-emea.com"},
		{"https://login.acme.example", "https://acme-admin.okta.com/app/x", "https://acme-admin.okta.com"},
		{"https://login.acme.example", "https://saml-doc.okta.com/x", "https://login.acme.example"},
		{"https://login.acme.example", "", "https://login.acme.example"},
		{"https://acme.okta.com", "http://evil-admin.example/x", "https://acme-admin.okta.com"},
		{"http://127.0.0.1:8080", "https://acme-admin.okta.com/app/x", "http://127.0.0.1:8080"},
	} {
		client, err := New(Config{OrgURL: c.org, Token: testToken})
		if err != nil {
			t.Fatal(err)
		}
		a := application{ID: "0oa1", Name: "amazon_aws"}
		if c.help != "" {
			if err := json.Unmarshal([]byte(`{"href":"`+c.help+`"}`), &a.Links.Help); err != nil {
				t.Fatal(err)
			}
		}
		if got := client.adminURL(a); got != c.want+tail {
			t.Errorf("%s with help at %q: %s", c.org, c.help, got)
		}
	}
}

func wantJSON(t *testing.T, got, want string) {
	t.Helper()
	var g, w any
	if err := json.Unmarshal([]byte(got), &g); err != nil {
		t.Fatalf("%v: %s", err, got)
	}
	if err := json.Unmarshal([]byte(want), &w); err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(g, w) {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}
