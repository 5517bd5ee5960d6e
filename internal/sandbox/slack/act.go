package slack

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
)

// Seen is what a person sees in answer to something they did, once the app has acknowledged it or failed to.
type Seen struct {
	Error  string            `json:"error,omitempty"`  // what Slack says in the app's place: OperationTimeout, DispatchFailed, Trouble, …
	Reply  *Message          `json:"reply,omitempty"`  // a command's answer that came with the acknowledgement
	Errors map[string]string `json:"errors,omitempty"` // under the fields of a form, by block ID
	Action string            `json:"action,omitempty"` // what became of a submitted form: errors, update, push, clear or close
	View   *View             `json:"view,omitempty"`   // the modal on top after a form was submitted; nil: none
}

// present returns a person who can act in a channel.
func (s *Server) present(user, channel string) (*Person, *Channel, error) {
	p, err := s.active(user)
	if err != nil {
		return nil, nil, err
	}
	c := s.channel(channel)
	if c == nil || !c.has(p.ID) {
		return nil, nil, fmt.Errorf("%s cannot see channel %s", p.Name, channel)
	}
	return p, c, nil
}

func (s *Server) active(user string) (*Person, error) {
	p := s.person(user)
	if p == nil || p.Deleted || p.Bot {
		return nil, fmt.Errorf("%s is nobody who can act: unknown, deactivated or a bot", user)
	}
	return p, nil
}

// Command has a person type a slash command in a channel that they are in (IDs or names), and returns what they see:
// the answer in the acknowledgement, if any, or Slack's error. What the app posts besides is read with Ephemerals and
// Messages, and the modals that it opens with Views. An error means that the person could not have done this, or that
// ctx ended first.
func (s *Server) Command(ctx context.Context, user, channel, command, text string) (Seen, error) {
	s.mu.Lock()
	p, c, err := s.present(user, channel)
	if err == nil && !slices.Contains(s.cfg.Commands, command) {
		err = fmt.Errorf("%s is not a valid command", command)
	}
	if err != nil {
		s.mu.Unlock()
		return Seen{}, err
	}
	payload := asJSON(s.commandPayload(p, c, command, text))
	s.mu.Unlock()
	return s.send("slash_commands", payload, true, nil, func(ack json.RawMessage) Seen { return s.commandAcked(p, c, ack) }).wait(ctx)
}

// commandAcked shows the answer that came with an acknowledgement: {text, blocks, response_type}.
func (s *Server) commandAcked(p *Person, c *Channel, ack json.RawMessage) Seen {
	if ack == nil {
		return Seen{}
	}
	var answer struct {
		Text         string          `json:"text"`
		Blocks       json.RawMessage `json:"blocks"`
		Attachments  json.RawMessage `json:"attachments"`
		ResponseType string          `json:"response_type"`
	}
	if err := json.Unmarshal(ack, &answer); err != nil {
		s.complain("the answer to a command was dropped: " + err.Error())
		return Seen{Error: DispatchFailed}
	}
	what := content{text: answer.Text}
	if !absent(answer.Blocks) {
		what.blocks = answer.Blocks
	}
	if !absent(answer.Attachments) {
		what.attachments = answer.Attachments
	}
	if what.text == "" && what.blocks == nil && what.attachments == nil {
		return Seen{}
	}
	if refusal := what.look(PostTextLimit); refusal != nil {
		s.complain(fmt.Sprint("the answer to a command was dropped: ", refusal["error"], " ", refusal["errors"]))
		return Seen{Error: DispatchFailed}
	}
	m := s.answer(&responseURL{channel: c.ID, user: p.ID}, what, answer.ResponseType, "").clone()
	return Seen{Reply: &m}
}

// OpenHome has a person open the app, at its Home where it has one, of which the app hears by an event.
func (s *Server) OpenHome(user string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	p, err := s.active(user)
	if err != nil {
		return err
	}
	c, _ := s.direct(p)
	inner := object{"type": "app_home_opened", "user": p.ID, "channel": c.ID, "tab": "messages", "event_ts": s.stamp()}
	if s.cfg.HomeTab {
		inner["tab"] = "home"
		if v := s.homes[p.ID]; v != nil {
			inner["view"] = s.viewJSON(v)
		}
	}
	s.tell(inner)
	return nil
}
