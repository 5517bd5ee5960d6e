package oktapage_test

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

	"github.com/jonboulle/clockwork"

	"github.com/oktaws/oktaws/internal/sandbox"
	"github.com/oktaws/oktaws/internal/sandbox/aws"
	"github.com/oktaws/oktaws/internal/sandbox/okta"
	"github.com/oktaws/oktaws/internal/sandbox/web/oktapage"
	"github.com/oktaws/oktaws/provision"
	adapter "github.com/oktaws/oktaws/provision/aws"
	"github.com/oktaws/oktaws/store"
)

// visitor looks at the pages of a sandbox.
type visitor struct {
	t     *testing.T
	sb    *sandbox.Sandbox
	clock *clockwork.FakeClock
	mux   *http.ServeMux
	all   strings.Builder // the HTML of every page so far
}

func (v *visitor) Sandbox() *sandbox.Sandbox { return v.sb }

func visit(t *testing.T) *visitor {
	t.Helper()
	clock := clockwork.NewFakeClockAt(time.Now()) // the signatures of the SDK's calls have the real time
	sb, err := sandbox.Start(sandbox.Options{Relaxed: true, Clock: clock})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = sb.Close() })
	v := &visitor{t: t, sb: sb, clock: clock, mux: http.NewServeMux()}
	oktapage.Mount(v.mux, v)
	return v
}

func (v *visitor) answer(r *http.Request) (*http.Response, string) {
	v.t.Helper()
	w := httptest.NewRecorder()
	v.mux.ServeHTTP(w, r)
	b, err := io.ReadAll(w.Result().Body)
	if err != nil {
		v.t.Fatal(err)
	}
	v.all.Write(b)
	return w.Result(), string(b)
}

// get returns a page's HTML.
func (v *visitor) get(path string, status int) string {
	v.t.Helper()
	resp, page := v.answer(httptest.NewRequest(http.MethodGet, path, nil))
	if resp.StatusCode != status {
		v.t.Fatalf("GET %s: %d, not %d\n%s", path, resp.StatusCode, status, words(page))
	}
	return page
}

