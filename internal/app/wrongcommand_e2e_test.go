package app_test

import (
	"strings"
	"testing"

	"github.com/oktaws/oktaws/internal/sandbox/aws"
	"github.com/oktaws/oktaws/internal/sandbox/slack"
)

// TestBadInputToEachSubcommand types each subcommand about an account's life without and with wrong arguments, and about
// accounts in every state: the answer is for that person alone, names the account and says what to type, and nothing
// comes of it.
func TestBadInputToEachSubcommand(t *testing.T) {
	t.Parallel()
	r := newRigAt(t, quick, inModeGroups, unasked)
	a := r.serve()
	const (
		linked, failed, pending, unlinked, unknown = gmail, aws.AccountTakenRole, aws.AccountStaging, aws.AccountAnalytics, "123456789012"
	)
	r.linkedByName(linked, label)
	r.carries(unlinked, "link "+unlinked+" Analytics", "is linked to Okta")
	r.carries(unlinked, "unlink "+unlinked, "is unlinked")
	r.carries(failed, "link "+failed+" Legacy", "Linking", "failed")
	r.asksFor(pending, "link "+pending+" Staging")
	before, asked, told := r.outside(), requests(t, a), len(r.Slack.Messages(slack.AdminChannel))
	const (
		example = "/oktaws %s 111122223333" // of each subcommand, in the answer to it alone
		notSuch = "is not an AWS account ID"
	)
	type answer struct {
		typed string
		want  []string
	}
	var all []answer
	for _, name := range []string{"plan", "adopt", "repair", "rotate", "roles", "mode", "unlink", "withdraw", "task", "retry"} {
		all = append(all,
			answer{name, []string{"Say which account", strings.Replace(example, "%s", name, 1)}},
			answer{name + " gmail", []string{"`gmail`", notSuch, "12 digits", "`111122223333`"}},
			answer{name + " 11112222333", []string{"`11112222333`", notSuch, "11 digits, not 12"}},
			answer{name + " aws-us-gov/111122223333 api", []string{"`aws-us-gov`", "It serves: aws", "`aws/111122223333`"}},
			answer{name + " aws-moon/111122223333 api", []string{"`aws-moon`", "It serves: aws"}},
		)
	}
	// An account that nobody has asked for.
	for _, typed := range []string{"check", "repair", "rotate * key", "rotate * certificate", "roles * default", "mode * api", "unlink", "retry", "withdraw", "task", "status"} {
		command := strings.Replace(typed, "*", unknown, 1)
		if command == typed {
			command += " " + unknown
		}
		all = append(all, answer{command, []string{unknown, "/oktaws link " + unknown}})
	}
	all = append(all,
		answer{"check gmail", []string{"`gmail`", notSuch}},
		answer{"plan " + unknown, []string{unknown, "needs a name", "/oktaws plan " + unknown}},
		answer{"adopt " + unknown, []string{unknown, "/oktaws adopt " + unknown}},
		// What the subcommand needs beside the account.
		answer{"rotate " + linked, []string{linked, "`key`", "`certificate`"}},
		answer{"rotate " + linked + " password", []string{"`password`", "`key`", "`certificate`"}},
		answer{"rotate " + linked + " key", []string{linked, "mode groups", "no access key", "/oktaws rotate " + linked + " certificate"}},
		answer{"roles " + linked, []string{linked, "which role set", "`default`"}},
		answer{"roles " + linked + " defaultt", []string{"`defaultt`", "Did you mean `default`?"}},
		answer{"roles " + linked + " audit", []string{"`audit`", "`default`"}},
		answer{"roles " + linked + " default", []string{linked, "already", "default"}},
		answer{"mode " + linked, []string{linked, "`api`", "`groups`"}},
		answer{"mode " + linked + " sso", []string{"`sso`", "`api`", "`groups`"}},
		answer{"mode " + linked + " groups", []string{linked, "already", "groups"}},
		answer{"link " + unknown + " Some-Account role-set=audit", []string{"`audit`", "`default`"}},
		// The account's state.
		answer{"link " + linked + " Other", []string{linked, "already linked", label}},
		answer{"adopt " + linked, []string{linked, "linked"}},
		answer{"retry " + linked, []string{linked, "nothing to retry"}},
		answer{"task " + linked, []string{linked, "task"}},
		answer{"withdraw " + linked, []string{linked, "waits for a decision"}},
		answer{"repair all", []string{"No account has drifted"}},
	)
	for _, state := range []struct {
		account string
		want    []string
	}{
		{failed, []string{"has failed", "/oktaws retry " + failed}},
		{pending, []string{"already", "/oktaws status " + pending}},
		{unlinked, []string{"is not linked", "/oktaws link " + unlinked}},
	} {
		want := append([]string{state.account}, state.want...)
		for _, command := range []string{"repair *", "rotate * certificate", "rotate * key", "roles * default", "mode * api"} {
			if state.account == failed && (strings.HasPrefix(command, "roles") || strings.HasPrefix(command, "mode")) {
				continue // another mode or role set may be just what mends it
			}
			all = append(all, answer{strings.Replace(command, "*", state.account, 1), want})
		}
	}
	all = append(all,
		answer{"check " + failed, []string{failed, "has failed", "only linked accounts", "/oktaws status " + failed}},
		answer{"check " + pending, []string{pending, "only linked accounts", "/oktaws status " + pending}},
		answer{"check " + unlinked, []string{unlinked, "unlinked", "only linked accounts", "/oktaws status " + unlinked}},
		answer{"unlink " + pending, []string{pending, "already", "/oktaws status " + pending}},
		answer{"unlink " + unlinked, []string{unlinked, "not linked", "nothing to unlink"}},
		answer{"retry " + unlinked, []string{unlinked, "nothing to retry"}},
		answer{"retry " + pending, []string{pending, "waits for approval", "nothing to retry"}},
		answer{"adopt " + pending + " Staging", []string{pending, "already"}},
		answer{"task " + failed, []string{failed, "task"}},
	)
	for _, c := range all {
		t.Run(c.typed, func(t *testing.T) {
			user := slack.Requester
			if strings.HasPrefix(c.typed, "task") { // for approvers
				user = slack.AdminOne
			}
			mustSay(t, r.in(t).reads(user, c.typed), c.want...)
		})
	}
	mustSay(t, r.types(slack.Requester, "check"), "Only the members of <#"+slack.AdminChannel+">")
	if n := requests(t, a); n != asked {
		t.Errorf("%d requests are on record, and were %d", n, asked)
	}
	if n := len(r.Slack.Messages(slack.AdminChannel)); n != told {
		t.Errorf("the admins read %d messages, and had read %d", n, told)
	}
	if r.outside() != before {
		t.Error("something changed in Okta or AWS")
	}
	if left := r.Slack.Missed(); len(left) > 0 {
		t.Errorf("unanswered: %+v", left)
	}
}
