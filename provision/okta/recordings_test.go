package okta

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/oktaws/oktaws/provision"
	"github.com/oktaws/oktaws/store"
)

// recording is one answer of a real Okta organization, or of Okta's documents, as it was kept on disk.
type recording struct {
	Method  string            `json:"method"`
	Path    string            `json:"path"`
	Status  int               `json:"status"`
	Headers map[string]string `json:"response_headers"`
	body    string
	sent    string // the body of the recorded request
}

// recorded is the folder of recordings, or the end of the test where there is none.
func recorded(t *testing.T) string {
	t.Helper()
	folder := os.Getenv("OKTAWS_RECORDED")
	if folder == "" {
		t.Skip("OKTAWS_RECORDED is not set: recorded answers of real Okta organizations are not part of this repository")
	}
	return filepath.Join(folder, "okta")
}

func load(t *testing.T, name string) recording {
	t.Helper()
	folder := recorded(t)
	r := recording{Status: 200, Headers: map[string]string{"Content-Type": "application/json"}}
	if data, err := os.ReadFile(filepath.Join(folder, name+".meta.json")); err == nil {
		if err := json.Unmarshal(data, &r); err != nil {
			t.Fatal(err)
		}
	}
	for _, kind := range []string{".resp.json", ".resp.xml"} {
		if data, err := os.ReadFile(filepath.Join(folder, name+kind)); err == nil {
			r.body = string(data)
		}
	}
	if data, err := os.ReadFile(filepath.Join(folder, name+".req.json")); err == nil {
		r.sent = string(data)
	}
	if r.body == "" && r.Status != http.StatusNoContent {
		t.Fatalf("the recording %s is missing or has no body", name)
	}
	return r
}

func (r recording) serve(w http.ResponseWriter, _ *http.Request) {
	for name, value := range r.Headers {
		if name != "Content-Length" {
			w.Header().Set(name, value)
		}
	}
	w.WriteHeader(r.Status)
	_, _ = w.Write([]byte(r.body))
}

// replay serves the recordings at the paths where they were recorded.
func replay(t *testing.T, names ...string) *org {
	t.Helper()
	routes := map[string]http.HandlerFunc{}
	for _, name := range names {
		r := load(t, name)
		routes[r.Method+" "+r.Path] = r.serve
	}
	return newOrg(t, routes)
}

// field digs a value out of a JSON document.
func field(t *testing.T, document string, path ...any) any {
	t.Helper()
	var v any
	if err := json.Unmarshal([]byte(document), &v); err != nil {
		t.Fatal(err)
	}
	for _, p := range path {
		switch p := p.(type) {
		case string:
			v = v.(map[string]any)[p]
		case int:
			v = v.([]any)[p]
		}
	}
	return v
}

// wantApplication checks that what the product read is what the document says.
func wantApplication(t *testing.T, got provision.Application, document string) {
	t.Helper()
	for _, c := range []struct {
		got  any
		path []any
	}{
		{got.ID, []any{"id"}}, {got.Name, []any{"name"}}, {got.Label, []any{"label"}}, {got.Status, []any{"status"}},
		{got.SignOnMode, []any{"signOnMode"}}, {got.SigningKeyID, []any{"credentials", "signing", "kid"}},
		{got.Settings, []any{"settings", "app"}}, {got.Note, []any{"settings", "notes", "admin"}},
		{got.TileURL, []any{"_links", "appLinks", 0, "href"}},
	} {
		want := field(t, document, c.path...)
		if want == nil {
			want = ""
		}
		if same, err := equal(c.got, want); err != nil || !same {
			t.Errorf("%v: %v, want %v", c.path, c.got, want)
		}
	}
	if len(got.Features) != len(field(t, document, "features").([]any)) {
		t.Errorf("features %v", got.Features)
	}
	if want := "/admin/app/" + got.Name + "/instance/" + got.ID + "/#tab-user-management"; !strings.HasSuffix(got.AdminURL, want) {
		t.Errorf("admin URL %s", got.AdminURL)
	}
}

