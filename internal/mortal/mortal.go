// Package mortal ends a run of oktaws as a crash does: from one moment on, nothing that it does is kept.
package mortal

import (
	"context"
	"errors"
	"sync"

	"github.com/oktaws/oktaws/store"
)

// ErrOver is what a run that has ended hears from its store.
var ErrOver = errors.New("this run of oktaws has been ended")

// Life is that of one run. Its zero value is alive.
type Life struct {
	mu   sync.RWMutex
	over bool
}

// End ends it. Once End has returned, the store's files stay as they are, whatever the run goes on to try.
func (l *Life) End() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.over = true
}

// Over says whether it has been ended.
func (l *Life) Over() bool {
	l.mu.RLock()
	defer l.mu.RUnlock()
	return l.over
}

// Engine returns one that keeps no change from then on; it suits app.Options.Engine.
func (l *Life) Engine(e store.Engine) store.Engine { return engine{e, l} }

type engine struct {
	store.Engine
	life *Life
}

// Update holds the life for as long as a change is under way, so that End never cuts one in two.
func (e engine) Update(ctx context.Context, change func(store.Writer) error) error {
	e.life.mu.RLock()
	defer e.life.mu.RUnlock()
	if e.life.over {
		return ErrOver
	}
	return e.Engine.Update(ctx, change)
}
