package bot_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/oktaws/oktaws/internal/sandbox/slack"
	"github.com/oktaws/oktaws/internal/sandbox/wire"
	"github.com/oktaws/oktaws/provision"
	"github.com/oktaws/oktaws/store"
)

// organization has the organization have n accounts, Account-1 and on.
func (w *world) organization(n int) (keys []store.AccountKey) {
	w.provisioner.set(func(p *provisioner) {
		for i := range n {
			key := store.AccountKey{Partition: "aws", ID: fmt.Sprintf("%012d", i+1)}
			keys = append(keys, key)
			p.members = append(p.members, provision.Member{Account: key, Name: fmt.Sprintf("Account-%d", i+1), State: "ACTIVE"})
		}
	})
	return keys
}

func TestAnOrganizationThatTakesLongIsAnsweredLater(t *testing.T) {
	w := live(t)
	w.organization(3)
	gate := make(chan struct{})
	w.provisioner.set(func(p *provisioner) { p.gate = gate })
	w.answers(slack.Requester, "link --all yearly", "Looking at the accounts of the organization")
	close(gate)
	w.told(slack.Requester, "You asked to link 3 AWS accounts to Okta")
	w.message(slack.AdminChannel, "asks to link 3 AWS accounts to Okta", "yearly", "`000000000003` Account-3", "[approve]")
	w.answers(slack.Requester, "link --all --ou x", "Leave one of the two out")
	w.answers(slack.Requester, "link --ou", "Say which organizational unit")
	w.answers(slack.Requester, "link --all 111122223333", "Use one of the two")
	w.answers(slack.Requester, "link --all --role-set nine", "There is no role set")
}

func TestAnOrganizationThatCantBeRead(t *testing.T) {
	w := live(t)
	w.provisioner.set(func(p *provisioner) {
		p.err = &store.Error{Kind: store.Permanent, Message: "can't list the organization's accounts", Remedy: "Give the accounts as a list.", Err: errors.New("x")}
	})
	w.answers(slack.Requester, "link --all", "Can't list the organization's accounts. Give the accounts as a list.")
	w.answers(slack.Requester, "link 111122223333,One\n444455556666", "You asked to link 1 AWS account to Okta", "Left out: 1 account", "No application name is given for it (1): `444455556666`")
}

func TestABatchIsTakenBackByItsID(t *testing.T) {
	w := live(t)
	w.organization(2)
	w.answers(slack.Requester, "withdraw", "No request of yours waits")
	w.reply(slack.Requester, "link --all")
	mine := w.message(w.slack.DM(slack.Requester), "You asked to link 2 AWS accounts", "/oktaws withdraw 2026", "[withdraw]")
	_, after, _ := strings.Cut(said(mine), "/oktaws withdraw ")
	id, _, _ := strings.Cut(after, "`")
	w.reply(slack.Requester, "link "+accountID+" "+label)
	w.answers(slack.Requester, "withdraw", "2 requests of yours wait", id)
	w.answers(slack.AdminOne, "withdraw "+id, "Only who asked")
	w.answers(slack.Requester, "withdraw "+id, "Your request to link 2 AWS accounts to Okta is withdrawn")
	w.answers(slack.Requester, "withdraw", "is withdrawn", label)
}

func TestALongRequestIsDecidedOnceItsFileIsThere(t *testing.T) {
	w := live(t)
	w.organization(1100) // more than are asked for with the ack
	fault := w.hub.Add(wire.Fault{Service: "slack", Operation: "files.getUploadURLExternal", Status: 200, Code: "missing_scope"})
	w.reply(slack.Requester, "link --all")
	w.told(slack.Requester, "You asked to link 1100 AWS accounts to Okta")
	w.pass(func() bool { return w.count(slack.AdminChannel, "doesn't take the file with all accounts") == 1 })
	if w.count(slack.AdminChannel, "[approve]") != 0 {
		t.Error("it can be decided without the file")
	}
	w.hub.Remove(fault)
	w.pass(func() bool { return w.count(slack.AdminChannel, "asks to link 1100 AWS accounts", "[approve]") == 1 })
	m := w.message(slack.AdminChannel, "asks to link 1100 AWS accounts", "[approve]")
	files := 0
	for _, in := range w.slack.Messages(slack.AdminChannel) {
		if files += len(in.Files); len(in.Files) > 0 && in.ThreadTS != m.TS {
			t.Error("the file is outside the thread")
		}
	}
	if files != 1 {
		t.Errorf("%d files", files)
	}
}

// waiting has 12 accounts of a batch wait for the first admin, who approved.
func (w *world) waiting() (batch string, keys []store.AccountKey) {
	w.Helper()
	keys = w.organization(12)
	w.reply(slack.Requester, "link --all")
	w.click(slack.AdminOne, w.message(slack.AdminChannel, "asks to link 12 AWS accounts", "[approve]"), "approve")
	w.pass(func() bool { return w.count(slack.AdminChannel, "12 being linked") == 1 })
	for _, key := range keys {
		w.update(func(tx *store.Tx) error {
			a, err := tx.Account(key)
			if err != nil {
				return err
			}
			batch, _, _ = strings.Cut(a.RequestID, ".")
			_, err = tx.OpenTask(a, store.EnableProvisioning, nil, time.Hour)
			return err
		})
	}
	return batch, keys
}

