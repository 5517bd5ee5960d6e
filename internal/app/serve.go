package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/jonboulle/clockwork"
	"golang.org/x/sync/errgroup"

	"github.com/oktaws/oktaws/bot"
	"github.com/oktaws/oktaws/internal/app/operator"
	"github.com/oktaws/oktaws/provision"
	"github.com/oktaws/oktaws/provision/aws"
	"github.com/oktaws/oktaws/provision/okta"
	"github.com/oktaws/oktaws/store"
)

// leaveWithin is how long finishing what is held may take.
const leaveWithin = 9 * time.Second

// workers is how many accounts are worked on at once: as many as may be due, so that none waits behind others which only
// wait for their turn with Okta. One that waits costs some ten kilobytes.
const workers = 1000

// serve runs the bot and the pipeline side by side. The end of one is the end of the other.
func (p *program) serve(ctx context.Context) (err error) {
	l := p.load()
	if len(l.problems) > 0 {
		return invalid(l.problems)
	}
	log := p.logger(l.Log)
	for _, w := range l.warnings {
		log.Warn(w)
	}
	s, err := openStore(ctx, l.DataDir, p.Clock, p.Engine)
	if err != nil && ctx.Err() != nil {
		return nil // told to stop before it began
	}
	if err != nil {
		return p.fail(log, err)
	}
	s.Tell(func(err error) { tellWritable(log, err) })
	a, b, err := wire(ctx, l, s.Store, log)
	if err != nil {
		s.close()
		return p.fail(log, err)
	}
	group, running := errgroup.WithContext(ctx)
	if line, err := operator.Listen(l.DataDir); err != nil {
		log.Warn("the command line can't reach this process while it runs", "error", err)
	} else {
		group.Go(func() error { line.Serve(running, p.answer(l, s, a.Provision)); return nil })
	}
	group.Go(func() error { return ended(running, "the pipeline", a.Provision.Run(running)) })
	group.Go(func() error { return ended(running, "the bot", b.Run(running)) })
	group.Go(func() error {
		select {
		case <-b.Ready():
			fmt.Fprintln(p.Stdout, "oktaws is ready: /oktaws is answered")
			if p.Ready != nil {
				p.Ready(a)
			}
		case <-running.Done():
		}
		return nil
	})
	all := make(chan error, 1)
	go func() { all <- group.Wait() }()
	select {
	case err = <-all:
	case <-running.Done():
		select {
		case err = <-all:
		case <-time.After(leaveWithin): // whatever the records' clock says
			// What is cut off here carries on at the next start. The store isn't closed, since closing waits for its
			// transactions; the end of the process releases it.
			return p.fail(log, fmt.Errorf("left after %s with work under way; it carries on at the next start", leaveWithin))
		}
	}
	s.close()
	if err != nil {
		return p.fail(log, err)
	}
	log.Info("oktaws has stopped")
	return nil
}

// ended makes an error of an end that nobody asked for.
func ended(ctx context.Context, what string, err error) error {
	if err == nil && ctx.Err() == nil {
		return errors.New(what + " stopped by itself")
	}
	return err
}

// fail writes the one line that says why the program ends.
func (p *program) fail(log *slog.Logger, err error) error {
	attrs := []any{"error", err}
	if isStoreError(err) {
		_, remedy := store.Explain(err)
		attrs = append(attrs, "remedy", remedy)
	}
	log.Error("oktaws ends", attrs...)
	return errSaid
}

// tellWritable says that the store can't be written any more, or (nil) that it can again.
func tellWritable(log *slog.Logger, err error) {
	if err == nil {
		log.Info("the store can be written again; oktaws goes on")
		return
	}
	_, remedy := store.Explain(err)
	log.Error("nothing can be recorded, so no work begins", "error", err, "remedy", remedy)
}

// opened is a store that is open.
type opened struct {
	*store.Store
	file  *store.Bolt
	close func() // every write was durable when it was made
}

// openStore opens the store in dir, its engine wrapped where wrap isn't nil.
func openStore(ctx context.Context, dir string, clock clockwork.Clock, wrap func(store.Engine) store.Engine) (opened, error) {
	bolt, err := store.OpenBolt(dir)
	if err != nil {
		return opened{}, err
	}
	var engine store.Engine = bolt
	if wrap != nil {
		engine = wrap(bolt)
	}
	s, err := store.New(ctx, engine, clock)
	if err != nil {
		_ = engine.Close() // the first error is the one to tell
		return opened{}, fmt.Errorf("data folder %s: %w", dir, err)
	}
	return opened{Store: s, file: bolt, close: func() { _ = engine.Close() }}, nil
}

