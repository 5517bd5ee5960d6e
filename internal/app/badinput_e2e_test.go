package app_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/oktaws/oktaws/internal/app"
	"github.com/oktaws/oktaws/internal/sandbox/aws"
	"github.com/oktaws/oktaws/internal/sandbox/okta"
	"github.com/oktaws/oktaws/internal/sandbox/slack"
	"github.com/oktaws/oktaws/internal/sandbox/wire"
	"github.com/oktaws/oktaws/store"
)

// in is the rig for a subtest.
func (r *rig) in(t *testing.T) *rig {
	c := *r
	c.T = t
	return &c
}

// outside is all that there is in Okta and AWS.
func (r *rig) outside() string {
	var b strings.Builder
	for _, a := range r.Okta.Applications() {
		fmt.Fprintln(&b, a, r.Okta.Assignments(a.ID))
	}
	fmt.Fprintln(&b, r.Okta.Groups())
	for _, a := range r.AWS.Accounts() {
		fmt.Fprintln(&b, a, r.AWS.Providers(a.ID), r.AWS.Roles(a.ID), r.AWS.Users(a.ID), r.AWS.Stacks(a.ID), r.AWS.AccessKeys(a.ID, "OktaSSOuser"))
	}
	return b.String()
}

// alone does something and returns what that person reads in answer. It fails the test where somebody else is told so.
func (r *rig) alone(user string, do func()) string {
	r.Helper()
	before := map[string]int{}
	for _, p := range r.Slack.People() {
		before[p.ID] = len(r.Slack.Ephemerals(p.ID))
	}
	do()
	r.whispered(user, before[user])
	text := r.Slack.Ephemerals(user)[before[user]].Text
	for _, p := range r.Slack.People() {
		if p.ID != user && len(r.Slack.Ephemerals(p.ID)) != before[p.ID] {
			r.Errorf("%s was told something that was for %s", p.Name, user)
		}
	}
	for _, c := range r.Slack.Channels() {
		for _, m := range r.Slack.Messages(c.ID) {
			if m.Text == text {
				r.Errorf("all of %s can read %q", c.ID, text)
			}
		}
	}
	r.Logf("%s reads: %s", user, text)
	return text
}

// types has a person type a command in #general, which must be answered to them alone.
func (r *rig) types(user, text string) string {
	r.Helper()
	r.Logf("%s types: /oktaws %s", user, text)
	return r.alone(user, func() { r.says(user, text) })
}

// clicksOld has a person click a button of a message as it was, which must be answered to them alone.
func (r *rig) clicksOld(user string, m slack.Message, action string) string {
	r.Helper()
	r.Logf("%s clicks %s on %q", user, action, m.Text)
	return r.alone(user, func() {
		if seen, err := r.Slack.ClickOld(r.Context(), user, m, action); err != nil || seen.Error != "" {
			r.Fatalf("%s clicks %s: %v %s", user, action, err, seen.Error)
		}
	})
}

// mustSay fails the test where one of the words is not in the text.
func mustSay(t *testing.T, text string, words ...string) {
	t.Helper()
	for _, w := range words {
		if !strings.Contains(text, w) {
			t.Errorf("%q is not said in: %s", w, text)
		}
	}
}

// requests counts the requests on record.
func requests(t *testing.T, a *app.App) (n int) {
	t.Helper()
	if err := a.Store.View(t.Context(), func(tx *store.ReadTx) error {
		return tx.Requests(func(store.Request) bool { n++; return true })
	}); err != nil {
		t.Fatal(err)
	}
	return n
}

// form opens the form of /oktaws link.
func (r *rig) form(user, text string) slack.View {
	r.Helper()
	if seen, err := r.Slack.Command(r.Context(), user, slack.General, "/oktaws", text); err != nil || seen.Error != "" {
		r.Fatalf("/oktaws %s: %v %s", text, err, seen.Error)
	}
	r.until("the form", func() bool { return len(r.Slack.Views(user)) > 0 })
	return r.Slack.Views(user)[0]
}

