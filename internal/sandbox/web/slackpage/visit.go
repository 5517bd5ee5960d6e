package slackpage

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/oktaws/oktaws/internal/sandbox"
	"github.com/oktaws/oktaws/internal/sandbox/slack"
	"github.com/oktaws/oktaws/internal/sandbox/web/blockkit"
	"github.com/oktaws/oktaws/internal/sandbox/web/page"
)

// The places that are no channels.
const (
	dm   = "dm"   // the conversation with the bot
	home = "home" // the app's Home
)

// visit is one person's look at one place at one moment. It is also the names and the clock of the texts there.
type visit struct {
	sb       *sandbox.Sandbox
	memory   *memory
	me       slack.Person
	zone     *time.Location
	people   []slack.Person
	channels []slack.Channel
	at       string        // channel's name or ID, dm or home
	channel  slack.Channel // without an ID: Home, or a conversation that has not begun
	thread   string        // time stamp of the message whose thread is open; empty: none
	said     map[string][]slack.Message
	refused  []refusal // nil: not looked at yet
}

// Now is the sandbox's time.
func (v *visit) Now() time.Time { return v.sb.Now() }

// Person is the name that is shown for an ID.
func (v *visit) Person(id string) (string, bool) {
	i := slices.IndexFunc(v.people, func(p slack.Person) bool { return p.ID == id })
	if i < 0 {
		return "", false
	}
	return v.people[i].RealName, true
}

// Channel is the name of a channel; of a private one that the person is not in, Slack tells no name.
func (v *visit) Channel(id string) (string, bool) {
	i := slices.IndexFunc(v.channels, func(c slack.Channel) bool { return c.ID == id && c.Name != "" })
	switch {
	case i < 0:
		return "", false
	case v.channels[i].Private && !slices.Contains(v.channels[i].Members, v.me.ID):
		return "private channel", true
	}
	return v.channels[i].Name, true
}

// person looks at the sandbox as the person of the address. Where there is nobody of that name it answers, and returns nil.
func (p *pages) person(w http.ResponseWriter, r *http.Request) *visit {
	sb := p.place.Sandbox()
	v := &visit{sb: sb, memory: p.remembered(sb), people: sb.Slack.People(), channels: sb.Slack.Channels(), zone: time.UTC, said: map[string][]slack.Message{}}
	who := r.PathValue("person")
	i := slices.IndexFunc(v.people, func(p slack.Person) bool { return !p.Bot && (p.Name == who || p.ID == who) })
	if i < 0 {
		page.Problem(w, p.place, http.StatusNotFound, page.Slack, fmt.Sprintf("There is nobody called %q in this workspace. The requester and the others are in the list of people.", who), "/slack")
		return nil
	}
	v.me = v.people[i]
	if zone, err := time.LoadLocation(v.me.TZ); err == nil {
		v.zone = zone
	}
	return v
}

// visit is person with the place of the address. Whether the person may see it is another matter: see v.member.
func (p *pages) visit(w http.ResponseWriter, r *http.Request) *visit {
	v := p.person(w, r)
	if v == nil {
		return nil
	}
	v.at, v.thread = r.PathValue("channel"), r.FormValue("thread")
	for _, c := range v.channels {
		switch {
		case c.User == v.me.ID && (v.at == dm || v.at == c.ID):
			v.at, v.channel = dm, c
		case c.User == "" && (v.at == c.ID || v.at == c.Name):
			v.at, v.channel = c.Name, c
		}
	}
	if v.channel.ID == "" && v.at != dm && v.at != home {
		page.Problem(w, p.place, http.StatusNotFound, page.Slack, fmt.Sprintf("There is no channel #%s here.", strings.TrimPrefix(v.at, "#")), v.path(v.first()))
		return nil
	}
	return v
}

// member reports whether the person may look at the place at all.
func (v *visit) member() bool {
	return !v.me.Deleted && (v.at == dm || v.at == home || slices.Contains(v.channel.Members, v.me.ID))
}

// first is where the person begins: their first channel, or else the conversation with the bot.
func (v *visit) first() string { return firstOf(v.me, v.channels) }

func firstOf(p slack.Person, channels []slack.Channel) string {
	for _, c := range ordered(channels) {
		if slices.Contains(c.Members, p.ID) {
			return c.Name
		}
	}
	return dm
}

// path is the address of a place, or of something in it, for the person.
func (v *visit) path(at string, more ...string) string {
	return pathOf(v.me, at, more...)
}

func pathOf(p slack.Person, at string, more ...string) string {
	out := "/slack/" + url.PathEscape(p.Name) + "/" + url.PathEscape(at)
	for _, m := range more {
		out += "/" + url.PathEscape(m)
	}
	return out
}

// messages is what was posted in a channel, as Slack has it at this look.
func (v *visit) messages(channel string) []slack.Message {
	said, known := v.said[channel]
	if !known {
		said = v.sb.Slack.Messages(channel)
		v.said[channel] = said
	}
	return said
}

// here is the address of the page itself, or of something under it, with the thread that is open.
func (v *visit) here(more ...string) string { return v.path(v.at, more...) + threadQuery(v.thread) }

func threadQuery(thread string) string {
	if thread == "" {
		return ""
	}
	return "?thread=" + url.QueryEscape(thread)
}

// back leads from something that was done to the page where it was done.
func (v *visit) back(w http.ResponseWriter, r *http.Request) {
	http.Redirect(w, r, v.here(), http.StatusSeeOther)
}

// surface is where blocks are drawn: id begins the IDs of their elements, at is the address of the message or view that
// they belong to.
func (v *visit) surface(id, at string) blockkit.Surface {
	path, query, _ := strings.Cut(at, "?")
	under := func(name string) string { return strings.TrimSuffix(path+"/"+name+"?"+query, "?") }
	s := blockkit.Surface{
		Names: v, ID: id, Action: under("act"), Suggest: under("suggest"), Conversation: v.channel.ID, Location: v.zone, FileName: v.fileName,
	}
	for _, p := range v.people {
		if !p.Deleted && !p.Bot {
			s.People = append(s.People, blockkit.Option{Value: p.ID, Text: p.RealName})
		}
	}
	for _, c := range ordered(v.channels) {
		if slices.Contains(c.Members, v.me.ID) {
			s.Channels = append(s.Channels, blockkit.Option{Value: c.ID, Text: "#" + c.Name})
		}
	}
	return s
}

// fileName is what a file is called that the person sees.
func (v *visit) fileName(id string) string {
	f, _, err := v.sb.Slack.Open(v.me.ID, id)
	if err != nil {
		return "a file that is not there anymore"
	}
	return f.Name
}
