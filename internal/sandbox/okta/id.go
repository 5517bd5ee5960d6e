package okta

import (
	"crypto/rand"
	"encoding/base64"
	"maps"
	"slices"
	"sync"
	"time"
)

const letters = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"

// newID makes an ID in Okta's form: the kind's three letters, 14 at random, and three that an organization's IDs share.
func newID(kind string) string {
	b := make([]byte, 14)
	_, _ = rand.Read(b) // never fails
	for i := range b {
		b[i] = letters[int(b[i])%len(letters)]
	}
	return kind + string(b) + "5d7"
}

// randomText is n random bytes as URL-safe text.
func randomText(n int) string {
	b := make([]byte, n)
	_, _ = rand.Read(b) // never fails
	return base64.RawURLEncoding.EncodeToString(b)
}

// secrets are the texts that must never be read back from the hub.
type secrets struct {
	mu   sync.Mutex
	seen map[string]time.Time // until when each is one; zero: for good
}

func (s *secrets) add(text string) { s.addUntil(text, time.Time{}, time.Time{}) }

// addUntil adds a secret that is worth nothing after a time, and forgets those that no longer are worth anything now.
func (s *secrets) addUntil(text string, until, now time.Time) {
	if text == "" {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.seen == nil {
		s.seen = map[string]time.Time{}
	}
	maps.DeleteFunc(s.seen, func(_ string, end time.Time) bool { return !end.IsZero() && end.Before(now) })
	s.seen[text] = until
}

// Secrets returns every secret that the organization was given or has given out, the longest first: API tokens, secret
// keys that a person entered, assertions, access tokens, and the SAML responses that are still good. The hub blots them out of what it records.
func (s *Server) Secrets() []string {
	s.secrets.mu.Lock()
	defer s.secrets.mu.Unlock()
	all := make([]string, 0, len(s.secrets.seen))
	for t := range s.secrets.seen {
		all = append(all, t)
	}
	slices.SortFunc(all, func(a, b string) int { return len(b) - len(a) })
	return all
}
