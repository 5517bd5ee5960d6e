package store_test

import (
	"context"
	"errors"
	"maps"
	"sync"
	"testing"
	"time"

	"github.com/oktaws/oktaws/store"
)

func TestARequestIsOpened(t *testing.T) {
	r := newRecords(t)
	r.open(link("r1", account, "Data-Team"))
	q := r.request("r1")
	if q.State != store.Pending || q.Decided != nil || !q.Due.Equal(start) || !q.Created.Equal(start) || q.Reason == "" {
		t.Errorf("the request is %+v", q)
	}
	a := r.account(account)
	if a.State != store.None || a.RequestID != "" || a.Pending != "r1" || a.Label != "Data-Team" || a.Mode != store.ModeAPI || !a.Due.Equal(start) {
		t.Errorf("the account is %+v", a)
	}
	r.wantEvents("request.opened")
	r.do(func(tx *store.Tx) error { return tx.PlanRequest("r1", q.Expires) })
	if q := r.request("r1"); !q.Due.Equal(q.Expires) || q.Revision != 2 {
		t.Errorf("planned, the request is %+v", q)
	}
}

func TestARequestIsRefused(t *testing.T) {
	open := func(q store.Request) func(*store.Tx) error {
		return func(tx *store.Tx) error { _, err := tx.OpenRequest(q); return err }
	}
	again := link("r2", account, "Other")
	for name, c := range map[string]struct {
		before func(*records)
		q      store.Request
		kind   store.Kind
		words  []string
	}{
		"it waits for approval": {func(r *records) { r.open(link("r1", account, "A")) }, again, store.Conflict, []string{account.ID, "<@" + requester.ID + ">", "/oktaws status"}},
		"it is being linked":    {(*records).linking, again, store.Conflict, []string{"already being linked", "Data-Team"}},
		"it waits for a person": {func(r *records) {
			r.linking()
			r.steps(map[string]store.Step{"a": {State: store.StepWaiting}})
		}, again, store.Conflict, []string{"already being linked"}},
		"it has failed": {func(r *records) {
			r.linking()
			r.steps(map[string]store.Step{"a": {State: store.StepFailed}})
		}, again, store.Conflict, []string{"has failed", "/oktaws retry " + account.ID}},
		"it is linked": {func(r *records) {
			r.linking()
			r.steps(map[string]store.Step{"a": {State: store.StepDone}})
		}, again, store.Conflict, []string{"already linked", "Data-Team"}},
		"the name is taken":             {(*records).linking, link("r2", account2, "data-team"), store.Conflict, []string{"Data-Team", account.ID, "another application name"}},
		"the name is asked for":         {func(r *records) { r.open(link("r1", account, "A")) }, link("r2", account2, "A"), store.Conflict, []string{"taken"}},
		"the ID is used":                {func(r *records) { r.open(link("r1", account, "A")) }, link("r1", account2, "B"), store.Conflict, nil},
		"it has no ID":                  {func(*records) {}, link("", account, "A"), store.Permanent, nil},
		"its ID has a slash":            {func(*records) {}, link("r/1", account, "A"), store.Permanent, nil},
		"its ID is like one of a batch": {func(*records) {}, link("r.1", account, "A"), store.Permanent, nil},
		"it has no name":                {func(*records) {}, link("r1", account, ""), store.Conflict, []string{"application name"}},
		"the account has 11 digits":     {func(*records) {}, link("r1", store.AccountKey{Partition: "aws", ID: "11112222333"}, "A"), store.Permanent, []string{"aws/111122223333"}},
		"the account has letters":       {func(*records) {}, link("r1", store.AccountKey{Partition: "aws", ID: "11112222333x"}, "A"), store.Permanent, nil},
		"the account has no partition":  {func(*records) {}, link("r1", store.AccountKey{ID: account.ID}, "A"), store.Permanent, nil},
		"the partition isn't one":       {func(*records) {}, link("r1", store.AccountKey{Partition: "azure", ID: account.ID}, "A"), store.Permanent, nil},
		"the partition is two of a key": {func(*records) {}, link("r1", store.AccountKey{Partition: "aws/aws", ID: account.ID}, "A"), store.Permanent, nil},
	} {
		t.Run(name, func(t *testing.T) {
			r := newRecords(t)
			c.before(r)
			before := content(t, r.engine)
			wantError(t, r.try(open(c.q)), c.kind, c.words...)
			if after := content(t, r.engine); !maps.Equal(after, before) {
				t.Errorf("a refused request left something: %q", after)
			}
		})
	}
}

func TestAnAccountCanBeAskedForAgain(t *testing.T) {
	for name, end := range map[string]func(*store.Tx) error{
		"denied":    func(tx *store.Tx) error { _, err := tx.Deny("r1", admin, "no"); return err },
		"withdrawn": func(tx *store.Tx) error { _, err := tx.Withdraw("r1", requester); return err },
	} {
		t.Run(name, func(t *testing.T) {
			r := newRecords(t)
			r.open(link("r1", account, "One"))
			r.do(end)
			r.open(link("r2", account2, "One")) // the name is free again
			r.open(link("r3", account, "Two"))
			r.approve("r3", admin)
			if a := r.account(account); a.State != store.Linking || a.Label != "Two" || a.RequestID != "r3" || a.Pending != "" {
				t.Errorf("the account is %+v", a)
			}
		})
	}
}

