package store_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jonboulle/clockwork"

	"github.com/oktaws/oktaws/store"
	"github.com/oktaws/oktaws/store/storetest"
)

// start is the time at which the tests' clocks begin.
var start = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

var (
	requester = store.Person{ID: "U0REQ", Team: "T0"}
	admin     = store.Person{ID: "U0ADM1", Team: "T0"}
	admin2    = store.Person{ID: "U0ADM2", Team: "T0"}
	account   = store.AccountKey{Partition: "aws", ID: "111122223333"}
	account2  = store.AccountKey{Partition: "aws", ID: "444455556666"}
)

// records are the records under test. When the test ends, their index must be whole.
type records struct {
	*testing.T
	*store.Store
	engine store.Engine
	clock  *clockwork.FakeClock
}

func newRecords(t *testing.T) *records {
	t.Helper()
	return recordsOver(t, openBolt(t, t.TempDir()))
}

func recordsOver(t *testing.T, e store.Engine) *records {
	t.Helper()
	clock := clockwork.NewFakeClockAt(start)
	s, err := store.New(t.Context(), e, clock)
	if err != nil {
		t.Fatalf("New: %v", err)
	}
	r := &records{T: t, Store: s, engine: e, clock: clock}
	t.Cleanup(r.check)
	t.Cleanup(r.examine)
	return r
}

func (r *records) check() {
	r.Helper()
	storetest.CheckIndex(r.T, r.engine)
}

// examine has the program's own check agree that all is well.
func (r *records) examine() {
	r.Helper()
	report, err := r.Store.Check(context.Background())
	if err != nil {
		r.Errorf("Check: %v", err)
	}
	for _, f := range report.Faults {
		if strings.HasPrefix(f.Key, "message/") && strings.Contains(f.What, "refers to") {
			continue // some tests have messages about what isn't there
		}
		r.Errorf("Check finds that of %s: %s", f.Key, f.What)
	}
}

func (r *records) do(change func(*store.Tx) error) {
	r.Helper()
	if err := r.try(change); err != nil {
		r.Fatalf("Update: %v", err)
	}
}

// try changes the records; the index is whole after it, whatever came of it.
func (r *records) try(change func(*store.Tx) error) error {
	r.Helper()
	defer r.check()
	return r.Update(context.Background(), change)
}

func (r *records) look(read func(*store.ReadTx) error) {
	r.Helper()
	if err := r.View(context.Background(), read); err != nil {
		r.Fatalf("View: %v", err)
	}
}

func (r *records) request(id string) (got store.Request) {
	r.Helper()
	r.look(func(tx *store.ReadTx) (err error) { got, err = tx.Request(id); return err })
	return got
}

func (r *records) account(k store.AccountKey) (got store.Account) {
	r.Helper()
	r.look(func(tx *store.ReadTx) (err error) { got, err = tx.Account(k); return err })
	return got
}

func (r *records) checkOf(k store.AccountKey) (got store.Check) {
	r.Helper()
	r.look(func(tx *store.ReadTx) (err error) { got, err = tx.Check(k); return err })
	return got
}

func (r *records) task(id string) (got store.Task) {
	r.Helper()
	r.look(func(tx *store.ReadTx) (err error) { got, err = tx.Task(id); return err })
	return got
}

func (r *records) message(key string) (got store.Message) {
	r.Helper()
	r.look(func(tx *store.ReadTx) (err error) { got, err = tx.Message(key); return err })
	return got
}

// events are what happened, as the audit trail has it.
func (r *records) events() (what []string) {
	r.Helper()
	r.look(func(tx *store.ReadTx) error {
		return tx.Events(func(e store.Event) bool {
			what = append(what, e.What)
			return true
		})
	})
	return what
}

func (r *records) wantEvents(want ...string) {
	r.Helper()
	if got := r.events(); !slices.Equal(got, want) {
		r.Errorf("the audit trail has %q, want %q", got, want)
	}
}

// link is a request to link the account.
func link(id string, k store.AccountKey, label string) store.Request {
	return store.Request{ID: id, Kind: store.Link, Account: k, Wish: store.Wish{Label: label, Mode: store.ModeAPI}, Reason: "for the data team",
		Requester: requester, Required: 1, Expires: start.Add(7 * 24 * time.Hour)}
}

// ask is a request of another kind for the account.
func ask(id string, kind store.RequestKind, k store.AccountKey) store.Request {
	q := link(id, k, "Data-Team")
	if q.Kind = kind; kind == store.Rotate {
		q.Rotate = []store.Rotation{store.RotateKey}
	}
	if kind == store.Change {
		q.RoleSet = "developers"
	}
	return q
}

func (r *records) open(q store.Request) {
	r.Helper()
	r.do(func(tx *store.Tx) error { _, err := tx.OpenRequest(q); return err })
}

func (r *records) approve(id string, by store.Person) {
	r.Helper()
	r.do(func(tx *store.Tx) error { _, err := tx.Approve(id, by); return err })
}

// linking opens and approves a request for the account.
func (r *records) linking() {
	r.Helper()
	r.open(link("r1", account, "Data-Team"))
	r.approve("r1", admin)
}

