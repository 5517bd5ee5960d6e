package okta

import (
	"fmt"
	"net/http"
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
		{"id":"4","type":"OKTA_GROUP","profile":{"name":"Staff","description":"May sign on","custom":7}}]`)})
	c := o.client(t)
	if g, err := c.FindGroup(t.Context(), "Staff"); err != nil || g == nil || *g != (provision.Group{ID: "4", Name: "Staff", Description: "May sign on"}) {
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
	o := newOrg(t, map[string]http.HandlerFunc{"POST /api/v1/groups": answers(200, `{"id":"00g1","type":"OKTA_GROUP","profile":{"name":"Staff","description":"May sign on"}}`)})
	g, err := o.client(t).CreateGroup(t.Context(), "Staff", "May sign on")
	if err != nil || g != (provision.Group{ID: "00g1", Name: "Staff", Description: "May sign on"}) {
		t.Fatal(g, err)
	}
	wantJSON(t, o.received("POST")[0].body, `{"profile":{"name":"Staff","description":"May sign on"}}`)

	o = newOrg(t, map[string]http.HandlerFunc{"POST /api/v1/groups": answers(400, oktaError("E0000001", "Api validation failed: name", "name: An object with this field already exists in the current organization"))})
	_, err = o.client(t).CreateGroup(t.Context(), "Staff", "")
	wantProblem(t, err, store.Conflict, `create the Okta group "Staff"`, "already exists")
}

const fullGroup = `{"id":"00g1","created":"2026-01-01T00:00:00.000Z","type":"OKTA_GROUP","objectClass":["okta:user_group"],
	"profile":{"name":"Staff","description":"May <sign> on","cost":12345678901234567890,"none":null},"_links":{}}`

var noGroup = answers(404, oktaError("E0000007", "Not found: Resource not found: 00g1 (UserGroup)"))

func TestGroupIsReadByItsID(t *testing.T) {
	o := newOrg(t, map[string]http.HandlerFunc{
		"GET /api/v1/groups/00g1": answers(200, fullGroup),
		"GET /api/v1/groups/00g2": answers(200, `{"id":"00g2","type":"APP_GROUP","profile":{"name":"Theirs","description":null}}`),
		"GET /api/v1/groups/00g3": noGroup,
		"GET /api/v1/groups/00g4": answers(500, oktaError("E0000009", "Internal Server Error")),
	})
	c := o.client(t)
	for id, want := range map[string]provision.Group{
		"00g1": {ID: "00g1", Name: "Staff", Description: "May <sign> on"},
		"00g2": {ID: "00g2", Name: "Theirs"},
	} {
		if g, err := c.Group(t.Context(), id); err != nil || g == nil || *g != want {
			t.Errorf("%s: %v, %v", id, g, err)
		}
	}
	if g, err := c.Group(t.Context(), "00g3"); g != nil || err != nil {
		t.Errorf("one that is not there: %v, %v", g, err)
	}
	_, err := c.Group(t.Context(), "00g4")
	wantProblem(t, err, store.Transient, "read the Okta group 00g4")
}

func TestRenamedGroupKeepsTheRestOfItsProfile(t *testing.T) {
	o := newOrg(t, map[string]http.HandlerFunc{"GET /api/v1/groups/00g1": answers(200, fullGroup), "PUT /api/v1/groups/00g1": answers(200, fullGroup)})
	c := o.client(t)
	if err := c.RenameGroup(t.Context(), "00g1", "Staff"); err != nil || len(o.received("PUT")) > 0 {
		t.Errorf("the same name: %v, %d PUTs", err, len(o.received("PUT")))
	}
	if err := c.RenameGroup(t.Context(), "00g1", `Crew "A"`); err != nil {
		t.Fatal(err)
	}
	puts := o.received("PUT")
	if len(puts) != 1 {
		t.Fatalf("%d PUTs", len(puts))
	}
	wantJSON(t, puts[0].body, `{"profile":{"name":"Crew \"A\"","description":"May <sign> on","cost":12345678901234567890,"none":null}}`)
	if !strings.Contains(puts[0].body, `"cost":12345678901234567890`) {
		t.Errorf("a number came back as another: %s", puts[0].body)
	}
}

func TestGroupThatCannotBeRenamed(t *testing.T) {
	taken := answers(400, oktaError("E0000001", "Api validation failed: name", "name: An object with this field already exists in the current organization"))
	for name, c := range map[string]struct {
		get, put http.HandlerFunc
		kind     store.Kind
		says     string
	}{
		"another has the name":  {answers(200, fullGroup), taken, store.Conflict, "already exists"},
		"it is not there":       {noGroup, nil, store.NotFound, "read the Okta group 00g1"},
		"it has no name":        {answers(200, `{"id":"00g1"}`), nil, store.Transient, `rename the Okta group 00g1 to "Crew"`},
		"the connection breaks": {answers(200, fullGroup), cuts, store.Transient, "closed before it answered"},
	} {
		t.Run(name, func(t *testing.T) {
			routes := map[string]http.HandlerFunc{"GET /api/v1/groups/00g1": c.get}
			if c.put != nil {
				routes["PUT /api/v1/groups/00g1"] = c.put
			}
			o := newOrg(t, routes)
			wantProblem(t, o.client(t).RenameGroup(t.Context(), "00g1", "Crew"), c.kind, c.says)
			if n := len(o.received("PUT")); n > 1 || c.put == nil && n > 0 {
				t.Errorf("%d PUTs", n)
			}
		})
	}
}

func TestDeleteGroup(t *testing.T) {
	o := newOrg(t, map[string]http.HandlerFunc{"DELETE /api/v1/groups/00g1": answers(204, ""), "DELETE /api/v1/groups/00g2": noGroup})
	c := o.client(t)
	if err := c.DeleteGroup(t.Context(), "00g1"); err != nil {
		t.Error(err)
	}
	wantProblem(t, c.DeleteGroup(t.Context(), "00g2"), store.NotFound, "delete the Okta group 00g2")
}
