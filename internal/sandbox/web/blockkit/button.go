package blockkit

import (
	"html/template"
	"net/url"
	"strconv"
)

// press is one button: of its own, of an overflow menu, or of a pair.
type press struct {
	control
	Text   template.HTML
	Class  string
	Aria   string       // what a screen reader says instead of the text; empty: the text
	Detail string       // under the text
	Link   template.URL // that it goes to besides; empty: none
}

func buttonStyle(e node) string {
	switch s := e.str("style"); s {
	case "primary", "danger":
		return s
	}
	return ""
}

func (p *pen) button(e node, c control) template.HTML {
	b := press{control: c, Text: p.text(e.node("text")), Class: "bk-button " + buttonStyle(e), Aria: e.str("accessibility_label"), Link: linkOf(e)}
	if icon := e.str("icon"); icon != "" { // Slack's own icons have names, of which "trash" alone is documented
		b.Aria, b.Class = words(e.node("text")), "bk-button bk-icon"
		if b.Text = "◆"; icon == "trash" {
			b.Text = "🗑"
		}
	}
	return p.act(c, false, p.draw("press", b))
}

func linkOf(e node) template.URL {
	if href, ok := place(e.str("url")); ok && e.has("url") {
		return template.URL(href) //nolint:gosec // place takes no scripts
	}
	return ""
}

// choice is a press that posts a choice.
func (c control) choice(i int, value string) press {
	c.ID, c.Choice = c.ID+"-"+strconv.Itoa(i), value
	if c.Modal {
		c.Post = target(c.Post, url.Values{"choice": {value}})
	}
	return press{control: c}
}

func (p *pen) overflow(e node, c control) template.HTML {
	data := struct {
		control
		Options []press
	}{control: c}
	for i, o := range e.nodes("options") {
		b := c.choice(i, o.str("value"))
		b.Text, b.Detail, b.Class, b.Link = p.text(o.node("text")), words(o.node("description")), "bk-item", linkOf(o)
		data.Options = append(data.Options, b)
	}
	return p.act(c, false, p.draw("overflow", data))
}

func (p *pen) feedback(e node, c control) template.HTML {
	var out template.HTML
	for i, name := range []string{"positive_button", "negative_button"} {
		n := e.node(name)
		b := c.choice(i, n.str("value"))
		b.Class, b.Aria, b.Text = "bk-button bk-icon", n.str("accessibility_label"), template.HTML([]string{"👍", "👎"}[i]) //nolint:gosec // one of two
		if b.Aria == "" {
			b.Aria = words(n.node("text"))
		}
		out += p.draw("press", b)
	}
	return p.act(c, false, out)
}
