package okta

import (
	"crypto/rand"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"math/big"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/oktaws/oktaws/provision"
	"github.com/oktaws/oktaws/store"
)

var (
	made    = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	expires = time.Date(2036, 1, 2, 3, 4, 5, 0, time.UTC)
)

// certificate is one that ends when expires says, as x5c has it.
func certificate(t *testing.T) string {
	t.Helper()
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotBefore: made, NotAfter: expires}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &testKey().PublicKey, testKey())
	if err != nil {
		t.Fatal(err)
	}
	return base64.StdEncoding.EncodeToString(der)
}

func TestSigningKeys(t *testing.T) {
	o := newOrg(t, map[string]http.HandlerFunc{
		"GET /api/v1/apps/0oa1/credentials/keys": answers(200, `[
			{"kty":"RSA","kid":"one","created":"2026-01-02T03:04:05.000Z","expiresAt":"2036-01-02T03:04:05.000Z","x5c":["?"]},
			{"kid":"two","created":"2026-01-02T03:04:05.000Z","x5c":["`+certificate(t)+`"]},
			{"kid":"three","created":"2026-01-02T03:04:05.000Z","x5c":["AAAA"]}]`),
		"GET /api/v1/apps/0oa2/credentials/keys": answers(200, `[]`),
		"GET /api/v1/apps/0oa3/credentials/keys": answers(404, oktaError("E0000007", "Not found")),
		"GET /api/v1/apps/0oa4/credentials/keys": answers(200, `[{"kty":"RSA"}]`),
	})
	c := o.client(t)
	got, err := c.SigningKeys(t.Context(), "0oa1")
	if want := []provision.SigningKey{{ID: "one", Created: made, Expires: expires}, {ID: "two", Created: made, Expires: expires},
		{ID: "three", Created: made}}; err != nil || !slices.Equal(got, want) {
		t.Errorf("%+v, %v", got, err)
	}
	if got, err := c.SigningKeys(t.Context(), "0oa2"); err != nil || len(got) != 0 {
		t.Errorf("%+v, %v", got, err)
	}
	_, err = c.SigningKeys(t.Context(), "0oa3")
	wantProblem(t, err, store.NotFound, "list the signing keys of the Okta application 0oa3")
	_, err = c.SigningKeys(t.Context(), "0oa4")
	wantProblem(t, err, store.Transient, "list the signing keys of the Okta application 0oa4")
}

func TestGenerateSigningKeyIsSentOnce(t *testing.T) {
	const path = "POST /api/v1/apps/0oa1/credentials/keys/generate"
	for name, c := range map[string]struct {
		answer http.HandlerFunc
		kind   store.Kind // empty: no error
	}{
		"made":                  {answers(201, `{"kid":"new","created":"2026-01-02T03:04:05.000Z","expiresAt":"2036-01-02T03:04:05.000Z"}`), ""},
		"without an ID":         {answers(201, `{}`), store.Transient},
		"out of range":          {answers(400, oktaError("E0000001", "Api validation failed: generateKey", "Validity years out of range. It should be 2 - 10 years.")), store.Permanent},
		"too many calls":        {answers(429, oktaError("E0000047", "API call exceeded rate limit due to too many requests.")), store.Transient},
		"Okta is down":          {answers(503, ""), store.Transient},
		"the connection breaks": {cuts, store.Transient},
	} {
		t.Run(name, func(t *testing.T) {
			o := newOrg(t, map[string]http.HandlerFunc{path: c.answer})
			got, err := o.client(t).GenerateSigningKey(t.Context(), "0oa1", 10)
			if c.kind == "" {
				if err != nil || got != (provision.SigningKey{ID: "new", Created: made, Expires: expires}) {
					t.Errorf("%+v, %v", got, err)
				}
			} else {
				wantProblem(t, err, c.kind, "make a signing key for the Okta application 0oa1")
			}
			if calls := o.received(""); len(calls) != 1 || calls[0].line != path+"?validityYears=10" || calls[0].body != "" {
				t.Errorf("calls %+v", calls)
			}
		})
	}
}

func TestSignWithChangesTheKeyAndNothingElse(t *testing.T) {
	o := newOrg(t, map[string]http.HandlerFunc{"GET /api/v1/apps/0oa1": answers(200, fullApp), "PUT /api/v1/apps/0oa1": answers(200, fullApp)})
	c := o.client(t)
	if err := c.SignWith(t.Context(), "0oa1", "kid-1"); err != nil || len(o.received("PUT")) > 0 {
		t.Errorf("the key in use: %v, %d PUTs", err, len(o.received("PUT")))
	}
	if err := c.SignWith(t.Context(), "0oa1", "kid-2"); err != nil {
		t.Fatal(err)
	}
	var want map[string]any
	if err := json.Unmarshal([]byte(fullApp), &want); err != nil {
		t.Fatal(err)
	}
	want["credentials"].(map[string]any)["signing"].(map[string]any)["kid"] = "kid-2"
	text, _ := json.Marshal(want)
	puts := o.received("PUT")
	if len(puts) != 1 {
		t.Fatalf("%d PUTs", len(puts))
	}
	wantJSON(t, puts[0].body, string(text))
	if !strings.Contains(puts[0].body, "[1,2.50,12345678901234567890,null]") {
		t.Errorf("a number came back as another: %s", puts[0].body)
	}
}

func TestSignWithThatFails(t *testing.T) {
	const inactive = "This operation on app metadata is not yet supported: No active instances."
	for name, c := range map[string]struct {
		get, put http.HandlerFunc
		kind     store.Kind
		says     string
	}{
		"no application":      {answers(404, oktaError("E0000007", "Not found")), nil, store.NotFound, "read the Okta application 0oa1"},
		"it is inactive":      {answers(200, fullApp), answers(400, oktaError("E0000024", "Bad request.", inactive)), store.Permanent, "Activate the application"},
		"not one of its keys": {answers(200, fullApp), answers(400, oktaError("E0000001", "Api validation failed: credentials", "The key does not exist.")), store.Permanent, "sign with the key kid-2"},
		"odd credentials":     {answers(200, `{"id":"0oa1","credentials":7}`), nil, store.Transient, "sign with the key kid-2"},
		"odd signing":         {answers(200, `{"id":"0oa1","credentials":{"signing":7}}`), nil, store.Transient, "sign with the key kid-2"},
	} {
		t.Run(name, func(t *testing.T) {
			routes := map[string]http.HandlerFunc{"GET /api/v1/apps/0oa1": c.get}
			if c.put != nil {
				routes["PUT /api/v1/apps/0oa1"] = c.put
			}
			o := newOrg(t, routes)
			wantProblem(t, o.client(t).SignWith(t.Context(), "0oa1", "kid-2"), c.kind, c.says)
			if n := len(o.received("PUT")); n > 1 || c.put == nil && n > 0 {
				t.Errorf("%d PUTs", n)
			}
		})
	}
}
