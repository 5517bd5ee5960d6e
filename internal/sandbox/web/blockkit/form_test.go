package blockkit

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"html"
	"html/template"
	"io"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/url"
	"reflect"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"github.com/oktaws/oktaws/internal/sandbox/slack"
)

var (
	aSelect   = regexp.MustCompile(`(?s)<select[^>]* name="([^"]*)"[^>]*>(.*?)</select>`)
	aTextarea = regexp.MustCompile(`(?s)<textarea[^>]* name="([^"]*)"[^>]*>\n(.*?)</textarea>`)
	anInput   = regexp.MustCompile(`<input[^>]*>`)
)

func attr(tag, name string) string {
	m := regexp.MustCompile(` ` + name + `="([^"]*)"`).FindStringSubmatch(tag)
	if m == nil {
		return ""
	}
	return html.UnescapeString(m[1])
}

// sent is what a browser would send of a form without anybody having touched it.
func sent(drawn template.HTML) url.Values {
	out := url.Values{}
	for _, tag := range anInput.FindAllString(string(drawn), -1) {
		name, kind := attr(tag, "name"), attr(tag, "type")
		if name == "" || (kind == "checkbox" || kind == "radio") && !strings.Contains(tag, " checked") {
			continue
		}
		out.Add(name, attr(tag, "value"))
	}
	for _, m := range aTextarea.FindAllStringSubmatch(string(drawn), -1) {
		out.Add(html.UnescapeString(m[1]), strings.ReplaceAll(html.UnescapeString(m[2]), "\n", "\r\n"))
	}
	for _, m := range aSelect.FindAllStringSubmatch(string(drawn), -1) {
		for _, o := range regexp.MustCompile(`<option[^>]* selected[^>]*>`).FindAllString(m[2], -1) {
			out.Add(html.UnescapeString(m[1]), attr(o, "value"))
		}
	}
	return out
}

// uploaded is a form with one file, as a browser sends it.
func uploaded(t *testing.T, field, name, data string) *multipart.Form {
	t.Helper()
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	part, err := w.CreateFormFile(field, name)
	if err == nil {
		_, err = io.WriteString(part, data)
	}
	if err = errors.Join(err, w.Close()); err != nil {
		t.Fatal(err)
	}
	form, err := multipart.NewReader(&b, w.Boundary()).ReadForm(1 << 20)
	if err != nil {
		t.Fatal(err)
	}
	return form
}

// app is a client of the sandbox's Slack that opens a modal when somebody types its command, and takes every form.
type app struct {
	t     *testing.T
	slack *slack.Server
	url   string
	forms chan json.RawMessage // the state of each form that came
}

func (a *app) call(method, token string, body any) map[string]any {
	raw, err := json.Marshal(body)
	if err != nil {
		a.t.Error(err)
		return nil
	}
	req, err := http.NewRequest(http.MethodPost, a.url+"/api/"+method, bytes.NewReader(raw))
	if err != nil {
		a.t.Error(err)
		return nil
	}
	req.Header.Set("Content-Type", "application/json; charset=utf-8")
	req.Header.Set("Authorization", "Bearer "+token)
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		a.t.Error(err)
		return nil
	}
	defer func() { _ = resp.Body.Close() }()
	var answer map[string]any
	if err := json.NewDecoder(resp.Body).Decode(&answer); err != nil || answer["ok"] != true {
		a.t.Errorf("%s: %v %v", method, answer, err)
	}
	return answer
}