// fills fills in some of the fields of a form, and sends it.
func (r *rig) fills(user, view string, fields map[string]string) slack.Seen {
	r.Helper()
	values := map[string]map[string]any{}
	for block, v := range fields {
		values[block] = map[string]any{"value": v}
	}
	seen, err := r.Slack.Submit(r.Context(), user, view, values)
	if err != nil || seen.Error != "" {
		r.Fatalf("%s sends the form: %v %s", user, err, seen.Error)
	}
	r.Logf("%s sends %v and reads: %s %v", user, fields, seen.Action, seen.Errors)
	return seen
}

func TestBadInputIsAnsweredToThatPersonAlone(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	a := r.serve()
	before := r.outside()
	for name, c := range map[string]struct {
		typed string
		want  []string
	}{
		"an ID of 11 digits":      {"link 11112222333 Gmail-AWS-Account", []string{"`11112222333`", "11 digits, not 12", "`111122223333`"}},
		"an ID of 13 digits":      {"link 1111222233334 Gmail-AWS-Account", []string{"13 digits, not 12", "`111122223333`"}},
		"letters for an ID":       {"link gmail Gmail-AWS-Account", []string{"`gmail`", "12 digits", "`111122223333`"}},
		"a letter in an ID":       {"link 11112222333l Gmail-AWS-Account", []string{"`11112222333l`", "12 digits and nothing else"}},
		"a forbidden name":        {"link 111122223333 Gmail&AWS", []string{"`Gmail&amp;AWS`", "letters, digits", "`Gmail-AWS-Account`"}},
		"a name that is too long": {"link 111122223333 " + strings.Repeat("a", 101), []string{"100", "`Gmail-AWS-Account`"}},
		"a mistyped subcommand":   {"lnik 111122223333 Gmail-AWS-Account", []string{"`lnik`", "Did you mean `/oktaws link`?", "/oktaws help"}},
		"a strange subcommand":    {"frobnicate", []string{"`frobnicate`", "/oktaws help"}},
		"an ID first":             {"111122223333 Gmail-AWS-Account", []string{"/oktaws link 111122223333"}},
		"status of no ID":         {"status gmail", []string{"`gmail`", "`111122223333`"}},
		"status of a stranger":    {"status 123456789012", []string{"123456789012", "/oktaws link"}},
		"retry without an ID":     {"retry", []string{"/oktaws retry 111122223333"}},
		"retry of a stranger":     {"retry 123456789012", []string{"123456789012", "/oktaws link"}},
		"withdraw of a stranger":  {"withdraw 123456789012", []string{"123456789012"}},
	} {
		t.Run(name, func(t *testing.T) { mustSay(t, r.in(t).types(slack.Requester, c.typed), c.want...) })
	}
	t.Run("people who may not ask", func(t *testing.T) {
		r := r.in(t)
		for _, user := range []string{slack.Stranger, slack.ChannelGuest} {
			if err := r.Slack.Join(user, slack.General); err != nil {
				t.Fatal(err)
			}
		}
		const ask = "link 111122223333 Gmail-AWS-Account"
		mustSay(t, r.types(slack.Guest, ask), "Guests", "full member")
		mustSay(t, r.types(slack.ChannelGuest, ask), "Guests", "full member")
		mustSay(t, r.types(slack.Stranger, ask), "own workspace")
		mustSay(t, r.types(slack.Guest, "list"), "Guests")
		r.leaver(slack.General)
		mustSay(t, r.types(slack.Former, ask), "deactivated")
	})
	if n := requests(t, a); n != 0 {
		t.Errorf("%d requests came of it", n)
	}
	if posted := r.Slack.Messages(slack.AdminChannel); len(posted) != 0 {
		t.Errorf("the admins were bothered: %+v", posted)
	}
	if r.outside() != before {
		t.Error("something changed in Okta or AWS")
	}
	t.Run("in the form", func(t *testing.T) { badForm(t, r.in(t), a) })
	if r.outside() != before {
		t.Error("something changed in Okta or AWS")
	}
}

