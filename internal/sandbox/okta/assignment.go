package okta

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"
)

// assignment is a group's assignment to an application.
type assignment struct {
	number   int
	group    string
	priority int
	updated  time.Time
	profile  profile
}

// profile is what an assignment says of AWS.
type profile struct {
	role      *string
	samlRoles []string
}

// rolesOpen reports whether an assignment may have roles.
//
// That the profile has no such attribute before API integration is enabled, and that an assignment with one is then
// 400 "Property … not found", was seen with other apps [C]; that it is so with amazon_aws is likely [I]. That roles do
// not populate without Update User Attributes was seen with amazon_aws [C]; that an assignment with roles is refused
// until then, and until Create Users is on, is the stand-in's own strictness [I].
func (p provisioning) rolesOpen() bool {
	return p.enabled && p.createUsers && p.updateAttributes
}

// json is the assignment as the API shows it [R]. Attributes that exist and are not set are null [D, of another app].
func (n *assignment) json(base string, a *application) object {
	shown := object{}
	if a.provisioning.rolesOpen() {
		shown["role"], shown["samlRoles"] = n.profile.role, n.profile.samlRoles
	}
	self := base + "/api/v1/apps/" + a.id
	return object{"id": n.group, "lastUpdated": stamp(n.updated), "priority": n.priority, "profile": shown,
		"_links": object{"app": href(self), "self": href(self + "/groups/" + n.group),
			"group": href(base + "/api/v1/groups/" + n.group)}}
}

// shown is the assignment as a list or a look at it answers: with expand=group the group is embedded [D]. The stand-in
// embeds nothing else, where Okta has expand=metadata too [I]. The caller holds s.mu.
func (s *Server) shown(c *call, a *application, n *assignment) object {
	v := n.json(c.base, a)
	if c.r.URL.Query().Get("expand") == "group" {
		v["_embedded"] = object{"group": s.groups[n.group].json(c.base)}
	}
	return v
}

// readProfile reads the profile of a request. Only roles that were imported from AWS are taken; that others are
// refused, and how, is a guess [I].
func (a *application) readProfile(given object) (profile, error) {
	var p profile
	var causes []string
	known := func(role string) bool { return slices.Contains(a.provisioning.roles, role) }
	for _, key := range slices.Sorted(maps.Keys(given)) {
		value := given[key]
		if !a.provisioning.rolesOpen() || key != "role" && key != "samlRoles" {
			causes = append(causes, fmt.Sprintf("Property '%s' not found", key))
			continue
		}
		roles, ok := texts(value)
		if role, single := value.(string); key == "role" && single {
			p.role, roles, ok = &role, []string{role}, true
		} else if key == "role" {
			ok = value == nil
		} else {
			p.samlRoles = roles
		}
		if !ok {
			causes = append(causes, fmt.Sprintf("Property '%s' has a value of the wrong type", key))
		}
		for _, role := range roles {
			if !known(role) {
				causes = append(causes, fmt.Sprintf("Property '%s' has the value '%s', which is not one of its values", key, role))
			}
		}
	}
	if len(causes) > 0 {
		return profile{}, invalid("assignment", causes...)
	}
	return p, nil
}

// texts reads a list of texts; null is none.
func texts(value any) ([]string, bool) {
	list, ok := value.([]any)
	var out []string
	for _, v := range list {
		text, isText := v.(string)
		if ok = ok && isText; ok {
			out = append(out, text)
		}
	}
	return out, ok || value == nil
}

// findAssignment returns an application's assignment to a group. The caller holds s.mu.
func (s *Server) findAssignment(appID, groupID string) (*application, *assignment, error) {
	a, err := s.find(appID)
	if err != nil {
		return nil, nil, err
	}
	n := a.assignments[groupID]
	if n == nil {
		return nil, nil, notFound(groupID, "GroupAppAssignment")
	}
	return a, n, nil
}

// assignmentBody is what an assignment may say.
type assignmentBody struct {
	Priority *int
	Profile  object
}