func startApp(t *testing.T, view any) *app {
	t.Helper()
	server := slack.New(slack.Config{RateFactor: -1})
	web := httptest.NewServer(server.Handler())
	server.SetURL(web.URL)
	a := &app{t: t, slack: server, url: web.URL, forms: make(chan json.RawMessage, 1)}
	address, _ := a.call("apps.connections.open", slack.DefaultAppToken, struct{}{})["url"].(string)
	socket, _, err := websocket.DefaultDialer.Dial(address, nil) //nolint:bodyclose // it has none once the socket stands
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	t.Cleanup(func() {
		_ = socket.Close()
		<-done
		server.Close()
		web.Close()
	})
	hello := make(chan struct{})
	go func() {
		defer close(done)
		for {
			var e struct {
				Type    string `json:"type"`
				ID      string `json:"envelope_id"`
				Payload struct {
					Trigger string `json:"trigger_id"`
					View    struct {
						State struct{ Values json.RawMessage }
					}
				}
			}
			if socket.ReadJSON(&e) != nil {
				return
			}
			if e.Type == "hello" {
				close(hello)
				continue
			}
			if e.Type == "slash_commands" {
				a.call("views.open", slack.DefaultBotToken, map[string]any{"trigger_id": e.Payload.Trigger, "view": view})
			} else {
				a.forms <- e.Payload.View.State.Values
			}
			_ = socket.WriteJSON(map[string]string{"envelope_id": e.ID})
		}
	}()
	<-hello
	return a
}

func TestAFormOfEveryFieldReachesTheApp(t *testing.T) {
	text := func(s string) any { return map[string]any{"type": "plain_text", "text": s} }
	a := startApp(t, map[string]any{"type": "modal", "title": text("All"), "submit": text("Send"), "blocks": every(t, "modal.json")})
	ctx, stop := context.WithTimeout(t.Context(), 20*time.Second)
	defer stop()
	if _, err := a.slack.Command(ctx, slack.Requester, slack.General, "/oktaws", ""); err != nil {
		t.Fatal(err)
	}
	view := a.slack.Views(slack.Requester)[0]
	s := Surface{Names: people{}, ID: view.ID, Action: "/act", Modal: true, Conversation: slack.General, Location: time.FixedZone("nowhere", 3600)}
	if loc, err := time.LoadLocation("Asia/Tokyo"); err == nil {
		s.Location = loc
	}
	form := sent(Blocks(view.Blocks, s))
	put := func(block string, values ...string) {
		form[fieldName(block, "value")] = append([]string{""}, values...)
	}
	put("name", "111122223333")
	put("mail", "a@b.example")
	put("count", "3")
	put("hour", "23:05")
	put("moment", "2026-07-02T08:45")
	put("radio", "groups")
	put("many", "admin", "billing")
	put("person", slack.AdminTwo)
	put("channels", slack.General)
	for _, u := range Uploads(uploaded(t, "upload:files:value", "a.csv", "x,y"), view.Blocks) {
		for _, f := range u.Files {
			data := make([]byte, f.Size)
			in, err := f.Open()
			if err != nil {
				t.Fatal(err)
			}
			if _, err := io.ReadFull(in, data); err != nil {
				t.Fatal(err)
			}
			kept, err := a.slack.UploadFor(slack.Requester, view.ID, u.Block, u.Action, slack.NewFile{Name: f.Filename, Data: data})
			if err != nil {
				t.Fatal(err)
			}
			put("files", kept[0].ID)
		}
	}
	if _, err := a.slack.Submit(ctx, slack.Requester, view.ID, Values(form, view.Blocks)); err != nil {
		t.Fatal(err)
	}
	var got map[string]map[string]map[string]any
	if err := json.Unmarshal(<-a.forms, &got); err != nil {
		t.Fatal(err)
	}
	list := func(v ...any) any { return append([]any{}, v...) }
	words := map[string]any{"type": "text", "text": "as it was"}
	rich := map[string]any{"type": "rich_text", "elements": list(map[string]any{"type": "rich_text_section", "elements": list(words)})}
	for block, want := range map[string]any{
		"name": "111122223333", "story": "\nfirst \"line\"\nsecond", "mail": "a@b.example", "site": "https://example.com", "count": "3", "note2": rich,
		"day": "2026-11-23", "hour": "23:05", "moment": 1782949500.0, "one": "eu-central-1", "many": list("admin", "billing"), "radio": "groups",
		"boxes": list("update"), "person": slack.AdminTwo, "people": list(slack.AdminOne), "channel": nil, "channels": list(slack.General),
		"talk": slack.General, "talks": list(), "outside": nil, "outsides": list(), "files": list("a.csv"),
	} {
		var have any
		for field, v := range got[block]["value"] {
			if field == "type" {
				continue
			}
			have = v
			if o, ok := v.(map[string]any); ok && o["value"] != nil {
				have = o["value"]
			}
			if many, ok := v.([]any); ok {
				values := []any{}
				for _, each := range many {
					if o, ok := each.(map[string]any); ok {
						if each = o["value"]; each == nil {
							each = o["name"] // of a file
						}
					}
					values = append(values, each)
				}
				have = values
			}
		}
		if !reflect.DeepEqual(have, want) {
			t.Errorf("%s: %#v, not %#v", block, have, want)
		}
	}
}

