package okta

import (
	"bytes"
	"encoding/base64"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/beevik/etree"
)

func TestSignOnIsTheResponseThatAWSReads(t *testing.T) {
	o := newOrg(t)
	id, path := o.create("Story")
	o.grant(path, "Story-Users", TestUserLogin, `{}`)
	external := strings.Split(at(t, parse(t, o.want(o.do("GET", path+"/sso/saml/metadata", ""), 200).text), "//SingleSignOnService[1]", "Location"), "/")[5]

	on, r := o.click(TestUserLogin, id)
	if on.ACS != "https://signin.aws.amazon.com/saml" || on.RelayState != "" {
		t.Errorf("got %s %q", on.ACS, on.RelayState)
	}
	const now, before, after = "2026-05-04T10:00:00.000Z", "2026-05-04T09:55:00.000Z", "2026-05-04T10:05:00.000Z"
	for _, want := range []struct{ path, attribute, value string }{
		{".", "Destination", on.ACS},
		{".", "IssueInstant", now},
		{".", "Version", "2.0"},
		{"./Issuer", "", "http://www.okta.com/" + external},
		{"./Status/StatusCode", "Value", "urn:oasis:names:tc:SAML:2.0:status:Success"},
		{"./Assertion", "IssueInstant", now},
		{"./Assertion/Issuer", "", "http://www.okta.com/" + external},
		{"./Assertion/Subject/NameID", "", TestUserLogin},
		{"./Assertion/Subject/NameID", "Format", "urn:oasis:names:tc:SAML:2.0:nameid-format:unspecified"},
		{"./Assertion/Subject/SubjectConfirmation", "Method", "urn:oasis:names:tc:SAML:2.0:cm:bearer"},
		{"./Assertion/Subject/SubjectConfirmation/SubjectConfirmationData", "Recipient", on.ACS},
		{"./Assertion/Subject/SubjectConfirmation/SubjectConfirmationData", "NotOnOrAfter", after},
		{"./Assertion/Conditions", "NotBefore", before},
		{"./Assertion/Conditions", "NotOnOrAfter", after},
		{"./Assertion/Conditions/AudienceRestriction/Audience", "", "urn:amazon:webservices"},
		{"./Assertion/AuthnStatement", "AuthnInstant", now},
		{"./Assertion/AuthnStatement/AuthnContext/AuthnContextClassRef", "", "urn:oasis:names:tc:SAML:2.0:ac:classes:PasswordProtectedTransport"},
		{"//Attribute[@Name='https://aws.amazon.com/SAML/Attributes/RoleSessionName']/AttributeValue", "", TestUserLogin},
		{"//Attribute[@Name='https://aws.amazon.com/SAML/Attributes/RoleSessionName']/AttributeValue", "xsi:type", "xs:string"},
		{"//Attribute[@Name='https://aws.amazon.com/SAML/Attributes/RoleSessionName']/AttributeValue", "xmlns:xs", "http://www.w3.org/2001/XMLSchema"},
		{"//Attribute[@Name='https://aws.amazon.com/SAML/Attributes/SessionDuration']/AttributeValue", "", "3600"},
		{"./Signature/SignedInfo/SignatureMethod", "Algorithm", "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256"},
		{"./Signature/SignedInfo/Reference", "URI", "#" + r.SelectAttrValue("ID", "")},
		{"./Assertion/Signature/SignedInfo/Reference", "URI", "#" + at(t, r, "./Assertion", "ID")},
	} {
		if got := at(t, r, want.path, want.attribute); got != want.value {
			t.Errorf("%s %s: got %q, want %q", want.path, want.attribute, got, want.value)
		}
	}
	for parent, want := range map[string][]string{
		".":           {"Issuer", "Signature", "Status", "Assertion"},
		"./Assertion": {"Issuer", "Signature", "Subject", "Conditions", "AuthnStatement", "AttributeStatement"},
	} {
		var order []string
		for _, e := range r.FindElement(parent).ChildElements() {
			order = append(order, e.Tag)
		}
		if !slices.Equal(order, want) {
			t.Errorf("%s has %v, where the schema has %v", parent, order, want)
		}
	}

	o.clock.Advance(90 * time.Second)
	_, again := o.click(TestUserLogin, id)
	if got := again.SelectAttrValue("IssueInstant", ""); got != "2026-05-04T10:01:30.000Z" {
		t.Errorf("got %s: the sandbox's clock says 10:01:30", got)
	}
	seen := map[string]bool{}
	for _, root := range []*etree.Element{r, again} {
		for _, id := range []string{root.SelectAttrValue("ID", ""), at(t, root, "./Assertion", "ID"), at(t, root, "//AuthnStatement", "SessionIndex")} {
			if seen[id] || id == "" {
				t.Errorf("the ID %q is there twice", id)
			}
			seen[id] = true
		}
	}
}

