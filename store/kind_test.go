package store_test

import (
	"context"
	"encoding/json"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/oktaws/oktaws/store"
)

func asJSON(t *testing.T, v any) string {
	t.Helper()
	raw, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(raw)
}

func TestTwoRequestsAtOnceMakeOne(t *testing.T) {
	r := newRecords(t)
	r.linked()
	kinds := []store.RequestKind{store.Unlink, store.Repair, store.Change, store.Rotate}
	var all sync.WaitGroup
	ready, refused := make(chan struct{}), make(chan error, len(kinds))
	for _, kind := range kinds {
		all.Go(func() {
			<-ready
			q := ask("r-"+string(kind), kind, account)
			if err := r.Update(context.Background(), func(tx *store.Tx) error { _, err := tx.OpenRequest(q); return err }); err != nil {
				refused <- err
			}
		})
	}
	close(ready)
	all.Wait()
	close(refused)
	n := 0
	for err := range refused {
		n++
		wantError(t, err, store.Conflict, account.ID, "<@"+requester.ID+">", "waits for approval")
	}
	waiting := 0
	r.look(func(tx *store.ReadTx) error {
		return tx.Requests(func(q store.Request) bool {
			if q.State == store.Pending {
				waiting++
				if a := r.account(account); a.Pending != q.ID {
					t.Errorf("the account waits for %s, and %s is pending", a.Pending, q.ID)
				}
			}
			return true
		})
	})
	if n != len(kinds)-1 || waiting != 1 {
		t.Errorf("%d requests wait, and %d were refused", waiting, n)
	}
}

func TestMalformedRequestsAreRefused(t *testing.T) {
	for name, change := range map[string]func(q *store.Request){
		"an unknown kind":               func(q *store.Request) { q.Kind = "merge" },
		"no kind":                       func(q *store.Request) { q.Kind = "" },
		"a change to no mode":           func(q *store.Request) { q.Mode = "" },
		"a change to an unknown mode":   func(q *store.Request) { q.Mode = "saml" },
		"a shared application by key":   func(q *store.Request) { q.Shared = "All-Of-AWS" },
		"a rotation of nothing":         func(q *store.Request) { q.Kind, q.Rotate = store.Rotate, nil },
		"a rotation of something else":  func(q *store.Request) { q.Kind, q.Rotate = store.Rotate, []store.Rotation{"tyres"} },
		"a repair with a strange extra": func(q *store.Request) { q.Kind, q.Rotate = store.Repair, []store.Rotation{"tyres"} },
	} {
		t.Run(name, func(t *testing.T) {
			r := newRecords(t)
			r.linked()
			q := ask("r9", store.Change, account)
			change(&q)
			wantError(t, r.try(func(tx *store.Tx) error { _, err := tx.OpenRequest(q); return err }), store.Permanent)
		})
	}
}

// settled is a linked account's wish with everything in it.
var settled = store.Wish{Label: "Data-Team", Mode: store.ModeAPI, RoleSet: "analysts", Adopt: true,
	KeySince: start.Add(-time.Hour), CertificateSince: start.Add(-2 * time.Hour)}

