package blockkit

import (
	"html/template"
	"strconv"
	"strings"
	"time"
)

// input draws a block of type input: a field with its label, a hint, and what the app said about it.
func (p *pen) input(b node) template.HTML {
	e := b.node("element")
	kind := e.kind()
	data := struct {
		ID, For, Error   string
		Label, Hint      template.HTML
		Optional, Legend bool
		Inner            template.HTML
	}{
		ID: p.id(b.str("block_id"), e.str("action_id")), Label: p.text(b.node("label")), Hint: p.text(b.node("hint")),
		Error: p.Errors[b.str("block_id")], Optional: b.flag("optional"), Legend: kind == "checkboxes" || kind == "radio_buttons",
	}
	data.For = data.ID
	if strings.HasSuffix(kind, "_select") {
		data.For += "-in"
	}
	at := spot{id: data.ID, labelledBy: data.ID + "-label", field: true, dispatch: b.flag("dispatch_action"), required: !data.Optional, invalid: data.Error != ""}
	var about []string
	if data.Error != "" {
		about = append(about, data.ID+"-error")
	}
	if data.Hint != "" {
		about = append(about, data.ID+"-hint")
	}
	at.describedBy = strings.Join(about, " ")
	data.Inner = p.element(b, e, at)
	return p.draw("input", data)
}

type field struct {
	control
	Type, Value, Placeholder string
	Lines                    int // of a text of several; 0: one line
	Least, Most              int // characters; 0: any
	Low, High, Step          string
	Zone                     string // time zone that a time is in; empty: it has none
	Hint                     string
	Enter                    bool // Enter acts
}

func (p *pen) textInput(b, e node, c control) template.HTML {
	f := field{
		control: c, Type: "text", Value: first(p.held(b, e)), Placeholder: words(e.node("placeholder")),
		Least: max(e.integer("min_length"), 0), Most: max(e.integer("max_length"), 0), Enter: c.Post != "",
	}
	f.Label = f.Placeholder
	if f.Label == "" {
		f.Label = "Text"
	}
	switch e.kind() {
	case "email_text_input":
		f.Type = "email"
	case "url_text_input":
		f.Type = "url"
	case "number_input":
		f.Type, f.Low, f.High, f.Step = "number", e.str("min_value"), e.str("max_value"), "1"
		if e.flag("is_decimal_allowed") {
			f.Step = "any"
		}
	case "rich_text_input":
		f.Lines, f.Hint = max(e.integer("min_lines"), 4), "Slack has a toolbar here; the sandbox takes the text as it is."
		if start := e.node("initial_value"); start != nil && f.Value == "" {
			f.Value = richWords(start)
		}
	case "plain_text_input":
		if f.Most == 0 {
			f.Most = 3000
		}
		if e.flag("multiline") {
			f.Lines = 4
		}
	}
	return p.act(c, false, p.draw("text", f))
}

// richWords is a rich text as words alone.
func richWords(n node) string {
	var out strings.Builder
	var walk func(n node, depth int)
	walk = func(n node, depth int) {
		out.WriteString(n.str("text"))
		if depth == 0 {
			return
		}
		for _, e := range n.nodes("elements") {
			walk(e, depth-1)
			if strings.HasPrefix(e.kind(), "rich_text_") {
				out.WriteString("\n")
			}
		}
	}
	walk(n, deepest)
	return strings.TrimSpace(out.String())
}

// localTime is how a datetime-local field writes a moment.
const localTime = "2006-01-02T15:04"

func (p *pen) picker(b, e node, c control) template.HTML {
	f := field{control: c, Type: "date", Value: first(p.held(b, e)), Placeholder: words(e.node("placeholder"))}
	f.Label = "Date"
	switch e.kind() {
	case "timepicker":
		f.Type, f.Label, f.Hint = "time", "Time", e.str("timezone")
	case "datetimepicker":
		f.Type, f.Label, f.Zone, f.Hint = "datetime-local", "Date and time", p.Location.String(), p.Location.String()
		if sec, err := strconv.ParseInt(f.Value, 10, 64); err == nil && plausible(sec) {
			f.Value = time.Unix(sec, 0).In(p.Location).Format(localTime)
		}
	}
	if f.Placeholder != "" {
		f.Label = f.Placeholder
	}
	return p.act(c, true, p.draw("text", f))
}

// fileInput draws a field for files, with those that it holds already, which can be taken out again. The files
// themselves come with a form of enctype multipart/form-data; see Uploads.
func (p *pen) fileInput(b, e node, c control) template.HTML {
	types := e.strings("filetypes")
	for i := range types {
		types[i] = "." + strings.TrimPrefix(types[i], ".")
	}
	data := struct {
		control
		Upload, Accept string
		Multiple       bool
		Held           []choice
	}{control: c, Upload: uploadName(c.Block, c.Action), Accept: strings.Join(types, ","), Multiple: e.integer("max_files") != 1}
	data.Label = "Files"
	for i, id := range p.held(b, e) {
		name := id
		if p.FileName != nil {
			name = p.FileName(id)
		}
		data.Held = append(data.Held, choice{ID: c.ID + "-" + strconv.Itoa(i), Value: id, Text: name})
	}
	data.Required = c.Required && len(data.Held) == 0
	return p.draw("file-input", data)
}
