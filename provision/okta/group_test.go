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

func TestFindGroupTakesTheExactNameOfAGroupOfOktasOwn(t *testing.T) {
	o := newOrg(t, map[string]http.HandlerFunc{"GET /api/v1/groups": answers(200, `[
		{"id":"1","type":"OKTA_GROUP","profile":{"name":"Staff-2"}},
		{"id":"2","type":"APP_GROUP","profile":{"name":"Staff"}},
		{"id":"3","type":"BUILT_IN","profile":{"name":"Everyone"}},
		{"id":"4","type":"OKTA_GROUP","profile":{"name":"Staff","description":null,"custom":7}}]`)})
	c := o.client(t)
	if g, err := c.FindGroup(t.Context(), "Staff"); err != nil || g == nil || *g != (provision.Group{ID: "4", Name: "Staff"}) {
		t.Errorf("%v, %v", g, err)
	}
	for _, name := range []string{"Everyone", "staff", "Nobody"} {
		if g, err := c.FindGroup(t.Context(), name); g != nil || err != nil {
			t.Errorf("%s: %v, %v", name, g, err)
		}
	}
	if line := o.received("GET")[0].line; line != "GET /api/v1/groups?filter=type+eq+%22OKTA_GROUP%22&limit=200&q=Staff" {
		t.Error(line)
	}
}

// A search by q has one page only: a group beyond it is found by its exact name.
func TestFindGroupAmongHundredsThatBeginAlike(t *testing.T) {
	var alike []string
	for i := range searchLimit {
		alike = append(alike, fmt.Sprintf(`{"id":"%d","type":"OKTA_GROUP","profile":{"name":"Staff-%d"}}`, i, i))
	}
	o := newOrg(t, map[string]http.HandlerFunc{"GET /api/v1/groups": func(w http.ResponseWriter, r *http.Request) {
		if search := r.URL.Query().Get("search"); search == `type eq "OKTA_GROUP" and profile.name eq "Staff"` {
			answers(200, `[{"id":"x","type":"OKTA_GROUP","profile":{"name":"Staff"}}]`)(w, r)
			return
		}
		answers(200, "["+strings.Join(alike, ",")+"]")(w, r)
	}})
	if g, err := o.client(t).FindGroup(t.Context(), "Staff"); err != nil || g == nil || g.ID != "x" {
		t.Errorf("%v, %v", g, err)
	}
}

func TestCreateGroup(t *testing.T) {
	o := newOrg(t, map[string]http.HandlerFunc{"POST /api/v1/groups": answers(200, `{"id":"00g1","type":"OKTA_GROUP","profile":{"name":"Staff"}}`)})
	g, err := o.client(t).CreateGroup(t.Context(), "Staff", "May sign on")
	if err != nil || g != (provision.Group{ID: "00g1", Name: "Staff"}) {
		t.Fatal(g, err)
	}
	wantJSON(t, o.received("POST")[0].body, `{"profile":{"name":"Staff","description":"May sign on"}}`)

	o = newOrg(t, map[string]http.HandlerFunc{"POST /api/v1/groups": answers(400, oktaError("E0000001", "Api validation failed: name", "name: An object with this field already exists in the current organization"))})
	_, err = o.client(t).CreateGroup(t.Context(), "Staff", "")
	wantProblem(t, err, store.Conflict, `create the Okta group "Staff"`, "already exists")
}

func TestAssignments(t *testing.T) {
	var o *org
	o = newOrg(t, map[string]http.HandlerFunc{"GET /api/v1/apps/0oa1/groups": func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Query().Get("after") == "" {
			answers(200, `[{"id":"00g1","priority":0,"profile":{}},{"id":"00g2","priority":1,"profile":{"role":null,"samlRoles":["Administrator","ReadOnlyAccess"]}}]`,
				`Link: <`+o.URL+`/api/v1/apps/0oa1/groups?limit=200&after=x>; rel="next"`)(w, r)
			return
		}
		answers(200, `[{"id":"00g3","priority":2,"profile":{"samlRoles":null}}]`)(w, r)
	}, "GET /api/v1/apps/0oa2/groups": answers(200, `[{"id":"00g1","profile":{"samlRoles":"one"}}]`)})
	got, err := o.client(t).Assignments(t.Context(), "0oa1")
	want := map[string]provision.Assignment{
		"00g1": {GroupID: "00g1"},
		"00g2": {GroupID: "00g2", Priority: 1, Roles: []string{"Administrator", "ReadOnlyAccess"}},
		"00g3": {GroupID: "00g3", Priority: 2},
	}
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("%+v, %v", got, err)
	}
	_, err = o.client(t).Assignments(t.Context(), "0oa2")
	wantProblem(t, err, store.Transient, "list the groups of the Okta application 0oa2")
}

func TestAssign(t *testing.T) {
	none := answers(404, oktaError("E0000007", "Not found"))
	there := func(profile string) http.HandlerFunc {
		return answers(200, `{"id":"00g1","priority":4,"profile":`+profile+`,"_links":{}}`)
	}
	for _, c := range []struct {
		name  string
		there http.HandlerFunc
		roles []string
		want  string // the PUT's body; empty: no PUT
	}{
		{"new", none, []string{"Administrator"}, `{"profile":{"samlRoles":["Administrator"]}}`},
		{"new, mode groups", none, nil, `{}`},
		{"other roles", there(`{"samlRoles":["Other"],"role":null,"custom":{"a":1}}`), []string{"Administrator"}, `{"priority":4,"profile":{"samlRoles":["Administrator"],"role":null,"custom":{"a":1}}}`},
		{"no roles yet", there(`{}`), []string{"A", "B"}, `{"priority":4,"profile":{"samlRoles":["A","B"]}}`},
		{"same roles", there(`{"samlRoles":["B","A"]}`), []string{"A", "B"}, ""},
		{"assigned, mode groups", there(`{}`), nil, ""},
		{"roles left over, mode groups", there(`{"samlRoles":["A"]}`), nil, `{"priority":4,"profile":{"samlRoles":[]}}`},
	} {
		t.Run(c.name, func(t *testing.T) {
			o := newOrg(t, map[string]http.HandlerFunc{"GET /api/v1/apps/0oa1/groups/00g1": c.there, "PUT /api/v1/apps/0oa1/groups/00g1": there(`{}`)})
			if err := o.client(t).Assign(t.Context(), "0oa1", "00g1", c.roles); err != nil {
				t.Fatal(err)
			}
			puts := o.received("PUT")
			switch {
			case c.want == "" && len(puts) > 0:
				t.Errorf("PUT %s", puts[0].body)
			case c.want != "" && len(puts) != 1:
				t.Errorf("%d PUTs", len(puts))
			case c.want != "":
				wantJSON(t, puts[0].body, c.want)
			}
		})
	}
}

func TestAssignRolesBeforeProvisioningIsEnabled(t *testing.T) {
	o := newOrg(t, map[string]http.HandlerFunc{
		"GET /api/v1/apps/0oa1/groups/00g1": answers(404, oktaError("E0000007", "Not found")),
		"PUT /api/v1/apps/0oa1/groups/00g1": answers(400, oktaError("E0000001", "Api validation failed: assignment", "Property 'samlRoles' not found")),
	})
	err := o.client(t).Assign(t.Context(), "0oa1", "00g1", []string{"Administrator"})
	wantProblem(t, err, store.NeedsPerson, "provisioning isn't enabled", "API integration", "Update User Attributes")
}
