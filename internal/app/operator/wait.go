package operator

import (
	"context"
	"fmt"

	"github.com/oktaws/oktaws/store"
)

// watched is an account that is waited for.
type watched struct {
	key     store.AccountKey
	request string // that is to be carried out; empty: whichever it is
}

// patience says whether a person's step is waited for, too.
type patience bool

const (
	upToTasks    patience = false
	throughTasks patience = true
)

// follow shows how the accounts get on until each of them has come to rest. The pipeline runs meanwhile. It fails where ctx
// ends before that.
func (s *Session) follow(ctx context.Context, all []watched, how patience) error {
	if err := s.CarryOn(ctx); err != nil {
		return err
	}
	watching, cancel := context.WithCancel(ctx)
	defer cancel()
	changed := s.Store.Watch(watching, "") // accounts, and requests that are decided on
	p := s.progress()
	defer p.end()
	for {
		resting, accounts, err := s.resting(ctx, all, how)
		if err == nil && resting {
			return nil
		}
		if err == nil {
			p.show(accounts)
			select {
			case <-changed:
			case <-ctx.Done():
			}
		}
		if ctx.Err() != nil {
			var keys []store.AccountKey
			for _, w := range all {
				keys = append(keys, w.key)
			}
			return refuse(store.Transient, s.carriesOn(keys...), "stopped waiting")
		}
		if err != nil {
			return err
		}
	}
}

// resting says whether each of the accounts has come to rest, and returns them.
func (s *Session) resting(ctx context.Context, all []watched, how patience) (resting bool, accounts []store.Account, err error) {
	err = s.Store.View(ctx, func(tx *store.ReadTx) error {
		resting, accounts = true, nil
		for _, w := range all {
			a, err := tx.Account(w.key)
			if err != nil {
				return err
			}
			accounts = append(accounts, a)
			rests, err := w.rests(tx, a, how)
			if err != nil {
				return err
			}
			resting = resting && rests
		}
		return nil
	})
	return resting, accounts, err
}

func (w watched) rests(tx *store.ReadTx, a store.Account, how patience) (bool, error) {
	if w.request != "" && a.RequestID != w.request {
		r, err := tx.Request(w.request)
		return r.State != store.Pending, err // came to nothing, or another one has taken its place
	}
	switch a.State {
	case store.Linking, store.Unlinking:
		return false, nil
	case store.Waiting:
		return how == upToTasks, nil
	}
	return true, nil
}

// progress shows how far a command is, on stderr: in one line that is written anew, or line by line where that isn't a
// terminal.
type progress struct {
	s     *Session
	said  map[string]bool
	line  string // that stands on the terminal
	about string
}

func (s *Session) progress() *progress { return &progress{s: s, said: map[string]bool{}} }

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

// show tells which steps have got on since the last time.
func (p *progress) show(accounts []store.Account) {
	done, total := 0, 0
	now := ""
	for _, a := range accounts {
		d, n := stepsDone(a)
		done, total = done+d, total+n
		for _, step := range stepsOf(a) {
			if step.State == string(store.StepPending) {
				continue
			}
			line := fmt.Sprintf("%s: %s: %s", a.Typed(), step.Title, step.State)
			if step.State == string(store.StepAgain) {
				line = fmt.Sprintf("%s: %s: under way", a.Typed(), step.Title)
			}
			if step.Problem != nil {
				line += ": " + oneLine(step.Problem.Message)
			} else if step.State != string(store.StepDone) && now == "" {
				now = a.Typed() + ": " + step.Title
			}
			if !p.s.Screen.Stderr && !p.s.quiet && !p.said[line] {
				fmt.Fprintln(p.s.Stderr, line)
			}
			p.said[line] = true
		}
	}
	switch {
	case !p.s.Screen.Stderr:
	case total == 0:
		p.draw("Waiting for the work to begin")
	default:
		p.draw(bar(done, total) + fmt.Sprintf(" %d of %s done %s", done, plural(total, "step", "steps"), now))
	}
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

func (p *progress) draw(line string) {
	width := p.s.Screen.Width
	if width == 0 {
		width = 80
	}
	if line = shorten(line, width-1); line != p.line {
		fmt.Fprint(p.s.Stderr, "\r\x1b[K"+line)
		p.line = line
	}
}

// end takes the line off the terminal.
func (p *progress) end() {
	if p.line != "" {
		fmt.Fprint(p.s.Stderr, "\r\x1b[K")
		p.line = ""
	}
}
