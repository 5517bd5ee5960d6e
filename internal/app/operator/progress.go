package operator

import (
	"fmt"
	"strings"
	"time"

	"github.com/oktaws/oktaws/store"
)

// progress shows how far a command is, on stderr: on a terminal in lines that are written anew, and line by line where that
// isn't one.
type progress struct {
	s     *Session
	said  map[string]bool
	drawn []string // that stand on the terminal
	about string
}

func (s *Session) progress() *progress {
	if s.said == nil {
		s.said = map[string]bool{}
	}
	return &progress{s: s, said: s.said}
}

// tick comes when what stands on the terminal is to be drawn anew, for the time that goes by.
func (p *progress) tick() <-chan time.Time {
	if !p.s.Screen.Stderr {
		return nil
	}
	return p.s.Store.Clock().After(time.Second)
}

// say tells what is going on.
func (p *progress) say(format string, args ...any) {
	p.about = fmt.Sprintf(format, args...)
	if p.s.Screen.Stderr {
		p.draw(p.about)
	} else if !p.s.quiet {
		fmt.Fprintln(p.s.Stderr, p.about)
	}
}

// count draws how many of so many things are done.
func (p *progress) count(done, total int) {
	if p.s.Screen.Stderr && total > 1 {
		p.draw(bar(done, total) + " " + p.about)
	}
}

// show tells how the steps get on: on a terminal all steps of an account, or how many of several accounts' are done;
// elsewhere those that have got on since the last time.
func (p *progress) show(accounts []store.Account) {
	switch {
	case !p.s.Screen.Stderr:
		p.lines(accounts)
	case len(accounts) == 1 && len(accounts[0].Steps) > 0:
		p.draw(p.steps(accounts[0])...)
	default:
		p.sum(accounts)
	}
}

func (p *progress) lines(accounts []store.Account) {
	for _, a := range accounts {
		for _, step := range stepsOf(a) {
			if step.State == string(store.StepPending) {
				continue
			}
			line := fmt.Sprintf("%s: %s: %s", a.Typed(), step.Title, step.State)
			is := a.Steps[step.Name]
			switch {
			case step.State == string(store.StepAgain):
				line = fmt.Sprintf("%s: %s: under way", a.Typed(), step.Title)
			case step.State == string(store.StepWaiting) && step.Note != "":
				line = fmt.Sprintf("%s: %s: %s", a.Typed(), step.Title, oneLine(step.Note))
			case step.State == string(store.StepDone) && !is.Started.IsZero():
				line += " (" + took(is.Ended.Sub(is.Started)) + ")"
			}
			if step.Problem != nil {
				line += ": " + oneLine(step.Problem.Message)
			}
			if !p.s.quiet && !p.said[line] {
				fmt.Fprintln(p.s.Stderr, line)
			}
			p.said[line] = true
		}
	}
}

// marks are how a step's state looks.
var marks = map[store.StepState]string{store.StepPending: "  ", store.StepAgain: "..", store.StepWaiting: "!!", store.StepDone: "ok", store.StepFailed: "XX"}

// steps are the steps of an account, each with how long it took or takes, and what it waits for.
func (p *progress) steps(a store.Account) []string {
	wide := 0
	all := stepsOf(a)
	for _, step := range all {
		wide = max(wide, len([]rune(step.Title)))
	}
	done, total := stepsDone(a)
	lines := []string{bar(done, total) + fmt.Sprintf(" %d of %s done", done, plural(total, "step", "steps"))}
	now := p.s.Store.Clock().Now()
	for _, step := range all {
		is := a.Steps[step.Name]
		line := " " + marks[store.StepState(step.State)] + " " + step.Title + strings.Repeat(" ", wide-len([]rune(step.Title)))
		switch {
		case step.State == string(store.StepPending) || is.Started.IsZero():
		case step.State == string(store.StepDone):
			line += "  " + took(is.Ended.Sub(is.Started))
		default:
			line += "  " + took(now.Sub(is.Started))
		}
		switch {
		case step.Problem != nil:
			line += "  " + oneLine(step.Problem.Message)
		case step.Note != "":
			line += "  " + oneLine(step.Note)
		}
		lines = append(lines, strings.TrimRight(line, " "))
	}
	return lines
}

func (p *progress) sum(accounts []store.Account) {
	done, total := 0, 0
	now := ""
	for _, a := range accounts {
		d, n := stepsDone(a)
		done, total = done+d, total+n
		for _, step := range stepsOf(a) {
			if now == "" && step.Problem == nil && step.State != string(store.StepPending) && step.State != string(store.StepDone) {
				now = a.Typed() + ": " + step.Title
			}
		}
	}
	if total == 0 {
		p.draw("Waiting for the work to begin")
		return
	}
	p.draw(bar(done, total) + fmt.Sprintf(" %d of %s done %s", done, plural(total, "step", "steps"), now))
}

const barWidth = 20

func bar(done, total int) string {
	filled := 0
	if total > 0 {
		filled = barWidth * done / total
	}
	out := []byte("[")
	for i := range barWidth {
		out = append(out, " #"[min(max(filled-i, 0), 1)])
	}
	return string(append(out, ']'))
}

// draw writes the lines in place of those that stand there.
func (p *progress) draw(lines ...string) {
	width := p.s.Screen.Width
	if width == 0 {
		width = 80
	}
	var out strings.Builder
	out.WriteString(p.back())
	for i, line := range lines {
		if i > 0 {
			out.WriteString("\n")
		}
		lines[i] = shorten(line, width-1)
		out.WriteString("\x1b[K" + lines[i])
	}
	if fmt.Sprint(lines) == fmt.Sprint(p.drawn) {
		return
	}
	fmt.Fprint(p.s.Stderr, out.String()+"\x1b[J")
	p.drawn = lines
}

// back leads to where what stands there begins.
func (p *progress) back() string {
	if len(p.drawn) > 1 {
		return fmt.Sprintf("\r\x1b[%dA", len(p.drawn)-1)
	}
	return "\r"
}

// end takes off the terminal what stands there.
func (p *progress) end() {
	if len(p.drawn) > 0 {
		fmt.Fprint(p.s.Stderr, p.back()+"\x1b[J")
		p.drawn = nil
	}
}