func TestSignOnIsSignedWithTheKeyInUse(t *testing.T) {
	o := newOrg(t)
	id, path := o.create("Story")
	o.grant(path, "Story-Users", TestUserLogin, `{}`)
	first, _ := o.Application(id)
	old := o.published(path, first.SigningKeyID)

	on, r := o.click(TestUserLogin, id)
	if err := o.verify(r, old); err != nil {
		t.Fatalf("the published certificate does not verify it: %v", err)
	}
	xml, _ := base64.StdEncoding.DecodeString(on.Response)
	for _, forged := range []string{"okta-admin@example.com", "tesT-user@example.com"} {
		bad := readResponse(t, base64.StdEncoding.EncodeToString(bytes.ReplaceAll(xml, []byte(TestUserLogin), []byte(forged))))
		if o.verify(bad, old) == nil {
			t.Errorf("changed to %s, it still verifies", forged)
		}
	}

	kid := o.want(o.do("POST", path+"/credentials/keys/generate?validityYears=2", ""), 201).at("kid").(string)
	if _, r := o.click(TestUserLogin, id); o.verify(r, old) != nil {
		t.Error("a key that was only made is in use")
	}
	app := o.want(o.do("GET", path, ""), 200)
	o.want(o.do("PUT", path, strings.ReplaceAll(app.text, first.SigningKeyID, kid)), 200)
	_, r = o.click(TestUserLogin, id)
	if o.verify(r, old) == nil {
		t.Error("after the rotation, the old certificate verifies it")
	}
	if err := o.verify(r, o.published(path, kid)); err != nil {
		t.Errorf("after the rotation, the new certificate does not verify it: %v", err)
	}
}

func TestSignOnFollowsTheSettings(t *testing.T) {
	o := newOrg(t)
	id, path := o.create("China")
	o.grant(path, "China-Users", TestUserLogin, `{}`)
	const acs = "https://signin.amazonaws.cn/saml"
	o.set(path, map[string]any{"overrideAcsURL": acs, "sessionDuration": 43200})
	on, r := o.click(TestUserLogin, id)
	if got := told(r, "SessionDuration"); on.ACS != acs || !slices.Equal(got, []string{"43200"}) {
		t.Errorf("got %s and %v", on.ACS, got)
	}
	if at(t, r, ".", "Destination") != acs || at(t, r, "//SubjectConfirmationData", "Recipient") != acs {
		t.Error("the response is for another address")
	}
	for address, audience := range map[string]string{
		acs: "urn:amazon:webservices:cn-north-1",
		"https://cn-northwest-1.signin.amazonaws.cn/saml":        "urn:amazon:webservices:cn-north-1",
		"https://signin.amazonaws-us-gov.com/saml":               "urn:amazon:webservices:govcloud",
		"https://us-gov-west-1.signin.amazonaws-us-gov.com/saml": "urn:amazon:webservices:govcloud",
		"https://us-west-2.signin.aws.amazon.com/saml":           "urn:amazon:webservices",
		"https://example.com/?signin.amazonaws-us-gov.com":       "urn:amazon:webservices",
		"https://elsewhere-signin.amazonaws.cn.example.com/saml": "urn:amazon:webservices",
	} {
		o.set(path, map[string]any{"overrideAcsURL": address})
		if _, r := o.click(TestUserLogin, id); at(t, r, "//Audience", "") != audience {
			t.Errorf("to %s, the audience is %s", address, at(t, r, "//Audience", ""))
		}
	}

	app := o.want(o.do("GET", path, ""), 200).text
	for _, v := range [][2]string{{"defaultRelayState", "https://console/"}, {"audienceOverride", "urn:other"},
		{"recipientOverride", "https://recipient/"}, {"destinationOverride", "https://destination/"}, {"ssoAcsUrlOverride", "https://acs/"}} {
		app = strings.Replace(app, `"`+v[0]+`":null`, `"`+v[0]+`":"`+v[1]+`"`, 1)
	}
	o.want(o.do("PUT", path, app), 200)
	on, r = o.click(TestUserLogin, id)
	if on.ACS != "https://acs/" || on.RelayState != "https://console/" || at(t, r, "//Audience", "") != "urn:other" ||
		at(t, r, ".", "Destination") != "https://destination/" || at(t, r, "//SubjectConfirmationData", "Recipient") != "https://recipient/" {
		t.Errorf("got %+v", on)
	}
}

