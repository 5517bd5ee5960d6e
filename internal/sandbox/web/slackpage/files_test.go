package slackpage

import (
	"bytes"
	"image"
	"image/png"
	"io"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"

	"github.com/oktaws/oktaws/internal/sandbox/slack"
)

// upload is a file in a form.
type upload struct {
	field, name string
	data        []byte
}

// postFiles sends a form with files, and returns the page that it leads to.
func (w *world) postFiles(path string, files []upload, fields ...string) (status int, page, at string) {
	w.t.Helper()
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	for i := 0; i+1 < len(fields); i += 2 {
		if err := form.WriteField(fields[i], fields[i+1]); err != nil {
			w.t.Fatal(err)
		}
	}
	for _, f := range files {
		part, err := form.CreateFormFile(f.field, f.name)
		if err != nil {
			w.t.Fatal(err)
		}
		_, _ = part.Write(f.data)
	}
	_ = form.Close()
	resp, err := http.Post(w.site.URL+path, form.FormDataContentType(), &body)
	if err != nil {
		w.t.Fatal(err)
	}
	return read(w.t, resp)
}

func somePNG(t *testing.T) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := png.Encode(&b, image.NewGray(image.Rect(0, 0, 30, 20))); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// open fetches a file as a browser does.
func (w *world) open(path string) (*http.Response, []byte) {
	w.t.Helper()
	resp, err := http.Get(w.site.URL + path)
	if err != nil {
		w.t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	data, err := io.ReadAll(resp.Body)
	if err != nil {
		w.t.Fatal(err)
	}
	return resp, data
}

var fileLink = regexp.MustCompile(`/slack/requester/files/F[0-9A-Z]+`)

func TestFilesAreSentAndOpened(t *testing.T) {
	w := start(t)
	picture := somePNG(t)
	for _, f := range []struct {
		upload
		kind, how, about string
		shown            bool // as a picture
	}{
		{upload{"files", "plan.png", picture}, "image/png", "inline", "PNG, ", true},
		{upload{"files", "evil.png", []byte("<script>alert(1)</script>")}, "image/png", "inline", "PNG, 25 bytes", false},
		{upload{"files", "page.html", []byte("<script>alert(1)</script>")}, "application/octet-stream", "attachment", "HTML, 25 bytes", false},
		{upload{"files", "drawing.svg", []byte("<svg onload='alert(1)'/>")}, "application/octet-stream", "attachment", "SVG, 24 bytes", false},
		{upload{"files", `a "quoted" naïve.txt`, bytes.Repeat([]byte("x"), 1536)}, "application/octet-stream", "attachment", "Plain text, 1.5 KB", false},
	} {
		_, page, at := w.postFiles("/slack/requester/general/send", []upload{f.upload}, "text", "see "+f.name)
		if at != "/slack/requester/general" {
			t.Error(at)
		}
		_, message, _ := strings.Cut(page, `id="m-`+w.said(slack.General).TS+`"`)
		check(t, f.name, message, []string{f.about, "download"})
		if got := strings.Contains(message, "<img"); got != f.shown {
			t.Errorf("%s is a picture: %v", f.name, got)
		}
		if f.shown {
			check(t, f.name, message, []string{`alt="plan.png"`, `width="30" height="20"`})
		}
		link := fileLink.FindString(message)
		resp, data := w.open(link)
		h := resp.Header
		if !bytes.Equal(data, f.data) || h.Get("Content-Type") != f.kind || !strings.HasPrefix(h.Get("Content-Disposition"), f.how) ||
			h.Get("X-Content-Type-Options") != "nosniff" || !strings.Contains(h.Get("Content-Security-Policy"), "sandbox") {
			t.Errorf("%s: %d %v", f.name, resp.StatusCode, h)
		}
		if resp, _ = w.open(link + "?download=1"); !strings.HasPrefix(resp.Header.Get("Content-Disposition"), "attachment; filename") {
			t.Errorf("%s is saved as %q", f.name, resp.Header.Get("Content-Disposition"))
		}
		w.see(strings.Replace(link, "requester/files", "admin-one/files", 1), nil) // who is in the channel sees it
	}
}

func TestFileIsSeenWhereItIsShared(t *testing.T) {
	w := start(t)
	_, err := w.Sandbox().Slack.Upload(slack.AdminOne, slack.AdminChannel, "", "", slack.NewFile{Name: "secret.txt", Data: []byte("x")})
	if err != nil {
		t.Fatal(err)
	}
	id := w.said(slack.AdminChannel).Files[0].ID
	page := w.see("/slack/admin-two/aws-admins", []string{"secret.txt", "Plain text, 1 byte"})
	if strings.Contains(page, `<div class="said">`) {
		t.Error("a file without words has no empty line over it")
	}
	if status, page, _ := w.get("/slack/requester/files/" + id); status != http.StatusNotFound || !strings.Contains(page, "There is no file") {
		t.Errorf("%d %s", status, page)
	}
}

func TestFileOfTheAppUntilItIsDeleted(t *testing.T) {
	w := start(t)
	at := w.bot("files.getUploadURLExternal", map[string]any{"filename": "trail.csv", "length": 3})
	resp, err := http.Post(at["upload_url"].(string), "text/csv", strings.NewReader("a,b"))
	if err != nil {
		t.Fatal(err)
	}
	_ = resp.Body.Close()
	w.bot("files.completeUploadExternal", map[string]any{"channel_id": slack.General, "files": []any{map[string]any{"id": at["file_id"], "title": "The audit trail"}}})
	w.see("/slack/requester/general", []string{"The audit trail", "CSV, 3 bytes", "/slack/requester/files/" + at["file_id"].(string)})
	w.bot("files.delete", map[string]any{"file": at["file_id"]})
	w.see("/slack/requester/general", []string{"This file was deleted."}, "The audit trail", "/slack/requester/files/")
	if status, page, _ := w.get("/slack/requester/files/" + at["file_id"].(string)); status != http.StatusNotFound || !strings.Contains(page, "was deleted") {
		t.Errorf("%d %s", status, page)
	}
}

// registered puts an app in the place of the project's own, which can do what its manifest says and no more.
func (w *world) registered(app slack.Config) {
	w.t.Helper()
	app.Hub, app.BotToken, app.AppToken, app.RateFactor = w.sb.Hub, w.env["SLACK_BOT_TOKEN"], w.env["SLACK_APP_TOKEN"], -1
	with := slack.New(app)
	at := httptest.NewServer(with.Handler())
	w.t.Cleanup(func() { with.Close(); at.Close() })
	with.SetURL(at.URL)
	w.sb.Slack, w.env["SLACK_API_URL"] = with, at.URL+"/api/"
}

func TestFilesInAThread(t *testing.T) {
	w := start(t)
	w.post("/slack/requester/general/send", "text", "what happened?")
	thread := w.said(slack.General).TS
	_, page, at := w.postFiles("/slack/requester/general/send?thread="+thread, []upload{{"files", "a.txt", []byte("a")}, {"files", "b.txt", []byte("b")}})
	if at != "/slack/requester/general?thread="+thread || w.said(slack.General).ThreadTS != thread {
		t.Errorf("%s %+v", at, w.said(slack.General))
	}
	check(t, "thread", page, []string{"1 reply", "a.txt", "b.txt"})
}

// What was written stays in the box where Slack doesn't take the files, with Slack's word for why.
func TestFilesThatSlackDoesNotTake(t *testing.T) {
	w := start(t)
	large := bytes.Repeat([]byte("x"), slack.FileBytes+1)
	many := make([]upload, 11)
	for i := range many {
		many[i] = upload{"files", "f.txt", []byte("x")}
	}
	for name, c := range map[string]struct {
		files []upload
		want  string
	}{
		"too large":  {[]upload{{"files", "film.mov", large}}, "film.mov is larger than 10 MB: file_upload_size_restricted."},
		"empty":      {[]upload{{"files", "nothing.txt", nil}}, "nothing.txt is empty."},
		"too many":   {many, "11 files at once"},
		"no room":    {[]upload{{"files", "a", large[1:]}, {"files", "b", large[1:]}, {"files", "c", []byte("x")}}, "storage_limit_reached"},
		"far larger": {[]upload{{"files", "disk.iso", bytes.Repeat(large, 9)}}, "The files have more than 80 MB: file_upload_size_restricted."},
	} {
		_, page, _ := w.postFiles("/slack/requester/general/send", c.files, "text", "my own words")
		check(t, name, page, []string{"Your message was not sent.", c.want})
		if name != "far larger" { // it ends before its words can be read, or after: nobody knows
			check(t, name, page, []string{"my own words</textarea>"})
		}
	}
	if n := len(w.Sandbox().Slack.Messages(slack.General)); n != 0 {
		t.Errorf("%d messages were sent", n)
	}
	_, page, _ := w.postFiles("/slack/requester/general/send", []upload{{"files", "a.txt", []byte("a")}}, "text", "")
	check(t, "a good one", page, []string{"a.txt"}, "was not sent", "my own words")
}

// fileForm is a form that takes up to two pictures, and a word to them.
func fileForm() map[string]any {
	f := form("Show it")
	f["blocks"] = []any{
		map[string]any{"type": "input", "block_id": "shots", "label": text("Screenshots"), "element": map[string]any{"type": "file_input", "action_id": "files", "filetypes": []any{"png"}, "max_files": 2}},
		map[string]any{"type": "input", "block_id": "word", "label": text("A word"), "element": map[string]any{"type": "plain_text_input", "action_id": "word"}},
		actions("more", button("help", "Help")),
	}
	return f
}

func TestFormWithFiles(t *testing.T) {
	w := start(t)
	sent := make(chan map[string]any, 1)
	w.app(func(p map[string]any) any {
		switch p["type"] {
		case "block_actions":
		case "view_submission":
			sent <- p["view"].(map[string]any)["state"].(map[string]any)["values"].(map[string]any)
		default:
			w.bot("views.open", map[string]any{"trigger_id": p["trigger_id"], "view": fileForm()})
		}
		return nil
	})
	view := w.ask()
	w.see("/slack/requester/general", []string{`enctype="multipart/form-data"`, `type="file"`, `accept=".png"`})
	picture, held := somePNG(t), "field:shots:files"
	put := func(files ...upload) string {
		fields := []string{"field:word:word", "as typed", held, ""}
		kept, _ := w.Sandbox().Slack.Filled(view[strings.LastIndex(view, "/")+1:])["shots"]["files"].([]string)
		for _, f := range kept {
			fields = append(fields, held, f)
		}
		_, page, _ := w.postFiles(view+"/submit", files, fields...)
		return page
	}
	check(t, "none", put(), []string{"Please complete this required field.", `value="as typed"`})
	check(t, "wrong type", put(upload{"upload:shots:files", "notes.txt", []byte("x")}), []string{"notes.txt is of a type that is not accepted here", `value="as typed"`})
	check(t, "too large", put(upload{"upload:shots:files", "big.png", bytes.Repeat(picture, 1+slack.FileBytes/len(picture))}), []string{"file_upload_size_restricted", `value="as typed"`})
	check(t, "too many", put(upload{"upload:shots:files", "a.png", picture}, upload{"upload:shots:files", "b.png", picture}, upload{"upload:shots:files", "c.png", picture}),
		[]string{"No more than 2 files."})

	_, page, _ := w.postFiles(view+"/act?block=more&action=help", []upload{{"upload:shots:files", "first.png", picture}}, "field:word:word", "as typed", held, "")
	check(t, "a button keeps what was chosen", page, []string{"first.png", `type="checkbox"`}, "No more than")
	check(t, "sent", put(upload{"upload:shots:files", "second.png", picture}), nil, "<dialog")
	var names []string
	for _, f := range next(t, sent)["shots"].(map[string]any)["files"].(map[string]any)["files"].([]any) {
		names = append(names, f.(map[string]any)["name"].(string))
	}
	if strings.Join(names, " ") != "first.png second.png" {
		t.Error(names)
	}
}
