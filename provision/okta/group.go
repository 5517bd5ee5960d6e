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

func (g group) group() provision.Group {
	return provision.Group{ID: g.ID, Name: g.Profile.Name, Description: g.Profile.Description}
}

func groupPath(id string) string { return groupsPath + "/" + url.PathEscape(id) }

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
			out := g.group()
			found = &out
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

// FindGroups returns those OKTA_GROUPs whose names are exactly among the names, by name. It asks once for all that begin as
// the names do, by q; where they begin too differently, or so many names begin alike that q's one page is full, for each.
func (c *Client) FindGroups(ctx context.Context, names ...string) (map[string]provision.Group, error) {
	found := map[string]provision.Group{}
	if prefix := commonPrefix(names); len(prefix) >= shortestPrefix && len(names) > 1 {
		seen := 0
		query := url.Values{"q": {prefix}, "filter": {fmt.Sprintf("type eq %q", oktaGroup)}, "limit": {pageSize}}
		err := c.list(ctx, fmt.Sprintf("look for Okta groups whose names begin with %q", prefix), groupsPath, query, func(entry json.RawMessage) error {
			seen++
			var g group
			if err := json.Unmarshal(entry, &g); err != nil {
				return err
			}
			if g.Type == oktaGroup && slices.Contains(names, g.Profile.Name) {
				found[g.Profile.Name] = g.group()
			}
			return nil
		})
		if err != nil {
			return nil, err
		}
		if seen < searchLimit {
			return found, nil
		}
	}
	for _, name := range names {
		if _, ok := found[name]; ok {
			continue
		}
		g, err := c.FindGroup(ctx, name)
		if err != nil {
			return nil, err
		}
		if g != nil {
			found[name] = *g
		}
	}
	return found, nil
}

// shortestPrefix is from how many letters on a common beginning narrows the search.
const shortestPrefix = 3

// commonPrefix is what all the names begin with, in whole letters.
func commonPrefix(names []string) string {
	if len(names) == 0 {
		return ""
	}
	prefix := []rune(names[0])
	for _, name := range names[1:] {
		n := 0
		for _, r := range name {
			if n == len(prefix) || prefix[n] != r {
				break
			}
			n++
		}
		prefix = prefix[:n]
	}
	return string(prefix)
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
	return g.group(), nil
}

// Group returns the group of whatever type, or nil where there is none.
func (c *Client) Group(ctx context.Context, id string) (*provision.Group, error) {
	var g group
	_, err := c.call(ctx, "read the Okta group "+id, http.MethodGet, groupPath(id), nil, nil, &g)
	if store.KindOf(err) == store.NotFound {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	out := g.group()
	return &out, nil
}

// RenameGroup gives the group another name and keeps whatever else its profile says: a PUT replaces the whole profile.
// Nothing is written where it has the name already. It fails with a Conflict where another group has the name.
func (c *Client) RenameGroup(ctx context.Context, id, name string) error {
	var g struct {
		Profile map[string]json.RawMessage `json:"profile"` // raw: a number goes back as it came
	}
	if _, err := c.call(ctx, "read the Okta group "+id, http.MethodGet, groupPath(id), nil, nil, &g); err != nil {
		return err
	}
	doing := fmt.Sprintf("rename the Okta group %s to %q", id, name)
	var present string
	if err := json.Unmarshal(g.Profile["name"], &present); err != nil {
		return c.explain(doing, fmt.Errorf("profile.name: %w", err))
	}
	if present == name {
		return nil
	}
	var err error
	if g.Profile["name"], err = json.Marshal(name); err != nil {
		return c.explain(doing, err)
	}
	_, err = c.call(ctx, doing, http.MethodPut, groupPath(id), nil, g, nil)
	return err
}

// DeleteGroup deletes the group, its memberships and assignments with it. It fails with NotFound where there is none.
func (c *Client) DeleteGroup(ctx context.Context, id string) error {
	_, err := c.call(ctx, "delete the Okta group "+id, http.MethodDelete, groupPath(id), nil, nil, nil)
	return err
}
