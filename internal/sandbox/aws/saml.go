package aws

import (
	"bytes"
	"encoding/base64"
	"encoding/xml"
	"errors"
	"io"
	"strings"

	"github.com/beevik/etree"
)

// Namespaces of SAML 2.0 and of XML signatures.
const (
	samlProtocol  = "urn:oasis:names:tc:SAML:2.0:protocol"
	samlAssertion = "urn:oasis:names:tc:SAML:2.0:assertion"
	xmlSignature  = "http://www.w3.org/2000/09/xmldsig#"

	statusSuccess = "urn:oasis:names:tc:SAML:2.0:status:Success"
)

const (
	longestResponse = 100_000 // characters of base64 (AssumeRoleWithSAML's SAMLAssertion, at most) [D]
	deepestResponse = 32      // elements within each other; a real one has 10
)

// samlResponse is a SAML response of the right shape. Nothing that it says is known to be true: only what
// provider.verify returns is.
type samlResponse struct {
	root, assertion *etree.Element
	signatures      []*etree.Element // of the response, of the assertion, or of both
}

// parseResponse reads a SAMLResponse. It takes one shape alone, the one that Okta sends, so that no second reader can
// see something else in it: one assertion, right under the response; signatures right under what they sign; each ID
// once; no comments, document type or processing instructions. That AWS is as strict is a guess [I].
func parseResponse(encoded string) (*samlResponse, *refusal) {
	if len(encoded) > longestResponse {
		return nil, invalidResponse("The response has %d characters, and %d are the most.", len(encoded), longestResponse)
	}
	raw, err := base64.StdEncoding.DecodeString(strings.Join(strings.Fields(encoded), ""))
	if err != nil || len(raw) == 0 {
		r := invalidToken("Invalid base64 SAMLResponse", "The response is no base64 of an XML document.")
		r.discovery = "AuthSamlInvalidSamlResponseException"
		return nil, r
	}
	if err := plainXML(raw); err != nil {
		return nil, invalidResponse("The response %v.", err)
	}
	document := etree.NewDocument()
	document.ReadSettings = etree.ReadSettings{ValidateInput: true, PreserveDuplicateAttrs: true, MaxDepth: deepestResponse}
	if err := document.ReadFromBytes(raw); err != nil {
		return nil, invalidResponse("The response cannot be read: %v.", err)
	}
	r := &samlResponse{root: document.Root()}
	if !is(r.root, samlProtocol, "Response") || r.root.SelectAttrValue("Version", "") != "2.0" {
		return nil, invalidResponse("The document is <%s> and no SAML 2.0 <Response>.", r.root.Tag)
	}
	if status := statusOf(r.root); status != statusSuccess {
		return nil, &refusal{ // the words are guessed [I]
			status: 403, code: "IDPRejectedClaim", words: "The identity provider reported that authentication failed",
			cause: "The response's status is " + orNone(status) + " and not " + statusSuccess + ".",
		}
	}
	if refused := r.survey(r.root, map[string]bool{}); refused != nil {
		return nil, refused
	}
	if r.assertion == nil {
		return nil, invalidResponse("The response holds no assertion.")
	}
	if len(r.signatures) == 0 {
		return nil, badSignature("Neither the response nor its assertion is signed.")
	}
	return r, nil
}

// survey walks the whole document and finds the assertion and the signatures, each where it belongs.
func (r *samlResponse) survey(e *etree.Element, ids map[string]bool) *refusal {
	for _, a := range e.Attr {
		if a.Space == "xmlns" || !strings.EqualFold(a.Key, "id") {
			continue
		}
		if ids[a.Value] {
			return invalidResponse("The ID %q stands at more than one element.", a.Value)
		}
		ids[a.Value] = true
	}
	switch parent := e.Parent(); {
	case is(e, samlAssertion, "EncryptedAssertion"):
		return invalidResponse("The assertion is encrypted, which the sandbox does not read.")
	case is(e, samlAssertion, "Assertion") && r.assertion != nil:
		return invalidResponse("The response holds more than one assertion.")
	case is(e, samlAssertion, "Assertion") && parent != r.root:
		return invalidResponse("The assertion stands within <%s> and not right under the response.", parent.Tag)
	case is(e, samlAssertion, "Assertion"):
		r.assertion = e
	case is(e, xmlSignature, "Signature") && parent != r.root && (r.assertion == nil || parent != r.assertion):
		return badSignature("A signature stands within <%s> and not right under what it signs.", parent.Tag)
	case is(e, xmlSignature, "Signature"):
		if refused := checkSignatureShape(e); refused != nil {
			return refused
		}
		r.signatures = append(r.signatures, e)
	}
	for _, child := range e.ChildElements() {
		if refused := r.survey(child, ids); refused != nil {
			return refused
		}
	}
	return nil
}

// plainXML returns what else than elements, attributes and text the document holds. What it says completes "The response …".
func plainXML(raw []byte) error {
	d := xml.NewDecoder(bytes.NewReader(raw))
	for first := true; ; first = false {
		token, err := d.RawToken()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return errors.New("is no XML: " + err.Error())
		}
		switch t := token.(type) {
		case xml.Directive:
			return errors.New("declares a document type or entities")
		case xml.Comment:
			return errors.New("holds a comment")
		case xml.ProcInst:
			if !first || t.Target != "xml" {
				return errors.New("holds a processing instruction")
			}
		case xml.StartElement:
			seen := map[xml.Name]bool{}
			for _, a := range t.Attr {
				if seen[a.Name] {
					return errors.New("has the attribute " + a.Name.Local + " twice at one element")
				}
				seen[a.Name] = true
			}
		}
	}
}

func is(e *etree.Element, namespace, tag string) bool {
	return e != nil && e.Tag == tag && e.NamespaceURI() == namespace
}

// child returns the one child of that name; nil where there is none, or more than one.
func child(e *etree.Element, namespace, tag string) *etree.Element {
	found := children(e, namespace, tag)
	if len(found) != 1 {
		return nil
	}
	return found[0]
}

func children(e *etree.Element, namespace, tag string) []*etree.Element {
	var out []*etree.Element
	if e == nil {
		return nil
	}
	for _, c := range e.ChildElements() {
		if is(c, namespace, tag) {
			out = append(out, c)
		}
	}
	return out
}

// text is an element's text without the white space around it; nothing where there are elements in it.
func text(e *etree.Element) string {
	if e == nil || len(e.ChildElements()) > 0 {
		return ""
	}
	return strings.TrimSpace(e.Text())
}

func statusOf(response *etree.Element) string {
	if code := child(child(response, samlProtocol, "Status"), samlProtocol, "StatusCode"); code != nil {
		return code.SelectAttrValue("Value", "")
	}
	return ""
}

// orNone shows a value in a refusal.
func orNone(value string) string {
	if value == "" {
		return "none"
	}
	return value
}
