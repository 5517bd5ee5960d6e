package aws_test

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/oktaws/oktaws/internal/sandbox/aws"
	"github.com/oktaws/oktaws/internal/sandbox/wire"
)

// postForm posts a form to the sign-in page and returns the status, and where that leads.
func (w *world) postForm(path string, form url.Values) (status int, where string) {
	w.t.Helper()
	browser := http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	resp := must(browser.PostForm(w.url+path, form))(w.t)
	_ = resp.Body.Close()
	return resp.StatusCode, resp.Header.Get("Location")
}

func TestTheSignInPageAnswersBrowsers(t *testing.T) {
	w := newWorld(t)
	resp := must(http.Get(w.url + "/saml"))(t)
	_ = resp.Body.Close()
	equal(t, "the status of a GET", resp.StatusCode, http.StatusMethodNotAllowed)

	_, where := w.postForm("/saml/role", url.Values{"token": {"a/b"}, "role": {roleARN(aws.AccountGmail, "Administrator")}})
	equal(t, "where an unknown sign-in leads", where, "/aws/sign-in/a%2Fb")

	w.hub.Add(wire.Fault{Service: "signin", Operation: "PostResponse", Status: 503, Times: 1})
	status, _ := w.postForm("/saml", url.Values{"SAMLResponse": {"AAAA"}})
	equal(t, "the status with a fault", status, 503)
	status, _ = w.postForm("/saml", url.Values{"SAMLResponse": {"AAAA"}})
	equal(t, "the status without", status, http.StatusSeeOther)

	r := must(http.NewRequest(http.MethodPost, w.url+"/saml", strings.NewReader("SAMLResponse=")))(t)
	r.Header.Set("Accept", "application/json")
	resp = must(http.DefaultClient.Do(r))(t)
	_ = resp.Body.Close()
	equal(t, "the status of a refusal in JSON", resp.StatusCode, http.StatusForbidden)
}

func TestTheSignInPageForgetsTheOldest(t *testing.T) {
	w := newWorld(t)
	var tokens []string
	response := func(i int) string { return fmt.Sprintf("%0200d", i) + "<" }
	for i := range 301 {
		_, where := w.postForm("/saml", url.Values{"SAMLResponse": {response(i)}})
		tokens = append(tokens, strings.TrimPrefix(where, "/aws/sign-in/"))
	}
	for i, kept := range map[int]bool{0: false, 1: true, 300: true} {
		in, ok := w.SignIn(tokens[i])
		equal(t, fmt.Sprintf("sign-in %d kept", i), ok, kept)
		if ok && !strings.HasPrefix(in.Refused, "Invalid base64 SAMLResponse (Service: AWSOpenIdDiscoveryService; Status Code: 400; Error Code: AuthSamlInvalidSamlResponseException). ") {
			t.Errorf("it says %q", in.Refused)
		}
	}
	equal(t, "a response that came long ago kept", slices.Contains(w.Secrets(), response(0)), false)
	equal(t, "the last response kept", slices.Contains(w.Secrets(), response(300)), true)
}

func TestManagedPoliciesCanBeRead(t *testing.T) {
	w := newWorld(t)
	document, ok := w.ManagedPolicy("arn:aws:iam::aws:policy/AdministratorAccess")
	if !ok || !strings.Contains(document, `"Action":["*"]`) {
		t.Errorf("AdministratorAccess is %v %s", ok, document)
	}
	if _, ok = w.ManagedPolicy("arn:aws:iam::aws:policy/Nothing"); ok {
		t.Error("a policy is there that isn't")
	}
}
