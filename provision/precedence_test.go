package provision_test

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"sync"
	"testing"
	"time"

	"github.com/oktaws/oktaws/provision"
	"github.com/oktaws/oktaws/store"
)

// queue is an Okta whose calls may have to wait for their turn.
type queue struct {
	*world
	mu      sync.Mutex
	came    map[string]provision.Precedence // the last by call
	waits   func(call string, p provision.Precedence) bool
	waiting chan string // gets those that wait
}

func queued(f *fixture) *queue {
	q := &queue{world: f.world, came: map[string]provision.Precedence{}, waiting: make(chan string, 100)}
	f.rec = provision.New(f.store, f.world, q, f.cfg, slog.New(slog.NewTextHandler(io.Discard, nil)))
	return q
}

// turn waits where the test wants it to.
func (q *queue) turn(ctx context.Context, call string) error {
	p := provision.PrecedenceOf(ctx)
	q.mu.Lock()
	q.came[call] = p
	waits := q.waits != nil && q.waits(call, p)
	q.mu.Unlock()
	if !waits {
		return nil
	}
	q.waiting <- call
	select {
	case <-provision.GivingWay(ctx):
		return &store.Error{Kind: store.Transient, Message: "Gave way.", Err: fmt.Errorf("%s: %w", call, provision.ErrGaveWay)}
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (q *queue) of(call string) provision.Precedence {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.came[call]
}

func (q *queue) hold(waits func(call string, p provision.Precedence) bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.waits = waits
}

func (q *queue) FindApplications(ctx context.Context, labels ...string) ([]provision.Application, error) {
	if err := q.turn(ctx, "FindApplications"); err != nil {
		return nil, err
	}
	return q.world.FindApplications(ctx, labels...)
}

func (q *queue) Application(ctx context.Context, id string) (*provision.Application, error) {
	if err := q.turn(ctx, "Application"); err != nil {
		return nil, err
	}
	return q.world.Application(ctx, id)
}

func (q *queue) CreateApplication(ctx context.Context, s provision.ApplicationSpec) (provision.Application, error) {
	if err := q.turn(ctx, "CreateApplication"); err != nil {
		return provision.Application{}, err
	}
	return q.world.CreateApplication(ctx, s)
}

func (q *queue) CreateGroup(ctx context.Context, name, description string) (provision.Group, error) {
	if err := q.turn(ctx, "CreateGroup"); err != nil {
		return provision.Group{}, err
	}
	return q.world.CreateGroup(ctx, name, description)
}

func TestCallsSayForWhomTheyAreMade(t *testing.T) {
	f := start(t, nil)
	q := queued(f)
	f.linked(inGroups)
	app, group := q.of("CreateApplication"), q.of("CreateGroup")
	if app.Class != provision.Single || group.Class != provision.Single || app.Compare(group) >= 0 {
		t.Errorf("the application is made as %+v, a group as %+v", app, group)
	}
	f.check()
	if p := q.of("Application"); p != (provision.Precedence{}) {
		t.Errorf("a person's check is %+v", p)
	}
	f.update(func(tx *store.Tx) error { return tx.CheckSoon(account, f.clock.Now()) })
	f.until("checked", func(a store.Account) bool { return a.CheckDue.IsZero() })
	if p := q.of("Application"); p.Class != provision.Background {
		t.Errorf("a scheduled check is %+v", p)
	}

	f.update(func(tx *store.Tx) error {
		_, err := tx.OpenBatch(store.Request{ID: "b", Kind: store.Rotate, Rotate: []store.Rotation{store.RotateCertificate}, Requester: requester, Required: 1},
			store.Batch{Rows: []store.Row{{Account: account}}})
		if err == nil {
			_, err = tx.Approve("b", admin)
		}
		if err == nil {
			_, _, err = tx.CarryOn("b")
		}
		return err
	})
	f.until("rotated", func(a store.Account) bool { return a.State == store.Linked && a.RequestID != "r1" })
	if p := q.of("Application"); p.Class != provision.Batch {
		t.Errorf("one of a batch is %+v", p)
	}
}

func TestAPassThatWaitsGivesWayToAPerson(t *testing.T) {
	f := start(t, nil)
	q := queued(f)
	f.linked(inGroups)
	q.hold(func(_ string, p provision.Precedence) bool { return p.Class == provision.Background })
	f.update(func(tx *store.Tx) error { return tx.CheckSoon(account, f.clock.Now()) })
	<-q.waiting
	f.clean() // in time, and without a problem that the one before has left
	q.hold(nil)
	f.until("checked in its turn as well", func(a store.Account) bool { return a.CheckDue.IsZero() })
}

func TestToStopLeavesNoTraceOfWhoWaited(t *testing.T) {
	f := start(t, nil)
	q := queued(f)
	q.hold(func(call string, _ provision.Precedence) bool { return call == "CreateApplication" })
	f.ask(store.Link, inGroups)
	f.run()
	<-q.waiting
	began := time.Now()
	f.stop()
	if took := time.Since(began); took > 5*time.Second {
		t.Errorf("it took %s to stop", took)
	}
	if s := f.account().Steps["okta-app"]; s.State != store.StepPending || s.Problem != nil || s.Attempts != 0 {
		t.Errorf("the step that waited: %+v", s)
	}
	q.hold(nil)
	f.run()
	f.until("linked", inState(store.Linked))
	if n := f.world.count("CreateApplication"); n != 1 {
		t.Errorf("%d applications were made", n)
	}
}
