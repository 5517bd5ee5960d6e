package okta

import (
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"strings"
	"testing"

	"github.com/beevik/etree"
	"github.com/jonboulle/clockwork"
	dsig "github.com/russellhaering/goxmldsig"
)

// click signs a person on and returns what was posted and the response's root element.
func (o *org) click(login, app string) (SignOn, *etree.Element) {
	o.t.Helper()
	on, err := o.SignOn(login, app)
	if err != nil {
		o.t.Fatal(err)
	}
	return on, readResponse(o.t, on.Response)
}

func readResponse(t *testing.T, response string) *etree.Element {
	t.Helper()
	xml, err := base64.StdEncoding.DecodeString(response)
	if err != nil {
		t.Fatal(err)
	}
	doc := etree.NewDocument()
	if err := doc.ReadFromBytes(xml); err != nil {
		t.Fatal(err)
	}
	return doc.Root()
}

// at finds the one element of a path and returns an attribute of it, or its text.
func at(t *testing.T, root *etree.Element, path, attribute string) string {
	t.Helper()
	found := root.FindElements(path)
	if len(found) != 1 {
		t.Fatalf("%s: found %d elements", path, len(found))
	}
	if attribute == "" {
		return found[0].Text()
	}
	return found[0].SelectAttrValue(attribute, "")
}

// told are the values of one of AWS's attributes.
func told(root *etree.Element, name string) []string {
	var values []string
	for _, v := range root.FindElements("//Attribute[@Name='https://aws.amazon.com/SAML/Attributes/" + name + "']/AttributeValue") {
		values = append(values, v.Text())
	}
	return values
}

// published is the certificate in the metadata of a key.
func (o *org) published(path, kid string) *x509.Certificate {
	o.t.Helper()
	doc := etree.NewDocument()
	if err := doc.ReadFromString(o.want(o.do("GET", path+"/sso/saml/metadata?kid="+kid, ""), 200).text); err != nil {
		o.t.Fatal(err)
	}
	der, err := base64.StdEncoding.DecodeString(strings.Join(strings.Fields(at(o.t, doc.Root(), "//X509Certificate", "")), ""))
	if err != nil {
		o.t.Fatal(err)
	}
	certificate, err := x509.ParseCertificate(der)
	if err != nil {
		o.t.Fatal(err)
	}
	return certificate
}

// verify checks both signatures with nothing but a certificate.
func (o *org) verify(response *etree.Element, certificate *x509.Certificate) error {
	o.t.Helper()
	v := dsig.NewDefaultValidationContext(&dsig.MemoryX509CertificateStore{Roots: []*x509.Certificate{certificate}})
	v.Clock = dsig.NewFakeClock(clockwork.NewFakeClockAt(o.clock.Now()))
	if _, err := v.Validate(response); err != nil {
		return err
	}
	_, err := v.Validate(response.SelectElement("Assertion"))
	return err
}

// grant assigns a new group with the person and returns the assignment's path.
func (o *org) grant(path, name, login, body string) string {
	o.t.Helper()
	assignment := path + "/groups/" + o.AddGroup(name, "", login)
	o.want(o.do("PUT", assignment, body), 200)
	return assignment
}

// set changes settings of an application as its API does: the whole is read, changed and put.
func (o *org) set(path string, settings map[string]any) {
	o.t.Helper()
	app := o.want(o.do("GET", path, ""), 200).json.(map[string]any)
	for key, value := range settings {
		app["settings"].(map[string]any)["app"].(map[string]any)[key] = value
	}
	body, err := json.Marshal(app)
	if err != nil {
		o.t.Fatal(err)
	}
	o.want(o.do("PUT", path, string(body)), 200)
}

func parse(t *testing.T, xml string) *etree.Element {
	t.Helper()
	doc := etree.NewDocument()
	if err := doc.ReadFromString(xml); err != nil {
		t.Fatal(err)
	}
	return doc.Root()
}