// post sends a form, and returns the page that the answer leads to.
func (v *visitor) post(path string, form url.Values) string {
	v.t.Helper()
	r := httptest.NewRequest(http.MethodPost, path, strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	resp, page := v.answer(r)
	if resp.StatusCode != http.StatusSeeOther {
		v.t.Fatalf("POST %s: %d, not 303\n%s", path, resp.StatusCode, words(page))
	}
	return v.get(resp.Header.Get("Location"), http.StatusOK)
}

var (
	tag      = regexp.MustCompile(`<[^>]*>`)
	fieldTag = regexp.MustCompile(`<(?:input|button)\b[^>]*>`)
	textArea = regexp.MustCompile(`(?s)<textarea\b([^>]*)>(.*?)</textarea>`)
	property = regexp.MustCompile(`([\w-]+)(?:="([^"]*)")?`)
)

// form is one of a page's, as a browser has it.
type form struct {
	v      *visitor
	action string
	fields url.Values
	html   string
}

// form finds the form with the ID on the page, with the values that it has there.
func (v *visitor) form(page, id string) form {
	v.t.Helper()
	for _, part := range strings.Split(page, "<form")[1:] {
		head, body, _ := strings.Cut(part, ">")
		body, _, _ = strings.Cut(body, "</form>")
		p := properties(head)
		if p["id"] != id {
			continue
		}
		f := form{v, p["action"], url.Values{}, body}
		for _, field := range fieldTag.FindAllString(body, -1) {
			p := properties(strings.Trim(field, "<>"))
			_, isButton := p["button"]
			_, off := p["disabled"]
			_, ticked := p["checked"]
			if p["name"] != "" && !isButton && !off && (p["type"] != "checkbox" && p["type"] != "radio" || ticked) {
				f.fields.Add(p["name"], p["value"])
			}
		}
		for _, m := range textArea.FindAllStringSubmatch(body, -1) {
			f.fields.Set(properties(m[1])["name"], html.UnescapeString(m[2]))
		}
		return f
	}
	v.t.Fatalf("the page has no form %s:\n%s", id, words(page))
	return form{}
}

func properties(text string) map[string]string {
	out := map[string]string{}
	for _, m := range property.FindAllStringSubmatch(text, -1) {
		out[m[1]] = html.UnescapeString(m[2])
	}
	return out
}

// fill puts values into fields that the form has.
func (f form) fill(values map[string]string) form {
	f.v.t.Helper()
	for name, value := range values {
		if !strings.Contains(f.html, `name="`+name+`"`) {
			f.v.t.Fatalf("the form has no field %s", name)
		}
		f.fields.Set(name, value)
	}
	return f
}

// press sends the form by the button of that name, and returns the page that comes.
func (f form) press(button string) string {
	f.v.t.Helper()
	for _, part := range strings.Split(f.html, "<button")[1:] {
		head, rest, _ := strings.Cut(part, ">")
		text, _, _ := strings.Cut(rest, "<")
		p := properties(strings.TrimSpace(head))
		if text != button {
			continue
		}
		if _, off := p["disabled"]; off {
			f.v.t.Fatalf("the button %s is off", button)
		}
		to := f.action
		if p["formaction"] != "" {
			to = p["formaction"]
		}
		if p["name"] != "" {
			f.fields.Set(p["name"], p["value"])
		}
		return f.v.post(to, f.fields)
	}
	f.v.t.Fatalf("the form has no button %s", button)
	return ""
}

// follow returns the page behind the link with the text.
func (v *visitor) follow(page, text string) string {
	v.t.Helper()
	for _, part := range strings.Split(page, "<a ")[1:] {
		head, rest, _ := strings.Cut(part, ">")
		link, _, _ := strings.Cut(rest, "</a>")
		if words(link) == text {
			return v.get(properties(head)["href"], http.StatusOK)
		}
	}
	v.t.Fatalf("the page has no link %q:\n%s", text, words(page))
	return ""
}

// words is what a page says, without its HTML.
func words(page string) string {
	return strings.Join(strings.Fields(html.UnescapeString(tag.ReplaceAllString(page, " "))), " ")
}

// says fails the test unless the page says all of it.
func says(t *testing.T, page string, all ...string) {
	t.Helper()
	for _, want := range all {
		if !strings.Contains(words(page), want) {
			t.Errorf("the page does not say %q:\n%s", want, words(page))
		}
	}
}

func saysNot(t *testing.T, page string, all ...string) {
	t.Helper()
	for _, text := range all {
		if strings.Contains(words(page), text) {
			t.Errorf("the page says %q:\n%s", text, words(page))
		}
	}
}

// part is what a page says in the element with the ID, up to where the first of its kind ends.
func part(t *testing.T, page, id string) string {
	t.Helper()
	before, rest, found := strings.Cut(page, ` id="`+id+`"`)
	if !found {
		t.Fatalf("the page has nothing with the ID %s:\n%s", id, words(page))
	}
	element, _, _ := strings.Cut(before[strings.LastIndex(before, "<")+1:], " ")
	text, _, _ := strings.Cut(rest, "</"+element+">")
	return words("<" + text)
}

const (
	account  = aws.AccountGmail
	provider = "arn:aws:iam::" + account + ":saml-provider/Okta"
)

// application adds one for the account, as the program does before the person's step.
func (v *visitor) application(label string) string {
	return v.sb.Okta.AddApplication(okta.NewApplication{Label: label, Note: "managed-by: oktaws", Settings: map[string]any{"identityProviderArn": provider}})
}

// key makes in the account what Okta needs, and returns the user's key: a provider, a role that trusts it, and a user
// that may list roles.
func (v *visitor) key() provision.Secret {
	t, ctx := v.t, v.t.Context()
	t.Helper()
	if err := v.sb.AWS.MakeProvider(account, "Okta", "", nil); err != nil {
		t.Fatal(err)
	}
	a := v.aws()
	if err := a.CreateUser(ctx, "OktaSSOuser", "/", nil); err != nil {
		t.Fatal(err)
	}
	const policy = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["iam:ListRoles","iam:ListAccountAliases"],"Resource":"*"}]}`
	if err := a.PutUserPolicy(ctx, "OktaSSOuser", "for-okta", policy); err != nil {
		t.Fatal(err)
	}
	v.role("Administrator")
	secret, err := a.CreateAccessKey(ctx, "OktaSSOuser")
	if err != nil {
		t.Fatal(err)
	}
	v.clock.Advance(2 * time.Second) // a new key is not known at once
	return secret
}

// aws is the account, as the program reaches it.
func (v *visitor) aws() provision.AWSAccount {
	t, ctx := v.t, v.t.Context()
	t.Helper()
	variables := map[string]string{}
	for _, e := range v.sb.Env() {
		variables[e.Name] = e.Value
	}
	client, err := adapter.New(ctx, adapter.Config{Region: sandbox.Region, AccessRole: aws.AccessRole, Variables: variables, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	a, err := client.Account(ctx, store.AccountKey{Partition: "aws", ID: account})
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// role makes a role that trusts the provider.
func (v *visitor) role(name string) {
	v.t.Helper()
	const trust = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Federated":"` + provider + `"},"Action":"sts:AssumeRoleWithSAML",` +
		`"Condition":{"StringEquals":{"SAML:aud":"https://signin.aws.amazon.com/saml"}}}]}`
	if err := v.sb.AWS.MakeRole(account, name, trust, "arn:aws:iam::aws:policy/ReadOnlyAccess"); err != nil {
		v.t.Fatal(err)
	}
}
