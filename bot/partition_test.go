package bot_test

import (
	"testing"

	"github.com/oktaws/oktaws/internal/sandbox/slack"
	"github.com/oktaws/oktaws/store"
)

func TestAccountsOfSeveralPartitions(t *testing.T) {
	w := live(t, twoSets, func(w *world) { w.cfg.Partitions = []string{"aws", "aws-us-gov"} })
	w.answers(slack.Requester, "link aws-cn/"+accountID+" "+label, "doesn't serve the partition `aws-cn`", "aws, aws-us-gov")
	w.answers(slack.Requester, "link aws-us-gov/"+accountID+" "+label+" role-set=data-platform", "AWS account `aws-us-gov/"+accountID+"`")
	m := w.message(slack.AdminChannel, "AWS account `aws-us-gov/"+accountID+"`", "role set `data-platform`", "Analyst", "[approve]")
	gov := store.AccountKey{Partition: "aws-us-gov", ID: accountID}
	if a := w.account(gov); a.RoleSet != "data-platform" {
		t.Errorf("the account is %+v", a)
	}
	w.answers(slack.Requester, "status "+accountID, "aws-us-gov/"+accountID) // by the ID alone, as nobody knows another one
	w.click(slack.AdminOne, m, "approve")
	w.now(m, "Approved by")

	w.command(slack.Requester, "link")
	form := w.view(slack.Requester, "Link an AWS account", "Partition", "Role set")
	seen := w.submit(slack.Requester, form, map[string]string{"account": accountID, "label": "Another", "partition": "aws-us-gov"})
	if seen.Errors["account"] == "" {
		t.Errorf("the form became %+v", seen)
	}
	seen = w.submit(slack.Requester, form, map[string]string{"account": accountID, "label": "Another", "partition": "aws", "role-set": "data-platform"})
	if seen.Action != "close" {
		t.Fatalf("the form became %+v", seen)
	}
	w.message(slack.AdminChannel, "AWS account `"+accountID+"` to Okta as *Another*", "role set `data-platform`")
	w.answers(slack.Requester, "withdraw "+accountID, "is withdrawn")
	w.answers(slack.Requester, "list", "`"+accountID+"` Another: not linked", "`aws-us-gov/"+accountID+"` "+label+": linking")

	w.command(slack.Requester, "link aws-us-gov/444455556666 role-set=data-platform")
	form = w.view(slack.Requester, "Link an AWS account")
	if filled := w.slack.Filled(form.ID); filled["partition"]["value"] != "aws-us-gov" || filled["role-set"]["value"] != "data-platform" || filled["account"]["value"] != "444455556666" {
		t.Errorf("the form holds %v", filled)
	}
}

func TestAFormWithNothingToChooseHasNoMenus(t *testing.T) {
	w := live(t)
	w.command(slack.Requester, "link")
	form := w.view(slack.Requester, "Link an AWS account")
	if says(slack.Message{Blocks: form.Blocks}, "Partition") || says(slack.Message{Blocks: form.Blocks}, "Role set") {
		t.Error("the form asks for what there is one of only")
	}
	w.answers(slack.Requester, "link "+accountID+" "+label+" role-set=nope", "There is no role set `nope`", "`default`")
	w.answers(slack.Requester, "link "+accountID+" role-set=DEFAULT "+label+" why", "You asked to link")
	if r := w.request(); r.Reason != "why" || r.RoleSet != "" {
		t.Errorf("recorded %+v", r)
	}
}

func TestAccountsThatShareAnApplication(t *testing.T) {
	w := live(t, func(w *world) { w.cfg.Mode, w.cfg.Shared = store.ModeGroups, "AWS ({partition})" })
	_, m := w.asked()
	if !says(m, "as *"+label+"* in the shared application *AWS (aws)*", "aws#{alias}#Administrator#"+accountID) {
		t.Errorf("the request says %s", said(m))
	}
	if r := w.request(); r.Shared != "AWS (aws)" || r.Label != label || r.Mode != store.ModeGroups {
		t.Errorf("recorded %+v", r)
	}
}
