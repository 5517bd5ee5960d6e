package app_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/oktaws/oktaws/internal/sandbox/okta"
	"github.com/oktaws/oktaws/internal/sandbox/slack"
)

// linkedByName has the account linked in mode groups, with the test user in the group of the role ReadOnlyAccess.
func (r *rig) linkedByName(account, label string) {
	r.Helper()
	r.carries(account, "link "+account+" "+label, "is linked to Okta")
	r.join(okta.TestUserLogin, namedGroup(account, "ReadOnlyAccess"))
}

// looksAt has the requester type /oktaws check, and returns what they read once oktaws has looked.
func (r *rig) looksAt(account string) string {
	r.Helper()
	before := len(r.Slack.Ephemerals(slack.Requester))
	mustSay(r.T, r.types(slack.Requester, "check "+account), "Looking at", account)
	r.whispered(slack.Requester, before+1)
	answers := r.Slack.Ephemerals(slack.Requester)[before:]
	found := answers[slices.IndexFunc(answers, func(m slack.Message) bool { return !strings.Contains(read(m), "Looking at") })] // the two may cross
	r.Logf("found: %s", read(found))
	mustSay(r.T, read(found), account)
	return read(found)
}

// refusedKey clicks Show credentials, and returns what the window says in place of a key.
func (r *rig) refusedKey(user string, m slack.Message, word string) (said string) {
	r.Helper()
	r.clicks(user, m, "credentials")
	r.until("a refusal with "+word, func() bool {
		views := r.Slack.Views(user)
		if len(views) > 0 {
			said = read(slack.Message{Blocks: views[len(views)-1].Blocks})
		}
		return strings.Contains(said, word)
	})
	r.Logf("the window says: %s", said)
	return said
}

// TestBadInputTwoKeys has somebody use both access keys that IAM allows for the user: no key is made, none of theirs is
// deleted, and once they have deleted one, it goes on.
func TestBadInputTwoKeys(t *testing.T) {
	t.Parallel()
	r := newRigAt(t, quick, unasked)
	r.serve()
	const user = "OktaSSOuser"
	used := func() string {
		t.Helper()
		id, _, err := r.AWS.MakeKey(gmail, user)
		if err := errors.Join(err, r.AWS.UseKey(gmail, user, id, "s3")); err != nil {
			t.Fatal(err)
		}
		return id
	}
	r.asks(gmail, label)
	task := r.task(slack.AdminOne)
	first, second := used(), used()
	mustSay(t, r.refusedKey(slack.AdminOne, task, "two"), gmail, user, "has two keys already", "IAM console", "Delete that one", "Show credentials")
	if got := r.keys(gmail); !slices.Equal(got, []string{first, second}) {
		t.Errorf("the keys are %v, and were %s and %s", got, first, second)
	}
	if err := r.AWS.DeleteKey(gmail, user, first); err != nil {
		t.Fatal(err)
	}
	id, secret := r.credentials(slack.AdminOne, task)
	r.enable(r.application(label).ID, id, secret)
	r.find(r.Slack.DM(slack.Requester), "is linked to Okta")
	r.join(okta.TestUserLogin, label+"-ReadOnlyAccess")
	r.mayBe(label, gmail+"/ReadOnlyAccess")

	// Rotating the key needs room for a second one: the first is Okta's, the other somebody's.
	r.clicks(slack.AdminOne, r.asksFor(gmail, "rotate "+gmail+" key"), "approve")
	task = r.task(slack.AdminOne)
	mustSay(t, r.refusedKey(slack.AdminOne, task, "two"), gmail, user, "has two keys already", "IAM console", "Delete that one", "Show credentials")
	if got := r.keys(gmail); !slices.Equal(got, []string{second, id}) {
		t.Errorf("the keys are %v, and were %s and %s", got, second, id)
	}
	if err := r.AWS.DeleteKey(gmail, user, second); err != nil {
		t.Fatal(err)
	}
	if err := r.AWS.Deny(gmail, "iam:CreateAccessKey"); err != nil {
		t.Fatal(err)
	}
	mustSay(t, r.refusedKey(slack.AdminOne, task, "policy"), gmail, user, "service control policy", "iam:CreateAccessKey", "Ask those who run the AWS organization")
	if err := r.AWS.Allow(gmail); err != nil {
		t.Fatal(err)
	}
	newer, secret := r.again(slack.AdminOne, task, "")
	if newer == id {
		t.Fatalf("the same key is shown again")
	}
	r.mayBe(label, gmail+"/ReadOnlyAccess")
	r.enable(r.application(label).ID, newer, secret)
	r.find(r.Slack.DM(slack.Requester), "has a new access key")
	r.mayBe(label, gmail+"/ReadOnlyAccess")
}

