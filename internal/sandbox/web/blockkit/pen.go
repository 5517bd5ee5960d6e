package blockkit

import (
	"fmt"
	"html/template"
	"net/url"
	"strconv"
	"time"

	"github.com/oktaws/oktaws/internal/sandbox/web/page"
)

// pen draws one list of blocks.
type pen struct {
	Surface
	now   time.Time
	taken map[string]int // how often each ID was given out
	depth int            // of blocks in blocks
}

// deepest is how deep blocks may stand in blocks, and lists in lists. Slack's own go no deeper than a card in a
// carousel; only hostile ones do.
const deepest = 12

func newPen(s Surface) *pen {
	p := &pen{Surface: s, now: time.Now(), taken: map[string]int{}}
	if c, ok := s.Names.(Clock); ok {
		p.now = c.Now()
	}
	if p.Location == nil {
		p.Location = time.UTC
	}
	return p
}

// draw executes one of the templates.
func (p *pen) draw(name string, data any) template.HTML {
	out, err := page.Execute(templates, name, data)
	if err != nil {
		return refused(err.Error())
	}
	return out
}

// refused is what Slack would not take, and why.
func refused(why string) template.HTML {
	return template.HTML(`<span class="bk-refused refused" role="alert">` + template.HTMLEscapeString(why) + `</span>`) //nolint:gosec // escaped
}

// unknown is something of a type that nobody knows here.
func unknown(what string, n node) template.HTML {
	if n == nil {
		return refused("Slack knows no such " + what + ": it is no object.")
	}
	if n.kind() == "" {
		return refused("Slack knows no such " + what + ": it has no type.")
	}
	return refused(fmt.Sprintf("Slack knows no such %s here: %q", what, n.kind()))
}

// id makes an ID for an element of the page, without spaces; the same for the same words, but never twice.
func (p *pen) id(words ...string) string {
	id := p.ID
	for _, w := range words {
		id += "-" + url.QueryEscape(w)
	}
	p.taken[id]++
	if n := p.taken[id]; n > 1 {
		id += "-again" + strconv.Itoa(n)
	}
	return id
}

// deeper draws what stands inside something else, unless that goes on without end.
func (p *pen) deeper(draw func() template.HTML) template.HTML {
	if p.depth >= deepest {
		return refused("Slack does not take blocks as deep as this.")
	}
	p.depth++
	defer func() { p.depth-- }()
	return draw()
}

// text is a text object of either type; nothing where there is none.
func (p *pen) text(n node) template.HTML {
	switch n.kind() {
	case "mrkdwn":
		return p.mrkdwn(n.str("text"), n.flag("verbatim"))
	case "plain_text":
		var w inline
		w.plain(n.str("text"), n["emoji"] != false)
		return w.html()
	}
	if n == nil {
		return ""
	}
	return unknown("text", n)
}

// words is a text object as nothing but words, for labels that are attributes.
func words(n node) string { return emojiIn(n.str("text")) }

func (p *pen) person(id string) (string, bool) {
	if p.Names == nil {
		return "", false
	}
	return p.Person(id)
}

func (p *pen) channel(id string) (string, bool) {
	if p.Names == nil {
		return "", false
	}
	return p.Channel(id)
}
