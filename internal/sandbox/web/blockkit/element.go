package blockkit

import (
	"html/template"
	"net/url"
	"strconv"
	"strings"
)

// spot is where an element stands: what on the page names and describes it, and whether it is a field of a form.
type spot struct {
	labelledBy, describedBy string
	field                   bool // of an input block
	dispatch                bool // a field that acts at once too
	required, invalid       bool
	id                      string // of the field, where its label needs to know; empty: any
}

// control is what all elements that somebody acts on have in common.
type control struct {
	ID, Block, Action       string
	Name                    string // of the value in the form
	Label                   string // where no text on the page names it
	LabelledBy, DescribedBy string
	Post                    string // where acting on it posts; empty: it is a field, which goes with its form
	Choice                  string // that pressing it posts; empty: none, or what is chosen from it
	Modal                   bool
	Field                   bool // of a form that holds others too: it says that it is there, even when nothing is chosen
	Required, Invalid       bool
	Disabled, Focus         bool
	Confirm                 *question
}

// question is the dialog that asks once more, from an object of type confirm.
type question struct {
	Title, Text, Yes, No template.HTML
	Style                string
}

func (p *pen) control(b, e node, at spot) control {
	c := control{
		ID: at.id, Block: b.str("block_id"), Action: e.str("action_id"), LabelledBy: at.labelledBy, DescribedBy: at.describedBy,
		Modal: p.Modal, Required: at.required, Invalid: at.invalid, Disabled: p.Disabled, Focus: p.Modal && e.flag("focus_on_load"),
	}
	if c.ID == "" {
		c.ID = p.id(c.Block, c.Action)
	}
	c.Name = fieldName(c.Block, c.Action)
	if !at.field || at.dispatch {
		c.Post = p.Action
		c.Disabled = c.Disabled || p.Action == ""
		if p.Modal {
			c.Post = target(p.Action, url.Values{"block": {c.Block}, "action": {c.Action}})
		} else {
			c.Name = "choice"
		}
	}
	c.Field = at.field && c.Name != "choice"
	if e.has("confirm") {
		c.Confirm = p.question(e.node("confirm"))
	}
	return c
}

// target is a path with more in its query.
func target(path string, more url.Values) string {
	join := "?"
	if strings.Contains(path, "?") {
		join = "&"
	}
	return path + join + more.Encode()
}

func (p *pen) question(n node) *question {
	or := func(name string, otherwise template.HTML) template.HTML {
		if t := p.text(n.node(name)); t != "" {
			return t
		}
		return otherwise
	}
	q := &question{Title: p.text(n.node("title")), Text: p.text(n.node("text")), Yes: or("confirm", "Yes"), No: or("deny", "Cancel"), Style: "primary"}
	if n.str("style") == "danger" {
		q.Style = "danger"
	}
	return q
}

func (p *pen) elements(b node, list []node) []template.HTML {
	var out []template.HTML
	for _, e := range list {
		out = append(out, p.element(b, e, spot{}))
	}
	return out
}

// element draws one of any type, wherever it stands.
func (p *pen) element(b, e node, at spot) template.HTML {
	c := func() control { return p.control(b, e, at) }
	switch e.kind() {
	case "image":
		return p.picture(e, "thumb")
	case "button", "icon_button":
		return p.button(e, c())
	case "workflow_button":
		return p.draw("workflow", struct{ Text, Style string }{words(e.node("text")), buttonStyle(e)})
	case "feedback_buttons":
		return p.feedback(e, c())
	case "overflow":
		return p.overflow(e, c())
	case "checkboxes", "radio_buttons":
		return p.boxes(b, e, c())
	case "datepicker", "timepicker", "datetimepicker":
		return p.picker(b, e, c())
	case "plain_text_input", "email_text_input", "url_text_input", "number_input", "rich_text_input":
		return p.textInput(b, e, c())
	case "file_input":
		return p.fileInput(b, e, c())
	}
	if _, ok := menuKinds[strings.TrimPrefix(e.kind(), "multi_")]; ok {
		return p.menu(b, e, c())
	}
	return unknown("element", e)
}

// act puts a control into what posts it: a form, or inside a modal a frame that says where to.
func (p *pen) act(c control, now bool, inner template.HTML) template.HTML {
	return p.draw("act", struct {
		control
		Now   bool // a choice posts at once, without a button
		Inner template.HTML
	}{c, now, inner})
}

// held is what an element holds: what the person put there, else what it begins with.
func (p *pen) held(b, e node) []string {
	begins := e.flag("default_to_current_conversation") // and only the page knows with which
	if v, ok := p.Filled[b.str("block_id")][e.str("action_id")]; ok && (v != nil || !begins) {
		return asStrings(v)
	}
	if o := e.node("initial_option"); o != nil {
		return []string{o.str("value")}
	}
	for _, name := range []string{"initial_value", "initial_user", "initial_channel", "initial_conversation", "initial_date", "initial_time", "initial_date_time"} {
		if s := e.str(name); s != "" {
			return []string{s}
		}
	}
	for _, name := range []string{"initial_users", "initial_channels", "initial_conversations"} {
		if s := e.strings(name); len(s) > 0 {
			return s
		}
	}
	if begins && p.Conversation != "" {
		return []string{p.Conversation}
	}
	var out []string
	for _, o := range e.nodes("initial_options") {
		out = append(out, o.str("value"))
	}
	return out
}

func asStrings(v any) []string {
	switch v := v.(type) {
	case string:
		if v != "" {
			return []string{v}
		}
	case []string:
		return v
	case int64:
		return []string{strconv.FormatInt(v, 10)}
	case map[string]any: // a rich text, as the app put it there
		return []string{richWords(v)}
	}
	return nil
}

func first(values []string) string {
	if len(values) == 0 {
		return ""
	}
	return values[0]
}
