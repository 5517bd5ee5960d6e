package okta

import (
	"maps"
	"net/http"
	"slices"
	"time"
)

// user is a person in the organization.
type user struct {
	number             int
	id, login          string
	firstName, surname string
	created            time.Time
}

// json has the keys of the description's example [D].
func (u *user) json(base string) object {
	return object{"id": u.id, "status": active, "created": stamp(u.created), "activated": stamp(u.created),
		"statusChanged": stamp(u.created), "lastLogin": nil, "lastUpdated": stamp(u.created), "passwordChanged": nil,
		"type": object{"id": "oty1162QAr8hJjTaq5d7"},
		"profile": object{"firstName": u.firstName, "lastName": u.surname, "mobilePhone": nil, "secondEmail": nil,
			"login": u.login, "email": u.login},
		"credentials": object{"password": object{}, "provider": object{"type": "OKTA", "name": "OKTA"}},
		"_links":      object{"self": href(base + "/api/v1/users/" + u.id)}}
}

// newUser adds a person, who is in Everyone from then on. The caller holds s.mu.
func (s *Server) newUser(login, firstName, surname string, now time.Time) *user {
	u := &user{number: s.next(), id: newID("00u"), login: login, firstName: firstName, surname: surname, created: now}
	s.users[u.id] = u
	for _, g := range s.groups {
		if g.kind == typeBuiltIn {
			g.members[u.id], g.membersModified = true, now
		}
	}
	s.follow(u, now)
	return u
}

func (s *Server) listUsers(c *call) error {
	p, err := c.page(200, 200)
	if err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return c.replyUsers(slices.Collect(maps.Values(s.users)), p)
}

// listMembers lists a group's people.
func (s *Server) listMembers(c *call) error {
	p, err := c.page(1000, 1000)
	if err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	g, err := s.findGroup(c.params["groupId"])
	if err != nil {
		return err
	}
	var members []*user
	for id := range g.members {
		members = append(members, s.users[id])
	}
	return c.replyUsers(members, p)
}

func (c *call) replyUsers(users []*user, p page) error {
	users = paginate(c, users, func(u *user) int { return u.number }, p)
	out := make([]object, len(users))
	for i, u := range users {
		out[i] = u.json(c.base)
	}
	return c.reply(http.StatusOK, out)
}

// setMember puts a person into the group or takes them out, whatever rules there are. The caller holds s.mu.
func (g *group) setMember(u *user, member bool, now time.Time) {
	if member {
		g.members[u.id] = true
	} else {
		delete(g.members, u.id)
	}
	g.membersModified = now
}

func (s *Server) addMember(c *call) error    { return s.setMember(c, true) }
func (s *Server) removeMember(c *call) error { return s.setMember(c, false) }

// setMember answers 204 [D].
func (s *Server) setMember(c *call, member bool) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	g, err := s.findOwnGroup(c.params["groupId"])
	if err != nil {
		return err
	}
	u := s.users[c.params["userId"]]
	if u == nil {
		return notFound(c.params["userId"], "User")
	}
	s.letIn(g, u, member, c.now)
	s.touch()
	return c.reply(http.StatusNoContent, nil)
}

// wellKnown describes the organization: one of the Identity Engine [R].
func (s *Server) wellKnown(c *call) error {
	return c.reply(http.StatusOK, object{"id": s.orgID, "cell": "sandbox", "pipeline": "idx",
		"_links": object{"organization": href(c.base)},
		"settings": object{"analyticsCollectionEnabled": false, "bugReportingEnabled": true, "omEnabled": false,
			"pssoEnabled": false}})
}
