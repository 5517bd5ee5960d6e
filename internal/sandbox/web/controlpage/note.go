package controlpage

import (
	"crypto/rand"
	"net/http"
	"net/url"
	"sync"
)

// note is what a form did, or why it did nothing, told on the page that comes next.
type note struct {
	Text    string
	Refused bool
	Form    string     // the one that was refused
	Values  url.Values // what was filled in there
}

// keepNotes is how many notes are kept; a page is read soon after its form was sent.
const keepNotes = 64

// notes holds the latest notes by their IDs, so that no page shows a text out of its address.
type notes struct {
	mu   sync.Mutex
	ids  []string
	byID map[string]*note
}

func (n *notes) add(what *note) (id string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.byID == nil {
		n.byID = map[string]*note{}
	}
	id = rand.Text()
	n.ids, n.byID[id] = append(n.ids, id), what
	if len(n.ids) > keepNotes {
		delete(n.byID, n.ids[0])
		n.ids = n.ids[1:]
	}
	return id
}

// get returns the note with the ID; nil where there is none.
func (n *notes) get(id string) *note {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.byID[id]
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
	http.Redirect(w, r, "/control/?note="+c.notes.add(n), http.StatusSeeOther)
}
