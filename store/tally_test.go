package store_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/jonboulle/clockwork"

	"github.com/oktaws/oktaws/store"
)

func TestABatchEndsWithTheLastOfItsAccounts(t *testing.T) {
	r := withAccounts(t, 5)
	if err := r.View(t.Context(), func(tx *store.ReadTx) error { _, err := tx.Tally("l0"); return err }); store.KindOf(err) != store.Conflict {
		t.Errorf("the tally of a request for one account: %v", err)
	}
	r.openBatch(batch("b", store.Repair, 0, 1, 2, 3, 9))
	want := func(what string, n store.Tally, ended bool) {
		t.Helper()
		if got := r.tally("b"); got != n || !r.request("b").Ended.IsZero() != ended {
			t.Errorf("%s, the batch has %+v, want %+v, and ended at %v", what, got, n, r.request("b").Ended)
		}
	}
	want("asked for", store.Tally{Size: 5, ToCome: 5}, false)
	r.approve("b", admin)
	r.openAll("b")
	want("opened", store.Tally{Size: 5, Going: 4, Skipped: 1}, false)
	r.save(numbered(0), func(a *store.Account) { a.Steps = allDone })
	r.save(numbered(1), func(a *store.Account) { a.Steps = oneStep(store.StepFailed) })
	r.save(numbered(2), func(a *store.Account) { a.Problem = &store.Problem{Message: "no"} })
	r.save(numbered(3), func(a *store.Account) { a.Steps = oneStep(store.StepWaiting) })
	want("worked on", store.Tally{Size: 5, Done: 1, Failed: 2, Waiting: 1, Skipped: 1}, false)
	r.save(numbered(0), func(a *store.Account) { a.Steps = oneStep(store.StepFailed) }) // long after it was done
	r.save(numbered(3), func(a *store.Account) { a.Steps = allDone })
	want("but for those that failed", store.Tally{Size: 5, Done: 2, Failed: 2, Skipped: 1}, false)
	r.do(func(tx *store.Tx) error { _, err := tx.Retry(numbered(1), admin); return err })
	want("retried", store.Tally{Size: 5, Done: 2, Going: 1, Failed: 1, Skipped: 1}, false)
	r.save(numbered(1), func(a *store.Account) { a.Steps = allDone })
	r.open(ask("u", store.Unlink, numbered(2)))
	want("asked to unlink one", store.Tally{Size: 5, Done: 3, Failed: 1, Skipped: 1}, false)
	since := len(r.events())
	r.approve("u", admin)
	want("unlinked one", store.Tally{Size: 5, Done: 3, Replaced: 1, Skipped: 1}, true)
	r.told(&since, "request.approval", "request.approved", "request.ended", "account.unlinking")
	if got := r.request("b"); !got.Due.Equal(r.clock.Now()) {
		t.Errorf("ended, it is due %v", got.Due)
	}
}

func TestABatchOfWhichEveryAccountIsSkippedEnds(t *testing.T) {
	r := newRecords(t)
	r.openBatch(batch("b", store.Unlink, 1, 2))
	r.approve("b", admin)
	r.openAll("b")
	if got := r.request("b"); got.Ended.IsZero() || got.Opened != 2 || len(r.skipped("b")) != 2 {
		t.Errorf("it is %+v", got)
	}
}

