package bot_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/oktaws/oktaws/internal/sandbox/slack"
	"github.com/oktaws/oktaws/store"
)

// drifting puts n linked accounts into the store in which something differs.
func (w *world) drifting(n int) []store.AccountKey {
	w.Helper()
	var keys []store.AccountKey
	for i := range n {
		key := w.linkedToo(fmt.Sprintf("%012d", i+1), fmt.Sprintf("Account-%d", i+1))
		w.found(key, differs(fmt.Sprintf("Role-%d", i+1)), differs("another"))
		keys = append(keys, key)
	}
	return keys
}

func TestRepairingAllAccountsThatHaveDrifted(t *testing.T) {
	w := live(t)
	w.answers(slack.Requester, "repair all", "No account has drifted")
	keys := w.drifting(8)
	w.linkedToo("999999999999", "As-It-Shall-Be")
	theirs := differs("x")
	theirs.Foreign, theirs.Mend = true, ""
	w.found(w.linkedToo("888888888888", "Foreign"), theirs)
	drift := w.message(slack.AdminChannel, "Role-1&gt;", "differs from", "[repair]")
	w.answers(slack.Requester, "repair ALL after the <outage>", "You asked to repair 8 AWS accounts that have drifted", "Left out: 1 account", "888888888888")
	w.answers(slack.AdminOne, "repair all", "waits for approval already", "<@"+slack.Requester+">")
	m := w.message(slack.AdminChannel, "asks to repair 8 AWS accounts that have drifted", "after the &lt;outage&gt;", "`000000000001` Account-1: the role &lt;Role-1&gt; is missing (and 1 more)", "`000000000008`", "[approve]")
	if says(m, "999999999999") || says(m, "888888888888") {
		t.Error("an account is named that isn't to be repaired")
	}
	w.message(w.slack.DM(slack.Requester), "You asked to repair 8 AWS accounts", "[withdraw]")
	w.answers(slack.Requester, "status", "to repair 8 AWS accounts that have drifted: pending")

	// One is unlinked meanwhile.
	w.update(func(tx *store.Tx) error {
		a, err := tx.Account(keys[7])
		if err != nil {
			return err
		}
		a.Desired, a.Steps = store.WantUnlinked, nil
		return tx.SaveAccount(&a)
	})
	w.click(slack.AdminOne, m, "approve")
	w.now(m, "Approved by <@"+slack.AdminOne+">", "Role-1&gt;")
	w.pass(func() bool { return w.count(slack.AdminChannel, "7 being repaired, 1 skipped") == 1 })
	progress := w.message(slack.AdminChannel, "*Repairing 8 AWS accounts*", "7 being repaired", "1 skipped", "1 of 8", "is being unlinked")
	if progress.ThreadTS != m.TS {
		t.Error("the progress stands outside the request's thread")
	}
	w.now(drift, "is being carried out")
	w.pass(func() bool { return w.count(w.slack.DM(slack.Requester), "7 being repaired, 1 skipped") == 1 })
	mine := w.message(w.slack.DM(slack.Requester), "*Repairing 8 AWS accounts*", "7 being repaired")

	w.end()
	w.change(keys[0], func(a *store.Account) { a.Steps = map[string]store.Step{"identity": {State: store.StepDone}} })
	w.change(keys[1], func(a *store.Account) {
		a.Steps = map[string]store.Step{"okta-app": {State: store.StepFailed, Problem: &store.Problem{Kind: store.Denied, Message: "the role <x> can't be assumed", Remedy: "let it trust oktaws"}}}
	})
	w.change(keys[2], func(a *store.Account) {
		a.Steps = map[string]store.Step{"okta-app": {State: store.StepWaiting, Due: w.clock.Now().Add(1e12)}}
	})
	w.bot = w.newBot(connection())
	w.start()
	w.pass(func() bool { return w.count(slack.AdminChannel, "3 of 8") == 1 && w.count(mine.Channel, "3 of 8") == 1 })
	for _, p := range []slack.Message{progress, mine} {
		w.now(p, "1 repaired, 4 being repaired, 1 waiting for a person's step, 1 failed, 1 skipped", "3 of 8", "AWS account `000000000002` (Account-2)", "The role &lt;x&gt; can't be assumed.", "Let it trust oktaws.")
	}
	if n := w.count(slack.AdminChannel, "*Repairing 8 AWS accounts*"); n != 1 {
		t.Errorf("%d progress messages", n)
	}
	for _, key := range keys[2:7] {
		w.change(key, func(a *store.Account) { a.Steps = map[string]store.Step{"identity": {State: store.StepDone}} })
	}
	w.pass(func() bool { return w.count(slack.AdminChannel, "8 of 8") == 1 })
	w.now(progress, "*Repairing 8 AWS accounts has ended*", "8 of 8")
	w.message(w.slack.DM(slack.Requester), ":x: *Repairing 8 AWS accounts has ended: 6 repaired, 1 failed, 1 skipped.*", "Account-2")
	w.message(slack.AdminChannel, ":x: *Repairing 8 AWS accounts has ended")
	w.answers(slack.Requester, "retry 000000000002", "Trying again")
	w.change(keys[1], func(a *store.Account) { a.Steps = map[string]store.Step{"identity": {State: store.StepDone}} })
	w.message(w.slack.DM(slack.Requester), ":white_check_mark: *Repairing 8 AWS accounts has ended: 7 repaired, 1 skipped.*")
	for _, c := range []string{slack.AdminChannel, w.slack.DM(slack.Requester)} {
		for _, s := range []string{"is repaired*", "*Repairing AWS account"} {
			if n := w.count(c, s); n != 0 {
				t.Errorf("%d messages of single accounts in %s", n, c)
			}
		}
	}
	w.pass(func() bool { return w.count(slack.AdminChannel, "Account-1) is all as it shall be again") == 1 })
}

