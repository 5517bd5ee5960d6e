// Package slack stands in for Slack on loopback: the Web API, Socket Mode and response URLs, as strict as the real ones
// where a bot could tell, with a small workspace of people and channels behind them. What a person does (type a command,
// click a button, fill in a modal) is a method of Server, and the same over HTTP; see Server.Command and control.go.
package slack

import (
	"context"
	"slices"
	"strings"
	"sync"

	"github.com/jonboulle/clockwork"

	"github.com/oktaws/oktaws/internal/sandbox/wire"
)

// Tokens that the stand-in takes where Config names no others.
const (
	DefaultBotToken = "xoxb-sandbox-bot-token"
	DefaultAppToken = "xapp-sandbox-app-token"
)

// Config is how a Server behaves. Its zero value is an app as the project's manifest registers it.
type Config struct {
	Hub *wire.Hub // nil: one of its own, without faults

	// Clock gives messages their times, and says when events are retried and response URLs end. Nil: the real one.
	Clock clockwork.Clock
	// Deadlines is the clock of what is over within seconds: the 3 s of an acknowledgement and of a trigger, tickets and
	// rate limits. Nil: Clock. A test whose Clock leaps passes the real one here. Pings always follow the real one,
	// since the other end of the wire does.
	Deadlines clockwork.Clock

	BotToken  string   // empty: DefaultBotToken
	AppToken  string   // empty: DefaultAppToken
	Scopes    []string // of the bot's token; nil: DefaultScopes
	AppScopes []string // of the app's token; nil: connections:write
	Commands  []string // slash commands of the app; nil: the manifest's
	Events    []string // what the app subscribes to, such as message.channels; nil: what the manifest does
	HomeTab   bool     // the app has a Home, whatever the manifest says

	// UserGroups are the members of each user group by its ID; nil: a plan without user groups, where asking for them is
	// refused with plan_upgrade_required.
	UserGroups map[string][]string

	RateFactor float64 // times Slack's own rates; 0: 1; negative: no limits
	PageSize   int     // the most items of a page where a limit is asked for; 0: 2, so that reading on is put to the test
}

// Server is one workspace with one app installed. Its methods may be called at the same time.
type Server struct {
	cfg       Config
	clock     clockwork.Clock
	deadlines clockwork.Clock
	hub       *wire.Hub
	ctx       context.Context // ends at Close; held because sockets and retries outlive the calls that begin them
	cancel    context.CancelFunc
	wg        sync.WaitGroup

	mu      sync.Mutex
	base    string
	changed chan struct{}
	rev     int
	serial  int64 // of the last time stamp given out, in microseconds
	nextID  int

	people    map[string]*Person
	channels  map[string]*Channel
	messages  map[string][]*Message // by channel, oldest first
	ephemeral []*Message
	posted    said // every text that was ever in a message
	shown     said // every text that was ever in a view
	files     map[string]*file

	stacks    map[string][]*view // open modals by user, the topmost last
	homes     map[string]*view
	triggers  map[string]*trigger
	responses map[string]*responseURL
	tickets   map[string]ticket
	buckets   map[string]*bucket

	sockets    []*socket
	turn       int // whose turn it is to get an envelope
	disabled   bool
	twice      int
	deliveries map[string]*delivery
	settled    []string // the IDs of those that are over, the oldest first
	last       *delivery
	unanswered []Missed
	complaints []Complaint
}

// New makes a workspace with the people and channels of seed.go.
func New(cfg Config) *Server {
	if cfg.Clock == nil {
		cfg.Clock = clockwork.NewRealClock()
	}
	if cfg.Deadlines == nil {
		cfg.Deadlines = cfg.Clock
	}
	if cfg.Hub == nil {
		cfg.Hub = wire.New(cfg.Clock.Now)
	}
	if cfg.BotToken == "" {
		cfg.BotToken = DefaultBotToken
	}
	if cfg.AppToken == "" {
		cfg.AppToken = DefaultAppToken
	}
	if cfg.Scopes == nil {
		cfg.Scopes = DefaultScopes
	}
	if cfg.AppScopes == nil {
		cfg.AppScopes = []string{"connections:write"}
	}
	if cfg.Commands == nil {
		for _, c := range manifest.Commands {
			cfg.Commands = append(cfg.Commands, c.Name)
		}
	}
	if cfg.Events == nil {
		cfg.Events = manifest.Events
	}
	cfg.HomeTab = cfg.HomeTab || manifest.HomeTab
	if cfg.RateFactor == 0 {
		cfg.RateFactor = 1
	}
	if cfg.PageSize == 0 {
		cfg.PageSize = 2
	}
	s := &Server{
		cfg: cfg, clock: cfg.Clock, deadlines: cfg.Deadlines, hub: cfg.Hub,
		changed:  make(chan struct{}),
		messages: map[string][]*Message{}, files: map[string]*file{}, stacks: map[string][]*view{}, homes: map[string]*view{},
		triggers: map[string]*trigger{}, responses: map[string]*responseURL{}, tickets: map[string]ticket{},
		buckets: map[string]*bucket{}, deliveries: map[string]*delivery{},
	}
	s.ctx, s.cancel = context.WithCancel(context.Background())
	s.seed()
	return s
}

// SetURL says where the handler can be reached, such as http://127.0.0.1:8080; socket and response URLs begin with it.
// Until it is called, the address of the last request serves.
func (s *Server) SetURL(base string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.base = strings.TrimSuffix(base, "/")
}

// Close drops every connection and ends the retries.
func (s *Server) Close() {
	s.cancel()
	s.mu.Lock()
	sockets := slices.Clone(s.sockets)
	s.mu.Unlock()
	for _, c := range sockets {
		c.close()
	}
	s.wg.Wait()
}

// Changed returns a channel that is closed at the next change of anything that can be seen from outside.
func (s *Server) Changed() <-chan struct{} {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.changed
}

// Wait returns once done reports true, looking again at each change; or ctx's error.
func (s *Server) Wait(ctx context.Context, done func() bool) error {
	for {
		changed := s.Changed()
		if done() {
			return nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}

// change wakes those who wait; s.mu is held.
func (s *Server) change() {
	s.rev++
	close(s.changed)
	s.changed = make(chan struct{})
}

// AllTexts returns the text and the blocks of everything that was ever posted, edited, answered or shown to one person,
// and apart from these every view that was ever open, each once, for a search for what should never have been said. Of
// either the newest 16 MiB are kept.
func (s *Server) AllTexts() (messages, views []string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.posted.list), slices.Clone(s.shown.list)
}
