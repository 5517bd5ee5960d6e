// Package storetest is the one suite that every engine of the store passes, and the check that the records' index is
// whole.
package storetest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/oktaws/oktaws/store"
)

// patience is how long a test waits for what must happen. What must not happen isn't waited for.
const patience = 20 * time.Second

// Run tries an engine against the contract of store.Engine. open returns a new, empty engine; the suite closes it.
func Run(t *testing.T, open func(t *testing.T) store.Engine) {
	t.Helper()
	for _, c := range slices.Concat(transactionCases, scanCases, claimCases, watchCases, lifeCases) {
		t.Run(c.name, func(t *testing.T) {
			e := open(t)
			t.Cleanup(func() {
				if err := e.Close(); err != nil {
					t.Errorf("Close: %v", err)
				}
			})
			c.run(&engine{T: t, Engine: e})
		})
	}
}

type testCase struct {
	name string
	run  func(*engine)
}

// engine is the engine under test, with the calls that the cases make most.
type engine struct {
	*testing.T
	store.Engine
}

func (e *engine) update(change func(store.Writer) error) {
	e.Helper()
	if err := e.Update(e.Context(), change); err != nil {
		e.Fatalf("Update: %v", err)
	}
}

func (e *engine) view(read func(store.Reader) error) {
	e.Helper()
	if err := e.View(e.Context(), read); err != nil {
		e.Fatalf("View: %v", err)
	}
}

func (e *engine) put(pairs ...string) {
	e.Helper()
	e.update(func(w store.Writer) error {
		for pair := range slices.Chunk(pairs, 2) {
			if err := w.Put(pair[0], []byte(pair[1])); err != nil {
				return err
			}
		}
		return nil
	})
}

// want fails unless the key has the value; "" wants none.
func (e *engine) want(key, value string) {
	e.Helper()
	e.view(func(r store.Reader) error {
		e.wantIn(r, key, value)
		return nil
	})
}

func (e *engine) wantIn(r store.Reader, key, value string) {
	e.Helper()
	got, err := r.Get(key)
	if err != nil {
		e.Errorf("Get(%q): %v", key, err)
		return
	}
	if string(got) != value || (got == nil) != (value == "") {
		e.Errorf("Get(%q) = %q (nil: %t), want %q", key, got, got == nil, value)
	}
}

func (e *engine) claim(key string) store.Claim {
	e.Helper()
	c, err := e.Claim(e.Context(), key)
	if err != nil {
		e.Fatalf("Claim(%q): %v", key, err)
	}
	e.Cleanup(c.Release)
	return c
}

func (e *engine) wantErr(err, want error) {
	e.Helper()
	if !errors.Is(err, want) {
		e.Errorf("got error %v, want %v", err, want)
	}
}

// wait fails the test where the channel gives nothing for too long.
func wait[T any](e *engine, what string, ch <-chan T) (v T, ok bool) {
	e.Helper()
	select {
	case v, ok = <-ch:
	case <-time.After(patience):
		e.Fatalf("waited %v for %s", patience, what)
	}
	return v, ok
}

func keysOf(r store.Reader, prefix, after string) (keys []string, err error) {
	err = r.Scan(prefix, after, func(key string, _ []byte) (bool, error) {
		keys = append(keys, key)
		return true, nil
	})
	return keys, err
}

var errStop = errors.New("stop")

func numbered(n int) string { return fmt.Sprintf("n/%04d", n) }

func ended() context.Context {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	return ctx
}
