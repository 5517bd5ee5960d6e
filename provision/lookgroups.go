package provision

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/oktaws/oktaws/store"
)

// strangersGroup says whether a group of that name is there that oktaws hasn't made: whoever decides on the request has
// to know, since its members get the role.
func (w *work) strangersGroup(ctx context.Context, g wantedGroup) (bool, error) {
	if g.id != "" {
		return false, nil
	}
	found, err := w.r.okta.FindGroup(ctx, g.name)
	return found != nil && !strings.HasSuffix(found.Description, madeByUs), err
}

func (w *work) lookGroups(ctx context.Context, s *sight) ([]store.Finding, error) {
	if want, ok := w.wantPeople(); ok {
		return w.lookRoleGroups(ctx, s, want)
	}
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
			named, err := w.lookName(ctx, g, have.Group)
			if err != nil {
				return nil, err
			}
			out = append(out, named...)
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
