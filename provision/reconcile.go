package provision

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"reflect"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/oktaws/oktaws/store"
)

// grace is how long a step that is under way when the program is told to stop may go on.
const grace = 7 * time.Second

// Reconciler makes AWS and Okta match the store.
type Reconciler struct {
	store *store.Store
	aws   AWS
	okta  Okta
	cfg   Config
	log   *slog.Logger

	reached  sync.Map // the accounts that the credentials were seen to lead to
	passes   sync.Map // by account, what tells the pass over it to give way
	rollCall *rollCall
	metadata sharedMetadata
	people   *peopleInOrder
}

// New makes the reconciler; nothing is called before Run.
func New(s *store.Store, aws AWS, okta Okta, cfg Config, log *slog.Logger) *Reconciler {
	return &Reconciler{store: s, aws: aws, okta: okta, cfg: cfg, log: log, rollCall: newRollCall(), people: newPeopleInOrder()}
}

// Run works on the accounts that are due until ctx ends, and then finishes the steps that it holds.
func (r *Reconciler) Run(ctx context.Context) error {
	if r.cfg.Only != nil {
		// Checks are for who stays.
	} else if err := r.schedule(ctx); err != nil && ctx.Err() == nil {
		r.log.ErrorContext(ctx, "not all linked accounts will be checked in their turn", "error", err)
	}
	return r.store.Drive(ctx, max(r.cfg.Workers, 1), func(ctx context.Context, key string) {
		account, err := store.AccountKeyOf(key)
		if err == nil && r.cfg.Only != nil && account != *r.cfg.Only {
			return // it stays due, for who has credentials for it
		}
		if err == nil {
			err = r.pass(ctx, account)
		}
		if err != nil && ctx.Err() == nil && !errors.Is(err, store.ErrClaimed) && !errors.Is(err, errOvertaken) && !errors.Is(err, ErrGaveWay) &&
			!errors.Is(err, store.ErrUnwritable) {
			r.log.ErrorContext(ctx, "account not worked on", "account", key, "error", err)
		}
	}, "account/")
}

// pass does what is due of an account: it looks at what a pending request would change, checks an account that is
// linked, and runs every step that can be run now, side by side where they don't need one another, until none is left.
func (r *Reconciler) pass(ctx context.Context, key store.AccountKey) error {
	claim, err := r.store.Claim(ctx, accountClaim(key))
	if err != nil {
		return err
	}
	defer claim.Release()
	ctx, end := r.givesWay(ctx, key)
	defer end()
	w, err := r.open(ctx, key, claim)
	if err != nil {
		return err
	}
	if due := w.get().PlanDue; !due.IsZero() && !due.After(w.now()) {
		if err := w.planPending(ctx); err != nil {
			return err
		}
	}
	a := w.get()
	switch {
	case a.Desired == "", a.Problem != nil, a.State == store.Unlinked:
		return w.save(ctx, func(_ *store.Tx, a *store.Account) error { return nil }) // so that its due time is right
	case !a.Due.IsZero() && a.Due.After(w.now()):
		return nil // the plan was all
	}
	linked := a.State == store.Linked || a.State == store.Drifted
	p := Precedence{Class: Background}
	if !linked {
		if p.Class, err = w.classOf(ctx, a.RequestID); err != nil {
			return err
		}
	}
	ctx = WithPrecedence(ctx, p)
	if err := w.reach(ctx); err != nil {
		switch {
		case temporary(err):
			return err
		case linked:
			return w.unreachable(ctx, err)
		}
		return w.save(ctx, func(_ *store.Tx, a *store.Account) error { a.Problem = store.ProblemOf(err); return nil })
	}
	if linked && !a.CheckDue.IsZero() && !a.CheckDue.After(w.now()) {
		return w.check(ctx, r.driftsTurn(w.now()), false)
	}
	if err := w.prepare(ctx); err != nil {
		return err
	}
	turns := turnsOf(w.get())
	needs := needsOf(turns)
	type ending struct {
		step string
		err  error
	}
	finished := make(chan ending)
	running := map[string]bool{}
	var failed error
	for {
		if failed == nil && ctx.Err() == nil && !gaveWay(ctx) {
			for _, t := range w.runnable(turns, needs, running) {
				running[t.name] = true
				go func() { finished <- ending{t.name, w.try(ctx, t)} }()
			}
		}
		if len(running) == 0 {
			return failed
		}
		end := <-finished
		delete(running, end.step)
		failed = errors.Join(failed, end.err)
	}
}

func accountClaim(key store.AccountKey) string { return "account/" + key.String() }

// prepare gives an account that was just approved its steps, and stops one that has a step which this program doesn't
// know.
func (w *work) prepare(ctx context.Context) error {
	a := w.get()
	turns := turnsOf(a)
	var strange []string
	for name := range a.Steps {
		if !slices.ContainsFunc(turns, func(t turn) bool { return t.name == name }) {
			strange = append(strange, name)
		}
	}
	needs := needsOf(turns)
	if len(strange) == 0 && len(a.Steps) == len(turns) && reflect.DeepEqual(a.Needs, needs) {
		return nil
	}
	slices.Sort(strange)
	return w.save(ctx, func(_ *store.Tx, a *store.Account) error {
		if len(strange) > 0 {
			a.Problem = &store.Problem{Kind: store.Permanent,
				Message: fmt.Sprintf("Account %s has a step that this version of oktaws does not know: %s.", a.ID, strings.Join(strange, ", ")),
				Remedy:  fmt.Sprintf("Run the version of oktaws that began it, or a newer one, then /oktaws retry %s.", a.ID)}
			return nil
		}
		a.Needs = needs
		if a.Steps == nil {
			a.Steps = map[string]store.Step{}
		}
		for _, t := range turns {
			if _, ok := a.Steps[t.name]; !ok {
				a.Steps[t.name] = store.Step{State: store.StepPending, Undo: t.undo}
			}
		}
		return nil
	})
}

// runnable returns the steps that are due, whose needs are met, and that aren't running.
func (w *work) runnable(turns []turn, needs map[string][]string, running map[string]bool) []turn {
	a, now := w.get(), w.now()
	if a.Problem != nil {
		return nil
	}
	var out []turn
	for _, t := range turns {
		have := a.Steps[t.name]
		switch have.State {
		case store.StepPending:
		case store.StepAgain, store.StepWaiting:
			if have.Due.After(now) {
				continue
			}
		case store.StepDone:
			if have.Due.IsZero() || have.Due.After(now) {
				continue
			}
		default:
			continue
		}
		if !running[t.name] && met(t, needs, a) {
			out = append(out, t)
		}
	}
	return out
}

func met(t turn, needs map[string][]string, a store.Account) bool {
	return !slices.ContainsFunc(needs[t.name], func(need string) bool { return a.Steps[need].State != store.StepDone })
}
