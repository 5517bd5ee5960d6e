package slack

import (
	"encoding/json"
	"strings"
	"testing"
)

func words(n int) string { return strings.Repeat("ü", n) }

func plainText(s string) object { return object{"type": "plain_text", "text": s} }
func markdown(s string) object  { return object{"type": "mrkdwn", "text": s} }
func section(with object) object {
	return merge(object{"type": "section", "text": markdown("x")}, with)
}
func actions(elements ...any) object {
	return object{"type": "actions", "elements": elements}
}

func press(with object) object {
	return merge(object{"type": "button", "text": plainText("Go"), "action_id": "go"}, with)
}

func inputOf(element object) object {
	return object{"type": "input", "label": plainText("Label"), "element": element}
}

func choice(with object) object { return merge(object{"text": plainText("One"), "value": "1"}, with) }

func menu(kind string, with object) object {
	return merge(object{"type": kind, "action_id": "menu"}, with)
}

func repeat(n int, v any) []any {
	out := make([]any, n)
	for i := range out {
		out[i] = v
	}
	return out
}

func merge(a, b object) object {
	out := object{}
	for k, v := range a {
		out[k] = v
	}
	for k, v := range b {
		out[k] = v
	}
	return out
}

func modal(with object, blocks ...any) object {
	if blocks == nil {
		blocks = []any{section(nil)}
	}
	return merge(object{"type": "modal", "title": plainText("Title"), "submit": plainText("Go"), "blocks": blocks}, with)
}

