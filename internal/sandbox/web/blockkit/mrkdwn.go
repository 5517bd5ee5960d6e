package blockkit

import (
	"html/template"
	"strings"
	"unicode"
	"unicode/utf8"
)

// mrkdwn draws a text of Slack's own markup. Verbatim is that of the text object: plain addresses are no links then.
func (p *pen) mrkdwn(text string, verbatim bool) template.HTML {
	w := inline{pen: p, verbatim: verbatim}
	for text != "" {
		before, code, after, fenced := cutFence(text)
		w.paragraphs(before)
		if fenced {
			w.WriteString("<pre>")
			w.escape(unescape(code))
			w.WriteString("</pre>")
			after = strings.TrimPrefix(after, "\n")
		}
		text = after
	}
	return w.html()
}

// cutFence cuts at the first ```block```. The line ends next to the fences are no part of anything.
func cutFence(text string) (before, code, after string, fenced bool) {
	const fence = "```"
	start := strings.Index(text, fence)
	if start < 0 {
		return text, "", "", false
	}
	end := strings.Index(text[start+3:], fence)
	if end < 1 {
		return text, "", "", false
	}
	code = strings.TrimSuffix(strings.TrimPrefix(text[start+3:start+3+end], "\n"), "\n")
	return strings.TrimSuffix(text[:start], "\n"), code, text[start+3+end+3:], true
}

// paragraphs writes lines: quotations and lists apart, the others one under the other.
func (w *inline) paragraphs(text string) {
	lines := strings.Split(text, "\n")
	for i := 0; i < len(lines); {
		switch kind := lineKind(lines[i]); kind {
		case quoted:
			if rest, ok := quotation(lines[i], ">>>"); ok { // everything from here on
				w.WriteString("<blockquote>")
				w.paragraphs(strings.Join(append([]string{rest}, lines[i+1:]...), "\n"))
				w.WriteString("</blockquote>")
				return
			}
			w.WriteString("<blockquote>")
			for first := true; i < len(lines) && lineKind(lines[i]) == quoted; i++ {
				if !first {
					w.WriteString("<br>")
				}
				first = false
				line, _ := quotation(lines[i], ">")
				w.line(line)
			}
			w.WriteString("</blockquote>")
		case listed:
			w.WriteString(`<ul class="bk-lines">`)
			for ; i < len(lines) && lineKind(lines[i]) == listed; i++ {
				mark, item := listMark(lines[i])
				w.WriteString(`<li><span class="bk-mark">` + mark + `</span> <span>`)
				w.line(item)
				w.WriteString("</span></li>")
			}
			w.WriteString("</ul>")
		default:
			for first := true; i < len(lines) && lineKind(lines[i]) == kind; i++ {
				switch {
				case first:
				case strings.TrimSpace(lines[i]) == "" && i+1 < len(lines):
					w.WriteString(`<span class="bk-gap"></span>`)
					continue
				case strings.TrimSpace(lines[i-1]) != "":
					w.WriteString("<br>")
				}
				first = false
				w.line(lines[i])
			}
		}
	}
}

type kindOfLine int

const (
	spoken kindOfLine = iota
	quoted
	listed
)

func lineKind(line string) kindOfLine {
	if _, ok := quotation(line, ">"); ok {
		return quoted
	}
	if mark, _ := listMark(line); mark != "" {
		return listed
	}
	return spoken
}

// quotation returns what follows the mark. What people type comes as &gt;, and is a quotation too.
func quotation(line, mark string) (rest string, ok bool) {
	for _, m := range []string{mark, strings.ReplaceAll(mark, ">", "&gt;")} {
		if rest, ok = strings.CutPrefix(line, m); ok {
			return strings.TrimPrefix(rest, " "), true
		}
	}
	return "", false
}

// listMark returns the mark that a line of a list begins with, if it does. Slack's mrkdwn has no lists: the marks are
// shown as written, and only how a long line goes on under itself is ours.
func listMark(line string) (mark, item string) {
	mark, item, ok := strings.Cut(strings.TrimLeft(line, " "), " ")
	if !ok || strings.TrimSpace(item) == "" {
		return "", ""
	}
	switch mark {
	case "•", "◦", "▪", "-", "–":
		return mark, item
	}
	if digits := strings.TrimSuffix(mark, "."); digits != mark && digits != "" && len(digits) < 4 && strings.Trim(digits, "0123456789") == "" {
		return mark, item
	}
	return "", ""
}

// inline writes the inside of a line.
type inline struct {
	strings.Builder
	*pen
	verbatim bool
	nested   int // styles inside styles
}

func (w *inline) html() template.HTML { return template.HTML(w.String()) } //nolint:gosec // every part of it is escaped

