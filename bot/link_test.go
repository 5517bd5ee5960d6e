package bot_test

import (
	"strings"
	"testing"

	"github.com/oktaws/oktaws/internal/sandbox/slack"
	"github.com/oktaws/oktaws/internal/sandbox/wire"
	"github.com/oktaws/oktaws/store"
)

func TestAskingInOneLine(t *testing.T) {
	w := live(t)
	if got := w.reply(slack.Requester, "link 1111-2222-3333 "+label+" for <mail> & co"); !strings.Contains(got, accountID) || !strings.Contains(got, label) {
		t.Errorf("the answer is %q", got)
	}
	w.message(slack.AdminChannel, "<@"+slack.Requester+">", accountID, label, "for &lt;mail&gt; &amp; co", label+"-Administrator", "ReadOnlyAccess", "[approve]", "[deny]")
	w.message(w.slack.DM(slack.Requester), "You asked", label, "[withdraw]")
	r := w.request()
	if r.Reason != "for <mail> & co" || r.Requester != (store.Person{ID: slack.Requester, Team: slack.Team}) || r.State != store.Pending || r.Required != 1 {
		t.Errorf("recorded %+v", r)
	}
	if want := w.clock.Now().Add(w.cfg.ExpireAfter); !r.Expires.Equal(want) {
		t.Errorf("it expires %v, not %v", r.Expires, want)
	}
}

func TestAskingWithTheForm(t *testing.T) {
	w := live(t)
	w.command(slack.Requester, "link")
	form := w.view(slack.Requester, "Link an AWS account")
	seen := w.submit(slack.Requester, form, map[string]string{"account": "11112222333", "label": "no good name", "reason": ""})
	if !strings.Contains(seen.Errors["account"], "11 digits") || !strings.Contains(seen.Errors["label"], "naming scheme") {
		t.Fatalf("the form says %v", seen.Errors)
	}
	seen = w.submit(slack.Requester, form, map[string]string{"account": "1111-2222-3333", "label": label, "reason": "two\nlines"})
	if seen.Action != "close" {
		t.Fatalf("the form became %+v", seen)
	}
	w.message(slack.AdminChannel, label, "> two\n> lines", "[approve]")

	w.command(slack.Requester, "link "+accountID)
	seen = w.submit(slack.Requester, w.view(slack.Requester, "Link an AWS account"), map[string]string{"label": "Another-Name"})
	if !strings.Contains(seen.Errors["account"], "already asked for by somebody") {
		t.Errorf("asking twice: %+v", seen)
	}
}

func TestWrongInputIsAnsweredAtOnceToThatPersonAlone(t *testing.T) {
	w := live(t)
	for text, want := range map[string][]string{
		"":                               {"/oktaws link", "/oktaws status", "111122223333"},
		"help":                           {"/oktaws withdraw"},
		"lnik " + accountID:              {"Did you mean `/oktaws link`?"},
		"frobnicate":                     {"doesn't know `frobnicate`", "/oktaws help"},
		accountID:                        {"/oktaws link " + accountID},
		"link 11112222333 " + label:      {"11 digits, not 12", "111122223333"},
		"link gmail " + label:            {"`gmail` is not an AWS account ID", "111122223333"},
		"link " + accountID + " x":       {"naming scheme", label},
		"link " + accountID + " <!here>": {"naming scheme", "&lt;!here&gt;"},
		"status 12":                      {"2 digits, not 12"},
		"status 999999999999":            {"is not known", "/oktaws link"},
		"retry":                          {"Say which account", "/oktaws retry 111122223333"},
		"retry 999999999999":             {"is not known"},
		"withdraw 999999999999":          {"is not known"},
		"status":                         {"Nothing is going on"},
		"list":                           {"No AWS account was asked for yet"},
	} {
		got := w.reply(slack.Requester, text)
		for _, s := range want {
			if !strings.Contains(got, s) {
				t.Errorf("/oktaws %s: %q doesn't say %q", text, got, s)
			}
		}
	}
	if n := len(w.slack.Messages(slack.AdminChannel)); n != 0 {
		t.Errorf("wrong input put %d messages into the admin channel", n)
	}
}

func TestAnAccountOrANameThatIsTaken(t *testing.T) {
	w := live(t)
	_, m := w.asked()
	if got := w.reply(slack.AdminTwo, "link "+accountID+" Other-Name"); !strings.Contains(got, "already asked for by <@"+slack.Requester+">") {
		t.Errorf("asked for already: %q", got)
	}
	if got := w.reply(slack.AdminTwo, "link 444455556666 "+label); !strings.Contains(got, "is taken by account "+accountID) {
		t.Errorf("the name is taken: %q", got)
	}
	w.click(slack.AdminOne, m, "approve")
	w.now(m, "Approved by")
	if got := w.reply(slack.AdminTwo, "link "+accountID+" Other-Name"); !strings.Contains(got, "already being linked") {
		t.Errorf("being linked: %q", got)
	}
	w.steps(func(a *store.Account) {
		for name := range a.Steps {
			a.Steps[name] = store.Step{State: store.StepDone}
		}
	})
	if got := w.reply(slack.AdminTwo, "link "+accountID+" Other-Name"); !strings.Contains(got, "already linked") {
		t.Errorf("linked: %q", got)
	}
}

