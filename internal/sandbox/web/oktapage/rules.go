package oktapage

import (
	"net/http"
	"net/url"
	"slices"

	"github.com/oktaws/oktaws/internal/sandbox/okta"
)

const rulesHome = "/okta/admin/group-rules"

// target is a group that a rule fills; one that is gone has no page.
type target struct{ Path, Name string }

// listedRule is a group rule with the groups that it fills.
type listedRule struct {
	okta.Rule
	Fills []target
}

// Path is where the rule's forms go.
func (r listedRule) Path() string { return rulesHome + "/" + url.PathEscape(r.ID) }

// rules lists the group rules, as the tab Rules of the groups does.
func (p pages) rules(w http.ResponseWriter, r *http.Request) {
	groups := p.okta().Groups()
	var all []listedRule
	for _, one := range p.okta().Rules() {
		listed := listedRule{Rule: one}
		for i, id := range one.GroupIDs {
			t := target{Name: one.Groups[i]}
			if slices.ContainsFunc(groups, func(g okta.Group) bool { return g.ID == id }) {
				t.Path = "/okta/admin/groups/" + url.PathEscape(id)
			}
			listed.Fills = append(listed.Fills, t)
		}
		all = append(all, listed)
	}
	p.render(w, http.StatusOK, "rules", "Rules · Groups", struct {
		chrome
		Rules []listedRule
	}{p.chrome(r, "groups"), all})
}

// setRule does what the list offers for a rule, over the API: Activate, Deactivate, and of one that is not active Delete.
func (p pages) setRule(w http.ResponseWriter, r *http.Request) {
	id := r.PathValue("id")
	path, name := "/groups/rules/"+url.PathEscape(id), "The rule "+id
	for _, one := range p.okta().Rules() {
		if one.ID == id {
			name = "The rule " + one.Name
		}
	}
	var o outcome
	var did string
	switch to := r.PostFormValue("to"); to {
	case "activate":
		o, did = p.call(r.Context(), http.MethodPost, path+"/lifecycle/activate", nil, nil), " is active: whoever fits is in its groups."
	case "deactivate":
		o, did = p.call(r.Context(), http.MethodPost, path+"/lifecycle/deactivate", nil, nil), " is inactive: everybody stays in its groups, and nobody is added."
	case "delete", "remove":
		did = " is deleted. Everybody stays in its groups."
		if to == "remove" {
			path, did = path+"?removeUsers=true", " is deleted, and whom it kept in its groups is no longer there."
		}
		o = p.call(r.Context(), http.MethodDelete, path, nil, nil)
	default:
		o.Refused = "A rule can be activated, deactivated or deleted, and nothing else."
	}
	if o.Refused == "" {
		o.Done = name + did
	}
	p.show(w, r, rulesHome, nil, o)
}
