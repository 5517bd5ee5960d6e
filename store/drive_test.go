package store_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/oktaws/oktaws/store"
)

func (r *records) want(subject string, due time.Time) {
	r.Helper()
	r.do(func(tx *store.Tx) error {
		if err := tx.WantMessage(store.Message{Subject: subject, View: "v", Where: "C"}); err != nil {
			return err
		}
		return planMessage(tx, key(subject), due)
	})
}

// plan sets a message's due time, as a reconciler does.
func (r *records) plan(key string, due time.Time) {
	r.Helper()
	if err := r.Update(context.Background(), func(tx *store.Tx) error { return planMessage(tx, key, due) }); err != nil {
		r.Errorf("plan %s: %v", key, err)
	}
}

func planMessage(tx *store.Tx, key string, due time.Time) error {
	m, err := tx.Message(key)
	if err != nil {
		return err
	}
	m.Due = due
	return tx.SaveMessage(&m)
}

func TestDue(t *testing.T) {
	r := newRecords(t)
	for subject, due := range map[string]time.Time{
		"request/now": start, "request/past": start.Add(-time.Hour), "request/soon": start.Add(1), "request/late": start.Add(time.Hour),
		"request/never": {}, "request/ancient": time.Date(1, 1, 2, 0, 0, 0, 0, time.UTC), "request/far": start.AddDate(900, 0, 0),
		"task/soon": start.Add(30 * time.Minute), "task/now": start,
	} {
		r.want(subject, due)
	}
	look := func(prefixes ...string) (got []string, next time.Time) {
		r.look(func(tx *store.ReadTx) error {
			keys, n, err := tx.Due(prefixes...)
			next = n
			for _, k := range keys {
				got = append(got, k.Key)
			}
			return err
		})
		return got, next
	}
	requests, tasks := "message/request/", "message/task/"
	for _, c := range []struct {
		after    time.Duration
		prefixes []string
		want     []string
		next     time.Time
	}{
		{0, []string{requests}, []string{"ancient", "past", "now"}, start.Add(1)},
		{1, []string{requests}, []string{"ancient", "past", "now", "soon"}, start.Add(time.Hour)},
		{1, []string{tasks}, []string{"now"}, start.Add(30 * time.Minute)},
		{1, []string{tasks, requests}, []string{"ancient", "past", "now", "now", "soon"}, start.Add(30 * time.Minute)},
		{time.Hour, []string{tasks}, []string{"now", "soon"}, time.Time{}},
		{time.Hour, []string{"account/"}, nil, time.Time{}},
		{time.Hour, nil, nil, time.Time{}},
	} {
		r.clock.Advance(start.Add(c.after).Sub(r.clock.Now()))
		got, next := look(c.prefixes...)
		for i := range got {
			got[i] = strings.Split(got[i], "/")[2]
		}
		if !slices.Equal(got, c.want) || !next.Equal(c.next) {
			t.Errorf("after %v, of %q due are %q, and next at %v; want %q and %v", c.after, c.prefixes, got, next, c.want, c.next)
		}
	}
	if _, next := look(requests); next.Year() != 2262 {
		t.Errorf("what lies farther than the index reaches is due %v", next)
	}
}

const patience = 20 * time.Second

func wait[T any](t *testing.T, what string, ch <-chan T) (v T) {
	t.Helper()
	select {
	case v = <-ch:
	case <-time.After(patience):
		t.Fatalf("waited %v for %s", patience, what)
	}
	return v
}

// drive runs the loop until the test stops it, or ends.
func (r *records) drive(workers int, work func(ctx context.Context, key string), prefixes ...string) (stop func() error) {
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- r.Drive(ctx, workers, work, prefixes...) }()
	stop = sync.OnceValue(func() error {
		cancel()
		return wait(r.T, "the end of Drive", ended)
	})
	r.Cleanup(func() {
		if err := stop(); err != nil {
			r.Errorf("Drive: %v", err)
		}
	})
	return stop
}

// rests waits until Drive has set its alarm, with nothing to do before.
func (r *records) rests() {
	r.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	if err := r.clock.BlockUntilContext(ctx, 1); err != nil {
		r.Fatal("Drive never rests")
	}
}

func key(subject string) string { return store.MessageKey(subject, "v", "C") }

func TestDriveCallsForWhatIsDue(t *testing.T) {
	r := newRecords(t)
	r.want("request/a", start.Add(-time.Minute))
	r.want("request/b", start.Add(90*time.Second))
	r.want("task/c", start)
	called := make(chan string, 10)
	r.drive(2, func(_ context.Context, key string) {
		r.plan(key, time.Time{})
		called <- key
	}, "message/request/")
	if got := wait(t, "what is due", called); got != key("request/a") {
		t.Errorf("called for %s", got)
	}
	r.rests()
	r.want("request/d", start) // a change wakes it
	if got := wait(t, "what became due", called); got != key("request/d") {
		t.Errorf("called for %s", got)
	}
	for range 2 { // it looks up once a minute at least
		r.rests()
		r.clock.Advance(time.Minute)
	}
	if got := wait(t, "what was planned", called); got != key("request/b") {
		t.Errorf("called for %s", got)
	}
	if len(called) != 0 {
		t.Errorf("called again for %s", <-called)
	}
}

