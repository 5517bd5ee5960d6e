package store_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"go.etcd.io/bbolt"

	"github.com/oktaws/oktaws/store"
)

// soundFile is the file of a store with some hundred keys, small and large, that was written to many times, so that it
// has every kind of page.
func soundFile(t *testing.T) []byte {
	t.Helper()
	b := openBolt(t, t.TempDir())
	r := rand.New(rand.NewPCG(1, 2))
	for i := range 40 {
		update(t, b, func(w store.Writer) error {
			for range store.MaxWrites {
				key := fmt.Sprintf("n/%03d", r.IntN(250))
				if r.IntN(4) == 0 {
					if err := w.Delete(key); err != nil {
						return err
					}
				} else if err := w.Put(key, bytes.Repeat([]byte{byte(i)}, r.IntN(300))); err != nil {
					return err
				}
			}
			return w.Put("large", bytes.Repeat([]byte("x"), 3*os.Getpagesize()))
		})
	}
	var copied bytes.Buffer // without the space that the file has set aside
	if err := b.Backup(t.Context(), &copied); err != nil {
		t.Fatal(err)
	}
	return copied.Bytes()
}

// tryFile opens a store with such a file. Where it is refused, it must be left as it is, with words for people; where
// it isn't, everything in it must be readable and the store writable. Nothing may panic, or end the process.
func tryFile(t *testing.T, what string, file []byte) (refused error) {
	t.Helper()
	dir := t.TempDir()
	path := filepath.Join(dir, "oktaws.db")
	if err := os.WriteFile(path, file, 0o600); err != nil {
		t.Fatal(err)
	}
	b, err := store.OpenBolt(dir)
	if err != nil {
		if message, remedy := store.Explain(err); store.KindOf(err) != store.Permanent || !strings.Contains(message, path) || !strings.Contains(remedy, "backup") {
			t.Errorf("%s: refused with %v (%s), remedy %q", what, err, store.KindOf(err), remedy)
		}
		if after, err := os.ReadFile(path); err != nil || !bytes.Equal(after, file) {
			t.Errorf("%s: the refused file was changed (%v)", what, err)
		}
		return err
	}
	content(t, b)
	update(t, b, put("later", strings.Repeat("y", 20_000)))
	closeEngine(t, b)
	return nil
}

func TestACutStoreIsRefused(t *testing.T) {
	file := soundFile(t)
	if err := tryFile(t, "the whole file", file); err != nil {
		t.Fatalf("a sound file is refused: %v", err)
	}
	page := os.Getpagesize()
	lengths := []int{0, 1, 15, 16, 79, 80, 1023, 1024, 4095, 4096, page - 1, page, page + 80, 2*page - 1, 2 * page, len(file) - 1}
	for n := 0; n < len(file); n += page / 2 {
		lengths = append(lengths, n, n+1)
	}
	for _, n := range lengths {
		if tryFile(t, fmt.Sprintf("%d of %d bytes", n, len(file)), file[:n]) == nil {
			t.Errorf("a store of %d bytes that was cut to %d is taken", len(file), n)
		}
	}
	wantError(t, tryFile(t, "half of it", file[:len(file)/2]), store.Permanent, "cut short", "Restore it from a backup", "left as it is")
	wantError(t, tryFile(t, "nothing of it", nil), store.Permanent, "it is empty")
}

func TestADamagedStoreIsRefused(t *testing.T) {
	file := soundFile(t)
	page := os.Getpagesize()
	live := livePages(t, file)
	for id, kind := range live {
		for name, spoil := range map[string]func(p []byte){
			"zeroed":             func(p []byte) { clear(p) },
			"overwritten":        func(p []byte) { fill(p, uint64(id)) },
			"with another ID":    func(p []byte) { p[0]++ },
			"of another kind":    func(p []byte) { p[8] ^= 0x06 },
			"with many entries":  func(p []byte) { p[10], p[11] = 0xfe, 0xff },
			"with much overflow": func(p []byte) { p[15] = 0x7f },
		} {
			spoiled := bytes.Clone(file)
			spoil(spoiled[id*page : (id+1)*page])
			what := fmt.Sprintf("page %d (%s) %s", id, kind, name)
			if tryFile(t, what, spoiled) == nil {
				t.Errorf("a store with %s is taken", what)
			}
		}
	}
	if len(live) < 10 {
		t.Errorf("only %d pages were tried", len(live))
	}
}