// leaver lets the former member act once more in a channel: Slack finds them deactivated when it is asked who they are.
func (r *rig) leaver(channel string) {
	r.Helper()
	p := slack.Person{ID: slack.Former, Name: "former", RealName: "Former"}
	r.Slack.AddPerson(p)
	if err := r.Slack.Join(p.ID, channel); err != nil {
		r.Fatal(err)
	}
	p.Deleted = true
	r.Hub.Hook(func(c wire.Call) *wire.Fault {
		if c.Operation == "users.info" {
			r.Slack.AddPerson(p)
		}
		return nil
	})
	r.Cleanup(func() { r.Hub.Hook(nil) })
}

// badForm sends the form with wrong input. What is wrong stands under the right field, and what was typed stays.
func badForm(t *testing.T, r *rig, a *app.App) {
	const reason = "the mail team needs it"
	view := r.form(slack.Requester, "link")
	seen := r.fills(slack.Requester, view.ID, map[string]string{"account": "11112222333", "label": "My Account", "reason": reason})
	if len(seen.Errors) != 2 || seen.View == nil || seen.View.ID != view.ID {
		t.Fatalf("%+v", seen)
	}
	mustSay(t, seen.Errors["account"], "11 digits, not 12", "111122223333")
	mustSay(t, seen.Errors["label"], "My Account", "letters, digits", "Gmail-AWS-Account")
	for field, text := range seen.Errors {
		if strings.Contains(text, "`") {
			t.Errorf("backticks are not for forms: %s: %s", field, text)
		}
	}
	seen = r.fills(slack.Requester, view.ID, map[string]string{"account": "letters"})
	mustSay(t, seen.Errors["account"], "letters", "12 digits")
	if n := requests(t, a); n != 0 {
		t.Errorf("%d requests came of it", n)
	}
	if seen = r.fills(slack.Requester, view.ID, map[string]string{"account": "1111-2222-3333", "label": label}); seen.Action != "close" {
		t.Fatalf("the corrected form: %+v", seen)
	}
	if m := r.request(gmail); !strings.Contains(words(m), reason) {
		t.Errorf("what was typed at first is lost: %s", words(m))
	}
	view = r.form(slack.AdminOne, "link 444455556666")
	seen = r.fills(slack.AdminOne, view.ID, map[string]string{"label": "gmail-aws-account"})
	mustSay(t, seen.Errors["label"], "Gmail-AWS-Account", gmail, "another")
	seen = r.fills(slack.AdminOne, view.ID, map[string]string{"account": gmail, "label": "Another"})
	mustSay(t, seen.Errors["account"], gmail, "already", "/oktaws status "+gmail)
	mustSay(t, r.types(slack.AdminOne, "link "+gmail+" Another"), gmail, "already asked for by <@"+slack.Requester+">", "/oktaws status "+gmail)
	mustSay(t, r.types(slack.AdminOne, "link 444455556666 gmail-aws-account"), "Gmail-AWS-Account", gmail, "another")
	if n := requests(t, a); n != 1 {
		t.Errorf("%d requests are on record", n)
	}
}

func TestBadInputNamesByTheSchemeThatIsSet(t *testing.T) {
	t.Parallel()
	r := newRig(t, "OKTAWS_OKTA_LABEL_PATTERN=aws-[a-z]+")
	r.serve()
	text := r.types(slack.Requester, "link 111122223333 Gmail-AWS-Account")
	mustSay(t, text, "`Gmail-AWS-Account`", "aws-[a-z]+")
	if strings.Contains(text, "Example") {
		t.Errorf("the example doesn't fit either: %s", text)
	}
	r.types(slack.Requester, "link 111122223333 aws-gmail")
	r.request(gmail)
}

