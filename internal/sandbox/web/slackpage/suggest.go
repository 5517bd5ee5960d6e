package slackpage

import (
	"encoding/json"
	"net/http"

	"github.com/oktaws/oktaws/internal/sandbox/slack"
)

// suggestInMessage asks the app for the options of a menu in a message.
func (p *pages) suggestInMessage(w http.ResponseWriter, r *http.Request) {
	if v := p.visit(w, r); v != nil {
		found, err := v.sb.Slack.Suggest(r.Context(), v.me.ID, v.channel.ID, r.PathValue("ts"), r.FormValue("block"), r.FormValue("action"), r.FormValue("typed"))
		suggest(w, found, err)
	}
}

// suggestInView asks the app for the options of a menu in a modal, or in its Home.
func (p *pages) suggestInView(w http.ResponseWriter, r *http.Request) {
	if v := p.visit(w, r); v != nil {
		found, err := v.sb.Slack.SuggestView(r.Context(), v.me.ID, r.PathValue("view"), r.FormValue("block"), r.FormValue("action"), r.FormValue("typed"))
		suggest(w, found, err)
	}
}

// suggest answers with what the app suggests, as blockkit.Surface says; what stands in its place is in words.
func suggest(w http.ResponseWriter, found slack.Suggestions, err error) {
	switch {
	case err != nil:
		found.Error = sentence(err.Error())
	case found.Error == slack.Trouble:
		found.Error += " oktaws answered what Slack does not take; see “Refused by Slack”."
	case found.Error != "":
		found.Error += ": " + silence(found.Error)
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	_ = json.NewEncoder(w).Encode(found)
}
