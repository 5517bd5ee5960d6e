package slackpage

import (
	"strings"
	"testing"

	"github.com/oktaws/oktaws/internal/sandbox/slack"
	"github.com/oktaws/oktaws/internal/sandbox/wire"
)

func TestWhatSlackRefusesIsShownWithTheReason(t *testing.T) {
	w := start(t)
	w.see("/slack/requester/general", nil, "Refused by Slack")
	long := strings.Repeat("Approve ", 20)
	answer := w.bot("chat.postMessage", map[string]any{"channel": slack.General, "text": "x", "blocks": []any{section("a"), actions("decide", button("approve", long))}})
	if answer["ok"] != false {
		t.Fatal(answer)
	}
	page := w.see("/slack/requester/general", []string{
		"Refused by Slack (1)", "chat.postMessage", "<code>invalid_blocks</code>", "less than 76 characters", "[json-pointer:/blocks/1/elements/0/text/text]",
		"<pre>&#34;" + long, // the offending part, and nothing else
		`class="message ghost"`, "oktaws tried to post here; Slack refused:",
	})
	if strings.Contains(page, w.env["SLACK_BOT_TOKEN"]) {
		t.Error("the token is on the page")
	}
	w.see("/slack/requester/partners", []string{"Refused by Slack (1)"}, `class="message ghost"`)
}

func TestRefusalsStandWhereTheMessageWasMeantFor(t *testing.T) {
	w := start(t)
	w.post("/slack/requester/general/send", "text", "first")
	thread := w.said(slack.General).TS
	bad := []any{map[string]any{"type": "nonsense"}}
	w.bot("chat.postMessage", map[string]any{"channel": slack.Requester, "text": "x", "blocks": bad})
	w.bot("chat.postMessage", map[string]any{"channel": "general", "thread_ts": thread, "text": "x", "blocks": bad})
	const ghost = `class="message ghost"`
	w.see("/slack/requester/dm", []string{ghost})
	w.see("/slack/guest/dm", nil, ghost)
	w.see("/slack/requester/general", nil, ghost)
	w.see("/slack/requester/general?thread="+thread, []string{ghost})
}

func TestOtherRefusals(t *testing.T) {
	w := start(t)
	w.bot("users.lookupByEmail", map[string]any{"email": "requester@example.com"})
	w.bot("views.open", map[string]any{"trigger_id": "1.2.ff", "view": form("Link")})
	w.Sandbox().Hub.Add(wire.Fault{Service: "slack", Operation: "chat.update", Status: 429, RetryAfter: 1})
	w.bot("chat.update", map[string]any{"channel": slack.General, "ts": "1.000001", "text": "x"})
	page := w.see("/slack/guest/general", []string{
		"Refused by Slack (3)", "missing_scope", "needs the scope users:read.email", "expired_trigger_id", "ratelimited", "made to fail by fault-1",
	})
	if strings.LastIndex(page, "ratelimited") > strings.LastIndex(page, "missing_scope") {
		t.Error("the newest comes first")
	}
}

// Whoever is told to wait has done nothing wrong: it is said once, and no message is missing.
func TestCallsThatComeTooSoonAreOneRefusal(t *testing.T) {
	w := start(t)
	w.Sandbox().Hub.Add(wire.Fault{Service: "slack", Operation: "chat.postMessage", Status: 429, RetryAfter: 1})
	for range 3 {
		w.bot("chat.postMessage", map[string]any{"channel": slack.General, "text": "soon"})
	}
	w.see("/slack/requester/general", []string{"Refused by Slack (1)", "ratelimited", "Too many calls at once, 3 times"}, `class="message ghost"`, "soon&#34;")
}

func TestOnlyTheNewestRefusalsAreListed(t *testing.T) {
	w := start(t)
	for range mostListed + 2 {
		w.bot("chat.nothing", nil)
	}
	page := w.see("/slack/requester/general", []string{"Refused by Slack (52)", `<a href="/control/wire">2 older ones are in the wire log</a>`})
	if n := strings.Count(page, `id="strip-refused-`); n != mostListed {
		t.Errorf("%d are listed", n)
	}
}

func TestOffendingPart(t *testing.T) {
	body := "token=xoxb-1&channel=C1&text=&blocks=" + `[{"type":"section","a/b":{"c":[1,2]}}]`
	for message, want := range map[string]string{
		"is wrong [json-pointer:/blocks/0/type]":             `"section"`,
		"is wrong [json-pointer:/blocks/0/a~1b/c/1]":         "2",
		"missing required field [json-pointer:/blocks/0/no]": `"type": "section"`,
		"is wrong [json-pointer:/view/blocks]":               `"channel": "C1"`,
		"no pointer":                                         `"channel": "C1"`,
	} {
		got := arguments(body).offending([]string{message})
		if !strings.Contains(got, want) || strings.Contains(got, "xoxb") {
			t.Errorf("%s: %s", message, got)
		}
	}
	if got := arguments(`{"view":{"title":"x"},"token":"t"}`).offending([]string{"[json-pointer:/view/title]"}); got != `"x"` {
		t.Error(got)
	}
	if got := arguments("text=" + strings.Repeat("é", 3*mostShown)).offending(nil); len([]rune(got)) != mostShown+1 {
		t.Error(len([]rune(got)))
	}
}
