package awspage

import (
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/base64"
	"fmt"
	"strings"
	"time"

	"github.com/beevik/etree"
)

// certificate is one of those that a provider's metadata holds.
type certificate struct {
	Subject     string
	From, Until time.Time
	Fingerprint string // SHA-256 of the DER, AB:CD:…
	Expired     bool
}

// certificates reads the certificates out of SAML metadata, in their order there.
func certificates(metadata string, now time.Time) ([]certificate, error) {
	d := etree.NewDocument()
	if err := d.ReadFromString(metadata); err != nil {
		return nil, fmt.Errorf("the metadata is no XML: %w", err)
	}
	var out []certificate
	for _, e := range d.FindElements("//X509Certificate") {
		der, err := base64.StdEncoding.DecodeString(strings.Join(strings.Fields(e.Text()), ""))
		if err != nil {
			return nil, fmt.Errorf("certificate %d of the metadata is no base64: %w", len(out)+1, err)
		}
		c, err := x509.ParseCertificate(der)
		if err != nil {
			return nil, fmt.Errorf("certificate %d of the metadata: %w", len(out)+1, err)
		}
		out = append(out, certificate{
			Subject: subject(c.Subject), From: c.NotBefore, Until: c.NotAfter,
			Fingerprint: fingerprint(der), Expired: now.After(c.NotAfter),
		})
	}
	if len(out) == 0 {
		return nil, fmt.Errorf("the metadata holds no certificate")
	}
	return out, nil
}

// emailAddress of PKCS #9, which Okta's certificates have and pkix.Name writes as a number.
var emailAddress = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 9, 1}

// subject is a name in one line, with its e-mail address to be read.
func subject(name pkix.Name) string {
	email := ""
	var rest []pkix.AttributeTypeAndValue
	for _, n := range name.Names {
		if n.Type.Equal(emailAddress) {
			email = fmt.Sprintf(",emailAddress=%v", n.Value)
		} else {
			rest = append(rest, n)
		}
	}
	name.Names = rest
	return name.String() + email
}

func fingerprint(der []byte) string {
	sum := sha256.Sum256(der)
	return strings.ReplaceAll(fmt.Sprintf("% X", sum[:]), " ", ":")
}
