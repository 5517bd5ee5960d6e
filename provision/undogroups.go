package provision

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/oktaws/oktaws/store"
)

// madeGroups are the IDs of the groups that linking has made or assigned: those that are known, and, where it was cut off,
// those of our names that bear our note.
func (w *work) madeGroups(ctx context.Context) ([]string, error) {
	known := w.known().Groups
	ids := slices.Sorted(maps.Values(known))
	wanted, err := w.wantGroups()
	if err != nil {
		wanted = nil // without its role set, what is known has to do
	}
	for _, g := range wanted {
		if g.id != "" {
			continue
		}
		found, err := w.r.okta.FindGroup(ctx, g.name)
		if err != nil {
			return nil, err
		}
		if found != nil && found.Description == w.groupNote() {
			ids = append(ids, found.ID)
		}
	}
	slices.Sort(ids)
	return slices.Compact(ids), nil
}

// others are the IDs of the known groups that were there already by the role set: they are not to be deleted, whatever their
// description says.
func (w *work) others() map[string]bool {
	out := map[string]bool{}
	wanted, err := w.wantGroups()
	if err != nil {
		return out // without its role set, the groups' descriptions say whose they are
	}
	for _, g := range wanted {
		if g.exists && g.id != "" {
			out[g.id] = true
		}
	}
	return out
}

func (w *work) remainsGroups(ctx context.Context, _ *sight) ([]store.Finding, error) {
	ids, err := w.madeGroups(ctx)
	if err != nil {
		return nil, err
	}
	var out []store.Finding
	others := w.others()
	for _, id := range ids {
		group, err := w.r.okta.Group(ctx, id)
		if err != nil {
			return nil, err
		}
		if group == nil {
			continue
		}
		mine, err := w.soleGroup(ctx, *group)
		if err != nil {
			return nil, err
		}
		mend := "deletes it"
		if !mine || others[id] {
			mend = "takes it off the application, and leaves it in Okta, since it was not made for this account alone"
		}
		out = append(out, finding(oktaGroups, id, "The Okta group "+group.Name, "Its members can't sign on to the account any more", mend))
	}
	return out, nil
}

// undoGroups takes the groups off the application, and deletes those that were made for this account alone.
func (w *work) undoGroups(ctx context.Context) (result, error) {
	ids, err := w.madeGroups(ctx)
	if err != nil {
		return result{}, err
	}
	var kept []string
	others := w.others()
	for _, id := range ids {
		what, err := w.retireGroup(ctx, id, others[id])
		if err != nil {
			return result{}, err
		}
		if what != "" {
			kept = append(kept, what)
		}
	}
	if err := w.learn(ctx, func(k *store.Known) { k.Groups = nil }); err != nil {
		return result{}, err
	}
	return result{state: store.StepDone, note: fmt.Sprintf("%d taken off the application", len(ids)), left: kept}, nil
}

// retireGroup deletes a group that was made for this account alone, and takes another off the application. It names the group
// where that is left. One of others' stays in any case.
func (w *work) retireGroup(ctx context.Context, id string, others bool) (kept string, err error) {
	group, err := w.r.okta.Group(ctx, id)
	if err != nil || group == nil {
		return "", err // with the group, its assignments are gone
	}
	mine, err := w.soleGroup(ctx, *group)
	if err != nil {
		return "", err
	}
	if !mine || others {
		if app := w.known().AppID; app != "" {
			if err := w.r.okta.Unassign(ctx, app, id); err != nil {
				return "", err
			}
		}
		return "The Okta group " + group.Name + ", which was not made for this account alone", nil
	}
	if err := w.r.okta.DeleteGroup(ctx, id); err != nil && store.KindOf(err) != store.NotFound {
		return "", err
	}
	return "", nil
}