func TestApproval(t *testing.T) {
	r := newRecords(t)
	r.open(link("r1", account, "Data-Team"))
	r.clock.Advance(time.Minute)
	r.approve("r1", admin)
	q := r.request("r1")
	if q.State != store.Approved || q.Decided.By != admin || !q.Decided.At.Equal(start.Add(time.Minute)) || len(q.Approvals) != 1 || !q.Ended.IsZero() {
		t.Errorf("the request is %+v", q)
	}
	a := r.account(account)
	if a.State != store.Linking || a.Desired != store.WantLinked || !a.Due.Equal(start.Add(time.Minute)) {
		t.Errorf("the account is %+v", a)
	}
	r.wantEvents("request.opened", "request.approval", "request.approved", "account.linking")
}

func TestSeveralApprovals(t *testing.T) {
	r := newRecords(t)
	q := link("r1", account, "Data-Team")
	q.Required = 2
	r.open(q)
	r.approve("r1", admin)
	if q := r.request("r1"); q.State != store.Pending || len(q.Approvals) != 1 {
		t.Errorf("after one of two approvals the request is %+v", q)
	}
	approve := func(by store.Person) error {
		return r.try(func(tx *store.Tx) error { _, err := tx.Approve("r1", by); return err })
	}
	wantError(t, approve(admin), store.Conflict, "approved this request already")
	wantError(t, approve(store.Person{ID: admin.ID, Team: "E0"}), store.Conflict, "approved this request already")
	if a := r.account(account); a.State != store.None {
		t.Errorf("the account is %s", a.State)
	}
	r.approve("r1", admin2)
	if q := r.request("r1"); q.State != store.Approved || q.Decided.By != admin2 || len(q.Approvals) != 2 {
		t.Errorf("after two approvals the request is %+v", q)
	}
}

func TestNobodyDecidesOnTheirOwnRequest(t *testing.T) {
	r := newRecords(t)
	r.open(link("r1", account, "Data-Team"))
	for _, self := range []store.Person{requester, {ID: requester.ID, Team: "E0"}} {
		wantError(t, r.try(func(tx *store.Tx) error { _, err := tx.Approve("r1", self); return err }), store.Denied, "their own request")
		wantError(t, r.try(func(tx *store.Tx) error { _, err := tx.Deny("r1", self, ""); return err }), store.Denied, "their own request")
	}
	wantError(t, r.try(func(tx *store.Tx) error { _, err := tx.Withdraw("r1", admin); return err }), store.Denied, "who asked")
	if q := r.request("r1"); q.State != store.Pending || q.Revision != 1 {
		t.Errorf("the request is %+v", q)
	}
}

// decisions are the ways in which a request leaves Pending.
var decisions = map[store.RequestState]func(*store.Tx) (store.Request, error){
	store.Approved:      func(tx *store.Tx) (store.Request, error) { return tx.Approve("r1", admin) },
	store.RequestDenied: func(tx *store.Tx) (store.Request, error) { return tx.Deny("r1", admin2, "not now") },
	store.Withdrawn:     func(tx *store.Tx) (store.Request, error) { return tx.Withdraw("r1", requester) },
}

func TestADecisionStands(t *testing.T) {
	for first, decide := range decisions {
		for second, again := range decisions {
			t.Run(string(first)+", then "+string(second), func(t *testing.T) {
				r := newRecords(t)
				r.open(link("r1", account, "Data-Team"))
				r.do(func(tx *store.Tx) error { _, err := decide(tx); return err })
				before := r.request("r1")
				if before.State != first || before.Decided == nil || !before.Decided.At.Equal(start) {
					t.Errorf("the request is %+v", before)
				}
				err := r.try(func(tx *store.Tx) error { _, err := again(tx); return err })
				decided, ok := errors.AsType[*store.Decided](err)
				if !ok || decided.Request.State != first || decided.Request.Decided.By != before.Decided.By {
					t.Fatalf("got %v, want who was first", err)
				}
				wantError(t, err, store.Conflict, "already "+string(first), "<@"+before.Decided.By.ID+">")
				if after := r.request("r1"); after.Revision != before.Revision {
					t.Errorf("the request went from %+v to %+v", before, after)
				}
				r.clock.Advance(30 * 24 * time.Hour)
				r.do(func(tx *store.Tx) error { _, err := tx.Expire("r1"); return err })
				if after := r.request("r1"); after.State != first {
					t.Errorf("the request went from %s to %s", first, after.State)
				}
			})
		}
	}
}

func TestDenialKeepsItsReason(t *testing.T) {
	r := newRecords(t)
	r.open(link("r1", account, "Data-Team"))
	r.do(func(tx *store.Tx) error { _, err := tx.Deny("r1", admin, "use the shared account"); return err })
	if q := r.request("r1"); q.Decided.Reason != "use the shared account" {
		t.Errorf("the request is %+v", q)
	}
	if a := r.account(account); a.State != store.None || !a.Due.IsZero() || a.RequestID != "" || a.Pending != "" {
		t.Errorf("the account is %+v", a)
	}
	r.wantEvents("request.opened", "request.denied")
}

