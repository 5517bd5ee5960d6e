package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"image/color"
	"image/png"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

var screenshots = flag.String("screenshots", "", "the folder that the tour's pictures are written to; none where it is empty")

// patience is how long a test waits for what should come at once.
const patience = 20 * time.Second

// chromium is one browser, which all tests of the package share.
var chromium = struct {
	sync.Once
	ctx  context.Context
	stop func()
	err  error
}{stop: func() {}}

// temp is where the browser keeps its things: the tests have folders of their own, which end before it.
var temp = os.TempDir()

func TestMain(m *testing.M) {
	flag.Parse()
	code := m.Run()
	chromium.stop()
	os.Exit(code)
}

// startChromium starts it: as root, or in a container, it has no sandbox of its own to run in, and meets only our own pages.
func startChromium() {
	folder, err := os.MkdirTemp(temp, "oktaws-browser-")
	if err != nil {
		chromium.err = err
		return
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.NoSandbox, chromedp.DisableGPU,
		chromedp.Flag("disable-quic", true), chromedp.Flag("disable-component-update", true),
		chromedp.Flag("hide-scrollbars", true), chromedp.WindowSize(1280, 860),
		chromedp.UserDataDir(folder), chromedp.Env("TMPDIR="+temp))
	allocator, end := chromedp.NewExecAllocator(context.Background(), options...)
	ctx, cancel := chromedp.NewContext(allocator)
	chromium.ctx, chromium.stop = ctx, func() { cancel(); end(); _ = os.RemoveAll(folder) }
	if err := chromedp.Do(ctx); err != nil {
		chromium.err = fmt.Errorf("start a browser: %w\nThe tests of the sandbox's pages need Chromium or Chrome; make test installs Debian's, or says what to install", err)
	}
}

// person sits at a window of the browser and sees the pages of one sandbox.
type person struct {
	t    *testing.T
	ctx  context.Context
	base string // the sandbox's address
	demo *demo
	said func() []string // what the browser's console has complained of since it was asked last
}

// browse opens a window.
func browse(t *testing.T, base string) *person {
	t.Helper()
	chromium.Do(startChromium)
	if chromium.err != nil {
		t.Fatal(chromium.err)
	}
	ctx, cancel := chromedp.NewContext(chromium.ctx)
	t.Cleanup(cancel)
	if err := chromedp.Do(ctx); err != nil { // the window lives as long as the context of the first call
		t.Fatal(err)
	}
	p := &person{t: t, ctx: ctx, base: base, said: complaints(ctx, t)}
	t.Cleanup(func() {
		for _, c := range p.said() {
			t.Errorf("the browser complains: %s", c)
		}
	})
	p.do("open a window", chromedp.EmulateViewport(1280, 860))
	return p
}

func (p *person) do(what string, steps ...chromedp.Action[chromedp.Void]) {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.ctx, patience)
	defer cancel()
	if err := chromedp.Do(ctx, steps...); err != nil {
		p.fail("%s: %v", what, err)
	}
}

// visit goes to a page.
func (p *person) visit(path string) {
	p.t.Helper()
	p.do("visit "+path, chromedp.Navigate(p.base+path))
}

// fail says what is on the page at that time.
func (p *person) fail(format string, args ...any) {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.ctx, 5*time.Second)
	defer cancel()
	at, _ := chromedp.Run(ctx, chromedp.Location())
	text, _ := chromedp.Run(ctx, chromedp.Evaluate[string](`document.body.innerText`))
	p.t.Fatalf("%s\n\nat %s, which shows:\n%s", fmt.Sprintf(format, args...), at, text)
}

// look is what a person does with their eyes; it is part of every question put to a page. Where a modal is open, they
// see it alone. A name is what a screen
// reader would say, or else its beginning or a part of it.
const look = `
const seen = (e) => e.checkVisibility({visibilityProperty: true, opacityProperty: true}) && e.getClientRects().length > 0;
const plain = (s) => (s || "").replace(/\s+/g, " ").trim();
const top = [...document.querySelectorAll("dialog[open]")].at(-1) || document.body;
const labelled = (e) => plain([...(e.labels || [])].map((l) => l.innerText).join(" "));
const named = (e) => plain(e.getAttribute("aria-label") || (e.getAttribute("aria-labelledby") || "").split(" ").map((i) => document.getElementById(i)?.innerText || "").join(" ") || labelled(e) || (e.matches("input,textarea,select") ? e.placeholder || e.value : e.innerText));
const all = (what) => [...top.querySelectorAll(what)].filter(seen);
const called = (list, name) => list.filter((e) => named(e) === name).at(-1) || list.filter((e) => named(e).startsWith(name)).at(-1) || list.filter((e) => named(e).includes(name)).at(-1);
`

