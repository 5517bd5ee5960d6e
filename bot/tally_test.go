package bot

import (
	"context"
	"testing"
	"time"

	"github.com/jonboulle/clockwork"

	"github.com/oktaws/oktaws/store"
)

func TestWhatABatchHasDoneStaysDone(t *testing.T) {
	engine, err := store.OpenBolt(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = engine.Close() })
	s, err := store.New(t.Context(), engine, clockwork.NewFakeClockAt(time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)))
	if err != nil {
		t.Fatal(err)
	}
	do := func(change func(*store.Tx) error) {
		t.Helper()
		if err := s.Update(context.Background(), change); err != nil {
			t.Fatal(err)
		}
	}
	open := func(r store.Request) {
		t.Helper()
		r.Requester, r.Required = store.Person{ID: "U1"}, 1
		do(func(tx *store.Tx) error {
			if _, err := tx.OpenRequest(r); err != nil {
				return err
			}
			_, err := tx.Approve(r.ID, store.Person{ID: "U2"})
			return err
		})
	}
	end := func(key store.AccountKey) {
		t.Helper()
		do(func(tx *store.Tx) error {
			a, err := tx.Account(key)
			if err != nil {
				return err
			}
			a.Steps = map[string]store.Step{"identity": {State: store.StepDone}}
			return tx.SaveAccount(&a)
		})
	}
	counted := func() (t *tally) {
		do(func(tx *store.Tx) (err error) {
			t, err = count(&tx.ReadTx, "b", false)
			return err
		})
		return t
	}
	keys := []store.AccountKey{{Partition: "aws", ID: "000000000001"}, {Partition: "aws", ID: "000000000002"}, {Partition: "aws", ID: "000000000003"}}
	for _, key := range keys {
		open(store.Request{ID: "l" + key.ID, Kind: store.Link, Account: key, Wish: store.Wish{Label: key.ID, Mode: store.ModeAPI}})
		end(key)
	}
	do(func(tx *store.Tx) error {
		var rows []store.Row
		for _, key := range keys {
			rows = append(rows, store.Row{Account: key})
		}
		if _, err := tx.OpenBatch(store.Request{ID: "b", Kind: store.Repair, Requester: store.Person{ID: "U1"}, Required: 1}, store.Batch{Rows: rows}); err != nil {
			return err
		}
		_, err := tx.Approve("b", store.Person{ID: "U2"})
		return err
	})
	for range keys[:2] {
		do(func(tx *store.Tx) error { _, _, err := tx.CarryOn("b"); return err })
	}
	end(keys[0])
	for _, key := range keys[:2] { // one was repaired before it is unlinked, the other wasn't
		open(store.Request{ID: "u" + key.ID, Kind: store.Unlink, Account: key})
	}
	if c := counted(); c.Done != 1 || c.Replaced != 1 || c.ToCome != 1 || c.Over() != 2 {
		t.Errorf("counted %+v", c)
	}
}
