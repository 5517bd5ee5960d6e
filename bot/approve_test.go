package bot_test

import (
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/oktaws/oktaws/internal/sandbox/slack"
	"github.com/oktaws/oktaws/internal/sandbox/wire"
	"github.com/oktaws/oktaws/store"
)

func TestApproving(t *testing.T) {
	w := live(t)
	_, m := w.asked()
	w.click(slack.AdminOne, m, "approve")
	m = w.now(m, "Approved by <@"+slack.AdminOne+">", "<!date^")
	if says(m, "[approve]") || says(m, "[deny]") {
		t.Error("what is decided still has buttons")
	}
	w.message(w.slack.DM(slack.Requester), "was approved by <@"+slack.AdminOne+">")
	w.stored("the account being due for linking", func(tx *store.ReadTx) bool {
		a, err := tx.Account(accountKey)
		return err == nil && a.Desired == store.WantLinked && a.State == store.Linking && !a.Due.IsZero()
	})
}

func TestNobodyApprovesTheirOwnRequest(t *testing.T) {
	w := live(t)
	if err := w.slack.Join(slack.Requester, slack.AdminChannel); err != nil {
		t.Fatal(err)
	}
	_, m := w.asked()
	w.click(slack.Requester, m, "approve")
	w.told(slack.Requester, "Nobody decides on their own request", "Another admin must decide")
	w.click(slack.Requester, m, "deny")
	if r := w.request(); r.State != store.Pending || len(r.Approvals) != 0 {
		t.Errorf("the request is %s", r.State)
	}
}

func TestAnAnswerThatSlackDoesNotTakeIsPosted(t *testing.T) {
	w := live(t)
	if err := w.slack.Join(slack.Requester, slack.AdminChannel); err != nil {
		t.Fatal(err)
	}
	_, m := w.asked()
	w.hub.Add(wire.Fault{Operation: "response_url", Status: 500})
	w.click(slack.Requester, m, "approve")
	w.told(slack.Requester, "Nobody decides on their own request")
}

func TestOnlyThoseWhomTheConfigurationAllowsMayDecide(t *testing.T) {
	w := live(t, func(w *world) { w.cfg.Approvers = []string{slack.AdminTwo} })
	_, m := w.asked()
	w.click(slack.AdminOne, m, "approve")
	w.told(slack.AdminOne, "Only approvers may do this")
	w.click(slack.AdminOne, m, "deny")
	if err := w.slack.Join(slack.Guest, slack.AdminChannel); err != nil {
		t.Fatal(err)
	}
	w.click(slack.Guest, m, "approve")
	w.told(slack.Guest, "Guests can't use oktaws")
	if views := w.slack.Views(slack.AdminOne); len(views) > 0 {
		t.Error("somebody who may not deny was asked why")
	}
	if r := w.request(); r.State != store.Pending {
		t.Errorf("the request is %s", r.State)
	}
	w.click(slack.AdminTwo, m, "approve")
	w.now(m, "Approved by <@"+slack.AdminTwo+">")
}

func TestWhoLeftTheAdminChannelMayNoLongerDecide(t *testing.T) {
	w := live(t)
	_, m := w.asked()
	if err := w.slack.Leave(slack.AdminTwo, slack.AdminChannel); err != nil {
		t.Fatal(err)
	}
	if err := w.slack.Join(slack.AdminTwo, slack.AdminChannel); err != nil {
		t.Fatal(err)
	}
	w.click(slack.AdminTwo, m, "deny")
	form := w.view(slack.AdminTwo, "Deny the request")
	if err := w.slack.Leave(slack.AdminTwo, slack.AdminChannel); err != nil {
		t.Fatal(err)
	}
	w.clock.Advance(5 * time.Second)
	seen := w.submit(slack.AdminTwo, form, map[string]string{"reason": "no"})
	if seen.View == nil || !strings.Contains(string(seen.View.Blocks), "Only the members of") {
		t.Errorf("the form became %+v", seen)
	}
	if r := w.request(); r.State != store.Pending {
		t.Errorf("the request is %s", r.State)
	}
}

func TestWhoBecameAGuestMayNoLongerDecide(t *testing.T) {
	w := live(t)
	_, m := w.asked()
	w.click(slack.AdminTwo, m, "deny")
	form := w.view(slack.AdminTwo, "Deny the request")
	w.slack.AddPerson(slack.Person{ID: slack.AdminTwo, Name: "admin-two", Restricted: true})
	w.clock.Advance(3 * time.Second)
	seen := w.submit(slack.AdminTwo, form, map[string]string{"reason": "no"})
	if seen.View == nil || !strings.Contains(string(seen.View.Blocks), "Guests can't use oktaws") {
		t.Errorf("the form became %+v", seen)
	}
	if r := w.request(); r.State != store.Pending {
		t.Errorf("the request is %s", r.State)
	}
}

