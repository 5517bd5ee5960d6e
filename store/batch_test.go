package store_test

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/oktaws/oktaws/store"
)

// withAccounts is records with so many linked accounts.
func withAccounts(t *testing.T, n int) *records {
	r := newRecords(t)
	for i := range n {
		id, k := fmt.Sprintf("l%d", i), numbered(i)
		r.open(link(id, k, fmt.Sprintf("Team-%d", i)))
		r.approve(id, admin)
		r.save(k, func(a *store.Account) { a.Steps = allDone })
	}
	return r
}

// listed is a request for many accounts.
type listed struct {
	store.Request
	batch store.Batch
}

// batch is a request for accounts that withAccounts made.
func batch(id string, kind store.RequestKind, accounts ...int) listed {
	q := listed{Request: ask(id, kind, store.AccountKey{})}
	q.Label = ""
	for _, n := range accounts {
		q.batch.Rows = append(q.batch.Rows, store.Row{Account: numbered(n)})
	}
	return q
}

func (r *records) openBatch(q listed) {
	r.Helper()
	r.do(func(tx *store.Tx) error { _, err := tx.OpenBatch(q.Request, q.batch); return err })
}

// skipped is why accounts of a batch were skipped.
func (r *records) skipped(id string) map[store.AccountKey]string {
	r.Helper()
	why := map[store.AccountKey]string{}
	r.look(func(tx *store.ReadTx) error {
		return tx.SkippedOf(id, func(q store.Request) bool {
			if q.State != store.Skipped || q.Parent != id {
				r.Errorf("skipped is %+v", q)
			}
			why[q.Account] = q.Decided.Reason
			return true
		})
	})
	return why
}

func (r *records) tally(id string) (got store.Tally) {
	r.Helper()
	r.look(func(tx *store.ReadTx) (err error) { got, err = tx.Tally(id); return err })
	return got
}

// openAll opens the requests of a batch until none is left, and says how many transactions that took.
func (r *records) openAll(id string) (n int) {
	r.Helper()
	for done := false; !done; n++ {
		if n > store.MaxBatch {
			r.Fatal("it never ends")
		}
		r.do(func(tx *store.Tx) (err error) { _, done, err = tx.CarryOn(id); return err })
	}
	return n
}

func (r *records) requestsOf(id string) (all []store.Request) {
	r.Helper()
	r.look(func(tx *store.ReadTx) error {
		return tx.RequestsOf(id, func(q store.Request) bool { all = append(all, q); return true })
	})
	return all
}

func TestABatchIsDecidedOnOnce(t *testing.T) {
	r := withAccounts(t, 4)
	q := batch("b", store.Rotate, 2, 0, 1)
	q.Rotate, q.Required = []store.Rotation{store.RotateCertificate}, 2
	since := len(r.events())
	r.openBatch(q)
	for n := range 4 {
		if a := r.account(numbered(n)); a.Pending != "" || a.State != store.Linked {
			t.Errorf("before anybody has decided, the account is %+v", a)
		}
	}
	r.do(func(tx *store.Tx) error {
		got, done, err := tx.CarryOn("b")
		if !done || got.Opened != 0 {
			t.Errorf("of a batch that waits, %d were opened", got.Opened)
		}
		return err
	})
	r.clock.Advance(time.Minute)
	r.approve("b", admin)
	r.approve("b", admin2)
	r.told(&since, "request.opened", "request.approval", "request.approval", "request.approved")
	if got := r.request("b"); got.State != store.Approved || !got.Due.Equal(r.clock.Now()) || got.Opened != 0 {
		t.Errorf("the batch is %+v", got)
	}
	r.openAll("b")
	r.told(&since, "request.approved", "account.linking", "request.approved", "account.linking", "request.approved", "account.linking")
	if got := r.request("b"); got.Opened != 3 || r.tally("b").Skipped != 0 || !got.Due.Equal(r.clock.Now()) {
		t.Errorf("the batch is %+v", got)
	}
	children := r.requestsOf("b")
	if len(children) != 3 {
		t.Fatalf("it has the requests %+v", children)
	}
	for i, n := range []int{2, 0, 1} {
		child := children[i]
		if child.Account != numbered(n) || child.Parent != "b" || child.State != store.Approved || len(child.Approvals) != 2 || child.Decided.By != admin2 ||
			child.Requester != requester || child.Label != fmt.Sprintf("Team-%d", n) || child.Size != 0 {
			t.Errorf("one request is %+v", child)
		}
		if a := r.account(numbered(n)); a.State != store.Linking || a.RequestID != child.ID || a.Pending != "" || !a.CertificateSince.Equal(r.clock.Now()) || !a.KeySince.IsZero() || a.Label != child.Label {
			t.Errorf("its account is %+v", a)
		}
	}
	if a := r.account(numbered(3)); a.State != store.Linked || a.RequestID != "l3" {
		t.Errorf("an account that isn't in it is %+v", a)
	}
}

