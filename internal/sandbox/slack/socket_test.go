package slack

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"
	"github.com/jonboulle/clockwork"
	slackgo "github.com/slack-go/slack"
	"github.com/slack-go/slack/slackevents"
	"github.com/slack-go/slack/socketmode"
)

func TestHelloSaysWhoIsConnected(t *testing.T) {
	w := start(t, Config{})
	w.listen(nil)
	second := w.listen(nil)
	hello := second.of(socketmode.EventTypeHello)[0].Request
	if hello.NumConnections != 2 || hello.ConnectionInfo.AppID != App || hello.DebugInfo.Host == "" || hello.DebugInfo.ApproximateConnectionTime == 0 {
		t.Errorf("%+v", hello)
	}
	want := []string{"apps.connections.open", "socket", "apps.connections.open", "socket"}
	for { // a socket is on record once it is open, and hello may be quicker
		changed := w.hub.Changed()
		var operations []string
		for _, c := range w.hub.Calls(0) {
			operations = append(operations, c.Operation)
		}
		if slices.Equal(operations, want) {
			return
		}
		select {
		case <-changed:
		case <-w.ctx.Done():
			t.Fatalf("%v, want %v", operations, want)
		}
	}
}

func TestTicketServesOnce(t *testing.T) {
	w := start(t, Config{})
	_, url, err := w.api.StartSocketModeContext(w.ctx)
	if err != nil {
		t.Fatal(err)
	}
	w.frame(w.dial(url))
	if _, resp, err := websocket.DefaultDialer.DialContext(w.ctx, url, nil); err == nil || resp.StatusCode != 403 {
		t.Error("a ticket served twice")
	}
}

func TestServerPings(t *testing.T) {
	w := start(t, Config{})
	conn, _ := w.connect()
	pinged := make(chan string, 1)
	conn.SetPingHandler(func(data string) error { pinged <- data; return nil })
	go func() {
		for {
			if _, _, err := conn.ReadMessage(); err != nil {
				return
			}
		}
	}()
	select {
	case <-pinged:
	case <-w.ctx.Done():
		t.Error("no ping")
	}
}

func TestCommandIsAnsweredInItsAcknowledgement(t *testing.T) {
	w := start(t, Config{})
	l := w.listen(ack(map[string]any{"response_type": "ephemeral", "text": "Hello", "blocks": []slackgo.Block{approveBlock("Yes")}}))
	seen := w.must(w.Command(w.ctx, "requester", "#general", "/oktaws", "link 111122223333 A&B <x> @admin-one #general"))
	if seen.Reply == nil || seen.Reply.Text != "Hello" || seen.Reply.For != Requester {
		t.Fatalf("%+v", seen)
	}
	e := l.of(socketmode.EventTypeSlashCommand)[0]
	cmd := e.Data.(slackgo.SlashCommand)
	if want := "link 111122223333 A&amp;B &lt;x&gt; <@U0ADMINONE|admin-one> <#C0GENERAL0|general>"; cmd.Text != want {
		t.Errorf("text %q, want %q", cmd.Text, want)
	}
	if cmd.UserID != Requester || cmd.ChannelID != General || cmd.ChannelName != "general" || cmd.TeamID != Team || cmd.APIAppID != App || cmd.TriggerID == "" {
		t.Errorf("%+v", cmd)
	}
	if !e.Request.AcceptsResponsePayload {
		t.Error("a command takes an answer")
	}
	if seen := w.must(w.Command(w.ctx, AdminOne, AdminChannel, "/oktaws", "")); seen.Error != "" {
		t.Error(seen)
	}
	if got := l.of(socketmode.EventTypeSlashCommand)[1].Data.(slackgo.SlashCommand).ChannelName; got != "privategroup" {
		t.Error(got)
	}
}

