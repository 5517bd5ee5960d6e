package okta

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"

	"github.com/oktaws/oktaws/provision"
	"github.com/oktaws/oktaws/store"
)

// rolesKey is the attribute of an assignment's profile that holds the roles. It exists only once provisioning is
// enabled for the application.
const rolesKey = "samlRoles"

type assignment struct {
	GroupID  string                     `json:"id"`
	Priority int64                      `json:"priority"`
	Profile  map[string]json.RawMessage `json:"profile"`
	Embedded struct {
		Group group `json:"group"` // with expand=group
	} `json:"_embedded"`
}

func (a assignment) assignment() (provision.Assignment, error) {
	out := provision.Assignment{Group: a.Embedded.Group.group(), Priority: a.Priority, Profile: a.Profile}
	out.Group.ID = a.GroupID
	if raw, ok := a.Profile[rolesKey]; ok {
		if err := json.Unmarshal(raw, &out.Roles); err != nil {
			return provision.Assignment{}, fmt.Errorf("profile.%s: %w", rolesKey, err)
		}
	}
	return out, nil
}

func assignmentsPath(appID string) string { return appPath(appID) + "/groups" }

func assignmentPath(appID, groupID string) string {
	return assignmentsPath(appID) + "/" + url.PathEscape(groupID)
}

// Assignments returns the group assignments of the application with their groups, by group ID. A group that Okta does
// not embed has its ID only.
// https://developer.okta.com/docs/api/openapi/okta-management/management/tag/ApplicationGroups/
func (c *Client) Assignments(ctx context.Context, appID string) (map[string]provision.Assignment, error) {
	out := map[string]provision.Assignment{}
	doing := "list the groups of the Okta application " + appID
	query := url.Values{"limit": {pageSize}, "expand": {"group"}}
	err := c.list(ctx, doing, assignmentsPath(appID), query, func(entry json.RawMessage) error {
		var a assignment
		if err := json.Unmarshal(entry, &a); err != nil {
			return err
		}
		n, err := a.assignment()
		if err != nil {
			return err
		}
		out[a.GroupID] = n
		return nil
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

// AssignedApplication returns the application if the group is assigned to it, else nil, also where either is gone. It asks for
// the group's applications, which counts against the wider limit of groups.
// https://developer.okta.com/docs/api/openapi/okta-management/management/tag/Group/#tag/Group/operation/listAssignedApplicationsForGroup
func (c *Client) AssignedApplication(ctx context.Context, groupID, appID string) (*provision.Application, error) {
	var found *provision.Application
	doing := fmt.Sprintf("list the Okta applications that the group %s has", groupID)
	err := c.list(ctx, doing, groupPath(groupID)+"/apps", url.Values{"limit": {pageSize}}, func(entry json.RawMessage) error {
		var named struct {
			ID string `json:"id"`
		}
		if err := json.Unmarshal(entry, &named); err != nil || named.ID != appID {
			return err // an application of another kind may be of any shape
		}
		var a application
		if err := json.Unmarshal(entry, &a); err != nil {
			return err
		}
		out := c.toApplication(a)
		found = &out
		return nil
	})
	if store.KindOf(err) == store.NotFound {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return found, nil
}

// Assign assigns the group to the application with exactly these roles, in one request. A new assignment (have is nil)
// gets the next priority from Okta; one that is there keeps its priority and what else its profile holds, and is left
// alone where it has the roles already. What Okta answers is returned, with the group's ID only. Before provisioning is
// enabled, roles fail with NeedsPerson.
func (c *Client) Assign(ctx context.Context, appID, groupID string, have *provision.Assignment, roles []string) (provision.Assignment, error) {
	body, profile := map[string]any{}, map[string]any{}
	if have != nil {
		if sameRoles(have.Roles, roles) {
			return *have, nil
		}
		body["priority"] = have.Priority
		for key, value := range have.Profile {
			profile[key] = value
		}
	}
	if have != nil || len(roles) > 0 {
		profile[rolesKey] = append([]string{}, roles...) // [] rather than null, for none
		body["profile"] = profile
	}
	doing := fmt.Sprintf("assign the group %s to the Okta application %s", groupID, appID)
	var is assignment
	if _, err := c.call(ctx, doing, http.MethodPut, assignmentPath(appID, groupID), nil, body, &is); err != nil {
		return provision.Assignment{}, err
	}
	is.GroupID = groupID
	out, err := is.assignment()
	if err != nil {
		return provision.Assignment{}, c.explain(doing, err)
	}
	return out, nil
}

// Unassign takes the group off the application. That it isn't assigned, or that either is gone, is no error.
func (c *Client) Unassign(ctx context.Context, appID, groupID string) error {
	doing := fmt.Sprintf("take the group %s off the Okta application %s", groupID, appID)
	_, err := c.call(ctx, doing, http.MethodDelete, assignmentPath(appID, groupID), nil, nil, nil)
	if store.KindOf(err) == store.NotFound {
		return nil
	}
	return err
}

func sameRoles(a, b []string) bool {
	return slices.Equal(slices.Sorted(slices.Values(a)), slices.Sorted(slices.Values(b)))
}
