package store

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

const duePrefix = "due/"

// dueKey puts key into the one index that both reconcilers poll: due/<nanoseconds since 1970, 20 digits>/<key>.
func dueKey(at time.Time, key string) string {
	return fmt.Sprintf("%s%020d/%s", duePrefix, at.UnixNano(), key)
}

func parseDueKey(k string) (at time.Time, key string, err error) {
	stamp, key, ok := strings.Cut(strings.TrimPrefix(k, duePrefix), "/")
	n, err := strconv.ParseInt(stamp, 10, 64)
	if !ok || err != nil {
		return time.Time{}, "", newError(Permanent, "Restore the store from a backup.", "the index entry %q can't be read", k)
	}
	return time.Unix(0, n).UTC(), key, nil
}

// DueKey is the key of a record that a reconciler must look at, and since when.
type DueKey struct {
	Key string
	At  time.Time
}

// Due returns the keys under the prefixes that are due by now, the longest due first, and when the next one will be
// (zero: none is planned).
func (tx *ReadTx) Due(prefixes ...string) (keys []DueKey, next time.Time, err error) {
	err = tx.r.Scan(duePrefix, "", func(k string, _ []byte) (bool, error) {
		at, key, err := parseDueKey(k)
		if err != nil {
			return false, err
		}
		if !slices.ContainsFunc(prefixes, func(p string) bool { return strings.HasPrefix(key, p) }) {
			return true, nil
		}
		if at.After(tx.now) {
			next = at
			return false, nil
		}
		keys = append(keys, DueKey{Key: key, At: at})
		return true, nil
	})
	return keys, next, err
}

// redo is how long Drive waits before it calls work again for a key that work left due, so that a record that nobody
// can settle doesn't keep a processor busy.
const redo = time.Second

// Drive is the loop of a reconciler: it calls work for each key under the prefixes when it falls due, at most workers
// at a time and never twice at once for one key, until ctx ends. work settles the key by writing its record with
// another due time, or none. Drive returns when every call of work has returned.
func (s *Store) Drive(ctx context.Context, workers int, work func(ctx context.Context, key string), prefixes ...string) error {
	changed := s.Watch(ctx, duePrefix)
	finished := make(chan DueKey)
	busy := map[string]bool{}
	rest := map[DueKey]time.Time{} // what work left as it was, and when it is called again
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
		for _, d := range due {
			if until := rest[d]; until.After(now) {
				if next.IsZero() || until.Before(next) {
					next = until
				}
				continue
			}
			if len(busy) >= workers {
				break
			}
			if busy[d.Key] {
				continue
			}
			busy[d.Key] = true
			wg.Go(func() {
				work(ctx, d.Key)
				select {
				case finished <- d:
				case <-ctx.Done():
				}
			})
		}
		maps.DeleteFunc(rest, func(_ DueKey, until time.Time) bool { return !until.After(now) })
		var alarm <-chan time.Time
		stop := func() bool { return true }
		if !next.IsZero() {
			timer := s.clock.NewTimer(max(next.Sub(now), 0))
			alarm, stop = timer.Chan(), timer.Stop
		}
		select {
		case <-ctx.Done():
		case d := <-finished:
			delete(busy, d.Key)
			rest[d] = s.now().Add(redo)
		case <-changed:
		case <-alarm:
		}
		stop()
	}
}
