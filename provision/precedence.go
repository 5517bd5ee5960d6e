package provision

import (
	"cmp"
	"context"
	"errors"

	"github.com/oktaws/oktaws/store"
)

// Precedence says who goes first where calls have to wait for one another, as those to Okta do: it takes only so many a
// minute. The zero precedence is the highest: who says nothing is a person who waits.
type Precedence struct {
	Class  Class
	Behind int // steps that can't begin before this one is done: the more, the sooner
}

// Class is for whom a call is made.
type Class int

// The classes, the first to go first.
const (
	Interactive Class = iota // somebody looks at the screen until it is answered
	Awaited                  // somebody has done a task, or is doing it, and waits until it is seen
	Single                   // a request of its own
	Batch                    // one of many requests that were made together
	Background               // nobody waits: a scheduled check, or what a step has left for later
)

// Compare is negative where p goes before other, and 0 where who came first does.
func (p Precedence) Compare(other Precedence) int {
	return cmp.Or(cmp.Compare(p.Class, other.Class), cmp.Compare(other.Behind, p.Behind))
}

type precedenceKey struct{}

// WithPrecedence returns a context whose calls have the precedence.
func WithPrecedence(ctx context.Context, p Precedence) context.Context {
	return context.WithValue(ctx, precedenceKey{}, p)
}

// PrecedenceOf returns the precedence of the context's calls.
func PrecedenceOf(ctx context.Context) Precedence {
	p, _ := ctx.Value(precedenceKey{}).(Precedence)
	return p
}

// ErrGaveWay is why a call wasn't sent that had to wait: the account is wanted by a person, or the program is to stop.
// Nothing came of it, so whoever meant to make it begins anew later, as if it had been cut off.
var ErrGaveWay = errors.New("gave way while it waited for its turn")

type passKey struct{}

// GivingWay returns the channel that closes when a call that still waits for its turn is to end with ErrGaveWay; nil
// where none ever is.
func GivingWay(ctx context.Context) <-chan struct{} {
	if pass, ok := ctx.Value(passKey{}).(context.Context); ok {
		return pass.Done()
	}
	return nil
}

// givesWay returns the context of a pass over the account, which can be told to give way, and what ends it.
func (r *Reconciler) givesWay(ctx context.Context, key store.AccountKey) (context.Context, func()) {
	pass, cancel := context.WithCancel(ctx)
	told := &cancel // a func can't be compared
	r.passes.Store(key, told)
	return context.WithValue(ctx, passKey{}, pass), func() {
		r.passes.CompareAndDelete(key, told)
		cancel()
	}
}

// giveWay has the pass over the account, if one is under way, end as soon as it can without leaving anything half sent.
func (r *Reconciler) giveWay(key store.AccountKey) {
	if told, ok := r.passes.Load(key); ok {
		(*told.(*context.CancelFunc))()
	}
}

func gaveWay(ctx context.Context) bool {
	pass, ok := ctx.Value(passKey{}).(context.Context)
	return ok && pass.Err() != nil
}

// classOf is for whom the request is carried out.
func (w *work) classOf(ctx context.Context, request string) (Class, error) {
	class := Single
	err := w.r.store.View(ctx, func(tx *store.ReadTx) error {
		r, err := tx.Request(request)
		if err == nil && r.Parent != "" {
			class = Batch
		}
		if store.KindOf(err) == store.NotFound {
			return nil
		}
		return err
	})
	return class, err
}

// inItsPlace gives what a step calls its precedence among the steps of all accounts: what much waits for goes first, so
// that CloudFormation, which is slow, has begun with one account while the others are still on their way to it.
func (w *work) inItsPlace(ctx context.Context, t turn, was store.Step) context.Context {
	p := PrecedenceOf(ctx)
	p.Behind = len(dependants(t.name, needsOf(turnsOf(w.get())))) - 1
	switch {
	case p.Class == Interactive:
	case was.State == store.StepDone:
		p.Class = Background
	case t.name == oktaProvisioning && was.State == store.StepWaiting:
		p.Class = Awaited
	}
	return WithPrecedence(ctx, p)
}
