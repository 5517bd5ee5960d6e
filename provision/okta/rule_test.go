package okta

import (
	"fmt"
	"net/http"
	"reflect"
	"strings"
	"testing"

	"github.com/oktaws/oktaws/provision"
	"github.com/oktaws/oktaws/store"
)

// ruleJSON is a rule in the form of Okta's documents.
func ruleJSON(id, name, status string) string {
	return fmt.Sprintf(`{"type":"group_rule","id":%q,"status":%q,"name":%q,"created":"2016-12-01T14:40:04.000Z","lastUpdated":"2016-12-01T14:40:04.000Z",
		"conditions":{"people":{"users":{"exclude":["00u1"]},"groups":{"exclude":[]}},"expression":{"value":"isMemberOfGroupNameStartsWith(\"aws#\")","type":"urn:okta:expression:1.0"}},
		"actions":{"assignUserToGroups":{"groupIds":["00g1"]}}}`, id, status, name)
}

func peopleRule(id, status string) provision.Rule {
	return provision.Rule{ID: id, Name: "People", Status: status, Expression: `isMemberOfGroupNameStartsWith("aws#")`, Groups: []string{"00g1"}, Excluded: []string{"00u1"}}
}

var noRule = answers(404, oktaError("E0000007", "Not found: Resource not found: 0pr1 (GroupRule)"))

func TestFindRuleTakesTheExactNameFromAllPages(t *testing.T) {
	var o *org
	o = newOrg(t, map[string]http.HandlerFunc{"GET /api/v1/groups/rules": func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Query().Get("after") == "" {
			answers(200, "["+ruleJSON("0pr1", "People of old", "ACTIVE")+","+ruleJSON("0pr2", "people", "ACTIVE")+"]",
				`Link: <`+o.URL+`/api/v1/groups/rules?search=People&after=x>; rel="next"`)(w, r)
			return
		}
		answers(200, "["+ruleJSON("0pr3", "People", "INVALID")+"]")(w, r)
	}})
	want := peopleRule("0pr3", "INVALID")
	if r, err := o.client(t).FindRule(t.Context(), "People"); err != nil || r == nil || !reflect.DeepEqual(*r, want) {
		t.Errorf("%+v, %v", r, err)
	}
	if line := o.received("GET")[0].line; line != "GET /api/v1/groups/rules?limit=200&search=People" {
		t.Error(line)
	}
	if r, err := o.client(t).FindRule(t.Context(), "Nobody"); r != nil || err != nil {
		t.Errorf("%+v, %v", r, err)
	}

	o = newOrg(t, map[string]http.HandlerFunc{"GET /api/v1/groups/rules": answers(503, "")})
	_, err := o.client(t).FindRule(t.Context(), "People")
	wantProblem(t, err, store.Transient, `look for the Okta group rule "People"`)
}

func TestRuleIsReadByItsID(t *testing.T) {
	o := newOrg(t, map[string]http.HandlerFunc{
		"GET /api/v1/groups/rules/0pr1": noRule,
		"GET /api/v1/groups/rules/0pr2": answers(200, ruleJSON("0pr2", "People", "INACTIVE")),
		"GET /api/v1/groups/rules/0pr3": answers(200, `{"id":"0pr3","name":"Bare","status":"ACTIVE","conditions":{"people":null}}`),
		"GET /api/v1/groups/rules/0pr4": answers(500, oktaError("E0000009", "Internal Server Error")),
	})
	c, want := o.client(t), peopleRule("0pr2", "INACTIVE")
	if r, err := c.Rule(t.Context(), "0pr1"); r != nil || err != nil {
		t.Errorf("%+v, %v", r, err)
	}
	if r, err := c.Rule(t.Context(), "0pr2"); err != nil || !reflect.DeepEqual(r, &want) {
		t.Errorf("%+v, %v", r, err)
	}
	if r, err := c.Rule(t.Context(), "0pr3"); err != nil || !reflect.DeepEqual(r, &provision.Rule{ID: "0pr3", Name: "Bare", Status: "ACTIVE"}) {
		t.Errorf("%+v, %v", r, err)
	}
	_, err := c.Rule(t.Context(), "0pr4")
	wantProblem(t, err, store.Transient, "read the Okta group rule 0pr4")
}

