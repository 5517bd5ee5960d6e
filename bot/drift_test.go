package bot_test

import (
	"strings"
	"testing"
	"time"

	"github.com/oktaws/oktaws/internal/sandbox/slack"
	"github.com/oktaws/oktaws/store"
)

func TestWhatDiffersIsToldInTheAdminChannel(t *testing.T) {
	w := live(t)
	w.linked()
	w.found(accountKey, differs("A"), differs("B"))
	m := w.message(slack.AdminChannel, "AWS account "+accountID+" ("+label+") differs from what it shall be", "The role &lt;A&gt; is missing.", "Its members can't sign on.", "Since <!date^", "[repair]", "[ignore]")
	w.answers(slack.Requester, "status "+accountID, "drifted (2 things differ)", "What differs", "&lt;B&gt;")
	w.answers(slack.Requester, "list", "drifted (2 things differ)")
	w.tick()
	w.found(accountKey, differs("A"))
	m = w.now(m, "&lt;A&gt;", "[repair]")
	w.until("one finding less", func() bool { return w.count(slack.AdminChannel, "&lt;B&gt;") == 0 })
	w.found(accountKey, differs("A"), differs("B"))
	again := w.message(slack.AdminChannel, "&lt;B&gt;", "[repair]")
	if again.TS == m.TS {
		t.Error("what came back is no news")
	}
	if old := w.now(m, "A newer message takes the place"); says(old, "[repair]") {
		t.Error("the first message still has buttons")
	}
	w.clickOld(slack.AdminOne, m, "repair")
	w.told(slack.AdminOne, "That is an old message")
	w.tick()
	w.found(accountKey)
	if now := w.now(again, "is all as it shall be again"); says(now, "[repair]") || says(now, "[ignore]") {
		t.Error("there is nothing left to repair")
	}
	if n := w.count(slack.AdminChannel, "is linked*"); n != 1 {
		t.Errorf("%d messages say that it is linked", n)
	}
	if a := w.account(accountKey); a.State != store.Linked {
		t.Errorf("the account is %s", a.State)
	}
}

func TestRepairingFromTheMessage(t *testing.T) {
	w := live(t)
	w.linked()
	due := differs("key")
	due.Rotate, due.Person, due.Mend = store.RotateKey, true, "makes a new one, which a person enters in Okta"
	w.found(accountKey, differs("A"), due)
	m := w.message(slack.AdminChannel, "differs from what it shall be", "oktaws makes a new one, which a person enters in Okta.", "[repair]")
	w.click(slack.AdminOne, m, "repair")
	w.told(slack.AdminOne, "You asked to repair AWS account", "rotate its access key")
	w.tick()
	if now := w.now(m, "<@"+slack.AdminOne+"> asks to repair"); says(now, "[repair]") || says(now, "[ignore]") {
		t.Error("a request waits, and there are buttons")
	}
	w.clickOld(slack.AdminTwo, m, "repair")
	w.told(slack.AdminTwo, "request to repair account "+accountID, "<@"+slack.AdminOne+">", "waits for approval already")
	if r := w.request(); r.Kind != store.Repair || len(r.Rotate) != 1 || r.Requester.ID != slack.AdminOne {
		t.Errorf("recorded %+v", r)
	}
	w.agree("asks to repair AWS account "+accountID, "and rotate its access key")
	w.now(m, "is being carried out")
	w.clickOld(slack.AdminTwo, m, "ignore")
	w.tick()
	w.finish("something <old>")
	w.message(slack.AdminChannel, "is repaired*", "It has a new access key.", "Left alone", "Something &lt;old&gt;.")
	w.message(w.slack.DM(slack.AdminOne), "AWS account "+accountID+" ("+label+") is repaired")
	w.now(m, "is all as it shall be again")
}

