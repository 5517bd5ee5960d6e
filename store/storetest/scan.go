package storetest

import (
	"slices"

	"github.com/oktaws/oktaws/store"
)

var scanCases = []testCase{
	{"a scan visits what begins with the prefix and comes after, in byte order", func(e *engine) {
		e.put("b/2", "", "a", "", "b", "", "b/10", "", "b/1", "", "b0", "", "b/\xff", "", "b/\x00", "", "B/1", "", "c", "")
		all := []string{"B/1", "a", "b", "b/\x00", "b/1", "b/10", "b/2", "b/\xff", "b0", "c"}
		for _, c := range []struct {
			prefix, after string
			want          []string
		}{
			{"", "", all},
			{"", "b", all[3:]},
			{"", "c", nil},
			{"b/", "", all[3:8]},
			{"b/", "a", all[3:8]},
			{"b/", "b/", all[3:8]},
			{"b/", "b/1", all[5:8]},
			{"b/", "b/15", all[6:8]},
			{"b/", "b/\xff", nil},
			{"b/", "b/\xff\xff", nil},
			{"b/", "z", nil},
			{"b/1", "", all[4:6]},
			{"b", "", all[2:9]},
			{"b", "b", all[3:9]},
			{"x", "", nil},
		} {
			e.view(func(r store.Reader) error {
				got, err := keysOf(r, c.prefix, c.after)
				if !slices.Equal(got, c.want) {
					e.Errorf("Scan(%q, %q) visits %q, want %q", c.prefix, c.after, got, c.want)
				}
				return err
			})
		}
	}},

	{"a scan gives the values", func(e *engine) {
		e.put("n/1", "one", "n/2", "two")
		e.view(func(r store.Reader) error {
			return r.Scan("n/", "", func(key string, value []byte) (bool, error) {
				if want := map[string]string{"n/1": "one", "n/2": "two"}[key]; string(value) != want {
					e.Errorf("%s has %q, want %q", key, value, want)
				}
				return true, nil
			})
		})
	}},

	{"a scan stops when it is told to, or at an error", func(e *engine) {
		e.put("1", "", "2", "", "3", "")
		for _, stop := range []error{nil, errStop} {
			visited := 0
			err := e.View(e.Context(), func(r store.Reader) error {
				return r.Scan("", "", func(key string, _ []byte) (bool, error) {
					visited++
					if key == "1" {
						return true, nil
					}
					return stop != nil, stop
				})
			})
			if visited != 2 || err != stop {
				e.Errorf("told to stop with %v, Scan visited %d keys and returned %v", stop, visited, err)
			}
		}
	}},

	{"a scan goes over many keys, page by page", func(e *engine) {
		const n = 3000
		for from := 0; from < n; from += store.MaxWrites {
			e.update(func(w store.Writer) error {
				for i := from; i < min(from+store.MaxWrites, n); i++ {
					if err := w.Put(numbered(i), []byte(numbered(i))); err != nil {
						return err
					}
				}
				return nil
			})
		}
		e.view(func(r store.Reader) error {
			keys, err := keysOf(r, "n/", "")
			if len(keys) != n || !slices.IsSorted(keys) {
				e.Errorf("Scan visits %d keys, in order: %t; want %d", len(keys), slices.IsSorted(keys), n)
			}
			return err
		})
		e.view(func(r store.Reader) error {
			after, got := "", 0
			for {
				page := 0
				err := r.Scan("n/", after, func(key string, _ []byte) (bool, error) {
					after = key
					page++
					return page < 700, nil
				})
				got += page
				if err != nil || page == 0 {
					if got != n {
						e.Errorf("in pages, Scan visits %d keys, want %d", got, n)
					}
					return err
				}
			}
		})
	}},

	{"what is visited may read, and scan again", func(e *engine) {
		e.put("a/1", "b/1", "a/2", "b/2", "b/1", "x", "b/2", "y")
		e.view(func(r store.Reader) error {
			seen := 0
			err := r.Scan("a/", "", func(_ string, value []byte) (bool, error) {
				seen++
				got, err := r.Get(string(value))
				if got == nil || err != nil {
					e.Errorf("Get(%q) inside Scan = %q, %v", value, got, err)
				}
				inner, err := keysOf(r, "b/", "")
				if len(inner) != 2 {
					e.Errorf("Scan inside Scan visits %q", inner)
				}
				return true, err
			})
			if seen != 2 {
				e.Errorf("Scan visited %d keys", seen)
			}
			return err
		})
	}},

	{"what is visited may write", func(e *engine) {
		var pairs []string
		for i := range 50 {
			pairs = append(pairs, numbered(i), "old")
		}
		e.put(pairs...)
		var visited []string
		e.update(func(w store.Writer) error {
			visited = nil
			return w.Scan("n/", "", func(key string, _ []byte) (bool, error) {
				visited = append(visited, key)
				switch key {
				case numbered(10): // one that is to come goes, and one comes
					if err := w.Delete(numbered(11)); err != nil {
						return false, err
					}
					return true, w.Put(numbered(10)+"x", nil)
				case numbered(20): // one that was visited changes
					return true, w.Put(numbered(5), []byte("new"))
				default:
					return true, w.Delete(key)
				}
			})
		})
		var want []string
		for i := range 50 {
			if i != 11 {
				want = append(want, numbered(i))
			}
			if i == 10 {
				want = append(want, numbered(10)+"x")
			}
		}
		if !slices.Equal(visited, want) {
			e.Errorf("Scan visited %q, want %q", visited, want)
		}
		e.view(func(r store.Reader) error {
			left, err := keysOf(r, "n/", "")
			if want := []string{numbered(5), numbered(10), numbered(20)}; !slices.Equal(left, want) {
				e.Errorf("left are %q, want %q", left, want)
			}
			return err
		})
	}},
}
