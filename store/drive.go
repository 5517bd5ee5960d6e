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
// Drive returns when every call of work has returned: nil where ctx ended, and the error where the store can't be read.
func (s *Store) Drive(ctx context.Context, workers int, work func(ctx context.Context, key string), prefixes ...string) error {
	workers = max(workers, 1)
	changed := s.Watch(ctx, duePrefix)
	finished := make(chan DueKey, workers) // so that a worker can leave after Drive gave up listening
	busy := map[string]bool{}
	paces := map[string]pace{}
	var wg sync.WaitGroup
	defer wg.Wait()
	for {
		now := s.now()
		due, next, err := s.startable(ctx, now, workers-len(busy), func(d DueKey) (time.Time, bool) {
			return paces[d.Key].until(d), busy[d.Key]
		}, prefixes)
		if ctx.Err() != nil {
			return nil
		}
		if err != nil {
			return fmt.Errorf("look for due records: %w", err)
		}
		if len(due) > 0 && !s.writable(ctx) {
			due, next = nil, now.Add(redo)
		}
		for _, d := range due {
			busy[d.Key] = true
			wg.Go(func() {
				work(ctx, d.Key)
				finished <- d
			})
		}
		maps.DeleteFunc(paces, func(key string, p pace) bool { return !busy[key] && p.over(now) })
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
			if s.stillDue(ctx, d.Key) {
				paces[d.Key] = paces[d.Key].after(d, s.now())
			} else {
				delete(paces, d.Key)
			}
		case <-changed:
		case <-alarm:
		}
		stop()
	}
}

// startable returns the keys that work can be called for now, at most so many, the longest due first; and when to look
// again, where fewer than that are (zero: when something changes). It reads no further than it has to: with thousands of
// keys due, each of them ends with another look.
func (s *Store) startable(ctx context.Context, now time.Time, most int, held func(DueKey) (until time.Time, busy bool), prefixes []string) (due []DueKey, next time.Time, err error) {
	if most == 0 {
		return nil, time.Time{}, nil
	}
	err = s.View(ctx, func(tx *ReadTx) error {
		return tx.DueEver(func(d DueKey) bool {
			if d.At.After(tx.now) {
				next = sooner(next, d.At)
				return false
			}
			until, busy := held(d)
			switch {
			case busy:
			case until.After(now):
				next = sooner(next, until)
			default:
				due = append(due, d)
			}
			return len(due) < most
		}, prefixes...)
	})
	return due, next, err
}

// stillDue says whether the record is due although work was called for it; where that can't be told, it is.
func (s *Store) stillDue(ctx context.Context, key string) bool {
	due := true
	_ = s.View(ctx, func(tx *ReadTx) error { // the next look for due records meets the same error
		var m Meta
		if _, err := get(tx.r, key, &m); err != nil {
			return err
		}
		due = !m.Due.IsZero() && !m.Due.After(tx.now)
		return nil
	})
	return due
}

// pace is what Drive remembers of a key that work was called for and left due.
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

// over says whether nothing of it matters any more.
func (p pace) over(now time.Time) bool {
	return now.Sub(p.ended) >= redo && now.Sub(p.since) >= redo
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
