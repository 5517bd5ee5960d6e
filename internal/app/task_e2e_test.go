package app_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/oktaws/oktaws/internal/app"
	"github.com/oktaws/oktaws/internal/sandbox/aws"
	"github.com/oktaws/oktaws/internal/sandbox/slack"
	"github.com/oktaws/oktaws/store"
)

// taskOn waits for the DM that asks a person to enable provisioning for the account, with its buttons.
func (r *rig) taskOn(user, account string) (found slack.Message) {
	r.Helper()
	r.until("a task for "+user+" on "+account, func() bool {
		m, ok := r.openTask(user, account)
		found = m
		return ok
	})
	return found
}

// openTask is the message in which a person can work on the account's task now.
func (r *rig) openTask(user, account string) (found slack.Message, ok bool) {
	for _, m := range r.Slack.Messages(r.Slack.DM(user)) {
		if has(m, "credentials") && strings.Contains(m.Text, account) {
			found, ok = m, true
		}
	}
	return found, ok
}

// kept is the account's task as the store has it.
func kept(t *testing.T, a *app.App, account string) (task store.Task) {
	t.Helper()
	if err := a.Store.View(t.Context(), func(tx *store.ReadTx) error {
		return tx.Tasks(func(each store.Task) bool {
			if each.Account.ID == account {
				task = each
			}
			return true
		})
	}); err != nil {
		t.Fatal(err)
	}
	return task
}

// asks has the requester ask for an account and an admin approve.
func (r *rig) asks(account, label string) {
	r.Helper()
	r.says(slack.Requester, "link "+account+" "+label)
	r.clicks(slack.AdminOne, r.request(account), "approve")
}

// done clicks Done and returns what the person reads in answer.
func (r *rig) done(user string, m slack.Message) string {
	r.Helper()
	return r.alone(user, func() { r.clicks(user, m, "done") })
}

// keys are the IDs of the access keys that Okta's user in the account has.
func (r *rig) keys(account string) (ids []string) {
	for _, k := range r.AWS.AccessKeys(account, "OktaSSOuser") {
		ids = append(ids, k.ID)
	}
	return ids
}

func TestTaskIsDoneWhenItIsSeenToBeDone(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.serve()
	r.asks(gmail, label)
	task := r.taskOn(slack.AdminOne, gmail)
	if n := len(r.keys(gmail)); n != 0 {
		t.Errorf("%d keys before anybody wanted to see one", n)
	}
	all := []string{"API integration is not enabled", "Create Users is not enabled", "Update User Attributes is not enabled"}
	mustSay(t, r.done(slack.AdminOne, task), append(all, "Not everything is there yet")...)

	firstID, firstSecret := r.credentials(slack.AdminOne, task)
	secondID, secondSecret := r.again(slack.AdminOne, task, firstSecret)
	if got := r.keys(gmail); firstID == secondID || !slices.Equal(got, []string{secondID}) {
		t.Errorf("keys %v, want only the second of %s and %s", got, firstID, secondID)
	}
	r.find(r.Slack.DM(slack.AdminOne), secondID)

	application := r.application(label).ID
	for name, key := range map[string][2]string{
		"the deleted key":     {firstID, firstSecret},
		"a mistyped secret":   {secondID, strings.ToLower(secondSecret)},
		"the deleted secret":  {secondID, firstSecret},
		"no secret":           {secondID, ""},
		"another's access ID": {"AKIAIOSFODNN7EXAMPLE", secondSecret},
	} {
		status, answer := r.admin(application, "api-integration", map[string]any{"enabled": true, "accessKey": key[0], "secretKey": key[1]})
		if status == http.StatusOK {
			t.Errorf("Okta takes %s: %s", name, answer)
		}
	}
	mustSay(t, r.done(slack.AdminOne, task), all...)

	if status, answer := r.admin(application, "api-integration", map[string]any{"enabled": true, "accessKey": secondID, "secretKey": secondSecret}); status != http.StatusOK {
		t.Fatalf("Okta refuses the key: %d %s", status, answer)
	}
	said := r.done(slack.AdminOne, task)
	mustSay(t, said, all[1:]...)
	if strings.Contains(said, all[0]) {
		t.Errorf("API integration is enabled: %s", said)
	}
	r.ticks(application, true, false)
	said = r.done(slack.AdminOne, task)
	mustSay(t, said, all[2])
	if strings.Contains(said, all[0]) || strings.Contains(said, all[1]) {
		t.Errorf("only one tick is missing: %s", said)
	}
	r.find(r.Slack.DM(slack.AdminOne), all[2])
	mustSay(t, r.types(slack.Requester, "status "+gmail), "waiting for a person")
	r.clicks(slack.AdminOne, task, "credentials")
	r.until("the refusal of a third key", func() bool {
		views := r.Slack.Views(slack.AdminOne)
		return len(views) > 0 && strings.Contains(string(views[0].Blocks), "enabled already")
	})
	if got := r.keys(gmail); !slices.Equal(got, []string{secondID}) {
		t.Errorf("keys %v: Okta uses %s", got, secondID)
	}
	r.ticks(application, false, true)
	said = r.done(slack.AdminOne, task)
	mustSay(t, said, all[1])
	if strings.Contains(said, all[2]) {
		t.Errorf("only one tick is missing: %s", said)
	}

	// Nobody clicks Done after the last tick.
	r.ticks(application, true, true)
	r.find(r.Slack.DM(slack.Requester), "is linked to Okta")
	m := r.find(r.Slack.DM(slack.AdminOne), "Done: provisioning")
	if has(m, "done") || has(m, "credentials") {
		t.Errorf("the finished task has buttons still: %s", m.Blocks)
	}
	mustSay(t, r.types(slack.Requester, "status "+gmail), gmail, "linked")
}

