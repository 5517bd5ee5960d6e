package slack

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"
)

// value turns what a test or a person gives into what Slack sends. What a person's own Slack has no way to give, such as
// an option that is not offered or a date that is none, is an error.
func (s *Server) value(by *Person, p part, given any) (any, error) {
	several := strings.HasPrefix(p.kind(), "multi_") || p.kind() == "checkboxes"
	switch given := given.(type) {
	case nil:
		if several {
			return []any{}, nil
		}
		return nil, nil
	case []string:
		many := make([]any, len(given))
		for i, each := range given {
			many[i] = each
		}
		return s.value(by, p, many)
	case []any:
		if p.kind() == "file_input" {
			return p.files(given)
		}
		if !several {
			return nil, fmt.Errorf("takes one value, not a list of %d", len(given))
		}
		many := make([]any, len(given))
		for i, each := range given {
			one, err := s.one(by, p, each)
			if err != nil {
				return nil, err
			}
			many[i] = one
		}
		if most, limited := numeric(p.element["max_selected_items"]); limited && float64(len(many)) > most {
			return nil, fmt.Errorf("no more than %v can be chosen", most)
		}
		return many, nil
	}
	if several || p.kind() == "file_input" {
		return nil, fmt.Errorf("want a list, have %T", given)
	}
	return s.one(by, p, given)
}

// one is value for a single one.
func (s *Server) one(by *Person, p part, given any) (any, error) {
	if p.kind() == "datetimepicker" {
		return moment(given)
	}
	text, ok := given.(string)
	if !ok {
		return nil, fmt.Errorf("want a string, have %T", given)
	}
	switch kind := strings.TrimPrefix(p.kind(), "multi_"); kind {
	case "static_select", "external_select", "checkboxes", "radio_buttons", "overflow", "feedback_buttons":
		for _, o := range slices.Concat(optionsOf(p.element), p.offered, []any{p.element["positive_button"], p.element["negative_button"]}) {
			if o, _ := o.(object); o != nil && o["value"] == text {
				return o, nil
			}
		}
		return nil, fmt.Errorf("option %q is not offered", text)
	case "users_select", "channels_select", "conversations_select":
		if !slices.Contains(p.offered, given) && !s.pickable(by, kind, text) {
			return nil, fmt.Errorf("%s cannot choose %q here", by.Name, text)
		}
		return text, nil
	}
	if text == "" { // of a field that was emptied Slack sends null
		return nil, nil
	}
	switch p.kind() {
	case "datepicker":
		if _, err := time.Parse(time.DateOnly, text); err != nil {
			return nil, fmt.Errorf("want a date such as 2006-01-02, have %q", text)
		}
	case "timepicker":
		if _, err := time.Parse("15:04", text); err != nil {
			return nil, fmt.Errorf("want a time such as 15:04, have %q", text)
		}
	case "rich_text_input":
		for _, held := range p.offered {
			if wordsOf(held) == text { // nobody has touched it: what the app made bold stays so
				return held, nil
			}
		}
		return richTextOf(text), nil
	}
	return text, nil
}

// moment is a date with time, in seconds since 1970 of ten digits, as in initial_date_time.
func moment(given any) (any, error) {
	var sec int64
	switch given := given.(type) {
	case int64:
		sec = given
	case int:
		sec = int64(given)
	case float64: // as JSON has it
		sec = int64(given)
		if float64(sec) != given {
			return nil, fmt.Errorf("want whole seconds since 1970, have %v", given)
		}
	default:
		return nil, fmt.Errorf("want seconds since 1970, have %v", given)
	}
	if sec < 1_000_000_000 || sec > 9_999_999_999 {
		return nil, fmt.Errorf("want seconds since 1970 of ten digits, have %d", sec)
	}
	return sec, nil
}

// pickable reports whether Slack offers the person or the channel with the ID to somebody: everybody who is not
// deactivated; public channels, and in menus of conversations also others that they are in
// (docs.slack.dev/reference/block-kit/block-elements/select-menu-element).
func (s *Server) pickable(by *Person, kind, id string) bool {
	if kind == "users_select" {
		p := s.people[id]
		return p != nil && !p.Deleted
	}
	c := s.channels[id]
	if c == nil {
		return false
	}
	isPublic := !c.Private && !c.im()
	return isPublic || kind == "conversations_select" && c.has(by.ID)
}

// richTextOf is what somebody types as the rich text that Slack makes of it: one paragraph, with the line ends in it. In
// Slack mentions, links and emoji in it become elements of their own; here all of it is text.
func richTextOf(text string) object {
	words := object{"type": "text", "text": text}
	return object{"type": "rich_text", "elements": []any{object{"type": "rich_text_section", "elements": []any{words}}}}
}

// wordsOf are the words of a rich text, each paragraph and each item of a list on a line of its own.
func wordsOf(v any) string {
	var out strings.Builder
	var walk func(v any)
	walk = func(v any) {
		o, _ := v.(object)
		text, _ := o["text"].(string)
		if link, isLink := o["url"].(string); isLink && text == "" {
			text = link
		}
		out.WriteString(text)
		inner, _ := o["elements"].([]any)
		for _, each := range inner {
			walk(each)
		}
		switch o["type"] {
		case "rich_text_section", "rich_text_preformatted", "rich_text_quote":
			out.WriteString("\n")
		}
	}
	walk(v)
	return strings.TrimSpace(out.String())
}

// plainValue is a value without what surrounds it: of an option its value, of a rich text its words.
func plainValue(held any) any {
	switch held := held.(type) {
	case object:
		if held["type"] == "rich_text" {
			return wordsOf(held)
		}
		if value, isOption := held["value"]; isOption {
			return value
		}
		if id, isFile := held["id"]; isFile {
			return id
		}
	case []any:
		out := make([]string, len(held))
		for i, each := range held {
			out[i], _ = plainValue(each).(string)
		}
		return out
	case json.Number: // a date with time, as the app put it there
		n, _ := held.Int64()
		return n
	}
	return held
}
