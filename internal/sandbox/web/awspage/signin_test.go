package awspage_test

import (
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/oktaws/oktaws/internal/sandbox"
	"github.com/oktaws/oktaws/internal/sandbox/aws"
	"github.com/oktaws/oktaws/internal/sandbox/okta"
	adapter "github.com/oktaws/oktaws/provision/okta"
)

// application makes an application that reads accounts and roles out of group names, has the test user be in a group
// for each of the roles (name@account), and returns its ID and metadata.
func (v *visitor) application(roles ...string) (id, metadata string) {
	t, ctx := v.t, v.t.Context()
	t.Helper()
	id = v.sb.Okta.AddApplication(okta.NewApplication{Label: "AWS", Settings: map[string]any{
		"useGroupMapping": true, "appFilter": "okta", "groupFilter": `aws_(?{{accountid}}\d{12})_(?{{role}}[\w-]+)`,
		"roleValuePattern": "arn:aws:iam::${accountid}:saml-provider/Okta,arn:aws:iam::${accountid}:role/${role}",
	}})
	variables := map[string]string{}
	for _, e := range v.sb.Env() {
		variables[e.Name] = e.Value
	}
	client, err := adapter.New(adapter.Config{OrgURL: variables["OKTA_CLIENT_ORGURL"], Token: variables["OKTA_CLIENT_TOKEN"]})
	if err != nil {
		t.Fatal(err)
	}
	for _, role := range roles {
		name, account, _ := strings.Cut(role, "@")
		group := v.sb.Okta.AddGroup("aws_"+account+"_"+name, "", okta.TestUserLogin)
		if _, err := client.Assign(ctx, id, group, nil, nil); err != nil {
			t.Fatal(err)
		}
	}
	app, err := client.Application(ctx, id)
	if err != nil {
		t.Fatal(err)
	}
	for range 2 { // the first request for a new application's metadata is answered with 404
		if metadata, err = client.Metadata(ctx, id, app.SigningKeyID); err == nil {
			return id, metadata
		}
	}
	t.Fatal(err)
	return "", ""
}

// federate has the account trust the metadata, and makes roles that do, each with its managed policy.
func (v *visitor) federate(account, metadata string, roles map[string]string) {
	v.t.Helper()
	if err := v.sb.AWS.MakeProvider(account, "Okta", metadata, nil); err != nil {
		v.t.Fatal(err)
	}
	for name, policy := range roles {
		trust := `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":{"Federated":"arn:aws:iam::` + account + `:saml-provider/Okta"},` +
			`"Action":"sts:AssumeRoleWithSAML","Condition":{"StringEquals":{"SAML:aud":"https://signin.aws.amazon.com/saml"}}}}`
		if err := v.sb.AWS.MakeRole(account, name, trust, "arn:aws:iam::aws:policy/"+policy); err != nil {
			v.t.Fatal(err)
		}
	}
}

// clickTile posts what Okta makes of a click on the tile, and returns where AWS leads the browser.
func (v *visitor) clickTile(app string) string {
	v.t.Helper()
	on, err := v.sb.Okta.SignOn(okta.TestUserLogin, app)
	if err != nil {
		v.t.Fatal(err)
	}
	return v.post("/saml", url.Values{"SAMLResponse": {on.Response}})
}

var radio = regexp.MustCompile(`<input type="radio" name="role" value="([^"]*)"[^>]*>`)

// token is that of the sign-in whose page it is.
func token(t *testing.T, page string) string {
	t.Helper()
	found := regexp.MustCompile(`name="token" value="([^"]+)"`).FindStringSubmatch(page)
	if found == nil {
		t.Fatalf("the page has no token: %s", words(page))
	}
	return found[1]
}

