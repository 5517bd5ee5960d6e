package okta

import (
	"cmp"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"time"
	"unicode/utf8"
)

// Where group rules are described beside the API.
const (
	ruleLimits  = "https://support.okta.com/help/s/article/Group-Rule-Restrictions"
	ruleEnds    = "https://support.okta.com/help/s/article/what-happens-if-group-rules-are-deactivated-and-deleted"
	ruleByHand  = "https://help.okta.com/en/prod/Content/Topics/users-groups-profiles/usgp-create-group-rules.htm"
	ruleEvents  = "https://help.okta.com/en/prod/Content/Topics/Directory/group-rules.htm"
	ruleInvalid = "https://github.com/okta/terraform-provider-okta/pull/250"
)

// unusable is the status of a rule that lost a group which it fills [C].
const unusable = "INVALID"

// rule keeps everybody who fits its expression in its groups while it is active.
type rule struct {
	number           int
	id, name, status string
	expression       string
	fits             condition
	groups, excluded []string // IDs of groups, and of people whom it passes over
	created, updated time.Time
	placed           map[string]bool // the IDs of the people whom it keeps in its groups
}

// json has the keys of the description's example [D]; allGroupsValid was seen as well [C].
func (r *rule) json() object {
	return object{"type": "group_rule", "id": r.id, "status": r.status, "name": r.name,
		"created": stamp(r.created), "lastUpdated": stamp(r.updated), "allGroupsValid": r.status != unusable,
		"conditions": object{
			"people":     object{"users": object{"exclude": append([]string{}, r.excluded...)}, "groups": object{"exclude": []string{}}},
			"expression": object{"value": r.expression, "type": expressionType}},
		"actions": object{"assignUserToGroups": object{"groupIds": r.groups}}}
}

const expressionType = "urn:okta:expression:1.0"

// ruleBody is what a create or a replace may say. The status and what follows it are Okta's to set, and taken without
// a word of a rule that is put back as it was read.
type ruleBody struct {
	Type, Name string
	Conditions struct {
		People struct {
			Users, Groups struct{ Exclude []string }
		}
		Expression struct{ Type, Value string }
	}
	Actions struct {
		AssignUserToGroups struct{ GroupIDs []string }
	}
	ID, Status, Created, LastUpdated string
	AllGroupsValid                   bool
	Embedded                         object `json:"_embedded"`
}

// checkRule reads a rule's expression, or says why the rule is refused. The limits are documented [D], and a name that
// another rule has was seen to be refused in these words [C]; the words of the other causes are guesses, and so is that
// a person or a group must be there [I]. The caller holds s.mu.
func (s *Server) checkRule(b ruleBody, except *rule) (condition, error) {
	groups, excluded := b.Actions.AssignUserToGroups.GroupIDs, b.Conditions.People.Users.Exclude
	switch n := utf8.RuneCountInString(b.Name); {
	case b.Type != "group_rule":
		return nil, invalid("type", "type: The field must be group_rule")
	case n == 0:
		return nil, invalid("name", "name: The field cannot be left blank")
	case n > 50:
		return nil, invalid("name", "name: The field is too long")
	case slices.ContainsFunc(slices.Collect(maps.Values(s.rules)), func(r *rule) bool { return r != except && r.name == b.Name }):
		return nil, invalid("name", "name: Policy rule name already in use")
	case b.Conditions.Expression.Type != expressionType:
		return nil, invalid("conditions.expression.type", "conditions.expression.type: The field must be "+expressionType)
	case len(b.Conditions.People.Groups.Exclude) > 0:
		return nil, invalid("conditions.people.groups", "conditions.people.groups: Excluding groups is not supported")
	case len(groups) == 0:
		return nil, invalid("actions", "actions.assignUserToGroups.groupIds: The field cannot be left blank")
	case len(groups) > 100:
		return nil, invalid("actions", "actions.assignUserToGroups.groupIds: A rule can assign to 100 groups at most")
	case len(excluded) > 100:
		return nil, invalid("conditions.people.users", "conditions.people.users.exclude: 100 users can be excluded at most")
	}
	for _, id := range groups {
		if g := s.groups[id]; g == nil || g.kind == typeBuiltIn {
			return nil, invalid("actions", fmt.Sprintf("actions.assignUserToGroups.groupIds: Invalid group %s", id))
		}
	}
	for _, id := range excluded {
		if s.users[id] == nil {
			return nil, invalid("conditions.people.users", fmt.Sprintf("conditions.people.users.exclude: Invalid user %s", id))
		}
	}
	return parseExpression(b.Conditions.Expression.Value)
}

// maxRules is how many rules an organization can have [D].
const maxRules = 2000

// ruleFrom makes a rule, which is inactive [D]. The caller holds s.mu.
func (s *Server) ruleFrom(b ruleBody, now time.Time) (*rule, error) {
	fits, err := s.checkRule(b, nil)
	if err != nil {
		return nil, err
	}
	if len(s.rules) >= maxRules {
		return nil, invalid("rule", fmt.Sprintf("An organization can have %d group rules at most", maxRules)) // [I] for the words
	}
	r := &rule{number: s.next(), id: newID("0pr"), name: b.Name, status: inactive, expression: b.Conditions.Expression.Value,
		fits: fits, groups: b.Actions.AssignUserToGroups.GroupIDs, excluded: b.Conditions.People.Users.Exclude,
		created: now, updated: now, placed: map[string]bool{}}
	s.rules[r.id] = r
	return r, nil
}

