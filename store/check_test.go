package store_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/oktaws/oktaws/store"
)

// ignore lets findings of the account stay as they are.
func ignore(until time.Time, keys ...string) func(*store.Tx) error {
	return func(tx *store.Tx) error {
		return tx.IgnoreFindings(account, keys, store.Ignore{By: admin, Reason: "we are at it", Until: until})
	}
}

// told says what became of the account since, and forgets it.
func (r *records) told(since *int, want ...string) {
	r.Helper()
	all := r.events()
	if got := all[*since:]; !slices.Equal(got, want) {
		r.Errorf("the audit trail goes on with %q, want %q", got, want)
	}
	*since = len(all)
}

func (r *records) wantDrift(state store.AccountState, drifted int) {
	r.Helper()
	if a := r.account(account); a.State != state || a.Drifted != drifted || !a.Due.Equal(a.CheckDue) {
		r.Errorf("the account is %s with %d findings, due %v and checked %v; want %s with %d", a.State, a.Drifted, a.Due, a.CheckDue, state, drifted)
	}
}

func TestAnAccountThatIsAsItShallBeHasNoCheck(t *testing.T) {
	r := newRecords(t)
	r.linked()
	r.drift()
	r.wantDrift(store.Linked, 0)
	err := r.View(t.Context(), func(tx *store.ReadTx) error { _, err := tx.Check(account); return err })
	wantError(t, err, store.NotFound, account.ID, "/oktaws check "+account.ID)
	r.look(func(tx *store.ReadTx) error {
		return tx.Checks(func(c store.Check) bool { t.Errorf("there is %+v", c); return true })
	})
}

func TestDriftIsFoundAndGoesAway(t *testing.T) {
	r := newRecords(t)
	r.linked()
	ended := r.request("r1").Ended
	since := len(r.events())
	r.drift("a", "b")
	r.wantDrift(store.Drifted, 2)
	r.told(&since, "drift.found", "drift.found", "account.drifted")
	if c := r.checkOf(account); !c.Due.Equal(start) || !c.At.Equal(start) || len(c.Findings) != 2 || c.Findings[0].Key != "a" || !c.Findings[0].Since.Equal(start) {
		t.Errorf("the check is %+v", c)
	}

	r.do(func(tx *store.Tx) error { return tx.PlanCheck(account, time.Time{}) })
	r.clock.Advance(time.Hour)
	r.drift("b", "a")
	r.told(&since)
	if c := r.checkOf(account); !c.Due.IsZero() || !c.At.Equal(start.Add(time.Hour)) {
		t.Errorf("the check is %+v; nobody needs to hear of it again", c)
	}
	r.drift("b", "c")
	r.wantDrift(store.Drifted, 2)
	r.told(&since, "drift.found", "drift.gone")
	c := r.checkOf(account)
	if !c.Due.Equal(start.Add(time.Hour)) || len(c.Findings) != 2 || !c.Findings[0].Since.Equal(start) || !c.Findings[1].Since.Equal(start.Add(time.Hour)) {
		t.Errorf("the check is %+v", c)
	}
	if open := c.Open(r.clock.Now()); len(open) != 2 {
		t.Errorf("open are %+v", open)
	}

	r.drift()
	r.wantDrift(store.Linked, 0)
	r.told(&since, "drift.gone", "drift.gone", "account.linked")
	if c := r.checkOf(account); len(c.Findings) != 0 || !c.Due.Equal(start.Add(time.Hour)) {
		t.Errorf("the check is %+v", c)
	}
	if q := r.request("r1"); !q.Ended.Equal(ended) {
		t.Errorf("a request ended when drift went away: %v", q.Ended)
	}
}

func TestTheSameThingFoundTwiceIsOneFinding(t *testing.T) {
	r := newRecords(t)
	r.linked()
	for range 2 {
		r.drift("a", "a")
	}
	r.wantDrift(store.Drifted, 1)
	if n := strings.Count(strings.Join(r.events(), " "), "drift.found"); n != 1 {
		t.Errorf("it is %d times on record", n)
	}
}

