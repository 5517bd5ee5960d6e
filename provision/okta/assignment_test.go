package okta

import (
	"encoding/json"
	"net/http"
	"reflect"
	"strings"
	"testing"

	"github.com/oktaws/oktaws/provision"
	"github.com/oktaws/oktaws/store"
)

// profile makes an assignment's profile of JSON.
func profile(t *testing.T, text string) map[string]json.RawMessage {
	t.Helper()
	var out map[string]json.RawMessage
	if err := json.Unmarshal([]byte(text), &out); err != nil {
		t.Fatal(err)
	}
	return out
}

func TestAssignmentsComeWithTheirGroups(t *testing.T) {
	var o *org
	o = newOrg(t, map[string]http.HandlerFunc{"GET /api/v1/apps/0oa1/groups": func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Query().Get("after") == "" {
			answers(200, `[{"id":"00g1","priority":0,"profile":{},"_embedded":{"group":{"id":"00g1","type":"OKTA_GROUP","profile":{"name":"Staff","description":"May sign on"}}}},
				{"id":"00g2","priority":1,"profile":{"role":null,"samlRoles":["Administrator","ReadOnlyAccess"]},"_embedded":{"group":{"id":"00g2","profile":{"name":"Admins","description":null}}}}]`,
				`Link: <`+o.URL+`/api/v1/apps/0oa1/groups?expand=group&limit=200&after=x>; rel="next"`)(w, r)
			return
		}
		answers(200, `[{"id":"00g3","priority":2,"profile":{"samlRoles":null}},{"id":"00g4","priority":3,"profile":{},"_embedded":{}}]`)(w, r)
	}})
	got, err := o.client(t).Assignments(t.Context(), "0oa1")
	want := map[string]provision.Assignment{
		"00g1": {Group: provision.Group{ID: "00g1", Name: "Staff", Description: "May sign on"}, Profile: profile(t, `{}`)},
		"00g2": {Group: provision.Group{ID: "00g2", Name: "Admins"}, Priority: 1, Roles: []string{"Administrator", "ReadOnlyAccess"},
			Profile: profile(t, `{"role":null,"samlRoles":["Administrator","ReadOnlyAccess"]}`)},
		"00g3": {Group: provision.Group{ID: "00g3"}, Priority: 2, Profile: profile(t, `{"samlRoles":null}`)},
		"00g4": {Group: provision.Group{ID: "00g4"}, Priority: 3, Profile: profile(t, `{}`)},
	}
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("%+v, %v", got, err)
	}
	if line := o.received("GET")[0].line; line != "GET /api/v1/apps/0oa1/groups?expand=group&limit=200" {
		t.Error(line)
	}
}

func TestAssignmentsThatCannotBeRead(t *testing.T) {
	o := newOrg(t, map[string]http.HandlerFunc{
		"GET /api/v1/apps/0oa1/groups": answers(200, `[{"id":"00g1","profile":{"samlRoles":"one"}}]`),
		"GET /api/v1/apps/0oa2/groups": answers(404, oktaError("E0000007", "Not found")),
	})
	_, err := o.client(t).Assignments(t.Context(), "0oa1")
	wantProblem(t, err, store.Transient, "list the groups of the Okta application 0oa1")
	_, err = o.client(t).Assignments(t.Context(), "0oa2")
	wantProblem(t, err, store.NotFound, "list the groups of the Okta application 0oa2")
}

