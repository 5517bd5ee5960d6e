package main

import (
	"testing"

	"github.com/chromedp/chromedp/kb"
)

// tourOf opens a window on a sandbox in which a scenario stands.
func tourOf(t *testing.T, scenario string) *person {
	t.Helper()
	out := &output{}
	d := startTestDemo(t, demoOptions{scenario: scenario, worldOptions: worldOptions{speed: 20, out: out}})
	d.acting.Wait()
	if out.String() != "" {
		t.Fatal(out.String())
	}
	p := browse(t, d.URL)
	p.demo = d
	return p
}

// What people have changed is told, ignored or repaired, and in the end the account is unlinked.
func TestTourAnAccountsWholeLife(t *testing.T) {
	p := tourOf(t, "drift")
	p.visit("/slack/requester/general")
	p.says("/oktaws plan 444455556666 Analytics-AWS-Account")
	p.sees("There is no identity provider Okta in the account")
	p.picture("slack-plan")

	p.visit("/slack/admin-one/aws-admins")
	p.sees(label+") differs from what it shall be", "Gmail power users", byKeyLabel+" is not active")
	p.picture("slack-drift")
	p.press("Ignore") // the newest message's
	p.fills("Reason", "Billing moves elsewhere this week")
	p.picture("slack-ignore")
	p.press("Ignore")
	p.sees("all that differs is ignored for now")

	p.visit("/slack/admin-two/aws-admins")
	p.press("Repair")
	p.visit("/slack/admin-one/aws-admins")
	p.sees("to repair AWS account")
	p.press("Approve")
	p.sees("is all as it shall be again")

	p.visit("/slack/requester/general")
	p.says("/oktaws unlink " + account + " The mail team is gone")
	p.visit("/slack/admin-one/aws-admins")
	p.sees("to unlink AWS account "+account, "What would change")
	p.picture("slack-unlink")
	p.press("Approve")
	p.visit("/slack/requester/dm")
	p.sees("is unlinked")
	p.visit("/aws/" + account)
	p.sees("Nobody: this account has no identity provider yet.")
}

// What somebody with the console does by hand is asked twice, and can be done without a mouse.
func TestTourByHandByKeyboard(t *testing.T) {
	p := tourOf(t, "drift")
	p.visit("/aws/" + account + "/roles/Administrator")
	p.wellMade("a role")
	p.press("Attach a policy")
	p.press("Delete the role") // all of what can be done is in sight by then
	p.picture("aws-by-hand")
	p.press("Delete the role")
	p.tabTo("Detach a policy")
	p.types(kb.Enter + kb.Tab + kb.Tab + kb.Enter)
	p.sees("AdministratorAccess is detached from the role Administrator.")
	p.tabTo("Delete the role")
	p.types(kb.Enter + kb.Tab + kb.Enter)
	p.sees("The role Administrator is deleted.", "Roles (")

	p.visit("/aws/" + byKeyAccount + "/users/OktaSSOuser")
	p.wellMade("a user")
	p.press("Deactivate an access key")
	p.press("Deactivate")
	p.sees("is inactive.")

	p.visit("/okta/admin/apps")
	p.press(label)
	p.press("Status: Active")
	p.press("Deactivate…")
	p.wellMade("an application")
	p.press("Deactivate " + label)
	p.sees(label + " is inactive")
	p.visit("/okta/admin/groups")
	p.press("Gmail power users")
	p.press("Actions")
	p.press("Delete…")
	p.wellMade("a group")
	p.press("Delete Gmail power users")
	p.sees("The group Gmail power users is deleted.")
	for _, path := range []string{"/aws/" + account + "/stacks/us-east-1/oktaws-roles", "/aws/" + account + "/providers/Okta", "/aws/" + account, "/okta/admin/apps/" + p.demo.shown(byKeyLabel) + "/assignments", "/control/"} {
		p.visit(path)
		p.wellMade(path)
	}
}

// shown is the ID of the application with the label.
func (d *demo) shown(label string) string { return cast{d.Sandbox()}.application(label).ID }
