package slack

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	slackgo "github.com/slack-go/slack"
	"github.com/slack-go/slack/socketmode"
)

// control asks the control API: by POST where there is an order, by GET where there is none.
func control[T any](w *workspace, path string, order any) (answer T, err error) {
	w.t.Helper()
	var resp *http.Response
	if order == nil {
		resp, err = web.Get(w.url + "/control/slack/" + path)
	} else {
		resp, err = web.Post(w.url+"/control/slack/"+path, "application/json", bytes.NewReader(raw(w.t, order)))
	}
	if err != nil {
		w.t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	if resp.StatusCode != http.StatusOK {
		var e struct{ Error string }
		_ = json.NewDecoder(resp.Body).Decode(&e)
		return answer, fmt.Errorf("%d %s", resp.StatusCode, e.Error)
	}
	if err := json.NewDecoder(resp.Body).Decode(&answer); err != nil {
		w.t.Fatal(path, err)
	}
	return answer, nil
}

func ask[T any](w *workspace, path string, order any) T {
	w.t.Helper()
	answer, err := control[T](w, path, order)
	if err != nil {
		w.t.Fatal(path, ": ", err)
	}
	return answer
}

func TestStoryOverHTTP(t *testing.T) {
	w := start(t, Config{})
	w.listen(opener(w, func(c *socketmode.Client, e socketmode.Event) {
		_ = c.Ack(*e.Request)
		switch click := e.Data.(slackgo.InteractionCallback); click.Type {
		case slackgo.InteractionTypeViewSubmission:
			if _, _, err := w.api.PostMessage(AdminChannel, textOf("Please approve"), blocksOf(approveBlock("Approve"))); err != nil {
				t.Error(err)
			}
		case slackgo.InteractionTypeBlockActions:
			if _, _, err := w.api.PostMessage(Requester, textOf("Approved")); err != nil {
				t.Error(err)
			}
		}
	}))
	ask[Seen](w, "command", object{"user": "requester", "channel": "#general", "command": "/oktaws", "text": "link"})
	var views []View
	for n := 0; len(views) == 0 && w.ctx.Err() == nil; {
		n = ask[struct{ Changes int }](w, fmt.Sprint("wait?after=", n), nil).Changes
		views = ask[[]View](w, "views?user=requester", nil)
	}
	if len(views) == 0 {
		t.Fatal("no form was opened")
	}
	seen := ask[Seen](w, "submit", object{"user": "requester", "view": views[0].ID, "values": filled("111122223333")})
	if seen.Action != "close" {
		t.Errorf("%+v", seen)
	}
	w.wait(func() bool { return len(w.Messages(AdminChannel)) == 1 })
	posted := ask[[]Message](w, "messages?channel="+url.QueryEscape("#aws-admins"), nil)
	ask[Seen](w, "click", object{"user": "admin-one", "channel": AdminChannel, "ts": posted[0].TS, "action": "approve"})
	dm := ask[struct{ Channel string }](w, "dm?user=requester", nil).Channel
	w.wait(func() bool { return len(w.Messages(dm)) == 1 })
	ask[Seen](w, "click-old", object{"user": "admin-two", "message": posted[0], "action": "approve"})
	texts := ask[struct{ Messages, Views []string }](w, "texts", nil)
	if len(texts.Messages) < 2 || len(texts.Views) != 1 {
		t.Errorf("%+v", texts)
	}
	if got := ask[[]Envelope](w, "unanswered", nil); len(got) != 0 {
		t.Error(got)
	}
	if got := ask[[]Person](w, "people", nil); len(got) != 8 {
		t.Error(len(got))
	}
	for path, order := range map[string]any{
		"command":    object{"user": "former", "channel": "#general", "command": "/oktaws"},
		"click":      object{"user": "admin-one", "channel": AdminChannel, "ts": posted[0].TS, "action": "explode"},
		"disconnect": object{"reason": "bored"},
		"join":       object{"user": "nobody", "channel": "#general"},
		"post":       object{"usr": "requester"},
	} {
		if _, err := control[any](w, path, order); err == nil || !strings.HasPrefix(err.Error(), "400 ") {
			t.Errorf("%s: %v", path, err)
		}
	}
	for _, c := range w.hub.Calls(0) {
		if strings.Contains(c.Operation, "control") {
			t.Error("what people do is no call of the bot's: ", c.Operation)
		}
	}
}
