// Package awspage is the page AWS as somebody sees it who looks at its accounts, or signs on.
package awspage

import (
	"embed"
	"net/http"

	"github.com/oktaws/oktaws/internal/sandbox/web/page"
)

//go:embed assets
var assets embed.FS

// Mount serves the pages under /aws.
func Mount(mux *http.ServeMux, place page.Place) {
	page.Assets(mux, string(page.AWS), assets, "assets")
	mux.HandleFunc("GET /aws", func(w http.ResponseWriter, _ *http.Request) {
		page.Show(w, place, http.StatusOK, page.View{System: page.AWS, Title: "AWS", Body: "<h1>AWS</h1>"})
	})
}