func TestTheButtonsComeBackWhenARepairIsDenied(t *testing.T) {
	w := live(t)
	w.linked()
	w.found(accountKey, differs("A"))
	m := w.message(slack.AdminChannel, "differs from", "[repair]")
	w.answers(slack.Requester, "repair "+accountID+" soon, please", "You asked to repair")
	w.tick()
	w.now(m, "<@"+slack.Requester+"> asks to repair")
	asked := w.message(slack.AdminChannel, "asks to repair", "soon, please", "[deny]")
	w.click(slack.AdminOne, asked, "deny")
	w.submit(slack.AdminOne, w.view(slack.AdminOne, "Deny the request"), map[string]string{"reason": "no"})
	w.tick()
	w.now(m, "[repair]", "[ignore]")
}

func TestWhatNoRepairMendsSaysSo(t *testing.T) {
	w := live(t)
	w.linked()
	theirs, persons := differs("A"), differs("B")
	theirs.Foreign, theirs.Mend = true, ""
	persons.Person, persons.Mend = true, "Delete it in the IAM console"
	w.found(accountKey, differs("C"), theirs)
	old := w.message(slack.AdminChannel, "differs from", "Somebody else's", "[repair]")
	w.tick()
	w.found(accountKey, theirs)
	if m := w.now(old, "oktaws can repair none of this", "[ignore]"); says(m, "[repair]") {
		t.Error("there is a button that does nothing")
	}
	w.clickOld(slack.AdminOne, old, "repair")
	w.told(slack.AdminOne, "What differs in account "+accountID+" is somebody else's", "ignore it")
	w.found(accountKey, theirs, persons)
	m := w.message(slack.AdminChannel, "A person's step", "oktaws can repair none of this", "[ignore]")
	m.Blocks = old.Blocks // a client that shows the button all the same
	w.clickOld(slack.AdminTwo, m, "repair")
	w.told(slack.AdminTwo, "somebody else's or takes a person's step")
	if a := w.account(accountKey); a.Pending != "" {
		t.Error("a request was opened")
	}
}

func TestIgnoringWhatDiffers(t *testing.T) {
	w := live(t, func(w *world) { w.cfg.Approvers = []string{slack.AdminTwo} })
	_, request := w.asked()
	w.click(slack.AdminTwo, request, "approve")
	w.now(request, "Approved by")
	w.finish()
	w.found(accountKey, differs("A"), differs("B"))
	m := w.message(slack.AdminChannel, "differs from", "[ignore]")
	w.click(slack.AdminOne, m, "ignore")
	w.told(slack.AdminOne, "Only approvers may do this")
	if len(w.slack.Views(slack.AdminOne)) > 0 {
		t.Error("the form opened for somebody who may not ignore")
	}
	w.click(slack.AdminTwo, m, "ignore")
	form := w.view(slack.AdminTwo, "Ignore what differs", accountID, "the role <A> is missing", "1 week")
	filled := w.slack.Filled(form.ID)
	chosen, _ := filled["findings"]["value"].([]string)
	if len(chosen) != 2 || filled["for"]["value"] != "7d" {
		t.Fatalf("the form holds %v", filled)
	}
	if seen := w.submit(slack.AdminTwo, form, map[string]string{"reason": " "}); seen.Errors["reason"] == "" {
		t.Errorf("without a reason: %+v", seen)
	}
	w.tick()
	if seen := w.fillIn(slack.AdminTwo, form, map[string]any{"reason": "we are <moving>", "findings": chosen[:1], "for": "1d"}); seen.Action != "close" {
		t.Fatalf("the form became %+v", seen)
	}
	m = w.now(m, "*Ignored*", "&lt;moving&gt;", "[ignore]")
	w.answers(slack.Requester, "status "+accountID, "drifted (1 thing differs)", "Ignored", "By <@"+slack.AdminTwo+"> until <!date^", "We are &lt;moving&gt;.")
	w.tick()
	w.click(slack.AdminTwo, m, "ignore")
	form = w.view(slack.AdminTwo, "Ignore what differs")
	if seen := w.fillIn(slack.AdminTwo, form, map[string]any{"reason": "no", "for": "1d"}); seen.Action != "close" {
		t.Fatalf("the form became %+v", seen)
	}
	if now := w.now(m, "all that differs is ignored for now"); says(now, "[ignore]") {
		t.Error("what is ignored has buttons")
	}
	if a := w.account(accountKey); a.State != store.Linked {
		t.Errorf("the account is %s", a.State)
	}
	w.clickOld(slack.AdminTwo, m, "ignore")
	w.told(slack.AdminTwo, "Nothing differs in account "+accountID+" any more")

	// A day later both are told again, and the account is looked at.
	w.stored("the end of the ignoring being planned", func(tx *store.ReadTx) bool {
		c, err := tx.Check(accountKey)
		return err == nil && c.Due.After(w.clock.Now().Add(23*time.Hour))
	})
	w.clock.Advance(25 * time.Hour)
	if again := w.message(slack.AdminChannel, "&lt;A&gt;", "&lt;B&gt;", "[repair]"); again.TS == m.TS {
		t.Error("what is no longer ignored is no news")
	}
	w.stored("a check being due", func(tx *store.ReadTx) bool {
		a, err := tx.Account(accountKey)
		return err == nil && !a.CheckDue.IsZero() && !a.CheckDue.After(w.clock.Now())
	})
}

