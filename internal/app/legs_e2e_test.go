package app_test

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/oktaws/oktaws/internal/app"
	"github.com/oktaws/oktaws/internal/sandbox/wire"
	"github.com/oktaws/oktaws/store"
)

// leg is one request of a round trip that brings the account back to where it began, so that it can be interrupted at
// one place after another without a new sandbox for each.
type leg struct {
	name   string
	before func(*rig) // what others do first; may be nil
	ask    func(*rig, *app.App) store.Request
	after  func(*rig) // looks for what was left behind or left out
	whole  bool       // it is not interrupted
}

// trip is legs that follow one another, in a world of their own.
type trip struct {
	name     string
	settings []string
	begin    func(*rig, *app.App) // from nothing to where the first leg begins; may be nil
	legs     []leg
}

// toAWSOrOkta says whether a call is one that changes or looks at what an account is made of.
func toAWSOrOkta(c wire.Call) bool { return fromUs(c) && c.Service != "slack" }

// TestInterruptedAnywhereInAnAccountsLife cuts the program off at every call to Okta and AWS of every kind of request, in
// both integration modes, before the call has its effect or after it, in turn (both at each call where OKTAWS_TEST_LONG is
// set; at every eighth call under the race detector, which takes five times as long), starts it anew from the store, and
// looks for what was left behind or left out. That the conversation survives it too is TestInterruptedAnywhere's.
func TestInterruptedAnywhereInAnAccountsLife(t *testing.T) {
	for _, trip := range trips() {
		t.Run(trip.name, func(t *testing.T) {
			t.Parallel()
			trip.run(t)
		})
	}
}

// underRaceEvery is how many calls pass from one cut to the next under the race detector.
const underRaceEvery = 8

func (p trip) run(t *testing.T) {
	r := newRigAt(t, 1000, append([]string{"OKTAWS_LOG_LEVEL=info", unhurried, "OKTAWS_ROTATION_KEEP_OLD_KEY=1m", "OKTAWS_DRIFT_CHECK_EVERY=0s"}, p.settings...)...)
	a := r.serve()
	if p.begin != nil {
		p.begin(r, a)
	}
	both := os.Getenv("OKTAWS_TEST_LONG") != ""
	places := make([][]place, len(p.legs))
	cuts, missed := make([]int, len(p.legs)), make([][]string, len(p.legs))
	for round := 0; ; round++ {
		left := false
		for i, l := range p.legs {
			if l.before != nil {
				l.before(r)
			}
			var at *place
			when, n := []string{"before", "after"}[round%2], round-1
			switch {
			case both:
				n /= 2
			case underRace:
				n *= underRaceEvery
			}
			if round > 0 && n < len(places[i]) && !l.whole {
				at, left = &places[i][n], true
			}
			var cut bool
			var seen []place
			a, cut, seen = r.lives(a, l, at, when)
			switch {
			case round == 0:
				places[i] = seen
			case at != nil && cut:
				cuts[i]++
			case at != nil:
				missed[i] = append(missed[i], at.String())
			}
			l.after(r)
			if t.Failed() {
				t.Fatalf("after the %s was cut %s %v", l.name, when, at)
			}
		}
		if round > 0 && !left {
			break
		}
	}
	for i, l := range p.legs {
		if l.whole {
			continue
		}
		all, how := len(places[i]), "before or after the effect, in turn"
		switch {
		case both:
			all, how = 2*all, "before and after the effect"
		case underRace:
			all, how = (all+underRaceEvery-1)/underRaceEvery, "every eighth, before or after the effect"
		}
		t.Logf("%s, %s: cut at %d places: %d calls, %s; %d had nothing to cut: %s", p.name, l.name, cuts[i], len(places[i]), how, len(missed[i]), strings.Join(missed[i], ", "))
		if cuts[i] < all*3/4 || all == 0 {
			t.Errorf("%s: only %d of %d places were cut", l.name, cuts[i], all)
		}
	}
}

