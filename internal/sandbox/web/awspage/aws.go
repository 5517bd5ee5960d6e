// Package awspage is AWS as somebody sees it who looks at its accounts, or signs on.
//
// The pages show what the stand-in holds, and offer what somebody with the console does by hand (act.go). Signing on is
// the stand-in's own work (POST /saml), which answers with the pages of signin.go and console.go.
package awspage

import (
	"embed"
	"html/template"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/oktaws/oktaws/internal/sandbox/aws"
	"github.com/oktaws/oktaws/internal/sandbox/web/page"
)

//go:embed assets
var assets embed.FS

//go:embed templates
var templateFiles embed.FS

var templates = page.Parse(templateFiles, "templates", template.FuncMap{
	"segment": url.PathEscape,
	"span":    span,
	"state":   state,
	"dashed":  dashed,
	"refusal": readRefusal,
	"iso":     func(t time.Time) string { return t.UTC().Format(time.RFC3339) },
})

// pages are the pages of one place.
type pages struct {
	place    page.Place
	outcomes *page.Notes[outcome]
}

func (p pages) aws() *aws.Server { return p.place.Sandbox().AWS }

// Mount serves the pages under /aws.
func Mount(mux *http.ServeMux, place page.Place) {
	p := pages{place, &page.Notes[outcome]{}}
	page.Assets(mux, string(page.AWS), assets, "assets")
	mux.HandleFunc("GET /aws", p.accounts)
	mux.HandleFunc("GET /aws/{account}", p.inAccount(p.overview))
	mux.HandleFunc("GET /aws/{account}/{section}", p.inAccount(p.section))
	mux.HandleFunc("GET /aws/{account}/roles/{name}", p.inAccount(p.role))
	mux.HandleFunc("GET /aws/{account}/providers/{name}", p.inAccount(p.provider))
	mux.HandleFunc("GET /aws/{account}/users/{name}", p.inAccount(p.user))
	mux.HandleFunc("GET /aws/{account}/stacks/{region}/{name}", p.inAccount(p.stack))
	mux.HandleFunc("POST /aws/{account}/do/{act}", p.inAccount(p.act))
	mux.HandleFunc("POST /aws/{account}/{section}/{name}/do/{act}", p.inAccount(p.act))
	mux.HandleFunc("POST /aws/{account}/stacks/{region}/{name}/do/{act}", p.inAccount(p.act))
	mux.HandleFunc("GET /aws/sign-in/{token}", p.signIn)
	mux.HandleFunc("GET /aws/console/{id}", p.console)
	mux.HandleFunc("POST /aws/sign-out", p.signOut)
	mux.HandleFunc("GET /aws/signed-out", p.signedOut)
	signOn := func(w http.ResponseWriter, r *http.Request) { p.aws().Handler().ServeHTTP(w, r) }
	mux.HandleFunc("POST /saml", signOn)
	mux.HandleFunc("POST /saml/role", signOn)
	mux.HandleFunc("GET /aws/", func(w http.ResponseWriter, r *http.Request) {
		p.missing(w, "There is no page "+r.URL.Path+".", "/aws")
	})
}

// chrome is what stands around the pages of an account.
type chrome struct {
	Account aws.Account
	Section string // of the menu: roles, providers, users, stacks, or none for the overview
	Object  string // what of the section is looked at; none: all of it
	Region  string // of a stack
	Outcome *outcome

	acts []act
}

// path is the address of the page.
func (c chrome) path() string {
	path := "/aws/" + c.Account.ID
	for _, part := range []string{c.Section, c.Region, c.Object} {
		if part != "" {
			path += "/" + url.PathEscape(part)
		}
	}
	return path
}

// Titles of the sections, as AWS's menus have them.
var sections = map[string]string{"roles": "Roles", "providers": "Identity providers", "users": "Users", "stacks": "Stacks"}

// SectionName is the section's title.
func (c chrome) SectionName() string { return sections[c.Section] }

// window is the title of the window.
func (c chrome) window() string {
	parts := []string{c.Object, c.SectionName(), c.Account.Name}
	var there []string
	for _, part := range parts {
		if part != "" {
			there = append(there, part)
		}
	}
	return strings.Join(there, " · ")
}

// inAccount has show answer for the account in the address, if there is one.
func (p pages) inAccount(show func(http.ResponseWriter, *http.Request, chrome)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		id := r.PathValue("account")
		for _, a := range p.aws().Accounts() {
			if a.ID == id {
				show(w, r, chrome{Account: a, Outcome: p.outcomeOf(r)})
				return
			}
		}
		p.missing(w, "The organization has no account "+id+".", "/aws")
	}
}

func (p pages) render(w http.ResponseWriter, name, title string, data any) {
	p.show(w, http.StatusOK, name, title, data)
}

// show gives every page the session's script: live.js goes from one to another without loading scripts.
func (p pages) show(w http.ResponseWriter, status int, name, title string, data any) {
	page.Render(w, p.place, status, templates, name, page.View{System: page.AWS, Title: title, Scripts: []string{"/assets/aws/session.js"}}, data)
}

func (p pages) missing(w http.ResponseWriter, what, back string) {
	page.Problem(w, p.place, http.StatusNotFound, page.AWS, what, back)
}

// gone says that the account has no such thing, or no longer.
func (p pages) gone(w http.ResponseWriter, c chrome, what string) {
	p.missing(w, "Account "+c.Account.ID+" has no "+what+", or no longer.", "/aws/"+c.Account.ID+"/"+c.Section)
}
