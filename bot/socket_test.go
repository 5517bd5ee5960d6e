package bot_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/jonboulle/clockwork"

	"github.com/oktaws/oktaws/bot"
	"github.com/oktaws/oktaws/internal/sandbox/slack"
	"github.com/oktaws/oktaws/internal/sandbox/wire"
	"github.com/oktaws/oktaws/provision"
	"github.com/oktaws/oktaws/store"
)

func connection() bot.Connection {
	return bot.Connection{BotToken: slack.DefaultBotToken, AppToken: slack.DefaultAppToken}
}

func TestAServerThatHangsUpIsNotHammered(t *testing.T) {
	w := quiet(t)
	pace := clockwork.NewFakeClock()
	w.bot.GuardClock(pace)
	w.start()
	if err := w.slack.Disconnect("refresh_requested"); err != nil {
		t.Fatal(err)
	}
	for i := range 4 {
		if err := pace.BlockUntilContext(w.context(), 1); err != nil {
			t.Fatal(err)
		}
		if n := w.calls("apps.connections.open"); n != i+1 {
			t.Fatalf("%d connections were opened; %d were due", n, i+1)
		}
		pace.Advance(time.Second<<i*5/4 + 1)
		w.logged(i+2, "connected to Slack")
		w.until("the old connection being gone", func() bool { return w.slack.Connections() == 1 })
		w.reply(slack.Requester, "list")
		if err := w.slack.Disconnect("refresh_requested"); err != nil {
			t.Fatal(err)
		}
	}
	w.end()
}

func TestAConnectionThatLastedIsFollowedByTheNextAtOnce(t *testing.T) {
	w := live(t)
	pace := clockwork.NewFakeClock()
	w.end()
	w.bot = w.newBot(connection())
	w.bot.GuardClock(pace)
	w.start()
	pace.Advance(time.Hour)
	if err := w.slack.Disconnect("too_many_websockets"); err != nil {
		t.Fatal(err)
	}
	w.logged(3, "connected to Slack")
	w.until("the old connection being gone", func() bool { return w.calls("apps.connections.open") == 3 && w.slack.Connections() == 1 })
	w.reply(slack.Requester, "list")
}

// refused runs a bot that Slack refuses, and returns what it says.
func refused(t *testing.T, w *world, b *bot.Bot) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	err := b.Run(ctx)
	if ctx.Err() != nil {
		t.Fatal("the bot goes on")
	}
	if err == nil || store.KindOf(err) != store.Permanent {
		t.Fatalf("the bot ended with %v", err)
	}
	message, remedy := store.Explain(err)
	for _, secret := range []string{slack.DefaultBotToken, slack.DefaultAppToken, "xoxb-wrong", "xapp-wrong"} {
		if strings.Contains(err.Error()+message+remedy, secret) {
			t.Errorf("a token stands in %v", err)
		}
	}
	if remedy == "" {
		t.Errorf("%q without a remedy", message)
	}
	return message
}

func TestWhatNeverEndsByTryingAgainEndsTheBot(t *testing.T) {
	w := quiet(t)
	wrongBot, wrongApp := connection(), connection()
	wrongBot.BotToken, wrongApp.AppToken = "xoxb-wrong", "xapp-wrong"
	if got := refused(t, w, w.newBot(wrongBot)); !strings.Contains(got, "SLACK_BOT_TOKEN") {
		t.Errorf("a wrong bot token: %q", got)
	}
	if got := refused(t, w, w.newBot(wrongApp)); !strings.Contains(got, "SLACK_APP_TOKEN") {
		t.Errorf("a wrong app token: %q", got)
	}
	for _, code := range []string{"missing_scope", "not_allowed_token_type", "link_disabled", "account_inactive", "token_revoked"} {
		id := w.hub.Add(wire.Fault{Service: "slack", Operation: "apps.connections.open", Status: 200, Code: code})
		if got := refused(t, w, w.newBot(connection())); !strings.Contains(got, "SLACK_APP_TOKEN") {
			t.Errorf("%s: %q", code, got)
		}
		w.hub.Remove(id)
	}
}

func TestSocketModeThatIsSwitchedOffEndsTheBot(t *testing.T) {
	w := quiet(t)
	pace := clockwork.NewFakeClock()
	w.bot.GuardClock(pace)
	w.start()
	if err := w.slack.Disconnect("link_disabled"); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	go func() {
		for pace.BlockUntilContext(ctx, 1) == nil {
			pace.Advance(time.Minute)
		}
	}()
	select {
	case err := <-w.ended:
		if message, remedy := store.Explain(err); !strings.Contains(message, "Socket Mode is not enabled") || remedy == "" {
			t.Errorf("the bot ended with %v", err)
		}
	case <-time.After(patience):
		t.Fatal("the bot goes on")
	}
	if n := w.calls("apps.connections.open"); n > 20 {
		t.Errorf("%d connections were opened", n)
	}
}

