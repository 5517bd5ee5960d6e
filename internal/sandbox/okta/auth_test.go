package okta

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"maps"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

func TestTokens(t *testing.T) {
	o := newOrg(t)
	o.AddToken("00readonly", []string{appsRead})
	for _, c := range []struct {
		auth, method, path string
		status             int
		code               string
	}{
		{"", "GET", "/api/v1/apps", 403, "E0000005"},
		{"SSWS nope", "GET", "/api/v1/apps", 401, "E0000011"},
		{"Basic eHg6eXk=", "GET", "/api/v1/apps", 401, "E0000011"},
		{"SSWS 00readonly", "GET", "/api/v1/apps", 200, ""},
		{"SSWS 00readonly", "GET", "/api/v1/groups", 403, "E0000006"},
		{"SSWS 00readonly", "POST", "/api/v1/apps", 403, "E0000006"},
		{"SSWS " + testToken, "GET", "/api/v1/groups", 200, ""},
		{"", "GET", "/.well-known/okta-organization", 200, ""},
	} {
		o.auth = c.auth
		a := o.do(c.method, c.path, "")
		if a.StatusCode != c.status || c.code != "" && a.at("errorCode") != c.code {
			t.Errorf("%s %s with %q: got %d %s", c.method, c.path, c.auth, a.StatusCode, a.text)
		}
		if a.Header.Get("X-Rate-Limit-Remaining") == "" {
			t.Errorf("%s: no rate limit headers", c.path)
		}
	}
}

func TestTokenIsLimitedWhileItIsUsed(t *testing.T) {
	o := newOrg(t)
	_, path := o.create("Limited")
	group := "/api/v1/groups/" + o.group("Limited-Users")
	calls := map[string]func() answer{
		"read an application":   func() answer { return o.do("GET", path, "") },
		"list assignments":      func() answer { return o.do("GET", path+"/groups?expand=group", "") },
		"change an application": func() answer { return o.do("POST", path+"/lifecycle/activate", "") },
		"read a group":          func() answer { return o.do("GET", group, "") },
		"change a group":        func() answer { return o.do("PUT", group, `{"profile":{"name":"Limited-Users"}}`) },
	}
	check := func(allowed ...string) {
		t.Helper()
		for name, call := range calls {
			if slices.Contains(allowed, name) {
				o.want(call(), 200)
			} else {
				o.want(call(), 403, "E0000006")
			}
		}
	}
	o.Limit(appsRead)
	check("read an application", "list assignments")
	o.Limit(appsManage, groupsRead)
	check("read an application", "list assignments", "change an application", "read a group")
	o.Limit(groupsManage)
	check("read a group", "change a group")
	o.Limit([]string{}...)
	check()
	o.Limit()
	check(slices.Collect(maps.Keys(calls))...)

	none := newOrg(t, func(c *Config) { c.Token = "" })
	none.Limit()
	none.auth = "SSWS "
	none.want(none.do("GET", "/api/v1/apps", ""), 401, "E0000011")
}

// testKey is a service application's key; making one takes a while.
var testKey = sync.OnceValue(func() *rsa.PrivateKey {
	k, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		panic(err)
	}
	return k
})

// assertion signs the claims that are right for the client, changed as told.
func (o *org) assertion(key *rsa.PrivateKey, header, change map[string]any) string {
	o.t.Helper()
	claims := map[string]any{"iss": "client", "sub": "client", "aud": o.url + tokenPath,
		"iat": o.clock.Now().Unix(), "exp": o.clock.Now().Add(time.Hour).Unix()}
	maps.Copy(claims, change)
	head := map[string]any{"alg": "RS256"}
	maps.Copy(head, header)
	part := func(v any) string {
		b, err := json.Marshal(v)
		if err != nil {
			o.t.Fatal(err)
		}
		return base64.RawURLEncoding.EncodeToString(b)
	}
	text := part(head) + "." + part(claims)
	sum := sha256.Sum256([]byte(text))
	sig, err := rsa.SignPKCS1v15(nil, key, crypto.SHA256, sum[:])
	if err != nil {
		o.t.Fatal(err)
	}
	return text + "." + base64.RawURLEncoding.EncodeToString(sig)
}

func (o *org) askToken(assertion, scope string) answer {
	o.t.Helper()
	form := url.Values{"grant_type": {"client_credentials"}, "scope": {scope}, "client_assertion": {assertion},
		"client_assertion_type": {"urn:ietf:params:oauth:client-assertion-type:jwt-bearer"}}
	return o.do("POST", tokenPath, form.Encode(), "Content-Type", "application/x-www-form-urlencoded")
}

