package controlpage_test

import (
	"context"
	"errors"
	"html"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/oktaws/oktaws/internal/sandbox"
	"github.com/oktaws/oktaws/internal/sandbox/web/controlpage"
)

// desk is somebody at the Control pages of a sandbox.
type desk struct {
	t   *testing.T
	sb  *sandbox.Sandbox
	url string
}

// Sandbox makes a desk a page.Place.
func (d *desk) Sandbox() *sandbox.Sandbox { return d.sb }

// sit starts a sandbox whose clock moves only when it is told to, and its pages.
func sit(t *testing.T, world controlpage.World) *desk {
	t.Helper()
	clock := sandbox.NewClock(0)
	t.Cleanup(clock.Stop)
	return sitAt(t, sandbox.Options{Clock: clock, Relaxed: true}, world)
}

func sitAt(t *testing.T, o sandbox.Options, world controlpage.World) *desk {
	t.Helper()
	sb, err := sandbox.Start(o)
	if err != nil {
		t.Fatal(err)
	}
	d := &desk{t: t, sb: sb}
	mux := http.NewServeMux()
	controlpage.Mount(mux, d, world)
	pages := httptest.NewServer(mux)
	d.url = pages.URL
	t.Cleanup(func() {
		pages.Close()
		if err := sb.Close(); err != nil {
			t.Error(err)
		}
	})
	return d
}

func read(t *testing.T, resp *http.Response, err error) string {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	raw, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(raw)
}

// get returns a page's HTML.
func (d *desk) get(path string) string {
	d.t.Helper()
	resp, err := http.Get(d.url + path) //nolint:noctx // a test's own server
	if err == nil && resp.StatusCode != http.StatusOK {
		d.t.Errorf("GET %s: %s", path, resp.Status)
	}
	return read(d.t, resp, err)
}

// do sends a form, and returns the page that it leads to.
func (d *desk) do(what string, pairs ...string) string {
	d.t.Helper()
	form := url.Values{}
	for i := 0; i < len(pairs); i += 2 {
		form.Set(pairs[i], pairs[i+1])
	}
	resp, err := http.PostForm(d.url+"/control/do/"+what, form)
	if err == nil && (resp.StatusCode != http.StatusOK || resp.Request.Method != http.MethodGet || resp.Request.URL.Path != "/control/") {
		d.t.Errorf("%s leads to %s %s: %s", what, resp.Request.Method, resp.Request.URL, resp.Status)
	}
	return read(d.t, resp, err)
}

var noteForm = regexp.MustCompile(`<p id="note" class="(\w+)" role="\w+">(.*?)</p>`)

// said returns what a page says was done, or was refused.
func said(page string) (class, text string) {
	m := noteForm.FindStringSubmatch(page)
	if m == nil {
		return "", ""
	}
	return m[1], html.UnescapeString(m[2])
}

func (d *desk) done(page, want string) {
	d.t.Helper()
	if class, text := said(page); class != "done" || !strings.Contains(text, want) {
		d.t.Errorf("the page says %q (%s), want …%s…", text, class, want)
	}
}

func (d *desk) refused(page, want string) {
	d.t.Helper()
	if class, text := said(page); class != "refused" || !strings.Contains(text, want) {
		d.t.Errorf("the page says %q (%s), want …%s… in red", text, class, want)
	}
}

func (d *desk) shows(page string, texts ...string) {
	d.t.Helper()
	for _, text := range texts {
		if !strings.Contains(page, text) {
			d.t.Errorf("the page lacks %q", text)
		}
	}
}

func (d *desk) lacks(page string, texts ...string) {
	d.t.Helper()
	for _, text := range texts {
		if strings.Contains(page, text) {
			d.t.Errorf("the page has %q", text)
		}
	}
}

func TestTheClockIsMovedAndWhatIsDueHappens(t *testing.T) {
	d := sit(t, nil)
	clock := d.sb.Clock()
	from := clock.Now()
	woken := make(chan time.Time, 3)
	clock.AfterFunc(2*time.Hour, func() {
		woken <- clock.Now()
		clock.AfterFunc(3*time.Hour, func() { woken <- clock.Now() })
	})
	d.done(d.do("jump", "by", "4h"), "4 h on")
	if got := clock.Now().Sub(from); got != 4*time.Hour {
		t.Errorf("the clock moved by %s", got)
	}
	page := d.do("jump", "by", "2 days")
	d.done(page, "The clock is at "+from.Add(52*time.Hour).UTC().Format("Mon 2 Jan 2006 15:04:05 UTC")+", 2 days on.")
	for i, due := range []time.Duration{2 * time.Hour, 5 * time.Hour} {
		if late := (<-woken).Sub(from) - due; late < 0 || late > 30*time.Minute {
			t.Errorf("timer %d came %s late", i+1, late)
		}
	}
	d.done(d.do("speed", "times", "60"), "60 times as fast")
	if clock.Speed() != 60 {
		t.Errorf("speed %g", clock.Speed())
	}
	d.shows(d.get("/control/"), `value="60" aria-pressed="true"`)
}

