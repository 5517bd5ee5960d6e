package slackpage

import (
	"cmp"
	"hash/fnv"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/oktaws/oktaws/internal/sandbox/slack"
)

// face is somebody's picture: initials on a colour, since nobody here has a photograph.
type face struct {
	Initials string
	Hue      uint32 // 0 to hues-1; slack.css has the colours
	Bot      bool
	Slackbot bool // Slack itself
}

const hues = 8

func faceOf(p slack.Person) face {
	h := fnv.New32a()
	_, _ = h.Write([]byte(p.ID))
	f := face{Hue: h.Sum32() % hues, Bot: p.Bot}
	for _, word := range strings.Fields(p.RealName) {
		if first, _ := utf8.DecodeRuneInString(word); utf8.RuneCountInString(f.Initials) < 2 {
			f.Initials += string(unicode.ToUpper(first))
		}
	}
	return f
}

// standing is what somebody is to the workspace.
func standing(p slack.Person) string {
	switch {
	case p.Deleted:
		return "Deactivated"
	case p.TeamID != slack.Team:
		return "Of another workspace"
	case p.UltraRestricted:
		return "Guest of one channel"
	case p.Restricted:
		return "Guest"
	case p.Admin:
		return "Workspace admin"
	}
	return "Member"
}

// workspace is the one that somebody belongs to [I: the other one's name].
func workspace(p slack.Person) string {
	if p.TeamID != slack.Team {
		return "Elsewhere"
	}
	return "Sandbox"
}

// other is a person to go on as.
type other struct {
	Handle         string
	Face           face
	Name, Standing string
	Href           string
	Current        bool
	Unread         int
}

// standings is the order in which people are listed: those who ask, those who decide, and those who may do neither.
var standings = []string{"Member", "Workspace admin", "Guest", "Guest of one channel", "Of another workspace", "Deactivated"}

// others is everybody whom the page can be looked at as. They keep the place where they can see it too.
func (v *visit) others() []other {
	var out []other
	people := slices.Clone(v.people)
	slices.SortStableFunc(people, func(a, b slack.Person) int {
		return cmp.Compare(slices.Index(standings, standing(a)), slices.Index(standings, standing(b)))
	})
	for _, p := range people {
		if p.Bot {
			continue
		}
		o := other{Handle: p.Name, Face: faceOf(p), Name: p.RealName, Standing: standing(p), Current: p.ID == v.me.ID}
		to := firstOf(p, v.channels)
		if v.at == dm || v.at == home || slices.Contains(v.channel.Members, p.ID) {
			to = v.at
		}
		o.Href = pathOf(p, to)
		for _, c := range v.channels {
			if n, _ := v.unread(p, c); !p.Deleted {
				o.Unread += n
			}
		}
		out = append(out, o)
	}
	return out
}
