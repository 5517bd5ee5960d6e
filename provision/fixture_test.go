package provision_test

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jonboulle/clockwork"

	"github.com/oktaws/oktaws/provision"
	"github.com/oktaws/oktaws/store"
)

// fixture is a store, a world, and the reconciler between them, on a clock that runs a thousand times as fast.
type fixture struct {
	*testing.T
	world *world
	store *store.Store
	clock *clockwork.FakeClock
	rec   *provision.Reconciler
	cfg   provision.Config
	stop  func()

	requests int
}

var (
	requester = store.Person{ID: "U0REQUESTER", Team: "T0TEAM"}
	admin     = store.Person{ID: "U0ADMIN", Team: "T0TEAM"}
)

func start(t *testing.T, change func(*provision.Config, *world)) *fixture {
	t.Helper()
	clock := clockwork.NewFakeClockAt(time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC))
	engine, err := store.OpenBolt(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = engine.Close() })
	s, err := store.New(t.Context(), engine, clock)
	if err != nil {
		t.Fatal(err)
	}
	w := newWorld(clock)
	cfg := provision.Config{ProviderName: "Okta", StackName: "oktaws-roles", UserName: "OktaSSOuser", SessionDuration: time.Hour,
		RoleSets: map[string][]provision.RoleSpec{store.DefaultRoleSet: provision.DefaultRoleSet()}, RemindAfter: time.Hour, CheckEvery: time.Minute, Workers: 4}
	if change != nil {
		change(&cfg, w)
	}
	f := &fixture{T: t, world: w, store: s, clock: clock}
	f.configure(cfg)
	return f
}

// configure has the next run be of a program with another configuration.
func (f *fixture) configure(cfg provision.Config) {
	f.cfg = cfg
	f.rec = provision.New(f.store, f.world, f.world, cfg, slog.New(slog.NewTextHandler(io.Discard, nil)))
}

// restart ends the program, and starts it with another configuration.
func (f *fixture) restart(change func(*provision.Config)) {
	f.stop()
	if change != nil {
		change(&f.cfg)
	}
	f.configure(f.cfg)
	f.run()
}

// run starts the reconciler and the clock.
func (f *fixture) run() {
	ctx, cancel := context.WithCancel(context.Background())
	var wg sync.WaitGroup
	wg.Go(func() {
		if err := f.rec.Run(ctx); err != nil {
			f.Error(err)
		}
	})
	wg.Go(func() {
		tick := time.NewTicker(time.Millisecond)
		defer tick.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-tick.C:
				f.clock.Advance(time.Second)
			}
		}
	})
	f.stop = func() { cancel(); wg.Wait() }
	f.Cleanup(f.stop)
}

// approve asks for the account and approves it.
func (f *fixture) approve() {
	f.Helper()
	f.ask(store.Link, store.Wish{Label: label, Mode: store.ModeAPI})
}

const label = "Gmail-AWS-Account"

var (
	inAPI    = store.Wish{Label: label, Mode: store.ModeAPI}
	inGroups = store.Wish{Label: label, Mode: store.ModeGroups}
)

// ask opens a request for the account and approves it.
func (f *fixture) ask(kind store.RequestKind, wish store.Wish, rotate ...store.Rotation) string {
	f.Helper()
	return f.askFor(account, kind, wish, rotate...)
}

func (f *fixture) askFor(key store.AccountKey, kind store.RequestKind, wish store.Wish, rotate ...store.Rotation) string {
	f.Helper()
	id := f.open(key, kind, wish, rotate...)
	f.update(func(tx *store.Tx) error { _, err := tx.Approve(id, admin); return err })
	return id
}

// open opens a request, on which nobody has decided yet.
func (f *fixture) open(key store.AccountKey, kind store.RequestKind, wish store.Wish, rotate ...store.Rotation) string {
	f.Helper()
	f.requests++
	id := fmt.Sprintf("r%d", f.requests)
	f.update(func(tx *store.Tx) error {
		_, err := tx.OpenRequest(store.Request{ID: id, Kind: kind, Account: key, Wish: wish, Rotate: rotate, Requester: requester, Required: 1})
		return err
	})
	return id
}

// linked links the account, and does the person's step where there is one.
func (f *fixture) linked(wish store.Wish) store.Account {
	f.Helper()
	f.ask(store.Link, wish)
	if f.stop == nil {
		f.run()
	}
	return f.afterThePerson()
}

