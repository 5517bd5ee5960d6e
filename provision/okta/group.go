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

const groupsPath = "/api/v1/groups"

// oktaGroup is the type of a group that Okta itself owns, and not a directory or an application.
const oktaGroup = "OKTA_GROUP"

type group struct {
	ID      string `json:"id"`
	Type    string `json:"type"`
	Profile struct {
		Name        string `json:"name"`
		Description string `json:"description"`
	} `json:"profile"`
}

// searchLimit is where a search by q ends: it has no second page.
const searchLimit = 200

// FindGroup returns the OKTA_GROUP whose name is exactly name, or nil. It asks by q first, which sees a group that was
// made a moment ago; only when so many names begin alike that q's one page is full does it ask by search, which is
// exact but lags behind. https://developer.okta.com/docs/api/openapi/okta-management/management/tag/Group/
func (c *Client) FindGroup(ctx context.Context, name string) (*provision.Group, error) {
	doing := fmt.Sprintf("look for the Okta group %q", name)
	var found *provision.Group
	seen := 0
	visit := func(entry json.RawMessage) error {
		seen++
		var g group
		if err := json.Unmarshal(entry, &g); err != nil {
			return err
		}
		if found == nil && g.Type == oktaGroup && g.Profile.Name == name {
			found = &provision.Group{ID: g.ID, Name: g.Profile.Name}
		}
		return nil
	}
	ownGroups := fmt.Sprintf("type eq %q", oktaGroup)
	err := c.list(ctx, doing, groupsPath, url.Values{"q": {name}, "filter": {ownGroups}, "limit": {pageSize}}, visit)
	if err == nil && found == nil && seen >= searchLimit {
		exact := fmt.Sprintf("%s and profile.name eq %q", ownGroups, name)
		err = c.list(ctx, doing, groupsPath, url.Values{"search": {exact}, "limit": {pageSize}}, visit)
	}
	return found, err
}

// CreateGroup makes a group. It fails with a Conflict where there is one of that name.
func (c *Client) CreateGroup(ctx context.Context, name, description string) (provision.Group, error) {
	doing := fmt.Sprintf("create the Okta group %q", name)
	var g group
	body := map[string]any{"profile": map[string]string{"name": name, "description": description}}
	if _, err := c.call(ctx, doing, http.MethodPost, groupsPath, nil, body, &g); err != nil {
		return provision.Group{}, err
	}
	if g.ID == "" {
		return provision.Group{}, c.explain(doing, errNoID)
	}
	return provision.Group{ID: g.ID, Name: g.Profile.Name}, nil
}

// rolesKey is the attribute of an assignment's profile that holds the roles. It exists only once provisioning is
// enabled for the application.
const rolesKey = "samlRoles"

type assignment struct {
	GroupID  string                     `json:"id"`
	Priority int64                      `json:"priority"`
	Profile  map[string]json.RawMessage `json:"profile"`
}

func (a assignment) roles() ([]string, error) {
	var roles []string
	if raw, ok := a.Profile[rolesKey]; ok {
		if err := json.Unmarshal(raw, &roles); err != nil {
			return nil, fmt.Errorf("profile.%s: %w", rolesKey, err)
		}
	}
	return roles, nil
}

// Assignments returns the group assignments of the application, by group ID.
func (c *Client) Assignments(ctx context.Context, appID string) (map[string]provision.Assignment, error) {
	out := map[string]provision.Assignment{}
	doing := "list the groups of the Okta application " + appID
	err := c.list(ctx, doing, appPath(appID)+"/groups", url.Values{"limit": {pageSize}}, func(entry json.RawMessage) error {
		var a assignment
		if err := json.Unmarshal(entry, &a); err != nil {
			return err
		}
		roles, err := a.roles()
		if err != nil {
			return err
		}
		out[a.GroupID] = provision.Assignment{GroupID: a.GroupID, Priority: a.Priority, Roles: roles}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

// Assign assigns the group to the application with exactly these roles. A new assignment gets the next priority from
// Okta; one that is there keeps its priority and what else its profile holds, and is left alone where it has the roles
// already. Before provisioning is enabled, roles fail with NeedsPerson.
func (c *Client) Assign(ctx context.Context, appID, groupID string, roles []string) error {
	doing := fmt.Sprintf("assign the group %s to the Okta application %s", groupID, appID)
	path := appPath(appID) + "/groups/" + url.PathEscape(groupID)
	body := map[string]any{}
	profile := map[string]any{}
	var there assignment
	_, err := c.call(ctx, doing, http.MethodGet, path, nil, nil, &there)
	switch {
	case store.KindOf(err) == store.NotFound:
		if len(roles) > 0 {
			profile[rolesKey] = roles
		}
	case err != nil:
		return err
	default:
		have, err := there.roles()
		if err != nil {
			return c.explain(doing, err)
		}
		if sameRoles(have, roles) {
			return nil
		}
		body["priority"] = there.Priority
		for key, value := range there.Profile {
			profile[key] = value
		}
		profile[rolesKey] = append([]string{}, roles...) // [] rather than null, for none
	}
	if len(profile) > 0 {
		body["profile"] = profile
	}
	_, err = c.call(ctx, doing, http.MethodPut, path, nil, body, nil)
	return err
}

func sameRoles(a, b []string) bool {
	return slices.Equal(slices.Sorted(slices.Values(a)), slices.Sorted(slices.Values(b)))
}
