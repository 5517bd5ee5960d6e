package okta

import (
	"context"
	"crypto/x509"
	"encoding/base64"
	"encoding/xml"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/oktaws/oktaws/internal/sandbox/wire"
)

func TestANewApplicationHasEveryDefault(t *testing.T) {
	o := newOrg(t)
	id, path := o.create("Gmail-AWS-Account")
	a := o.want(o.do("GET", path, ""), 200)
	for _, want := range []struct {
		value any
		keys  []string
	}{
		{"ACTIVE", []string{"status"}},
		{"aws.amazon", []string{"settings", "app", "awsEnvironmentType"}},
		{provider, []string{"settings", "app", "identityProviderArn"}},
		{3600.0, []string{"settings", "app", "sessionDuration"}},
		{nil, []string{"settings", "app", "secretKey"}},
		{"ours", []string{"settings", "notes", "admin"}},
		{o.url + "/home/amazon_aws/" + id + "/272", nil},
	} {
		got := a.at(want.keys...)
		if want.keys == nil {
			got = a.at("_links", "appLinks").([]any)[0].(map[string]any)["href"]
		}
		if got != want.value {
			t.Errorf("%v is %v, want %v", want.keys, got, want.value)
		}
	}
	if features := a.at("features").([]any); len(features) != 0 {
		t.Errorf("features %v", features)
	}
	if kid, _ := a.at("credentials", "signing", "kid").(string); len(kid) != 43 {
		t.Errorf("kid %q", kid)
	}
	if a.Header.Get("X-Okta-Request-Id") == "" || a.Header.Get("Date") != "Mon, 04 May 2026 10:00:00 GMT" {
		t.Errorf("headers %v", a.Header)
	}
}

func TestWhatACreateIsRefusedFor(t *testing.T) {
	o := newOrg(t)
	saml := func(rest string) string { return `{"name":"amazon_aws","signOnMode":"SAML_2_0",` + rest + `}` }
	app := func(settings string) string { return saml(`"label":"x","settings":{"app":{` + settings + `}}`) }
	for _, c := range []struct{ name, body, code, summary, cause string }{
		{"no label", saml(`"settings":{}`), "E0000001", "Api validation failed: label", "label: The field cannot be left blank"},
		{"long label", saml(`"label":"` + strings.Repeat("é", 101) + `"`), "E0000001", "Api validation failed: label", "too long"},
		{"no sign-on mode", `{"name":"amazon_aws","label":"x"}`, "E0000001", "Api validation failed: signOnMode", ""},
		{"another sign-on mode", `{"name":"amazon_aws","label":"x","signOnMode":"BOOKMARK"}`, "E0000001", "Api validation failed: signOnMode", ""},
		{"another app", `{"name":"office365","label":"x","signOnMode":"SAML_2_0"}`, "E0000001", "Api validation failed: name", ""},
		{"unknown key", app(`"roleArn":"x"`), "E0000001", "Api validation failed: settings", "settings.app.roleArn"},
		{"short session", app(`"sessionDuration":900`), "E0000001", "Api validation failed: settings", "between 3600 and 43200"},
		{"long session", app(`"sessionDuration":43201`), "E0000001", "Api validation failed: settings", "between 3600 and 43200"},
		{"session as text", app(`"sessionDuration":"3600"`), "E0000001", "Api validation failed: settings", "whole number"},
		{"another environment", app(`"awsEnvironmentType":"aws.moon"`), "E0000001", "Api validation failed: settings", "awsEnvironmentType"},
		{"tick as text", app(`"joinAllRoles":"true"`), "E0000001", "Api validation failed: settings", "joinAllRoles"},
		{"text as number", app(`"loginURL":5`), "E0000001", "Api validation failed: settings", "loginURL"},
		{"foreign key", saml(`"label":"x","credentials":{"signing":{"kid":"nope"}}`), "E0000001", "Api validation failed: credentials", ""},
		{"not JSON", `{`, "E0000003", "The request body was not well-formed.", ""},
		{"label as number", saml(`"label":5`), "E0000003", "The request body was not well-formed.", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			o := *o
			o.t = t
			a := o.want(o.do("POST", "/api/v1/apps", c.body), 400, c.code)
			if a.at("errorSummary") != c.summary || !strings.Contains(strings.Join(a.causes(), "\n"), c.cause) {
				t.Errorf("got %s", a.text)
			}
		})
	}
	if n := len(o.Applications()); n != 2 {
		t.Errorf("there are %d applications, want the 2 that were there", n)
	}
}

