// Package slackpage is the page Slack as a person sees it.
package slackpage

import (
	"embed"
	"net/http"

	"github.com/oktaws/oktaws/internal/sandbox/web/page"
)

//go:embed assets
var assets embed.FS

// Mount serves the pages under /slack.
func Mount(mux *http.ServeMux, place page.Place) {
	page.Assets(mux, string(page.Slack), assets, "assets")
	mux.HandleFunc("GET /slack", func(w http.ResponseWriter, _ *http.Request) {
		page.Show(w, place, http.StatusOK, page.View{System: page.Slack, Title: "Slack", Body: "<h1>Slack</h1>"})
	})
}
