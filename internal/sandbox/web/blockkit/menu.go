package blockkit

import (
	"html/template"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// menuKinds are the menus, each of which has a sister that takes several, and what they say while nothing is chosen [I].
var menuKinds = map[string]struct{ one, many string }{
	"static_select":        {"Select an option", "Select options"},
	"external_select":      {"Select an option", "Select options"},
	"users_select":         {"Select a person", "Select people"},
	"channels_select":      {"Select a channel", "Select channels"},
	"conversations_select": {"Select a conversation", "Select conversations"},
}

type choice struct {
	ID, Value, Text string
	HTML, Detail    template.HTML
	Chosen          bool
}

type group struct {
	Label   string
	Choices []choice
}

// menu draws a select: a native one, of which blockkit.js makes a field to type in with a list under it.
func (p *pen) menu(b, e node, c control) template.HTML {
	kind, multiple := strings.CutPrefix(e.kind(), "multi_")
	data := struct {
		control
		Multiple             bool
		Most                 int // that may be chosen; 0: any number
		Placeholder, Current string
		Groups               []group
		Suggest, Note        string
	}{control: c, Multiple: multiple, Placeholder: words(e.node("placeholder"))}
	if data.Placeholder == "" {
		if data.Placeholder = menuKinds[kind].one; multiple {
			data.Placeholder = menuKinds[kind].many
		}
	}
	data.Label = data.Placeholder
	if multiple {
		data.Most = max(e.integer("max_selected_items"), 0)
	}
	held := p.held(b, e)
	switch kind {
	case "users_select":
		data.Groups = offered(p.People)
	case "channels_select", "conversations_select":
		data.Groups = offered(p.Channels)
	case "external_select":
		if data.Suggest = p.suggest(c); data.Suggest == "" {
			data.Note = "Nobody asks the app for options here."
		}
	default:
		data.Groups = optionGroups(e)
	}
	if missing := p.missing(e, data.Groups, held); len(missing) > 0 {
		data.Groups = append(data.Groups, group{Choices: missing})
	}
	for _, g := range data.Groups {
		for i := range g.Choices {
			o := &g.Choices[i]
			if o.Chosen = slices.Contains(held, o.Value); o.Chosen && !multiple {
				data.Current = o.Text
			}
		}
	}
	return p.act(c, true, p.draw("menu", data))
}

func (p *pen) suggest(c control) string {
	if p.Suggest == "" {
		return ""
	}
	return target(p.Suggest, url.Values{"block": {c.Block}, "action": {c.Action}})
}

func offered(list []Option) []group {
	var g group
	for _, o := range list {
		g.Choices = append(g.Choices, choice{Value: o.Value, Text: o.Text})
	}
	return []group{g}
}

func optionGroups(e node) []group {
	of := func(label string, options []node) group {
		g := group{Label: label}
		for _, o := range options {
			g.Choices = append(g.Choices, choice{Value: o.str("value"), Text: words(o.node("text")), Detail: Plain(o.node("description").str("text"))})
		}
		return g
	}
	out := []group{of("", e.nodes("options"))}
	for _, g := range e.nodes("option_groups") {
		out = append(out, of(words(g.node("label")), g.nodes("options")))
	}
	return out
}

// missing are the values that a menu holds though it doesn't offer them: an app's own options, or somebody who is not
// among the people here.
func (p *pen) missing(e node, groups []group, held []string) []choice {
	var out []choice
	for _, value := range held {
		if slices.ContainsFunc(groups, func(g group) bool {
			return slices.ContainsFunc(g.Choices, func(o choice) bool { return o.Value == value })
		}) {
			continue
		}
		text := value
		if name, ok := p.person(value); ok {
			text = "@" + name
		} else if name, ok := p.channel(value); ok {
			text = "#" + name
		}
		for _, o := range append(e.nodes("initial_options"), e.node("initial_option")) {
			if o.str("value") == value && o.has("text") {
				text = words(o.node("text"))
			}
		}
		out = append(out, choice{Value: value, Text: text})
	}
	return out
}

// boxes draws checkboxes or radio buttons.
func (p *pen) boxes(b, e node, c control) template.HTML {
	data := struct {
		control
		Type    string
		Choices []choice
	}{control: c, Type: "checkbox"}
	data.Label = "Options"
	if e.kind() == "radio_buttons" {
		data.Type = "radio"
	}
	held := p.held(b, e)
	for i, o := range e.nodes("options") {
		data.Choices = append(data.Choices, choice{
			ID: c.ID + "-" + strconv.Itoa(i), Value: o.str("value"), HTML: p.text(o.node("text")), Detail: p.text(o.node("description")),
			Chosen: slices.Contains(held, o.str("value")),
		})
	}
	return p.act(c, true, p.draw("boxes", data))
}
