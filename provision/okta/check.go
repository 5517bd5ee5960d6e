package okta

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"github.com/oktaws/oktaws/provision"
	"github.com/oktaws/oktaws/store"
)

// Check tries what can be tried without making or changing anything, and says what can't.
func (c *Client) Check(ctx context.Context) []provision.Finding {
	findings := []provision.Finding{c.checkOrg(ctx)}
	if !findings[0].OK {
		return findings
	}
	credential := provision.Finding{What: "Okta API token", OK: true, Detail: "accepted by " + c.org.Host}
	if c.bearer != nil {
		credential.What = "Okta service application"
	}
	apps, err := c.try(ctx, "read applications", appsPath, url.Values{"filter": {fmt.Sprintf("name eq %q", awsApp)}, "limit": {"1"}})
	if refused(err) {
		credential.OK, credential.Detail, credential.Remedy = false, apps.Detail, apps.Remedy
		return append(findings, credential)
	}
	if err == nil || store.KindOf(err) == store.Denied {
		findings = append(findings, credential)
		if c.bearer != nil {
			findings = append(findings, c.checkScopes())
		}
	}
	groups, _ := c.try(ctx, "read groups", groupsPath, url.Values{"limit": {"1"}})
	return append(findings, apps, groups, untried())
}

// refused reports whether Okta took the credential itself for a wrong one, whatever it may do.
func refused(err error) bool {
	a, ok := errors.AsType[*answer](err)
	return ok && (a.status == http.StatusUnauthorized && a.code != "E0000015" || a.path == tokenPath)
}

// orgPath answers everybody, without a credential.
const orgPath = "/.well-known/okta-organization"

// checkOrg asks for what an organization says of itself to anybody.
// https://developer.okta.com/docs/api/openapi/okta-management/management/tag/OrgSettingMetadata/
func (c *Client) checkOrg(ctx context.Context) provision.Finding {
	f := provision.Finding{What: "Okta organization"}
	var org struct {
		ID       string `json:"id"`
		Pipeline string `json:"pipeline"`
	}
	_, err := c.call(ctx, "reach the Okta organization "+c.org.String(), http.MethodGet, orgPath, nil, nil, &org)
	if err != nil {
		f.Detail, f.Remedy = store.Explain(err)
		return f
	}
	if org.ID == "" {
		f.Detail, f.Remedy = c.org.Host+" answered, but not as an Okta organization does", urlRemedy
		return f
	}
	engine := map[string]string{"v1": "Classic Engine", "idx": "Identity Engine"}[org.Pipeline]
	f.OK, f.Detail = true, fmt.Sprintf("%s (%s)", c.org, cmp.Or(engine, org.Pipeline, org.ID))
	return f
}

func (c *Client) try(ctx context.Context, what, path string, query url.Values) (provision.Finding, error) {
	f := provision.Finding{What: "Okta: " + what}
	var page []any
	_, err := c.call(ctx, what+" in Okta", http.MethodGet, path, query, nil, &page)
	if err != nil {
		f.Detail, f.Remedy = store.Explain(err)
		return f, err
	}
	f.OK, f.Detail = true, "allowed"
	return f, nil
}

// checkScopes compares what the service application was granted with what oktaws needs.
func (c *Client) checkScopes() provision.Finding {
	f := provision.Finding{What: "Okta: scopes of the service application", OK: true, Detail: "granted: " + strings.Join(Scopes, ", ")}
	if missing := c.bearer.missing(); len(missing) > 0 {
		f.OK, f.Detail, f.Remedy = false, "not granted: "+strings.Join(missing, ", "), grantScopes(missing...)
	}
	return f
}

// untried is honest about the rest: Okta shows what an admin role may write only when something is written.
func untried() provision.Finding {
	return provision.Finding{What: "Okta: create and change applications, groups, assignments", OK: true,
		Detail: "not tried, since trying makes something; the admin role behind the credential must allow it"}
}
