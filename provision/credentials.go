package provision

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/oktaws/oktaws/store"
)

// How long a person's click waits for the account to be free, and how often it and a new key are tried.
const (
	claimPatience = 20 * time.Second
	keyPatience   = 45 * time.Second
	retryPause    = 250 * time.Millisecond
)

// keyAppears is how long after a key was made IAM may take until it lists it to everybody who asks, with time to spare.
const keyAppears = 5 * time.Minute

// CheckTask looks at once whether the task is done, notes what it saw, and returns the task as it stands then: open
// with what is missing, or done.
func (r *Reconciler) CheckTask(ctx context.Context, taskID string) (store.Task, error) {
	task, err := r.task(ctx, taskID)
	if err != nil || task.State != store.TaskOpen {
		return task, err
	}
	w, err := r.hold(ctx, task.Account)
	if err != nil {
		return task, err
	}
	defer w.claim.Release()
	a := w.get()
	turns := turnsOf(a)
	at := slices.IndexFunc(turns, func(t turn) bool { return t.name == oktaProvisioning && !t.undo })
	if at < 0 || a.Steps[oktaProvisioning].State == store.StepDone || !met(turns[at], needsOf(turns), a) {
		return r.task(ctx, taskID)
	}
	if err := w.try(ctx, turns[at]); err != nil {
		return task, err
	}
	if p := w.get().Steps[oktaProvisioning].Problem; p != nil {
		return task, &store.Error{Kind: p.Kind, Message: p.Message, Remedy: p.Remedy}
	}
	return r.task(ctx, taskID)
}

func (r *Reconciler) task(ctx context.Context, id string) (task store.Task, err error) {
	err = r.store.View(ctx, func(tx *store.ReadTx) error {
		task, err = tx.Task(id)
		return err
	})
	return task, err
}

// hold claims the account, which a pass over it gives up as soon as no step is at work on it.
func (r *Reconciler) hold(ctx context.Context, key store.AccountKey) (*work, error) {
	ctx, cancel := context.WithTimeout(ctx, claimPatience)
	defer cancel()
	for {
		claim, err := r.store.Claim(ctx, accountClaim(key))
		if err == nil {
			w, err := r.open(ctx, key, claim)
			if err == nil {
				err = w.reach(ctx)
			}
			if err != nil {
				claim.Release()
			}
			return w, err
		}
		if !errors.Is(err, store.ErrClaimed) {
			return nil, err
		}
		r.giveWay(key)
		select {
		case <-ctx.Done():
			return nil, &store.Error{Kind: store.Transient, Message: fmt.Sprintf("Account %s is being worked on.", key.ID), Remedy: "Try again in a minute.", Err: ctx.Err()}
		case <-r.store.Clock().After(retryPause):
		}
	}
}

// Credentials makes the access key that the task asks for and returns it, the one time that its secret is known. A
// key that was made before and that Okta hasn't used is deleted first. It fails with a Conflict where Okta uses a key
// already. It can take some seconds, until AWS accepts the new key.
func (r *Reconciler) Credentials(ctx context.Context, taskID string, by store.Person) (Secret, error) {
	secret, err := r.credentials(ctx, taskID, by)
	if e, ok := errors.AsType[*store.Error](err); ok && temporary(e) {
		// Nobody tries this again but the person.
		err = &store.Error{Kind: e.Kind, Message: e.Message, Err: err,
			Remedy: "Click Show credentials again in a minute. A key that was made meanwhile, and that nobody has seen, is deleted."}
	}
	return secret, err
}

func (r *Reconciler) credentials(ctx context.Context, taskID string, by store.Person) (Secret, error) {
	task, err := r.task(ctx, taskID)
	if err != nil {
		return Secret{}, err
	}
	if task.State != store.TaskOpen {
		return Secret{}, &store.Error{Kind: store.Conflict, Message: fmt.Sprintf("No access key is asked for any more for account %s: the task is %s.", task.Account.ID, task.State),
			Remedy: fmt.Sprintf("See how it stands with /oktaws status %s.", task.Account.ID)}
	}
	w, err := r.hold(ctx, task.Account)
	if err != nil {
		return Secret{}, err
	}
	defer w.claim.Release()
	if err := w.leadsHere(ctx); err != nil {
		return Secret{}, err
	}
	if err := w.keyWanted(ctx); err != nil {
		return Secret{}, err
	}
	// The key shown before counts as shown until it is deleted: somebody may be entering it at this moment.
	if _, err := w.keepKeys(ctx, usedBySomebody); err != nil {
		return Secret{}, err
	}
	// From here on a key may exist that nobody has seen, until KeyShown says who has.
	if err := w.noteKey(ctx, func(tx *store.Tx) error { _, err := tx.MakingKey(taskID); return err }); err != nil {
		return Secret{}, err
	}
	secret, err := w.aws.CreateAccessKey(ctx, w.userName())
	if err != nil && !temporary(err) { // none was made
		return Secret{}, cmp.Or(w.noteKey(ctx, func(tx *store.Tx) error { return tx.NoKey(taskID) }), err)
	}
	if err != nil {
		return Secret{}, err
	}
	if err := w.settle(ctx, secret); err != nil {
		return Secret{}, err
	}
	// Once more, since a key that an earlier attempt made in vain may not have been listed then.
	if _, err := w.keepKeys(ctx, func(k usedKey) bool { return k.ID == secret.ID || usedBySomebody(k) }); err != nil {
		return Secret{}, err
	}
	return secret, w.noteKey(ctx, func(tx *store.Tx) error { _, err := tx.KeyShown(taskID, secret.ID, by); return err })
}

