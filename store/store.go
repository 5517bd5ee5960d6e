// Package store is the truth of oktaws: the records (Account, Request, Task, Check, Event, Message), the rules by which
// they change, and the key-value contract under them. Two reconcilers make the world match it; nothing is kept elsewhere.
package store

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"time"

	"github.com/jonboulle/clockwork"
)

// Schema is the version of the records that this program reads and writes.
const Schema = 2

const (
	schemaKey = "meta/schema"
	roomKey   = "meta/room" // of a try whether there is room for more
)

// Store is the records over an engine.
type Store struct {
	engine Engine
	clock  clockwork.Clock
	room   room
}

// New opens the records over an engine, and marks an empty engine with this program's schema. It refuses an engine
// whose schema it does not know, or that holds something else.
func New(ctx context.Context, engine Engine, clock clockwork.Clock) (*Store, error) {
	s := &Store{engine: engine, clock: clock}
	have, err := s.schema(ctx)
	if err == nil && have == 1 {
		err = s.upgradeFrom1(ctx)
	} else if err == nil && have != Schema {
		err = newError(Permanent, "Run the version of oktaws that wrote it, or upgrade step by step.",
			"the store has schema %d; this version of oktaws knows schema %d", have, Schema)
	}
	if err != nil {
		return nil, fmt.Errorf("open records: %w", err)
	}
	return s, nil
}

// schema returns the schema of the engine's records, and marks an empty engine with this program's.
func (s *Store) schema(ctx context.Context) (have int, err error) {
	err = s.engine.Update(ctx, func(w Writer) error {
		marked := false
		if have, marked, err = schemaOf(w); err != nil || marked {
			return err
		}
		if err := w.Scan("", "", func(key string, _ []byte) (bool, error) {
			return false, newError(Permanent, "Point oktaws at a store of its own, or restore this one from a backup.",
				"the store has no schema mark, but holds %q", key)
		}); err != nil {
			return err
		}
		have = Schema
		return markSchema(w)
	})
	return have, err
}

// schemaOf returns the schema that the store is marked with, where it is.
func schemaOf(r Reader) (have int, marked bool, err error) {
	raw, err := r.Get(schemaKey)
	if err != nil || raw == nil {
		return 0, false, err
	}
	if err := json.Unmarshal(raw, &have); err != nil {
		return 0, true, newError(Permanent, "Restore the store from a backup.", "the store's schema mark %q can't be read", raw)
	}
	return have, true, nil
}

func markSchema(w Writer) error { return w.Put(schemaKey, fmt.Appendf(nil, "%d", Schema)) }

// Clock is the clock that the records' times are from.
func (s *Store) Clock() clockwork.Clock { return s.clock }

// View reads the records of one consistent snapshot.
func (s *Store) View(ctx context.Context, read func(*ReadTx) error) error {
	return s.engine.View(ctx, func(r Reader) error { return read(&ReadTx{r: r, now: s.now()}) })
}

// Update changes the records in one transaction, all or nothing. change may run more than once. A record that was
// written carries its new revision when Update returns nil, and the one it had before where it fails.
func (s *Store) Update(ctx context.Context, change func(*Tx) error) error {
	var tx *Tx
	err := s.engine.Update(ctx, func(w Writer) error {
		tx.undo() // the engine runs change anew
		tx = &Tx{ReadTx: ReadTx{r: w, now: s.now()}, w: w, before: map[*Meta]Meta{}}
		return change(tx)
	})
	if err != nil {
		tx.undo()
		s.room.note(err)
	}
	return err
}

// Claim makes the caller the one who works on key, or fails at once with ErrClaimed.
func (s *Store) Claim(ctx context.Context, key string) (Claim, error) {
	return s.engine.Claim(ctx, key)
}

// Watch returns a channel that holds a token whenever a record under prefix was changed since the last receive.
func (s *Store) Watch(ctx context.Context, prefix string) <-chan struct{} {
	return s.engine.Watch(ctx, prefix)
}

// now is the time as a record keeps it: in UTC, and without the reading of a monotonic clock.
func (s *Store) now() time.Time { return s.clock.Now().UTC().Round(0) }

