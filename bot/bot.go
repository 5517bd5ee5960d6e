// Package bot makes Slack match the store (every message is a rendering of a record) and turns commands and clicks
// into records. It is the only package that speaks to Slack.
package bot

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"regexp"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jonboulle/clockwork"
	"github.com/slack-go/slack"
	"golang.org/x/sync/errgroup"

	"github.com/oktaws/oktaws/internal/roster"
	"github.com/oktaws/oktaws/provision"
	"github.com/oktaws/oktaws/store"
)

// Provisioner is what the bot needs of the pipeline; provision.Reconciler has it.
type Provisioner interface {
	// CheckTask looks at once whether the task is done, and returns it as it stands then.
	CheckTask(ctx context.Context, taskID string) (store.Task, error)
	// Credentials makes the access key that the task asks for. Its secret is known this one time.
	Credentials(ctx context.Context, taskID string, by store.Person) (provision.Secret, error)
	// Plan says what would change if the account (which need not be in the store) were what it says; it changes nothing.
	Plan(ctx context.Context, a store.Account) ([]store.Finding, error)
	// Members lists the accounts of the organization, or of an organizational unit of it, by name, path or ID.
	Members(ctx context.Context, partition, unit string) ([]provision.Member, error)
	// Check looks at a linked account at once, and returns what it saw.
	Check(ctx context.Context, key store.AccountKey) (store.Check, error)
}

// Config is what the operator decides about the bot.
type Config struct {
	AdminChannel string           // ID of the channel that gets the requests: C… or G…
	Required     int              // approvals that a request needs; at least 1
	Approvers    []string         // user IDs of those who may decide; empty: the admin channel's members
	ExpireAfter  time.Duration    // after which a request that nobody decided expires; 0: never
	RemindEvery  time.Duration    // between reminders of a task; 0: 24 h
	Partitions   []string         // of the accounts asked for: aws, aws-us-gov, aws-cn; the first is the usual one; empty: aws
	LabelPattern *regexp.Regexp   // the naming scheme; nil: any name
	Pipeline     provision.Config // the role sets, and how Okta groups are named
	Mode         store.Mode       // of the accounts asked for; empty: api
	Shared       string           // label of the Okta application that accounts in mode groups share; {partition} stands for theirs; empty: each has its own
	OrgURL       string           // of the Okta organization
	Roster       roster.Rules     // what lists of accounts have to heed
}

// Connection is how Slack is reached.
type Connection struct {
	BotToken   string       // xoxb-…
	AppToken   string       // xapp-…, with connections:write
	APIURL     string       // empty: Slack's own
	HTTPClient *http.Client // nil: one with a time limit
}

// Bot makes Slack match the store, and turns commands and clicks into records.
type Bot struct {
	store       *store.Store
	provisioner Provisioner
	cfg         Config
	clock       clockwork.Clock
	log         *slog.Logger

	api   *slack.Client
	http  *http.Client
	guard *openGuard

	ready     chan struct{}
	readyOnce sync.Once
	fatal     chan error

	acked  atomic.Int64 // when an ack was last handed over, in nanoseconds since 1970
	taken  sync.Map     // chan struct{} by the ID of an envelope that is being answered
	self   atomic.Pointer[identity]
	people people
	dms    sync.Map // D… by user ID
	calm   pauses
	paces  paces
	looks  chan struct{} // a token for each look at an account that goes on
	grace  time.Duration
}

// identity is who the bot is in Slack, as auth.test says.
type identity struct {
	user, team, enterprise string
}

// callTimeout is how long one call to Slack may take.
const callTimeout = 15 * time.Second

