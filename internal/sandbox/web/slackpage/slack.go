// Package slackpage is the page Slack as a person sees it: the channels that they are in, the conversation with the bot,
// its Home and its modals, and besides, in red, what Slack refused of the bot.
//
// A page is one person's look: /slack/{person}/{channel}, with ?thread= for an open thread. What a person does is posted
// under that address and leads back to it.
package slackpage

import (
	"embed"
	"html/template"
	"net/http"
	"sync"

	"github.com/oktaws/oktaws/internal/sandbox"
	"github.com/oktaws/oktaws/internal/sandbox/web/blockkit"
	"github.com/oktaws/oktaws/internal/sandbox/web/page"
)

//go:embed assets
var assets embed.FS

//go:embed templates
var files embed.FS

var templates = page.Parse(files, "templates", template.FuncMap{
	"plain":    blockkit.Plain,
	"counted":  counted,
	"sentence": sentence,
})

// pages answers for the pages of whatever sandbox is the present one.
type pages struct {
	place page.Place

	mu     sync.Mutex
	of     *sandbox.Sandbox // whose memory it is
	memory *memory
}

// Mount serves the pages under /slack, and Block Kit's assets, which they need.
func Mount(mux *http.ServeMux, place page.Place) {
	p := &pages{place: place}
	page.Assets(mux, string(page.Slack), assets, "assets")
	blockkit.Mount(mux)
	mux.HandleFunc("GET /slack", p.start)
	mux.HandleFunc("GET /slack/{$}", p.start)
	mux.HandleFunc("GET /slack/{person}", p.firstChannel)
	mux.HandleFunc("GET /slack/{person}/{channel}", p.show)
	mux.HandleFunc("GET /slack/{person}/files/{file}", p.openFile)
	mux.HandleFunc("GET /slack/{person}/{channel}/messages/{ts}/suggest", p.suggestInMessage)
	mux.HandleFunc("GET /slack/{person}/{channel}/views/{view}/suggest", p.suggestInView)
	mux.HandleFunc("POST /slack/{person}/home/open", p.openHome)
	mux.HandleFunc("POST /slack/{person}/{channel}/send", p.send)
	mux.HandleFunc("POST /slack/{person}/{channel}/messages/{ts}/act", p.actInMessage)
	mux.HandleFunc("POST /slack/{person}/{channel}/notices/{notice}/dismiss", p.dismiss)
	mux.HandleFunc("POST /slack/{person}/{channel}/views/{view}/act", p.actInView)
	mux.HandleFunc("POST /slack/{person}/{channel}/views/{view}/submit", p.submit)
	mux.HandleFunc("POST /slack/{person}/{channel}/views/{view}/close", p.closeView)
}

// remembered returns what the pages keep of the sandbox; of another one, as after a reset, that is nothing. A request
// that is still about the one before leaves nothing behind.
func (p *pages) remembered(sb *sandbox.Sandbox) *memory {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch {
	case p.of == sb:
	case p.place.Sandbox() != sb:
		return newMemory()
	default:
		p.of, p.memory = sb, newMemory()
	}
	return p.memory
}