func TestWhatIsIgnoredIsNoDrift(t *testing.T) {
	r := newRecords(t)
	r.linked()
	r.drift("a", "b")
	since := len(r.events())
	until := start.Add(48 * time.Hour)
	r.do(ignore(until, "a", "gone"))
	r.wantDrift(store.Drifted, 1)
	r.told(&since, "drift.ignored")
	c := r.checkOf(account)
	if i := c.Ignored["a"]; len(c.Ignored) != 1 || i.By != admin || !i.At.Equal(start) || i.Reason == "" || !i.Until.Equal(until) {
		t.Errorf("ignored is %+v", c.Ignored)
	}
	r.do(ignore(until, "b"))
	r.wantDrift(store.Linked, 0)
	r.told(&since, "drift.ignored", "account.linked")
	r.look(func(tx *store.ReadTx) error {
		return tx.EventsOf(store.EventFilter{Account: account}, func(e store.Event) bool {
			if e.What == "drift.ignored" && (e.Actor != admin || !strings.Contains(e.Text, "2026-03-03T12:00:00Z: we are at it")) {
				t.Errorf("on record is %+v", e)
			}
			return true
		})
	})

	r.clock.Advance(47 * time.Hour)
	r.drift("a", "b")
	r.wantDrift(store.Linked, 0)
	r.told(&since)
	r.drift("a", "b", "c") // something else isn't ignored
	r.wantDrift(store.Drifted, 1)
	r.told(&since, "drift.found", "account.drifted")
	r.drift("a") // and what goes away isn't ignored when it comes back
	r.drift("a", "b")
	r.wantDrift(store.Drifted, 1)
	r.told(&since, "drift.gone", "drift.gone", "account.linked", "drift.found", "account.drifted")
	r.drift("a")
	r.told(&since, "drift.gone", "account.linked")

	r.do(func(tx *store.Tx) error { return tx.PlanCheck(account, time.Time{}) })
	r.clock.Advance(time.Hour)
	r.wantDrift(store.Linked, 0) // until the next look
	r.drift("a")
	r.wantDrift(store.Drifted, 1)
	r.told(&since, "account.drifted")
	if c := r.checkOf(account); len(c.Ignored) != 0 || !c.Due.Equal(until) || !c.Findings[0].Since.Equal(start) {
		t.Errorf("when nobody ignores it any more, the check is %+v", c)
	}
}

func TestWhatCannotBeIgnored(t *testing.T) {
	r := newRecords(t)
	r.linked()
	later := start.Add(time.Hour)
	wantError(t, r.try(ignore(later, "a")), store.Conflict, account.ID, "is linked", "nothing to ignore")
	r.drift("a")
	wantError(t, r.try(ignore(start, "a")), store.Permanent, "later time")
	wantError(t, r.try(ignore(later, "b")), store.Conflict, "gone already", "/oktaws check "+account.ID)
	wantError(t, r.try(ignore(later)), store.Conflict, "gone already")
	r.open(ask("r2", store.Repair, account))
	r.approve("r2", admin)
	wantError(t, r.try(ignore(later, "a")), store.Conflict, "is linking")
}

func TestACheckThatCannotLookKnowsNothingNew(t *testing.T) {
	r := newRecords(t)
	r.linked()
	trouble := &store.Problem{Kind: store.Denied, Message: "the role can't be assumed"}
	blind := func(tx *store.Tx) error { return check(tx, nil, trouble) }
	since := len(r.events())
	r.do(blind)
	r.wantDrift(store.Linked, 0)
	if c := r.checkOf(account); c.Problem == nil || *c.Problem != *trouble || c.Due.IsZero() {
		t.Errorf("the check is %+v", c)
	}
	r.drift("a", "b")
	r.do(ignore(start.Add(time.Hour), "b"))
	r.told(&since, "drift.found", "drift.found", "account.drifted", "drift.ignored")
	settle := func() { r.do(func(tx *store.Tx) error { return tx.PlanCheck(account, time.Time{}) }) }
	settle()
	r.clock.Advance(time.Minute)
	r.do(blind)
	r.wantDrift(store.Drifted, 1)
	r.told(&since)
	c := r.checkOf(account)
	if len(c.Findings) != 2 || !c.Findings[0].Since.Equal(start) || len(c.Ignored) != 1 || !c.Due.Equal(start.Add(time.Minute)) {
		t.Errorf("the check is %+v", c)
	}
	settle()
	r.do(blind)
	if c := r.checkOf(account); !c.Due.IsZero() {
		t.Errorf("still blind, the check is %+v", c)
	}
	r.drift("a", "b")
	if c := r.checkOf(account); c.Problem != nil || c.Due.IsZero() {
		t.Errorf("seeing again, the check is %+v", c)
	}
}

func TestOnlyALinkedAccountIsChecked(t *testing.T) {
	for standing, reach := range standings {
		if standing == "not known" {
			continue
		}
		t.Run(standing, func(t *testing.T) {
			r := newRecords(t)
			reach(r)
			before := content(t, r.engine)
			looked := r.try(func(tx *store.Tx) error { return check(tx, findings("z"), nil) })
			soon := r.try(func(tx *store.Tx) error { return tx.CheckSoon(account, start.Add(time.Minute)) })
			if standing == "linked" || standing == "drifted" {
				if looked != nil || soon != nil {
					t.Errorf("got %v and %v", looked, soon)
				}
				r.wantDrift(store.Drifted, 1)
				return
			}
			wantError(t, looked, store.Conflict, account.ID, "only linked accounts")
			wantError(t, soon, store.Conflict, account.ID, "only linked accounts")
			if after := content(t, r.engine); len(after) != len(before) {
				t.Errorf("it left %q", after)
			}
		})
	}
}

