package provision

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"reflect"
	"runtime/debug"
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

	reached sync.Map // the accounts that the credentials were seen to lead to
}

// New makes the reconciler; nothing is called before Run.
func New(s *store.Store, aws AWS, okta Okta, cfg Config, log *slog.Logger) *Reconciler {
	return &Reconciler{store: s, aws: aws, okta: okta, cfg: cfg, log: log}
}

// Run works on the accounts that are due until ctx ends, and then finishes the steps that it holds.
func (r *Reconciler) Run(ctx context.Context) error {
	if err := r.schedule(ctx); err != nil && ctx.Err() == nil {
		r.log.ErrorContext(ctx, "not all linked accounts will be checked in their turn", "error", err)
	}
	return r.store.Drive(ctx, max(r.cfg.Workers, 1), func(ctx context.Context, key string) {
		account, err := store.AccountKeyOf(key)
		if err == nil {
			err = r.pass(ctx, account)
		}
		if err != nil && ctx.Err() == nil && !errors.Is(err, store.ErrClaimed) && !errors.Is(err, errOvertaken) {
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
		return w.check(ctx, r.driftsTurn(w.now()))
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
		if failed == nil && ctx.Err() == nil {
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

// work is one account in one pass, under its claim.
type work struct {
	r       *Reconciler
	aws     AWSAccount
	claim   store.Claim
	key     store.AccountKey
	request string // that was being carried out when the pass began
	mu      sync.Mutex
	account store.Account // as it was last read or written
}

func (r *Reconciler) open(ctx context.Context, key store.AccountKey, claim store.Claim) (*work, error) {
	w := &work{r: r, claim: claim, key: key}
	err := r.store.View(ctx, func(tx *store.ReadTx) (err error) {
		w.account, err = tx.Account(key)
		return err
	})
	w.request = w.account.RequestID
	return w, err
}

// reach gets the means to work in the account. It fails where the configuration has none.
func (w *work) reach(ctx context.Context) (err error) {
	if w.aws, err = w.r.aws.Account(ctx, w.key); err != nil {
		return fmt.Errorf("reach account %s: %w", w.key.ID, err)
	}
	return nil
}

// errOvertaken is the cause where another request was approved while a step of the one before was under way.
var errOvertaken = errors.New("overtaken by another request")

// save changes the account in one transaction that only the holder of the claim can make, and only while the account is to
// become what it was when the pass began: else the pass ends as if it had been cut off, and the next one looks at what it
// has made.
func (w *work) save(ctx context.Context, change func(*store.Tx, *store.Account) error) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	var saved store.Account
	err := w.r.store.Update(ctx, func(tx *store.Tx) error {
		if err := tx.Guard(w.claim); err != nil {
			return err
		}
		a, err := tx.Account(w.key)
		if err != nil {
			return err
		}
		if a.RequestID != w.request {
			return &store.Error{Kind: store.Transient, Err: errOvertaken, Message: fmt.Sprintf("Account %s was asked to become something else meanwhile.", w.key.ID),
				Remedy: fmt.Sprintf("See it with /oktaws status %s.", w.key.ID)}
		}
		if err := change(tx, &a); err != nil {
			return err
		}
		saved = a
		return tx.SaveAccount(&saved)
	})
	if err == nil {
		w.account = saved
	}
	return err
}

// learn notes at once what a step found or made, so that it isn't lost with the program.
func (w *work) learn(ctx context.Context, note func(*store.Known)) error {
	return w.save(ctx, func(_ *store.Tx, a *store.Account) error {
		note(&a.Known)
		return nil
	})
}

func (w *work) get() store.Account {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.account
}

func (w *work) known() store.Known { return w.get().Known }

func (w *work) now() time.Time { return w.r.store.Clock().Now().UTC() }

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

// try runs a step once and notes how it ended. A step that is under way when ctx ends may go on for the grace.
func (w *work) try(ctx context.Context, t turn) error {
	ctx, cancel := lingering(ctx, grace)
	defer cancel()
	was := w.get().Steps[t.name]
	res, err := w.run(ctx, t)
	saveErr := w.save(ctx, func(tx *store.Tx, a *store.Account) error { return w.note(tx, a, t, res, err) })
	if saveErr != nil {
		return fmt.Errorf("note how step %s ended: %w", t.name, saveErr)
	}
	log := w.r.log.With("account", w.key.ID, "step", t.name)
	if t.undo {
		log = log.With("undo", true)
	}
	switch {
	case err != nil && !temporary(err):
		log.ErrorContext(ctx, "step failed", "kind", store.KindOf(err), "error", err)
	case err != nil:
		log.WarnContext(ctx, "step not done yet", "kind", store.KindOf(err), "error", err)
	case res.state == was.State && res.note == was.Note:
		log.DebugContext(ctx, "step "+string(res.state)+" still", "note", res.note) // a task can be open for days
	default:
		log.InfoContext(ctx, "step "+string(res.state), "note", res.note)
	}
	return nil
}

// run turns a panic of a step into an error, so that one account can't end the work on the others.
func (w *work) run(ctx context.Context, t turn) (res result, err error) {
	defer func() {
		if p := recover(); p != nil {
			w.r.log.ErrorContext(ctx, "step panicked", "account", w.key.ID, "step", t.name, "panic", p, "stack", string(debug.Stack()))
			err = &store.Error{Kind: store.Permanent, Message: fmt.Sprintf("The step %s met a fault inside oktaws on account %s.", t.name, w.key.ID),
				Remedy: "Look at the log of oktaws, and report it."}
		}
	}()
	do := t.act
	if t.undo {
		do = t.step.undo
	}
	if do == nil {
		return done("")
	}
	if t.name != identity && (t.aws || !t.undo) {
		err = w.leadsHere(ctx)
	}
	if err == nil {
		res, err = do(w, ctx)
	}
	if err == nil {
		return res, nil
	}
	if t.undo && !t.aws { // it was Okta that refused
		return res, err
	}
	if err = w.whyUnreached(ctx, err); t.undo && errors.Is(err, errClosed) {
		return left(w.inClosedAccount(t.name))
	}
	return res, err
}

// inClosedAccount is what of a step can't be taken away any more: AWS deletes it with the account.
func (w *work) inClosedAccount(step string) string {
	what := map[string]string{
		samlProvider: "The identity provider " + w.r.cfg.ProviderName,
		roles:        "The CloudFormation stack " + w.r.cfg.StackName + " with its roles",
		ssoUser:      "The IAM user " + w.userName() + " with its access keys",
	}[step]
	return cmp.Or(what, "What stands there") + ", in the AWS account that is closed in its organization"
}

func temporary(err error) bool {
	k := store.KindOf(err)
	return k == store.Transient || k == store.NeedsPerson
}

// note writes how a step ended into the account and the audit trail.
func (w *work) note(tx *store.Tx, a *store.Account, t turn, res result, err error) error {
	now := tx.Now()
	was := a.Steps[t.name]
	followUp := was.State == store.StepDone
	is := store.Step{State: res.state, Undo: t.undo, Note: res.note, Left: res.left, Started: was.Started, Rounds: was.Rounds}
	if is.Started.IsZero() {
		is.Started = now
	}
	event := store.Event{Account: a.AccountKey, Request: a.RequestID, Step: cmp.Or(res.redo, t.name)}
	switch {
	case followUp && err != nil && temporary(err):
		// What is left to do later can wait: the account stays what it is.
		is = was
		is.Attempts++
		is.Due = now.Add(delay(is.Attempts, err))
	case followUp && err == nil && res.redo == "" && res.state != store.StepDone:
		is = was
		is.Note, is.Due = res.note, now.Add(res.after)
	case err != nil:
		is.Attempts, is.Problem = was.Attempts+1, store.ProblemOf(err)
		event.Text = is.Problem.Message
		if temporary(err) {
			is.State, is.Due = store.StepAgain, now.Add(delay(is.Attempts, err))
			if is.Attempts == 1 {
				event.What = "step.delayed"
			}
		} else {
			is.State, is.Ended, event.What = store.StepFailed, now, "step.failed"
		}
	case res.redo != "":
		event.What, event.Text = "step.undone", res.note
	case res.state == store.StepDone:
		is.Rounds = 0
		is.Ended, event.What, event.Text = now, "step.done", res.note
		if t.undo {
			event.What = "step.removed"
		}
		if res.after > 0 {
			is.Due = now.Add(res.after)
		}
		if followUp && res.note == was.Note {
			event.What = "" // nothing new
		}
	default:
		is.Due = now.Add(res.after)
	}
	a.Steps[t.name] = is
	if res.redo != "" {
		sendBack(a, t.name, res)
	}
	if task := res.task; task != nil {
		if err := w.noteTask(tx, *a, task); err != nil {
			return err
		}
	}
	if event.What == "" {
		return nil
	}
	return tx.Record(event)
}

// sendBack has the step that was found undone done again, and all that need it, the finder among them. Where the finder
// met a problem, it is the other step's.
func sendBack(a *store.Account, finder string, res result) {
	found := a.Steps[finder]
	for _, name := range dependants(res.redo, needsOf(turnsOf(*a))) {
		a.Steps[name] = store.Step{State: store.StepPending, Undo: a.Steps[name].Undo, Note: res.note}
	}
	a.Steps[finder] = store.Step{State: store.StepPending, Undo: found.Undo, Note: res.note, Started: found.Started, Rounds: found.Rounds + 1}
	if found.Problem != nil {
		a.Steps[res.redo] = store.Step{State: found.State, Problem: found.Problem, Started: found.Started, Ended: found.Ended}
	}
}

func (w *work) noteTask(tx *store.Tx, a store.Account, t *taskResult) error {
	id := store.TaskIDOf(a.RequestID, t.kind)
	for _, kind := range []store.TaskKind{store.EnableProvisioning, store.EnterKey} {
		if kind != t.kind { // what was asked for before isn't what is missing now
			if err := tx.CloseTask(store.TaskIDOf(a.RequestID, kind)); err != nil {
				return err
			}
		}
	}
	if len(t.missing) > 0 {
		if _, err := tx.OpenTask(a, t.kind, w.r.cfg.Assignees, w.r.cfg.RemindAfter); err != nil {
			return err
		}
	}
	_, err := tx.CheckedTask(id, t.missing)
	if store.KindOf(err) == store.NotFound {
		return nil // it was done before anybody had to be asked
	}
	return err
}

// delay is how long a step waits after its nth failed attempt in a row: twice as long each time, from 2 s to 5 min,
// give or take a fifth, and never less than the other side asked for.
func delay(n int, err error) time.Duration {
	d := 5 * time.Minute
	if n < 9 {
		d = min(d, time.Second<<n)
	}
	d = time.Duration(float64(d) * (0.8 + 0.4*rand.Float64()))
	if e, ok := errors.AsType[*store.Error](err); ok {
		d = max(d, e.After)
	}
	return d
}

// looks is how often a step looks again before what the other side says of it counts: for about two minutes.
const looks = 6

// lookAgain makes a refusal since something is there already, or isn't there yet, a reason to look again: it was made a
// moment ago, and not everybody over there knows of it. Where further looks don't tell, the refusal counts.
func (w *work) lookAgain(step string, err error) error {
	if k := store.KindOf(err); err == nil || k != store.Conflict && k != store.NotFound || w.get().Steps[step].Attempts >= looks {
		return err
	}
	message, remedy := store.Explain(err)
	return &store.Error{Kind: store.Transient, Message: message, Remedy: remedy, Err: err}
}

// lingering returns a context that lives on for d after ctx ends.
func lingering(ctx context.Context, d time.Duration) (context.Context, context.CancelFunc) {
	long, cancel := context.WithCancel(context.WithoutCancel(ctx))
	stop := context.AfterFunc(ctx, func() { time.AfterFunc(d, cancel) })
	return long, func() { stop(); cancel() }
}
