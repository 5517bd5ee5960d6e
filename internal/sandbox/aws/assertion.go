package aws

import (
	"crypto/sha1" // AWS's choice for the NameQualifier; it guards nothing
	"encoding/base64"
	"slices"
	"strings"
	"time"

	"github.com/beevik/etree"
	"github.com/jonboulle/clockwork"
)

// attributePrefix heads the names of the attributes that AWS reads, in all partitions [I].
const attributePrefix = "https://aws.amazon.com/SAML/Attributes/"

// redeemWithin is how long after its issue a response is good, whatever it says itself [C, from AWS's words].
const redeemWithin = 5 * time.Minute

const bearer = "urn:oasis:names:tc:SAML:2.0:cm:bearer"

// assertion is what a provider's signature vouches for.
type assertion struct {
	provider          *provider
	id, issuer        string
	subject, format   string // of the NameID
	recipient, person string // person: RoleSessionName
	seconds           int    // SessionDuration; 0: not said
	sessionEnds       time.Time
	pairs             []rolePair
}

// rolePair is a value of the Role attribute: two ARNs.
type rolePair struct{ provider, role string }

// readPairs returns the pairs that an assertion's Role attribute has, in either order of the ARNs [C]; values that
// are no pairs are left out.
func readPairs(assertion *etree.Element) []rolePair {
	var out []rolePair
	for _, value := range attribute(assertion, "Role") {
		a, b, _ := strings.Cut(value, ",")
		p := rolePair{strings.TrimSpace(a), strings.TrimSpace(b)}
		if strings.Contains(p.role, ":saml-provider/") {
			p.provider, p.role = p.role, p.provider
		}
		if strings.Contains(p.provider, ":saml-provider/") && strings.Contains(p.role, ":role/") && !slices.Contains(out, p) {
			out = append(out, p)
		}
	}
	return out
}

// attribute returns the values of one of AWS's attributes, whose names are case-sensitive [D].
func attribute(assertion *etree.Element, name string) []string {
	var out []string
	for _, statement := range children(assertion, samlAssertion, "AttributeStatement") {
		for _, a := range children(statement, samlAssertion, "Attribute") {
			if a.SelectAttrValue("Name", "") != attributePrefix+name {
				continue
			}
			for _, v := range children(a, samlAssertion, "AttributeValue") {
				out = append(out, text(v))
			}
		}
	}
	return out
}

// verify checks a response as the provider's: issuer, signatures, times, recipient, audience and what AWS needs to know
// of the person. It looks at no role.
func (p *provider) verify(r *samlResponse, clock clockwork.Clock) (*assertion, *refusal) {
	metadata, _ := parseMetadata(p.metadata) // was parsed when it was uploaded
	// Before the signatures, since a response of somebody else's has the wrong certificate as well.
	if issuer := text(child(r.assertion, samlAssertion, "Issuer")); issuer != metadata.EntityID {
		refused := invalidToken("Issuer not present in specified provider", "The issuer is %s; the metadata of the provider %s are of %s.",
			orNone(issuer), p.arn(), metadata.EntityID)
		refused.discovery = "AuthSamlInvalidSamlResponseException"
		return nil, refused
	}
	v, refused := p.verifySignatures(r, clock)
	if refused != nil {
		return nil, refused
	}
	if refused := p.checkEnvelope(r, v, metadata.EntityID); refused != nil {
		return nil, refused
	}
	a := &assertion{
		provider: p, id: v.assertion.SelectAttrValue("ID", ""), issuer: text(child(v.assertion, samlAssertion, "Issuer")),
		pairs: readPairs(v.assertion),
	}
	if a.issuer != metadata.EntityID {
		return nil, badSignature("The issuer that is signed is %s.", orNone(a.issuer))
	}
	for _, read := range []func(*etree.Element, time.Time) *refusal{a.readSubject, a.readConditions, a.readPerson, a.readSession, a.readNothingElse} {
		if refused := read(v.assertion, clock.Now()); refused != nil {
			return nil, refused
		}
	}
	return a, nil
}

// checkEnvelope looks at the response around the assertion: as it was signed, where it is. Nothing is granted by it.
func (p *provider) checkEnvelope(r *samlResponse, v verified, entityID string) *refusal {
	response := r.root
	if v.response != nil {
		response = v.response
	}
	if to := response.SelectAttrValue("Destination", ""); to != "" && !p.account.partition.endpoint.MatchString(to) {
		return invalidResponse("The response's destination is %s and not %s.", to, p.account.partition.signIn)
	}
	if issuer := text(child(response, samlAssertion, "Issuer")); issuer != "" && issuer != entityID {
		return invalidResponse("The response's issuer is %s and the assertion's %s.", issuer, entityID)
	}
	// Sign-on starts at the provider; AWS has sent no request that this could answer [D].
	if request := response.SelectAttrValue("InResponseTo", ""); request != "" {
		return invalidResponse("The response answers a request %q, and AWS has sent none.", request)
	}
	return nil
}

// nameQualifier is the hash that, with the subject, names a person across accounts
// (https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRoleWithSAML.html) [D].
func (a *assertion) nameQualifier() string {
	sum := sha1.Sum([]byte(a.issuer + a.provider.account.id + "/" + a.provider.name))
	return base64.StdEncoding.EncodeToString(sum[:])
}

// subjectType is the NameID's format, without the prefix of SAML 2.0's own [D].
func (a *assertion) subjectType() string {
	return strings.TrimPrefix(a.format, "urn:oasis:names:tc:SAML:2.0:nameid-format:")
}