// ReadTx reads records inside one transaction.
type ReadTx struct {
	r   Reader
	now time.Time
}

// Now is the time of the transaction.
func (tx *ReadTx) Now() time.Time { return tx.now }

// Tx reads and changes records inside one transaction.
type Tx struct {
	ReadTx
	w      Writer
	events int
	before map[*Meta]Meta // of the caller's records that were written, as they were
}

// remember keeps the record as it is, in case the transaction isn't kept.
func (tx *Tx) remember(m *Meta) {
	if _, known := tx.before[m]; !known {
		tx.before[m] = *m
	}
}

func (tx *Tx) undo() {
	if tx == nil {
		return
	}
	for m, before := range tx.before {
		*m = before
	}
}

// Guard makes the transaction fail with ErrClaimLost unless the claim is still held.
func (tx *Tx) Guard(c Claim) error { return tx.w.Guard(c) }

// Meta is what every record carries.
type Meta struct {
	Revision uint64    `json:"revision"` // grows by one with every write
	Created  time.Time `json:"created"`
	Updated  time.Time `json:"updated"`
	Due      time.Time `json:"due,omitzero"`     // when a reconciler must look at it; zero: not before it changes
	Untold   bool      `json:"untold,omitempty"` // the messages about it don't show its last change; planning it has them rendered anew
}

func (m *Meta) meta() *Meta { return m }

type record interface {
	Key() string
	meta() *Meta
}

// get reads the record at key into rec, and says whether there is one.
func get(r Reader, key string, rec any) (bool, error) {
	raw, err := r.Get(key)
	if err != nil || raw == nil {
		return false, err
	}
	if err := json.Unmarshal(raw, rec); err != nil {
		return false, unreadable(key, err)
	}
	return true, nil
}

func unreadable(key string, err error) error {
	return &Error{Kind: Permanent, Message: fmt.Sprintf("the record %s can't be read", key), Remedy: "Restore the store from a backup.", Err: err}
}

// put writes a record that was read at the revision it carries, keeps the due index, and fails with a Conflict where
// the record has changed since.
func (tx *Tx) put(rec record) error {
	key, m := rec.Key(), rec.meta()
	tx.remember(m)
	var old Meta
	found, err := get(tx.w, key, &old)
	if err != nil {
		return err
	}
	if old.Revision != m.Revision {
		return newError(Conflict, "Look at it again.", "%s has changed meanwhile", key)
	}
	if !found {
		m.Created = tx.now
	}
	m.Revision++
	m.Updated = tx.now
	m.Due = dueTime(m.Due)
	if found && !old.Due.IsZero() && !old.Due.Equal(m.Due) {
		if err := tx.w.Delete(dueKey(old.Due, key)); err != nil {
			return err
		}
	}
	if !m.Due.IsZero() {
		if err := tx.w.Put(dueKey(m.Due, key), strconv.AppendUint(nil, m.Revision, 10)); err != nil {
			return err
		}
	}
	raw, err := json.Marshal(rec)
	if err != nil {
		return fmt.Errorf("encode %s: %w", key, err)
	}
	return tx.w.Put(key, raw)
}

// putNew writes a value that never changes.
func (tx *Tx) putNew(key string, value any) error {
	raw, err := json.Marshal(value)
	if err != nil {
		return fmt.Errorf("encode %s: %w", key, err)
	}
	return tx.w.Put(key, raw)
}

// drop deletes a record and its due entry.
func (tx *Tx) drop(rec record) error {
	if m := rec.meta(); !m.Due.IsZero() {
		if err := tx.w.Delete(dueKey(m.Due, rec.Key())); err != nil {
			return err
		}
	}
	return tx.w.Delete(rec.Key())
}

// scan decodes every record under prefix that comes after a key, in key order, until visit returns false.
func scan[T any](r Reader, prefix, after string, visit func(T) bool) error {
	return r.Scan(prefix, after, func(key string, raw []byte) (bool, error) {
		var rec T
		if err := json.Unmarshal(raw, &rec); err != nil {
			return false, unreadable(key, err)
		}
		return visit(rec), nil
	})
}
