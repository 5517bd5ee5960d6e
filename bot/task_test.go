package bot_test

import (
	"strings"
	"testing"
	"time"

	"github.com/oktaws/oktaws/internal/sandbox/slack"
	"github.com/oktaws/oktaws/internal/sandbox/wire"
	"github.com/oktaws/oktaws/provision"
	"github.com/oktaws/oktaws/store"
)

const adminURL = "https://example-admin.okta.com/admin/app/amazon_aws/instance/0oa1/#tab-user-management"

// tasked has the account approved and its task opened, and returns the task and its message to the first admin.
func (w *world) tasked() (store.Task, slack.Message) {
	w.Helper()
	w.approved()
	var task store.Task
	w.steps(func(a *store.Account) { a.Known.AdminURL = adminURL })
	w.update(func(tx *store.Tx) error {
		a, err := tx.Account(accountKey)
		if err != nil {
			return err
		}
		task, err = tx.OpenTask(a, store.EnableProvisioning, nil, time.Hour)
		return err
	})
	return task, w.message(w.slack.DM(slack.AdminOne), "Your turn", "[credentials]")
}

func TestTheAssigneeIsToldWhatToDo(t *testing.T) {
	w := live(t)
	_, m := w.tasked()
	if !says(m, accountID, label, adminURL, "1. ", "Configure API Integration", "Enable API integration", "Test API Credentials",
		"To App", "Create Users", "Update User Attributes", "[visit]", "[done]", "[snooze]") {
		t.Errorf("the assignee reads %s", said(m))
	}
	w.click(slack.AdminOne, m, "visit") // a link's click is acknowledged, and nothing else
}

func TestDoneSaysWhatIsStillMissing(t *testing.T) {
	w := live(t)
	_, m := w.tasked()
	w.provisioner.set(func(p *provisioner) { p.missing = []string{"enable API integration", "tick Create Users"} })
	w.click(slack.AdminOne, m, "done")
	w.told(slack.AdminOne, "Not everything is there yet", ":black_square_button: Enable API integration.", "Tick Create Users.")
	m = w.now(m, "Still missing", "Tick Create Users.", "[done]")

	w.provisioner.set(func(p *provisioner) {
		p.err = &store.Error{Kind: store.Transient, Message: "Okta can't be reached", Remedy: "Try again in a minute."}
	})
	w.click(slack.AdminOne, m, "done")
	w.told(slack.AdminOne, "Okta can't be reached. Try again in a minute.")

	w.clock.Advance(time.Second)
	w.provisioner.set(func(p *provisioner) { p.err, p.missing = nil, nil })
	w.click(slack.AdminOne, m, "done")
	w.told(slack.AdminOne, "everything is done. Thank you!")
	m = w.now(m, "*Done:*", "Seen <!date^")
	if says(m, "[done]") || says(m, "[credentials]") {
		t.Error("what is done still has buttons")
	}
}

func TestATaskIsSeenToBeDoneAlsoWhenNobodyClicks(t *testing.T) {
	w := live(t)
	task, m := w.tasked()
	w.update(func(tx *store.Tx) error { _, err := tx.CheckedTask(task.ID, nil); return err })
	w.now(m, "*Done:*")
	if n := w.count(m.Channel, "Your turn"); n != 0 {
		t.Error("the task is still asked for")
	}
}

func TestRemindersComeUntilItIsDone(t *testing.T) {
	w := live(t)
	task, first := w.tasked()
	w.clock.Advance(time.Hour)
	second := w.message(first.Channel, "Reminder", "[done]")
	if old := w.now(first, "A newer message takes the place"); says(old, "[done]") || says(old, "[credentials]") {
		t.Error("the first message still has buttons")
	}
	if seen, err := w.slack.ClickOld(w.context(), slack.AdminOne, first, "done"); err != nil || seen.Error != "" {
		t.Fatal(err, seen.Error)
	}
	w.told(slack.AdminOne, "That is an old message")
	w.stored("the next reminder being planned", func(tx *store.ReadTx) bool {
		t, err := tx.Task(task.ID)
		return err == nil && t.Due.Equal(w.clock.Now().Add(24*time.Hour))
	})
	w.clock.Advance(24 * time.Hour)
	w.now(second, "A newer message takes the place")
	third := w.message(first.Channel, "Reminder", "[done]")
	if third.TS == second.TS {
		t.Error("the second reminder notified nobody")
	}
	w.click(slack.AdminOne, third, "done")
	w.now(third, "*Done:*")
	w.clock.Advance(100 * time.Hour)
	w.reply(slack.AdminOne, "list")
	if n := w.count(first.Channel, "Reminder"); n != 0 {
		t.Errorf("%d reminders of what is done", n)
	}
}

