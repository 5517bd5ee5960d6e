package provision

import (
	"context"
	"fmt"

	"github.com/oktaws/oktaws/store"
)

// verifyRounds is how often verify sends the pipeline back to steps before it gives up.
const verifyRounds = 3

// verify takes a last look at all of it from both sides. What it finds undone is done again; what stays wrong is told.
// What wants a person, or a rotation, is for the checks to tell; but for provisioning, without which nobody signs on.
func (w *work) verify(ctx context.Context) (result, error) {
	s := w.lastSight()
	app, err := s.application(ctx)
	if err != nil {
		return result{}, err
	}
	if app == nil || app.ID != w.known().AppID {
		return w.applicationGone()
	}
	found, err := w.looks(ctx, s)
	if err != nil {
		return result{}, err
	}
	for _, f := range found {
		if turn := w.get().Steps[f.Step]; turn.Undo || f.Rotate != "" || f.Person && f.Step != oktaProvisioning {
			continue
		}
		return w.undone(f)
	}
	next := w.r.nextCheck(w.key, w.now())
	if err := w.save(ctx, func(_ *store.Tx, a *store.Account) error { a.CheckDue = next; return nil }); err != nil {
		return result{}, err
	}
	return done("all of it is as it should be")
}

// undone sends the pipeline back to a step, and, after some rounds, tells what stays wrong.
func (w *work) undone(f store.Finding) (result, error) {
	a := w.get()
	if a.Steps[verify].Rounds < verifyRounds {
		return result{note: f.What, redo: f.Step}, nil
	}
	return result{}, &store.Error{Kind: store.Permanent,
		Message: fmt.Sprintf("Account %s does not become what it should be: %s.", a.ID, f.What),
		Remedy:  "Somebody or something changes it back. Find out who, in the system logs of Okta and AWS, then retry."}
}
