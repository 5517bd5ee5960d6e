package life_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"strings"
	"sync"
	"time"

	"pgregory.net/rapid"

	"github.com/oktaws/oktaws/internal/mortal"
	"github.com/oktaws/oktaws/internal/sandbox"
	"github.com/oktaws/oktaws/internal/sandbox/aws"
	"github.com/oktaws/oktaws/internal/sandbox/okta"
	"github.com/oktaws/oktaws/internal/sandbox/wire"
	"github.com/oktaws/oktaws/provision"
	provisionaws "github.com/oktaws/oktaws/provision/aws"
	provisionokta "github.com/oktaws/oktaws/provision/okta"
	"github.com/oktaws/oktaws/store"
)

// world is a sandbox, and the pipeline that runs against it from a store of its own, without the bot.
type world struct {
	*rapid.T
	*sandbox.Sandbox
	clock    *sandbox.Clock
	dir      string
	log      *journal
	run      *run
	requests int
	stopped  chan struct{} // closed: the clock stands still
	pumped   chan struct{} // closes when it does

	mu    sync.Mutex
	crash *crash // the one to come; nil: none
}

// run is one run of the pipeline.
type run struct {
	cancel    context.CancelFunc
	life      *mortal.Life
	store     *store.Store
	provision *provision.Reconciler
	engine    store.Engine
	ended     chan error
}

// crash is the end of a run at a call to come.
type crash struct {
	calls int    // that are let pass
	when  string // before or after the effect of the last
}

// journal keeps what is logged.
type journal struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (j *journal) Write(p []byte) (int, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.b.Write(p)
}

func (j *journal) String() string {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.b.String()
}

// The accounts of the sandbox that the sequences are about.
var accountIDs = []string{aws.AccountGmail, aws.AccountAnalytics}

// roleSets have ReadOnlyAccess in common.
func roleSets() map[string][]provision.RoleSpec {
	usual := provision.DefaultRoleSet()
	audit := provision.RoleSpec{Name: "Auditor", Policies: []string{"arn:${AWS::Partition}:iam::aws:policy/SecurityAudit"}, Group: "{label}-{role}"}
	return map[string][]provision.RoleSpec{store.DefaultRoleSet: usual, "small": usual[2:], "audit": {usual[2], audit}}
}

func config() provision.Config {
	return provision.Config{
		ProviderName: "Okta", StackName: "oktaws-roles", UserName: "OktaSSOuser", SessionDuration: time.Hour,
		RoleSets: roleSets(), RemindAfter: time.Hour, CheckEvery: 2 * time.Second, WarnBefore: time.Hour,
		KeepOldKey: time.Minute, Workers: 4,
	}
}

// newWorld starts a sandbox and the pipeline.
func newWorld(t *rapid.T) *world {
	clock := sandbox.NewClock(0)
	sb, err := sandbox.Start(sandbox.Options{Clock: clock, Relaxed: true})
	if err != nil {
		t.Fatal(err)
	}
	parent := ""
	if info, err := os.Stat("/dev/shm"); err == nil && info.IsDir() {
		parent = "/dev/shm" // so that no disk is waited for
	}
	dir, err := os.MkdirTemp(parent, "oktaws-life-")
	if err != nil {
		t.Fatal(err)
	}
	w := &world{T: t, Sandbox: sb, clock: clock, dir: dir, log: &journal{}, stopped: make(chan struct{}), pumped: make(chan struct{})}
	sb.Hub.Hook(w.befall)
	go w.pump()
	w.start()
	return w
}

// close ends all of it.
func (w *world) close() {
	if w.run != nil {
		w.stop()
	}
	close(w.stopped)
	<-w.pumped
	w.clock.Stop()
	_ = w.Close()
	_ = os.RemoveAll(w.dir)
}

// longestStride is how far the clock goes in a millisecond at the most.
const longestStride = 4 * time.Second

// pump moves the clock: hardly while calls are under way, and the faster the longer there are none, since then all that
// is left to do is to wait.
func (w *world) pump() {
	defer close(w.pumped)
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	received, stride := 0, time.Duration(0)
	for {
		select {
		case <-w.stopped:
			return
		case <-tick.C:
		}
		if n := w.Hub.Received(); n != received || len(w.Hub.UnderWay()) > 0 {
			received, stride = n, 10*time.Millisecond
		} else {
			stride = min(stride*3/2, longestStride)
		}
		w.clock.Advance(stride)
	}
}

