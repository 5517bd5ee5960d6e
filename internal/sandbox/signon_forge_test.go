package sandbox_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"math/big"
	"regexp"
	"testing"
	"time"

	"github.com/beevik/etree"
	dsig "github.com/russellhaering/goxmldsig"
)

// What a forger does to responses.

// parsed is a response as a document.
func parsed(t *testing.T, response string) *etree.Document {
	t.Helper()
	raw, err := base64.StdEncoding.DecodeString(response)
	if err != nil {
		t.Fatal(err)
	}
	d := etree.NewDocument()
	if err := d.ReadFromBytes(raw); err != nil {
		t.Fatal(err)
	}
	return d
}

func written(t *testing.T, d *etree.Document) string {
	t.Helper()
	raw, err := d.WriteToBytes()
	if err != nil {
		t.Fatal(err)
	}
	return base64.StdEncoding.EncodeToString(raw)
}

// edited changes the elements of a response, and leaves the signatures as they are.
func edited(t *testing.T, response string, edit func(root *etree.Element)) string {
	t.Helper()
	d := parsed(t, response)
	edit(d.Root())
	return written(t, d)
}

// replaced changes the text of a response.
func replaced(t *testing.T, response, pattern, by string) string {
	t.Helper()
	raw, err := base64.StdEncoding.DecodeString(response)
	if err != nil {
		t.Fatal(err)
	}
	find := regexp.MustCompile(pattern)
	if !find.Match(raw) {
		t.Fatalf("nothing in the response is like %s", pattern)
	}
	return base64.StdEncoding.EncodeToString(find.ReplaceAll(raw, []byte(by)))
}

// signer is an identity provider's key that is the test's own.
type signer struct {
	key  *ecdsa.PrivateKey
	cert []byte
}

func newSigner(t *testing.T, now time.Time) *signer {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	c := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "test"}, NotBefore: now.Add(-time.Hour), NotAfter: now.AddDate(1, 0, 0)}
	der, err := x509.CreateCertificate(rand.Reader, c, c, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	return &signer{key, der}
}

var certificateText = regexp.MustCompile(`(?s)(<ds:X509Certificate>)[^<]*`)

// instead puts the signer's certificate in place of the one in metadata.
func (s *signer) instead(metadata string) string {
	return certificateText.ReplaceAllString(metadata, "${1}"+base64.StdEncoding.EncodeToString(s.cert))
}

// again signs a response anew, the assertion and the whole, once it was edited.
func (s *signer) again(t *testing.T, response string, edit func(root *etree.Element), method string) string {
	t.Helper()
	d := parsed(t, response)
	root := d.Root()
	unsign(root)
	edit(root)
	if a := root.SelectElement("Assertion"); a != nil {
		s.sign(t, a, method)
	}
	s.sign(t, root, method)
	return written(t, d)
}

func (s *signer) sign(t *testing.T, e *etree.Element, method string) {
	t.Helper()
	c, err := dsig.NewSigningContext(s.key, [][]byte{s.cert})
	if err == nil {
		err = c.SetSignatureMethod(method)
	}
	if err != nil {
		t.Fatal(err)
	}
	c.Canonicalizer = dsig.MakeC14N10ExclusiveCanonicalizerWithPrefixList("")
	signature, err := c.ConstructSignature(e.Copy(), true)
	if err != nil {
		t.Fatal(err)
	}
	e.InsertChildAt(1, signature)
}

// unsign takes all signatures away.
func unsign(root *etree.Element) {
	for _, signature := range root.FindElements(".//Signature") {
		signature.Parent().RemoveChild(signature)
	}
}

// wrapping is a way to put an assertion of one's own beside, around or within one that is signed, and why it is of no
// use. how takes a response whose assertion is signed, and the forged assertion: a copy without its signature that
// names another person.
type wrapping struct {
	how func(root, signed, forged *etree.Element)
	why string
}

const (
	twoAssertions = "The response holds more than one assertion."
	signsAnother  = `The signature stands in the <Assertion> with the ID "forged" and signs "#id`
)

var wrappings = map[string]wrapping{
	"before the signed assertion": {func(root, signed, forged *etree.Element) { root.InsertChildAt(signed.Index(), forged) }, twoAssertions},
	"after the signed assertion":  {func(root, _, forged *etree.Element) { root.AddChild(forged) }, twoAssertions},
	"around the signed assertion": {func(root, signed, forged *etree.Element) {
		root.RemoveChild(signed)
		forged.AddChild(signed)
		root.AddChild(forged)
	}, twoAssertions},
	"within the signed assertion": {func(_, signed, forged *etree.Element) { signed.AddChild(forged) }, twoAssertions},
	"with the signature taken over": {func(root, signed, forged *etree.Element) {
		forged.InsertChildAt(1, signed.SelectElement("Signature"))
		root.InsertChildAt(signed.Index(), forged)
	}, signsAnother},
	"with the signed assertion within the signature": {func(root, signed, forged *etree.Element) {
		signature := signed.SelectElement("Signature")
		root.RemoveChild(signed)
		forged.InsertChildAt(1, signature)
		signature.CreateElement("ds:Object").AddChild(signed)
		root.AddChild(forged)
	}, "The signature holds <Object>."},
	"with the signed assertion in an extension": {func(root, signed, forged *etree.Element) {
		root.RemoveChild(signed)
		root.CreateElement("saml2p:Extensions").AddChild(signed)
		root.AddChild(forged)
	}, "The assertion stands within <Extensions> and not right under the response."},
	"under the signed one's ID": {func(root, signed, forged *etree.Element) {
		forged.CreateAttr("ID", signed.SelectAttrValue("ID", ""))
		root.InsertChildAt(signed.Index(), forged)
	}, "stands at more than one element."},
	"in place of the signed assertion": {func(root, signed, forged *etree.Element) {
		forged.InsertChildAt(1, signed.SelectElement("Signature"))
		root.RemoveChild(signed)
		root.AddChild(forged)
	}, signsAnother},
	"around the whole response": {func(root, _, forged *etree.Element) {
		whole := root.Copy()
		for _, c := range root.ChildElements() {
			if c.Tag != "Status" && c.Tag != "Issuer" {
				root.RemoveChild(c)
			}
		}
		if signature := whole.SelectElement("Signature"); signature != nil {
			whole.RemoveChild(signature)
		}
		root.CreateAttr("ID", "outer")
		root.CreateElement("saml2p:Extensions").AddChild(whole)
		root.AddChild(forged)
	}, "The assertion stands within <Response> and not right under the response."},
	"with the signature in another place": {func(root, signed, forged *etree.Element) {
		root.CreateElement("saml2p:Extensions").AddChild(signed.SelectElement("Signature"))
		root.RemoveChild(signed)
		root.AddChild(forged)
	}, "A signature stands within <Extensions> and not right under what it signs."},
}

// wrap does it to a response.
func wrap(t *testing.T, response string, how func(root, signed, forged *etree.Element)) string {
	t.Helper()
	return edited(t, response, func(root *etree.Element) {
		signed := root.SelectElement("Assertion")
		forged := signed.Copy()
		forged.RemoveChild(forged.SelectElement("Signature"))
		forged.CreateAttr("ID", "forged")
		forged.FindElement("./Subject/NameID").SetText("mallory@example.com")
		how(root, signed, forged)
	})
}
