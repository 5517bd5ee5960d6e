package store_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/jonboulle/clockwork"

	"github.com/oktaws/oktaws/store"
)

// links is a request to link many accounts, each with a name of its own.
func links(id string, labels ...string) listed {
	q := listed{Request: link(id, store.AccountKey{}, "")}
	for n, label := range labels {
		q.batch.Rows = append(q.batch.Rows, store.Row{Account: numbered(n), Label: label})
	}
	return q
}

func (r *records) rows(id string) (all []store.Row) {
	r.Helper()
	r.look(func(tx *store.ReadTx) error {
		return tx.Rows(id, func(row store.Row) bool { all = append(all, row); return true })
	})
	return all
}

func (r *records) leftOut(id string) (all []store.LeftOut) {
	r.Helper()
	r.look(func(tx *store.ReadTx) error {
		return tx.LeftOut(id, func(out store.LeftOut) bool { all = append(all, out); return true })
	})
	return all
}

// refused says why a batch is refused; nothing of it may be kept.
func (r *records) refused(q listed) error {
	r.Helper()
	before := len(content(r.T, r.engine))
	err := r.try(func(tx *store.Tx) error { _, err := tx.OpenBatch(q.Request, q.batch); return err })
	if after := len(content(r.T, r.engine)); after != before {
		r.Errorf("a batch that is refused leaves %d records behind", after-before)
	}
	return err
}

func TestManyAccountsAreLinkedEachUnderItsOwnName(t *testing.T) {
	r := newRecords(t)
	q := links("b", "Alpha", "Beta", "Gamma")
	q.Mode, q.Shared, q.RoleSet = store.ModeGroups, "All", "readers"
	q.batch.Rows[1].RoleSet = "developers"
	q.batch.LeftOut = []store.LeftOut{{Account: numbered(7), Label: "Old", Why: "it is suspended"}, {Account: numbered(8), Why: "it is linked already"}}
	r.openBatch(q)
	if got := r.request("b"); got.Size != 3 || got.LeftOut != 2 || got.Opened != 0 || got.Account != (store.AccountKey{}) {
		t.Errorf("the batch is %+v", got)
	}
	if rows := r.rows("b"); !slices.Equal(rows, q.batch.Rows) {
		t.Errorf("its rows are %+v", rows)
	}
	if left := r.leftOut("b"); !slices.Equal(left, q.batch.LeftOut) {
		t.Errorf("left out are %+v", left)
	}
	r.approve("b", admin)
	r.openAll("b")
	for n, set := range []string{"readers", "developers", "readers"} {
		a := r.account(numbered(n))
		if want := (store.Wish{Label: q.batch.Rows[n].Label, Mode: store.ModeGroups, Shared: "All", RoleSet: set}); a.Wish != want || a.State != store.Linking {
			t.Errorf("account %d is %+v, want %+v", n, a, want)
		}
		if child := r.request(a.RequestID); child.Wish != a.Wish || child.Parent != "b" || child.Was != (store.Wish{}) {
			t.Errorf("its request is %+v", child)
		}
	}
	wantError(t, r.try(func(tx *store.Tx) error { _, err := tx.OpenRequest(link("r1", numbered(5), "beta")); return err }), store.Conflict, "Beta is taken")
}

// Whoever has a list of many names wants to hear of all that is wrong with it at once.
func TestEveryRowThatCannotBeTakenIsNamed(t *testing.T) {
	r := newRecords(t)
	r.open(link("l1", numbered(20), "Taken"))
	r.approve("l1", admin)
	r.open(link("l2", numbered(21), "Waits"))
	r.open(link("l3", numbered(2), "Own")) // of an account that is in the batch too
	shared := link("l4", numbered(22), "Sharer")
	shared.Mode, shared.Shared = store.ModeGroups, "Shared"
	r.open(shared)
	q := links("b", "One", "TAKEN", "own", "Straße", "waits", "", "one", "shared", "STRAßE", "Fine", "Two")
	q.batch.Rows[9].Account = numbered(0)
	q.batch.Rows[10].Account = store.AccountKey{Partition: "aws", ID: "12"}
	err := r.refused(q)
	wantError(t, err, store.Permanent, "row 2, account 000000000001: the name Taken is taken by account 000000000020", "nothing was asked for")
	bad, ok := errors.AsType[*store.BadRows](err)
	if !ok {
		t.Fatalf("it is %v", err)
	}
	var got []string
	for _, b := range bad.Rows {
		if b.Row != q.batch.Rows[b.N] {
			t.Errorf("row %d is %+v", b.N, b.Row)
		}
		got = append(got, fmt.Sprintf("%d %s", b.N, b.Why))
	}
	want := []string{
		"1 the name Taken is taken by account 000000000020",
		"4 the name Waits is taken by account 000000000021",
		"5 it needs an application name of its own",
		"6 row 1, account 000000000000, has the name One too",
		"7 the name Shared is taken by account 000000000022",
		"8 row 4, account 000000000003, has the name Straße too",
		"9 the batch has account 000000000000 twice: row 1 has it too",
		`10 "aws/12" is not the key of an account`,
	}
	if !slices.Equal(got, want) {
		t.Errorf("it names\n%q, want\n%q", got, want)
	}

	// In an application that is shared already, names of accounts may be those of no other account, and that is all.
	q = links("b", "One", "Shared")
	q.Mode, q.Shared = store.ModeGroups, "Shared"
	r.openBatch(q)
	// Whoever owns an application keeps others from sharing one of that name.
	q = links("b2", "Three", "Four")
	q.Mode, q.Shared = store.ModeGroups, "taken"
	wantError(t, r.refused(q), store.Permanent, "row 1", "row 2", "Taken is taken")
}

