package main

import (
	"context"
	"net/http"
	"strings"
	"testing"

	"github.com/chromedp/chromedp/kb"

	"github.com/oktaws/oktaws/internal/sandbox/okta"
)

// tour opens a window on a sandbox where nothing has happened. Its clock is quick, so that a stack takes no time; what
// depends on days is up to whoever turns it.
func tour(t *testing.T) *person {
	t.Helper()
	d := startTestDemo(t, demoOptions{worldOptions: worldOptions{speed: 20}})
	p := browse(t, d.URL)
	p.demo = d
	return p
}

// says types into the composer of the channel at hand, and sends it.
func (p *person) says(text string) {
	p.t.Helper()
	p.fills("Message", text)
	p.types(kb.Escape) // the list of commands is in the way no more
	p.types(kb.Enter)
}

// asks has the requester ask for the account.
func (p *person) asks() {
	p.t.Helper()
	p.visit("/slack/requester/general")
	p.says("/oktaws link " + account + " " + label + " The mail team signs on through Okta from now on")
	p.sees("Only visible to you", "You asked to link AWS account "+account)
}

// approves has an admin approve what is asked for.
func (p *person) approves() {
	p.t.Helper()
	p.visit("/slack/admin-one/aws-admins")
	p.press("Approve")
	p.sees("Approved by @Admin One")
}

// enables does the person's step: reads the key in Slack, and enters it in Okta.
func (p *person) enables() {
	p.t.Helper()
	p.visit("/slack/admin-one/dm")
	p.press("Show credentials")
	id, secret := p.credentials()
	p.press("Close")
	p.opens("Open Okta")
	p.configures(id, secret)
	p.done()
}

// done has oktaws look at once, unless it has seen by itself that the step is done.
func (p *person) done() {
	p.t.Helper()
	p.visit("/slack/admin-one/dm")
	for !p.hits("press Done", `button`, "Done", "Done: provisioning") {
	}
	p.sees("Done: provisioning")
}

// credentials reads the key off the modal.
func (p *person) credentials() (id, secret string) {
	p.t.Helper()
	id = p.reads("the access key", `return top.innerText.match(/\bAKIA[A-Z2-7]{16}\b/)?.[0]`)
	secret = p.reads("the secret key", `return top.innerText.match(/(?:^|\s)([A-Za-z0-9\/+]{40})(?:\s|$)/)?.[1]`)
	return id, secret
}

// configures enters a key in Okta's admin console and sets the two ticks, from the application's Provisioning tab on.
func (p *person) configures(id, secret string) {
	p.t.Helper()
	p.press("Configure API Integration")
	p.press("Enable API integration")
	p.fills("Access Key", id)
	p.fills("Secret Key", secret[:39]+"!")
	p.press("Test API Credentials")
	p.sees("Error authenticating")
	p.fills("Secret Key", secret)
	p.press("Test API Credentials")
	p.sees("verified successfully")
	p.press("Save")
	p.press("Edit provisioning to app")
	p.press("Enable Create Users")
	p.press("Enable Update User Attributes")
	p.press("Save")
	p.sees("Imported")
}

// joins has the Okta admin put the test user into a group.
func (p *person) joins(group string) {
	p.t.Helper()
	p.visit("/okta/admin/groups")
	p.press(group)
	p.press("Assign people")
	p.press("Assign Test User")
	p.sees(okta.TestUserLogin + " is in " + group + " now")
}

// posts has the app post a message, well made or not.
func (p *person) posts(message string) {
	p.t.Helper()
	token := ""
	for _, v := range p.demo.site.Sandbox().Env() {
		if v.Name == "SLACK_BOT_TOKEN" {
			token = v.Value
		}
	}
	req, err := http.NewRequestWithContext(context.Background(), http.MethodPost, p.demo.site.Sandbox().SlackURL+"/api/chat.postMessage", strings.NewReader(message))
	if err != nil {
		p.t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Authorization", "Bearer "+token)
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		p.t.Fatal(err)
	}
	_ = resp.Body.Close()
}