func TestARequestKeepsWhatItIsNotAbout(t *testing.T) {
	const later = time.Minute
	for name, c := range map[string]struct {
		kind   store.RequestKind
		wish   store.Wish // what the request says
		rotate []store.Rotation
		want   func(w *store.Wish) // what becomes of the account's
	}{
		"unlink": {kind: store.Unlink, want: func(*store.Wish) {}},
		"repair": {kind: store.Repair, want: func(*store.Wish) {}},
		"repair, with what is too old": {kind: store.Repair, rotate: []store.Rotation{store.RotateKey},
			want: func(w *store.Wish) { w.KeySince = start.Add(later) }},
		"rotate the key": {kind: store.Rotate, rotate: []store.Rotation{store.RotateKey},
			want: func(w *store.Wish) { w.KeySince = start.Add(later) }},
		"rotate the certificate": {kind: store.Rotate, rotate: []store.Rotation{store.RotateCertificate},
			want: func(w *store.Wish) { w.CertificateSince = start.Add(later) }},
		"rotate both": {kind: store.Rotate, rotate: []store.Rotation{store.RotateCertificate, store.RotateKey},
			want: func(w *store.Wish) { w.KeySince, w.CertificateSince = start.Add(later), start.Add(later) }},
		"change the mode": {kind: store.Change, wish: store.Wish{Mode: store.ModeGroups, RoleSet: "analysts"},
			want: func(w *store.Wish) { w.Mode = store.ModeGroups }},
		"change to the default role set": {kind: store.Change, wish: store.Wish{Mode: store.ModeAPI},
			want: func(w *store.Wish) { w.RoleSet = "" }},
	} {
		t.Run(name, func(t *testing.T) {
			r := newRecords(t)
			r.linked()
			known := store.Known{AppID: "0oa1", StackID: "s1"}
			r.save(account, func(a *store.Account) { a.Wish, a.Known = settled, known })
			q := ask("r9", c.kind, account)
			q.Wish, q.Rotate = c.wish, c.rotate
			q.Label, q.KeySince = "Junk", start.Add(-time.Second) // only what the kind is about counts
			want := settled
			want.Adopt = false // what was taken over is ours by now
			r.open(q)
			if a := r.account(account); a.Wish != settled || a.State != store.Linked {
				t.Errorf("before it is approved, the account is %+v", a)
			}
			r.clock.Advance(later)
			r.approve("r9", admin)
			c.want(&want)
			a := r.account(account)
			if a.Wish != want {
				t.Errorf("the account shall be\n%+v, want\n%+v", a.Wish, want)
			}
			if asJSON(t, a.Known) != asJSON(t, known) {
				t.Errorf("what is known of it is %+v; the steps need that", a.Known)
			}
			desired, state := store.WantLinked, store.Linking
			if c.kind == store.Unlink {
				desired, state = store.WantUnlinked, store.Unlinking
			}
			if a.Desired != desired || a.State != state || a.RequestID != "r9" || a.Pending != "" || !a.PlanDue.IsZero() || len(a.Steps) != 0 || !a.Due.Equal(start.Add(later)) {
				t.Errorf("the account is %+v", a)
			}
		})
	}
}

func TestARequestRemembersWhatTheAccountWas(t *testing.T) {
	for kind, places := range askable {
		for _, standing := range places {
			t.Run(standing+", "+string(kind), func(t *testing.T) {
				r := newRecords(t)
				standings[standing](r)
				var want store.Wish
				if !slices.Contains(askable[store.Link], standing) {
					want = settled
					r.save(account, func(a *store.Account) { a.Wish = settled })
				}
				q := ask("r9", kind, account)
				q.Was = store.Wish{Label: "Junk"} // that is for the store to say
				r.open(q)
				r.approve("r9", admin)
				r.save(account, func(a *store.Account) { a.Steps = allDone })
				if got := r.request("r9").Was; got != want {
					t.Errorf("it was %+v, want %+v", got, want)
				}
			})
		}
	}
}

func TestTheRequestsOfABatchRememberWhatTheAccountsWere(t *testing.T) {
	r := withAccounts(t, 2)
	was := []store.Wish{r.account(numbered(0)).Wish, r.account(numbered(1)).Wish}
	q := batch("b", store.Change, 0, 1)
	q.Mode, q.Was = store.ModeGroups, was[0]
	r.openBatch(q)
	if got := r.request("b"); got.Was != (store.Wish{}) {
		t.Errorf("the batch was %+v", got.Was)
	}
	r.approve("b", admin)
	r.openAll("b")
	for n, child := range r.requestsOf("b") {
		if child.Was != was[n] || child.Mode != store.ModeGroups {
			t.Errorf("one request is %+v", child)
		}
	}
}

func TestAChangeToWhatItIsAlreadyIsRefused(t *testing.T) {
	r := newRecords(t)
	r.linked()
	q := ask("r9", store.Change, account)
	q.RoleSet = store.DefaultRoleSet
	change := func(tx *store.Tx) error { _, err := tx.OpenRequest(q); return err }
	wantError(t, r.try(change), store.Conflict, account.ID, "role set default already")
	r.steps(oneStep(store.StepFailed))
	r.do(change) // where that failed, it is worth a try
}

