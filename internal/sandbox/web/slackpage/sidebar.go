package slackpage

import (
	"slices"
	"strings"

	"github.com/oktaws/oktaws/internal/sandbox/slack"
)

// sidebar is what stands beside every place: where the person can go, and as whom.
type sidebar struct {
	Workspace  string
	Face       face
	Me         string
	Standing   string
	Active     bool // not deactivated
	Channels   []entry
	Direct     entry
	HomeAction string // to be posted to, since the app hears of it
	AtHome     bool
	People     []other
}

// entry is a conversation in the sidebar.
type entry struct {
	Name, Href      string
	Private, Shared bool
	Current         bool
	Unread          int
	Badge           bool // the unread messages are for the person themself
}

func (v *visit) sidebar() sidebar {
	s := sidebar{
		Workspace: workspace(v.me), Face: faceOf(v.me), Me: v.me.RealName, Standing: standing(v.me), Active: !v.me.Deleted,
		HomeAction: v.path(home, "open"), AtHome: v.at == home, People: v.others(),
	}
	for _, c := range ordered(v.channels) {
		if slices.Contains(c.Members, v.me.ID) {
			e := entry{Name: c.Name, Href: v.path(c.Name), Private: c.Private, Shared: c.Shared, Current: v.at == c.Name}
			e.Unread, e.Badge = v.unread(v.me, c)
			s.Channels = append(s.Channels, e)
		}
	}
	s.Direct = entry{Name: "oktaws", Href: v.path(dm), Current: v.at == dm}
	for _, c := range v.channels {
		if c.User == v.me.ID {
			s.Direct.Unread, s.Direct.Badge = v.unread(v.me, c)
		}
	}
	return s
}

// ordered is the channels by name, without direct conversations.
func ordered(channels []slack.Channel) []slack.Channel {
	out := slices.DeleteFunc(slices.Clone(channels), func(c slack.Channel) bool { return c.User != "" })
	slices.SortFunc(out, func(a, b slack.Channel) int { return strings.Compare(a.Name, b.Name) })
	return out
}

// unread counts the messages in a channel that came since the person last looked, and says whether one of them is for
// them: in their direct conversation, or naming them. Answers in threads count in a direct conversation alone [I].
func (v *visit) unread(p slack.Person, c slack.Channel) (n int, badge bool) {
	if !slices.Contains(c.Members, p.ID) {
		return 0, false
	}
	looked := v.memory.looked(p.ID, c.ID)
	for _, m := range v.messages(c.ID) {
		if m.TS <= looked || m.User == p.ID || m.Deleted || m.ThreadTS != "" && c.User == "" {
			continue
		}
		n++
		badge = badge || c.User != "" || strings.Contains(m.Text, "<@"+p.ID)
	}
	return n, badge
}
