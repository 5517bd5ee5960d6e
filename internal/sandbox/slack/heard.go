package slack

import "slices"

// tell sends the app an event where it subscribes to it; s.mu is held, and the event goes once it is free.
func (s *Server) tell(inner object) {
	if s.subscribed(inner) && s.ctx.Err() == nil {
		s.wg.Go(func() { s.event(inner) })
	}
}

// subscribed reports whether the app hears of events of the kind. Messages it subscribes to by the kind of channel, as
// message.channels (docs.slack.dev/reference/events/message).
func (s *Server) subscribed(inner object) bool {
	name, _ := inner["type"].(string)
	if name == "message" {
		name = map[any]string{"im": "message.im", "group": "message.groups", "channel": "message.channels"}[inner["channel_type"]]
	}
	return slices.Contains(s.cfg.Events, name)
}

// tellPosted tells the app of a message in a channel that it is in, its own ones too, and of the files in it
// (docs.slack.dev/reference/events/file_shared).
func (s *Server) tellPosted(c *Channel, m *Message) {
	if !c.has(BotUser) {
		return
	}
	kind := "channel"
	switch {
	case c.im():
		kind = "im"
	case c.Private:
		kind = "group"
	}
	inner := s.messageJSON(m)
	inner["channel"], inner["channel_type"], inner["event_ts"] = c.ID, kind, m.TS
	if m.files != nil {
		inner["subtype"] = "file_share"
	}
	s.tell(inner)
	for _, f := range m.files {
		s.tell(object{
			"type": "file_shared", "channel_id": c.ID, "file_id": f.ID, "user_id": m.User, "file": object{"id": f.ID}, "event_ts": s.stamp(),
		})
	}
}
