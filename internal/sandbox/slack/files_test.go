package slack

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"

	slackgo "github.com/slack-go/slack"
	"github.com/slack-go/slack/slackevents"
	"github.com/slack-go/slack/socketmode"
)

// withoutFiles are the scopes of an app that works without files.
func withoutFiles(cfg Config) Config {
	cfg.Scopes = slices.DeleteFunc(slices.Clone(DefaultScopes), func(s string) bool { return strings.HasPrefix(s, "files:") })
	return cfg
}

// sent has the app upload a file as its library does.
func (w *workspace) sent(p slackgo.UploadFileParameters) string {
	w.t.Helper()
	p.FileSize = len(p.Content)
	f, err := w.api.UploadFileContext(w.ctx, p)
	if err != nil {
		w.t.Fatal(err)
	}
	return f.ID
}

// asked asks for the address of an upload.
func (w *workspace) asked(name string, length int) *slackgo.GetUploadURLExternalResponse {
	w.t.Helper()
	u, err := w.api.GetUploadURLExternalContext(w.ctx, slackgo.GetUploadURLExternalParameters{FileName: name, FileSize: length})
	if err != nil {
		w.t.Fatal(err)
	}
	return u
}

// put sends the bytes there.
func (w *workspace) put(address string, data []byte) int {
	w.t.Helper()
	resp, err := web.Post(address, "application/octet-stream", bytes.NewReader(data))
	if err != nil {
		w.t.Fatal(err)
	}
	_ = resp.Body.Close()
	return resp.StatusCode
}

func (w *workspace) completed(ids []string, channel string) error {
	p := slackgo.CompleteUploadExternalParameters{Channel: channel}
	for _, id := range ids {
		p.Files = append(p.Files, slackgo.FileSummary{ID: id})
	}
	_, err := w.api.CompleteUploadExternalContext(w.ctx, p)
	return err
}

func TestAppPostsAFile(t *testing.T) {
	w := start(t, Config{Events: []string{"file_shared"}})
	l := w.listen(ack())
	thread, err := w.Post(AdminOne, AdminChannel, "What happened?")
	if err != nil {
		t.Fatal(err)
	}
	id := w.sent(slackgo.UploadFileParameters{
		Filename: "Audit Trail.csv", Title: "The audit trail", Content: "who,what\n", AltTxt: "a table",
		Channel: AdminChannel, ThreadTimestamp: thread, InitialComment: "As asked",
	})
	m := w.Messages(AdminChannel)[1]
	if m.Text != "As asked" || m.ThreadTS != thread || m.User != BotUser || len(m.Files) != 1 {
		t.Fatalf("%+v", m)
	}
	want := File{
		ID: id, Name: "Audit Trail.csv", Title: "The audit trail", Mime: "text/csv", Type: "csv", Size: 9, User: BotUser, Alt: "a table",
		Created: m.Files[0].Created,
	}
	if m.Files[0] != want {
		t.Errorf("%+v, not %+v", m.Files[0], want)
	}
	if _, data, err := w.Open(AdminTwo, id); err != nil || string(data) != "who,what\n" {
		t.Errorf("who is in the channel opens it: %q %v", data, err)
	}
	if _, _, err := w.Open(Requester, id); err == nil {
		t.Error("who is not in the channel cannot open it")
	}
	info, _, _, err := w.api.GetFileInfoContext(w.ctx, id, 0, 0)
	if err != nil {
		t.Fatal(err)
	}
	if info.IsPublic || !slices.Equal(info.Groups, []string{AdminChannel}) || info.Shares.Private[AdminChannel][0].ThreadTs != thread || info.PrettyType != "CSV" {
		t.Errorf("%+v", info)
	}
	for _, address := range []string{info.URLPrivate, info.URLPrivateDownload} {
		var got bytes.Buffer
		if err := w.api.GetFileContext(w.ctx, address, &got); err != nil || got.String() != "who,what\n" {
			t.Errorf("%s: %q %v", address, got.String(), err)
		}
	}
	w.heard(l, socketmode.EventTypeEventsAPI, 1)
	if e, ok := l.of(socketmode.EventTypeEventsAPI)[0].Data.(slackevents.EventsAPIEvent).InnerEvent.Data.(*slackevents.FileSharedEvent); !ok || e.FileID != id || e.ChannelID != AdminChannel || e.UserID != BotUser {
		t.Errorf("%+v", e)
	}
	if texts, _ := w.AllTexts(); !strings.Contains(strings.Join(texts, "\n"), "who,what") {
		t.Error("what the app writes into files is found by a search")
	}

	if err := w.api.DeleteFileContext(w.ctx, id); err != nil {
		t.Fatal(err)
	}
	if f := w.Messages(AdminChannel)[1].Files[0]; !f.Deleted {
		t.Errorf("its place in the message is left: %+v", f)
	}
	if _, _, err := w.Open(AdminTwo, id); err == nil {
		t.Error("a deleted file cannot be opened")
	}
	if err := w.api.DeleteFileContext(w.ctx, id); errorOf(err) != "file_deleted" {
		t.Error(err)
	}
	if _, _, _, err := w.api.GetFileInfoContext(w.ctx, id, 0, 0); errorOf(err) != "file_deleted" {
		t.Error(err)
	}
}

