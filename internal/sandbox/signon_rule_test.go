package sandbox_test

import (
	"net/http"
	"net/url"
	"testing"

	"github.com/oktaws/oktaws/internal/sandbox/okta"
	"github.com/oktaws/oktaws/provision"
	adapter "github.com/oktaws/oktaws/provision/okta"
	"github.com/oktaws/oktaws/store"
)

// A shared application is assigned to one group, and a rule, made by the program's own client, puts everybody into it who
// is in a role group of any account: nothing else has to be assigned for a person to come to the console.
func TestSignOnThroughAGroupRule(t *testing.T) {
	w := link(t, map[string]any{"useGroupMapping": true, "identityProviderArn": nil,
		"groupFilter":      `^aws\#\S+\#(?{{role}}[\w+=,.@\-]+)\#(?{{accountid}}\d+)$`,
		"roleValuePattern": "arn:aws:iam::${accountid}:saml-provider/Okta,arn:aws:iam::${accountid}:role/${role}"})
	ctx := t.Context()
	cfg := adapter.Config{OrgURL: w.OktaURL}
	for _, v := range w.Env() {
		if v.Name == "OKTA_CLIENT_TOKEN" {
			cfg.Token = v.Value
		}
	}
	client, err := adapter.New(cfg)
	w.no(err)

	people := w.Okta.AddGroup("AWS people", "")
	w.okta(http.MethodPut, "/api/v1/apps/"+w.app+"/groups/"+people, map[string]any{})
	w.Okta.AddGroup("aws#gmail#Administrator#"+member, "", okta.TestUserLogin)
	const name = "Everybody with a role"
	if r, err := client.FindRule(ctx, name); r != nil || err != nil {
		t.Fatalf("%+v, %v", r, err)
	}
	spec := provision.RuleSpec{Name: name, Expression: provision.InGroupsThatBeginWith("aws#"), Groups: []string{people}}
	made, err := client.CreateRule(ctx, spec)
	w.no(err)
	if _, err := client.CreateRule(ctx, spec); store.KindOf(err) != store.Conflict {
		t.Errorf("made twice over: %v", err)
	}
	if _, err := w.Okta.SignOn(okta.TestUserLogin, w.app); err == nil {
		t.Error("somebody signs on before the rule is active")
	}
	w.no(client.ActivateRule(ctx, made.ID))
	if r, err := client.FindRule(ctx, name); err != nil || r == nil || r.ID != made.ID || r.Status != "ACTIVE" || r.Expression != spec.Expression {
		t.Errorf("%+v, %v", r, err)
	}
	c := w.opened(w.post("/saml", url.Values{"SAMLResponse": {w.click()}}))
	if c.RoleARN != memberRole("Administrator") {
		t.Errorf("the console is %+v", c)
	}

	if err := client.DeleteRule(ctx, made.ID); err == nil {
		t.Error("a rule is deleted while it is active")
	}
	w.no(client.DeactivateRule(ctx, made.ID))
	w.no(client.DeleteRule(ctx, made.ID))
	if r, err := client.Rule(ctx, made.ID); r != nil || err != nil {
		t.Errorf("%+v, %v", r, err)
	}
	w.click() // who was put there stays
}