func TestDenyingTellsTheRequesterWhy(t *testing.T) {
	w := live(t)
	_, m := w.asked()
	w.click(slack.AdminOne, m, "deny")
	form := w.view(slack.AdminOne, "Deny the request", label)
	if seen := w.submit(slack.AdminOne, form, map[string]string{"reason": "   "}); seen.Errors["reason"] == "" {
		t.Errorf("a denial without a reason became %+v", seen)
	}
	if seen := w.submit(slack.AdminOne, form, map[string]string{"reason": "use <the> other one"}); seen.Action != "close" {
		t.Fatalf("the form became %+v", seen)
	}
	m = w.now(m, "Denied by <@"+slack.AdminOne+">", "use &lt;the&gt; other one")
	if says(m, "[approve]") {
		t.Error("what is denied can still be approved")
	}
	w.message(w.slack.DM(slack.Requester), "was denied by <@"+slack.AdminOne+">", "use &lt;the&gt; other one")
}

func TestTwoClicksMakeOneDecision(t *testing.T) {
	for range 5 {
		w := live(t)
		_, m := w.asked()
		var clicks sync.WaitGroup
		for _, admin := range []string{slack.AdminOne, slack.AdminTwo} {
			clicks.Go(func() {
				seen, err := w.slack.ClickOld(w.context(), admin, m, "approve")
				if err != nil || seen.Error != "" {
					t.Errorf("%s: %v, %s", admin, err, seen.Error)
				}
			})
		}
		clicks.Wait()
		r := w.request()
		if r.State != store.Approved || len(r.Approvals) != 1 {
			t.Fatalf("%s with %d approvals", r.State, len(r.Approvals))
		}
		winner, loser := slack.AdminOne, slack.AdminTwo
		if r.Decided.By.ID == loser {
			winner, loser = loser, winner
		}
		w.now(m, "Approved by <@"+winner+">")
		w.told(loser, "already approved by <@"+winner+">", "<!date^")
		if told := w.slack.Ephemerals(winner); len(told) > 0 {
			t.Errorf("the winner was told %s", said(told[0]))
		}
	}
}

func TestDenyingWhatSomebodyApprovedMeanwhile(t *testing.T) {
	w := live(t)
	_, m := w.asked()
	w.click(slack.AdminTwo, m, "deny")
	form := w.view(slack.AdminTwo, "Deny the request")
	w.click(slack.AdminOne, m, "approve")
	w.now(m, "Approved by <@"+slack.AdminOne+">")
	seen := w.submit(slack.AdminTwo, form, map[string]string{"reason": "no"})
	if seen.Action != "update" || !strings.Contains(string(seen.View.Blocks), "already approved by") {
		t.Errorf("the form became %+v", seen)
	}
	if r := w.request(); r.State != store.Approved {
		t.Errorf("the request is %s", r.State)
	}
}

func TestSeveralApprovals(t *testing.T) {
	w := live(t, func(w *world) { w.cfg.Required = 2 })
	_, m := w.asked()
	w.click(slack.AdminOne, m, "approve")
	w.told(slack.AdminOne, "1 more approval is still needed")
	m = w.now(m, "<@"+slack.AdminOne+"> approved", "1 more approval is needed", "[approve]")
	w.click(slack.AdminOne, m, "approve")
	w.told(slack.AdminOne, "You have approved this request already")
	w.clock.Advance(time.Second) // edits of one message keep their distance
	w.click(slack.AdminTwo, m, "approve")
	w.now(m, "Approved by <@"+slack.AdminTwo+">")
}

func TestButtonsOfOldMessages(t *testing.T) {
	w := live(t)
	_, m := w.asked()
	copied := m
	copied.TS = "1.000001" // another message with the same buttons
	if seen, err := w.slack.ClickOld(w.context(), slack.AdminOne, copied, "approve"); err != nil || seen.Error != "" {
		t.Fatal(err, seen.Error)
	}
	w.told(slack.AdminOne, "That is an old message")
	if r := w.request(); r.State != store.Pending {
		t.Errorf("a click on an old message made the request %s", r.State)
	}
	dm := w.message(w.slack.DM(slack.Requester), "[withdraw]")
	w.click(slack.Requester, dm, "withdraw")
	w.now(m, "Withdrawn by")
	if seen, err := w.slack.ClickOld(w.context(), slack.AdminOne, m, "approve"); err != nil || seen.Error != "" {
		t.Fatal(err, seen.Error)
	}
	w.told(slack.AdminOne, "This request was withdrawn by <@"+slack.Requester+">")
}

func TestARequestThatNobodyDecidesExpires(t *testing.T) {
	w := live(t)
	_, m := w.asked()
	w.stored("the request being planned", func(tx *store.ReadTx) bool {
		r, err := tx.Request(w.request().ID)
		return err == nil && r.Due.Equal(r.Expires)
	})
	w.clock.Advance(w.cfg.ExpireAfter)
	m = w.now(m, "Expired", "nobody decided in time")
	if says(m, "[approve]") {
		t.Error("what has expired can still be approved")
	}
	w.message(w.slack.DM(slack.Requester), "Your request", "expired")
}
