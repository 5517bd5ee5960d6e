package controlpage

import (
	"net/http"
	"regexp"
	"strings"
)

// lastLines is how many lines of the log are shown.
const lastLines = 1000

// logLine is one line, and the class of its level.
type logLine struct{ Level, Text string }

// logView is what the log's page shows.
type logView struct {
	Alone bool // oktaws runs elsewhere
	Grave bool // warnings and errors only
	Ended string
	Lines []logLine
	Older int // so many lines came before those that are shown
}

var level = regexp.MustCompile(`\blevel=([A-Z]+)|"level":"([A-Z]+)`)

// log is the page of oktaws's own log.
func (c *console) log(w http.ResponseWriter, r *http.Request) {
	v := logView{Alone: c.world == nil, Grave: r.URL.Query().Get("level") == "warn"}
	if !v.Alone {
		v.Ended = c.world.Ended()
		v.Lines = readLog(c.world.Log(), v.Grave)
		if v.Older = len(v.Lines) - lastLines; v.Older > 0 {
			v.Lines = v.Lines[v.Older:]
		}
	}
	c.show(w, r, "/control/log", "log", "Log of oktaws", v)
}

// readLog tells lines apart by their level. A line without one, as of a crash, belongs to no level and is always shown.
func readLog(text string, grave bool) []logLine {
	var out []logLine
	for text := range strings.Lines(text) {
		text = strings.TrimRight(text, "\r\n")
		l := logLine{Text: text}
		if m := level.FindStringSubmatch(text); m != nil {
			l.Level = strings.ToLower(m[1] + m[2])
		}
		if text == "" || grave && (l.Level == "info" || l.Level == "debug") {
			continue
		}
		out = append(out, l)
	}
	return out
}
