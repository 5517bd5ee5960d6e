package slack

import (
	"encoding/json"
	"fmt"
)

// Message is what people see in a channel, as it is at the time that it was asked for.
type Message struct {
	Channel     string          `json:"channel"`
	TS          string          `json:"ts"`
	ThreadTS    string          `json:"thread_ts,omitempty"` // of the message that it answers
	User        string          `json:"user"`                // who posted it
	Text        string          `json:"text"`
	Blocks      json.RawMessage `json:"blocks,omitempty"`
	Attachments json.RawMessage `json:"attachments,omitempty"`
	Metadata    json.RawMessage `json:"metadata,omitempty"`
	For         string          `json:"for,omitempty"` // the one person who sees it; empty: everybody in the channel
	Edited      string          `json:"edited,omitempty"`
	Deleted     bool            `json:"deleted,omitempty"`
	Earlier     []Version       `json:"earlier,omitempty"` // what it said before each edit, the oldest first; of more than 100 the last
	Files       []File          `json:"files,omitempty"`

	files  []*file           // Files is made of them
	offers map[string]offers // of its external menus, by person
}

// Version is what a message said before an edit.
type Version struct {
	Text   string          `json:"text"`
	Blocks json.RawMessage `json:"blocks,omitempty"`
	Until  string          `json:"until"` // time stamp of the edit
}

// stamp is the current time as Slack writes it, and never the same twice.
func (s *Server) stamp() string {
	s.serial = max(s.serial+1, s.clock.Now().UnixMicro())
	return fmt.Sprintf("%d.%06d", s.serial/1_000_000, s.serial%1_000_000)
}

// post puts a message into a channel. A thread that is not there is passed over, as Slack does where its first message
// was deleted; an answer to an answer goes to the thread's beginning.
func (s *Server) post(c *Channel, user string, what content, thread string) *Message {
	if parent := s.message(c.ID, thread); parent == nil || parent.Deleted {
		thread = ""
	} else if parent.ThreadTS != "" {
		thread = parent.ThreadTS
	}
	m := s.compose(c, user, what)
	m.ThreadTS = thread
	s.messages[c.ID] = last(append(s.messages[c.ID], m), keptMessages)
	s.tellPosted(c, m)
	s.change()
	return m
}

// whisper shows a message to one person alone.
func (s *Server) whisper(c *Channel, user string, what content, thread string) *Message {
	m := s.compose(c, BotUser, what)
	m.ThreadTS, m.For = thread, user
	s.ephemeral = last(append(s.ephemeral, m), keptEphemerals)
	s.change()
	return m
}

func (s *Server) compose(c *Channel, user string, what content) *Message {
	m := &Message{Channel: c.ID, TS: s.stamp(), User: user, files: what.files}
	s.say(m, what)
	return m
}

// edit changes what a message says, and keeps what it said.
func (s *Server) edit(m *Message, what content) {
	m.Edited = s.stamp()
	m.Earlier = last(append(m.Earlier, Version{Text: m.Text, Blocks: m.Blocks, Until: m.Edited}), keptVersions)
	if what.metadata == nil {
		what.metadata = m.Metadata
	}
	s.say(m, what)
	s.change()
}

func (s *Server) say(m *Message, what content) {
	m.Text, m.Blocks, m.Attachments, m.Metadata = what.text, s.complete(what.blocks), what.attachments, what.metadata
	s.posted.add(m.Text + string(m.Blocks) + string(m.Attachments) + string(m.Metadata))
}

// complete fills in what Slack does: IDs of blocks and actions, and the defaults of texts.
func (s *Server) complete(blocks json.RawMessage) json.RawMessage {
	if blocks == nil {
		return nil
	}
	v, err := decode(blocks)
	if err != nil {
		return blocks
	}
	s.fillIn(v)
	out, _ := json.Marshal(v)
	return out
}

// id makes an ID that begins with the prefix, different each time.
func (s *Server) id(prefix string) string {
	s.nextID++
	return fmt.Sprintf("%s%05d", prefix, s.nextID)
}

// message finds one that everybody in the channel sees.
func (s *Server) message(channel, ts string) *Message {
	for _, m := range s.messages[channel] {
		if m.TS == ts {
			return m
		}
	}
	return nil
}

// messageJSON is the message as the Web API, the payloads of clicks and events have it.
func (s *Server) messageJSON(m *Message) object {
	o := object{"type": "message", "user": m.User, "ts": m.TS, "text": m.Text, "team": Team}
	if m.User == BotUser {
		o["bot_id"], o["app_id"] = Bot, App
		o["bot_profile"] = object{"id": Bot, "app_id": App, "user_id": BotUser, "name": "oktaws", "team_id": Team, "deleted": false, "updated": 0, "icons": object{}}
	}
	if m.ThreadTS != "" {
		o["thread_ts"] = m.ThreadTS
	}
	if m.files != nil {
		files := make([]object, len(m.files))
		for i, f := range m.files {
			files[i] = s.fileJSON(f)
		}
		o["files"], o["upload"], o["display_as_bot"] = files, true, false
	}
	if m.Edited != "" {
		o["edited"] = object{"user": m.User, "ts": m.Edited}
	}
	for name, raw := range map[string]json.RawMessage{"blocks": m.Blocks, "attachments": m.Attachments, "metadata": m.Metadata} {
		if raw != nil {
			o[name] = raw
		}
	}
	return o
}

func (m *Message) clone() Message {
	out := *m
	out.Earlier = append([]Version(nil), m.Earlier...)
	out.Files = nil
	for _, f := range m.files {
		out.Files = append(out.Files, f.File)
	}
	return out
}

// Messages returns what was posted in a channel (by ID or name), the oldest first, answers in threads and deleted
// messages among them, what one person alone was shown not.
func (s *Server) Messages(channel string) []Message {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []Message
	if c := s.channel(channel); c != nil {
		for _, m := range s.messages[c.ID] {
			out = append(out, m.clone())
		}
	}
	return out
}

// Ephemerals returns what only this person was shown, the oldest first.
func (s *Server) Ephemerals(user string) []Message {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []Message
	p := s.person(user)
	for _, m := range s.ephemeral {
		if p != nil && m.For == p.ID {
			out = append(out, m.clone())
		}
	}
	return out
}

// Post has a person say something in a channel, and returns its time stamp.
func (s *Server) Post(user, channel, text string) (ts string, err error) {
	return s.PostIn(user, channel, "", text)
}

// PostIn is Post as an answer in the thread of a message; an empty one stands for the channel itself. The text is what
// the person types: Slack keeps it with &, < and > escaped and with mentions as IDs.
func (s *Server) PostIn(user, channel, thread, text string) (ts string, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	p, c, err := s.present(user, channel)
	if err != nil {
		return "", err
	}
	if parent := s.message(c.ID, thread); thread != "" && (parent == nil || parent.Deleted) {
		return "", fmt.Errorf("there is no message %s in %s to answer", thread, channel)
	}
	return s.post(c, p.ID, content{text: s.escape(text)}, thread).TS, nil
}
