package okta

import (
	"crypto/rand"
	"encoding/base64"
	"fmt"
	"math/big"
	"time"

	"github.com/beevik/etree"
	dsig "github.com/russellhaering/goxmldsig"
)

// assertionLife is for how long from its making, and from how long before, an assertion is good: as in the response of
// another Okta application in validate_test.go of https://github.com/russellhaering/goxmldsig [C].
const assertionLife = 5 * time.Minute

// assertion is what Okta asserts of a person.
type assertion struct {
	issuer, acs, destination, recipient, audience string
	subject                                       string
	roles                                         []string // values of the Role attribute
	duration                                      string   // of the session, in seconds
	at                                            time.Time
}

const (
	samlProtocol  = "urn:oasis:names:tc:SAML:2.0:protocol"
	samlAssertion = "urn:oasis:names:tc:SAML:2.0:assertion"
	xmlSchema     = "http://www.w3.org/2001/XMLSchema"
	awsAttribute  = "https://aws.amazon.com/SAML/Attributes/"
)

// response is the SAML response, in base64. Its elements, their order, the formats, and that both the response and the
// assertion are signed are as in the responses of amazon_aws that others show [C]:
// https://github.com/oktadev/okta-aws-cli-assume-role/issues/149 and lib/saml_test.go of
// https://github.com/segmentio/aws-okta.
func (a assertion) response(k *signingKey) (string, error) {
	asserted := a.element()
	if err := k.sign(asserted); err != nil {
		return "", fmt.Errorf("sign assertion: %w", err)
	}
	r := etree.NewElement("saml2p:Response")
	for _, v := range [][2]string{{"Destination", a.destination}, {"ID", samlID()}, {"IssueInstant", instant(a.at)}, {"Version", "2.0"},
		{"xmlns:saml2p", samlProtocol}} {
		r.CreateAttr(v[0], v[1])
	}
	issuer := child(r, "saml2:Issuer", a.issuer, "Format", "urn:oasis:names:tc:SAML:2.0:nameid-format:entity")
	issuer.CreateAttr("xmlns:saml2", samlAssertion)
	child(child(r, "saml2p:Status", ""), "saml2p:StatusCode", "", "Value", "urn:oasis:names:tc:SAML:2.0:status:Success")
	r.AddChild(asserted)
	if err := k.sign(r); err != nil {
		return "", fmt.Errorf("sign response: %w", err)
	}
	doc := etree.NewDocument()
	doc.CreateProcInst("xml", `version="1.0" encoding="UTF-8"`)
	doc.SetRoot(r)
	xml, err := doc.WriteToBytes()
	if err != nil {
		return "", fmt.Errorf("write response: %w", err)
	}
	return base64.StdEncoding.EncodeToString(xml), nil
}

// element is the assertion, not yet signed. The name ID's format is one of the metadata's two.
func (a assertion) element() *etree.Element {
	e := etree.NewElement("saml2:Assertion")
	for _, v := range [][2]string{{"ID", samlID()}, {"IssueInstant", instant(a.at)}, {"Version", "2.0"}, {"xmlns:saml2", samlAssertion}} {
		e.CreateAttr(v[0], v[1])
	}
	from, until := instant(a.at.Add(-assertionLife)), instant(a.at.Add(assertionLife))
	child(e, "saml2:Issuer", a.issuer, "Format", "urn:oasis:names:tc:SAML:2.0:nameid-format:entity")

	subject := child(e, "saml2:Subject", "")
	child(subject, "saml2:NameID", a.subject, "Format", "urn:oasis:names:tc:SAML:2.0:nameid-format:unspecified")
	bearer := child(subject, "saml2:SubjectConfirmation", "", "Method", "urn:oasis:names:tc:SAML:2.0:cm:bearer")
	child(bearer, "saml2:SubjectConfirmationData", "", "NotOnOrAfter", until, "Recipient", a.recipient)

	conditions := child(e, "saml2:Conditions", "", "NotBefore", from, "NotOnOrAfter", until)
	child(child(conditions, "saml2:AudienceRestriction", ""), "saml2:Audience", a.audience)

	session := fmt.Sprintf("id%d.%s", a.at.UnixMilli(), digits(10))
	authn := child(e, "saml2:AuthnStatement", "", "AuthnInstant", instant(a.at), "SessionIndex", session)
	child(child(authn, "saml2:AuthnContext", ""), "saml2:AuthnContextClassRef", "urn:oasis:names:tc:SAML:2.0:ac:classes:PasswordProtectedTransport")

	statement := child(e, "saml2:AttributeStatement", "")
	if len(a.roles) > 0 {
		attribute(statement, "Role", "uri", a.roles...)
	}
	attribute(statement, "RoleSessionName", "basic", a.subject)
	attribute(statement, "SessionDuration", "basic", a.duration)
	return e
}

// attribute adds one of AWS's attributes.
func attribute(statement *etree.Element, name, format string, values ...string) {
	e := child(statement, "saml2:Attribute", "", "Name", awsAttribute+name, "NameFormat", "urn:oasis:names:tc:SAML:2.0:attrname-format:"+format)
	for _, v := range values {
		child(e, "saml2:AttributeValue", v, "xmlns:xs", xmlSchema,
			"xmlns:xsi", "http://www.w3.org/2001/XMLSchema-instance", "xsi:type", "xs:string")
	}
}

// child adds an element with a text and with attributes, a name and a value each.
func child(parent *etree.Element, tag, text string, attributes ...string) *etree.Element {
	e := parent.CreateElement(tag)
	for i := 0; i+1 < len(attributes); i += 2 {
		e.CreateAttr(attributes[i], attributes[i+1])
	}
	if text != "" {
		e.SetText(text)
	}
	return e
}

// sign puts an enveloped signature, RSA with SHA-256 over exclusive canonical XML, behind the element's issuer, where
// the schema has it. Okta's transforms also name the prefix xs as inclusive [C], which this library cannot write; whoever
// verifies reads what a signature says, so it makes no difference to them.
func (k *signingKey) sign(e *etree.Element) error {
	c, err := dsig.NewSigningContext(k.private, [][]byte{k.cert})
	if err != nil {
		return err
	}
	c.Canonicalizer = dsig.MakeC14N10ExclusiveCanonicalizerWithPrefixList("")
	signature, err := c.ConstructSignature(e.Copy(), true) // a copy: canonicalizing changes what it is given
	if err != nil {
		return err
	}
	e.InsertChildAt(1, signature)
	return nil
}

// samlID makes an ID of its own, in the form that was seen: 27 digits [C].
func samlID() string { return "id" + digits(27) }

func digits(n int) string {
	most := new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(n)), nil)
	v, _ := rand.Int(rand.Reader, most) // never fails
	return fmt.Sprintf("%0*d", n, v)
}

// instant writes a time as Okta does in SAML: UTC, milliseconds [C].
func instant(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000Z") }