func TestRecordedApplications(t *testing.T) {
	recorded(t)
	for _, name := range []string{"app_create_minimal.classic", "app_create_minimal.oie", "app_create_full.oie"} {
		t.Run(name, func(t *testing.T) {
			r := load(t, name)
			o := replay(t, name)
			got, err := o.client(t).CreateApplication(t.Context(), provision.ApplicationSpec{Label: field(t, r.body, "label").(string),
				Settings: field(t, r.sent, "settings", "app").(map[string]any)})
			if err != nil {
				t.Fatal(err)
			}
			wantApplication(t, got, r.body)
			sent := o.received("POST")[0].body
			for _, path := range [][]any{{"name"}, {"label"}, {"signOnMode"}, {"settings", "app"}, {"settings", "notes", "admin"}, {"visibility"}} {
				if same, err := equal(field(t, sent, path...), field(t, r.sent, path...)); err != nil || !same {
					t.Errorf("%v: sent %v, recorded %v", path, field(t, sent, path...), field(t, r.sent, path...))
				}
			}
		})
	}
	t.Run("app_get.classic", func(t *testing.T) {
		r := load(t, "app_get.classic")
		got, err := replay(t, "app_get.classic").client(t).Application(t.Context(), filepath.Base(r.Path))
		if err != nil || got == nil {
			t.Fatal(got, err)
		}
		wantApplication(t, *got, r.body)
	})
	for _, name := range []string{"app_update_settings.classic", "app_update_signing_kid.oie"} {
		t.Run(name, func(t *testing.T) {
			r := load(t, name)
			r.Method = http.MethodGet
			got, err := newOrg(t, map[string]http.HandlerFunc{"GET " + r.Path: r.serve}).client(t).Application(t.Context(), filepath.Base(r.Path))
			if err != nil || got == nil {
				t.Fatal(got, err)
			}
			wantApplication(t, *got, r.body)
		})
	}
	t.Run("app_get_404_after_delete.classic", func(t *testing.T) {
		r := load(t, "app_get_404_after_delete.classic")
		if got, err := replay(t, "app_get_404_after_delete.classic").client(t).Application(t.Context(), filepath.Base(r.Path)); got != nil || err != nil {
			t.Error(got, err)
		}
	})
	t.Run("app_activate.oie", func(t *testing.T) {
		r := load(t, "app_activate.oie")
		if err := replay(t, "app_activate.oie").client(t).ActivateApplication(t.Context(), strings.Split(r.Path, "/")[4]); err != nil {
			t.Error(err)
		}
	})
}

// A link to the admin console is at the host that Okta names, also when the organization is reached by another.
func TestRecordedAdminHost(t *testing.T) {
	r := load(t, "app_get.classic")
	var a application
	if err := json.Unmarshal([]byte(r.body), &a); err != nil {
		t.Fatal(err)
	}
	c, err := New(Config{OrgURL: "https://login.acme.example", Token: testToken})
	if err != nil {
		t.Fatal(err)
	}
	help := field(t, r.body, "_links", "help", "href").(string)
	host, _, _ := strings.Cut(strings.TrimPrefix(help, "https://"), "/")
	if got := c.adminURL(a); !strings.HasPrefix(got, "https://"+host+"/admin/app/amazon_aws/instance/"+a.ID+"/#") {
		t.Errorf("admin URL %s, but Okta's own link is %s", got, help)
	}
}

func TestRecordedLists(t *testing.T) {
	recorded(t)
	t.Run("app_list_q_filter.oie", func(t *testing.T) {
		r := load(t, "app_list_q_filter.oie")
		label := field(t, r.body, 0, "label").(string)
		client := replay(t, "app_list_q_filter.oie").client(t)
		got, err := client.FindApplications(t.Context(), label)
		if err != nil || len(got) != 1 {
			t.Fatal(got, err)
		}
		element, _ := json.Marshal(field(t, r.body, 0))
		wantApplication(t, got[0], string(element))
		if got, err := client.FindApplications(t.Context(), label[:4]); len(got) != 0 || err != nil {
			t.Errorf("a label that only begins so was taken: %v, %v", got, err)
		}
	})
	t.Run("app_list_element_browser_plugin_2025", func(t *testing.T) {
		r := load(t, "app_list_element_browser_plugin_2025")
		element := r.body
		r.body = "[" + element + "]"
		got, err := newOrg(t, map[string]http.HandlerFunc{"GET /api/v1/apps": r.serve}).client(t).FindApplications(t.Context(), field(t, element, "label").(string))
		if err != nil || len(got) != 1 {
			t.Fatal(got, err)
		}
		wantApplication(t, got[0], element)
		if got[0].SignOnMode != "BROWSER_PLUGIN" || got[0].SigningKeyID != "" {
			t.Errorf("%+v", got[0])
		}
	})
}

