package blockkit

import (
	"html/template"
	"strings"
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
