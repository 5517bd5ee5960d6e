package app_test

import (
	"strings"
	"testing"

	"github.com/oktaws/oktaws/internal/sandbox/aws"
	"github.com/oktaws/oktaws/internal/sandbox/okta"
	"github.com/oktaws/oktaws/internal/sandbox/slack"
)

// TestBadInputStackOfALinkedAccount has the stack of a linked account deleted, stuck, and halfway through an update that
// has failed. A check says which, and what to do about it works.
func TestBadInputStackOfALinkedAccount(t *testing.T) {
	t.Parallel()
	r := newRigAt(t, quick, inModeGroups, unasked)
	r.serve()
	r.linkedByName(gmail, label)

	if err := r.AWS.DeleteStack(gmail, "oktaws-roles"); err != nil {
		t.Fatal(err)
	}
	mustSay(t, r.looksAt(gmail), "There is no CloudFormation stack oktaws-roles", "Nobody can sign on", "oktaws makes it")
	r.carries(gmail, "repair "+gmail, "is repaired")
	r.mayBe(label, gmail+"/ReadOnlyAccess")

	for _, status := range []string{"ROLLBACK_COMPLETE", "DELETE_FAILED"} {
		if err := r.AWS.SetStackStatus(gmail, "oktaws-roles", status); err != nil {
			t.Fatal(err)
		}
		mustSay(t, r.looksAt(gmail), "The CloudFormation stack oktaws-roles is "+status, "oktaws deletes it and makes it anew")
		r.carries(gmail, "repair "+gmail, "is repaired")
		r.mayBe(label, gmail+"/ReadOnlyAccess")
	}

	if err := r.AWS.SetStackStatus(gmail, "oktaws-roles", "UPDATE_ROLLBACK_FAILED"); err != nil {
		t.Fatal(err)
	}
	mustSay(t, r.looksAt(gmail), "The CloudFormation stack oktaws-roles is UPDATE_ROLLBACK_FAILED", "Finish or delete it in the CloudFormation console")
	told := r.differs()
	if has(told, "repair") {
		t.Errorf("a repair is offered: %s", read(told))
	}
	mustSay(t, r.reads(slack.Requester, "repair all"), "No account has drifted in a way that oktaws can repair", gmail)
	if err := r.AWS.SetStackStatus(gmail, "oktaws-roles", "UPDATE_ROLLBACK_COMPLETE"); err != nil { // as ContinueUpdateRollback does
		t.Fatal(err)
	}
	mustSay(t, r.looksAt(gmail), "all as it shall be")
	r.mayBe(label, gmail+"/ReadOnlyAccess")
}

// TestBadInputTakenOverByTheButton has an admin click Take it over under a failure, in place of typing the command.
func TestBadInputTakenOverByTheButton(t *testing.T) {
	t.Parallel()
	r := newRigAt(t, quick, inModeGroups, unasked)
	r.serve()
	const id = aws.AccountTakenSAML
	r.carries(id, "link "+id+" Partner", "Linking", "failed", "not made by oktaws")
	var failed slack.Message
	r.until("the button", func() bool {
		failed = r.find(slack.AdminChannel, "Linking AWS account "+id)
		return has(failed, "take-over")
	})
	mustSay(t, read(failed), id, "/oktaws adopt "+id, "Take it over")
	r.hears(r.Slack.DM(slack.AdminOne), func() { r.clicks(slack.AdminOne, failed, "take-over") }, "You asked to take over", id)
	asked := r.request(id)
	r.until("what would change", func() bool { asked = r.request(id); return strings.Contains(read(asked), "What would change") })
	mustSay(t, read(asked), "<@"+slack.AdminOne+"> asks to take over what was made by hand in AWS account `"+id+"`", "Partner", "does not bear our tag. oktaws takes it over")
	r.hears(r.Slack.DM(slack.AdminOne), func() { r.clicks(slack.AdminTwo, asked, "approve") }, id, "is linked to Okta")
	r.until("no button", func() bool {
		m, there := r.look(slack.AdminChannel, "Linking AWS account "+id)
		return !there || !has(m, "take-over")
	})
	mustSay(t, r.clicksOld(slack.AdminTwo, failed, "take-over"), "old message")
	r.join(okta.TestUserLogin, namedGroup(id, "ReadOnlyAccess"))
	r.mayBe("Partner", id+"/ReadOnlyAccess")
}

// TestBadInputInTheWayOfUnlinking has somebody add something to what oktaws made: unlinking names it, deletes nothing of
// theirs, and goes on once it is gone.
func TestBadInputInTheWayOfUnlinking(t *testing.T) {
	t.Parallel()
	r := newRigAt(t, quick, unasked)
	r.serve()
	r.linked(gmail, label)
	const user = "OktaSSOuser"
	if err := r.AWS.SetUserPolicy(gmail, user, "backup", `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:Get*","Resource":"*"}]}`); err != nil {
		t.Fatal(err)
	}
	if err := r.AWS.Deny(gmail, "iam:DeleteSAMLProvider"); err != nil {
		t.Fatal(err)
	}
	failed := r.carries(gmail, "unlink "+gmail, "Unlinking", "failed")
	mustSay(t, read(failed), gmail, user, "backup", "What to do", "/oktaws retry "+gmail)
	for _, u := range r.AWS.Users(gmail) {
		if u.Name == user && u.Policies["backup"] == "" {
			t.Error("somebody's policy was deleted")
		}
	}
	mustSay(t, r.types(slack.Requester, "link "+gmail+" "+label), gmail, "is being unlinked", "failed", "/oktaws retry "+gmail)
	if err := r.AWS.DeleteUserPolicy(gmail, user, "backup"); err != nil {
		t.Fatal(err)
	}
	if err := r.AWS.Allow(gmail); err != nil {
		t.Fatal(err)
	}
	r.hears(r.Slack.DM(slack.Requester), func() { r.types(slack.Requester, "retry "+gmail) }, gmail, "is unlinked")
	r.nothingLeft()
}
