package slack

import (
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jonboulle/clockwork"
	slackgo "github.com/slack-go/slack"
)

func TestRefusedUploads(t *testing.T) {
	w := start(t, Config{RateFactor: -1})
	for _, c := range []struct {
		p    slackgo.GetUploadURLExternalParameters
		want string
	}{
		{slackgo.GetUploadURLExternalParameters{FileName: "a", FileSize: FileBytes}, ""},
		{slackgo.GetUploadURLExternalParameters{FileName: "a", FileSize: FileBytes + 1}, "file_upload_size_restricted"},
		{slackgo.GetUploadURLExternalParameters{FileName: "a", FileSize: 1, AltTxt: strings.Repeat("é", AltLength)}, ""},
		{slackgo.GetUploadURLExternalParameters{FileName: "a", FileSize: 1, AltTxt: words(AltLength + 1)}, "alt_txt_too_large"},
		{slackgo.GetUploadURLExternalParameters{FileName: "a", FileSize: 1<<20 + 1, SnippetType: "python"}, "snippet_too_large"},
	} {
		if _, err := w.api.GetUploadURLExternalContext(w.ctx, c.p); errorOf(err) != c.want {
			t.Errorf("%s %d: %v, not %q", c.p.FileName, c.p.FileSize, err, c.want)
		}
	}
	for query, want := range map[string]string{
		"filename=a&length=0": "missing_argument", "filename=a&length=x": "invalid_arguments", "filename=a": "invalid_arguments", "length=1": "invalid_arguments",
	} {
		resp, err := web.Get(w.url + "/api/files.getUploadURLExternal?token=" + DefaultBotToken + "&" + query)
		if err != nil {
			t.Fatal(err)
		}
		body, _ := io.ReadAll(resp.Body)
		_ = resp.Body.Close()
		if !strings.Contains(string(body), `"error":"`+want+`"`) {
			t.Errorf("%s: %s", query, body)
		}
	}

	u := w.asked("a.bin", 3)
	if err := w.completed([]string{u.FileID}, General); errorOf(err) != "file_not_found" {
		t.Errorf("before the bytes are there: %v", err)
	}
	for _, c := range []struct {
		address, data string
		want          int
	}{
		{u.UploadURL + "0", "abc", 404}, {u.UploadURL, "ab", 400}, {u.UploadURL, "abc", 200}, {u.UploadURL, "abc", 400},
	} {
		if got := w.put(c.address, []byte(c.data)); got != c.want {
			t.Errorf("%q: %d, not %d", c.data, got, c.want)
		}
	}
	for _, c := range []struct {
		ids           []string
		channel, want string
	}{
		{nil, General, "invalid_arguments"}, {[]string{"F0NOSUCH"}, General, "file_not_found"}, {[]string{u.FileID, u.FileID}, General, "file_not_found"},
		{[]string{u.FileID}, "C0NOSUCH", "channel_not_found"}, {[]string{u.FileID}, "general", "channel_not_found"}, {[]string{u.FileID}, SharedChannel, "not_in_channel"},
		{[]string{u.FileID}, General, ""}, {[]string{u.FileID}, General, "file_not_found"},
	} {
		if got := errorOf(w.completed(c.ids, c.channel)); got != c.want {
			t.Errorf("%v to %s: %q, not %q", c.ids, c.channel, got, c.want)
		}
	}
	if n := len(w.Messages(General)); n != 1 {
		t.Errorf("%d messages", n)
	}
}

