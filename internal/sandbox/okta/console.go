package okta

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

// KeyChecker is how the organization asks AWS with the key that a person entered: ListRoles and ListAccountAliases.
type KeyChecker interface {
	// RolesFor returns the account's roles. err says why AWS refused the key.
	RolesFor(ctx context.Context, accessKeyID, secret string) (roles []Role, err error)
}

// Role is an IAM role that AWS told of.
type Role struct {
	Name             string
	TrustedProviders []string // ARNs of the SAML providers in its trust policy
}

// PersonHeader says who is at the browser, in place of a session. In the admin console it is okta-admin for every step
// that changes or tries something; looking needs none, so that a link from a message can be followed. At a sign-on
// address it is the login.
const PersonHeader = "X-Sandbox-Person"

// adminPerson is the one person who may take the steps.
const adminPerson = "okta-admin"

// provisioning is an application's Provisioning tab.
type provisioning struct {
	enabled                       bool
	createUsers, updateAttributes bool
	accessKey, secretKey          string
	roles                         []string // imported from AWS
	imported                      time.Time
}

// forget is what disabling API integration does: key, roles and ticks are gone.
func (p *provisioning) forget() { *p = provisioning{} }

// asPerson leads a call to a step in the admin console. The steps:
//
//	GET  /admin/app/amazon_aws/instance/{id}/                              the tab's state
//	POST …/provisioning/test             {"accessKey","secretKey"}         Test API Credentials: tries the key, the saved one where none is given, and keeps nothing
//	POST …/provisioning/api-integration  {"enabled","accessKey","secretKey"}  Save: the same, and keeps it
//	POST …/provisioning/to-app           {"createUsers","updateAttributes"}   To App: Save
//	POST …/provisioning/refresh                                            Refresh Application Data: imports the roles again
//
// Each answers {"ok":true,"application":…}, or {"ok":false,"error":"…"} with a 4xx. An error names no secret.
func (s *Server) asPerson(c *call, op *operation) error {
	if op.method != http.MethodGet && c.r.Header.Get(PersonHeader) != adminPerson {
		return &personError{http.StatusForbidden, "Only an Okta admin can do this: send the header " + PersonHeader + ": " + adminPerson + "."}
	}
	return op.do(s, c)
}

