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
	payload := s.commandPayload(p, c, command, text)
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

// target is what a person acts on: something in a message, or in a view.
type target struct {
	action, block string // the block may be empty where only one has the action
	choice        any    // of a menu; nil for a button
	offers        offers // of the external menus there
}

// find returns the one element that is meant.
func (t target) find(blocks any) (part, error) {
	found := slices.DeleteFunc(parts(blocks), func(p part) bool {
		return p.actionID() != t.action || t.block != "" && p.blockID() != t.block
	})
	switch len(found) {
	case 0:
		return part{}, fmt.Errorf("there is no %s here now", t.action)
	case 1:
		found[0].offered = t.offers[found[0].id()]
		return found[0], nil
	}
	return part{}, fmt.Errorf("there are %d of %s here: name the block", len(found), t.action)
}

// Click has a person click a button, by its action ID, in a message that they can see, shown to all or to them alone.
// A button that the message has no more cannot be clicked; see ClickOld.
func (s *Server) Click(ctx context.Context, user, channel, ts, action string) (Seen, error) {
	return s.actOn(ctx, user, channel, ts, target{action: action})
}

// ClickIn is Click where several blocks of the message have buttons with the action ID.
func (s *Server) ClickIn(ctx context.Context, user, channel, ts, block, action string) (Seen, error) {
	return s.actOn(ctx, user, channel, ts, target{action: action, block: block})
}

// Select has a person choose from a menu in a message: an option by its value, or the ID of a user or channel; a list
// where the menu takes several.
func (s *Server) Select(ctx context.Context, user, channel, ts, action string, choice any) (Seen, error) {
	return s.actOn(ctx, user, channel, ts, target{action: action, choice: choice})
}

func (s *Server) actOn(ctx context.Context, user, channel, ts string, t target) (Seen, error) {
	s.mu.Lock()
	p, c, m, err := s.seen(user, channel, ts)
	if err != nil {
		s.mu.Unlock()
		return Seen{}, err
	}
	return s.actLocked(ctx, p, c, m, m, t)
}

// seen returns a message that a person can see, shown to all or to them alone.
func (s *Server) seen(user, channel, ts string) (*Person, *Channel, *Message, error) {
	p, c, err := s.present(user, channel)
	if err != nil {
		return nil, nil, nil, err
	}
	m := s.message(c.ID, ts)
	for _, e := range s.ephemeral {
		if e.Channel == c.ID && e.TS == ts && e.For == p.ID {
			m = e
		}
	}
	if m == nil || m.Deleted {
		return nil, nil, nil, fmt.Errorf("there is no message %s in %s for %s to see", ts, channel, p.Name)
	}
	return p, c, m, nil
}

// ClickOld is Click on a message as it was when it was read (with Messages), whatever it says now: a client that has
// not caught up does that, and so may somebody who replays a click.
func (s *Server) ClickOld(ctx context.Context, user string, old Message, action string) (Seen, error) {
	s.mu.Lock()
	p, c, err := s.present(user, old.Channel)
	if err != nil {
		s.mu.Unlock()
		return Seen{}, err
	}
	source := s.message(c.ID, old.TS)
	if source == nil {
		source = &old
	}
	return s.actLocked(ctx, p, c, &old, source, target{action: action})
}

// actLocked sends the action on m, with s.mu held, which it lets go. The response URL is about source.
func (s *Server) actLocked(ctx context.Context, p *Person, c *Channel, m, source *Message, t target) (Seen, error) {
	blocks, _ := decode(m.Blocks)
	t.offers = m.offers[p.ID]
	act, err := s.actionOf(blocks, t)
	if err != nil {
		s.mu.Unlock()
		return Seen{}, fmt.Errorf("message %s: %w", m.TS, err)
	}
	payload := s.messageAction(p, c, m, []object{act})
	payload["response_url"] = s.responseURL(c, p.ID, source)
	s.mu.Unlock()
	return s.interact(ctx, payload)
}

func (s *Server) actionOf(blocks any, t target) (object, error) {
	found, err := t.find(blocks)
	if err != nil {
		return nil, err
	}
	if (found.kind() == "button") != (t.choice == nil) {
		return nil, fmt.Errorf("%s is a %s: buttons are clicked, menus chosen from", t.action, found.kind())
	}
	chosen := t.choice
	switch {
	case found.kind() == "overflow":
		i := slices.IndexFunc(optionsOf(found.element), func(o any) bool { return o.(object)["value"] == t.choice })
		if i < 0 {
			return nil, fmt.Errorf("option %v is not offered", t.choice)
		}
		chosen = optionsOf(found.element)[i]
	case t.choice != nil:
		if chosen, err = found.value(t.choice); err != nil {
			return nil, err
		}
	}
	return s.action(found, chosen), nil
}

// interact sends a click; there is nothing to see where it is acknowledged.
func (s *Server) interact(ctx context.Context, payload object) (Seen, error) {
	return s.send("interactive", payload, false, nil, func(json.RawMessage) Seen { return Seen{} }).wait(ctx)
}

// OpenHome has a person open the app's Home, of which the app hears by an event.
func (s *Server) OpenHome(user string) error {
	s.mu.Lock()
	p, err := s.active(user)
	if err != nil {
		s.mu.Unlock()
		return err
	}
	c, _ := s.direct(p)
	inner := object{"type": "app_home_opened", "user": p.ID, "channel": c.ID, "tab": "home", "event_ts": s.stamp()}
	if v := s.homes[p.ID]; v != nil {
		inner["view"] = s.viewJSON(v)
	}
	s.mu.Unlock()
	s.event(inner)
	return nil
}
