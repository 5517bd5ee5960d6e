package blockkit

import (
	"html/template"
	"regexp"
)

// richText draws a block of type rich_text.
func (p *pen) richText(b node) template.HTML {
	out := template.HTML(`<div class="bk-rich">`)
	for _, e := range b.nodes("elements") {
		out += p.deeper(func() template.HTML { return p.richPart(e) })
	}
	return out + "</div>"
}

func (p *pen) richPart(e node) template.HTML {
	switch e.kind() {
	case "rich_text_section":
		return "<div>" + p.richLine(e) + "</div>"
	case "rich_text_quote":
		return "<blockquote>" + p.richLine(e) + "</blockquote>"
	case "rich_text_preformatted":
		return "<pre>" + p.richLine(e) + "</pre>"
	case "rich_text_list":
		return p.richList(e)
	}
	return unknown("part of a rich text", e)
}

// richList draws a list. Slack indents by lists that follow each other, each with its own indent; an ordered one goes on
// after offset items.
func (p *pen) richList(e node) template.HTML {
	var items []template.HTML
	for _, item := range e.nodes("elements") {
		items = append(items, p.deeper(func() template.HTML {
			if item.kind() == "rich_text_section" {
				return p.richLine(item)
			}
			return p.richPart(item)
		}))
	}
	return p.draw("rich-list", struct {
		Ordered, Border bool
		Start           int
		Indent          int // 0 to 8
		Mark            int // which of the three kinds of mark
		Items           []template.HTML
	}{e.str("style") == "ordered", e.integer("border") > 0, e.integer("offset") + 1, min(max(e.integer("indent"), 0), 8), max(e.integer("indent"), 0) % 3, items})
}

func (p *pen) richLine(e node) template.HTML {
	w := inline{pen: p}
	for _, part := range e.nodes("elements") {
		w.rich(part)
	}
	return w.html()
}

// richStyles are the styles of a piece of text, from the outside in.
var richStyles = []struct{ name, open, close string }{
	{"bold", "<strong>", "</strong>"},
	{"italic", "<em>", "</em>"},
	{"strike", "<del>", "</del>"},
	{"underline", "<u>", "</u>"},
	{"highlight", "<mark>", "</mark>"},
	{"client_highlight", "<mark>", "</mark>"},
	{"code", "<code>", "</code>"},
}

var hexColor = regexp.MustCompile(`^#(?:[0-9A-Fa-f]{3}|[0-9A-Fa-f]{6})$`)

// rich writes one piece of text.
func (w *inline) rich(e node) {
	style := e.node("style")
	for _, s := range richStyles {
		if style.flag(s.name) {
			w.WriteString(s.open)
		}
	}
	switch e.kind() {
	case "text":
		w.plain(e.str("text"), false)
	case "link":
		w.link(e.str("url"), e.str("text"))
	case "user":
		w.mentionPerson(e.str("user_id"), "")
	case "channel":
		w.mentionChannel(e.str("channel_id"), "")
	case "usergroup":
		w.mentionGroup(e.str("usergroup_id"), "")
	case "team":
		w.mentionGroup(e.str("team_id"), "")
	case "broadcast":
		w.mention("@"+e.str("range"), "bk-mention bk-broadcast")
	case "emoji":
		if glyph, ok := emojiOf(e); ok {
			w.emoji(glyph, e.str("name"))
		} else {
			w.escape(":" + e.str("name") + ":")
		}
	case "date":
		w.richDate(e)
	case "color":
		value := e.str("value")
		if hexColor.MatchString(value) {
			w.WriteString(`<svg class="bk-color" viewBox="0 0 1 1" aria-hidden="true"><rect width="1" height="1" fill="` + value + `"/></svg>`)
		}
		w.escape(value)
	default:
		w.WriteString(string(unknown("piece of text", e)))
	}
	for i := len(richStyles) - 1; i >= 0; i-- {
		if style.flag(richStyles[i].name) {
			w.WriteString(richStyles[i].close)
		}
	}
}

func (w *inline) richDate(e node) {
	sec, ok := e.number("timestamp")
	if !ok || !plausible(int64(sec)) {
		w.escape(e.str("fallback"))
		return
	}
	w.moment(int64(sec), e.str("format"), e.str("url"), e.str("fallback"))
}
