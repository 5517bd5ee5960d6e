package slackpage

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"github.com/oktaws/oktaws/internal/sandbox"
	"github.com/oktaws/oktaws/internal/sandbox/slack"
)

// world is a sandbox with its Slack pages, and an app where one is started.
type world struct {
	t    *testing.T
	mu   sync.Mutex
	sb   *sandbox.Sandbox
	site *httptest.Server
	env  map[string]string
}

func (w *world) Sandbox() *sandbox.Sandbox {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.sb
}

func start(t *testing.T) *world {
	t.Helper()
	w := &world{t: t, env: map[string]string{}}
	w.reset()
	mux := http.NewServeMux()
	Mount(mux, w)
	w.site = httptest.NewServer(mux)
	t.Cleanup(w.site.Close)
	return w
}

// reset puts a new sandbox in place of the one before.
func (w *world) reset() {
	w.t.Helper()
	sb, err := sandbox.Start(sandbox.Options{Relaxed: true})
	if err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(func() { _ = sb.Close() })
	w.mu.Lock()
	w.sb = sb
	w.mu.Unlock()
	for _, v := range sb.Env() {
		w.env[v.Name] = v.Value
	}
}

// get returns a page, and where it was found after redirects.
func (w *world) get(path string) (status int, page, at string) {
	w.t.Helper()
	resp, err := http.Get(w.site.URL + path)
	if err != nil {
		w.t.Fatal(err)
	}
	return read(w.t, resp)
}

// post sends a form, and returns the page that it leads to.
func (w *world) post(path string, fields ...string) (status int, page, at string) {
	w.t.Helper()
	form := url.Values{}
	for i := 0; i+1 < len(fields); i += 2 {
		form.Add(fields[i], fields[i+1])
	}
	resp, err := http.PostForm(w.site.URL+path, form)
	if err != nil {
		w.t.Fatal(err)
	}
	return read(w.t, resp)
}

func read(t *testing.T, resp *http.Response) (status int, page, at string) {
	t.Helper()
	defer func() { _ = resp.Body.Close() }()
	raw, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, string(raw), resp.Request.URL.RequestURI()
}

// see checks that a person's page has some words, and others not.
func (w *world) see(path string, has []string, hasNot ...string) string {
	w.t.Helper()
	status, page, _ := w.get(path)
	if status != http.StatusOK {
		w.t.Fatalf("%s: %d", path, status)
	}
	check(w.t, path, page, has, hasNot...)
	return page
}

func check(t *testing.T, where, page string, has []string, hasNot ...string) {
	t.Helper()
	for _, words := range has {
		if !strings.Contains(page, words) {
			t.Errorf("%s: %q is not there", where, words)
		}
	}
	for _, words := range hasNot {
		if strings.Contains(page, words) {
			t.Errorf("%s: %q should not be there", where, words)
		}
	}
}

// call has the app call Slack, with arguments as JSON.
func (w *world) call(token, method string, args map[string]any) map[string]any {
	w.t.Helper()
	raw, err := json.Marshal(args)
	if err != nil {
		w.t.Fatal(err)
	}
	req, err := http.NewRequest(http.MethodPost, w.env["SLACK_API_URL"]+method, bytes.NewReader(raw))
	if err != nil {
		w.t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Authorization", "Bearer "+w.env[token])
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		w.t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	var answer map[string]any
	if err := json.NewDecoder(resp.Body).Decode(&answer); err != nil {
		w.t.Fatal(method, err)
	}
	return answer
}

func (w *world) bot(method string, args map[string]any) map[string]any {
	w.t.Helper()
	return w.call("SLACK_BOT_TOKEN", method, args)
}

// app connects an app, which answers each envelope's payload with what answer returns; nil is an answer without words.
func (w *world) app(answer func(payload map[string]any) any) {
	w.t.Helper()
	at, _ := w.call("SLACK_APP_TOKEN", "apps.connections.open", nil)["url"].(string)
	conn, resp, err := websocket.DefaultDialer.Dial(at, nil)
	if err != nil {
		w.t.Fatal(err)
	}
	_ = resp.Body.Close()
	var running sync.WaitGroup
	running.Go(func() {
		for {
			var envelope struct {
				ID      string         `json:"envelope_id"`
				Payload map[string]any `json:"payload"`
			}
			if conn.ReadJSON(&envelope) != nil {
				return
			}
			if envelope.ID == "" {
				continue
			}
			ack := map[string]any{"envelope_id": envelope.ID}
			if words := answer(envelope.Payload); words != nil {
				ack["payload"] = words
			}
			_ = conn.WriteJSON(ack)
		}
	})
	w.t.Cleanup(func() { _ = conn.Close(); running.Wait() })
	w.wait(func() bool { return w.Sandbox().Slack.Connections() > 0 })
}

// wait returns once done reports true, looking again at each change in Slack.
func (w *world) wait(done func() bool) {
	w.t.Helper()
	ctx, cancel := context.WithTimeout(w.t.Context(), soon)
	defer cancel()
	if err := w.Sandbox().Slack.Wait(ctx, done); err != nil {
		w.t.Fatal("waited in vain: ", err)
	}
}

// next is what a channel brings soon.
func next[T any](t *testing.T, from <-chan T) T {
	t.Helper()
	select {
	case v := <-from:
		return v
	case <-time.After(soon):
		t.Fatal("the app heard nothing")
		panic("unreachable")
	}
}

// said is the last message of a channel.
func (w *world) said(channel string) slack.Message {
	w.t.Helper()
	all := w.Sandbox().Slack.Messages(channel)
	if len(all) == 0 {
		w.t.Fatal("nothing was said in ", channel)
	}
	return all[len(all)-1]
}

func text(s string) map[string]any { return map[string]any{"type": "plain_text", "text": s} }

func section(s string) map[string]any {
	return map[string]any{"type": "section", "text": map[string]any{"type": "mrkdwn", "text": s}}
}

func button(action, words string) map[string]any {
	return map[string]any{"type": "button", "action_id": action, "text": text(words)}
}

func actions(block string, elements ...map[string]any) map[string]any {
	return map[string]any{"type": "actions", "block_id": block, "elements": elements}
}

func form(title string) map[string]any {
	return map[string]any{
		"type": "modal", "title": text(title), "submit": text("Ask"), "close": text("Never mind"), "callback_id": "link",
		"blocks": []any{
			map[string]any{"type": "input", "block_id": "account", "label": text("AWS account ID"), "element": map[string]any{"type": "plain_text_input", "action_id": "id"}},
			actions("more", button("help", "Help")),
		},
	}
}

// soon is a deadline for what comes over the wire.
const soon = 10 * time.Second