// TestBadInputForbiddenByTheOrganization has a service control policy in the way of a rotation and of unlinking.
func TestBadInputForbiddenByTheOrganization(t *testing.T) {
	t.Parallel()
	r := newRigAt(t, quick, inModeGroups, unasked)
	r.serve()
	r.linkedByName(gmail, label)
	for _, c := range []struct{ action, command, doing, done string }{
		{"iam:UpdateSAMLProvider", "rotate " + gmail + " certificate", "Rotating the SAML certificate of", "has a new SAML certificate"},
		{"cloudformation:DeleteStack", "unlink " + gmail, "Unlinking", "is unlinked"},
	} {
		if err := r.AWS.Deny(gmail, c.action); err != nil {
			t.Fatal(err)
		}
		provider := r.AWS.Providers(gmail)[0].Metadata
		failed := r.carries(gmail, c.command, c.doing, "failed")
		mustSay(t, failed.Text, gmail, "service control policy", c.action, "What to do", "Ask those who run the AWS organization")
		mustSay(t, read(failed), "/oktaws retry "+gmail)
		if c.action == "iam:UpdateSAMLProvider" {
			r.mayBe(label, gmail+"/ReadOnlyAccess")
		}
		if r.AWS.Providers(gmail)[0].Metadata != provider || len(r.AWS.Stacks(gmail)) != 1 {
			t.Error("something was changed")
		}
		if err := r.AWS.Allow(gmail); err != nil {
			t.Fatal(err)
		}
		r.hears(r.Slack.DM(slack.Requester), func() { r.types(slack.Requester, "retry "+gmail) }, gmail, c.done)
		if c.action == "iam:UpdateSAMLProvider" {
			r.until("the former certificate gone", func() bool {
				return strings.Count(r.AWS.Providers(gmail)[0].Metadata, "<ds:X509Certificate>") == 1
			})
			r.mayBe(label, gmail+"/ReadOnlyAccess")
		}
	}
	r.nothingLeft()
}

// TestBadInputOktaPermission takes permissions from oktaws's token while it is at work.
func TestBadInputOktaPermission(t *testing.T) {
	t.Parallel()
	r := newRigAt(t, quick, inModeGroups, unasked)
	r.serve()
	r.Okta.Limit("okta.apps.read", "okta.groups.manage", "okta.groups.read")
	failed := r.carries(gmail, "link "+gmail+" "+label, "Linking", "failed")
	mustSay(t, failed.Text, gmail, "permission", "okta.apps.manage", "What to do")
	if got := r.inAccount(gmail); len(got) != 1 { // the access role
		t.Errorf("something was made: %v", got)
	}
	r.Okta.Limit("okta.apps.manage", "okta.groups.read")
	failed = r.hears(r.Slack.DM(slack.Requester), func() { r.types(slack.Requester, "retry "+gmail) }, "Linking", gmail, "failed")
	mustSay(t, failed.Text, gmail, "permission", "okta.groups.manage", "What to do")
	r.Okta.Limit()
	r.hears(r.Slack.DM(slack.Requester), func() { r.types(slack.Requester, "retry "+gmail) }, gmail, "is linked to Okta")
	r.join(okta.TestUserLogin, namedGroup(gmail, "ReadOnlyAccess"))
	r.mayBe(label, gmail+"/ReadOnlyAccess")

	// A check that may not look says so, and that nothing is different for people.
	r.Okta.Limit("okta.groups.manage")
	found := r.looksAt(gmail)
	mustSay(t, found, "okta.apps", "permission", "sign on as before")
	r.Okta.Limit()
	mustSay(t, r.looksAt(gmail), "all as it shall be")

	r.Okta.Limit("okta.apps.manage", "okta.groups.read")
	failed = r.carries(gmail, "unlink "+gmail, "Unlinking", "failed")
	mustSay(t, failed.Text, gmail, "permission", "okta.groups.manage", "What to do")
	r.Okta.Limit()
	r.hears(r.Slack.DM(slack.Requester), func() { r.types(slack.Requester, "retry "+gmail) }, gmail, "is unlinked")
	r.nothingLeft()
}

// deleteApp is what an admin does in Okta's console.
func (r *rig) deleteApp(label string) {
	r.Helper()
	id := r.application(label).ID
	if err := errors.Join(r.Okta.Deactivate(id), r.Okta.DeleteApp(id)); err != nil {
		r.Fatal(err)
	}
}

