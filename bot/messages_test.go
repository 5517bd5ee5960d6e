package bot_test

import (
	"context"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/oktaws/oktaws/internal/sandbox/slack"
	"github.com/oktaws/oktaws/internal/sandbox/wire"
	"github.com/oktaws/oktaws/provision"
	"github.com/oktaws/oktaws/store"
)

// steps is how many steps linking has.
func steps() string {
	return strconv.Itoa(len(provision.Titles(store.Account{Wish: store.Wish{Mode: store.ModeAPI}})))
}

func TestProgressIsEditedInPlace(t *testing.T) {
	w := live(t)
	_, m := w.approved()
	dm := w.message(w.slack.DM(slack.Requester), "0 of "+steps()+" steps")
	thread := w.message(slack.AdminChannel, "0 of "+steps()+" steps")
	if thread.ThreadTS != m.TS || dm.ThreadTS != "" {
		t.Errorf("progress stands in the thread of %q, and of %q for the requester", thread.ThreadTS, dm.ThreadTS)
	}
	titles := provision.Titles(store.Account{Wish: store.Wish{Mode: store.ModeAPI}})
	for i, title := range titles[:3] {
		w.clock.Advance(time.Second)
		w.steps(func(a *store.Account) {
			a.Steps[title.Name] = store.Step{State: store.StepDone}
			a.Steps[titles[i+1].Name] = store.Step{State: store.StepAgain, Due: w.clock.Now().Add(time.Hour), Note: "waiting for <AWS>"}
		})
		for _, p := range []slack.Message{dm, thread} {
			w.now(p, ":white_check_mark: "+title.Title, ":hourglass_flowing_sand: "+titles[i+1].Title+" – waiting for &lt;AWS&gt;")
		}
	}
	if n := w.count(dm.Channel, "steps are done"); n != 1 {
		t.Errorf("%d progress messages", n)
	}
}

func TestEditsKeepTheirDistance(t *testing.T) {
	w := live(t)
	w.approved()
	dm := w.message(w.slack.DM(slack.Requester), "0 of "+steps()+" steps")
	titles := provision.Titles(store.Account{Wish: store.Wish{Mode: store.ModeAPI}})
	finish := func(i int) {
		w.steps(func(a *store.Account) { a.Steps[titles[i].Name] = store.Step{State: store.StepDone} })
	}
	finish(0)
	w.now(dm, "1 of "+steps()+" steps")
	finish(1)
	key := store.MessageKey(store.RequestKey(w.request().ID), "progress", slack.Requester)
	w.stored("the next edit being put off", func(tx *store.ReadTx) bool {
		m, err := tx.Message(key)
		return err == nil && m.Due.Equal(w.clock.Now().Add(time.Second))
	})
	finish(2)
	w.clock.Advance(time.Second)
	now := w.now(dm, "3 of "+steps()+" steps")
	if len(now.Earlier) > 3 {
		t.Errorf("edited %d times", len(now.Earlier))
	}
}

func TestEachFailureAndTheEndAreNews(t *testing.T) {
	w := live(t)
	w.approved()
	dm := w.slack.DM(slack.Requester)
	title := provision.Titles(store.Account{Wish: store.Wish{Mode: store.ModeAPI}})[0]
	fail := func() {
		w.steps(func(a *store.Account) {
			a.Steps[title.Name] = store.Step{State: store.StepFailed, Ended: w.clock.Now(), Problem: &store.Problem{
				Kind: store.Denied, Message: "the role <x> can't be assumed", Remedy: "let it trust oktaws"}}
		})
	}
	fail()
	first := w.message(dm, "*Linking", "failed", title.Title, "The role &lt;x&gt; can't be assumed. *What to do (an admin):* Let it trust oktaws.", "/oktaws retry "+accountID)
	w.message(slack.AdminChannel, "*Linking", "failed", title.Title, "The role &lt;x&gt; can't be assumed. *What to do:* Let it trust oktaws.")
	if got := w.reply(slack.AdminTwo, "status "+accountID); !strings.Contains(got, "failed") || !strings.Contains(got, "can't be assumed") {
		t.Errorf("status: %q", got)
	}
	if err := w.slack.Join(slack.Guest, slack.AdminChannel); err != nil {
		t.Fatal(err)
	}
	if got := w.reply(slack.Requester, "retry "+accountID); !strings.Contains(got, "Trying again") {
		t.Errorf("retry: %q", got)
	}
	if got := w.reply(slack.Requester, "status"); !strings.Contains(got, "In progress") || !strings.Contains(got, "Your requests") {
		t.Errorf("status: %q", got)
	}
	w.clock.Advance(time.Minute)
	fail()
	w.until("a second message about the second failure", func() bool {
		return w.count(dm, "Linking", "failed", title.Title, "retry") == 4 || w.count(dm, "*Linking", "failed") == 2
	})
	if again := w.message(dm, "*Linking", "failed"); again.TS == first.TS {
		t.Error("the second failure notified nobody")
	}
	w.clock.Advance(time.Minute)
	w.steps(func(a *store.Account) {
		a.Known.TileURL = "https://example.okta.com/home/amazon_aws/0oa1/272"
		for name := range a.Steps {
			a.Steps[name] = store.Step{State: store.StepDone}
		}
	})
	w.message(dm, "is linked", "https://example.okta.com/home/amazon_aws/0oa1/272", label+"-PowerUsers")
	w.message(slack.AdminChannel, "is linked")
	if got := w.reply(slack.Requester, "retry "+accountID); !strings.Contains(got, "nothing to retry") {
		t.Errorf("retry: %q", got)
	}
}

