package slackpage

import (
	"net/http"
	"strings"
	"testing"

	"github.com/oktaws/oktaws/internal/sandbox/slack"
)

func TestEverybodyBeginsSomewhere(t *testing.T) {
	w := start(t)
	for path, want := range map[string]string{
		"/slack":                        "/slack/requester/general",
		"/slack/":                       "/slack/requester/general",
		"/slack/admin-one":              "/slack/admin-one/aws-admins",
		"/slack/stranger":               "/slack/stranger/partners",
		"/slack/requester/" + "general": "/slack/requester/general",
	} {
		status, page, at := w.get(path)
		if status != http.StatusOK || at != want || !strings.Contains(page, `<h1 id="where">`) {
			t.Errorf("%s leads to %s (%d)", path, at, status)
		}
	}
	w.see("/slack/"+slack.AdminOne+"/"+slack.AdminChannel, []string{"Requests for AWS accounts are decided here", "private channel"})
}

func TestWhereNobodyCanGoThereIsAWayOn(t *testing.T) {
	w := start(t)
	for path, want := range map[string]struct {
		status   int
		has, way string
	}{
		"/slack/nobody/general":                    {404, "nobody called &#34;nobody&#34;", `href="/slack"`},
		"/slack/oktaws/general":                    {404, "nobody called", `href="/slack"`},
		"/slack/requester/nowhere":                 {404, "no channel #nowhere", `href="/slack/requester/general"`},
		"/slack/requester/" + "D0ADMINONE":         {404, "no channel", `href="/slack/requester/general"`},
		"/slack/requester/general?thread=1.000001": {404, "no such message", `href="/slack/requester/general"`},
		"/slack/requester/aws-admins":              {403, "This channel is private", `href="/slack/requester/general"`},
		"/slack/guest/partners":                    {403, "You are not in #partners", `href="/slack/guest/general"`},
		"/slack/former/dm":                         {403, "This account is deactivated", `href="/slack/requester/dm"`},
	} {
		w.Sandbox().Slack.DM(slack.AdminOne)
		status, page, _ := w.get(path)
		if status != want.status {
			t.Errorf("%s: %d", path, status)
		}
		check(t, path, page, []string{want.has, want.way})
	}
}

func TestPrivateChannelIsSeenByItsMembersAlone(t *testing.T) {
	w := start(t)
	w.bot("chat.postMessage", map[string]any{"channel": slack.AdminChannel, "text": "the secret plan"})
	w.see("/slack/admin-one/aws-admins", []string{"the secret plan"})
	_, page, _ := w.get("/slack/requester/aws-admins")
	check(t, "requester", page, nil, "the secret plan")
	w.post("/slack/requester/general/send", "text", "see #aws-admins")
	w.see("/slack/guest/general", []string{"private channel"}, "#aws-admins")
}

// What people and apps write is never markup, script or style.
func TestHostileMessagesAreShownAsTheyAre(t *testing.T) {
	w := start(t)
	const hostile = `<script>alert(1)</script><img src=x onerror=alert(1)>"'`
	w.post("/slack/requester/general/send", "text", hostile)
	w.bot("chat.postMessage", map[string]any{"channel": slack.General, "text": "x", "blocks": []any{section(hostile)}})
	w.bot("chat.postMessage", map[string]any{"channel": slack.General, "text": `<javascript:alert(1)|here>`})
	w.bot("chat.postMessage", map[string]any{"channel": slack.General, "text": "x", "blocks": []any{map[string]any{"type": "<script>"}}})
	w.post("/slack/requester/general/send", "text", "/<script>alert(2)</script>")
	w.Sandbox().Slack.AddPerson(slack.Person{ID: "U0HOSTILE", Name: `a"><script>`, RealName: `<script>alert(3)</script>`})
	page := w.see("/slack/requester/general", []string{"&lt;script&gt;alert(1)", "&lt;script&gt;alert(2)", "&lt;script&gt;alert(3)"})
	for _, bad := range []string{"<script>", "<img", `href="javascript:`, `"><script`} {
		if strings.Contains(page, bad) {
			t.Errorf("%s is markup on the page", bad)
		}
	}
}

