// Package sandbox is Slack, Okta and AWS as a newcomer and the tests meet them: real protocols on loopback, with state,
// and as strict as the real ones where a client could come to rely on luck.
package sandbox

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/jonboulle/clockwork"

	"github.com/oktaws/oktaws/internal/sandbox/aws"
	"github.com/oktaws/oktaws/internal/sandbox/okta"
	"github.com/oktaws/oktaws/internal/sandbox/slack"
	"github.com/oktaws/oktaws/internal/sandbox/wire"
)

// Region is the region that the sandbox's environment names.
const Region = "us-east-1"

// Options is how a sandbox behaves. Its zero value will do.
type Options struct {
	Clock     clockwork.Clock // nil: the real one. Deadlines of seconds (acknowledgements, triggers) follow the real one always
	StackTime time.Duration   // each role of a stack takes this long on Clock; 0: 1 s
	Relaxed   bool            // no rate limits
}

// Sandbox is the three, running.
type Sandbox struct {
	Hub   *wire.Hub // records every call, and makes calls fail
	Slack *slack.Server
	Okta  *okta.Server
	AWS   *aws.Server

	SlackURL, OktaURL, AWSURL string // without a slash at the end

	clock     clockwork.Clock
	oktaToken string
	botToken  string
	appToken  string
	servers   []*http.Server
	serving   sync.WaitGroup
}

// Start runs the three on free loopback ports.
func Start(o Options) (*Sandbox, error) {
	if o.Clock == nil {
		o.Clock = clockwork.NewRealClock()
	}
	if o.StackTime == 0 {
		o.StackTime = time.Second
	}
	s := &Sandbox{
		Hub:       wire.New(o.Clock.Now),
		clock:     o.Clock,
		oktaToken: "00" + rand.Text() + rand.Text()[:14],
		botToken:  "xoxb-" + rand.Text(),
		appToken:  "xapp-1-" + slack.App + "-" + rand.Text(),
	}
	rates := 1.0
	if o.Relaxed {
		rates = -1
	}
	s.AWS = aws.New(aws.Config{Hub: s.Hub, Clock: o.Clock, StackTime: o.StackTime})
	s.Okta = okta.New(okta.Config{Hub: s.Hub, Clock: o.Clock, Token: s.oktaToken, Keys: keyChecker{s.AWS}, RelaxedLimits: o.Relaxed})
	s.Slack = slack.New(slack.Config{Hub: s.Hub, Clock: o.Clock, Deadlines: clockwork.NewRealClock(), RateFactor: rates, BotToken: s.botToken, AppToken: s.appToken})
	s.Hub.Blot(s.blot)
	for _, service := range []struct {
		url     *string
		handler http.Handler
		tell    func(string)
	}{
		{&s.SlackURL, s.Slack.Handler(), s.Slack.SetURL},
		{&s.OktaURL, s.Okta.Handler(), s.Okta.SetURL},
		{&s.AWSURL, s.AWS.Handler(), func(string) {}},
	} {
		url, err := s.listen(service.handler)
		if err != nil {
			return nil, errors.Join(err, s.Close())
		}
		*service.url = url
		service.tell(url)
	}
	return s, nil
}

func (s *Sandbox) listen(h http.Handler) (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", fmt.Errorf("listen on loopback: %w", err)
	}
	srv := &http.Server{Handler: h, ReadHeaderTimeout: 10 * time.Second}
	s.servers = append(s.servers, srv)
	s.serving.Go(func() { _ = srv.Serve(l) })
	return "http://" + l.Addr().String(), nil
}

// Close stops the three.
func (s *Sandbox) Close() error {
	s.Slack.Close()
	var err error
	for _, srv := range s.servers {
		err = errors.Join(err, srv.Close())
	}
	s.serving.Wait()
	return err
}

// Variable is one setting of the environment.
type Variable struct{ Name, Value string }

// Env is what a program needs in its environment to work with this sandbox.
func (s *Sandbox) Env() []Variable {
	key, secret := s.AWS.Credentials()
	return []Variable{
		{"SLACK_API_URL", s.SlackURL + "/api/"},
		{"SLACK_BOT_TOKEN", s.botToken},
		{"SLACK_APP_TOKEN", s.appToken},
		{"OKTA_CLIENT_ORGURL", s.OktaURL},
		{"OKTA_CLIENT_TOKEN", s.oktaToken},
		{"AWS_ENDPOINT_URL", s.AWSURL},
		{"AWS_ACCESS_KEY_ID", key},
		{"AWS_SECRET_ACCESS_KEY", secret},
		{"AWS_REGION", Region},
		{"AWS_EC2_METADATA_DISABLED", "true"},
		{"OKTAWS_AWS_REGION", Region},
		{"OKTAWS_SLACK_ADMIN_CHANNEL", slack.AdminChannel},
	}
}

// Secrets returns every token, key and password that the sandbox has given out so far.
func (s *Sandbox) Secrets() []string {
	_, secret := s.AWS.Credentials()
	out := []string{s.oktaToken, s.botToken, s.appToken, secret}
	return append(append(out, s.AWS.Secrets()...), s.Okta.Secrets()...)
}

// blot hides the secrets in what the hub records.
func (s *Sandbox) blot(text string) string {
	for _, secret := range s.Secrets() {
		if secret != "" && strings.Contains(text, secret) {
			text = strings.ReplaceAll(text, secret, "••••")
		}
	}
	return text
}

// Now is the time on the sandbox's clock.
func (s *Sandbox) Now() time.Time { return s.clock.Now() }

// Clock returns the clock that the sandbox runs by where it is one that can be moved ahead; nil where it is the real one.
func (s *Sandbox) Clock() *Clock {
	c, _ := s.clock.(*Clock)
	return c
}

// Speed is how many times as fast as the real clock the sandbox's runs.
func (s *Sandbox) Speed() float64 {
	if c := s.Clock(); c != nil {
		return c.Speed()
	}
	return 1
}

// Changed returns a channel that closes at the next change of anything in the three, or at the next call.
func (s *Sandbox) Changed(ctx context.Context) <-chan struct{} {
	changed := make(chan struct{})
	slack, okta, aws, calls := s.Slack.Changed(), s.Okta.Changed(), s.AWS.Changed(), s.Hub.Changed()
	go func() {
		defer close(changed)
		select {
		case <-slack:
		case <-okta:
		case <-aws:
		case <-calls:
		case <-ctx.Done():
		}
	}()
	return changed
}

// Control answers for the sandbox as a whole: calls and faults under /control, what people do in Slack under
// /control/slack.
func (s *Sandbox) Control() http.Handler {
	mux := http.NewServeMux()
	s.Hub.ServeControl(mux, "/control")
	mux.Handle("/control/slack/", s.Slack.Handler())
	return mux
}

// keyChecker is how Okta asks AWS with the key that a person enters.
type keyChecker struct{ aws *aws.Server }

func (k keyChecker) RolesFor(ctx context.Context, id, secret string) ([]okta.Role, error) {
	found, err := k.aws.RolesFor(ctx, id, secret)
	if err != nil {
		return nil, err
	}
	roles := make([]okta.Role, len(found))
	for i, r := range found {
		roles[i] = okta.Role{Name: r.Name, TrustedProviders: r.TrustedProviders}
	}
	return roles, nil
}
