package page

import (
	"crypto/rand"
	"sync"
)

// keepNotes is how many notes are kept, the latest; a page is read soon after its form was sent.
const keepNotes = 64

// Notes keeps what forms came to, for the page that comes next to tell. That page has the note's ID in its address: so
// the note stays while the page is asked for again, is gone when the person goes on, and no page shows a text out of its
// address. Its zero value is ready for use.
type Notes[T any] struct {
	mu   sync.Mutex
	ids  []string
	byID map[string]T
}

// Add keeps a note, and returns its ID.
func (n *Notes[T]) Add(what T) (id string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.byID == nil {
		n.byID = map[string]T{}
	}
	id = rand.Text()
	n.ids, n.byID[id] = append(n.ids, id), what
	if len(n.ids) > keepNotes {
		delete(n.byID, n.ids[0])
		n.ids = n.ids[1:]
	}
	return id
}

// Get returns the note with the ID, or T's zero value where there is none.
func (n *Notes[T]) Get(id string) T {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.byID[id]
}
