package okta

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/base64"
	"fmt"
	"math/big"
	"net/http"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"
)

// signingKey is a key that an application signs its assertions with, and its certificate. The RSA key is made when
// it is first asked for, since that takes a tenth of a second.
type signingKey struct {
	kid              string
	of               pairOf
	created, expires time.Time
	algorithm        x509.SignatureAlgorithm // of the certificate

	once    sync.Once
	private *rsa.PrivateKey
	cert    []byte // DER
	err     error
}

func newSigningKey(of pairOf, now time.Time, years int) *signingKey {
	return &signingKey{kid: randomText(32), of: of, created: now, expires: now.AddDate(years, 0, 0), algorithm: x509.SHA256WithRSA}
}

// newOrgKey makes the organization's own key, whose certificate is signed with SHA-1. Okta lists it with the keys of
// every application, the first of them and as old as the application [R]. Here none can be made to sign with it, nor
// does it have metadata: whoever takes it for one of the application's own finds out [I].
func newOrgKey(now time.Time) *signingKey {
	k := newSigningKey(pairOf{}, now, 10)
	k.algorithm = x509.SHA1WithRSA
	return k
}

// pairOf names a pair of keys within one organization: the number of its application, and which of its keys it is.
type pairOf struct{ application, key int }

// pairs are the RSA keys made so far. Two keys of an organization share one only where many applications, or many keys of
// one, were made in between; the many organizations of a run of tests do, since each new one takes a tenth of a second.
var pairs = struct {
	sync.Mutex
	made map[pairOf]func() (*rsa.PrivateKey, error)
}{made: map[pairOf]func() (*rsa.PrivateKey, error){}}

// MakePairs makes the RSA keys that the first key of each application is one of, and the organization's own: what is timed by
// a clock that runs fast must not wait for them. It takes some seconds, once in a process.
func MakePairs() error {
	var all errgroup.Group
	all.SetLimit(runtime.NumCPU())
	for n := range 1 + applicationPairs {
		all.Go(func() error {
			_, err := pairOf{application: n}.private()
			return err
		})
	}
	return all.Wait()
}

// applicationPairs is how many applications have pairs of their own.
const applicationPairs = 64

func (of pairOf) private() (*rsa.PrivateKey, error) {
	if of != (pairOf{}) { // the organization's own
		of = pairOf{1 + of.application%applicationPairs, of.key % 8}
	}
	pairs.Lock()
	pair := pairs.made[of]
	if pair == nil {
		pair = sync.OnceValues(func() (*rsa.PrivateKey, error) { return rsa.GenerateKey(rand.Reader, 2048) })
		pairs.made[of] = pair
	}
	pairs.Unlock()
	return pair()
}

// make makes the key and its self-signed certificate: RSA 2048, SHA-256 but for the organization's, valid from a minute before, no extensions, a
// serial number of six bytes that is the time, and Okta's subject with the organization's name as the common name [R].
func (k *signingKey) make() error {
	k.once.Do(func() {
		key, err := k.of.private()
		if err != nil {
			k.err = fmt.Errorf("make signing key: %w", err)
			return
		}
		k.private = key
		subject, err := asn1.Marshal(certificateSubject())
		if err != nil {
			k.err = fmt.Errorf("make certificate: %w", err)
			return
		}
		t := &x509.Certificate{SerialNumber: big.NewInt(k.created.UnixMilli()), RawSubject: subject,
			NotBefore: k.created.Add(-time.Minute), NotAfter: k.expires, SignatureAlgorithm: k.algorithm}
		k.cert, k.err = x509.CreateCertificate(rand.Reader, t, t, &key.PublicKey, key)
	})
	return k.err
}

func certificateSubject() pkix.RDNSequence {
	var name pkix.RDNSequence
	for _, a := range []pkix.AttributeTypeAndValue{
		{Type: asn1.ObjectIdentifier{2, 5, 4, 6}, Value: "US"},
		{Type: asn1.ObjectIdentifier{2, 5, 4, 8}, Value: "California"},
		{Type: asn1.ObjectIdentifier{2, 5, 4, 7}, Value: "San Francisco"},
		{Type: asn1.ObjectIdentifier{2, 5, 4, 10}, Value: "Okta"},
		{Type: asn1.ObjectIdentifier{2, 5, 4, 11}, Value: "SSOProvider"},
		{Type: asn1.ObjectIdentifier{2, 5, 4, 3}, Value: "oktaws-sandbox"},
		{Type: asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 9, 1},
			Value: asn1.RawValue{Class: asn1.ClassUniversal, Tag: asn1.TagIA5String, Bytes: []byte("info@okta.com")}},
	} {
		name = append(name, pkix.RelativeDistinguishedNameSET{a})
	}
	return name
}

// json is the key as the API shows it [R].
func (k *signingKey) json() object {
	digest := sha256.Sum256(k.cert)
	return object{"kty": "RSA", "use": "sig", "kid": k.kid, "e": "AQAB",
		"created": stamp(k.created), "lastUpdated": stamp(k.created), "expiresAt": stamp(k.expires),
		"x5c":      []string{base64.StdEncoding.EncodeToString(k.cert)},
		"x5t#S256": base64.RawURLEncoding.EncodeToString(digest[:]),
		"n":        base64.RawURLEncoding.EncodeToString(k.private.N.Bytes())}
}

