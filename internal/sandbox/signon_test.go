package sandbox_test

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/credentials/stscreds"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"github.com/oktaws/oktaws/internal/sandbox"
	"github.com/oktaws/oktaws/internal/sandbox/aws"
	"github.com/oktaws/oktaws/internal/sandbox/okta"
)

const (
	member         = aws.AccountGmail
	memberProvider = "arn:aws:iam::" + member + ":saml-provider/Okta"

	administratorPolicy = "arn:aws:iam::aws:policy/AdministratorAccess"
	readOnlyPolicy      = "arn:aws:iam::aws:policy/ReadOnlyAccess"
)

func memberRole(name string) string { return "arn:aws:iam::" + member + ":role/" + name }

// trusting is the trust policy of the roles that linking makes.
func trusting(provider string) string {
	return `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Federated":"` + provider + `"},` +
		`"Action":"sts:AssumeRoleWithSAML","Condition":{"StringEquals":{"SAML:aud":"` + aws.SignInURL + `"}}}]}`
}

// linked is an account behind an Okta tile as linking leaves it: application, provider, two roles (Administrator and
// ReadOnly), Okta's user with a key, provisioning, and a group with both roles that the test user is in.
type linked struct {
	*sandbox.Sandbox
	t          *testing.T
	clock      *sandbox.Clock
	app, group string
	iam        *iam.Client // of the account's administrator
}

// link links the member account. The application's settings are those of mode api but for what is given.
func link(t *testing.T, settings map[string]any) *linked {
	t.Helper()
	sb, clock := still(t)
	w := &linked{Sandbox: sb, t: t, clock: clock}
	key, secret := sb.AWS.Credentials()
	base := w.client(credentials.NewStaticCredentialsProvider(key, secret, ""))
	admin := w.client(stscreds.NewAssumeRoleProvider(sts.NewFromConfig(base), memberRole(aws.AccessRole)))
	w.iam = iam.NewFromConfig(admin)

	given := map[string]any{"identityProviderArn": memberProvider}
	for k, v := range settings {
		given[k] = v
	}
	w.app = sb.Okta.AddApplication(okta.NewApplication{Label: "Gmail-AWS-Account", Settings: given})
	w.no(sb.AWS.MakeProvider(member, "Okta", w.metadata(w.app), nil))
	w.no(sb.AWS.MakeRole(member, "Administrator", trusting(memberProvider), administratorPolicy))
	w.no(sb.AWS.MakeRole(member, "ReadOnly", trusting(memberProvider), readOnlyPolicy))
	w.group = sb.Okta.AddGroup("AWS-Gmail", "", okta.TestUserLogin)
	if given["useGroupMapping"] != true {
		w.provision()
		w.assign("Administrator", "ReadOnly")
	}
	return w
}

// provision makes Okta's user and enters its key in the application's Provisioning tab.
func (w *linked) provision() {
	w.t.Helper()
	ctx, user := w.t.Context(), sdk.String("OktaSSOuser")
	_, err := w.iam.CreateUser(ctx, &iam.CreateUserInput{UserName: user})
	w.no(err)
	_, err = w.iam.PutUserPolicy(ctx, &iam.PutUserPolicyInput{UserName: user, PolicyName: user, PolicyDocument: sdk.String(
		`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["iam:ListRoles","iam:ListAccountAliases"],"Resource":"*"}]}`)})
	w.no(err)
	key, err := w.iam.CreateAccessKey(ctx, &iam.CreateAccessKeyInput{UserName: user})
	w.no(err)
	w.clock.Advance(time.Minute) // the key is known everywhere then
	w.console("api-integration", map[string]any{"enabled": true, "accessKey": key.AccessKey.AccessKeyId, "secretKey": key.AccessKey.SecretAccessKey})
	w.console("to-app", map[string]any{"createUsers": true, "updateAttributes": true})
}

// console is a step in Okta's admin console.
func (w *linked) console(step string, body any) {
	w.t.Helper()
	status, answer, err := w.Console(w.t.Context(), w.app, step, body)
	if err != nil || status != http.StatusOK {
		w.t.Fatalf("%s: %d %s (%v)", step, status, answer, err)
	}
}

// assign gives the group these roles.
func (w *linked) assign(roles ...string) {
	w.t.Helper()
	w.okta(http.MethodPut, "/api/v1/apps/"+w.app+"/groups/"+w.group, map[string]any{"profile": map[string]any{"samlRoles": roles}})
}

