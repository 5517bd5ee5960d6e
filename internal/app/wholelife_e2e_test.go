package app_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/oktaws/oktaws/internal/sandbox/okta"
	"github.com/oktaws/oktaws/internal/sandbox/slack"
)

// TestWholeLife goes with one account through its whole life in Slack, in each integration mode, and with the person who
// signs on to it.
func TestWholeLife(t *testing.T) {
	for _, mode := range []string{"groups", "api"} {
		t.Run("in mode "+mode, func(t *testing.T) {
			t.Parallel()
			r := newRigAt(t, quick, unasked, "OKTAWS_OKTA_INTEGRATION_MODE="+mode)
			r.serve()
			wholeLife(r, mode)
			if left := r.Slack.Missed(); len(left) > 0 {
				t.Errorf("unanswered: %+v", left)
			}
		})
	}
}

// readerIn is the group that gives the role ReadOnlyAccess.
func readerIn(mode string) string {
	if mode == "groups" {
		return namedGroup(gmail, "ReadOnlyAccess")
	}
	return label + "-ReadOnlyAccess"
}

var reader = []string{gmail + "/ReadOnlyAccess"}

func wholeLife(r *rig, mode string) {
	t := r.T
	asked := r.asksFor(gmail, "link "+gmail+" "+label+" for the mail team")
	mustSay(t, read(asked), "<@"+slack.Requester+">", gmail, label, "for the mail team", "integration mode `"+mode+"`", "What would change",
		"There is no Okta application "+label, "There is no identity provider Okta", "There is no CloudFormation stack oktaws-roles", "Approve")
	linked := r.hears(r.Slack.DM(slack.Requester), func() { r.clicks(slack.AdminOne, asked, "approve"); r.personIn(mode) }, gmail, "is linked to Okta")
	mustSay(t, read(linked), label, readerIn(mode), "Open the tile in Okta")
	r.join(okta.TestUserLogin, readerIn(mode))
	r.mayBe(label, reader...)
	mustSay(t, r.looksAt(gmail), "all as it shall be")

	repaired(r, mode)
	ignored(r)

	r.atEveryMoment(label, reader, func() {
		rotated := r.carries(gmail, "rotate "+gmail+" certificate", "has a new SAML certificate")
		mustSay(t, read(rotated), label)
		r.until("the former certificate gone", func() bool {
			return strings.Count(r.AWS.Providers(gmail)[0].Metadata, "<ds:X509Certificate>") == 1
		})
	})
	if mode == "api" {
		newKey(r)
	}
	other := map[string]string{"api": "groups", "groups": "api"}[mode]
	r.atEveryMoment(label, reader, func() {
		asked := r.asksFor(gmail, "mode "+gmail+" "+other)
		mustSay(t, read(asked), "from `"+mode+"` to `"+other+"`", "IAM user")
		switched := r.hears(r.Slack.DM(slack.Requester), func() { r.clicks(slack.AdminOne, asked, "approve"); r.personIn(other) }, gmail, "is switched")
		mustSay(t, read(switched), label, "integration mode is `"+other+"` in place of `"+mode+"`")
	})
	mustSay(t, r.reads(slack.Requester, "status "+gmail), "Integration mode `"+other+"`")

	if err := r.AWS.MakeRole(gmail, "Break-glass", ""); err != nil {
		t.Fatal(err)
	}
	asked = r.asksFor(gmail, "unlink "+gmail+" the team is gone")
	mustSay(t, read(asked), "the team is gone", "The Okta application "+label, "nobody can sign on any more", "The CloudFormation stack oktaws-roles")
	unlinked := r.hears(r.Slack.DM(slack.Requester), func() { r.clicks(slack.AdminOne, asked, "approve") }, gmail, "is unlinked")
	t.Log(read(unlinked))
	r.nothingLeft()
	r.role(gmail, "Break-glass")
	if tiles := r.Okta.Tiles(okta.TestUserLogin); len(tiles) != 0 {
		t.Errorf("the test user has the tiles %v", tiles)
	}
	mustSay(t, r.reads(slack.Requester, "status "+gmail), "unlinked")

	r.hears(r.Slack.DM(slack.Requester), func() {
		r.clicks(slack.AdminOne, r.asksFor(gmail, "link "+gmail+" "+label), "approve")
		r.personIn(mode)
	}, gmail, "is linked to Okta")
	r.join(okta.TestUserLogin, readerIn(mode))
	r.mayBe(label, reader...)
	mustSay(t, r.looksAt(gmail), "all as it shall be")
}