func TestCreateRule(t *testing.T) {
	create := func(answer http.HandlerFunc) (*org, provision.Rule, error) {
		o := newOrg(t, map[string]http.HandlerFunc{"POST /api/v1/groups/rules": answer})
		r, err := o.client(t).CreateRule(t.Context(), provision.RuleSpec{Name: "People", Expression: provision.InGroupsThatBeginWith("aws#"), Groups: []string{"00g1"}})
		if n := len(o.received("")); n != 1 {
			t.Errorf("%d calls", n)
		}
		return o, r, err
	}
	o, r, err := create(answers(200, ruleJSON("0pr1", "People", "INACTIVE")))
	if err != nil || !reflect.DeepEqual(r, peopleRule("0pr1", "INACTIVE")) {
		t.Fatalf("%+v, %v", r, err)
	}
	wantJSON(t, o.received("POST")[0].body, `{"type":"group_rule","name":"People",
		"conditions":{"expression":{"type":"urn:okta:expression:1.0","value":"isMemberOfGroupNameStartsWith(\"aws#\")"}},
		"actions":{"assignUserToGroups":{"groupIds":["00g1"]}}}`)

	for name, c := range map[string]struct {
		answer http.HandlerFunc
		kind   store.Kind
		words  string
	}{
		"the name is taken": {answers(400, oktaError("E0000001", "Api validation failed: name", "name: Policy rule name already in use")), store.Conflict, "already in use"},
		"the expression":    {answers(400, oktaError("E0000001", "Api validation failed: validateRule", "Parameter count does not match")), store.Permanent, "validateRule"},
		"no such feature":   {answers(401, oktaError("E0000015", "You do not have permission to access the feature you are requesting")), store.Denied, "plan"},
		"no ID":             {answers(200, `{}`), store.Transient, ""},
		"the line breaks":   {cuts, store.Transient, ""},
	} {
		t.Run(name, func(t *testing.T) {
			_, _, err := create(c.answer)
			wantProblem(t, err, c.kind, `create the Okta group rule "People"`, c.words)
		})
	}
}

func TestRuleIsTurnedOnAndOffAndDeleted(t *testing.T) {
	for _, c := range []struct {
		does, call string
		status     int
		do         func(*Client, *testing.T) error
	}{
		{"activate", "POST /api/v1/groups/rules/0pr1/lifecycle/activate", 204, func(c *Client, t *testing.T) error { return c.ActivateRule(t.Context(), "0pr1") }},
		{"deactivate", "POST /api/v1/groups/rules/0pr1/lifecycle/deactivate", 204, func(c *Client, t *testing.T) error { return c.DeactivateRule(t.Context(), "0pr1") }},
		{"delete", "DELETE /api/v1/groups/rules/0pr1", 202, func(c *Client, t *testing.T) error { return c.DeleteRule(t.Context(), "0pr1") }},
	} {
		t.Run(c.does, func(t *testing.T) {
			o := newOrg(t, map[string]http.HandlerFunc{c.call: answers(c.status, "")})
			if err := c.do(o.client(t), t); err != nil {
				t.Error(err)
			}
			if calls := o.received(""); len(calls) != 1 || calls[0].line != c.call || strings.TrimSpace(calls[0].body) != "" {
				t.Errorf("calls %+v", calls)
			}
			o = newOrg(t, map[string]http.HandlerFunc{c.call: noRule})
			wantProblem(t, c.do(o.client(t), t), store.NotFound, c.does+" the Okta group rule 0pr1")
			o = newOrg(t, map[string]http.HandlerFunc{c.call: cuts})
			wantProblem(t, c.do(o.client(t), t), store.Transient, c.does+" the Okta group rule 0pr1")
			if n := len(o.received("")); n != 1 {
				t.Errorf("%d calls", n)
			}
		})
	}
}
