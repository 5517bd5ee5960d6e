// Package controlpage is the page for whoever plays fate: the clock, faults, and every call on record.
package controlpage

import (
	"embed"
	"net/http"

	"github.com/oktaws/oktaws/internal/sandbox/web/page"
)

//go:embed assets
var assets embed.FS

// Mount serves the pages under /control/.
func Mount(mux *http.ServeMux, place page.Place) {
	page.Assets(mux, string(page.Control), assets, "assets")
	mux.HandleFunc("GET /control/{$}", func(w http.ResponseWriter, _ *http.Request) {
		page.Show(w, place, http.StatusOK, page.View{System: page.Control, Title: "Control", Body: "<h1>Control</h1>"})
	})
}
