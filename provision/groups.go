package provision

import (
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

// strangersGroup says whether a group of that name is there that oktaws hasn't made: whoever decides on the request has
// to know, since its members get the role.
func (w *work) strangersGroup(ctx context.Context, g wantedGroup) (bool, error) {
	if g.id != "" {
		return false, nil
	}
	found, err := w.r.okta.FindGroup(ctx, g.name)
	return found != nil && !strings.HasSuffix(found.Description, madeByUs), err
}

// assignedRoles are the roles of an assignment: in mode groups the group's name says it all.
func (w *work) assignedRoles(roles []string) []string {
	if w.get().Mode == store.ModeGroups {
		return nil
	}
	return roles
}

func (w *work) lookGroups(ctx context.Context, s *sight) ([]store.Finding, error) {
	wanted, err := w.wantGroups()
	if err != nil {
		return nil, err
	}
	assigned, err := s.assigned(ctx)
	if err != nil {
		return nil, err
	}
	var out []store.Finding
	ours := map[string]bool{}
	for _, g := range wanted {
		as := strings.Join(g.roles, ", ")
		have, ok := assigned[g.id]
		if g.id == "" {
			have, ok = assignedByName(assigned, g.name)
		}
		add := func(key, what, means, mend string) {
			out = append(out, finding(oktaGroups, as+"/"+key, what, means, mend))
		}
		if !ok && len(g.before) > 0 {
			out = append(out, forPerson(oktaGroups, as+"/other", fmt.Sprintf("The Okta group %s for %s is not there, and what gives people these roles now gives them others too, or not all of them", g.name, as),
				"They would come to other roles", "Make that group in Okta, put in it who shall have the roles, and assign it to the application"))
			continue
		}
		if !ok {
			mend := "assigns it"
			if !g.exists {
				mend = "assigns it, and makes it where there is none"
				stranger, err := w.strangersGroup(ctx, g)
				if err != nil {
					return nil, err
				}
				if stranger {
					add("unassigned", fmt.Sprintf("The Okta group %s is there already, and was not made by oktaws", g.name), "Whoever is in it now will be able to sign on as "+as, "assigns it as it is")
					continue
				}
			}
			add("unassigned", fmt.Sprintf("The Okta group %s is not assigned to the application", g.name), "Its members can't sign on as "+as, mend)
			continue
		}
		ours[have.Group.ID] = true
		if w.get().Mode == store.ModeGroups && have.Group.Name != "" && have.Group.Name != g.name {
			mine, err := w.soleGroup(ctx, have.Group)
			if err != nil {
				return nil, err
			}
			what := fmt.Sprintf("The Okta group of the role %s is called %s, not %s", as, have.Group.Name, g.name)
			means := "Okta can't read the role off its name: its members can't sign on as " + as
			if mine && !g.exists {
				add("name", what, means, "gives it that name")
			} else {
				out = append(out, forPerson(oktaGroups, as+"/name", what, means, "Give it that name in Okta, or make a group of that name with the same members; oktaws renames no group that it has not made for this account alone"))
			}
		}
		if want := w.assignedRoles(g.roles); !sameSet(have.Roles, want) && w.get().Mode == store.ModeAPI {
			what := fmt.Sprintf("The Okta group %s gives %s, not %s", g.name, strings.Join(have.Roles, ", "), as)
			if len(have.Roles) == 0 {
				what = fmt.Sprintf("The Okta group %s is assigned to the application without %s", g.name, as)
			}
			add("roles", what, "Its members are offered other roles than they should, or none", "assigns it with its roles")
		}
	}
	former, err := w.lookFormer(wanted, assigned, ours)
	if err != nil {
		return nil, err
	}
	return append(append(out, former...), w.lookOthers(assigned, ours)...), nil
}

// lookFormer names the groups of roles that the role set no longer has, and counts them as ours.
func (w *work) lookFormer(wanted []wantedGroup, assigned map[string]Assignment, ours map[string]bool) ([]store.Finding, error) {
	goOn := map[string]bool{}
	for _, g := range wanted {
		goOn[g.id] = true
	}
	var out []store.Finding
	known := w.known().Groups
	for _, role := range slices.Sorted(maps.Keys(known)) {
		id := known[role]
		if _, ok := assigned[id]; !ok || goOn[id] || ours[id] {
			continue
		}
		ours[id] = true
		out = append(out, finding(oktaGroups, role+"/former", fmt.Sprintf("The Okta group %s is assigned for the role %s, which it is not to give any more", assigned[id].Group.Name, role),
			"Its members can't sign on as "+role+" by it any more", "takes it off the application, and deletes it if oktaws has made it for this account alone"))
	}
	return out, nil
}

// lookOthers names groups that somebody has given roles of the account: they are not ours to take away.
func (w *work) lookOthers(assigned map[string]Assignment, ours map[string]bool) []store.Finding {
	if w.get().Mode != store.ModeAPI || w.get().Shared != "" {
		return nil
	}
	var out []store.Finding
	for _, id := range slices.Sorted(maps.Keys(assigned)) {
		if a := assigned[id]; !ours[id] && len(a.Roles) > 0 {
			name := a.Group.Name
			if name == "" {
				name = id
			}
			out = append(out, forPerson(oktaGroups, "other/"+id, fmt.Sprintf("The Okta group %s, which is not of the role set, was given roles: %s", name, strings.Join(a.Roles, ", ")),
				"Its members can sign on as those", "Take the group off the application in the Okta admin console, or ignore this with a reason"))
		}
	}
	return out
}

func assignedByName(assigned map[string]Assignment, name string) (Assignment, bool) {
	for _, a := range assigned {
		if a.Group.Name == name {
			return a, true
		}
	}
	return Assignment{}, false
}

// oktaGroups makes true that each role's Okta group exists and is assigned to the application with its roles.
func (w *work) oktaGroups(ctx context.Context) (result, error) {
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

// assignGroups makes and assigns the groups, and returns their IDs by role.
func (w *work) assignGroups(ctx context.Context) (map[string]string, error) {
	app := w.known().AppID
	assigned, err := w.r.okta.Assignments(ctx, app)
	if err != nil {
		return nil, err
	}
	wanted, err := w.wantGroups()
	if err != nil {
		return nil, err
	}
	ids := map[string]string{}
	for _, g := range wanted {
		group, err := w.group(ctx, g, assigned)
		if err != nil {
			return nil, err
		}
		for _, role := range g.roles {
			ids[role] = group.ID
		}
		want := w.assignedRoles(g.roles)
		var before *Assignment
		if have, ok := assigned[group.ID]; ok {
			if sameSet(have.Roles, want) || want == nil {
				continue // in mode groups, what an earlier mode has assigned does no harm
			}
			before = &have
		}
		if err := w.r.okta.Assign(ctx, app, group.ID, before, want); err != nil {
			return nil, err
		}
	}
	return ids, nil
}

// group returns the Okta group: the one that is known, else one of its name, else a new one. In mode groups the name
// counts, so that a group of ours that has another one is given it; who is in it stays so.
func (w *work) group(ctx context.Context, g wantedGroup, assigned map[string]Assignment) (Group, error) {
	if g.id != "" {
		known := assigned[g.id].Group
		if known.Name == "" {
			found, err := w.r.okta.Group(ctx, g.id)
			if err != nil {
				return Group{}, err
			}
			if found != nil {
				known = *found
			}
		}
		switch {
		case known.ID == "": // somebody has deleted it
		case known.Name == g.name || w.get().Mode != store.ModeGroups:
			return known, nil
		default:
			if mine, err := w.soleGroup(ctx, known); err != nil {
				return Group{}, err
			} else if mine && !g.exists {
				before := known.Name
				known.Name = g.name
				return known, w.renamed(w.r.okta.RenameGroup(ctx, known.ID, g.name), before, g.name)
			}
			g.before = []string{known.ID}
		}
	}
	found, err := w.r.okta.FindGroup(ctx, g.name)
	if err != nil {
		return Group{}, err
	}
	if found != nil {
		return *found, nil
	}
	switch {
	case g.exists:
		return Group{}, &store.Error{Kind: store.Permanent,
			Message: fmt.Sprintf("Okta has no group named %s, and the role set %s says that it is there already for account %s.", g.name, w.get().RoleSetName(), w.key.ID),
			Remedy:  "Make that group in Okta and put in it who shall have the role, or mend role_sets in the configuration and restart oktaws; then retry."}
	case len(g.before) > 0:
		// A new group would be empty, and who has the roles now would lose them, or come to others.
		return Group{}, &store.Error{Kind: store.Permanent,
			Message: fmt.Sprintf("Okta has no group named %s for %s in account %s, and the group that gives people these roles now is none that oktaws may rename: it was not made for this account alone, or does not give the same roles.", g.name, strings.Join(g.roles, ", "), w.key.ID),
			Remedy:  "Make that group in Okta and put in it who shall have the roles, then retry."}
	}
	made, err := w.r.okta.CreateGroup(ctx, g.name, w.groupNote())
	return made, w.lookAgain(oktaGroups, err)
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

// retireGroup takes a group off the application, and deletes it if it was made for this account alone. It names the group
// where that is left. One of others' stays in any case.
func (w *work) retireGroup(ctx context.Context, id string, others bool) (kept string, err error) {
	if app := w.known().AppID; app != "" {
		if err := w.r.okta.Unassign(ctx, app, id); err != nil {
			return "", err
		}
	}
	group, err := w.r.okta.Group(ctx, id)
	if err != nil || group == nil {
		return "", err
	}
	mine, err := w.soleGroup(ctx, *group)
	if err != nil {
		return "", err
	}
	if !mine || others {
		return "The Okta group " + group.Name + ", which was not made for this account alone", nil
	}
	if err := w.r.okta.DeleteGroup(ctx, id); err != nil && store.KindOf(err) != store.NotFound {
		return "", err
	}
	return "", nil
}