func TestBadInputOnButtons(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	a := r.serve()
	for _, user := range []string{slack.Requester, slack.Guest, slack.Stranger} {
		if err := r.Slack.Join(user, slack.AdminChannel); err != nil {
			t.Fatal(err)
		}
	}
	r.types(slack.Requester, "link "+gmail+" "+label)
	asked := r.request(gmail)
	before := r.outside()
	for _, action := range []string{"approve", "deny"} {
		mustSay(t, r.clicksOld(slack.Requester, asked, action), "own request", "Another admin")
		mustSay(t, r.clicksOld(slack.Guest, asked, action), "Guests")
		mustSay(t, r.clicksOld(slack.Stranger, asked, action), "own workspace")
	}
	r.leaver(slack.AdminChannel)
	mustSay(t, r.clicksOld(slack.Former, asked, "approve"), "deactivated")
	r.Hub.Hook(nil)

	// A message that oktaws never posted, with the button of one that it did.
	fake := asked
	fake.TS = "1000000000.000001"
	mustSay(t, r.clicksOld(slack.AdminOne, fake, "approve"), "old message", "/oktaws status")
	fake.Blocks = json.RawMessage(strings.ReplaceAll(string(asked.Blocks), `"value":"20`, `"value":"19`))
	mustSay(t, r.clicksOld(slack.AdminOne, fake, "approve"), "old message", "/oktaws status")

	// Somebody who opened the form as an admin, and is none when they send it.
	r.clicks(slack.AdminTwo, asked, "deny")
	r.until("the form", func() bool { return len(r.Slack.Views(slack.AdminTwo)) > 0 })
	if err := r.Slack.Leave(slack.AdminTwo, slack.AdminChannel); err != nil {
		t.Fatal(err)
	}
	r.clock.Advance(time.Minute)
	seen := r.fills(slack.AdminTwo, r.Slack.Views(slack.AdminTwo)[0].ID, map[string]string{"reason": "no"})
	if seen.View == nil {
		t.Fatalf("nobody told them: %+v", seen)
	}
	mustSay(t, string(seen.View.Blocks), `Only the members of \u003c#`+slack.AdminChannel+`\u003e may`)
	t.Log(string(seen.View.Blocks))
	if m := r.request(gmail); m.TS != asked.TS || r.outside() != before {
		t.Error("a refused click did something")
	}

	withdraw, _ := r.look(r.Slack.DM(slack.Requester), "You asked to link")
	r.clicks(slack.AdminOne, asked, "approve")
	task := r.task(slack.AdminOne)
	mustSay(t, r.clicksOld(slack.AdminOne, asked, "approve"), "already approved by <@"+slack.AdminOne+">")
	mustSay(t, r.clicksOld(slack.AdminOne, asked, "deny"), "already approved by <@"+slack.AdminOne+">")
	mustSay(t, r.clicksOld(slack.Requester, withdraw, "withdraw"), "already approved by <@"+slack.AdminOne+">")
	mustSay(t, r.types(slack.Requester, "withdraw "+gmail), gmail, "waits for a decision")
	mustSay(t, r.types(slack.AdminTwo, "link "+gmail+" Another"), gmail, "already being linked", label)

	id, secret := r.credentials(slack.AdminOne, task)
	r.enable(r.application(label).ID, id, secret)
	r.find(r.Slack.DM(slack.Requester), "is linked to Okta")
	r.find(r.Slack.DM(slack.AdminOne), "Done: provisioning")
	before = r.outside()
	mustSay(t, r.types(slack.AdminTwo, "link "+gmail+" Another"), gmail, "already linked", label)
	mustSay(t, r.types(slack.Requester, "retry "+gmail), "linked", "nothing to retry")
	for _, action := range []string{"credentials", "done"} {
		mustSay(t, r.clicksOld(slack.AdminOne, task, action), "done already")
	}
	if n := requests(t, a); n != 1 || r.outside() != before {
		t.Errorf("%d requests are on record; Okta and AWS changed: %t", n, r.outside() != before)
	}
	if left := r.Slack.Missed(); len(left) > 0 {
		t.Errorf("unanswered: %+v", left)
	}
}

