package slack

import (
	"fmt"
	"net/mail"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// stateField is where an element's value stands in view.state.values, and what it is at first.
var stateField = map[string]struct{ value, initial string }{
	"plain_text_input":           {"value", "initial_value"},
	"email_text_input":           {"value", "initial_value"},
	"url_text_input":             {"value", "initial_value"},
	"number_input":               {"value", "initial_value"},
	"rich_text_input":            {"rich_text_value", "initial_value"},
	"file_input":                 {"files", ""},
	"static_select":              {"selected_option", "initial_option"},
	"external_select":            {"selected_option", "initial_option"},
	"radio_buttons":              {"selected_option", "initial_option"},
	"checkboxes":                 {"selected_options", "initial_options"},
	"multi_static_select":        {"selected_options", "initial_options"},
	"multi_external_select":      {"selected_options", "initial_options"},
	"users_select":               {"selected_user", "initial_user"},
	"multi_users_select":         {"selected_users", "initial_users"},
	"channels_select":            {"selected_channel", "initial_channel"},
	"multi_channels_select":      {"selected_channels", "initial_channels"},
	"conversations_select":       {"selected_conversation", "initial_conversation"},
	"multi_conversations_select": {"selected_conversations", "initial_conversations"},
	"datepicker":                 {"selected_date", "initial_date"},
	"timepicker":                 {"selected_time", "initial_time"},
	"datetimepicker":             {"selected_date_time", "initial_date_time"},
}

// part is an element with the block that it stands in.
type part struct {
	block, element object
	offered        []any // what can be chosen besides what the element lists
}

func (p part) blockID() string  { id, _ := p.block["block_id"].(string); return id }
func (p part) actionID() string { id, _ := p.element["action_id"].(string); return id }
func (p part) kind() string     { k, _ := p.element["type"].(string); return k }

// parts are the elements of blocks that somebody can act on or fill in.
func parts(blocks any) []part {
	var out []part
	items, _ := blocks.([]any)
	for _, each := range items {
		b, _ := each.(object)
		elements, _ := b["elements"].([]any)
		for _, e := range append([]any{b["accessory"], b["element"]}, elements...) {
			if e, ok := e.(object); ok && acting(e["type"]) {
				out = append(out, part{block: b, element: e})
			}
		}
		children, _ := b["child_blocks"].([]any)
		out = append(out, parts(children)...)
		if buttons, ok := b["actions"].([]any); ok { // of a card
			out = append(out, parts([]any{object{"block_id": b["block_id"], "elements": buttons}})...)
		}
		if b["type"] == "carousel" {
			out = append(out, parts(elements)...)
		}
	}
	return out
}

// stateOf is what a form holds at first, or held before where the field remains.
func stateOf(spec, before object) object {
	values := object{}
	for _, p := range parts(spec["blocks"]) {
		f, holds := stateField[p.kind()]
		if !holds {
			continue
		}
		block, _ := values[p.blockID()].(object)
		if block == nil {
			block = object{}
			values[p.blockID()] = block
		}
		old, _ := before[p.blockID()].(object)
		if had, ok := old[p.actionID()].(object); ok && had["type"] == p.kind() {
			block[p.actionID()] = had
			continue
		}
		v := object{"type": p.kind(), f.value: p.element[f.initial]}
		if f.value == "selected_options" && v[f.value] == nil {
			v[f.value] = []any{}
		}
		block[p.actionID()] = v
	}
	return values
}

// set writes what a person puts into the fields of a form: block ID → action ID → a string, a list of strings for
// fields that take several, or nil for nothing. Options go by their value; one that is not offered is an error.
func (v *view) set(given map[string]map[string]any) error {
	all := parts(v.spec["blocks"])
	for block, fields := range given {
		for action, value := range fields {
			i := slices.IndexFunc(all, func(p part) bool { return p.blockID() == block && p.actionID() == action })
			if i < 0 {
				return fmt.Errorf("view %s has no field %s in block %s", v.id, action, block)
			}
			f, holds := stateField[all[i].kind()]
			if !holds {
				return fmt.Errorf("%s in block %s is a %s, which holds no value", action, block, all[i].kind())
			}
			set, err := v.offering(all[i]).value(value)
			if err != nil {
				return fmt.Errorf("field %s in block %s: %w", action, block, err)
			}
			v.values[block].(object)[action] = object{"type": all[i].kind(), f.value: set}
		}
	}
	return nil
}

// fill is set before the form is sent: what the person's own Slack would not send, a missing or too long value, is an
// error, a *FieldError, and the app hears nothing.
func (v *view) fill(given map[string]map[string]any) error {
	if err := v.set(given); err != nil {
		return err
	}
	for _, p := range parts(v.spec["blocks"]) {
		if p.block["type"] != "input" {
			continue
		}
		held := v.values[p.blockID()].(object)[p.actionID()].(object)[stateField[p.kind()].value]
		if err := p.complete(held); err != nil {
			return &FieldError{Block: p.blockID(), Err: err}
		}
	}
	return nil
}

// value turns what a test or a person gives into what Slack sends.
func (p part) value(given any) (any, error) {
	one := func(v any) (any, error) {
		s, ok := v.(string)
		if !ok {
			return nil, fmt.Errorf("want a string, have %T", v)
		}
		if !strings.Contains(stateField[p.kind()].value, "selected_option") {
			return s, nil
		}
		for _, o := range slices.Concat(optionsOf(p.element), p.offered) {
			if o.(object)["value"] == s {
				return o, nil
			}
		}
		return nil, fmt.Errorf("option %q is not offered", s)
	}
	switch given := given.(type) {
	case nil:
		return nil, nil
	case []string:
		many := make([]any, len(given))
		for i, s := range given {
			many[i] = s
		}
		return p.value(many)
	case []any:
		if p.kind() == "file_input" {
			return p.files(given)
		}
		many := make([]any, len(given))
		for i, each := range given {
			v, err := one(each)
			if err != nil {
				return nil, err
			}
			many[i] = v
		}
		return many, nil
	}
	switch p.kind() {
	case "datetimepicker":
		return given, nil
	case "file_input":
		return nil, fmt.Errorf("want a list of the IDs of files, have %T", given)
	}
	return one(given)
}

// complete reports what Slack itself says under a field before it sends the form.
func (p part) complete(held any) error {
	text, isText := held.(string)
	many, isMany := held.([]any)
	if held == nil || isText && text == "" || isMany && len(many) == 0 {
		if p.block["optional"] == true {
			return nil
		}
		return fmt.Errorf("please complete this required field")
	}
	n := float64(utf8.RuneCountInString(text))
	least, hasLeast := numeric(p.element["min_length"])
	most, hasMost := numeric(p.element["max_length"])
	if !hasMost && p.kind() == "plain_text_input" {
		most, hasMost = 3000, true
	}
	switch p.kind() {
	case "plain_text_input":
		if hasLeast && n < least {
			return fmt.Errorf("must be at least %v characters", least)
		}
		if hasMost && n > most {
			return fmt.Errorf("must be at most %v characters", most)
		}
	case "email_text_input":
		if _, err := mail.ParseAddress(text); err != nil {
			return fmt.Errorf("must be an e-mail address")
		}
	case "url_text_input":
		if u, err := url.Parse(text); err != nil || u.Scheme == "" {
			return fmt.Errorf("must be a URL")
		}
	case "number_input":
		if _, err := strconv.ParseFloat(text, 64); err != nil {
			return fmt.Errorf("must be a number")
		}
	}
	return nil
}
