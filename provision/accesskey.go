package provision

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/oktaws/oktaws/store"
)

// unusedFor is after how long without use a check calls a key unused.
const unusedFor = 90 * 24 * time.Hour

func (w *work) lookAccessKey(ctx context.Context, s *sight) ([]store.Finding, error) {
	if w.known().UserName == "" {
		return nil, nil // the person's step makes the key
	}
	if app, err := s.application(ctx); err != nil || w.known().KeyID == "" && (app == nil || len(missingProvisioning(*app, nil, "")) > 0) {
		return nil, err // the person's step isn't done
	}
	user := w.userName()
	var out []store.Finding
	add := func(f store.Finding, rotate bool) {
		if rotate {
			f.Rotate = store.RotateKey
		}
		out = append(out, f)
	}
	keys, err := w.seenKeys(ctx, s)
	if err != nil {
		return nil, err
	}
	now := w.now()
	current := -1
	for i, k := range keys {
		if k.ID == w.known().KeyID || w.known().KeyID == "" && usedByOkta(k) {
			current = i
		}
	}
	if current < 0 {
		what := fmt.Sprintf("The access key of %s that Okta used is gone", user)
		if w.known().KeyID == "" {
			what = fmt.Sprintf("The IAM user %s has no access key that Okta uses: perhaps it holds another user's", user)
		}
		add(finding(accessKey, "gone", what,
			"Okta can't read the account's roles: changes of roles don't reach people", "asks a person to enter a new one"), true)
		return out, nil
	}
	k := keys[current]
	if !k.Active {
		add(finding(accessKey, "inactive", fmt.Sprintf("The access key %s that Okta uses is inactive", k.ID),
			"Okta can't read the account's roles: changes of roles don't reach people", "activates it"), false)
	}
	if age := w.r.cfg.KeyAge; age > 0 {
		if until := k.Created.Add(age); until.Sub(now) < w.r.cfg.WarnBefore {
			what := fmt.Sprintf("The access key %s of %s is of %s, and due for rotation on %s", k.ID, user, day(k.Created), day(until))
			add(finding(accessKey, "old", what, "Nothing: people can sign on; but the older a key, the likelier somebody else has it", "makes a new one, which a person enters in Okta"), true)
		}
	}
	if s.thrifty && !s.drift && w.known().KeyID != "" {
		if k.KeyUse, err = w.aws.KeyUse(ctx, k.ID); err != nil {
			return nil, err
		}
	}
	if s.drift { // when it was last used isn't asked for this time, and so it is as before
		for _, f := range s.before {
			if f.Key == accessKey+"/unused" {
				out = append(out, f)
			}
		}
	} else if used := latest(k.At, k.Created); now.Sub(used) > unusedFor {
		add(forPerson(accessKey, "unused", fmt.Sprintf("Okta has not used the access key %s for %d days", k.ID, int(now.Sub(used).Hours()/24)),
			"Perhaps Okta holds another key, or provisioning does not work: changes of roles don't reach people", "Click Test API Credentials in the Provisioning tab of the Okta application"), false)
	}
	for i, other := range keys {
		if _, replaced := w.known().OldKeys[other.ID]; i != current && !replaced {
			add(forPerson(accessKey, "second/"+other.ID, fmt.Sprintf("The IAM user %s has a second access key, %s, that Okta does not use", user, other.ID),
				"Nothing for them; but whoever holds it may list the account's roles", "Delete it in the IAM console if nobody uses it"), false)
		}
	}
	return out, nil
}

// seenKeys returns the keys; a thrifty look doesn't ask for their last use where it knows which one Okta uses.
func (w *work) seenKeys(ctx context.Context, s *sight) ([]usedKey, error) {
	if !s.thrifty || w.known().KeyID == "" {
		return s.accessKeys(ctx)
	}
	return s.keys.get(func() ([]usedKey, error) {
		keys, err := w.aws.AccessKeys(ctx, w.userName())
		var out []usedKey
		for _, k := range keys {
			out = append(out, usedKey{AccessKey: k})
		}
		return out, err
	})
}