// TestBadInputAccounts has accounts that can't be linked: each fails with words that say why and what to do, and what
// somebody made by hand stays as it is.
func TestBadInputAccounts(t *testing.T) {
	t.Parallel()
	r := newRig(t, "OKTAWS_APPROVALS_APPROVERS="+slack.AdminTwo)
	r.serve()
	accounts := []struct {
		id, label string
		want      []string // in the message
	}{
		{aws.AccountUnreachable, "Acquired", []string{aws.AccessRole, "can't be assumed", "aws.access_role"}},
		{aws.AccountTakenRole, "Legacy", []string{"IAM role named Administrator", "never deletes", "role_sets"}},
		{aws.AccountTakenSAML, "Partner", []string{"identity provider named Okta", "not made by oktaws", "aws.provider_name"}},
		{aws.AccountRestricted, "Restricted", []string{"service control policy", "iam:CreateUser", "AWS organization"}},
		{aws.AccountBilling, okta.LegacyLabel, []string{"application named " + okta.LegacyLabel, "not made by oktaws", "ename that application"}},
	}
	before := byHand(r)
	for i, a := range accounts {
		r.types(slack.Requester, "link "+a.id+" "+a.label)
		asked := r.request(a.id)
		if i == 0 { // a member of the channel who is no approver
			for _, action := range []string{"approve", "deny"} {
				mustSay(t, r.clicksOld(slack.AdminOne, asked, action), "approvers", "<@"+slack.AdminTwo+">")
			}
		}
		r.clicks(slack.AdminTwo, asked, "approve")
	}
	for _, a := range accounts {
		for _, where := range []string{r.Slack.DM(slack.Requester), slack.AdminChannel} {
			m := r.find(where, "Linking AWS account "+a.id+" ("+a.label+") failed")
			mustSay(t, m.Text, append(a.want, a.id, "What to do")...)
			mustSay(t, words(m), "/oktaws retry "+a.id)
			if where == slack.AdminChannel {
				t.Logf("all read: %s\n%s", m.Text, m.Blocks)
			}
		}
		mustSay(t, r.types(slack.AdminOne, "link "+a.id+" Other-"+a.label), a.id, "has failed", "/oktaws retry "+a.id)
	}
	if now := byHand(r); now != before {
		t.Errorf("what was made by hand changed from\n%s\nto\n%s", before, now)
	}
	mustSay(t, r.types(slack.AdminOne, "retry "+aws.AccountTakenRole), "Only whoever asked", "<@"+slack.AdminTwo+">")

	// The cause stays: the same failure is told again.
	r.types(slack.Requester, "retry "+aws.AccountTakenRole)
	r.until("a second failure", func() bool { return r.told(slack.Requester, aws.AccountTakenRole) == 2 })

	// The cause is mended: it goes on to the person's step.
	const trust = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::` + aws.ManagementAccount + `:root"},"Action":"sts:AssumeRole"}]}`
	if err := r.AWS.MakeRole(aws.AccountUnreachable, aws.AccessRole, trust, "arn:aws:iam::aws:policy/AdministratorAccess"); err != nil {
		t.Fatal(err)
	}
	mustSay(t, r.types(slack.Requester, "retry "+aws.AccountUnreachable), "Trying again", aws.AccountUnreachable)
	mustSay(t, words(r.task(slack.AdminTwo)), aws.AccountUnreachable)
	if n := r.told(slack.Requester, aws.AccountUnreachable); n != 1 {
		t.Errorf("the failure was told %d times", n)
	}
	if left := r.Slack.Missed(); len(left) > 0 {
		t.Errorf("unanswered: %+v", left)
	}
}

// told counts how often a person heard that linking the account failed.
func (r *rig) told(user, account string) (n int) {
	for _, m := range r.Slack.Messages(r.Slack.DM(user)) {
		if strings.HasPrefix(m.Text, "Linking AWS account "+account) && strings.Contains(m.Text, "failed") {
			n++
		}
	}
	return n
}

// byHand is what somebody made by hand, before oktaws came.
func byHand(r *rig) string {
	var b strings.Builder
	for _, role := range r.AWS.Roles(aws.AccountTakenRole) {
		if role.Name == "Administrator" {
			fmt.Fprintln(&b, role)
		}
	}
	fmt.Fprintln(&b, r.AWS.Providers(aws.AccountTakenSAML))
	for _, a := range r.Okta.Applications() {
		if a.Label == okta.LegacyLabel || a.Label == okta.ConsoleLabel {
			fmt.Fprintln(&b, a, r.Okta.Assignments(a.ID))
		}
	}
	return b.String()
}
