package slackpage

import (
	"strings"
	"testing"
	"time"

	"github.com/jonboulle/clockwork"

	"github.com/oktaws/oktaws/internal/sandbox"
	"github.com/oktaws/oktaws/internal/sandbox/slack"
)

// What people type is shown as they typed it: nobody is called by <!channel>, and &lt; is not a <.
func TestWhatIsTypedIsShownAsItIs(t *testing.T) {
	w := start(t)
	for typed, shown := range map[string]string{
		"<!channel> <@U0ADMINONE>":               "&lt;!channel&gt; &lt;@U0ADMINONE&gt;",
		"&lt;b&gt; & &amp;":                      "&amp;lt;b&amp;gt; &amp; &amp;amp;",
		"done :tada: :no_such_thing:":            ":no_such_thing:",
		"see https://example.com/?a=1&b=2 there": `href="https://example.com/?a=1&amp;b=2"`,
		"שלום *עולם*":                            "שלום <strong>עולם</strong>",
		"two\r\nlines":                           "two<br>lines",
		" /oktaws link":                          "/oktaws link</div>", // after a space it is no command
		"/ is a divider":                         "/ is not a valid command",
	} {
		_, page, _ := w.post("/slack/requester/general/send", "text", typed)
		check(t, typed, page, []string{shown}, "was not sent")
	}
	w.see("/slack/requester/general", nil, "bk-broadcast", ":tada:")
}

func TestLongestMessage(t *testing.T) {
	w := start(t)
	long := strings.Repeat("é", slack.PostTextLimit)
	_, page, _ := w.post("/slack/requester/general/send", "text", long+"x")
	check(t, "too long", page, []string{"more than 40000 characters: msg_too_long.", long + "x</textarea>"})
	if _, page, _ = w.post("/slack/requester/general/send", "text", long); strings.Count(page, long) != 1 || strings.Contains(page, "was not sent") {
		t.Error("one of 40,000 characters is sent")
	}
}

// A day ends when it does where the person is.
func TestMidnightIsThePersons(t *testing.T) {
	w := start(t)
	clock := clockwork.NewFakeClockAt(time.Date(2026, 3, 8, 4, 59, 30, 0, time.UTC)) // 23:59:30 in New York, on the eve of summer time
	sb, err := sandbox.Start(sandbox.Options{Clock: clock, Relaxed: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = sb.Close() })
	w.mu.Lock()
	w.sb = sb
	w.mu.Unlock()
	say := func(words string) {
		if _, err := sb.Slack.Post(slack.Guest, slack.General, words); err != nil {
			t.Fatal(err)
		}
	}
	say("before")
	clock.Advance(time.Minute)
	say("after")
	page := w.see("/slack/admin-one/general", []string{"<span>Yesterday</span>", "<span>Today</span>", "11:59 PM", "12:00 AM"})
	if y, b, n, a := strings.Index(page, ">Yesterday<"), strings.Index(page, ">before<"), strings.Index(page, ">Today<"), strings.Index(page, ">after<"); y > b || b > n || n > a {
		t.Errorf("Yesterday, before, Today and after stand at %d, %d, %d and %d", y, b, n, a)
	}
	w.see("/slack/requester/general", []string{"<span>Today</span>", "4:59 AM"}, "Yesterday")
	clock.Advance(24 * time.Hour) // over an hour that there is not
	w.see("/slack/admin-one/general", []string{"<span>Saturday, March 7</span>", "<span>Yesterday</span>"}, "<span>Today</span>")
}

// What somebody has read, and was told, is of one sandbox: after a reset everything is new.
func TestUnreadCountsBeginAnewWithTheSandbox(t *testing.T) {
	w := start(t)
	say := func() {
		if _, err := w.Sandbox().Slack.Post(slack.Requester, slack.General, "hello"); err != nil {
			t.Fatal(err)
		}
	}
	say()
	w.see("/slack/admin-one/general", []string{"hello"})
	if general := w.entry("/slack/admin-one/aws-admins"); strings.Contains(general, "unread") {
		t.Error("what was looked at is read")
	}
	w.postFiles("/slack/admin-one/general/send", []upload{{"files", "empty.txt", nil}}, "text", "half a sentence")
	old := w.Sandbox()
	w.reset()
	say()
	if general := w.entry("/slack/admin-one/aws-admins"); !strings.Contains(general, `class="count">1<`) {
		t.Error("what was said after the reset is unread: ", general)
	}
	w.see("/slack/admin-one/general", []string{"hello"}, "half a sentence")
	p := &pages{place: w}
	now := p.remembered(w.Sandbox())
	now.look(slack.AdminOne, slack.General, "9")
	if late := p.remembered(old); late.looked(slack.AdminOne, slack.General) != "" {
		t.Error("a request to the sandbox before sees what is remembered of this one")
	}
	if p.remembered(w.Sandbox()).looked(slack.AdminOne, slack.General) != "9" {
		t.Error("a request to the sandbox before makes the pages forget this one")
	}
}

// entry is what the sidebar of a page has for #general.
func (w *world) entry(path string) string {
	w.t.Helper()
	_, after, _ := strings.Cut(w.see(path, nil), `id="to-general"`)
	entry, _, _ := strings.Cut(after, "</li>")
	return entry
}
