package okta

import (
	"crypto/sha256"
	"strings"
	"time"
)

// Certificate is one of an application's signing keys with its certificate, as pages and tests read it.
type Certificate struct {
	KeyID            string
	Created, Expires time.Time
	Fingerprint      string // SHA-256 of the certificate: 32 pairs of hex digits with colons between them
	Active           bool   // what the application signs with
}

// Certificates returns an application's signing certificates, the oldest first; none where there is no application, or
// it has no SAML yet. The first look at a new key takes a tenth of a second: the key is made then.
func (s *Server) Certificates(appID string) []Certificate {
	s.mu.Lock()
	var keys []*signingKey
	kid := ""
	if a := s.apps[appID]; a != nil {
		keys, kid = append(keys, a.keys...), a.kid
	}
	s.mu.Unlock()
	out := make([]Certificate, 0, len(keys))
	for _, k := range keys {
		c := Certificate{KeyID: k.kid, Created: k.created, Expires: k.expires, Active: k.kid == kid}
		if k.make() == nil { // else it can neither sign nor be shown
			c.Fingerprint = fingerprint(k.cert)
		}
		out = append(out, c)
	}
	return out
}

func fingerprint(der []byte) string {
	const digits = "0123456789ABCDEF"
	var b strings.Builder
	for i, octet := range sha256.Sum256(der) {
		if i > 0 {
			b.WriteByte(':')
		}
		b.WriteByte(digits[octet>>4])
		b.WriteByte(digits[octet&15])
	}
	return b.String()
}
