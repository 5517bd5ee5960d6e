package bot

import (
	"errors"
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/slack-go/slack"
	"github.com/slack-go/slack/slackutilsx"

	"github.com/oktaws/oktaws/store"
)

// Limits of texts, in characters after escaping. Slack takes 3000 in a section and 4000 in the text of chat.update
// (https://docs.slack.dev/reference/block-kit/blocks/section-block, …/methods/chat.update).
const (
	sectionLimit = 2900
	nameLimit    = 300 // a name of at most 100 characters, escaped
	noteLimit    = 300
	problemLimit = 900
	reasonLimit  = 1500
)

// How much room a list gets in a message, in characters, so that the whole stays below some 11,000: Slack refuses
// longer ones with msg_blocks_too_long, though no document says from where on (github.com/slackapi/bolt-js/issues/2867).
const (
	bigList   = 7000 // the one that the message is about
	smallList = 2500 // one beside others
)

// content is what a message says: blocks, and a text that says the same in a sentence, for notifications and screen
// readers.
type content struct {
	text   string
	blocks []slack.Block
}

func (c content) empty() bool { return c.text == "" }

// note is a content of one paragraph of mrkdwn, not longer than a section takes.
func note(mrkdwn string) content {
	return content{text: mrkdwn, blocks: []slack.Block{section(mrkdwn)}}
}

func section(mrkdwn string) slack.Block {
	return slack.NewSectionBlock(verbatim(mrkdwn), nil, nil)
}

func aside(mrkdwn string) slack.Block {
	return slack.NewContextBlock("", verbatim(mrkdwn))
}

// verbatim is mrkdwn in which Slack makes links and mentions only of what is written as such, and not of a plain
// @channel in somebody's reason (https://docs.slack.dev/reference/block-kit/composition-objects/text-object).
func verbatim(mrkdwn string) *slack.TextBlockObject {
	return slack.NewTextBlockObject(slack.MarkdownType, mrkdwn, false, true)
}

func plain(text string) *slack.TextBlockObject {
	return slack.NewTextBlockObject(slack.PlainTextType, text, true, false)
}

// paragraphs packs lines of mrkdwn into as few sections as hold them. No line may be longer than a section.
func paragraphs(lines []string) []slack.Block {
	var blocks []slack.Block
	var text strings.Builder
	flush := func() {
		if text.Len() > 0 {
			blocks = append(blocks, section(text.String()))
			text.Reset()
		}
	}
	length := 0
	for _, line := range lines {
		n := characters(line) + 1
		if length+n > sectionLimit {
			flush()
			length = 0
		}
		if text.Len() > 0 {
			text.WriteByte('\n')
		}
		text.WriteString(line)
		length += n
	}
	flush()
	return blocks
}

// within is as many of the lines as fit into so much room, and then how many are left out.
func within(lines []string, room int) []string { return firstOf(lines, len(lines), room) }

// firstOf is as many as fit into so much room of lines that are the first of a total.
func firstOf(lines []string, total, room int) []string {
	n := fitting(lines, room)
	if n == total {
		return lines
	}
	return append(slices.Clone(lines[:n]), fmt.Sprintf("… and %d more", total-n))
}

// fitting is how many of the lines fit into so much room, with a line that says that there are more.
func fitting(lines []string, room int) int {
	for i, line := range lines {
		if room -= characters(line) + 1; room < 0 {
			return i
		}
	}
	return len(lines)
}

// characters counts as Slack does at its strictest: in UTF-16 units.
func characters(s string) int {
	n := 0
	for _, r := range s {
		n += units(r)
	}
	return n
}

func units(r rune) int {
	if r > 0xFFFF {
		return 2
	}
	return 1
}

// cut shortens s to the limit, between runes.
func cut(s string, limit int) string {
	return shorten(s, limit, func(r rune) string { return string(r) })
}

// mrkdwn escapes what a person wrote, so that it is text and nothing else, and cuts it to the limit.
func mrkdwn(s string, limit int) string {
	return shorten(s, limit, func(r rune) string { return slackutilsx.EscapeMessage(string(r)) })
}

// quote is mrkdwn as a quotation.
func quote(s string, limit int) string {
	return "> " + shorten(strings.TrimSpace(s), limit-2, func(r rune) string {
		if r == '\n' {
			return "\n> "
		}
		return slackutilsx.EscapeMessage(string(r))
	})
}

func shorten(s string, limit int, write func(rune) string) string {
	var out strings.Builder
	n, room := 0, 0 // room is where the text still has room for an ellipsis
	for _, r := range s {
		piece := write(r)
		n += characters(piece)
		if n > limit {
			return out.String()[:room] + "…"
		}
		out.WriteString(piece)
		if n < limit {
			room = out.Len()
		}
	}
	return out.String()
}

