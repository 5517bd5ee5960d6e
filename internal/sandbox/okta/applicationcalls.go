package okta

import (
	"cmp"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

// applicationBody is what a create or a replace may say. What is not named here is ignored, features among it [C].
type applicationBody struct {
	Name          *string
	Label         string
	SignOnMode    string
	Accessibility struct {
		SelfService                        bool
		ErrorRedirectURL, LoginRedirectURL *string
	}
	Visibility struct {
		AutoLaunch, AutoSubmitToolbar bool
		Hide                          struct{ IOS, Web bool }
		AppLinks                      struct{ Login *bool }
	}
	Credentials struct {
		UserNameTemplate struct{ Template, Type string }
		Signing          struct{ Kid string }
	}
	Settings struct {
		App                object
		ImplicitAssignment bool
		Notes              struct{ Admin, Enduser *string }
		SignOn             struct {
			DefaultRelayState, SsoAcsURLOverride, AudienceOverride, RecipientOverride, DestinationOverride *string
			AttributeStatements                                                                            []any
		}
	}
}

// check returns the settings.app that the body asks for, or why it is refused. That label and signOnMode are needed is
// the description's word [D]; the limits of the label and the causes' words are guesses [I], in the form "field: The
// field cannot be left blank" that the description shows elsewhere.
func (b *applicationBody) check() (object, error) {
	switch {
	case b.Label == "":
		return nil, invalid("label", "label: The field cannot be left blank")
	case utf8.RuneCountInString(b.Label) > 100:
		return nil, invalid("label", "label: The field is too long")
	case b.SignOnMode == "":
		return nil, invalid("signOnMode", "signOnMode: The field cannot be left blank")
	case b.SignOnMode != modeSAML && b.SignOnMode != modePlugin:
		return nil, invalid("signOnMode", "signOnMode: The sign-on mode is not supported by the app.")
	}
	settings, causes := appSettings(b.Settings.App)
	if len(causes) > 0 {
		return nil, invalid("settings", causes...)
	}
	return settings, nil
}

// fill sets everything that the body says or, where it says nothing, the default [R].
func (b *applicationBody) fill(a *application, settings object) {
	blank := func(s *string) any { // an empty text comes back as null [R]
		if s == nil || *s == "" {
			return nil
		}
		return *s
	}
	a.label, a.signOnMode, a.settings = b.Label, b.SignOnMode, settings
	if a.console {
		if _, ok := settings["accountID"]; !ok {
			settings["accountID"] = nil
		}
	}
	a.accessibility = object{"selfService": b.Accessibility.SelfService,
		"errorRedirectUrl": blank(b.Accessibility.ErrorRedirectURL), "loginRedirectUrl": blank(b.Accessibility.LoginRedirectURL)}
	a.visibility = object{"autoLaunch": b.Visibility.AutoLaunch, "autoSubmitToolbar": b.Visibility.AutoSubmitToolbar,
		"hide":     object{"iOS": b.Visibility.Hide.IOS, "web": b.Visibility.Hide.Web},
		"appLinks": object{"login": b.Visibility.AppLinks.Login == nil || *b.Visibility.AppLinks.Login}}
	a.userName = object{"template": or(b.Credentials.UserNameTemplate.Template, "${source.login}"),
		"type": or(b.Credentials.UserNameTemplate.Type, "BUILT_IN")}
	a.notes = object{"admin": blank(b.Settings.Notes.Admin), "enduser": blank(b.Settings.Notes.Enduser)}
	a.implicit = b.Settings.ImplicitAssignment
	on := b.Settings.SignOn
	statements := on.AttributeStatements
	if statements == nil {
		statements = []any{}
	}
	a.signOn = object{"defaultRelayState": blank(on.DefaultRelayState), "ssoAcsUrlOverride": blank(on.SsoAcsURLOverride),
		"audienceOverride": blank(on.AudienceOverride), "recipientOverride": blank(on.RecipientOverride),
		"destinationOverride": blank(on.DestinationOverride), "attributeStatements": statements}
}

// find returns the application with the ID. The caller holds s.mu.
func (s *Server) find(id string) (*application, error) {
	a := s.apps[id]
	if a == nil {
		return nil, notFound(id, "AppInstance")
	}
	return a, nil
}

// createApplication answers 200 [R]. Another application with the label is no error: whether Okta has one is not
// known, so looking first is the caller's duty.
func (s *Server) createApplication(c *call) error {
	var b applicationBody
	if err := c.decode(&b); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	a, err := s.create(b, c.now)
	if err != nil {
		return err
	}
	if c.r.URL.Query().Get("activate") == "false" {
		a.status = inactive
	}
	s.touch()
	return c.reply(http.StatusOK, a.json(c.base, s.orgID))
}

// create makes an active application. The caller holds s.mu.
func (s *Server) create(b applicationBody, now time.Time) (*application, error) {
	if b.Name == nil || *b.Name != "amazon_aws" {
		return nil, invalid("name", "name: The sandbox has no app of this name but amazon_aws.") // [I]
	}
	settings, err := b.check()
	if err != nil {
		return nil, err
	}
	if b.Credentials.Signing.Kid != "" {
		return nil, invalid("credentials", "credentials.signing.kid: The key does not exist.") // [I]
	}
	a := s.newApplication(now)
	b.fill(a, settings)
	a.metadataFrom = now.Add(cmp.Or(s.cfg.MetadataAfter, time.Second))
	a.sign()
	return a, nil
}

// sign gives an application with SAML a key where it has none.
func (a *application) sign() {
	switch {
	case a.signOnMode != modeSAML:
		a.kid = ""
	case a.kid == "":
		a.kid = a.addKey(a.updated, 10).kid // ten years [R]
	}
}

func (s *Server) getApplication(c *call) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	a, err := s.find(c.params["appId"])
	if err != nil {
		return err
	}
	return c.reply(http.StatusOK, a.json(c.base, s.orgID))
}

