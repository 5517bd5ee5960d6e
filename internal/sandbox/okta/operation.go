package okta

import (
	"net/http"
	"strings"
)

// operation is one thing that the stand-in can do. Its path and ID are those of Okta's OpenAPI description, apart from
// the admin console's and the sign-on address, which have no description.
type operation struct {
	method, path, id string
	scope            string // what the caller must be allowed to do; a .manage scope includes .read [D]
	bucket           bucket
	public           bool // needs no credentials
	person           bool // what somebody does in a browser: a step in the admin console, a tile, a sign-on
	xml              bool // answers with XML
	do               func(*Server, *call) error
}

const (
	appsRead     = "okta.apps.read"
	appsManage   = "okta.apps.manage"
	groupsRead   = "okta.groups.read"
	groupsManage = "okta.groups.manage"
	usersRead    = "okta.users.read"

	tokenOperation = "issueAccessToken" // the management API's description leaves it out
	tokenPath      = "/oauth2/v1/token"
	instancePath   = "/admin/app/amazon_aws/instance/{appId}"

	signOnOperation = "signOn"
)

var operations = allOperations()

func allOperations() []operation {
	const get, post, put, patch, del = http.MethodGet, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete
	const apps, app = "/api/v1/apps", "/api/v1/apps/{appId}"
	const groups, grp = "/api/v1/groups", "/api/v1/groups/{groupId}"
	const rules, rul = "/api/v1/groups/rules", "/api/v1/groups/rules/{groupRuleId}"
	return []operation{
		{method: get, path: apps, id: "listApplications", scope: appsRead, bucket: bucketApps, do: (*Server).listApplications},
		{method: post, path: apps, id: "createApplication", scope: appsManage, bucket: bucketApps, do: (*Server).createApplication},
		{method: get, path: app, id: "getApplication", scope: appsRead, bucket: bucketApp, do: (*Server).getApplication},
		{method: put, path: app, id: "replaceApplication", scope: appsManage, bucket: bucketApp, do: (*Server).replaceApplication},
		{method: del, path: app, id: "deleteApplication", scope: appsManage, bucket: bucketApp, do: (*Server).deleteApplication},
		{method: post, path: app + "/lifecycle/activate", id: "activateApplication", scope: appsManage, bucket: bucketApps, do: (*Server).activateApplication},
		{method: post, path: app + "/lifecycle/deactivate", id: "deactivateApplication", scope: appsManage, bucket: bucketApps, do: (*Server).deactivateApplication},
		{method: get, path: app + "/sso/saml/metadata", id: "previewSAMLmetadataForApplication", scope: appsRead, bucket: bucketApps, xml: true, do: (*Server).previewMetadata},
		{method: get, path: app + "/credentials/keys", id: "listApplicationKeys", scope: appsRead, bucket: bucketApps, do: (*Server).listKeys},
		{method: post, path: app + "/credentials/keys/generate", id: "generateApplicationKey", scope: appsManage, bucket: bucketApps, do: (*Server).generateKey},
		{method: get, path: app + "/credentials/keys/{keyId}", id: "getApplicationKey", scope: appsRead, bucket: bucketApps, do: (*Server).getKey},
		{method: get, path: app + "/features", id: "listFeaturesForApplication", scope: appsRead, bucket: bucketApps, do: (*Server).listFeatures},
		{method: get, path: app + "/features/{featureName}", id: "getFeatureForApplication", scope: appsRead, bucket: bucketApps, do: (*Server).getFeature},
		{method: get, path: app + "/groups", id: "listApplicationGroupAssignments", scope: appsRead, bucket: bucketApps, do: (*Server).listAssignments},
		{method: get, path: app + "/groups/{groupId}", id: "getApplicationGroupAssignment", scope: appsRead, bucket: bucketApps, do: (*Server).getAssignment},
		{method: put, path: app + "/groups/{groupId}", id: "assignGroupToApplication", scope: appsManage, bucket: bucketApps, do: (*Server).assign},
		{method: patch, path: app + "/groups/{groupId}", id: "updateGroupAssignmentToApplication", scope: appsManage, bucket: bucketApps, do: (*Server).patchAssignment},
		{method: del, path: app + "/groups/{groupId}", id: "unassignApplicationFromGroup", scope: appsManage, bucket: bucketApps, do: (*Server).unassign},

		// Before the groups: a group's path fits that of the rules too.
		{method: get, path: rules, id: "listGroupRules", scope: groupsRead, bucket: bucketGroups, do: (*Server).listRules},
		{method: post, path: rules, id: "createGroupRule", scope: groupsManage, bucket: bucketGroups, do: (*Server).createRule},
		{method: get, path: rul, id: "getGroupRule", scope: groupsRead, bucket: bucketGroups, do: (*Server).getRule},
		{method: put, path: rul, id: "replaceGroupRule", scope: groupsManage, bucket: bucketGroups, do: (*Server).replaceRule},
		{method: del, path: rul, id: "deleteGroupRule", scope: groupsManage, bucket: bucketGroups, do: (*Server).deleteRule},
		{method: post, path: rul + "/lifecycle/activate", id: "activateGroupRule", scope: groupsManage, bucket: bucketGroups, do: (*Server).activateRule},
		{method: post, path: rul + "/lifecycle/deactivate", id: "deactivateGroupRule", scope: groupsManage, bucket: bucketGroups, do: (*Server).deactivateRule},

		{method: get, path: groups, id: "listGroups", scope: groupsRead, bucket: bucketGroups, do: (*Server).listGroups},
		{method: post, path: groups, id: "addGroup", scope: groupsManage, bucket: bucketGroups, do: (*Server).createGroup},
		{method: get, path: grp, id: "getGroup", scope: groupsRead, bucket: bucketGroup, do: (*Server).getGroup},
		{method: put, path: grp, id: "replaceGroup", scope: groupsManage, bucket: bucketGroup, do: (*Server).replaceGroup},
		{method: del, path: grp, id: "deleteGroup", scope: groupsManage, bucket: bucketGroup, do: (*Server).deleteGroup},
		{method: get, path: grp + "/apps", id: "listAssignedApplicationsForGroup", scope: groupsRead, bucket: bucketGroups, do: (*Server).listGroupApplications},
		{method: get, path: grp + "/users", id: "listGroupUsers", scope: groupsRead, bucket: bucketGroups, do: (*Server).listMembers},
		{method: put, path: grp + "/users/{userId}", id: "assignUserToGroup", scope: groupsManage, bucket: bucketGroups, do: (*Server).addMember},
		{method: del, path: grp + "/users/{userId}", id: "unassignUserFromGroup", scope: groupsManage, bucket: bucketGroups, do: (*Server).removeMember},

		{method: get, path: "/api/v1/users", id: "listUsers", scope: usersRead, bucket: bucketOther, do: (*Server).listUsers},
		{method: get, path: "/.well-known/okta-organization", id: "getWellknownOrgMetadata", public: true, bucket: bucketOther, do: (*Server).wellKnown},
		{method: post, path: tokenPath, id: tokenOperation, public: true, bucket: bucketOther, do: (*Server).issueToken},

		{method: get, path: tilePath, id: "openTile", person: true, do: (*Server).openTile},
		{method: get, path: "/app/amazon_aws/{external}/sso/saml", id: signOnOperation, person: true, do: (*Server).signOnAddress},

		{method: get, path: instancePath + "/", id: "console.instance", person: true, do: (*Server).consoleInstance},
		{method: post, path: instancePath + "/provisioning/test", id: "console.testCredentials", person: true, do: (*Server).consoleTest},
		{method: post, path: instancePath + "/provisioning/api-integration", id: "console.apiIntegration", person: true, do: (*Server).consoleIntegration},
		{method: post, path: instancePath + "/provisioning/to-app", id: "console.toApp", person: true, do: (*Server).consoleToApp},
		{method: post, path: instancePath + "/provisioning/refresh", id: "console.refresh", person: true, do: (*Server).consoleRefresh},
	}
}

// match finds the operation of a request and its path's parameters. known says that the path exists, under another
// method at least.
func match(method, path string) (op *operation, params map[string]string, known bool) {
	for i := range operations {
		p, ok := matchPath(operations[i].path, path)
		if !ok {
			continue
		}
		known = true
		if operations[i].method == method {
			return &operations[i], p, true
		}
	}
	return nil, nil, known
}

func matchPath(pattern, path string) (map[string]string, bool) {
	want, got := strings.Split(pattern, "/"), strings.Split(path, "/")
	if len(want) != len(got) {
		return nil, false
	}
	params := map[string]string{}
	for i, w := range want {
		switch {
		case strings.HasPrefix(w, "{"):
			if got[i] == "" {
				return nil, false
			}
			params[strings.Trim(w, "{}")] = got[i]
		case w != got[i]:
			return nil, false
		}
	}
	return params, true
}
