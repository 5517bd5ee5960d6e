package slack

import (
	"regexp"
	"strings"
)

// verification stands where Slack puts the app's old verification token, which nobody checks any more.
const verification = "legacy-fixed-value"

// payload is what every payload about a person's doing has in common.
func (s *Server) payload(kind string, p *Person, from *view) object {
	domain := TeamDomain
	if p.TeamID != Team {
		domain = "elsewhere"
	}
	o := object{
		"type": kind, "token": verification, "api_app_id": App, "enterprise": nil, "is_enterprise_install": false,
		"team": object{"id": p.TeamID, "domain": domain},
		"user": object{"id": p.ID, "username": p.Name, "name": p.Name, "team_id": p.TeamID},
	}
	if kind != "view_closed" && kind != "block_suggestion" {
		o["trigger_id"] = s.trigger(p.ID, from)
	}
	return o
}

func (s *Server) commandPayload(p *Person, c *Channel, command, text string) object {
	return object{
		"token": verification, "team_id": p.TeamID, "team_domain": TeamDomain, "channel_id": c.ID, "channel_name": c.payloadName(),
		"user_id": p.ID, "user_name": p.Name, "command": command, "text": s.escape(text), "api_app_id": App, "is_enterprise_install": false,
		"response_url": s.responseURL(c, p.ID, nil), "trigger_id": s.trigger(p.ID, nil),
	}
}

var mention = regexp.MustCompile(`([@#])([a-z0-9][a-z0-9._-]*)`)

// escape is what Slack does to a command's text where the manifest says should_escape.
func (s *Server) escape(text string) string {
	text = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;").Replace(text)
	return mention.ReplaceAllStringFunc(text, func(m string) string {
		name := m[1:]
		if m[0] == '@' {
			for _, p := range s.people {
				if p.Name == name {
					return "<@" + p.ID + "|" + name + ">"
				}
			}
			return m
		}
		for _, c := range s.channels {
			if c.Name == name {
				return "<#" + c.ID + "|" + name + ">"
			}
		}
		return m
	})
}

// messageAction is the payload of a click on something in a message.
func (s *Server) messageAction(p *Person, c *Channel, m *Message, actions []object) object {
	o := s.payload("block_actions", p, nil)
	o["container"] = messageContainer(m)
	o["channel"] = object{"id": c.ID, "name": c.payloadName()}
	o["state"] = object{"values": object{}}
	o["actions"] = actions
	if m.For == "" { // a message for one person alone is not told
		o["message"] = s.messageJSON(m)
	}
	return o
}

// messageContainer is where something in a message stands.
func messageContainer(m *Message) object {
	o := object{"type": "message", "message_ts": m.TS, "channel_id": m.Channel, "is_ephemeral": m.For != ""}
	if m.ThreadTS != "" {
		o["thread_ts"] = m.ThreadTS
	}
	return o
}

func (s *Server) viewAction(p *Person, v *view, actions []object) object {
	o := s.payload("block_actions", p, v)
	o["container"] = object{"type": "view", "view_id": v.id}
	o["view"] = s.viewJSON(v)
	o["actions"] = actions
	return o
}

// viewJSON is a view as the Web API and the payloads have it.
func (s *Server) viewJSON(v *view) object {
	or := func(name string, otherwise any) any {
		if x := v.spec[name]; x != nil {
			return x
		}
		return otherwise
	}
	o := object{
		"id": v.id, "team_id": s.people[v.user].TeamID, "type": v.spec["type"], "blocks": v.spec["blocks"],
		"private_metadata": or("private_metadata", ""), "callback_id": or("callback_id", ""), "external_id": or("external_id", ""),
		"state": object{"values": v.values}, "hash": v.hash,
		"title": or("title", object{"type": "plain_text", "text": "View Title", "emoji": true}), "close": or("close", nil), "submit": or("submit", nil),
		"clear_on_close": or("clear_on_close", false), "notify_on_close": or("notify_on_close", false), "submit_disabled": or("submit_disabled", false),
		"root_view_id": v.root, "previous_view_id": nil, "app_id": App, "app_installed_team_id": Team, "bot_id": Bot,
	}
	if v.previous != "" {
		o["previous_view_id"] = v.previous
	}
	return o
}

// action is the entry of payload.actions for an element, with what was chosen where it is no button. Of icon and feedback
// buttons it has what Slack's own framework knows of (docs.slack.dev/tools/bolt-js/reference/interfaces/IconButtonAction
// and FeedbackButtonsAction).
func (s *Server) action(p part, chosen any) object {
	o := object{"type": p.kind(), "action_id": p.actionID(), "block_id": p.blockID(), "action_ts": s.stamp()}
	copied, from := []string{"placeholder"}, p.element
	switch p.kind() {
	case "button":
		copied = []string{"text", "value", "style", "url"}
	case "icon_button":
		copied = []string{"text", "value", "icon"}
	case "feedback_buttons":
		copied, from = []string{"text", "value"}, chosen.(object)
	case "overflow":
		o["selected_option"] = chosen
	default:
		o[stateField[p.kind()].value] = chosen
	}
	for _, name := range copied {
		if from[name] != nil {
			o[name] = from[name]
		}
	}
	return o
}