func TestSignOnIsRefusedWithTheReason(t *testing.T) {
	o := newOrg(t)
	id, path := o.create("Story")
	o.grant(path, "Story-Users", TestUserLogin, `{}`)
	console := ""
	for _, a := range o.Applications() {
		if a.Label == ConsoleLabel {
			console = a.ID
		}
	}
	refused := func(login, app, reason string) {
		t.Helper()
		if _, err := o.SignOn(login, app); err == nil || !strings.Contains(err.Error(), reason) {
			t.Errorf("%s at %s: got %v, want %q", login, app, err, reason)
		}
	}
	refused("nobody@example.com", id, "nobody with the login nobody@example.com")
	refused(TestUserLogin, "0oanone", "no application 0oanone")
	refused(TestUserLogin, console, "does not sign people on by SAML")
	refused(RequesterLogin, id, "App Not Assigned: requester@example.com is in no group that Story is assigned to")
	o.want(o.do("POST", path+"/lifecycle/deactivate", ""), 200)
	refused(TestUserLogin, id, "Story is inactive")
}

func TestDashboardHasATileForEachApplicationOfTheirs(t *testing.T) {
	o := newOrg(t)
	second, secondPath := o.create("Beta")
	first, firstPath := o.create("Alpha")
	hidden, hiddenPath := o.create("Hidden")
	o.create("Not theirs")
	o.grant(firstPath, "Alpha-1", TestUserLogin, `{}`)
	o.grant(firstPath, "Alpha-2", TestUserLogin, `{}`)
	o.grant(secondPath, "Beta-1", TestUserLogin, `{}`)
	o.grant(hiddenPath, "Hidden-1", TestUserLogin, `{}`)
	o.want(o.do("PUT", hiddenPath, strings.Replace(o.want(o.do("GET", hiddenPath, ""), 200).text, `"web":false`, `"web":true`, 1)), 200)

	if got := o.Tiles(TestUserLogin); !slices.Equal(got, []Tile{{first, "Alpha"}, {second, "Beta"}}) {
		t.Errorf("got %v", got)
	}
	if _, err := o.SignOn(TestUserLogin, hidden); err != nil {
		t.Errorf("a hidden application still signs on: %v", err)
	}
	o.want(o.do("POST", firstPath+"/lifecycle/deactivate", ""), 200)
	if got := o.Tiles(TestUserLogin); len(got) != 1 {
		t.Errorf("got %v: Alpha is inactive", got)
	}
	if got := append(o.Tiles(RequesterLogin), o.Tiles("nobody@example.com")...); len(got) != 0 {
		t.Errorf("got %v", got)
	}
}
