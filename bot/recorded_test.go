package bot

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/slack-go/slack"
	"github.com/slack-go/slack/socketmode"
)

// recorded returns the files of a recording by name, or skips the test where there are no recordings.
func recorded(t *testing.T, pattern string) map[string][]byte {
	t.Helper()
	dir := os.Getenv("OKTAWS_RECORDED")
	if dir == "" {
		t.Skip("no recordings of Slack here: OKTAWS_RECORDED isn't set to their folder")
	}
	names, err := filepath.Glob(filepath.Join(dir, "slack", pattern))
	if err != nil || len(names) == 0 {
		t.Fatalf("no recordings match %s: %v", pattern, err)
	}
	files := map[string][]byte{}
	for _, name := range names {
		raw, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		files[filepath.Base(name)] = raw
	}
	return files
}

// envelope reads an envelope as slack-go's client does.
func envelope(t *testing.T, raw []byte) socketmode.Event {
	t.Helper()
	var request socketmode.Request
	if err := json.Unmarshal(raw, &request); err != nil {
		t.Fatal(err)
	}
	event := socketmode.Event{Type: socketmode.EventType(request.Type), Request: &request}
	switch request.Type {
	case socketmode.RequestTypeSlashCommands:
		var c slack.SlashCommand
		if err := json.Unmarshal(request.Payload, &c); err != nil {
			t.Fatal(err)
		}
		event.Data = c
	case socketmode.RequestTypeInteractive:
		event.Data = callback(t, request.Payload)
	}
	return event
}

func callback(t *testing.T, raw []byte) slack.InteractionCallback {
	t.Helper()
	var i slack.InteractionCallback
	if err := json.Unmarshal(raw, &i); err != nil {
		t.Fatal(err)
	}
	return i
}

func TestRecordedEnvelopes(t *testing.T) {
	for name, raw := range recorded(t, "socket-mode/*.json") {
		event := envelope(t, raw)
		r := event.Request
		switch data := event.Data.(type) {
		case slack.SlashCommand:
			c := newCommand(r.EnvelopeID, r.AcceptsResponsePayload, data)
			if c.id == "" || c.by.ID == "" || c.by.Team == "" || c.channel == "" || c.trigger == "" || c.responseURL == "" || !c.takesPayload {
				t.Errorf("%s: %+v", name, c)
			}
		case slack.InteractionCallback:
			if data.Type != slack.InteractionTypeBlockActions {
				continue
			}
			c := newClick(r.EnvelopeID, data)
			if c.id == "" || c.by.ID == "" || c.by.Team == "" || c.action == "" || c.trigger == "" {
				t.Errorf("%s: %+v", name, c)
			}
			if data.Container.Type == "message" && (c.ts == "" || c.channel == "") {
				t.Errorf("%s: a click on a message without its place: %+v", name, c)
			}
		default:
			if r.Type == "hello" && r.NumConnections == 0 {
				t.Errorf("%s: hello without the number of connections", name)
			}
		}
	}
}

func TestRecordedPayloads(t *testing.T) {
	for name, raw := range recorded(t, "payloads/*.json") {
		switch {
		case strings.HasPrefix(name, "block_actions"):
			c := newClick("envelope", callback(t, raw))
			if c.by.ID == "" || c.by.Team == "" || c.action == "" {
				t.Errorf("%s: %+v", name, c)
			}
		case strings.Contains(name, "view_submission") || strings.Contains(name, "viewSubmission"):
			s := newSubmission("envelope", callback(t, raw))
			if s.by.ID == "" || s.by.Team == "" {
				t.Errorf("%s: %+v", name, s)
			}
		}
	}
	for name, value := range map[string]string{
		"view_submission.bolt-python.body.json": "test",
		"view_submission.java.json":             "test test test",
	} {
		s := newSubmission("envelope", callback(t, recorded(t, "payloads/"+name)[name]))
		found := false
		for _, v := range s.values {
			found = found || v == value
		}
		if !found {
			t.Errorf("%s: %q isn't among %v", name, value, s.values)
		}
	}
	name := "view_submission.bolt-python.connect_channel_payload.json"
	if s := newSubmission("envelope", callback(t, recorded(t, "payloads/"+name)[name])); s.by.Team != "T-other-side" || s.enterprise != "E-other-side" {
		t.Errorf("a person of another workspace was taken for %+v", s.by)
	}
}

func TestRecordedShapes(t *testing.T) {
	for name, raw := range recorded(t, "payload-shapes/*.json") {
		switch name {
		case "slash_command.json":
			var c slack.SlashCommand
			if err := json.Unmarshal(raw, &c); err != nil {
				t.Errorf("%s: %v", name, err)
			}
			newCommand("envelope", true, c)
		case "view_submission.json":
			newSubmission("envelope", callback(t, raw))
		}
	}
}
