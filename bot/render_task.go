package bot

import (
	"fmt"
	"strconv"

	"github.com/slack-go/slack"

	"github.com/oktaws/oktaws/store"
)

// taskWords are a kind of task in words; the account's name follows each of the first four.
type taskWords struct {
	todo, late, done, closed string
	why                      string
	steps                    func(tab string) []string // as the Okta admin console names them
}

func wordsOf(k store.TaskKind) taskWords {
	if k == store.EnterKey {
		return taskWords{
			todo: "enter the new access key in Okta for", late: "the new access key is not seen in use in Okta yet for",
			done: "Okta uses the new access key of", closed: "entering a new access key for",
			why: "Okta has no API for this, so it takes an Okta admin and two minutes. The old key keeps working until the new one is seen in use.",
			steps: func(tab string) []string {
				return []string{
					"1. Open the application's tab " + tab + " in Okta's admin console.",
					"2. Click *Show credentials* below.",
					"3. Under *Integration*, click *Edit*, and replace the access key and the secret key by the new ones shown.",
					"4. Click *Test API Credentials*, then *Save*.",
				}
			},
		}
	}
	return taskWords{
		todo: "enable provisioning in Okta for", late: "provisioning in Okta is not enabled yet for",
		done: "provisioning is enabled for", closed: "enabling provisioning for",
		why: "Okta has no API for this, so it takes an Okta admin and two minutes.",
		steps: func(tab string) []string {
			return []string{
				"1. Open the application's tab " + tab + " in Okta's admin console.",
				"2. Click *Configure API Integration* and tick *Enable API integration*.",
				"3. Click *Show credentials* below, and paste the access key and the secret key.",
				"4. Click *Test API Credentials*, then *Save*.",
				"5. Under *To App*, click *Edit*, tick *Create Users* and *Update User Attributes*, then *Save*.",
			}
		},
	}
}

// renderTask is a task to an assignee: what to do, and what is still missing.
func (b *Bot) renderTask(s scene) rendering {
	t, words := *s.task, wordsOf(s.task.Kind)
	it := about(t.Account, s.request.Label)
	switch t.State {
	case store.TaskDone:
		return rendering{identity: string(store.TaskDone), inPlace: true, content: content{
			text:   fmt.Sprintf("Done: %s %s. Thank you!", words.done, spoken(it)),
			blocks: []slack.Block{section(fmt.Sprintf(":white_check_mark: *Done:* %s %s. Seen %s. Thank you!", words.done, it, when(t.Ended)))},
		}}
	case store.TaskClosed:
		return rendering{identity: string(store.TaskClosed), inPlace: true, content: note("No longer needed: " + words.closed + " " + it + ".")}
	}
	identity, lead := "first", fmt.Sprintf(":raising_hand: *Your turn:* %s %s", words.todo, it)
	text := fmt.Sprintf("Your turn: %s %s.", words.todo, spoken(it))
	if t.Reminders > 0 {
		identity = "reminder-" + strconv.Itoa(t.Reminders)
		lead = fmt.Sprintf(":bell: *Reminder:* %s %s", words.todo, it)
		text = fmt.Sprintf("Reminder: %s %s.", words.late, spoken(it))
	}
	tab := "*Provisioning*"
	if console := b.consoleURL(s.account); console != "" {
		tab = link(console, "Provisioning")
	}
	blocks := []slack.Block{section(lead + ".\n" + words.why)}
	blocks = append(blocks, paragraphs(words.steps(tab))...)
	if len(t.Missing) > 0 {
		lines := append([]string{"*Still missing*, as last seen:"}, missingLines(t)...)
		blocks = append(blocks, paragraphs(lines)...)
	}
	blocks = append(blocks, aside(taskNotes(t)), slack.NewActionBlock("task", b.taskButtons(s)...))
	return rendering{identity: identity, content: content{text: text, blocks: blocks}, retired: note("A newer message takes the place of this one, about " + it + ".")}
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
	buttons := []slack.BlockElement{
		button(actionCredentials, id, "Show credentials").WithStyle(slack.StylePrimary),
		button(actionDone, id, "Done"),
		snoozeMenu(actionSnooze, id),
	}
	if console := b.consoleURL(s.account); console != "" {
		buttons = append([]slack.BlockElement{linkButton(console, "Open Okta")}, buttons...)
	}
	return buttons
}

// snoozeMenu puts off the reminders of a task, or of those of a batch, by its ID.
func snoozeMenu(action, id string) slack.BlockElement {
	return slack.NewOptionsSelectBlockElement(slack.OptTypeStatic, plain("Snooze"), action,
		slack.NewOptionBlockObject(snoozeHour+" "+id, plain("For 1 hour"), nil),
		slack.NewOptionBlockObject(snoozeHours+" "+id, plain("For 4 hours"), nil),
		slack.NewOptionBlockObject(snoozeTomorrow+" "+id, plain("Until tomorrow, 9:00"), nil),
	)
}