func TestFilesNeedTheirScopes(t *testing.T) {
	w := start(t, withoutFiles(Config{}))
	if _, err := w.Upload(Requester, General, "", "", NewFile{"a.txt", []byte("a")}); err != nil {
		t.Fatal(err)
	}
	id := w.Messages(General)[0].Files[0].ID
	_, err := w.api.GetUploadURLExternalContext(w.ctx, slackgo.GetUploadURLExternalParameters{FileName: "a", FileSize: 1})
	_, _, _, infoErr := w.api.GetFileInfoContext(w.ctx, id, 0, 0)
	for i, got := range []error{err, infoErr, w.completed([]string{id}, General), w.api.DeleteFileContext(w.ctx, id)} {
		if errorOf(got) != "missing_scope" {
			t.Errorf("%d: %v", i, got)
		}
	}
	w.listen(opener(w, ack()))
	v := w.opened()
	if _, err := w.api.UpdateView(fileForm(nil), "", "", v.ID); errorOf(err) != "missing_scope" {
		t.Errorf("a form that takes files: %v", err)
	}
}

// Whoever has no right to a file is shown a page to sign in on, as in Slack, with status 200.
func TestPrivateAddresses(t *testing.T) {
	w := start(t, Config{})
	for _, channel := range []string{General, SharedChannel} {
		if _, err := w.Upload(Requester, channel, "", "", NewFile{"Notes & more.md", []byte("# Notes")}); err != nil {
			t.Fatal(err)
		}
	}
	seen, hidden := w.Messages(General)[0].Files[0].ID, w.Messages(SharedChannel)[0].Files[0].ID
	address := func(id string) string { return w.url + "/files-pri/" + Team + "-" + id + "/notes___more.md" }
	for _, c := range []struct {
		address, token string
		status         int
		kind, body     string
	}{
		{address(seen), DefaultBotToken, 200, "text/markdown", "# Notes"},
		{address(seen), "", 200, "text/html; charset=utf-8", "Sign in"},
		{address(seen), DefaultAppToken, 200, "text/html; charset=utf-8", "Sign in"},
		{address(hidden), DefaultBotToken, 200, "text/html; charset=utf-8", "Sign in"},
		{address("F0NOSUCH"), DefaultBotToken, 404, "text/html; charset=utf-8", "not found"},
		{strings.Replace(address(seen), "notes", "other", 1), DefaultBotToken, 404, "text/html; charset=utf-8", "not found"},
	} {
		req, _ := http.NewRequestWithContext(w.ctx, http.MethodGet, c.address, nil)
		if c.token != "" {
			req.Header.Set("Authorization", "Bearer "+c.token)
		}
		resp, err := web.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		body, _ := io.ReadAll(resp.Body)
		_ = resp.Body.Close()
		if resp.StatusCode != c.status || resp.Header.Get("Content-Type") != c.kind || !strings.Contains(string(body), c.body) {
			t.Errorf("%s with %q: %d %s %s", c.address, c.token, resp.StatusCode, resp.Header.Get("Content-Type"), body)
		}
	}
	if _, _, _, err := w.api.GetFileInfoContext(w.ctx, hidden, 0, 0); errorOf(err) != "not_visible" {
		t.Error(err)
	}
	if err := w.api.DeleteFileContext(w.ctx, hidden); errorOf(err) != "file_not_found" {
		t.Error(err)
	}
	if err := w.api.DeleteFileContext(w.ctx, seen); errorOf(err) != "cant_delete_file" {
		t.Error(err)
	}
	var calls []string
	for _, call := range w.hub.Calls(0) {
		calls = append(calls, call.Operation+" "+call.Subject)
	}
	if !slices.Contains(calls, "download "+seen) {
		t.Errorf("the hub sees downloads: %q", calls)
	}
}

