package aws

import (
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"fmt"
	"slices"
	"strings"

	"github.com/beevik/etree"
	"github.com/jonboulle/clockwork"
	dsig "github.com/russellhaering/goxmldsig"
	"github.com/russellhaering/goxmldsig/etreeutils"
)

const (
	exclusiveCanonical = "http://www.w3.org/2001/10/xml-exc-c14n#"
	envelopedSignature = "http://www.w3.org/2000/09/xmldsig#enveloped-signature"
)

// The algorithms that a signature may use. SHA-1 is not among them; whether AWS still takes it is not known [I].
var (
	signatureMethods = []string{
		dsig.RSASHA256SignatureMethod, dsig.RSASHA384SignatureMethod, dsig.RSASHA512SignatureMethod,
		dsig.ECDSASHA256SignatureMethod, dsig.ECDSASHA384SignatureMethod, dsig.ECDSASHA512SignatureMethod,
	}
	digestMethods = []string{
		"http://www.w3.org/2001/04/xmlenc#sha256", "http://www.w3.org/2001/04/xmldsig-more#sha384", "http://www.w3.org/2001/04/xmlenc#sha512",
	}
)

// checkSignatureShape refuses a signature that signs anything but its own parent, whole, or that does so in a way of
// which two readers could think differently.
func checkSignatureShape(e *etree.Element) *refusal {
	if len(children(e.Parent(), xmlSignature, "Signature")) > 1 {
		return badSignature("The <%s> has more than one signature.", e.Parent().Tag)
	}
	for _, part := range e.ChildElements() {
		if !slices.Contains([]string{"SignedInfo", "SignatureValue", "KeyInfo"}, part.Tag) {
			return badSignature("The signature holds <%s>.", part.Tag)
		}
	}
	info := child(e, xmlSignature, "SignedInfo")
	reference := child(info, xmlSignature, "Reference")
	if reference == nil {
		return badSignature("The signature of the <%s> must refer to it, and to nothing else.", e.Parent().Tag)
	}
	id := e.Parent().SelectAttrValue("ID", "")
	if uri := reference.SelectAttrValue("URI", ""); id == "" || uri != "#"+id {
		return badSignature("The signature stands in the <%s> with the ID %q and signs %q.", e.Parent().Tag, id, uri)
	}
	algorithm := func(of *etree.Element, tag string) string {
		if a := child(of, xmlSignature, tag); a != nil {
			return a.SelectAttrValue("Algorithm", "")
		}
		return ""
	}
	if a := algorithm(info, "SignatureMethod"); !slices.Contains(signatureMethods, a) {
		return badSignature("The signature's method is %s; it must be RSA or ECDSA with SHA-256 or more.", orNone(a))
	}
	if a := algorithm(reference, "DigestMethod"); !slices.Contains(digestMethods, a) {
		return badSignature("The signature's digest is %s; it must be SHA-256 or more.", orNone(a))
	}
	if a := algorithm(info, "CanonicalizationMethod"); a != exclusiveCanonical {
		return badSignature("The signature's canonical form is %s and not %s.", orNone(a), exclusiveCanonical)
	}
	var transforms []string
	for _, t := range children(child(reference, xmlSignature, "Transforms"), xmlSignature, "Transform") {
		transforms = append(transforms, t.SelectAttrValue("Algorithm", ""))
	}
	if !slices.Equal(transforms, []string{envelopedSignature, exclusiveCanonical}) {
		return badSignature("The signature's transforms are not the two that SAML allows, %s and %s.", envelopedSignature, exclusiveCanonical)
	}
	return nil
}

// verified is what a provider's certificates vouch for.
type verified struct {
	response  *etree.Element // nil where the response as a whole is not signed
	assertion *etree.Element
}

// verifySignatures checks every signature of the response against the certificates in the provider's metadata, and
// returns what they cover: the elements that come out of the check, never those that went into it.
func (p *provider) verifySignatures(r *samlResponse, clock clockwork.Clock) (verified, *refusal) {
	var v verified
	for _, s := range r.signatures {
		signed, refused := p.verifySignature(s, clock)
		switch {
		case refused != nil:
			return verified{}, refused
		case s.Parent() == r.root:
			v.response = signed
		default:
			v.assertion = signed
		}
	}
	// Where the assertion has a signature of its own, that one covers it; otherwise the response's does.
	if v.assertion == nil {
		v.assertion = child(v.response, samlAssertion, "Assertion")
	}
	return v, nil
}

// verifySignature returns the signature's parent as it was signed.
func (p *provider) verifySignature(signature *etree.Element, clock clockwork.Clock) (*etree.Element, *refusal) {
	signed := signature.Parent()
	// An assertion is checked by itself, and needs the namespaces that the response declares.
	context, err := etreeutils.NSBuildParentContext(signed)
	if err == nil {
		signed, err = etreeutils.NSDetatch(context, signed)
	}
	if err != nil {
		return nil, badSignature("The <%s> cannot be checked: %v.", signature.Parent().Tag, err)
	}
	certificates := p.certificates()
	if named := namedCertificate(signature); named != nil && !slices.ContainsFunc(certificates, named.Equal) {
		return nil, badSignature("The <%s> is signed with the certificate %s; the metadata of the provider %s hold %s.",
			signed.Tag, fingerprint(named), p.arn(), fingerprints(certificates))
	}
	var out *etree.Element
	for _, c := range certificates {
		check := dsig.NewDefaultValidationContext(&dsig.MemoryX509CertificateStore{Roots: []*x509.Certificate{c}})
		check.Clock = dsig.NewFakeClock(clock)
		if out, err = check.Validate(signed); err == nil {
			return out, nil
		}
	}
	return nil, badSignature("The <%s> is not as it was signed, or was not signed with the certificate %s of the provider %s (%v).",
		signed.Tag, fingerprints(certificates), p.arn(), err)
}

// certificates returns those of the provider's metadata.
func (p *provider) certificates() []*x509.Certificate {
	var out []*x509.Certificate
	e, _ := parseMetadata(p.metadata) // was parsed when it was uploaded
	for _, d := range e.Providers {
		for _, k := range d.Keys {
			if c := parseCertificate(k.Certificate); c != nil && k.Use != "encryption" {
				out = append(out, c)
			}
		}
	}
	return out
}

// namedCertificate is the certificate with which a signature says that it was made; nil where it says nothing.
func namedCertificate(signature *etree.Element) *x509.Certificate {
	data := child(child(signature, xmlSignature, "KeyInfo"), xmlSignature, "X509Data")
	return parseCertificate(text(child(data, xmlSignature, "X509Certificate")))
}

func parseCertificate(encoded string) *x509.Certificate {
	der, err := base64.StdEncoding.DecodeString(strings.Join(strings.Fields(encoded), ""))
	if err != nil {
		return nil
	}
	c, err := x509.ParseCertificate(der)
	if err != nil {
		return nil
	}
	return c
}

// fingerprint is the head of a certificate's SHA-256 fingerprint.
func fingerprint(c *x509.Certificate) string {
	sum := sha256.Sum256(c.Raw)
	return strings.ReplaceAll(fmt.Sprintf("% X", sum[:8]), " ", ":") + "…"
}

func fingerprints(all []*x509.Certificate) string {
	var out []string
	for _, c := range all {
		out = append(out, fingerprint(c))
	}
	return orNone(strings.Join(out, ", "))
}