// rewrite changes a rule that is inactive. The groups that it fills are fixed [D]; how that is said, and that it is
// said at all, are guesses [I]. The caller holds s.mu.
func (s *Server) rewrite(r *rule, b ruleBody, now time.Time) error {
	if r.status != inactive {
		return invalid("rule", "Group rule must be INACTIVE to be updated") // [I] for the words
	}
	fits, err := s.checkRule(b, r)
	if err != nil {
		return err
	}
	if !slices.Equal(r.groups, b.Actions.AssignUserToGroups.GroupIDs) {
		return invalid("actions", "actions: The groups of a rule cannot be updated")
	}
	r.name, r.expression, r.fits = b.Name, b.Conditions.Expression.Value, fits
	r.excluded, r.updated = b.Conditions.People.Users.Exclude, now
	return nil
}

// turnRule activates or deactivates a rule: an activated one looks at everybody at once, where Okta takes seconds [C]; of
// a deactivated one everybody stays [D]. An invalid one can be neither [C]; that a rule which is so already is no error
// is a guess [I]. The caller holds s.mu.
func (s *Server) turnRule(r *rule, status string, now time.Time) error {
	if r.status == unusable {
		return &apiError{status: http.StatusBadRequest, code: "E0000001", summary: "Api validation failed: rule",
			causes: []string{"The group rule is INVALID: it can only be deleted"}} // [I] for the words
	}
	r.status, r.updated = status, now
	if status == active {
		for _, u := range s.users {
			s.follow(u, now)
		}
	}
	return nil
}

// dropRule deletes a rule, unless it is active: everybody stays in its groups, or with removeUsers those leave whom it
// kept there [D]. That an active one is refused is what others say [C], how it is said is a guess [I]. The caller holds
// s.mu.
func (s *Server) dropRule(r *rule, removeUsers bool, now time.Time) error {
	if r.status == active {
		return invalid("rule", "An active group rule cannot be deleted: deactivate it first")
	}
	delete(s.rules, r.id)
	if !removeUsers {
		return nil
	}
	for id := range r.placed {
		u := s.users[id]
		s.leave(r, u, now)
		s.follow(u, now)
	}
	return nil
}

// sortedRules are the rules, the oldest first. The caller holds s.mu.
func (s *Server) sortedRules() []*rule {
	return slices.SortedFunc(maps.Values(s.rules), func(a, b *rule) int { return cmp.Compare(a.number, b.number) })
}

// follow has every active rule look at a person, again for as long as one of them changed something that another may
// look at. What has Okta look at somebody is a change of their groups, or of their profile, and not a new name of a
// group [D]. The caller holds s.mu.
func (s *Server) follow(u *user, now time.Time) {
	rules := s.sortedRules()
	for range len(rules) + 1 {
		changed := false
		for _, r := range rules {
			if r.status != active {
				continue
			}
			if fits := !slices.Contains(r.excluded, u.id) && r.fits(s.memberships(u)); fits {
				changed = s.place(r, u, now) || changed
			} else if r.placed[u.id] {
				changed = s.leave(r, u, now) || changed
			}
		}
		if !changed {
			return
		}
	}
}

// place puts a person into the groups of a rule, and has the rule keep them there: also somebody who was put there by
// hand before [D]. The caller holds s.mu.
func (s *Server) place(r *rule, u *user, now time.Time) (changed bool) {
	r.placed[u.id] = true
	for _, id := range r.groups {
		if g := s.groups[id]; !g.members[u.id] {
			g.setMember(u, true, now)
			changed = true
		}
	}
	return changed
}

// leave takes a person whom a rule kept there out of its groups, where no other rule keeps them. The caller holds s.mu.
func (s *Server) leave(r *rule, u *user, now time.Time) (changed bool) {
	delete(r.placed, u.id)
	for _, id := range r.groups {
		if g := s.groups[id]; g != nil && g.members[u.id] && !s.kept(id, u) {
			g.setMember(u, false, now)
			changed = true
		}
	}
	return changed
}

// kept reports whether a rule keeps a person in a group. The caller holds s.mu.
func (s *Server) kept(groupID string, u *user) bool {
	for _, r := range s.rules {
		if r.placed[u.id] && slices.Contains(r.groups, groupID) {
			return true
		}
	}
	return false
}

// memberships are the groups of a person. The caller holds s.mu.
func (s *Server) memberships(u *user) []*group {
	return slices.DeleteFunc(slices.Collect(maps.Values(s.groups)), func(g *group) bool { return !g.members[u.id] })
}

// letIn puts a person into a group or takes them out by hand, and has the rules follow. Of whoever is taken out of a
// group where an active rule keeps them, the rule takes note and passes them over from then on [D]: so it is in the
// console; that it is so through the API too is a guess [I]. The caller holds s.mu.
func (s *Server) letIn(g *group, u *user, member bool, now time.Time) {
	g.setMember(u, member, now)
	for _, r := range s.rules {
		if !member && r.status == active && r.placed[u.id] && slices.Contains(r.groups, g.id) {
			delete(r.placed, u.id)
			r.excluded = append(r.excluded, u.id)
		}
	}
	s.follow(u, now)
}

// orphan makes the rules invalid that fill a group which is gone [C]. That the rules then look at its members is a guess
// [I]. The caller holds s.mu.
func (s *Server) orphan(g *group, now time.Time) {
	for _, r := range s.rules {
		if slices.Contains(r.groups, g.id) {
			r.status, r.updated = unusable, now
		}
	}
	for id := range g.members {
		s.follow(s.users[id], now)
	}
}
