package blockkit

import (
	"html/template"
	"strings"
	"unicode"
	"unicode/utf8"
)

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
