package okta

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/oktaws/oktaws/internal/sandbox/wire"
)

// recordedDir is where the recordings of a real organization are.
func recordedDir(t *testing.T) string {
	t.Helper()
	dir := os.Getenv("OKTAWS_RECORDED")
	if dir == "" {
		t.Skip("Skipped: OKTAWS_RECORDED does not say where the recordings of a real Okta are.")
	}
	return filepath.Join(dir, "okta")
}

// recording is one recorded call.
type recording struct {
	dir, name           string
	Method, Path, Query string
	Status              int
	Headers             map[string]string `json:"response_headers"`
	request, response   string
	ours                map[string]string // what stands in our organization for what is recorded
}

func read(t *testing.T, dir, name string) *recording {
	t.Helper()
	r := &recording{dir: dir, name: name, ours: map[string]string{}}
	if b, err := os.ReadFile(filepath.Join(dir, name+".meta.json")); err == nil {
		if err := json.Unmarshal(b, r); err != nil {
			t.Fatal(err)
		}
	}
	file := func(ext string) string {
		b, _ := os.ReadFile(filepath.Join(dir, name+ext))
		return strings.TrimSpace(string(b))
	}
	r.request, r.response = file(".req.json"), file(".resp.json")+file(".resp.xml")
	return r
}

// known replaces what is recorded by what stands for it.
func (r *recording) known(text string) string {
	for theirs, ours := range r.ours {
		text = strings.ReplaceAll(text, theirs, ours)
	}
	return text
}

// send sends the recorded request.
func (r *recording) send(o *org) answer {
	o.t.Helper()
	path := r.Path
	if r.Query != "" {
		path += "?" + r.Query
	}
	var header []string
	if strings.HasSuffix(r.Path, "/metadata") {
		header = []string{"Accept", "application/xml"}
	}
	return o.do(r.Method, r.known(path), r.known(r.request), header...)
}

// made has the application made that another recording made, and notes its ID and its key.
func (r *recording) made(o *org, create string) string {
	o.t.Helper()
	c := read(o.t, r.dir, create)
	a := o.want(c.send(o), 200)
	var theirs struct {
		ID          string
		Credentials struct{ Signing struct{ Kid string } }
	}
	if err := json.Unmarshal([]byte(c.response), &theirs); err != nil {
		o.t.Fatal(err)
	}
	r.ours[theirs.ID] = a.id()
	r.ours[theirs.Credentials.Signing.Kid] = a.at("credentials", "signing", "kid").(string)
	return a.id()
}

// stands notes that our thing stands for theirs.
func (r *recording) stands(theirs, ours string) { r.ours[theirs] = ours }

// volatile values differ from one organization, or one moment, to the next; all others must be equal.
var volatile = regexp.MustCompile(`\.(href|id|kid|orn|errorId|created|lastUpdated|lastMembershipUpdated|expiresAt|n|x5t#S256|cell|profile\.name)$|\.x5c\[\d+\]$`)

// compare adds to found what differs, by its path: a key that is missing or extra, another type, another value.
func compare(found map[string]string, path string, want, got any) {
	switch want := want.(type) {
	case map[string]any:
		got, ok := got.(map[string]any)
		if !ok {
			found[path] = "not an object"
			return
		}
		for k, v := range want {
			if _, ok := got[k]; !ok {
				found[path+"."+k] = "missing"
			} else {
				compare(found, path+"."+k, v, got[k])
			}
		}
		for k := range got {
			if _, ok := want[k]; !ok {
				found[path+"."+k] = "extra"
			}
		}
	case []any:
		got, ok := got.([]any)
		if !ok || len(got) < len(want) {
			found[path+".length"] = fmt.Sprintf("not a list of %d", len(want))
		}
		for i := range min(len(want), len(got)) {
			compare(found, fmt.Sprintf("%s[%d]", path, i), want[i], got[i])
		}
	default:
		if a, b := fmt.Sprintf("%T", want), fmt.Sprintf("%T", got); a != b {
			found[path] = fmt.Sprintf("%s, not %s", b, a)
		} else if want != got && !volatile.MatchString(path) {
			found[path] = fmt.Sprintf("%v, not %v", got, want)
		}
	}
}

