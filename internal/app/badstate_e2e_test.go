package app_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/oktaws/oktaws/internal/sandbox/okta"
	"github.com/oktaws/oktaws/internal/sandbox/slack"
)

// standing is a stack with one role, as somebody may have made it.
const standing = `Resources:
  Administrator:
    Type: AWS::IAM::Role
    Properties:
      RoleName: Administrator
      AssumeRolePolicyDocument:
        Version: "2012-10-17"
        Statement: [{Effect: Allow, Principal: {AWS: !Ref AWS::AccountId}, Action: "sts:AssumeRole"}]
`

// stackIn makes the stack in a state, with our tag or without.
func stackIn(r *rig, account, status string, ours bool) error {
	tags := map[string]string{"team": "mail"}
	if ours {
		tags["managed-by"] = "oktaws"
	}
	return errors.Join(r.AWS.MakeStack(account, "oktaws-roles", standing, nil, tags), r.AWS.SetStackStatus(account, "oktaws-roles", status))
}

// TestBadInputStateOfTheAccount has accounts in which something is in the way of linking. Each answer names the account,
// what is wrong and the way out, nothing that was there is changed, and the way out works.
func TestBadInputStateOfTheAccount(t *testing.T) {
	t.Parallel()
	r := newRigAt(t, quick, inModeGroups, unasked)
	r.serve()
	adopt := func(id, label string) string { return "adopt " + id + " " + label }
	for i, c := range []struct {
		name  string
		make  func(id string) error
		says  []string
		mend  func(id string) error                 // what the answer says to do, before it is tried again
		again func(id, label string) string         // the command that the answer names; nil: retry
		then  func(t *testing.T, r *rig, id string) // looks at it once it is linked; may be nil
	}{
		{"our stack is ROLLBACK_COMPLETE", func(id string) error { return stackIn(r, id, "ROLLBACK_COMPLETE", true) },
			[]string{"stack oktaws-roles", "ROLLBACK_COMPLETE", "Mend the cause", "deleted and made anew"}, nil, nil, nil},
		{"somebody's stack is ROLLBACK_COMPLETE", func(id string) error { return stackIn(r, id, "ROLLBACK_COMPLETE", false) },
			[]string{"stack named oktaws-roles", "not made by oktaws", "/oktaws adopt", "delete that stack", "aws.stack_name"},
			func(id string) error { return r.AWS.DeleteStack(id, "oktaws-roles") }, nil, nil},
		{"the stack is REVIEW_IN_PROGRESS", func(id string) error { return stackIn(r, id, "REVIEW_IN_PROGRESS", true) },
			[]string{"stack oktaws-roles", "REVIEW_IN_PROGRESS", "Finish or delete it in the CloudFormation console"},
			func(id string) error { return r.AWS.DeleteStack(id, "oktaws-roles") }, nil, nil},
		{"a role outside the stack, deleted", func(id string) error { return r.AWS.MakeRole(id, "PowerUsers", "") },
			[]string{"IAM role named PowerUsers", "outside the stack oktaws-roles", "/oktaws adopt", "delete or rename it", "role_sets"},
			func(id string) error { return r.AWS.DeleteRole(id, "PowerUsers") }, nil, nil},
		{"a role outside the stack, adopted", func(id string) error { return r.AWS.MakeRole(id, "PowerUsers", "") },
			[]string{"IAM role named PowerUsers", "/oktaws adopt"}, nil, adopt,
			func(t *testing.T, r *rig, id string) {
				for _, role := range r.AWS.Roles(id) {
					if role.Name == "PowerUsers" && role.Stack == "" {
						t.Error("the role that was taken over is outside the stack")
					}
				}
			}},
		{"somebody's identity provider, deleted", func(id string) error { return r.AWS.MakeProvider(id, "Okta", "", map[string]string{"team": "mail"}) },
			[]string{"identity provider named Okta", "not made by oktaws", "/oktaws adopt", "aws.provider_name"},
			func(id string) error { return r.AWS.DeleteProvider(id, "Okta") }, nil, nil},
		{"somebody's identity provider, adopted", func(id string) error { return r.AWS.MakeProvider(id, "Okta", "", map[string]string{"team": "mail"}) },
			[]string{"identity provider named Okta", "/oktaws adopt"}, nil, adopt,
			func(t *testing.T, r *rig, id string) {
				if p := r.AWS.Providers(id)[0]; p.Tags["managed-by"] != "oktaws" || p.Tags["team"] != "mail" {
					t.Errorf("the tags are %v", p.Tags)
				}
			}},
		{"a service control policy", func(id string) error { return r.AWS.Deny(id, "iam:CreateSAMLProvider") },
			[]string{"service control policy", "iam:CreateSAMLProvider", "Ask those who run the AWS organization"},
			func(id string) error { return r.AWS.Allow(id) }, nil, nil},
		{"a closed account", func(id string) error { return r.AWS.CloseAccount(id) },
			[]string{"closed in its organization", "nobody can sign on", "unlink", "reopen it within 90 days"}, nil, func(string, string) string { return "" },
			nil},
	} {
		id, label := fmt.Sprintf("4000000000%02d", i), fmt.Sprintf("Bad-%02d", i)
		if err := errors.Join(r.AWS.AddAccount(id, c.name), c.make(id)); err != nil {
			t.Fatal(err)
		}
		t.Run(c.name, func(t *testing.T) {
			r := r.in(t)
			before := r.inAccount(id)
			m := r.hears(r.Slack.DM(slack.Requester), func() { r.clicks(slack.AdminOne, r.asksFor(id, "link "+id+" "+label), "approve") }, "Linking", id, "failed")
			mustSay(t, m.Text, append(c.says, id, "What to do")...)
			mustSay(t, read(m), "/oktaws retry "+id)
			untouched(t, before, r.inAccount(id))
			mustSay(t, r.reads(slack.Requester, "status "+id), id, "failed", "/oktaws retry "+id)
			if c.mend != nil {
				if err := c.mend(id); err != nil {
					t.Fatal(err)
				}
			}
			switch {
			case c.again == nil:
				r.hears(r.Slack.DM(slack.Requester), func() { r.types(slack.Requester, "retry "+id) }, id, "is linked to Okta")
			case c.again(id, label) != "":
				r.carries(id, c.again(id, label), "is linked to Okta")
			default: // nothing mends it: it is taken out of Okta
				r.carries(id, "unlink "+id, "is unlinked")
				return
			}
			if c.then != nil {
				c.then(t, r, id)
			}
			r.join(okta.TestUserLogin, namedGroup(id, "Administrator"))
			roles, refused := r.offered(label)
			if want := id + "/Administrator"; !strings.Contains(strings.Join(roles, " "), want) {
				t.Errorf("the test user may be %v (%s), want %s", roles, refused, want)
			}
		})
	}
	if left := r.Slack.Missed(); len(left) > 0 {
		t.Errorf("unanswered: %+v", left)
	}
}

// A stack that is being deleted is waited for, and then made anew.
func TestBadInputStackThatIsBeingDeleted(t *testing.T) {
	t.Parallel()
	r := newRigAt(t, quick, inModeGroups, unasked)
	r.serve()
	if err := stackIn(r, gmail, "DELETE_IN_PROGRESS", true); err != nil {
		t.Fatal(err)
	}
	r.clicks(slack.AdminOne, r.asksFor(gmail, "link "+gmail+" "+label), "approve")
	r.until("a wait for the deletion", func() bool {
		return len(r.saying(r.Slack.DM(slack.Requester), gmail, "stack oktaws-roles is DELETE_IN_PROGRESS")) == 1
	})
	r.hears(r.Slack.DM(slack.Requester), func() {
		if err := r.AWS.DeleteStack(gmail, "oktaws-roles"); err != nil {
			t.Fatal(err)
		}
	}, gmail, "is linked to Okta")
	r.join(okta.TestUserLogin, namedGroup(gmail, "Administrator"))
	r.mayBe(label, gmail+"/Administrator")
}
