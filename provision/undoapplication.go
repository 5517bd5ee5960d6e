package provision

import (
	"context"
	"fmt"

	"github.com/oktaws/oktaws/store"
)

func (w *work) remainsApplication(ctx context.Context, s *sight) ([]store.Finding, error) {
	apps, err := w.applications(ctx, s)
	if err != nil {
		return nil, err
	}
	var out []store.Finding
	for _, app := range apps {
		var keep string
		err := w.r.store.View(ctx, func(tx *store.ReadTx) (err error) {
			keep, err = w.keepsApplication(tx, w.get(), app)
			return err
		})
		switch {
		case err != nil:
			return nil, err
		case keep != "":
			out = append(out, leftAlone(oktaApp, app.ID, keep))
		default:
			out = append(out, finding(oktaApp, app.ID, describe(app), "Its tile goes away: nobody can sign on any more", "deactivates and deletes it"))
		}
	}
	if shared, last, err := w.lastWithPeople(ctx); err != nil {
		return nil, err
	} else if last && (shared.PeopleID != "" || shared.RuleID != "") {
		out = append(out, finding(oktaApp, "people", fmt.Sprintf("The Okta group of everybody who has the application %s, and the group rule that fills it", shared.Label), "", "deletes them"))
	}
	return out, nil
}

func describe(app Application) string {
	return fmt.Sprintf("The Okta application %s (%s)", app.Label, app.ID)
}

// applications are the account's own, or those that stood in its way.
func (w *work) applications(ctx context.Context, s *sight) ([]Application, error) {
	app, err := s.application(ctx)
	if err != nil {
		return nil, err
	}
	if app != nil {
		return []Application{*app}, nil
	}
	return s.strangers, nil
}

// keepsApplication says what there is to say of an application that is not to be deleted; "" of one that is.
func (w *work) keepsApplication(tx *store.ReadTx, a store.Account, app Application) (what string, err error) {
	mine, shared := bears(app.Note, w.ownMark()), bears(app.Note, w.sharedMark())
	if !mine && !shared {
		return describe(app) + ", which does not bear our mark", nil
	}
	used := false
	err = tx.Accounts(func(other store.Account) bool {
		joins := shared && other.Partition == a.Partition && other.Shared == a.Shared
		used = other.AccountKey != w.key && other.Desired == store.WantLinked && (joins || other.Known.AppID == app.ID)
		return !used
	})
	if used {
		what = describe(app) + ", which other accounts share"
	}
	return what, err
}

// leftAlone is a finding of something that isn't ours, in the plan of what is to be undone.
func leftAlone(step, key, what string) store.Finding {
	return store.Finding{Key: step + "/left/" + key, Step: step, What: what, Mend: "leaves it alone", Foreign: true}
}

// undoApplication deletes the account's application.
func (w *work) undoApplication(ctx context.Context) (result, error) {
	return w.alone(ctx, func(ctx context.Context) (result, error) {
		apps, err := w.applications(ctx, w.sight())
		if err != nil {
			return result{}, err
		}
		res := result{state: store.StepDone, note: "there is none"}
		if err := w.dropPeople(ctx); err != nil {
			return result{}, w.lookAgain(oktaApp, err)
		}
		for _, app := range apps {
			kept, err := w.giveUp(ctx, app)
			switch {
			case err != nil:
				return result{}, w.lookAgain(oktaApp, err)
			case kept != "":
				res.left = append(res.left, kept)
				res.note = "left alone: " + kept
			default:
				res.note = app.Label + " deleted"
			}
		}
		return res, nil
	})
}

// giveUp deletes an application of ours, or names it where it is not to be deleted.
func (w *work) giveUp(ctx context.Context, app Application) (kept string, err error) {
	// Forgotten before it is deleted, in the transaction that finds nobody else who has it: who is about to join it learns
	// of that. Where it stays, though nobody has it, it is somebody else's from now on.
	err = w.save(ctx, func(tx *store.Tx, a *store.Account) error {
		if kept, err = w.keepsApplication(&tx.ReadTx, *a, app); err != nil {
			return err
		}
		return forgetShared(tx, *a, app.ID)
	})
	if err != nil || kept != "" {
		return kept, err
	}
	if app.Status == "ACTIVE" {
		if err := w.r.okta.DeactivateApplication(ctx, app.ID); err != nil {
			return "", err
		}
	}
	if err := w.r.okta.DeleteApplication(ctx, app.ID); err != nil && store.KindOf(err) != store.NotFound {
		return "", err
	}
	return "", nil
}

// forgetShared forgets a shared application that was deleted or left, unless another account has it.
func forgetShared(tx *store.Tx, a store.Account, app string) error {
	if a.Shared == "" {
		return nil
	}
	shared, err := tx.SharedApplication(a.Partition, a.Shared)
	if err != nil || shared.AppID != app {
		return err
	}
	used := false
	err = tx.Sharing(a.Partition, a.Shared, func(other store.Account) bool {
		used = other.AccountKey != a.AccountKey && other.Known.AppID == app
		return !used
	})
	if err != nil || used {
		return err
	}
	shared.AppID, shared.SigningKeyID, shared.NextKeyID = "", "", ""
	return tx.SaveApplication(&shared)
}