func TestAnAccountWithoutAKeyHasNoneToRotate(t *testing.T) {
	r := newRecords(t)
	r.linked()
	r.save(account, func(a *store.Account) { a.Mode = store.ModeGroups })
	wantError(t, r.try(func(tx *store.Tx) error { _, err := tx.OpenRequest(ask("r9", store.Rotate, account)); return err }),
		store.Conflict, account.ID, "no access key")
	q := ask("r9", store.Rotate, account)
	q.Rotate = []store.Rotation{store.RotateCertificate}
	r.open(q)
}

func TestAdoption(t *testing.T) {
	for standing, want := range map[string]store.Wish{
		"not known": {Label: "By-Hand", Mode: store.ModeGroups, Adopt: true},
		"unlinked":  {Label: "By-Hand", Mode: store.ModeGroups, Adopt: true},
		"failed":    {Label: "Data-Team", Mode: store.ModeAPI, Adopt: true},
		"stopped":   {Label: "Data-Team", Mode: store.ModeAPI, Adopt: true},
	} {
		t.Run(standing, func(t *testing.T) {
			r := newRecords(t)
			standings[standing](r)
			if standing == "failed" { // the name in the form is of no account then, so that it may be another's
				r.open(link("r2", account2, "By-Hand"))
			}
			q := ask("r9", store.Adopt, account)
			q.Wish = store.Wish{Label: "By-Hand", Mode: store.ModeGroups}
			r.open(q)
			r.approve("r9", admin)
			if a := r.account(account); a.Wish != want || a.State != store.Linking || a.Problem != nil || len(a.Steps) != 0 {
				t.Errorf("the account is %+v, and shall be %+v", a, want)
			}
		})
	}
}

func TestUnlinking(t *testing.T) {
	for _, standing := range askable[store.Unlink] {
		t.Run(standing, func(t *testing.T) {
			r := newRecords(t)
			standings[standing](r)
			r.save(account, func(a *store.Account) { a.Known = store.Known{AppID: "0oa1"} })
			r.open(ask("r9", store.Unlink, account))
			r.clock.Advance(time.Minute)
			r.approve("r9", admin)
			r.do(func(tx *store.Tx) error { return tx.PlanRequest("r9", time.Time{}) })
			if a := r.account(account); a.State != store.Unlinking || a.Desired != store.WantUnlinked || !a.Due.Equal(start.Add(time.Minute)) || a.Problem != nil || a.Drifted != 0 {
				t.Fatalf("the account is %+v", a)
			}
			wantError(t, r.try(func(tx *store.Tx) error { _, err := tx.OpenRequest(link("r10", account2, "data-team")); return err }), store.Conflict, "taken")
			r.steps(map[string]store.Step{"a": {State: store.StepFailed, Undo: true}})
			r.do(func(tx *store.Tx) error { _, err := tx.Retry(account, admin); return err })
			if a := r.account(account); a.State != store.Unlinking || !a.Steps["a"].Undo {
				t.Errorf("retried, the account is %+v", a)
			}
			r.steps(map[string]store.Step{"a": {State: store.StepDone, Undo: true}})
			if a := r.account(account); a.State != store.Unlinked || !a.Due.IsZero() || a.Label != "Data-Team" {
				t.Errorf("the account is %+v", a)
			}
			if q := r.request("r9"); !q.Ended.Equal(start.Add(time.Minute)) || q.Due.IsZero() {
				t.Errorf("the request is %+v", q)
			}
			events := r.events()
			want := []string{"request.opened", "request.approval", "request.approved", "account.unlinking", "account.failed", "account.retried", "account.unlinking", "account.unlinked"}
			if standing == "drifted" {
				want = append(want, "drift.gone")
			}
			if got := events[max(0, len(events)-len(want)):]; !slices.Equal(got, want) {
				t.Errorf("the audit trail ends with %q, want %q", got, want)
			}

			r.open(link("r10", account2, "data-team")) // the name is free again
			wantError(t, r.try(func(tx *store.Tx) error { _, err := tx.OpenRequest(link("r11", account, "Data-Team")); return err }), store.Conflict, "taken")
			r.open(link("r11", account, "Once-More"))
			if a := r.account(account); a.State != store.Unlinked || a.Known.AppID != "0oa1" || a.Label != "Once-More" {
				t.Errorf("asked for again, the account is %+v", a)
			}
			r.approve("r11", admin)
			if a := r.account(account); a.State != store.Linking || asJSON(t, a.Known) != "{}" || a.Wish != (store.Wish{Label: "Once-More", Mode: store.ModeAPI}) || len(a.Steps) != 0 {
				t.Errorf("linked again, the account begins with %+v", a)
			}
		})
	}
}