func (s *Server) assign(c *call) error {
	var b assignmentBody
	if len(c.body) > 0 {
		if err := c.decode(&b); err != nil {
			return err
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	n, err := s.assignTo(c.params["appId"], c.params["groupId"], b, c.now)
	if err != nil {
		return err
	}
	s.touch()
	return c.reply(http.StatusOK, n.json(c.base, s.apps[c.params["appId"]]))
}

// assignTo assigns a group, or replaces its assignment: the profile is what the body says and nothing else. Without a
// priority a new assignment gets the next one [R], and one that exists keeps its own [I]. The caller holds s.mu.
func (s *Server) assignTo(appID, groupID string, b assignmentBody, now time.Time) (*assignment, error) {
	a, err := s.find(appID)
	if err != nil {
		return nil, err
	}
	g, err := s.findGroup(groupID)
	if err != nil {
		return nil, err
	}
	if b.Priority != nil && *b.Priority < 0 {
		return nil, invalid("assignment", "priority: must not be negative") // [I]
	}
	p, err := a.readProfile(b.Profile)
	if err != nil {
		return nil, err
	}
	n := a.assignments[g.id]
	if n == nil {
		n = &assignment{number: s.next(), group: g.id}
		for _, other := range a.assignments {
			n.priority = max(n.priority, other.priority+1)
		}
		a.assignments[g.id] = n
	}
	if b.Priority != nil {
		n.priority = *b.Priority
	}
	n.profile, n.updated = p, now
	return n, nil
}

// patchAssignment changes single attributes by JSON Patch. The description has replace and remove [D]; add is taken
// for what a JSON Patch client sends where there is nothing yet [I]. All of the operations take effect, or none.
func (s *Server) patchAssignment(c *call) error {
	var ops []struct {
		Op, Path string
		Value    json.RawMessage
	}
	if err := c.decode(&ops); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	a, n, err := s.findAssignment(c.params["appId"], c.params["groupId"])
	if err != nil {
		return err
	}
	next := *n
	for _, op := range ops {
		if op.Op != "replace" && op.Op != "add" && op.Op != "remove" {
			return invalid("assignment", "op: "+op.Op+" is not one of replace, remove") // [I]
		}
		if op.Op == "remove" {
			op.Value = json.RawMessage("null")
		}
		if op.Path == "/priority" {
			if op.Op == "remove" || json.Unmarshal(op.Value, &next.priority) != nil || next.priority < 0 {
				return invalid("assignment", "priority: must be a whole number") // [I]
			}
			continue
		}
		key, ok := strings.CutPrefix(op.Path, "/profile/")
		if !ok {
			return invalid("assignment", "path: "+op.Path+" cannot be changed") // [I]
		}
		var value any
		if json.Unmarshal(op.Value, &value) != nil {
			return malformed()
		}
		p, err := a.readProfile(object{key: value})
		if err != nil {
			return err
		}
		if key == "role" {
			next.profile.role = p.role
		} else {
			next.profile.samlRoles = p.samlRoles
		}
	}
	next.updated = c.now
	*n = next
	s.touch()
	return c.reply(http.StatusOK, n.json(c.base, a))
}

func (s *Server) getAssignment(c *call) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	a, n, err := s.findAssignment(c.params["appId"], c.params["groupId"])
	if err != nil {
		return err
	}
	return c.reply(http.StatusOK, s.shown(c, a, n))
}

func (s *Server) unassign(c *call) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	a, n, err := s.findAssignment(c.params["appId"], c.params["groupId"])
	if err != nil {
		return err
	}
	delete(a.assignments, n.group)
	s.touch()
	return c.reply(http.StatusNoContent, nil)
}

// listAssignments lists them in the order of their making, which the recording's order of priority is too [R]; q is a
// prefix of the group's name [D].
func (s *Server) listAssignments(c *call) error {
	p, err := c.page(20, 200)
	if err != nil {
		return err
	}
	q := strings.ToLower(c.r.URL.Query().Get("q"))
	s.mu.Lock()
	defer s.mu.Unlock()
	a, err := s.find(c.params["appId"])
	if err != nil {
		return err
	}
	var found []*assignment
	for id, n := range a.assignments {
		if strings.HasPrefix(strings.ToLower(s.groups[id].name), q) {
			found = append(found, n)
		}
	}
	found = paginate(c, found, func(n *assignment) int { return n.number }, p)
	out := make([]object, len(found))
	for i, n := range found {
		out[i] = s.shown(c, a, n)
	}
	return c.reply(http.StatusOK, out)
}

// byPriority sorts assignments as the admin console does.
func byPriority(a, b *assignment) int {
	return cmp.Or(cmp.Compare(a.priority, b.priority), cmp.Compare(a.number, b.number))
}
