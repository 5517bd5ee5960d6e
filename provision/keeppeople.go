package provision

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/oktaws/oktaws/store"
)

// keepPeople makes true that the group is there, is assigned, and is filled by an active rule. Of the accounts that come to
// it side by side one looks, and the others take its word.
func (w *work) keepPeople(ctx context.Context, want people) (result, error) {
	app := w.known().AppID
	if w.r.people.holds(app, w.now()) {
		return done("")
	}
	leave, err := w.r.people.enter(ctx)
	if err != nil {
		return result{}, err
	}
	defer leave()
	if w.r.people.holds(app, w.now()) {
		return done("")
	}
	found, err := w.lookPeople(ctx, w.sight(), want)
	if err != nil || len(found) == 0 {
		return result{state: store.StepDone}, err
	}
	return w.alone(ctx, func(ctx context.Context) (result, error) {
		id, err := w.peopleGroup(ctx, want)
		if err == nil {
			err = w.assignPeople(ctx, id)
		}
		if err == nil {
			err = w.peopleRule(ctx, want, id)
		}
		if err != nil {
			return result{}, err
		}
		w.r.people.note(app, w.now())
		return done("")
	})
}

// peopleGroup returns the ID of the group: the one that is known, else one of its name that is ours, else a new one.
func (w *work) peopleGroup(ctx context.Context, want people) (string, error) {
	shared, err := w.shared(ctx)
	if err != nil {
		return "", err
	}
	if shared.PeopleID != "" {
		if known, err := w.r.okta.Group(ctx, shared.PeopleID); err != nil || known != nil {
			return shared.PeopleID, err
		}
	}
	group, err := w.r.okta.CreateGroup(ctx, want.name, want.note)
	if err != nil && store.KindOf(err) == store.Conflict { // Okta has no two of a name
		found, findErr := w.r.okta.FindGroup(ctx, want.name)
		switch {
		case findErr != nil:
			return "", findErr
		case found == nil:
			return "", w.lookAgain(oktaGroups, err)
		case found.Description != want.note:
			return "", &store.Error{Kind: store.Conflict,
				Message: fmt.Sprintf("Okta has a group named %s already, which oktaws has not made, and account %s needs one of that name: for everybody who has the Okta application %s.", want.name, w.key.ID, w.get().Shared),
				Remedy:  "Rename that group in Okta, or delete it if nobody needs it, then retry."}
		}
		group, err = *found, nil
	}
	if err != nil {
		return "", err
	}
	return group.ID, w.noteShared(ctx, func(a *store.Application) { a.PeopleID = group.ID })
}

// noteShared notes something of the application that accounts share. The caller is alone at it.
func (w *work) noteShared(ctx context.Context, note func(*store.Application)) error {
	return w.save(ctx, func(tx *store.Tx, a *store.Account) error {
		shared, err := tx.SharedApplication(a.Partition, a.Shared)
		if err != nil {
			return err
		}
		note(&shared)
		return tx.SaveApplication(&shared)
	})
}

func (w *work) assignPeople(ctx context.Context, group string) error {
	app := w.known().AppID
	assigned, err := w.r.okta.Assignments(ctx, app)
	if err != nil {
		return err
	}
	if _, ok := assigned[group]; ok {
		return nil
	}
	_, err = w.r.okta.Assign(ctx, app, group, nil, nil)
	return err
}

// peopleRule makes true that an active rule fills the group. One that differs is made anew, since a rule can't be changed
// while it is active; whoever it has put into the group stays there meanwhile.
func (w *work) peopleRule(ctx context.Context, want people, group string) error {
	shared, err := w.shared(ctx)
	if err != nil {
		return err
	}
	rule, err := w.knownRule(ctx, shared)
	if err != nil {
		return err
	}
	if rule == nil {
		if rule, err = w.makeRule(ctx, want, group); err != nil {
			return err
		}
	}
	if !want.is(*rule, group) {
		if err := w.deleteRule(ctx, *rule); err != nil {
			return err
		}
		if rule, err = w.makeRule(ctx, want, group); err != nil {
			return err
		}
	}
	if rule.Status == "ACTIVE" {
		return nil
	}
	return w.lookAgain(oktaGroups, w.r.okta.ActivateRule(ctx, rule.ID))
}

// makeRule makes the rule, or finds the one that an attempt which was cut off has made: it fills our group.
func (w *work) makeRule(ctx context.Context, want people, group string) (*Rule, error) {
	rule, err := w.r.okta.CreateRule(ctx, RuleSpec{Name: want.rule, Expression: want.expression, Groups: []string{group}})
	if err != nil && store.KindOf(err) == store.Conflict {
		found, findErr := w.r.okta.FindRule(ctx, want.rule)
		switch {
		case findErr != nil:
			return nil, findErr
		case found == nil:
			return nil, w.lookAgain(oktaGroups, err)
		case !slices.Contains(found.Groups, group) && found.Status != "INVALID":
			return nil, &store.Error{Kind: store.Conflict,
				Message: fmt.Sprintf("Okta has a group rule named %s already, which oktaws has not made, and account %s needs one of that name.", want.rule, w.key.ID),
				Remedy:  "Rename that rule in Okta (Directory → Groups → Rules), or delete it if nobody needs it, then retry."}
		}
		rule, err = *found, nil
	}
	if err != nil {
		return nil, err
	}
	return &rule, w.noteShared(ctx, func(a *store.Application) { a.RuleID = rule.ID })
}

func (w *work) deleteRule(ctx context.Context, r Rule) error {
	if r.Status == "ACTIVE" {
		if err := w.r.okta.DeactivateRule(ctx, r.ID); err != nil && store.KindOf(err) != store.NotFound {
			return err
		}
	}
	if err := w.r.okta.DeleteRule(ctx, r.ID); err != nil && store.KindOf(err) != store.NotFound {
		return err
	}
	return nil
}

// peopleLeft says whether the group and the rule are there for this account alone.
func (w *work) peopleLeft(ctx context.Context) (shared store.Application, left bool, err error) {
	a := w.get()
	if a.Shared == "" {
		return shared, false, nil
	}
	err = w.r.store.View(ctx, func(tx *store.ReadTx) (err error) {
		if shared, err = tx.SharedApplication(a.Partition, a.Shared); err != nil {
			return err
		}
		left = shared.PeopleID != "" || shared.RuleID != ""
		return tx.Sharing(a.Partition, a.Shared, func(other store.Account) bool {
			left = left && other.AccountKey == a.AccountKey
			return left
		})
	})
	return shared, left, err
}

// dropPeople deletes the rule and the group, once no account shares the application any more.
func (w *work) dropPeople(ctx context.Context) error {
	shared, left, err := w.peopleLeft(ctx)
	if err != nil || !left {
		return err
	}
	rule, err := w.knownRule(ctx, shared)
	if err == nil && rule != nil {
		err = w.deleteRule(ctx, *rule)
	}
	if err != nil {
		return err
	}
	if shared.PeopleID != "" {
		if err := w.r.okta.DeleteGroup(ctx, shared.PeopleID); err != nil && store.KindOf(err) != store.NotFound {
			return err
		}
	}
	w.r.people.note(w.known().AppID, time.Time{})
	return w.noteShared(ctx, func(a *store.Application) { a.PeopleID, a.RuleID = "", "" })
}
