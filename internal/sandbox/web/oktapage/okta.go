// Package oktapage is the page Okta as its admin and its users see it.
package oktapage

import (
	"embed"
	"net/http"

	"github.com/oktaws/oktaws/internal/sandbox/web/page"
)

//go:embed assets
var assets embed.FS

// Mount serves the pages under /okta.
func Mount(mux *http.ServeMux, place page.Place) {
	page.Assets(mux, string(page.Okta), assets, "assets")
	mux.HandleFunc("GET /okta", func(w http.ResponseWriter, _ *http.Request) {
		page.Show(w, place, http.StatusOK, page.View{System: page.Okta, Title: "Okta", Body: "<h1>Okta</h1>"})
	})
}
