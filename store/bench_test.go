package store_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/jonboulle/clockwork"

	"github.com/oktaws/oktaws/store"
	"github.com/oktaws/oktaws/store/storetest"
)

const many = 10_000

// filling makes the file of a store with many accounts; once, since that takes a while.
var filling struct {
	sync.Once
	file []byte
}

// manyAccounts opens a store of its own that has many linked accounts.
func manyAccounts(b *testing.B) *store.Store {
	b.Helper()
	filling.Do(func() {
		dir, err := os.MkdirTemp("", "oktaws-bench")
		if err != nil {
			b.Fatal(err)
		}
		defer os.RemoveAll(dir)
		e, err := store.OpenBolt(dir)
		if err != nil {
			b.Fatal(err)
		}
		storetest.Fill(b, e, many, start, 24*time.Hour)
		closeEngine(b, e)
		if filling.file, err = os.ReadFile(filepath.Join(dir, "oktaws.db")); err != nil {
			b.Fatal(err)
		}
	})
	dir := b.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "oktaws.db"), filling.file, 0o600); err != nil {
		b.Fatal(err)
	}
	s, err := store.New(b.Context(), openBolt(b, dir), clockwork.NewFakeClockAt(start))
	if err != nil {
		b.Fatal(err)
	}
	return s
}

func BenchmarkStore10000(b *testing.B) {
	b.Run("check", func(b *testing.B) {
		s := manyAccounts(b)
		for b.Loop() {
			r, err := s.Check(context.Background())
			if err != nil || len(r.Faults) > 0 || r.Records["account"] != many {
				b.Fatal(r, err)
			}
		}
	})
	b.Run("get", func(b *testing.B) {
		s, n := manyAccounts(b), 0
		for b.Loop() {
			n++
			if err := s.View(context.Background(), func(tx *store.ReadTx) error {
				_, err := tx.Account(storetest.FilledAccount(n % many))
				return err
			}); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("update", func(b *testing.B) {
		s, n := manyAccounts(b), 0
		for b.Loop() {
			n++
			if err := s.Update(context.Background(), func(tx *store.Tx) error {
				a, err := tx.Account(storetest.FilledAccount(n % many))
				if err != nil {
					return err
				}
				return tx.SaveAccount(&a)
			}); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("updates-at-once", func(b *testing.B) {
		s := manyAccounts(b)
		var n int
		var mu sync.Mutex
		b.SetParallelism(16)
		b.RunParallel(func(pb *testing.PB) {
			for pb.Next() {
				mu.Lock()
				n++
				id := fmt.Sprint("delivery-", n)
				mu.Unlock()
				if err := s.Update(context.Background(), func(tx *store.Tx) error { _, err := tx.FirstTime(id); return err }); err != nil {
					b.Error(err)
				}
			}
		})
	})
	b.Run("list", func(b *testing.B) {
		s := manyAccounts(b)
		for b.Loop() {
			n := 0
			if err := s.View(context.Background(), func(tx *store.ReadTx) error {
				return tx.Accounts(func(store.Account) bool { n++; return true })
			}); err != nil || n != many {
				b.Fatal(n, err)
			}
		}
	})
	b.Run("due", func(b *testing.B) {
		s := manyAccounts(b)
		for b.Loop() {
			if err := s.View(context.Background(), func(tx *store.ReadTx) error {
				keys, next, err := tx.Due("account/")
				if len(keys) > 0 || next.IsZero() {
					b.Error(len(keys), next)
				}
				return err
			}); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("link", func(b *testing.B) { benchmarkLink(b) })
	b.Run("batch-of-200", func(b *testing.B) { benchmarkBatch(b) })
	b.Run("200-due", func(b *testing.B) { benchmarkDrive(b) })
}

// benchmarkLink asks for an account that nothing is known of: its name has to differ from all others'.
func benchmarkLink(b *testing.B) {
	s, n := manyAccounts(b), 0
	for b.Loop() {
		n++
		if err := s.Update(context.Background(), func(tx *store.Tx) error {
			_, err := tx.OpenRequest(store.Request{ID: fmt.Sprint("new-", n), Kind: store.Link, Account: store.AccountKey{Partition: "aws", ID: fmt.Sprintf("%012d", n)},
				Wish: store.Wish{Label: fmt.Sprint("New-", n), Mode: store.ModeGroups}, Requester: requester, Required: 1})
			return err
		}); err != nil {
			b.Fatal(err)
		}
	}
}

// benchmarkBatch asks for the repair of 200 accounts, approves, and opens the request of each.
func benchmarkBatch(b *testing.B) {
	s, n := manyAccounts(b), 0
	for b.Loop() {
		n++
		id := fmt.Sprint("batch-", n)
		var batch store.Batch
		for i := range 200 {
			batch.Rows = append(batch.Rows, store.Row{Account: storetest.FilledAccount((n*200 + i) % many)})
		}
		update := func(change func(tx *store.Tx) error) {
			if err := s.Update(context.Background(), change); err != nil {
				b.Fatal(err)
			}
		}
		update(func(tx *store.Tx) error {
			_, err := tx.OpenBatch(store.Request{ID: id, Kind: store.Repair, Requester: requester, Required: 1}, batch)
			return err
		})
		update(func(tx *store.Tx) error { _, err := tx.Approve(id, admin); return err })
		for last := false; !last; {
			update(func(tx *store.Tx) (err error) { _, last, err = tx.CarryOn(id); return err })
		}
	}
}

// benchmarkDrive has 200 accounts due at once, and a reconciler settle them.
func benchmarkDrive(b *testing.B) {
	s := manyAccounts(b)
	for b.Loop() {
		for i := range 200 {
			if err := s.Update(context.Background(), func(tx *store.Tx) error {
				a, err := tx.Account(storetest.FilledAccount(i))
				if err != nil {
					return err
				}
				a.CheckDue = tx.Now()
				return tx.SaveAccount(&a)
			}); err != nil {
				b.Fatal(err)
			}
		}
		ctx, cancel := context.WithCancel(context.Background())
		var mu sync.Mutex
		left := 200
		if err := s.Drive(ctx, 4, func(ctx context.Context, key string) {
			account, err := store.AccountKeyOf(key)
			if err == nil {
				err = s.Update(ctx, func(tx *store.Tx) error {
					a, err := tx.Account(account)
					if err != nil {
						return err
					}
					a.CheckDue = tx.Now().Add(24 * time.Hour)
					return tx.SaveAccount(&a)
				})
			}
			if err != nil && ctx.Err() == nil {
				b.Error(err)
			}
			mu.Lock()
			defer mu.Unlock()
			if left--; left == 0 {
				cancel()
			}
		}, "account/"); err != nil {
			b.Fatal(err)
		}
	}
}
