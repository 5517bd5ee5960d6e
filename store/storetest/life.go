package storetest

import (
	"sync"

	"github.com/oktaws/oktaws/store"
)

var lifeCases = []testCase{
	{"after Close everything fails, and Close does nothing", func(e *engine) {
		e.put("a", "1")
		c := e.claim("a")
		woken := e.Watch(e.Context(), "")
		for range 2 {
			if err := e.Close(); err != nil {
				e.Errorf("Close: %v", err)
			}
		}
		e.wantErr(e.View(e.Context(), func(store.Reader) error { return nil }), store.ErrClosed)
		e.wantErr(e.Update(e.Context(), func(store.Writer) error { return nil }), store.ErrClosed)
		_, err := e.Claim(e.Context(), "b")
		e.wantErr(err, store.ErrClosed)
		c.Release()
		if _, open := wait(e, "the end of the watch", woken); open {
			e.Error("a token instead of the end")
		}
		if _, open := wait(e, "the end of a watch that begins too late", e.Watch(e.Context(), "")); open {
			e.Error("a token instead of the end")
		}
	}},

	{"Close waits for what is running", func(e *engine) {
		inside, goOn, closed := make(chan struct{}, 2), make(chan struct{}), make(chan error, 1)
		var running sync.WaitGroup
		running.Go(func() {
			err := e.View(e.Context(), func(r store.Reader) error {
				inside <- struct{}{}
				<-goOn
				_, err := r.Get("a")
				return err
			})
			if err != nil {
				e.Errorf("a view that was running when Close was called: %v", err)
			}
		})
		running.Go(func() {
			err := e.Update(e.Context(), func(w store.Writer) error {
				inside <- struct{}{}
				<-goOn
				return w.Put("a", []byte("1"))
			})
			if err != nil {
				e.Errorf("a change that was running when Close was called: %v", err)
			}
		})
		wait(e, "the view and the change", inside)
		wait(e, "the view and the change", inside)
		go func() { closed <- e.Close() }()
		for e.View(e.Context(), func(store.Reader) error { return nil }) == nil {
			// until Close has begun
		}
		select {
		case <-closed:
			e.Error("Close didn't wait")
		default:
		}
		close(goOn)
		running.Wait()
		if err, _ := wait(e, "Close", closed); err != nil {
			e.Errorf("Close: %v", err)
		}
	}},

	{"Close may come at any time, from anywhere", func(e *engine) {
		var all sync.WaitGroup
		for range 4 {
			all.Go(func() {
				for {
					err := e.Update(e.Context(), func(w store.Writer) error { return w.Put("a", []byte("1")) })
					if err != nil {
						e.wantErr(err, store.ErrClosed)
						return
					}
				}
			})
		}
		woken := e.Watch(e.Context(), "a")
		wait(e, "the first change", woken)
		for range 3 {
			all.Go(func() {
				if err := e.Close(); err != nil {
					e.Errorf("Close: %v", err)
				}
			})
		}
		all.Wait()
	}},
}
