package okta

import (
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

const (
	typeOkta    = "OKTA_GROUP"
	typeBuiltIn = "BUILT_IN"
)

// group is a group of people.
type group struct {
	number                            int
	id, kind, name                    string
	description                       *string
	created, updated, membersModified time.Time
	members                           map[string]bool // user IDs
}

func (g *group) json(base string) object {
	logo := func(size string) object {
		return object{"name": size, "href": base + "/assets/img/logos/groups/okta-" + size + ".png", "type": "image/png"}
	}
	self := base + "/api/v1/groups/" + g.id
	return object{"id": g.id, "created": stamp(g.created), "lastUpdated": stamp(g.updated),
		"lastMembershipUpdated": stamp(g.membersModified), "objectClass": []string{"okta:user_group"}, "type": g.kind,
		"profile": object{"name": g.name, "description": g.description},
		"_links": object{"logo": []object{logo("medium"), logo("large")},
			"users": href(self + "/users"), "apps": href(self + "/apps")}}
}

// groupBody is what a create or a replace says.
type groupBody struct {
	Profile struct {
		Name        string
		Description *string
	}
}

// checkGroup refuses a name that is missing, too long [D] or another group's [C]. The caller holds s.mu.
func (s *Server) checkGroup(b groupBody, except *group) error {
	name := b.Profile.Name
	switch {
	case name == "":
		return invalid("name", "name: The field cannot be left blank")
	case utf8.RuneCountInString(name) > 255:
		return invalid("name", "name: The field is too long") // [I] for the words
	}
	for _, g := range s.groups {
		if g != except && g.name == name {
			return invalid("name", "name: An object with this field already exists in the current organization")
		}
	}
	return nil
}

// newGroup adds a group. The caller holds s.mu.
func (s *Server) newGroup(kind, name string, description *string, now time.Time) *group {
	g := &group{number: s.next(), id: newID("00g"), kind: kind, name: name, description: description,
		created: now, updated: now, membersModified: now, members: map[string]bool{}}
	s.groups[g.id] = g
	return g
}

func (s *Server) createGroup(c *call) error {
	var b groupBody
	if err := c.decode(&b); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	g, err := s.groupFrom(b, c.now)
	if err != nil {
		return err
	}
	s.touch()
	return c.reply(http.StatusOK, g.json(c.base))
}

// groupFrom makes a group of Okta's own. The caller holds s.mu.
func (s *Server) groupFrom(b groupBody, now time.Time) (*group, error) {
	if err := s.checkGroup(b, nil); err != nil {
		return nil, err
	}
	return s.newGroup(typeOkta, b.Profile.Name, b.Profile.Description, now), nil
}

// findGroup returns the group with the ID. The caller holds s.mu.
func (s *Server) findGroup(id string) (*group, error) {
	g := s.groups[id]
	if g == nil {
		return nil, notFound(id, "UserGroup")
	}
	return g, nil
}

// findOwnGroup returns the group with the ID, unless it is built in: that it is then 403 is a guess [I]. The caller
// holds s.mu.
func (s *Server) findOwnGroup(id string) (*group, error) {
	g, err := s.findGroup(id)
	if err == nil && g.kind == typeBuiltIn {
		return nil, denied()
	}
	return g, err
}

func (s *Server) getGroup(c *call) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	g, err := s.findGroup(c.params["groupId"])
	if err != nil {
		return err
	}
	return c.reply(http.StatusOK, g.json(c.base))
}

func (s *Server) replaceGroup(c *call) error {
	var b groupBody
	if err := c.decode(&b); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	g, err := s.findOwnGroup(c.params["groupId"])
	if err != nil {
		return err
	}
	if err := s.reprofile(g, b, c.now); err != nil {
		return err
	}
	s.touch()
	return c.reply(http.StatusOK, g.json(c.base))
}

// reprofile replaces a group's profile [D]. The caller holds s.mu.
func (s *Server) reprofile(g *group, b groupBody, now time.Time) error {
	if err := s.checkGroup(b, g); err != nil {
		return err
	}
	g.name, g.description, g.updated = b.Profile.Name, b.Profile.Description, now
	return nil
}

func (s *Server) deleteGroup(c *call) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	g, err := s.findOwnGroup(c.params["groupId"])
	if err != nil {
		return err
	}
	s.dropGroup(g, c.now)
	s.touch()
	return c.reply(http.StatusNoContent, nil)
}

// dropGroup deletes a group and its assignments, and makes the rules invalid that fill it. The caller holds s.mu.
func (s *Server) dropGroup(g *group, now time.Time) {
	delete(s.groups, g.id)
	for _, a := range s.apps {
		delete(a.assignments, g.id)
	}
	s.orphan(g, now)
}

// listGroups knows q, a prefix of the name [C], filter and search. A query cannot be paged and has no links [R, D].
func (s *Server) listGroups(c *call) error {
	query := c.r.URL.Query()
	standard := 10000
	if query.Has("q") {
		standard = 300 // [D]
	}
	p, err := c.page(standard, 10000)
	if err != nil {
		return err
	}
	want, err := parseFilter(query.Get("filter"), filterRules{
		attributes: []string{"id", "type"}, operators: []string{"eq"}, terms: 5})
	if err != nil {
		return err
	}
	search, err := parseFilter(query.Get("search"), filterRules{
		attributes: []string{"id", "type", "profile.name", "profile.description"}, operators: []string{"eq", "sw", "co"}, terms: 5, search: true})
	if err != nil {
		return err
	}
	want = append(want, search...)
	q := strings.ToLower(query.Get("q"))
	s.mu.Lock()
	defer s.mu.Unlock()
	found := slices.DeleteFunc(slices.Collect(maps.Values(s.groups)), func(g *group) bool {
		return !strings.HasPrefix(strings.ToLower(g.name), q) || !want.match(func(t term) bool {
			switch t.attribute {
			case "id":
				return t.compare(g.id)
			case "type":
				return t.compare(g.kind)
			case "profile.name":
				return t.compare(g.name)
			default:
				return g.description != nil && t.compare(*g.description)
			}
		})
	})
	number := func(g *group) int { return g.number }
	found = paginate(c, found, number, p)
	if query.Has("q") {
		c.w.Header().Del("Link")
	}
	out := make([]object, len(found))
	for i, g := range found {
		out[i] = g.json(c.base)
	}
	return c.reply(http.StatusOK, out)
}

// listGroupApplications lists the applications that a group is assigned to, as they are shown elsewhere [D]. That inactive
// ones are among them is a guess [I].
func (s *Server) listGroupApplications(c *call) error {
	p, err := c.page(20, 200)
	if err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	g, err := s.findGroup(c.params["groupId"])
	if err != nil {
		return err
	}
	found := slices.DeleteFunc(slices.Collect(maps.Values(s.apps)), func(a *application) bool { return a.assignments[g.id] == nil })
	found = paginate(c, found, func(a *application) int { return a.number }, p)
	out := make([]object, len(found))
	for i, a := range found {
		out[i] = a.json(c.base, s.orgID)
	}
	return c.reply(http.StatusOK, out)
}
