package slackpage

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/oktaws/oktaws/internal/sandbox/slack"
)

func accountMenu() map[string]any {
	return map[string]any{"type": "external_select", "action_id": "account", "placeholder": text("Which account?")}
}

// suggested is what a menu shows under what is typed.
func (w *world) suggested(path, typed string) (found slack.Suggestions) {
	w.t.Helper()
	resp, data := w.open(path + "?block=where&action=account&typed=" + typed)
	if resp.StatusCode != http.StatusOK || resp.Header.Get("Content-Type") != "application/json" {
		w.t.Fatal(resp.Status, resp.Header)
	}
	if err := json.Unmarshal(data, &found); err != nil {
		w.t.Fatal(err)
	}
	return found
}

func TestMenuAsksTheApp(t *testing.T) {
	w := start(t)
	w.bot("chat.postMessage", map[string]any{"channel": slack.General, "text": "x", "blocks": []any{actions("where", accountMenu())}})
	at := "/slack/requester/general/messages/" + w.said(slack.General).TS
	w.see("/slack/requester/general", []string{`data-bk-suggest="` + at + `/suggest?action=account&amp;block=where"`}, "Nobody asks")
	if got := w.suggested(at+"/suggest", "prod"); !strings.Contains(got.Error, "Is it running?") {
		t.Errorf("nobody answers: %+v", got)
	}
	if got := w.suggested(at+"/suggest", "pr"); got.Least != 3 {
		t.Errorf("too little is typed: %+v", got)
	}
	heard := make(chan string, 1)
	w.app(func(p map[string]any) any {
		switch p["type"] {
		case "block_suggestion":
			return map[string]any{"options": []any{map[string]any{"text": text("Found " + p["value"].(string)), "value": "1"}}}
		case "block_actions":
			heard <- p["actions"].([]any)[0].(map[string]any)["selected_option"].(map[string]any)["value"].(string)
		default:
			f := form("Link")
			f["blocks"] = []any{map[string]any{"type": "input", "block_id": "where", "label": text("Where"), "element": accountMenu()}}
			w.bot("views.open", map[string]any{"trigger_id": p["trigger_id"], "view": f})
		}
		return nil
	})
	if got := w.suggested(at+"/suggest", "prod"); len(got.Groups) != 1 || got.Groups[0].Options[0].Text != "Found prod" {
		t.Errorf("%+v", got)
	}
	w.post(at+"/act", "block", "where", "action", "account", "choice", "1")
	if got := next(t, heard); got != "1" {
		t.Error(got)
	}
	view := w.ask()
	w.see("/slack/requester/general", []string{`data-bk-suggest="` + view + `/suggest?`})
	if got := w.suggested(view+"/suggest", "dev"); len(got.Groups) != 1 || got.Groups[0].Options[0].Text != "Found dev" {
		t.Errorf("%+v", got)
	}
	if got := w.suggested(strings.Replace(view, "requester", "guest", 1)+"/suggest", "dev"); got.Error == "" {
		t.Errorf("somebody else's form: %+v", got)
	}
}