// lives carries a leg out, cut off at a place (nil: nowhere), and returns the program that runs then, whether it was cut,
// and the calls that it made.
func (r *rig) lives(a *app.App, l leg, at *place, when string) (now *app.App, cut bool, seen []place) {
	r.Helper()
	id := r.approved(a, l.ask(r, a))
	p := r.program
	first := len(r.Hub.Calls(0))
	alive, die := context.WithCancel(r.Context())
	defer die()
	if at != nil {
		var n atomic.Int32
		r.Hub.Hook(func(c wire.Call) *wire.Fault {
			switch {
			case !fromUs(c):
				return nil
			case p.life.Over():
				return &wire.Fault{ID: "dead", Status: http.StatusForbidden} // a refusal, since nobody tries that again
			case c.Service == at.service && c.Operation == at.operation && int(n.Add(1)) == at.n:
				p.life.End()
				die()
				return &wire.Fault{ID: "death", Cut: when}
			}
			return nil
		})
	}
	r.carriedOut(alive, a, id)
	if cut = p.life.Over(); cut {
		r.stop()
		r.Hub.Hook(nil)
		a = r.serve()
		r.carriedOut(r.Context(), a, id)
	}
	r.Hub.Hook(nil)
	count := map[string]int{}
	for _, c := range r.Hub.Calls(0)[first:] {
		if toAWSOrOkta(c) {
			count[c.Service+" "+c.Operation]++
			seen = append(seen, place{c.Service, c.Operation, count[c.Service+" "+c.Operation]})
		}
	}
	return a, cut, seen
}

func trips() []trip {
	var all []trip
	api, groups := []string{}, []string{"OKTAWS_OKTA_INTEGRATION_MODE=groups"}
	for mode, settings := range map[store.Mode][]string{store.ModeAPI: api, store.ModeGroups: groups} {
		link := func(*rig, *app.App) store.Request { return store.Request{Kind: store.Link, Wish: wish(mode)} }
		begin := func(r *rig, a *app.App) { r.carriedOut(r.Context(), a, r.approved(a, link(r, a))) }
		whole := func(r *rig) { r.linkedWhole(mode) }
		ask := func(q store.Request) func(*rig, *app.App) store.Request {
			return func(*rig, *app.App) store.Request { return q }
		}
		all = append(all,
			trip{fmt.Sprintf("link and unlink in mode %s", mode), settings, nil, []leg{
				{name: "link", ask: link, after: whole},
				{name: "unlink", ask: ask(store.Request{Kind: store.Unlink}), after: (*rig).nothingLeft},
			}},
			trip{fmt.Sprintf("repair in mode %s", mode), settings, begin, []leg{
				{name: "repair", before: func(r *rig) { r.tamper(mode) }, ask: ask(store.Request{Kind: store.Repair}), after: whole},
			}},
			trip{fmt.Sprintf("rotate the certificate in mode %s", mode), settings, begin, []leg{
				{name: "rotate certificate", ask: ask(store.Request{Kind: store.Rotate, Rotate: []store.Rotation{store.RotateCertificate}}), after: whole},
			}},
			trip{fmt.Sprintf("adopt in mode %s", mode), settings, nil, []leg{
				{name: "adopt", before: func(r *rig) { r.madeByHand(mode) }, after: whole, ask: func(*rig, *app.App) store.Request {
					return store.Request{Kind: store.Adopt, Wish: wish(mode)}
				}},
				{name: "unlink", ask: ask(store.Request{Kind: store.Unlink}), after: (*rig).nothingLeft, whole: true},
			}},
		)
	}
	begin := func(r *rig, a *app.App) {
		r.carriedOut(r.Context(), a, r.approved(a, store.Request{Kind: store.Link, Wish: wish(store.ModeAPI)}))
	}
	change := func(mode store.Mode) func(*rig, *app.App) store.Request {
		return func(*rig, *app.App) store.Request {
			return store.Request{Kind: store.Change, Wish: store.Wish{Mode: mode}}
		}
	}
	return append(all,
		trip{"rotate the access key", api, begin, []leg{
			{name: "rotate key", after: func(r *rig) { r.linkedWhole(store.ModeAPI) }, ask: func(*rig, *app.App) store.Request {
				return store.Request{Kind: store.Rotate, Rotate: []store.Rotation{store.RotateKey}}
			}},
		}},
		trip{"switch of the integration mode", api, begin, []leg{
			{name: "to groups", before: (*rig).renamedAsInAPI, ask: change(store.ModeGroups), after: func(r *rig) { r.linkedWhole(store.ModeGroups) }},
			{name: "to api", ask: change(store.ModeAPI), after: func(r *rig) { r.linkedWhole(store.ModeAPI) }},
		}},
	)
}

// renamedAsInAPI gives the groups the names that they were made with in mode api, which the switch from mode groups leaves as
// they are: so each round has them to rename.
func (r *rig) renamedAsInAPI() {
	r.Helper()
	for _, g := range r.Okta.Groups() {
		if name := strings.Split(g.Name, "#"); len(name) == 4 && name[3] == gmail {
			if err := r.Okta.Rename(g.ID, label+"-"+name[2]); err != nil {
				r.Fatal(err)
			}
		}
	}
}
