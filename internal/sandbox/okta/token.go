package okta

import (
	"crypto"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

// tokenLife is how long an access token of the organization's own authorization server lives [D].
const tokenLife = time.Hour

// clockSkew is how far a client's clock may be ahead [I].
const clockSkew = 5 * time.Minute

// issueToken gives a service application an access token: client_credentials with a private_key_jwt assertion. The
// parameters come in the body or, as okta-sdk-golang v2 sends them, in the query.
//
// The words of the errors are those that were seen [C], where a comment does not say otherwise.
func (s *Server) issueToken(c *call) error {
	form, err := url.ParseQuery(string(c.body))
	if err != nil {
		return &oauthError{http.StatusBadRequest, "invalid_request", "The request body is not a form."} // [I]
	}
	for k, v := range c.r.URL.Query() {
		form[k] = append(form[k], v...)
	}
	s.secrets.add(form.Get("client_assertion"))
	if form.Get("grant_type") != "client_credentials" {
		return &oauthError{http.StatusBadRequest, "unsupported_grant_type", "The authorization grant type is not supported by the authorization server."} // [I]
	}
	if form.Get("client_assertion_type") != "urn:ietf:params:oauth:client-assertion-type:jwt-bearer" {
		return &oauthError{http.StatusUnauthorized, "invalid_client", "The client_assertion_type is invalid."} // [I]
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	client, err := s.verifyAssertion(c, form.Get("client_assertion"))
	if err != nil {
		return err
	}
	if client.DPoP {
		return &oauthError{http.StatusBadRequest, "invalid_dpop_proof", "The DPoP proof JWT header is missing."}
	}
	asked := strings.Fields(form.Get("scope"))
	if len(asked) == 0 {
		return &oauthError{http.StatusBadRequest, "invalid_scope", "The scope is missing."} // [I]
	}
	// A token bears those of the asked scopes that are granted; only where none is, there is an error.
	granted := slices.DeleteFunc(slices.Clone(asked), func(scope string) bool { return !slices.Contains(client.Scopes, scope) })
	if len(granted) == 0 {
		return &oauthError{http.StatusBadRequest, "consent_required", "You are not allowed any of the requested scopes."}
	}
	value := randomText(48)
	s.secrets.add(value)
	s.bearers[value] = bearer{caller: caller{name: client.ID, allowed: client.Allowed}, scopes: granted, expires: c.now.Add(tokenLife)}
	return c.reply(http.StatusOK, object{"token_type": "Bearer", "expires_in": int(tokenLife / time.Second),
		"access_token": value, "scope": strings.Join(granted, " ")})
}

// verifyAssertion checks a signed assertion and returns the client that it speaks for. The caller holds s.mu.
func (s *Server) verifyAssertion(c *call, assertion string) (Client, error) {
	refuse := func(why string) (Client, error) {
		return Client{}, &oauthError{http.StatusUnauthorized, "invalid_client", why}
	}
	parts := strings.Split(assertion, ".")
	if len(parts) != 3 {
		return refuse("The parsing of the client_assertion failed.") // [I]
	}
	var header struct{ Alg, Kid string }
	var claims struct {
		Iss, Sub, Jti string
		Aud           any
		Exp, Iat      float64
	}
	signature, err := base64.RawURLEncoding.DecodeString(parts[2])
	if err != nil || decodePart(parts[0], &header) != nil || decodePart(parts[1], &claims) != nil {
		return refuse("The parsing of the client_assertion failed.") // [I]
	}
	client, ok := s.clients[claims.Sub]
	if !ok || claims.Iss != claims.Sub {
		return Client{}, &oauthError{http.StatusBadRequest, "invalid_client", "Invalid value for 'client_id' parameter."}
	}
	if header.Kid != "" && header.Kid != client.KeyID {
		return refuse("The client_assertion JWT kid is invalid.")
	}
	sum := sha256.Sum256([]byte(parts[0] + "." + parts[1]))
	if header.Alg != "RS256" || rsa.VerifyPKCS1v15(client.Key, crypto.SHA256, sum[:], signature) != nil {
		return refuse("The client_assertion signature is invalid.")
	}
	if claims.Aud != c.base+tokenPath {
		return refuse("The audience claim for client_assertion must be the endpoint invoked for the request.")
	}
	expires := time.Unix(int64(claims.Exp), 0)
	switch {
	case !c.now.Before(expires):
		return refuse("The client_assertion token is expired.") // [I]
	case expires.After(c.now.Add(time.Hour + clockSkew)): // at most an hour [D]
		return refuse("The client_assertion token has an expiration too far into the future.") // [I]
	case time.Unix(int64(claims.Iat), 0).After(c.now.Add(clockSkew)):
		return refuse("The client_assertion token was issued in the future.") // [I]
	}
	// The claim is optional, and an assertion with one is good for one use [D]; okta-sdk-golang v2 sends none.
	if claims.Jti != "" {
		key := client.ID + " " + claims.Jti
		if until, used := s.jtis[key]; used && c.now.Before(until) {
			return refuse("The client_assertion token has already been used.") // [I]
		}
		s.jtis[key] = expires
	}
	return client, nil
}

func decodePart(part string, v any) error {
	b, err := base64.RawURLEncoding.DecodeString(part)
	if err != nil {
		return err
	}
	return json.Unmarshal(b, v)
}
