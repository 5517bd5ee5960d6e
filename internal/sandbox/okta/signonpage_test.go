package okta

import (
	"html"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/oktaws/oktaws/internal/sandbox/wire"
)

var formField = regexp.MustCompile(`name="(\w+)" type="hidden" value="([^"]*)"`)

func TestSignOnAddressOfTheMetadataAnswersTheForm(t *testing.T) {
	o := newOrg(t)
	id, path := o.create("Story")
	o.grant(path, "Story-Users", TestUserLogin, `{}`)
	metadata := parse(t, o.want(o.do("GET", path+"/sso/saml/metadata", ""), 200).text)
	address := at(t, metadata, "//SingleSignOnService[1]", "Location")
	o.auth = "" // a browser has no token

	a := o.want(o.do("GET", address+"?RelayState=https://deep/", "", PersonHeader, TestUserLogin), 200)
	fields := map[string]string{}
	for _, f := range formField.FindAllStringSubmatch(a.text, -1) {
		fields[f[1]] = html.UnescapeString(f[2])
	}
	if !strings.Contains(a.text, `action="https://signin.aws.amazon.com/saml"`) || fields["RelayState"] != "https://deep/" {
		t.Errorf("got %s", a.text)
	}
	if got := at(t, readResponse(t, fields["SAMLResponse"]), "//NameID", ""); got != TestUserLogin {
		t.Errorf("got %s", got)
	}

	for login, want := range map[string]struct {
		status int
		reason string
	}{
		"":                   {403, "Nobody is signed in"},
		RequesterLogin:       {403, "App Not Assigned"},
		"nobody@example.com": {403, "nobody with the login"},
	} {
		if a := o.want(o.do("GET", address, "", PersonHeader, login), want.status); !strings.Contains(a.text, want.reason) || strings.Contains(a.text, "SAMLResponse") {
			t.Errorf("%q: got %s", login, a.text)
		}
	}
	o.want(o.do("GET", strings.Replace(address, "/exk", "/exkother", 1), "", PersonHeader, TestUserLogin), 404)
	o.hub.Add(wire.Fault{Operation: "signOn", Status: 503, Message: "Okta is away.", Times: 1})
	if a := o.want(o.do("GET", address, "", PersonHeader, TestUserLogin), 503); !strings.Contains(a.text, "Okta is away.") {
		t.Errorf("got %s", a.text)
	}

	calls := o.hub.Calls(0)
	first := calls[slices.IndexFunc(calls, func(c wire.Call) bool { return c.Operation == "signOn" })]
	if first.Subject != id || !strings.Contains(first.Response, `value="***"`) {
		t.Errorf("recorded as %+v", first)
	}
}

func TestSAMLResponseIsASecretAsLongAsItIsGood(t *testing.T) {
	o := newOrg(t)
	id, path := o.create("Story")
	o.grant(path, "Story-Users", TestUserLogin, `{}`)
	on, _ := o.click(TestUserLogin, id)
	posted := url.Values{"SAMLResponse": {on.Response}}.Encode()
	for _, form := range []string{on.Response, strings.TrimPrefix(posted, "SAMLResponse=")} {
		if !slices.Contains(o.Secrets(), form) {
			t.Errorf("%.20s… is no secret", form)
		}
	}
	o.clock.Advance(6 * time.Minute)
	o.click(TestUserLogin, id)
	if got := o.Secrets(); slices.Contains(got, on.Response) || !slices.Contains(got, testToken) {
		t.Error("a response that has expired is kept, or the token is not")
	}
}
