package provision

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"runtime/debug"
	"time"

	"github.com/oktaws/oktaws/store"
)

// try runs a step once and notes how it ended, unless it gave way. A step that is under way when ctx ends may go on for
// the grace.
func (w *work) try(ctx context.Context, t turn) error {
	ctx, cancel := lingering(ctx, grace)
	defer cancel()
	before := w.get()
	was := before.Steps[t.name]
	res, err := w.run(w.inItsPlace(ctx, t, was), t)
	if errors.Is(err, ErrGaveWay) {
		return err
	}
	saveErr := w.save(ctx, func(tx *store.Tx, a *store.Account) error { return w.note(tx, a, t, before.Retries, res, err) })
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

// note writes how a step ended into the account and the audit trail. retries is how often the account had been retried when
// the step began: somebody who has mended a cause since did not see this attempt fail, and wants another.
func (w *work) note(tx *store.Tx, a *store.Account, t turn, retries int, res result, err error) error {
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
	case err != nil && !temporary(err) && a.Retries != retries:
		is = store.Step{State: store.StepPending, Undo: t.undo}
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
// give or take a fifth, and never less than the other side asked for, nor all at the very moment that it named.
func delay(n int, err error) time.Duration {
	d := 5 * time.Minute
	if n < 9 {
		d = min(d, time.Second<<n)
	}
	d = time.Duration(float64(d) * (0.8 + 0.4*rand.Float64()))
	if e, ok := errors.AsType[*store.Error](err); ok {
		d = max(d, e.After+time.Duration(rand.Float64()*float64(e.After)/4))
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
