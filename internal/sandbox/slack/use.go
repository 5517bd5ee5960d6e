package slack

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
)

// Use has a person use an element of a message that they can see, shown to all or to them alone: click a button, with a
// nil choice, or choose: an option of a menu or one of a pair of feedback buttons by its value, the ID of a person or a
// channel, a date, a list where several can be chosen. The block may be empty where only one has the action. What the
// message has no more cannot be used; see ClickOld.
func (s *Server) Use(ctx context.Context, user, channel, ts, block, action string, choice any) (Seen, error) {
	s.mu.Lock()
	p, c, m, err := s.seen(user, channel, ts)
	if err != nil {
		s.mu.Unlock()
		return Seen{}, err
	}
	return s.actLocked(ctx, p, c, m, m, target{action: action, block: block, choice: choice})
}

// Click is Use of a button that is the message's only one with its action ID.
func (s *Server) Click(ctx context.Context, user, channel, ts, action string) (Seen, error) {
	return s.Use(ctx, user, channel, ts, "", action, nil)
}

// Select is Use of a menu that is the message's only one with its action ID.
func (s *Server) Select(ctx context.Context, user, channel, ts, action string, choice any) (Seen, error) {
	return s.Use(ctx, user, channel, ts, "", action, choice)
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
	act, err := s.actionOf(p, blocks, t)
	if err != nil {
		s.mu.Unlock()
		return Seen{}, fmt.Errorf("message %s: %w", m.TS, err)
	}
	payload := s.messageAction(p, c, m, []object{act})
	payload["response_url"] = s.responseURL(c, p.ID, source)
	heard := asJSON(payload)
	s.mu.Unlock()
	return s.interact(ctx, heard)
}

// actionOf is the action that using the target is; an error where the person cannot.
func (s *Server) actionOf(by *Person, blocks any, t target) (object, error) {
	found, err := t.find(blocks)
	if err != nil {
		return nil, err
	}
	seers, limited := found.element["visible_to_user_ids"].([]any)
	isButton := found.kind() == "button" || found.kind() == "icon_button"
	switch {
	case limited && !slices.Contains(seers, any(by.ID)):
		return nil, fmt.Errorf("%s is not shown to %s", t.action, by.Name)
	case found.kind() == "workflow_button": // a guess, as the documents do not say that the app hears of it
		return nil, fmt.Errorf("%s starts a workflow, of which the app hears nothing", t.action)
	case found.block["type"] == "input" && found.block["dispatch_action"] != true:
		return nil, fmt.Errorf("%s is a field that goes with its form: its block has no dispatch_action", t.action)
	case isButton != (t.choice == nil):
		return nil, fmt.Errorf("%s is a %s: buttons are clicked, all others chosen from", t.action, found.kind())
	case isButton:
		return s.action(found, nil), nil
	}
	chosen, err := s.value(by, found, t.choice)
	if err != nil {
		return nil, err
	}
	return s.action(found, chosen), nil
}

// interact sends a click; there is nothing to see where it is acknowledged.
func (s *Server) interact(ctx context.Context, payload json.RawMessage) (Seen, error) {
	return s.send("interactive", payload, false, nil, func(json.RawMessage) Seen { return Seen{} }).wait(ctx)
}

// UseView is Use in a person's topmost modal or their Home. Values are what the person has filled in there meanwhile, as
// for Submit; the app hears them with the action, and nothing need be complete.
func (s *Server) UseView(ctx context.Context, user, viewID, block, action string, choice any, values map[string]map[string]any) (Seen, error) {
	s.mu.Lock()
	p, v, err := s.onTop(user, viewID)
	if err == nil {
		err = s.set(v, values)
	}
	if err != nil {
		s.mu.Unlock()
		return Seen{}, err
	}
	act, err := s.actionOf(p, v.spec["blocks"], target{action: action, block: block, choice: choice, offers: v.offers})
	if err != nil {
		s.mu.Unlock()
		return Seen{}, fmt.Errorf("view %s: %w", viewID, err)
	}
	if field, holds := stateField[act["type"].(string)]; holds {
		v.values[act["block_id"].(string)].(object)[act["action_id"].(string)] = object{"type": act["type"], field.value: act[field.value]}
	}
	payload := asJSON(s.viewAction(p, v, []object{act}))
	s.mu.Unlock()
	return s.interact(ctx, payload)
}
