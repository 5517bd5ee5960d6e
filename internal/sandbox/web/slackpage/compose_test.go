package slackpage

import (
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/oktaws/oktaws/internal/sandbox/slack"
)

func mustZone(t *testing.T, name string) *time.Location {
	t.Helper()
	zone, err := time.LoadLocation(name)
	if err != nil {
		t.Fatal(err)
	}
	return zone
}

func TestSlashOffersTheCommandAndWhatMayFollow(t *testing.T) {
	w := start(t)
	w.see("/slack/requester/general", []string{
		`data-offer="/oktaws"`, "Link AWS accounts to Okta, look after them, unlink them", "link | status | check",
		`data-offer="/oktaws link"`, `data-offer="/oktaws help"`, `role="listbox"`,
	})
	for hint, want := range map[string]string{
		"link | status | help": "link status help", "link <account> | list": "link list", "[account]": "", "": "", "<account> | <name>": "",
	} {
		if got := strings.Join(subcommands(hint), " "); got != want {
			t.Errorf("%q offers %q, not %q", hint, got, want)
		}
	}
}

func TestCommandAndItsAnswer(t *testing.T) {
	w := start(t)
	w.app(func(p map[string]any) any {
		return map[string]any{"text": "you typed " + p["text"].(string)}
	})
	_, page, at := w.post("/slack/requester/general/send", "text", "/oktaws  link 111122223333\r\n")
	if at != "/slack/requester/general" {
		t.Error(at)
	}
	if n := strings.Count(page, "you typed link 111122223333"); n != 1 {
		t.Errorf("the answer is there %d times", n)
	}
	w.see("/slack/admin-one/general", nil, "you typed")
	if _, page, _ := w.post("/slack/requester/general/send", "text", "  \r\n "); strings.Contains(page, "refused") {
		t.Error("nothing was written, and nothing is sent")
	}
}

func TestWhatSlackSaysWhereTheAppDoesNotAnswer(t *testing.T) {
	w := start(t)
	_, page, _ := w.post("/slack/requester/general/send", "text", "/oktaws status")
	check(t, "no app", page, []string{"/oktaws failed with the error &#34;dispatch_failed&#34;", "Is it running?", "Refused by Slack (1)", "/oktaws status by requester"})
	w.see("/slack/guest/general", nil, "failed with the error")
	dismiss := regexp.MustCompile(`/slack/requester/general/notices/\d+/dismiss`).FindString(page)
	_, page, _ = w.post(dismiss)
	check(t, "dismissed", page, nil, "failed with the error")
}

func TestWhatCannotBeSentIsSaidThere(t *testing.T) {
	w := start(t)
	for path, want := range map[string]string{
		"/slack/requester/dm/send":         "Sending messages to this app has been turned off.",
		"/slack/requester/aws-admins/send": "This channel is private",
		"/slack/former/general/send":       "This account is deactivated",
	} {
		_, page, _ := w.post(path, "text", "hello")
		check(t, path, page, []string{want})
	}
	for _, c := range w.Sandbox().Slack.Channels() {
		if len(w.Sandbox().Slack.Messages(c.ID)) > 0 {
			t.Errorf("something was said in %s", c.ID)
		}
	}
	sb := w.Sandbox().Slack
	if err := sb.Leave("requester", "general"); err != nil {
		t.Fatal(err)
	}
	w.post("/slack/requester/general/send", "text", "am I still here?")
	if err := sb.Join("requester", "general"); err != nil {
		t.Fatal(err)
	}
	page := w.see("/slack/requester/general", []string{"Your message was not sent.", "Requester cannot see channel", "am I still here?</textarea>"})
	if strings.Count(page, "am I still here?") != 1 {
		t.Error("it stands where it was written, and nowhere else")
	}
	_, page, _ = w.post("/slack/requester/general/send", "text", "now I am")
	check(t, "sent", page, []string{"now I am"}, "was not sent", "am I still here?")
}

func TestClickIsHeardAndItsFailureTold(t *testing.T) {
	w := start(t)
	heard := make(chan string, 4)
	w.bot("chat.postMessage", map[string]any{"channel": slack.General, "text": "x", "blocks": []any{
		actions("one", button("go", "Go there")), actions("two", button("go", "Go here")),
	}})
	ts := w.said(slack.General).TS
	act := "/slack/requester/general/messages/" + ts + "/act"
	w.see("/slack/requester/general", []string{"Go there", "Go here", `action="` + act + `"`})
	_, page, _ := w.post(act, "block", "two", "action", "go")
	check(t, "no app", page, []string{"This app didn&#39;t respond: dispatch_failed"})
	w.app(func(p map[string]any) any {
		a := p["actions"].([]any)[0].(map[string]any)
		heard <- a["block_id"].(string) + " " + a["action_id"].(string)
		return nil
	})
	w.post(act, "block", "two", "action", "go")
	if got := next(t, heard); got != "two go" {
		t.Error(got)
	}
	_, page, _ = w.post(act, "block", "two", "action", "explode")
	check(t, "no such button", page, []string{"Slack did not send this.", "there is no explode here now."})
}

func TestChoiceFromAMenuIsHeard(t *testing.T) {
	w := start(t)
	heard := make(chan any, 1)
	w.app(func(p map[string]any) any {
		heard <- p["actions"].([]any)[0].(map[string]any)["selected_option"].(map[string]any)["value"]
		return nil
	})
	option := func(v string) map[string]any { return map[string]any{"text": text(v), "value": v} }
	menu := map[string]any{"type": "static_select", "action_id": "snooze", "placeholder": text("Snooze"), "options": []any{option("1h"), option("4h")}}
	w.bot("chat.postMessage", map[string]any{"channel": slack.AdminOne, "text": "x", "blocks": []any{actions("task", menu)}})
	ts := w.said(w.Sandbox().Slack.DM(slack.AdminOne)).TS
	_, page, at := w.post("/slack/admin-one/dm/messages/"+ts+"/act", "block", "task", "action", "snooze", "choice", "4h")
	if got := next(t, heard); got != "4h" || at != "/slack/admin-one/dm" {
		t.Error(got, at)
	}
	check(t, "dm", page, nil, "Slack did not send this")
}
