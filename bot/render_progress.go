package bot

import (
	"fmt"
	"strings"

	"github.com/oktaws/oktaws/provision"
	"github.com/oktaws/oktaws/store"
)

// renderProgress is the steps of the account, edited in place as they finish.
func renderProgress(m store.Message, s scene) rendering {
	if s.account == nil || s.request.State != store.Approved {
		return rendering{}
	}
	a := *s.account
	if a.State == store.Drifted { // found later: what was asked for was reached
		a.State = store.Linked
	}
	stands := a.Standing()
	if a.State == store.Linking {
		stands = underWay(s.request)
	}
	head := fmt.Sprintf("%s %s: %s", stateSign(a.State), about(a.AccountKey, a.Label), stands)
	who := readerOf(m)
	lines := append([]string{"*" + head + "*"}, stepLines(a, who, bigList)...)
	if a.State == store.Failed {
		lines = append(lines, retryLine(a))
	}
	return rendering{identity: showProgress, content: content{text: progressSentence(a, stands, who), blocks: paragraphs(lines)}}
}

// progressSentence says where an account stands, and how far it is.
func progressSentence(a store.Account, stands string, who reader) string {
	finished, titles := 0, provision.Titles(a)
	for _, title := range titles {
		if a.Steps[title.Name].State == store.StepDone {
			finished++
		}
	}
	text := fmt.Sprintf("%s: %s, %d of %d steps are done.", spoken(about(a.AccountKey, a.Label)), stands, finished, len(titles))
	if p := a.FirstProblem(); p != nil {
		text += " " + spoken(problemLine(p, who))
	}
	return text
}

func stateSign(s store.AccountState) string {
	switch s {
	case store.Linked, store.Unlinked:
		return ":white_check_mark:"
	case store.Drifted:
		return ":warning:"
	case store.Failed:
		return ":x:"
	case store.Waiting:
		return ":raising_hand:"
	}
	return ":hourglass_flowing_sand:"
}

// stepLines is one line a step, in the order in which people read them, with what it does or why it fails.
func stepLines(a store.Account, who reader, room int) []string {
	var lines []string
	if a.Problem != nil {
		lines = append(lines, ":x: "+problemLine(a.Problem, who))
	}
	for _, title := range provision.Titles(a) {
		step, begun := a.Steps[title.Name]
		line := stepSign(step, begun) + " " + stepTitle(title)
		if step.Note != "" && step.State != store.StepDone {
			line += " – " + mrkdwn(step.Note, noteLimit)
		}
		if step.Problem != nil && step.State != store.StepDone {
			problem := problemLine(step.Problem, who)
			if step.State != store.StepFailed {
				problem = troubleLine(step.Problem)
			}
			line += "\n        " + problem
		}
		lines = append(lines, line)
	}
	return within(lines, room)
}

// stepTitle is a step as people read it.
func stepTitle(t provision.StepTitle) string {
	if t.Undo {
		return "Take away: " + mrkdwn(t.Title, noteLimit)
	}
	return mrkdwn(t.Title, noteLimit)
}

func stepSign(step store.Step, begun bool) string {
	if !begun {
		return ":white_circle:"
	}
	switch step.State {
	case store.StepDone:
		return ":white_check_mark:"
	case store.StepFailed:
		return ":x:"
	case store.StepWaiting:
		return ":raising_hand:"
	case store.StepAgain:
		return ":hourglass_flowing_sand:"
	}
	if !step.Started.IsZero() {
		return ":hourglass_flowing_sand:"
	}
	return ":white_circle:"
}

// reader is whom a message is for.
type reader int

const (
	anybody reader = iota
	requester
)

// readerOf is the requester where the message goes to a person.
func readerOf(m store.Message) reader {
	if isPerson(m.Where) {
		return requester
	}
	return anybody
}

// problemLine is what stops an account, and what to do. Most of it only an admin can do, so that a requester isn't told
// to.
func problemLine(p *store.Problem, who reader) string {
	if p.Remedy == "" {
		return troubleLine(p)
	}
	todo := "*What to do:*"
	if who == requester {
		todo = "*What to do (an admin):*"
	}
	return oneLine(sentence(p.Message, problemLimit) + " " + todo + " " + sentence(p.Remedy, problemLimit))
}

// troubleLine is what delays a step that is tried again by itself: there may be something to do, and there need not.
func troubleLine(p *store.Problem) string {
	return oneLine(sentence(p.Message, problemLimit) + spaced(sentence(p.Remedy, problemLimit)))
}

func oneLine(s string) string { return strings.ReplaceAll(s, "\n", " ") }

func retryLine(a store.Account) string {
	return fmt.Sprintf("Once that is done, type `/oktaws retry %s`.", accountName(a.AccountKey))
}
