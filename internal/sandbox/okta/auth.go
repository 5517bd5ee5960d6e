package okta

import (
	"crypto/rsa"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"
)

// caller is who makes a call.
type caller struct {
	name    string   // whose rate limit it is
	allowed []string // what its admin role permits, in the words of the scopes; nil: everything
}

// Client is a service application that gets its access tokens with a signed assertion.
type Client struct {
	ID      string
	Key     *rsa.PublicKey
	KeyID   string   // the key's ID; an assertion that names another is refused
	Scopes  []string // granted to the application
	Allowed []string // what its admin role permits, in the words of the scopes; nil: everything
	DPoP    bool     // "Require DPoP": a request without a proof is refused, and the stand-in takes none
}

// bearer is an access token that was issued.
type bearer struct {
	caller
	scopes  []string
	expires time.Time
}

// AddToken adds an API token whose maker's admin role permits what allowed says, in the words of the scopes; nil
// stands for a super admin.
func (s *Server) AddToken(value string, allowed []string) {
	s.secrets.add(value)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.tokens[value] = caller{name: fmt.Sprintf("token-%d", len(s.tokens)+1), allowed: allowed}
}

// Limit leaves the configured API token what the scopes permit, as if its maker had got another admin role. Without any,
// it is a super admin's again. Whoever else uses the token is limited too, the browser's pages among them. That a role
// permits things in the words of the scopes is the stand-in's simplification: Okta's roles are finer [I].
func (s *Server) Limit(scopes ...string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if who, there := s.tokens[s.cfg.Token]; there {
		who.allowed = slices.Clone(scopes)
		s.tokens[s.cfg.Token] = who
	}
}

// AddClient adds a service application.
func (s *Server) AddClient(c Client) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.clients[c.ID] = c
}

// authorize checks a call's credentials and returns whose rate limit counts.
//
// No credentials: 403 E0000005 [C]. An API token that is not one: 401 E0000011 [D]; whose admin lacks the permission:
// 403 E0000006 [D]. An access token's failures are in WWW-Authenticate, without a body [C], which is why a client finds
// no error code there.
func (s *Server) authorize(c *call, op *operation) (name string, err error) {
	if op.public {
		return "", nil
	}
	scheme, value, _ := strings.Cut(c.r.Header.Get("Authorization"), " ")
	s.mu.Lock()
	defer s.mu.Unlock()
	var who caller
	switch scheme {
	case "":
		return "", &apiError{status: http.StatusForbidden, code: "E0000005", summary: "Invalid session"}
	case "SSWS":
		var ok bool
		if who, ok = s.tokens[value]; !ok {
			return "", &apiError{status: http.StatusUnauthorized, code: "E0000011", summary: "Invalid token provided"}
		}
	case "Bearer":
		b, ok := s.bearers[value]
		if !ok || !c.now.Before(b.expires) {
			return "", c.challenge(op, http.StatusUnauthorized, "invalid_token", "The access token is invalid.")
		}
		who = b.caller
		if !covers(b.scopes, op.scope) {
			return who.name, c.challenge(op, http.StatusForbidden, "insufficient_scope",
				"The access token provided does not contain the required scopes.")
		}
	default:
		return "", &apiError{status: http.StatusUnauthorized, code: "E0000011", summary: "Invalid token provided"}
	}
	if who.allowed != nil && !covers(who.allowed, op.scope) {
		return who.name, denied()
	}
	return who.name, nil
}

// challenge is the answer to an access token that does not do, in the form that was seen [C].
func (c *call) challenge(op *operation, status int, code, description string) error {
	return &apiError{status: status, code: code, summary: description, challenge: fmt.Sprintf(
		`Bearer authorization_uri="%[1]s/oauth2/v1/authorize", realm="%[1]s", scope="%s", error="%s", error_description="%s", resource="%s"`,
		c.base, op.scope, code, description, c.r.URL.Path)}
}

// covers reports whether the scopes hold the one that is needed; .manage holds .read.
func covers(scopes []string, need string) bool {
	if slices.Contains(scopes, need) {
		return true
	}
	thing, read := strings.CutSuffix(need, ".read")
	return read && slices.Contains(scopes, thing+".manage")
}
