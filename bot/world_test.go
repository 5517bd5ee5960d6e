package bot_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http/httptest"
	"regexp"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jonboulle/clockwork"

	"github.com/oktaws/oktaws/bot"
	"github.com/oktaws/oktaws/internal/sandbox/slack"
	"github.com/oktaws/oktaws/internal/sandbox/wire"
	"github.com/oktaws/oktaws/provision"
	"github.com/oktaws/oktaws/store"
)

const (
	accountID = "111122223333"
	label     = "Gmail-AWS-Account"
	patience  = 20 * time.Second // of a test that waits for something that must come
)

var accountKey = store.AccountKey{Partition: "aws", ID: accountID}

// world is the bot between a Slack stand-in and a store, at a time that stands still until the test moves it.
type world struct {
	*testing.T
	hub         *wire.Hub
	slack       *slack.Server
	url         string
	store       *store.Store
	full        *atomic.Bool // whether the store's disk is
	clock       *clockwork.FakeClock
	provisioner *provisioner
	log         *logbook
	cfg         bot.Config
	bot         *bot.Bot
	stop        context.CancelFunc
	ended       chan error
}

// quiet makes a world whose bot doesn't run yet.
func quiet(t *testing.T, change ...func(*world)) *world {
	t.Helper()
	w := &world{T: t, clock: clockwork.NewFakeClockAt(time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)), provisioner: &provisioner{}, log: &logbook{T: t, more: make(chan struct{})}}
	w.hub = wire.New(w.clock.Now)
	w.cfg = bot.Config{
		AdminChannel: slack.AdminChannel, Required: 1, ExpireAfter: 168 * time.Hour, RemindEvery: 24 * time.Hour,
		LabelPattern: regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]{2,99}$`),
		Pipeline:     provision.Config{RoleSets: map[string][]provision.RoleSpec{store.DefaultRoleSet: provision.DefaultRoleSet()}},
		Mode:         store.ModeAPI, OrgURL: "https://example.okta.com",
	}
	w.slack = slack.New(slack.Config{Hub: w.hub, Clock: w.clock, Deadlines: clockwork.NewRealClock(), RateFactor: -1})
	server := httptest.NewServer(w.slack.Handler())
	w.url = server.URL
	w.slack.SetURL(server.URL)
	t.Cleanup(func() { w.slack.Close(); server.CloseClientConnections(); server.Close() })
	engine, err := store.OpenBolt(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = engine.Close() })
	disk := &disk{Engine: engine}
	w.full = &disk.full
	if w.store, err = store.New(t.Context(), disk, w.clock); err != nil {
		t.Fatal(err)
	}
	w.provisioner.store = w.store
	for _, c := range change {
		c(w)
	}
	w.bot = w.newBot(bot.Connection{BotToken: slack.DefaultBotToken, AppToken: slack.DefaultAppToken})
	return w
}

// disk is an engine whose disk can be full.
type disk struct {
	store.Engine
	full atomic.Bool
}

func (d *disk) Update(ctx context.Context, change func(store.Writer) error) error {
	if d.full.Load() {
		return &store.Error{Kind: store.Transient, Message: "the disk is full", Remedy: "Free some space on it.", Err: store.ErrUnwritable}
	}
	return d.Engine.Update(ctx, change)
}

func (w *world) newBot(c bot.Connection) *bot.Bot {
	w.Helper()
	c.APIURL = w.url + "/api/"
	b, err := bot.New(w.store, w.provisioner, w.cfg, c, slog.New(slog.NewTextHandler(w.log, nil)))
	if err != nil {
		w.Fatal(err)
	}
	return b
}

// logbook is the bot's log.
type logbook struct {
	*testing.T
	mu    sync.Mutex
	lines []string
	more  chan struct{} // closed with the next line
}

func (l *logbook) Write(p []byte) (int, error) {
	line := strings.TrimSpace(string(p))
	l.Log(line)
	l.mu.Lock()
	defer l.mu.Unlock()
	l.lines = append(l.lines, line)
	close(l.more)
	l.more = make(chan struct{})
	return len(p), nil
}

// logged waits until n lines of the bot's log say all of this.
func (w *world) logged(n int, all ...string) {
	w.Helper()
	ctx := w.context()
	for {
		found := 0
		w.log.mu.Lock()
		for _, line := range w.log.lines {
			if !slices.ContainsFunc(all, func(s string) bool { return !strings.Contains(line, s) }) {
				found++
			}
		}
		more := w.log.more
		w.log.mu.Unlock()
		if found >= n {
			return
		}
		select {
		case <-more:
		case <-ctx.Done():
			w.Fatalf("%d lines of the log say %q; %d were to", found, all, n)
		}
	}
}

// live makes a world whose bot is connected. At the end, every envelope must have been answered in time and within
// Slack's limits.
func live(t *testing.T, change ...func(*world)) *world {
	t.Helper()
	w := quiet(t, change...)
	w.start()
	t.Cleanup(func() {
		w.end()
		for _, c := range w.slack.Complained() {
			t.Errorf("Slack would have dropped this: %s", c.Text)
		}
		for _, e := range w.slack.Missed() {
			t.Errorf("nobody answered %s: %s", e.Type, e.Payload)
		}
	})
	return w
}

// start runs the bot until it is connected.
func (w *world) start() {
	w.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	w.stop, w.ended = cancel, make(chan error, 1)
	go func(b *bot.Bot) { w.ended <- b.Run(ctx) }(w.bot)
	select {
	case <-w.bot.Ready():
	case err := <-w.ended:
		w.Fatalf("the bot ended: %v", err)
	case <-time.After(patience):
		w.Fatal("the bot is not ready")
	}
}

// end has the bot end, and checks that it does so without an error.
func (w *world) end() {
	w.Helper()
	if w.stop == nil {
		return
	}
	w.stop()
	select {
	case err := <-w.ended:
		if err != nil {
			w.Errorf("the bot ended with %v", err)
		}
	case <-time.After(patience):
		w.Error("the bot doesn't end")
	}
	w.stop = nil
}

func (w *world) context() context.Context {
	ctx, cancel := context.WithTimeoutCause(w.T.Context(), patience, errors.New("waited in vain"))
	w.Cleanup(cancel)
	return ctx
}

// until waits for something that shows in Slack.
func (w *world) until(what string, done func() bool) {
	w.Helper()
	if err := w.slack.Wait(w.context(), done); err != nil {
		w.Fatalf("%s: %v\n%s", what, err, w.everything())
	}
}

// stored waits for something that shows in the store.
func (w *world) stored(what string, done func(tx *store.ReadTx) bool) {
	w.Helper()
	ctx := w.context()
	changed := w.store.Watch(ctx, "")
	for {
		ok := false
		if err := w.store.View(ctx, func(tx *store.ReadTx) error { ok = done(tx); return nil }); err != nil {
			w.Fatal(err)
		}
		if ok {
			return
		}
		select {
		case <-changed:
		case <-ctx.Done():
			w.Fatalf("%s: %v", what, context.Cause(ctx))
		}
	}
}

func (w *world) update(change func(tx *store.Tx) error) {
	w.Helper()
	if err := w.store.Update(w.T.Context(), change); err != nil {
		w.Fatal(err)
	}
}

func (w *world) everything() string {
	var out strings.Builder
	for _, c := range w.slack.Channels() {
		for _, m := range w.slack.Messages(c.ID) {
			fmt.Fprintf(&out, "%s %s: %s\n", c.ID, m.TS, said(m))
		}
	}
	return out.String()
}

// said is everything that a message says.
func said(m slack.Message) string {
	var blocks any
	_ = json.Unmarshal(m.Blocks, &blocks)
	var out strings.Builder
	out.WriteString(m.Text + "\n")
	var walk func(any)
	walk = func(v any) {
		switch v := v.(type) {
		case []any:
			for _, e := range v {
				walk(e)
			}
		case map[string]any:
			if s, ok := v["text"].(string); ok {
				out.WriteString(s + "\n")
			}
			if s, ok := v["action_id"].(string); ok {
				out.WriteString("[" + s + "]\n")
			}
			for _, e := range v {
				walk(e)
			}
		}
	}
	walk(blocks)
	return out.String()
}

func says(m slack.Message, all ...string) bool {
	text := said(m)
	for _, s := range all {
		if !strings.Contains(text, s) {
			return false
		}
	}
	return true
}

// message waits for a message in the channel that says all of this, and returns the newest.
func (w *world) message(channel string, all ...string) slack.Message {
	w.Helper()
	var found slack.Message
	w.until(fmt.Sprintf("a message in %s that says %q", channel, all), func() bool {
		for _, m := range w.slack.Messages(channel) {
			if says(m, all...) {
				found = m
			}
		}
		return found.TS != ""
	})
	return found
}

// count is how many messages in the channel say all of this.
func (w *world) count(channel string, all ...string) int {
	n := 0
	for _, m := range w.slack.Messages(channel) {
		if says(m, all...) {
			n++
		}
	}
	return n
}

// now waits until the message with the time stamp says all of this.
func (w *world) now(m slack.Message, all ...string) slack.Message {
	w.Helper()
	var found slack.Message
	w.until(fmt.Sprintf("message %s saying %q", m.TS, all), func() bool {
		for _, o := range w.slack.Messages(m.Channel) {
			if o.TS == m.TS && says(o, all...) {
				found = o
				return true
			}
		}
		return false
	})
	return found
}

// told waits until somebody was told all of this, and nobody else.
func (w *world) told(user string, all ...string) slack.Message {
	w.Helper()
	var found slack.Message
	w.until(fmt.Sprintf("%s being told %q", user, all), func() bool {
		for _, m := range w.slack.Ephemerals(user) {
			if says(m, all...) {
				found = m
				return true
			}
		}
		return false
	})
	return found
}

// calls counts the calls of a method.
func (w *world) calls(method string) int {
	n := 0
	for _, c := range w.hub.Calls(0) {
		if c.Operation == method {
			n++
		}
	}
	return n
}

// command types /oktaws in the general channel, and returns what that person sees.
func (w *world) command(user, text string) slack.Seen {
	w.Helper()
	return w.commandIn(user, slack.General, text)
}

func (w *world) commandIn(user, channel, text string) slack.Seen {
	w.Helper()
	seen, err := w.slack.Command(w.context(), user, channel, "/oktaws", text)
	if err != nil || seen.Error != "" {
		w.Fatalf("/oktaws %s: %v, %s", text, err, seen.Error)
	}
	return seen
}

// reply is the answer to a command, as text.
func (w *world) reply(user, text string) string {
	w.Helper()
	seen := w.command(user, text)
	if seen.Reply == nil {
		w.Fatalf("/oktaws %s got no answer", text)
	}
	if seen.Reply.For != user {
		w.Errorf("/oktaws %s was answered to %q", text, seen.Reply.For)
	}
	return said(*seen.Reply)
}

func (w *world) click(user string, m slack.Message, action string) {
	w.Helper()
	seen, err := w.slack.Click(w.context(), user, m.Channel, m.TS, action)
	if err != nil || seen.Error != "" {
		w.Fatalf("%s clicks %s: %v, %s", user, action, err, seen.Error)
	}
}

// view waits for the modal that somebody has on top.
func (w *world) view(user string, all ...string) slack.View {
	w.Helper()
	var found slack.View
	w.until(fmt.Sprintf("a modal of %s that says %q", user, all), func() bool {
		views := w.slack.Views(user)
		if len(views) == 0 {
			return false
		}
		found = views[len(views)-1]
		return says(slack.Message{Text: found.Title, Blocks: found.Blocks}, all...)
	})
	return found
}

func (w *world) submit(user string, v slack.View, values map[string]string) slack.Seen {
	w.Helper()
	filled := map[string]any{}
	for block, value := range values {
		filled[block] = value
	}
	return w.fillIn(user, v, filled)
}

// fillIn submits a form with fields in which several can be chosen.
func (w *world) fillIn(user string, v slack.View, values map[string]any) slack.Seen {
	w.Helper()
	filled := map[string]map[string]any{}
	for block, value := range values {
		filled[block] = map[string]any{"value": value}
	}
	seen, err := w.slack.Submit(w.context(), user, v.ID, filled)
	if err != nil || seen.Error != "" {
		w.Fatalf("%s submits %s: %v, %s", user, v.CallbackID, err, seen.Error)
	}
	return seen
}

// asked has the requester ask for the account, and returns the request and its message in the admin channel.
func (w *world) asked() (store.Request, slack.Message) {
	w.Helper()
	w.reply(slack.Requester, "link "+accountID+" "+label+" for the mail team")
	m := w.message(slack.AdminChannel, label, "[approve]")
	return w.request(), m
}

// request is the account's request that waits for a decision, or else the one that is carried out or was last.
func (w *world) request() store.Request {
	w.Helper()
	var r store.Request
	err := w.store.View(w.T.Context(), func(tx *store.ReadTx) error {
		a, err := tx.Account(accountKey)
		if err != nil {
			return err
		}
		id := a.Pending
		if id == "" {
			id = a.RequestID
		}
		r, err = tx.Request(id)
		return err
	})
	if err != nil {
		w.Fatal(err)
	}
	return r
}

// approved has the first admin approve the account.
func (w *world) approved() (store.Request, slack.Message) {
	w.Helper()
	_, m := w.asked()
	w.click(slack.AdminOne, m, "approve")
	w.now(m, "Approved by <@"+slack.AdminOne+">")
	return w.request(), m
}

// steps sets the account's steps as the pipeline would.
func (w *world) steps(change func(a *store.Account)) {
	w.Helper()
	w.update(func(tx *store.Tx) error {
		a, err := tx.Account(accountKey)
		if err != nil {
			return err
		}
		if a.Steps == nil {
			a.Steps = map[string]store.Step{}
			for _, title := range provision.Titles(a) {
				a.Steps[title.Name] = store.Step{State: store.StepPending}
			}
		}
		change(&a)
		return tx.SaveAccount(&a)
	})
}

// finish has every step of the account done, and says what the first one left alone.
func (w *world) finish(left ...string) {
	w.Helper()
	w.steps(func(a *store.Account) {
		for i, title := range provision.Titles(*a) {
			step := store.Step{State: store.StepDone, Undo: a.Desired == store.WantUnlinked}
			if i == 0 {
				step.Left = left
			}
			a.Steps[title.Name] = step
		}
	})
}

// fail has the account's second step fail.
func (w *world) fail(p store.Problem) {
	w.Helper()
	w.steps(func(a *store.Account) {
		a.Steps[provision.Titles(*a)[1].Name] = store.Step{State: store.StepFailed, Ended: w.clock.Now(), Problem: &p}
	})
}

// linked has the account linked.
func (w *world) linked() store.Request {
	w.Helper()
	r, _ := w.approved()
	w.finish()
	w.message(slack.AdminChannel, "is linked*")
	w.message(w.slack.DM(slack.Requester), "is linked*")
	return r
}

// linkedToo puts another linked account into the store.
func (w *world) linkedToo(id, label string) store.AccountKey {
	w.Helper()
	key := store.AccountKey{Partition: "aws", ID: id}
	w.update(func(tx *store.Tx) error {
		a := store.Account{AccountKey: key, Wish: store.Wish{Label: label, Mode: store.ModeAPI}, Desired: store.WantLinked,
			Steps: map[string]store.Step{"identity": {State: store.StepDone}}}
		return tx.SaveAccount(&a)
	})
	return key
}

// found has a check of the account find this.
func (w *world) found(key store.AccountKey, findings ...store.Finding) {
	w.Helper()
	w.update(func(tx *store.Tx) error {
		a, err := tx.Account(key)
		if err != nil {
			return err
		}
		if err := tx.Checked(&a, findings, nil); err != nil {
			return err
		}
		return tx.SaveAccount(&a)
	})
}

// differs is something that a repair mends.
func differs(name string) store.Finding {
	return store.Finding{Key: "roles/" + name, Step: "roles", What: "the role <" + name + "> is missing", Means: "its members can't sign on", Mend: "makes it anew"}
}

// agree has the second admin approve what the first message in the admin channel that says all of this asks for.
func (w *world) agree(all ...string) slack.Message {
	w.Helper()
	m := w.message(slack.AdminChannel, append(all, "[approve]")...)
	w.click(slack.AdminTwo, m, "approve")
	w.tick()
	return w.now(m, "Approved by <@"+slack.AdminTwo+">")
}

// answers checks that a command is answered with all of this.
func (w *world) answers(user, text string, all ...string) {
	w.Helper()
	got := w.reply(user, text)
	for _, s := range all {
		if !strings.Contains(got, s) {
			w.Errorf("/oktaws %s: %q doesn't say %q", text, got, s)
		}
	}
}

// clickOld has somebody click a button of a message as it was, whatever it is now.
func (w *world) clickOld(user string, m slack.Message, action string) {
	w.Helper()
	if seen, err := w.slack.ClickOld(w.context(), user, m, action); err != nil || seen.Error != "" {
		w.Fatalf("%s clicks %s: %v, %s", user, action, err, seen.Error)
	}
}

// tick lets a second pass, so that messages may be edited again.
func (w *world) tick() { w.clock.Advance(time.Second) }

// account is the account as it is stored.
func (w *world) account(key store.AccountKey) (a store.Account) {
	w.Helper()
	if err := w.store.View(w.T.Context(), func(tx *store.ReadTx) (err error) { a, err = tx.Account(key); return err }); err != nil {
		w.Fatal(err)
	}
	return a
}
