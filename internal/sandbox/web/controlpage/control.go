// Package controlpage is the page for whoever plays fate: the clock, faults, and every call on record.
package controlpage

import (
	"context"
	"embed"
	"net/http"

	"github.com/oktaws/oktaws/internal/sandbox/web/page"
)

// Scenario is a state that a world can begin in.
type Scenario struct{ Name, About string }

// World is what stands around the sandbox: the program beside it, and how both begin anew.
type World interface {
	// Scenarios returns the states that it can begin in.
	Scenarios() []Scenario
	// Scenario returns the name of the present one.
	Scenario() string
	// Reset ends everything and begins anew in the named scenario.
	Reset(ctx context.Context, scenario string) error
	// Log returns what oktaws has logged lately.
	Log() string
	// Ended says why oktaws is not running; empty: it runs.
	Ended() string
	// Restart ends oktaws at once, as a crash would, and starts it anew on the same store.
	Restart(ctx context.Context) error
}

//go:embed assets
var assets embed.FS

// Mount serves the pages under /control/. Where world is nil, nothing can be reset and there is no log.
func Mount(mux *http.ServeMux, place page.Place, _ World) {
	page.Assets(mux, string(page.Control), assets, "assets")
	mux.HandleFunc("GET /control/{$}", func(w http.ResponseWriter, _ *http.Request) {
		page.Show(w, place, http.StatusOK, page.View{System: page.Control, Title: "Control", Body: "<h1>Control</h1>"})
	})
}