// again clicks Show credentials once more, and reads the modal once it shows another secret.
func (r *rig) again(user string, m slack.Message, before string) (id, secret string) {
	r.Helper()
	r.clicks(user, m, "credentials")
	r.until("other credentials", func() bool {
		var shown bool
		id, secret, shown = r.shown(user)
		return shown && secret != before
	})
	return id, secret
}

// ticks sets the two ticks in Okta.
func (r *rig) ticks(application string, create, update bool) {
	r.Helper()
	if status, answer := r.admin(application, "to-app", map[string]any{"createUsers": create, "updateAttributes": update}); status != http.StatusOK {
		r.Fatalf("Okta refuses the ticks: %d %s", status, answer)
	}
}

// snoozes chooses from the menu Snooze.
func (r *rig) snoozes(user string, m slack.Message, choice string) {
	r.Helper()
	value := regexp.MustCompile(`"value":"(` + choice + ` [^"]+)"`).FindStringSubmatch(string(m.Blocks))
	if value == nil {
		r.Fatalf("%s is not offered: %s", choice, m.Blocks)
	}
	seen, err := r.Slack.Select(r.Context(), user, m.Channel, m.TS, "snooze", value[1])
	if err != nil || seen.Error != "" {
		r.Fatalf("%s snoozes: %v %s", user, err, seen.Error)
	}
}

