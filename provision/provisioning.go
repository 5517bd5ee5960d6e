package provision

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/oktaws/oktaws/store"
)

func (w *work) lookProvisioning(ctx context.Context, s *sight) ([]store.Finding, error) {
	app, err := s.application(ctx)
	if err != nil {
		return nil, err
	}
	if app == nil {
		app = &Application{Label: w.get().AppLabel()}
	}
	var missing []string
	if !slices.Contains(app.Features, FeatureCreateUsers) {
		missing = append(missing, "Create Users")
	}
	if !slices.Contains(app.Features, FeatureUpdateAttributes) {
		missing = append(missing, "Update User Attributes")
	}
	var out []store.Finding
	if len(missing) > 0 {
		out = append(out, forPerson(oktaProvisioning, "off", fmt.Sprintf("Provisioning is not enabled for the Okta application %s: %s", app.Label, some(missing, 2)),
			"Okta has no roles to offer people: nobody can sign on", "asks a person to enable it"))
		return out, nil
	}
	if !w.get().KeySince.IsZero() {
		return append(out, forPerson(oktaProvisioning, "rotate", "Okta holds an access key that is to be replaced", "Nothing: people can sign on all the while", "asks a person to enter a new one")), nil
	}
	if w.known().UserName != "" {
		return out, nil // the access key has a look of its own
	}
	user, err := s.user(ctx)
	if err != nil {
		return nil, err
	}
	var keys []usedKey
	if user != nil {
		if keys, err = s.accessKeys(ctx); err != nil {
			return nil, err
		}
	}
	if len(keys) == 0 {
		out = append(out, forPerson(oktaProvisioning, "key", fmt.Sprintf("Okta can't hold an access key of the IAM user %s: there is none", w.userName()),
			"Changes of roles don't reach people", "asks a person to enter one"))
	}
	return out, nil
}

// oktaProvisioning is a person's task: Okta has no API to enable provisioning, nor to change its key. It is done when
// Okta shows both features, and, where a newer key was asked for, uses such a one. Keys that nobody has seen, left
// behind by an interruption, are deleted on the way.
func (w *work) oktaProvisioning(ctx context.Context) (result, error) {
	a := w.get()
	app, err := w.r.okta.Application(ctx, a.Known.AppID)
	if err != nil {
		return result{}, err
	}
	if app == nil {
		return w.applicationGone()
	}
	keys, err := w.tidyKeys(ctx)
	if err != nil {
		return result{}, err
	}
	missing := missingProvisioning(*app, keys, w.userName())
	if len(missing) == 0 && len(keys) == 0 && a.KeySince.IsZero() {
		// It was enabled with another user's key, or with one that somebody has deleted.
		err := w.save(ctx, func(tx *store.Tx, a *store.Account) error { a.KeySince = tx.Now(); return nil })
		if err != nil {
			return result{}, err
		}
		a = w.get()
	}
	kind := w.taskKind(*app)
	switch {
	case len(missing) > 0:
	case !a.Known.RolesRefused.IsZero():
		if missing, err = w.rolesMissing(ctx, keys); err != nil {
			return result{}, err
		}
	case !a.KeySince.IsZero() && !slices.ContainsFunc(keys, w.newKeyInUse):
		missing = []string{w.oldKeyMissing(keys)}
	}
	task := &taskResult{kind: kind, missing: missing}
	if len(missing) > 0 {
		return result{state: store.StepWaiting, after: w.r.cfg.CheckEvery, task: task,
			note: "waits for a person: " + missing[0]}, nil
	}
	return result{state: store.StepDone, note: "seen in Okta", task: task}, nil
}

// taskKind is what the person is asked for.
func (w *work) taskKind(app Application) store.TaskKind {
	on := slices.Contains(app.Features, FeatureCreateUsers) || slices.Contains(app.Features, FeatureUpdateAttributes)
	if on && !w.get().KeySince.IsZero() {
		return store.EnterKey
	}
	return store.EnableProvisioning
}

// newKeyInUse tells a key that is as new as was asked for, and that Okta uses.
func (w *work) newKeyInUse(k usedKey) bool {
	return usedByOkta(k) && !k.Created.Before(w.get().KeySince.Truncate(time.Second))
}

func (w *work) oldKeyMissing(keys []usedKey) string {
	for _, k := range slices.Backward(keys) {
		if usedByOkta(k) {
			return fmt.Sprintf("Okta still uses the access key %s of %s: enter the new one in its place, and save", k.ID, day(k.Created))
		}
	}
	if len(keys) == 0 {
		return fmt.Sprintf("Provisioning is enabled, but not with a key of the user %s of account %s: perhaps the key of another account was entered. Enter this account's key in its place, and save", w.userName(), w.key.ID)
	}
	return "Okta has not used the new access key yet: enter it, and save"
}

// missingProvisioning says what of the person's task Okta doesn't show yet.
func missingProvisioning(app Application, keys []usedKey, user string) []string {
	var missing []string
	create := slices.Contains(app.Features, FeatureCreateUsers)
	update := slices.Contains(app.Features, FeatureUpdateAttributes)
	used := slices.ContainsFunc(keys, usedByOkta)
	if !create && !update && !used {
		missing = append(missing, fmt.Sprintf("API integration is not enabled: Okta has not used the access key of %s yet", user))
	}
	if !create {
		missing = append(missing, "Create Users is not enabled")
	}
	if !update {
		missing = append(missing, "Update User Attributes is not enabled")
	}
	return missing
}

// usedByOkta tells a key that Okta holds: it lists roles with it. We ourselves only ever ask STS with a new key.
func usedByOkta(k usedKey) bool { return k.Service == "iam" }

// rolesMissing says what stands between Okta and the account's roles, which it has refused though provisioning is
// enabled. That it takes them is the one proof that all is well.
func (w *work) rolesMissing(ctx context.Context, keys []usedKey) ([]string, error) {
	_, err := w.assignGroups(ctx)
	switch {
	case err == nil:
		return nil, w.learn(ctx, func(k *store.Known) { k.RolesRefused = time.Time{} })
	case store.KindOf(err) != store.NeedsPerson:
		return nil, err
	case !slices.ContainsFunc(keys, usedByOkta):
		return []string{fmt.Sprintf("Okta does not offer the roles of account %s, and has not used the access key of its user %s: perhaps the key of another account was entered. Enter this account's key in its place, and save", w.key.ID, w.userName())}, nil
	}
	return []string{fmt.Sprintf("Okta does not offer the roles of account %s yet: click More → Refresh Application Data in the admin console", w.key.ID)}, nil
}

// undoProvisioning says what an account that stays linked in another mode leaves behind. Okta has no API for it; with the
// application or the key gone it does nothing.
func (w *work) undoProvisioning(ctx context.Context) (result, error) {
	if w.get().Desired == store.WantUnlinked {
		return done("goes with the application")
	}
	app, err := w.r.okta.Application(ctx, w.known().AppID)
	if err != nil {
		return result{}, err
	}
	if app == nil || len(app.Features) == 0 {
		return done("not enabled in Okta")
	}
	return left(fmt.Sprintf("The API integration of the Okta application %s, which does nothing once its access key is gone: there is no API to disable it, an admin can in the Provisioning tab", app.Label))
}
