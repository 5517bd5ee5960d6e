package main

import (
	"encoding/json"
	"fmt"
	"regexp"
	"strings"
	"time"

	"github.com/oktaws/oktaws/internal/sandbox/slack"
)

func (s *story) heading(title string) {
	fmt.Fprintf(s.out, "\n── %s %s\n", title, strings.Repeat("─", max(0, 100-len(title))))
}

// say prints who does what, and when since the beginning.
func (s *story) say(who, format string, args ...any) {
	fmt.Fprintf(s.out, "%6.2f s  %-11s %s\n", time.Since(s.began).Seconds(), who, fmt.Sprintf(format, args...))
}

func (s *story) item(what, format string, args ...any) {
	fmt.Fprintf(s.out, "  %-18s %s\n", what, fmt.Sprintf(format, args...))
}

// show prints a message as people see it.
func (s *story) show(who string, m slack.Message) {
	s.say(who+":", "")
	for _, line := range plain(m) {
		fmt.Fprintf(s.out, "          │ %s\n", line)
	}
}

// plain is a message as lines of text.
func plain(m slack.Message) []string {
	type text struct{ Text string }
	var blocks []struct {
		Type     string
		Text     *text
		Fields   []text
		Elements []struct {
			Type, URL   string
			Text        json.RawMessage // a text, or for a menu nothing
			Placeholder *text
		}
	}
	if json.Unmarshal(m.Blocks, &blocks) != nil || len(blocks) == 0 {
		return lines(m.Text)
	}
	var out []string
	for _, b := range blocks {
		if b.Text != nil {
			out = append(out, lines(b.Text.Text)...)
		}
		for _, f := range b.Fields {
			out = append(out, strings.Join(lines(f.Text), ": "))
		}
		var row []string
		for _, e := range b.Elements {
			var direct string
			var object text
			switch {
			case json.Unmarshal(e.Text, &direct) == nil && direct != "":
				out = append(out, lines(direct)...)
			case json.Unmarshal(e.Text, &object) == nil && object.Text != "":
				row = append(row, "["+object.Text+"]")
			case e.Placeholder != nil:
				row = append(row, "["+e.Placeholder.Text+" ▾]")
			}
		}
		if len(row) > 0 {
			out = append(out, strings.Join(row, " "))
		}
	}
	return out
}

var (
	mention = regexp.MustCompile(`<@(U[A-Z0-9]+)>`)
	channel = regexp.MustCompile(`<#(C[A-Z0-9]+)(\|[^>]*)?>`)
	date    = regexp.MustCompile(`<!date\^[^|>]*\|([^>]*)>`)
	link    = regexp.MustCompile(`<(https?://[^|>]+)\|([^>]*)>`)
	bold    = regexp.MustCompile(`(^|[\s(])\*([^*\n]+)\*`)
)

// signs stand for the emoji that the bot uses.
var signs = strings.NewReplacer(":white_check_mark:", "✓", ":white_circle:", "○", ":hourglass_flowing_sand:", "…", ":raising_hand:", "☞",
	":x:", "✗", ":black_square_button:", "☐", ":no_entry_sign:", "⊘", ":no_entry:", "⊘", ":tada:", "★", ":key:", "⚿", ":incoming_envelope:", "✉", ":bell:", "!", ":warning:", "!",
	":information_source:", "i", ":ballot_box_with_check:", "✓", ":mag:", "…", "&gt;", ">", "&lt;", "<", "&amp;", "&", "`", "")

var names = map[string]string{slack.Requester: "requester", slack.AdminOne: "admin-one", slack.AdminTwo: "admin-two", slack.AdminChannel: "aws-admins"}

// lines turns Slack's mrkdwn into plain lines.
func lines(mrkdwn string) []string {
	s := date.ReplaceAllString(mrkdwn, "$1")
	s = link.ReplaceAllString(s, "$2 <$1>")
	s = mention.ReplaceAllStringFunc(s, func(m string) string { return "@" + names[mention.FindStringSubmatch(m)[1]] })
	s = channel.ReplaceAllStringFunc(s, func(m string) string { return "#" + names[channel.FindStringSubmatch(m)[1]] })
	s = bold.ReplaceAllString(s, "$1$2")
	return strings.Split(strings.TrimRight(signs.Replace(s), "\n"), "\n")
}
