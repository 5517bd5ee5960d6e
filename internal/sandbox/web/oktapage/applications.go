package oktapage

import (
	"net/http"
	"net/url"
	"strings"

	"github.com/oktaws/oktaws/internal/sandbox/okta"
)

// pathOf is where an application's pages are.
func pathOf(id string) string { return "/okta/admin/apps/" + url.PathEscape(id) }

// applications lists those of a status whose label has the search in it, as Okta's page does [D]: the active ones
// unless others are asked for.
func (p pages) applications(w http.ResponseWriter, r *http.Request) {
	search := strings.TrimSpace(r.FormValue("q"))
	status := strings.ToUpper(r.FormValue("status"))
	if status != "INACTIVE" {
		status = "ACTIVE"
	}
	var found []okta.Application
	counts := map[string]int{}
	for _, a := range p.okta().Applications() {
		if !has(search, a.Label, a.ID) {
			continue
		}
		counts[a.Status]++
		if a.Status == status {
			found = append(found, a)
		}
	}
	p.render(w, http.StatusOK, "applications", "Applications", struct {
		chrome
		Search, Status string
		Counts         map[string]int
		Found          []okta.Application
	}{p.chrome(r, "apps"), search, status, counts, found})
}

// refreshAll is More → Refresh Application Data of the list, which does it for every application with provisioning [D].
func (p pages) refreshAll(w http.ResponseWriter, r *http.Request) {
	var done []string
	var sum outcome
	for _, a := range p.okta().Applications() {
		if !a.Provisioning.Enabled {
			continue
		}
		o := p.ask(r.Context(), a.ID, "refresh", struct{}{}, "")
		if o.Refused == "" {
			done = append(done, a.Label)
			continue
		}
		sum.Refused = o.Refused
		sum.Why = strings.TrimSpace(sum.Why + " " + a.Label + ": " + o.Why)
	}
	switch {
	case sum.Refused != "":
	case len(done) == 0:
		sum.Done = "There was nothing to refresh: no application has its API integration enabled."
	default:
		sum.Done = "Application data is refreshed: " + strings.Join(done, ", ") + "."
	}
	p.show(w, r, "/okta/admin/apps", nil, sum)
}

// onApplication has show answer for the application in the address, if there is one.
func (p pages) onApplication(show func(http.ResponseWriter, *http.Request, okta.Application)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		id := r.PathValue("id")
		a, ok := p.okta().Application(id)
		if !ok {
			p.missing(w, "There is no application "+id+", or no longer.", "/okta/admin/apps")
			return
		}
		show(w, r, a)
	}
}