// replay is a recording played against the stand-in.
type replay struct {
	prepare func(*org, *recording)        // brings the organization to where the recording begins
	send    func(*org, *recording) answer // nil: the recorded request
	differs map[string]string             // why the answer differs, by path or its beginning
}

func TestRecordedAnswersAreOurs(t *testing.T) {
	dir := recordedDir(t)
	for name, p := range replays() {
		t.Run(name, func(t *testing.T) {
			o, r := newOrg(t), read(t, dir, name)
			r.Status = max(r.Status, 200)
			if p.prepare != nil {
				p.prepare(o, r)
			}
			var a answer
			if p.send != nil {
				a = p.send(o, r)
			} else {
				a = r.send(o)
			}
			if a.StatusCode != r.Status {
				t.Fatalf("status %d, recorded %d\n%s", a.StatusCode, r.Status, a.text)
			}
			if got, want := a.Header.Get("Content-Type"), r.Headers["Content-Type"]; got != want && r.Headers != nil {
				t.Errorf("content type %q, recorded %q", got, want)
			}
			if link := r.Headers["Link"]; (link == "") != (a.Header.Get("Link") == "") || strings.Contains(link, "rel=") && !strings.HasSuffix(a.Header.Get("Link"), link[strings.LastIndex(link, ";"):]) {
				t.Errorf("link %q, recorded %q", a.Header.Values("Link"), link)
			}
			found := map[string]string{}
			if strings.HasPrefix(r.response, "<?xml") {
				if got, want := plain(t, a.text), plain(t, r.response); got != want {
					t.Errorf("got  %s\nwant %s", got, want)
				}
			} else if r.response == "" {
				if a.text != "" {
					t.Errorf("got %s", a.text)
				}
			} else {
				var want any
				if err := json.Unmarshal([]byte(r.known(r.response)), &want); err != nil {
					t.Fatal(err)
				}
				compare(found, "$", want, a.json)
			}
			used := map[string]bool{}
			for _, path := range slices.Sorted(maps.Keys(found)) {
				if why := excuse(p.differs, path); why != "" {
					used[why] = true
					continue
				}
				t.Errorf("%s: %s", path, found[path])
			}
			for why := range p.differs {
				if !used[why] {
					t.Errorf("%s does not differ any more", why)
				}
			}
		})
	}
}

// excuse returns the listed path that a difference falls under.
func excuse(differs map[string]string, path string) string {
	for listed := range differs {
		if path == listed || strings.HasPrefix(path, listed+".") || strings.HasPrefix(path, listed+"[") {
			return listed
		}
	}
	return ""
}

// plain is metadata without what differs by application, and checks how the certificate is wrapped.
func plain(t *testing.T, xml string) string {
	t.Helper()
	cert := regexp.MustCompile(`(?s)<ds:X509Certificate>(.*)</ds:X509Certificate>`).FindStringSubmatch(xml)
	if cert == nil {
		t.Fatalf("no certificate in %s", xml)
	}
	lines := strings.Split(cert[1], "\n")
	for i, l := range lines {
		if len(l) != 76 && i < len(lines)-1 {
			t.Errorf("a line of the certificate has %d letters", len(l))
		}
	}
	xml = strings.Replace(xml, cert[1], "CERTIFICATE", 1)
	xml = regexp.MustCompile(`exk[0-9A-Za-z]{17}`).ReplaceAllString(xml, "EXTERNAL")
	return regexp.MustCompile(`Location="https?://[^/]+/`).ReplaceAllString(xml, `Location="BASE/`)
}

