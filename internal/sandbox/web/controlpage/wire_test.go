package controlpage_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/oktaws/oktaws/internal/sandbox/wire"
)

// made is a call that a test makes up.
type made struct {
	service, operation, subject, request, response string
	status                                         int
}

// record puts made-up calls on record, by way of the hub.
func (d *desk) record(calls ...made) {
	d.t.Helper()
	for _, c := range calls {
		h := d.sb.Hub.Handler(wire.Service{
			Identify: func(*http.Request, []byte) (string, string, string) { return c.service, c.operation, c.subject },
			Fail:     func(w http.ResponseWriter, _ *http.Request, f wire.Fault) { w.WriteHeader(f.Status) },
			Serve: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				w.WriteHeader(max(c.status, 200))
				_, _ = w.Write([]byte(c.response))
			}),
		})
		h.ServeHTTP(httptest.NewRecorder(), httptest.NewRequestWithContext(d.t.Context(), http.MethodPost, "/", strings.NewReader(c.request)))
	}
}

var rowForm = regexp.MustCompile(`<tr id="call-(\d+)"`)

// rows returns the numbers of the calls that a page of the wire log shows.
func rows(page string) string {
	var out []string
	for _, m := range rowForm.FindAllStringSubmatch(page, -1) {
		out = append(out, m[1])
	}
	return strings.Join(out, " ")
}

func TestTheWireLogIsFiltered(t *testing.T) {
	d := sit(t, nil)
	d.shows(d.get("/control/wire"), "No call has come yet.")
	d.shows(d.get("/control/timing"), "No call has come yet.")
	d.record(
		made{service: "slack", operation: "chat.postMessage", subject: "C1", response: `{"error":"not_in_channel","ok":false}`},
		made{service: "slack", operation: "chat.update", subject: "C1", response: `{"ok":true}`},
		made{service: "iam", operation: "CreateUser", subject: "111122223333", request: "UserName=Findme", response: "<Code>AccessDenied</Code>", status: 403},
		made{service: "okta", operation: "listGroups", response: `{"errorCode":"E0000047"}`, status: 429},
	)
	for query, want := range map[string]string{
		"": "4 3 2 1", "?order=oldest": "1 2 3 4", "?service=slack": "2 1", "?operation=CHAT": "2 1", "?failures=on": "4 3 1",
		"?text=Findme": "3", "?text=1111": "3", "?text=c1&failures=on": "1", "?service=sts": "", "?page=99": "4 3 2 1", "?page=-5": "4 3 2 1",
		"?page=9223372036854775807": "4 3 2 1", "?text=no+such+thing": "",
	} {
		if got := rows(d.get("/control/wire" + query)); got != want {
			t.Errorf("%q shows %q, want %q", query, got, want)
		}
	}
	d.shows(d.get("/control/wire"), ">200 not_in_channel<", ">403 AccessDenied<", ">429 E0000047<", "1–4 of 4 calls")
	d.shows(d.get("/control/wire?service=sts"), "None of 4 calls fits.")
	d.shows(d.get("/control/timing"), `id="t-slack-chat.update"`, `href="/control/wire?failures=on&amp;operation=CreateUser&amp;service=iam">1<`)
}

func TestTheWireLogHasPages(t *testing.T) {
	d := sit(t, nil)
	for i := range 250 {
		d.record(made{service: "okta", operation: "listApps", subject: fmt.Sprint(i)})
	}
	page := d.get("/control/wire?service=okta")
	d.shows(page, "1–100 of 250 calls", `rel="next" href="/control/wire?page=2&amp;service=okta"`)
	d.lacks(page, "Newer")
	if got := rows(page); !strings.HasPrefix(got, "250 249 ") || !strings.HasSuffix(got, " 151") {
		t.Errorf("the first page shows %s", got)
	}
	page = d.get("/control/wire?page=3")
	d.shows(page, "201–250 of 250 calls", `rel="prev" href="/control/wire?page=2"`)
	d.lacks(page, "Older ›")
	page = d.get("/control/wire?order=oldest")
	d.shows(page, `rel="prev" href="/control/wire?order=oldest&amp;page=2"`)
	if got := rows(page); !strings.HasPrefix(got, "1 2 ") {
		t.Errorf("the oldest first: %s", got)
	}
}

func TestWhatCallersSendStaysText(t *testing.T) {
	d := sit(t, nil)
	const evil = `<script>alert(1)</script>`
	d.record(made{service: "okta", operation: evil, subject: evil + `" onclick="x`, request: evil, response: `{"ok":false,"error":"` + evil + `"}`, status: 400})
	d.sb.Hub.Add(wire.Fault{Operation: evil, Status: 500, Message: evil, Code: evil})
	for _, path := range []string{"/control/wire", "/control/wire/1", "/control/timing", "/control/", "/control/wire?text=%3Cscript%3E&service=%3Cscript%3E&operation=%3Cscript%3E"} {
		page := d.get(path)
		d.shows(page, "&lt;script&gt;")
		d.lacks(page, "<script>alert", `onclick="x`)
	}
}