func TestTheTasksOfABatchAreOneMessage(t *testing.T) {
	w := live(t)
	batch, keys := w.waiting()
	dm := w.slack.DM(slack.AdminOne)
	w.pass(func() bool { return w.count(dm, "12 accounts wait for you", "2 more accounts", "[snooze-all]") == 1 })
	w.update(func(tx *store.Tx) error {
		_, err := tx.CheckedTask(store.TaskIDOf(batch+".00000", store.EnableProvisioning), nil)
		return err
	})
	w.pass(func() bool { return w.count(dm, "11 accounts wait for you", "1 more account;", "1 done so far") == 1 })
	if n := w.count(dm, "Linking 12"); n != 1 {
		t.Errorf("%d messages", n)
	}

	// One reminder for all of them, and no more of that for a while.
	w.clock.Advance(time.Hour)
	w.pass(func() bool { return w.count(dm, "Reminder: 11 accounts wait for you", "[credentials]") == 1 })
	w.pass(func() bool { return w.count(dm, "A newer message takes the place") == 1 })
	digest := w.message(dm, "Reminder: 11 accounts wait for you")
	seen, err := w.slack.Select(w.context(), slack.AdminOne, dm, digest.TS, "snooze-all", "4h "+batch)
	if err != nil || seen.Error != "" {
		t.Fatal(err, seen)
	}
	w.pass(func() bool { return w.count(dm, "Snoozed by <@"+slack.AdminOne+">") == 1 })
	for n := range keys {
		w.update(func(tx *store.Tx) error {
			_, err := tx.CheckedTask(store.TaskIDOf(fmt.Sprintf("%s.%05d", batch, n), store.EnableProvisioning), nil)
			return err
		})
	}
	w.pass(func() bool { return w.count(dm, "Nothing waits for you now", "12 steps of yours are done") == 1 })
}

func TestOnlySomeMayRetryABatch(t *testing.T) {
	w := live(t, func(w *world) { w.cfg.Approvers = []string{slack.AdminOne} })
	_, keys := w.waiting()
	w.change(keys[4], func(a *store.Account) {
		a.Steps = map[string]store.Step{"okta-app": {State: store.StepFailed, Problem: &store.Problem{Kind: store.Denied, Message: "no", Remedy: "yes"}}}
	})
	w.pass(func() bool { return w.count(slack.AdminChannel, "1 failed", "Retry failed", "[retry-failed]") == 1 })
	m := w.message(slack.AdminChannel, "1 failed", "[retry-failed]")
	w.click(slack.AdminTwo, m, "retry-failed")
	w.told(slack.AdminTwo, "Only whoever asked for these accounts, or an approver, may retry them.")
	w.pass(func() bool { return w.count(w.slack.DM(slack.Requester), "1 failed", "[retry-failed]") == 1 })
	w.click(slack.Requester, w.message(w.slack.DM(slack.Requester), "1 failed", "[retry-failed]"), "retry-failed")
	w.told(slack.Requester, "Trying again with 1 failed account")
	w.pass(func() bool { return w.count(slack.AdminChannel, "0 of 12") == 1 })
	w.clickOld(slack.AdminOne, m, "retry-failed")
	w.told(slack.AdminOne, "No account of this request has failed")
}

func TestAnOperatorsTaskFallsToTheApprovers(t *testing.T) {
	w := live(t)
	w.asked()
	w.update(func(tx *store.Tx) error {
		a, err := tx.Account(accountKey)
		if err != nil {
			return err
		}
		if _, err := tx.ApproveAsOperator(a.Pending, store.Operator("root", "host"), "at night"); err != nil {
			return err
		}
		if a, err = tx.Account(accountKey); err != nil {
			return err
		}
		_, err = tx.OpenTask(a, store.EnableProvisioning, nil, time.Hour)
		return err
	})
	for _, admin := range []string{slack.AdminOne, slack.AdminTwo} {
		w.message(w.slack.DM(admin), "Your turn", "[credentials]")
	}
}

func TestTheFormForOneAccountBecomesThatForSeveral(t *testing.T) {
	w := live(t)
	w.organization(2)
	w.command(slack.Requester, "link")
	v := w.view(slack.Requester, "Several accounts")
	typed := map[string]map[string]any{"account": {"value": accountID}, "label": {"value": label}, "reason": {"value": "so it is"}}
	if seen, err := w.slack.UseView(w.context(), slack.Requester, v.ID, "", "several", nil, typed); err != nil || seen.Error != "" {
		t.Fatal(err, seen)
	}
	v = w.view(slack.Requester, "Or a CSV file")
	if kept := w.slack.Filled(v.ID); kept["list"]["value"] != accountID+", "+label || kept["reason"]["value"] != "so it is" {
		t.Errorf("what was typed is lost: %v", kept)
	}
	seen := w.submit(slack.Requester, v, map[string]string{"list": accountID + "," + label + "\n12"})
	if !strings.Contains(seen.Errors["list"], "Line 2: ") {
		t.Errorf("%+v", seen)
	}
	seen = w.submit(slack.Requester, v, map[string]string{"list": ""})
	if !strings.Contains(seen.Errors["list"], "Paste the accounts here") {
		t.Errorf("%+v", seen)
	}
	seen = w.submit(slack.Requester, v, map[string]string{"list": "000000000001,One-Account"})
	if seen.View == nil || !strings.Contains(string(seen.View.Blocks), "You asked to link 1 AWS account to Okta") {
		t.Errorf("%+v", seen)
	}
}