func TestVeryManyRowsThatCannotBeTakenFitIntoOneSentence(t *testing.T) {
	r := newRecords(t)
	q := links("b", slices.Repeat([]string{"Same"}, 400)...)
	err := r.refused(q)
	message, _ := store.Explain(err)
	if bad, ok := errors.AsType[*store.BadRows](err); !ok || len(bad.Rows) != 399 || len(message) > 1500 || !strings.HasSuffix(message, "and 389 more") {
		t.Errorf("it says %q", message)
	}
}

func TestBatchesThatAreRefused(t *testing.T) {
	r := newRecords(t)
	many, left, long := batch("b", store.Unlink), batch("b", store.Unlink, 1), links("b")
	for n := range store.MaxBatch + 1 {
		many.batch.Rows = append(many.batch.Rows, store.Row{Account: numbered(n)})
		left.batch.LeftOut = append(left.batch.LeftOut, store.LeftOut{Account: numbered(n)})
	}
	for n := range store.MaxBatch {
		long.batch.Rows = append(long.batch.Rows, store.Row{Account: numbered(n), Label: fmt.Sprintf("%0150d", n)})
	}
	strange := batch("b", store.Unlink, 1)
	strange.batch.Rows = append(strange.batch.Rows, store.Row{Account: store.AccountKey{Partition: "aws", ID: "12"}})
	strangeLeft := batch("b", store.Unlink, 1)
	strangeLeft.batch.LeftOut = []store.LeftOut{{Account: store.AccountKey{Partition: "aws", ID: "12"}}}
	for name, c := range map[string]struct {
		q     listed
		words []string
	}{
		"none":                {batch("b", store.Unlink), []string{"no account"}},
		"too many":            {many, []string{"takes 10000 accounts", "10001"}},
		"too many left out":   {left, []string{"10000 accounts", "left out", "10001"}},
		"too long":            {long, []string{"too long", "10000 rows"}},
		"twice the same":      {batch("b", store.Unlink, 1, 2, 1), []string{"000000000001 twice"}},
		"no account's key":    {strange, []string{"aws/12"}},
		"left out by no key":  {strangeLeft, []string{"aws/12"}},
		"links without names": {batch("b", store.Link, 1, 2), []string{"application name of its own"}},
		"like one of a batch": {batch("b.1", store.Unlink, 1), nil},
		"of no kind":          {batch("b", "merge", 1), nil},
	} {
		t.Run(name, func(t *testing.T) { wantError(t, r.refused(c.q), store.Permanent, c.words...) })
	}
	taken := batch("b", store.Unlink, 1)
	r.openBatch(taken)
	wantError(t, r.refused(taken), store.Conflict, "request/b has changed")
}

