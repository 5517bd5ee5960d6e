package bot

import (
	"context"
	"math/rand/v2"
	"net/http"
	"path"
	"sync"
	"time"

	"github.com/jonboulle/clockwork"
)

// openGuard is the HTTP client under slack-go. It holds back apps.connections.open, since slack-go reconnects at once,
// without end, where a connection is made and then ended by Slack: without a guard that is over a thousand calls a
// second.
type openGuard struct {
	client *http.Client
	clock  clockwork.Clock

	mu     sync.Mutex
	short  int       // connections in a row that didn't last
	opened time.Time // the last call
	hello  time.Time // since when the connection works; zero: Slack hasn't said hello on it
}

const (
	lasting  = 30 * time.Second // a connection that worked for so long was a good one
	maxDelay = time.Minute
)

func newOpenGuard(client *http.Client, clock clockwork.Clock) *openGuard {
	return &openGuard{client: client, clock: clock}
}

// Do makes the call, a call of apps.connections.open not before its time.
func (g *openGuard) Do(r *http.Request) (*http.Response, error) {
	if path.Base(r.URL.Path) == "apps.connections.open" {
		if err := g.wait(r.Context()); err != nil {
			return nil, err
		}
	}
	return g.client.Do(r)
}

// connected notes that Slack said hello.
func (g *openGuard) connected() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.hello = g.clock.Now()
}

func (g *openGuard) wait(ctx context.Context) error {
	delay := g.next()
	if delay <= 0 {
		return nil
	}
	select {
	case <-g.clock.After(delay):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// next plans the next call, and says how long it has to wait.
func (g *openGuard) next() time.Duration {
	g.mu.Lock()
	defer g.mu.Unlock()
	now := g.clock.Now()
	var delay time.Duration
	switch {
	case g.opened.IsZero():
	case !g.hello.IsZero() && now.Sub(g.hello) >= lasting:
		g.short = 0
	default:
		between := backoff(g.short, time.Second, maxDelay)
		between += rand.N(between/4 + 1) // so that several replicas don't come back in step
		delay = max(g.opened.Add(between).Sub(now), 0)
		g.short++
	}
	g.opened, g.hello = now.Add(delay), time.Time{}
	return delay
}
