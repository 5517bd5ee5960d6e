package oktapage

import (
	"net/http"
	"strings"

	"github.com/oktaws/oktaws/internal/sandbox/okta"
)

// tabs of an application, in Okta's order, by the end of their address. Okta has an Import tab besides, for people, of
// whom AWS has none.
var tabs = []struct{ Path, Name string }{
	{"general", "General"}, {"sign-on", "Sign On"}, {"provisioning", "Provisioning"}, {"assignments", "Assignments"},
}

// onTab is what every tab of an application shows.
type onTab struct {
	chrome
	App  okta.Application
	Home string // where the application's pages are
	Tab  string
}

// Tabs are the tabs.
func (onTab) Tabs() []struct{ Path, Name string } { return tabs }

func (p pages) onTab(r *http.Request, a okta.Application, tab string) onTab {
	return onTab{p.chrome(r, "apps"), a, pathOf(a.ID), tab}
}

func (p pages) tab(w http.ResponseWriter, r *http.Request, a okta.Application) {
	switch tab := r.PathValue("tab"); tab {
	case "general":
		p.general(w, r, a)
	case "sign-on":
		p.signOn(w, r, a)
	case "provisioning":
		p.provisioning(w, r, a)
	case "assignments":
		p.assignments(w, r, a)
	default:
		p.missing(w, "An application has no tab "+tab+".", pathOf(a.ID)+"/general")
	}
}

// general shows the General tab.
func (p pages) general(w http.ResponseWriter, r *http.Request, a okta.Application) {
	p.render(w, http.StatusOK, "general", a.Label+" · General", struct {
		onTab
		Edit bool
	}{p.onTab(r, a, "general"), r.FormValue("edit") != ""})
}

// saveGeneral is Save on the General tab.
func (p pages) saveGeneral(w http.ResponseWriter, r *http.Request, a okta.Application) {
	o := p.replace(r.Context(), a.ID, func(whole map[string]any) {
		whole["label"] = strings.TrimSpace(r.PostFormValue("label"))
		within(whole, "settings", "notes")["admin"] = r.PostFormValue("note")
	})
	p.saved(w, r, pathOf(a.ID)+"/general", o)
}

// setStatus does what the menu of the application's status offers: Deactivate, Activate, and of an inactive one Delete.
func (p pages) setStatus(w http.ResponseWriter, r *http.Request, a okta.Application) {
	home := pathOf(a.ID) + "/general"
	switch to := r.PostFormValue("to"); to {
	case "activate", "deactivate":
		o := p.call(r.Context(), http.MethodPost, apiPath(a.ID, "lifecycle", to), nil, nil)
		if o.Refused == "" {
			o.Done = a.Label + " is active: it is back on the dashboards of those who are assigned to it."
			if to == "deactivate" {
				o.Done = a.Label + " is inactive: nobody signs on with it, and it is on no dashboard."
			}
		}
		p.show(w, r, home, nil, o)
	case "delete":
		o := p.call(r.Context(), http.MethodDelete, apiPath(a.ID), nil, nil)
		if o.Refused == "" {
			o.Done, home = a.Label+" is deleted.", "/okta/admin/apps"
		}
		p.show(w, r, home, nil, o)
	default:
		p.show(w, r, home, nil, outcome{Refused: "An application can be activated, deactivated or deleted, and nothing else."})
	}
}
