package okta

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/oktaws/oktaws/store"
)

func TestNothingOfTheEnvironmentLeaksIn(t *testing.T) {
	check := func(t *testing.T) {
		o := newOrg(t, map[string]http.HandlerFunc{"GET /api/v1/apps/0oa1": answers(200, `{"id":"0oa1","label":"A"}`)})
		c := o.client(t)
		cfg := c.sdk.GetConfig()
		if all := fmt.Sprintf("%+v", *cfg); strings.Contains(all, "leak") || strings.Contains(all, "4711") {
			t.Errorf("the SDK's configuration holds what the environment said: %s", strings.ReplaceAll(all, testToken, "…"))
		}
		if got := cfg.Okta.Client; got.OrgUrl != o.URL || got.Token != testToken || got.AuthorizationMode != "SSWS" || got.Cache.Enabled {
			t.Errorf("org %s, mode %s, cache %v", got.OrgUrl, got.AuthorizationMode, got.Cache.Enabled)
		}
		if cfg.HttpClient.Timeout != 0 || cfg.PrivateKeySigner != nil {
			t.Error("the HTTP client or the signer is not ours")
		}
		for range 2 {
			if _, err := c.Application(t.Context(), "0oa1"); err != nil {
				t.Fatal(err)
			}
		}
		calls := o.received("GET /api/v1/apps/0oa1")
		if len(calls) != 2 {
			t.Fatalf("%d calls for two reads: something was cached", len(calls))
		}
		if got := calls[0].header.Get("Authorization"); got != "SSWS "+testToken {
			t.Error("another token was sent than ours")
		}
		if got := calls[0].header.Get("User-Agent"); !strings.HasPrefix(got, "okta-sdk-golang/") || !strings.HasSuffix(got, " oktaws") {
			t.Errorf("user agent %q", got)
		}
	}
	t.Run("readable", check)
	t.Run("malformed", func(t *testing.T) {
		t.Setenv("OKTA_CLIENT_CACHE_ENABLED", "banana")
		check(t)
	})
	t.Run("https is still checked", func(t *testing.T) {
		c, err := New(Config{OrgURL: "https://acme.okta.com", Token: testToken})
		if err != nil {
			t.Fatal(err)
		}
		if c.sdk.GetConfig().Okta.Testing.DisableHttpsCheck {
			t.Error("the SDK's check for https is off")
		}
	})
}

func TestOrgURL(t *testing.T) {
	for _, good := range []struct{ in, want string }{
		{"https://acme.okta.com", "https://acme.okta.com"},
		{" https://acme.okta.com// ", "https://acme.okta.com"},
		{"https://login.acme.example", "https://login.acme.example"},
		{"https://sign-admin.acme.example", "https://sign-admin.acme.example"},
		{"http://127.0.0.1:8080/", "http://127.0.0.1:8080"},
		{"http://localhost:8080", "http://localhost:8080"},
		{"http://[::1]:8080", "http://[::1]:8080"},
	} {
		if got, err := parseOrgURL(good.in); err != nil || got.String() != good.want {
			t.Errorf("%q: %v, %v", good.in, got, err)
		}
	}
	for _, bad := range []struct{ in, says string }{
		{"", "not set"},
		{"acme.okta.com", "not the address"},
		{"ftp://acme.okta.com", "not the address"},
		{"https://acme-admin.okta.com", "Use https://acme.okta.com."},
		{"https://acme-admin.oktapreview.com/", "admin console"},
		{"https://ACME-admin.okta-emea.com", "admin console"},
		{"http://acme.okta.com", "must be https"},
		{"http://192.0.2.1", "must be https"},
		{"https://acme.okta.com/api/v1", "without user, path or query"},
		{"https://user:" + testToken + "@acme.okta.com", "without user, path or query"},
		{"https://acme.okta.com:" + testToken, "not the address"},
	} {
		_, err := New(Config{OrgURL: bad.in, Token: "t"})
		wantProblem(t, err, store.Permanent, "OKTA_CLIENT_ORGURL", bad.says)
	}
}

func TestExactlyOneCredential(t *testing.T) {
	for _, bad := range []struct {
		cfg  Config
		says string
	}{
		{Config{}, "no Okta credential is set"},
		{Config{Token: " \n"}, "no Okta credential is set"},
		{Config{ClientID: "0oa1"}, "OKTA_CLIENT_PRIVATEKEY"},
		{Config{PrivateKey: pkcs8(t)}, "OKTA_CLIENT_CLIENTID"},
		{Config{Token: testToken, ClientID: "0oa1", PrivateKey: pkcs8(t)}, "remove the other"},
		{Config{Token: testToken + "\nx"}, "OKTA_CLIENT_TOKEN is not"},
		{Config{ClientID: "0oa1", PrivateKey: `{"kty":"RSA","d":"` + testToken + `"}`}, "not a PEM private key"},
		{Config{ClientID: "0oa1", PrivateKey: "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----"}, "can't be read"},
	} {
		bad.cfg.OrgURL = "https://acme.okta.com"
		_, err := New(bad.cfg)
		wantProblem(t, err, store.Permanent, bad.says)
	}
	c, err := New(Config{OrgURL: "https://acme.okta.com", Token: " " + testToken + "\n"})
	if err != nil {
		t.Fatal(err)
	}
	if got := c.sdk.GetConfig().Okta.Client.Token; got != testToken {
		t.Error("the blanks around a token from a file were kept")
	}
}
