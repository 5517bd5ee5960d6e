// Package blockkit draws Slack's Block Kit as HTML: the blocks of messages, modals and Home tabs, with controls that
// work, and the two forms of text in them. What it is given comes from apps, so nothing in it is trusted: wrong types,
// unknown blocks and hostile texts are drawn, in red where Slack would not know them, and never run.
//
// Facts are from docs.slack.dev/reference/block-kit [D] unless a comment says otherwise; [I] marks a guess.
package blockkit

import (
	"embed"
	"encoding/json"
	"html/template"
	"net/http"
	"time"

	"github.com/oktaws/oktaws/internal/sandbox/web/page"
)

// Names says who and what the IDs in a text stand for. One that is a Clock too says what day today is.
type Names interface {
	Person(id string) (name string, ok bool)  // handle or display name, without @
	Channel(id string) (name string, ok bool) // without #
}

// Clock is what Names may be besides, so that "today" in a text goes by the sandbox's clock; otherwise the real one serves.
type Clock interface{ Now() time.Time }

// Option is one choice of a menu of people or channels.
type Option struct{ Value, Text string }

// Surface is where blocks are drawn.
//
// Outside of a modal each control is a small form of its own, which posts to Action: block and action are the IDs of
// what was acted on; choice, once or repeated, is what was chosen. In a modal the controls belong to the one surrounding
// form, and those that act at once post that whole form to Action, with block, action and choice in the query (read them
// from http.Request.Form, which holds both). Press makes of either what the stand-in for Slack takes.
type Surface struct {
	Names
	ID               string            // prefix of the IDs of elements; unique on the page, the same each time the page is drawn
	Action           string            // path that a press of a button or a choice from a menu is posted to
	Modal            bool              // in a modal: controls belong to the one surrounding <form>, and buttons use formaction
	Errors           map[string]string // what the app said under a field, by block ID
	People, Channels []Option          // for menus of people, channels, conversations
	Conversation     string            // ID of the one that is looked at, for menus that begin with it
	Location         *time.Location    // of the person, for <!date^…> and date pickers; nil: UTC
	Disabled         bool              // nobody may act here (e.g. somebody who only looks on)

	// Suggest is the path that asks the app for the options of an external menu: GET with block, action and typed in the
	// query, answered with slack.Suggestions as JSON. Empty: nobody asks, and the menu says so.
	Suggest string
	// FileName says what the file of an ID is called; nil: by its ID.
	FileName func(id string) string

	// Filled is what the person has put into fields and menus so far, as Values returns it; it goes before what the app
	// put there at first. So a form that came back with errors keeps what was typed.
	Filled map[string]map[string]any
}

// Blocks draws all blocks. A type or an element that it doesn't know is drawn in red with its name, never dropped.
func Blocks(raw json.RawMessage, s Surface) template.HTML {
	blocks, err := decode(raw)
	if err != nil {
		return refused("These blocks cannot be read: " + err.Error())
	}
	p := newPen(s)
	return p.draw("blocks", struct {
		Default bool // the surrounding form's own button comes first, so that Enter in a field is that, and no block's button
		Blocks  []template.HTML
	}{s.Modal && hasInput(blocks), p.blocks(blocks)})
}

// Mrkdwn is a text of type mrkdwn, or of a message: *bold* _italic_ ~strike~ `code` ```pre``` >quote, lists, mentions,
// dates, links and emoji. What it draws is a <div>. Names and loc may be nil.
func Mrkdwn(text string, n Names, loc *time.Location) template.HTML {
	return `<div class="bk-mrkdwn">` + newPen(Surface{Names: n, Location: loc}).mrkdwn(text, false) + "</div>"
}

// Plain is a text of type plain_text, with emoji.
func Plain(text string) template.HTML {
	var w inline
	w.plain(text, true)
	return w.html()
}

//go:embed assets
var assets embed.FS

//go:embed templates
var files embed.FS

var templates = page.Parse(files, "templates", nil)

// Mount serves /assets/blockkit/blockkit.css and blockkit.js, without which blocks neither look nor act as they should.
func Mount(mux *http.ServeMux) { page.Assets(mux, "blockkit", assets, "assets") }
