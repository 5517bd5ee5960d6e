package blockkit

import (
	"html/template"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// token writes what stands between < and > (docs.slack.dev/messaging/formatting-message-text): <@U…>, <#C…>, <!here>,
// <!subteam^S…>, <!date^…>, or a link; each may say after | what to show.
func (w *inline) token(t string) {
	what, label, _ := strings.Cut(t, "|")
	if what == "" {
		w.escape("<" + unescape(t) + ">")
		return
	}
	rest := what[1:]
	switch what[0] {
	case '@':
		w.mentionPerson(rest, unescape(label))
	case '#':
		w.mentionChannel(rest, unescape(label))
	case '!':
		command, args, _ := strings.Cut(rest, "^")
		switch command {
		case "here", "channel", "everyone":
			w.mention("@"+command, "bk-mention bk-broadcast")
		case "subteam":
			w.mentionGroup(args, unescape(label))
		case "date":
			w.date(args, unescape(label))
		default:
			w.escape("<" + unescape(t) + ">")
		}
	default:
		if label == "" {
			if _, ok := place(unescape(what)); !ok {
				w.escape("<" + unescape(what) + ">")
				return
			}
			label = strings.TrimPrefix(what, "mailto:")
		}
		w.link(unescape(what), unescape(label))
	}
}

func (w *inline) mention(text, class string) {
	w.WriteString(`<span class="` + class + `">`)
	w.escape(text)
	w.WriteString("</span>")
}

// mentionPerson shows who the ID stands for; without anybody of that ID, the label or the ID itself.
func (w *inline) mentionPerson(id, label string) {
	name, ok := w.person(id)
	w.mention("@"+named(name, ok, strings.TrimPrefix(label, "@"), id), "bk-mention")
}

func (w *inline) mentionChannel(id, label string) {
	name, ok := w.channel(id)
	w.mention("#"+named(name, ok, strings.TrimPrefix(label, "#"), id), "bk-mention")
}

func (w *inline) mentionGroup(id, label string) {
	w.mention("@"+named("", false, strings.TrimPrefix(label, "@"), id), "bk-mention")
}

func named(name string, ok bool, label, id string) string {
	switch {
	case ok:
		return name
	case label != "":
		return label
	}
	return id
}

// link writes a link to another place, which opens beside the sandbox; or the text alone where the place is none that
// a browser should go to.
func (w *inline) link(to, text string) {
	if strings.TrimSpace(text) == "" {
		text = to
	}
	href, ok := place(to)
	if ok {
		w.WriteString(`<a href="` + template.HTMLEscapeString(href) + `" target="_blank" rel="noopener noreferrer">`)
	}
	w.plain(text, true)
	if ok {
		w.WriteString("</a>")
	}
}

var bareHost = regexp.MustCompile(`^[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*\.[A-Za-z]{2,}(:\d+)?(/|$)`)

// place returns the address of a link where it is of a kind that is followed: never a script. An address without a
// scheme is one of the web, as in Slack's own samples (<fakelink.toUrl.com|…> [R]).
func place(raw string) (href string, ok bool) {
	raw = strings.TrimSpace(raw)
	if bareHost.MatchString(raw) {
		raw = "http://" + raw
	}
	u, err := url.Parse(raw)
	if err != nil || !slices.Contains([]string{"http", "https", "mailto", "tel"}, strings.ToLower(u.Scheme)) {
		return "", false
	}
	return u.String(), true
}

// date writes <!date^seconds^format^link|fallback> by the clock of the person.
func (w *inline) date(args, fallback string) {
	seconds, format, _ := strings.Cut(args, "^")
	format, link, _ := strings.Cut(format, "^")
	sec, err := strconv.ParseInt(seconds, 10, 64)
	if err != nil || !plausible(sec) {
		w.escape(fallback)
		return
	}
	w.moment(sec, unescape(format), unescape(link), fallback)
}

// plausible keeps to the years that HTML and JSON can write.
func plausible(sec int64) bool { return sec > -62135596800 && sec < 253402300800 }

func (w *inline) moment(sec int64, format, link, fallback string) {
	t := time.Unix(sec, 0).In(w.Location)
	href, ok := place(link)
	if ok && link != "" {
		w.WriteString(`<a href="` + template.HTMLEscapeString(href) + `" target="_blank" rel="noopener noreferrer">`)
	}
	w.WriteString(`<time datetime="` + t.Format(time.RFC3339) + `" title="` + template.HTMLEscapeString(fallback) + `">`)
	w.escape(formatDate(t, w.now.In(w.Location), format))
	w.WriteString("</time>")
	if ok && link != "" {
		w.WriteString("</a>")
	}
}
