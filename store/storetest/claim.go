package storetest

import (
	"sync"
	"sync/atomic"

	"github.com/oktaws/oktaws/store"
)

var claimCases = []testCase{
	{"one owner a key", func(e *engine) {
		c := e.claim("account/1")
		if c.Key() != "account/1" {
			e.Errorf("the claim is of %q", c.Key())
		}
		_, err := e.Claim(e.Context(), "account/1")
		e.wantErr(err, store.ErrClaimed)
		e.claim("account/2")
		e.claim("account") // a part of a key is another key
		c.Release()
		e.claim("account/1")
	}},

	{"releasing twice doesn't take the key from the next owner", func(e *engine) {
		first := e.claim("a")
		first.Release()
		e.claim("a")
		first.Release()
		_, err := e.Claim(e.Context(), "a")
		e.wantErr(err, store.ErrClaimed)
	}},

	{"each claim of a key has a greater generation", func(e *engine) {
		last := uint64(0)
		for range 5 {
			c := e.claim("a")
			if c.Generation() <= last {
				e.Errorf("generation %d after %d", c.Generation(), last)
			}
			last = c.Generation()
			c.Release()
		}
	}},

	{"a claim is not a value", func(e *engine) {
		e.put("a", "1")
		c := e.claim("a")
		e.want("a", "1")
		e.update(func(w store.Writer) error { return w.Delete("a") })
		c.Release()
		e.claim("b")
		e.want("b", "")
		e.view(func(r store.Reader) error {
			keys, err := keysOf(r, "", "")
			if len(keys) != 0 {
				e.Errorf("claims show as the keys %q", keys)
			}
			return err
		})
	}},

	{"an owner writes under its guard, others without one", func(e *engine) {
		c := e.claim("a")
		e.update(func(w store.Writer) error {
			if err := w.Guard(c); err != nil {
				return err
			}
			return w.Put("x", []byte("1"))
		})
		e.want("x", "1")
		e.put("x", "2")
		e.want("x", "2")
		e.update(func(w store.Writer) error { return w.Guard(c) }) // nothing to write is no reason to fail
	}},

	{"a stale owner's write is lost", func(e *engine) {
		write := func(c store.Claim, hide bool) error {
			return e.Update(e.Context(), func(w store.Writer) error {
				if err := w.Put("x", []byte("stale")); err != nil {
					return err
				}
				if err := w.Guard(c); err != nil && !hide {
					return err
				}
				return nil
			})
		}
		c := e.claim("a")
		c.Release()
		e.wantErr(write(c, false), store.ErrClaimLost)
		e.wantErr(write(c, true), store.ErrClaimLost)
		next := e.claim("a")
		e.wantErr(write(c, false), store.ErrClaimLost)
		e.want("x", "")
		if err := write(next, false); err != nil {
			e.Errorf("the present owner's write: %v", err)
		}
	}},

	{"a claim that is lost before the end of the change spoils it", func(e *engine) {
		c, kept := e.claim("a"), e.claim("b")
		err := e.Update(e.Context(), func(w store.Writer) error {
			if err := w.Guard(kept); err != nil {
				return err
			}
			if err := w.Guard(c); err != nil {
				return err
			}
			if err := w.Put("x", []byte("stale")); err != nil {
				return err
			}
			c.Release()
			return nil
		})
		e.wantErr(err, store.ErrClaimLost)
		e.want("x", "")
	}},

	{"a claim of nobody's guards nothing", func(e *engine) {
		e.claim("a")
		e.wantErr(e.Update(e.Context(), func(w store.Writer) error { return w.Guard(stranger{}) }), store.ErrClaimLost)
	}},

	{"of many who claim at once, one gets the key", func(e *engine) {
		const workers, rounds = 8, 50
		var owners, entered atomic.Int32
		var all sync.WaitGroup
		for range workers {
			all.Go(func() {
				for range rounds {
					c, err := e.Claim(e.Context(), "a")
					if err != nil {
						e.wantErr(err, store.ErrClaimed)
						continue
					}
					if owners.Add(1) != 1 {
						e.Error("two owners at once")
					}
					entered.Add(1)
					owners.Add(-1)
					c.Release()
				}
			})
		}
		all.Wait()
		if entered.Load() == 0 {
			e.Error("nobody ever got the key")
		}
	}},
}

// stranger is a claim of no engine.
type stranger struct{}

func (stranger) Key() string        { return "a" }
func (stranger) Generation() uint64 { return 1 }
func (stranger) Release()           {}