func TestTaskRemindsOnSchedule(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	a := r.serve()
	const other = aws.AccountAnalytics
	r.asks(gmail, label)
	r.asks(other, "Analytics")
	first := map[string]slack.Message{gmail: r.taskOn(slack.AdminOne, gmail), other: r.taskOn(slack.AdminOne, other)}

	// The first reminder, an hour later: a new message, since nobody hears of an edit. The buttons move there.
	for _, account := range []string{gmail, other} {
		if task := kept(t, a, account); task.RemindAt.Sub(task.Created) != time.Hour || task.Reminders != 0 {
			t.Errorf("the first reminder of %s comes after %s", account, task.RemindAt.Sub(task.Created))
		}
	}
	r.clock.Advance(59 * time.Minute)
	for _, account := range []string{gmail, other} {
		m := r.reminded(account, 1)
		mustSay(t, m.Text, "Reminder:", account)
		if m.TS == first[account].TS {
			t.Error("the reminder is an edit")
		}
		r.until("the first message without buttons", func() bool {
			for _, old := range r.Slack.Messages(m.Channel) {
				if old.TS == first[account].TS {
					return !has(old, "done") && !has(old, "credentials") && strings.Contains(old.Text, "newer message")
				}
			}
			return false
		})
		for _, action := range []string{"done", "credentials"} {
			mustSay(t, r.clicksOld(slack.AdminOne, first[account], action), "old message")
		}
	}
	if len(r.keys(gmail)) != 0 || len(r.Slack.Views(slack.AdminOne)) != 0 {
		t.Error("an old button did something")
	}

	// Snoozed for four hours: the next one comes then, and not before.
	r.snoozes(slack.AdminOne, r.reminded(gmail, 1), "4h")
	snoozed := r.waitFor(a, gmail, "a snooze", func(t store.Task) bool { return t.Snoozed != nil })
	if by := snoozed.Snoozed; by.By.ID != slack.AdminOne || by.Until.Sub(by.At).Round(time.Minute) != 4*time.Hour || !snoozed.RemindAt.Equal(by.Until) {
		t.Errorf("snoozed %+v, next reminder %s", by, snoozed.RemindAt)
	}
	mustSay(t, words(r.find(r.Slack.DM(slack.AdminOne), "Snoozed by")), "the next reminder comes")
	r.clock.Advance(3 * time.Hour)
	r.settledAt(a, gmail)
	if n := kept(t, a, gmail).Reminders; n != 1 {
		t.Errorf("%d reminders although it is snoozed", n)
	}
	r.clock.Advance(time.Hour)
	r.reminded(gmail, 2)

	// Until tomorrow at nine, by the clock of who chose it.
	r.snoozes(slack.AdminOne, r.reminded(other, 1), "tomorrow")
	task := r.waitFor(a, other, "a snooze", func(t store.Task) bool { return t.Snoozed != nil })
	here, err := time.LoadLocation("America/New_York") // as Slack says of this admin
	if err != nil {
		t.Fatal(err)
	}
	at, until := task.Snoozed.At.In(here), task.RemindAt.In(here)
	if until.Hour() != 9 || until.Minute() != 0 || until.YearDay() != at.AddDate(0, 0, 1).YearDay() {
		t.Errorf("at %s it was snoozed until %s", at, until)
	}
	r.clock.Advance(task.RemindAt.Sub(r.clock.Now()))
	r.reminded(other, 2)

	// Once it is seen to be done, reminders end; the other task's go on, a day apart. By now the first account's may
	// have come again, and the buttons moved on.
	now := r.clock.Now()
	newest := r.waitFor(a, gmail, "no reminder left over", func(t store.Task) bool { return t.RemindAt.After(now) })
	id, secret := r.credentials(slack.AdminOne, r.reminded(gmail, newest.Reminders))
	r.enable(r.application(label).ID, id, secret)
	r.find(r.Slack.DM(slack.Requester), gmail+" is linked to Okta")
	r.find(r.Slack.DM(slack.AdminOne), "Done: provisioning")
	ended := r.waitFor(a, gmail, "nothing planned", func(t store.Task) bool { return t.State == store.TaskDone && t.Due.IsZero() })
	for n := 3; n <= 4; n++ {
		task = r.waitFor(a, other, "the next reminder planned", func(t store.Task) bool { return t.Reminders == n-1 && t.Due.Equal(t.RemindAt) })
		if wait := task.RemindAt.Sub(r.clock.Now()); wait > 24*time.Hour || wait < 20*time.Hour {
			t.Errorf("the next reminder comes in %s", wait)
		}
		r.clock.Advance(24 * time.Hour)
		r.reminded(other, n)
	}
	if now := kept(t, a, gmail); now.Reminders != ended.Reminders || now.Revision != ended.Revision {
		t.Errorf("the finished task changed: %+v", now)
	}
	if left := r.Slack.Missed(); len(left) > 0 {
		t.Errorf("unanswered: %+v", left)
	}
}

