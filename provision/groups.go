package provision

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/oktaws/oktaws/store"
)

// wantedGroup is one Okta group and what it is for.
type wantedGroup struct {
	name   string
	id     string   // of the one that is known, and that can go on as this one
	before []string // IDs of the known ones that can't: who is in them would come to other roles
	roles  []string
	exists bool // it is somebody else's: never made, renamed or deleted
}

// wantGroups returns the Okta groups of the account, by name. Roles can share a group in mode api.
func (w *work) wantGroups() ([]wantedGroup, error) {
	a := w.get()
	specs, err := w.roleSet()
	if err != nil {
		return nil, err
	}
	byName := map[string]*wantedGroup{}
	for _, spec := range specs {
		name := w.r.cfg.GroupName(spec, a.Wish, a.AccountKey.ID, a.Known.Alias)
		g := byName[name]
		if g == nil {
			g = &wantedGroup{name: name}
			byName[name] = g
		}
		g.roles = append(g.roles, spec.Name)
		g.exists = g.exists || spec.GroupExists
		if id := a.Known.Groups[spec.Name]; id != "" && !slices.Contains(g.before, id) {
			g.before = append(g.before, id)
		}
	}
	serves := map[string]int{} // how many of the groups one that is known has been until now
	for _, g := range byName {
		for _, id := range g.before {
			serves[id]++
		}
	}
	var out []wantedGroup
	for _, name := range slices.Sorted(maps.Keys(byName)) {
		g := byName[name]
		if len(g.before) == 1 && serves[g.before[0]] == 1 {
			g.id, g.before = g.before[0], nil
		}
		out = append(out, *g)
	}
	return out, nil
}

// groupNote is the description of a group that was made for the account: by it, it is ours.
func (w *work) groupNote() string {
	return fmt.Sprintf("May sign on to AWS account %s %s", w.get().ID, madeByUs)
}

// madeByUs ends the description of every group that oktaws has made, for whichever account.
const madeByUs = "(made by oktaws)"

// assignedRoles are the roles of an assignment: in mode groups the group's name says it all.
func (w *work) assignedRoles(roles []string) []string {
	if w.get().Mode == store.ModeGroups {
		return nil
	}
	return roles
}

// oktaGroups makes true that each role's Okta group exists and is assigned to the application with its roles.
func (w *work) oktaGroups(ctx context.Context) (result, error) {
	if want, ok := w.wantPeople(); ok { // first, since it may have to wait for another account
		res, err := w.keepPeople(ctx, want)
		if err != nil {
			return w.orGone(ctx, oktaGroups, err)
		}
		if res.state != store.StepDone {
			return res, nil
		}
	}
	ids, err := w.assignGroups(ctx)
	if store.KindOf(err) == store.NeedsPerson && err != nil {
		return w.rolesRefused(ctx, err)
	}
	if err != nil {
		return w.orGone(ctx, oktaGroups, err)
	}
	var notes []string
	for _, role := range slices.Sorted(maps.Keys(w.known().Groups)) { // of an earlier role set, or of other names
		id := w.known().Groups[role]
		if inUse := slices.Collect(maps.Values(ids)); !slices.Contains(inUse, id) {
			what, err := w.retireGroup(ctx, id, false)
			if err != nil {
				return result{}, err
			}
			if what != "" {
				notes = append(notes, what)
			}
		}
	}
	if err := w.learn(ctx, func(k *store.Known) { k.Groups = ids }); err != nil {
		return result{}, err
	}
	wanted, err := w.wantGroups()
	if err != nil {
		return result{}, err
	}
	var names []string
	for _, g := range wanted {
		names = append(names, g.name)
	}
	return result{state: store.StepDone, note: strings.Join(names, ", "), left: notes}, nil
}

// assignGroups makes and assigns the groups, and returns their IDs by role. What is assigned already is asked for only if
// there is a group that may be: nobody can have assigned one that this very call has made. Where a group of people has the
// application, there is nothing to assign.
func (w *work) assignGroups(ctx context.Context) (map[string]string, error) {
	app, s := w.known().AppID, w.sight()
	w.tell(answers{})
	_, people := w.wantPeople()
	wanted, err := w.wantGroups()
	if err != nil {
		return nil, err
	}
	ids, is, groups := map[string]string{}, map[string]Assignment{}, map[string]Group{}
	for _, g := range wanted {
		group, made, err := w.group(ctx, g, s)
		if err != nil {
			return nil, err
		}
		groups[group.Name] = group
		for _, role := range g.roles {
			ids[role] = group.ID
		}
		if people {
			continue
		}
		var assigned map[string]Assignment
		if !made {
			if assigned, err = s.assignedTo(ctx, app); err != nil {
				return nil, err
			}
		}
		want := w.assignedRoles(g.roles)
		var before *Assignment
		if have, ok := assigned[group.ID]; ok {
			is[group.ID] = have
			if sameSet(have.Roles, want) || want == nil {
				continue // in mode groups, what an earlier mode has assigned does no harm
			}
			before = &have
		}
		now, err := w.r.okta.Assign(ctx, app, group.ID, before, want)
		if err != nil {
			return nil, err
		}
		now.Group = group
		is[group.ID] = now
	}
	if people {
		is = nil
	}
	w.tell(answers{groups: groups, assigned: is})
	return ids, nil
}

