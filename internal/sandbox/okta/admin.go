package okta

import (
	"encoding/json"
	"fmt"
	"time"
)

// What an Okta admin changes in the console behind everybody's back, for tests and stories: no call is recorded of it.
// What the API refuses is refused here too, with the same words, and nothing is changed then; that the console goes by
// the API's rules is a guess [I]. Those who wait are told of every change.

// onApplication changes an application.
func (s *Server) onApplication(id string, change func(a *application, now time.Time) error) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	a, err := s.find(id)
	if err != nil {
		return err
	}
	if err := change(a, s.clock.Now().UTC()); err != nil {
		return err
	}
	s.touch()
	return nil
}

// MakeApplication makes an active SAML application by hand. The settings are those that differ from the defaults.
func (s *Server) MakeApplication(label, note string, settings map[string]any) (id string, err error) {
	var b applicationBody
	if err := convert(object{"name": "amazon_aws", "label": label, "signOnMode": modeSAML,
		"settings": object{"app": settings, "notes": object{"admin": note}}}, &b); err != nil {
		return "", err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	a, err := s.create(b, s.clock.Now().UTC())
	if err != nil {
		return "", err
	}
	s.touch()
	return a.id, nil
}

// Deactivate makes an application inactive: nobody signs on with it, and no PUT is taken.
func (s *Server) Deactivate(appID string) error { return s.turn(appID, inactive) }

// Activate makes an application active.
func (s *Server) Activate(appID string) error { return s.turn(appID, active) }

func (s *Server) turn(appID, status string) error {
	return s.onApplication(appID, func(a *application, now time.Time) error {
		a.turn(status, now)
		return nil
	})
}

// DeleteApp deletes an inactive application with its assignments.
func (s *Server) DeleteApp(appID string) error {
	return s.onApplication(appID, func(a *application, _ time.Time) error { return s.drop(a) })
}

// DisableProvisioning switches an application's API integration off: key, roles and ticks are gone.
func (s *Server) DisableProvisioning(appID string) error {
	return s.onApplication(appID, func(a *application, now time.Time) error {
		a.provisioning.forget()
		a.updated = now
		return nil
	})
}

// SetSetting sets one of an application's settings.app; nil puts it back to its default.
func (s *Server) SetSetting(appID, key string, value any) error {
	return s.edit(appID, func(whole object) { whole["settings"].(object)["app"].(object)[key] = value })
}

// SetLabel gives an application another label.
func (s *Server) SetLabel(appID, label string) error {
	return s.edit(appID, func(whole object) { whole["label"] = label })
}

// SetNote replaces the note for admins, settings.notes.admin; empty: there is none.
func (s *Server) SetNote(appID, note string) error {
	return s.edit(appID, func(whole object) { whole["settings"].(object)["notes"].(object)["admin"] = note })
}

// edit changes an application as everybody must who changes a part of it: the whole is read, changed and put back.
func (s *Server) edit(appID string, change func(whole object)) error {
	return s.onApplication(appID, func(a *application, now time.Time) error {
		var whole object
		if err := convert(a.json(s.url, s.orgID), &whole); err != nil {
			return err
		}
		change(whole)
		var b applicationBody
		if err := convert(whole, &b); err != nil {
			return err
		}
		return s.replace(a, b, now)
	})
}

// convert turns a value into another by way of JSON, as a request does.
func convert(from, to any) error {
	text, err := json.Marshal(from)
	if err != nil {
		return fmt.Errorf("no JSON: %w", err)
	}
	if json.Unmarshal(text, to) != nil {
		return malformed()
	}
	return nil
}

// SetRoles assigns an application to a group with these roles, or changes the roles of the assignment that there is,
// which keeps its priority. None can be set before provisioning too.
func (s *Server) SetRoles(appID, groupID string, roles []string) error {
	profile := object{}
	if len(roles) > 0 {
		profile["samlRoles"] = roles
	}
	var b assignmentBody
	if err := convert(object{"profile": profile}, &b); err != nil {
		return err
	}
	return s.onApplication(appID, func(_ *application, now time.Time) error {
		_, err := s.assignTo(appID, groupID, b, now)
		return err
	})
}

// Unassign takes a group off an application.
func (s *Server) Unassign(appID, groupID string) error {
	return s.onApplication(appID, func(a *application, _ time.Time) error {
		_, _, err := s.findAssignment(appID, groupID)
		if err == nil {
			delete(a.assignments, groupID)
		}
		return err
	})
}

// MakeGroup makes a group, unless another has the name.
func (s *Server) MakeGroup(name, description string) (id string, err error) {
	var b groupBody
	b.Profile.Name, b.Profile.Description = name, &description
	s.mu.Lock()
	defer s.mu.Unlock()
	g, err := s.groupFrom(b, s.clock.Now().UTC())
	if err != nil {
		return "", err
	}
	s.touch()
	return g.id, nil
}

// onGroup changes a group that is not built in.
func (s *Server) onGroup(id string, change func(g *group, now time.Time) error) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	g, err := s.findOwnGroup(id)
	if err != nil {
		return err
	}
	if err := change(g, s.clock.Now().UTC()); err != nil {
		return err
	}
	s.touch()
	return nil
}

// Rename gives a group another name.
func (s *Server) Rename(groupID, name string) error {
	return s.onGroup(groupID, func(g *group, now time.Time) error {
		var b groupBody
		b.Profile.Name, b.Profile.Description = name, g.description
		return s.reprofile(g, b, now)
	})
}

// DeleteGroup deletes a group with its assignments.
func (s *Server) DeleteGroup(groupID string) error {
	return s.onGroup(groupID, func(g *group, now time.Time) error {
		s.dropGroup(g, now)
		return nil
	})
}

// AddMember puts the person with the login into a group.
func (s *Server) AddMember(groupID, login string) error { return s.SetMember(groupID, login, true) }

// RemoveMember takes the person with the login out of a group.
func (s *Server) RemoveMember(groupID, login string) error { return s.SetMember(groupID, login, false) }