var allDone = map[string]store.Step{"identity": {State: store.StepDone}, "verify": {State: store.StepDone}}

// linked has the account linked.
func (r *records) linked() {
	r.Helper()
	r.linking()
	r.steps(allDone)
}

// steps sets the account's steps, as the pipeline does, and returns it as it was saved.
func (r *records) steps(steps map[string]store.Step) store.Account {
	r.Helper()
	return r.save(account, func(a *store.Account) { a.Steps = steps })
}

// save changes what is known of an account, as the pipeline does, and returns it as it was saved.
func (r *records) save(k store.AccountKey, change func(a *store.Account)) (saved store.Account) {
	r.Helper()
	r.do(func(tx *store.Tx) (err error) {
		if saved, err = tx.Account(k); err != nil {
			return err
		}
		change(&saved)
		return tx.SaveAccount(&saved)
	})
	return saved
}

// crowd has so many messages about the record wait for a later time, so that touching each costs the most that it can.
func (r *records) crowd(subject string, n int) {
	r.Helper()
	for i := range n {
		r.do(func(tx *store.Tx) error {
			m := store.Message{Subject: subject, View: "v", Where: fmt.Sprintf("C%d", i)}
			if err := tx.WantMessage(m); err != nil {
				return err
			}
			return planMessage(tx, m.Key(), r.clock.Now().Add(time.Duration(i+1)*time.Hour))
		})
	}
}

func numbered(n int) store.AccountKey {
	return store.AccountKey{Partition: "aws", ID: fmt.Sprintf("%012d", n)}
}

func TestSchema(t *testing.T) {
	b := openBolt(t, t.TempDir())
	for range 2 {
		if _, err := store.New(t.Context(), b, clockwork.NewFakeClock()); err != nil {
			t.Fatalf("New: %v", err)
		}
	}
	if got := content(t, b); len(got) != 1 || got["meta/schema"] != "2" {
		t.Errorf("a new store holds %q", got)
	}
	for mark, words := range map[string]string{"3": "schema 3", "0": "schema 0", `"x"`: "can't be read", "": "can't be read"} {
		update(t, b, put("meta/schema", mark))
		_, err := store.New(t.Context(), b, clockwork.NewFakeClock())
		wantError(t, err, store.Permanent, words)
		if got := content(t, b); got["meta/schema"] != mark {
			t.Errorf("the mark went from %q to %q", mark, got["meta/schema"])
		}
	}
	foreign := openBolt(t, t.TempDir())
	update(t, foreign, put("registry/pods", "x"))
	_, err := store.New(t.Context(), foreign, clockwork.NewFakeClock())
	wantError(t, err, store.Permanent, "registry/pods")
}

func TestARecordThatCannotBeRead(t *testing.T) {
	b := openBolt(t, t.TempDir())
	s, err := store.New(t.Context(), b, clockwork.NewFakeClockAt(start))
	if err != nil {
		t.Fatal(err)
	}
	update(t, b, put("account/"+account.String(), `{"label":`))
	update(t, b, put("due/soon", ""))
	err = s.View(t.Context(), func(tx *store.ReadTx) error { _, err := tx.Account(account); return err })
	wantError(t, err, store.Permanent, account.String(), "backup")
	err = s.View(t.Context(), func(tx *store.ReadTx) error { return tx.Accounts(func(store.Account) bool { return true }) })
	wantError(t, err, store.Permanent, account.String(), "backup")
	err = s.Update(t.Context(), func(tx *store.Tx) error { _, err := tx.OpenRequest(link("r1", account, "A")); return err })
	wantError(t, err, store.Permanent, account.String())
	err = s.View(t.Context(), func(tx *store.ReadTx) error { _, _, err := tx.Due("account/"); return err })
	wantError(t, err, store.Permanent, "due/soon")
}

func TestWhatIsNotThereIsNotFound(t *testing.T) {
	r := newRecords(t)
	for what, read := range map[string]func(tx *store.ReadTx) error{
		"account": func(tx *store.ReadTx) error { _, err := tx.Account(account); return err },
		"request": func(tx *store.ReadTx) error { _, err := tx.Request("r1"); return err },
		"task":    func(tx *store.ReadTx) error { _, err := tx.Task("t1"); return err },
		"message": func(tx *store.ReadTx) error { _, err := tx.Message("message/x/y@z"); return err },
		"differ":  func(tx *store.ReadTx) error { _, err := tx.Check(account); return err },
	} {
		wantError(t, r.View(t.Context(), read), store.NotFound, what)
	}
}

func TestARecordThatChangedMeanwhile(t *testing.T) {
	r := newRecords(t)
	r.linking()
	stale := r.account(account)
	r.steps(map[string]store.Step{"identity": {State: store.StepPending}})
	wantError(t, r.try(func(tx *store.Tx) error { return tx.SaveAccount(&stale) }), store.Conflict, account.ID, "changed meanwhile")
}

