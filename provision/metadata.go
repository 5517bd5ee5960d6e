package provision

import (
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/hex"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/oktaws/oktaws/store"
)

// descriptor is what we read of SAML metadata.
type descriptor struct {
	EntityID     string   `xml:"entityID,attr"`
	Certificates []string `xml:"IDPSSODescriptor>KeyDescriptor>KeyInfo>X509Data>X509Certificate"`
}

func parseMetadata(metadata string) (descriptor, error) {
	var d descriptor
	if err := xml.Unmarshal([]byte(metadata), &d); err != nil {
		return d, fmt.Errorf("read SAML metadata: %w", err)
	}
	for i, c := range d.Certificates {
		d.Certificates[i] = strings.Join(strings.Fields(c), "")
	}
	if d.EntityID == "" || len(d.Certificates) == 0 {
		return d, fmt.Errorf("read SAML metadata: no entity ID or no certificate")
	}
	return d, nil
}

// same says whether two descriptors have the same entity ID and certificates, in whatever order.
func (d descriptor) same(other descriptor) bool {
	return d.EntityID == other.EntityID && slices.Equal(slices.Sorted(slices.Values(d.Certificates)), slices.Sorted(slices.Values(other.Certificates)))
}

// fingerprints are the SHA-256 of the certificates, in hex.
func (d descriptor) fingerprints() []string {
	var out []string
	for _, c := range d.Certificates {
		out = append(out, fingerprint(c))
	}
	return out
}

func fingerprint(certificate string) string {
	der, err := base64.StdEncoding.DecodeString(certificate)
	if err != nil {
		der = []byte(certificate)
	}
	sum := sha256.Sum256(der)
	return hex.EncodeToString(sum[:])
}

// certificate is the first certificate. One that can't be read has no times: whether it is one is AWS's to judge.
func (d descriptor) certificate() store.Certificate {
	c := store.Certificate{Fingerprint: fingerprint(d.Certificates[0])}
	der, err := base64.StdEncoding.DecodeString(d.Certificates[0])
	if err != nil {
		return c
	}
	if parsed, err := x509.ParseCertificate(der); err == nil {
		c.Begins, c.Expires = parsed.NotBefore.UTC(), parsed.NotAfter.UTC()
	}
	return c
}

// joinMetadata adds the keys of another metadata of the same application behind those of the first. The text is spliced,
// not written anew, so that nothing else of it changes.
func joinMetadata(first, other string) (string, error) {
	_, end, err := keyDescriptors(first)
	if err != nil {
		return "", err
	}
	begin, otherEnd, err := keyDescriptors(other)
	if err != nil {
		return "", err
	}
	return first[:end] + other[begin:otherEnd] + first[end:], nil
}

// keyDescriptors returns where the first KeyDescriptor of the metadata begins, and where the last one ends.
func keyDescriptors(metadata string) (begin, end int, err error) {
	d := xml.NewDecoder(strings.NewReader(metadata))
	d.CharsetReader = func(_ string, r io.Reader) (io.Reader, error) { return r, nil } // as names and base64 are ASCII, the charset doesn't matter
	begin = -1
	for {
		at := int(d.InputOffset())
		token, err := d.RawToken()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return 0, 0, fmt.Errorf("read SAML metadata: %w", err)
		}
		switch t := token.(type) {
		case xml.StartElement:
			if t.Name.Local == "KeyDescriptor" && begin < 0 {
				begin = at
			}
		case xml.EndElement:
			if t.Name.Local == "KeyDescriptor" {
				end = int(d.InputOffset())
			}
		}
	}
	if begin < 0 || end < begin || !strings.HasPrefix(metadata[begin:], "<") {
		return 0, 0, errors.New("read SAML metadata: no key descriptor")
	}
	return begin, end, nil
}
