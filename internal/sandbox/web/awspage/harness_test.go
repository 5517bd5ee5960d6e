package awspage_test

import (
	"html"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/oktaws/oktaws/internal/sandbox"
	"github.com/oktaws/oktaws/internal/sandbox/aws"
	"github.com/oktaws/oktaws/internal/sandbox/web/awspage"
	"github.com/oktaws/oktaws/provision"
	adapter "github.com/oktaws/oktaws/provision/aws"
	"github.com/oktaws/oktaws/store"
)

// visitor looks at the pages of a sandbox.
type visitor struct {
	t   *testing.T
	sb  *sandbox.Sandbox
	mux *http.ServeMux
}

func (v *visitor) Sandbox() *sandbox.Sandbox { return v.sb }

func visit(t *testing.T, o sandbox.Options) *visitor {
	t.Helper()
	o.Relaxed = true
	sb, err := sandbox.Start(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = sb.Close() })
	v := &visitor{t: t, sb: sb, mux: http.NewServeMux()}
	awspage.Mount(v.mux, v)
	return v
}

func (v *visitor) answer(r *http.Request) *http.Response {
	w := httptest.NewRecorder()
	v.mux.ServeHTTP(w, r)
	return w.Result()
}

func body(t *testing.T, resp *http.Response) string {
	t.Helper()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// get returns a page's HTML.
func (v *visitor) get(path string, status int) string {
	v.t.Helper()
	resp := v.answer(httptest.NewRequest(http.MethodGet, path, nil))
	page := body(v.t, resp)
	if resp.StatusCode != status {
		v.t.Fatalf("GET %s: %d, not %d\n%s", path, resp.StatusCode, status, words(page))
	}
	return page
}

// post sends a form, and returns where the answer leads.
func (v *visitor) post(path string, form url.Values) string {
	v.t.Helper()
	r := httptest.NewRequest(http.MethodPost, path, strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	resp := v.answer(r)
	if resp.StatusCode != http.StatusSeeOther {
		v.t.Fatalf("POST %s: %d, not 303\n%s", path, resp.StatusCode, words(body(v.t, resp)))
	}
	return resp.Header.Get("Location")
}

var tag = regexp.MustCompile(`<[^>]*>`)

// words is what a page says, without its HTML.
func words(page string) string {
	return strings.Join(strings.Fields(html.UnescapeString(tag.ReplaceAllString(page, " "))), " ")
}

// says fails the test unless the page says all of it.
func says(t *testing.T, page string, all ...string) {
	t.Helper()
	text := words(page)
	for _, want := range all {
		if !strings.Contains(text, want) {
			t.Errorf("the page does not say %q:\n%s", want, text)
		}
	}
}

// row is what a page says in the element with the ID, up to the end of its row or section.
func row(t *testing.T, page, id string) string {
	t.Helper()
	_, rest, found := strings.Cut(page, `id="`+id+`"`)
	if !found {
		t.Fatalf("the page has nothing with the ID %s:\n%s", id, words(page))
	}
	end := len(rest)
	for _, closing := range []string{"</tr>", "</section>", "</fieldset>"} {
		if i := strings.Index(rest, closing); i >= 0 && i < end {
			end = i
		}
	}
	return words(rest[strings.Index(rest, ">")+1 : end])
}

// account reaches an account as the program does.
func (v *visitor) account(id string) provision.AWSAccount {
	v.t.Helper()
	variables := map[string]string{}
	for _, e := range v.sb.Env() {
		variables[e.Name] = e.Value
	}
	client, err := adapter.New(v.t.Context(), adapter.Config{
		Region: sandbox.Region, AccessRole: aws.AccessRole, Variables: variables, Log: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		v.t.Fatal(err)
	}
	account, err := client.Account(v.t.Context(), store.AccountKey{Partition: "aws", ID: id})
	if err != nil {
		v.t.Fatal(err)
	}
	return account
}

const rolesTemplate = `
Parameters:
  Provider: {Type: String}
Resources:
  Reader:
    Type: AWS::IAM::Role
    Properties:
      RoleName: Reader
      MaxSessionDuration: 7200
      ManagedPolicyArns: [arn:aws:iam::aws:policy/ReadOnlyAccess]
      AssumeRolePolicyDocument:
        Version: "2012-10-17"
        Statement:
          - Effect: Allow
            Principal: {Federated: !Ref Provider}
            Action: sts:AssumeRoleWithSAML
            Condition: {StringEquals: {"SAML:aud": "https://signin.aws.amazon.com/saml"}}
Outputs:
  Who: {Value: !GetAtt Reader.Arn}
`

// furnish makes of the account what the program makes of it: a provider, a stack with a role that trusts it, and a
// user with a key. It returns the key.
func (v *visitor) furnish(id string) provision.Secret {
	t, ctx := v.t, v.t.Context()
	t.Helper()
	if err := v.sb.AWS.MakeProvider(id, "Okta", "", map[string]string{"managed-by": "oktaws"}); err != nil {
		t.Fatal(err)
	}
	a := v.account(id)
	if err := a.CreateUser(ctx, "OktaSSOuser", "/oktaws/", map[string]string{"team": "mail"}); err != nil {
		t.Fatal(err)
	}
	const policy = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["iam:ListRoles","iam:ListAccountAliases"],"Resource":"*"}]}`
	if err := a.PutUserPolicy(ctx, "OktaSSOuser", "for-okta", policy); err != nil {
		t.Fatal(err)
	}
	key, err := a.CreateAccessKey(ctx, "OktaSSOuser")
	if err != nil {
		t.Fatal(err)
	}
	v.stack(id, "sign-on", "arn:aws:iam::"+id+":saml-provider/Okta")
	return key
}

// stack makes a stack with the role Reader, and waits for its end.
func (v *visitor) stack(id, name, provider string) {
	v.t.Helper()
	_, err := v.account(id).CreateStack(v.t.Context(), provision.StackSpec{
		Name: name, Template: rolesTemplate, Parameters: map[string]string{"Provider": provider}, Tags: map[string]string{"managed-by": "oktaws"}, Token: name,
	})
	if err != nil {
		v.t.Fatal(err)
	}
	done := func() bool {
		for _, st := range v.sb.AWS.Stacks(id) {
			if st.Name == name && !strings.HasSuffix(st.Status, "_IN_PROGRESS") {
				return true
			}
		}
		return false
	}
	if err := v.sb.AWS.Wait(v.t.Context(), done); err != nil {
		v.t.Fatal(err)
	}
}

// quick has stacks take no time to speak of.
var quick = sandbox.Options{StackTime: 2 * time.Millisecond}
