package okta

import (
	"context"
	"net/http"
	"testing"

	"github.com/oktaws/oktaws/store"
)

// permitted are calls of each kind, with what an admin role and a scope must permit for them.
var permitted = []struct {
	name        string
	do          func(*Client, context.Context) error
	role, scope string
}{
	{"read an application", func(c *Client, ctx context.Context) error { _, err := c.Application(ctx, "0oa1"); return err }, "okta.apps.read", "okta.apps.manage"},
	{"list assignments", func(c *Client, ctx context.Context) error { _, err := c.Assignments(ctx, "0oa1"); return err }, "okta.apps.read", "okta.apps.manage"},
	{"create an application", func(c *Client, ctx context.Context) error { _, err := c.CreateApplication(ctx, spec); return err }, "okta.apps.manage", "okta.apps.manage"},
	{"deactivate an application", func(c *Client, ctx context.Context) error { return c.DeactivateApplication(ctx, "0oa1") }, "okta.apps.manage", "okta.apps.manage"},
	{"delete an application", func(c *Client, ctx context.Context) error { return c.DeleteApplication(ctx, "0oa1") }, "okta.apps.manage", "okta.apps.manage"},
	{"make a key", func(c *Client, ctx context.Context) error {
		_, err := c.GenerateSigningKey(ctx, "0oa1", 10)
		return err
	}, "okta.apps.manage", "okta.apps.manage"},
	{"assign", func(c *Client, ctx context.Context) error {
		_, err := c.Assign(ctx, "0oa1", "00g1", nil, nil)
		return err
	}, "okta.apps.manage and okta.groups.manage", "okta.apps.manage"},
	{"unassign", func(c *Client, ctx context.Context) error { return c.Unassign(ctx, "0oa1", "00g1") }, "okta.apps.manage and okta.groups.manage", "okta.apps.manage"},
	{"read a group", func(c *Client, ctx context.Context) error { _, err := c.Group(ctx, "00g1"); return err }, "okta.groups.read", "okta.groups.read"},
	{"create a group", func(c *Client, ctx context.Context) error { _, err := c.CreateGroup(ctx, "Staff", ""); return err }, "okta.groups.create and okta.groups.manage", "okta.groups.manage"},
	{"delete a group", func(c *Client, ctx context.Context) error { return c.DeleteGroup(ctx, "00g1") }, "okta.groups.manage", "okta.groups.manage"},
}

func TestMissingRoleForGroupRulesIsNamed(t *testing.T) {
	denied := answers(403, oktaError("E0000006", "You do not have permission to perform the requested action"))
	o := newOrg(t, map[string]http.HandlerFunc{"POST /oauth2/v1/token": grants(3600), "/api/": denied})
	_, err := o.client(t).FindRule(t.Context(), "People")
	wantProblem(t, err, store.Denied, "give the admin who made the API token the role Organization Administrator")
	wantProblem(t, o.service(t, pkcs8(t)).ActivateRule(t.Context(), "0pr1"), store.Denied, "give the service application the role Organization Administrator")

	scopeless := answers(403, "", `WWW-Authenticate: Bearer realm="http://x", error="insufficient_scope"`)
	o = newOrg(t, map[string]http.HandlerFunc{"POST /oauth2/v1/token": grants(3600), "/api/": scopeless})
	wantProblem(t, o.service(t, pkcs8(t)).DeleteRule(t.Context(), "0pr1"), store.Denied, "grant okta.groups.manage; then restart oktaws")
}

func TestMissingPermissionIsNamed(t *testing.T) {
	denied := answers(403, oktaError("E0000006", "You do not have permission to perform the requested action"))
	scopeless := answers(403, "", `WWW-Authenticate: Bearer realm="http://x", error="insufficient_scope", error_description="The access token provided does not contain the required scopes."`)
	for _, c := range permitted {
		t.Run(c.name, func(t *testing.T) {
			o := newOrg(t, map[string]http.HandlerFunc{"/api/": denied})
			wantProblem(t, c.do(o.client(t), t.Context()), store.Denied, "give the admin who made the API token an admin role that permits "+c.role+", on all")

			o = newOrg(t, map[string]http.HandlerFunc{"POST /oauth2/v1/token": grants(3600), "/api/": denied})
			wantProblem(t, c.do(o.service(t, pkcs8(t)), t.Context()), store.Denied, "give the service application an admin role that permits "+c.role+", on all")

			o = newOrg(t, map[string]http.HandlerFunc{"POST /oauth2/v1/token": grants(3600), "/api/": scopeless})
			wantProblem(t, c.do(o.service(t, pkcs8(t)), t.Context()), store.Denied, "Okta API Scopes tab, grant "+c.scope+"; then restart oktaws")
		})
	}
	o := newOrg(t, map[string]http.HandlerFunc{"GET /api/v1/groups/00g1": answers(200, fullGroup), "GET /api/v1/apps/0oa1": answers(200, fullApp), "PUT /api/": denied})
	wantProblem(t, o.client(t).RenameGroup(t.Context(), "00g1", "Crew"), store.Denied, "permits okta.groups.manage, on all")
	wantProblem(t, o.client(t).SignWith(t.Context(), "0oa1", "kid-2"), store.Denied, "permits okta.apps.manage, on all")
}