func TestAssign(t *testing.T) {
	there := func(text string) *provision.Assignment {
		n, err := assignment{GroupID: "00g1", Priority: 4, Profile: profile(t, text)}.assignment()
		if err != nil {
			t.Fatal(err)
		}
		return &n
	}
	for _, c := range []struct {
		name  string
		have  *provision.Assignment
		roles []string
		want  string // the PUT's body; empty: no call at all
	}{
		{"new", nil, []string{"Administrator"}, `{"profile":{"samlRoles":["Administrator"]}}`},
		{"new, mode groups", nil, nil, `{}`},
		{"other roles", there(`{"samlRoles":["Other"],"role":null,"custom":{"a":1}}`), []string{"Administrator"}, `{"priority":4,"profile":{"samlRoles":["Administrator"],"role":null,"custom":{"a":1}}}`},
		{"no roles yet", there(`{}`), []string{"A", "B"}, `{"priority":4,"profile":{"samlRoles":["A","B"]}}`},
		{"same roles", there(`{"samlRoles":["B","A"]}`), []string{"A", "B"}, ""},
		{"assigned, mode groups", there(`{}`), nil, ""},
		{"roles left over, mode groups", there(`{"samlRoles":["A"]}`), nil, `{"priority":4,"profile":{"samlRoles":[]}}`},
	} {
		t.Run(c.name, func(t *testing.T) {
			o := newOrg(t, map[string]http.HandlerFunc{"PUT /api/v1/apps/0oa1/groups/00g1": answers(200, `{"id":"00g1"}`)})
			if _, err := o.client(t).Assign(t.Context(), "0oa1", "00g1", c.have, c.roles); err != nil {
				t.Fatal(err)
			}
			calls := o.received("")
			switch {
			case c.want == "" && len(calls) > 0:
				t.Errorf("%s %s", calls[0].line, calls[0].body)
			case c.want != "" && len(calls) != 1:
				t.Errorf("%d calls", len(calls))
			case c.want != "":
				wantJSON(t, calls[0].body, c.want)
			}
		})
	}
	// What it was given is the caller's.
	have := there(`{"samlRoles":["A"]}`)
	o := newOrg(t, map[string]http.HandlerFunc{"PUT /api/v1/apps/0oa1/groups/00g1": answers(200, `{}`)})
	if _, err := o.client(t).Assign(t.Context(), "0oa1", "00g1", have, []string{"B"}); err != nil || !reflect.DeepEqual(have, there(`{"samlRoles":["A"]}`)) {
		t.Errorf("%+v, %v", have, err)
	}
}

func TestAssignRolesBeforeProvisioningIsEnabled(t *testing.T) {
	o := newOrg(t, map[string]http.HandlerFunc{
		"PUT /api/v1/apps/0oa1/groups/00g1": answers(400, oktaError("E0000001", "Api validation failed: assignment", "Property 'samlRoles' not found")),
	})
	_, err := o.client(t).Assign(t.Context(), "0oa1", "00g1", nil, []string{"Administrator"})
	wantProblem(t, err, store.NeedsPerson, "provisioning isn't enabled", "API integration", "Update User Attributes")
}

func TestAssignThatFails(t *testing.T) {
	for name, c := range map[string]struct {
		put  http.HandlerFunc
		kind store.Kind
	}{
		"the group is gone":     {answers(404, oktaError("E0000007", "Not found: Resource not found: 00g1 (UserGroup)")), store.NotFound},
		"the connection breaks": {cuts, store.Transient},
	} {
		t.Run(name, func(t *testing.T) {
			o := newOrg(t, map[string]http.HandlerFunc{"PUT /api/v1/apps/0oa1/groups/00g1": c.put})
			_, err := o.client(t).Assign(t.Context(), "0oa1", "00g1", nil, nil)
			wantProblem(t, err, c.kind, "assign the group 00g1 to the Okta application 0oa1")
			if n := len(o.received("")); n != 1 {
				t.Errorf("%d calls", n)
			}
		})
	}
}

func TestUnassign(t *testing.T) {
	for name, c := range map[string]struct {
		answer http.HandlerFunc
		kind   store.Kind // empty: no error
	}{
		"assigned":              {answers(204, ""), ""},
		"not assigned":          {answers(404, oktaError("E0000007", "Not found: Resource not found: 00g1 (GroupAppAssignment)")), ""},
		"Okta is down":          {answers(503, ""), store.Transient},
		"not Okta":              {answers(404, "<html></html>", "Content-Type: text/html"), store.Permanent},
		"the connection breaks": {cuts, store.Transient},
	} {
		t.Run(name, func(t *testing.T) {
			o := newOrg(t, map[string]http.HandlerFunc{"DELETE /api/v1/apps/0oa1/groups/00g1": c.answer})
			err := o.client(t).Unassign(t.Context(), "0oa1", "00g1")
			if c.kind == "" && err != nil {
				t.Error(err)
			} else if c.kind != "" {
				wantProblem(t, err, c.kind, "take the group 00g1 off the Okta application 0oa1")
			}
			if calls := o.received(""); len(calls) != 1 || !strings.HasPrefix(calls[0].line, "DELETE ") {
				t.Errorf("calls %+v", calls)
			}
		})
	}
}