func TestWaysThatTheClockCannotGo(t *testing.T) {
	d := sit(t, nil)
	from := d.sb.Now()
	for by, want := range map[string]string{
		"": "how far", "soon": "time span", "-1h": "lies ahead", "3 fortnights": "no unit", "0s": "no way ahead",
		"400 days": "too far", "99999999999999999999h": "too far", "1h -2h": "lies ahead", "5": "time span",
	} {
		page := d.do("jump", "by", by)
		d.refused(page, want)
		if by != "" {
			d.shows(page, `name="by" value="`+by+`"`)
		}
	}
	for _, times := range []string{"", "0", "-1", "1000", "NaN"} {
		d.refused(d.do("speed", "times", times), "1, 10 or 60")
	}
	if !d.sb.Now().Equal(from) || d.sb.Speed() != 0 {
		t.Errorf("the clock moved by %s and runs ×%g", d.sb.Now().Sub(from), d.sb.Speed())
	}
}

func TestTheRealClockSaysSo(t *testing.T) {
	d := sitAt(t, sandbox.Options{}, nil)
	page := d.get("/control/")
	d.shows(page, "runs by the real clock")
	d.lacks(page, `name="by"`, `id="speed"`)
	d.refused(d.do("jump", "by", "1h"), "real clock")
	d.refused(d.do("speed", "times", "10"), "real clock")
}

// stage is a world that notes what is done with it.
type stage struct {
	scenario, log, ended string
	restarts             int
	err                  error
}

func (s *stage) Scenarios() []controlpage.Scenario {
	return []controlpage.Scenario{{Name: "fresh", About: "Nothing is set up."}, {Name: "50-accounts", About: "A large <organization>."}}
}
func (s *stage) Scenario() string { return s.scenario }
func (s *stage) Reset(_ context.Context, scenario string) error {
	s.scenario = scenario
	return s.err
}
func (s *stage) Log() string   { return s.log }
func (s *stage) Ended() string { return s.ended }
func (s *stage) Restart(context.Context) error {
	s.restarts++
	return s.err
}

func TestTheWorldBeginsAnew(t *testing.T) {
	w := &stage{scenario: "fresh"}
	d := sit(t, w)
	d.shows(d.get("/control/"), `value="fresh" checked`, "A large &lt;organization&gt;.", ">runs<")
	page := d.do("reset", "scenario", "50-accounts")
	d.refused(page, "tick the box")
	d.shows(page, `value="50-accounts" checked`)
	d.refused(d.do("reset", "scenario", "<b>nowhere", "sure", "on"), "no scenario")
	if w.scenario != "fresh" {
		t.Errorf("it was reset to %s", w.scenario)
	}
	d.done(d.do("reset", "scenario", "50-accounts", "sure", "on"), "50-accounts")
	if w.scenario != "50-accounts" {
		t.Errorf("the scenario is %s", w.scenario)
	}
	w.ended = "exit 1: <no token>"
	d.shows(d.get("/control/"), "&lt;no token&gt;", "Start anew")
	d.done(d.do("restart"), "started anew")
	w.err = errors.New("no disk")
	d.refused(d.do("restart"), "no disk")
	d.refused(d.do("reset", "scenario", "fresh", "sure", "on"), "no disk")
	if w.restarts != 2 {
		t.Errorf("%d restarts", w.restarts)
	}
}

func TestASandboxAloneSaysSo(t *testing.T) {
	d := sit(t, nil)
	d.shows(d.get("/control/"), "oktaws was not started from here")
	d.shows(d.get("/control/log"), "oktaws was not started from here")
	d.refused(d.do("reset", "scenario", "fresh", "sure", "on"), "not started from here")
	d.refused(d.do("restart"), "not started from here")
}

func TestTheLogShowsWhatIsGrave(t *testing.T) {
	w := &stage{log: "time=1 level=INFO msg=<began>\n{\"level\":\"WARN\",\"msg\":\"odd\"}\ntime=3 level=ERROR msg=broken\npanic: out of luck\n" + strings.Repeat("time=4 level=DEBUG msg=much\n", 1200)}
	d := sit(t, w)
	page := d.get("/control/log")
	d.shows(page, "204 lines came before", `class="debug"`)
	d.lacks(page, "broken")
	page = d.get("/control/log?level=warn")
	d.shows(page, `<p class="warn">{&#34;level&#34;:&#34;WARN&#34;`, `<p class="error">time=3`, "<p>panic: out of luck")
	d.lacks(page, "began", "much")
	w.log, w.ended = "time=1 level=INFO msg=<began>\n", "killed"
	d.shows(d.get("/control/log"), "msg=&lt;began&gt;", "oktaws has ended: killed")
}

func TestAddressesSayNothingOfThemselves(t *testing.T) {
	d := sit(t, nil)
	if class, _ := said(d.get("/control/?note=%3Cscript%3E&done=hello")); class != "" {
		t.Error("a note that nobody made is shown")
	}
	resp, err := http.PostForm(d.url+"/control/do/magic", nil)
	if err != nil {
		t.Fatal(err)
	}
	_ = resp.Body.Close()
	if resp.StatusCode != http.StatusNotFound {
		t.Errorf("an unknown form: %s", resp.Status)
	}
}