// ask puts a question to the page until the answer is not null, and reads the answer into to.
func (p *person) ask(what, question string, to any, args ...any) {
	p.t.Helper()
	raw, err := json.Marshal(append([]any{}, args...))
	if err != nil {
		p.t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(p.ctx, patience)
	defer cancel()
	for {
		// A page that is just being left has no answer: that is no reason to give up.
		answer, err := chromedp.Run(ctx, chromedp.Evaluate[string](fmt.Sprintf(`JSON.stringify(((...args) => {%s %s})(...%s) ?? null)`, look, question, raw)))
		if err == nil && answer != "null" {
			if err := json.Unmarshal([]byte(answer), to); err != nil {
				p.t.Fatalf("%s: %v", what, err)
			}
			return
		}
		select {
		case <-time.After(25 * time.Millisecond):
		case <-ctx.Done():
			p.fail("%s: waited %s in vain (%v)", what, patience, err)
		}
	}
}

// sees waits until the page shows each of the texts.
func (p *person) sees(texts ...string) {
	p.t.Helper()
	for _, text := range texts {
		var ok bool
		p.ask("see "+text, `return plain(top.innerText).includes(plain(args[0])) || null`, &ok, text)
	}
}

// misses waits until the page shows none of the texts.
func (p *person) misses(texts ...string) {
	p.t.Helper()
	for _, text := range texts {
		var ok bool
		p.ask("no longer see "+text, `return !plain(top.innerText).includes(plain(args[0])) || null`, &ok, text)
	}
}

const (
	pressable = `button, a[href], summary, [role=button], [role=option], input[type=submit], label`
	fillable  = `input:not([type=hidden]):not([type=checkbox]):not([type=radio]):not([type=submit]), textarea`
)

// press clicks, with the mouse, the last thing of that name that can be pressed: it must be there, stand still, and not
// be covered.
func (p *person) press(name string) {
	p.t.Helper()
	p.clickOn("press "+name, pressable, name)
}

// clickOn clicks until the thing has been hit: a page may change between the look and the click, for a person too.
func (p *person) clickOn(what, kind, name string) {
	p.t.Helper()
	for range 5 {
		if p.hits(what, kind, name, "") {
			return
		}
		p.t.Logf("%s: the click went elsewhere", what)
	}
	p.fail("%s: five clicks went elsewhere", what)
}

// hits looks for the thing and clicks on it, and says whether the click met it; or, where a text is given, that the text
// is to be seen, which spares the click.
func (p *person) hits(what, kind, name, unless string) (hit bool) {
	p.t.Helper()
	var at struct {
		X, Y  float64
		Click string
	}
	p.ask(what, `
		if (args[2] && plain(top.innerText).includes(args[2])) return {};
		const e = called(all(args[0]), args[1]);
		if (!e || e.disabled) return null;
		e.scrollIntoView({block: "nearest", behavior: "instant"});
		const r = e.getBoundingClientRect(), x = r.x + Math.min(r.width / 2, 60), y = r.y + r.height / 2, key = [x, y, r.width].join();
		const before = window.lastSeenAt; window.lastSeenAt = key;
		if (before !== key) return null;
		const under = document.elementFromPoint(x, y);
		if (!under || !(e.contains(under) || under.contains(e))) return null;
		window.lastSeenAt = undefined;
		const click = "click " + Math.random();
		e.addEventListener("click", () => sessionStorage.setItem(click, "hit"), {capture: true, once: true});
		return {x, y, click};`, &at, kind, name, unless)
	if at.Click == "" {
		return true
	}
	p.do(what, chromedp.MouseClickXY(at.X, at.Y))
	p.ask(what, `return sessionStorage.getItem(args[0]) === "hit"`, &hit, at.Click)
	return hit
}

// opens goes where a link leads, also one that would open a window of its own.
func (p *person) opens(name string) {
	p.t.Helper()
	to := p.reads("the link "+name, `return called(all("a[href]"), args[0])?.href`, name)
	p.do("open "+to, chromedp.Navigate(to))
}

// fills puts a text into the field of that name, in place of what it had.
func (p *person) fills(name, text string) {
	p.t.Helper()
	p.clickOn("find the field "+name, fillable, name)
	p.do("fill in "+name, chromedp.KeyEvent("a", chromedp.KeyModifiers(2)), chromedp.KeyEvent(kb.Backspace), chromedp.KeyEvent(text))
	var ok bool
	p.ask("see what was filled in in "+name, `return document.activeElement.value === args[0] || null`, &ok, text)
}

// types presses keys, wherever the focus is.
func (p *person) types(keys string) {
	p.t.Helper()
	p.do("type", chromedp.KeyEvent(keys))
}

// reads returns what the question finds on the page.
func (p *person) reads(what, question string, args ...any) (text string) {
	p.t.Helper()
	p.ask(what, question, &text, args...)
	return text
}

// dark has the page drawn for people who like it so.
func (p *person) dark(is bool) {
	p.t.Helper()
	scheme := emulation.MediaFeature{Name: "prefers-color-scheme", Value: "light"}
	if is {
		scheme.Value = "dark"
	}
	p.do("choose "+scheme.Value, chromedp.Func(func(ctx context.Context, _ *chromedp.Target) error {
		_, err := chromedp.Call(ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{&scheme}})
		return err
	}))
}

