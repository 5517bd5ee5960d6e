package blockkit

import "html/template"

// The newer blocks that hold others. How they look in Slack is taken from their documentation's words alone [D].

func (p *pen) card(b node) template.HTML {
	data := struct {
		Hero, Icon, Title, Subtitle, Body, Subtext template.HTML
		Actions                                    []template.HTML
	}{
		Title: p.text(b.node("title")), Subtitle: p.text(b.node("subtitle")), Body: p.text(b.node("body")), Subtext: p.text(b.node("subtext")),
		Actions: p.elements(b, b.nodes("actions")),
	}
	if b.has("hero_image") {
		data.Hero = p.picture(b.node("hero_image"), "large")
	}
	if b.has("icon") {
		data.Icon = p.picture(b.node("icon"), "small")
	}
	return p.draw("card", data)
}

func (p *pen) container(b node) template.HTML {
	data := struct {
		ID, Width                         string
		Icon, Title, Subtitle             template.HTML
		Collapsible, Open, Divider, Named bool
		Blocks                            []template.HTML
	}{
		ID: p.id(b.str("block_id"), "container"), Width: b.str("width"), Title: p.text(b.node("title")), Subtitle: p.text(b.node("subtitle")),
		Collapsible: b.flag("is_collapsible"), Open: !b.flag("default_collapsed"), Divider: b.flag("has_header_divider"),
		Blocks: p.blocks(b.nodes("child_blocks")),
	}
	switch data.Width {
	case "narrow", "wide", "full":
	default:
		data.Width = "standard"
	}
	if b.has("rich_text_title") {
		data.Title = p.richText(b.node("rich_text_title"))
	}
	if b.has("icon") {
		data.Icon = p.picture(b.node("icon"), "small")
	}
	data.Named = data.Title != "" || data.Subtitle != ""
	return p.draw("container", data)
}

func (p *pen) taskCard(b node) template.HTML {
	states := map[string]struct{ Icon, Words string }{
		"pending": {"⚪", "Pending"}, "in_progress": {"🔄", "In progress"}, "complete": {"✅", "Complete"}, "error": {"❌", "Error"},
	}
	state, known := states[b.str("status")]
	if !known {
		state = states["pending"]
	}
	data := struct {
		Icon, State, Title string
		Details, Output    template.HTML
		Sources            []template.HTML
	}{Icon: state.Icon, State: state.Words}
	if !b.flag("hide_title") {
		data.Title = emojiIn(b.str("title"))
	}
	if b.has("details") {
		data.Details = p.richText(b.node("details"))
	}
	if b.has("output") {
		data.Output = p.richText(b.node("output"))
	}
	for _, s := range b.nodes("sources") {
		w := inline{pen: p}
		w.link(s.str("url"), s.str("text"))
		data.Sources = append(data.Sources, w.html())
	}
	return p.draw("task", data)
}