// fromUs says whether a call is one that the pipeline makes, rather than a person.
func fromUs(c wire.Call) bool {
	return !strings.HasPrefix(c.Operation, "console.") && c.Service != "signin" && c.Operation != "AssumeRoleWithSAML"
}

// befall ends the run at the call that it was to be ended at; what a run that is over calls has no effect.
func (w *world) befall(c wire.Call) *wire.Fault {
	w.mu.Lock()
	defer w.mu.Unlock()
	switch {
	case !fromUs(c) || w.run == nil:
		return nil
	case w.run.life.Over():
		return &wire.Fault{ID: "dead", Status: http.StatusForbidden}
	case w.crash == nil:
		return nil
	case w.crash.calls > 0:
		w.crash.calls--
		return nil
	}
	when := w.crash.when
	w.crash = nil
	w.run.life.End()
	count("crashed " + when + " " + c.Service)
	return &wire.Fault{ID: "death", Cut: when}
}

func (w *world) start() {
	variables := map[string]string{}
	env := map[string]string{}
	for _, v := range w.Env() {
		env[v.Name] = v.Value
		if strings.HasPrefix(v.Name, "AWS_") {
			variables[v.Name] = v.Value
		}
	}
	log := slog.New(slog.NewTextHandler(w.log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	bolt, err := store.OpenBolt(w.dir)
	if err != nil {
		w.Fatal(err)
	}
	r := &run{life: &mortal.Life{}, ended: make(chan error, 1)}
	r.engine = r.life.Engine(bolt)
	ctx, cancel := context.WithCancel(context.Background())
	r.cancel = cancel
	a, awsErr := provisionaws.New(ctx, provisionaws.Config{Region: sandbox.Region, AccessRole: aws.AccessRole, Variables: variables, Log: log})
	o, oktaErr := provisionokta.New(provisionokta.Config{OrgURL: env["OKTA_CLIENT_ORGURL"], Token: env["OKTA_CLIENT_TOKEN"], Log: log})
	var storeErr error
	r.store, storeErr = store.New(ctx, r.engine, w.clock)
	if err := errors.Join(awsErr, oktaErr, storeErr); err != nil {
		w.Fatal(err)
	}
	r.provision = provision.New(r.store, a, o, config(), log)
	go func() { r.ended <- r.provision.Run(ctx) }()
	w.mu.Lock()
	w.run = r
	w.mu.Unlock()
}

// stop ends the run, as a signal does, or cleans up after one that has crashed.
func (w *world) stop() {
	w.run.cancel()
	select {
	case err := <-w.run.ended:
		if err != nil && !w.run.life.Over() {
			w.Errorf("the pipeline ended with %v", err)
		}
	case <-time.After(patience):
		w.Fatalf("the pipeline did not end:\n%s", w.log)
	}
	_ = w.run.engine.Close()
	w.mu.Lock()
	w.run = nil
	w.mu.Unlock()
}

// restart ends the run and begins another.
func (w *world) restart() {
	w.stop()
	w.start()
}

// alive begins another run where one has crashed.
func (w *world) alive() *run {
	if w.run.life.Over() {
		w.restart()
	}
	return w.run
}

// patience is how long anything may take in real time.
const patience = 60 * time.Second

// update changes the store, of the next run where this one crashes first.
func (w *world) update(change func(*store.Tx) error) error {
	for {
		if err := w.alive().store.Update(context.Background(), change); !errors.Is(err, mortal.ErrOver) {
			return err
		}
	}
}

func (w *world) view(read func(*store.ReadTx) error) {
	if err := w.run.store.View(context.Background(), read); err != nil {
		w.Fatal(err)
	}
}

// record is what the store has of the account; its zero value where nobody has asked for it.
func (w *world) record(key store.AccountKey) (a store.Account) {
	w.view(func(tx *store.ReadTx) (err error) {
		if a, err = tx.Account(key); store.KindOf(err) == store.NotFound {
			a, err = store.Account{AccountKey: key}, nil
		}
		return err
	})
	return a
}

// sharedApplication is what the store has of an application that accounts share.
func (w *world) sharedApplication(label string) (a store.Application) {
	if label != "" {
		w.view(func(tx *store.ReadTx) (err error) { a, err = tx.SharedApplication("aws", label); return err })
	}
	return a
}

var (
	asker    = store.Person{ID: "UASKER", Team: "T1"}
	approver = store.Person{ID: "UAPPROVER", Team: "T1"}
)

// persons does what the account's open task asks a person for.
func (w *world) persons(a store.Account) {
	for _, kind := range []store.TaskKind{store.EnableProvisioning, store.EnterKey} {
		var t store.Task
		w.view(func(tx *store.ReadTx) error {
			t, _ = tx.Task(store.TaskIDOf(a.RequestID, kind))
			return nil
		})
		if t.State != store.TaskOpen {
			continue
		}
		ctx := context.Background()
		if secret, err := w.run.provision.Credentials(ctx, t.ID, approver); err == nil {
			app := w.record(a.AccountKey).Known.AppID
			status := w.console(app, "api-integration", map[string]any{"enabled": true, "accessKey": secret.ID, "secretKey": secret.Reveal()})
			if status == http.StatusOK {
				w.console(app, "to-app", map[string]any{"createUsers": true, "updateAttributes": true})
			}
		}
		w.console(w.record(a.AccountKey).Known.AppID, "refresh", map[string]any{})
		_, _ = w.run.provision.CheckTask(ctx, t.ID)
	}
}

func (w *world) console(app, step string, body any) int {
	status, _, err := w.Console(context.Background(), app, step, body)
	if err != nil {
		return 0 // a fault has struck it
	}
	return status
}

// member puts the test user into a group, or takes them out.
func (w *world) member(group string, in bool) {
	if err := w.Okta.SetMember(group, okta.TestUserLogin, in); err != nil {
		w.Fatal(err)
	}
}

// tell says what the world looks like, for whoever reads a failure.
func (w *world) tell() string {
	var b strings.Builder
	w.view(func(tx *store.ReadTx) error {
		return errors.Join(
			tx.Accounts(func(a store.Account) bool {
				fmt.Fprintf(&b, "account %s: %s, wanted %s, wish %+v, request %s, pending %s, problem %+v, known %+v\n", a.ID, a.State, a.Desired, a.Wish, a.RequestID, a.Pending, a.Problem, a.Known)
				for name, s := range a.Steps {
					fmt.Fprintf(&b, "  step %s: %s undo=%t due=%s note=%q problem=%+v left=%v\n", name, s.State, s.Undo, s.Due.Format(time.TimeOnly), s.Note, s.Problem, s.Left)
				}
				if c, err := tx.Check(a.AccountKey); err == nil {
					fmt.Fprintf(&b, "  check: %+v\n", c)
				}
				return true
			}),
			tx.Events(func(e store.Event) bool {
				fmt.Fprintf(&b, "%s %s %s %s %s %s\n", e.At.Format(time.TimeOnly), e.Account.ID, e.Request, e.What, e.Step, e.Text)
				return true
			}))
	})
	fmt.Fprintf(&b, "now %s\n", w.clock.Now().UTC().Format(time.TimeOnly))
	for _, a := range w.Okta.Applications() {
		fmt.Fprintf(&b, "application %+v\n  assigned %+v\n", a, w.Okta.Assignments(a.ID))
	}
	for _, g := range w.Okta.Groups() {
		fmt.Fprintf(&b, "group %+v\n", g)
	}
	for _, r := range w.Okta.Rules() {
		fmt.Fprintf(&b, "group rule %+v\n", r)
	}
	for _, id := range accountIDs {
		fmt.Fprintf(&b, "%s: users %+v keys %+v\n", id, w.AWS.Users(id), w.AWS.AccessKeys(id, "OktaSSOuser"))
		for _, s := range w.AWS.Stacks(id) {
			fmt.Fprintf(&b, "  stack %s %s %s tags %v roles %v drift %s\n", s.ID, s.Status, s.Reason, s.Tags, s.Roles, s.Drift)
		}
		for _, r := range w.AWS.Roles(id) {
			fmt.Fprintf(&b, "  role %s of stack %q policies %v trusts %v\n", r.Name, r.Stack, r.Policies, r.TrustedProviders)
		}
		for _, p := range w.AWS.Providers(id) {
			fmt.Fprintf(&b, "  provider %s entity %s tags %v certificates %d\n", p.Name, p.EntityID, p.Tags, strings.Count(p.Metadata, "<ds:X509Certificate>"))
		}
	}
	if os.Getenv("OKTAWS_TEST_LOG") != "" {
		b.WriteString(w.log.String())
	}
	return b.String()
}
