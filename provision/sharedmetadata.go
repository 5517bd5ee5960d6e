package provision

import (
	"context"
	"sync"
	"time"
)

// sharedMetadata is the SAML metadata of applications that accounts share, by application and signing key: what differs
// from one certificate to the next, and is the same for all of the accounts. It is asked for once in a while, not once an
// account.
type sharedMetadata struct {
	mu   sync.Mutex
	read map[keyOfApplication]onceRead
}

type keyOfApplication struct{ app, key string }

type onceRead struct {
	at   time.Time
	text string
}

// metadataHolds is how long it is good for. A key's certificate never changes, nor does an application's entity ID; its
// addresses do if the organization gets another domain.
const metadataHolds = 10 * time.Minute

// appSettles is how long a new application rests before it is asked for its metadata: for about a second, Okta has none.
const appSettles = 2 * time.Second

// metadataOf returns the application's metadata with the certificate of the signing key.
func (w *work) metadataOf(ctx context.Context, app, key string) (string, error) {
	shared, err := w.shared(ctx)
	if err != nil {
		return "", err
	}
	if shared.AppID != app || app == "" {
		return w.r.okta.Metadata(ctx, app, key)
	}
	m, at, now := &w.r.metadata, keyOfApplication{app, key}, w.now()
	m.mu.Lock() // also while Okta is asked: who comes meanwhile wants the same
	defer m.mu.Unlock()
	if have, ok := m.read[at]; ok && now.Sub(have.at) <= metadataHolds && !have.at.After(now) {
		return have.text, nil
	}
	text, err := w.r.okta.Metadata(ctx, app, key)
	if err != nil {
		return "", err
	}
	if m.read == nil {
		m.read = map[keyOfApplication]onceRead{}
	}
	m.read[at] = onceRead{now, text}
	return text, nil
}

// settlesFor is how long the application rests yet.
func (w *work) settlesFor(ctx context.Context) (time.Duration, error) {
	made := w.known().AppMade
	shared, err := w.shared(ctx)
	if shared.AppID != "" {
		made = shared.Made
	}
	rest := made.Add(appSettles).Sub(w.now())
	if rest > appSettles { // due to a clock that was set
		rest = 0
	}
	return max(rest, 0), err
}
