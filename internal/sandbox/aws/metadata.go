package aws

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/xml"
	"io"
	"math/big"
	"strings"
	"time"
	"unicode/utf8"
)

// Lengths of SAML metadata, in characters
// (https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateSAMLProvider.html).
const (
	shortMetadata = 1000
	longMetadata  = 10_000_000
)

// entity is what matters of SAML metadata.
type entity struct {
	XMLName    xml.Name `xml:"urn:oasis:names:tc:SAML:2.0:metadata EntityDescriptor"`
	EntityID   string   `xml:"entityID,attr"`
	ValidUntil string   `xml:"validUntil,attr"`
	Providers  []struct {
		SignOn []struct {
			Location string `xml:",attr"`
		} `xml:"urn:oasis:names:tc:SAML:2.0:metadata SingleSignOnService"`
		Keys []struct {
			Use         string `xml:"use,attr"`
			Certificate string `xml:"http://www.w3.org/2000/09/xmldsig# KeyInfo>X509Data>X509Certificate"`
		} `xml:"urn:oasis:names:tc:SAML:2.0:metadata KeyDescriptor"`
	} `xml:"urn:oasis:names:tc:SAML:2.0:metadata IDPSSODescriptor"`
}

// parseMetadata reads an identity provider's SAML metadata as AWS does: one EntityDescriptor with a sign-on address
// and a certificate.
func parseMetadata(document string) (entity, error) {
	unreadable := &Error{400, "InvalidInput", "Could not parse metadata"}
	var e entity
	switch n := utf8.RuneCountInString(document); {
	case n < shortMetadata:
		return e, validation("1 validation error detected: Value at 'sAMLMetadataDocument' failed to satisfy constraint: Member must have length greater than or equal to 1000")
	case n > longMetadata:
		return e, validation("1 validation error detected: Value at 'sAMLMetadataDocument' failed to satisfy constraint: Member must have length less than or equal to 10000000")
	}
	d := xml.NewDecoder(strings.NewReader(document))
	// Okta declares ISO-8859-1, and writes ASCII.
	d.CharsetReader = func(_ string, in io.Reader) (io.Reader, error) { return in, nil }
	if err := d.Decode(&e); err != nil || e.EntityID == "" || len(e.Providers) == 0 {
		return e, unreadable
	}
	certificates := 0
	for _, p := range e.Providers {
		if len(p.SignOn) == 0 {
			return e, unreadable
		}
		for _, k := range p.Keys {
			der, err := base64.StdEncoding.DecodeString(strings.Join(strings.Fields(k.Certificate), ""))
			if err != nil {
				return e, unreadable
			}
			if _, err := x509.ParseCertificate(der); err != nil {
				return e, unreadable
			}
			certificates++
		}
	}
	if certificates == 0 {
		return e, unreadable
	}
	return e, nil
}

// validUntil is the metadata's own end, or 100 years, which is what AWS answers with otherwise.
func (e entity) validUntil(at time.Time) time.Time {
	if t, err := time.Parse(time.RFC3339, e.ValidUntil); err == nil {
		return t
	}
	return at.AddDate(100, 0, 0)
}

// madeUpMetadata is metadata of an identity provider that nobody runs, with a certificate of its own.
func madeUpMetadata(entityID string) string {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		panic(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "example", Organization: []string{"Okta"}},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().AddDate(10, 0, 0),
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		panic(err)
	}
	const name, binding = "urn:oasis:names:tc:SAML:1.1:nameid-format:", "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-"
	return `<?xml version="1.0" encoding="UTF-8"?><md:EntityDescriptor entityID="` + entityID + `" xmlns:md="urn:oasis:names:tc:SAML:2.0:metadata">` +
		`<md:IDPSSODescriptor WantAuthnRequestsSigned="false" protocolSupportEnumeration="urn:oasis:names:tc:SAML:2.0:protocol">` +
		`<md:KeyDescriptor use="signing"><ds:KeyInfo xmlns:ds="http://www.w3.org/2000/09/xmldsig#"><ds:X509Data><ds:X509Certificate>` +
		base64.StdEncoding.EncodeToString(der) + `</ds:X509Certificate></ds:X509Data></ds:KeyInfo></md:KeyDescriptor>` +
		`<md:NameIDFormat>` + name + `emailAddress</md:NameIDFormat><md:NameIDFormat>` + name + `unspecified</md:NameIDFormat>` +
		`<md:SingleSignOnService Binding="` + binding + `POST" Location="https://example.okta.com/app/amazon_aws/exkmadebyhand/sso/saml"/>` +
		`<md:SingleSignOnService Binding="` + binding + `Redirect" Location="https://example.okta.com/app/amazon_aws/exkmadebyhand/sso/saml"/>` +
		`</md:IDPSSODescriptor></md:EntityDescriptor>`
}
