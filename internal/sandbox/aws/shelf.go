package aws

import (
	"crypto/rand"
	"slices"
)

// shelf keeps the latest of something by ID, and lets go of the oldest.
type shelf[T any] struct {
	items map[string]T
	order []string
}

const shelfRoom = 300

func (s *shelf[T]) get(id string) (T, bool) {
	item, ok := s.items[id]
	return item, ok
}

func (s *shelf[T]) put(id string, item T) {
	if s.items == nil {
		s.items = map[string]T{}
	}
	if _, there := s.items[id]; !there {
		s.order = append(s.order, id)
	}
	s.items[id] = item
	if len(s.order) > shelfRoom {
		s.remove(s.order[0])
	}
}

func (s *shelf[T]) remove(id string) {
	delete(s.items, id)
	s.order = slices.DeleteFunc(s.order, func(o string) bool { return o == id })
}

// newSecretID makes an ID that nobody guesses, since to know it is to be signed in.
func newSecretID() string { return rand.Text() }
