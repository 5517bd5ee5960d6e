package okta

import "time"

// NewApplication is an application that is there already.
type NewApplication struct {
	Label    string
	Note     string         // settings.notes.admin
	Settings map[string]any // settings.app: what differs from the defaults
	Console  bool           // made in the admin console and never switched to SAML: BROWSER_PLUGIN, no signing key [R]
	Inactive bool
}

// AddApplication adds an application and returns its ID.
func (s *Server) AddApplication(n NewApplication) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	a := s.newApplication(s.clock.Now().UTC())
	var b applicationBody
	b.Label, b.SignOnMode = n.Label, modeSAML
	b.Settings.Notes.Admin = &n.Note
	if n.Console {
		a.console, b.SignOnMode, b.Visibility.AutoSubmitToolbar = true, modePlugin, true
	}
	settings := defaultSettings()
	for k, v := range n.Settings {
		settings[k] = v
	}
	b.fill(a, settings)
	a.sign()
	if n.Inactive {
		a.status = inactive
	}
	s.touch()
	return a.id
}

// newApplication adds an empty application that is active. The caller holds s.mu.
func (s *Server) newApplication(now time.Time) *application {
	a := &application{number: s.next(), id: newID("0oa"), external: newID("exk"), status: active,
		created: now, updated: now, assignments: map[string]*assignment{}}
	s.apps[a.id] = a
	return a
}

// AddGroup adds a group with the people of the logins, and returns its ID.
func (s *Server) AddGroup(name, description string, logins ...string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.clock.Now().UTC()
	g := s.newGroup(typeOkta, name, &description, now)
	for _, u := range s.users {
		for _, l := range logins {
			if u.login == l {
				s.letIn(g, u, true, now)
			}
		}
	}
	s.touch()
	return g.id
}

// AddUser adds a person and returns the ID.
func (s *Server) AddUser(login, firstName, lastName string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	u := s.newUser(login, firstName, lastName, s.clock.Now().UTC())
	s.touch()
	return u.id
}

// LoseProvisioning switches an application's provisioning off, as an expired trial of lifecycle management does [C].
func (s *Server) LoseProvisioning(appID string) {
	_ = s.DisableProvisioning(appID) // there is none to lose where there is no application
}

// The people, and the applications that are not ours, of a new organization.
const (
	AdminLogin     = "okta-admin@example.com"
	RequesterLogin = "requester@example.com"
	TestUserLogin  = "test-user@example.com" // to try a sign-on with: in Everyone alone
	LegacyLabel    = "Legacy-AWS-Account"
	ConsoleLabel   = "AWS Account Federation"
)

func (s *Server) seed() {
	now, everyone := s.clock.Now().UTC(), "All users in your organization"
	s.newGroup(typeBuiltIn, "Everyone", &everyone, now)
	s.AddUser(AdminLogin, "Okta", "Admin")
	s.AddUser(RequesterLogin, "Requester", "Engineering")
	s.AddUser(TestUserLogin, "Test", "User")
	s.AddGroup("Engineering", "Everybody who builds", RequesterLogin)
	s.AddGroup("Okta-Admins", "Who looks after this organization", AdminLogin)
	s.AddApplication(NewApplication{Label: ConsoleLabel, Console: true})
	s.AddApplication(NewApplication{Label: LegacyLabel, Note: "Set up by hand",
		Settings: map[string]any{"identityProviderArn": "arn:aws:iam::999999999999:saml-provider/Okta"}})
}