func TestABotTokenThatIsRevokedLaterEndsTheBot(t *testing.T) {
	w := quiet(t)
	w.start()
	w.hub.Add(wire.Fault{Service: "slack", Operation: "chat.postMessage", Status: 200, Code: "token_revoked"})
	w.reply(slack.Requester, "link "+accountID+" "+label)
	select {
	case err := <-w.ended:
		if message, _ := store.Explain(err); !strings.Contains(message, "SLACK_BOT_TOKEN is no longer valid") {
			t.Errorf("the bot ended with %v", err)
		}
	case <-time.After(patience):
		t.Fatal("the bot goes on")
	}
}

func TestSettingsThatAreMissing(t *testing.T) {
	w := quiet(t)
	for setting, c := range map[string]bot.Connection{
		"SLACK_BOT_TOKEN": {AppToken: "xapp-1"},
		"SLACK_APP_TOKEN": {BotToken: "xoxb-1"},
	} {
		if _, err := bot.New(w.store, w.provisioner, w.cfg, c, nil); err == nil || !strings.Contains(err.Error(), setting) {
			t.Errorf("without %s: %v", setting, err)
		}
	}
}

func findings(t *testing.T, all []provision.Finding) map[string]provision.Finding {
	t.Helper()
	by := map[string]provision.Finding{}
	for _, f := range all {
		if !f.OK && f.Remedy == "" {
			t.Errorf("%s isn't OK, and there is nothing to do: %+v", f.What, f)
		}
		if strings.Contains(f.Detail, "xoxb-") || strings.Contains(f.Detail, "xapp-") {
			t.Errorf("%s shows a token: %s", f.What, f.Detail)
		}
		by[f.What] = f
	}
	return by
}

func TestCheckSaysWhatWorksAndWhatToFix(t *testing.T) {
	w := quiet(t)
	for what, f := range findings(t, w.bot.Check(w.context())) {
		if !f.OK {
			t.Errorf("%s: %+v", what, f)
		}
	}
	if n := len(w.slack.Messages(slack.AdminChannel)); n != 0 {
		t.Error("a check posts messages")
	}

	w.cfg.AdminChannel, w.cfg.Approvers, w.cfg.Required = slack.SharedChannel, []string{slack.AdminOne, slack.Guest, "U0NOBODY00"}, 2
	by := findings(t, w.newBot(connection()).Check(w.context()))
	if f := by["Slack admin channel"]; f.OK || !strings.Contains(f.Remedy, "Invite the bot") {
		t.Errorf("a channel without the bot: %+v", f)
	}
	if f := by["Slack approvers"]; f.OK || !strings.Contains(f.Detail, slack.Guest) || !strings.Contains(f.Detail, "U0NOBODY00") || strings.Contains(f.Detail, slack.AdminOne) {
		t.Errorf("approvers who can't approve: %+v", f)
	}

	w.cfg.AdminChannel, w.cfg.Approvers, w.cfg.Required = slack.AdminChannel, nil, 3
	if f := findings(t, w.newBot(connection()).Check(w.context()))["Slack approvers"]; f.OK || !strings.Contains(f.Detail, "approvals.required is 3") {
		t.Errorf("too few approvers: %+v", f)
	}

	wrong := connection()
	wrong.BotToken, wrong.AppToken = "xoxb-wrong", "xapp-wrong"
	by = findings(t, w.newBot(wrong).Check(w.context()))
	if by["Slack bot token"].OK || by["Slack app token"].OK {
		t.Errorf("wrong tokens: %+v", by)
	}
}

func TestSeveralConnectionsAreWarnedOf(t *testing.T) {
	w := quiet(t)
	w.slack.Haunt(1)
	w.start()
	w.logged(1, "level=WARN", "several connections of this app", "connections=2")
	w.end()
}

func TestAPanicIsNotTheEnd(t *testing.T) {
	w := live(t)
	_, m := w.tasked()
	w.provisioner.set(func(p *provisioner) { p.panics = true })
	w.click(slack.AdminOne, m, "done")
	w.logged(1, "level=ERROR", "panic while answering Slack", "a fault in the pipeline")
	w.reply(slack.AdminOne, "list")
}
