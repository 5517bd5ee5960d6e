// Package startpage is the first page: what the sandbox is, where to go in it, and a tour.
package startpage

import (
	"embed"
	"net/http"

	"github.com/oktaws/oktaws/internal/sandbox/web/page"
)

//go:embed assets
var assets embed.FS

// Program is oktaws, where it runs in the same process as the pages.
type Program interface {
	// Ended says why it is not running; empty: it runs.
	Ended() string
}

// Mount serves the page under /. program may be nil: then oktaws runs elsewhere, if at all.
func Mount(mux *http.ServeMux, place page.Place, _ Program) {
	page.Assets(mux, string(page.Start), assets, "assets")
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, _ *http.Request) {
		page.Show(w, place, http.StatusOK, page.View{System: page.Start, Title: "Start", Body: "<h1>oktaws sandbox</h1>"})
	})
}
