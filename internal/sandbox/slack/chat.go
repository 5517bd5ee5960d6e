package slack

import (
	"encoding/json"
	"strings"
	"unicode/utf8"
)

// content is what a message is made of, from a call's arguments, a response URL or an acknowledgement.
type content struct {
	text                  string
	blocks                json.RawMessage
	attachments, metadata json.RawMessage
	files                 []*file
}

func (a args) content() content {
	return content{text: a["text"], blocks: a.json("blocks"), attachments: a.json("attachments"), metadata: a.json("metadata")}
}

// look returns a refusal where Slack would not take the content.
func (c content) look(limit int) object {
	if c.text == "" && c.blocks == nil && c.attachments == nil {
		return refuse("no_text")
	}
	if utf8.RuneCountInString(c.text) > limit {
		return refuse("msg_too_long")
	}
	if c.blocks != nil {
		if v, err := decode(c.blocks); err != nil {
			return refuse("invalid_blocks_format")
		} else if _, ok := v.([]any); !ok {
			return refuse("invalid_blocks_format")
		}
	}
	if problems := ValidateMessage("", c.blocks); problems != nil {
		o := refuse("invalid_blocks", asErrors(problems)...)
		o["errors"] = problems
		return o
	}
	return nil
}

func asErrors(problems []string) []string {
	out := make([]string, len(problems))
	for i, p := range problems {
		out[i] = "[ERROR] " + p
	}
	return out
}

// destination is the channel that a message goes to: an ID, a name, or a person's ID for the direct conversation.
func (s *Server) destination(which string) (*Channel, object) {
	if p := s.people[which]; p != nil && !p.Bot && !p.Deleted {
		c, _ := s.direct(p)
		return c, nil
	}
	return s.joined(s.channel(which))
}

// joined returns the channel, or a refusal where the bot is not in it; a private one does not exist for it then.
func (s *Server) joined(c *Channel) (*Channel, object) {
	switch {
	case c == nil || c.Private && !c.has(BotUser):
		return nil, refuse("channel_not_found")
	case !c.has(BotUser):
		return nil, refuse("not_in_channel")
	}
	return c, nil
}

func (s *Server) postMessage(a args) object {
	if a["markdown_text"] != "" && (a["text"] != "" || a["blocks"] != "") {
		return refuse("markdown_text_conflict")
	}
	c, refusal := s.destination(a["channel"])
	if refusal != nil {
		return refusal
	}
	what := a.content()
	if what.text == "" {
		what.text = a["markdown_text"]
	}
	if refusal := what.look(PostTextLimit); refusal != nil {
		return refusal
	}
	m := s.post(c, BotUser, what, a["thread_ts"])
	return object{"ok": true, "channel": c.ID, "ts": m.TS, "message": s.messageJSON(m)}
}

func (s *Server) postEphemeral(a args) object {
	c, refusal := s.joined(s.channel(a["channel"]))
	if refusal != nil {
		return refusal
	}
	if !c.has(a["user"]) {
		return refuse("user_not_in_channel")
	}
	what := a.content()
	if refusal := what.look(PostTextLimit); refusal != nil {
		return refusal
	}
	m := s.whisper(c, a["user"], what, a["thread_ts"])
	return object{"ok": true, "message_ts": m.TS}
}

// own returns the bot's own message of that time, or a refusal with the code where it is another's.
func (s *Server) own(a args, code string) (*Channel, *Message, object) {
	c := s.channels[a["channel"]]
	if c == nil || !c.has(BotUser) {
		return nil, nil, refuse("channel_not_found")
	}
	m := s.message(c.ID, a["ts"])
	if m == nil || m.Deleted {
		return nil, nil, refuse("message_not_found")
	}
	if m.User != BotUser {
		return nil, nil, refuse(code)
	}
	return c, m, nil
}

// updateMessage replaces text and blocks both: without blocks, those that the message had are gone.
func (s *Server) updateMessage(a args) object {
	c, m, refusal := s.own(a, "cant_update_message")
	if refusal != nil {
		return refusal
	}
	what := a.content()
	if what.text == "" {
		what.text = a["markdown_text"]
	}
	if refusal := what.look(UpdateTextLimit); refusal != nil {
		return refusal
	}
	s.edit(m, what)
	return object{"ok": true, "channel": c.ID, "ts": m.TS, "text": m.Text, "message": s.messageJSON(m)}
}

func (s *Server) deleteMessage(a args) object {
	c, m, refusal := s.own(a, "cant_delete_message")
	if refusal != nil {
		return refusal
	}
	m.Deleted = true
	s.change()
	return object{"ok": true, "channel": c.ID, "ts": m.TS}
}

func (s *Server) permalink(a args) object {
	c, refusal := s.joined(s.channels[a["channel"]])
	if refusal != nil {
		return refuse("channel_not_found")
	}
	m := s.message(c.ID, a["message_ts"])
	if m == nil || m.Deleted {
		return refuse("message_not_found")
	}
	link := "https://" + TeamDomain + ".slack.com/archives/" + c.ID + "/p" + strings.ReplaceAll(m.TS, ".", "")
	if m.ThreadTS != "" && m.ThreadTS != m.TS {
		link += "?thread_ts=" + m.ThreadTS + "&cid=" + c.ID
	}
	return object{"ok": true, "channel": c.ID, "permalink": link}
}
