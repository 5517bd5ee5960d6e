package oktapage

import (
	"net/http"
	"slices"

	"github.com/oktaws/oktaws/internal/sandbox/okta"
)

// tile is where a link to an application's tile leads: nobody is signed in to the sandbox's Okta, so it asks who is
// there, of those who have the tile.
func (p pages) tile(w http.ResponseWriter, r *http.Request, a okta.Application) {
	who := p.persons(func(person okta.Person) bool {
		return slices.ContainsFunc(p.okta().Tiles(person.Login), func(t okta.Tile) bool { return t.AppID == a.ID })
	})
	p.render(w, http.StatusOK, "tile", "Open "+a.Label, struct {
		App    okta.Application
		Home   string
		People []okta.Person
		Why    string // nobody has the tile
	}{a, pathOf(a.ID), who, p.nobodyHas(a)})
}

// nobodyHas says why an application is on nobody's dashboard, in case it is.
func (p pages) nobodyHas(a okta.Application) string {
	groups := p.assigned(a)
	switch {
	case a.Status != "ACTIVE":
		return "It is inactive."
	case a.SignOnMode != samlMode:
		return "It does not sign people on by SAML."
	case len(groups) == 0:
		return "No group is assigned to it."
	case !slices.ContainsFunc(groups, func(n assigned) bool { return n.Members > 0 }):
		return "Nobody is in a group that is assigned to it."
	}
	return "It is hidden from users."
}