func TestAnAccessTokenForASignedAssertion(t *testing.T) {
	o := newOrg(t)
	o.AddClient(Client{ID: "client", Key: &testKey().PublicKey, KeyID: "key-1", Scopes: []string{appsManage, groupsRead}})
	o.auth = ""
	a := o.want(o.askToken(o.assertion(testKey(), map[string]any{"kid": "key-1"}, nil), appsManage+" "+groupsRead+" "+usersRead), 200)
	if a.at("token_type") != "Bearer" || a.at("expires_in") != 3600.0 || a.at("scope") != appsManage+" "+groupsRead {
		t.Errorf("got %s", a.text)
	}
	o.auth = "Bearer " + a.at("access_token").(string)
	o.create("With-A-Bearer")
	o.want(o.do("GET", "/api/v1/apps", ""), 200)
	o.want(o.do("GET", "/api/v1/groups", ""), 200)
	refused := o.want(o.do("POST", "/api/v1/groups", `{"profile":{"name":"x"}}`), 403)
	if h := refused.Header.Get("WWW-Authenticate"); refused.text != "" ||
		!strings.Contains(h, `scope="okta.groups.manage", error="insufficient_scope", error_description="The access token provided does not contain the required scopes.", resource="/api/v1/groups"`) {
		t.Errorf("got %q %q", h, refused.text)
	}
	o.clock.Advance(time.Hour)
	if late := o.want(o.do("GET", "/api/v1/apps", ""), 401); !strings.Contains(late.Header.Get("WWW-Authenticate"), "invalid_token") {
		t.Errorf("got %v", late.Header)
	}
	calls, _ := json.Marshal(o.hub.Calls(0))
	if strings.Contains(string(calls), a.at("access_token").(string)) {
		t.Error("the access token can be read back")
	}
}

func TestTheAssertionMayBeInTheQuery(t *testing.T) {
	o := newOrg(t)
	o.AddClient(Client{ID: "client", Key: &testKey().PublicKey, Scopes: []string{appsRead}})
	o.auth = ""
	q := url.Values{"grant_type": {"client_credentials"}, "scope": {appsRead},
		"client_assertion":      {o.assertion(testKey(), nil, nil)},
		"client_assertion_type": {"urn:ietf:params:oauth:client-assertion-type:jwt-bearer"}}
	o.want(o.do("POST", tokenPath+"?"+q.Encode(), ""), 200)
}

func TestABadAssertionIsRefused(t *testing.T) {
	o := newOrg(t)
	stranger, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	o.AddClient(Client{ID: "client", Key: &testKey().PublicKey, KeyID: "key-1", Scopes: []string{appsRead}})
	o.AddClient(Client{ID: "dpop", Key: &testKey().PublicKey, Scopes: []string{appsRead}, DPoP: true})
	o.auth = ""
	now := o.clock.Now()
	type m = map[string]any
	used := o.assertion(testKey(), nil, m{"jti": "once"})
	o.want(o.askToken(used, appsRead), 200)
	for _, c := range []struct {
		name, assertion, scope string
		status                 int
		code, description      string
	}{
		{"used before", used, appsRead, 401, "invalid_client", "already been used"},
		{"another audience", o.assertion(testKey(), nil, m{"aud": o.url}), appsRead, 401, "invalid_client", "must be the endpoint invoked"},
		{"another key", o.assertion(stranger, nil, nil), appsRead, 401, "invalid_client", "signature is invalid"},
		{"another algorithm", o.assertion(testKey(), m{"alg": "none"}, nil), appsRead, 401, "invalid_client", "signature is invalid"},
		{"another key ID", o.assertion(testKey(), m{"kid": "key-2"}, nil), appsRead, 401, "invalid_client", "kid is invalid"},
		{"another client", o.assertion(testKey(), nil, m{"iss": "x", "sub": "x"}), appsRead, 400, "invalid_client", "client_id"},
		{"another issuer", o.assertion(testKey(), nil, m{"iss": "x"}), appsRead, 400, "invalid_client", "client_id"},
		{"expired", o.assertion(testKey(), nil, m{"exp": now.Unix()}), appsRead, 401, "invalid_client", "expired"},
		{"without expiry", o.assertion(testKey(), nil, m{"exp": 0}), appsRead, 401, "invalid_client", "expired"},
		{"too long", o.assertion(testKey(), nil, m{"exp": now.Add(2 * time.Hour).Unix()}), appsRead, 401, "invalid_client", "too far"},
		{"from the future", o.assertion(testKey(), nil, m{"iat": now.Add(time.Hour).Unix()}), appsRead, 401, "invalid_client", "in the future"},
		{"not a JWT", "x.y", appsRead, 401, "invalid_client", "parsing"},
		{"no granted scope", o.assertion(testKey(), nil, nil), appsManage, 400, "consent_required", "not allowed any"},
		{"no scope", o.assertion(testKey(), nil, nil), "", 400, "invalid_scope", ""},
		{"without DPoP", o.assertion(testKey(), nil, m{"iss": "dpop", "sub": "dpop"}), appsRead, 400, "invalid_dpop_proof", "DPoP"},
	} {
		t.Run(c.name, func(t *testing.T) {
			a := o.askToken(c.assertion, c.scope)
			text, _ := a.at("error_description").(string)
			if a.StatusCode != c.status || a.at("error") != c.code || !strings.Contains(text, c.description) {
				t.Errorf("got %d %s", a.StatusCode, a.text)
			}
		})
	}
	o.want(o.do("POST", tokenPath, "grant_type=password", "Content-Type", "application/x-www-form-urlencoded"), 400)
	o.want(o.do("POST", tokenPath, `{}`), 400)
}