func TestOnlyTheOwnerOfAnAccountWorksOnIt(t *testing.T) {
	r := newRecords(t)
	r.linking()
	first, err := r.Claim(t.Context(), "account/"+account.String())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := r.Claim(t.Context(), first.Key()); !errors.Is(err, store.ErrClaimed) {
		t.Errorf("a second owner got %v", err)
	}
	save := func(tx *store.Tx) error {
		if err := tx.Guard(first); err != nil {
			return err
		}
		a, err := tx.Account(account)
		if err != nil {
			return err
		}
		return tx.SaveAccount(&a)
	}
	r.do(save)
	first.Release()
	if err := r.try(save); !errors.Is(err, store.ErrClaimLost) {
		t.Errorf("a stale owner got %v", err)
	}
	if a := r.account(account); a.Revision != 3 {
		t.Errorf("the account has revision %d", a.Revision)
	}
}

// Callers keep records between transactions, so one that wasn't written must not look as if it was.
func TestARecordOfAChangeThatFailedIsAsItWas(t *testing.T) {
	broken := errors.New("broken")
	e := &repeating{Engine: openBolt(t, t.TempDir())}
	r := recordsOver(t, e)
	r.linking()
	a := r.account(account)
	a.Steps = map[string]store.Step{"identity": {State: store.StepAgain, Due: start.Add(time.Hour)}}
	was := a.Meta
	err := r.try(func(tx *store.Tx) error {
		if err := tx.SaveAccount(&a); err != nil {
			return err
		}
		if err := tx.SaveAccount(&a); err != nil { // twice in one transaction is fine
			return err
		}
		return broken
	})
	if !errors.Is(err, broken) || a.Meta != was {
		t.Errorf("got %v, and the record went from %+v to %+v", err, was, a.Meta)
	}
	e.again = true // the engine runs the change once for nothing
	r.do(func(tx *store.Tx) error { return tx.SaveAccount(&a) })
	if e.again || a.Revision != was.Revision+1 || !a.Due.Equal(start.Add(time.Hour)) {
		t.Errorf("the record went from %+v to %+v", was, a.Meta)
	}
	r.do(func(tx *store.Tx) error { return tx.SaveAccount(&a) })
}

// repeating is an engine that once runs a change a second time, as one does that meets a conflict.
type repeating struct {
	store.Engine
	again bool
}

func (e *repeating) Update(ctx context.Context, change func(store.Writer) error) error {
	if !e.again {
		return e.Engine.Update(ctx, change)
	}
	e.again = false
	conflict := errors.New("conflict")
	err := e.Engine.Update(ctx, func(w store.Writer) error {
		if err := change(w); err != nil {
			return err
		}
		return conflict
	})
	if !errors.Is(err, conflict) {
		return err
	}
	return e.Engine.Update(ctx, change)
}

func TestAuditTrail(t *testing.T) {
	r := newRecords(t)
	r.open(link("r1", account, "One"))
	r.clock.Advance(time.Minute)
	r.open(link("r2", account2, "Two"))
	r.do(func(tx *store.Tx) error {
		for range 30 {
			if err := tx.Record(store.Event{What: "step.done", Account: account2, Request: "r2"}); err != nil {
				return err
			}
		}
		return nil
	})
	for range 120 { // at the very same time
		r.do(func(tx *store.Tx) error {
			return tx.Record(store.Event{What: "step.again", Account: account, Request: "r1", Actor: admin, Text: "x"})
		})
	}
	r.clock.Advance(time.Minute)
	r.do(func(tx *store.Tx) error { _, err := tx.Deny("r1", admin, "no"); return err })

	for name, c := range map[string]struct {
		filter store.EventFilter
		want   int
	}{
		"all":             {store.EventFilter{}, 153},
		"an account's":    {store.EventFilter{Account: account}, 122},
		"a request's":     {store.EventFilter{Request: "r2"}, 31},
		"both":            {store.EventFilter{Account: account, Request: "r2"}, 0},
		"from a time on":  {store.EventFilter{Account: account, Since: start.Add(time.Minute)}, 121},
		"after a time":    {store.EventFilter{Since: start.Add(time.Minute + 1)}, 1},
		"since for ever":  {store.EventFilter{Since: time.Unix(-5, 0)}, 153},
		"of the far end":  {store.EventFilter{Since: start.AddDate(1000, 0, 0)}, 0},
		"another account": {store.EventFilter{Account: store.AccountKey{Partition: "aws", ID: "000000000000"}}, 0},
	} {
		var got []store.Event
		r.look(func(tx *store.ReadTx) error {
			return tx.EventsOf(c.filter, func(e store.Event) bool {
				got = append(got, e)
				return true
			})
		})
		ordered := slices.IsSortedFunc(got, func(a, b store.Event) int { return a.At.Compare(b.At) })
		if len(got) != c.want || !ordered {
			t.Errorf("%s: %d events, in order: %t; want %d", name, len(got), ordered, c.want)
		}
	}
	seen := 0
	r.look(func(tx *store.ReadTx) error {
		return tx.EventsOf(store.EventFilter{Request: "r2"}, func(e store.Event) bool { seen++; return seen < 3 })
	})
	if seen != 3 {
		t.Errorf("told to stop at 3, it visited %d", seen)
	}
}