// TestBadInputApplicationDeleted deletes the application by hand while the account is being linked, is linked, and is
// being unlinked.
func TestBadInputApplicationDeleted(t *testing.T) {
	t.Parallel()
	r := newRigAt(t, quick, unasked)
	r.serve()
	r.asks(gmail, label)
	r.task(slack.AdminOne)
	failed := r.hears(r.Slack.DM(slack.Requester), func() { r.deleteApp(label) }, "Linking", gmail, "failed")
	mustSay(t, failed.Text, gmail, "application", label, "deleted", "What to do")
	mustSay(t, read(failed), "/oktaws retry "+gmail)
	r.types(slack.Requester, "retry "+gmail)
	r.until("a person's turn again", func() bool {
		return len(r.saying(r.Slack.DM(slack.Requester), gmail, "waiting for a person's step")) == 1
	})
	id, secret := r.credentials(slack.AdminOne, r.task(slack.AdminOne))
	r.enable(r.application(label).ID, id, secret)
	r.find(r.Slack.DM(slack.Requester), "is linked to Okta")
	r.join(okta.TestUserLogin, label+"-ReadOnlyAccess")
	r.mayBe(label, gmail+"/ReadOnlyAccess")

	r.deleteApp(label)
	mustSay(t, r.looksAt(gmail), "application", label, "Nobody can sign on")
	r.hears(r.Slack.DM(slack.Requester), func() {
		r.clicks(slack.AdminTwo, r.asksFor(gmail, "repair "+gmail), "approve")
		id, secret := r.credentials(slack.AdminTwo, r.taskOn(slack.AdminTwo, gmail))
		r.enable(r.application(label).ID, id, secret)
	}, gmail, "is repaired")
	r.mayBe(label, gmail+"/ReadOnlyAccess")

	if err := r.AWS.Deny(gmail, "cloudformation:DeleteStack"); err != nil {
		t.Fatal(err)
	}
	r.carries(gmail, "unlink "+gmail, "Unlinking", "failed")
	r.deleteApp(label)
	if err := r.AWS.Allow(gmail); err != nil {
		t.Fatal(err)
	}
	r.hears(r.Slack.DM(slack.Requester), func() { r.types(slack.Requester, "retry "+gmail) }, gmail, "is unlinked")
	r.nothingLeft()
}

// group is the ID of the Okta group of a name.
func (r *rig) group(name string) string {
	r.Helper()
	all := r.Okta.Groups()
	i := slices.IndexFunc(all, func(g okta.Group) bool { return g.Name == name })
	if i < 0 {
		r.Fatalf("there is no group %s", name)
	}
	return all[i].ID
}

// TestBadInputGroupRenamedOrDeleted has an admin rename and delete a role's Okta group.
func TestBadInputGroupRenamedOrDeleted(t *testing.T) {
	for _, mode := range []string{"groups", "api"} {
		t.Run(mode, func(t *testing.T) {
			t.Parallel()
			r := newRigAt(t, quick, unasked, "OKTAWS_OKTA_INTEGRATION_MODE="+mode)
			r.serve()
			name := label + "-ReadOnlyAccess"
			if mode == "groups" {
				name = namedGroup(gmail, "ReadOnlyAccess")
				r.linkedByName(gmail, label)
			} else {
				r.linked(gmail, label)
				r.join(okta.TestUserLogin, name)
			}
			r.mayBe(label, gmail+"/ReadOnlyAccess")

			if err := r.Okta.Rename(r.group(name), "Readers"); err != nil {
				t.Fatal(err)
			}
			found := r.looksAt(gmail)
			if mode == "api" { // the name says nothing there
				mustSay(t, found, "all as it shall be")
				r.mayBe(label, gmail+"/ReadOnlyAccess")
			} else {
				mustSay(t, found, "Readers", name, "can't sign on as ReadOnlyAccess")
				r.carries(gmail, "repair "+gmail, "is repaired")
				r.mayBe(label, gmail+"/ReadOnlyAccess")
				if err := r.Okta.Rename(r.group(name), "Readers"); err != nil {
					t.Fatal(err)
				}
			}

			if err := r.Okta.DeleteGroup(r.group("Readers")); err != nil {
				t.Fatal(err)
			}
			mustSay(t, r.looksAt(gmail), name, "can't sign on as ReadOnlyAccess", "makes it where there is none")
			r.carries(gmail, "repair "+gmail, "is repaired")
			mustSay(t, r.looksAt(gmail), "all as it shall be")
			r.join(okta.TestUserLogin, name)
			r.mayBe(label, gmail+"/ReadOnlyAccess")
		})
	}
}

// TestBadInputAccountClosedWhileItIsLinked closes a linked account in its organization.
func TestBadInputAccountClosedWhileItIsLinked(t *testing.T) {
	t.Parallel()
	r := newRigAt(t, quick, inModeGroups, unasked)
	r.serve()
	r.linkedByName(gmail, label)
	before := r.inAccount(gmail)
	if err := r.AWS.CloseAccount(gmail); err != nil {
		t.Fatal(err)
	}
	found := r.looksAt(gmail)
	mustSay(t, found, "closed in its organization", "Nobody", "/oktaws unlink "+gmail)
	if strings.Contains(found, "as before") {
		t.Errorf("nobody signs on as before: %s", found)
	}
	told := r.find(slack.AdminChannel, "differs from what it shall be")
	mustSay(t, read(told), gmail, "closed in its organization", "/oktaws unlink "+gmail)
	if has(told, "repair") {
		t.Errorf("a repair is offered: %s", read(told))
	}
	unlinked := r.carries(gmail, "unlink "+gmail, "is unlinked")
	mustSay(t, read(unlinked), "Left alone", "The identity provider Okta, in the AWS account that is closed", "The CloudFormation stack oktaws-roles with its roles, in")
	for _, a := range r.Okta.Applications() {
		if a.Label == label {
			t.Error("the application is left")
		}
	}
	for _, g := range r.Okta.Groups() {
		if strings.Contains(g.Description, gmail) {
			t.Errorf("the group %s is left", g.Name)
		}
	}
	untouched(t, before, r.inAccount(gmail))
	mustSay(t, r.reads(slack.Requester, "status "+gmail), "unlinked", "closed in its organization")
}