// livePages are the pages in use, but for the metas, by what bbolt calls their kind.
func livePages(t *testing.T, file []byte) map[int]string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "copy.db")
	if err := os.WriteFile(path, file, 0o600); err != nil {
		t.Fatal(err)
	}
	db, err := bbolt.Open(path, 0o600, &bbolt.Options{ReadOnly: true, PreLoadFreelist: true})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	live := map[int]string{}
	err = db.View(func(tx *bbolt.Tx) error {
		for id := 2; ; {
			p, err := tx.Page(id)
			if p == nil || err != nil {
				return err
			}
			if p.Type == "free" { // what it says of itself is old
				id++
				continue
			}
			live[id] = p.Type
			id += 1 + p.OverflowCount
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	return live
}

func fill(p []byte, seed uint64) {
	r := rand.New(rand.NewPCG(seed, 3))
	for i := range p {
		p[i] = byte(r.Uint32())
	}
}

func TestAStoreWithWrongBytesNeverPanics(t *testing.T) {
	file := soundFile(t)
	r := rand.New(rand.NewPCG(4, 5))
	page, refused := os.Getpagesize(), 0
	const tries = 200
	for range tries {
		spoiled := bytes.Clone(file)
		at := r.IntN(len(spoiled)/page) * page
		for range 1 + r.IntN(4) {
			spoiled[at+r.IntN(200)] = byte(r.Uint32()) // where the structure of a page is
		}
		if tryFile(t, fmt.Sprintf("wrong bytes from %d on", at), spoiled) != nil {
			refused++
		}
	}
	if refused == 0 {
		t.Errorf("none of %d files was refused", tries)
	}
}

func TestAForeignFileIsRefused(t *testing.T) {
	random := make([]byte, 100_000)
	fill(random, 6)
	sqlite := append([]byte("SQLite format 3\x00"), make([]byte, 20_000)...)
	for what, file := range map[string][]byte{"a text": []byte("account: 111122223333\n"), "zeros": make([]byte, 65536), "noise": random, "sqlite": sqlite, "one byte": {0}} {
		if tryFile(t, what, file) == nil {
			t.Errorf("%s is taken for a store", what)
		}
	}
	foreign, err := os.ReadFile(foreignFile(t))
	if err != nil {
		t.Fatal(err)
	}
	wantError(t, tryFile(t, "another program's store", foreign), store.Permanent, "another program")
}

// foreignFile is a bbolt file of another program.
func foreignFile(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "foreign.db")
	db, err := bbolt.Open(path, 0o600, nil)
	if err != nil {
		t.Fatal(err)
	}
	err = db.Update(func(tx *bbolt.Tx) error {
		_, err := tx.CreateBucket([]byte("key"))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	return path
}

// The last thing that a commit writes is a meta page. Where the power goes while it does, the store is what it was
// before that commit, which nobody was told of.
func TestAWriteThatWasCutOff(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "oktaws.db")
	b := openBolt(t, dir)
	update(t, b, put("a", "before"))
	closeEngine(t, b)
	b = openBolt(t, dir)
	update(t, b, put("a", "after"))
	closeEngine(t, b)
	file, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	page, newest := os.Getpagesize(), 0
	const transaction = 16 + 48
	if binary.NativeEndian.Uint64(file[page+transaction:]) > binary.NativeEndian.Uint64(file[transaction:]) {
		newest = page
	}
	fill(file[newest+40:newest+512], 7)
	if err := os.WriteFile(path, file, 0o600); err != nil {
		t.Fatal(err)
	}
	if all := content(t, openBolt(t, dir)); all["a"] != "before" {
		t.Errorf("there is %q", all)
	}
}

func TestAStoreThatCannotBeReadIsNotMadeAnew(t *testing.T) {
	dir := t.TempDir()
	b := openBolt(t, dir)
	update(t, b, put("a", "1"))
	closeEngine(t, b)
	path := filepath.Join(dir, "oktaws.db")
	good, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(path, 0); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		_, err := store.OpenBolt(dir)
		wantError(t, err, store.Permanent, "it is empty")
	}
	if err := os.WriteFile(path, good, 0o600); err != nil { // a refused folder isn't left locked
		t.Fatal(err)
	}
	err = openBolt(t, dir).View(context.Background(), func(r store.Reader) error { _, err := r.Get("a"); return err })
	if err != nil {
		t.Error(err)
	}
}