func TestWhoCanDoWhat(t *testing.T) {
	w := start(t, Config{})
	w.listen(ack())
	for name, do := range map[string]func() (Seen, error){
		"a channel one is not in": func() (Seen, error) { return w.Command(w.ctx, Requester, AdminChannel, "/oktaws", "") },
		"deactivated":             func() (Seen, error) { return w.Command(w.ctx, Former, General, "/oktaws", "") },
		"another app's command":   func() (Seen, error) { return w.Command(w.ctx, Requester, General, "/other", "") },
		"nobody":                  func() (Seen, error) { return w.Command(w.ctx, "nobody", General, "/oktaws", "") },
		"no such message":         func() (Seen, error) { return w.Click(w.ctx, Requester, General, "1.1", "approve") },
	} {
		if _, err := do(); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
	w.must(w.Command(w.ctx, Requester, w.DM(Requester), "/oktaws", "help"))
	w.must(w.Command(w.ctx, Stranger, SharedChannel, "/oktaws", "help"))
}

func TestResponseURL(t *testing.T) {
	clock := clockwork.NewFakeClock()
	w := start(t, Config{Clock: clock, Deadlines: clockwork.NewFakeClock()})
	l := w.listen(ack())
	w.must(w.Command(w.ctx, Requester, General, "/oktaws", "list"))
	address := l.of(socketmode.EventTypeSlashCommand)[0].Data.(slackgo.SlashCommand).ResponseURL
	answer := func(text, kind string) error {
		_, _, err := w.api.PostMessage("", slackgo.MsgOptionText(text, false), slackgo.MsgOptionResponseURL(address, kind))
		return err
	}
	if err := answer("for you", slackgo.ResponseTypeEphemeral); err != nil {
		t.Fatal(err)
	}
	if err := answer("for all", slackgo.ResponseTypeInChannel); err != nil {
		t.Fatal(err)
	}
	if err := answer("", ""); err == nil {
		t.Error("nothing to say")
	}
	if got := w.Ephemerals(Requester); len(got) != 1 || got[0].Text != "for you" {
		t.Error(got)
	}
	if got := w.Messages(General); len(got) != 1 || got[0].Text != "for all" {
		t.Error(got)
	}
	for range ResponseURLTimes - 2 {
		if err := answer("more", ""); err != nil {
			t.Fatal(err)
		}
	}
	if err := answer("too much", ""); err == nil {
		t.Error("used more often than it may be")
	}
	w.must(w.Command(w.ctx, Requester, General, "/oktaws", "list"))
	address = l.of(socketmode.EventTypeSlashCommand)[1].Data.(slackgo.SlashCommand).ResponseURL
	clock.Advance(ResponseURLLife + time.Second)
	if err := answer("late", ""); err == nil {
		t.Error("used later than it may be")
	}
}

func TestClicks(t *testing.T) {
	w := start(t, Config{})
	l := w.listen(ack())
	_, ts, err := w.api.PostMessage(AdminChannel, textOf("Please approve"), blocksOf(approveBlock("Approve")))
	if err != nil {
		t.Fatal(err)
	}
	w.must(w.Click(w.ctx, AdminOne, AdminChannel, ts, "approve"))
	click := l.of(socketmode.EventTypeInteractive)[0].Data.(slackgo.InteractionCallback)
	a := click.ActionCallback.BlockActions[0]
	if click.Type != slackgo.InteractionTypeBlockActions || click.User.ID != AdminOne || click.User.TeamID != Team || click.Channel.ID != AdminChannel ||
		click.Container.MessageTs != ts || click.Message.Timestamp != ts || click.TriggerID == "" || a.ActionID != "approve" || a.BlockID != "decide" || a.Value != "req-1" {
		t.Errorf("%+v", click)
	}
	old := w.Messages(AdminChannel)[0]
	if _, _, _, err := w.api.UpdateMessage(AdminChannel, ts, textOf("Approved")); err != nil {
		t.Fatal(err)
	}
	if _, err := w.Click(w.ctx, AdminTwo, AdminChannel, ts, "approve"); err == nil {
		t.Error("the button is gone")
	}
	w.must(w.ClickOld(w.ctx, AdminTwo, old, "approve"))
	if got := l.of(socketmode.EventTypeInteractive)[1].Data.(slackgo.InteractionCallback); got.User.ID != AdminTwo || got.Message.Text != "Please approve" {
		t.Errorf("%+v", got)
	}
	if _, err := w.Click(w.ctx, Requester, AdminChannel, ts, "approve"); err == nil {
		t.Error("the requester does not see that channel")
	}
	if err := w.Join(Stranger, AdminChannel); err != nil {
		t.Fatal(err)
	}
	w.must(w.ClickOld(w.ctx, Stranger, old, "approve"))
	if got := l.of(socketmode.EventTypeInteractive)[2].Data.(slackgo.InteractionCallback); got.User.TeamID != OtherTeam {
		t.Errorf("%+v", got.User)
	}
}

func TestClickOnWhatOnlyOneSees(t *testing.T) {
	w := start(t, Config{})
	l := w.listen(ack())
	ts, err := w.api.PostEphemeral(General, Requester, textOf("Sure?"), blocksOf(approveBlock("Yes"), slackgo.NewActionBlock("more",
		slackgo.NewOptionsSelectBlockElement("static_select", nil, "snooze", slackgo.NewOptionBlockObject("1h", plainOf("An hour"), nil)))))
	if err != nil {
		t.Fatal(err)
	}
	w.must(w.Click(w.ctx, Requester, General, ts, "approve"))
	click := l.of(socketmode.EventTypeInteractive)[0].Data.(slackgo.InteractionCallback)
	if !click.Container.IsEphemeral || click.Message.Timestamp != "" {
		t.Errorf("%+v", click)
	}
	if _, err := w.Click(w.ctx, AdminOne, General, ts, "approve"); err == nil {
		t.Error("nobody else sees it")
	}
	w.must(w.Select(w.ctx, Requester, General, ts, "snooze", "1h"))
	if got := l.of(socketmode.EventTypeInteractive)[1].Data.(slackgo.InteractionCallback).ActionCallback.BlockActions[0]; got.SelectedOption.Value != "1h" {
		t.Errorf("%+v", got)
	}
	if _, err := w.Select(w.ctx, Requester, General, ts, "snooze", "2h"); err == nil {
		t.Error("that is not offered")
	}
	if _, _, err := w.api.PostMessage("", textOf("Done"), slackgo.MsgOptionReplaceOriginal(click.ResponseURL)); err != nil {
		t.Fatal(err)
	}
	if got := w.Ephemerals(Requester); len(got) != 1 || got[0].Text != "Done" {
		t.Errorf("%+v", got)
	}
}

func TestNobodyAnswers(t *testing.T) {
	clock := clockwork.NewFakeClock()
	w := start(t, Config{Clock: clock})
	if seen := w.must(w.Command(w.ctx, Requester, General, "/oktaws", "")); seen.Error != DispatchFailed {
		t.Error(seen)
	}
	l := w.listen(nil)
	answers := make(chan Seen, 1)
	go func() {
		seen, _ := w.Command(w.ctx, Requester, General, "/oktaws", "link")
		answers <- seen
	}()
	w.waitForTimer(clock)
	clock.Advance(AckWithin)
	if seen := <-answers; seen.Error != OperationTimeout {
		t.Error(seen)
	}
	if got := w.Missed(); len(got) != 2 || got[1].Type != "slash_commands" {
		t.Errorf("%+v", got)
	}
	w.heard(l, socketmode.EventTypeSlashCommand, 1)
	late := l.of(socketmode.EventTypeSlashCommand)[0]
	_ = l.Ack(*late.Request)
	w.wait(func() bool { return len(w.Complained()) == 1 })
	if got := w.Complained()[0].Text; !strings.Contains(got, "too late") {
		t.Error(got)
	}
}

// waitForTimer returns once somebody waits for the clock.
func (w *workspace) waitForTimer(clock *clockwork.FakeClock) {
	w.t.Helper()
	if err := clock.BlockUntilContext(w.ctx, 1); err != nil {
		w.t.Fatal(err)
	}
}

func TestEventsAreSentAgain(t *testing.T) {
	clock := clockwork.NewFakeClock()
	w := start(t, Config{Clock: clock, Events: []string{"app_home_opened"}, HomeTab: true})
	l := w.listen(nil)
	if err := w.OpenHome(Requester); err != nil {
		t.Fatal(err)
	}
	for attempt, pause := range retryPauses {
		if pause > 0 {
			w.waitForTimer(clock)
			clock.Advance(pause)
		}
		w.heard(l, socketmode.EventTypeEventsAPI, attempt+1)
		if attempt < len(retryPauses)-1 {
			w.waitForTimer(clock)
			clock.Advance(AckWithin)
		}
	}
	events := l.of(socketmode.EventTypeEventsAPI)
	last := events[len(retryPauses)-1]
	_ = l.Ack(*last.Request)
	first := events[0].Data.(slackevents.EventsAPIEvent)
	opened, ok := first.InnerEvent.Data.(*slackevents.AppHomeOpenedEvent)
	if !ok || opened.User != Requester || opened.Tab != "home" || first.Type != "event_callback" {
		t.Errorf("%+v", first)
	}
	ids := map[string]bool{}
	for i, e := range events {
		if e.Request.RetryAttempt != i || (e.Request.RetryReason == "timeout") != (i > 0) {
			t.Errorf("attempt %d: %+v", i, e.Request)
		}
		var p struct {
			EventID string `json:"event_id"`
		}
		if err := json.Unmarshal(e.Request.Payload, &p); err != nil {
			t.Fatal(err)
		}
		ids[p.EventID] = true
	}
	if len(ids) != 1 {
		t.Error("the event keeps its ID: ", ids)
	}
	if got := len(w.Missed()); got != len(retryPauses)-1 {
		t.Error(got)
	}
}

func TestDeliveredTwice(t *testing.T) {
	w := start(t, Config{})
	one, two := w.listen(ack()), w.listen(ack())
	w.DeliverTwice(1)
	w.must(w.Command(w.ctx, Requester, General, "/oktaws", "link"))
	w.heard(one, socketmode.EventTypeSlashCommand, 1)
	w.heard(two, socketmode.EventTypeSlashCommand, 1)
	a, b := one.of(socketmode.EventTypeSlashCommand)[0].Request, two.of(socketmode.EventTypeSlashCommand)[0].Request
	if a.EnvelopeID != b.EnvelopeID {
		t.Error(a.EnvelopeID, b.EnvelopeID)
	}
	for range 2 { // once to each
		if !w.Redeliver() {
			t.Error("nothing to send once more")
		}
	}
	w.heard(one, socketmode.EventTypeSlashCommand, 2)
	w.heard(two, socketmode.EventTypeSlashCommand, 2)
	if got := w.Missed(); got != nil {
		t.Error(got)
	}
}

func TestAcknowledgementsThatSlackDrops(t *testing.T) {
	w := start(t, Config{})
	conn, _ := w.connect() // once its hello is here, and not before, clicks come over it
	_, ts, _ := w.api.PostMessage(AdminChannel, blocksOf(approveBlock("Approve")))
	answers := make(chan Seen, 1)
	go func() {
		seen, _ := w.Click(w.ctx, AdminOne, AdminChannel, ts, "approve")
		answers <- seen
	}()
	var e Envelope
	for e.ID == "" {
		if err := conn.ReadJSON(&e); err != nil {
			t.Fatal(err)
		}
	}
	for _, frame := range []any{
		object{"envelope_id": e.ID, "payload": object{"text": strings.Repeat("x", MaxAck)}},
		object{"envelope_id": "unknown"},
		object{},
		object{"envelope_id": e.ID, "payload": object{"text": "x"}},
		object{"envelope_id": e.ID},
	} {
		if err := conn.WriteJSON(frame); err != nil {
			t.Fatal(err)
		}
	}
	if seen := <-answers; seen.Error != "" {
		t.Error(seen)
	}
	w.wait(func() bool { return len(w.Complained()) == 4 })
	for i, want := range []string{"dropped: 20480 or more", "no envelope unknown", "no acknowledgement", "takes none"} {
		if got := w.Complained()[i].Text; !strings.Contains(got, want) {
			t.Errorf("%d: %q", i, got)
		}
	}
}

func TestDisconnects(t *testing.T) {
	w := start(t, Config{RateFactor: -1})
	l := w.listen(ack())
	if err := w.Disconnect("refresh_requested"); err != nil {
		t.Fatal(err)
	}
	w.heard(l, socketmode.EventTypeHello, 2)
	w.must(w.Command(w.ctx, Requester, General, "/oktaws", ""))
	if err := w.Disconnect("bored"); err == nil {
		t.Error("that is no reason")
	}
	l.stop()
	w.wait(func() bool { return w.Connections() == 0 })
	if err := w.Disconnect("link_disabled"); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if _, got := w.connect(); got["type"] != "disconnect" || got["reason"] != "link_disabled" {
			t.Error(got)
		}
	}
	w.Enable()
	w.Haunt(MaxConnections)
	if _, got := w.connect(); got["reason"] != "too_many_websockets" {
		t.Error(got)
	}
	w.Haunt(-1)
	if _, got := w.connect(); got["num_connections"] != float64(MaxConnections) {
		t.Error(got)
	}
}

func TestWarningComesAheadOfTheEnd(t *testing.T) {
	clock := clockwork.NewFakeClock()
	w := start(t, Config{Clock: clock})
	conn, _ := w.connect()
	if err := w.Disconnect("warning"); err != nil {
		t.Fatal(err)
	}
	if frame := w.frame(conn); frame["reason"] != "warning" {
		t.Error(frame)
	}
	w.waitForTimer(clock)
	if w.Connections() != 1 {
		t.Error("closed at once")
	}
	clock.Advance(WarningLead)
	w.wait(func() bool { return w.Connections() == 0 })
	if _, frame, err := conn.ReadMessage(); err == nil {
		t.Errorf("still open: %s", frame)
	}
}
