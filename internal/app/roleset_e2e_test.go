package app_test

import (
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/oktaws/oktaws/internal/sandbox/aws"
	"github.com/oktaws/oktaws/internal/sandbox/okta"
	"github.com/oktaws/oktaws/internal/sandbox/slack"
)

// auditors is a role set with all that a role can have.
const auditors = `role_sets:
  audit:
    - name: Auditor
      policies: ["arn:${AWS::Partition}:iam::aws:policy/SecurityAudit"]
      inline:
        logs: {Version: "2012-10-17", Statement: [{Effect: Allow, Action: "logs:Get*", Resource: "arn:${AWS::Partition}:logs:*:${AWS::AccountId}:*"}]}
      permissions_boundary: arn:${AWS::Partition}:iam::aws:policy/ReadOnlyAccess
      session: 4h
      tags: {team: security}
      group: auditors
      existing_group: true
`

// TestRoleSets links two accounts with another role set than the usual one, and then has the configuration change it: the
// restart shows it as what differs in each account of the set, and one approved request rolls it out.
func TestRoleSets(t *testing.T) {
	t.Parallel()
	setting := configured(t, auditors)
	file := strings.TrimPrefix(setting, "OKTAWS_CONFIG=")
	r := newRigAt(t, quick, inModeGroups, unasked, setting)
	r.serve()
	accounts := map[string]string{gmail: label, aws.AccountAnalytics: "Analytics"}
	const other = aws.AccountBilling // with the usual role set
	r.carries(other, "link "+other+" Billing", "is linked to Okta")

	for id, name := range accounts {
		// The group is somebody else's, so it is never made.
		failed := r.carries(id, "link "+id+" "+name+" role-set=audit", "Linking", "failed")
		mustSay(t, failed.Text, namedGroup(id, "Auditor"), "role set audit", "What to do", "Make that group in Okta")
		if slices.ContainsFunc(r.Okta.Groups(), func(g okta.Group) bool { return g.Name == namedGroup(id, "Auditor") }) {
			t.Error("oktaws has made the group")
		}
		if _, err := r.Okta.MakeGroup(namedGroup(id, "Auditor"), "the security team"); err != nil {
			t.Fatal(err)
		}
		linked := r.hears(r.Slack.DM(slack.Requester), func() { r.types(slack.Requester, "retry "+id) }, id, "is linked to Okta")
		mustSay(t, read(linked), "role set `audit`", "Auditor")
		role := r.role(id, "Auditor")
		if role.MaxSession != 4*time.Hour || role.Tags["team"] != "security" || role.Boundary != "arn:aws:iam::aws:policy/ReadOnlyAccess" ||
			!slices.Equal(role.Policies, []string{"arn:aws:iam::aws:policy/SecurityAudit"}) || !strings.Contains(role.Inline["logs"], "arn:aws:logs:*:"+id+":*") {
			t.Errorf("the role is %+v", role)
		}
		r.join(okta.TestUserLogin, namedGroup(id, "Auditor"))
		r.mayBe(name, id+"/Auditor")
		mustSay(t, r.looksAt(id), "all as it shall be")
	}

	changed := strings.NewReplacer("policy/SecurityAudit", "policy/IAMReadOnlyAccess", "logs:Get*", "logs:Describe*", "team: security", "team: audit").Replace(auditors)
	if err := os.WriteFile(file, []byte(changed), 0o600); err != nil {
		t.Fatal(err)
	}
	r.stop()
	r.serve()
	mustSay(t, r.types(slack.AdminOne, "check"), "checks 3 linked accounts")
	for id := range accounts {
		told := r.find(slack.AdminChannel, id+" ("+accounts[id]+") differs from what it shall be")
		mustSay(t, read(told), "stack oktaws-roles", "role set")
	}
	mustSay(t, r.looksAt(other), "all as it shall be")

	mustSay(t, r.reads(slack.Requester, "repair all the new role set"), "You asked to repair 2 AWS accounts that have drifted")
	var asked slack.Message
	r.until("the request", func() bool {
		asked = r.find(slack.AdminChannel, "asks to repair 2 AWS accounts that have drifted")
		return has(asked, "approve")
	})
	for id, name := range accounts {
		mustSay(t, read(asked), id, name)
	}
	ended := r.hears(r.Slack.DM(slack.Requester), func() { r.clicks(slack.AdminOne, asked, "approve") }, "Repairing 2 AWS accounts", "has ended")
	mustSay(t, read(ended), "2 repaired")
	for id, name := range accounts {
		role := r.role(id, "Auditor")
		if role.MaxSession != 4*time.Hour || role.Tags["team"] != "audit" || !slices.Equal(role.Policies, []string{"arn:aws:iam::aws:policy/IAMReadOnlyAccess"}) ||
			!strings.Contains(role.Inline["logs"], "logs:Describe*") {
			t.Errorf("the role is %+v", role)
		}
		r.mayBe(name, id+"/Auditor")
		mustSay(t, r.looksAt(id), "all as it shall be")
	}

	// To the usual role set: the role and what it gives go, the group that is somebody else's stays.
	switched := r.carries(gmail, "roles "+gmail+" default", "is switched")
	mustSay(t, read(switched), "role set is `default` in place of `audit`")
	r.join(okta.TestUserLogin, namedGroup(gmail, "ReadOnlyAccess"))
	r.mayBe(label, gmail+"/ReadOnlyAccess")
	r.group(namedGroup(gmail, "Auditor"))
	r.carries(aws.AccountAnalytics, "unlink "+aws.AccountAnalytics, "is unlinked")
	r.group(namedGroup(aws.AccountAnalytics, "Auditor"))
}

// role is a role of an account.
func (r *rig) role(account, name string) aws.Role {
	r.Helper()
	all := r.AWS.Roles(account)
	i := slices.IndexFunc(all, func(role aws.Role) bool { return role.Name == name })
	if i < 0 {
		r.Fatalf("account %s has no role %s", account, name)
	}
	return all[i]
}
