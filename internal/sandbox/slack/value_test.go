package slack

import (
	"encoding/json"
	"errors"
	"reflect"
	"strings"
	"sync"
	"testing"

	slackgo "github.com/slack-go/slack"
	"github.com/slack-go/slack/socketmode"
)

// form has the requester open a form with the blocks, and returns its ID.
func (w *workspace) form(blocks ...any) string {
	w.t.Helper()
	id := w.opened().ID
	w.mu.Lock()
	defer w.mu.Unlock()
	spec := modal(object{"submit": plainText("Send")}, blocks...)
	refusal := w.updateView(args{"view_id": id, "view": string(raw(w.t, spec))})
	if refusal["ok"] != true {
		w.t.Fatal(refusal)
	}
	return id
}

func fieldOf(id string, element object) object {
	return merge(inputOf(element), object{"block_id": id, "optional": true})
}

// payloadOf is what the app heard by its nth click or form.
func payloadOf(l *listener, n int) slackgo.InteractionCallback {
	return l.of(socketmode.EventTypeInteractive)[n].Data.(slackgo.InteractionCallback)
}

func only(block string, value any) map[string]map[string]any {
	return map[string]map[string]any{block: {"menu": value}}
}

func TestRichTextIsSentAsSlackHasIt(t *testing.T) {
	w := start(t, Config{})
	l := w.listen(opener(w, ack()))
	bold := object{"type": "rich_text", "elements": []any{object{"type": "rich_text_section", "elements": []any{
		object{"type": "text", "text": "please ", "style": object{"bold": true}}, object{"type": "link", "url": "https://example.com"},
	}}}}
	id := w.form(fieldOf("typed", menu("rich_text_input", nil)), fieldOf("kept", menu("rich_text_input", object{"initial_value": bold})), fieldOf("empty", menu("rich_text_input", nil)))
	kept, typed := w.Filled(id)["kept"]["menu"], "first <line>\nsecond"
	if kept != "please https://example.com" {
		t.Errorf("people see its words: %q", kept)
	}
	w.must(w.Submit(w.ctx, Requester, id, map[string]map[string]any{"typed": {"menu": typed}, "kept": {"menu": kept}, "empty": {"menu": ""}}))
	var sent struct {
		View struct {
			State struct {
				Values map[string]map[string]struct {
					RichTextValue any `json:"rich_text_value"`
				}
			}
		}
	}
	if err := json.Unmarshal(l.of(socketmode.EventTypeInteractive)[0].Request.Payload, &sent); err != nil {
		t.Fatal(err)
	}
	for block, want := range map[string]any{"typed": richTextOf(typed), "kept": bold, "empty": nil} {
		if got := sent.View.State.Values[block]["menu"].RichTextValue; !reflect.DeepEqual(got, want) {
			t.Errorf("%s is %v, not %v", block, got, want)
		}
	}
	// The library that the bot uses reads it.
	read := payloadOf(l, 0).View.State.Values["typed"]["menu"].RichTextValue.Elements[0].(*slackgo.RichTextSection).Elements[0].(*slackgo.RichTextSectionTextElement)
	if read.Text != typed {
		t.Errorf("%q", read.Text)
	}
}