func (w *inline) escape(text string) { w.WriteString(template.HTMLEscapeString(text)) }

// plain writes text as it is, with line ends, and with emoji where they are wanted.
func (w *inline) plain(text string, emoji bool) {
	if emoji {
		text = emojiIn(text)
	}
	w.WriteString(strings.ReplaceAll(template.HTMLEscapeString(text), "\n", "<br>"))
}

var styles = map[byte]string{'*': "strong", '_': "em", '~': "del"}

// line writes a line of mrkdwn. It takes time in proportion to the line: once nothing closes a style, nothing further on
// does.
func (w *inline) line(s string) {
	var open [256]bool // marks that nothing closes from here on
	from := 0          // of the text not yet written
	for i := 0; i < len(s); {
		n := 0 // bytes of what was drawn; 0: text
		flush := func() { w.escape(s[from:i]) }
		switch c := s[i]; {
		case c == '<' && !open[c]:
			end := strings.IndexAny(s[i+1:], "<>")
			if end < 0 {
				open[c] = true
			} else if end > 0 && s[i+1+end] == '>' {
				flush()
				w.token(s[i+1 : i+1+end])
				n = end + 2
			}
		case c == '&':
			if text, length := entity(s[i:]); length > 0 {
				flush()
				w.escape(text)
				n = length
			}
		case c == '`' && !open[c]:
			end := strings.IndexByte(s[i+1:], '`')
			if end < 0 {
				open[c] = true
			} else if end > 0 {
				flush()
				w.WriteString("<code>")
				w.escape(unescape(s[i+1 : i+1+end]))
				w.WriteString("</code>")
				n = end + 2
			}
		case styles[c] != "" && !open[c] && w.nested < len(styles) && begins(s, i):
			if end := closing(s, i); end < 0 {
				open[c] = true
			} else {
				flush()
				w.WriteString("<" + styles[c] + ">")
				w.nested++
				w.line(s[i+1 : end])
				w.nested--
				w.WriteString("</" + styles[c] + ">")
				n = end + 1 - i
			}
		case c == ':':
			if glyph, length := emojiAt(s[i:]); length > 0 {
				flush()
				w.emoji(glyph, s[i:i+length])
				n = length
			}
		case c == 'h' && !w.verbatim && !wordBefore(s, i):
			if length := address(s[i:]); length > 0 {
				flush()
				w.link(unescape(s[i:i+length]), unescape(s[i:i+length]))
				n = length
			}
		}
		if n == 0 {
			i++
			continue
		}
		i += n
		from = i
	}
	w.escape(s[from:])
}

// begins says whether a style may begin at i: not in the middle of a word, and before something.
func begins(s string, i int) bool {
	return !wordBefore(s, i) && i+2 < len(s) && s[i+1] != ' ' && s[i+1] != s[i]
}

// closing finds where the style that begins at i ends; -1: nowhere.
func closing(s string, i int) int {
	for k := i + 2; k < len(s); k++ {
		if s[k] == s[i] && s[k-1] != ' ' && !wordAfter(s, k+1) {
			return k
		}
	}
	return -1
}

func wordBefore(s string, i int) bool {
	r, _ := utf8.DecodeLastRuneInString(s[:i])
	return unicode.IsLetter(r) || unicode.IsDigit(r)
}

func wordAfter(s string, i int) bool {
	r, _ := utf8.DecodeRuneInString(s[i:])
	return unicode.IsLetter(r) || unicode.IsDigit(r)
}

// entity reads one of the three that Slack knows (docs.slack.dev/messaging/formatting-message-text).
func entity(s string) (text string, length int) {
	for e, text := range map[string]string{"&amp;": "&", "&lt;": "<", "&gt;": ">"} {
		if strings.HasPrefix(s, e) {
			return text, len(e)
		}
	}
	return "", 0
}

var entities = strings.NewReplacer("&lt;", "<", "&gt;", ">", "&amp;", "&")

func unescape(s string) string { return entities.Replace(s) }

// address is how long the plain address is that s begins with; 0: none.
func address(s string) int {
	if !strings.HasPrefix(s, "https://") && !strings.HasPrefix(s, "http://") {
		return 0
	}
	end := strings.IndexFunc(s, func(r rune) bool { return unicode.IsSpace(r) || strings.ContainsRune("<>\"`|", r) })
	if end < 0 {
		end = len(s)
	}
	for _, stop := range []string{"&lt;", "&gt;"} {
		if at := strings.Index(s[:end], stop); at >= 0 {
			end = at
		}
	}
	end = len(strings.TrimRight(s[:end], ".,;:!?)]}'*_~"))
	if end <= len("https://") {
		return 0
	}
	return end
}
