package bot_test

import (
	"testing"

	"github.com/oktaws/oktaws/internal/sandbox/slack"
	"github.com/oktaws/oktaws/store"
)

var byHand = store.Problem{Kind: store.Conflict, Message: "the role Administrator was made by somebody else", Remedy: "adopt it", Foreign: true}

func TestAdoptingAnAccount(t *testing.T) {
	w := live(t, twoSets)
	w.answers(slack.Requester, "adopt", "Say which account")
	w.answers(slack.Requester, "adopt "+accountID, "a name for the Okta application is missing", "adopt "+accountID+" "+label)
	w.answers(slack.Requester, "adopt "+accountID+" x", "naming scheme")
	w.answers(slack.Requester, "adopt "+accountID+" "+label+" role-set=nope", "There is no role set `nope`")
	w.answers(slack.Requester, "adopt "+accountID+" "+label+" role-set=data-platform it is old", "take over what was made by hand in AWS account `"+accountID+"`")
	r := w.request()
	if r.Kind != store.Adopt || !r.Adopt || r.RoleSet != "data-platform" || r.Reason != "it is old" {
		t.Errorf("recorded %+v", r)
	}
	w.update(func(tx *store.Tx) error {
		a, err := tx.Account(accountKey)
		if err == nil {
			err = tx.Planned(&a, []store.Finding{{Key: "a", What: "the role Analyst was made by hand", Foreign: true}}, nil, w.clock.Now())
		}
		return err
	})
	w.tick()
	w.message(slack.AdminChannel, "asks to take over what was made by hand in AWS account", "and link it to Okta as "+label, "The role Analyst was made by hand.", "this takes it over", "[approve]")
	w.agree("asks to take over")
	w.finish()
	w.message(slack.AdminChannel, "is linked*", "Analyst")
}

func TestTakingOverWhatIsInTheWay(t *testing.T) {
	w := live(t)
	w.approved()
	w.fail(byHand)
	m := w.message(slack.AdminChannel, "*Linking", "failed*", "made by somebody else", "/oktaws adopt "+accountID, "[take-over]")
	if dm := w.message(w.slack.DM(slack.Requester), "*Linking", "failed*", "/oktaws adopt "+accountID); says(dm, "[take-over]") {
		t.Error("the button stands outside the admin channel")
	}
	if err := w.slack.Join(slack.Guest, slack.AdminChannel); err != nil {
		t.Fatal(err)
	}
	w.click(slack.Guest, m, "take-over")
	w.told(slack.Guest, "Guests can't use oktaws")
	copied := m
	copied.TS = "1.000001"
	w.clickOld(slack.AdminOne, copied, "take-over")
	w.told(slack.AdminOne, "That is an old message")
	w.click(slack.AdminOne, m, "take-over")
	w.told(slack.AdminOne, "You asked to take over what was made by hand")
	w.tick()
	if now := w.now(m, "<@"+slack.AdminOne+"> asks to take over"); says(now, "[take-over]") {
		t.Error("what was asked for can be asked for again")
	}
	w.clickOld(slack.AdminTwo, m, "take-over")
	w.told(slack.AdminTwo, "request to adopt account "+accountID, "waits for approval already")
	asked := w.message(slack.AdminChannel, "asks to take over", "[approve]")
	w.click(slack.AdminOne, asked, "approve")
	w.told(slack.AdminOne, "Nobody decides on their own request")

	w.click(slack.AdminTwo, asked, "deny")
	w.submit(slack.AdminTwo, w.view(slack.AdminTwo, "Deny the request"), map[string]string{"reason": "no"})
	w.tick()
	m = w.now(m, "[take-over]") // since nothing waits any more
	w.click(slack.AdminOne, m, "take-over")
	w.agree("asks to take over")
	w.tick()
	if now := w.now(m, "asked for anew, since"); says(now, "[take-over]") {
		t.Error("what is being carried out can be asked for again")
	}
	w.clickOld(slack.AdminTwo, m, "take-over")
	w.told(slack.AdminTwo, "That is an old message")
	if a := w.account(accountKey); !a.Adopt || a.State != store.Linking || a.Label != label {
		t.Errorf("the account is %+v", a)
	}
	w.finish()
	w.message(w.slack.DM(slack.AdminOne), "is linked*")
}

func TestAFailureIsNewsAgainAfterARetry(t *testing.T) {
	w := live(t)
	w.approved()
	w.fail(byHand)
	m := w.message(slack.AdminChannel, "[take-over]")
	w.reply(slack.AdminOne, "retry "+accountID)
	w.tick()
	if now := w.now(m, "It was tried again"); says(now, "[take-over]") {
		t.Error("what is tried again can still be taken over")
	}
	w.clickOld(slack.AdminOne, m, "take-over")
	w.told(slack.AdminOne, "already being linked")
	w.fail(byHand)
	if again := w.message(slack.AdminChannel, "[take-over]"); again.TS == m.TS {
		t.Error("the second failure notified nobody")
	}
}

func TestAdoptingAnAccountThatFailedNeedsNoName(t *testing.T) {
	w := live(t)
	w.approved()
	w.answers(slack.Requester, "adopt "+accountID+" "+label, "already being linked")
	w.fail(byHand)
	w.answers(slack.Requester, "adopt "+accountID+" because it is ours", "take over what was made by hand", label)
	if r := w.request(); r.Kind != store.Adopt || r.Reason != "because it is ours" || r.Label != label {
		t.Errorf("recorded %+v", r)
	}
}

func TestSomethingElseThatFailsOffersNothingToTakeOver(t *testing.T) {
	w := live(t)
	w.approved()
	w.fail(store.Problem{Kind: store.Denied, Message: "the role can't be assumed", Remedy: "let it trust oktaws"})
	if m := w.message(slack.AdminChannel, "*Linking", "failed*"); says(m, "[take-over]") {
		t.Error("there is nothing to take over")
	}
}