// waitFor waits until the store has the account's task so.
func (r *rig) waitFor(a *app.App, account, what string, is func(store.Task) bool) (task store.Task) {
	r.Helper()
	r.until(what, func() bool { task = kept(r.T, a, account); return is(task) })
	return task
}

// settledAt waits until the task was looked at after the clock was moved: its next reminder is still to come.
func (r *rig) settledAt(a *app.App, account string) {
	r.Helper()
	now := r.clock.Now()
	r.waitFor(a, account, "a look at the task", func(t store.Task) bool { return t.Checked.After(now) })
}

// reminded waits until the nth reminder of the account's task is the message that has the buttons.
func (r *rig) reminded(account string, n int) (m slack.Message) {
	r.Helper()
	r.until(fmt.Sprintf("reminder %d for %s", n, account), func() bool {
		count := 0
		for _, each := range r.Slack.Messages(r.Slack.DM(slack.AdminOne)) {
			texts := []string{each.Text}
			for _, v := range each.Earlier {
				texts = append(texts, v.Text)
			}
			if slices.ContainsFunc(texts, func(s string) bool { return strings.HasPrefix(s, "Reminder:") && strings.Contains(s, account) }) {
				count, m = count+1, each
			}
		}
		return count == n && has(m, "credentials")
	})
	return m
}

func TestTaskIsForItsAssigneesAndForApproversWhoHelp(t *testing.T) {
	t.Parallel()
	r := newRig(t, "OKTAWS_TASKS_ASSIGNEES="+slack.AdminTwo)
	a := r.serve()
	r.asks(gmail, label)
	task := r.taskOn(slack.AdminTwo, gmail)
	if who := kept(t, a, gmail).Assignees; len(who) != 1 || who[0].ID != slack.AdminTwo {
		t.Errorf("assigned to %+v", who)
	}
	if _, ok := r.openTask(slack.AdminOne, gmail); ok {
		t.Error("who approved got the task too")
	}
	mustSay(t, r.types(slack.Requester, "status "+gmail), "waiting for a person")
	if m := r.Slack.Ephemerals(slack.Requester); !strings.Contains(plainJSON(words(m[len(m)-1])), "It is the turn of <@"+slack.AdminTwo+">") {
		t.Errorf("whose turn it is isn't said: %s", words(m[len(m)-1]))
	}

	// The requester gets neither the task nor the credentials, whatever they click.
	mustSay(t, r.types(slack.Requester, "task "+gmail), "approver")
	decision, _ := r.look(r.Slack.DM(slack.Requester), "was approved")
	for _, action := range []string{"credentials", "done"} {
		forged := decision
		forged.Blocks = json.RawMessage(string(task.Blocks))
		mustSay(t, r.clicksOld(slack.Requester, forged, action), "old message")
	}
	if len(r.keys(gmail)) != 0 || len(r.Slack.Views(slack.Requester)) != 0 {
		t.Error("the requester had a key made")
	}

	// An approver who isn't the assignee helps.
	mustSay(t, r.types(slack.AdminOne, "task "+gmail), gmail, "direct message")
	helps := r.taskOn(slack.AdminOne, gmail)
	mustSay(t, r.types(slack.AdminOne, "task "+gmail), "yours already")
	id, secret := r.credentials(slack.AdminOne, helps)
	if shown := r.waitFor(a, gmail, "the key on record", func(t store.Task) bool { return t.Shown != nil }).Shown; shown.By.ID != slack.AdminOne || shown.KeyID != id {
		t.Errorf("shown %+v", shown)
	}
	r.find(r.Slack.DM(slack.AdminTwo), "were shown to \\u003c@"+slack.AdminOne)
	r.enable(r.application(label).ID, id, secret)
	mustSay(t, r.done(slack.AdminOne, helps), "Thank you")
	for _, user := range []string{slack.AdminOne, slack.AdminTwo} {
		if m := r.find(r.Slack.DM(user), "Done: provisioning"); has(m, "done") {
			t.Errorf("%s has buttons still", user)
		}
	}
	r.find(r.Slack.DM(slack.Requester), "is linked to Okta")
	mustSay(t, r.types(slack.AdminOne, "task "+gmail), "no open task")
}
