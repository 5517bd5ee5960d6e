package oktapage

import (
	"net/http"
	"net/url"
)

// outcome is what a step came to.
type outcome struct {
	ID      string
	Done    string // Okta's words where it went well
	Refused string // and where it didn't
	Why     string // the reason that Okta keeps to itself, as far as it is known here
	Hint    string // what to do
}

// outcomeOf returns what the address of a page says that it shows; nil for nothing.
func (p pages) outcomeOf(r *http.Request) *outcome {
	o := p.outcomes.Get(r.URL.Query().Get("outcome"))
	if o == (outcome{}) {
		return nil
	}
	o.ID = r.URL.Query().Get("outcome")
	return &o
}

// show sends the person on to a page that shows the outcome.
func (p pages) show(w http.ResponseWriter, r *http.Request, path string, query url.Values, what outcome) {
	if query == nil {
		query = url.Values{}
	}
	query.Set("outcome", p.outcomes.Add(what))
	http.Redirect(w, r, path+"?"+query.Encode(), http.StatusSeeOther)
}