func TestWhatTheFormerRequestHadUnderWayEnds(t *testing.T) {
	r := withTask(t)
	former, task := store.RequestKey("r1"), store.TaskKey(taskID)
	other := store.TaskIDOf("r1", store.EnterKey)
	r.do(func(tx *store.Tx) error {
		a, err := tx.Account(account)
		if err != nil {
			return err
		}
		_, err = tx.OpenTask(a, store.EnterKey, nil, time.Hour)
		return err
	})
	for _, subject := range []string{former, task} {
		r.want(subject, time.Time{})
	}
	r.settleTask()
	r.do(func(tx *store.Tx) error { return tx.PlanRequest("r1", time.Time{}) })
	r.open(ask("r2", store.Unlink, account))
	r.clock.Advance(time.Minute)
	now := r.clock.Now()
	r.approve("r2", admin)
	for _, id := range []string{taskID, other} {
		if got := r.task(id); got.State != store.TaskClosed || !got.Ended.Equal(now) || !got.Due.Equal(now) {
			t.Errorf("the task is %+v", got)
		}
	}
	if q := r.request("r1"); !q.Due.Equal(now) || !q.Ended.IsZero() {
		t.Errorf("the former request is %+v", q)
	}
	r.do(func(tx *store.Tx) error { return tx.PlanRequest("r1", time.Time{}) })
	r.settleTask()
	for _, subject := range []string{former, task} {
		if m := r.message(key(subject)); !m.Due.Equal(now) {
			t.Errorf("the message about %s isn't rendered anew", subject)
		}
		r.plan(key(subject), time.Time{})
	}
	r.do(func(tx *store.Tx) error { return tx.PlanRequest("r1", time.Time{}) })
	r.settleTask()
	for _, subject := range []string{former, task} {
		if m := r.message(key(subject)); !m.Due.IsZero() {
			t.Errorf("the message about %s is rendered for ever", subject)
		}
	}
	closed := 0
	for _, what := range r.events() {
		if what == "task.closed" {
			closed++
		}
	}
	if closed != 2 {
		t.Errorf("the audit trail has %d closed tasks", closed)
	}
	r.do(func(tx *store.Tx) error { return tx.CloseTask(taskID) }) // once more does nothing
	r.do(func(tx *store.Tx) error { return tx.CloseTask("no-such") })
	if got := r.task(taskID); !got.Due.IsZero() {
		t.Errorf("closed once more, the task is %+v", got)
	}
}

