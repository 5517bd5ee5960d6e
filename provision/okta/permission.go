package okta

import (
	"net/http"
	"strings"
)

// scope is the scope without which a service application is refused the call: one of Scopes, since oktaws asks for no
// other. A .manage scope holds .read.
func (a *answer) scope() string {
	switch {
	case !strings.HasPrefix(a.path, groupsPath):
		return "okta.apps.manage"
	case a.method == http.MethodGet:
		return "okta.groups.read"
	}
	return "okta.groups.manage"
}

// permissions are what an admin role must permit for the call, by the names that custom admin roles have for it.
// https://developer.okta.com/docs/api/openapi/okta-management/guides/permissions/
func (a *answer) permissions() string {
	reads, ofGroups := a.method == http.MethodGet, strings.HasPrefix(a.path, groupsPath)
	switch {
	case ofGroups && reads:
		return "okta.groups.read"
	case ofGroups && a.method == http.MethodPost:
		return "okta.groups.create and okta.groups.manage"
	case ofGroups:
		return "okta.groups.manage"
	case reads:
		return "okta.apps.read"
	case strings.Contains(a.path, "/groups/"): // an assignment is the application's and the group's
		return "okta.apps.manage and okta.groups.manage"
	}
	return "okta.apps.manage"
}

// grantRole says how whoever the credential speaks for gets the permission that the call lacked. Group rules have no
// permission of their own: none but these two roles may change them.
// https://help.okta.com/en-us/content/topics/users-groups-profiles/usgp-about-group-rules.htm
func (c *Client) grantRole(a *answer) string {
	whom := "the admin who made the API token"
	if c.bearer != nil {
		whom = "the service application"
	}
	if strings.HasPrefix(a.path, rulesPath) {
		return "In the Okta admin console, give " + whom + " the role Organization Administrator (or Super Administrator): Okta lets no other change group rules."
	}
	return "In the Okta admin console, give " + whom + " an admin role that permits " + a.permissions() + ", on all applications and all groups."
}

// grantScopes says how the service application gets the scopes.
func grantScopes(scopes ...string) string {
	return "On the service application's Okta API Scopes tab, grant " + strings.Join(scopes, ", ") + "; then restart oktaws."
}
