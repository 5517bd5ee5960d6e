package slackpage

import (
	"errors"
	"html/template"
	"maps"
	"net/http"
	"slices"

	"github.com/oktaws/oktaws/internal/sandbox/slack"
	"github.com/oktaws/oktaws/internal/sandbox/web/blockkit"
)

// modal is a view that stands before everything else, or under another one.
type modal struct {
	ID, Title           string
	Submit, Close       string // what the buttons say; without submit there is none
	SubmitTo, CloseTo   string
	HTML                template.HTML
	Files               bool // there are fields for files in it
	Problem, ProblemWhy string
	Beneath             bool
}

// modals are those that the person has open, the topmost last.
func (v *visit) modals() []modal {
	open := v.sb.Slack.Views(v.me.ID)
	var out []modal
	for i, view := range open {
		m := modal{
			ID: "view-" + view.ID, Title: view.Title, Submit: view.Submit, Close: view.Close, Beneath: i < len(open)-1, Files: takesFiles(view),
			SubmitTo: v.here("views", view.ID, "submit"), CloseTo: v.here("views", view.ID, "close"),
		}
		if m.Close == "" {
			m.Close = "Close"
			if m.Submit != "" {
				m.Close = "Cancel"
			}
		}
		problem := v.memory.problem(view.ID)
		m.Problem, m.ProblemWhy = problem.Text, problem.Why
		s := v.surface(m.ID, v.here("views", view.ID))
		s.Modal, s.Errors, s.Filled, s.Disabled = true, problem.Errors, v.filled(view, problem), m.Beneath
		m.HTML = blockkit.Blocks(view.Blocks, s)
		out = append(out, m)
	}
	return out
}

// filled is what the person has put into a view so far: what Slack has heard, and over it what it would not hear.
func (v *visit) filled(view slack.View, p problem) map[string]map[string]any {
	out := v.sb.Slack.Filled(view.ID)
	for block, fields := range p.Filled {
		if out[block] != nil {
			maps.Copy(out[block], fields)
		}
	}
	return out
}

// view is the one that the address names, where the person has it open; else it answers.
func (p *pages) view(w http.ResponseWriter, r *http.Request) (*visit, slack.View, bool) {
	large := readForm(w, r)
	v := p.visit(w, r)
	if v == nil {
		return nil, slack.View{}, false
	}
	open := v.sb.Slack.Views(v.me.ID)
	if h, published := v.sb.Slack.Home(v.me.ID); published {
		open = append(open, h)
	}
	i := slices.IndexFunc(open, func(o slack.View) bool { return o.ID == r.PathValue("view") })
	if i < 0 { // it was closed meanwhile, in another window or by the app: there is nothing left to act on
		v.back(w, r)
		return nil, slack.View{}, false
	}
	if large != nil {
		v.memory.setProblem(open[i].ID, problem{Text: "Your files were not uploaded.", Why: sentence(large.Error())})
		v.back(w, r)
		return nil, slack.View{}, false
	}
	return v, open[i], true
}

// submit sends a modal's form.
func (p *pages) submit(w http.ResponseWriter, r *http.Request) {
	v, view, ok := p.view(w, r)
	if !ok {
		return
	}
	values, refused := v.fill(r, view)
	if len(refused) > 0 {
		v.memory.setProblem(view.ID, problem{Errors: refused, Filled: values})
		v.back(w, r)
		return
	}
	seen, err := v.sb.Slack.Submit(r.Context(), v.me.ID, view.ID, values)
	var wrong problem
	field := new(slack.FieldError)
	switch {
	case errors.As(err, &field):
		wrong.Errors = map[string]string{field.Block: sentence(field.Err.Error())}
	case err != nil:
		wrong.Text, wrong.Why = "Slack did not send this form.", sentence(err.Error())
	case seen.Error != "":
		wrong = trouble(seen.Error)
	default:
		wrong.Errors = seen.Errors
	}
	v.memory.setProblem(view.ID, wrong)
	v.back(w, r)
}

// trouble is what Slack says in a modal where the app did not answer, or not as it should.
func trouble(code string) problem {
	if code == slack.Trouble {
		return problem{Text: code, Why: "oktaws answered what Slack does not take; below the messages, “Refused by Slack” says what."}
	}
	return problem{Text: slack.Trouble, Why: code + ": " + silence(code)}
}

// actInView clicks a button of a modal or of Home, or chooses from a menu there.
func (p *pages) actInView(w http.ResponseWriter, r *http.Request) {
	v, view, ok := p.view(w, r)
	if !ok {
		return
	}
	values, refused := v.fill(r, view)
	block, action, choice := blockkit.Press(r.Form, view.Blocks)
	seen, err := v.sb.Slack.UseView(r.Context(), v.me.ID, view.ID, block, action, choice, values)
	wrong := problem{Errors: refused}
	if n := outcome(seen, err); n != nil {
		wrong.Text, wrong.Why = n.Text, n.Why
		if seen.Error != "" {
			wrong = trouble(seen.Error)
		}
	}
	v.memory.setProblem(view.ID, wrong)
	v.back(w, r)
}

// closeView closes a modal. It is gone even where the app, which may want to hear of it, does not answer.
func (p *pages) closeView(w http.ResponseWriter, r *http.Request) {
	v, view, ok := p.view(w, r)
	if !ok {
		return
	}
	if err := v.sb.Slack.CloseView(r.Context(), v.me.ID, view.ID); err != nil {
		v.memory.setProblem(view.ID, problem{Text: "Slack did not close this.", Why: sentence(err.Error())})
	}
	v.back(w, r)
}