func TestSnoozing(t *testing.T) {
	w := live(t)
	task, m := w.tasked()
	choose := func(choice string, want time.Time) {
		t.Helper()
		seen, err := w.slack.Select(w.context(), slack.AdminOne, m.Channel, m.TS, "snooze", choice+" "+task.ID)
		if err != nil || seen.Error != "" {
			t.Fatal(err, seen.Error)
		}
		w.stored("snoozed until "+want.String(), func(tx *store.ReadTx) bool {
			t, err := tx.Task(task.ID)
			return err == nil && t.RemindAt.Equal(want) && t.Due.Equal(want)
		})
	}
	choose("4h", w.clock.Now().Add(4*time.Hour))
	w.now(m, "Snoozed by <@"+slack.AdminOne+">")
	choose("tomorrow", time.Date(2026, 11, 24, 14, 0, 0, 0, time.UTC)) // 9:00 in New York
	w.clock.Advance(2 * time.Hour)
	w.reply(slack.AdminOne, "list")
	if n := w.count(m.Channel, "Reminder"); n != 0 {
		t.Error("a snoozed task was reminded of")
	}
	w.clock.Advance(24 * time.Hour)
	w.message(m.Channel, "Reminder")
}

func TestOnlyTheAssigneeMayWorkOnATask(t *testing.T) {
	w := live(t)
	_, m := w.tasked()
	stolen := m
	stolen.Channel = slack.General
	for _, action := range []string{"credentials", "done"} {
		if seen, err := w.slack.ClickOld(w.context(), slack.Requester, stolen, action); err != nil || seen.Error != "" {
			t.Fatal(err, seen.Error)
		}
	}
	w.told(slack.Requester, "That is an old message")
	w.slack.AddPerson(slack.Person{ID: slack.AdminOne, Name: "admin-one", UltraRestricted: true, Restricted: true})
	w.clock.Advance(2 * time.Minute)
	w.click(slack.AdminOne, m, "credentials")
	w.told(slack.AdminOne, "Guests can't use oktaws")
	if w.provisioner.made != 0 || len(w.slack.Views(slack.Requester)) != 0 {
		t.Error("credentials were made for somebody who may not see them")
	}
}

func TestCredentialsAreShownOnceInAModalAndNowhereElse(t *testing.T) {
	const secret = "wJalrXUtnFEMIK7MDENGbPxRfiCYEXAMPLEKEY12"
	w := live(t)
	_, m := w.tasked()
	gate := make(chan struct{})
	w.provisioner.set(func(p *provisioner) { p.secret, p.gate = provision.NewSecret("AKIAIOSFODNN7EXAMPLE", secret), gate })
	w.click(slack.AdminOne, m, "credentials")
	first := w.view(slack.AdminOne, "Making a key")
	close(gate)
	shown := w.view(slack.AdminOne, secret, "AKIAIOSFODNN7EXAMPLE", "shown this once")
	if shown.ID != first.ID || strings.Contains(shown.PrivateMetadata, secret) {
		t.Errorf("shown in %+v", shown)
	}
	w.now(m, "AKIAIOSFODNN7EXAMPLE", "were shown to <@"+slack.AdminOne+">")
	messages, _ := w.slack.AllTexts()
	for _, text := range messages {
		if strings.Contains(text, secret) {
			t.Errorf("the secret stands in a message: %s", text)
		}
	}
}

func TestCredentialsThatCannotBeMade(t *testing.T) {
	w := live(t)
	_, m := w.tasked()
	w.provisioner.set(func(p *provisioner) {
		p.err = &store.Error{Kind: store.Conflict, Message: "Okta uses a key already", Remedy: "There is nothing to paste."}
	})
	w.click(slack.AdminOne, m, "credentials")
	w.view(slack.AdminOne, "Okta uses a key already. There is nothing to paste.")
}

func TestNoKeyIsMadeWhereTheWindowDidntOpen(t *testing.T) {
	w := live(t)
	_, m := w.tasked()
	w.hub.Add(wire.Fault{Service: "slack", Operation: "views.open", Status: 200, Code: "expired_trigger_id", Times: 1})
	w.click(slack.AdminOne, m, "credentials")
	w.told(slack.AdminOne, "didn't open the window in time")
	w.provisioner.set(func(p *provisioner) {
		if p.made != 0 {
			t.Errorf("%d keys were made", p.made)
		}
	})
}

func TestAWindowThatWasClosedMeanwhile(t *testing.T) {
	w := live(t)
	_, m := w.tasked()
	gate := make(chan struct{})
	w.provisioner.set(func(p *provisioner) { p.secret, p.gate = provision.NewSecret("AKIAIOSFODNN7EXAMPLE", "s"), gate })
	w.click(slack.AdminOne, m, "credentials")
	if err := w.slack.CloseView(w.context(), slack.AdminOne, w.view(slack.AdminOne, "Making a key").ID); err != nil {
		t.Fatal(err)
	}
	close(gate)
	w.told(slack.AdminOne, "nobody has seen it", "Show credentials")
}
