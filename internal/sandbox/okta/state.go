package okta

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"time"
)

// Application is an application as stories and tests read it.
type Application struct {
	ID           string         `json:"id"`
	Name         string         `json:"name"` // amazon_aws
	Label        string         `json:"label"`
	Status       string         `json:"status"`     // ACTIVE, INACTIVE
	SignOnMode   string         `json:"signOnMode"` // SAML_2_0, BROWSER_PLUGIN
	SigningKeyID string         `json:"signingKeyId,omitempty"`
	Keys         int            `json:"keys"` // how many signing keys it has
	Note         string         `json:"note,omitempty"`
	Settings     map[string]any `json:"settings"` // settings.app
	Features     []string       `json:"features"`
	Created      time.Time      `json:"created"`
	Updated      time.Time      `json:"updated"`
	Provisioning Provisioning   `json:"provisioning"`
}

// Provisioning is the state of an application's Provisioning tab.
type Provisioning struct {
	Enabled          bool      `json:"enabled"`
	AccessKeyID      string    `json:"accessKeyId,omitempty"`
	CreateUsers      bool      `json:"createUsers"`
	UpdateAttributes bool      `json:"updateAttributes"`
	Roles            []string  `json:"roles"`             // imported from AWS
	Imported         time.Time `json:"imported,omitzero"` // when
}

// Group is a group as stories and tests read it.
type Group struct {
	ID          string
	Type        string // OKTA_GROUP, BUILT_IN
	Name        string
	Description string
	Members     []string // logins
}

// Assignment is a group's assignment as stories and tests read it.
type Assignment struct {
	GroupID  string
	Group    string // its name
	Priority int
	Roles    []string // profile.samlRoles
}

// view is an application without its secrets. The caller holds s.mu.
func (s *Server) view(a *application) Application {
	note, _ := a.notes["admin"].(string)
	p := a.provisioning
	return Application{ID: a.id, Name: "amazon_aws", Label: a.label, Status: a.status, SignOnMode: a.signOnMode,
		SigningKeyID: a.kid, Keys: len(a.keys), Note: note, Settings: maps.Clone(a.settings), Features: a.features(),
		Created: a.created, Updated: a.updated,
		Provisioning: Provisioning{Enabled: p.enabled, AccessKeyID: p.accessKey, CreateUsers: p.createUsers,
			UpdateAttributes: p.updateAttributes, Roles: append([]string{}, p.roles...), Imported: p.imported}}
}

// Applications returns every application, the oldest first.
func (s *Server) Applications() []Application {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := slices.SortedFunc(maps.Values(s.apps), func(a, b *application) int { return cmp.Compare(a.number, b.number) })
	out := make([]Application, len(all))
	for i, a := range all {
		out[i] = s.view(a)
	}
	return out
}

// Application returns the application with the ID.
func (s *Server) Application(id string) (Application, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	a := s.apps[id]
	if a == nil {
		return Application{}, false
	}
	return s.view(a), true
}

// DuplicateLabels counts, by label, the applications of each label that more than one has.
func (s *Server) DuplicateLabels() map[string]int {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := map[string]int{}
	for _, a := range s.apps {
		n[a.label]++
	}
	maps.DeleteFunc(n, func(_ string, count int) bool { return count < 2 })
	return n
}

// Groups returns every group, the oldest first.
func (s *Server) Groups() []Group {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := slices.SortedFunc(maps.Values(s.groups), func(a, b *group) int { return cmp.Compare(a.number, b.number) })
	out := make([]Group, len(all))
	for i, g := range all {
		out[i] = Group{ID: g.id, Type: g.kind, Name: g.name}
		if g.description != nil {
			out[i].Description = *g.description
		}
		for id := range g.members {
			out[i].Members = append(out[i].Members, s.users[id].login)
		}
		slices.Sort(out[i].Members)
	}
	return out
}

// Assignments returns the group assignments of an application by priority.
func (s *Server) Assignments(appID string) []Assignment {
	s.mu.Lock()
	defer s.mu.Unlock()
	a := s.apps[appID]
	if a == nil {
		return nil
	}
	var out []Assignment
	for _, n := range slices.SortedFunc(maps.Values(a.assignments), byPriority) {
		out = append(out, Assignment{GroupID: n.group, Group: s.groups[n.group].name, Priority: n.priority,
			Roles: slices.Clone(n.profile.samlRoles)})
	}
	return out
}

// Changed returns a channel that closes at the next change of anything.
func (s *Server) Changed() <-chan struct{} {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.changed
}

// Wait returns when ok holds, having looked after every change, or with ctx's error.
func (s *Server) Wait(ctx context.Context, ok func() bool) error {
	for {
		changed := s.Changed()
		if ok() {
			return nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}