func TestAllFailedAccountsOfABatchAreRetried(t *testing.T) {
	r := withAccounts(t, 4)
	r.openBatch(batch("b", store.Repair, 3, 2, 1, 0))
	retry := func(tx *store.Tx) error { _, err := tx.RetryBatch("b", admin2); return err }
	wantError(t, r.try(retry), store.Conflict, "nothing to retry")
	r.approve("b", admin)
	r.openAll("b")
	wantError(t, r.try(retry), store.Conflict, "nothing to retry")
	for _, n := range []int{0, 1, 3} {
		r.save(numbered(n), func(a *store.Account) { a.Steps = oneStep(store.StepFailed) })
	}
	r.save(numbered(2), func(a *store.Account) { a.Steps = allDone })
	var failed []store.AccountKey
	r.look(func(tx *store.ReadTx) error {
		return tx.FailedOf("b", func(a store.Account) bool {
			failed = append(failed, a.AccountKey)
			return a.FirstProblem() == nil && len(failed) < 2
		})
	})
	if len(failed) != 2 || failed[0] != numbered(3) || failed[1] != numbered(1) {
		t.Errorf("failed are %v", failed)
	}
	since := len(r.events())
	r.do(retry)
	wantError(t, r.try(retry), store.Conflict, "already", "<@"+admin2.ID+">")
	if got := r.request("b"); !got.Unfinished() || !got.Due.Equal(r.clock.Now()) || got.Retrying.By != admin2 {
		t.Errorf("the batch is %+v", got)
	}
	step := func() (done bool) {
		r.do(func(tx *store.Tx) (err error) { _, done, err = tx.CarryOn("b"); return err })
		return done
	}
	step()
	r.save(numbered(3), func(a *store.Account) { a.Steps = oneStep(store.StepFailed) }) // it had its turn
	r = recordsOver(t, r.engine)
	step()
	step()
	for range 2 { // the end, and nothing after it
		if !step() {
			t.Error("it doesn't end")
		}
	}
	if got, want := r.tally("b"), (store.Tally{Size: 4, Done: 1, Going: 2, Failed: 1}); got != want {
		t.Errorf("the batch has %+v, want %+v", got, want)
	}
	r.told(&since, "request.retried", "account.retried", "account.linking", "account.failed", "account.retried", "account.linking", "account.retried", "account.linking")
	r.do(retry) // for the one that failed again
}

// manyLinks is an approved batch of so many links, all of which are under way but for a failed and a skipped one in 100.
func manyLinks(t testing.TB, n int) *store.Store {
	clock := clockwork.NewFakeClockAt(start)
	s, err := store.New(t.Context(), openBolt(t, t.TempDir()), clock)
	if err != nil {
		t.Fatal(err)
	}
	do := func(change func(*store.Tx) error) {
		clock.Advance(time.Millisecond) // events of one moment look for a free ID, one after another
		if err := s.Update(context.Background(), change); err != nil {
			t.Fatal(err)
		}
	}
	q := link("b", store.AccountKey{}, "")
	var b store.Batch
	for i := range n {
		b.Rows = append(b.Rows, store.Row{Account: numbered(i), Label: fmt.Sprintf("Team-%d", i)})
	}
	do(func(tx *store.Tx) error {
		if _, err := tx.OpenBatch(q, b); err != nil {
			return err
		}
		_, err := tx.Approve("b", admin)
		return err
	})
	for done := false; !done; {
		do(func(tx *store.Tx) (err error) {
			for range 5 {
				if _, done, err = tx.CarryOn("b"); err != nil || done {
					return err
				}
			}
			return nil
		})
	}
	for i := 0; i < n; i += 100 {
		do(func(tx *store.Tx) error {
			a, err := tx.Account(numbered(i))
			if err != nil {
				return err
			}
			a.Steps = oneStep(store.StepFailed)
			return tx.SaveAccount(&a)
		})
	}
	return s
}

func BenchmarkTally10000(b *testing.B) {
	s := manyLinks(b, 10000)
	for b.Loop() {
		err := s.View(b.Context(), func(tx *store.ReadTx) error {
			n, err := tx.Tally("b")
			if err == nil && (n.Failed != 100 || n.Going != 9900) {
				b.Errorf("%+v", n)
			}
			if err != nil {
				return err
			}
			return tx.FailedOf("b", func(store.Account) bool { return true })
		})
		if err != nil {
			b.Fatal(err)
		}
	}
}

// What a tally took if it were counted from the requests and the accounts each time.
func BenchmarkTally10000Counted(b *testing.B) {
	s := manyLinks(b, 10000)
	for b.Loop() {
		n := 0
		err := s.View(b.Context(), func(tx *store.ReadTx) error {
			return tx.RequestsOf("b", func(r store.Request) bool {
				if a, err := tx.Account(r.Account); err == nil && a.State == store.Failed {
					n++
				}
				return true
			})
		})
		if err != nil || n != 100 {
			b.Fatal(n, err)
		}
	}
}