func TestABatchThatComesToNothing(t *testing.T) {
	for how, end := range map[string]func(*store.Tx) error{
		"denied":    func(tx *store.Tx) error { _, err := tx.Deny("b", admin, "no"); return err },
		"withdrawn": func(tx *store.Tx) error { _, err := tx.Withdraw("b", requester); return err },
		"expired":   func(tx *store.Tx) error { _, err := tx.Expire("b"); return err },
	} {
		t.Run(how, func(t *testing.T) {
			r := withAccounts(t, 2)
			before := []store.Account{r.account(numbered(0)), r.account(numbered(1))}
			r.openBatch(batch("b", store.Unlink, 0, 1))
			r.clock.Advance(7 * 24 * time.Hour)
			if how != "expired" {
				r.clock.Advance(-time.Hour)
			}
			r.do(end)
			if n := r.openAll("b"); n != 1 || len(r.requestsOf("b")) != 0 {
				t.Errorf("requests were opened")
			}
			for n, want := range before {
				if a := r.account(numbered(n)); a.Revision != want.Revision {
					t.Errorf("the account is %+v", a)
				}
			}
		})
	}
}

func TestAnAccountThatIsNoLongerInAStateForItIsSkippedAndNamed(t *testing.T) {
	r := withAccounts(t, 6)
	q := batch("b", store.Change, 0, 1, 2, 3, 4, 5, 6)
	q.Mode, q.Shared = store.ModeGroups, "All-Of-AWS"
	r.openBatch(q)
	r.approve("b", admin)
	r.open(ask("r1", store.Unlink, numbered(1)))
	r.approve("r1", admin)
	r.open(ask("r2", store.Repair, numbered(2)))
	r.save(numbered(3), func(a *store.Account) {
		a.Wish = store.Wish{Label: "Team-3", Mode: store.ModeGroups, Shared: "All-Of-AWS", RoleSet: "developers"}
	})
	r.save(numbered(4), func(a *store.Account) { a.Steps = oneStep(store.StepAgain) })
	r.openAll("b")
	got := r.request("b")
	want := map[store.AccountKey]string{
		numbered(1): "account 000000000001 is being unlinked",
		numbered(2): "a request to repair account 000000000002, by <@U0REQ>, waits for approval already",
		numbered(3): "account 000000000003 has the integration mode groups and the role set developers already",
		numbered(4): "account 000000000004 is still being linked, as Team-4",
		numbered(6): "account 000000000006 is not known: nobody has asked for it yet",
	}
	if got.Opened != 7 || r.tally("b") != (store.Tally{Size: 7, Going: 2, Skipped: 5}) {
		t.Errorf("the batch is %+v, and counted as %+v", got, r.tally("b"))
	}
	if why := r.skipped("b"); !maps.Equal(why, want) {
		t.Errorf("skipped are\n%q, want\n%q", why, want)
	}
	var on []store.AccountKey
	r.look(func(tx *store.ReadTx) error {
		return tx.EventsOf(store.EventFilter{Request: "b"}, func(e store.Event) bool {
			if e.What == "request.skipped" && e.Text == want[e.Account] {
				on = append(on, e.Account)
			}
			return true
		})
	})
	if len(on) != len(want) {
		t.Errorf("on record are %v", on)
	}
	children := slices.DeleteFunc(r.requestsOf("b"), func(q store.Request) bool { return q.State == store.Skipped })
	if len(children) != 2 || children[0].Account != numbered(0) || children[1].Account != numbered(5) || children[1].ID != "b.00005" {
		t.Errorf("its requests are %+v", children)
	}
	if a := r.account(numbered(5)); a.Shared != "" || a.Mode != store.ModeGroups || a.Label != "Team-5" {
		t.Errorf("the account is %+v", a)
	}
	if a := r.account(numbered(2)); a.Pending != "r2" || a.RequestID != "l2" {
		t.Errorf("the account that was asked for meanwhile is %+v", a)
	}
}

func TestABatchOfAdoptionsTakesWhatHasFailed(t *testing.T) {
	r := withAccounts(t, 2)
	r.save(numbered(0), func(a *store.Account) { a.Steps = oneStep(store.StepFailed) })
	q := batch("b", store.Adopt, 0, 1, 2)
	q.Wish = store.Wish{}
	r.openBatch(q)
	r.approve("b", admin)
	r.openAll("b")
	if a := r.account(numbered(0)); a.State != store.Linking || !a.Adopt || a.Label != "Team-0" {
		t.Errorf("the account is %+v", a)
	}
	got := r.skipped("b")
	if len(got) != 2 || got[numbered(2)] != "account 000000000002 isn't linked, and needs an application name of its own" {
		t.Errorf("skipped are %+v", got)
	}
}

