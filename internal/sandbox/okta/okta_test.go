package okta

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jonboulle/clockwork"

	"github.com/oktaws/oktaws/internal/sandbox/wire"
)

const testToken = "00test-token"

// org is an organization under test.
type org struct {
	*Server
	t     *testing.T
	hub   *wire.Hub
	clock *clockwork.FakeClock
	aws   *fakeAWS
	url   string
	auth  string
}

func newOrg(t *testing.T, change ...func(*Config)) *org {
	t.Helper()
	clock := clockwork.NewFakeClockAt(time.Date(2026, 5, 4, 10, 0, 0, 0, time.UTC))
	o := &org{t: t, clock: clock, hub: wire.New(clock.Now), aws: &fakeAWS{}, auth: "SSWS " + testToken}
	cfg := Config{Hub: o.hub, Clock: clock, Token: testToken, Keys: o.aws, MetadataAfter: -1}
	for _, c := range change {
		c(&cfg)
	}
	o.Server = New(cfg)
	srv := httptest.NewServer(o.Handler())
	t.Cleanup(srv.Close)
	o.url = srv.URL
	o.SetURL(srv.URL + "/")
	o.hub.Blot(func(text string) string {
		for _, secret := range o.Secrets() {
			text = strings.ReplaceAll(text, secret, "***")
		}
		return text
	})
	return o
}

// answer is a response whose body has been read.
type answer struct {
	*http.Response
	text string
	json any
}

// at follows a path of keys through the body: maps by key, lists not at all.
func (a answer) at(keys ...string) any {
	v := a.json
	for _, k := range keys {
		m, _ := v.(map[string]any)
		v = m[k]
	}
	return v
}

// causes are the summaries of the error's causes.
func (a answer) causes() []string {
	var out []string
	list, _ := a.at("errorCauses").([]any)
	for _, c := range list {
		out = append(out, c.(map[string]any)["errorSummary"].(string))
	}
	return out
}

func (a answer) id() string { return a.at("id").(string) }

func (o *org) do(method, path, body string, header ...string) answer {
	o.t.Helper()
	var r io.Reader
	if body != "" {
		r = strings.NewReader(body)
	}
	if !strings.HasPrefix(path, "http") {
		path = o.url + path
	}
	req, err := http.NewRequestWithContext(o.t.Context(), method, path, r)
	if err != nil {
		o.t.Fatal(err)
	}
	if o.auth != "" {
		req.Header.Set("Authorization", o.auth)
	}
	if body != "" {
		req.Header.Set("Content-Type", "application/json")
	}
	for i := 0; i+1 < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		o.t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		o.t.Fatal(err)
	}
	a := answer{Response: res, text: string(b)}
	_ = json.Unmarshal(b, &a.json)
	return a
}

// want checks the status and, for an error, the code.
func (o *org) want(a answer, status int, code ...string) answer {
	o.t.Helper()
	if a.StatusCode != status {
		o.t.Fatalf("%s %s: got %d, want %d\n%s", a.Request.Method, a.Request.URL.Path, a.StatusCode, status, a.text)
	}
	if len(code) > 0 && a.at("errorCode") != code[0] {
		o.t.Fatalf("%s %s: got %v, want %s\n%s", a.Request.Method, a.Request.URL.Path, a.at("errorCode"), code[0], a.text)
	}
	return a
}

const provider = "arn:aws:iam::111122223333:saml-provider/Okta"

// create makes an application and returns its path.
func (o *org) create(label string) (id, path string) {
	o.t.Helper()
	a := o.want(o.do("POST", "/api/v1/apps?activate=true", `{"name":"amazon_aws","label":"`+label+`","signOnMode":"SAML_2_0",
		"settings":{"app":{"identityProviderArn":"`+provider+`"},"notes":{"admin":"ours"}}}`), 200)
	return a.id(), "/api/v1/apps/" + a.id()
}

func (o *org) group(name string) string {
	o.t.Helper()
	return o.want(o.do("POST", "/api/v1/groups", `{"profile":{"name":"`+name+`"}}`), 200).id()
}

// person takes a step in the admin console.
func (o *org) person(id, step, body string) answer {
	o.t.Helper()
	return o.do("POST", "/admin/app/amazon_aws/instance/"+id+"/provisioning/"+step, body, PersonHeader, "okta-admin")
}

const goodKey, goodSecret = "AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"

// fakeAWS knows one key.
type fakeAWS struct {
	mu    sync.Mutex
	roles []Role
}

func (f *fakeAWS) set(roles ...Role) { f.mu.Lock(); defer f.mu.Unlock(); f.roles = roles }

func (f *fakeAWS) RolesFor(_ context.Context, id, secret string) ([]Role, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if id != goodKey || secret != goodSecret {
		return nil, errors.New("InvalidClientTokenId: The security token included in the request is invalid; not " + secret)
	}
	return f.roles, nil
}