func TestUnreadMessagesAreCountedUntilLookedAt(t *testing.T) {
	w := start(t)
	for _, said := range []string{"good morning", "@admin-one?"} {
		if _, err := w.Sandbox().Slack.Post(slack.Requester, slack.General, said); err != nil {
			t.Fatal(err)
		}
	}
	w.bot("chat.postMessage", map[string]any{"channel": slack.AdminTwo, "text": "your turn"})
	_, entry, _ := strings.Cut(w.see("/slack/requester/partners", nil), `id="to-general"`)
	if strings.Contains(entry[:strings.Index(entry, "</li>")], "unread") {
		t.Error("one's own messages are no news")
	}
	w.see("/slack/admin-one/aws-admins", []string{`class="count badge">2<`})
	w.see("/slack/admin-two/aws-admins", []string{`class="count">2<`, `class="count badge">1<`})
	w.see("/slack/admin-two/general?places=1", []string{`class="count">2<`}) // the sidebar alone was looked at
	page := w.see("/slack/admin-two/general", []string{"good morning", `class="count badge">1<`})
	if _, entry, _ = strings.Cut(page, `id="to-general"`); strings.Contains(entry[:strings.Index(entry, "</li>")], "unread") {
		t.Error("what is looked at is read")
	}
	w.see("/slack/admin-two/dm", []string{"your turn"}, "for you")
	w.see("/slack/requester/general", []string{`class="count">2<`, "Admin One"})
}

func TestWhatOnePersonIsShownOthersDoNotSee(t *testing.T) {
	w := start(t)
	w.bot("chat.postEphemeral", map[string]any{"channel": slack.General, "user": slack.Guest, "text": "for the guest"})
	w.see("/slack/guest/general", []string{"for the guest", "Only visible to you"})
	w.see("/slack/guest/dm", nil, "for the guest")
	w.see("/slack/requester/general", nil, "for the guest")
}

func TestEditedAndDeletedMessages(t *testing.T) {
	w := start(t)
	ts := w.bot("chat.postMessage", map[string]any{"channel": slack.General, "text": "first words"})["ts"]
	w.bot("chat.update", map[string]any{"channel": slack.General, "ts": ts, "text": "second words"})
	w.see("/slack/requester/general", []string{"second words", "(edited)"}, "first words")
	w.bot("chat.delete", map[string]any{"channel": slack.General, "ts": ts})
	w.see("/slack/requester/general", nil, "second words", "was deleted")
}

func TestThreads(t *testing.T) {
	w := start(t)
	w.post("/slack/requester/general/send", "text", "which account?")
	first := w.said(slack.General).TS
	thread := "?thread=" + first
	_, page, at := w.post("/slack/admin-one/general/send"+thread, "text", "the second")
	if at != "/slack/admin-one/general"+thread {
		t.Errorf("the thread stays open: %s", at)
	}
	check(t, "the thread", page, []string{`<aside class="thread"`, "the second", "1 reply"})
	if got := w.said(slack.General); got.ThreadTS != first {
		t.Errorf("%+v", got)
	}
	page = w.see("/slack/requester/general", []string{"1 reply", "Last reply today at"}, "<aside", "the second")
	if strings.Count(page, "which account?") != 1 {
		t.Error("a message stands in the channel once")
	}
	_, page, _ = w.post("/slack/requester/general/send"+thread, "text", "/oktaws status")
	check(t, "a command in a thread", page, []string{"/oktaws is not supported in threads. Sorry!"})
	w.see("/slack/requester/general", nil, "not supported in threads")
}

func TestTimesAreThePersons(t *testing.T) {
	w := start(t)
	w.post("/slack/requester/general/send", "text", "what time is it?")
	at := moment(w.said(slack.General).TS)
	v := &visit{sb: w.Sandbox()}
	for who, zone := range map[string]string{"requester": "Europe/London", "admin-one": "America/New_York", "admin-two": "Asia/Tokyo"} {
		v.zone = mustZone(t, zone)
		w.see("/slack/"+who+"/general", []string{at.In(v.zone).Format("3:04 PM"), v.day(at.In(v.zone))})
	}
	if got := v.day(at.AddDate(0, 0, -1).In(v.zone)); got != "Yesterday" {
		t.Error(got)
	}
	if got := v.day(at.AddDate(-2, 0, 0).In(v.zone)); !strings.Contains(got, ", 20") {
		t.Error(got)
	}
}

// After a reset the pages remember nothing of the sandbox before.
func TestAnotherSandboxBeginsAnew(t *testing.T) {
	w := start(t)
	w.post("/slack/requester/general/send", "text", "/nothing")
	w.see("/slack/requester/general", []string{"/nothing is not a valid command"})
	w.reset()
	w.see("/slack/requester/general", nil, "/nothing")
}