func TestACallIsShownWithItsBodies(t *testing.T) {
	d := sit(t, nil)
	d.record(
		made{service: "slack", operation: "chat.postMessage", request: `channel=C1&blocks=%5B%7B%22type%22%3A%22divider%22%7D%5D&text=a+b`, response: `{"ok":true,"ts":"1.2"}`},
		made{service: "iam", operation: "GetUser", request: "Action=GetUser", response: `<GetUserResponse><User><Path>/</Path></User></GetUserResponse>`},
		made{service: "okta", operation: "x", request: "%zz not a form", response: strings.Repeat("y", 300<<10)},
	)
	page := d.get("/control/wire/1")
	d.shows(page, `<th scope="row">channel</th><td><code>C1</code>`, "[\n  {\n    &#34;type&#34;: &#34;divider&#34;\n  }\n]", "<code>a b</code>",
		"{\n  &#34;ok&#34;: true,", `rel="next" href="/control/wire/2"`)
	d.shows(d.get("/control/wire/2"), "&lt;GetUserResponse&gt;\n  &lt;User&gt;\n    &lt;Path&gt;/&lt;/Path&gt;")
	d.shows(d.get("/control/wire/3"), "<pre tabindex=\"0\">%zz not a form</pre>", "… and 102,400 bytes more.")
	for _, path := range []string{"/control/wire/4", "/control/wire/0", "/control/wire/x"} {
		resp, err := http.Get(d.url + path) //nolint:noctx // a test's own server
		if page := read(t, resp, err); resp.StatusCode != http.StatusNotFound || !strings.Contains(page, "no call") {
			t.Errorf("%s: %s", path, resp.Status)
		}
	}
}

func TestACallUnderWayIsShown(t *testing.T) {
	d := sit(t, nil)
	d.sb.Hub.Add(wire.Fault{DelayMillis: 2000})
	changed, over := d.sb.Hub.Changed(), make(chan struct{})
	go func() { defer close(over); d.record(made{service: "okta", operation: "slow"}) }()
	<-changed // when it begins to wait
	d.shows(d.get("/control/wire"), `class="verdict busy">under way<`)
	<-over
	d.lacks(d.get("/control/wire"), "under way")
}

func TestTheWireLogIsFastWithManyCalls(t *testing.T) {
	d := sit(t, nil)
	body := strings.Repeat(`{"some":"thing"}`, 128)
	for i := range 5000 {
		d.record(made{service: "okta", operation: fmt.Sprintf("op%d", i%40), subject: "x", response: body})
	}
	for _, path := range []string{"/control/wire", "/control/wire?text=nothing", "/control/timing", "/control/", "/control/wire?page=50"} {
		began := time.Now()
		page := d.get(path)
		took := time.Since(began)
		t.Logf("%s: %d KB in %s", path, len(page)>>10, took)
		if took > time.Second || len(page) > 200<<10 {
			t.Errorf("%s: %d KB in %s", path, len(page)>>10, took)
		}
	}
}

func TestAFaultOfOnesOwn(t *testing.T) {
	d := sit(t, nil)
	for want, pairs := range map[string][]string{
		`"sideways"`:                {"cut", "sideways"},
		"times is -1":               {"status", "500", "times", "-1"},
		"skip is -1":                {"status", "500", "skip", "-1"},
		"delay is -1":               {"delay", "-1"},
		`status is "many"`:          {"status", "many"},
		"status is 99":              {"status", "99"},
		"does nothing":              {"service", "okta"},
		`no service "fax"`:          {"service", "fax", "status", "500"},
		"one of the two":            {"status", "500", "cut", "after"},
		`times is "99999999999999`:  {"status", "500", "times", "99999999999999999999"},
		`"[" is no pattern`:         {"operation", "[", "status", "500"},
		`status is "<b>", which is`: {"status", "<b>"},
	} {
		page := d.do("fault", pairs...)
		d.refused(page, want)
		d.shows(page, "Everything answers as it should")
	}
	d.shows(d.do("fault", "service", "okta", "operation", "list*", "message", "keep <me>"), `value="list*"`, `value="keep &lt;me&gt;"`)
	page := d.do("fault", "service", "okta", "operation", "listApplications", "status", "503", "code", "E0000009", "message", "Gone fishing", "skip", "1", "times", "2")
	d.done(page, "okta listApplications: answers 503 E0000009 “Gone fishing”, after 1 more, 2 more times.")
	for i, want := range []int{200, 503, 503, 200} {
		if got := listApps(d); got.status != want || want == 503 && !strings.Contains(got.body, "Gone fishing") {
			t.Errorf("call %d: %d %s", i+1, got.status, got.body)
		}
	}
	d.done(d.do("fault", "cut", "before", "times", "1"), "every call: the connection is cut before")
	d.done(d.do("fault", "delay", "20"), "every call: waits 0.02 s")
	d.done(d.do("off", "id", "fault-2"), "cut before")
	d.refused(d.do("off", "id", "fault-2"), "off already")
	d.refused(d.do("ready", "key", "miracle"), "no ready-made")
	if on := d.sb.Hub.Faults(); len(on) != 1 || on[0].DelayMillis != 20 {
		t.Errorf("on: %+v", on)
	}
}
