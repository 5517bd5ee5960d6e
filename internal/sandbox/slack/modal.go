package slack

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
)

// onTop returns the view, where the person can act on it: their topmost modal, or their Home.
func (s *Server) onTop(user, viewID string) (*Person, *view, error) {
	p, err := s.active(user)
	if err != nil {
		return nil, nil, err
	}
	if h := s.homes[p.ID]; h != nil && h.id == viewID {
		return p, h, nil
	}
	stack := s.stacks[p.ID]
	if len(stack) == 0 || stack[len(stack)-1].id != viewID {
		return nil, nil, fmt.Errorf("%s has no view %s on top", p.Name, viewID)
	}
	return p, stack[len(stack)-1], nil
}

// Submit has a person fill in their topmost modal and send it. Values go by block ID and action ID: a string (of a menu,
// an option's value), a list of strings where several may be chosen, nil for nothing; fields that are left out stay as
// they are. Seen.Errors are the app's words under the fields, Seen.Action says what became of the modal. An error means
// that Slack itself would not have sent the form.
func (s *Server) Submit(ctx context.Context, user, viewID string, values map[string]map[string]any) (Seen, error) {
	s.mu.Lock()
	p, v, err := s.onTop(user, viewID)
	if err == nil && v.spec["submit"] == nil {
		err = fmt.Errorf("view %s has no button to submit it", viewID)
	}
	if err == nil {
		err = s.fill(v, values)
	}
	if err != nil {
		s.mu.Unlock()
		return Seen{}, err
	}
	s.hand(v)
	payload := s.payload("view_submission", p, v)
	payload["view"] = s.viewJSON(v)
	payload["response_urls"] = []object{}
	heard := asJSON(payload)
	s.mu.Unlock()
	return s.send("interactive", heard, true, nil, func(ack json.RawMessage) Seen { return s.submitted(v, ack) }).wait(ctx)
}

// submitted does what the acknowledgement of a form says; without a word the modal closes.
func (s *Server) submitted(v *view, ack json.RawMessage) Seen {
	var answer struct {
		Action string            `json:"response_action"`
		Errors map[string]string `json:"errors"`
		View   json.RawMessage   `json:"view"`
	}
	if ack != nil {
		if err := json.Unmarshal(ack, &answer); err != nil {
			return s.trouble(v, "the answer to a form is not of the right form: "+err.Error())
		}
	}
	seen := Seen{Action: answer.Action}
	switch answer.Action {
	case "":
		seen.Action = "close"
		s.remove(v)
	case "clear":
		s.stacks[v.user] = nil
	case "errors":
		for block := range answer.Errors {
			if !v.hasInput(block) {
				return s.trouble(v, "the errors of a form name "+block+", which is no block with an input")
			}
		}
		if len(answer.Errors) == 0 {
			return s.trouble(v, "the errors of a form are empty")
		}
		seen.Errors = answer.Errors
	case "update", "push":
		old := v
		if answer.Action == "push" {
			old = nil
		}
		spec, refusal := s.takeView(args{"view": string(answer.View)}, old, "modal")
		if refusal == nil && answer.Action == "push" {
			refusal = s.push(s.newView(v.user, spec))
		} else if refusal == nil {
			s.replace(v, spec)
		}
		if refusal != nil {
			return s.trouble(v, fmt.Sprint("the view in the answer to a form: ", refusal["error"], " ", refusal["response_metadata"]))
		}
	default:
		return s.trouble(v, "there is no response_action "+answer.Action)
	}
	seen.View = s.top(v.user)
	return seen
}

// trouble is what a person sees where an answer makes no sense to Slack: the modal stays.
func (s *Server) trouble(v *view, complaint string) Seen {
	s.complain(complaint)
	return Seen{Error: Trouble, View: s.top(v.user)}
}

func (v *view) hasInput(block string) bool {
	return slices.ContainsFunc(parts(v.spec["blocks"]), func(p part) bool {
		return p.block["type"] == "input" && p.blockID() == block
	})
}

func (s *Server) remove(v *view) {
	s.stacks[v.user] = slices.DeleteFunc(s.stacks[v.user], func(o *view) bool { return o == v })
}

func (s *Server) top(user string) *View {
	stack := s.stacks[user]
	if len(stack) == 0 {
		return nil
	}
	v := stack[len(stack)-1].public()
	return &v
}

// CloseView has a person close their topmost modal, and those under it where it says clear_on_close. The app hears of
// those that ask for it (notify_on_close).
func (s *Server) CloseView(ctx context.Context, user, viewID string) error {
	s.mu.Lock()
	p, v, err := s.onTop(user, viewID)
	if err != nil {
		s.mu.Unlock()
		return err
	}
	closed := []*view{v}
	cleared := v.spec["clear_on_close"] == true
	if cleared {
		closed = slices.Clone(s.stacks[p.ID])
		slices.Reverse(closed)
	}
	var payloads []json.RawMessage
	for _, c := range closed {
		s.remove(c)
		if c.spec["notify_on_close"] == true {
			payload := s.payload("view_closed", p, nil)
			payload["view"], payload["is_cleared"], payload["response_urls"] = s.viewJSON(c), cleared, []object{}
			payloads = append(payloads, asJSON(payload))
		}
	}
	s.change()
	s.mu.Unlock()
	for _, payload := range payloads {
		if _, err := s.interact(ctx, payload); err != nil {
			return err
		}
	}
	return nil
}
