package slack

import (
	"errors"
	"testing"

	slackgo "github.com/slack-go/slack"
	"github.com/slack-go/slack/socketmode"
)

// fileForm is a form with one field for files.
func fileForm(change func(*slackgo.FileInputBlockElement)) slackgo.ModalViewRequest {
	input := slackgo.NewFileInputBlockElement("files")
	if change != nil {
		change(input)
	}
	form := formOf("Attach")
	form.Blocks.BlockSet = []slackgo.Block{slackgo.NewInputBlock("proof", plainOf("Proof"), nil, input)}
	return form
}

func TestFilesInAForm(t *testing.T) {
	w := start(t, Config{})
	l := w.listen(opener(w, func(c *socketmode.Client, e socketmode.Event) { _ = c.Ack(*e.Request) }))
	v := w.opened()
	if _, err := w.api.UpdateView(fileForm(func(e *slackgo.FileInputBlockElement) { e.WithFileTypes("txt", "PNG").WithMaxFiles(2) }), "", "", v.ID); err != nil {
		t.Fatal(err)
	}
	txt := NewFile{"a.TXT", []byte("a")}
	for name, files := range map[string][]NewFile{"a type": {{"a.exe", []byte("a")}}, "too many": {txt, txt, txt}, "an empty one": {{"a.txt", nil}}} {
		var field *FieldError
		if _, err := w.UploadFor(Requester, v.ID, "", "files", files...); !errors.As(err, &field) || field.Block != "proof" {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := w.UploadFor(AdminOne, v.ID, "", "files", txt); err == nil {
		t.Error("somebody else's form")
	}
	if _, err := w.Submit(w.ctx, Requester, v.ID, nil); err == nil {
		t.Error("the field is required")
	}
	first, err := w.UploadFor(Requester, v.ID, "proof", "files", txt)
	if err != nil {
		t.Fatal(err)
	}
	if _, _, _, err := w.api.GetFileInfoContext(w.ctx, first[0].ID, 0, 0); errorOf(err) != "not_visible" {
		t.Errorf("before the form is sent the file is the person's: %v", err)
	}
	second, err := w.UploadFor(Requester, v.ID, "proof", "files", NewFile{"b.png", []byte("b")})
	if err != nil {
		t.Fatal(err)
	}
	if got, _ := w.Filled(v.ID)["proof"]["files"].([]string); len(got) != 2 || got[0] != first[0].ID || got[1] != second[0].ID {
		t.Errorf("the field holds %v", got)
	}
	if _, err := w.UploadFor(Requester, v.ID, "proof", "files", txt); err == nil {
		t.Error("two is all that it takes")
	}
	chosen := func(value any) map[string]map[string]any {
		return map[string]map[string]any{"proof": {"files": value}}
	}
	if _, err := w.Upload(Requester, General, "", "", txt); err != nil {
		t.Fatal(err)
	}
	for _, wrong := range []any{"x", first[0].ID, []string{"F0NOSUCH"}, []string{w.Messages(General)[0].Files[0].ID}, []string{}} {
		if _, err := w.Submit(w.ctx, Requester, v.ID, chosen(wrong)); err == nil {
			t.Errorf("%v passes", wrong)
		}
	}
	if seen := w.must(w.Submit(w.ctx, Requester, v.ID, chosen([]string{second[0].ID, second[0].ID}))); seen.Action != "close" {
		t.Errorf("%+v", seen)
	}
	files := l.of(socketmode.EventTypeInteractive)[0].Data.(slackgo.InteractionCallback).View.State.Values["proof"]["files"].Files
	if len(files) != 1 || files[0].ID != second[0].ID || files[0].Name != "b.png" || files[0].Mimetype != "image/png" || files[0].User != Requester || files[0].URLPrivate == "" {
		t.Errorf("%+v", files)
	}
	if _, _, _, err := w.api.GetFileInfoContext(w.ctx, second[0].ID, 0, 0); err != nil {
		t.Errorf("the app sees what it was sent: %v", err)
	}
	if _, _, _, err := w.api.GetFileInfoContext(w.ctx, first[0].ID, 0, 0); errorOf(err) != "not_visible" {
		t.Errorf("but not what was taken out again: %v", err)
	}
}

func TestFieldsThatTakeNoFiles(t *testing.T) {
	w := start(t, Config{})
	w.listen(opener(w, ack()))
	v := w.opened()
	for _, action := range []string{"id", "nothing"} {
		if _, err := w.UploadFor(Requester, v.ID, "", action, NewFile{"a.txt", []byte("a")}); err == nil {
			t.Errorf("%s takes no files", action)
		}
	}
}

func TestFilesOverHTTP(t *testing.T) {
	w := start(t, Config{})
	ask[object](w, "upload", object{"user": "requester", "channel": "#general", "text": "here", "files": []NewFile{{"a.txt", []byte("hello")}}})
	posted := ask[[]Message](w, "messages?channel=general", nil)
	if len(posted) != 1 || len(posted[0].Files) != 1 || posted[0].Files[0].Name != "a.txt" {
		t.Fatalf("%+v", posted)
	}
	type opened struct {
		File File
		Data []byte
	}
	if got := ask[opened](w, "open-file", object{"user": "guest", "file": posted[0].Files[0].ID}); string(got.Data) != "hello" || got.File.Name != "a.txt" {
		t.Errorf("%+v", got)
	}
	if _, err := control[opened](w, "open-file", object{"user": "stranger", "file": posted[0].Files[0].ID}); err == nil {
		t.Error("a stranger opens nothing")
	}
}
