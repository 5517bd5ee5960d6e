package slack

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// The workspace, the app, and the people and channels to begin with.
const (
	Team          = "T0SANDBOX"
	TeamDomain    = "sandbox"
	OtherTeam     = "T0ELSEWHERE"
	App           = "A0OKTAWSAPP"
	Bot           = "B0OKTAWSBOT"
	BotUser       = "U0OKTAWSBOT"
	Requester     = "U0REQUESTER"
	AdminOne      = "U0ADMINONE"
	AdminTwo      = "U0ADMINTWO"
	Guest         = "U0GUEST000" // of several channels (is_restricted)
	ChannelGuest  = "U0ONLYONE0" // of one channel (is_ultra_restricted)
	Stranger      = "U0STRANGER" // of another workspace, by way of a shared channel
	Former        = "U0FORMER00" // deactivated
	AdminChannel  = "C0AWSADMINS"
	General       = "C0GENERAL0"
	SharedChannel = "C0PARTNERS" // shared with the other workspace; the bot is not in it
)

// Person is somebody who may act; the bot's user is one too.
type Person struct {
	ID              string `json:"id"`
	Name            string `json:"name"` // the handle, without @
	RealName        string `json:"real_name"`
	Email           string `json:"email,omitempty"`
	TeamID          string `json:"team_id,omitempty"` // empty: Team
	TZ              string `json:"tz,omitempty"`      // such as Europe/London
	Admin           bool   `json:"is_admin,omitempty"`
	Restricted      bool   `json:"is_restricted,omitempty"`
	UltraRestricted bool   `json:"is_ultra_restricted,omitempty"`
	Deleted         bool   `json:"deleted,omitempty"`
	Bot             bool   `json:"is_bot,omitempty"`
}

// Channel is a conversation; a direct one with the bot has no name and one User.
type Channel struct {
	ID      string   `json:"id"`
	Name    string   `json:"name,omitempty"` // without #
	Private bool     `json:"is_private,omitempty"`
	General bool     `json:"is_general,omitempty"`
	Shared  bool     `json:"is_ext_shared,omitempty"`
	User    string   `json:"user,omitempty"`
	Members []string `json:"members"`
	Topic   string   `json:"topic,omitempty"`
	created time.Time
}

func (c *Channel) has(user string) bool { return slices.Contains(c.Members, user) }
func (c *Channel) im() bool             { return c.User != "" }

// payloadName is how commands and clicks call the channel.
func (c *Channel) payloadName() string {
	switch {
	case c.im():
		return "directmessage"
	case c.Private:
		return "privategroup"
	}
	return c.Name
}

func (s *Server) seed() {
	s.people, s.channels = map[string]*Person{}, map[string]*Channel{}
	for _, p := range []Person{
		{ID: BotUser, Name: "oktaws", RealName: "oktaws", Bot: true},
		{ID: Requester, Name: "requester", RealName: "Requester", TZ: "Europe/London"},
		{ID: AdminOne, Name: "admin-one", RealName: "Admin One", TZ: "America/New_York", Admin: true},
		{ID: AdminTwo, Name: "admin-two", RealName: "Admin Two", TZ: "Asia/Tokyo", Admin: true},
		{ID: Guest, Name: "guest", RealName: "Guest", TZ: "Europe/Berlin", Restricted: true},
		{ID: ChannelGuest, Name: "channel-guest", RealName: "Channel Guest", TZ: "Europe/Berlin", Restricted: true, UltraRestricted: true},
		{ID: Stranger, Name: "stranger", RealName: "Stranger", TZ: "Australia/Sydney", TeamID: OtherTeam},
		{ID: Former, Name: "former", RealName: "Former", Deleted: true},
	} {
		if !p.Bot {
			p.Email = p.Name + "@example.com"
		}
		s.addPerson(p)
	}
	for _, c := range []Channel{
		{ID: AdminChannel, Name: "aws-admins", Private: true, Members: []string{BotUser, AdminOne, AdminTwo}, Topic: "Requests for AWS accounts are decided here"},
		{ID: General, Name: "general", General: true, Members: []string{BotUser, Requester, AdminOne, AdminTwo, Guest}, Topic: "For everybody. Ask for an AWS account with /oktaws link"},
		{ID: SharedChannel, Name: "partners", Shared: true, Members: []string{Requester, AdminOne, ChannelGuest, Stranger}, Topic: "Shared with another workspace. oktaws is not in here"},
	} {
		c.created = s.clock.Now()
		s.channels[c.ID] = &c
	}
}