func TestValuesSayWhatWasEmptied(t *testing.T) {
	raw := every(t, "modal.json")
	form := url.Values{}
	for _, block := range []string{"name", "boxes", "many", "one", "moment"} {
		form[fieldName(block, "value")] = []string{""}
	}
	form["field:nowhere:value"] = []string{"x"}
	want := map[string]map[string]any{
		"name": {"value": nil}, "boxes": {"value": []string{}}, "many": {"value": []string{}}, "one": {"value": nil}, "moment": {"value": nil},
	}
	if got := Values(form, raw); !reflect.DeepEqual(got, want) {
		t.Errorf("%#v", got)
	}
	if got := Values(form, json.RawMessage("[{")); len(got) != 0 {
		t.Error(got)
	}
}

func TestPressReadsWhatWasChosen(t *testing.T) {
	for name, c := range map[string]struct {
		form url.Values
		want any
	}{
		"button":         {url.Values{"action": {"approve"}, "block": {"decide"}}, nil},
		"menu":           {url.Values{"action": {"snooze"}, "block": {"decide"}, "choice": {"1h r1"}}, "1h r1"},
		"overflow":       {url.Values{"action": {"more"}, "block": {"decide"}, "choice": {"copy"}}, "copy"},
		"several":        {url.Values{"action": {"several"}, "block": {"pick"}, "choice": {"apple", "pear"}}, []string{"apple", "pear"}},
		"none of them":   {url.Values{"action": {"several"}, "block": {"pick"}}, []string{}},
		"ticks":          {url.Values{"action": {"ticks"}, "block": {"boxes"}, "choice": {"create"}}, []string{"create"}},
		"radio":          {url.Values{"action": {"one"}, "block": {"radio"}, "choice": {"2"}}, "2"},
		"date":           {url.Values{"action": {"date"}, "block": {"when"}, "choice": {"2026-01-02"}}, "2026-01-02"},
		"moment":         {url.Values{"action": {"moment"}, "block": {"when"}, "choice": {"2026-07-02T01:45"}, "zone:choice": {"Europe/Berlin"}}, int64(1782949500)},
		"no moment":      {url.Values{"action": {"moment"}, "block": {"when"}, "choice": {"soon"}}, "soon"},
		"card":           {url.Values{"action": {"second"}, "block": {"c2"}}, nil},
		"feedback":       {url.Values{"action": {"liked"}, "block": {"feedback"}, "choice": {"good"}}, "good"},
		"no script":      {url.Values{"action": {"several"}, "block": {"pick"}, fieldName("pick", "several"): {"pear"}}, []string{"pear"}},
		"not here (now)": {url.Values{"action": {"x"}, "block": {"y"}, "choice": {"z"}}, nil},
	} {
		block, action, choice := Press(c.form, every(t, "message.json"))
		if block != c.form.Get("block") || action != c.form.Get("action") || !reflect.DeepEqual(choice, c.want) {
			t.Errorf("%s: %s %s %#v", name, block, action, choice)
		}
	}
}

func TestAssetsAreServed(t *testing.T) {
	mux := http.NewServeMux()
	Mount(mux)
	for _, name := range []string{"blockkit.css", "blockkit.js"} {
		r, _ := http.NewRequest(http.MethodGet, "/assets/blockkit/"+name, nil)
		if _, pattern := mux.Handler(r); pattern == "" {
			t.Error(fmt.Sprint(name, " is not served"))
		}
	}
}