// What goes back in a PUT is what the recorded GET gave, but for the one setting that is changed: nothing is dropped.
func TestRecordedUpdate(t *testing.T) {
	get, put := load(t, "app_get.classic"), load(t, "app_update_settings.classic")
	o := replay(t, "app_get.classic", "app_update_settings.classic")
	label := field(t, get.body, "label").(string)
	client := o.client(t)
	id := filepath.Base(get.Path)
	same := provision.ApplicationSpec{Label: label, Settings: field(t, get.body, "settings", "app").(map[string]any)}
	if changed, err := client.UpdateApplication(t.Context(), id, same); changed || err != nil {
		t.Fatal(changed, err)
	}
	duration := field(t, put.body, "settings", "app", "sessionDuration").(float64)
	changed, err := client.UpdateApplication(t.Context(), id, provision.ApplicationSpec{Label: label, Settings: map[string]any{"sessionDuration": int(duration)}})
	if err != nil || !changed {
		t.Fatal(changed, err)
	}
	want := field(t, get.body).(map[string]any)
	want["settings"].(map[string]any)["app"].(map[string]any)["sessionDuration"] = duration
	text, _ := json.Marshal(want)
	wantJSON(t, o.received("PUT")[0].body, string(text))
}

func TestRecordedMetadata(t *testing.T) {
	recorded(t)
	for _, name := range []string{"app_saml_metadata.classic", "app_saml_metadata_after_rotation.oie"} {
		r := load(t, name)
		if !strings.Contains(r.Headers["Content-Type"], "ISO-8859-1") {
			t.Errorf("%s was recorded with the content type %s", name, r.Headers["Content-Type"])
		}
		got, err := replay(t, name).client(t).Metadata(t.Context(), strings.Split(r.Path, "/")[4], "kid")
		if err != nil || got != r.body {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestRecordedGroups(t *testing.T) {
	created := load(t, "group_create.oie")
	name := field(t, created.sent, "profile", "name").(string)
	o := replay(t, "group_create.oie")
	made, err := o.client(t).CreateGroup(t.Context(), name, "")
	if err != nil || made.ID != field(t, created.body, "id") || made.Name != name {
		t.Errorf("%v, %v", made, err)
	}
	wantJSON(t, o.received("POST")[0].body, created.sent)

	for _, c := range []struct {
		recording string
		found     bool
	}{{"group_list_q.oie", true}, {"group_list_q_everyone.oie", false}} {
		r := load(t, c.recording)
		g, err := replay(t, c.recording).client(t).FindGroup(t.Context(), field(t, r.body, 0, "profile", "name").(string))
		if err != nil || (g != nil) != c.found {
			t.Errorf("%s: %v, %v", c.recording, g, err)
		}
	}
	read := load(t, "group_get.oie")
	g, err := replay(t, "group_get.oie").client(t).Group(t.Context(), filepath.Base(read.Path))
	if err != nil || g == nil || g.Name != field(t, read.body, "profile", "name") {
		t.Error(g, err)
	}
	if err := replay(t, "group_delete.oie").client(t).DeleteGroup(t.Context(), filepath.Base(load(t, "group_delete.oie").Path)); err != nil {
		t.Error(err)
	}
	if g, err := replay(t, "group_list_q_filter_empty.oie").client(t).FindGroup(t.Context(), "x"); g != nil || err != nil {
		t.Error(g, err)
	}
}

func TestRecordedAssignments(t *testing.T) {
	recorded(t)
	r := load(t, "app_group_list.oie")
	got, err := replay(t, "app_group_list.oie").client(t).Assignments(t.Context(), strings.Split(r.Path, "/")[4])
	entries := field(t, r.body).([]any)
	if err != nil || len(got) != len(entries) {
		t.Fatal(got, err)
	}
	for i := range entries {
		id := field(t, r.body, i, "id").(string)
		if a := got[id]; a.Group != (provision.Group{ID: id}) || float64(a.Priority) != field(t, r.body, i, "priority") || len(a.Roles) != 0 || len(a.Profile) != 0 {
			t.Errorf("%+v", a)
		}
	}

	for _, name := range []string{"app_group_put_empty.oie", "app_group_put_second.oie", "derived_app_group_put_samlroles"} {
		t.Run(name, func(t *testing.T) {
			r := load(t, name)
			if r.Path == "" { // derived ones are of the same application and group
				r.Method, r.Path = http.MethodPut, load(t, "app_group_put_empty.oie").Path
			}
			parts := strings.Split(r.Path, "/")
			var roles []string
			if strings.Contains(r.body, rolesKey) {
				roles = []string{"Administrator", "ReadOnlyAccess"}
			}
			o := newOrg(t, map[string]http.HandlerFunc{"PUT " + r.Path: r.serve})
			if _, err := o.client(t).Assign(t.Context(), parts[4], parts[6], nil, roles); err != nil {
				t.Fatal(err)
			}
			wantJSON(t, o.received("PUT")[0].body, r.sent)

			// Assigned so already, it is left alone.
			there := readAssignment(t, r.body)
			if _, err := o.client(t).Assign(t.Context(), parts[4], parts[6], &there, roles); err != nil || len(o.received("")) != 1 {
				t.Errorf("%v, %d calls", err, len(o.received("")))
			}
		})
	}

	t.Run("app_group_get.oie", func(t *testing.T) {
		r, put := load(t, "app_group_get.oie"), load(t, "app_group_put_priority_profile.oie")
		parts := strings.Split(r.Path, "/")
		o := newOrg(t, map[string]http.HandlerFunc{"PUT " + r.Path: put.serve})
		there := readAssignment(t, r.body)
		if _, err := o.client(t).Assign(t.Context(), parts[4], parts[6], &there, []string{"Administrator"}); err != nil {
			t.Fatal(err)
		}
		wantJSON(t, o.received("PUT")[0].body, fmt.Sprintf(`{"priority":%v,"profile":{"samlRoles":["Administrator"]}}`, field(t, r.body, "priority")))
		if got, want := keys(t, o.received("PUT")[0].body), keys(t, put.sent); !slices.Equal(got, want) {
			t.Errorf("keys %v, recorded %v", got, want)
		}
	})

	t.Run("app_group_delete.oie", func(t *testing.T) {
		parts := strings.Split(load(t, "app_group_delete.oie").Path, "/")
		if err := replay(t, "app_group_delete.oie").client(t).Unassign(t.Context(), parts[4], parts[6]); err != nil {
			t.Error(err)
		}
	})
}

func readAssignment(t *testing.T, body string) provision.Assignment {
	t.Helper()
	var a assignment
	if err := json.Unmarshal([]byte(body), &a); err != nil {
		t.Fatal(err)
	}
	out, err := a.assignment()
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func TestRecordedEndOfAnApplication(t *testing.T) {
	recorded(t)
	client := replay(t, "app_deactivate.classic", "app_delete.classic").client(t)
	id := strings.Split(load(t, "app_delete.classic").Path, "/")[4]
	if err := client.DeactivateApplication(t.Context(), id); err != nil {
		t.Error(err)
	}
	if err := client.DeleteApplication(t.Context(), id); err != nil {
		t.Error(err)
	}
}

// The certificate is rotated by calls that were recorded.
func TestRecordedRotation(t *testing.T) {
	recorded(t)
	t.Run("app_keys_list.classic", func(t *testing.T) {
		r, app := load(t, "app_keys_list.classic"), load(t, "app_get.classic")
		got, err := replay(t, "app_keys_list.classic").client(t).SigningKeys(t.Context(), strings.Split(r.Path, "/")[4])
		if err != nil || len(got) != 2 {
			t.Fatal(got, err)
		}
		inUse := field(t, app.body, "credentials", "signing", "kid")
		for i, k := range got {
			if k.ID != field(t, r.body, i, "kid") || k.Created.Format(stamp) != field(t, r.body, i, "created") || k.Expires.Format(stamp) != field(t, r.body, i, "expiresAt") {
				t.Errorf("%+v", k)
			}
		}
		if !slices.ContainsFunc(got, func(k provision.SigningKey) bool { return k.ID == inUse }) {
			t.Errorf("the key in use, %s, is not among %+v", inUse, got)
		}
	})
	t.Run("app_keys_generate.oie", func(t *testing.T) {
		r := load(t, "app_keys_generate.oie")
		got, err := replay(t, "app_keys_generate.oie").client(t).GenerateSigningKey(t.Context(), strings.Split(r.Path, "/")[4], 3)
		if err != nil || got.ID != field(t, r.body, "kid") || got.Expires.Format(stamp) != field(t, r.body, "expiresAt") {
			t.Error(got, err)
		}
	})
	t.Run("app_update_signing_kid.oie", func(t *testing.T) {
		put := load(t, "app_update_signing_kid.oie")
		kid := field(t, put.body, "credentials", "signing", "kid").(string)
		before := strings.ReplaceAll(put.body, kid, "before")
		o := newOrg(t, map[string]http.HandlerFunc{"GET " + put.Path: answers(200, before), "PUT " + put.Path: put.serve})
		if err := o.client(t).SignWith(t.Context(), filepath.Base(put.Path), kid); err != nil {
			t.Fatal(err)
		}
		wantJSON(t, o.received("PUT")[0].body, put.body)
	})
}

// stamp is how Okta writes times.
const stamp = "2006-01-02T15:04:05.000Z"

func keys(t *testing.T, document string) []string {
	t.Helper()
	return slices.Sorted(maps.Keys(field(t, document).(map[string]any)))
}

func TestRecordedErrors(t *testing.T) {
	recorded(t)
	for name, want := range map[string]struct {
		kind store.Kind
		says string
	}{
		"error_400_app_create_validation":            {store.Permanent, "you must grant admin consent (E0000001)"},
		"error_400_put_inactive_app":                 {store.Permanent, "No active instances"},
		"error_401_feature_E0000015":                 {store.Denied, "ask an Okta admin"},
		"error_404_user_in_group":                    {store.NotFound, "Resource not found"},
		"error_423_priorities":                       {store.Transient, "Please try again later"},
		"error_500":                                  {store.Transient, "Internal Server Error (E0000009)"},
		"doc_error_400_validation":                   {store.Permanent, "E0000001"},
		"doc_error_400_features_not_enabled":         {store.NeedsPerson, "provisioning isn't enabled"},
		"doc_error_401_invalid_token":                {store.Denied, "OKTA_CLIENT_TOKEN"},
		"doc_error_403_access_denied":                {store.Denied, "admin role"},
		"doc_error_403_mapped_attribute":             {store.Permanent, "mapping"},
		"doc_error_404_not_found":                    {store.NotFound, "E0000007"},
		"doc_error_429_rate_limit":                   {store.Transient, "too many calls"},
		"doc_error_429_concurrency":                  {store.Transient, "too many calls"},
		"doc_error_500":                              {store.Transient, "E0000009"},
		"issue_error_400_profile_property_not_found": {store.Permanent, "'salesforceGroups' not found"},
	} {
		t.Run(name, func(t *testing.T) {
			r := load(t, name)
			if r.Headers["X-Rate-Limit-Reset"] != "" { // the documents leave the times open
				r.Headers["X-Rate-Limit-Reset"] = strconv.FormatInt(time.Now().Add(40*time.Second).Unix(), 10)
				r.Headers["Date"] = time.Now().UTC().Format(http.TimeFormat)
			}
			o := newOrg(t, map[string]http.HandlerFunc{"POST /api/v1/groups": r.serve})
			_, err := o.client(t).CreateGroup(t.Context(), "Staff", "")
			wantProblem(t, err, want.kind, want.says)
			e, _ := errors.AsType[*store.Error](err)
			if limit := r.Headers["X-Rate-Limit-Limit"]; limit == "0" && e.After != concurrencyWait || limit == "100" && (e.After < 39*time.Second || e.After > 41*time.Second) {
				t.Errorf("limit %s: wait %v", limit, e.After)
			}
			if n := len(o.received("")); n != 1 {
				t.Errorf("%d calls", n)
			}
		})
	}
	t.Run("a property of our own", func(t *testing.T) {
		r := load(t, "issue_error_400_profile_property_not_found")
		r.body = strings.ReplaceAll(r.body, "salesforceGroups", rolesKey)
		o := newOrg(t, map[string]http.HandlerFunc{"PUT /api/v1/apps/0oa1/groups/00g1": r.serve})
		_, err := o.client(t).Assign(t.Context(), "0oa1", "00g1", nil, []string{"A"})
		wantProblem(t, err, store.NeedsPerson, "provisioning isn't enabled")
	})
	t.Run("issue_bearer_403_dpop", func(t *testing.T) {
		o := newOrg(t, map[string]http.HandlerFunc{"POST /oauth2/v1/token": load(t, "issue_bearer_403_dpop").serve})
		_, err := o.service(t, pkcs8(t)).Application(t.Context(), "0oa1")
		wantProblem(t, err, store.Denied, "DPoP proof JWT header is missing", "switch off")
	})
}

func TestRecordedOrganizations(t *testing.T) {
	recorded(t)
	for name, engine := range map[string]string{"well_known_org.classic": "Classic Engine", "well_known_org.oie": "Identity Engine"} {
		r := load(t, name)
		o := newOrg(t, map[string]http.HandlerFunc{"GET " + r.Path: r.serve, "GET /api/v1/": answers(200, "[]")})
		got := o.client(t).Check(t.Context())
		if !got[0].OK || !strings.Contains(got[0].Detail, engine) {
			t.Errorf("%s: %+v", name, got[0])
		}
	}
}