// afterThePerson waits until the account is linked, and does the person's step where it comes to it.
func (f *fixture) afterThePerson() store.Account {
	f.Helper()
	a := f.until("linked, or waiting", func(a store.Account) bool { return a.State == store.Linked || a.State == store.Waiting })
	if a.State == store.Waiting {
		f.world.enable(provision.FeatureCreateUsers, provision.FeatureUpdateAttributes)
		a = f.until("linked", inState(store.Linked))
	}
	return a
}

// check looks at the linked account and returns what it finds.
func (f *fixture) check() store.Check {
	f.Helper()
	c, err := f.rec.Check(f.Context(), account)
	if err != nil {
		f.Fatal(err)
	}
	return c
}

// clean fails the test where a check finds anything.
func (f *fixture) clean() {
	f.Helper()
	if c := f.check(); len(c.Findings) > 0 || c.Problem != nil {
		f.Errorf("a check finds %s, problem %+v", says(c.Findings), c.Problem)
	}
}

func says(findings []store.Finding) string {
	var out strings.Builder
	for _, x := range findings {
		fmt.Fprintf(&out, "\n\t%s | %s | %s | %s | foreign %v, person %v, rotate %q", x.Key, x.What, x.Means, x.Mend, x.Foreign, x.Person, x.Rotate)
	}
	return out.String()
}

// plan says what would change if the account became what a says.
func (f *fixture) plan(a store.Account) []store.Finding {
	f.Helper()
	found, err := f.rec.Plan(f.Context(), a)
	if err != nil {
		f.Fatal(err)
	}
	return found
}

// changes are the calls that change something.
func (w *world) changes() (changes []string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, c := range w.calls {
		if !reads[c] {
			changes = append(changes, c)
		}
	}
	return changes
}

var reads = map[string]bool{"Status": true, "Identity": true, "Provider": true, "Stack": true, "StackFailure": true, "StackTemplate": true, "StackResources": true,
	"Survey": true, "AccessKeys": true, "KeyUse": true, "FindApplications": true, "Application": true, "SigningKeys": true, "Metadata": true, "FindGroup": true, "FindGroups": true, "FindRule": true, "Rule": true,
	"Group": true, "Assignments": true, "DetectDrift": true, "TryAccessKey": true}

func (f *fixture) update(change func(*store.Tx) error) {
	f.Helper()
	if err := f.store.Update(f.Context(), change); err != nil {
		f.Fatal(err)
	}
}

func (f *fixture) account() (a store.Account) { return f.of(account) }

// of is another account.
func (f *fixture) of(key store.AccountKey) (a store.Account) {
	f.Helper()
	err := f.store.View(f.Context(), func(tx *store.ReadTx) (err error) {
		a, err = tx.Account(key)
		return err
	})
	if err != nil {
		f.Fatal(err)
	}
	return a
}

func (f *fixture) task() (t store.Task) {
	f.Helper()
	err := f.store.View(f.Context(), func(tx *store.ReadTx) (err error) {
		t, err = tx.Task(store.TaskIDOf("r1", store.EnableProvisioning))
		return err
	})
	if err != nil {
		f.Fatal(err)
	}
	return t
}

// until waits for the account to be as it should.
func (f *fixture) until(what string, is func(store.Account) bool) store.Account {
	f.Helper()
	return f.untilOf(account, what, is)
}

func (f *fixture) untilOf(key store.AccountKey, what string, is func(store.Account) bool) store.Account {
	f.Helper()
	ctx, cancel := context.WithTimeout(f.Context(), 10*time.Second)
	defer cancel()
	changed := f.store.Watch(ctx, "account/")
	for {
		a := f.of(key)
		if is(a) {
			return a
		}
		select {
		case <-changed:
		case <-ctx.Done():
			f.Fatalf("account never became %s: state %q, problem %+v, due %s at %s%s", what, a.State, a.FirstProblem(), a.Due, f.clock.Now(), steps(a))
		}
	}
}

func inState(s store.AccountState) func(store.Account) bool {
	return func(a store.Account) bool { return a.State == s }
}

// steps is how the steps of an account stand, for a failed test.
func steps(a store.Account) string {
	var out strings.Builder
	for _, name := range slices.Sorted(maps.Keys(a.Steps)) {
		s := a.Steps[name]
		fmt.Fprintf(&out, "\n\t%s: %s, undo %v, %s, problem %+v, left %v", name, s.State, s.Undo, s.Note, s.Problem, s.Left)
	}
	return out.String()
}