// personIn does the person's step, where the mode has one.
func (r *rig) personIn(mode string) {
	r.Helper()
	if mode == "groups" {
		return
	}
	task := r.taskOn(slack.AdminOne, gmail)
	mustSay(r.T, read(task), "enable provisioning in Okta", gmail, label, "Show credentials", "Test API Credentials")
	id, secret := r.seesKey(slack.AdminOne, task)
	r.enable(r.application(label).ID, id, secret)
}

// seesKey clicks Show credentials, reads the key, and closes the window.
func (r *rig) seesKey(user string, task slack.Message) (id, secret string) {
	r.Helper()
	id, secret = r.credentials(user, task)
	for _, view := range r.Slack.Views(user) {
		if err := r.Slack.CloseView(r.Context(), user, view.ID); err != nil {
			r.Fatal(err)
		}
	}
	return id, secret
}

// differs is the message in the admin channel about what differs, once it has its buttons.
func (r *rig) differs() (m slack.Message) {
	r.Helper()
	r.until("what differs, with buttons", func() bool {
		m = r.find(slack.AdminChannel, gmail+" ("+label+") differs from what it shall be")
		return has(m, "ignore")
	})
	return m
}

// repaired has somebody change all they can by hand: each change is told with what it means, and repaired by a click and
// another admin's approval.
func repaired(r *rig, mode string) {
	t := r.T
	app := r.application(label)
	changes := []struct {
		do   func() error
		says []string
	}{
		{func() error {
			return r.AWS.SetTrust(gmail, "ReadOnlyAccess", `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::`+gmail+`:root"},"Action":"sts:AssumeRole"}]}`)
		},
			[]string{"The role ReadOnlyAccess does not trust the identity provider", "Nobody can sign on as ReadOnlyAccess", "puts its trust policy back"}},
		{func() error {
			return r.AWS.DetachPolicy(gmail, "Administrator", "arn:aws:iam::aws:policy/AdministratorAccess")
		},
			[]string{"The role Administrator lacks the policy arn:aws:iam::aws:policy/AdministratorAccess", "may do less than they should"}},
		{func() error {
			return r.AWS.AttachPolicy(gmail, "ReadOnlyAccess", "arn:aws:iam::aws:policy/IAMFullAccess")
		},
			[]string{"The role ReadOnlyAccess has the policy arn:aws:iam::aws:policy/IAMFullAccess, which it was not given", "may do more than they should"}},
		{func() error { return r.AWS.DeleteRole(gmail, "PowerUsers") },
			[]string{"The role PowerUsers is gone", "Nobody can sign on as PowerUsers", "makes it"}},
		{func() error { return r.AWS.SetMetadata(gmail, "Okta", "") },
			[]string{"identity provider", "Nobody can sign on"}},
		{func() error { return r.Okta.SetSetting(app.ID, "sessionDuration", 7200) },
			[]string{"sessionDuration"}},
		{func() error {
			return r.Okta.Unassign(app.ID, r.group(strings.Replace(readerIn(mode), "ReadOnlyAccess", "Administrator", 1)))
		},
			[]string{strings.Replace(readerIn(mode), "ReadOnlyAccess", "Administrator", 1) + " is not assigned to the application", "can't sign on as Administrator"}},
	}
	if mode == "api" {
		changes = append(changes, struct {
			do   func() error
			says []string
		}{func() error {
			return errors.Join(r.AWS.DeleteUserPolicy(gmail, "OktaSSOuser", "oktaws"), r.AWS.SetKeyActive(gmail, "OktaSSOuser", r.keys(gmail)[0], false))
		},
			[]string{"The IAM user OktaSSOuser", "is inactive", "activates it"}})
	}
	var all []string
	for _, c := range changes {
		if err := c.do(); err != nil {
			t.Fatal(err)
		}
		all = append(all, c.says...)
	}
	mustSay(t, r.looksAt(gmail), all...)
	told := r.differs()
	mustSay(t, read(told), append(all, "Since", "Repair", "Ignore")...)
	if roles, _ := r.offered(label); len(roles) > 0 {
		t.Errorf("the test user may be %v by an identity provider of another application", roles)
	}
	r.hears(r.Slack.DM(slack.AdminOne), func() { r.clicks(slack.AdminOne, told, "repair") }, "You asked to repair", gmail)
	asked := r.request(gmail)
	r.until("what would change", func() bool { asked = r.request(gmail); return strings.Contains(read(asked), "What would change") })
	mustSay(t, read(asked), "<@"+slack.AdminOne+"> asks to repair", "The role PowerUsers is gone")
	r.until("that somebody asks to repair it, in place of the buttons", func() bool {
		m := r.find(slack.AdminChannel, gmail+" ("+label+") differs")
		return strings.Contains(read(m), "<@"+slack.AdminOne+"> asks to repair") && !has(m, "repair")
	})
	mustSay(t, r.clicksOld(slack.AdminOne, asked, "approve"), "own request", "Another admin")
	r.hears(r.Slack.DM(slack.AdminOne), func() { r.clicks(slack.AdminTwo, asked, "approve") }, gmail, "is repaired")
	r.mayBe(label, reader...)
	mustSay(t, r.looksAt(gmail), "all as it shall be")
	r.find(slack.AdminChannel, "is all as it shall be again")
}

