package slackpage

import (
	"html/template"
	"net/http"

	"github.com/oktaws/oktaws/internal/sandbox/web/blockkit"
	"github.com/oktaws/oktaws/internal/sandbox/web/page"
)

// openHome has the person open the app's Home, of which the app hears, and shows it.
func (p *pages) openHome(w http.ResponseWriter, r *http.Request) {
	v := p.person(w, r)
	if v == nil {
		return
	}
	v.at = home
	if err := v.sb.Slack.OpenHome(v.me.ID); err != nil {
		page.Problem(w, p.place, http.StatusForbidden, page.Slack, sentence(err.Error()), v.path(v.first()))
		return
	}
	v.back(w, r)
}

func (p *pages) showHome(w http.ResponseWriter, r *http.Request, v *visit) {
	data := struct {
		shown
		Published           bool
		HTML                template.HTML
		HasTab              bool // the manifest gives the app a Home
		Description         string
		Problem, ProblemWhy string
	}{}
	if view, published := v.sb.Slack.Home(v.me.ID); published {
		wrong := v.memory.problem(view.ID)
		data.Published, data.Problem, data.ProblemWhy = true, wrong.Text, wrong.Why
		s := v.surface("home-"+view.ID, v.here("views", view.ID))
		s.Errors, s.Filled = wrong.Errors, v.sb.Slack.Filled(view.ID)
		data.HTML = blockkit.Blocks(view.Blocks, s)
	}
	app := v.sb.Slack.Registration()
	data.HasTab, data.Description = app.HomeTab, app.Description
	data.shown = v.shown(r)
	p.render(w, http.StatusOK, "home", "oktaws Home as "+v.me.RealName, data)
}