// A person's own Slack has no way to give these; nothing of such a form is taken.
func TestWhatNobodyCanPutIntoAField(t *testing.T) {
	w := start(t, Config{})
	l := w.listen(opener(w, ack()))
	two := []any{choice(nil), choice(object{"value": "2"})}
	id := w.form(
		fieldOf("date", menu("datepicker", nil)), fieldOf("time", menu("timepicker", nil)), fieldOf("moment", menu("datetimepicker", nil)),
		fieldOf("person", menu("users_select", object{"initial_user": Former})), fieldOf("people", menu("multi_users_select", object{"max_selected_items": 1})),
		fieldOf("channel", menu("channels_select", nil)), fieldOf("talk", menu("conversations_select", nil)),
		fieldOf("radio", menu("radio_buttons", object{"options": two})), fieldOf("text", menu("plain_text_input", nil)))
	for _, c := range []struct {
		block string
		right any
		wrong []any
	}{
		{"date", "2026-07-01", []any{"1 July", "2026-02-30", 1, []string{"2026-07-01"}}},
		{"time", "23:59", []any{"24:00", "noon"}},
		{"moment", int64(1_700_000_000), []any{"2026-07-01T12:00", 1, 1.5, int64(99_999_999_999)}},
		{"person", AdminOne, []any{"U0NOBODY00", "admin-one", General}},
		{"people", []string{AdminOne}, []any{AdminOne, []string{AdminOne, AdminTwo}, []string{Former}}},
		{"channel", General, []any{AdminChannel, "C0NOWHERE0", "general"}},
		{"talk", SharedChannel, []any{AdminChannel}},
		{"radio", "2", []any{"3", []string{"1"}}},
		{"text", "x", []any{1, []string{"x"}}},
	} {
		for _, wrong := range c.wrong {
			values := map[string]map[string]any{"text": {"menu": "half of it"}}
			values[c.block] = map[string]any{"menu": wrong}
			if _, err := w.Submit(w.ctx, Requester, id, values); err == nil {
				t.Fatalf("%s: %v is taken", c.block, wrong)
			}
		}
		w.mu.Lock()
		_, v, _ := w.onTop(Requester, id)
		err := w.set(v, only(c.block, c.right))
		w.mu.Unlock()
		if err != nil {
			t.Errorf("%s: %v", c.block, err)
		}
	}
	if got := w.Filled(id)["text"]["menu"]; got != "x" {
		t.Errorf("of a form with something wrong in it nothing is taken: %v", got)
	}
	w.must(w.Submit(w.ctx, Requester, id, nil))
	if n := len(l.of(socketmode.EventTypeInteractive)); n != 1 {
		t.Errorf("the app heard %d forms", n)
	}
}

func TestNumbersAndAddresses(t *testing.T) {
	for _, c := range []struct {
		element object
		text    string
		fine    bool
	}{
		{menu("number_input", object{"is_decimal_allowed": false}), "-12", true},
		{menu("number_input", object{"is_decimal_allowed": false}), "1.5", false},
		{menu("number_input", object{"is_decimal_allowed": true}), "1.5", true},
		{menu("number_input", object{"is_decimal_allowed": true}), "NaN", false},
		{menu("number_input", object{"is_decimal_allowed": true}), "0x10", false},
		{menu("number_input", object{"is_decimal_allowed": true, "min_value": "2"}), "1.9", false},
		{menu("number_input", object{"is_decimal_allowed": true, "max_value": "2"}), "2.1", false},
		{menu("email_text_input", nil), "requester@example.com", true},
		{menu("email_text_input", nil), "Requester <requester@example.com>", false},
		{menu("url_text_input", nil), "example.com", false},
		{menu("url_text_input", nil), "https://example.com", true},
		{menu("plain_text_input", object{"max_length": json.Number("2")}), "é€", true},
		{menu("plain_text_input", object{"min_length": json.Number("2")}), "x", false},
		{menu("plain_text_input", nil), words(3001), false},
	} {
		if err := (part{block: object{}, element: c.element}).complete(c.text); (err == nil) != c.fine {
			t.Errorf("%v with %.20q: %v", c.element, c.text, err)
		}
	}
}

