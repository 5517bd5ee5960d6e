package sandbox_test

import (
	"encoding/base64"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/beevik/etree"
	dsig "github.com/russellhaering/goxmldsig"

	"github.com/oktaws/oktaws/internal/sandbox/aws"
)

// A response of Okta's that somebody has worked at is worth nothing.
func TestSignOnIsRefusedOnceAResponseIsTamperedWith(t *testing.T) {
	w := link(t, nil)
	w.assign("Administrator")
	const twoSigners = "The <Response> is not as it was signed, or was not signed with the certificate "
	for name, c := range map[string]struct {
		tamper       func(t *testing.T, response string) string
		words, cause string
	}{
		"unsigned": {func(t *testing.T, r string) string { return edited(t, r, unsign) },
			badSignature, "Neither the response nor its assertion is signed."},
		"without the assertion's signature": {func(t *testing.T, r string) string {
			return edited(t, r, func(root *etree.Element) { unsign(root.SelectElement("Assertion")) })
		}, badSignature, twoSigners},
		"another person": {func(t *testing.T, r string) string {
			return edited(t, r, func(root *etree.Element) { root.FindElement("./Assertion/Subject/NameID").SetText("boss@example.com") })
		}, badSignature, twoSigners},
		"another person, in a response that is not signed as a whole": {func(t *testing.T, r string) string {
			return edited(t, r, func(root *etree.Element) {
				root.RemoveChild(root.SelectElement("Signature"))
				root.FindElement("./Assertion/Subject/NameID").SetText("boss@example.com")
			})
		}, badSignature, "The <Assertion> is not as it was signed"},
		"another role": {func(t *testing.T, r string) string {
			return replaced(t, r, "role/Administrator", "role/"+aws.AccessRole)
		}, badSignature, twoSigners},
		"one role more": {func(t *testing.T, r string) string {
			return replaced(t, r, `(<saml2:AttributeValue[^>]*>)([^<]*)role/Administrator(</saml2:AttributeValue>)`, "$0${1}${2}role/"+aws.AccessRole+"$3")
		}, badSignature, twoSigners},
		"a longer session": {func(t *testing.T, r string) string { return replaced(t, r, ">3600<", ">43200<") }, badSignature, twoSigners},
		"a longer life": {func(t *testing.T, r string) string {
			return replaced(t, r, `NotOnOrAfter="[^"]*"`, `NotOnOrAfter="2099-01-01T00:00:00.000Z"`)
		}, badSignature, twoSigners},
		"a comment in the NameID": {func(t *testing.T, r string) string {
			return replaced(t, r, "test-user@example.com<", "test-user<!---->@example.com<")
		},
			badResponse, "The response holds a comment."},
		"a comment in the role": {func(t *testing.T, r string) string {
			return replaced(t, r, "role/Administrator", "role/Admin<!-- -->istrator")
		},
			badResponse, "The response holds a comment."},
		"a document type": {func(t *testing.T, r string) string {
			return replaced(t, r, `<saml2p:Response`, `<!DOCTYPE r [<!ENTITY who "boss@example.com">]><saml2p:Response`)
		}, badResponse, "The response declares a document type or entities."},
		"an entity": {func(t *testing.T, r string) string { return replaced(t, r, "test-user@example.com<", "&who;<") },
			badResponse, "The response is no XML: "},
		"a processing instruction": {func(t *testing.T, r string) string {
			return replaced(t, r, "test-user@example.com<", "test-user@example.com<?x?><")
		}, badResponse, "The response holds a processing instruction."},
		"an attribute twice": {func(t *testing.T, r string) string {
			return replaced(t, r, `<saml2:Assertion `, `<saml2:Assertion Version="2.0" `)
		}, badResponse, "The response has the attribute Version twice at one element."},
		"something behind the response": {func(t *testing.T, r string) string { return replaced(t, r, "</saml2p:Response>", "$0<more/>") },
			badResponse, "The response "},
		"no assertion": {func(t *testing.T, r string) string {
			return edited(t, r, func(root *etree.Element) { root.RemoveChild(root.SelectElement("Assertion")) })
		}, badResponse, "The response holds no assertion."},
		"an ID twice": {func(t *testing.T, r string) string {
			return edited(t, r, func(root *etree.Element) {
				root.FindElement("./Assertion").CreateAttr("ID", root.SelectAttrValue("ID", ""))
			})
		}, badResponse, "stands at more than one element."},
		"no base64":   {func(*testing.T, string) string { return "<saml2p:Response/>" }, "Invalid base64 SAMLResponse", "The response is no base64"},
		"another XML": {func(*testing.T, string) string { return base64.StdEncoding.EncodeToString([]byte("<html/>")) }, badResponse, "The document is <html> and no SAML 2.0 <Response>."},
		"too long":    {func(*testing.T, string) string { return strings.Repeat("A", 100_004) }, badResponse, "The response has 100004 characters, and 100000 are the most."},
	} {
		t.Run(name, func(t *testing.T) {
			w.in(t).refused(c.tamper(t, w.click()), "InvalidIdentityToken", c.words, c.cause)
		})
	}
	w.opened(w.post("/saml", url.Values{"SAMLResponse": {w.click()}})) // untouched
}

