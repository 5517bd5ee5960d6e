package provision

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/oktaws/oktaws/store"
)

// keepPeople makes true that the group is there, is assigned, and is filled by an active rule. One account of all that share
// the application looks at it, and the others take its word for a minute.
func (w *work) keepPeople(ctx context.Context, want people) (result, error) {
	app := w.known().AppID
	if fine, err := w.inOrder(ctx, app); err != nil || fine {
		return result{state: store.StepDone}, err
	}
	return w.alone(ctx, func(ctx context.Context) (result, error) {
		s := w.sight()
		found, err := w.lookPeople(ctx, s, want)
		if err != nil || len(found) == 0 {
			return result{state: store.StepDone}, err
		}
		began := w.now()
		id, made, err := w.peopleGroup(ctx, want)
		if err == nil {
			err = w.assignPeople(ctx, s, id, made)
		}
		if err == nil {
			err = w.peopleRule(ctx, want, id)
		}
		if err != nil {
			return result{}, err
		}
		w.r.people.note(app, began)
		return done("")
	})
}

// peopleGroup returns the ID of the group: the one that is known, else one of its name that is ours, else a new one.
func (w *work) peopleGroup(ctx context.Context, want people) (id string, made bool, _ error) {
	shared, err := w.shared(ctx)
	if err != nil {
		return "", false, err
	}
	if shared.PeopleID != "" {
		if known, err := w.r.okta.Group(ctx, shared.PeopleID); err != nil || known != nil {
			return shared.PeopleID, false, err
		}
	}
	group, err := w.r.okta.CreateGroup(ctx, want.name, want.note)
	made = err == nil
	if err != nil && store.KindOf(err) == store.Conflict { // Okta has no two of a name
		found, findErr := w.r.okta.FindGroup(ctx, want.name)
		switch {
		case findErr != nil:
			return "", false, findErr
		case found == nil:
			return "", false, w.lookAgain(oktaGroups, err)
		case found.Description != want.note:
			return "", false, &store.Error{Kind: store.Conflict,
				Message: fmt.Sprintf("Okta has a group named %s already, which oktaws has not made, and account %s needs one of that name: for everybody who has the Okta application %s.", want.name, w.key.ID, w.get().Shared),
				Remedy:  "Rename that group in Okta, or delete it if nobody needs it, then retry."}
		}
		group, err = *found, nil
	}
	if err != nil {
		return "", false, err
	}
	return group.ID, made, w.noteShared(ctx, func(a *store.Application) { a.PeopleID = group.ID })
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

// assignPeople assigns the group, unless it is assigned already, which one that was just made can't be.
func (w *work) assignPeople(ctx context.Context, s *sight, group string, made bool) error {
	app := w.known().AppID
	if !made {
		assigned, err := s.assignedTo(ctx, app)
		if err != nil {
			return err
		}
		if _, ok := assigned[group]; ok {
			return nil
		}
	}
	_, err := w.r.okta.Assign(ctx, app, group, nil, nil)
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

// lastWithPeople says whether no other account shares the application, so that its people go with this one, and what is known
// of them.
func (w *work) lastWithPeople(ctx context.Context) (shared store.Application, last bool, err error) {
	a := w.get()
	if a.Shared == "" {
		return shared, false, nil
	}
	err = w.r.store.View(ctx, func(tx *store.ReadTx) (err error) {
		if shared, err = tx.SharedApplication(a.Partition, a.Shared); err != nil {
			return err
		}
		last = true
		return tx.Sharing(a.Partition, a.Shared, func(other store.Account) bool {
			last = other.AccountKey == a.AccountKey
			return last
		})
	})
	return shared, last, err
}

// dropPeople deletes the rule and the group, once no account shares the application any more.
func (w *work) dropPeople(ctx context.Context) error {
	shared, last, err := w.lastWithPeople(ctx)
	if err != nil || !last {
		return err
	}
	group, rule, err := w.madePeople(ctx, shared)
	if err == nil && rule != nil {
		err = w.deleteRule(ctx, *rule)
	}
	if err != nil {
		return err
	}
	if group != "" {
		if err := w.r.okta.DeleteGroup(ctx, group); err != nil && store.KindOf(err) != store.NotFound {
			return err
		}
	}
	w.r.people.note(w.known().AppID, time.Time{})
	if shared.PeopleID == "" && shared.RuleID == "" {
		return nil
	}
	return w.noteShared(ctx, func(a *store.Application) { a.PeopleID, a.RuleID = "", "" })
}

// madePeople are the group and the rule that are known, and, where linking was cut off before it noted them, or somebody has
// replaced the rule, those of our names: the group by its description, the rule by its filling that group.
func (w *work) madePeople(ctx context.Context, shared store.Application) (group string, rule *Rule, err error) {
	want, ok := w.wantPeople()
	group = shared.PeopleID
	if group == "" && ok {
		found, err := w.r.okta.FindGroup(ctx, want.name)
		if err != nil {
			return "", nil, err
		}
		if found != nil && found.Description == want.note {
			group = found.ID
		}
	}
	if rule, err = w.knownRule(ctx, shared); err != nil || rule != nil || group == "" || !ok {
		return group, rule, err
	}
	if rule, err = w.r.okta.FindRule(ctx, want.rule); err != nil || rule == nil || !slices.Contains(rule.Groups, group) {
		return group, nil, err
	}
	return group, rule, nil
}
