package main

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"github.com/oktaws/oktaws/internal/sandbox/slack"
)

// hears has somebody else say something in #general, and waits until the page has it.
func (p *person) hears(words string) {
	p.t.Helper()
	if _, err := p.demo.site.Sandbox().Slack.Post(slack.AdminOne, slack.General, words); err != nil {
		p.t.Fatal(err)
	}
	var ok bool
	p.ask("hear "+words, `return document.body.textContent.includes(args[0]) || null`, &ok, words)
}

// waits until a question to the page is answered with yes.
func (p *person) waits(what, question string, args ...any) {
	p.t.Helper()
	var ok bool
	p.ask(what, "return ("+question+") || null", &ok, args...)
}

// Whatever somebody is doing in Slack goes on while messages come in.
func TestSlackLetsOneGoOn(t *testing.T) {
	p := tour(t)
	const log = `document.querySelector("[data-follow]")`
	const atEnd = log + `.scrollHeight - ` + log + `.scrollTop - ` + log + `.clientHeight < 2`
	p.visit("/slack/requester/general")
	p.fills("Message", "half written")
	p.types(kb.ArrowLeft + kb.ArrowLeft)
	for range 30 {
		p.hears("a line")
	}
	p.hears("the last line")
	p.waits("the draft and the caret stay", `document.activeElement.value === "half written" && document.activeElement.selectionStart === 10`)
	p.waits("the newest message is seen", atEnd)
	p.waits("the last message ends the list", log+`.getBoundingClientRect().bottom - `+log+`.lastElementChild.getBoundingClientRect().bottom < 40`)

	p.waits("read the messages by keyboard", `(`+log+`.focus(), document.activeElement === `+log+`)`)
	p.hears("while they are read")
	p.tabTo("Message #general")
	p.waits("scroll up", `(`+log+`.scrollTop = 50) === 50`)
	p.hears("while scrolled up")
	p.hears("and once more")
	p.waits("what is read stays in sight", log+`.scrollTop === 50`)
	p.types(kb.End + kb.Enter)
	p.sees("half written")
	p.waits("one's own words are seen", atEnd+` && document.activeElement.value === ""`)

	folder := t.TempDir()
	for name, data := range map[string][]byte{"notes.txt": []byte("some notes"), "film.mov": make([]byte, slack.FileBytes+1)} {
		if err := os.WriteFile(filepath.Join(folder, name), data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	choose := func(name string) {
		p.do("choose "+name, chromedp.SetUploadFiles(chromedp.CSS(`[data-composer] [type=file]`), []string{filepath.Join(folder, name)}))
	}
	choose("notes.txt")
	choose("film.mov")
	p.sees("notes.txt", "10.0 MB")
	p.hears("during the choice")
	p.waits("room for what is chosen", atEnd)
	p.wellMade("files are chosen")
	p.fills("Message", "with a film")
	p.types(kb.Enter)
	p.sees("Your message was not sent.", "film.mov is larger than 10 MB: file_upload_size_restricted.")
	p.waits("the words stay", `document.activeElement.value === "with a film" && !document.querySelector(".chosen li")`)
	choose("film.mov")
	choose("notes.txt")
	p.press("Remove film.mov")
	p.misses("10.0 MB")
	p.tabTo("Message #general")
	p.types(kb.Enter)
	p.sees("Plain text, 10 bytes")
	p.misses("was not sent")
	p.wellMade("a file is sent")

	p.says("/oktaws link")
	p.sees("AWS account ID")
	p.types("1111")
	p.hears("behind the form")
	p.types("2222")
	p.waits("what is typed into the form stays", `document.activeElement.value === "11112222"`)
	p.types(kb.Escape)
	p.misses("AWS account ID")
	p.waits("the focus is back", `document.activeElement.id.startsWith("compose-")`)
}