// change changes an account in the store.
func (w *world) change(key store.AccountKey, change func(*store.Account)) {
	w.Helper()
	w.update(func(tx *store.Tx) error {
		a, err := tx.Account(key)
		if err != nil {
			return err
		}
		change(&a)
		return tx.SaveAccount(&a)
	})
}

func TestABatchIsOpenedOnAfterARestart(t *testing.T) {
	w := live(t)
	keys := w.drifting(40)
	w.reply(slack.Requester, "repair all")
	m := w.message(slack.AdminChannel, "asks to repair 40", "[approve]")
	w.end()
	w.update(func(tx *store.Tx) error { // what a bot that was stopped in the middle leaves behind
		var id string
		if err := tx.Requests(func(r store.Request) bool { id = r.ID; return false }); err != nil {
			return err
		}
		if _, err := tx.Approve(id, store.Person{ID: slack.AdminOne, Team: slack.Team}); err != nil {
			return err
		}
		_, _, err := tx.CarryOn(id)
		return err
	})
	w.bot = w.newBot(connection())
	w.start()
	w.stored("every account being repaired", func(tx *store.ReadTx) bool {
		for _, key := range keys {
			if a, err := tx.Account(key); err != nil || a.State != store.Linking {
				return false
			}
		}
		return true
	})
	w.pass(func() bool { return w.count(slack.AdminChannel, "40 being repaired") == 1 })
	w.now(m, "Approved by")
}

func TestABatchThatIsDeniedOrWithdrawn(t *testing.T) {
	w := live(t)
	keys := w.drifting(2)
	w.reply(slack.Requester, "repair all")
	m := w.message(slack.AdminChannel, "asks to repair 2", "[deny]")
	w.click(slack.AdminOne, m, "deny")
	w.submit(slack.AdminOne, w.view(slack.AdminOne, "Deny the request", "asks to repair 2 AWS accounts"), map[string]string{"reason": "later"})
	dm := w.slack.DM(slack.Requester)
	w.message(dm, "Your request to repair 2 AWS accounts", "was denied", "/oktaws repair all")
	w.reply(slack.Requester, "repair all")
	w.click(slack.Requester, w.message(dm, "[withdraw]"), "withdraw")
	w.message(dm, "Your request to repair 2 AWS accounts", "was withdrawn")
	if a := w.account(keys[0]); a.State != store.Drifted || a.RequestID != "" {
		t.Errorf("the account is %s", a.State)
	}
}

func TestRepairingOneAccount(t *testing.T) {
	w := live(t)
	w.answers(slack.Requester, "repair", "Say which account")
	w.answers(slack.Requester, "repair "+accountID, "is not known")
	w.approved()
	w.answers(slack.Requester, "repair "+accountID, "is still being linked")
	w.finish()
	w.answers(slack.Requester, "repair "+accountID+" all of it", "You asked to repair AWS account")
	if r := w.request(); r.Reason != "all of it" || len(r.Rotate) != 0 {
		t.Errorf("recorded %+v", r)
	}
	w.agree("asks to repair AWS account")
	w.fail(store.Problem{Kind: store.Permanent, Message: "no <way>"})
	w.message(slack.AdminChannel, "*Repairing AWS account", "failed*", "No &lt;way&gt;.")
	if got := w.reply(slack.Requester, "status "+accountID); !strings.Contains(got, "No &lt;way&gt;.") {
		t.Errorf("status: %q", got)
	}
}