func TestALabelMayBeTakenTwiceAndIsCounted(t *testing.T) {
	o := newOrg(t)
	o.create("Twice")
	o.create("Twice")
	if d := o.DuplicateLabels(); len(d) != 1 || d["Twice"] != 2 {
		t.Errorf("got %v", d)
	}
}

func TestAReplaceReplacesTheWhole(t *testing.T) {
	o := newOrg(t)
	id, path := o.create("Whole")
	before, _ := o.Application(id)
	o.clock.Advance(time.Minute)
	a := o.want(o.do("PUT", path, `{"label":"Renamed","signOnMode":"SAML_2_0","features":["PUSH_NEW_USERS"],
		"settings":{"app":{"sessionDuration":7200,"accountID":null}}}`), 200)
	after, _ := o.Application(id)
	if after.Label != "Renamed" || after.Settings["sessionDuration"] != 7200.0 || after.SigningKeyID != before.SigningKeyID {
		t.Errorf("got %+v", after)
	}
	if after.Settings["identityProviderArn"] != nil || after.Note != "" {
		t.Errorf("what the request left out is still there: %+v", after)
	}
	if len(after.Features) != 0 || a.at("lastUpdated") != "2026-05-04T10:01:00.000Z" || a.at("created") != "2026-05-04T10:00:00.000Z" {
		t.Errorf("got %s", a.text)
	}
	o.want(o.do("PUT", path, `{"label":"x","name":"other","signOnMode":"SAML_2_0"}`), 400, "E0000001")
	o.want(o.do("PUT", path, `{"label":"x","signOnMode":"SAML_2_0","credentials":{"signing":{"kid":"nope"}}}`), 400, "E0000001")
}

func TestLifecycle(t *testing.T) {
	o := newOrg(t)
	id, path := o.create("Life")
	o.want(o.do("DELETE", path, ""), 403, "E0000056")
	o.want(o.do("POST", path+"/lifecycle/deactivate", ""), 200)
	a := o.want(o.do("PUT", path, `{"label":"Life","signOnMode":"SAML_2_0"}`), 400, "E0000024")
	if !slices.Equal(a.causes(), []string{"This operation on app metadata is not yet supported: No active instances."}) {
		t.Errorf("got %s", a.text)
	}
	o.want(o.do("POST", path+"/lifecycle/activate", ""), 200)
	o.want(o.do("POST", path+"/lifecycle/activate", ""), 200)
	o.want(o.do("POST", path+"/lifecycle/deactivate", ""), 200)
	o.want(o.do("DELETE", path, ""), 204)
	a = o.want(o.do("GET", path, ""), 404, "E0000007")
	if want := "Not found: Resource not found: " + id + " (AppInstance)"; a.at("errorSummary") != want {
		t.Errorf("got %s", a.text)
	}
	made := o.want(o.do("POST", "/api/v1/apps?activate=false", `{"name":"amazon_aws","label":"Off","signOnMode":"SAML_2_0"}`), 200)
	if made.at("status") != "INACTIVE" || made.at("_links", "activate") == nil || made.at("_links", "deactivate") != nil {
		t.Errorf("got %s", made.text)
	}
}