// ignored has an approver let something be for a while, which the form asks about.
func ignored(r *rig) {
	t := r.T
	if err := r.AWS.AttachPolicy(gmail, "ReadOnlyAccess", "arn:aws:iam::aws:policy/SecurityAudit"); err != nil {
		t.Fatal(err)
	}
	const what = "The role ReadOnlyAccess has the policy arn:aws:iam::aws:policy/SecurityAudit"
	mustSay(t, r.looksAt(gmail), what)
	r.clicks(slack.AdminTwo, r.differs(), "ignore")
	r.until("the form", func() bool { return len(r.Slack.Views(slack.AdminTwo)) > 0 })
	view := r.Slack.Views(slack.AdminTwo)[0]
	form := read(slack.Message{Blocks: view.Blocks})
	t.Log(form)
	mustSay(t, form, gmail, label, "The role ReadOnlyAccess has the policy", "For how long", "Reason")
	if seen := r.fills(slack.AdminTwo, view.ID, map[string]string{"reason": " "}); !strings.Contains(seen.Errors["reason"], "reason") {
		t.Errorf("without a reason: %+v", seen)
	}
	r.fills(slack.AdminTwo, view.ID, map[string]string{"reason": "the auditors are here"})
	quiet := r.find(slack.AdminChannel, "all that differs is ignored for now")
	mustSay(t, read(quiet), gmail, label, "/oktaws status "+gmail)
	mustSay(t, r.reads(slack.Requester, "status "+gmail), "linked", what, "Ignored", "<@"+slack.AdminTwo+">", "auditors are here")
	mustSay(t, r.looksAt(gmail), "apart from what is ignored", what, "auditors are here")
	// When the time is over it is told again.
	r.hears(slack.AdminChannel, func() {
		r.clock.Advance(7*24*time.Hour + time.Hour)
		r.looksAt(gmail)
	}, gmail, "differs from what it shall be", "SecurityAudit")
	r.carries(gmail, "repair "+gmail, "is repaired")
}

// newKey rotates the access key: two are there until the new one is seen in use, then the old one is kept for a while,
// inactive.
func newKey(r *rig) {
	t := r.T
	old := r.keys(gmail)
	if len(old) != 1 {
		t.Fatalf("the keys are %v", old)
	}
	r.atEveryMoment(label, reader, func() {
		asked := r.asksFor(gmail, "rotate "+gmail+" key")
		mustSay(t, read(asked), "rotate the access key", gmail, "people can sign on all the while", "asks a person to enter a new one")
		rotated := r.hears(r.Slack.DM(slack.Requester), func() {
			r.clicks(slack.AdminOne, asked, "approve")
			task := r.taskOn(slack.AdminOne, gmail)
			mustSay(t, read(task), "enter the new access key in Okta", gmail, label, "old key keeps working")
			id, secret := r.seesKey(slack.AdminOne, task)
			if keys := r.AWS.AccessKeys(gmail, "OktaSSOuser"); len(keys) != 2 || !keys[0].Active || keys[0].ID != old[0] || keys[1].ID != id {
				t.Errorf("the keys are %+v", keys)
			}
			r.enable(r.application(label).ID, id, secret)
		}, gmail, "has a new access key")
		mustSay(t, read(rotated), label)
	})
	if keys := r.AWS.AccessKeys(gmail, "OktaSSOuser"); len(keys) != 2 || keys[0].ID != old[0] || keys[0].Active || !keys[1].Active {
		t.Errorf("the keys are %+v", keys)
	}
	r.clock.Advance(25 * time.Hour)
	r.until("the old key gone", func() bool { keys := r.keys(gmail); return len(keys) == 1 && keys[0] != old[0] })
	r.mayBe(label, reader...)
}