func TestExpiry(t *testing.T) {
	r := newRecords(t)
	q := link("r1", account, "Data-Team")
	r.open(q)
	expire := func(tx *store.Tx) error { _, err := tx.Expire("r1"); return err }
	r.clock.Advance(q.Expires.Sub(start) - 1)
	r.do(expire)
	if q := r.request("r1"); q.State != store.Pending || q.Revision != 1 {
		t.Errorf("before its time the request is %+v", q)
	}
	r.clock.Advance(1)
	for _, decide := range decisions { // too late, though nobody has come round to expire it
		err := r.try(func(tx *store.Tx) error { _, err := decide(tx); return err })
		if decided, ok := errors.AsType[*store.Decided](err); !ok || decided.Request.State != store.Expired {
			t.Errorf("a decision when the time is over: %v", err)
		}
		wantError(t, err, store.Conflict, "has expired", "/oktaws link")
	}
	r.do(expire)
	if q := r.request("r1"); q.State != store.Expired || q.Decided.By != (store.Person{}) {
		t.Errorf("the request is %+v", q)
	}
	r.do(expire)
	r.wantEvents("request.opened", "request.expired")
	r.open(link("r2", account, "Data-Team"))

	forever := link("r3", account2, "Other")
	forever.Expires = time.Time{}
	r.open(forever)
	r.clock.Advance(1000 * time.Hour)
	r.do(func(tx *store.Tx) error { _, err := tx.Expire("r3"); return err })
	if q := r.request("r3"); q.State != store.Pending {
		t.Errorf("a request that doesn't expire is %s", q.State)
	}
}

func TestTwoClicksMakeOneDecision(t *testing.T) {
	for name, clicks := range map[string][]func(tx *store.Tx) (store.Request, error){
		"approve and approve": {
			func(tx *store.Tx) (store.Request, error) { return tx.Approve("r1", admin) },
			func(tx *store.Tx) (store.Request, error) { return tx.Approve("r1", admin2) },
		},
		"approve and deny": {
			func(tx *store.Tx) (store.Request, error) { return tx.Approve("r1", admin) },
			func(tx *store.Tx) (store.Request, error) { return tx.Deny("r1", admin2, "no") },
		},
		"the same button twice": {
			func(tx *store.Tx) (store.Request, error) { return tx.Approve("r1", admin) },
			func(tx *store.Tx) (store.Request, error) { return tx.Approve("r1", admin) },
		},
	} {
		t.Run(name, func(t *testing.T) {
			r := newRecords(t)
			r.open(link("r1", account, "Data-Team"))
			var both sync.WaitGroup
			ready := make(chan struct{})
			won, lost := make(chan store.Request, 2), make(chan error, 2)
			for _, click := range clicks {
				both.Go(func() {
					<-ready
					var q store.Request
					err := r.Update(context.Background(), func(tx *store.Tx) (err error) { q, err = click(tx); return err })
					if err != nil {
						lost <- err
					} else {
						won <- q
					}
				})
			}
			close(ready)
			both.Wait()
			if len(won) != 1 || len(lost) != 1 {
				t.Fatalf("%d clicks decided, and %d were refused", len(won), len(lost))
			}
			first := <-won
			decided, ok := errors.AsType[*store.Decided](<-lost)
			if !ok || decided.Request.Decided.By != first.Decided.By || decided.Request.State != first.State {
				t.Errorf("the second click got %v, want that %+v was first", decided, first.Decided)
			}
			if q := r.request("r1"); q.State != first.State || q.Decided.By != first.Decided.By {
				t.Errorf("the request is %+v", q)
			}
			n := 0
			for _, what := range r.events() {
				if what == "request.approved" || what == "request.denied" {
					n++
				}
			}
			if n != 1 {
				t.Errorf("the audit trail has %d decisions", n)
			}
		})
	}
}

func TestARequestEndsWhenItsAccountIsLinked(t *testing.T) {
	r := newRecords(t)
	r.linking()
	r.do(func(tx *store.Tx) error { return tx.PlanRequest("r1", time.Time{}) })
	r.clock.Advance(time.Hour)
	r.steps(map[string]store.Step{"a": {State: store.StepDone}})
	ended := r.request("r1")
	if !ended.Ended.Equal(start.Add(time.Hour)) || !ended.Due.Equal(start.Add(time.Hour)) {
		t.Errorf("the request is %+v", ended)
	}
	r.clock.Advance(time.Hour)
	r.steps(map[string]store.Step{"a": {State: store.StepAgain, Due: start.Add(9 * time.Hour)}})
	r.steps(map[string]store.Step{"a": {State: store.StepDone}})
	if q := r.request("r1"); !q.Ended.Equal(ended.Ended) {
		t.Errorf("linked a second time, the request ended %v", q.Ended)
	}
}