func TestListingFindsByPrefixAndFilterAndPages(t *testing.T) {
	o := newOrg(t)
	for i := range 5 {
		o.create(fmt.Sprintf("Team-%d", i))
	}
	labels := func(a answer) []string {
		var out []string
		for _, v := range a.json.([]any) {
			out = append(out, v.(map[string]any)["label"].(string))
		}
		return out
	}
	for query, want := range map[string][]string{
		"q=team-3":                                 {"Team-3"},
		"q=eam-3":                                  nil,
		"filter=status+eq+%22INACTIVE%22":          nil,
		"filter=name+eq+%22amazon_aws%22":          {ConsoleLabel, LegacyLabel, "Team-0", "Team-1", "Team-2", "Team-3", "Team-4"},
		"q=Leg&filter=status+eq+%22ACTIVE%22":      {LegacyLabel},
		"filter=credentials.signing.kid+eq+%22%22": {ConsoleLabel},
	} {
		if got := labels(o.want(o.do("GET", "/api/v1/apps?"+query, ""), 200)); !slices.Equal(got, want) {
			t.Errorf("%s: got %v, want %v", query, got, want)
		}
	}
	var all []string
	next := "/api/v1/apps?limit=3&q=Team"
	for pages := 0; next != ""; pages++ {
		a := o.want(o.do("GET", next, ""), 200)
		all, next = append(all, labels(a)...), ""
		for _, l := range a.Header.Values("Link") {
			if u, ok := strings.CutSuffix(l, `>; rel="next"`); ok {
				next = strings.TrimPrefix(u, "<")
			}
		}
		if pages > 2 {
			t.Fatal("the pages do not end")
		}
	}
	if len(all) != 5 {
		t.Errorf("paging found %v", all)
	}
	o.want(o.do("GET", "/api/v1/apps?limit=201", ""), 400, "E0000001")
	o.want(o.do("GET", "/api/v1/apps?after=soon", ""), 400, "E0000001")
	for _, bad := range []string{`label eq "x"`, `name sw "a"`, `name eq x`, `name eq "a" and status eq "ACTIVE"`, `name eq "a" or`} {
		o.want(o.do("GET", "/api/v1/apps?filter="+strings.NewReplacer(" ", "+", `"`, "%22").Replace(bad), ""), 400, "E0000031")
	}
}

func TestAnApplicationOfTheConsoleHasNoSigningKey(t *testing.T) {
	o := newOrg(t)
	a := o.want(o.do("GET", "/api/v1/apps?q="+strings.ReplaceAll(ConsoleLabel, " ", "+"), ""), 200)
	app := a.json.([]any)[0].(map[string]any)
	if signing := app["credentials"].(map[string]any)["signing"].(map[string]any); app["signOnMode"] != "BROWSER_PLUGIN" || len(signing) != 0 {
		t.Errorf("got %s", a.text)
	}
	o.want(o.do("GET", "/api/v1/apps/"+app["id"].(string)+"/sso/saml/metadata", ""), 404, "E0000007")
}

func TestMetadataHoldsTheKeysCertificate(t *testing.T) {
	o := newOrg(t, func(c *Config) { c.MetadataAfter = 0 })
	id, path := o.create("Meta")
	app, _ := o.Application(id)
	metadata := path + "/sso/saml/metadata?kid="
	o.want(o.do("GET", metadata+app.SigningKeyID, "", "Accept", "application/xml"), 404, "E0000007")
	o.clock.Advance(time.Second)
	a := o.want(o.do("GET", metadata+app.SigningKeyID, "", "Accept", "application/xml"), 200)
	if got := a.Header.Get("Content-Type"); got != "application/xml;charset=ISO-8859-1" {
		t.Errorf("content type %s", got)
	}
	cert := parseMetadata(t, a.text)
	if years := cert.NotAfter.Sub(app.Created); years < 3652*24*time.Hour || years > 3653*24*time.Hour {
		t.Errorf("valid for %v", years)
	}
	if got := cert.Subject.String(); !strings.Contains(got, "OU=SSOProvider") || cert.Issuer.String() != got {
		t.Errorf("subject %s", got)
	}
	o.want(o.do("GET", metadata+"nope", ""), 404, "E0000007")
	o.want(o.do("GET", metadata, "", "Accept", "application/json"), 400, "E0000021")

	o.want(o.do("POST", path+"/credentials/keys/generate?validityYears=1", ""), 400, "E0000001")
	k := o.want(o.do("POST", path+"/credentials/keys/generate?validityYears=3", ""), 201)
	kid := k.at("kid").(string)
	if k.Header.Get("Location") != o.url+path+"/credentials/keys/"+kid {
		t.Errorf("location %s", k.Header.Get("Location"))
	}
	if now, _ := o.Application(id); now.SigningKeyID != app.SigningKeyID || now.Keys != 2 {
		t.Errorf("the new key is in use at once: %+v", now)
	}
	second := parseMetadata(t, o.want(o.do("GET", metadata+kid, ""), 200).text)
	if second.Equal(cert) {
		t.Error("both keys have one certificate")
	}
	o.want(o.do("PUT", path, `{"label":"Meta","signOnMode":"SAML_2_0","credentials":{"signing":{"kid":"`+kid+`"}}}`), 200)
	if now, _ := o.Application(id); now.SigningKeyID != kid {
		t.Errorf("the key was not changed: %+v", now)
	}
	o.want(o.do("GET", path+"/credentials/keys/"+kid, ""), 200)
	o.want(o.do("GET", path+"/credentials/keys/nope", ""), 404, "E0000007")
}