// wire makes the pipeline and the bot of the configuration.
func wire(ctx context.Context, l loaded, s *store.Store, log *slog.Logger) (*App, *bot.Bot, error) {
	a, err := newPipeline(ctx, l, s, log)
	if err != nil {
		return nil, nil, err
	}
	b, err := newBot(l.Config, s, a.Provision, log)
	return a, b, err
}

// newPipeline makes the pipeline of the configuration, over the records.
func newPipeline(ctx context.Context, l loaded, s *store.Store, log *slog.Logger) (*App, error) {
	a, err := newAWS(ctx, l, log, "")
	if err != nil {
		return nil, err
	}
	o, err := newOkta(l.Config, s.Clock(), log)
	if err != nil {
		return nil, err
	}
	c := pipelineConfig(l.Config)
	c.Only = l.only
	return &App{Store: s, Provision: provision.New(s, a, o, c, log), Okta: o}, nil
}

// sdkEnvironment guards the process's environment while the AWS SDK is told by it.
var sdkEnvironment sync.Mutex

func newAWS(ctx context.Context, l loaded, log *slog.Logger, usualRegion string) (*aws.Client, error) {
	sdkEnvironment.Lock()
	defer sdkEnvironment.Unlock()
	return aws.New(ctx, aws.Config{
		Region:         l.AWS.Region,
		UsualRegion:    usualRegion,
		AccessRole:     l.AWS.AccessRole,
		ExternalID:     l.AWS.ExternalID,
		SourceIdentity: l.AWS.SourceIdentity,
		Profiles:       l.AWS.Profiles,
		Partitions:     l.AWS.Partitions,
		Variables:      l.aws,
		Log:            log,
	})
}

func newOkta(c Config, clock clockwork.Clock, log *slog.Logger) (*okta.Client, error) {
	return okta.New(okta.Config{
		OrgURL:       c.Okta.OrgURL,
		Token:        c.Okta.Token,
		ClientID:     c.Okta.ClientID,
		PrivateKey:   c.Okta.PrivateKey,
		PrivateKeyID: c.Okta.PrivateKeyID,
		RateShare:    c.Okta.RateShare,
		Clock:        clock,
		Log:          log,
	})
}

func pipelineConfig(c Config) provision.Config {
	var assignees []store.Person
	for _, id := range c.Tasks.Assignees {
		assignees = append(assignees, store.Person{ID: id})
	}
	return provision.Config{
		ProviderName:    c.AWS.ProviderName,
		StackName:       c.AWS.StackName,
		UserName:        c.AWS.UserName,
		UserMayAssume:   c.AWS.UserMayAssume,
		SessionDuration: c.Okta.SessionDuration,
		RoleSets:        c.RoleSets,
		GroupTemplate:   c.Okta.GroupTemplate,
		Assignees:       assignees,
		RemindAfter:     c.Tasks.RemindAfter,
		CheckEvery:      c.Tasks.CheckEvery,
		DriftEvery:      c.Drift.CheckEvery,
		KeyAge:          c.Rotation.KeyAge,
		WarnBefore:      c.Rotation.WarnBefore,
		KeepOldKey:      c.Rotation.KeepOldKey,
		CertificateLife: c.Rotation.CertificateYears,
		Workers:         workers,
	}
}

func newBot(c Config, s *store.Store, r *provision.Reconciler, log *slog.Logger) (*bot.Bot, error) {
	return bot.New(s, r, bot.Config{
		AdminChannel: c.Slack.AdminChannel,
		Required:     c.Approvals.Required,
		Approvers:    c.Approvals.Approvers,
		ExpireAfter:  c.Approvals.ExpireAfter,
		RemindEvery:  c.Tasks.RemindEvery,
		Partitions:   servedPartitions(c),
		LabelPattern: c.Okta.LabelPattern,
		Pipeline:     pipelineConfig(c),
		Mode:         c.Okta.Mode,
		Shared:       c.Okta.Shared,
		OrgURL:       c.Okta.OrgURL,
		Roster:       rosterRules(c),
	}, bot.Connection{
		BotToken: c.Slack.BotToken,
		AppToken: c.Slack.AppToken,
		APIURL:   c.Slack.APIURL,
	}, log)
}