func TestNamesThatTwoAccountsCannotBothHave(t *testing.T) {
	own := func(label string) store.Wish { return store.Wish{Label: label, Mode: store.ModeGroups} }
	shared := func(label, app string) store.Wish {
		return store.Wish{Label: label, Mode: store.ModeGroups, Shared: app}
	}
	for name, c := range map[string]struct {
		first, second store.Wish
		taken         string
	}{
		"the same":                         {own("One"), own("One"), "One"},
		"the same but for the case":        {own("One"), own("oNE"), "One"},
		"two":                              {own("One"), own("Two"), ""},
		"one application for both":         {shared("One", "AWS"), shared("Two", "AWS"), ""},
		"one name in a shared application": {shared("One", "AWS"), shared("one", "AWS"), "One"},
		"one name in two applications":     {shared("One", "AWS"), shared("One", "Sandbox"), "One"},
		"a shared one of the other's name": {own("One"), shared("Two", "one"), "One"},
		"the name of a shared one":         {shared("One", "AWS"), own("aws"), "AWS"},
		"its own name as a shared one":     {own("One"), shared("AWS", "AWS"), ""},
	} {
		for when, end := range map[string]func(*records){
			"asked for": func(*records) {},
			"linked":    func(r *records) { r.approve("r1", admin) },
		} {
			t.Run(name+", "+when, func(t *testing.T) {
				r := newRecords(t)
				first, second := link("r1", account, ""), link("r2", account2, "")
				first.Wish, second.Wish = c.first, c.second
				r.open(first)
				end(r)
				err := r.try(func(tx *store.Tx) error { _, err := tx.OpenRequest(second); return err })
				if c.taken == "" {
					if err != nil {
						t.Errorf("refused: %v", err)
					}
					return
				}
				wantError(t, err, store.Conflict, "the name "+c.taken+" is taken by account "+account.ID)
			})
		}
	}
}

func TestAnAccountCannotKeepASharedApplicationForItself(t *testing.T) {
	r := newRecords(t)
	r.linked()
	first, second := link("r2", account2, "AWS"), link("r3", numbered(3), "Other")
	for _, q := range []store.Request{first, second} {
		q.Mode, q.Shared = store.ModeGroups, "AWS"
		r.open(q)
		r.approve(q.ID, admin)
	}
	r.save(account2, func(a *store.Account) { a.Steps = allDone })
	q := ask("r4", store.Change, account2)
	q.Mode = store.ModeAPI
	wantError(t, r.try(func(tx *store.Tx) error { _, err := tx.OpenRequest(q); return err }), store.Conflict, account2.ID, "AWS")
}

func TestWhatARequestWouldChange(t *testing.T) {
	r := newRecords(t)
	r.linked()
	planned := func(plan []store.Finding, problem *store.Problem, again time.Time) error {
		return r.try(func(tx *store.Tx) error {
			a, err := tx.Account(account)
			if err != nil {
				return err
			}
			if err := tx.Planned(&a, plan, problem, again); err != nil {
				return err
			}
			return tx.SaveAccount(&a)
		})
	}
	wantError(t, planned(nil, nil, time.Time{}), store.Conflict, account.ID, "no request")
	r.open(ask("r2", store.Repair, account))
	r.do(func(tx *store.Tx) error { return tx.PlanRequest("r2", start.Add(time.Hour)) })
	r.want(store.RequestKey("r2"), time.Time{})
	r.clock.Advance(time.Minute)
	now := r.clock.Now()

	trouble := &store.Problem{Kind: store.Transient, Message: "AWS can't be reached"}
	if err := planned(nil, trouble, now.Add(time.Minute)); err != nil {
		t.Fatal(err)
	}
	if q := r.request("r2"); q.Unplanned == nil || *q.Unplanned != *trouble || !q.Planned.Equal(now) || !q.Due.Equal(now) {
		t.Errorf("the request is %+v", q)
	}
	if a := r.account(account); !a.Due.Equal(now.Add(time.Minute)) || a.State != store.Linked {
		t.Errorf("the account is %+v", a)
	}
	if m := r.message(key(store.RequestKey("r2"))); !m.Due.Equal(now) {
		t.Errorf("the message about it is %+v", m)
	}
	if err := planned(findings("x", "y"), nil, time.Time{}); err != nil {
		t.Fatal(err)
	}
	if q := r.request("r2"); q.Unplanned != nil || len(q.Plan) != 2 || q.State != store.Pending {
		t.Errorf("the request is %+v", q)
	}
	if a := r.account(account); !a.Due.IsZero() {
		t.Errorf("the account is due %v", a.Due)
	}
}

func TestAnExpiredRequestSaysHowToAskAgain(t *testing.T) {
	r := newRecords(t)
	r.linked()
	r.open(ask("r9", store.Unlink, account))
	r.clock.Advance(8 * 24 * time.Hour)
	err := r.try(func(tx *store.Tx) error { _, err := tx.Approve("r9", admin); return err })
	wantError(t, err, store.Conflict, "has expired", "Ask for it again.")
}
