package okta

import (
	"slices"
	"time"
)

// Rule is a group rule as stories, tests and pages read it.
type Rule struct {
	ID, Name, Status string   // ACTIVE, INACTIVE, INVALID
	Expression       string   // who fits
	GroupIDs         []string // the groups that it fills
	Groups           []string // their names; of one that is gone, its ID
	Excluded         []string // the logins of the people whom it passes over
}

// Rules returns every group rule, the oldest first.
func (s *Server) Rules() []Rule {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []Rule
	for _, r := range s.sortedRules() {
		v := Rule{ID: r.id, Name: r.name, Status: r.status, Expression: r.expression, GroupIDs: slices.Clone(r.groups)}
		for _, id := range r.groups {
			name := id
			if g := s.groups[id]; g != nil {
				name = g.name
			}
			v.Groups = append(v.Groups, name)
		}
		for _, id := range r.excluded {
			v.Excluded = append(v.Excluded, s.users[id].login)
		}
		out = append(out, v)
	}
	return out
}

// MakeRule makes an inactive group rule by hand, which fills the groups with whoever fits the expression.
func (s *Server) MakeRule(name, expression string, groupIDs ...string) (id string, err error) {
	b := ruleBody{Type: "group_rule", Name: name}
	b.Conditions.Expression.Type, b.Conditions.Expression.Value = expressionType, expression
	b.Actions.AssignUserToGroups.GroupIDs = groupIDs
	s.mu.Lock()
	defer s.mu.Unlock()
	r, err := s.ruleFrom(b, s.clock.Now().UTC())
	if err != nil {
		return "", err
	}
	s.touch()
	return r.id, nil
}

// ActivateRule has a group rule put everybody who fits into its groups, and keep them there.
func (s *Server) ActivateRule(id string) error {
	return s.byRule(id, func(r *rule, now time.Time) error { return s.turnRule(r, active, now) })
}

// DeactivateRule leaves everybody in the groups of a rule, which looks at nobody any more.
func (s *Server) DeactivateRule(id string) error {
	return s.byRule(id, func(r *rule, now time.Time) error { return s.turnRule(r, inactive, now) })
}

// SetExpression gives an inactive group rule another expression.
func (s *Server) SetExpression(id, expression string) error {
	return s.byRule(id, func(r *rule, now time.Time) error {
		var b ruleBody
		if err := convert(r.json(), &b); err != nil {
			return err
		}
		b.Conditions.Expression.Value = expression
		return s.rewrite(r, b, now)
	})
}

// DeleteRule deletes a group rule that is not active. Everybody stays in its groups, or with removeUsers those leave
// whom it kept there.
func (s *Server) DeleteRule(id string, removeUsers bool) error {
	return s.byRule(id, func(r *rule, now time.Time) error { return s.dropRule(r, removeUsers, now) })
}

// byRule changes a group rule by hand.
func (s *Server) byRule(id string, change func(r *rule, now time.Time) error) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	r, err := s.findRule(id)
	if err != nil {
		return err
	}
	if err := change(r, s.clock.Now().UTC()); err != nil {
		return err
	}
	s.touch()
	return nil
}
