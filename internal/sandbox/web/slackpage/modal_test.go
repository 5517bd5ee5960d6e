package slackpage

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/oktaws/oktaws/internal/sandbox/slack"
)

// answerer is an app that opens a form on a command, finds an account of less than 12 digits wrong, and on Help puts
// another modal on top.
func (w *world) answerer() {
	w.app(func(p map[string]any) any {
		switch p["type"] {
		case "block_actions":
			top := form("Help")
			delete(top, "submit")
			top["blocks"] = []any{section("Ask an admin.")}
			w.bot("views.push", map[string]any{"trigger_id": p["trigger_id"], "view": top})
		case "view_submission":
			raw, _ := json.Marshal(p["view"])
			if !strings.Contains(string(raw), "111122223333") {
				return map[string]any{"response_action": "errors", "errors": map[string]any{"account": "12 digits, please"}}
			}
		default:
			w.bot("views.open", map[string]any{"trigger_id": p["trigger_id"], "view": form("Link an account")})
		}
		return nil
	})
}

// ask has the requester ask for the form, and returns its path.
func (w *world) ask() (path string) {
	w.t.Helper()
	w.post("/slack/requester/general/send", "text", "/oktaws link")
	views := w.Sandbox().Slack.Views(slack.Requester)
	if len(views) != 1 {
		w.t.Fatalf("%d modals are open", len(views))
	}
	return "/slack/requester/general/views/" + views[0].ID
}

func TestFormWithErrorsKeepsWhatWasTypedAndThenCloses(t *testing.T) {
	w := start(t)
	w.answerer()
	view := w.ask()
	w.see("/slack/requester/partners", []string{`<dialog class="modal"`, "Link an account", "Never mind", ">Ask</button>"})
	w.see("/slack/admin-one/general", nil, "<dialog")
	_, page, _ := w.post(view+"/submit", "field:account:id", "1111")
	check(t, "a short one", page, []string{"12 digits, please", `value="1111"`})
	w.see("/slack/requester/general", []string{"12 digits, please"}) // and it stays until the form is sent again
	_, page, _ = w.post(view+"/submit", "field:account:id", "")
	check(t, "none", page, []string{"Please complete this required field."}, "12 digits, please")
	_, page, _ = w.post(view+"/submit", "field:account:id", "111122223333")
	check(t, "a whole one", page, nil, "<dialog")
	if _, page, _ = w.post(view+"/submit", "field:account:id", "1"); strings.Contains(page, "<dialog") {
		t.Error("what is closed cannot be sent, and leads back to the channel")
	}
}

func TestModalOnTopOfAnother(t *testing.T) {
	w := start(t)
	w.answerer()
	view := w.ask()
	_, page, _ := w.post(view+"/act?block=more&action=help", "field:account:id", "11")
	check(t, "both", page, []string{"modal beneath", "Ask an admin."})
	if strings.Index(page, "Link an account") > strings.Index(page, "Ask an admin.") {
		t.Error("the topmost comes last")
	}
	top := w.Sandbox().Slack.Views(slack.Requester)[1].ID
	_, page, _ = w.post("/slack/requester/general/views/" + top + "/close")
	check(t, "the first", page, []string{"Link an account", `value="11"`}, "Ask an admin.", "modal beneath")
	_, page, _ = w.post(view + "/close")
	check(t, "none", page, nil, "<dialog")
}

func TestFormThatNobodyAnswersStays(t *testing.T) {
	w := start(t)
	w.answerer()
	view := w.ask()
	if err := w.Sandbox().Slack.Disconnect("link_disabled"); err != nil {
		t.Fatal(err)
	}
	w.wait(func() bool { return w.Sandbox().Slack.Connections() == 0 })
	_, page, _ := w.post(view+"/submit", "field:account:id", "111122223333")
	check(t, "trouble", page, []string{"We had some trouble connecting. Try again?", "dispatch_failed", `value="111122223333"`})
}

func TestHomeIsWhatWasPublished(t *testing.T) {
	w := start(t)
	w.registered(slack.Config{HomeTab: true, Events: []string{"app_home_opened"}})
	opened := make(chan map[string]any, 1)
	w.app(func(p map[string]any) any {
		if event, ok := p["event"].(map[string]any); ok {
			opened <- event
		}
		return nil
	})
	_, page, at := w.post("/slack/requester/home/open")
	if event := next(t, opened); event["type"] != "app_home_opened" || event["user"] != slack.Requester || at != "/slack/requester/home" {
		t.Error(event, at)
	}
	check(t, "nothing", page, []string{"has not published a Home for you"})
	w.bot("views.publish", map[string]any{"user_id": slack.Requester, "view": map[string]any{"type": "home", "blocks": []any{section("Your accounts"), actions("b", button("new", "New one"))}}})
	home, _ := w.Sandbox().Slack.Home(slack.Requester)
	w.see("/slack/requester/home", []string{"Your accounts", "/slack/requester/home/views/" + home.ID + "/act"}, "has not published")
	w.see("/slack/guest/home", []string{"has not published"}, "Your accounts")
}
