// Package okta is the sandbox's Okta organization: Okta's management API on loopback, with state, as strict as the
// real one where its behavior is known.
//
// What a comment says about Okta bears a mark: [R] recorded traffic of a real organization, [D] Okta's documents or its
// OpenAPI description, [C] what other projects' code, issues or documents say, [I] a guess. Where nothing is known the
// stand-in takes the course that is worse for its caller, so that nobody comes to rely on luck.
package okta

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/jonboulle/clockwork"

	"github.com/oktaws/oktaws/internal/sandbox/wire"
)

// Config is what an organization needs to begin with.
type Config struct {
	Hub   *wire.Hub       // records the calls and makes them fail
	Clock clockwork.Clock // nil: the real one
	Token string          // the SSWS API token of a super admin; empty: there is none
	Keys  KeyChecker      // AWS; nil: every key is refused

	Plan          Plan // whose rate limits apply
	RelaxedLimits bool // a thousand times as many calls a minute

	// MetadataAfter is for how long requests for the metadata of a new application are answered with 404, as Okta does
	// for about a second [C]. 0 stands for that second; a negative time for none.
	MetadataAfter time.Duration
	// WipeOnPut has every PUT of an application switch its provisioning off, as it does in some applications [C].
	WipeOnPut bool
}

// Server is an organization.
type Server struct {
	cfg    Config
	clock  clockwork.Clock
	limits *limits
	orgKey *signingKey

	mu      sync.Mutex // guards what follows
	url     string
	pages   string // where the browser's pages are; empty: nowhere
	orgID   string
	seq     int
	apps    map[string]*application
	groups  map[string]*group
	rules   map[string]*rule
	users   map[string]*user
	tokens  map[string]caller // SSWS tokens by value
	clients map[string]Client // service applications by client ID
	bearers map[string]bearer // access tokens by value
	jtis    map[string]time.Time
	changed chan struct{}

	secrets secrets
}

// New makes an organization with three people, the group Everyone and two more, and two applications that are not ours.
func New(cfg Config) *Server {
	if cfg.Clock == nil {
		cfg.Clock = clockwork.NewRealClock()
	}
	if cfg.Hub == nil {
		cfg.Hub = wire.New(cfg.Clock.Now)
	}
	s := &Server{
		cfg: cfg, clock: cfg.Clock, limits: newLimits(cfg.Plan, cfg.RelaxedLimits),
		orgKey: newOrgKey(cfg.Clock.Now().UTC()),
		orgID:  newID("00o"),
		apps:   map[string]*application{}, groups: map[string]*group{}, rules: map[string]*rule{}, users: map[string]*user{},
		tokens: map[string]caller{}, clients: map[string]Client{}, bearers: map[string]bearer{},
		jtis: map[string]time.Time{}, changed: make(chan struct{}),
	}
	if cfg.Token != "" {
		s.AddToken(cfg.Token, nil)
	}
	s.seed()
	return s
}

// SetURL says where the organization is reached, such as http://127.0.0.1:4002. Before, its links name the host of
// each request.
func (s *Server) SetURL(base string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.url = strings.TrimRight(base, "/")
}

// Handler answers Okta's API and the admin console's paths.
func (s *Server) Handler() http.Handler {
	known, _ := bases()
	return s.cfg.Hub.Handler(wire.Service{Identify: s.identify, Fail: s.fail, Serve: http.HandlerFunc(s.serve), Bases: known})
}

// identify names a call by its operation's ID in Okta's OpenAPI description; what the stand-in does not know is
// "unknown". The subject is an ID, or for a create the label or name.
func (s *Server) identify(r *http.Request, body []byte) (service, id, subject string) {
	op, params, _ := match(r.Method, r.URL.Path)
	if op == nil {
		return "okta", "unknown", r.URL.Path
	}
	var b struct {
		Label     string
		SecretKey string
		Name      string
		Profile   struct{ Name string }
	}
	_ = json.Unmarshal(body, &b) // a body of another form has none of these
	if op.person {
		// Even a call that is cut before it takes effect is recorded.
		s.secrets.add(b.SecretKey)
	}
	if op.id == tokenOperation {
		form, _ := url.ParseQuery(string(body))
		s.secrets.add(form.Get("client_assertion"))
	}
	switch {
	case params["appId"] != "":
		subject = params["appId"]
	case params["groupId"] != "":
		subject = params["groupId"]
	case params["groupRuleId"] != "":
		subject = params["groupRuleId"]
	case op.id == "createGroupRule":
		subject = b.Name
	case params["external"] != "":
		subject = s.applicationOf(params["external"])
	default:
		subject = b.Label + b.Profile.Name
	}
	return "okta", op.id, subject
}

// serve answers one request.
func (s *Server) serve(w http.ResponseWriter, r *http.Request) {
	c, err := s.begin(w, r)
	if err == nil {
		err = s.run(c)
	}
	if err != nil {
		c.fail(err)
	}
}

// run leads a call past everything that can stop it before its operation.
func (s *Server) run(c *call) error {
	op, params, known := match(c.r.Method, c.r.URL.Path)
	if op == nil {
		if err := s.spend(c, bucketOther, ""); err != nil {
			return err
		}
		if known {
			return &apiError{status: http.StatusMethodNotAllowed, code: "E0000022",
				summary: "The endpoint does not support the provided HTTP method"}
		}
		return noPath()
	}
	c.params = params
	if op.person {
		return s.asPerson(c, op)
	}
	leave, ok := s.limits.enter()
	if !ok {
		return c.tooManyAtOnce()
	}
	defer leave()
	name, err := s.authorize(c, op)
	if spent := s.spend(c, op.bucket, name); spent != nil {
		return spent
	}
	if err != nil {
		return err
	}
	if err := c.checkMedia(op); err != nil {
		return err
	}
	return op.do(s, c)
}

// fail answers a call that a fault strikes, in Okta's form.
func (s *Server) fail(w http.ResponseWriter, r *http.Request, f wire.Fault) {
	c, err := s.begin(w, r)
	if err != nil {
		c.fail(err)
		return
	}
	if f.Status == http.StatusTooManyRequests {
		c.allowance(allowance{limit: 100, reset: c.now.Add(time.Duration(max(f.RetryAfter, 1)) * time.Second)})
	}
	if op, _, _ := match(r.Method, r.URL.Path); op != nil && op.id == signOnOperation {
		c.refuseSignOn(f.Status, faultError(f).summary)
		return
	}
	if r.URL.Path == tokenPath && f.Status != http.StatusTooManyRequests {
		c.fail(&oauthError{status: f.Status, code: or(f.Code, "server_error"), description: or(f.Message, "The sandbox was told to fail.")})
		return
	}
	c.fail(faultError(f))
}

// touch tells those who wait that something has changed. The caller holds s.mu.
func (s *Server) touch() {
	close(s.changed)
	s.changed = make(chan struct{})
}

// next returns the next number of the order in which things came to be. The caller holds s.mu.
func (s *Server) next() int {
	s.seq++
	return s.seq
}

func or(a, b string) string {
	if a != "" {
		return a
	}
	return b
}
