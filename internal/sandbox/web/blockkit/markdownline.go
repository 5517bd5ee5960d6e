package blockkit

import "strings"

// mdStyles are the marks of Markdown's styles, the longer before the shorter.
var mdStyles = []struct{ mark, tag string }{{"**", "strong"}, {"__", "strong"}, {"~~", "del"}, {"*", "em"}, {"_", "em"}}

// mdDeepest is how many styles may stand in each other.
const mdDeepest = 6

// mdLine writes the inside of a line of Markdown.
func (w *inline) mdLine(s string) {
	closed := map[string]bool{} // marks that nothing closes from here on
	from := 0
	for i := 0; i < len(s); {
		n := w.mdPiece(s, i, closed, func() { w.plain(s[from:i], true) })
		if n == 0 {
			i++
			continue
		}
		i += n
		from = i
	}
	w.plain(s[from:], true)
}

// mdPiece writes what begins at i, after what is before it, and returns how long it is; 0 where it is mere text.
func (w *inline) mdPiece(s string, i int, closed map[string]bool, before func()) int {
	switch c := s[i]; c {
	case '\\':
		if i+1 < len(s) && strings.IndexByte("\\`*_{}[]()#+-.!~|<>", s[i+1]) >= 0 {
			before()
			w.escape(s[i+1 : i+2])
			return 2
		}
	case '`':
		end := strings.IndexByte(s[i+1:], '`')
		if end > 0 {
			before()
			w.WriteString("<code>")
			w.escape(s[i+1 : i+1+end])
			w.WriteString("</code>")
			return end + 2
		}
	case '<':
		end := strings.IndexByte(s[i+1:], '>')
		if token := ""; end > 0 {
			if token = s[i+1 : i+1+end]; strings.IndexByte("@#!", token[0]) >= 0 || address(token) == len(token) {
				before()
				w.token(token)
				return end + 2
			}
		}
	case '&':
		if text, length := entity(s[i:]); length > 0 {
			before()
			w.escape(text)
			return length
		}
	case '[':
		if text, to, length := mdLink(s[i:]); length > 0 {
			before()
			w.link(to, text)
			return length
		}
	case '!':
		if alt, to, length := mdLink(s[i+1:]); length > 0 {
			before()
			w.link(to, alt)
			return length + 1
		}
	case 'h':
		if length := address(s[i:]); length > 0 && !wordBefore(s, i) {
			before()
			w.link(s[i:i+length], s[i:i+length])
			return length
		}
	case '*', '_', '~':
		return w.mdStyle(s, i, closed, before)
	}
	return 0
}

func (w *inline) mdStyle(s string, i int, closed map[string]bool, before func()) int {
	for _, style := range mdStyles {
		m := style.mark
		inner := i + len(m)
		if !strings.HasPrefix(s[i:], m) || closed[m] || w.nested >= mdDeepest || inner >= len(s) || s[inner] == ' ' || m[0] == '_' && wordBefore(s, i) {
			continue
		}
		end := strings.Index(s[inner+1:], m)
		if end < 0 {
			closed[m] = true
			continue
		}
		end += inner + 1
		if s[end-1] == ' ' || m[0] == '_' && wordAfter(s, end+len(m)) {
			continue
		}
		before()
		w.WriteString("<" + style.tag + ">")
		w.nested++
		w.mdLine(s[inner:end])
		w.nested--
		w.WriteString("</" + style.tag + ">")
		return end + len(m) - i
	}
	return 0
}

// mdLink reads [text](address), which s begins with.
func mdLink(s string) (text, to string, length int) {
	if !strings.HasPrefix(s, "[") {
		return "", "", 0
	}
	middle := strings.Index(s, "](")
	if middle < 1 || strings.Contains(s[1:middle], "[") {
		return "", "", 0
	}
	end := strings.IndexByte(s[middle:], ')')
	if end < 0 {
		return "", "", 0
	}
	to, _, _ = strings.Cut(s[middle+2:middle+end], " ")
	return s[1:middle], to, middle + end + 1
}
