package main

import (
	"testing"

	"github.com/chromedp/chromedp/kb"

	"github.com/oktaws/oktaws/internal/sandbox/aws"
	"github.com/oktaws/oktaws/internal/sandbox/okta"
)

// The whole story by clicks: as the requester, two admins, the Okta admin and the person who signs on.
func TestTourWholeStory(t *testing.T) {
	p := tour(t)
	p.visit("/")
	p.sees("AWS accounts behind Okta", "0 of 9 done")
	p.picture("start")

	p.asks()
	p.picture("slack-request")
	p.visit("/slack/admin-one/aws-admins")
	p.sees("@Requester asks to link AWS account "+account, "The mail team")
	p.picture("slack-approval")
	p.approves()
	p.visit("/slack/admin-two/aws-admins")
	p.sees("Approved by @Admin One")
	p.misses("Deny")

	p.visit("/slack/admin-one/dm")
	p.sees("Your turn", "Create Users is not enabled")
	p.picture("slack-task")
	p.press("Show credentials")
	id, secret := p.credentials()
	p.picture("slack-credentials")
	p.press("Close")
	p.opens("Open Okta")
	p.sees("Provisioning is not enabled")
	p.configures(id, secret)
	p.sees("Administrator", "PowerUsers", "ReadOnlyAccess")
	p.picture("okta-provisioning")
	p.done()

	p.visit("/slack/requester/dm")
	p.sees("is linked as "+label, "A last look from both sides")
	p.picture("slack-linked")
	p.visit("/aws/" + account)
	p.sees("Who can sign on", "Administrator")
	p.picture("aws-account")

	p.joins(label + "-ReadOnlyAccess")
	p.joins(label + "-Administrator")
	p.visit("/okta/people/" + okta.TestUserLogin + "/dashboard")
	p.sees(label)
	p.picture("okta-dashboard")
	p.press(label)
	p.sees("Select a role", "Administrator", "ReadOnlyAccess")
	p.picture("aws-roles")
	p.press("ReadOnlyAccess")
	p.press("Sign in")
	p.sees("assumed-role/ReadOnlyAccess/"+okta.TestUserLogin, "iam:CreateUser")
	p.picture("aws-console")
	p.press("Sign out")
	p.sees("The session's console is closed")

	p.visit("/control/wire")
	p.sees("CreateSAMLProvider", "chat.postMessage")
	p.picture("control-wire")
	p.dark(true)
	p.visit("/slack/admin-one/aws-admins")
	p.press("Last reply")
	p.sees("Thread", "A last look from both sides")
	p.picture("slack-dark")
	p.visit("/")
	p.sees("8 of 9 done")
}

// By the form and the keyboard alone, as somebody does who has no mouse.
func TestTourByKeyboard(t *testing.T) {
	p := tour(t)
	p.visit("/slack/requester/general")
	p.tabTo("Message #general")
	p.types("/")
	p.sees("link | status | check", "Link AWS accounts to Okta")
	p.types(kb.ArrowDown + kb.Tab)
	p.sees("/oktaws unlink", "9 offered")
	p.types("link" + kb.Escape + kb.Enter)
	p.sees("Link an AWS account")
	p.picture("slack-form")
	p.types("12345" + kb.Enter)
	p.sees("12 digits")
	p.tabTo("AWS account ID")
	p.types(account)
	p.tabTo("Application name")
	p.types(label + kb.Enter)
	p.misses("Link an AWS account")
	p.visit("/slack/requester/dm")
	p.sees("You asked to link AWS account " + account)
	p.visit("/slack/admin-one/aws-admins")
	p.tabTo("Approve")
	p.types(kb.Enter)
	p.sees("Approved by @Admin One")
}

