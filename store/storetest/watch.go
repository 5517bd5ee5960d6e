package storetest

import (
	"context"
	"sync"

	"github.com/oktaws/oktaws/store"
)

var watchCases = []testCase{
	{"a change under the prefix wakes", func(e *engine) {
		woken := e.Watch(e.Context(), "due/")
		e.put("due/1", "")
		wait(e, "a token after a put", woken)
		e.update(func(w store.Writer) error { return w.Delete("due/1") })
		wait(e, "a token after a delete", woken)
	}},

	{"every watch of a key wakes", func(e *engine) {
		for _, woken := range []<-chan struct{}{e.Watch(e.Context(), "due/"), e.Watch(e.Context(), "due/"), e.Watch(e.Context(), "")} {
			defer wait(e, "a token at each watch", woken)
		}
		e.put("due/1", "")
	}},

	{"what isn't under the prefix, or isn't kept, doesn't wake", func(e *engine) {
		woken, all := e.Watch(e.Context(), "due/"), e.Watch(e.Context(), "")
		e.put("du", "", "due", "", "due0", "", "event/due/", "")
		e.wantErr(e.Update(e.Context(), func(w store.Writer) error {
			if err := w.Put("due/1", nil); err != nil {
				return err
			}
			return errStop
		}), errStop)
		e.view(func(r store.Reader) error { _, err := r.Get("due/1"); return err })
		wait(e, "a token for the other keys", all) // tokens come in the order of the changes, so the wrong one would be here
		select {
		case <-woken:
			e.Error("woken for nothing")
		default:
		}
	}},

	{"many changes make one token, and a change after a receive another", func(e *engine) {
		woken, marks := e.Watch(e.Context(), "due/"), e.Watch(e.Context(), "mark/")
		for i := range 20 {
			e.put("due/"+numbered(i), "")
		}
		e.put("mark/1", "")
		wait(e, "the mark", marks)
		wait(e, "the token", woken)
		select {
		case <-woken:
			e.Error("many changes made more than one token")
		default:
		}
		e.put("due/last", "")
		wait(e, "another token", woken)
	}},

	{"no change is missed by one who looks after each token", func(e *engine) {
		const n = 200
		woken := e.Watch(e.Context(), "due/")
		var writer sync.WaitGroup
		defer writer.Wait()
		writer.Go(func() {
			for i := range n {
				e.put("due/"+numbered(i), "")
			}
		})
		for {
			seen := 0
			e.view(func(r store.Reader) error {
				keys, err := keysOf(r, "due/", "")
				seen = len(keys)
				return err
			})
			if seen == n {
				return
			}
			wait(e, "a token for a change that wasn't seen yet", woken)
		}
	}},

	{"a watch ends with its context, and alone", func(e *engine) {
		ctx, cancel := context.WithCancel(e.Context())
		woken, other := e.Watch(ctx, "due/"), e.Watch(e.Context(), "due/")
		cancel()
		if _, open := wait(e, "the end of the watch", woken); open {
			e.Error("a token instead of the end")
		}
		e.put("due/1", "")
		if _, open := wait(e, "a token of the other watch", other); !open {
			e.Error("the other watch ended too")
		}
		if _, open := wait(e, "the end of a watch that begins too late", e.Watch(ended(), "due/")); open {
			e.Error("a token instead of the end")
		}
	}},
}
