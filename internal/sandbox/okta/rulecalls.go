package okta

import (
	"bytes"
	"encoding/json"
	"maps"
	"net/http"
	"slices"
	"strings"
)

// readRule reads a rule. A field that the description does not have is refused: whether Okta passes it over is not
// known [I].
func (c *call) readRule() (b ruleBody, err error) {
	d := json.NewDecoder(bytes.NewReader(c.body))
	d.DisallowUnknownFields()
	if err := d.Decode(&b); err != nil {
		if _, field, ok := strings.Cut(err.Error(), "unknown field "); ok {
			field = strings.Trim(field, `"`)
			return b, invalid(field, field+": The field is not known")
		}
		return b, malformed()
	}
	return b, nil
}

// findRule returns the rule with the ID. The caller holds s.mu.
func (s *Server) findRule(id string) (*rule, error) {
	r := s.rules[id]
	if r == nil {
		return nil, notFound(id, "GroupRule")
	}
	return r, nil
}

// shownRule is a rule as the API answers it, with the names of its groups where the call asks for them [D]. The caller
// holds s.mu.
func (s *Server) shownRule(c *call, r *rule) object {
	v := r.json()
	if c.r.URL.Query().Get("expand") == "groupIdToGroupNameMap" {
		names := object{}
		for _, id := range r.groups {
			if g := s.groups[id]; g != nil {
				names[id] = g.name
			}
		}
		v["_embedded"] = object{"groupIdToGroupNameMap": names}
	}
	return v
}

// listRules finds rules by a keyword, 50 a page and 200 at most [D]. That the keyword is sought anywhere in the name,
// whatever its case, is a guess [I].
func (s *Server) listRules(c *call) error {
	p, err := c.page(50, 200)
	if err != nil {
		return err
	}
	keyword := strings.ToLower(c.r.URL.Query().Get("search"))
	s.mu.Lock()
	defer s.mu.Unlock()
	found := slices.DeleteFunc(slices.Collect(maps.Values(s.rules)), func(r *rule) bool {
		return !strings.Contains(strings.ToLower(r.name), keyword)
	})
	found = paginate(c, found, func(r *rule) int { return r.number }, p)
	out := make([]object, len(found))
	for i, r := range found {
		out[i] = s.shownRule(c, r)
	}
	return c.reply(http.StatusOK, out)
}

func (s *Server) createRule(c *call) error {
	b, err := c.readRule()
	if err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	r, err := s.ruleFrom(b, c.now)
	if err != nil {
		return err
	}
	s.touch()
	return c.reply(http.StatusOK, r.json())
}

// onRule has do work on the rule in the address.
func (s *Server) onRule(c *call, do func(r *rule) error) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	r, err := s.findRule(c.params["groupRuleId"])
	if err != nil {
		return err
	}
	return do(r)
}

func (s *Server) getRule(c *call) error {
	return s.onRule(c, func(r *rule) error { return c.reply(http.StatusOK, s.shownRule(c, r)) })
}

func (s *Server) replaceRule(c *call) error {
	b, err := c.readRule()
	if err != nil {
		return err
	}
	return s.onRule(c, func(r *rule) error {
		if err := s.rewrite(r, b, c.now); err != nil {
			return err
		}
		s.touch()
		return c.reply(http.StatusOK, r.json())
	})
}

// deleteRule answers 202 [D]: the people may leave later. Here they leave at once.
func (s *Server) deleteRule(c *call) error {
	return s.onRule(c, func(r *rule) error {
		if err := s.dropRule(r, c.r.URL.Query().Get("removeUsers") == "true", c.now); err != nil {
			return err
		}
		s.touch()
		return c.reply(http.StatusAccepted, nil)
	})
}

func (s *Server) activateRule(c *call) error   { return s.turnRuleOf(c, active) }
func (s *Server) deactivateRule(c *call) error { return s.turnRuleOf(c, inactive) }

func (s *Server) turnRuleOf(c *call, status string) error {
	return s.onRule(c, func(r *rule) error {
		if err := s.turnRule(r, status, c.now); err != nil {
			return err
		}
		s.touch()
		return c.reply(http.StatusNoContent, nil)
	})
}
