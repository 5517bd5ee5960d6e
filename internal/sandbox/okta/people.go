package okta

import (
	"cmp"
	"maps"
	"net/http"
	"slices"
	"strings"
)

// Person is somebody in the organization as stories, tests and pages read them.
type Person struct {
	ID, Login, FirstName, LastName string
	Groups                         []string // names
}

// People returns everybody, the oldest first.
func (s *Server) People() []Person {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := slices.SortedFunc(maps.Values(s.users), func(a, b *user) int { return cmp.Compare(a.number, b.number) })
	out := make([]Person, len(all))
	for i, u := range all {
		out[i] = Person{ID: u.id, Login: u.login, FirstName: u.firstName, LastName: u.surname, Groups: s.groupsOf(u)}
	}
	return out
}

// groupsOf returns the names of a person's groups, sorted. The caller holds s.mu.
func (s *Server) groupsOf(u *user) []string {
	var names []string
	for _, g := range s.groups {
		if g.members[u.id] {
			names = append(names, g.name)
		}
	}
	slices.Sort(names)
	return names
}

// userOf returns the person with a login, or nil. The caller holds s.mu.
func (s *Server) userOf(login string) *user {
	for _, u := range s.users {
		if u.login == login {
			return u
		}
	}
	return nil
}

// SetMember puts a person into a group or takes them out, as an admin does in the console. A built-in group has the
// members that Okta gives it. The error is in words for the person.
func (s *Server) SetMember(groupID, login string, member bool) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	g, u := s.groups[groupID], s.userOf(login)
	switch {
	case g == nil:
		return &personError{http.StatusNotFound, "There is no group " + groupID + "."}
	case u == nil:
		return noPerson(login)
	case g.kind == typeBuiltIn:
		return &personError{http.StatusForbidden, g.name + " is a built-in group: Okta decides who is in it."}
	}
	s.letIn(g, u, member, s.clock.Now().UTC())
	s.touch()
	return nil
}

func noPerson(login string) error {
	return &personError{http.StatusForbidden, "There is nobody with the login " + login + " in this organization."}
}

// SetPages says where the pages for the browser are, such as http://127.0.0.1:4000: a browser that follows a link to
// the admin console or to a tile is sent there. Empty: there are none.
func (s *Server) SetPages(base string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.pages = strings.TrimRight(base, "/")
}
