package storetest

import (
	"bytes"
	"context"
	"strconv"
	"sync"

	"github.com/oktaws/oktaws/store"
)

var transactionCases = []testCase{
	{"a value is read back until it is deleted", func(e *engine) {
		e.want("a", "")
		e.put("a", "1")
		e.want("a", "1")
		e.put("a", "2")
		e.want("a", "2")
		e.update(func(w store.Writer) error { return w.Delete("a") })
		e.want("a", "")
		e.update(func(w store.Writer) error { return w.Delete("a") })
	}},

	{"a value of no bytes is not a missing one", func(e *engine) {
		e.update(func(w store.Writer) error {
			for key, value := range map[string][]byte{"nil": nil, "none": {}} {
				if err := w.Put(key, value); err != nil {
					return err
				}
				if got, err := w.Get(key); err != nil || got == nil || len(got) != 0 {
					e.Errorf("in the transaction, Get(%q) = %v, %v; want no bytes", key, got, err)
				}
			}
			return nil
		})
		e.view(func(r store.Reader) error {
			for _, key := range []string{"nil", "none"} {
				if got, err := r.Get(key); err != nil || got == nil || len(got) != 0 {
					e.Errorf("Get(%q) = %v, %v; want no bytes", key, got, err)
				}
			}
			return nil
		})
	}},

	{"any byte can stand in keys and values", func(e *engine) {
		key, value := "k/\x00\xff/é \n", string([]byte{0, 1, 0xfe, 0xff})
		e.put(key, value)
		e.want(key, value)
	}},

	{"a value of many bytes is kept whole", func(e *engine) {
		value := string(bytes.Repeat([]byte("0123456789abcdef"), 16<<10))
		e.put("large", value)
		e.want("large", value)
	}},

	{"many keys of many bytes are written at once", func(e *engine) {
		value := bytes.Repeat([]byte("0123456789abcdef"), 2<<10) // as the rows of the largest batch are
		e.update(func(w store.Writer) error {
			for i := range 40 {
				if err := w.Put(numbered(i), value); err != nil {
					return err
				}
			}
			return nil
		})
		e.want(numbered(0), string(value))
		e.want(numbered(39), string(value))
	}},

	{"an empty key is refused", func(e *engine) {
		err := e.Update(e.Context(), func(w store.Writer) error { return w.Put("", []byte("1")) })
		if err == nil {
			e.Error("Put with an empty key was kept")
		}
	}},

	{"a transaction sees its own writes", func(e *engine) {
		e.put("a", "1", "b", "2")
		e.update(func(w store.Writer) error {
			if err := w.Put("a", []byte("9")); err != nil {
				return err
			}
			if err := w.Delete("b"); err != nil {
				return err
			}
			if err := w.Put("c", []byte("3")); err != nil {
				return err
			}
			e.wantIn(w, "a", "9")
			e.wantIn(w, "b", "")
			e.wantIn(w, "c", "3")
			keys, err := keysOf(w, "", "")
			if len(keys) != 2 || keys[0] != "a" || keys[1] != "c" {
				e.Errorf("Scan in the transaction visits %q", keys)
			}
			return err
		})
	}},

	{"nothing is kept of a change that fails", func(e *engine) {
		e.put("a", "1", "b", "2")
		err := e.Update(e.Context(), func(w store.Writer) error {
			if err := w.Put("a", []byte("9")); err != nil {
				return err
			}
			if err := w.Delete("b"); err != nil {
				return err
			}
			if err := w.Put("c", []byte("3")); err != nil {
				return err
			}
			return errStop
		})
		e.wantErr(err, errStop)
		e.want("a", "1")
		e.want("b", "2")
		e.want("c", "")
	}},

	{"nothing is kept of a change that panics, and the engine goes on", func(e *engine) {
		func() {
			defer func() {
				if p := recover(); p != errStop {
					e.Errorf("recovered %v, want the panic of the change", p)
				}
			}()
			_ = e.Update(e.Context(), func(w store.Writer) error {
				if err := w.Put("a", []byte("1")); err != nil {
					return err
				}
				panic(errStop)
			})
		}()
		func() {
			defer func() { _ = recover() }()
			_ = e.View(e.Context(), func(store.Reader) error { panic(errStop) })
		}()
		e.want("a", "")
		e.put("a", "2")
		e.want("a", "2")
	}},

	{"a view's error comes back", func(e *engine) {
		e.wantErr(e.View(e.Context(), func(store.Reader) error { return errStop }), errStop)
	}},

	{"a view is one moment", func(e *engine) {
		e.put("a", "1", "b", "1")
		inside, written := make(chan struct{}), make(chan struct{})
		go func() {
			defer close(written)
			<-inside
			e.put("a", "2", "b", "2", "c", "2")
		}()
		e.view(func(r store.Reader) error {
			e.wantIn(r, "a", "1")
			close(inside)
			wait(e, "a write beside a view", written)
			e.wantIn(r, "a", "1")
			e.wantIn(r, "b", "1")
			e.wantIn(r, "c", "")
			keys, err := keysOf(r, "", "")
			if len(keys) != 2 {
				e.Errorf("the view sees %q", keys)
			}
			return err
		})
		e.want("c", "2")
	}},

	{"values are the caller's to keep and to change", func(e *engine) {
		given := []byte("one")
		var read, scanned []byte
		e.update(func(w store.Writer) (err error) {
			if err := w.Put("a", given); err != nil {
				return err
			}
			copy(given, "XXX")
			read, err = w.Get("a")
			if string(read) != "one" {
				e.Errorf("after the given slice changed, Get = %q", read)
			}
			copy(read, "YYY")
			return err
		})
		e.want("a", "one")
		e.view(func(r store.Reader) (err error) {
			if read, err = r.Get("a"); err != nil {
				return err
			}
			return r.Scan("a", "", func(_ string, value []byte) (bool, error) {
				scanned = value
				return true, nil
			})
		})
		for i := range 200 { // so that the place where the values were is used again
			e.put("a", "two", "other"+strconv.Itoa(i), "x")
		}
		if string(read) != "one" || string(scanned) != "one" {
			e.Errorf("after later writes, values that were read are %q and %q", read, scanned)
		}
		copy(read, "ZZZ")
		e.want("a", "two")
	}},

	{"a transaction that has ended fails", func(e *engine) {
		var reader store.Reader
		var writer store.Writer
		e.view(func(r store.Reader) error { reader = r; return nil })
		e.update(func(w store.Writer) error { writer = w; return nil })
		for _, r := range []store.Reader{reader, writer} {
			if _, err := r.Get("a"); err == nil {
				e.Error("Get after the transaction didn't fail")
			}
			if _, err := keysOf(r, "", ""); err == nil {
				e.Error("Scan after the transaction didn't fail")
			}
		}
		if writer.Put("a", nil) == nil || writer.Delete("a") == nil {
			e.Error("a write after the transaction didn't fail")
		}
		e.want("a", "")
	}},

	{"as many keys as allowed are written, and not one more", func(e *engine) {
		e.update(func(w store.Writer) error {
			for i := range store.MaxWrites {
				for range 3 { // the same key again is not another one
					if err := w.Put(numbered(i), []byte("1")); err != nil {
						return err
					}
				}
			}
			return nil
		})
		for _, hide := range []bool{false, true} {
			err := e.Update(e.Context(), func(w store.Writer) error {
				for i := range store.MaxWrites + 1 {
					if err := w.Delete(numbered(i)); err != nil && !hide {
						return err
					}
				}
				return nil
			})
			e.wantErr(err, store.ErrTooManyWrites)
		}
		e.want(numbered(0), "1")
		e.want(numbered(store.MaxWrites-1), "1")
	}},

	{"changes side by side come out as if one after another", func(e *engine) {
		const workers, rounds = 8, 25
		var all sync.WaitGroup
		for range workers {
			all.Go(func() {
				for range rounds {
					err := e.Update(e.Context(), func(w store.Writer) error {
						n := 0
						for _, key := range []string{"n/left", "n/right"} {
							raw, err := w.Get(key)
							if err != nil {
								return err
							}
							n, _ = strconv.Atoi(string(raw))
							if err := w.Put(key, strconv.AppendInt(nil, int64(n+1), 10)); err != nil {
								return err
							}
						}
						return nil
					})
					if err != nil {
						e.Errorf("Update: %v", err)
					}
				}
			})
			all.Go(func() {
				for range rounds {
					err := e.View(e.Context(), func(r store.Reader) error {
						left, err := r.Get("n/left")
						if err != nil {
							return err
						}
						right, err := r.Get("n/right")
						if string(left) != string(right) {
							e.Errorf("a view saw half of a change: %s and %s", left, right)
						}
						return err
					})
					if err != nil {
						e.Errorf("View: %v", err)
					}
				}
			})
		}
		all.Wait()
		e.want("n/left", strconv.Itoa(workers*rounds))
	}},

	{"nothing begins once the context has ended", func(e *engine) {
		e.wantErr(e.View(ended(), func(store.Reader) error { e.Error("View ran"); return nil }), context.Canceled)
		e.wantErr(e.Update(ended(), func(store.Writer) error { e.Error("Update ran"); return nil }), context.Canceled)
		_, err := e.Claim(ended(), "a")
		e.wantErr(err, context.Canceled)
	}},

	{"nothing is kept once the context has ended", func(e *engine) {
		ctx, cancel := context.WithCancel(e.Context())
		err := e.Update(ctx, func(w store.Writer) error {
			if err := w.Put("a", []byte("1")); err != nil {
				return err
			}
			cancel()
			return nil
		})
		e.wantErr(err, context.Canceled)
		e.want("a", "")
	}},

	{"a reader fails once its context has ended", func(e *engine) {
		e.put("a", "1", "b", "2")
		ctx, cancel := context.WithCancel(e.Context())
		err := e.View(ctx, func(r store.Reader) error {
			visited := 0
			err := r.Scan("", "", func(string, []byte) (bool, error) {
				visited++
				cancel()
				return true, nil
			})
			if visited != 1 {
				e.Errorf("Scan visited %d keys", visited)
			}
			return err
		})
		e.wantErr(err, context.Canceled)
	}},
}
