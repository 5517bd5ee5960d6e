package store

import (
	"context"
	"strings"
	"sync"
)

// claims are the claims of an engine whose owners are all in this process.
type claims struct {
	mu     sync.Mutex
	last   uint64 // the newest generation
	held   map[string]*claim
	closed bool
}

type claim struct {
	of         *claims
	key        string
	generation uint64
}

// newClaims makes claims whose generations are above those of every smaller epoch.
func newClaims(epoch uint64) *claims {
	return &claims{last: epoch << 32, held: map[string]*claim{}}
}

func (cs *claims) take(key string) (Claim, error) {
	cs.mu.Lock()
	defer cs.mu.Unlock()
	if cs.closed {
		return nil, ErrClosed
	}
	if cs.held[key] != nil {
		return nil, ErrClaimed
	}
	cs.last++
	c := &claim{of: cs, key: key, generation: cs.last}
	cs.held[key] = c
	return c, nil
}

func (cs *claims) holds(c *claim) bool {
	cs.mu.Lock()
	defer cs.mu.Unlock()
	return cs.held[c.key] == c
}

// hold keeps the claims as they are until release is called, or fails where one of the guards is no longer held.
func (cs *claims) hold(guards []*claim) (release func(), err error) {
	if len(guards) == 0 {
		return func() {}, nil
	}
	cs.mu.Lock()
	for _, c := range guards {
		if cs.held[c.key] != c {
			cs.mu.Unlock()
			return nil, ErrClaimLost
		}
	}
	return cs.mu.Unlock, nil
}

// drop ends every claim, and gives no more.
func (cs *claims) drop() {
	cs.mu.Lock()
	defer cs.mu.Unlock()
	cs.closed = true
	clear(cs.held)
}

func (c *claim) Key() string        { return c.key }
func (c *claim) Generation() uint64 { return c.generation }

func (c *claim) Release() {
	c.of.mu.Lock()
	defer c.of.mu.Unlock()
	if c.of.held[c.key] == c {
		delete(c.of.held, c.key)
	}
}

// watchers are the watches of an engine whose every change is made in this process.
type watchers struct {
	mu     sync.Mutex
	all    map[*watcher]bool
	closed bool
}

type watcher struct {
	prefix string
	tokens chan struct{} // holds one at most
	forget func() bool   // stops waiting for the end of the watcher's context
}

func newWatchers() *watchers { return &watchers{all: map[*watcher]bool{}} }

func (ws *watchers) watch(ctx context.Context, prefix string) <-chan struct{} {
	w := &watcher{prefix: prefix, tokens: make(chan struct{}, 1)}
	ws.mu.Lock()
	defer ws.mu.Unlock()
	if ws.closed {
		close(w.tokens)
		return w.tokens
	}
	ws.all[w] = true
	w.forget = context.AfterFunc(ctx, func() {
		ws.mu.Lock()
		defer ws.mu.Unlock()
		if ws.all[w] {
			delete(ws.all, w)
			close(w.tokens)
		}
	})
	return w.tokens
}

// wake gives a token to everybody who watches one of the keys.
func (ws *watchers) wake(keys map[string]bool) {
	ws.mu.Lock()
	defer ws.mu.Unlock()
	for w := range ws.all {
		for key := range keys {
			if !strings.HasPrefix(key, w.prefix) {
				continue
			}
			select {
			case w.tokens <- struct{}{}:
			default: // it holds one already
			}
			break
		}
	}
}

// end closes every watch, and those to come.
func (ws *watchers) end() {
	ws.mu.Lock()
	defer ws.mu.Unlock()
	ws.closed = true
	for w := range ws.all {
		w.forget()
		close(w.tokens)
	}
	clear(ws.all)
}