// A batch is cut off at every place, and the program begins anew each time.
func TestABatchThatIsCutOffCarriesOnAndOpensNothingTwice(t *testing.T) {
	r := withAccounts(t, 5)
	r.openBatch(batch("b", store.Repair, 0, 1, 2, 3, 4))
	r.approve("b", admin)
	cut := errors.New("the power went")
	for n := range 5 {
		err := r.try(func(tx *store.Tx) error {
			if _, _, err := tx.CarryOn("b"); err != nil {
				return err
			}
			return cut
		})
		if !errors.Is(err, cut) {
			t.Fatal(err)
		}
		if got := r.request("b"); got.Opened != n || len(r.requestsOf("b")) != n {
			t.Errorf("cut off, the batch is %+v", got)
		}
		r = recordsOver(t, r.engine)
		var done bool
		r.do(func(tx *store.Tx) (err error) { _, done, err = tx.CarryOn("b"); return err })
		if done != (n == 4) {
			t.Errorf("after %d it says that it is done: %t", n+1, done)
		}
		r.save(numbered(n), func(a *store.Account) { a.Steps = allDone }) // so that it could be asked for again
	}
	before := content(t, r.engine)
	r.openAll("b")
	if len(content(t, r.engine)) != len(before) || len(r.requestsOf("b")) != 5 {
		t.Errorf("there are the requests %+v", r.requestsOf("b"))
	}
	for n := range 5 {
		if a := r.account(numbered(n)); a.State != store.Linked || a.RequestID != fmt.Sprintf("b.%05d", n) {
			t.Errorf("the account is %+v", a)
		}
	}
}

// Links are cut off at every transaction too, and what each account asks for itself is kept.
func TestABatchOfLinksThatIsCutOffCarriesOn(t *testing.T) {
	e := &breaking{Engine: openBolt(t, t.TempDir()), left: 4} // the mark, two requests, an approval
	r := recordsOver(t, e)
	r.openBatch(links("b", "Zero", "One", "Two", "Three"))
	r.open(link("single", numbered(2), "Single")) // that the batch outruns
	r.approve("b", admin)
	carryOn := func(tx *store.Tx) error { _, _, err := tx.CarryOn("b"); return err }
	for n := range 4 {
		e.left = 0
		if err := r.try(carryOn); !errors.Is(err, errBroken) {
			t.Fatal(err)
		}
		if got, want := r.tally("b"), (store.Tally{Size: 4, Going: n, ToCome: 4 - n}); got != want {
			t.Errorf("cut off, the batch has %+v, want %+v", got, want)
		}
		e.left = 2 // the mark, and one step
		r = recordsOver(t, e)
		r.do(carryOn)
	}
	for n, label := range []string{"Zero", "One", "Two", "Three"} {
		if a := r.account(numbered(n)); a.Label != label || a.State != store.Linking || a.RequestID != fmt.Sprintf("b.%05d", n) {
			t.Errorf("the account is %+v", a)
		}
	}
	if q := r.request("single"); q.State != store.Skipped {
		t.Errorf("the request that waited is %+v", q)
	}
}

func TestTheMessageAboutABatchFollowsItsAccounts(t *testing.T) {
	r := withAccounts(t, 2)
	r.openBatch(batch("b", store.Repair, 0, 1))
	r.approve("b", admin)
	r.want(store.RequestKey("b"), time.Time{})
	m := key(store.RequestKey("b"))
	touched := func(what string) {
		t.Helper()
		if got := r.message(m); !got.Due.Equal(r.clock.Now()) {
			t.Errorf("%s, the message is due %v", what, got.Due)
		}
		r.plan(m, time.Time{})
		r.clock.Advance(time.Minute)
	}
	r.openAll("b")
	touched("opened")
	r.save(numbered(1), func(a *store.Account) { a.Steps = oneStep(store.StepFailed) })
	touched("one failed")
	r.save(numbered(1), func(a *store.Account) { a.Steps = allDone })
	touched("one done")
	if q := r.request("b.00001"); q.Ended.IsZero() {
		t.Errorf("its request is %+v", q)
	}
}