func TestGuestsAndPeopleOfOtherWorkspacesAreRefused(t *testing.T) {
	w := live(t)
	for user, channel := range map[string]string{slack.Guest: slack.General, slack.ChannelGuest: slack.SharedChannel, slack.Stranger: slack.SharedChannel} {
		for _, text := range []string{"link " + accountID + " " + label, "list", "link", "help"} {
			seen := w.commandIn(user, channel, text)
			if seen.Reply == nil || !says(*seen.Reply, ":no_entry_sign:") || len(w.slack.Views(user)) > 0 {
				t.Errorf("%s may /oktaws %s", user, text)
			}
		}
	}
	if n := len(w.slack.Messages(slack.AdminChannel)); n != 0 {
		t.Errorf("%d messages in the admin channel", n)
	}
}

func TestSomebodyWhoBecomesAGuestIsRefusedWithinAMinute(t *testing.T) {
	w := live(t)
	w.reply(slack.Requester, "list")
	w.slack.AddPerson(slack.Person{ID: slack.Requester, Name: "requester", Restricted: true})
	w.clock.Advance(61e9)
	if got := w.reply(slack.Requester, "list"); !strings.Contains(got, "Guests can't use oktaws") {
		t.Errorf("a guest got %q", got)
	}
}

func TestNobodyMayAnythingWhileSlackCannotBeAsked(t *testing.T) {
	w := live(t)
	fault := w.hub.Add(wire.Fault{Service: "slack", Operation: "users.info", Status: 500})
	if got := w.reply(slack.Requester, "link "+accountID+" "+label); !strings.Contains(got, "Slack couldn't be asked who you are, so nothing was changed") {
		t.Errorf("got %q", got)
	}
	w.hub.Remove(fault)
	_, m := w.asked()
	w.hub.Add(wire.Fault{Service: "slack", Operation: "conversations.members", DelayMillis: 60_000, Status: 500})
	w.click(slack.AdminOne, m, "approve") // is acknowledged within 3 s all the same
	w.told(slack.AdminOne, "Slack couldn't be asked who the admins are")
	if r := w.request(); r.State != store.Pending || len(r.Approvals) != 0 {
		t.Errorf("the request is %s", r.State)
	}
}

func TestADeliveryThatComesTwiceIsDoneOnce(t *testing.T) {
	w := live(t)
	w.slack.DeliverTwice(1)
	w.reply(slack.Requester, "link "+accountID+" "+label)
	m := w.message(slack.AdminChannel, label, "[approve]")
	w.slack.DeliverTwice(1)
	w.click(slack.AdminOne, m, "approve")
	w.now(m, "Approved by <@"+slack.AdminOne+">")
	if !w.slack.Redeliver() {
		t.Fatal("nothing was sent again")
	}
	w.message(w.slack.DM(slack.Requester), "was approved by")
	w.reply(slack.AdminTwo, "list") // by now, what was sent again has been taken
	if told := w.slack.Ephemerals(slack.AdminOne); len(told) != 0 {
		t.Errorf("the second delivery was answered: %s", said(told[0]))
	}
	if n := w.count(slack.AdminChannel, label, "asks to link"); n != 1 {
		t.Errorf("%d requests in the admin channel", n)
	}
	if r := w.request(); len(r.Approvals) != 1 {
		t.Errorf("%d approvals", len(r.Approvals))
	}
}

func TestWithdrawing(t *testing.T) {
	w := live(t)
	_, m := w.asked()
	if got := w.reply(slack.AdminOne, "withdraw "+accountID); !strings.Contains(got, "Only who asked may withdraw") {
		t.Errorf("somebody else: %q", got)
	}
	dm := w.message(w.slack.DM(slack.Requester), "[withdraw]")
	w.click(slack.Requester, dm, "withdraw")
	w.now(m, "Withdrawn by <@"+slack.Requester+">")
	if n := w.count(slack.AdminChannel, "[approve]"); n != 0 {
		t.Error("what is withdrawn can still be approved")
	}
	w.now(dm, "withdrawn")
	w.asked()
	if got := w.reply(slack.Requester, "withdraw "+accountID); !strings.Contains(got, "is withdrawn") {
		t.Errorf("by command: %q", got)
	}
	if got := w.reply(slack.Requester, "withdraw "+accountID); !strings.Contains(got, "No request for account "+accountID+" waits for a decision") {
		t.Errorf("a second time: %q", got)
	}
}