func TestTourDenial(t *testing.T) {
	p := tour(t)
	p.asks()
	p.visit("/slack/admin-two/aws-admins")
	p.press("Deny")
	p.sees("Deny the request", "The requester reads it")
	p.types(kb.Escape)
	p.misses("Deny the request")
	p.press("Deny")
	p.fills("Reason", "The mail team has an account already")
	p.picture("slack-deny")
	p.press("Deny")
	p.sees("Denied by @Admin Two")
	p.visit("/slack/requester/dm")
	p.sees("Denied by @Admin Two", "The mail team has an account already")
	p.visit("/okta/admin/apps")
	p.sees("Legacy-AWS-Account")
	p.misses(label)
}

// A step fails for good; once its cause is mended, a retry carries on. The cause comes before the request: oktaws looks
// into the account for the plan that the request shows, and what it may there lasts an hour.
func TestTourFailureAndRetry(t *testing.T) {
	p := tour(t)
	p.visit("/control/")
	p.press("Switch on: No role can be assumed")
	p.sees("Switched on: No role can be assumed")
	p.picture("control-faults")
	p.asks()
	p.visit("/slack/admin-one/aws-admins")
	p.press("Approve")
	p.press("Last reply")
	p.sees("failed", "/oktaws retry "+account)
	p.picture("slack-failed")
	p.visit("/control/")
	p.press("Switch all off")
	p.misses("Switch all off")
	p.visit("/slack/requester/general")
	p.says("/oktaws retry " + account)
	p.visit("/slack/admin-one/dm")
	p.sees("Your turn")
}

func TestTourReminders(t *testing.T) {
	p := tour(t)
	p.asks()
	p.approves()
	p.visit("/slack/admin-one/dm")
	p.sees("Your turn")
	p.misses("Reminder")
	p.visit("/control/")
	p.press("1 day")
	p.sees("The clock is at")
	p.visit("/slack/admin-one/dm")
	p.sees("Reminder")
	p.picture("slack-reminder")
}

func TestTourSignOnRefused(t *testing.T) {
	p := tour(t)
	p.visit("/okta/people/" + okta.TestUserLogin + "/dashboard")
	p.misses(label)
	p.asks()
	p.approves()
	p.enables()
	p.visit("/slack/requester/dm")
	p.sees("is linked as " + label)
	p.joins(label + "-ReadOnlyAccess")
	p.visit("/okta/people/" + okta.TestUserLogin + "/dashboard")
	p.press(label)
	p.sees("assumed-role/ReadOnlyAccess/" + okta.TestUserLogin) // one role: straight in

	p.visit("/control/")
	p.press("Lose it: Okta loses provisioning of an application")
	p.sees("Okta has lost the provisioning of " + label)
	p.visit("/okta/people/" + okta.TestUserLogin + "/dashboard")
	p.press(label)
	p.sees("Your request included an invalid SAML response", "Role")
	p.picture("aws-refused")
}

// What Slack would not take stands in red where it would have been, with Slack's reason.
func TestTourSlackRefusesInRed(t *testing.T) {
	p := tour(t)
	p.visit("/slack/admin-one/aws-admins")
	p.posts(`{"channel":"C0AWSADMINS","text":"x","blocks":[{"type":"header","text":{"type":"plain_text","text":""}}]}`)
	p.press("Refused by Slack")
	p.sees("invalid_blocks", "/blocks/0/text/text")
}

// Each page of a place where much has happened can be opened, and complains of nothing in the browser's console.
func TestTourNothingIsBroken(t *testing.T) {
	p := tour(t)
	p.asks()
	p.approves()
	p.enables()
	p.visit("/slack/requester/dm")
	p.sees("is linked as " + label)
	for _, path := range []string{
		"/", "/slack", "/slack/guest/general", "/slack/admin-one/home", "/slack/former", "/slack/nobody", "/okta", "/okta/admin/groups", "/okta/admin/people",
		"/aws", "/aws/" + account + "/roles", "/aws/" + account + "/providers", "/aws/" + account + "/users", "/aws/" + account + "/stacks", "/aws/" + aws.AccountTakenSAML,
		"/aws/000000000000", "/control/", "/control/wire", "/control/timing", "/control/log", "/control/honesty",
	} {
		p.visit(path)
		p.wellMade(path)
	}
}