func TestACheckIsBroughtForwardNeverPutOff(t *testing.T) {
	r := newRecords(t)
	r.linked()
	soon := func(at time.Time) {
		t.Helper()
		r.do(func(tx *store.Tx) error { return tx.CheckSoon(account, at) })
	}
	for _, c := range []struct{ at, due time.Duration }{{time.Hour, time.Hour}, {2 * time.Hour, time.Hour}, {0, 0}} {
		soon(start.Add(c.at))
		if a := r.account(account); !a.CheckDue.Equal(start.Add(c.due)) || !a.Due.Equal(start.Add(c.due)) {
			t.Errorf("to be checked after %v, it is due %v", c.at, a.Due)
		}
	}
}

func TestARepairedAccountHasNotDrifted(t *testing.T) {
	r := newRecords(t)
	r.linked()
	r.drift("a", "b", "c")
	r.do(ignore(start.Add(time.Hour), "b"))
	r.do(func(tx *store.Tx) error { return tx.PlanCheck(account, time.Time{}) })
	r.want(store.CheckKey(account), time.Time{})
	news := func(what string) {
		t.Helper()
		if c := r.checkOf(account); c.Due.IsZero() {
			t.Errorf("%s, the check isn't due", what)
		}
		r.do(func(tx *store.Tx) error { return tx.PlanCheck(account, time.Time{}) })
		if m := r.message(key(store.CheckKey(account))); !m.Due.Equal(r.clock.Now()) {
			t.Errorf("%s, the message about the check isn't rendered anew", what)
		}
		r.plan(key(store.CheckKey(account)), time.Time{})
	}
	r.open(ask("r2", store.Repair, account))
	news("asked for")
	if a := r.account(account); a.State != store.Drifted || a.Drifted != 2 {
		t.Errorf("the account is %+v", a)
	}
	since := len(r.events())
	r.approve("r2", admin)
	news("approved")
	if a := r.account(account); a.State != store.Linking || a.Drifted != 0 || !a.CheckDue.IsZero() {
		t.Errorf("the account is %+v", a)
	}
	if c := r.checkOf(account); len(c.Findings) != 3 {
		t.Errorf("under repair, the check is %+v; it isn't mended yet", c)
	}
	r.told(&since, "request.approval", "request.approved", "account.linking")
	r.clock.Advance(time.Hour)
	r.save(account, func(a *store.Account) { a.Steps, a.CheckDue = allDone, start.Add(24*time.Hour) })
	r.wantDrift(store.Linked, 0)
	r.told(&since, "account.linked", "drift.gone", "drift.gone", "drift.gone")
	news("repaired")
	if c := r.checkOf(account); len(c.Findings)+len(c.Ignored) != 0 || !c.At.Equal(start.Add(time.Hour)) {
		t.Errorf("repaired, the check is %+v", c)
	}
	if q := r.request("r2"); !q.Ended.Equal(start.Add(time.Hour)) {
		t.Errorf("the request is %+v", q)
	}

	r.drift("a")
	if c := r.checkOf(account); !c.Findings[0].Since.Equal(start.Add(time.Hour)) {
		t.Errorf("found anew, it is %+v", c.Findings)
	}
	news("drifted anew")
	r.open(ask("r3", store.Repair, account))
	news("asked for again")
	r.deny("r3")
	news("denied")
}

func TestVeryManyFindingsAreOneTransaction(t *testing.T) {
	r := newRecords(t)
	r.linked()
	r.crowd(store.RequestKey("r1"), 7)
	r.crowd(store.CheckKey(account), 10)
	var keys, others []string
	for i := range 200 {
		keys = append(keys, fmt.Sprintf("groups/%03d", i))
		others = append(others, fmt.Sprintf("roles/%03d", i))
	}
	r.drift(keys...)
	r.wantDrift(store.Drifted, 200)
	r.drift(others...)
	r.wantDrift(store.Drifted, 200)
	r.do(func(tx *store.Tx) error { return tx.PlanCheck(account, time.Time{}) })
	r.do(ignore(start.Add(time.Hour), others...))
	r.wantDrift(store.Linked, 0)
	named := map[string]map[string]bool{}
	r.look(func(tx *store.ReadTx) error {
		return tx.Events(func(e store.Event) bool {
			for _, key := range slices.Concat(keys, others) {
				if strings.Contains(e.Text, key) {
					if named[e.What] == nil {
						named[e.What] = map[string]bool{}
					}
					named[e.What][key] = true
				}
			}
			return true
		})
	})
	for what, n := range map[string]int{"drift.found": 400, "drift.gone": 200, "drift.ignored": 200} {
		if len(named[what]) != n {
			t.Errorf("as %s, the audit trail names %d, want %d", what, len(named[what]), n)
		}
	}
	r.clock.Advance(2 * time.Hour)
	r.drift(others...)
	r.open(ask("r2", store.Repair, account))
	r.approve("r2", admin)
	r.crowd(store.RequestKey("r2"), 7)
	r.steps(allDone)
	r.wantDrift(store.Linked, 0)
}
