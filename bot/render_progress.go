package bot

import (
	"fmt"
	"strings"

	"github.com/oktaws/oktaws/provision"
	"github.com/oktaws/oktaws/store"
)

// renderProgress is the steps of the account, edited in place as they finish.
func renderProgress(s scene) rendering {
	if s.account == nil || s.request.State != store.Approved {
		return rendering{}
	}
	a := *s.account
	head := fmt.Sprintf("%s AWS account %s (%s): %s", stateSign(a.State), code(a.ID), mrkdwn(a.Label, nameLimit), standing(a))
	lines := append([]string{"*" + head + "*"}, stepLines(a)...)
	if a.State == store.Failed {
		lines = append(lines, fmt.Sprintf("Once that is done, type `/oktaws retry %s`.", a.ID))
	}
	return rendering{identity: showProgress, content: content{text: progressSentence(a), blocks: paragraphs(lines)}}
}

// progressSentence says how far an account is.
func progressSentence(a store.Account) string {
	finished, total := 0, len(provision.Titles(a.Mode))
	for _, step := range a.Steps {
		if step.State == store.StepDone {
			finished++
		}
	}
	text := fmt.Sprintf("AWS account %s (%s) is %s: %d of %d steps are done.", a.ID, mrkdwn(a.Label, nameLimit), standing(a), finished, total)
	if p := a.FirstProblem(); p != nil {
		text += " " + problemLine(p)
	}
	return text
}

func stateSign(s store.AccountState) string {
	switch s {
	case store.Linked:
		return ":white_check_mark:"
	case store.Failed:
		return ":x:"
	case store.Waiting:
		return ":raising_hand:"
	}
	return ":hourglass_flowing_sand:"
}

// stepLines is one line a step, in the order in which people read them, with what it does or why it fails.
func stepLines(a store.Account) []string {
	var lines []string
	if a.Problem != nil {
		lines = append(lines, ":x: "+problemLine(a.Problem))
	}
	for _, title := range provision.Titles(a.Mode) {
		step, begun := a.Steps[title.Name]
		line := stepSign(step, begun) + " " + mrkdwn(title.Title, noteLimit)
		if step.Note != "" && step.State != store.StepDone {
			line += " – " + mrkdwn(step.Note, noteLimit)
		}
		if step.Problem != nil && step.State != store.StepDone {
			line += "\n        " + problemLine(step.Problem)
		}
		lines = append(lines, line)
	}
	return lines
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

func problemLine(p *store.Problem) string {
	line := sentence(p.Message, problemLimit)
	if p.Remedy != "" {
		line += " *What to do:* " + sentence(p.Remedy, problemLimit)
	}
	return strings.ReplaceAll(line, "\n", " ")
}
