package bot

import (
	"fmt"
	"strconv"

	"github.com/slack-go/slack"

	"github.com/oktaws/oktaws/store"
)

// renderTask is a task to an assignee: what to do, and what is still missing.
func (b *Bot) renderTask(s scene) rendering {
	t, r := *s.task, s.request
	about := fmt.Sprintf("AWS account %s (%s)", code(t.Account.ID), mrkdwn(r.Label, nameLimit))
	switch t.State {
	case store.TaskDone:
		return rendering{identity: string(store.TaskDone), inPlace: true, content: content{
			text:   fmt.Sprintf("Done: provisioning is enabled for AWS account %s (%s). Thank you!", t.Account.ID, mrkdwn(r.Label, nameLimit)),
			blocks: []slack.Block{section(fmt.Sprintf(":white_check_mark: *Done:* provisioning is enabled for %s. Seen %s. Thank you!", about, when(t.Ended)))},
		}}
	case store.TaskClosed:
		return rendering{identity: string(store.TaskClosed), inPlace: true, content: note("No longer needed: enabling provisioning for " + about + ".")}
	}
	identity, lead := "first", ":raising_hand: *Your turn:* enable provisioning in Okta for "+about
	text := fmt.Sprintf("Your turn: enable provisioning in Okta for AWS account %s (%s).", t.Account.ID, mrkdwn(r.Label, nameLimit))
	if t.Reminders > 0 {
		identity = "reminder-" + strconv.Itoa(t.Reminders)
		lead = ":bell: *Reminder:* enable provisioning in Okta for " + about
		text = fmt.Sprintf("Reminder: provisioning in Okta is not enabled yet for AWS account %s (%s).", t.Account.ID, mrkdwn(r.Label, nameLimit))
	}
	blocks := []slack.Block{section(lead + ".\nOkta has no API for this, so it takes an Okta admin and two minutes.")}
	blocks = append(blocks, paragraphs(taskSteps(b.consoleURL(s.account)))...)
	if len(t.Missing) > 0 {
		lines := append([]string{"*Still missing*, as last seen:"}, missingLines(t)...)
		blocks = append(blocks, paragraphs(lines)...)
	}
	blocks = append(blocks, aside(taskNotes(t)), slack.NewActionBlock("task", b.taskButtons(s)...))
	return rendering{identity: identity, content: content{text: text, blocks: blocks}, retired: note("A newer message takes the place of this one, about " + about + ".")}
}

// taskSteps are the steps as the Okta admin console names them.
func taskSteps(console string) []string {
	tab := "*Provisioning*"
	if console != "" {
		tab = link(console, "Provisioning")
	}
	return []string{
		"1. Open the application's tab " + tab + " in Okta's admin console.",
		"2. Click *Configure API Integration* and tick *Enable API integration*.",
		"3. Click *Show credentials* below, and paste the access key and the secret key.",
		"4. Click *Test API Credentials*, then *Save*.",
		"5. Under *To App*, click *Edit*, tick *Create Users* and *Update User Attributes*, then *Save*.",
	}
}

// taskNotes is what happened about the task so far.
func taskNotes(t store.Task) string {
	text := "oktaws looks by itself, and goes on as soon as it is done."
	if t.Shown != nil {
		text += fmt.Sprintf("\nThe newest credentials (%s) were shown to %s %s.", code(t.Shown.KeyID), mention(t.Shown.By), when(t.Shown.At))
	}
	if t.Snoozed != nil {
		text += fmt.Sprintf("\nSnoozed by %s; the next reminder comes %s.", mention(t.Snoozed.By), when(t.Snoozed.Until))
	}
	return text
}

func (b *Bot) taskButtons(s scene) []slack.BlockElement {
	id := s.task.ID
	later := slack.NewOptionsSelectBlockElement(slack.OptTypeStatic, plain("Snooze"), actionSnooze,
		slack.NewOptionBlockObject(snoozeHour+" "+id, plain("For 1 hour"), nil),
		slack.NewOptionBlockObject(snoozeHours+" "+id, plain("For 4 hours"), nil),
		slack.NewOptionBlockObject(snoozeTomorrow+" "+id, plain("Until tomorrow, 9:00"), nil),
	)
	buttons := []slack.BlockElement{
		button(actionCredentials, id, "Show credentials").WithStyle(slack.StylePrimary),
		button(actionDone, id, "Done"),
		later,
	}
	if console := b.consoleURL(s.account); console != "" {
		buttons = append([]slack.BlockElement{linkButton(console, "Open Okta")}, buttons...)
	}
	return buttons
}