// consoleInstance shows a person in a browser the page of the tab, where there are pages, and everybody else its state.
func (s *Server) consoleInstance(c *call) error {
	if to := s.pageFor(c, "/okta/admin/apps/"+url.PathEscape(c.params["appId"])+"/provisioning"); to != "" {
		http.Redirect(c.w, c.r, to, http.StatusSeeOther)
		return nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	a, err := s.findForPerson(c)
	if err != nil {
		return err
	}
	return c.reply(http.StatusOK, object{"ok": true, "application": s.view(a)})
}

// findForPerson returns the application that the path names. The caller holds s.mu.
func (s *Server) findForPerson(c *call) (*application, error) {
	a := s.apps[c.params["appId"]]
	if a == nil {
		return nil, &personError{http.StatusNotFound, "There is no application " + c.params["appId"] + "."}
	}
	return a, nil
}

// credentials are what a person enters.
type credentials struct {
	AccessKey, SecretKey string
}

// meant are the credentials that the form means: the saved key stays in it, so that one with nothing entered means the
// saved one.
func (p provisioning) meant(entered credentials) credentials {
	if entered == (credentials{}) {
		return credentials{p.accessKey, p.secretKey}
	}
	return entered
}

// try asks AWS with a key. The error is in words for the person, and names no secret.
func (s *Server) try(ctx context.Context, k credentials) ([]Role, error) {
	if k.AccessKey == "" || k.SecretKey == "" {
		return nil, &personError{http.StatusBadRequest, "Enter the access key and the secret key."}
	}
	if s.cfg.Keys == nil {
		return nil, &personError{http.StatusBadRequest, "Error authenticating: there is no AWS to ask."}
	}
	roles, err := s.cfg.Keys.RolesFor(ctx, k.AccessKey, k.SecretKey)
	if err != nil {
		return nil, &personError{http.StatusBadRequest, "Error authenticating: " + strings.ReplaceAll(err.Error(), k.SecretKey, "***")}
	}
	return roles, nil
}

// consoleTest tries a key and keeps nothing of it.
func (s *Server) consoleTest(c *call) error {
	var k credentials
	if err := c.decodeForPerson(&k); err != nil {
		return err
	}
	p, err := s.lookUp(c)
	if err != nil {
		return err
	}
	if _, err := s.try(c.r.Context(), p.meant(k)); err != nil {
		return err
	}
	return s.consoleInstance(c)
}

// consoleIntegration saves the API integration. Switching it off forgets the key and the roles, and takes the ticks away.
func (s *Server) consoleIntegration(c *call) error {
	var b struct {
		Enabled *bool
		credentials
	}
	if err := c.decodeForPerson(&b); err != nil {
		return err
	}
	if b.Enabled == nil {
		return &personError{http.StatusBadRequest, `Say whether API integration is enabled: {"enabled":true,…}.`}
	}
	before, err := s.lookUp(c)
	if err != nil {
		return err
	}
	if !*b.Enabled {
		return s.change(c, (*provisioning).forget, nil)
	}
	k := before.meant(b.credentials)
	roles, err := s.try(c.r.Context(), k)
	if err != nil {
		return err
	}
	return s.change(c, func(p *provisioning) { p.enabled, p.accessKey, p.secretKey = true, k.AccessKey, k.SecretKey }, roles)
}

// consoleToApp sets the ticks. With Update User Attributes the roles are imported [C].
func (s *Server) consoleToApp(c *call) error {
	var b struct{ CreateUsers, UpdateAttributes bool }
	if err := c.decodeForPerson(&b); err != nil {
		return err
	}
	p, err := s.enabled(c)
	if err != nil {
		return err
	}
	var roles []Role
	if b.UpdateAttributes {
		if roles, err = s.try(c.r.Context(), credentials{p.accessKey, p.secretKey}); err != nil {
			return err
		}
	}
	return s.change(c, func(p *provisioning) { p.createUsers, p.updateAttributes = b.CreateUsers, b.UpdateAttributes }, roles)
}

// consoleRefresh imports the roles again.
func (s *Server) consoleRefresh(c *call) error {
	p, err := s.enabled(c)
	if err != nil {
		return err
	}
	roles, err := s.try(c.r.Context(), credentials{p.accessKey, p.secretKey})
	if err != nil {
		return err
	}
	return s.change(c, func(*provisioning) {}, roles)
}

// lookUp returns the tab's state as it is now.
func (s *Server) lookUp(c *call) (provisioning, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	a, err := s.findForPerson(c)
	if err != nil {
		return provisioning{}, err
	}
	return a.provisioning, nil
}

func (s *Server) enabled(c *call) (provisioning, error) {
	p, err := s.lookUp(c)
	if err == nil && !p.enabled {
		err = &personError{http.StatusBadRequest, "Enable API integration first."}
	}
	return p, err
}

// change changes the tab and imports roles where Update User Attributes is on: Okta offers those alone that trust the
// application's identity provider [D].
func (s *Server) change(c *call, set func(*provisioning), roles []Role) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	a, err := s.findForPerson(c)
	if err != nil {
		return err
	}
	set(&a.provisioning)
	if p := &a.provisioning; p.updateAttributes {
		provider, _ := a.settings["identityProviderArn"].(string)
		p.roles, p.imported = nil, c.now
		for _, r := range roles {
			if provider != "" && slices.Contains(r.TrustedProviders, provider) {
				p.roles = append(p.roles, r.Name)
			}
		}
		slices.Sort(p.roles)
	} else {
		p.roles = nil
	}
	a.updated = c.now
	s.touch()
	return c.reply(http.StatusOK, object{"ok": true, "application": s.view(a)})
}

// decodeForPerson reads the body, with an error in words for a person.
func (c *call) decodeForPerson(v any) error {
	if err := c.decode(v); err != nil {
		return &personError{http.StatusBadRequest, "The form cannot be read: it must be a JSON object."}
	}
	return nil
}
