// Package page is what the pages of the sandbox have in common: the frame around them, their style, the guard before
// them, and how they stay up to date without being loaded again.
//
// A page is HTML made on the server, of links and forms alone. live.js follows them without leaving the page, and asks
// for the page anew when something has changed; what a person is typing stays.
package page

import (
	"bytes"
	"embed"
	"fmt"
	"html/template"
	"io/fs"
	"net/http"
	"strings"
	"time"

	"github.com/oktaws/oktaws/internal/sandbox"
)

// Place is where the pages get the sandbox from.
type Place interface {
	// Sandbox returns the present one; after a reset it is another.
	Sandbox() *sandbox.Sandbox
}

// System is one of the pages' four parts. It is also the name of its style sheet, under /assets/<system>/.
type System string

// The parts.
const (
	Start   System = "start"
	Slack   System = "slack"
	Okta    System = "okta"
	AWS     System = "aws"
	Control System = "control"
)

// View is what one page shows.
type View struct {
	System  System
	Title   string        // of the window: what is looked at, such as "#general as requester"
	Body    template.HTML // inside <main>; it has its own <h1>
	Styles  []string      // paths of style sheets besides the system's
	Scripts []string      // paths of scripts besides live.js; they hear "page:shown" on document whenever the page has changed
	Bare    bool          // without the sandbox's own bar on top, as on a page that stands in for a real one's pop-up
}

// Parse parses the templates of a package, *.html in the folder, with the functions that all have and those in more.
// The functions are: clock (a time, as 15:04:05), day (as 2 Jan 2006 15:04:05), join (strings with a separator), lower.
func Parse(files fs.FS, folder string, more template.FuncMap) *template.Template {
	funcs := template.FuncMap{
		"clock": func(t time.Time) string { return t.UTC().Format("15:04:05") },
		"day":   func(t time.Time) string { return t.UTC().Format("2 Jan 2006 15:04:05") },
		"join":  strings.Join,
		"lower": strings.ToLower,
	}
	return template.Must(template.New("").Funcs(funcs).Funcs(more).ParseFS(files, folder+"/*.html"))
}

// Execute makes HTML of the named template.
func Execute(t *template.Template, name string, data any) (template.HTML, error) {
	var b bytes.Buffer
	if err := t.ExecuteTemplate(&b, name, data); err != nil {
		return "", fmt.Errorf("page %s: %w", name, err)
	}
	return template.HTML(b.String()), nil //nolint:gosec // a template made it
}

//go:embed assets
var assets embed.FS

//go:embed frame.html
var frameHTML string

var frame = template.Must(template.New("frame").Parse(frameHTML))

// Show answers with a page.
func Show(w http.ResponseWriter, place Place, status int, v View) {
	sb := place.Sandbox()
	var b bytes.Buffer
	err := frame.Execute(&b, struct {
		View
		Now     time.Time // the sandbox's
		Speed   float64   // how fast its clock runs
		Systems []link
	}{v, sb.Now().UTC(), sb.Speed(), systems})
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_, _ = w.Write(b.Bytes())
}

// Render is Execute and Show in one.
func Render(w http.ResponseWriter, place Place, status int, t *template.Template, name string, v View, data any) {
	body, err := Execute(t, name, data)
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	v.Body = body
	Show(w, place, status, v)
}

// Problem answers with a page that says what was wrong, and where to go on.
func Problem(w http.ResponseWriter, place Place, status int, system System, what, back string) {
	Show(w, place, status, View{System: system, Title: http.StatusText(status),
		Body: template.HTML(`<div class="problem"><h1>` + template.HTMLEscapeString(http.StatusText(status)) + `</h1><p role="alert" class="refused">` + //nolint:gosec // escaped
			template.HTMLEscapeString(what) + `</p><p><a href="` + template.HTMLEscapeString(back) + `">Go on from here</a></p></div>`)})
}

type link struct {
	System     System
	Path, Name string
}

var systems = []link{{Slack, "/slack", "Slack"}, {Okta, "/okta", "Okta"}, {AWS, "/aws", "AWS"}, {Control, "/control/", "Control"}}

// Mount serves the assets of the frame.
func Mount(mux *http.ServeMux) { Assets(mux, "page", assets, "assets") }

// Assets serves a package's style sheets and pictures, those in the folder of files, under /assets/<name>/.
func Assets(mux *http.ServeMux, name string, files fs.FS, folder string) {
	sub, err := fs.Sub(files, folder)
	if err != nil {
		panic(err) // the folder is embedded
	}
	prefix := "/assets/" + name + "/"
	serve := http.StripPrefix(prefix, http.FileServerFS(sub))
	mux.HandleFunc("GET "+prefix, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Cache-Control", "no-cache")
		serve.ServeHTTP(w, r)
	})
}