// okta calls Okta's API.
func (w *linked) okta(method, path string, body any) []byte {
	w.t.Helper()
	raw, err := json.Marshal(body)
	w.no(err)
	r, err := http.NewRequestWithContext(w.t.Context(), method, w.OktaURL+path, bytes.NewReader(raw))
	w.no(err)
	for _, v := range w.Env() {
		if v.Name == "OKTA_CLIENT_TOKEN" {
			r.Header.Set("Authorization", "SSWS "+v.Value)
		}
	}
	r.Header.Set("Content-Type", "application/json")
	return w.answer(r, 2)
}

// answer does a request and returns the body of an answer whose status begins with the digit.
func (w *linked) answer(r *http.Request, digit int) []byte {
	w.t.Helper()
	resp, err := http.DefaultClient.Do(r)
	w.no(err)
	defer func() { _ = resp.Body.Close() }()
	out, err := io.ReadAll(resp.Body)
	w.no(err)
	if resp.StatusCode/100 != digit {
		w.t.Fatalf("%s %s: %s %s", r.Method, r.URL.Path, resp.Status, out)
	}
	return out
}

func (w *linked) metadata(app string) string {
	w.t.Helper()
	return string(w.okta(http.MethodGet, "/api/v1/apps/"+app+"/sso/saml/metadata", nil))
}

// rotate has the application sign with a new key from now on.
func (w *linked) rotate() {
	w.t.Helper()
	path := "/api/v1/apps/" + w.app
	var key struct{ Kid string }
	w.no(json.Unmarshal(w.okta(http.MethodPost, path+"/credentials/keys/generate?validityYears=2", nil), &key))
	var app map[string]any
	w.no(json.Unmarshal(w.okta(http.MethodGet, path, nil), &app))
	app["credentials"].(map[string]any)["signing"] = map[string]any{"kid": key.Kid}
	w.okta(http.MethodPut, path, app)
}

// upload puts other metadata into the provider.
func (w *linked) upload(metadata string) {
	w.t.Helper()
	_, err := w.iam.UpdateSAMLProvider(w.t.Context(), &iam.UpdateSAMLProviderInput{SAMLProviderArn: sdk.String(memberProvider), SAMLMetadataDocument: &metadata})
	w.no(err)
}

// click is a click on the tile: the response that the browser then has.
func (w *linked) click() string {
	w.t.Helper()
	on, err := w.Okta.SignOn(okta.TestUserLogin, w.app)
	w.no(err)
	if on.ACS != aws.SignInURL {
		w.t.Fatalf("the browser is sent to %s", on.ACS)
	}
	return on.Response
}

// post posts a form to the sign-in page as a browser does, and returns where that sends it.
func (w *linked) post(path string, form url.Values) string {
	w.t.Helper()
	browser := http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	resp, err := browser.PostForm(w.AWSURL+path, form)
	w.no(err)
	_ = resp.Body.Close()
	if resp.StatusCode != http.StatusSeeOther {
		w.t.Fatalf("POST %s: %s", path, resp.Status)
	}
	return resp.Header.Get("Location")
}

// signIn posts a response and returns what is offered.
func (w *linked) signIn(response string) aws.SignIn {
	w.t.Helper()
	where := w.post("/saml", url.Values{"SAMLResponse": {response}, "RelayState": {""}})
	token, ok := strings.CutPrefix(where, "/aws/sign-in/")
	in, known := w.AWS.SignIn(token)
	if !ok || !known {
		w.t.Fatalf("sent to %s", where)
	}
	return in
}

// opened returns the console session at a path to which the browser was sent.
func (w *linked) opened(where string) aws.Console {
	w.t.Helper()
	id, ok := strings.CutPrefix(where, "/aws/console/")
	c, known := w.AWS.Console(id)
	if !ok || !known {
		w.t.Fatalf("sent to %s", where)
	}
	return c
}

// assume calls AssumeRoleWithSAML without any credentials.
func (w *linked) assume(response, role string, change ...func(*sts.AssumeRoleWithSAMLInput)) (*sts.AssumeRoleWithSAMLOutput, error) {
	in := &sts.AssumeRoleWithSAMLInput{PrincipalArn: sdk.String(memberProvider), RoleArn: &role, SAMLAssertion: &response}
	for _, c := range change {
		c(in)
	}
	return sts.NewFromConfig(w.client(sdk.AnonymousCredentials{})).AssumeRoleWithSAML(w.t.Context(), in)
}

func (w *linked) client(p sdk.CredentialsProvider) sdk.Config {
	return sdk.Config{Region: sandbox.Region, BaseEndpoint: &w.AWSURL, Credentials: p, HTTPClient: http.DefaultClient,
		Retryer: func() sdk.Retryer { return sdk.NopRetryer{} }}
}

func (w *linked) no(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}