func latest(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// accessKey makes true that the key that Okta uses is active, and that one which a newer one has replaced goes: it is
// deactivated once the new one was seen in use, and deleted some time later, so that there is a way back.
func (w *work) accessKey(ctx context.Context) (result, error) {
	keys, err := w.accessKeys(ctx)
	if err != nil {
		return result{}, err
	}
	current := w.currentKey(keys)
	if current < 0 && !w.get().KeySince.IsZero() {
		return again(time.Minute, "waits until AWS says which access key Okta uses")
	}
	if current < 0 {
		// Okta has taken the account's roles, so it holds a key that works. Which one, AWS says up to hours later.
		return result{state: store.StepDone, after: time.Hour, note: "AWS does not say yet which access key Okta uses"}, nil
	}
	k, user := keys[current], w.userName()
	if followUp := w.get().Steps[accessKey].State == store.StepDone; !k.Active && !followUp { // else nobody has asked for it
		if err := w.aws.SetAccessKeyActive(ctx, user, k.ID, true); err != nil {
			return result{}, err
		}
	}
	if former, err := w.formerKeys(ctx, k); err != nil {
		return result{}, err
	} else if former != nil {
		if err := w.replaceKeys(ctx, keys, k, former); err != nil {
			return result{}, err
		}
	}
	rest, err := w.dropKeys(ctx, keys)
	if err != nil {
		return result{}, err
	}
	err = w.save(ctx, func(_ *store.Tx, a *store.Account) error {
		a.Known.KeyID, a.KeySince = k.ID, time.Time{}
		return nil
	})
	if err != nil {
		return result{}, err
	}
	note := k.ID + " in use"
	if rest > 0 {
		note += ", the former one is inactive and will be deleted"
	}
	return result{state: store.StepDone, after: rest, note: note}, nil
}

// currentKey is the index of the key that Okta uses among the keys, which are sorted by age; -1 where AWS doesn't say yet.
func (w *work) currentKey(keys []usedKey) int {
	a, current := w.get(), -1
	for i, k := range keys {
		if usedByOkta(k) && (a.KeySince.IsZero() || w.newKeyInUse(k)) {
			current = i
		}
	}
	if current < 0 && a.KeySince.IsZero() {
		current = slices.IndexFunc(keys, func(k usedKey) bool { return k.ID == a.Known.KeyID })
		if a.Known.KeyID == "" && len(keys) == 1 {
			current = 0 // provisioning is seen enabled, so it is this one
		}
	}
	return current
}

// formerKeys tells the keys that the one that Okta uses replaces; nil: it replaces none. A rotation replaces all that are
// older. Without one, a key that was made since a person was asked to enable provisioning, as where that had to be done
// anew, replaces the one that Okta used before; others may be somebody else's.
func (w *work) formerKeys(ctx context.Context, current usedKey) (func(id string) bool, error) {
	a := w.get()
	if !a.KeySince.IsZero() {
		return func(string) bool { return true }, nil
	}
	if a.Known.KeyID == "" || a.Known.KeyID == current.ID {
		return nil, nil
	}
	task, err := w.r.task(ctx, store.TaskIDOf(a.RequestID, store.EnableProvisioning))
	if store.KindOf(err) == store.NotFound {
		return nil, nil
	}
	if err != nil || current.Created.Before(task.Created.Truncate(time.Second)) { // AWS tells whole seconds
		return nil, err
	}
	return func(id string) bool { return id == a.Known.KeyID }, nil
}

// replaceKeys deactivates the former keys that the new one replaces, and notes since when.
func (w *work) replaceKeys(ctx context.Context, keys []usedKey, current usedKey, former func(id string) bool) error {
	old := map[string]time.Time{}
	maps.Copy(old, w.known().OldKeys)
	delete(old, current.ID)
	for i, k := range keys {
		if k.ID == current.ID || !k.Created.Before(current.Created) || !former(k.ID) {
			continue
		}
		if k.Active {
			if err := w.aws.SetAccessKeyActive(ctx, w.userName(), k.ID, false); err != nil && store.KindOf(err) != store.NotFound {
				return err
			}
			keys[i].Active = false
			w.r.log.InfoContext(ctx, "deactivated an access key that was replaced", "account", w.key.ID, "key", k.ID)
		}
		old[k.ID] = w.now()
	}
	return w.learn(ctx, func(known *store.Known) { known.OldKeys = old })
}

// dropKeys deletes the keys that were replaced long enough ago, and returns in how long all of them will be.
func (w *work) dropKeys(ctx context.Context, keys []usedKey) (rest time.Duration, err error) {
	kept := map[string]time.Time{}
	for _, k := range keys {
		since, replaced := w.known().OldKeys[k.ID]
		if !replaced {
			continue
		}
		if left := since.Add(w.r.cfg.KeepOldKey).Sub(w.now()); left > 0 {
			kept[k.ID] = since
			rest = max(rest, left)
			continue
		}
		if k.Active {
			continue // somebody has activated it again, for a reason: the next check says so
		}
		if err := w.aws.DeleteAccessKey(ctx, w.userName(), k.ID); err != nil && store.KindOf(err) != store.NotFound {
			return 0, err
		}
		w.r.log.InfoContext(ctx, "deleted an access key that was replaced", "account", w.key.ID, "key", k.ID)
	}
	return rest, w.learn(ctx, func(known *store.Known) { known.OldKeys = kept })
}
