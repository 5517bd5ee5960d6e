// Package aws stands in for AWS: STS, IAM, CloudFormation and Organizations on one loopback address, each in its own
// protocol, and the sign-in page, with accounts, policies and delays that behave as AWS's do where oktaws, or a person
// who signs on, can notice.
package aws

import (
	"cmp"
	"context"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/jonboulle/clockwork"

	"github.com/oktaws/oktaws/internal/sandbox/wire"
)

// Config is how the stand-in behaves. Delays are measured on Clock.
type Config struct {
	Hub           *wire.Hub       // records calls and makes them fail; nil: one of its own
	Clock         clockwork.Clock // nil: the real one
	StackTime     time.Duration   // each resource of a stack takes this long; 0: 300 ms
	KeyDelay      time.Duration   // a new access key is refused for this long (InvalidClientTokenId); 0: 1 s
	ProviderDelay time.Duration   // no role can trust a new SAML provider for this long; 0: 500 ms
}

// Server is one AWS with an organization in each partition. It is safe for use by several goroutines.
type Server struct {
	hub           *wire.Hub
	clock         clockwork.Clock
	stackTime     time.Duration
	keyDelay      time.Duration
	providerDelay time.Duration

	mu       sync.Mutex
	accounts map[string]*account
	keys     map[string]*accessKey
	sessions map[string]*session
	secrets  []string

	organizations map[string]*organization // by partition
	founded       []*organization          // the same, as they came to be

	signIns   shelf[*signIn]
	consoles  shelf[*console]
	used      map[string]time.Time // assertions that somebody has signed in with, by issuer and ID
	responses shelf[string]        // SAML responses that came, as they are written

	due     []deed
	timer   clockwork.Timer
	changed chan struct{}
}

// deed is something that happens by itself at a time, such as a stack's next resource.
type deed struct {
	at time.Time
	do func(at time.Time)
}

// New makes an AWS with the accounts that the package's constants name.
func New(c Config) *Server {
	if c.Clock == nil {
		c.Clock = clockwork.NewRealClock()
	}
	if c.Hub == nil {
		c.Hub = wire.New(c.Clock.Now)
	}
	s := &Server{
		hub:           c.Hub,
		clock:         c.Clock,
		stackTime:     cmp.Or(c.StackTime, 300*time.Millisecond),
		keyDelay:      cmp.Or(c.KeyDelay, time.Second),
		providerDelay: cmp.Or(c.ProviderDelay, 500*time.Millisecond),
		accounts:      map[string]*account{},
		organizations: map[string]*organization{},
		keys:          map[string]*accessKey{},
		sessions:      map[string]*session{},
		used:          map[string]time.Time{},
		changed:       make(chan struct{}),
	}
	s.seed()
	return s
}

// Handler answers for all four services, and for the sign-in page (/saml, /saml/role). Calls are told apart by the
// credential scope of their signature, and go through the hub under the service names sts, iam, cloudformation,
// organizations and signin, with the account as subject.
func (s *Server) Handler() http.Handler {
	known, _ := bases()
	return s.hub.Handler(wire.Service{Identify: s.identify, Fail: fail, Serve: http.HandlerFunc(s.serve), Bases: known})
}

// Changed returns a channel that closes at the next change of anything.
func (s *Server) Changed() <-chan struct{} {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.changed
}

// Wait returns when cond, which may use the readers, holds, or when ctx ends.
func (s *Server) Wait(ctx context.Context, cond func() bool) error {
	for {
		changed := s.Changed()
		if cond() {
			return nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// lock brings the state up to the clock's time and holds it until the returned function is called.
func (s *Server) lock() (unlock func()) {
	s.mu.Lock()
	s.settle()
	return func() {
		s.settle()
		close(s.changed)
		s.changed = make(chan struct{})
		s.mu.Unlock()
	}
}

// read is lock for those who change nothing.
func (s *Server) read() (unlock func()) {
	s.mu.Lock()
	s.settle()
	return s.mu.Unlock
}

// at has do called once the clock has reached the time.
func (s *Server) at(when time.Time, do func(at time.Time)) {
	i, _ := slices.BinarySearchFunc(s.due, when, func(d deed, t time.Time) int {
		if d.at.After(t) {
			return 1
		}
		return -1 // those of the same time keep their order
	})
	s.due = slices.Insert(s.due, i, deed{when, do})
}

// settle does what is due. Deeds see the time at which they were due, however late the clock is looked at, so that
// a fake clock may jump.
func (s *Server) settle() {
	now, did := s.clock.Now(), false
	for len(s.due) > 0 && !s.due[0].at.After(now) {
		d := s.due[0]
		s.due = s.due[1:]
		d.do(d.at)
		did = true
	}
	if did {
		close(s.changed)
		s.changed = make(chan struct{})
	}
	if s.timer != nil {
		s.timer.Stop()
		s.timer = nil
	}
	if len(s.due) > 0 {
		s.timer = s.clock.AfterFunc(s.due[0].at.Sub(now), func() {
			s.mu.Lock()
			defer s.mu.Unlock()
			s.settle()
		})
	}
}