func TestOnlyAnApplicationsOwnKeysCanSign(t *testing.T) {
	o := newOrg(t)
	id, path := o.create("Keys")
	other, otherPath := o.create("Others")
	theirs, _ := o.Application(other)
	mine := o.want(o.do("POST", path+"/credentials/keys/generate?validityYears=5", ""), 201).at("kid").(string)
	list := func(path string) (kids []string) {
		for _, k := range o.want(o.do("GET", path+"/credentials/keys", ""), 200).json.([]any) {
			kids = append(kids, k.(map[string]any)["kid"].(string))
		}
		return kids
	}
	kids := list(path)
	before, _ := o.Application(id)
	if len(kids) != 3 || kids[1] != before.SigningKeyID || kids[2] != mine {
		t.Fatalf("the keys are %v", kids)
	}
	organizations := kids[0]
	if got := list(otherPath); got[0] != organizations {
		t.Errorf("the organization's key is %s here and %s there", organizations, got[0])
	}
	put := func(kid string) answer {
		return o.do("PUT", path, `{"label":"Keys","signOnMode":"SAML_2_0","credentials":{"signing":{"kid":"`+kid+`"}}}`)
	}
	for _, kid := range []string{"nope", theirs.SigningKeyID, organizations} {
		o.want(put(kid), 400, "E0000001")
		o.want(o.do("GET", path+"/sso/saml/metadata?kid="+kid, ""), 404, "E0000007")
	}
	if err := o.Deactivate(id); err != nil {
		t.Fatal(err)
	}
	o.want(put(mine), 400, "E0000024")
	if now, _ := o.Application(id); now.SigningKeyID != before.SigningKeyID {
		t.Errorf("the application signs with %s now", now.SigningKeyID)
	}
	if err := o.Activate(id); err != nil {
		t.Fatal(err)
	}
	o.want(put(mine), 200)
	if now, _ := o.Application(id); now.SigningKeyID != mine {
		t.Errorf("the application signs with %s", now.SigningKeyID)
	}

	// The organization's is as old as the application, and its certificate is signed with SHA-1.
	o.clock.Advance(time.Hour)
	_, path = o.create("Later")
	k := o.want(o.do("GET", path+"/credentials/keys/"+organizations, ""), 200)
	der, err := base64.StdEncoding.DecodeString(k.at("x5c").([]any)[0].(string))
	if err != nil {
		t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil || cert.SignatureAlgorithm != x509.SHA1WithRSA || k.at("created") != "2026-05-04T11:00:00.000Z" || k.at("expiresAt") != "2036-05-04T10:00:00.000Z" {
		t.Errorf("got %s, %v", k.text, err)
	}
}

func parseMetadata(t *testing.T, text string) *x509.Certificate {
	t.Helper()
	var m struct {
		EntityID string `xml:"entityID,attr"`
		IDP      struct {
			Cert    string `xml:"KeyDescriptor>KeyInfo>X509Data>X509Certificate"`
			SignOns []struct {
				Location string `xml:"Location,attr"`
			} `xml:"SingleSignOnService"`
		} `xml:"IDPSSODescriptor"`
	}
	if err := xml.Unmarshal([]byte(text), &m); err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(m.EntityID, "http://www.okta.com/exk") || len(m.IDP.SignOns) != 2 {
		t.Errorf("got %s", text)
	}
	der, err := base64.StdEncoding.DecodeString(strings.ReplaceAll(m.IDP.Cert, "\n", ""))
	if err != nil {
		t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	if err := cert.CheckSignature(cert.SignatureAlgorithm, cert.RawTBSCertificate, cert.Signature); err != nil {
		t.Error(err)
	}
	return cert
}

func TestWhatIsUnknownIsRecordedAsUnknown(t *testing.T) {
	o := newOrg(t)
	id, path := o.create("Calls")
	o.want(o.do("GET", "/api/v1/nowhere", ""), 404, "E0000008")
	o.want(o.do("GET", "//api/v1/apps", ""), 404, "E0000008")
	o.want(o.do("PATCH", path, "{}"), 405, "E0000022")
	o.want(o.do("PUT", path, `{}`, "Content-Type", "application/x-www-form-urlencoded"), 400, "E0000021")
	var got []string
	for _, c := range o.hub.Calls(0) {
		got = append(got, c.Service+" "+c.Operation+" "+c.Subject)
	}
	want := []string{"okta createApplication Calls", "okta unknown /api/v1/nowhere", "okta unknown //api/v1/apps", "okta unknown " + path, "okta replaceApplication " + id}
	if !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestFaultsAnswerInOktasForm(t *testing.T) {
	o := newOrg(t)
	for _, c := range []struct {
		fault wire.Fault
		code  any
	}{
		{wire.Fault{Status: 500}, "E0000009"},
		{wire.Fault{Status: 429, RetryAfter: 7}, "E0000047"},
		{wire.Fault{Status: 401}, "E0000011"},
		{wire.Fault{Status: 403}, "E0000006"},
		{wire.Fault{Status: 400, Code: "E0000031", Message: "Odd."}, "E0000031"},
		{wire.Fault{Status: 502}, nil},
	} {
		c.fault.Times = 1
		o.hub.Add(c.fault)
		a := o.do("GET", "/api/v1/groups", "")
		if a.StatusCode != c.fault.Status || a.at("errorCode") != c.code {
			t.Errorf("%+v: got %d %s", c.fault, a.StatusCode, a.text)
		}
		if reset := a.Header.Get("X-Rate-Limit-Reset"); c.fault.Status == 429 && reset != fmt.Sprint(o.clock.Now().Unix()+7) {
			t.Errorf("reset %s", reset)
		}
	}
	o.hub.Add(wire.Fault{Operation: "createApplication", Cut: "after", Times: 1})
	req, _ := http.NewRequestWithContext(t.Context(), "POST", o.url+"/api/v1/apps", strings.NewReader(`{"name":"amazon_aws","label":"Cut","signOnMode":"SAML_2_0"}`))
	req.Header.Set("Authorization", o.auth)
	req.Header.Set("Content-Type", "application/json")
	if res, err := http.DefaultClient.Do(req); err == nil {
		_ = res.Body.Close()
		t.Fatal("the connection was not cut")
	}
	if err := o.Wait(t.Context(), func() bool { return o.Applications()[2].Label == "Cut" }); err != nil {
		t.Fatal(err)
	}
}

func TestWaitWakesUpAtAChange(t *testing.T) {
	o := newOrg(t)
	done := make(chan error)
	go func() { done <- o.Wait(t.Context(), func() bool { return len(o.Groups()) == 4 }) }()
	o.group("Fourth")
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := o.Wait(ctx, func() bool { return false }); err == nil {
		t.Error("a canceled wait has no error")
	}
}
