package slack

import "slices"

// Registration is what the app's manifest says of it, as far as people see it in Slack
// (docs.slack.dev/reference/app-manifest).
type Registration struct {
	Description      string
	Commands         []SlashCommand
	Events           []string // what the app subscribes to
	HomeTab          bool     // the app has a Home
	MessagesReadOnly bool     // nobody can write in the direct conversation with the app
}

// SlashCommand is a command as Slack offers it to whoever types a slash.
type SlashCommand struct {
	Name        string // with its slash
	Description string
	UsageHint   string // what may follow the name
}

// DefaultScopes are those of the bot's token in the project's manifest.yml; a test compares them. Without
// users:read.email, profiles have no e-mail address and users.lookupByEmail is refused.
var DefaultScopes = []string{"commands", "chat:write", "im:write", "users:read", "channels:read", "groups:read", "files:read", "files:write"}

// manifest is the project's manifest.yml; a test compares them. It subscribes to no events and has no Home.
var manifest = Registration{
	Description: "Gives AWS accounts Okta sign-on",
	Commands: []SlashCommand{{
		Name:        "/oktaws",
		Description: "Link AWS accounts to Okta, look after them, unlink them",
		UsageHint:   "link | status | check | repair | rotate | roles | mode | unlink | help",
	}},
	MessagesReadOnly: true,
}

// Registration returns what the app is registered with: the project's manifest, with the commands, the events and the
// Home that Config gives it. Of a command that the manifest does not know there is only the name.
func (s *Server) Registration() Registration {
	r := manifest
	r.Commands, r.Events, r.HomeTab = nil, slices.Clone(s.cfg.Events), s.cfg.HomeTab
	for _, name := range s.cfg.Commands {
		c := SlashCommand{Name: name}
		for _, known := range manifest.Commands {
			if known.Name == name {
				c = known
			}
		}
		r.Commands = append(r.Commands, c)
	}
	return r
}