// metadataXML is the SAML metadata, letter for letter in the recorded form but for what differs by application [R].
const metadataXML = `<?xml version="1.0" encoding="UTF-8"?><md:EntityDescriptor entityID="http://www.okta.com/%[1]s" xmlns:md="urn:oasis:names:tc:SAML:2.0:metadata"><md:IDPSSODescriptor WantAuthnRequestsSigned="false" protocolSupportEnumeration="urn:oasis:names:tc:SAML:2.0:protocol"><md:KeyDescriptor use="signing"><ds:KeyInfo xmlns:ds="http://www.w3.org/2000/09/xmldsig#"><ds:X509Data><ds:X509Certificate>%[2]s</ds:X509Certificate></ds:X509Data></ds:KeyInfo></md:KeyDescriptor><md:NameIDFormat>urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress</md:NameIDFormat><md:NameIDFormat>urn:oasis:names:tc:SAML:2.0:nameid-format:unspecified</md:NameIDFormat><md:SingleSignOnService Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST" Location="%[3]s"/><md:SingleSignOnService Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect" Location="%[3]s"/></md:IDPSSODescriptor></md:EntityDescriptor>`

// wrapped is base64 in lines of 76 letters [R].
func wrapped(der []byte) string {
	text := base64.StdEncoding.EncodeToString(der)
	var lines []string
	for len(text) > 76 {
		lines, text = append(lines, text[:76]), text[76:]
	}
	return strings.Join(append(lines, text), "\n")
}

// previewMetadata answers with the metadata that holds the certificate of the key kid. The description has kid
// required, while the application's own link leaves it out: then it is the key in use [I].
func (s *Server) previewMetadata(c *call) error {
	kid := c.r.URL.Query().Get("kid")
	k, external, err := s.metadataKey(c, kid)
	if err != nil {
		return err
	}
	if err := k.make(); err != nil {
		return err
	}
	c.w.Header().Set("Content-Type", "application/xml;charset=ISO-8859-1")
	c.w.WriteHeader(http.StatusOK)
	_, _ = fmt.Fprintf(c.w, metadataXML, external, wrapped(k.cert), c.base+"/app/amazon_aws/"+external+"/sso/saml")
	return nil
}

func (s *Server) metadataKey(c *call, kid string) (*signingKey, string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	a, err := s.find(c.params["appId"])
	if err != nil {
		return nil, "", err
	}
	if c.now.Before(a.metadataFrom) {
		return nil, "", notFound(a.id, "AppInstance")
	}
	k := a.key(or(kid, a.kid))
	if k == nil || a.signOnMode != modeSAML {
		return nil, "", notFound(kid, "AppKeyCredential")
	}
	return k, a.external, nil
}

func (s *Server) listKeys(c *call) error {
	a, keys, err := s.keysOf(c)
	if err != nil {
		return err
	}
	out := make([]object, len(keys))
	for i, k := range keys {
		if out[i], err = s.keyOf(a, k); err != nil {
			return err
		}
	}
	return c.reply(http.StatusOK, out)
}

// keysOf returns the application that the path names with its keys, and the organization's before them.
func (s *Server) keysOf(c *call) (*application, []*signingKey, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	a, err := s.find(c.params["appId"])
	if err != nil {
		return nil, nil, err
	}
	return a, append([]*signingKey{s.orgKey}, a.keys...), nil
}

// keyOf is a key as the API shows it of an application.
func (s *Server) keyOf(a *application, k *signingKey) (object, error) {
	if err := k.make(); err != nil {
		return nil, err
	}
	v := k.json()
	if k == s.orgKey {
		v["created"], v["lastUpdated"] = stamp(a.created), stamp(a.created)
	}
	return v, nil
}

func (s *Server) getKey(c *call) error {
	a, keys, err := s.keysOf(c)
	if err != nil {
		return err
	}
	i := slices.IndexFunc(keys, func(k *signingKey) bool { return k.kid == c.params["keyId"] })
	if i < 0 {
		return notFound(c.params["keyId"], "AppKeyCredential")
	}
	v, err := s.keyOf(a, keys[i])
	if err != nil {
		return err
	}
	return c.reply(http.StatusOK, v)
}

// generateKey makes a key beside the one in use. It answers 201 [R]; two to ten years [D].
func (s *Server) generateKey(c *call) error {
	years, err := strconv.Atoi(c.r.URL.Query().Get("validityYears"))
	if err != nil || years < 2 || years > 10 {
		return invalid("generateKey", "Validity years out of range. It should be 2 - 10 years.")
	}
	s.mu.Lock()
	a, err := s.find(c.params["appId"])
	if err != nil {
		s.mu.Unlock()
		return err
	}
	k := a.addKey(c.now, years)
	s.touch()
	s.mu.Unlock()
	if err := k.make(); err != nil {
		return err
	}
	c.w.Header().Set("Location", c.base+"/api/v1/apps/"+a.id+"/credentials/keys/"+k.kid)
	return c.reply(http.StatusCreated, k.json())
}