func raw(t *testing.T, v any) json.RawMessage {
	t.Helper()
	out, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func TestValidMessagesAndViewsPass(t *testing.T) {
	messages := map[string][]any{
		"every part": {
			object{"type": "header", "text": plainText(words(150)), "block_id": "h"},
			section(object{"text": markdown(words(3000)), "fields": repeat(10, markdown(words(2000)))}),
			section(object{"accessory": menu("overflow", object{"options": repeat(5, choice(object{"url": "https://example.com"}))})}),
			actions(press(object{"value": words(2000), "style": "primary", "text": plainText(words(75))}), press(object{"action_id": "no", "confirm": object{
				"title": plainText(words(100)), "text": markdown(words(300)), "confirm": plainText(words(30)), "deny": plainText(words(30)),
			}})),
			object{"type": "context", "elements": repeat(10, markdown("x"))},
			object{"type": "divider"},
			object{"type": "rich_text", "elements": []any{object{"type": "rich_text_section", "elements": []any{object{"type": "text", "text": "x"}}}}},
			object{"type": "table", "rows": repeat(100, repeat(20, object{"type": "raw_text", "text": "x"}))},
		},
		"same action in two blocks": {actions(press(nil)), actions(press(nil))},
		"as many blocks as go":      repeat(50, object{"type": "divider"}),
	}
	for name, blocks := range messages {
		if got := ValidateMessage("text", raw(t, blocks)); got != nil {
			t.Errorf("%s: %q", name, got)
		}
	}
	if got := ValidateMessage("text only", nil); got != nil {
		t.Error(got)
	}
	views := map[string]object{
		"form":    modal(nil, inputOf(menu("plain_text_input", object{"max_length": 12, "min_length": 12, "placeholder": plainText(words(150))}))),
		"limits":  modal(object{"title": plainText(words(24)), "private_metadata": words(3000), "callback_id": words(255)}, repeat(100, object{"type": "divider"})...),
		"alert":   modal(nil, object{"type": "alert", "text": plainText("x")}),
		"no form": {"type": "modal", "title": plainText("x"), "blocks": []any{section(nil)}},
		"home":    {"type": "home", "blocks": []any{section(nil)}},
		"nulls":   modal(object{"close": nil, "submit": nil}),
	}
	for name, v := range views {
		if got := ValidateView(raw(t, v)); got != nil {
			t.Errorf("%s: %q", name, got)
		}
	}
}

func TestRefusalsNameThePlace(t *testing.T) {
	for name, test := range map[string]struct {
		blocks []any
		want   string
	}{
		"button text": {[]any{section(nil), actions(press(nil), press(object{"action_id": "b", "text": plainText(words(76))}))},
			"must be less than 76 characters [json-pointer:/blocks/1/elements/1/text/text]"},
		"unknown block":         {[]any{object{"type": "banner"}}, "unsupported type: banner [json-pointer:/blocks/0/type]"},
		"unknown field":         {[]any{section(object{"color": "red"})}, "invalid additional property: color [json-pointer:/blocks/0]"},
		"missing text":          {[]any{object{"type": "header"}}, "missing required field: text [json-pointer:/blocks/0]"},
		"markdown in a button":  {[]any{actions(press(object{"text": markdown("x")}))}, "must be one of: plain_text [json-pointer:/blocks/0/elements/0/text/type]"},
		"block_id twice":        {[]any{section(object{"block_id": "b"}), section(object{"block_id": "b"})}, `block_id "b" already exists [json-pointer:/blocks/1/block_id]`},
		"action_id twice":       {[]any{actions(press(nil), press(nil))}, `action_id "go" already exists in this block [json-pointer:/blocks/0/elements/1/action_id]`},
		"no blocks":             {[]any{}, "no fewer than 1 items allowed [json-pointer:/blocks]"},
		"too many blocks":       {repeat(51, object{"type": "divider"}), "no more than 50 items allowed [json-pointer:/blocks]"},
		"alert in a message":    {[]any{object{"type": "alert", "text": plainText("x")}}, "unsupported type: alert [json-pointer:/blocks/0/type]"},
		"no elements":           {[]any{object{"type": "actions", "elements": "x"}}, "must be an array [json-pointer:/blocks/0/elements]"},
		"style":                 {[]any{actions(press(object{"style": "warning"}))}, "must be one of: primary, danger [json-pointer:/blocks/0/elements/0/style]"},
		"link without a scheme": {[]any{actions(press(object{"url": "example.com"}))}, "must be a valid URL [json-pointer:/blocks/0/elements/0/url]"},
		"initial option": {[]any{actions(menu("static_select", object{"options": []any{choice(nil)}, "initial_option": choice(object{"value": "2"})}))},
			"must be one of the options [json-pointer:/blocks/0/elements/0/initial_option]"},
		"two tables": {repeat(2, object{"type": "table", "rows": repeat(1, repeat(1, object{"type": "raw_text", "text": "x"}))}),
			"only one table is allowed in a message [json-pointer:/blocks/1]"},
		"number as a string": {[]any{object{"type": "header", "text": plainText("x"), "level": "1"}}, "must be an integer [json-pointer:/blocks/0/level]"},
	} {
		got := ValidateMessage("", raw(t, test.blocks))
		if len(got) != 1 || got[0] != test.want {
			t.Errorf("%s: got %q, want %q", name, got, test.want)
		}
	}
	for name, test := range map[string]struct {
		view object
		want string
	}{
		"no title":        {object{"type": "modal", "blocks": []any{section(nil)}}, "missing required field: title [json-pointer:/view]"},
		"no submit":       {object{"type": "modal", "title": plainText("x"), "blocks": []any{inputOf(menu("plain_text_input", nil))}}, "missing required field: submit (a modal with input blocks needs it) [json-pointer:/view]"},
		"title in a home": {object{"type": "home", "title": plainText("x"), "blocks": []any{section(nil)}}, "is not allowed here [json-pointer:/view/title]"},
		"type":            {object{"type": "popup"}, "unsupported type: popup [json-pointer:/view/type]"},
		"table":           {modal(nil, object{"type": "table", "rows": []any{}}), "unsupported type: table [json-pointer:/view/blocks/0/type]"},
		"lengths":         {modal(nil, inputOf(menu("plain_text_input", object{"min_length": 5, "max_length": 4}))), "must be no more than max_length [json-pointer:/view/blocks/0/element/min_length]"},
		"focus twice": {modal(nil, inputOf(menu("plain_text_input", object{"focus_on_load": true})), inputOf(menu("plain_text_input", object{"focus_on_load": true}))),
			"only one element may have focus_on_load [json-pointer:/view/blocks/1/element/focus_on_load]"},
	} {
		got := ValidateView(raw(t, test.view))
		if len(got) != 1 || got[0] != test.want {
			t.Errorf("%s: got %q, want %q", name, got, test.want)
		}
	}
	if got := ValidateMessage(words(PostTextLimit+1), nil); len(got) != 1 {
		t.Error(got)
	}
	if got := ValidateMessage("", json.RawMessage(`[{]`)); len(got) != 1 {
		t.Error(got)
	}
	big := modal(object{"private_metadata": words(3000)}, repeat(100, section(object{"text": markdown(words(1500))}))...)
	if got := ValidateView(raw(t, big)); len(got) != 1 || !strings.Contains(got[0], "250000 bytes") {
		t.Error(got)
	}
}
