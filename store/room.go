package store

import (
	"context"
	"errors"
	"sync"
)

// A reconciler that acts on the world and then can't note it would act again, and again. So from the first change that
// the engine can't keep (ErrUnwritable) until it has room for more, Drive begins no work.

// roomSize is how many bytes there has to be room for. A change of records is smaller by far.
const roomSize = 256 << 10

// room is whether changes can be kept.
type room struct {
	mu     sync.Mutex
	lacks  bool
	tell   func(error)
	trying sync.Mutex
}

// Tell has tell called once when changes can't be kept any more, with an error that has ErrUnwritable in its chain, and
// once, with nil, when they can again. Call it before the store is used. tell must not use the store.
func (s *Store) Tell(tell func(error)) { s.room.tell = tell }

// note keeps in mind that a change could not be kept.
func (r *room) note(err error) {
	if errors.Is(err, ErrUnwritable) {
		r.set(true, err)
	}
}

func (r *room) set(lacks bool, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if lacks != r.lacks && r.tell != nil {
		r.tell(err)
	}
	r.lacks = lacks
}

func (r *room) lacking() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.lacks
}

// writable says whether changes can be kept. Where they could not, it tries, with far more than a change needs: on a disk
// that is nearly full a small one may go well, and the next one not.
func (s *Store) writable(ctx context.Context) bool {
	if !s.room.lacking() {
		return true
	}
	s.room.trying.Lock()
	defer s.room.trying.Unlock()
	if !s.room.lacking() {
		return true
	}
	err := s.engine.Update(ctx, func(w Writer) error { return w.Put(roomKey, make([]byte, roomSize)) })
	if err == nil {
		err = s.engine.Update(ctx, func(w Writer) error { return w.Delete(roomKey) })
	}
	if err != nil {
		return false
	}
	s.room.set(false, nil)
	return true
}
