package store

import (
	"context"
	"fmt"
	"maps"
	"sync"
	"time"
)

const (
	// redo is how long Drive waits before it calls work again for a record that work left due and untouched, so that
	// one that nobody can settle doesn't keep a processor busy.
	redo = time.Second
	// burst is how many times within redo it calls work for a record that work changes and leaves due every time.
	burst = 20
	// look is the longest that it waits for a planned time, since a clock can be set, and a machine can sleep.
	look = time.Minute
)

// Drive is the loop of a reconciler: it calls work for each key under the prefixes when it falls due, at most workers
// at a time and never twice at once for one key, until ctx ends. work settles the key by writing its record with
// another due time, or none. A record that is due again when work returns gets another call: at once where it was
// changed meanwhile, after a second where it wasn't. While the store can't be written (ErrUnwritable) no work begins.
// Drive returns when every call of work has returned: nil where ctx
// ended, and the error where the store can't be read.
func (s *Store) Drive(ctx context.Context, workers int, work func(ctx context.Context, key string), prefixes ...string) error {
	workers = max(workers, 1)
	changed := s.Watch(ctx, duePrefix)
	finished := make(chan DueKey, workers) // so that a worker can leave after Drive gave up listening
	busy := map[string]bool{}
	paces := map[string]pace{}
	var wg sync.WaitGroup
	defer wg.Wait()
	for {
		var due []DueKey
		var next time.Time
		err := s.View(ctx, func(tx *ReadTx) (err error) {
			due, next, err = tx.Due(prefixes...)
			return err
		})
		if ctx.Err() != nil {
			return nil
		}
		if err != nil {
			return fmt.Errorf("look for due records: %w", err)
		}
		now := s.now()
		full := len(due) > len(busy) && !s.writable(ctx)
		if again := now.Add(redo); full && (next.IsZero() || again.Before(next)) {
			next = again
		}
		still := map[string]bool{}
		for _, d := range due {
			still[d.Key] = true
			if busy[d.Key] {
				continue
			}
			if until := paces[d.Key].until(d); until.After(now) {
				if next.IsZero() || until.Before(next) {
					next = until
				}
				continue
			}
			if full || len(busy) >= workers {
				continue
			}
			busy[d.Key] = true
			wg.Go(func() {
				work(ctx, d.Key)
				finished <- d
			})
		}
		maps.DeleteFunc(paces, func(key string, _ pace) bool { return !still[key] && !busy[key] })
		var alarm <-chan time.Time
		stop := func() bool { return true }
		if !next.IsZero() {
			wait := min(max(next.Sub(now), 0), look)
			timer := s.clock.NewTimer(wait)
			alarm, stop = timer.Chan(), timer.Stop
			if s.now().Sub(now) >= wait { // the clock jumped before the alarm was set
				stop()
				continue
			}
		}
		select {
		case <-ctx.Done():
		case d := <-finished:
			delete(busy, d.Key)
			paces[d.Key] = paces[d.Key].after(d, s.now())
		case <-changed:
		case <-alarm:
		}
		stop()
	}
}

// pace is what Drive remembers of a key that has been due ever since work was first called for it.
type pace struct {
	revision uint64    // that work was last called for
	ended    time.Time // when that call returned
	since    time.Time // from when on calls are counted
	calls    int
}

// after returns the pace once work has returned.
func (p pace) after(d DueKey, now time.Time) pace {
	if now.Sub(p.since) >= redo {
		p.since, p.calls = now, 0
	}
	p.revision, p.ended, p.calls = d.Revision, now, p.calls+1
	return p
}

// until returns before when work must not be called for the key.
func (p pace) until(d DueKey) time.Time {
	switch {
	case p.calls == 0:
		return time.Time{}
	case d.Revision == p.revision:
		return p.ended.Add(redo)
	case p.calls >= burst:
		return p.since.Add(redo)
	}
	return time.Time{}
}
