// Package web is the sandbox in the browser: Slack, Okta and AWS as people see them, and a page for whoever plays fate.
// It listens on loopback alone, and takes nothing from pages of others.
package web

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/oktaws/oktaws/internal/sandbox"
	"github.com/oktaws/oktaws/internal/sandbox/web/awspage"
	"github.com/oktaws/oktaws/internal/sandbox/web/controlpage"
	"github.com/oktaws/oktaws/internal/sandbox/web/oktapage"
	"github.com/oktaws/oktaws/internal/sandbox/web/page"
	"github.com/oktaws/oktaws/internal/sandbox/web/slackpage"
	"github.com/oktaws/oktaws/internal/sandbox/web/startpage"
)

// Site is the pages of one sandbox at a time.
type Site struct {
	mu      sync.Mutex
	sandbox *sandbox.Sandbox
	news    chan struct{} // closes when there is news from outside the sandbox, such as another one in its place

	world controlpage.World
}

// New makes the pages of a sandbox. world is what stands around it; nil: nothing, the program runs elsewhere.
func New(sb *sandbox.Sandbox, world controlpage.World) *Site {
	return &Site{sandbox: sb, news: make(chan struct{}), world: world}
}

// Sandbox returns the one whose pages these are at present.
func (s *Site) Sandbox() *sandbox.Sandbox {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.sandbox
}

// Show has the pages be another sandbox's from now on.
func (s *Site) Show(sb *sandbox.Sandbox) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.sandbox = sb
	s.tell()
}

// Tell has the pages that are open look again, since something outside the sandbox has changed.
func (s *Site) Tell() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.tell()
}

// tell closes news for those who wait, and makes another for the next. The caller holds s.mu.
func (s *Site) tell() {
	close(s.news)
	s.news = make(chan struct{})
}

// Handler answers for the pages, and under /control for the sandbox as a whole.
func (s *Site) Handler() http.Handler {
	mux := http.NewServeMux()
	page.Mount(mux)
	slackpage.Mount(mux, s)
	oktapage.Mount(mux, s)
	awspage.Mount(mux, s)
	controlpage.Mount(mux, s, s.world)
	startpage.Mount(mux, s, s.world)
	mux.HandleFunc("GET /live", s.live)
	mux.HandleFunc("/control/", func(w http.ResponseWriter, r *http.Request) { s.Sandbox().Control().ServeHTTP(w, r) })
	return guard(mux)
}

// guard lets through what comes from this machine's own pages, or from no page at all. The Host header is looked at
// because a page elsewhere can have its own name lead here (DNS rebinding).
func guard(next http.Handler) http.Handler {
	same := http.NewCrossOriginProtection()
	return same.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		host := r.Host
		if h, _, err := net.SplitHostPort(host); err == nil {
			host = h
		}
		if ip := net.ParseIP(strings.Trim(host, "[]")); host != "localhost" && (ip == nil || !ip.IsLoopback()) {
			http.Error(w, "The sandbox answers on loopback only: "+r.Host+" is another name.", http.StatusMisdirectedRequest)
			return
		}
		h := w.Header()
		h.Set("Content-Security-Policy", "default-src 'self'; img-src 'self' data:; form-action 'self'; frame-ancestors 'none'; base-uri 'none'")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		next.ServeHTTP(w, r)
	}))
}

// Pages need not hear of each of many changes at once.
const (
	gather = 120 * time.Millisecond // changes within this time are told together
	pulse  = 15 * time.Second       // a word now and then keeps the line open
)

// live tells a page, by server-sent events, when something has changed.
func (s *Site) live(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "text/event-stream")
	w.Header().Set("Cache-Control", "no-store")
	flush := http.NewResponseController(w)
	say := func(what string) bool {
		_, err := fmt.Fprint(w, what)
		return err == nil && flush.Flush() == nil
	}
	if !say(": here\n\n") {
		return
	}
	ctx := r.Context()
	changed, stop := s.changed(ctx)
	defer func() { stop() }()
	for {
		what := "event: changed\ndata: \n\n"
		select {
		case <-changed:
			select {
			case <-time.After(gather):
			case <-ctx.Done():
			}
		case <-time.After(pulse):
			what = ": still here\n\n"
		}
		stop()
		changed, stop = s.changed(ctx) // before the page hears, so that it misses nothing that comes after it has asked
		if ctx.Err() != nil || !say(what) {
			return
		}
	}
}

// changed returns a channel that closes when something has changed, or ctx is over or stop called.
func (s *Site) changed(ctx context.Context) (<-chan struct{}, context.CancelFunc) {
	ctx, stop := context.WithCancel(ctx)
	s.mu.Lock()
	defer s.mu.Unlock()
	out, changed, news := make(chan struct{}), s.sandbox.Changed(ctx), s.news
	go func() {
		defer close(out)
		select {
		case <-changed:
		case <-news:
			stop()
		}
	}()
	return out, stop
}
