package blockkit

import (
	"html/template"
	"strconv"
)

// blocks draws a list of blocks, each in a frame with an ID of its own.
func (p *pen) blocks(list []node) []template.HTML {
	var out []template.HTML
	for i, b := range list {
		id := b.str("block_id")
		if id == "" {
			id = "b" + strconv.Itoa(i)
		}
		out = append(out, p.deeper(func() template.HTML {
			return p.draw("block", struct {
				ID, Kind string
				Inner    template.HTML
			}{p.id(id), b.kind(), p.block(b)})
		}))
	}
	return out
}

// block draws one; every type that the stand-in for Slack knows, and call, which Slack alone makes.
func (p *pen) block(b node) template.HTML {
	switch b.kind() {
	case "section":
		return p.section(b)
	case "header":
		return p.header(b)
	case "divider":
		return "<hr>"
	case "context":
		return p.context(b)
	case "image":
		return p.image(b)
	case "actions", "context_actions":
		return p.draw("actions", p.elements(b, b.nodes("elements")))
	case "input":
		return p.input(b)
	case "rich_text":
		return p.richText(b)
	case "markdown":
		return p.markdown(b.str("text"))
	case "alert":
		return p.alert(b)
	case "video":
		return p.video(b)
	case "file":
		return p.draw("file", b.str("external_id"))
	case "call":
		return p.call(b)
	case "table", "data_table":
		return p.table(b)
	case "data_visualization":
		return p.chart(b)
	case "card":
		return p.card(b)
	case "carousel":
		return p.draw("carousel", p.blocks(b.nodes("elements")))
	case "container":
		return p.container(b)
	case "task_card":
		return p.taskCard(b)
	case "plan":
		return p.draw("plan", struct {
			Title string
			Tasks []template.HTML
		}{emojiIn(b.str("title")), p.blocks(b.nodes("tasks"))})
	}
	return unknown("block", b)
}

func (p *pen) section(b node) template.HTML {
	data := struct {
		TextID          string
		Text, Accessory template.HTML
		Fields          []template.HTML
	}{TextID: p.id(b.str("block_id"), "text"), Text: p.text(b.node("text"))}
	for _, f := range b.nodes("fields") {
		if f == nil {
			data.Fields = append(data.Fields, unknown("text", f))
			continue
		}
		data.Fields = append(data.Fields, p.text(f))
	}
	if data.Text == "" && len(data.Fields) == 0 {
		data.Text = refused("A section needs a text or fields.")
	}
	if b.has("accessory") {
		data.Accessory = p.element(b, b.node("accessory"), spot{labelledBy: data.TextID})
	}
	return p.draw("section", data)
}

func (p *pen) header(b node) template.HTML {
	level := b.integer("level") // 1 to 6; new, and its look in Slack is a guess [I]
	if level < 1 || level > 6 {
		level = 1
	}
	return p.draw("header", struct {
		Level, Aria int
		Text        template.HTML
	}{level, min(level+2, 6), p.text(b.node("text"))}) // the page and its channel have the headings above
}

func (p *pen) context(b node) template.HTML {
	var out []template.HTML
	for _, e := range b.nodes("elements") {
		switch e.kind() {
		case "image":
			out = append(out, p.picture(e, "small"))
		case "plain_text", "mrkdwn":
			out = append(out, "<div>"+p.text(e)+"</div>")
		default:
			out = append(out, unknown("element of a context", e))
		}
	}
	return p.draw("context", out)
}

func (p *pen) image(b node) template.HTML {
	return p.draw("image", struct{ Title, Picture template.HTML }{p.text(b.node("title")), p.picture(b, "large")})
}

// picture is an image's place: the pages fetch nothing from elsewhere, so what the image shows stands there in words.
func (p *pen) picture(n node, size string) template.HTML {
	from := n.str("image_url")
	if from == "" {
		file := n.node("slack_file")
		from = file.str("url") + file.str("id")
	}
	return p.draw("picture", struct{ Size, Alt, From string }{size, n.str("alt_text"), from})
}

func (p *pen) alert(b node) template.HTML {
	icons := map[string]string{"info": "ℹ️", "warning": "⚠️", "error": "⛔", "success": "✅"}
	level := b.str("level")
	if icons[level] == "" {
		level = "default"
	}
	return p.draw("alert", struct {
		Level, Icon string
		Text        template.HTML
	}{level, icons[level], p.text(b.node("text"))})
}

func (p *pen) video(b node) template.HTML {
	title := b.str("title_url")
	if title == "" {
		title = b.str("video_url")
	}
	w := inline{pen: p}
	w.link(title, words(b.node("title")))
	return p.draw("video", struct {
		Title, Description        template.HTML
		Alt, Author, Provider, At string
	}{w.html(), p.text(b.node("description")), b.str("alt_text"), b.str("author_name"), b.str("provider_name"), b.str("video_url")})
}

// call is the block that Slack makes of a call that an app registered (calls.add): what it shows stands under call.v1 [C].
func (p *pen) call(b node) template.HTML {
	v := b.node("call").node("v1")
	w := inline{pen: p}
	if join := v.str("join_url"); join != "" {
		w.link(join, "Join")
	}
	name := v.str("name")
	if name == "" {
		name = "Call"
	}
	return p.draw("call", struct {
		Name, ID string
		Join     template.HTML
	}{name, b.str("call_id"), w.html()})
}