// in reports to a test within this one.
func (w *linked) in(t *testing.T) *linked {
	inner := *w
	inner.t = t
	return &inner
}

// A signature is good for the assertion that it covers, wherever another one is put.
func TestSignOnIsRefusedWithAWrappedSignature(t *testing.T) {
	w := link(t, nil)
	w.assign("Administrator")
	for name, c := range wrappings {
		t.Run(name, func(t *testing.T) {
			w := w.in(t)
			w.refused(wrap(t, w.click(), c.how), "InvalidIdentityToken", "", c.why)
			w.refused(wrap(t, w.click(), func(root, signed, forged *etree.Element) {
				root.RemoveChild(root.SelectElement("Signature"))
				c.how(root, signed, forged)
			}), "InvalidIdentityToken", "", c.why)
		})
	}
	alone := edited(t, w.click(), func(root *etree.Element) { root.RemoveChild(root.SelectElement("Signature")) })
	w.opened(w.post("/saml", url.Values{"SAMLResponse": {alone}})) // the assertion's signature is enough
}

// What Okta never signs is signed here with a key that the provider trusts: only what it says is wrong.
func TestSignOnIsRefusedForWhatAResponseSays(t *testing.T) {
	w := link(t, nil)
	w.assign("Administrator")
	key := newSigner(t, w.Now())
	w.upload(key.instead(w.metadata(w.app)))
	attribute := func(name string) string {
		return "./Assertion/AttributeStatement/Attribute[@Name='https://aws.amazon.com/SAML/Attributes/" + name + "']"
	}
	set := func(path, name, value string) func(*etree.Element) {
		return func(root *etree.Element) {
			e := root.FindElement(path)
			switch {
			case name == "":
				e.SetText(value)
			case value == "":
				e.RemoveAttr(name)
			default:
				e.CreateAttr(name, value)
			}
		}
	}
	remove := func(path string) func(*etree.Element) {
		return func(root *etree.Element) { e := root.FindElement(path); e.Parent().RemoveChild(e) }
	}
	const data = "./Assertion/Subject/SubjectConfirmation/SubjectConfirmationData"
	soon, past := w.Now().Add(time.Second).UTC().Format(time.RFC3339Nano), w.Now().UTC().Format(time.RFC3339Nano)
	for name, c := range map[string]struct {
		edit               func(root *etree.Element)
		code, words, cause string
	}{
		"other audience": {set("//Audience", "", "https://example.com"),
			"InvalidIdentityToken", "Response does not contain the required audience", "The audience is https://example.com; AWS is urn:amazon:webservices or " + aws.SignInURL + "."},
		"no audience":    {remove("//AudienceRestriction"), "InvalidIdentityToken", "Response does not contain the required audience", "The audience is none;"},
		"no conditions":  {remove("//Conditions"), "InvalidIdentityToken", badResponse, "The assertion has no conditions."},
		"not yet valid":  {set("//Conditions", "NotBefore", soon), "InvalidIdentityToken", badResponse, "The assertion is not good before "},
		"expired":        {set("//Conditions", "NotOnOrAfter", past), "ExpiredTokenException", tooLate, "The assertion was good until "},
		"expired for it": {set(data, "NotOnOrAfter", past), "ExpiredTokenException", tooLate, "The subject's confirmation was good until "},
		"no end":         {set(data, "NotOnOrAfter", ""), "InvalidIdentityToken", badResponse, "The subject's confirmation does not say until when it is good"},
		"issued long ago": {set("./Assertion", "IssueInstant", w.Now().Add(-5*time.Minute-time.Second).UTC().Format(time.RFC3339Nano)),
			"ExpiredTokenException", tooLate, "The assertion was issued at "},
		"other recipient":        {set(data, "Recipient", "https://example.com/saml"), "InvalidIdentityToken", badResponse, "The recipient is https://example.com/saml and not " + aws.SignInURL + "."},
		"no recipient":           {set(data, "Recipient", ""), "InvalidIdentityToken", badResponse, "The recipient is none and not " + aws.SignInURL + "."},
		"other destination":      {set(".", "Destination", aws.SignInURL+"/"), "InvalidIdentityToken", badResponse, "The response's destination is " + aws.SignInURL + "/ and not "},
		"an answer":              {set(".", "InResponseTo", "id1"), "InvalidIdentityToken", badResponse, `The response answers a request "id1", and AWS has sent none.`},
		"an answer, by the data": {set(data, "InResponseTo", "id1"), "InvalidIdentityToken", badResponse, `The subject's confirmation answers a request "id1"`},
		"two issuers":            {set("./Issuer", "", "http://www.okta.com/exkother"), "InvalidIdentityToken", badResponse, "The response's issuer is http://www.okta.com/exkother and the assertion's "},
		"no success":             {set("//StatusCode", "Value", "urn:oasis:names:tc:SAML:2.0:status:Responder"), "IDPRejectedClaim", "The identity provider reported that authentication failed", "status:Responder"},
		"nobody":                 {remove("//NameID"), "AccessDenied", notAuthorized, "The assertion has no subject with a NameID."},
		"no bearer":              {set("//SubjectConfirmation", "Method", "urn:oasis:names:tc:SAML:2.0:cm:sender-vouches"), "InvalidIdentityToken", badResponse, "of the method bearer"},
		"no session name":        {remove(attribute("RoleSessionName")), "InvalidIdentityToken", "RoleSessionName is required in AuthnResponse", "The assertion has no attribute"},
		"bad session name":       {set(attribute("RoleSessionName")+"/AttributeValue", "", "Test User"), "InvalidIdentityToken", "RoleSessionName in AuthnResponse must match [a-zA-Z_0-9+=,.@-]{2,64}", `It is "Test User".`},
		"session name of one":    {set(attribute("RoleSessionName")+"/AttributeValue", "", "x"), "InvalidIdentityToken", "RoleSessionName in AuthnResponse must match", `It is "x".`},
		"duration out of range":  {set(attribute("SessionDuration")+"/AttributeValue", "", "899"), "InvalidIdentityToken", badResponse, `SessionDuration is "899" and not a number of seconds from 900 to 43200.`},
		"session over":           {set("//AuthnStatement", "SessionNotOnOrAfter", past), "InvalidIdentityToken", badResponse, "SessionNotOnOrAfter is "},
		"an unknown attribute":   {set(attribute("SessionDuration"), "Name", "https://aws.amazon.com/SAML/Attributes/SourceIdentity"), "InvalidIdentityToken", badResponse, "The sandbox does not do sign-on with the attribute"},
		"elements in the NameID": {func(root *etree.Element) { root.FindElement("//NameID").CreateElement("b").SetText("boss") }, "AccessDenied", notAuthorized, "The assertion has no subject with a NameID."},
		"a role of another account": {set(attribute("Role")+"/AttributeValue", "", memberProvider+",arn:aws:iam::"+aws.AccountBilling+":role/"+aws.AccessRole),
			"AccessDenied", notAuthorized, ""},
	} {
		t.Run(name, func(t *testing.T) {
			response := key.again(t, w.click(), c.edit, dsig.ECDSASHA256SignatureMethod)
			w.in(t).refused(response, c.code, c.words, c.cause)
		})
	}
	t.Run("SHA-1", func(t *testing.T) {
		response := key.again(t, w.click(), func(*etree.Element) {}, dsig.ECDSASHA1SignatureMethod)
		w.in(t).refused(response, "InvalidIdentityToken", badSignature, "The signature's method is http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha1")
	})
	response := key.again(t, w.click(), func(*etree.Element) {}, dsig.ECDSASHA256SignatureMethod)
	w.opened(w.post("/saml", url.Values{"SAMLResponse": {response}}))
}
