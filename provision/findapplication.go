package provision

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/oktaws/oktaws/store"
)

// errGivenUp is the cause where the application that an account was to join is not the shared one any more.
var errGivenUp = errors.New("the application was given up")

// learnApplication notes which application is the account's. An open task leads to it. Who joins one without being alone
// fails with errGivenUp where another account has given it up since.
func (w *work) learnApplication(ctx context.Context, app Application, joins bool) error {
	return w.save(ctx, func(tx *store.Tx, a *store.Account) error {
		before := a.Known.AdminURL
		k := &a.Known
		if k.AppID != app.ID || k.SigningKeyID != app.SigningKeyID && k.NextKeyID != app.SigningKeyID {
			k.Certificate = store.Certificate{} // of another key
		}
		if k.AppID != app.ID {
			k.NextKeyID, k.FormerKeyID, k.FormerUntil = "", "", time.Time{}
		}
		if k.NextKeyID == "" || k.NextKeyID != app.SigningKeyID { // else the step signing-key has been cut off, and goes on
			k.SigningKeyID = app.SigningKeyID
		}
		k.AppID, k.AppName, k.AdminURL, k.TileURL = app.ID, app.Name, app.AdminURL, app.TileURL
		if a.Shared != "" {
			if err := learnShared(tx, *a, app, joins); err != nil {
				return err
			}
		}
		if before == "" || before == app.AdminURL {
			return nil
		}
		task, err := tx.Task(store.TaskIDOf(a.RequestID, store.EnableProvisioning))
		if store.KindOf(err) == store.NotFound {
			return nil
		}
		if err != nil || task.State != store.TaskOpen {
			return err
		}
		return tx.SaveTask(&task)
	})
}

// learnShared notes which application the accounts share.
func learnShared(tx *store.Tx, a store.Account, app Application, joins bool) error {
	shared, err := tx.SharedApplication(a.Partition, a.Shared)
	if err != nil || shared.AppID == app.ID {
		return err
	}
	if joins {
		return errGivenUp
	}
	shared.AppID, shared.NextKeyID, shared.Made = app.ID, "", a.Known.AppMade
	return tx.SaveApplication(&shared)
}

// shared is what is known of the application that the account shall share; nothing where it shall have its own.
func (w *work) shared(ctx context.Context) (shared store.Application, err error) {
	a := w.get()
	if a.Shared == "" {
		return shared, nil
	}
	err = w.r.store.View(ctx, func(tx *store.ReadTx) (err error) {
		shared, err = tx.SharedApplication(a.Partition, a.Shared)
		return err
	})
	return shared, err
}

// findApplication returns the account's application, or nil where there is none yet. One that was ours a moment ago is
// so still, whatever its note says by now.
func (w *work) findApplication(ctx context.Context) (*Application, error) {
	a := w.get()
	id := a.Known.AppID
	if id != "" {
		app, err := w.r.okta.Application(ctx, id)
		if err != nil || app != nil {
			return app, err
		}
	}
	shared, err := w.shared(ctx)
	if err != nil {
		return nil, err
	}
	if shared.AppID != "" && shared.AppID != id {
		id = shared.AppID
		app, err := w.r.okta.Application(ctx, id)
		if err != nil || app != nil {
			return app, err
		}
	}
	if id != "" {
		if a.Steps[oktaApp].Attempts < 2 {
			return nil, &store.Error{Kind: store.Transient,
				Message: fmt.Sprintf("Okta does not show the application %s (%s) at the moment.", a.AppLabel(), id),
				Remedy:  "oktaws looks once more, and makes a new one where it stays away."}
		}
	}
	apps, err := w.labelled(ctx)
	if err != nil {
		return nil, err
	}
	return w.choose(apps)
}

// choose returns the account's application among those of its label, or nil where there is none of them, and refuses where
// they are others'.
func (w *work) choose(apps []Application) (*Application, error) {
	a := w.get()
	ours := slices.DeleteFunc(slices.Clone(apps), func(app Application) bool { return !bears(app.Note, w.mark()) })
	switch {
	case len(ours) == 1:
		return &ours[0], nil
	case len(ours) > 1:
		return nil, &store.Error{Kind: store.Conflict,
			Message: fmt.Sprintf("Okta has %d applications named %s that bear the mark of account %s.", len(ours), a.AppLabel(), a.ID),
			Remedy:  "Deactivate and delete all but one of them in the Okta admin console, then retry."}
	case len(apps) > 0:
		return w.adoptApplication(apps)
	}
	return nil, nil
}

// adoptApplication returns the application that somebody made by hand, where it is to be taken over.
func (w *work) adoptApplication(apps []Application) (*Application, error) {
	a := w.get()
	owned := slices.ContainsFunc(apps, func(app Application) bool { return strings.Contains(app.Note, marks) })
	switch {
	case owned:
		return nil, &store.Error{Kind: store.Conflict,
			Message: fmt.Sprintf("Okta has an application named %s already (%s), and oktaws manages it, but not for account %s.", a.AppLabel(), apps[0].ID, a.ID),
			Remedy:  fmt.Sprintf("Give this up with /oktaws unlink %s, and ask for the account under another name.", a.ID)}
	case a.Adopt && len(apps) == 1 && apps[0].Name == "amazon_aws":
		return &apps[0], nil
	case a.Adopt && len(apps) > 1:
		return nil, &store.Error{Kind: store.Conflict,
			Message: fmt.Sprintf("Okta has %d applications named %s, and oktaws can't tell which of them is to be taken over for account %s.", len(apps), a.AppLabel(), a.ID),
			Remedy:  "Rename the others in the Okta admin console, then retry."}
	case apps[0].Name != "amazon_aws":
		return nil, &store.Error{Kind: store.Conflict,
			Message: fmt.Sprintf("Okta has an application named %s already (%s), which is not one of the kind AWS Account Federation, as account %s needs.", a.AppLabel(), apps[0].ID, a.ID),
			Remedy:  fmt.Sprintf("Rename that application in Okta, then retry; or give this up with /oktaws unlink %s, and ask for the account under another name.", a.ID)}
	}
	return nil, &store.Error{Kind: store.Conflict, Err: store.ErrForeign,
		Message: fmt.Sprintf("Okta has an application named %s already (%s), and it was not made by oktaws for account %s.", a.AppLabel(), apps[0].ID, a.ID),
		Remedy:  fmt.Sprintf("Take it over with /oktaws adopt %s, or rename that application in Okta (or delete it, if nobody needs it) and retry.", a.ID)}
}
