package slack

import (
	"fmt"
	"slices"
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
// fields that take several, or nil for nothing; all of it, or nothing where one of them is an error. Options go by their
// value; one that is not offered is an error.
func (s *Server) set(v *view, given map[string]map[string]any) error {
	all := parts(v.spec["blocks"])
	taken := map[fieldID]func(){}
	for block, fields := range given {
		for action, value := range fields {
			i := slices.IndexFunc(all, func(p part) bool { return p.id() == fieldID{block, action} })
			if i < 0 {
				return fmt.Errorf("view %s has no field %s in block %s", v.id, action, block)
			}
			p := all[i]
			if _, holds := stateField[p.kind()]; !holds {
				return fmt.Errorf("%s in block %s is a %s, which holds no value", action, block, p.kind())
			}
			held, err := s.value(s.people[v.user], v.offering(p), value)
			if err != nil {
				return fmt.Errorf("field %s in block %s: %w", action, block, err)
			}
			taken[p.id()] = func() { v.hold(p, held) }
		}
	}
	for _, take := range taken {
		take()
	}
	return nil
}

// fill is set before the form is sent: what the person's own Slack would not send, a missing or too long value, is an
// error, a *FieldError, and the app hears nothing.
func (s *Server) fill(v *view, given map[string]map[string]any) error {
	if err := s.set(v, given); err != nil {
		return err
	}
	for _, p := range parts(v.spec["blocks"]) {
		if p.block["type"] != "input" {
			continue
		}
		if err := p.complete(v.held(p)); err != nil {
			return &FieldError{Block: p.blockID(), Err: err}
		}
	}
	return nil
}

// held is what a field of the form holds.
func (v *view) held(p part) any {
	block, _ := v.values[p.blockID()].(object)
	value, _ := block[p.actionID()].(object)
	return value[stateField[p.kind()].value]
}

func (v *view) hold(p part, value any) {
	v.values[p.blockID()].(object)[p.actionID()] = object{"type": p.kind(), stateField[p.kind()].value: value}
}

// offering is the field with what it offers now, what it holds among that.
func (v *view) offering(p part) part {
	p.offered = v.offers[p.id()]
	switch held := v.held(p).(type) {
	case []any:
		p.offered = slices.Concat(p.offered, held)
	case nil:
	default:
		p.offered = slices.Concat(p.offered, []any{held})
	}
	return p
}

// Filled returns what the person has put into the fields of a view so far, as Submit takes it: by block ID and action
// ID; of files, their IDs. Fields that hold what the app put there at first are among them.
func (s *Server) Filled(viewID string) map[string]map[string]any {
	s.mu.Lock()
	defer s.mu.Unlock()
	v := s.findView(func(v *view) bool { return v.id == viewID })
	if v == nil {
		return nil
	}
	out := map[string]map[string]any{}
	for _, p := range parts(v.spec["blocks"]) {
		if _, holds := stateField[p.kind()]; !holds {
			continue
		}
		if out[p.blockID()] == nil {
			out[p.blockID()] = map[string]any{}
		}
		out[p.blockID()][p.actionID()] = plainValue(v.held(p))
	}
	return out
}
