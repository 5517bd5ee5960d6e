package blockkit

import (
	"html/template"
	"regexp"
	"strconv"
	"strings"
)

// markdown draws a block of type markdown: the standard's usual part (docs.slack.dev/reference/block-kit/blocks/markdown-block
// [D]), with Slack's mentions and emoji. An image in it is shown as a link, as Slack does.
func (p *pen) markdown(text string) template.HTML {
	w := inline{pen: p}
	w.WriteString(`<div class="bk-md">`)
	w.mdBlocks(strings.Split(strings.ReplaceAll(text, "\r\n", "\n"), "\n"), 0)
	w.WriteString("</div>")
	return w.html()
}

var (
	mdHeading = regexp.MustCompile(`^ {0,3}(#{1,6})\s+(.*?)\s*#*$`)
	mdRule    = regexp.MustCompile(`^ {0,3}(?:-(?:\s*-){2,}|\*(?:\s*\*){2,}|_(?:\s*_){2,})\s*$`)
	mdFence   = regexp.MustCompile("^ {0,3}(```+|~~~+)")
	mdItem    = regexp.MustCompile(`^( {0,3})([-*+]|\d{1,9}[.)])( +)(.*)$`)
	mdTask    = regexp.MustCompile(`^\[([ xX])\] +`)
	mdDashes  = regexp.MustCompile(`^\s*\|?\s*:?-+:?\s*(?:\|\s*:?-+:?\s*)*\|?\s*$`)
)

// mdBlocks writes lines; depth is how deep they stand in quotations and lists.
func (w *inline) mdBlocks(lines []string, depth int) {
	if depth > deepest {
		w.WriteString(string(refused("Slack does not take lists as deep as this.")))
		return
	}
	for i := 0; i < len(lines); {
		line := lines[i]
		switch {
		case strings.TrimSpace(line) == "":
			i++
		case mdFence.MatchString(line):
			i = w.mdFenced(lines, i)
		case mdHeading.MatchString(line):
			m := mdHeading.FindStringSubmatch(line)
			w.WriteString(`<div class="bk-md-head" role="heading" aria-level="` + strconv.Itoa(min(len(m[1])+2, 6)) + `">`)
			w.mdLine(m[2])
			w.WriteString("</div>")
			i++
		case mdRule.MatchString(line):
			w.WriteString("<hr>")
			i++
		case strings.HasPrefix(strings.TrimLeft(line, " "), ">"):
			var inner []string
			for ; i < len(lines) && strings.HasPrefix(strings.TrimLeft(lines[i], " "), ">"); i++ {
				rest := strings.TrimLeft(lines[i], " ")[1:]
				inner = append(inner, strings.TrimPrefix(rest, " "))
			}
			w.WriteString("<blockquote>")
			w.mdBlocks(inner, depth+1)
			w.WriteString("</blockquote>")
		case mdItem.MatchString(line):
			i = w.mdList(lines, i, depth)
		case i+1 < len(lines) && strings.Contains(line, "|") && strings.Contains(lines[i+1], "-") && mdDashes.MatchString(lines[i+1]):
			i = w.mdTable(lines, i)
		default:
			w.WriteString("<p>")
			for first := true; i < len(lines) && (first || w.mdGoesOn(lines[i])); i++ {
				if !first {
					w.WriteString("<br>")
				}
				first = false
				w.mdLine(strings.TrimSpace(lines[i]))
			}
			w.WriteString("</p>")
		}
	}
}

// mdGoesOn says whether a line belongs to the paragraph above it.
func (w *inline) mdGoesOn(line string) bool {
	return strings.TrimSpace(line) != "" && !mdFence.MatchString(line) && !mdHeading.MatchString(line) && !mdRule.MatchString(line) &&
		!strings.HasPrefix(strings.TrimLeft(line, " "), ">") && !mdItem.MatchString(line)
}

func (w *inline) mdFenced(lines []string, i int) int {
	fence := mdFence.FindStringSubmatch(lines[i])[1]
	w.WriteString("<pre>")
	first := true
	for i++; i < len(lines) && !strings.HasPrefix(strings.TrimSpace(lines[i]), fence); i++ {
		if !first {
			w.WriteString("\n")
		}
		first = false
		w.escape(lines[i])
	}
	w.WriteString("</pre>")
	return i + 1
}

// mdList writes the list that begins at i, and returns where it ends. What is indented as far as an item's text is part
// of the item.
func (w *inline) mdList(lines []string, i, depth int) int {
	first := mdItem.FindStringSubmatch(lines[i])
	ordered := len(first[2]) > 1
	if ordered {
		w.WriteString(`<ol class="bk-list bk-mark-0" start="` + strings.TrimRight(first[2], ".)") + `">`)
	} else {
		w.WriteString(`<ul class="bk-list bk-mark-` + strconv.Itoa(depth%3) + `">`)
	}
	for i < len(lines) {
		m := mdItem.FindStringSubmatch(lines[i])
		if m == nil || (len(m[2]) > 1) != ordered {
			break
		}
		text := m[4]
		indent := len(m[1]) + len(m[2]) + 1
		var inner []string
		for i++; i < len(lines); i++ {
			rest := strings.TrimLeft(lines[i], " ")
			if rest == "" && i+1 < len(lines) && strings.HasPrefix(lines[i+1], "  ") {
				inner = append(inner, "")
				continue
			}
			lead := len(lines[i]) - len(rest)
			if rest == "" || lead < min(indent, 2) {
				break
			}
			inner = append(inner, lines[i][min(lead, indent):])
		}
		w.WriteString("<li>")
		if task := mdTask.FindStringSubmatch(text); task != nil {
			text = text[len(task[0]):]
			w.WriteString(map[bool]string{true: `<span role="img" aria-label="to do">☐</span> `, false: `<span role="img" aria-label="done">☑</span> `}[task[1] == " "])
		}
		w.mdLine(text)
		w.mdBlocks(inner, depth+1)
		w.WriteString("</li>")
	}
	if ordered {
		w.WriteString("</ol>")
	} else {
		w.WriteString("</ul>")
	}
	return i
}

func (w *inline) mdTable(lines []string, i int) int {
	cells := func(line string) []string {
		line = strings.TrimSuffix(strings.TrimPrefix(strings.TrimSpace(line), "|"), "|")
		out := strings.Split(line, "|")
		for i := range out {
			out[i] = strings.TrimSpace(out[i])
		}
		return out
	}
	var aligns []string
	for _, c := range cells(lines[i+1]) {
		switch {
		case strings.HasPrefix(c, ":") && strings.HasSuffix(c, ":"):
			aligns = append(aligns, "center")
		case strings.HasSuffix(c, ":"):
			aligns = append(aligns, "right")
		default:
			aligns = append(aligns, "left")
		}
	}
	row := func(line, tag string) {
		w.WriteString("<tr>")
		for column, c := range cells(line) {
			align := "left"
			if column < len(aligns) {
				align = aligns[column]
			}
			w.WriteString("<" + tag + ` class="` + align + `">`)
			w.mdLine(c)
			w.WriteString("</" + strings.Fields(tag)[0] + ">")
		}
		w.WriteString("</tr>")
	}
	w.WriteString(`<div class="bk-table" role="group" aria-label="Table" tabindex="0"><table><thead>`)
	row(lines[i], `th scope="col"`)
	w.WriteString("</thead><tbody>")
	for i += 2; i < len(lines) && strings.Contains(lines[i], "|"); i++ {
		row(lines[i], "td")
	}
	w.WriteString("</tbody></table></div>")
	return i
}
