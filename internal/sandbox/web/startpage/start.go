// Package startpage is the first page: what the sandbox is, where to go in it, and a tour whose steps tick themselves.
package startpage

import (
	"embed"
	"fmt"
	"net/http"
	"strings"

	"github.com/oktaws/oktaws/internal/sandbox"
	"github.com/oktaws/oktaws/internal/sandbox/slack"
	"github.com/oktaws/oktaws/internal/sandbox/web/page"
)

//go:embed assets
var assets embed.FS

//go:embed templates
var templateFiles embed.FS

var templates = page.Parse(templateFiles, "templates", nil)

// Program is oktaws, where it runs in one process with the pages.
type Program interface {
	// Ended says why it is not running; empty: it runs.
	Ended() string
}

// Mount serves the page under /. program may be nil: then oktaws runs elsewhere, if at all.
func Mount(mux *http.ServeMux, place page.Place, program Program) {
	page.Assets(mux, string(page.Start), assets, "assets")
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, _ *http.Request) {
		sb := place.Sandbox()
		page.Render(w, place, http.StatusOK, templates, "start.html", page.View{System: page.Start, Title: "Start"}, struct {
			Trouble trouble
			Places  []card
			Tour    tour
		}{troubleOf(sb, program), placesOf(sb), tourOf(sb)})
	})
}

// trouble is why nothing would come of the tour at present.
type trouble struct {
	Ended string // oktaws ended by itself
	Alone bool   // none is connected, and none is run here
}

func troubleOf(sb *sandbox.Sandbox, program Program) trouble {
	if program == nil {
		return trouble{Alone: sb.Slack.Connections() == 0}
	}
	return trouble{Ended: program.Ended()}
}

// card is one of the four places.
type card struct {
	System           page.System
	Name, Path, What string
	Now              string // how things stand there
}

func placesOf(sb *sandbox.Sandbox) []card {
	applications, trusting := len(sb.Okta.Applications()), 0
	accounts := sb.AWS.Accounts()
	for _, a := range accounts {
		if len(sb.AWS.Providers(a.ID)) > 0 {
			trusting++
		}
	}
	undecided := 0
	for _, m := range sb.Slack.Messages(slack.AdminChannel) {
		if hasButton(m, "approve") {
			undecided++
		}
	}
	clock := "The clock runs at its usual speed"
	if speed := sb.Speed(); speed != 1 {
		clock = fmt.Sprintf("The clock runs %g times as fast", speed)
	}
	return []card{
		{page.Slack, "Slack", "/slack", "Be whoever asks, or one of the admins: commands, buttons, direct messages.", count(undecided, "request waits", "requests wait") + " for a decision"},
		{page.Okta, "Okta", "/okta", "The admin console, for the one step that takes a person; and everybody's tiles.", count(applications, "application", "applications")},
		{page.AWS, "AWS", "/aws", "What stands in each account: roles, provider, stack, user. And the way in.", fmt.Sprintf("%s, %d with an identity provider", count(len(accounts), "account", "accounts"), trusting)},
		{page.Control, "Control", "/control/", "Play fate: jump ahead in time, make calls fail, kill oktaws, read every call.", clock},
	}
}

// count is a number of things, or that there are none.
func count(n int, one, more string) string {
	switch n {
	case 0:
		return "No " + one
	case 1:
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, more)
}

// hasButton says whether people can click a button of that action in a message.
func hasButton(m slack.Message, action string) bool {
	return !m.Deleted && strings.Contains(string(m.Blocks), `"action_id":"`+action+`"`)
}

// says tells whether a message has or had the text.
func says(m slack.Message, text string) bool {
	if strings.Contains(m.Text, text) {
		return true
	}
	for _, v := range m.Earlier {
		if strings.Contains(v.Text, text) {
			return true
		}
	}
	return false
}

// mentions tells whether a conversation has a message, new or old, with all of the texts.
func mentions(messages []slack.Message, texts ...string) bool {
	for _, m := range messages {
		all := true
		for _, t := range texts {
			all = all && says(m, t)
		}
		if all {
			return true
		}
	}
	return false
}