var (
	plainPerson  = regexp.MustCompile(`<@[UW][A-Z0-9]+>`)
	plainChannel = regexp.MustCompile(`<#[CG][A-Z0-9]+>`)
)

var escapedMention = regexp.MustCompile(`&lt;(@[UW][A-Z0-9]+|#[CG][A-Z0-9]+)&gt;`)

// sentence makes one of our own messages, which may mention people and channels, fit for mrkdwn: with a capital and a full stop.
func sentence(s string, limit int) string {
	return escapedMention.ReplaceAllString(statement(s, limit), "<$1>")
}

// statement is sentence for what was seen in AWS and Okta, which mentions nobody.
func statement(s string, limit int) string {
	s = strings.TrimSpace(s)
	if s == "" {
		return ""
	}
	s = mrkdwn(s, limit-1)
	if first, _ := word(s); s[0] >= 'a' && s[0] <= 'z' && !isName(first) {
		s = strings.ToUpper(s[:1]) + s[1:]
	}
	if !strings.ContainsAny(s[len(s)-1:], ".!?:…") && !strings.HasSuffix(s, "…") {
		s += "."
	}
	return s
}

// isName says whether a word at the beginning of a sentence is a name that keeps its small letter: oktaws,
// iam:CreateUser, aws.user_name.
func isName(word string) bool {
	return strings.HasPrefix(word, "oktaws") || strings.ContainsAny(strings.TrimRight(word, ",.;:"), ":._/0123456789")
}

// plainSentence is sentence for places where mentions don't work.
func plainSentence(s string, limit int) string {
	s = plainPerson.ReplaceAllString(sentence(s, limit), "somebody")
	return unescape(plainChannel.ReplaceAllString(s, "the admin channel"))
}

func spaced(s string) string {
	if s == "" {
		return ""
	}
	return " " + s
}

// wrapped is what Slack makes of a mention or a link that somebody types.
var wrapped = regexp.MustCompile(`<([@#!]?)([^<>|]+)(?:\|([^<>]*))?>`)

// typed is a command's text as the person typed it: <@U…|name> was @name, <https://…> an address
// (https://docs.slack.dev/interactivity/implementing-slash-commands).
func typed(s string) string {
	return unescape(wrapped.ReplaceAllStringFunc(s, func(whole string) string {
		part := wrapped.FindStringSubmatch(whole)
		sign, id, name := part[1], part[2], part[3]
		switch {
		case name == "" && sign == "!":
			return "@" + id
		case name == "":
			return sign + id
		case sign == "!":
			return name
		}
		return sign + name
	}))
}

// unescape undoes Slack's escapes of what a person typed (https://docs.slack.dev/messaging/formatting-message-text).
func unescape(s string) string {
	return strings.NewReplacer("&lt;", "<", "&gt;", ">", "&amp;", "&").Replace(s)
}

// mention is a person as Slack shows one, or an operator, whom Slack doesn't know.
func mention(p store.Person) string {
	if p.IsOperator() {
		return mrkdwn(p.Mention(), nameLimit)
	}
	return p.Mention()
}

func mentions(people []store.Person) string {
	if len(people) == 0 {
		return "an approver"
	}
	const most = 10
	var names []string
	for i, p := range people {
		if i == most {
			names = append(names, fmt.Sprintf("%d more", len(people)-most))
			break
		}
		names = append(names, mention(p))
	}
	return strings.Join(names, ", ")
}

// when is a moment as each reader's own clock shows it.
func when(t time.Time) string {
	return fmt.Sprintf("<!date^%d^{date_short_pretty} at {time}|%s>", t.Unix(), t.UTC().Format("2 Jan 2006 15:04 UTC"))
}

func link(to, text string) string {
	u, err := url.Parse(to)
	if err != nil || (u.Scheme != "https" && u.Scheme != "http") || strings.ContainsAny(to, "|<> ") {
		return text
	}
	return "<" + to + "|" + text + ">"
}

// code is a name or an ID in the type of a typewriter.
func code(s string) string {
	return "`" + strings.ReplaceAll(mrkdwn(s, nameLimit), "`", "'") + "`"
}

// spoken is mrkdwn without the marks of type, for notifications and screen readers.
func spoken(mrkdwn string) string {
	return strings.NewReplacer("`", "", "*", "", "\n", " ").Replace(mrkdwn)
}

func plural(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}

// bare leaves the address out of an HTTP client's error: a response URL lets whoever has it speak in the channel.
func bare(err error) error {
	if failed, ok := errors.AsType[*url.Error](err); ok {
		return failed.Err
	}
	return err
}