// picture writes what the window shows to a file, where pictures are asked for; and sees to it that there is something.
func (p *person) picture(name string) {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.ctx, patience)
	defer cancel()
	raw, err := chromedp.Run(ctx, chromedp.CaptureScreenshot())
	if err != nil {
		p.fail("take a picture: %v", err)
	}
	if err := notBlank(raw); err != nil {
		p.fail("the picture %s: %v", name, err)
	}
	if *screenshots == "" {
		return
	}
	if err := errors.Join(os.MkdirAll(*screenshots, 0o755), os.WriteFile(filepath.Join(*screenshots, name+".png"), raw, 0o644)); err != nil {
		p.t.Fatal(err)
	}
}

func notBlank(raw []byte) error {
	img, err := png.Decode(bytes.NewReader(raw))
	if err != nil {
		return err
	}
	colors := map[color.Color]bool{}
	for y := img.Bounds().Min.Y; y < img.Bounds().Max.Y; y += 3 {
		for x := img.Bounds().Min.X; x < img.Bounds().Max.X; x += 3 {
			colors[img.At(x, y)] = true
		}
	}
	if len(colors) < 8 {
		return fmt.Errorf("only %d colors in it", len(colors))
	}
	return nil
}

// complaints gathers what goes wrong in the browser: exceptions, and errors in its console. A page that answers with an
// error by intention is none.
func complaints(ctx context.Context, t *testing.T) func() []string {
	t.Helper()
	var mu sync.Mutex
	var all []string
	err := chromedp.Listen(ctx, func(ev any) {
		mu.Lock()
		defer mu.Unlock()
		switch ev := ev.(type) {
		case *runtime.EventExceptionThrown:
			all = append(all, fmt.Sprintf("%s (%s:%d)", ev.ExceptionDetails.Text, ev.ExceptionDetails.URL, ev.ExceptionDetails.LineNumber))
		case *log.EventEntryAdded:
			if ev.Entry.Level == log.EntryLevelError && !strings.Contains(ev.Entry.Text, "the server responded with a status of") {
				all = append(all, ev.Entry.Text+" "+ev.Entry.URL)
			}
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	return func() []string {
		mu.Lock()
		defer mu.Unlock()
		said := all
		all = nil
		return said
	}
}

// tabTo presses the Tab key until the focus is on the thing of that name.
func (p *person) tabTo(name string) {
	p.t.Helper()
	var ok bool
	p.ask("see "+name, `return called(all(args[0]), args[1]) ? true : null`, &ok, pressable+", "+fillable, name)
	for range 120 {
		p.types(kb.Tab)
		p.ask("find the focus", `return (document.activeElement && named(document.activeElement).startsWith(args[0])) || false`, &ok, name)
		if ok {
			return
		}
	}
	p.fail("120 presses of Tab do not lead to %s", name)
}

// wellMade sees to it that whoever cannot see the page can use it all the same, and that the browser has nothing to
// complain of: there is one main heading, each control and picture has a name, no ID is there twice, nothing is wider
// than the window.
func (p *person) wellMade(path string) {
	p.t.Helper()
	var faults []string
	p.ask("look over "+path, `
		const out = [], ids = new Set();
		if (document.querySelectorAll("main").length !== 1) out.push("no main, or several");
		if (all("h1").length !== 1) out.push(all("h1").length + " h1");
		if (!document.title || !document.documentElement.lang) out.push("no title or language");
		for (const e of document.querySelectorAll("[id]")) { if (ids.has(e.id)) out.push("two of ID " + e.id); ids.add(e.id); }
		for (const e of all("a[href], button, input:not([type=hidden]), select, textarea, summary, [role=button]")) if (!named(e)) out.push("no name: " + e.outerHTML.slice(0, 120));
		for (const e of all("img, svg")) if (!e.matches("[alt], [aria-hidden=true], [aria-label], [role=img]") && !e.closest("[aria-hidden=true]")) out.push("a picture without a name: " + e.outerHTML.slice(0, 120));
		for (const e of document.querySelectorAll("[aria-labelledby], [aria-describedby], [aria-controls], label[for]")) for (const a of ["aria-labelledby", "aria-describedby", "aria-controls", "for"]) for (const i of (e.getAttribute(a) || "").split(" ").filter(Boolean)) if (!document.getElementById(i)) out.push(a + " leads nowhere: " + i);
		if (document.documentElement.scrollWidth > innerWidth) out.push("wider than the window: " + document.documentElement.scrollWidth);
		return out;`, &faults)
	for _, f := range append(faults, p.said()...) {
		p.t.Errorf("%s: %s", path, f)
	}
}
