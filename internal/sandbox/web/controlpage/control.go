// Package controlpage is the pages for whoever plays fate: the clock, faults, the state that everything begins in, every
// call on record, the program's log, and what the stand-ins rest on.
package controlpage

import (
	"context"
	"embed"
	"fmt"
	"html/template"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/oktaws/oktaws/internal/sandbox/web/page"
)

// Scenario is a state that a world can begin in.
type Scenario struct{ Name, About string }

// World is what stands around the sandbox: the program beside it, and how both begin anew.
type World interface {
	// Scenarios returns the states that it can begin in.
	Scenarios() []Scenario
	// Scenario returns the name of the present one.
	Scenario() string
	// Reset ends everything and begins anew in the named scenario.
	Reset(ctx context.Context, scenario string) error
	// Log returns what oktaws has logged lately.
	Log() string
	// Ended says why oktaws is not running; empty: it runs.
	Ended() string
	// Restart ends oktaws at once, as a crash would, and starts it anew on the same store.
	Restart(ctx context.Context) error
}

//go:embed assets
var assets embed.FS

//go:embed templates
var files embed.FS

var templates = page.Parse(files, "templates", template.FuncMap{
	"utc":   func(t time.Time) string { return t.UTC().Format("2006-01-02 15:04:05 UTC") },
	"when":  func(t time.Time) string { return t.UTC().Format("2 Jan 15:04:05") },
	"ms":    milliseconds,
	"count": count,
})

// console is the pages under /control/.
type console struct {
	place page.Place
	world World // nil: nothing stands around the sandbox
	notes page.Notes[*note]
}

// Mount serves the pages under /control/. Where world is nil, nothing can be reset and there is no log.
func Mount(mux *http.ServeMux, place page.Place, world World) {
	c := &console{place: place, world: world}
	page.Assets(mux, string(page.Control), assets, "assets")
	mux.HandleFunc("GET /control/{$}", c.front)
	mux.HandleFunc("POST /control/do/{what}", c.act)
	mux.HandleFunc("GET /control/wire", c.wire)
	mux.HandleFunc("GET /control/wire/{seq}", c.call)
	mux.HandleFunc("GET /control/timing", c.timing)
	mux.HandleFunc("GET /control/log", c.log)
	mux.HandleFunc("GET /control/honesty", c.honesty)
}

// tab is one of the pages in the navigation.
type tab struct{ Path, Name string }

var tabs = []tab{
	{"/control/", "Fate"},
	{"/control/wire", "Wire log"},
	{"/control/timing", "Timing"},
	{"/control/log", "Log of oktaws"},
	{"/control/honesty", "Honesty"},
}

// frame is what the templates of all these pages are given.
type frame struct {
	Tabs []tab
	At   string // the path of the tab that is open
	Note *note  // what the last form did; nil: nothing
	Page any
}

// show answers with the named template, below the navigation.
func (c *console) show(w http.ResponseWriter, r *http.Request, at, name, title string, data any) {
	page.Render(w, c.place, http.StatusOK, templates, name,
		page.View{System: page.Control, Title: title, Scripts: []string{"/assets/control/control.js"}},
		frame{Tabs: tabs, At: at, Note: c.notes.Get(r.URL.Query().Get("note")), Page: data})
}

// milliseconds writes a duration in ms, with as many digits as say something.
func milliseconds(ms float64) string {
	switch {
	case ms >= 100:
		return count(int(ms + .5))
	case ms >= 10:
		return fmt.Sprintf("%.1f", ms)
	}
	return fmt.Sprintf("%.2f", ms)
}

// count writes a number with a comma between the thousands.
func count(n int) string {
	digits := strconv.Itoa(n)
	var b strings.Builder
	for i, d := range digits {
		if i > 0 && (len(digits)-i)%3 == 0 && digits[i-1] != '-' {
			b.WriteByte(',')
		}
		b.WriteRune(d)
	}
	return b.String()
}