func TestDriveNeverWorksTwiceOnAKeyAtOnce(t *testing.T) {
	r := newRecords(t)
	const workers = 3
	var busy sync.Map
	var now, most atomic.Int32
	calls := map[string]*atomic.Int32{}
	done := make(chan struct{})
	for i := range 6 {
		subject := fmt.Sprintf("request/%d", i)
		calls[key(subject)] = new(atomic.Int32)
		r.want(subject, start)
	}
	var open atomic.Int32
	open.Store(int32(len(calls)))
	const rounds = 10
	r.drive(workers, func(_ context.Context, key string) {
		if _, twice := busy.LoadOrStore(key, true); twice {
			t.Errorf("two workers on %s", key)
		}
		if n := now.Add(1); n > most.Load() {
			most.Store(n)
		}
		due := r.clock.Now()
		r.plan(key, due) // the change wakes Drive while this call is still running
		if calls[key].Add(1) == rounds {
			r.plan(key, time.Time{})
			if open.Add(-1) == 0 {
				close(done)
			}
		}
		now.Add(-1)
		busy.Delete(key)
	}, "message/")
	wait(t, "all keys to be settled", done)
	for key, n := range calls {
		if n.Load() != rounds {
			t.Errorf("%d calls for %s, want %d", n.Load(), key, rounds)
		}
	}
	if m := most.Load(); m > workers {
		t.Errorf("%d at once, want %d at most", m, workers)
	}
}

func TestDriveWorksSideBySide(t *testing.T) {
	r := newRecords(t)
	r.want("request/a", start)
	r.want("request/b", start)
	r.want("request/c", start)
	begun, goOn := make(chan string, 3), make(chan struct{})
	r.drive(2, func(_ context.Context, key string) {
		begun <- key
		<-goOn
		r.plan(key, time.Time{})
	}, "message/")
	first, second := wait(t, "the first", begun), wait(t, "the second", begun)
	if first == second || len(begun) != 0 {
		t.Errorf("began %s, %s and %d more", first, second, len(begun))
	}
	goOn <- struct{}{}
	wait(t, "the third", begun)
	close(goOn)
}

func TestDriveTriesAgainAfterAWhile(t *testing.T) {
	r := newRecords(t)
	r.want("request/a", start)
	called := make(chan string, 100)
	r.drive(1, func(_ context.Context, key string) { called <- key }, "message/")
	for range 3 {
		wait(t, "a call", called)
		r.rests()
		if len(called) != 0 {
			t.Fatal("called again at once for what nothing has changed")
		}
		r.clock.Advance(time.Second)
	}
	wait(t, "a call", called)
	r.rests()
	r.plan(key("request/a"), start) // somebody changed it: no need to wait
	wait(t, "a call after a change", called)
}

func TestDriveSlowsDownWhatIsAlwaysDue(t *testing.T) {
	r := newRecords(t)
	r.want("request/a", start)
	var calls atomic.Int32
	r.drive(1, func(_ context.Context, key string) {
		calls.Add(1)
		r.plan(key, r.clock.Now())
	}, "message/")
	for i := range int32(3) {
		r.rests() // with nothing planned, only a rest sets an alarm
		if got := calls.Load(); got != (i+1)*20 {
			t.Fatalf("%d calls, want %d", got, (i+1)*20)
		}
		r.clock.Advance(time.Second)
	}
}

func TestDriveFinishesWhatItHolds(t *testing.T) {
	r := newRecords(t)
	r.want("request/a", start)
	r.want("request/b", start)
	begun, goOn := make(chan struct{}, 2), make(chan struct{})
	var finished atomic.Int32
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() {
		ended <- r.Drive(ctx, 2, func(ctx context.Context, key string) {
			begun <- struct{}{}
			<-ctx.Done()
			<-goOn
			finished.Add(1)
		}, "message/")
	}()
	wait(t, "work", begun)
	wait(t, "work", begun)
	cancel()
	if len(ended) != 0 {
		t.Error("Drive left work behind")
	}
	close(goOn)
	if err := wait(t, "the end of Drive", ended); err != nil || finished.Load() != 2 {
		t.Errorf("Drive ended with %v, %d calls finished", err, finished.Load())
	}
}

func TestDriveEndsWhereTheStoreCannotBeRead(t *testing.T) {
	broken := errors.New("broken")
	e := &failing{Engine: openBolt(t, t.TempDir())}
	r := recordsOver(t, e)
	r.want("request/a", start)
	ended := make(chan error, 1)
	go func() {
		ended <- r.Drive(t.Context(), 4, func(context.Context, string) { e.fail(broken) }, "message/")
	}()
	if err := wait(t, "the end of Drive", ended); !errors.Is(err, broken) {
		t.Errorf("Drive ended with %v", err)
	}
	e.fail(nil)

	b := openBolt(t, t.TempDir())
	s, err := store.New(t.Context(), b, r.clock)
	if err != nil {
		t.Fatal(err)
	}
	go func() { ended <- s.Drive(t.Context(), 1, func(context.Context, string) {}, "message/") }()
	closeEngine(t, b)
	if err := wait(t, "the end of Drive", ended); !errors.Is(err, store.ErrClosed) {
		t.Errorf("over a closed store, Drive ended with %v", err)
	}
}

// failing is an engine whose views fail once it is told to.
type failing struct {
	store.Engine
	err atomic.Pointer[error]
}

func (e *failing) fail(err error) { e.err.Store(&err) }

func (e *failing) View(ctx context.Context, read func(store.Reader) error) error {
	if err := e.err.Load(); err != nil && *err != nil {
		return *err
	}
	return e.Engine.View(ctx, read)
}
