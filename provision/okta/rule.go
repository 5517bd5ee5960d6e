package okta

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"

	"github.com/oktaws/oktaws/provision"
	"github.com/oktaws/oktaws/store"
)

const rulesPath = groupsPath + "/rules"

// rule is a group rule as Okta writes it. https://developer.okta.com/docs/api/openapi/okta-management/management/tag/GroupRule/
type rule struct {
	ID         string         `json:"id,omitempty"`
	Type       string         `json:"type"`
	Name       string         `json:"name"`
	Status     string         `json:"status,omitempty"`
	Conditions ruleConditions `json:"conditions"`
	Actions    ruleActions    `json:"actions"`
}

type ruleConditions struct {
	People *struct {
		Users struct {
			Exclude []string `json:"exclude"`
		} `json:"users"`
	} `json:"people,omitempty"`
	Expression struct {
		Type  string `json:"type"`
		Value string `json:"value"`
	} `json:"expression"`
}

type ruleActions struct {
	AssignUserToGroups struct {
		GroupIDs []string `json:"groupIds"`
	} `json:"assignUserToGroups"`
}

func (r rule) rule() provision.Rule {
	out := provision.Rule{ID: r.ID, Name: r.Name, Status: r.Status, Expression: r.Conditions.Expression.Value, Groups: r.Actions.AssignUserToGroups.GroupIDs}
	if r.Conditions.People != nil {
		out.Excluded = r.Conditions.People.Users.Exclude
	}
	return out
}

func rulePath(id string) string { return rulesPath + "/" + url.PathEscape(id) }

// FindRule returns the group rule whose name is exactly name, or nil. What Okta's search finds beside it is passed over.
func (c *Client) FindRule(ctx context.Context, name string) (*provision.Rule, error) {
	var found *provision.Rule
	query := url.Values{"search": {name}, "limit": {pageSize}}
	err := c.list(ctx, fmt.Sprintf("look for the Okta group rule %q", name), rulesPath, query, func(entry json.RawMessage) error {
		var r rule
		if err := json.Unmarshal(entry, &r); err != nil {
			return err
		}
		if found == nil && r.Name == name {
			out := r.rule()
			found = &out
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return found, nil
}

// Rule returns the group rule, or nil where there is none.
func (c *Client) Rule(ctx context.Context, id string) (*provision.Rule, error) {
	var r rule
	_, err := c.call(ctx, "read the Okta group rule "+id, http.MethodGet, rulePath(id), nil, nil, &r)
	if store.KindOf(err) == store.NotFound {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	out := r.rule()
	return &out, nil
}

// CreateRule makes a group rule, which is INACTIVE. It fails with a Conflict where there is one of that name.
func (c *Client) CreateRule(ctx context.Context, s provision.RuleSpec) (provision.Rule, error) {
	doing := fmt.Sprintf("create the Okta group rule %q", s.Name)
	body := rule{Type: "group_rule", Name: s.Name}
	body.Conditions.Expression.Type, body.Conditions.Expression.Value = "urn:okta:expression:1.0", s.Expression
	body.Actions.AssignUserToGroups.GroupIDs = s.Groups
	var r rule
	if _, err := c.call(ctx, doing, http.MethodPost, rulesPath, nil, body, &r); err != nil {
		return provision.Rule{}, err
	}
	if r.ID == "" {
		return provision.Rule{}, c.explain(doing, errNoID)
	}
	return r.rule(), nil
}

// ActivateRule makes a group rule active. Okta then looks at everybody, which takes it some time.
func (c *Client) ActivateRule(ctx context.Context, id string) error {
	return c.turnRule(ctx, id, "activate")
}

// DeactivateRule makes a group rule inactive. Whoever it put into its groups stays there.
func (c *Client) DeactivateRule(ctx context.Context, id string) error {
	return c.turnRule(ctx, id, "deactivate")
}

func (c *Client) turnRule(ctx context.Context, id, how string) error {
	_, err := c.call(ctx, how+" the Okta group rule "+id, http.MethodPost, rulePath(id)+"/lifecycle/"+how, nil, nil, nil)
	return err
}

// DeleteRule deletes a group rule that is not active. Whoever it put into its groups stays there.
func (c *Client) DeleteRule(ctx context.Context, id string) error {
	_, err := c.call(ctx, "delete the Okta group rule "+id, http.MethodDelete, rulePath(id), nil, nil, nil)
	return err
}