func TestIgnoringWhatIsGone(t *testing.T) {
	w := live(t)
	w.linked()
	w.found(accountKey, differs("A"), differs("B"))
	m := w.message(slack.AdminChannel, "differs from", "[ignore]")
	w.click(slack.AdminOne, m, "ignore")
	form := w.view(slack.AdminOne, "Ignore what differs")
	w.found(accountKey, differs("C"))
	seen := w.submit(slack.AdminOne, form, map[string]string{"reason": "no"})
	if seen.Action != "update" || !strings.Contains(string(seen.View.Blocks), "is gone already") {
		t.Errorf("the form became %+v", seen)
	}
}

func TestChecking(t *testing.T) {
	w := live(t)
	w.answers(slack.Requester, "check "+accountID, "is not known")
	w.approved()
	w.answers(slack.Requester, "check "+accountID, "only linked accounts are checked")
	w.finish()
	w.answers(slack.Requester, "check "+accountID, "Looking at AWS account")
	w.told(slack.Requester, "is all as it shall be")
	w.provisioner.set(func(p *provisioner) { p.finds = []store.Finding{differs("A")} })
	w.reply(slack.Requester, "check "+accountID)
	w.told(slack.Requester, "differs from what it shall be: 1 thing", "The role &lt;A&gt; is missing.")
	w.provisioner.set(func(p *provisioner) {
		p.err = &store.Error{Kind: store.Denied, Message: "the role can't be assumed", Remedy: "let it trust oktaws"}
	})
	w.reply(slack.Requester, "check "+accountID)
	w.told(slack.Requester, "The role can't be assumed. Let it trust oktaws.")
}

func TestCheckingAllAccounts(t *testing.T) {
	w := live(t)
	w.answers(slack.Requester, "check", "Only the members of <#"+slack.AdminChannel+"> may do this")
	w.answers(slack.AdminOne, "check", "No account is linked")
	var keys []store.AccountKey
	for _, id := range []string{"000000000001", "000000000002", "000000000003"} {
		keys = append(keys, w.linkedToo(id, "Account-"+id))
	}
	begun := w.clock.Now().UTC()
	w.answers(slack.AdminOne, "check", "3 linked accounts", "one every 2s", "<#"+slack.AdminChannel+">")
	for i, key := range keys {
		w.stored("a check of "+key.ID, func(tx *store.ReadTx) bool {
			a, err := tx.Account(key)
			return err == nil && a.CheckDue.Equal(begun.Add(time.Duration(i)*2*time.Second))
		})
	}
}

func TestWhatDiffersMovesWithTheAdminChannel(t *testing.T) {
	w := live(t)
	w.linked()
	w.found(accountKey, differs("A"))
	m := w.message(slack.AdminChannel, "differs from", "[repair]")
	w.end()
	w.cfg.AdminChannel = slack.General
	w.bot = w.newBot(connection())
	w.start()
	w.message(slack.General, "differs from", "[repair]")
	if old := w.now(m, "is now told in <#"+slack.General+">"); says(old, "[repair]") || says(old, "[ignore]") {
		t.Error("the old channel still has buttons")
	}
	w.clickOld(slack.AdminOne, m, "repair")
	w.told(slack.AdminOne, "That is an old message")
}
