package store_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/oktaws/oktaws/store"
)

// crowded is an engine whose disk is full at times: then it takes changes of up to a size, or none.
type crowded struct {
	store.Engine
	mu    sync.Mutex
	full  bool
	takes int // bytes
}

func (c *crowded) become(full bool, takes int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.full, c.takes = full, takes
}

var errFull = &store.Error{Kind: store.Transient, Message: "the disk is full", Remedy: "Free some space.", Err: errors.Join(store.ErrUnwritable, syscall.ENOSPC)}

func (c *crowded) Update(ctx context.Context, change func(store.Writer) error) error {
	c.mu.Lock()
	full, takes := c.full, c.takes
	c.mu.Unlock()
	return c.Engine.Update(ctx, func(w store.Writer) error {
		s := &sized{Writer: w}
		if err := change(s); err != nil {
			return err
		}
		if full && s.size > takes {
			return errFull
		}
		return nil
	})
}

type sized struct {
	store.Writer
	size int
}

func (s *sized) Put(key string, value []byte) error {
	s.size += len(value)
	return s.Writer.Put(key, value)
}

// Whoever acts and can't note it would act again every second: post the same message, call AWS in vain.
func TestNoWorkBeginsWhileTheStoreIsFull(t *testing.T) {
	e := &crowded{Engine: openBolt(t, t.TempDir())}
	r := recordsOver(t, e)
	var told []error
	heard := make(chan struct{}, 9)
	r.Tell(func(err error) { told = append(told, err); heard <- struct{}{} })
	r.do(func(tx *store.Tx) error {
		return tx.WantMessage(store.Message{Subject: "request/r1", View: "v", Where: "C1"})
	})
	key := store.MessageKey("request/r1", "v", "C1")
	ctx, cancel := context.WithCancel(t.Context())
	acted, noted := 0, make(chan error, 99)
	var driving sync.WaitGroup
	driving.Go(func() {
		_ = r.Drive(ctx, 1, func(ctx context.Context, key string) {
			acted++
			noted <- r.Update(ctx, func(tx *store.Tx) error {
				m, err := tx.Message(key)
				m.Due = time.Time{}
				return errors.Join(err, tx.SaveMessage(&m))
			})
		}, "message/")
	})
	defer func() { cancel(); driving.Wait() }()
	if err := <-noted; err != nil {
		t.Fatal(err)
	}
	e.become(true, 0)
	for range 3 { // told of once, though it fails three times
		if err := r.try(func(tx *store.Tx) error {
			return tx.WantMessage(store.Message{Subject: "request/r1", View: "v", Where: "C2"})
		}); !errors.Is(err, store.ErrUnwritable) {
			t.Fatalf("a change on a full disk: %v", err)
		}
	}
	// There is room for the change that makes the message due, and none for much more.
	e.become(true, 4<<10)
	r.do(func(tx *store.Tx) error {
		return tx.WantMessage(store.Message{Subject: "request/r1", View: "v", Where: "C3"})
	})
	for range 5 { // looks of the loop, a second apart
		if err := r.clock.BlockUntilContext(ctx, 1); err != nil {
			t.Fatal(err)
		}
		r.clock.Advance(time.Second)
	}
	if err := r.clock.BlockUntilContext(ctx, 1); err != nil {
		t.Fatal(err)
	}
	if acted != 1 || len(told) != 1 || !errors.Is(told[0], store.ErrUnwritable) {
		t.Fatalf("while it was full it acted %d times; told %v", acted-1, told)
	}
	e.become(false, 0)
	r.clock.Advance(time.Second)
	if err := <-noted; err != nil {
		t.Fatal(err)
	}
	<-heard
	<-heard
	if len(told) != 2 || told[1] != nil {
		t.Errorf("told %v", told)
	}
	r.look(func(tx *store.ReadTx) error {
		m, err := tx.Message(store.MessageKey("request/r1", "v", "C3"))
		if err != nil || !m.Due.IsZero() {
			t.Errorf("the message is %+v, %v", m, err)
		}
		_, err = tx.Message(key)
		return err
	})
}

func TestAStoreThatIsGoneTakesNoChange(t *testing.T) {
	parent := t.TempDir()
	dir := filepath.Join(parent, "data")
	b := openBolt(t, dir)
	update(t, b, put("a", "1"))
	refused := func(what string) {
		t.Helper()
		err := b.Update(t.Context(), put("a", "2"))
		wantError(t, err, store.Transient, filepath.Join(dir, "oktaws.db"), "Put that very file back")
		if !errors.Is(err, store.ErrUnwritable) {
			t.Errorf("%s: %v", what, err)
		}
		if all := content(t, b); all["a"] != "1" {
			t.Errorf("%s: there is %q", what, all)
		}
	}
	aside := filepath.Join(parent, "aside")
	if err := os.Rename(dir, aside); err != nil {
		t.Fatal(err)
	}
	refused("the folder was moved")
	if err := os.Rename(aside, dir); err != nil {
		t.Fatal(err)
	}
	update(t, b, put("a", "1"))
	path := filepath.Join(dir, "oktaws.db")
	if err := os.Rename(path, aside); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, backup(t, b), 0o600); err != nil {
		t.Fatal(err)
	}
	refused("another file is in its place")
	if err := os.Rename(aside, path); err != nil {
		t.Fatal(err)
	}
	update(t, b, put("a", "3"))
	if err := os.RemoveAll(dir); err != nil {
		t.Fatal(err)
	}
	if err := b.Update(t.Context(), put("a", "4")); !errors.Is(err, store.ErrUnwritable) {
		t.Errorf("the folder was deleted: %v", err)
	}
}

func TestModesThatAreTakenAwayUnderwayDoNotMatter(t *testing.T) {
	dir := t.TempDir()
	b := openBolt(t, dir)
	path := filepath.Join(dir, "oktaws.db")
	for name, mode := range map[string]os.FileMode{path: 0o400, dir: 0o500} {
		if err := os.Chmod(name, mode); err != nil {
			t.Fatal(err)
		}
	}
	t.Cleanup(func() { _ = os.Chmod(dir, 0o700) })
	update(t, b, put("a", "1"))
	closeEngine(t, b)
	b, err := store.OpenBolt(dir)
	if os.Geteuid() == 0 { // whom no mode stops
		if err != nil {
			t.Fatal(err)
		}
		closeEngine(t, b)
		return
	}
	wantError(t, err, store.Denied, path, "Let oktaws read and write it")
}
