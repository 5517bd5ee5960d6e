// Package oktapage is Okta as its admin sees it, in the Admin Console, and as a person sees it, on their dashboard.
//
// Words and their order are those of Okta's help, so that somebody who takes a step here for the first time finds it
// again there. What a comment says about Okta bears a mark, as in package okta: [D] Okta's documents, [C] what others
// say, [I] a guess.
package oktapage

import (
	"embed"
	"html/template"
	"net/http"
	"net/url"
	"time"

	"github.com/oktaws/oktaws/internal/sandbox"
	"github.com/oktaws/oktaws/internal/sandbox/okta"
	"github.com/oktaws/oktaws/internal/sandbox/web/page"
)

//go:embed assets
var assets embed.FS

//go:embed templates
var templateFiles embed.FS

var templates = page.Parse(templateFiles, "templates", template.FuncMap{
	"segment":  url.PathEscape,
	"status":   statusWord,
	"initials": initials,
	"count":    count,
	"date":     func(t time.Time) string { return t.UTC().Format("2 Jan 2006") },
	"iso":      func(t time.Time) string { return t.UTC().Format(time.RFC3339) },
})

// pages are the pages of one place.
type pages struct {
	place    page.Place
	outcomes *page.Notes[outcome]
}

func (p pages) sandbox() *sandbox.Sandbox { return p.place.Sandbox() }

func (p pages) okta() *okta.Server { return p.place.Sandbox().Okta }

// Mount serves the pages under /okta.
func Mount(mux *http.ServeMux, place page.Place) {
	p := pages{place, &page.Notes[outcome]{}}
	page.Assets(mux, string(page.Okta), assets, "assets")
	to := func(path string) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, path, http.StatusSeeOther) }
	}
	mux.HandleFunc("GET /okta", to("/okta/admin/apps"))
	mux.HandleFunc("GET /okta/admin", to("/okta/admin/apps"))
	mux.HandleFunc("GET /okta/people", to("/okta/admin/people"))

	mux.HandleFunc("GET /okta/admin/apps", p.applications)
	mux.HandleFunc("POST /okta/admin/apps/refresh", p.refreshAll)
	mux.HandleFunc("GET /okta/admin/apps/{id}", p.onApplication(func(w http.ResponseWriter, r *http.Request, a okta.Application) {
		http.Redirect(w, r, pathOf(a.ID)+"/general", http.StatusSeeOther)
	}))
	mux.HandleFunc("GET /okta/admin/apps/{id}/{tab}", p.onApplication(p.tab))
	mux.HandleFunc("GET /okta/admin/apps/{id}/metadata", p.onApplication(p.metadata))
	mux.HandleFunc("POST /okta/admin/apps/{id}/general", p.onApplication(p.saveGeneral))
	mux.HandleFunc("POST /okta/admin/apps/{id}/status", p.onApplication(p.setStatus))
	mux.HandleFunc("POST /okta/admin/apps/{id}/sign-on", p.onApplication(p.saveSignOn))
	mux.HandleFunc("POST /okta/admin/apps/{id}/certificates", p.onApplication(p.generate))
	mux.HandleFunc("POST /okta/admin/apps/{id}/certificates/{key}/activate", p.onApplication(p.activateKey))
	mux.HandleFunc("GET /okta/admin/apps/{id}/assignments/groups", p.onApplication(p.assignGroups))
	mux.HandleFunc("GET /okta/admin/apps/{id}/assignments/{group}", p.onGroup(p.assignment))
	mux.HandleFunc("POST /okta/admin/apps/{id}/assignments/{group}", p.onGroup(p.saveAssignment))
	mux.HandleFunc("POST /okta/admin/apps/{id}/assignments/{group}/remove", p.onGroup(p.unassign))
	mux.HandleFunc("GET /okta/admin/apps/{id}/provisioning/{part}", p.onApplication(p.provisioning))
	mux.HandleFunc("POST /okta/admin/apps/{id}/provisioning/{step}", p.onApplication(p.take))

	mux.HandleFunc("GET /okta/admin/groups", p.groups)
	mux.HandleFunc("GET /okta/admin/group-rules", p.rules)
	mux.HandleFunc("POST /okta/admin/group-rules/{id}", p.setRule)
	mux.HandleFunc("GET /okta/admin/groups/{id}", p.inGroup(p.group))
	mux.HandleFunc("POST /okta/admin/groups/{id}", p.inGroup(p.saveGroup))
	mux.HandleFunc("POST /okta/admin/groups/{id}/delete", p.inGroup(p.deleteGroup))
	mux.HandleFunc("GET /okta/admin/groups/{id}/assign", p.inGroup(p.assign))
	mux.HandleFunc("POST /okta/admin/groups/{id}/assign", p.inGroup(p.setMember(true)))
	mux.HandleFunc("POST /okta/admin/groups/{id}/remove", p.inGroup(p.setMember(false)))
	mux.HandleFunc("GET /okta/admin/people", p.people)

	mux.HandleFunc("GET /okta/tile/{id}", p.onApplication(p.tile))
	mux.HandleFunc("GET /okta/people/{login}/dashboard", p.asPerson(p.dashboard))
	mux.HandleFunc("GET /okta/people/{login}/apps/{id}", p.asPerson(p.launch))
	mux.HandleFunc("GET /okta/", func(w http.ResponseWriter, r *http.Request) {
		p.missing(w, "Okta has no page "+r.URL.Path+".", "/okta/admin/apps")
	})
}

// chrome is what stands around a page of the Admin Console.
type chrome struct {
	Section string // of the menu: apps, groups or people
	Outcome *outcome
}

// Admin is who is at the console.
func (chrome) Admin() string { return okta.AdminLogin }

func (p pages) chrome(r *http.Request, section string) chrome {
	return chrome{section, p.outcomeOf(r)}
}

func (p pages) render(w http.ResponseWriter, status int, name, title string, data any) {
	page.Render(w, p.place, status, templates, name, page.View{System: page.Okta, Title: title}, data)
}

func (p pages) missing(w http.ResponseWriter, what, back string) {
	page.Problem(w, p.place, http.StatusNotFound, page.Okta, what, back)
}