func TestSeveralFilesToSeveralChannels(t *testing.T) {
	w := start(t, Config{RateFactor: -1})
	one, two := w.asked("one.txt", 1), w.asked("two", 2)
	w.put(one.UploadURL, []byte("1"))
	w.put(two.UploadURL, []byte("22"))
	p := slackgo.CompleteUploadExternalParameters{Files: []slackgo.FileSummary{{ID: one.FileID}, {ID: two.FileID, Title: "Second"}}}
	for _, c := range []struct {
		channels []string
		thread   string
		want     string
	}{
		{[]string{"C0NOSUCH"}, "", "invalid_channel"}, {[]string{General, SharedChannel}, "", "not_in_channel"},
		{slices.Repeat([]string{General}, 101), "", "channels_limit_exceeded"}, {[]string{General, AdminChannel}, "1.000000", "invalid_arguments"},
		{[]string{General, AdminOne, General}, "", ""},
	} {
		p.Channels, p.ThreadTimestamp = c.channels, c.thread
		if _, err := w.api.CompleteUploadExternalContext(w.ctx, p); errorOf(err) != c.want {
			t.Errorf("%v: %v, not %q", c.channels, err, c.want)
		}
	}
	for _, channel := range []string{General, w.DM(AdminOne)} {
		posted := w.Messages(channel)
		if len(posted) != 1 || len(posted[0].Files) != 2 || posted[0].Files[0].Title != "one.txt" || posted[0].Files[1].Title != "Second" {
			t.Errorf("%s: %+v", channel, posted)
		}
	}
	if f := w.Messages(General)[0].Files[1]; f.Type != "text" || f.Mime != "text/plain" {
		t.Errorf("the bytes say what it is: %+v", f)
	}
}

func TestFileOfNoChannelIsTheAppsAlone(t *testing.T) {
	w := start(t, Config{})
	id := w.sent(slackgo.UploadFileParameters{Filename: "draft.txt", Content: "x"})
	if _, _, err := w.Open(AdminOne, id); err == nil {
		t.Error("nobody else sees it")
	}
	if f, _, _, err := w.api.GetFileInfoContext(w.ctx, id, 0, 0); err != nil || f.IsPublic || len(f.Channels) > 0 {
		t.Errorf("%+v %v", f, err)
	}
}

func TestFilesHaveBounds(t *testing.T) {
	clock := clockwork.NewFakeClock()
	w := start(t, Config{Clock: clock, Deadlines: clockwork.NewFakeClock(), RateFactor: -1})
	whole := make([]byte, FileBytes)
	var kept []*slackgo.GetUploadURLExternalResponse
	for range FilesBytes / FileBytes {
		kept = append(kept, w.asked("a", FileBytes))
	}
	late := w.asked("late", 1)
	for _, u := range kept {
		w.put(u.UploadURL, whole)
	}
	if got := w.put(late.UploadURL, []byte("x")); got == 200 {
		t.Error("there is no room for more")
	}
	if _, err := w.api.GetUploadURLExternalContext(w.ctx, slackgo.GetUploadURLExternalParameters{FileName: "a", FileSize: 1}); errorOf(err) != "storage_limit_reached" {
		t.Error(err)
	}
	if _, err := w.Upload(Requester, General, "", "", NewFile{"a", []byte("a")}); err == nil || !strings.Contains(err.Error(), "storage_limit_reached") {
		t.Error(err)
	}
	if err := w.completed([]string{kept[0].FileID}, General); err != nil {
		t.Fatal(err)
	}
	clock.Advance(uploadLife + time.Second)
	if _, err := w.Upload(Requester, General, "", "", NewFile{"a", []byte("a")}); err != nil {
		t.Errorf("what was never completed makes room: %v", err)
	}
	if err := w.completed([]string{kept[1].FileID}, General); errorOf(err) != "file_not_found" {
		t.Error(err)
	}
}

// The wire log says how many bytes went over the wire, not which; what is said instead of a file it keeps.
func TestBytesOfFilesAreNotOnRecord(t *testing.T) {
	w := start(t, Config{})
	u := w.asked("a.png", 8)
	w.put(u.UploadURL, []byte("\x89PNG\r\n\x1a\n"))
	if err := w.completed([]string{u.FileID}, General); err != nil {
		t.Fatal(err)
	}
	f, _, _, err := w.api.GetFileInfoContext(w.ctx, u.FileID, 0, 0)
	if err != nil {
		t.Fatal(err)
	}
	if err := w.api.GetFileContext(w.ctx, f.URLPrivate, io.Discard); err != nil {
		t.Fatal(err)
	}
	_ = w.client("xoxb-other", "").GetFileContext(w.ctx, f.URLPrivate, io.Discard)
	var got []string
	for _, c := range w.hub.Calls(0) {
		switch c.Operation {
		case upload:
			got = append(got, c.Request, c.Response)
		case download:
			got = append(got, c.Response)
		}
	}
	if want := []string{"(8 bytes)", "OK - 8", "(8 bytes)", signInPage}; !slices.Equal(got, want) {
		t.Errorf("%q, not %q", got, want)
	}
}
