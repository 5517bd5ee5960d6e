package provision

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/oktaws/oktaws/store"
)

// lookRoleGroups is the look at the groups of an account that shares an application with others: each role's group is there
// under its name, and the people who are in one have the application. Role groups that were assigned one by one, before
// there was a group of people, do as well.
func (w *work) lookRoleGroups(ctx context.Context, s *sight, want people) ([]store.Finding, error) {
	wanted, err := w.wantGroups()
	if err != nil {
		return nil, err
	}
	var names []string
	for _, g := range wanted {
		names = append(names, g.name)
	}
	there, err := s.named(ctx, names)
	if err != nil {
		return nil, err
	}
	var out []store.Finding
	goOn := map[string]bool{}
	for _, g := range wanted {
		found, err := w.lookRoleGroup(ctx, g, there)
		if err != nil {
			return nil, err
		}
		out = append(out, found...)
		goOn[g.id] = true
		goOn[there[g.name].ID] = true
	}
	known := w.known().Groups
	for _, role := range slices.Sorted(maps.Keys(known)) {
		if goOn[known[role]] {
			continue
		}
		goOn[known[role]] = true
		former, err := w.r.okta.Group(ctx, known[role])
		if err != nil {
			return nil, err
		}
		if former != nil {
			out = append(out, finding(oktaGroups, role+"/former", fmt.Sprintf("The Okta group %s is for the role %s, which it is not to give any more", former.Name, role),
				"Its members can't sign on as "+role+" by it any more", "deletes it if oktaws has made it for this account alone"))
		}
	}
	if single, err := w.assignedSingly(ctx, s, wanted); err != nil || single {
		return out, err
	}
	found, err := w.lookPeople(ctx, s, want)
	return append(out, found...), err
}

// lookRoleGroup says what differs of one role's group.
func (w *work) lookRoleGroup(ctx context.Context, g wantedGroup, there map[string]Group) ([]store.Finding, error) {
	as := strings.Join(g.roles, ", ")
	have, ok := there[g.name]
	switch {
	case ok && (g.id == have.ID || g.id == "" && strings.HasSuffix(have.Description, madeByUs)):
		return nil, nil
	case ok && g.id == "":
		return []store.Finding{finding(oktaGroups, as+"/unassigned", fmt.Sprintf("The Okta group %s is there already, and was not made by oktaws", g.name), "Whoever is in it now will be able to sign on as "+as, "takes it as it is")}, nil
	case g.id != "":
		known, err := w.r.okta.Group(ctx, g.id)
		if err != nil {
			return nil, err
		}
		if known != nil {
			return w.lookName(ctx, g, *known)
		}
		if ok {
			return []store.Finding{finding(oktaGroups, as+"/gone", fmt.Sprintf("The Okta group %s is another one than before", g.name), "Whoever is in it now is able to sign on as "+as, "takes it as it is")}, nil
		}
	}
	switch {
	case g.exists:
		return []store.Finding{forPerson(oktaGroups, as+"/gone", fmt.Sprintf("There is no Okta group %s, and the role set says that it is there already", g.name), "Nobody can sign on as "+as, "Make that group in Okta, and put in it who shall have the role")}, nil
	case len(g.before) > 0:
		return []store.Finding{forPerson(oktaGroups, as+"/other", fmt.Sprintf("The Okta group %s for %s is not there, and what gives people these roles now gives them others too, or not all of them", g.name, as),
			"They would come to other roles", "Make that group in Okta, and put in it who shall have the roles")}, nil
	}
	return []store.Finding{finding(oktaGroups, as+"/gone", fmt.Sprintf("There is no Okta group %s", g.name), "Nobody can sign on as "+as, "makes it")}, nil
}

// lookName is for a group that is known and has another name than it should: in mode groups, the name says the role.
func (w *work) lookName(ctx context.Context, g wantedGroup, have Group) ([]store.Finding, error) {
	as := strings.Join(g.roles, ", ")
	mine, err := w.soleGroup(ctx, have)
	if err != nil {
		return nil, err
	}
	what := fmt.Sprintf("The Okta group of the role %s is called %s, not %s", as, have.Name, g.name)
	means := "Okta can't read the role off its name: its members can't sign on as " + as
	if mine && !g.exists {
		return []store.Finding{finding(oktaGroups, as+"/name", what, means, "gives it that name")}, nil
	}
	return []store.Finding{forPerson(oktaGroups, as+"/name", what, means, "Give it that name in Okta, or make a group of that name with the same members; oktaws renames no group that it has not made for this account alone")}, nil
}

// assignedSingly says whether all of the account's groups are assigned to the application themselves, from the time before
// there was a group of people.
func (w *work) assignedSingly(ctx context.Context, s *sight, wanted []wantedGroup) (bool, error) {
	shared, err := w.shared(ctx)
	if err != nil || shared.PeopleID != "" {
		return false, err
	}
	assigned, err := s.assigned(ctx)
	return err == nil && !slices.ContainsFunc(wanted, func(g wantedGroup) bool { _, ok := assigned[g.id]; return !ok || g.id == "" }), err
}