// Of an account that was asked for by itself and is in a batch too, whoever is approved first is carried out.
func TestWhoeverIsApprovedFirstLinksTheAccount(t *testing.T) {
	r := newRecords(t)
	r.openBatch(links("b", "A", "B", "C", "D"))
	r.open(link("first", numbered(0), "Zero"))
	r.open(link("second", numbered(1), "One"))
	adopt := ask("third", store.Adopt, numbered(2))
	adopt.Label = "Two"
	r.open(adopt)
	r.open(link("name", numbered(9), "D")) // another account, and a name of the batch
	r.approve("first", admin)
	r.approve("b", admin)
	r.openAll("b")
	if why := r.skipped("b"); len(why) != 2 || why[numbered(0)] != "account 000000000000 is already being linked, as Zero" || why[numbered(3)] != "the name D is taken by account 000000000009" {
		t.Errorf("skipped are %q", why)
	}
	for n, id := range map[int]string{1: "second", 2: "third"} {
		a, q := r.account(numbered(n)), r.request(id)
		if a.Pending != "" || a.Label != string(rune('A'+n)) || a.State != store.Linking || a.RequestID != fmt.Sprintf("b.%05d", n) {
			t.Errorf("the account is %+v", a)
		}
		if q.State != store.Skipped || !strings.Contains(q.Decided.Reason, "by the request b, which was approved first") || !q.Due.Equal(r.clock.Now()) {
			t.Errorf("the request that waited is %+v", q)
		}
	}
	err := r.try(func(tx *store.Tx) error { _, err := tx.Approve("second", admin); return err })
	wantError(t, err, store.Conflict, "this request was skipped", "approved first")
	r.open(link("again", numbered(10), "One")) // its name is free
}

// The largest batch is asked for at once, and carried out across the chunks that its rows are kept in.
func TestABatchOfTenThousand(t *testing.T) {
	e := openBolt(t, t.TempDir())
	s, err := store.New(t.Context(), e, clockwork.NewFakeClockAt(start))
	if err != nil {
		t.Fatal(err)
	}
	do := func(change func(*store.Tx) error) {
		t.Helper()
		if err := s.Update(context.Background(), change); err != nil {
			t.Fatal(err)
		}
	}
	q := links("b")
	for n := range store.MaxBatch {
		q.batch.Rows = append(q.batch.Rows, store.Row{Account: numbered(n), Label: fmt.Sprintf("A-Team-With-A-Long-Name-%d", n), RoleSet: "developers"})
		q.batch.LeftOut = append(q.batch.LeftOut, store.LeftOut{Account: numbered(20000 + n), Why: "it is suspended"})
	}
	do(func(tx *store.Tx) error {
		if _, err := tx.OpenBatch(q.Request, q.batch); err != nil {
			return err
		}
		_, err := tx.Approve("b", admin)
		return err
	})
	for range 110 {
		do(func(tx *store.Tx) error {
			for range 5 {
				if _, _, err := tx.CarryOn("b"); err != nil {
					return err
				}
			}
			return nil
		})
	}
	total, largest := 0, 0
	for key, value := range content(t, e) {
		if strings.HasPrefix(key, "batch/b/") {
			total, largest = total+len(value), max(largest, len(value))
		}
	}
	if total > 3<<19 || largest > 1<<17 {
		t.Errorf("the rows take %d bytes, and one value %d", total, largest)
	}
	r := &records{T: t, Store: s, engine: e}
	r.check()
	if rows, left := r.rows("b"), r.leftOut("b"); !slices.Equal(rows, q.batch.Rows) || !slices.Equal(left, q.batch.LeftOut) {
		t.Errorf("it has %d rows, and %d left out", len(rows), len(left))
	}
	if a := r.account(numbered(549)); a.Label != "A-Team-With-A-Long-Name-549" || a.RoleSet != "developers" || a.RequestID != "b.00549" {
		t.Errorf("an account of the second chunk is %+v", a)
	}
	if got, want := r.tally("b"), (store.Tally{Size: 10000, Going: 550, ToCome: 9450}); got != want {
		t.Errorf("the batch has %+v, want %+v", got, want)
	}
}

func TestRowsThatCannotBeRead(t *testing.T) {
	for name, damage := range map[string]string{"a value": "{", "an account": `{"lines":[{"a":"12"}]}`, "a row": `{"lines":[]}`} {
		t.Run(name, func(t *testing.T) {
			b := openBolt(t, t.TempDir())
			s, err := store.New(t.Context(), b, clockwork.NewFakeClockAt(start))
			if err != nil {
				t.Fatal(err)
			}
			q := links("b", "One")
			if err := s.Update(t.Context(), func(tx *store.Tx) error {
				if _, err := tx.OpenBatch(q.Request, q.batch); err != nil {
					return err
				}
				_, err := tx.Approve("b", admin)
				return err
			}); err != nil {
				t.Fatal(err)
			}
			update(t, b, put("batch/b/rows/000", damage))
			wantError(t, s.Update(t.Context(), func(tx *store.Tx) error { _, _, err := tx.CarryOn("b"); return err }), store.Permanent, "batch/b/rows", "backup")
		})
	}
}
