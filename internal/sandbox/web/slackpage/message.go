package slackpage

import (
	"cmp"
	"fmt"
	"html/template"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/oktaws/oktaws/internal/sandbox/slack"
	"github.com/oktaws/oktaws/internal/sandbox/web/blockkit"
)

// line is one entry of a channel or a thread: a message, what Slack told the person, or what it refused of the bot.
type line struct {
	ID      string // of the element
	TS      string
	Day     string // heading, where a new day begins; empty: the same day
	Face    face
	Author  string
	App     bool
	At      time.Time
	Clock   string // in the person's time zone, without AM or PM
	Compact bool   // by the same author as the one before, shortly after: without face and name
	HTML    template.HTML
	Files   []attached
	Edited  bool
	Gone    bool // deleted, though its thread is not
	Whisper bool // only this person sees it
	Answers *answers
	Reply   string // address of its thread; empty: none can be begun
	Notices []told // what came of acting on it
	Refused *refusal
	Told    *told // in place of a message
}

// answers is the foot of a message that a thread hangs on.
type answers struct {
	Count int
	Faces []face
	Last  string
	Href  string
	Open  bool
}

// told is a notice with the address that makes it go away.
type told struct {
	notice
	Dismiss string
}

// together is how long after a message the next one by the same author stands under it without a name [I].
const together = 5 * time.Minute

// moment is a time stamp as a time.
func moment(ts string) time.Time {
	sec, micro, _ := strings.Cut(ts, ".")
	s, _ := strconv.ParseInt(sec, 10, 64)
	us, _ := strconv.ParseInt(micro, 10, 64)
	return time.Unix(s, us*1000)
}

// stamp is a time as a time stamp.
func stamp(t time.Time) string {
	return fmt.Sprintf("%d.%06d", t.Unix(), t.Nanosecond()/1000)
}

func (v *visit) author(id string) slack.Person {
	i := slices.IndexFunc(v.people, func(p slack.Person) bool { return p.ID == id })
	if i < 0 {
		return slack.Person{ID: id, RealName: id}
	}
	return v.people[i]
}

// line is a message as the person sees it; prefix begins the IDs, since a message may stand in the channel and in its
// thread at once.
func (v *visit) line(prefix string, m slack.Message, notices []notice) line {
	by := v.author(m.User)
	l := line{
		ID: prefix + m.TS, TS: m.TS, Face: faceOf(by), Author: by.RealName, App: by.Bot, At: moment(m.TS),
		Edited: m.Edited != "", Gone: m.Deleted, Whisper: m.For != "",
	}
	if m.For == "" && !m.Deleted {
		l.Reply = v.path(v.at) + threadQuery(cmp.Or(m.ThreadTS, m.TS))
	}
	if len(m.Blocks) > 0 {
		l.HTML = blockkit.Blocks(m.Blocks, v.surface(l.ID, v.here("messages", m.TS)))
	} else if m.Text != "" {
		l.HTML = blockkit.Mrkdwn(m.Text, v, v.zone)
	}
	l.Files = v.attached(l.ID, m.Files)
	for _, n := range notices {
		if n.About == m.TS {
			l.Notices = append(l.Notices, v.told(n))
		}
	}
	return l
}

func (v *visit) told(n notice) told { return told{n, v.here("notices", n.ID, "dismiss")} }

// lines is what stands in the channel, or in one of its threads, in order of time.
func (v *visit) lines(thread string) []line {
	prefix := "m-"
	if thread != "" {
		prefix = "t-"
	}
	all := v.messages(v.channel.ID)
	notices := v.memory.told(v.me.ID, v.channel.ID)
	var out []line
	for _, m := range slices.Concat(all, v.whispers()) {
		if m.ThreadTS != thread && m.TS != thread {
			continue
		}
		l := v.line(prefix, m, notices)
		if thread == "" && m.For == "" {
			l.Answers = v.answers(m)
		}
		if !m.Deleted || l.Answers != nil || m.TS == thread {
			out = append(out, l)
		}
	}
	for _, n := range notices {
		if n.Thread == thread && n.About == "" && !n.Composer {
			t := v.told(n)
			out = append(out, line{ID: "n-" + n.ID, TS: n.TS, Face: face{Slackbot: true}, Author: "Slackbot", At: moment(n.TS), Whisper: true, Told: &t})
		}
	}
	for _, r := range v.refusals() {
		if r.Code != paced && r.Channel != "" && v.means(r.Channel) && r.Thread == thread {
			out = append(out, line{ID: prefix + r.ID, TS: stamp(r.At), Face: face{Bot: true}, Author: "oktaws", App: true, At: r.At, Refused: &r})
		}
	}
	slices.SortStableFunc(out, func(a, b line) int { return cmp.Compare(a.TS, b.TS) })
	v.dated(out)
	return out
}

// whispers is what the person alone was shown here.
func (v *visit) whispers() []slack.Message {
	return slices.DeleteFunc(v.sb.Slack.Ephemerals(v.me.ID), func(m slack.Message) bool { return m.Channel != v.channel.ID || m.Deleted })
}

// means reports whether what a call names is the channel that is looked at.
func (v *visit) means(channel string) bool {
	return channel == v.channel.ID || channel == v.channel.Name && channel != "" || v.channel.User != "" && channel == v.channel.User
}

// answers is the foot of m; nil where nobody has answered.
func (v *visit) answers(m slack.Message) *answers {
	a := &answers{Href: v.path(v.at) + threadQuery(m.TS), Open: v.thread == m.TS}
	seen := map[string]bool{}
	for _, r := range v.messages(v.channel.ID) {
		if r.ThreadTS != m.TS || r.Deleted {
			continue
		}
		a.Count++
		a.Last = v.when(moment(r.TS))
		if !seen[r.User] {
			seen[r.User] = true
			a.Faces = append(a.Faces, faceOf(v.author(r.User)))
		}
	}
	if a.Count == 0 {
		return nil
	}
	return a
}

// dated gives lines their times, the days their headings, and has what belongs together stand together.
func (v *visit) dated(lines []line) {
	for i := range lines {
		l := &lines[i]
		l.At = l.At.In(v.zone)
		l.Clock = l.At.Format("3:04")
		if i == 0 || !sameDay(lines[i-1].At, l.At) {
			l.Day = v.day(l.At)
			continue
		}
		before := lines[i-1]
		l.Compact = l.Author == before.Author && l.Told == nil && before.Told == nil && l.Refused == nil && before.Refused == nil &&
			!l.Whisper && !before.Whisper && !l.Gone && !before.Gone && before.Answers == nil && l.At.Sub(before.At) < together
	}
}

func sameDay(a, b time.Time) bool {
	return a.Year() == b.Year() && a.YearDay() == b.YearDay()
}

// day is a day's heading.
func (v *visit) day(t time.Time) string {
	now := v.Now().In(v.zone)
	switch {
	case sameDay(t, now):
		return "Today"
	case sameDay(t, now.AddDate(0, 0, -1)):
		return "Yesterday"
	case t.Year() == now.Year():
		return t.Format("Monday, January 2")
	}
	return t.Format("Monday, January 2, 2006")
}

// when is a day and a time within a sentence.
func (v *visit) when(t time.Time) string {
	t = t.In(v.zone)
	day := v.day(t)
	if day == "Today" || day == "Yesterday" {
		day = strings.ToLower(day)
	}
	return day + " at " + t.Format("3:04 PM")
}

// counted is a number with what it counts.
func counted(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return strconv.Itoa(n) + " " + many
}
