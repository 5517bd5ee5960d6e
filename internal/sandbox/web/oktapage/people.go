package oktapage

import (
	"net/http"
	"strings"

	"github.com/oktaws/oktaws/internal/sandbox/okta"
)

// membership is a group of somebody's.
type membership struct{ Path, Name string }

// listed is a person with their groups.
type listed struct {
	okta.Person
	In    []membership
	Tiles int
}

// people lists those whose name or login has the search in it, and the groups that they are in.
func (p pages) people(w http.ResponseWriter, r *http.Request) {
	search := strings.TrimSpace(r.FormValue("q"))
	groups := p.heldGroups()
	var found []listed
	for _, person := range p.persons(func(person okta.Person) bool { return has(search, fullName(person), person.Login) }) {
		one := listed{Person: person, Tiles: len(p.okta().Tiles(person.Login))}
		for _, g := range groups {
			for _, login := range g.Members {
				if login == person.Login {
					one.In = append(one.In, membership{g.Path(), g.Name})
				}
			}
		}
		found = append(found, one)
	}
	p.render(w, http.StatusOK, "people", "People", struct {
		chrome
		Search string
		All    int
		Found  []listed
	}{p.chrome(r, "people"), search, len(p.okta().People()), found})
}
