package slackpage

import (
	"net/http"
	"slices"

	"github.com/oktaws/oktaws/internal/sandbox/slack"
	"github.com/oktaws/oktaws/internal/sandbox/web/page"
)

// shown is what every page of a person has.
type shown struct {
	Sidebar sidebar
	Places  bool // on a narrow screen the sidebar is looked at, and not what stands beside it
	Here    string
	ToPlace string // to the sidebar
	Refused refusedList
	Modals  []modal
}

func (v *visit) shown(r *http.Request) shown {
	return shown{
		Sidebar: v.sidebar(), Places: r.FormValue("places") != "", Here: v.here(), ToPlace: v.path(v.at) + "?places=1",
		Refused: listed(v.refusals()), Modals: v.modals(),
	}
}

// conversation is a channel, or the conversation with the bot.
type conversation struct {
	shown
	Title           string // with # where it is a channel
	Name, Topic     string
	Direct          bool
	Private, Shared bool
	Members         int
	Lines           []line
	Composer        composer
	Thread          *thread
	Log             string // ID of the list of messages
}

// thread is the thread that is open beside the channel.
type thread struct {
	Lines    []line
	Answers  int
	Close    string
	Composer composer
	Log      string
	Title    string
}

// start leads to where somebody new begins.
func (p *pages) start(w http.ResponseWriter, r *http.Request) {
	http.Redirect(w, r, "/slack/requester/general", http.StatusSeeOther)
}

func (p *pages) firstChannel(w http.ResponseWriter, r *http.Request) {
	if v := p.person(w, r); v != nil {
		http.Redirect(w, r, v.path(v.first()), http.StatusSeeOther)
	}
}

// show answers for every place.
func (p *pages) show(w http.ResponseWriter, r *http.Request) {
	v := p.visit(w, r)
	switch {
	case v == nil:
	case !v.member():
		p.absent(w, r, v)
	case v.at == home:
		p.showHome(w, r, v)
	default:
		p.showConversation(w, r, v)
	}
}

func (p *pages) showConversation(w http.ResponseWriter, r *http.Request, v *visit) {
	c := conversation{Name: v.channel.Name, Topic: v.channel.Topic, Private: v.channel.Private, Shared: v.channel.Shared, Members: len(v.channel.Members)}
	c.Title, c.Direct, c.Log = "#"+c.Name, v.at == dm, "log-"+v.me.ID+"-"+v.at
	if c.Direct {
		c.Title, c.Name = "oktaws", "oktaws"
	}
	c.Lines, c.Composer = v.lines(""), v.composer("")
	if v.thread != "" {
		if c.Thread = v.openThread(c.Title); c.Thread == nil {
			page.Problem(w, p.place, http.StatusNotFound, page.Slack, "There is no such message in "+c.Title+", so it has no thread.", v.path(v.at))
			return
		}
	}
	if r.FormValue("places") == "" {
		v.look()
	}
	c.shown = v.shown(r)
	p.render(w, http.StatusOK, "conversation", c.Title+" as "+v.me.RealName, c)
}

// look notes that the person sees all that is here now.
func (v *visit) look() {
	if said := v.messages(v.channel.ID); len(said) > 0 {
		v.memory.look(v.me.ID, v.channel.ID, said[len(said)-1].TS)
	}
}

// openThread is the open thread; nil where there is no such message.
func (v *visit) openThread(where string) *thread {
	if !slices.ContainsFunc(v.messages(v.channel.ID), func(m slack.Message) bool { return m.TS == v.thread }) {
		return nil
	}
	t := &thread{Lines: v.lines(v.thread), Close: v.path(v.at), Composer: v.composer(v.thread), Log: "thread-" + v.me.ID + "-" + v.thread, Title: where}
	for _, l := range t.Lines {
		if l.TS != v.thread && l.Told == nil && l.Refused == nil {
			t.Answers++
		}
	}
	return t
}

// absent says why the person cannot look at a place.
func (p *pages) absent(w http.ResponseWriter, r *http.Request, v *visit) {
	data := struct {
		shown
		Title, Why, On, OnName string
	}{shown: v.shown(r)}
	switch {
	case v.me.Deleted:
		data.Title, data.Why = "This account is deactivated", v.me.RealName+" has left: nobody can be signed in to Slack with a deactivated account. Go on as somebody else."
	default:
		data.Title = "You are not in #" + v.channel.Name
		data.Why = v.me.RealName + " is not in this channel, and sees nothing of what is said there."
		if v.channel.Private {
			data.Title = "This channel is private"
			data.Why = v.me.RealName + " is not in it; their Slack would not even show that it exists."
		}
		data.On, data.OnName = v.path(v.first()), "#"+v.first()
		if v.first() == dm {
			data.OnName = "the conversation with oktaws"
		}
	}
	p.render(w, http.StatusForbidden, "absent", data.Title, data)
}

func (p *pages) render(w http.ResponseWriter, status int, name, title string, data any) {
	page.Render(w, p.place, status, templates, name, page.View{
		System: page.Slack, Title: title,
		Styles:  []string{"/assets/blockkit/blockkit.css"},
		Scripts: []string{"/assets/blockkit/blockkit.js", "/assets/slack/attach.js", "/assets/slack/compose.js", "/assets/slack/focus.js"},
	}, data)
}
