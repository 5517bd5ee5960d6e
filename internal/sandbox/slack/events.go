package slack

import (
	"encoding/json"
	"slices"
	"time"
)

// retryPauses are when an event is sent again that nobody acknowledged.
var retryPauses = []time.Duration{0, 0, time.Minute, 5 * time.Minute}

// tell sends the app an event, where it subscribes to it, until it is acknowledged: at once, once more, after a minute
// and after five. The event is made while s.mu is held, and goes once it is free.
func (s *Server) tell(inner object) {
	if !s.subscribed(inner) || s.ctx.Err() != nil {
		return
	}
	payload := asJSON(object{
		"token": verification, "team_id": Team, "context_team_id": Team, "context_enterprise_id": nil, "api_app_id": App,
		"event": inner, "type": "event_callback", "event_id": "Ev0" + random(4), "event_time": s.clock.Now().Unix(),
		"authorizations":        []object{{"enterprise_id": nil, "team_id": Team, "user_id": BotUser, "is_bot": true, "is_enterprise_install": false}},
		"is_ext_shared_channel": false, "event_context": "4-" + random(16),
	})
	s.wg.Go(func() {
		for attempt, pause := range retryPauses {
			if pause > 0 {
				select {
				case <-s.clock.After(pause):
				case <-s.ctx.Done():
					return
				}
			}
			retry := &Retry{Attempt: attempt}
			if attempt > 0 {
				retry.Reason = "timeout"
			}
			d := s.send("events_api", payload, false, retry, func(json.RawMessage) Seen { return Seen{} })
			if _, err := d.wait(s.ctx); err != nil || d.state == answered {
				return
			}
		}
	})
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
