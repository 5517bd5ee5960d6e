package controlpage

import (
	"maps"
	"net/http"
	"net/url"
	"slices"
	"time"

	"github.com/oktaws/oktaws/internal/sandbox/wire"
)

// frontView is what the page Fate shows.
type frontView struct {
	Clock struct {
		Real  bool
		Now   time.Time
		Speed float64
		By    string // what was filled in, and refused
	}
	Jumps      any
	Speeds     []float64
	On         []faultView
	Ready      []readyGroup
	Form       url.Values // what was filled in in the form for any fault, and refused
	Services   []string
	Operations []string
	World      *worldView
}

// front is the page Fate: the clock, the faults, the scenario.
func (c *console) front(w http.ResponseWriter, r *http.Request) {
	sb := c.place.Sandbox()
	filled := c.notes.Get(r.URL.Query().Get("note"))
	v := frontView{Jumps: jumps, Speeds: speeds, Form: url.Values{}, On: viewFaults(sb.Hub), Ready: viewReady(sb), World: c.viewWorld(filled)}
	v.Clock.Real, v.Clock.Now, v.Clock.Speed = sb.Clock() == nil, sb.Now(), sb.Speed()
	if filled != nil && filled.Refused {
		switch filled.Form {
		case "jump":
			v.Clock.By = filled.Values.Get("by")
		case "fault":
			v.Form = filled.Values
		}
	}
	v.Services, v.Operations = services, seen(sb.Hub.Calls(0))
	c.show(w, r, "/control/", "front", "Fate", v)
}

// seen returns the operations that were called so far.
func seen(calls []wire.Call) []string {
	known := map[string]bool{}
	for _, call := range calls {
		known[call.Operation] = true
	}
	return slices.Sorted(maps.Keys(known))
}