func (s *Server) replaceApplication(c *call) error {
	var b applicationBody
	if err := c.decode(&b); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	a, err := s.find(c.params["appId"])
	if err != nil {
		return err
	}
	if err := s.replace(a, b, c.now); err != nil {
		return err
	}
	s.touch()
	return c.reply(http.StatusOK, a.json(c.base, s.orgID))
}

// replace replaces the whole of an application. An inactive one cannot be replaced [R, of another kind of app]. The
// caller holds s.mu.
func (s *Server) replace(a *application, b applicationBody, now time.Time) error {
	if a.status != active {
		return &apiError{status: http.StatusBadRequest, code: "E0000024",
			summary: "Bad request. This operation on app metadata is not yet supported.",
			causes:  []string{"This operation on app metadata is not yet supported: No active instances."}}
	}
	if b.Name != nil && *b.Name != "amazon_aws" {
		return invalid("name", "name: The name of an app cannot be changed.") // [I]
	}
	settings, err := b.check()
	if err != nil {
		return err
	}
	kid := b.Credentials.Signing.Kid
	if kid != "" && a.key(kid) == nil {
		return invalid("credentials", "credentials.signing.kid: The key does not exist.") // [I]
	}
	b.fill(a, settings)
	a.updated = now
	if kid != "" {
		a.kid = kid
	}
	a.sign()
	if s.cfg.WipeOnPut {
		a.provisioning.forget()
	}
	return nil
}

func (s *Server) activateApplication(c *call) error   { return s.setStatus(c, active) }
func (s *Server) deactivateApplication(c *call) error { return s.setStatus(c, inactive) }

// setStatus answers {}, whatever the status was [R for activate].
func (s *Server) setStatus(c *call, status string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	a, err := s.find(c.params["appId"])
	if err != nil {
		return err
	}
	if a.turn(status, c.now) {
		s.touch()
	}
	return c.reply(http.StatusOK, object{})
}

// turn makes an application active or inactive, and reports whether it was not.
func (a *application) turn(status string, now time.Time) bool {
	if a.status == status {
		return false
	}
	a.status, a.updated = status, now
	return true
}

func (s *Server) deleteApplication(c *call) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	a, err := s.find(c.params["appId"])
	if err != nil {
		return err
	}
	if err := s.drop(a); err != nil {
		return err
	}
	s.touch()
	return c.reply(http.StatusNoContent, nil)
}

// drop deletes an inactive application; of an active one, 403 E0000056 [D]. The caller holds s.mu.
func (s *Server) drop(a *application) error {
	if a.status == active {
		return &apiError{status: http.StatusForbidden, code: "E0000056", summary: "Delete application forbidden.",
			causes: []string{"The application must be deactivated before deletion."}}
	}
	delete(s.apps, a.id)
	return nil
}

// listApplications knows q, a prefix of the name or the label, and filter, one comparison [D]. That q does not mind the
// case is a guess [I].
func (s *Server) listApplications(c *call) error {
	p, err := c.page(20, 200)
	if err != nil {
		return err
	}
	want, err := parseFilter(c.r.URL.Query().Get("filter"), filterRules{
		attributes: []string{"id", "name", "status", "credentials.signing.kid", "group.id"}, operators: []string{"eq"}, terms: 1,
	})
	if err != nil {
		return err
	}
	q := strings.ToLower(c.r.URL.Query().Get("q"))
	s.mu.Lock()
	defer s.mu.Unlock()
	found := slices.DeleteFunc(slices.Collect(maps.Values(s.apps)), func(a *application) bool {
		named := strings.HasPrefix("amazon_aws", q) || strings.HasPrefix(strings.ToLower(a.label), q)
		return !named || !want.match(func(t term) bool {
			switch t.attribute {
			case "id":
				return a.id == t.value
			case "name":
				return t.value == "amazon_aws"
			case "status":
				return a.status == t.value
			case "group.id":
				return a.assignments[t.value] != nil
			default:
				return a.kid == t.value
			}
		})
	})
	found = paginate(c, found, func(a *application) int { return a.number }, p)
	out := make([]object, len(found))
	for i, a := range found {
		out[i] = a.json(c.base, s.orgID)
	}
	return c.reply(http.StatusOK, out)
}