func TestPeopleShareFiles(t *testing.T) {
	w := start(t, Config{Events: []string{"file_shared", "message.channels"}})
	l := w.listen(ack())
	first, err := w.Upload(Requester, "#general", "", "see <this>", NewFile{"Screen.PNG", []byte("\x89PNG\r\n\x1a\n")}, NewFile{"b", []byte{0, 1}})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Upload(AdminOne, General, first, "", NewFile{"c.txt", []byte("c")}); err != nil {
		t.Fatal(err)
	}
	posted := w.Messages(General)
	if posted[0].TS != first || posted[0].Text != "see &lt;this&gt;" || posted[1].ThreadTS != first || posted[0].Files[0].Type != "png" || posted[0].Files[1].Type != "binary" {
		t.Errorf("%+v", posted)
	}
	if _, err := w.Upload(Requester, SharedChannel, "", "", NewFile{"d.txt", []byte("d")}); err != nil {
		t.Fatal(err)
	}
	if _, err := w.Post(AdminTwo, General, "and words"); err != nil {
		t.Fatal(err)
	}
	w.heard(l, socketmode.EventTypeEventsAPI, 6)
	got := map[string]int{}
	for _, e := range l.of(socketmode.EventTypeEventsAPI) {
		switch e := e.Data.(slackevents.EventsAPIEvent).InnerEvent.Data.(type) {
		case *slackevents.FileSharedEvent:
			got["file_shared "+e.ChannelID]++
		case *slackevents.MessageEvent:
			got["message "+e.SubType+" "+e.ChannelType]++
		}
	}
	if len(got) != 3 || got["file_shared "+General] != 3 || got["message file_share channel"] != 2 || got["message  channel"] != 1 {
		t.Errorf("the app heard %v", got)
	}

	for _, c := range []struct {
		user, channel, thread string
		files                 []NewFile
	}{
		{Requester, AdminChannel, "", []NewFile{{"a", []byte("a")}}},
		{Former, General, "", []NewFile{{"a", []byte("a")}}},
		{Requester, General, "1.000000", []NewFile{{"a", []byte("a")}}},
		{Requester, General, "", nil},
		{Requester, General, "", []NewFile{{"a", nil}}},
		{Requester, General, "", []NewFile{{"", []byte("a")}}},
		{Requester, General, "", []NewFile{{"../a", []byte("a")}}},
		{Requester, General, "", slices.Repeat([]NewFile{{"a", []byte("a")}}, 11)},
		{Requester, General, "", []NewFile{{"a", make([]byte, FileBytes+1)}}},
	} {
		if _, err := w.Upload(c.user, c.channel, c.thread, "", c.files...); err == nil {
			t.Errorf("%+v passes", c)
		}
	}
}

// What is shared is open to who sees a message with it, and closed when the last of them is gone.
func TestOpeningEndsWithTheMessage(t *testing.T) {
	w := start(t, Config{})
	id := w.sent(slackgo.UploadFileParameters{Filename: "a.txt", Content: "a", Channel: General})
	if _, _, err := w.Open(Guest, id); err != nil {
		t.Error(err)
	}
	if err := w.Leave(Guest, General); err != nil {
		t.Fatal(err)
	}
	if _, _, err := w.Open(Guest, id); err == nil {
		t.Error("who has left sees it no more")
	}
	if _, _, err := w.api.DeleteMessage(General, w.Messages(General)[0].TS); err != nil {
		t.Fatal(err)
	}
	if _, _, err := w.Open(AdminOne, id); err == nil {
		t.Error("the message is gone, and with it the file")
	}
}

// Every field of a file that the app is told is one that Slack has, of the same JSON type.
func TestRecordedShapeOfFiles(t *testing.T) {
	var shape struct{ Message struct{ Files []object } }
	if err := json.Unmarshal(recorded(t, "payload-shapes/block_actions.json"), &shape); err != nil {
		t.Fatal(err)
	}
	w := start(t, Config{})
	l := w.listen(ack())
	u := w.asked("a.txt", 1)
	w.put(u.UploadURL, []byte("a"))
	if _, err := w.api.CompleteUploadExternalContext(w.ctx, slackgo.CompleteUploadExternalParameters{
		Files: []slackgo.FileSummary{{ID: u.FileID}}, Channel: General, Blocks: slackgo.Blocks{BlockSet: []slackgo.Block{approveBlock("Approve")}},
	}); err != nil {
		t.Fatal(err)
	}
	w.must(w.Click(w.ctx, AdminOne, General, w.Messages(General)[0].TS, "approve"))
	var click struct{ Message struct{ Files []object } }
	if err := json.Unmarshal(l.of(socketmode.EventTypeInteractive)[0].Request.Payload, &click); err != nil {
		t.Fatal(err)
	}
	for name, got := range click.Message.Files[0] {
		want, known := shape.Message.Files[0][name]
		if gotJSON, wantJSON := raw(t, got), raw(t, want); !known || kindOf(gotJSON) != kindOf(wantJSON) {
			t.Errorf("%s is %s, recorded as %s", name, gotJSON, wantJSON)
		}
	}
}

// kindOf is the JSON type of a value, by its first letter.
func kindOf(v []byte) string {
	switch c := v[0]; {
	case c == 't' || c == 'f':
		return "boolean"
	case c == '-' || c >= '0' && c <= '9':
		return "number"
	default:
		return string(c)
	}
}