// TestRecordedEverythingIsCovered holds that no recording is left out unnoticed.
func TestRecordedEverythingIsCovered(t *testing.T) {
	files, err := filepath.Glob(filepath.Join(recordedDir(t), "*.json"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no recordings: %v", err)
	}
	leftOut := map[string]string{
		"app_user_":                     "assigning single people to an application",
		"app_user_schema_":              "profile schemas",
		"connection_":                   "another app's provisioning API, which amazon_aws has none of",
		"feature_inbound_":              "another app's feature",
		"feature_user_provisioning_put": "another app's provisioning API, which amazon_aws has none of",
		"error_401_feature_":            "authorization servers",
		"error_423_":                    "group rules",
		"doc_error_403_mapped_":         "assigning single people to an application",
	}
	played := replays()
	for _, f := range files {
		name := strings.TrimSuffix(filepath.Base(f), ".json")
		for _, ext := range []string{".meta", ".req", ".resp"} {
			name = strings.TrimSuffix(name, ext)
		}
		_, ok := played[name]
		for prefix := range leftOut {
			ok = ok || strings.HasPrefix(name, prefix)
		}
		if !ok {
			t.Errorf("%s is not replayed", name)
		}
	}
}

func replays() map[string]replay {
	const classic, full, minimal = "app_create_minimal.classic", "app_create_full.oie", "app_create_minimal.oie"
	made := func(create string) func(*org, *recording) { return func(o *org, r *recording) { r.made(o, create) } }
	engine := map[string]string{"$._links.accessPolicy": "recorded in a Classic organization",
		"$._links.policies": "as above", "$._links.profileEnrollment": "as above"}
	older := map[string]string{"$.settings.manualProvisioning": "the key is newer than the recording",
		"$.settings.implicitAssignment": "as above"}
	// inGroups has the groups of the recording made, by their recorded IDs.
	inGroups := func(create string, ids ...string) func(*org, *recording) {
		return func(o *org, r *recording) {
			r.made(o, create)
			for _, id := range ids {
				r.stands(id, o.AddGroup(id, ""))
			}
		}
	}
	assigned := func(create string, n int, ids ...string) func(*org, *recording) {
		return func(o *org, r *recording) {
			inGroups(create, ids...)(o, r)
			app := o.Applications()[2].ID
			for _, id := range ids[:n] {
				o.want(o.do("PUT", "/api/v1/apps/"+app+"/groups/"+r.ours[id], "{}"), 200)
			}
		}
	}
	const one, two, three = "00g7l8avj5SPwHsuu1d7", "00g7l89y75myZkGUB1d7", "00g7l8bcjvxah08g41d7"
	// another has an application of ours stand for one of another kind, and a group for its group.
	another := func(app, group string) func(*org, *recording) {
		return func(o *org, r *recording) {
			id, path := o.create("Another")
			r.stands(app, id)
			r.stands(group, o.AddGroup(group, ""))
			o.want(o.do("PUT", path+"/groups/"+r.ours[group], "{}"), 200)
		}
	}
	group := func(id, name, description string) func(*org, *recording) {
		return func(o *org, r *recording) { r.stands(id, o.AddGroup(name, description)) }
	}
	get := func(path string, header ...string) func(*org, *recording) answer {
		return func(o *org, r *recording) answer { return o.do("GET", path, "", header...) }
	}
	words := map[string]string{"$.errorSummary": "the document's example has a placeholder"}
	fault := func(f wire.Fault) func(*org, *recording) answer {
		return func(o *org, r *recording) answer { o.hub.Add(f); return o.do("GET", "/api/v1/apps", "") }
	}
	open := func(o *org, r *recording) (app, grp string) {
		o.aws.set(Role{"Administrator", []string{provider}}, Role{"ReadOnlyAccess", []string{provider}})
		app, _ = o.create("Roles")
		grp = o.AddGroup("Roles", "")
		r.stands("0oa7l8asnxc7jHRFO1d7", app)
		r.stands(one, grp)
		o.want(o.person(app, "api-integration", enter("true")), 200)
		o.want(o.person(app, "to-app", `{"createUsers":true,"updateAttributes":true}`), 200)
		return app, grp
	}
	return map[string]replay{
		minimal:                       {},
		classic:                       {differs: engine},
		full:                          {differs: older},
		"app_get.classic":             {prepare: made(classic), differs: engine},
		"app_update_settings.classic": {prepare: made(classic), differs: engine},
		"app_update_signing_kid.oie": {prepare: func(o *org, r *recording) {
			id := r.made(o, full)
			k := o.want(o.do("POST", "/api/v1/apps/"+id+"/credentials/keys/generate?validityYears=3", ""), 201)
			r.stands("mBNjCnlujFs_JQT1250byZUkg_XSUJC-qMplibQpNWQ", k.at("kid").(string))
		}, differs: older},
		"app_saml_metadata.classic": {prepare: made(classic)},
		"app_saml_metadata_after_rotation.oie": {prepare: func(o *org, r *recording) {
			id := r.made(o, full)
			k := o.want(o.do("POST", "/api/v1/apps/"+id+"/credentials/keys/generate?validityYears=3", ""), 201)
			r.stands("mBNjCnlujFs_JQT1250byZUkg_XSUJC-qMplibQpNWQ", k.at("kid").(string))
		}},
		"app_keys_list.classic":  {prepare: made(classic)},
		"app_keys_generate.oie":  {prepare: made(full)},
		"app_activate.oie":       {prepare: made(full)},
		"app_deactivate.classic": {prepare: made(classic)},
		"app_delete.classic": {prepare: func(o *org, r *recording) {
			o.want(o.do("POST", "/api/v1/apps/"+r.made(o, classic)+"/lifecycle/deactivate", ""), 200)
		}},
		"app_get_404_after_delete.classic": {prepare: func(o *org, r *recording) {
			path := "/api/v1/apps/" + r.made(o, classic)
			o.want(o.do("POST", path+"/lifecycle/deactivate", ""), 200)
			o.want(o.do("DELETE", path, ""), 204)
		}},
		"app_list_q_filter.oie": {prepare: func(o *org, r *recording) { o.create("testAcc_4225328393") },
			differs: map[string]string{"$[0].orn": "the key is newer than the recordings of amazon_aws with SAML",
				"$[0].name": "recorded of a SAML app of the organization's own", "$[0].visibility.appLinks": "as above",
				"$[0].settings.app": "as above", "$[0].settings.signOn": "as above",
				"$[0].settings.notes.admin": "ours bears a note", "$[0]._links.appLinks": "as above"}},
		"app_list_element_browser_plugin_2025": {
			send: func(o *org, _ *recording) answer {
				a := o.do("GET", "/api/v1/apps?limit=1", "")
				a.json = a.json.([]any)[0]
				a.Header.Del("Link")
				return a
			}},
		"app_group_put_empty.oie":            {prepare: inGroups(full, one, two, three)},
		"app_group_put_second.oie":           {prepare: assigned(full, 1, one, two, three)},
		"app_group_list.oie":                 {prepare: assigned(full, 3, one, two, three)},
		"app_group_delete.oie":               {prepare: assigned(full, 3, one, two, three)},
		"app_group_get.oie":                  {prepare: another("0oauj98mikme3r9p41d7", "00guj92nktA5Qjw711d7")},
		"app_group_put_priority_profile.oie": {prepare: another("0oauj98mikme3r9p41d7", "00guj98mijuMsH4001d7")},
		"group_create.oie":                   {},
		"group_get.oie":                      {prepare: group(one, "testAcc_347013862_2", "")},
		"group_list_q.oie":                   {prepare: group("00gkwqmlbnQWVeKUF1d7", "testAcc_3671860054", "testing, testing")},
		"group_list_q_everyone.oie":          {},
		"group_list_q_filter_empty.oie":      {prepare: group("00gkwqmlbnQWVeKUF1d7", "testAcc_3671860054", "")},
		"group_delete.oie":                   {prepare: group(three, "testAcc_347013862", "")},
		"well_known_org.oie":                 {},
		"well_known_org.classic": {differs: map[string]string{"$.pipeline": "recorded in a Classic organization",
			"$.settings.omEnabled": "as above"}},
		"feature_user_provisioning_get.oie": {prepare: func(o *org, r *recording) {
			id, _ := o.create("Feature")
			r.stands("0oarblaf7hWdLawNg1d7", id)
			o.want(o.person(id, "api-integration", enter("true")), 200)
			o.want(o.person(id, "to-app", `{"createUsers":true}`), 200)
		}, differs: map[string]string{"$.capabilities.update": "recorded of another app, which has passwords and deactivation pushed"}},

		"error_400_app_create_validation": {differs: map[string]string{"$.errorSummary": "the recorded app is not ours to make: we say so",
			"$.errorCauses": "as above"}},
		"error_400_put_inactive_app": {prepare: func(o *org, r *recording) {
			id, path := o.create("Inactive")
			r.stands("0oakwqooyzDvCNylk1d7", id)
			o.want(o.do("POST", path+"/lifecycle/deactivate", ""), 200)
		}},
		"error_404_user_in_group": {send: func(o *org, r *recording) answer {
			return o.do("PUT", "/api/v1/groups/"+o.AddGroup("g", "")+"/users/00gvtzgfr4tqj8POf1d7", "")
		}},
		"error_500": {send: fault(wire.Fault{Status: 500})},

		"doc_error_400_features_not_enabled": {send: func(o *org, r *recording) answer {
			_, path := o.create("Off")
			return o.do("GET", path+"/features", "")
		}},
		"doc_error_400_validation":    {send: func(o *org, _ *recording) answer { return o.do("POST", "/api/v1/groups", "{}") }, differs: words},
		"doc_error_401_invalid_token": {send: get("/api/v1/apps", "Authorization", "SSWS nope")},
		"doc_error_403_access_denied": {send: func(o *org, r *recording) answer {
			o.AddToken("less", []string{groupsRead})
			return o.do("GET", "/api/v1/apps", "", "Authorization", "SSWS less")
		}},
		"doc_error_404_not_found":  {send: get("/api/v1/apps/none"), differs: words},
		"doc_error_429_rate_limit": {send: fault(wire.Fault{Status: 429})},
		"doc_error_429_concurrency": {send: func(o *org, _ *recording) answer {
			for range 75 {
				o.limits.enter()
			}
			return o.do("GET", "/api/v1/apps", "")
		}},
		"doc_error_500": {send: fault(wire.Fault{Status: 500}),
			differs: map[string]string{"$.errorLink": "the document's E0000000 is recorded as E0000009"}},
		"issue_error_400_profile_property_not_found": {send: func(o *org, r *recording) answer {
			_, path := o.create("Early")
			return o.do("PUT", path+"/groups/"+o.AddGroup("g", ""), `{"profile":{"role":"x","salesforceGroups":["y"]}}`)
		}, differs: map[string]string{"$.errorCauses": "the same two, by name"}},
		"issue_bearer_403_dpop": {send: func(o *org, r *recording) answer {
			o.AddClient(Client{ID: "client", Key: &testKey().PublicKey, Scopes: []string{appsRead}, DPoP: true})
			return o.askToken(o.assertion(testKey(), nil, nil), appsRead)
		}},
		"derived_app_group_put_samlroles": {send: func(o *org, r *recording) answer {
			app, grp := open(o, r)
			return o.do("PUT", "/api/v1/apps/"+app+"/groups/"+grp, r.request)
		}},
		"derived_app_group_patch_samlroles": {send: func(o *org, r *recording) answer {
			app, grp := open(o, r)
			path := "/api/v1/apps/" + app + "/groups/" + grp
			o.want(o.do("PUT", path, `{}`), 200)
			o.want(o.do("PATCH", path, r.request), 200)
			if got := o.Assignments(app)[0].Roles; !slices.Equal(got, []string{"Administrator"}) {
				o.t.Errorf("got %v", got)
			}
			return o.do("DELETE", path, "")
		}, prepare: func(_ *org, r *recording) { r.Status = 204 }},
	}
}