func TestSignOnOffersTheRolesAndSaysWhyNotOfTheOthers(t *testing.T) {
	v := visit(t, sandbox.Options{})
	app, metadata := v.application("Auditor@111122223333", "Admin@111122223333", "Missing@111122223333", "Auditor@777788889999")
	v.federate(aws.AccountGmail, metadata, map[string]string{"Auditor": "SecurityAudit", "Admin": "AdministratorAccess"})
	where := v.clickTile(app)
	page := v.get(where, http.StatusOK)
	says(t, page, "Select a role", okta.TestUserLogin, "for a session of 1 h", "Account: Gmail (111122223333)", "Account: Billing (777788889999)")
	open := map[string]bool{}
	for _, r := range radio.FindAllStringSubmatch(page, -1) {
		open[r[1]] = !strings.Contains(r[0], "disabled")
	}
	for arn, want := range map[string]bool{
		"arn:aws:iam::111122223333:role/Auditor": true, "arn:aws:iam::111122223333:role/Admin": true,
		"arn:aws:iam::111122223333:role/Missing": false, "arn:aws:iam::777788889999:role/Auditor": false,
	} {
		if got, offered := open[arn]; !offered || got != want {
			t.Errorf("%s: on the page %t, to be chosen %t, want %t", arn, offered, got, want)
		}
	}
	shut := row(t, page, "offer-777788889999")
	if !strings.Contains(shut, "Specified provider doesn't exist (Service: ") || !strings.Contains(shut, "There is no SAML provider arn:aws:iam::777788889999:saml-provider/Okta.") {
		t.Errorf("the refusal lacks AWS's words or the cause: %s", shut)
	}
	if !strings.Contains(page, `href="/aws/111122223333/providers/Okta"`) || !strings.Contains(page, `href="/aws/777788889999/providers"`) {
		t.Error("the refusals lead to no provider")
	}

	in := v.post("/saml/role", url.Values{"token": {token(t, page)}, "role": {"arn:aws:iam::111122223333:role/Auditor"}})
	says(t, v.get(in, http.StatusOK), "Auditor/"+okta.TestUserLogin+" @ Gmail 1111-2222-3333")
	says(t, v.get(where, http.StatusOK), "You were last arn:aws:iam::111122223333:role/Auditor.")

	back := v.post("/saml/role", url.Values{"token": {token(t, page)}, "role": {"arn:aws:iam::111122223333:role/Missing"}})
	if back != where {
		t.Errorf("a role that cannot be entered leads to %s", back)
	}
}

func TestSignOnThatIsRefusedSaysWhyAndWhatToLookAt(t *testing.T) {
	v := visit(t, sandbox.Options{})
	app, _ := v.application("Auditor@111122223333")
	v.federate(aws.AccountGmail, "", map[string]string{"Auditor": "SecurityAudit"}) // somebody else's metadata
	page := v.get(v.clickTile(app), http.StatusForbidden)
	says(t, page, "Sign-on refused", "Issuer not present in specified provider (Service: AWSOpenIdDiscoveryService; Status Code: 400;", "the metadata of the provider", "What to look at", "Okta: the applications")
	if !strings.Contains(page, `class="refused" role="alert"`) || strings.Contains(page, "Sign in</button>") {
		t.Error("the refusal is no alert, or something can be chosen all the same")
	}
	if n := strings.Count(page, "Issuer not present"); n != 1 {
		t.Errorf("the reason stands there %d times", n)
	}
	garbage := v.get(v.post("/saml", url.Values{"SAMLResponse": {"<b>no response</b>"}}), http.StatusForbidden)
	if strings.Contains(garbage, "<b>no") {
		t.Error("a response becomes HTML")
	}
}

func TestTheConsoleIsTheRoles(t *testing.T) {
	clock := sandbox.NewClock(1)
	defer clock.Stop()
	v := visit(t, sandbox.Options{Clock: clock})
	app, metadata := v.application("Auditor@111122223333")
	v.federate(aws.AccountGmail, metadata, map[string]string{"Auditor": "IAMReadOnlyAccess"})
	console := v.clickTile(app) // one role alone is entered at once
	page := v.get(console, http.StatusOK)
	says(t, page, "Auditor/"+okta.TestUserLogin+" @ Gmail 1111-2222-3333",
		"arn:aws:sts::111122223333:assumed-role/Auditor/"+okta.TestUserLogin,
		"What this role may do (1 of 12)",
		"List the account's roles iam:ListRoles Allowed Allowed by the managed policy arn:aws:iam::aws:policy/IAMReadOnlyAccess.",
		"Make an IAM user iam:CreateUser Denied Because no identity-based policy allows the iam:CreateUser action.")

	tried := func(action, resource string) string {
		return row(t, v.get(console+"?"+url.Values{"action": {action}, "resource": {resource}}.Encode(), http.StatusOK), "tried")
	}
	for _, c := range []struct{ action, resource, want string }{
		{"iam:GetRole", "arn:aws:iam::111122223333:role/Auditor", "Allowed iam:GetRole on arn:aws:iam::111122223333:role/Auditor"},
		{" s3:GetObject ", "", "Denied s3:GetObject on *"},
		{"GetObject", "", "GetObject is no action"},
		{"s3:GetObject", "reports", "reports is no resource"},
		{"<i>x</i>", "", "<i>x</i> is no action"},
	} {
		if got := tried(c.action, c.resource); !strings.HasPrefix(got, c.want) {
			t.Errorf("trying %q on %q: %s", c.action, c.resource, got)
		}
	}
	if strings.Contains(v.get(console+"?action=%3Ci%3Ex", http.StatusOK), "<i>x") {
		t.Error("an action becomes HTML")
	}

	clock.Advance(61 * time.Minute)
	says(t, v.get(console, http.StatusUnauthorized), "Your session has ended", "1 h after it began")
	id := strings.TrimPrefix(console, "/aws/console/")
	out := v.post("/aws/sign-out", url.Values{"console": {id}})
	says(t, v.get(out, http.StatusOK), "You have signed out")
	v.get(console, http.StatusNotFound)
}
