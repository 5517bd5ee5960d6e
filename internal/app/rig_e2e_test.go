package app_test

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/oktaws/oktaws/internal/app"
	"github.com/oktaws/oktaws/internal/mortal"
	"github.com/oktaws/oktaws/internal/sandbox"
	"github.com/oktaws/oktaws/internal/sandbox/aws"
	"github.com/oktaws/oktaws/internal/sandbox/okta"
	"github.com/oktaws/oktaws/internal/sandbox/slack"
)

// rig is the real program beside a sandbox, on one clock that runs fast.
type rig struct {
	*testing.T
	*sandbox.Sandbox
	clock    *sandbox.Clock
	dir      string   // the program's data folder
	settings []string // NAME=value, over the sandbox's
	program  *program
	output   *lockedBuffer // of all programs, log included
	requests int           // that were made past Slack
}

// program is one run of oktaws serve.
type program struct {
	cancel context.CancelFunc
	life   *mortal.Life // once it is over, nothing that the program does has an effect
	exit   chan int
	ready  chan *app.App
}

type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lockedBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

// speed is how much faster than the real clock the rig's runs: the half minute that a stack takes passes in a third of
// a second.
const speed = 100

// newRig starts a sandbox; settings are NAME=value.
func newRig(t *testing.T, settings ...string) *rig {
	t.Helper()
	return newRigAt(t, speed, settings...)
}

// newRigAt starts a sandbox whose clock runs so many times as fast as the real one.
func newRigAt(t *testing.T, speed float64, settings ...string) *rig {
	t.Helper()
	clock := sandbox.NewClock(speed)
	sb, err := sandbox.Start(sandbox.Options{Clock: clock, Relaxed: true})
	if err != nil {
		t.Fatal(err)
	}
	r := &rig{T: t, Sandbox: sb, clock: clock, dir: filepath.Join(t.TempDir(), "data"), settings: settings, output: &lockedBuffer{}}
	t.Cleanup(func() {
		if r.program != nil {
			r.stop()
		}
		clock.Stop()
		for _, c := range sb.Hub.Unknown() {
			t.Errorf("the sandbox does not know %s %s (%s), so its answer means nothing", c.Service, c.Operation, c.Subject)
		}
		_ = sb.Close()
		if t.Failed() && os.Getenv("OKTAWS_TEST_LOG") != "" {
			t.Log(r.output.String())
		}
	})
	return r
}

// environ is the whole environment of the program.
func (r *rig) environ() []string {
	env := []string{"OKTAWS_DATA_DIR=" + r.dir, "OKTAWS_LOG_LEVEL=debug", "HOME=" + r.dir, "OKTAWS_OKTA_INTEGRATION_MODE=api"}
	for _, v := range r.Env() {
		env = append(env, v.Name+"="+v.Value)
	}
	return append(env, r.settings...)
}

// start runs the program. It doesn't wait until it is ready.
func (r *rig) start() *program {
	r.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	p := &program{cancel: cancel, life: &mortal.Life{}, exit: make(chan int, 1), ready: make(chan *app.App, 1)}
	go func() {
		p.exit <- app.Run(ctx, app.Options{
			Args: []string{"serve"}, Environ: r.environ(), Stdout: r.output, Stderr: r.output, Clock: r.clock,
			Engine: p.life.Engine,
			Ready:  func(a *app.App) { p.ready <- a },
		})
	}()
	r.program = p
	return p
}

// serve runs the program and waits until it is ready.
func (r *rig) serve() *app.App {
	r.Helper()
	p := r.start()
	select {
	case a := <-p.ready:
		return a
	case code := <-p.exit:
		p.exit <- code
		r.Fatalf("the program ended with %d:\n%s", code, r.output)
	case <-time.After(patience):
		r.Fatalf("the program never got ready:\n%s", r.output)
	}
	return nil
}

// stop ends the program as SIGTERM does, and returns its exit code.
func (r *rig) stop() int {
	r.Helper()
	r.program.cancel()
	select {
	case code := <-r.program.exit:
		r.program = nil
		return code
	case <-time.After(patience):
		r.Fatalf("the program did not end:\n%s", r.output)
	}
	return -1
}

// patience is how long anything may take in real time before a test gives it up.
const patience = 60 * time.Second

// until waits for something in Slack, Okta or AWS to be so.
func (r *rig) until(what string, is func() bool) {
	r.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	for !is() {
		select {
		case <-r.Slack.Changed():
		case <-r.Okta.Changed():
		case <-r.AWS.Changed():
		case <-time.After(50 * time.Millisecond): // a change between the look and the wait
		case <-ctx.Done():
			r.Fatalf("never: %s\n%s\n%s", what, r.conversation(), r.output)
		}
	}
}

// conversation is all that people see in Slack.
func (r *rig) conversation() string {
	var b strings.Builder
	for _, c := range append(r.Slack.Channels(), slack.Channel{ID: "(only to one person)"}) {
		for _, m := range r.Slack.Messages(c.ID) {
			fmt.Fprintf(&b, "%s %s %s\n", c.ID, m.TS, m.Text)
		}
	}
	for _, p := range r.Slack.People() {
		for _, m := range r.Slack.Ephemerals(p.ID) {
			fmt.Fprintf(&b, "only %s: %s\n", p.Name, m.Text)
		}
	}
	return b.String()
}