// keyWanted refuses to make a key where one is at work already.
func (w *work) keyWanted(ctx context.Context) error {
	a := w.get()
	app, err := w.r.okta.Application(ctx, a.Known.AppID)
	if err != nil {
		return err
	}
	if app == nil {
		_, gone := w.applicationGone()
		return gone
	}
	if slices.Contains(app.Features, FeatureCreateUsers) && a.Known.RolesRefused.IsZero() && a.KeySince.IsZero() {
		return &store.Error{Kind: store.Conflict,
			Message: fmt.Sprintf("Provisioning of %s (account %s) is enabled already, with a key that Okta holds.", a.Label, a.ID),
			Remedy:  "No new key is needed. Click Done to see what is still missing."}
	}
	return nil
}

// noteKey changes the task in a transaction that only the holder of the account's claim can make.
func (w *work) noteKey(ctx context.Context, change func(*store.Tx) error) error {
	return w.r.store.Update(ctx, func(tx *store.Tx) error {
		if err := tx.Guard(w.claim); err != nil {
			return err
		}
		return change(tx)
	})
}

// settle waits until AWS takes the new key: it refuses a new one for some seconds, and so would Okta's test of it.
func (w *work) settle(ctx context.Context, secret Secret) error {
	ctx, cancel := context.WithTimeout(ctx, keyPatience)
	defer cancel()
	for {
		err := w.aws.TryAccessKey(ctx, secret)
		if err == nil || !temporary(err) {
			return err
		}
		select {
		case <-ctx.Done():
			return &store.Error{Kind: store.Transient,
				Message: fmt.Sprintf("AWS does not take the new access key of account %s yet.", w.get().ID),
				Remedy:  "Click Show credentials again in a minute; this key will be deleted.", Err: err}
		case <-w.r.store.Clock().After(retryPause):
		}
	}
}

// tidyKeys deletes what making a key in vain has left behind: the keys of our user that nobody has seen and that nobody
// uses. It returns the others. Where no key was being made, none is ours to delete: an admin may have made one by hand.
func (w *work) tidyKeys(ctx context.Context) ([]usedKey, error) {
	var making *store.Task
	for _, kind := range []store.TaskKind{store.EnableProvisioning, store.EnterKey} {
		task, err := w.r.task(ctx, store.TaskIDOf(w.get().RequestID, kind))
		if err != nil && store.KindOf(err) != store.NotFound {
			return nil, err
		}
		if err == nil && task.Making {
			making = &task
		}
	}
	if making == nil {
		return w.accessKeys(ctx)
	}
	kept, err := w.keepKeys(ctx, func(k usedKey) bool {
		return usedBySomebody(k) || making.Shown != nil && making.Shown.KeyID == k.ID
	})
	if err != nil || w.now().Sub(making.MakingAt) < keyAppears {
		return kept, err
	}
	return kept, w.noteKey(ctx, func(tx *store.Tx) error { return tx.NoKey(making.ID) })
}

// usedBySomebody tells a key that must not be deleted: Okta lists roles with its own, and whoever uses one for anything
// else than to ask STS, as we do with a new one, needs it.
func usedBySomebody(k usedKey) bool { return k.Service != "" && k.Service != "sts" }

// replaced tells a key that an earlier rotation has deactivated, and that is kept for a while only: a user can have two keys,
// and so it makes room for a newer one.
func (w *work) replaced(k usedKey) bool {
	_, was := w.known().OldKeys[k.ID]
	return was && !k.Active
}

// precedes tells a key that was there before a rotation began. AWS says hours later which one Okta uses, so it may be any.
func (w *work) precedes(k usedKey) bool {
	since := w.get().KeySince
	return !since.IsZero() && k.Created.Before(since.Truncate(time.Second)) && !w.replaced(k)
}

// keepKeys deletes the keys of our user but those to keep, which it returns.
func (w *work) keepKeys(ctx context.Context, keep func(usedKey) bool) ([]usedKey, error) {
	user := w.userName()
	keys, err := w.accessKeys(ctx)
	if err != nil {
		return nil, err
	}
	var kept []usedKey
	for _, k := range keys {
		if keep(k) && !w.replaced(k) || k.ID == w.known().KeyID || w.precedes(k) {
			kept = append(kept, k)
			continue
		}
		if err := w.aws.DeleteAccessKey(ctx, user, k.ID); err != nil && store.KindOf(err) != store.NotFound {
			return nil, err
		}
		w.r.log.InfoContext(ctx, "deleted an access key that nobody uses", "account", w.key.ID, "key", k.ID)
	}
	return kept, nil
}
