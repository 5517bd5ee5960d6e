package startpage

import (
	"slices"
	"strings"

	"github.com/oktaws/oktaws/internal/sandbox"
	"github.com/oktaws/oktaws/internal/sandbox/aws"
	"github.com/oktaws/oktaws/internal/sandbox/okta"
	"github.com/oktaws/oktaws/internal/sandbox/slack"
)

// What the tour is about.
const (
	account = aws.AccountGmail
	label   = "Gmail-AWS-Account"
)

// tour is ten minutes in the sandbox. What is done is seen in the sandbox, and kept nowhere.
type tour struct {
	Steps []step
	Done  int
}

// step is one thing to do, and where.
type step struct {
	ID, Title string
	Text      []part
	Links     []link
	Done      bool
	Next      bool // the first that is not done
}

// part is a piece of a step's text: what to type or to look for stands out.
type part struct {
	Text string
	Code bool // to be typed
	Bold bool // a button, or a field
}

type link struct{ Path, Text string }

func tourOf(sb *sandbox.Sandbox) tour {
	seen := look(sb)
	t := tour{Steps: []step{
		{ID: "ask", Title: "Ask", Done: seen.asked,
			Text:  text("As Requester, in #general, type `/oktaws link " + account + " " + label + "`, or `/oktaws link` alone for a form."),
			Links: []link{{"/slack/requester/general", "Requester in #general"}}},
		{ID: "approve", Title: "Approve", Done: seen.approved,
			Text:  text("The request stands in #aws-admins, with what it will do. As Admin One, press *Approve*. Nobody can approve their own."),
			Links: []link{{"/slack/admin-one/aws-admins", "Admin One in #aws-admins"}}},
		{ID: "watch", Title: "Watch it work", Done: seen.built,
			Text:  text("The thread under the request ticks off each step. In the account, there is now an identity provider that trusts Okta, a stack with the roles, and a user for Okta."),
			Links: []link{{"/aws/" + account, "Look into the account"}}},
		{ID: "wait", Title: "Do nothing for a day", Done: seen.reminded,
			Text:  text("Okta has no API for the next step, so oktaws has asked Admin One to do it by direct message. Jump a day ahead, and see that it does not forget."),
			Links: []link{{"/control/", "Jump a day ahead"}, {"/slack/admin-one/dm", "See the reminder"}}},
		{ID: "credentials", Title: "Fetch the key", Done: seen.key,
			Text:  text("As Admin One, press *Show credentials* under the newest message. The key is made at that moment, shown once, and kept nowhere."),
			Links: []link{{"/slack/admin-one/dm", "Admin One with oktaws"}}},
		{ID: "provisioning", Title: "Enable provisioning in Okta", Done: seen.provisioned,
			Text:  text("In the application's tab *Provisioning*: *Configure API Integration*, enter the key, *Test API Credentials*, *Save*. Then under *To App*, *Edit*: tick *Create Users* and *Update User Attributes*, *Save*."),
			Links: []link{{"/okta/admin/apps", "To Okta's admin console"}}},
		{ID: "linked", Title: "It is linked", Done: seen.linked,
			Text:  text("Nobody has to say that it is done: oktaws looks every minute by itself (or press *Done* under the task). Requester hears that the account is linked."),
			Links: []link{{"/slack/requester/dm", "Requester with oktaws"}}},
		{ID: "group", Title: "Give somebody a role", Done: seen.member,
			Text:  text("Each role has a group in Okta. Put Test User into `" + label + "-ReadOnlyAccess`."),
			Links: []link{{"/okta/admin/groups", "To the groups"}}},
		{ID: "sign-on", Title: "Sign on", Done: seen.signedOn,
			Text:  text("As Test User, click the tile *" + label + "*. Okta signs a SAML response, AWS checks it against what oktaws has set up there, and you are in, as the role."),
			Links: []link{{"/okta/people/" + okta.TestUserLogin + "/dashboard", "Test User in Okta"}}},
	}}
	for i := range t.Steps {
		if t.Steps[i].Done {
			t.Done++
		}
	}
	if i := slices.IndexFunc(t.Steps, func(s step) bool { return !s.Done }); i >= 0 {
		t.Steps[i].Next = true
	}
	return t
}

// text splits what is written with `…` for what is typed and *…* for what is pressed.
func text(written string) (parts []part) {
	for i, piece := range strings.Split(written, "`") {
		if i%2 == 1 {
			parts = append(parts, part{Text: piece, Code: true})
			continue
		}
		for j, piece := range strings.Split(piece, "*") {
			if piece != "" {
				parts = append(parts, part{Text: piece, Bold: j%2 == 1})
			}
		}
	}
	return parts
}

// progress is what the sandbox shows of the tour.
type progress struct {
	asked, approved, built, reminded, key, provisioned, linked, member, signedOn bool
}

func look(sb *sandbox.Sandbox) progress {
	var p progress
	p.asked = mentions(sb.Slack.Messages(slack.AdminChannel), account)
	p.reminded = mentions(sb.Slack.Messages(sb.Slack.DM(slack.AdminOne)), account, "Reminder")
	p.linked = mentions(sb.Slack.Messages(sb.Slack.DM(slack.Requester)), account, "is linked to Okta")
	for _, a := range sb.Okta.Applications() {
		if a.Label == label {
			p.approved = true // nothing is made before
			p.provisioned = a.Provisioning.Enabled && a.Provisioning.CreateUsers && a.Provisioning.UpdateAttributes
		}
	}
	for _, s := range sb.AWS.Stacks(account) {
		p.built = p.built || s.Status == "CREATE_COMPLETE"
	}
	for _, u := range sb.AWS.Users(account) {
		p.key = p.key || len(sb.AWS.AccessKeys(account, u.Name)) > 0
	}
	for _, g := range sb.Okta.Groups() {
		p.member = p.member || strings.HasPrefix(g.Name, label+"-") && slices.Contains(g.Members, okta.TestUserLogin)
	}
	for _, in := range sb.AWS.SignIns() {
		p.signedOn = p.signedOn || strings.Contains(in.Chosen, ":"+account+":role/")
	}
	return p
}