// says types a command and returns what the person reads in answer, wherever it appears.
func (r *rig) says(user, text string) string {
	r.Helper()
	before := len(r.Slack.Ephemerals(user))
	seen, err := r.Slack.Command(r.Context(), user, slack.General, "/oktaws", text)
	if err != nil {
		r.Fatal(err)
	}
	if seen.Error != "" {
		r.Fatalf("/oktaws %s: Slack says %s", text, seen.Error)
	}
	if seen.Reply != nil {
		return words(*seen.Reply)
	}
	if len(r.Slack.Views(user)) > 0 {
		return ""
	}
	r.until("an answer to /oktaws "+text, func() bool { return len(r.Slack.Ephemerals(user)) > before })
	return words(r.Slack.Ephemerals(user)[before])
}

// clicks clicks a button and returns what the person alone reads in answer, "" where nothing is said within a while.
func (r *rig) clicks(user string, m slack.Message, action string) {
	r.Helper()
	seen, err := r.Slack.Click(r.Context(), user, m.Channel, m.TS, action)
	if err != nil || seen.Error != "" {
		r.Fatalf("%s clicks %s: %v %s\n%s", user, action, err, seen.Error, r.conversation())
	}
}

// whispered waits for something that is said to a person alone after the first n such answers.
func (r *rig) whispered(user string, n int) string {
	r.Helper()
	r.until("an answer to "+user, func() bool { return len(r.Slack.Ephemerals(user)) > n })
	return words(r.Slack.Ephemerals(user)[n])
}

// words are a message's text and the text of its blocks.
func words(m slack.Message) string { return m.Text + "\n" + string(m.Blocks) }

// find waits for the newest message in a channel that has the text, in its text or its blocks.
func (r *rig) find(channel, text string) (found slack.Message) {
	r.Helper()
	r.until(fmt.Sprintf("%q in %s", text, channel), func() bool {
		m, ok := r.look(channel, text)
		found = m
		return ok
	})
	return found
}

func (r *rig) look(channel, text string) (slack.Message, bool) {
	messages := r.Slack.Messages(channel)
	for i := len(messages) - 1; i >= 0; i-- {
		if strings.Contains(words(messages[i]), text) && !messages[i].Deleted {
			return messages[i], true
		}
	}
	return slack.Message{}, false
}

// has says whether a message has a button now.
func has(m slack.Message, action string) bool {
	return strings.Contains(string(m.Blocks), fmt.Sprintf("%q:%q", "action_id", action))
}

// request waits for the request about an account in the admin channel, until it can be decided.
func (r *rig) request(account string) slack.Message {
	r.Helper()
	var found slack.Message
	r.until("a request for "+account, func() bool {
		for _, m := range r.Slack.Messages(slack.AdminChannel) {
			if m.ThreadTS == "" && strings.Contains(words(m), account) && has(m, "approve") {
				found = m
			}
		}
		return found.TS != ""
	})
	return found
}

// application waits for the application of the label.
func (r *rig) application(label string) (found okta.Application) {
	r.Helper()
	r.until("an application "+label, func() bool {
		for _, a := range r.Okta.Applications() {
			if a.Label == label {
				found = a
				return true
			}
		}
		return false
	})
	return found
}

// task waits for the DM that asks a person to enable provisioning.
func (r *rig) task(user string) slack.Message {
	r.Helper()
	var found slack.Message
	r.until("a task for "+user, func() bool {
		for _, m := range r.Slack.Messages(r.Slack.DM(user)) {
			if has(m, "credentials") {
				found = m
			}
		}
		return found.TS != ""
	})
	return found
}

// credentials clicks Show credentials and reads the modal.
func (r *rig) credentials(user string, m slack.Message) (id, secret string) {
	r.Helper()
	r.clicks(user, m, "credentials")
	r.until("credentials on the screen", func() (shown bool) {
		id, secret, shown = r.shown(user)
		return shown
	})
	return id, secret
}

// shown is the key that the person's topmost modal shows.
func (r *rig) shown(user string) (id, secret string, ok bool) {
	views := r.Slack.Views(user)
	if len(views) == 0 {
		return "", "", false
	}
	return sandbox.ReadKey(views[len(views)-1])
}

// admin does something in Okta's admin console, and returns Okta's status and answer.
func (r *rig) admin(app, step string, body any) (int, string) {
	r.Helper()
	status, answer, err := r.Console(r.Context(), app, step, body)
	if err != nil {
		r.Fatal(err)
	}
	return status, string(answer)
}

// enable does the person's step in Okta with a key.
func (r *rig) enable(app, id, secret string) {
	r.Helper()
	if status, answer := r.admin(app, "api-integration", map[string]any{"enabled": true, "accessKey": id, "secretKey": secret}); status != http.StatusOK {
		r.Fatalf("Okta refuses the key: %d %s", status, answer)
	}
	if status, answer := r.admin(app, "to-app", map[string]any{"createUsers": true, "updateAttributes": true}); status != http.StatusOK {
		r.Fatalf("Okta refuses the ticks: %d %s", status, answer)
	}
}

const (
	gmail = aws.AccountGmail
	label = "Gmail-AWS-Account"
)

// linked asks for the account, approves, does the person's step, and waits until all have heard that it is linked.
func (r *rig) linked(account, label string) {
	r.Helper()
	r.says(slack.Requester, "link "+account+" "+label)
	r.clicks(slack.AdminOne, r.request(account), "approve")
	id, secret := r.credentials(slack.AdminOne, r.task(slack.AdminOne))
	r.enable(r.application(label).ID, id, secret)
	r.find(r.Slack.DM(slack.Requester), "is linked to Okta")
}