func TestOnlyTheRequesterAndApproversRetry(t *testing.T) {
	w := live(t, func(w *world) { w.cfg.Approvers = []string{slack.AdminOne} })
	w.approved()
	if got := w.reply(slack.AdminTwo, "retry "+accountID); !strings.Contains(got, "Only whoever asked for account "+accountID+", or an approver, may retry it") {
		t.Errorf("got %q", got)
	}
	if got := w.reply(slack.AdminOne, "retry "+accountID); !strings.Contains(got, "Trying again") {
		t.Errorf("got %q", got)
	}
}

// pass lets time pass, second by second, until something shows in Slack.
func (w *world) pass(done func() bool) {
	w.Helper()
	for range 120 {
		if done() {
			return
		}
		w.clock.Advance(time.Second)
		w.reply(slack.Requester, "list")
	}
	w.Fatalf("two minutes later:\n%s", w.everything())
}

func TestWhenSlackAsksForAPauseAllPostsWait(t *testing.T) {
	w := live(t)
	refusal := w.hub.Add(wire.Fault{Service: "slack", Operation: "chat.postMessage", Status: 429, RetryAfter: 30})
	w.reply(slack.Requester, "link "+accountID+" "+label)
	w.logged(1, "Slack asks for a pause", "chat.postMessage", "30s")
	before := w.calls("chat.postMessage")
	for range 29 {
		w.clock.Advance(time.Second)
		w.reply(slack.Requester, "list")
	}
	if n := w.calls("chat.postMessage"); n > before+1 { // one may have been on its way
		t.Errorf("%d posts in the pause", n-before)
	}
	w.hub.Remove(refusal)
	w.pass(func() bool {
		return w.count(slack.AdminChannel, label, "[approve]") == 1 && w.count(w.slack.DM(slack.Requester), label, "[withdraw]") == 1
	})
}

func TestAPauseOfEditsHoldsNoPostUp(t *testing.T) {
	w := live(t)
	w.hub.Add(wire.Fault{Service: "slack", Operation: "chat.update", Status: 429, RetryAfter: 30, Times: 1})
	w.reply(slack.Requester, "link "+accountID+" "+label)
	w.logged(1, "Slack asks for a pause", "chat.update")
	w.message(slack.AdminChannel, label)
	w.message(w.slack.DM(slack.Requester), label)
	w.clock.Advance(28 * time.Second)
	w.pass(func() bool {
		return w.count(slack.AdminChannel, label, "[approve]") == 1 && w.count(w.slack.DM(slack.Requester), label, "[withdraw]") == 1
	})
}

func TestAMessageThatDidntReachSlackIsTriedAgain(t *testing.T) {
	w := live(t)
	w.hub.Add(wire.Fault{Service: "slack", Operation: "chat.postMessage", Status: 500, Times: 2})
	w.reply(slack.Requester, "link "+accountID+" "+label)
	for range 2 {
		w.stored("a message being put off", func(tx *store.ReadTx) bool {
			failed := false
			err := tx.MessagesOf(store.RequestKey(w.request().ID), func(m store.Message) bool {
				failed = failed || m.Attempts > 0 && m.Due.After(w.clock.Now())
				return true
			})
			return err == nil && failed || w.count(slack.AdminChannel, label, "[approve]") > 0 && w.count(w.slack.DM(slack.Requester), "[withdraw]") > 0
		})
		w.clock.Advance(10 * time.Second)
	}
	w.message(slack.AdminChannel, label, "[approve]")
	w.message(w.slack.DM(slack.Requester), "[withdraw]")
}

