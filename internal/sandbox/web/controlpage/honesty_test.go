package controlpage_test

import (
	"context"
	"fmt"
	"html"
	"net/http"
	"regexp"
	"strings"
	"testing"

	"github.com/oktaws/oktaws/internal/sandbox/wire"
)

// call has somebody call one of Slack's methods, and waits until it is on record.
func (d *desk) call(method string) {
	d.t.Helper()
	before := d.sb.Hub.Received()
	req, err := http.NewRequestWithContext(context.Background(), http.MethodPost, d.sb.SlackURL+"/api/"+method, http.NoBody)
	if err != nil {
		d.t.Fatal(err)
	}
	resp, err := http.DefaultClient.Do(req)
	read(d.t, resp, err)
	if _, over := d.sb.Hub.Call(before + 1); !over {
		d.t.Fatalf("the call of %s is not on record", method)
	}
}

// rowOf returns the row of an operation; empty: there is none.
func rowOf(page, id string) string {
	_, rest, _ := strings.Cut(page, `<tr id="`+id+`">`)
	row, _, found := strings.Cut(rest, "</tr>")
	if !found {
		return ""
	}
	return row
}

func TestHonestySaysOfEveryOperationWhatItRestsOn(t *testing.T) {
	d := sit(t, nil)
	page := d.get("/control/honesty")
	operations, claims := 0, 0
	for _, b := range d.sb.Hub.Operations() {
		if !b.Aside {
			operations++
		}
		claims += len(b.Claims)
		if !strings.Contains(page, `<span class="op">`+html.EscapeString(b.Operation)+`</span>`) {
			t.Errorf("nothing of %s %s", b.Service, b.Operation)
		}
	}
	if want := fmt.Sprintf("%d operations; %d claims", operations, claims); !strings.Contains(page, want) {
		t.Errorf("the page does not count %s", want)
	}
	if n := strings.Count(page, `<span class="says">`); n != claims {
		t.Errorf("%d claims are shown of %d", n, claims)
	}
	for ground, want := range map[wire.Ground]string{
		wire.Recorded:   `class="source">app_create_minimal.oie<`,
		wire.Documented: `<a href="https://docs.slack.dev/reference/methods/chat.update" rel="noreferrer" target="_blank">docs.slack.dev chat.update</a>`,
		wire.Others:     `<a href="https://github.com/okta/terraform-provider-okta/issues/282" rel="noreferrer" target="_blank">okta/terraform-provider-okta #282</a>`,
		wire.Guess:      `class="source">internal/sandbox/okta/limit.go<`,
	} {
		if !strings.Contains(page, want) {
			t.Errorf("no source of what is %s: %s", ground, want)
		}
	}
	ids := map[string]bool{}
	for _, m := range regexp.MustCompile(` id="([^"]*)"`).FindAllStringSubmatch(page, -1) {
		if ids[m[1]] {
			t.Errorf("the ID %s stands twice", m[1])
		}
		ids[m[1]] = true
	}
}

func TestHonestyShowsGuessesAlone(t *testing.T) {
	d := sit(t, nil)
	page := d.get("/control/honesty?guesses=on&service=okta")
	if n := strings.Count(page, `<span class="says">`); n == 0 || n != strings.Count(page, `<li class="guess">`) {
		t.Errorf("%d claims, not all of them guesses", n)
	}
	if rowOf(page, "h-okta-createApplication") == "" || rowOf(page, "h-okta-getGroup") != "" || strings.Contains(page, `id="h-slack"`) {
		t.Error("not the operations of Okta with a guess, and these alone")
	}
	if page := d.get("/control/honesty?guesses=on&service=organizations"); !strings.Contains(page, "No guesses.") {
		t.Error("nothing says that there is no guess")
	}
}

func TestHonestyCountsCallsAndFindsUnknownOnes(t *testing.T) {
	d := sit(t, nil)
	if page := d.get("/control/honesty"); !strings.Contains(page, "No call has come yet.") {
		t.Error("calls before there are any")
	}
	d.call("api.test")
	d.call("api.test")
	page := d.get("/control/honesty")
	if row := rowOf(page, "h-slack-api.test"); !strings.Contains(row, `href="/control/wire?operation=api.test&amp;service=slack"`) || !strings.Contains(row, ">2</a>") {
		t.Errorf("two calls show as %s", row)
	}
	if !strings.Contains(page, "None of this run’s 2 calls") || strings.Contains(page, `role="alert"`) {
		t.Error("known calls are not called known")
	}
	d.call("chat.scheduleMessage")
	page = d.get("/control/honesty")
	if !strings.Contains(page, `role="alert"`) || !strings.Contains(page, `<li id="unknown-3"><a href="/control/wire/3">Call 3</a> slack <span class="op">chat.scheduleMessage</span>`) {
		t.Error("an unknown operation goes unnoticed")
	}
	if _, row, _ := strings.Cut(d.get("/control/wire"), `<tr id="call-3" class="trouble">`); !strings.Contains(row, ">unknown</a>") {
		t.Error("the wire log does not mark it")
	}
}
