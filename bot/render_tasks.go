package bot

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/slack-go/slack"

	"github.com/oktaws/oktaws/store"
)

// turn is what of a batch waits for a person, and what they have done already.
type turn struct {
	open      []store.Task    // the first of them, in the batch's order
	accounts  []store.Account // of those
	waiting   int             // all that are open
	done      int
	reminders int // the most that any open one has had
	snoozed   *store.Snooze
}

// mostTurns is how many tasks of a batch have buttons at a time: each takes two blocks, of the 50 of a message, and more at
// once would only be longer to read.
const mostTurns = 10

// taskMessage is the message about a task for an assignee: its own, or, of a task of a batch, the one about all of those.
func taskMessage(t store.Task, p store.Person) store.Message {
	if batch, ok := t.Batch(); ok {
		return store.Message{Subject: store.RequestKey(batch), View: showTasks, Where: p.ID}
	}
	return store.Message{Subject: t.Key(), View: showTask, Where: p.ID}
}

// wantTaskMessage makes sure of a message about a task. One about all tasks of a batch is no task's own, so that the store
// doesn't know when it is to change.
func wantTaskMessage(tx *store.Tx, m store.Message) error {
	if _, err := tx.Message(m.Key()); err == nil && m.View == showTasks {
		return renderAgain(tx, m.Key())
	}
	return tx.WantMessage(m)
}

// turnOf reads the tasks of a batch that are a person's.
func turnOf(tx *store.ReadTx, batch, person string) (*turn, error) {
	t := &turn{}
	err := tx.TasksOf(batch, func(task store.Task) bool {
		switch {
		case !slices.ContainsFunc(task.Assignees, func(p store.Person) bool { return p.ID == person }):
		case task.State == store.TaskDone:
			t.done++
		case task.State == store.TaskOpen:
			if t.waiting++; t.waiting <= mostTurns {
				t.open = append(t.open, task)
			}
			t.reminders = max(t.reminders, task.Reminders)
			if task.Snoozed != nil {
				t.snoozed = task.Snoozed
			}
		}
		return true
	})
	for _, task := range t.open {
		a, failed := tx.Account(task.Account)
		if failed != nil {
			return t, failed
		}
		t.accounts = append(t.accounts, a)
	}
	return t, err
}

// renderTasks is the tasks of a batch to an assignee: one message, in which the next move up as the first are done. It comes
// anew with a reminder, or when something waits again after everything was done.
func (b *Bot) renderTasks(m store.Message, s scene) rendering {
	t := s.turn
	if t == nil {
		return rendering{}
	}
	what := doing(s.request)
	if t.waiting == 0 {
		if m.TS == "" {
			return rendering{}
		}
		ended := fmt.Sprintf("Nothing waits for you now. %s: %s done. Thank you!", what, plural(t.done, "step of yours is", "steps of yours are"))
		return rendering{identity: string(store.TaskDone), inPlace: true, content: content{text: spoken(ended), blocks: []slack.Block{section(":white_check_mark: " + ended)}}}
	}
	identity, sign, lead := "first", ":raising_hand:", "Your turn: "
	if t.reminders > 0 {
		identity, sign, lead = "reminder-"+strconv.Itoa(t.reminders), ":bell:", "Reminder: "
	}
	if heard, ok := strings.CutPrefix(m.Identity, "reminder-"); ok { // one whose turn came earlier is done: that is no news
		if n, err := strconv.Atoi(heard); err == nil && n >= t.reminders {
			identity = m.Identity
		}
	}
	head := lead + plural(t.waiting, "account waits for you", "accounts wait for you")
	words := wordsOf(t.open[0].Kind)
	blocks := []slack.Block{section(fmt.Sprintf("%s *%s.* %s.\n%s", sign, head, what, words.why))}
	blocks = append(blocks, paragraphs(words.steps("*Provisioning*"))...)
	for i, task := range t.open {
		blocks = append(blocks, section(turnLine(task, t.accounts[i], words)), slack.NewActionBlock("task-"+strconv.Itoa(i), b.turnButtons(task, t.accounts[i])...))
	}
	notes := fmt.Sprintf("%d done so far. oktaws looks by itself, and goes on with each account as soon as it is done.", t.done)
	if more := t.waiting - len(t.open); more > 0 {
		notes = fmt.Sprintf("… and %s; the next move up as these are done.\n", plural(more, "more account", "more accounts")) + notes
	}
	if t.snoozed != nil {
		notes += fmt.Sprintf("\nSnoozed by %s; the next reminder comes %s.", mention(t.snoozed.By), when(t.snoozed.Until))
	}
	blocks = append(blocks, aside(notes), slack.NewActionBlock("tasks", snoozeMenu(actionSnoozeAll, s.request.ID)))
	return rendering{identity: identity, content: content{text: head + ". " + spoken(what) + ".", blocks: blocks},
		retired: note("A newer message takes the place of this one: " + what + ".")}
}

// turnLine is one task of a batch.
func turnLine(t store.Task, a store.Account, words taskWords) string {
	line := "*" + about(t.Account, a.Label) + "*"
	if own := wordsOf(t.Kind); own.todo != words.todo {
		line += ": " + strings.TrimSuffix(own.todo, " for")
	}
	for _, missing := range t.Missing[:min(3, len(t.Missing))] {
		line += "\n:black_square_button: " + oneLine(sentence(missing, noteLimit/3))
	}
	if t.Shown != nil {
		line += fmt.Sprintf("\nThe newest credentials (%s) were shown to %s %s.", code(t.Shown.KeyID), mention(t.Shown.By), when(t.Shown.At))
	}
	return line
}

func (b *Bot) turnButtons(t store.Task, a store.Account) []slack.BlockElement {
	var buttons []slack.BlockElement
	if console := b.consoleURL(&a); console != "" {
		buttons = append(buttons, linkButton(console, "Open Okta"))
	}
	return append(buttons, button(actionCredentials, t.ID, "Show credentials").WithStyle(slack.StylePrimary), button(actionDone, t.ID, "Done"))
}
