package oktapage

import (
	"crypto/rand"
	"net/http"
	"net/url"
	"slices"
	"sync"
)

// outcome is what a step came to. A page that shows one has its ID in the address, so that it stays while the page is
// asked for again, and is gone when the person goes on.
type outcome struct {
	ID      string
	Done    string // Okta's words where it went well
	Refused string // and where it didn't
	Why     string // the reason that Okta keeps to itself, as far as it is known here
	Hint    string // what to do
}

// mostOutcomes is how many are kept; the oldest go first.
const mostOutcomes = 100

type outcomes struct {
	mu   sync.Mutex
	kept []outcome
}

// of returns the outcome with the ID, or nil.
func (o *outcomes) of(id string) *outcome {
	o.mu.Lock()
	defer o.mu.Unlock()
	i := slices.IndexFunc(o.kept, func(kept outcome) bool { return kept.ID == id })
	if i < 0 {
		return nil
	}
	found := o.kept[i]
	return &found
}

// show sends the person on to a page that shows the outcome.
func (o *outcomes) show(w http.ResponseWriter, r *http.Request, path string, query url.Values, what outcome) {
	what.ID = rand.Text()
	o.mu.Lock()
	o.kept = append(o.kept, what)
	o.kept = o.kept[max(0, len(o.kept)-mostOutcomes):]
	o.mu.Unlock()
	if query == nil {
		query = url.Values{}
	}
	query.Set("outcome", what.ID)
	http.Redirect(w, r, path+"?"+query.Encode(), http.StatusSeeOther)
}
