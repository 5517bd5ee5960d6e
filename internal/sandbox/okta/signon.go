package okta

import (
	"cmp"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

// awsACS is where a browser posts the response to unless the application says otherwise: Destination and Recipient of
// the responses that were seen (https://github.com/oktadev/okta-aws-cli-assume-role/issues/149) [C].
const awsACS = "https://signin.aws.amazon.com/saml"

// awsAudience is what Okta writes for amazon_aws (https://github.com/Versent/saml2aws/pull/481) [C].
const awsAudience = "urn:amazon:webservices"

// audienceAt is the audience of a response that goes to the address. What Okta writes for the sign-in addresses of other
// partitions was not seen: that it follows the address, as AWS asks for it there, is a guess [I].
func audienceAt(acs string) string {
	u, err := url.Parse(acs)
	if err != nil {
		return awsAudience
	}
	switch host := "." + u.Hostname(); {
	case strings.HasSuffix(host, ".signin.amazonaws-us-gov.com"):
		return awsAudience + ":govcloud"
	case strings.HasSuffix(host, ".signin.amazonaws.cn"):
		return awsAudience + ":cn-north-1"
	}
	return awsAudience
}

// Tile is an application on somebody's dashboard.
type Tile struct{ AppID, Label string }

// Tiles returns the dashboard of a person, by label: the active SAML applications that are assigned to a group of
// theirs and not hidden. Nobody has none.
func (s *Server) Tiles(login string) []Tile {
	s.mu.Lock()
	defer s.mu.Unlock()
	u := s.userOf(login)
	if u == nil {
		return nil
	}
	var tiles []Tile
	for _, a := range s.apps {
		if a.status == active && a.signOnMode == modeSAML && a.shown() && len(a.assignmentsOf(s, u)) > 0 {
			tiles = append(tiles, Tile{a.id, a.label})
		}
	}
	slices.SortFunc(tiles, func(x, y Tile) int { return cmp.Or(cmp.Compare(x.Label, y.Label), cmp.Compare(x.AppID, y.AppID)) })
	return tiles
}

// shown reports whether the application's visibility lets it have a tile [D].
func (a *application) shown() bool {
	hide, _ := a.visibility["hide"].(object)
	links, _ := a.visibility["appLinks"].(object)
	return hide["web"] != true && links["login"] != false
}

// assignmentsOf returns the assignments through which a person has the application, the highest priority first. A
// person's own assignment, without a group, the stand-in does not have. The caller holds s.mu.
func (a *application) assignmentsOf(s *Server, u *user) []*assignment {
	theirs := slices.DeleteFunc(slices.Collect(maps.Values(a.assignments)), func(n *assignment) bool {
		return !s.groups[n.group].members[u.id]
	})
	slices.SortFunc(theirs, byPriority)
	return theirs
}

// SignOn is what a click on a tile has the browser post, and where.
type SignOn struct {
	ACS        string // the URL
	Response   string // SAMLResponse: base64. A credential until it expires
	RelayState string
}

// SignOn signs a person on to an application: what a click on its tile does. The error is in words for the person:
// they or the application do not exist, it is inactive, has no SAML, or they are not assigned to it.
func (s *Server) SignOn(login, appID string) (SignOn, error) {
	a, k, relayState, err := s.assert(login, appID)
	if err != nil {
		return SignOn{}, err
	}
	if err := k.make(); err != nil {
		return SignOn{}, err
	}
	response, err := a.response(k)
	if err != nil {
		return SignOn{}, fmt.Errorf("sign %s on to %s: %w", login, appID, err)
	}
	s.keepSecret(response, a.at)
	return SignOn{ACS: a.acs, Response: response, RelayState: relayState}, nil
}

// keepSecret has the hub blot a response out in each form that it is seen in: plain, in a form's body, in a page.
func (s *Server) keepSecret(response string, now time.Time) {
	for _, text := range []string{response, url.QueryEscape(response), strings.ReplaceAll(response, "+", "&#43;")} {
		s.secrets.addUntil(text, now.Add(assertionLife), now)
	}
}

// assert gathers what Okta asserts of a person to the application, and the key to sign it with: the one in use.
func (s *Server) assert(login, appID string) (assertion, *signingKey, string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	u, a := s.userOf(login), s.apps[appID]
	if err := s.maySignOn(u, a, login, appID); err != nil {
		return assertion{}, nil, "", err
	}
	// That these overrides work with amazon_aws too is a guess [I].
	setting := func(settings object, key, standard string) string {
		text, _ := settings[key].(string)
		return or(text, standard)
	}
	acs := setting(a.signOn, "ssoAcsUrlOverride", setting(a.settings, "overrideAcsURL", awsACS))
	return assertion{
		issuer:      "http://www.okta.com/" + a.external,
		acs:         acs,
		destination: setting(a.signOn, "destinationOverride", acs),
		recipient:   setting(a.signOn, "recipientOverride", acs),
		audience:    setting(a.signOn, "audienceOverride", audienceAt(acs)),
		subject:     u.login,
		roles:       s.entitlements(a, u),
		duration:    fmt.Sprint(a.settings["sessionDuration"]),
		at:          s.clock.Now().UTC(),
	}, a.key(a.kid), setting(a.signOn, "defaultRelayState", ""), nil
}

// maySignOn says why a person cannot sign on to an application. The title App Not Assigned is Okta's [D], the other
// words are not [I]. The caller holds s.mu.
func (s *Server) maySignOn(u *user, a *application, login, appID string) error {
	switch {
	case a == nil:
		return &personError{http.StatusNotFound, "There is no application " + appID + "."}
	case u == nil:
		return noPerson(login)
	case a.signOnMode != modeSAML:
		return &personError{http.StatusForbidden, a.label + " does not sign people on by SAML: an admin must choose SAML 2.0 on its Sign On tab."}
	case a.status != active:
		return &personError{http.StatusForbidden, a.label + " is inactive: an admin must activate it."}
	case len(a.assignmentsOf(s, u)) == 0:
		return &personError{http.StatusForbidden, "App Not Assigned: " + login + " is in no group that " + a.label + " is assigned to."}
	}
	return nil
}
