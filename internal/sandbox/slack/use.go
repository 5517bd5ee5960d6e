package slack

import (
	"context"
	"encoding/json"
)

// Use has a person use an element of a message that they can see: click a button, with a nil choice, or choose from a
// menu, like Select. The block may be empty where only one has the action.
func (s *Server) Use(ctx context.Context, user, channel, ts, block, action string, choice any) (Seen, error) {
	return s.actOn(ctx, user, channel, ts, target{action: action, block: block, choice: choice})
}

// UseView is Use in a person's topmost modal or their Home. Values are what the person has filled in there meanwhile, as
// for Submit; the app hears them with the action, and nothing need be complete.
func (s *Server) UseView(ctx context.Context, user, viewID, block, action string, choice any, values map[string]map[string]any) (Seen, error) {
	s.mu.Lock()
	_, v, err := s.onTop(user, viewID)
	if err == nil {
		err = v.set(values)
	}
	s.mu.Unlock()
	if err != nil {
		return Seen{}, err
	}
	return s.actOnView(ctx, user, viewID, target{action: action, block: block, choice: choice})
}

// Filled returns what the person has put into the fields of a view so far, as Submit takes it: by block ID and action
// ID; of files, their IDs. Fields that hold what the app put there at first are among them.
func (s *Server) Filled(viewID string) map[string]map[string]any {
	s.mu.Lock()
	defer s.mu.Unlock()
	v := s.findView(func(v *view) bool { return v.id == viewID })
	if v == nil {
		return nil
	}
	out := map[string]map[string]any{}
	for _, p := range parts(v.spec["blocks"]) {
		f, holds := stateField[p.kind()]
		if !holds {
			continue
		}
		if out[p.blockID()] == nil {
			out[p.blockID()] = map[string]any{}
		}
		held := v.values[p.blockID()].(object)[p.actionID()].(object)[f.value]
		out[p.blockID()][p.actionID()] = plainValue(held)
	}
	return out
}

// plainValue is a value without what surrounds it: of an option, its value.
func plainValue(held any) any {
	switch held := held.(type) {
	case object:
		if value, isOption := held["value"]; isOption {
			return value
		}
		if id, isFile := held["id"]; isFile {
			return id
		}
	case []any:
		out := make([]string, len(held))
		for i, each := range held {
			out[i], _ = plainValue(each).(string)
		}
		return out
	case json.Number: // a date with time, as the app put it there
		n, _ := held.Int64()
		return n
	}
	return held
}

// FieldError is what Slack itself says under a field of a form that it does not send.
type FieldError struct {
	Block string
	Err   error
}

func (e *FieldError) Error() string { return "block " + e.Block + ": " + e.Err.Error() }
func (e *FieldError) Unwrap() error { return e.Err }