// group returns the Okta group: the one that is known, else one of its name, else a new one. In mode groups the name
// counts, so that a group of ours that has another one is given it; who is in it stays so. made says that it is new.
func (w *work) group(ctx context.Context, g wantedGroup, s *sight) (_ Group, made bool, _ error) {
	if g.id != "" {
		var known Group
		if _, people := w.wantPeople(); !people {
			assigned, err := s.assignedTo(ctx, w.known().AppID)
			if err != nil {
				return Group{}, false, err
			}
			known = assigned[g.id].Group
		}
		if known.Name == "" {
			found, err := w.r.okta.Group(ctx, g.id)
			if err != nil {
				return Group{}, false, err
			}
			if found != nil {
				known = *found
			}
		}
		switch {
		case known.ID == "": // somebody has deleted it
		case known.Name == g.name || w.get().Mode != store.ModeGroups:
			return known, false, nil
		default:
			if mine, err := w.soleGroup(ctx, known); err != nil {
				return Group{}, false, err
			} else if mine && !g.exists {
				before := known.Name
				known.Name = g.name
				return known, false, w.renamed(w.r.okta.RenameGroup(ctx, known.ID, g.name), before, g.name)
			}
			g.before = []string{known.ID}
		}
	}
	if !g.exists && len(g.before) == 0 {
		// Okta has no two groups of a name, so that making it is the look: where there is one, Okta refuses.
		group, err := w.r.okta.CreateGroup(ctx, g.name, w.groupNote())
		if err == nil || store.KindOf(err) != store.Conflict {
			return group, err == nil, w.lookAgain(oktaGroups, err)
		}
		found, findErr := w.r.okta.FindGroup(ctx, g.name)
		if findErr != nil || found == nil {
			return Group{}, false, cmp.Or(findErr, w.lookAgain(oktaGroups, err))
		}
		return *found, false, nil
	}
	found, err := w.r.okta.FindGroup(ctx, g.name)
	switch {
	case err != nil:
		return Group{}, false, err
	case found != nil:
		return *found, false, nil
	case g.exists:
		return Group{}, false, &store.Error{Kind: store.Permanent,
			Message: fmt.Sprintf("Okta has no group named %s, and the role set %s says that it is there already for account %s.", g.name, w.get().RoleSetName(), w.key.ID),
			Remedy:  "Make that group in Okta and put in it who shall have the role, or mend role_sets in the configuration and restart oktaws; then retry."}
	}
	// A new group would be empty, and who has the roles now would lose them, or come to others.
	return Group{}, false, &store.Error{Kind: store.Permanent,
		Message: fmt.Sprintf("Okta has no group named %s for %s in account %s, and the group that gives people these roles now is none that oktaws may rename: it was not made for this account alone, or does not give the same roles.", g.name, strings.Join(g.roles, ", "), w.key.ID),
		Remedy:  "Make that group in Okta and put in it who shall have the roles, then retry."}
}

// renamed explains that a group can't have a name since another has it.
func (w *work) renamed(err error, before, name string) error {
	if store.KindOf(err) != store.Conflict || err == nil {
		return err
	}
	return &store.Error{Kind: store.Conflict, Err: err,
		Message: fmt.Sprintf("The Okta group %s of account %s is to be called %s, and there is another group of that name.", before, w.key.ID, name),
		Remedy:  "Rename or delete that other group in Okta if nobody needs it, then retry."}
}

// soleGroup says whether the group was made for this account, and serves no other.
func (w *work) soleGroup(ctx context.Context, g Group) (bool, error) {
	if g.Description != w.groupNote() {
		return false, nil
	}
	sole := true
	err := w.r.store.View(ctx, func(tx *store.ReadTx) error {
		return tx.Accounts(func(a store.Account) bool {
			if a.AccountKey != w.key && a.Desired == store.WantLinked && slices.Contains(slices.Collect(maps.Values(a.Known.Groups)), g.ID) {
				sole = false
			}
			return sole
		})
	})
	return sole, err
}

// patience is how often Okta may refuse the roles before a person is asked: it takes a moment to fetch them.
const patience = 3

// rolesRefused handles Okta's refusal of roles on an application: it takes none before provisioning is enabled and it has
// fetched them, and never those of another account than the one whose key it holds.
func (w *work) rolesRefused(ctx context.Context, refusal error) (result, error) {
	app, err := w.r.okta.Application(ctx, w.known().AppID)
	if err != nil {
		return result{}, err
	}
	if app == nil {
		return w.applicationGone()
	}
	if len(missingProvisioning(*app, nil, "")) > 0 {
		return result{redo: oktaProvisioning, note: "provisioning is not enabled any more"}, nil
	}
	if w.get().Steps[oktaGroups].Attempts >= patience {
		now := w.now()
		if err := w.learn(ctx, func(k *store.Known) { k.RolesRefused = now }); err != nil {
			return result{}, err
		}
		return result{redo: oktaProvisioning, note: "Okta does not offer the account's roles"}, nil
	}
	message, remedy := store.Explain(refusal)
	return result{}, &store.Error{Kind: store.Transient, Message: message, Remedy: remedy, Err: refusal}
}

func sameSet(a, b []string) bool {
	return slices.Equal(slices.Sorted(slices.Values(a)), slices.Sorted(slices.Values(b)))
}