// New makes the bot; Slack isn't called before Run or Check.
func New(s *store.Store, p Provisioner, cfg Config, c Connection, log *slog.Logger) (*Bot, error) {
	switch {
	case c.BotToken == "":
		return nil, misconfigured("SLACK_BOT_TOKEN", "is not set", "Set it to the bot token (xoxb-…) of the Slack app, from its page OAuth & Permissions.", nil)
	case c.AppToken == "":
		return nil, misconfigured("SLACK_APP_TOKEN", "is not set", "Set it to an app-level token (xapp-…) with connections:write, from the Slack app's page Basic Information.", nil)
	case cfg.AdminChannel == "":
		return nil, misconfigured("slack.admin_channel", "is not set", "Set it to the ID (C…) of the channel where the admins are.", nil)
	}
	if cfg.Mode == "" {
		cfg.Mode = store.ModeAPI
	}
	if cfg.RemindEvery <= 0 {
		cfg.RemindEvery = 24 * time.Hour
	}
	if len(cfg.Partitions) == 0 {
		cfg.Partitions = []string{"aws"}
	}
	cfg.Required = max(cfg.Required, 1)
	client := &http.Client{Timeout: callTimeout}
	if c.HTTPClient != nil {
		copied := *c.HTTPClient
		client = &copied
		if client.Timeout == 0 {
			client.Timeout = callTimeout
		}
	}
	b := &Bot{
		store: s, provisioner: p, cfg: cfg, clock: s.Clock(), log: log,
		http:  client,
		guard: newOpenGuard(client, clockwork.NewRealClock()),
		ready: make(chan struct{}),
		fatal: make(chan error, 1),
		looks: make(chan struct{}, maxLooks),
		grace: grace,
	}
	options := []slack.Option{slack.OptionHTTPClient(b.guard), slack.OptionAppLevelToken(c.AppToken)}
	if c.APIURL != "" {
		options = append(options, slack.OptionAPIURL(strings.TrimRight(c.APIURL, "/")+"/"))
	}
	b.api = slack.New(c.BotToken, options...)
	return b, nil
}

// Ready is closed once Slack has said hello, so that commands and clicks arrive.
func (b *Bot) Ready() <-chan struct{} { return b.ready }

// grace is how long what is under way may go on after Run was told to end.
const grace = 5 * time.Second

// workers is how many records are brought in line at once.
const workers = 4

// Run does the bot's work until ctx ends; then it finishes what it holds, for a few seconds at most, and returns nil.
// It returns a *store.Error that names the setting at fault where Slack refuses the bot for good. Call it once.
func (b *Bot) Run(ctx context.Context) error {
	if err := b.identify(ctx); err != nil || ctx.Err() != nil {
		return err
	}
	if err := b.renew(ctx); err != nil {
		return err
	}
	group, running := errgroup.WithContext(ctx)
	held, release := outlive(running, b.grace)
	defer release()
	group.Go(func() error { return b.listen(running, held) })
	group.Go(func() error {
		work := func(_ context.Context, key string) { b.settle(held, key) }
		return b.store.Drive(running, workers, work, "request/", "task/", "check/", "message/", "seen/")
	})
	group.Go(func() error {
		select {
		case err := <-b.fatal:
			return err
		case <-running.Done():
			return nil
		}
	})
	return group.Wait()
}

// outlive returns a context that ends so long after ctx does.
func outlive(ctx context.Context, by time.Duration) (context.Context, context.CancelFunc) {
	held, cancel := context.WithCancel(context.WithoutCancel(ctx))
	stop := context.AfterFunc(ctx, func() {
		select {
		case <-time.After(by):
			cancel()
		case <-held.Done():
		}
	})
	return held, func() { stop(); cancel() }
}

// identify asks Slack who the bot is, until it answers.
func (b *Bot) identify(ctx context.Context) error {
	for attempt := 0; ; attempt++ {
		err := b.authenticate(ctx)
		if err == nil || ctx.Err() != nil {
			return nil
		}
		if fatal := fatalReason(botToken, err); fatal != nil {
			return fatal
		}
		wait := backoff(attempt, time.Second, time.Minute)
		if limited, ok := errors.AsType[*slack.RateLimitedError](err); ok {
			wait = max(wait, limited.RetryAfter)
		}
		b.log.Warn("Slack can't be reached; trying again", "call", "auth.test", "error", err, "in", wait)
		select {
		case <-time.After(wait):
		case <-ctx.Done():
		}
	}
}

func (b *Bot) authenticate(ctx context.Context) error {
	r, err := b.api.AuthTestContext(ctx)
	if err != nil {
		return err
	}
	b.self.Store(&identity{user: r.UserID, team: r.TeamID, enterprise: r.EnterpriseID})
	return nil
}

// stop ends Run with err.
func (b *Bot) stop(err error) {
	select {
	case b.fatal <- err:
	default: // it ends already
	}
}

// backoff doubles from first with every attempt (0, 1, …) up to most.
func backoff(attempt int, first, most time.Duration) time.Duration {
	return min(first<<min(attempt, 20), most)
}
