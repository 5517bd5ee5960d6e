package operator

import (
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/jonboulle/clockwork"

	"github.com/oktaws/oktaws/provision"
	"github.com/oktaws/oktaws/store"
)

// screen is what stands on a terminal after all that was written to it: it knows what progress uses.
func screen(written string) []string {
	lines, row, column := [][]rune{nil}, 0, 0
	for written != "" {
		if escape := regexp.MustCompile(`^\x1b\[(\d*)([AKJ])`).FindStringSubmatch(written); escape != nil {
			written = written[len(escape[0]):]
			switch escape[2] {
			case "A":
				row -= int(escape[1][0] - '0')
				if len(escape[1]) == 2 {
					row -= 9*int(escape[1][0]-'0') + int(escape[1][1]-'0')
				}
			case "K":
				lines[row] = lines[row][:min(column, len(lines[row]))]
			case "J":
				lines[row] = lines[row][:min(column, len(lines[row]))]
				lines = lines[:row+1]
			}
			continue
		}
		r := []rune(written)[0]
		written = written[len(string(r)):]
		switch r {
		case '\r':
			column = 0
		case '\n':
			if row, column = row+1, 0; row == len(lines) {
				lines = append(lines, nil)
			}
		default:
			lines[row] = append(lines[row][:min(column, len(lines[row]))], r)
			column++
		}
	}
	var out []string
	for _, l := range lines {
		out = append(out, string(l))
	}
	return out
}

// newTerminal is a session without a pipeline, whose stderr is a terminal of 60 columns.
func newTerminal(t *testing.T) (*Session, *clockwork.FakeClock, *strings.Builder) {
	t.Helper()
	clock := clockwork.NewFakeClockAt(time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC))
	engine, err := store.OpenBolt(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	s, err := store.New(t.Context(), engine, clock)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = engine.Close() })
	out := &strings.Builder{}
	return &Session{Store: s, Stderr: out, Screen: Screen{Width: 60, Stderr: true}}, clock, out
}

func TestStepsAreShownWithTimeAndWhatTheyWaitFor(t *testing.T) {
	s, clock, out := newTerminal(t)
	a := store.Account{AccountKey: store.AccountKey{Partition: "aws", ID: "111122223333"}, Wish: store.Wish{Label: "Gmail", Mode: store.ModeAPI},
		Desired: store.WantLinked, State: store.Linking, Steps: map[string]store.Step{}}
	titles := provision.Titles(a)
	for _, title := range titles {
		a.Steps[title.Name] = store.Step{State: store.StepPending}
	}
	now := clock.Now()
	p := s.progress()
	p.show([]store.Account{a})
	a.Steps["identity"] = store.Step{State: store.StepDone, Started: now, Ended: now.Add(1400 * time.Millisecond)}
	a.Steps["roles"] = store.Step{State: store.StepAgain, Started: now, Note: "CREATE_IN_PROGRESS, and " + strings.Repeat("so on ", 20)}
	clock.Advance(75 * time.Second)
	p.show([]store.Account{a})
	got := screen(out.String())
	if len(got) != len(titles)+1 || !strings.HasPrefix(got[0], "[#") || !strings.HasSuffix(got[0], "1 of 11 steps done") {
		t.Errorf("on the terminal stands\n%s", strings.Join(got, "\n"))
	}
	all := strings.Join(got, "\n")
	for _, want := range []string{" ok Reach the AWS account", "  1.4 s\n", " .. IAM roles", "  1 min 15 s  CREATE_IN"} {
		if !strings.Contains(all, want) {
			t.Errorf("%q isn't among\n%s", want, all)
		}
	}
	for _, line := range got {
		if n := len([]rune(line)); n > 59 {
			t.Errorf("a line has %d characters: %q", n, line)
		}
	}
	p.once("a line of its own")
	p.show([]store.Account{a})
	p.end()
	if got := screen(out.String()); strings.Join(got, "|") != "a line of its own|" {
		t.Errorf("in the end there stands %q", got)
	}
}

func TestABatchIsShownWithTheTimeLeft(t *testing.T) {
	s, _, out := newTerminal(t)
	s.Screen.Width = 120
	p := s.progress()
	p.batch(store.Tally{Size: 400, Done: 100, Going: 20, Failed: 2}, 4*time.Minute)
	if got := screen(out.String()); got[0] != "[#####               ] 100 of 400 accounts done, 20 under way, 2 failed, about 4 min left" {
		t.Errorf("on the terminal stands %q", got)
	}
}