func TestAPostWhoseAnswerWasLostIsPostedAgainAndTheFirstOneHasNoButtons(t *testing.T) {
	w := live(t)
	// Only the message in the admin channel: the hub names the channel as the subject.
	struck := false
	w.hub.Hook(func(c wire.Call) *wire.Fault {
		if c.Operation == "chat.postMessage" && c.Subject == slack.AdminChannel && !struck {
			struck = true
			return &wire.Fault{Cut: "after"}
		}
		return nil
	})
	w.reply(slack.Requester, "link "+accountID+" "+label)
	w.message(slack.AdminChannel, label)
	key := store.MessageKey(store.RequestKey(w.request().ID), "request", slack.AdminChannel)
	w.stored("the post being tried again", func(tx *store.ReadTx) bool {
		m, err := tx.Message(key)
		return err == nil && m.Attempts == 1
	})
	w.clock.Advance(time.Minute)
	w.until("a second post", func() bool { return w.count(slack.AdminChannel, label) == 2 })
	w.click(slack.AdminOne, w.message(slack.AdminChannel, label, "[approve]"), "approve")
	w.message(slack.AdminChannel, "Approved by <@"+slack.AdminOne+">")
	if n := w.count(slack.AdminChannel, label, "[approve]"); n != 0 {
		t.Errorf("%d messages still have buttons", n)
	}
}

func TestARestartCarriesOn(t *testing.T) {
	w := live(t)
	_, m := w.asked()
	w.end()
	w.bot = w.newBot(connection())
	w.start()
	w.click(slack.AdminOne, m, "approve")
	w.now(m, "Approved by <@"+slack.AdminOne+">")
	if n := w.count(slack.AdminChannel, "asks to link"); n != 1 {
		t.Errorf("%d requests in the admin channel", n)
	}
}

func TestEndingFinishesWhatIsUnderWay(t *testing.T) {
	w := live(t)
	_, m := w.tasked()
	gate := make(chan struct{})
	w.provisioner.set(func(p *provisioner) {
		p.secret, p.gate = provision.NewSecret("AKIAIOSFODNN7EXAMPLE", "the-secret"), gate
	})
	w.click(slack.AdminOne, m, "credentials")
	w.view(slack.AdminOne, "Making a key")
	w.stop()
	close(gate)
	if err := <-w.ended; err != nil {
		t.Errorf("the bot ended with %v", err)
	}
	w.stop = nil
	w.view(slack.AdminOne, "the-secret")
}

func TestAWindowThatWaitsForAKeyIsToldThatTheBotEnds(t *testing.T) {
	w := quiet(t)
	w.bot.Grace(time.Millisecond)
	w.start()
	_, m := w.tasked()
	waits := make(chan struct{})
	w.provisioner.set(func(p *provisioner) { p.gate, p.waits = make(chan struct{}), waits }) // the gate never opens
	w.click(slack.AdminOne, m, "credentials")
	w.view(slack.AdminOne, "Making a key")
	<-waits
	w.end()
	w.view(slack.AdminOne, "oktaws was stopped before the key was there", "Show credentials")
}

func TestAPendingRequestMovesWithTheAdminChannel(t *testing.T) {
	w := live(t)
	_, m := w.asked()
	w.end()
	w.cfg.AdminChannel, w.cfg.Approvers, w.cfg.Pipeline.RoleSets = slack.General, []string{slack.AdminOne}, map[string][]provision.RoleSpec{store.DefaultRoleSet: provision.DefaultRoleSet()[:1]}
	w.bot = w.newBot(connection())
	w.start()
	moved := w.message(slack.General, label, "[approve]")
	if old := w.now(m, "This is now decided in <#"+slack.General+">"); says(old, "[approve]") {
		t.Error("the old channel still has buttons")
	}
	if says(moved, "PowerUsers") {
		t.Error("an approver reads of roles that are not configured any more")
	}
	if seen, err := w.slack.ClickOld(w.context(), slack.AdminOne, m, "approve"); err != nil || seen.Error != "" {
		t.Fatal(err, seen.Error)
	}
	w.told(slack.AdminOne, "That is an old message")
	w.click(slack.AdminOne, moved, "approve")
	w.now(moved, "Approved by <@"+slack.AdminOne+">")
}

func TestWhatWasDeliveredIsForgottenInTheEnd(t *testing.T) {
	w := live(t)
	w.reply(slack.Requester, "list")
	seen := func(tx *store.ReadTx) int {
		keys, _, err := tx.Due("seen/")
		if err != nil {
			t.Fatal(err)
		}
		return len(keys)
	}
	w.clock.Advance(store.SeenFor + time.Second)
	w.stored("nothing being remembered", func(tx *store.ReadTx) bool { return seen(tx) == 0 })
	if err := w.store.View(context.Background(), func(tx *store.ReadTx) error { return nil }); err != nil {
		t.Fatal(err)
	}
}
