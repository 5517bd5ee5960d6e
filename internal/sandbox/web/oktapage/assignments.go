package oktapage

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/oktaws/oktaws/internal/sandbox/okta"
)

// assigned is a group's assignment, with which of its roles AWS knows.
type assigned struct {
	okta.Assignment
	Members int
	Granted []granted
}

type granted struct {
	Role   string
	Absent bool // not among the imported ones: no sign-on names it
}

func (p pages) assigned(a okta.Application) []assigned {
	members := map[string]int{}
	for _, g := range p.okta().Groups() {
		members[g.ID] = len(g.Members)
	}
	var out []assigned
	for _, n := range p.okta().Assignments(a.ID) {
		one := assigned{Assignment: n, Members: members[n.GroupID]}
		for _, role := range n.Roles {
			one.Granted = append(one.Granted, granted{role, !slices.Contains(a.Provisioning.Roles, role)})
		}
		out = append(out, one)
	}
	return out
}

// assignments shows the Assignments tab.
func (p pages) assignments(w http.ResponseWriter, r *http.Request, a okta.Application) {
	p.render(w, http.StatusOK, "assignments", a.Label+" · Assignments", struct {
		onTab
		Assigned []assigned
	}{p.onTab(r, a, "assignments"), p.assigned(a)})
}

// assignGroups is Assign to Groups: the groups that the application is not assigned to yet.
func (p pages) assignGroups(w http.ResponseWriter, r *http.Request, a okta.Application) {
	search := strings.TrimSpace(r.FormValue("q"))
	taken := p.okta().Assignments(a.ID)
	found := slices.DeleteFunc(p.okta().Groups(), func(g okta.Group) bool {
		return !has(search, g.Name, g.Description) || slices.ContainsFunc(taken, func(n okta.Assignment) bool { return n.GroupID == g.ID })
	})
	p.render(w, http.StatusOK, "assign-groups", "Assign "+a.Label+" to groups", struct {
		onTab
		Search string
		Found  []okta.Group
	}{p.onTab(r, a, "assignments"), search, found})
}

// choice is a role that an assignment can have.
type choice struct {
	ID, Role string
	Ticked   bool
	Absent   bool // assigned, and not among the imported ones any more
}

// onGroup has show answer for the application and the group in the address, and the group's assignment if it has one.
func (p pages) onGroup(show func(http.ResponseWriter, *http.Request, okta.Application, okta.Group, *okta.Assignment)) http.HandlerFunc {
	return p.onApplication(func(w http.ResponseWriter, r *http.Request, a okta.Application) {
		id := r.PathValue("group")
		groups := p.okta().Groups()
		i := slices.IndexFunc(groups, func(g okta.Group) bool { return g.ID == id })
		if i < 0 {
			p.missing(w, "There is no group "+id+", or no longer.", pathOf(a.ID)+"/assignments")
			return
		}
		var there *okta.Assignment
		for _, n := range p.okta().Assignments(a.ID) {
			if n.GroupID == id {
				there = &n
			}
		}
		show(w, r, a, groups[i], there)
	})
}

// assignment shows the form of a group's assignment: its roles, and of one that is there its priority.
func (p pages) assignment(w http.ResponseWriter, r *http.Request, a okta.Application, g okta.Group, there *okta.Assignment) {
	var held []string
	if there != nil {
		held = there.Roles
	}
	var choices []choice
	for _, role := range a.Provisioning.Roles {
		choices = append(choices, choice{"role-" + role, role, slices.Contains(held, role), false})
	}
	for _, role := range held {
		if !slices.Contains(a.Provisioning.Roles, role) {
			choices = append(choices, choice{"role-" + role, role, true, true})
		}
	}
	p.render(w, http.StatusOK, "assignment", "Assign "+a.Label+" to "+g.Name, struct {
		onTab
		Group   okta.Group
		There   *okta.Assignment
		Choices []choice
		Open    bool // whether assignments can have roles
	}{p.onTab(r, a, "assignments"), g, there, choices, a.Provisioning.Enabled && a.Provisioning.CreateUsers && a.Provisioning.UpdateAttributes})
}

// saveAssignment is Save and Go Back.
func (p pages) saveAssignment(w http.ResponseWriter, r *http.Request, a okta.Application, g okta.Group, there *okta.Assignment) {
	_ = r.ParseForm() // a form that cannot be read has no roles
	body, profile := map[string]any{}, map[string]any{}
	if roles := r.PostForm["role"]; len(roles) > 0 {
		profile["samlRoles"] = roles
	}
	body["profile"] = profile
	if text := strings.TrimSpace(r.PostFormValue("priority")); there != nil && text != strconv.Itoa(there.Priority) {
		n, err := strconv.Atoi(text)
		if err != nil {
			p.show(w, r, pathOf(a.ID)+"/assignments/"+url.PathEscape(g.ID), nil, outcome{Refused: "The priority must be a whole number, such as 0 for the highest."})
			return
		}
		body["priority"] = n
	}
	o := p.call(r.Context(), http.MethodPut, apiPath(a.ID, "groups", url.PathEscape(g.ID)), body, nil)
	if o.Refused != "" {
		p.show(w, r, pathOf(a.ID)+"/assignments/"+url.PathEscape(g.ID), nil, o)
		return
	}
	back := "/assignments/groups" // where the next group is chosen, as in Okta
	o.Done = a.Label + " is assigned to " + g.Name + "."
	if there != nil {
		back, o.Done = "/assignments", "The assignment of "+a.Label+" to "+g.Name+" is changed."
	}
	p.show(w, r, pathOf(a.ID)+back, nil, o)
}

// unassign takes a group's assignment away.
func (p pages) unassign(w http.ResponseWriter, r *http.Request, a okta.Application, g okta.Group, _ *okta.Assignment) {
	o := p.call(r.Context(), http.MethodDelete, apiPath(a.ID, "groups", url.PathEscape(g.ID)), nil, nil)
	if o.Refused == "" {
		o.Done = a.Label + " is no longer assigned to " + g.Name + "."
	}
	p.show(w, r, pathOf(a.ID)+"/assignments", nil, o)
}
