package operator

import (
	"fmt"

	"github.com/oktaws/oktaws/store"
)

// signOnDocument is how people sign on to a linked account.
type signOnDocument struct {
	Tile    string      `json:"tile"` // the name that people see
	TileURL string      `json:"tile_url,omitempty"`
	Address string      `json:"address"` // of the Okta organization
	Roles   []RoleGroup `json:"roles"`
}

// signOn says that an account is linked, and what is left: to put people into groups.
func (s *Session) signOn(c scene, asJSON bool) error {
	a := c.account
	d := signOnDocument{Tile: a.AppLabel(), TileURL: a.Known.TileURL, Address: s.Settings.OrgURL, Roles: s.Settings.Groups(a)}
	if asJSON {
		return s.print(struct {
			statusDocument
			SignOn signOnDocument `json:"sign_on"`
		}{s.statusDocument(c), d})
	}
	say := func(format string, args ...any) { fmt.Fprintf(s.Stdout, format+"\n", args...) }
	say("%s is %s.", about(a.AccountKey, oneLine(a.Label)), a.Position())
	if a.State == store.Drifted {
		say("What differs: oktaws check %s. oktaws repair %s makes it again what it shall be.", a.Typed(), a.Typed())
	}
	say("\nPut people into these Okta groups; each gets the roles of theirs:\n")
	t := table{head: []string{"ROLE", "OKTA GROUP"}}
	for _, r := range d.Roles {
		t.add(oneLine(r.Role), oneLine(r.Group))
	}
	t.write(s.Stdout, s.Screen.Width)
	say("\nThey sign on at %s, with the tile %s, and choose a role.", d.Address, oneLine(d.Tile))
	if d.TileURL != "" {
		say("The tile opens %s", d.TileURL)
	}
	return nil
}