// The most that one transaction can have to write.
func TestNoTransactionIsTooLarge(t *testing.T) {
	everybody := make([]store.Person, store.MaxPeople)
	for i := range everybody {
		everybody[i] = store.Person{ID: fmt.Sprintf("UTASK%d", i), Team: "T0"}
	}
	crowded := func(t *testing.T) *records {
		r := withAccounts(t, 1)
		r.do(func(tx *store.Tx) error {
			a, err := tx.Account(numbered(0))
			if err != nil {
				return err
			}
			if err := tx.Checked(&a, findings("a", "b"), nil); err != nil {
				return err
			}
			return tx.SaveAccount(&a)
		})
		r.do(func(tx *store.Tx) error {
			a, err := tx.Account(numbered(0))
			if err != nil {
				return err
			}
			a.Steps = oneStep(store.StepWaiting)
			for _, kind := range []store.TaskKind{store.EnableProvisioning, store.EnterKey} {
				if _, err := tx.OpenTask(a, kind, everybody, time.Hour); err != nil {
					return err
				}
			}
			return tx.SaveAccount(&a)
		})
		for _, kind := range []store.TaskKind{store.EnableProvisioning, store.EnterKey} {
			r.crowd(store.TaskKey(store.TaskIDOf("l0", kind)), store.MaxPeople)
		}
		r.crowd(store.RequestKey("l0"), 7)
		r.crowd(store.CheckKey(numbered(0)), 10)
		return r
	}
	settle := func(r *records) {
		r.clock.Advance(time.Second)
		r.do(func(tx *store.Tx) error { return tx.PlanRequest("l0", time.Time{}) })
		r.do(func(tx *store.Tx) error { return tx.PlanCheck(numbered(0), time.Time{}) })
		for _, kind := range []store.TaskKind{store.EnableProvisioning, store.EnterKey} {
			r.do(func(tx *store.Tx) error { return tx.PlanTask(store.TaskIDOf("l0", kind), time.Time{}) })
		}
		for _, k := range []string{store.RequestKey("l0"), store.CheckKey(numbered(0)), store.TaskKey("l0-enter-key")} {
			if m := r.message(store.MessageKey(k, "v", "C6")); !m.Due.Equal(r.clock.Now()) {
				r.Errorf("the message about %s is due %v", k, m.Due)
			}
		}
	}
	t.Run("when an account is unlinked", func(t *testing.T) {
		r := crowded(t)
		r.open(ask("r1", store.Unlink, numbered(0)))
		r.crowd(store.RequestKey("r1"), 7)
		r.clock.Advance(time.Second)
		r.approve("r1", admin)
		settle(r)
		r.save(numbered(0), func(a *store.Account) { a.Steps = allDone })
	})
	t.Run("when it is unlinked as one of a batch", func(t *testing.T) {
		r := crowded(t)
		r.openBatch(batch("b", store.Unlink, 0))
		r.approve("b", admin)
		r.crowd(store.RequestKey("b"), 12)
		r.clock.Advance(time.Second)
		r.openAll("b")
		settle(r)
		r.crowd(store.RequestKey("b"), 12)
		r.save(numbered(0), func(a *store.Account) { a.Steps = allDone })
	})
	t.Run("when it is the last of a batch, or the first to fail", func(t *testing.T) {
		r := crowded(t)
		r.openBatch(batch("b", store.Repair, 0))
		r.save(numbered(0), func(a *store.Account) { a.Steps, a.Drifted = allDone, 0 })
		r.approve("b", admin)
		r.openAll("b")
		r.crowd(store.RequestKey("b"), 12)
		r.crowd(store.RequestKey("b.00000"), 0)
		r.clock.Advance(time.Second)
		r.save(numbered(0), func(a *store.Account) { a.Steps = oneStep(store.StepFailed) })
		r.crowd(store.RequestKey("b"), 12)
		r.clock.Advance(time.Second)
		r.open(ask("r1", store.Unlink, numbered(0)))
		r.crowd(store.RequestKey("r1"), 7)
		r.clock.Advance(time.Second)
		r.approve("r1", admin) // replaces it, which ends the batch
		if r.request("b").Ended.IsZero() {
			t.Error("the batch has not ended")
		}
	})
	t.Run("when a batch outruns a request that waits", func(t *testing.T) {
		r := newRecords(t)
		r.openBatch(links("b", "One"))
		r.open(link("single", numbered(0), "Single"))
		r.crowd(store.RequestKey("single"), 3)
		r.crowd(store.RequestKey("b"), 7)
		r.approve("b", admin)
		r.clock.Advance(time.Second)
		r.openAll("b")
	})
	t.Run("when a task is done", func(t *testing.T) {
		r := crowded(t)
		r.do(func(tx *store.Tx) error {
			a, err := tx.Account(numbered(0))
			if err != nil {
				return err
			}
			a.Steps = oneStep(store.StepAgain)
			if _, err := tx.CheckedTask(store.TaskIDOf("l0", store.EnterKey), nil); err != nil {
				return err
			}
			if err := tx.Record(store.Event{What: "step.done", Account: a.AccountKey}); err != nil {
				return err
			}
			return tx.SaveAccount(&a)
		})
	})
}
