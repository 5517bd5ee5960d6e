package slack

import (
	"encoding/json"
	"maps"
	"slices"
	"testing"

	slackgo "github.com/slack-go/slack"
	"github.com/slack-go/slack/socketmode"
)

// TestRecordedShapes compares what the app is sent with recorded envelopes and payloads: every key that they have is
// there, of the same JSON type. Keys of organizations of several workspaces (enterprise_…) are passed over.
func TestRecordedShapes(t *testing.T) {
	recorded(t, "README.md") // skips
	w := start(t, Config{HomeTab: true, Events: []string{"app_home_opened"}})
	l := w.listen(ack())
	w.must(w.Command(w.ctx, Requester, General, "/oktaws", ""))
	form := formOf("x")
	form.Close = plainOf("Cancel")
	opened, err := w.api.OpenView(l.of(socketmode.EventTypeSlashCommand)[0].Data.(slackgo.SlashCommand).TriggerID, form)
	if err != nil {
		t.Fatal(err)
	}
	w.must(w.Submit(w.ctx, Requester, opened.ID, filled("1")))
	_, ts, err := w.api.PostMessage(AdminChannel, textOf("x"), blocksOf(approveBlock("Approve")))
	if err != nil {
		t.Fatal(err)
	}
	w.must(w.Click(w.ctx, AdminOne, AdminChannel, ts, "approve"))
	if err := w.OpenHome(Requester); err != nil {
		t.Fatal(err)
	}
	w.heard(l, socketmode.EventTypeEventsAPI, 1)

	envelope := func(e socketmode.Event) object {
		o := object{"envelope_id": e.Request.EnvelopeID, "type": e.Request.Type, "accepts_response_payload": e.Request.AcceptsResponsePayload}
		if e.Type == socketmode.EventTypeEventsAPI {
			o["retry_attempt"], o["retry_reason"] = float64(e.Request.RetryAttempt), e.Request.RetryReason
		}
		var payload object
		if err := json.Unmarshal(e.Request.Payload, &payload); err != nil {
			t.Fatal(err)
		}
		o["payload"] = payload
		return o
	}
	inner := func(o object) any { return o["payload"].(object)["event"] }
	payload := func(o object) any { return o["payload"] }
	whole := func(o object) any { return o }
	interactive := l.of(socketmode.EventTypeInteractive)
	for _, c := range []struct {
		path string
		got  object
		part func(object) any
	}{
		{"socket-mode/java.commandEnvelope.json", envelope(l.of(socketmode.EventTypeSlashCommand)[0]), whole},
		{"payload-shapes/slash_command.json", envelope(l.of(socketmode.EventTypeSlashCommand)[0]), payload},
		{"socket-mode/java.interactiveEnvelope.json", envelope(interactive[1]), whole},
		{"payloads/view_submission.bolt-python.body.json", envelope(interactive[0]), payload},
		{"socket-mode/java.eventsEnvelope.json", envelope(l.of(socketmode.EventTypeEventsAPI)[0]), whole},
		{"payloads/slack-go.app_home_opened.inner.json", envelope(l.of(socketmode.EventTypeEventsAPI)[0]), inner},
	} {
		var want object
		if err := json.Unmarshal(recorded(t, c.path), &want); err != nil {
			t.Fatal(err)
		}
		switch c.path {
		case "payloads/slack-go.app_home_opened.inner.json":
			delete(want, "view") // there is none yet
		case "socket-mode/java.eventsEnvelope.json":
			delete(want["payload"].(object), "event") // another kind of event
		}
		compare(t, c.path, "", want, c.part(c.got))
	}
}

// passedOver are keys of organizations, and those that hang on what was clicked.
var passedOver = []string{"enterprise_id", "enterprise_name", "blocks", "values"}

func compare(t *testing.T, path, at string, want, got any) {
	t.Helper()
	switch want := want.(type) {
	case object:
		have, ok := got.(object)
		if !ok {
			t.Errorf("%s: %s is %T, not an object", path, at, got)
			return
		}
		for _, name := range slices.Sorted(maps.Keys(want)) {
			if slices.Contains(passedOver, name) {
				continue
			}
			v, has := have[name]
			if !has {
				t.Errorf("%s: %s/%s is missing", path, at, name)
				continue
			}
			compare(t, path, at+"/"+name, want[name], v)
		}
	case []any:
		have, ok := got.([]any)
		if !ok {
			t.Errorf("%s: %s is %T, not a list", path, at, got)
			return
		}
		if len(want) > 0 && len(have) > 0 {
			compare(t, path, at+"/0", want[0], have[0])
		}
	case string, bool, float64:
		if got != nil && !sameType(want, got) {
			t.Errorf("%s: %s is %T, recorded as %T", path, at, got, want)
		}
	}
}

func sameType(a, b any) bool {
	switch a.(type) {
	case string:
		_, ok := b.(string)
		return ok
	case bool:
		_, ok := b.(bool)
		return ok
	}
	_, ok := b.(float64)
	return ok
}
