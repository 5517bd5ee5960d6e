package controlpage

import (
	"net/http"
	"net/url"
)

// note is what a form did, or why it did nothing, told on the page that comes next.
type note struct {
	Text    string
	Refused bool
	Form    string     // the one that was refused
	Values  url.Values // what was filled in there
}

// act does what a form asks for, and leads back to the page with a note of it.
func (c *console) act(w http.ResponseWriter, r *http.Request) {
	what := r.PathValue("what")
	do, known := map[string]func(*http.Request) (string, error){
		"jump": c.jump, "speed": c.speed,
		"fault": c.fault, "ready": c.ready, "off": c.off,
		"reset": c.reset, "restart": c.restart,
	}[what]
	if !known {
		http.NotFound(w, r)
		return
	}
	r.Body = http.MaxBytesReader(w, r.Body, 1<<20)
	if err := r.ParseForm(); err != nil {
		http.Error(w, "read the form: "+err.Error(), http.StatusBadRequest)
		return
	}
	said, err := do(r)
	n := &note{Text: said}
	if err != nil {
		n = &note{Text: err.Error(), Refused: true, Form: what, Values: r.PostForm}
	}
	http.Redirect(w, r, "/control/?note="+c.notes.Add(n), http.StatusSeeOther)
}