// Buttons of every kind, wherever Slack has them.
func TestEveryKindOfButton(t *testing.T) {
	w := start(t, Config{RateFactor: -1})
	l := w.listen(ack())
	feedback := object{"type": "feedback_buttons", "action_id": "feedback",
		"positive_button": object{"text": plainText("Good"), "value": "good"}, "negative_button": object{"text": plainText("Bad"), "value": "bad"}}
	icon := object{"type": "icon_button", "icon": "trash", "text": plainText("Delete"), "action_id": "delete", "value": "req-1"}
	hidden := merge(icon, object{"action_id": "hidden", "visible_to_user_ids": []any{AdminOne}})
	cell := object{"type": "action_cell", "element": press(object{"action_id": "open", "value": "row-1"})}
	blocks := []any{
		object{"type": "context_actions", "block_id": "below", "elements": []any{feedback, icon, hidden}},
		object{"type": "data_table", "block_id": "table", "caption": "x", "rows": []any{[]any{rawText("x")}, []any{cell}}},
		object{"type": "carousel", "elements": []any{card(object{"block_id": "card", "actions": []any{object{"type": "button", "text": plainText("Go"), "value": "card-1"}}})}},
		container(object{"child_blocks": []any{merge(actions(press(object{"value": "inner"})), object{"block_id": "inner"})}}),
		actions(object{"type": "workflow_button", "action_id": "flow", "text": plainText("Run"), "workflow": object{}}),
	}
	w.mu.Lock()
	posted := w.postMessage(args{"channel": General, "blocks": string(raw(t, blocks))})
	w.mu.Unlock()
	ts, _ := posted["ts"].(string)
	if ts == "" {
		t.Fatal(posted)
	}
	made := ""
	w.mu.Lock()
	shown, _ := decode(w.message(General, ts).Blocks)
	w.mu.Unlock()
	for _, p := range parts(shown) {
		if p.blockID() == "card" {
			made = p.actionID()
		}
		if p.blockID() == "" || p.actionID() == "" {
			t.Errorf("Slack gives it an ID: %v", p.element)
		}
	}
	for i, c := range []struct {
		block, action string
		choice        any
		want          object
	}{
		{"below", "feedback", "bad", object{"type": "feedback_buttons", "value": "bad", "text": plainText("Bad")}},
		{"", "delete", nil, object{"type": "icon_button", "value": "req-1", "icon": "trash", "text": plainText("Delete")}},
		{"table", "open", nil, object{"type": "button", "value": "row-1", "text": plainText("Go")}},
		{"card", made, nil, object{"type": "button", "value": "card-1", "text": plainText("Go")}},
		{"inner", "go", nil, object{"type": "button", "value": "inner", "text": plainText("Go")}},
	} {
		w.must(w.Use(w.ctx, Requester, General, ts, c.block, c.action, c.choice))
		var heard struct{ Actions []object }
		if err := json.Unmarshal(l.of(socketmode.EventTypeInteractive)[i].Request.Payload, &heard); err != nil {
			t.Fatal(err)
		}
		got := heard.Actions[0]
		if got["action_id"] != c.action || c.block != "" && got["block_id"] != c.block || got["action_ts"] == nil {
			t.Errorf("%v", got)
		}
		text, _ := got["text"].(object)
		delete(text, "emoji") // a default of Slack's
		for _, name := range []string{"action_id", "block_id", "action_ts"} {
			delete(got, name)
		}
		if !reflect.DeepEqual(got, c.want) {
			t.Errorf("%s: the app heard %v, not %v", c.action, got, c.want)
		}
	}
	for _, c := range []struct {
		action string
		choice any
	}{{"feedback", nil}, {"feedback", "so-so"}, {"delete", "x"}, {"hidden", nil}, {"flow", nil}} {
		if _, err := w.Use(w.ctx, Requester, General, ts, "", c.action, c.choice); err == nil {
			t.Errorf("%s with %v passes", c.action, c.choice)
		}
	}
	w.must(w.Use(w.ctx, AdminOne, General, ts, "", "hidden", nil))
}

func TestFieldsActAloneOnlyWhereTheAppAsksForIt(t *testing.T) {
	w := start(t, Config{})
	l := w.listen(opener(w, ack()))
	id := w.form(fieldOf("quiet", menu("plain_text_input", nil)), merge(fieldOf("loud", menu("plain_text_input", nil)), object{"dispatch_action": true}))
	if _, err := w.UseView(w.ctx, Requester, id, "quiet", "menu", "x", nil); err == nil {
		t.Error("without dispatch_action the app hears of a field when its form is sent")
	}
	w.must(w.UseView(w.ctx, Requester, id, "loud", "menu", "x", only("quiet", "y")))
	heard := payloadOf(l, 0)
	if heard.ActionCallback.BlockActions[0].Value != "x" || heard.View.State.Values["quiet"]["menu"].Value != "y" {
		t.Errorf("%+v", heard)
	}
}

// What several windows do at once is told as it was at one time.
func TestOneFormInSeveralWindows(t *testing.T) {
	w := start(t, Config{})
	w.listen(opener(w, ack()))
	id := w.form(merge(fieldOf("loud", menu("plain_text_input", nil)), object{"dispatch_action": true}), fieldOf("other", menu("rich_text_input", nil)))
	var windows sync.WaitGroup
	for range 4 {
		windows.Go(func() {
			for range 10 {
				if _, err := w.UseView(w.ctx, Requester, id, "loud", "menu", "x", only("other", strings.Repeat("y", 100))); err != nil {
					t.Error(err)
				}
			}
		})
	}
	windows.Wait()
	if _, err := w.UseView(w.ctx, Requester, id, "loud", "menu", "", nil); err != nil {
		t.Error(err)
	}
	var field *FieldError
	if _, err := w.Submit(w.ctx, Requester, id, nil); errors.As(err, &field) {
		t.Error(err)
	}
}
