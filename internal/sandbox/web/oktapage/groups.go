package oktapage

import (
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/oktaws/oktaws/internal/sandbox/okta"
)

// assignment is an application that a group is assigned to.
type assignment struct {
	App   okta.Application
	Roles []string
}

// heldGroup is a group with what it is assigned to.
type heldGroup struct {
	okta.Group
	Assigned []assignment
}

// BuiltIn reports whether Okta decides who is in the group.
func (g heldGroup) BuiltIn() bool { return g.Type == "BUILT_IN" }

// Path is where the group's page is.
func (g heldGroup) Path() string { return "/okta/admin/groups/" + url.PathEscape(g.ID) }

func (p pages) heldGroups() []heldGroup {
	by := map[string][]assignment{}
	for _, a := range p.okta().Applications() {
		for _, n := range p.okta().Assignments(a.ID) {
			by[n.GroupID] = append(by[n.GroupID], assignment{a, n.Roles})
		}
	}
	var out []heldGroup
	for _, g := range p.okta().Groups() {
		out = append(out, heldGroup{g, by[g.ID]})
	}
	return out
}

// groups lists the groups whose name or description has the search in it.
func (p pages) groups(w http.ResponseWriter, r *http.Request) {
	search := strings.TrimSpace(r.FormValue("q"))
	all := p.heldGroups()
	found := slices.DeleteFunc(slices.Clone(all), func(g heldGroup) bool { return !has(search, g.Name, g.Description) })
	p.render(w, http.StatusOK, "groups", "Groups", struct {
		chrome
		Search string
		All    int
		Found  []heldGroup
	}{p.chrome(r, "groups"), search, len(all), found})
}

// inGroup has show answer for the group in the address, if there is one.
func (p pages) inGroup(show func(http.ResponseWriter, *http.Request, heldGroup)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		all := p.heldGroups()
		i := slices.IndexFunc(all, func(g heldGroup) bool { return g.ID == r.PathValue("id") })
		if i < 0 {
			p.missing(w, "There is no group "+r.PathValue("id")+", or no longer.", "/okta/admin/groups")
			return
		}
		show(w, r, all[i])
	}
}

// group shows who is in a group.
func (p pages) group(w http.ResponseWriter, r *http.Request, g heldGroup) {
	p.render(w, http.StatusOK, "group", g.Name+" · Groups", struct {
		chrome
		Group   heldGroup
		Edit    bool
		Members []okta.Person
	}{p.chrome(r, "groups"), g, r.FormValue("edit") != "" && !g.BuiltIn(), p.persons(func(person okta.Person) bool { return slices.Contains(g.Members, person.Login) })})
}

// saveGroup gives a group another name or description, over the API.
func (p pages) saveGroup(w http.ResponseWriter, r *http.Request, g heldGroup) {
	profile := map[string]any{"name": strings.TrimSpace(r.PostFormValue("name")), "description": r.PostFormValue("description")}
	p.saved(w, r, g.Path(), p.call(r.Context(), http.MethodPut, "/groups/"+url.PathEscape(g.ID), map[string]any{"profile": profile}, nil))
}

// deleteGroup is Delete in the Actions of a group, over the API.
func (p pages) deleteGroup(w http.ResponseWriter, r *http.Request, g heldGroup) {
	o, home := p.call(r.Context(), http.MethodDelete, "/groups/"+url.PathEscape(g.ID), nil, nil), g.Path()
	if o.Refused == "" {
		o.Done, home = "The group "+g.Name+" is deleted.", "/okta/admin/groups"
	}
	p.show(w, r, home, nil, o)
}

// assign lists who is not in a group, to be put into it: Assign people.
func (p pages) assign(w http.ResponseWriter, r *http.Request, g heldGroup) {
	search := strings.TrimSpace(r.FormValue("q"))
	p.render(w, http.StatusOK, "assign", "Assign people to "+g.Name, struct {
		chrome
		Group  heldGroup
		Search string
		Found  []okta.Person
	}{p.chrome(r, "groups"), g, search, p.persons(func(person okta.Person) bool {
		return !slices.Contains(g.Members, person.Login) && has(search, fullName(person), person.Login)
	})})
}

// setMember puts the person of the form into the group or takes them out, and shows the page that the form stood on.
func (p pages) setMember(member bool) func(http.ResponseWriter, *http.Request, heldGroup) {
	return func(w http.ResponseWriter, r *http.Request, g heldGroup) {
		login, query := r.PostFormValue("login"), url.Values{}
		page, did := g.Path(), login+" is no longer in "+g.Name+"."
		if member {
			page, did = g.Path()+"/assign", login+" is in "+g.Name+" now."
			if q := r.PostFormValue("q"); q != "" {
				query.Set("q", q)
			}
		}
		if err := p.okta().SetMember(g.ID, login, member); err != nil {
			p.show(w, r, page, query, outcome{Refused: err.Error()})
			return
		}
		p.show(w, r, page, query, outcome{Done: did})
	}
}

// persons are those of the people who fit.
func (p pages) persons(fits func(okta.Person) bool) []okta.Person {
	return slices.DeleteFunc(p.okta().People(), func(person okta.Person) bool { return !fits(person) })
}

func fullName(p okta.Person) string { return strings.TrimSpace(p.FirstName + " " + p.LastName) }
