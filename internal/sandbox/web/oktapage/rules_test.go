package oktapage_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/oktaws/oktaws/internal/sandbox/okta"
)

func TestRulesAreTurnedOffAndDeletedByHand(t *testing.T) {
	v := visit(t)
	page := v.follow(v.get("/okta/admin/groups", http.StatusOK), "Rules")
	says(t, page, "There is no group rule.")

	people := v.sb.Okta.AddGroup("AWS people", "")
	v.sb.Okta.AddGroup("aws#gmail#Administrator#"+account, "", okta.TestUserLogin)
	id, err := v.sb.Okta.MakeRule("Everybody with a role", `isMemberOfGroupNameStartsWith("aws#")`, people)
	if err != nil {
		t.Fatal(err)
	}
	page = v.follow(page, "Rules")
	says(t, page, `Everybody with a role If isMemberOfGroupNameStartsWith("aws#")`, "Inactive", "1 rule")
	page = v.form(page, "set-"+id).press("Activate")
	says(t, part(t, page, "outcome"), "The rule Everybody with a role is active: whoever fits is in its groups.")
	saysNot(t, page, "Delete…")
	says(t, part(t, v.follow(page, "AWS people"), "members"), "Test User")

	// Whoever is taken out by hand is passed over from then on.
	if err := v.sb.Okta.RemoveMember(people, okta.TestUserLogin); err != nil {
		t.Fatal(err)
	}
	page = v.follow(page, "Rules")
	says(t, page, "Except "+okta.TestUserLogin)
	page = v.form(page, "set-"+id).press("Deactivate")
	says(t, part(t, page, "outcome"), "is inactive: everybody stays in its groups")
	page = v.form(page, "set-"+id).press("Leave users in the group")
	says(t, part(t, page, "outcome"), "The rule Everybody with a role is deleted. Everybody stays")
	says(t, page, "There is no group rule.")

	page = v.post("/okta/admin/group-rules/"+id, map[string][]string{"to": {"activate"}})
	says(t, part(t, page, "outcome"), "Resource not found: "+id)
	page = v.post("/okta/admin/group-rules/"+id, map[string][]string{"to": {"praise"}})
	says(t, part(t, page, "outcome"), "A rule can be activated, deactivated or deleted")
}

func TestRuleThatLostItsGroupSaysSo(t *testing.T) {
	v := visit(t)
	people, other := v.sb.Okta.AddGroup("AWS people", ""), v.sb.Okta.AddGroup("Others", "")
	v.sb.Okta.AddGroup("aws#gmail#Administrator#"+account, "", okta.TestUserLogin)
	id, err := v.sb.Okta.MakeRule("Everybody with a role", `isMemberOfGroupNameStartsWith("aws#")`, people, other)
	if err != nil {
		t.Fatal(err)
	}
	for _, err := range []error{v.sb.Okta.ActivateRule(id), v.sb.Okta.DeleteGroup(people)} {
		if err != nil {
			t.Fatal(err)
		}
	}
	page := v.get("/okta/admin/group-rules", http.StatusOK)
	says(t, page, "Invalid", people+" (deleted)", "Others")
	if strings.Contains(page, `value="activate"`) {
		t.Error("a rule that is invalid can be activated")
	}
	page = v.form(page, "set-"+id).press("Remove users from the group")
	says(t, part(t, page, "outcome"), "whom it kept in its groups is no longer there")
	says(t, v.get("/okta/admin/groups/"+other, http.StatusOK), "Nobody is in this group.")
}