func (s *Server) addPerson(p Person) {
	if p.TeamID == "" {
		p.TeamID = Team
	}
	s.people[p.ID] = &p
}

// AddPerson adds somebody, or changes the person of that ID.
func (s *Server) AddPerson(p Person) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.addPerson(p)
	s.change()
}

// Join puts a person, or the bot, into a channel.
func (s *Server) Join(user, channel string) error {
	return s.membership(user, channel, func(p *Person, c *Channel) {
		if !c.has(p.ID) {
			c.Members = append(c.Members, p.ID)
		}
	})
}

// Leave takes them out of it.
func (s *Server) Leave(user, channel string) error {
	return s.membership(user, channel, func(p *Person, c *Channel) {
		c.Members = slices.DeleteFunc(c.Members, func(m string) bool { return m == p.ID })
	})
}

func (s *Server) membership(user, channel string, do func(*Person, *Channel)) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	p, c := s.person(user), s.channel(channel)
	if p == nil || c == nil {
		return fmt.Errorf("no such person or channel: %s, %s", user, channel)
	}
	do(p, c)
	s.change()
	return nil
}

// People returns everybody, ordered by ID.
func (s *Server) People() []Person {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []Person
	for _, p := range s.people {
		out = append(out, *p)
	}
	slices.SortFunc(out, func(a, b Person) int { return strings.Compare(a.ID, b.ID) })
	return out
}

// Channels returns every conversation, direct ones too, ordered by ID.
func (s *Server) Channels() []Channel {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []Channel
	for _, c := range s.sortedChannels() {
		cc := *c
		cc.Members = slices.Clone(c.Members)
		out = append(out, cc)
	}
	return out
}

func (s *Server) sortedChannels() []*Channel {
	var out []*Channel
	for _, c := range s.channels {
		out = append(out, c)
	}
	slices.SortFunc(out, func(a, b *Channel) int { return strings.Compare(a.ID, b.ID) })
	return out
}

// person finds somebody by ID or name; nil where there is nobody.
func (s *Server) person(who string) *Person {
	if p := s.people[who]; p != nil {
		return p
	}
	for _, p := range s.people {
		if p.Name == strings.TrimPrefix(who, "@") {
			return p
		}
	}
	return nil
}

// channel finds one by ID or name.
func (s *Server) channel(which string) *Channel {
	if c := s.channels[which]; c != nil {
		return c
	}
	for _, c := range s.channels {
		if c.Name != "" && c.Name == strings.TrimPrefix(which, "#") {
			return c
		}
	}
	return nil
}

// direct returns the conversation of a person and the bot, opened where it was not.
func (s *Server) direct(p *Person) (c *Channel, isNew bool) {
	id := "D0" + strings.TrimPrefix(p.ID, "U0")
	if c := s.channels[id]; c != nil {
		return c, false
	}
	c = &Channel{ID: id, User: p.ID, Members: []string{BotUser, p.ID}, created: s.clock.Now()}
	s.channels[id] = c
	s.change()
	return c, true
}

// DM returns the ID of the conversation of a person and the bot; empty where there is no such person.
func (s *Server) DM(user string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	p := s.person(user)
	if p == nil {
		return ""
	}
	c, _ := s.direct(p)
	return c.ID
}
