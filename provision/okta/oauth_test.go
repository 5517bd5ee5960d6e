package okta

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v3/jwt"

	"github.com/oktaws/oktaws/store"
)

var testKey = sync.OnceValue(func() *rsa.PrivateKey {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		panic(err)
	}
	return key
})

func pkcs8(t *testing.T) string {
	t.Helper()
	der, err := x509.MarshalPKCS8PrivateKey(testKey())
	if err != nil {
		t.Fatal(err)
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}))
}

func pkcs1() string {
	return string(pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(testKey())}))
}

func (o *org) service(t *testing.T, privateKey string) *Client {
	t.Helper()
	c, err := New(Config{OrgURL: o.URL, ClientID: "0oaClient", PrivateKey: privateKey, PrivateKeyID: "key-1"})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

const appJSON = `{"id":"0oa1","name":"amazon_aws","label":"A","status":"ACTIVE"}`

// grants answers with a new access token each time: access-1, access-2, …
func grants(expiresIn int) http.HandlerFunc {
	var n atomic.Int32
	return func(w http.ResponseWriter, r *http.Request) {
		answers(200, fmt.Sprintf(`{"token_type":"Bearer","expires_in":%d,"access_token":"access-%d","scope":"okta.apps.manage okta.groups.read"}`, expiresIn, n.Add(1)))(w, r)
	}
}

func TestServiceApplicationSignsOn(t *testing.T) {
	for name, key := range map[string]string{
		"PKCS#8, as the admin console makes it": pkcs8(t),
		"PKCS#1":                                pkcs1(),
		"in one line":                           strings.ReplaceAll(pkcs8(t), "\n", `\n`),
	} {
		t.Run(name, func(t *testing.T) {
			o := newOrg(t, map[string]http.HandlerFunc{"POST /oauth2/v1/token": grants(3600), "GET /api/v1/apps/0oa1": answers(200, appJSON)})
			c := o.service(t, key)
			var wg sync.WaitGroup
			for range 8 {
				wg.Go(func() {
					if _, err := c.Application(t.Context(), "0oa1"); err != nil {
						t.Error(err)
					}
				})
			}
			wg.Wait()
			asked := o.received("POST /oauth2/v1/token")
			if len(asked) != 1 {
				t.Fatalf("%d access tokens for 8 calls at once", len(asked))
			}
			if asked[0].line != "POST /oauth2/v1/token" {
				t.Errorf("the address holds more than it should: %s", asked[0].line)
			}
			for _, call := range o.received("GET /api") {
				if got := call.header.Get("Authorization"); got != "Bearer access-1" {
					t.Errorf("authorization %q", got)
				}
			}
			form, err := url.ParseQuery(asked[0].body)
			if err != nil || form.Get("grant_type") != "client_credentials" || form.Get("scope") != "okta.apps.manage okta.groups.read okta.groups.manage" {
				t.Errorf("form %v, %v", form, err)
			}
			signed, err := jwt.ParseSigned(form.Get("client_assertion"))
			if err != nil {
				t.Fatal(err)
			}
			var claims jwt.Claims
			if err := signed.Claims(&testKey().PublicKey, &claims); err != nil {
				t.Fatal(err)
			}
			if claims.Issuer != "0oaClient" || claims.Subject != "0oaClient" || !claims.Audience.Contains(o.URL+"/oauth2/v1/token") || signed.Headers[0].KeyID != "key-1" {
				t.Errorf("claims %+v, key %s", claims, signed.Headers[0].KeyID)
			}
		})
	}
}

func TestAccessTokenIsRenewedBeforeItEnds(t *testing.T) {
	o := newOrg(t, map[string]http.HandlerFunc{"POST /oauth2/v1/token": grants(int(renewBefore / time.Second)), "GET /api/v1/apps/0oa1": answers(200, appJSON)})
	c := o.service(t, pkcs8(t))
	for range 2 {
		if _, err := c.Application(t.Context(), "0oa1"); err != nil {
			t.Fatal(err)
		}
	}
	if calls := o.received("GET /api"); calls[1].header.Get("Authorization") != "Bearer access-2" {
		t.Error("a token within its last minute was used again")
	}
}

// A token that Okta takes no longer is replaced at the next try; one that it never took is an error for people.
func TestRevokedAccessToken(t *testing.T) {
	revoked := atomic.Bool{}
	o := newOrg(t, map[string]http.HandlerFunc{
		"POST /oauth2/v1/token": grants(3600),
		"GET /api/v1/apps/0oa1": func(w http.ResponseWriter, r *http.Request) {
			if revoked.Load() && r.Header.Get("Authorization") == "Bearer access-1" {
				answers(401, "", `WWW-Authenticate: Bearer realm="x", error="invalid_token", error_description="The access token is invalid."`)(w, r)
				return
			}
			answers(200, appJSON)(w, r)
		},
	})
	c := o.service(t, pkcs8(t))
	if _, err := c.Application(t.Context(), "0oa1"); err != nil {
		t.Fatal(err)
	}
	revoked.Store(true)
	_, err := c.Application(t.Context(), "0oa1")
	wantProblem(t, err, store.Transient, "new access token")
	if _, err := c.Application(t.Context(), "0oa1"); err != nil {
		t.Error(err)
	}

	never := newOrg(t, map[string]http.HandlerFunc{"POST /oauth2/v1/token": grants(3600), "GET /api/": answers(401, oktaError("E0000011", "Invalid token provided"))})
	_, err = never.service(t, pkcs8(t)).Application(t.Context(), "0oa1")
	wantProblem(t, err, store.Denied, "OKTA_CLIENT_PRIVATEKEY", "Invalid token provided (E0000011)")
}

func TestRefusedServiceApplication(t *testing.T) {
	for _, c := range []struct {
		name, body string
		status     int
		kind       store.Kind
		says       string
	}{
		{"DPoP", `{"error":"invalid_dpop_proof","error_description":"The DPoP proof JWT header is missing."}`, 400, store.Denied, "switch off \"Require Demonstrating Proof of Possession"},
		{"wrong key", `{"error":"invalid_client","error_description":"The client_assertion signature is invalid."}`, 401, store.Denied, "OKTA_CLIENT_CLIENTID and OKTA_CLIENT_PRIVATEKEY"},
		{"no scope", `{"error":"invalid_scope","error_description":"One or more scopes are not configured."}`, 400, store.Denied, "okta.apps.manage, okta.groups.read, okta.groups.manage"},
		{"no consent", `{"error":"consent_required","error_description":"You are not allowed any of the requested scopes."}`, 400, store.Denied, "Okta API Scopes tab"},
		{"DPoP token", `{"token_type":"DPoP","expires_in":3600,"access_token":"` + testToken + `"}`, 200, store.Transient, "can be read"},
		{"null", `null`, 200, store.Transient, "can be read"},
		{"nothing", ``, 200, store.Transient, "can be read"},
		{"server error", `oops`, 503, store.Transient, "HTTP status 503"},
	} {
		t.Run(c.name, func(t *testing.T) {
			o := newOrg(t, map[string]http.HandlerFunc{"POST /oauth2/v1/token": answers(c.status, c.body)})
			_, err := o.service(t, pkcs8(t)).Application(t.Context(), "0oa1")
			wantProblem(t, err, c.kind, c.says)
			if calls := o.received(""); len(calls) != 1 {
				t.Errorf("%d calls, want 1", len(calls))
			}
			if form, _ := url.ParseQuery(o.received("POST")[0].body); strings.Contains(fmt.Sprint(err), form.Get("client_assertion")) {
				t.Error("the signed assertion is in the error")
			}
		})
	}
}

func TestInsufficientScopeHasNoBody(t *testing.T) {
	o := newOrg(t, map[string]http.HandlerFunc{"POST /oauth2/v1/token": grants(3600), "GET /api/": answers(403, "",
		`WWW-Authenticate: Bearer authorization_uri="http://x/oauth2/v1/authorize", realm="http://x", scope="okta.groups.read", error="insufficient_scope", error_description="The access token provided does not contain the required scopes.", resource="/api/v1/groups"`)})
	_, err := o.service(t, pkcs8(t)).FindGroup(t.Context(), "Staff")
	wantProblem(t, err, store.Denied, "does not contain the required scopes", "it needs okta.groups.read", "Okta API Scopes tab")
}

func TestSignOnEndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	o := newOrg(t, map[string]http.HandlerFunc{"POST /oauth2/v1/token": func(_ http.ResponseWriter, r *http.Request) {
		cancel()
		<-r.Context().Done()
	}})
	_, err := o.service(t, pkcs8(t)).Application(ctx, "0oa1")
	if !errors.Is(err, context.Canceled) {
		t.Errorf("not cancelled: %v", err)
	}
}
