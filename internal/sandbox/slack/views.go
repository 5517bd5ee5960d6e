package slack

import (
	"encoding/json"
	"slices"
)

// view is a modal that is open, or a Home.
type view struct {
	id, user, hash string
	root, previous string
	spec           object // as the app sent it, completed
	values         object // block ID → action ID → what was filled in
	offers         offers // what else can be
}

// View is what somebody sees on top of their Slack.
type View struct {
	ID              string          `json:"id"`
	Type            string          `json:"type"` // modal, home
	User            string          `json:"user"`
	Title           string          `json:"title,omitempty"`
	Submit          string          `json:"submit,omitempty"`
	Close           string          `json:"close,omitempty"`
	CallbackID      string          `json:"callback_id,omitempty"`
	ExternalID      string          `json:"external_id,omitempty"`
	PrivateMetadata string          `json:"private_metadata,omitempty"`
	Hash            string          `json:"hash"`
	Blocks          json.RawMessage `json:"blocks"`
}

func (s *Server) openView(a args) object {
	return s.triggered(a, func(_ *trigger, v *view) object {
		s.stacks[v.user] = []*view{v}
		return nil
	})
}

func (s *Server) pushView(a args) object {
	return s.triggered(a, func(t *trigger, v *view) object {
		if t.from == nil || !slices.Contains(s.stacks[t.user], t.from) {
			return refuse("not_found")
		}
		return s.push(v)
	})
}

// triggered checks the view, uses up the trigger, and has place put the view before the person.
func (s *Server) triggered(a args, place func(*trigger, *view) object) object {
	spec, refusal := s.takeView(a, nil, "modal")
	if refusal != nil {
		return refusal
	}
	id := a["trigger_id"]
	if id == "" {
		id = a["interactivity_pointer"]
	}
	if id == "" {
		return refuse("invalid_arguments", "[ERROR] missing required field: trigger_id")
	}
	t, refusal := s.exchange(id)
	if refusal != nil {
		return refusal
	}
	v := s.newView(t.user, spec)
	if refusal := place(t, v); refusal != nil {
		return refusal
	}
	s.change()
	return object{"ok": true, "view": s.viewJSON(v)}
}

// push puts a view on top of its person's stack.
func (s *Server) push(v *view) object {
	stack := s.stacks[v.user]
	if len(stack) >= ModalDepth {
		return refuse("push_limit_reached")
	}
	if len(stack) > 0 {
		v.root, v.previous = stack[0].id, stack[len(stack)-1].id
	}
	s.stacks[v.user] = append(stack, v)
	return nil
}

func (s *Server) updateView(a args) object {
	v := s.findView(func(v *view) bool {
		if a["view_id"] != "" {
			return v.id == a["view_id"]
		}
		return a["external_id"] != "" && v.spec["external_id"] == a["external_id"]
	})
	if a["view_id"] == "" && a["external_id"] == "" {
		return refuse("invalid_arguments", "[ERROR] missing required field: view_id or external_id")
	}
	if v == nil {
		return refuse("not_found")
	}
	kind, _ := v.spec["type"].(string)
	spec, refusal := s.takeView(a, v, kind)
	if refusal != nil {
		return refusal
	}
	if a["hash"] != "" && a["hash"] != v.hash {
		return refuse("hash_conflict")
	}
	s.replace(v, spec)
	return object{"ok": true, "view": s.viewJSON(v)}
}

func (s *Server) publishView(a args) object {
	p := s.people[a["user_id"]]
	if p == nil || p.Deleted || p.Bot {
		return refuse("invalid_arguments", "[ERROR] invalid user_id")
	}
	if !s.cfg.HomeTab {
		return refuse("not_enabled")
	}
	v := s.homes[p.ID]
	spec, refusal := s.takeView(a, v, "home")
	if refusal != nil {
		return refusal
	}
	if v == nil {
		v = s.newView(p.ID, spec)
		s.homes[p.ID] = v
		s.change()
		return object{"ok": true, "view": s.viewJSON(v)}
	}
	if a["hash"] != "" && a["hash"] != v.hash {
		return refuse("hash_conflict")
	}
	s.replace(v, spec)
	return object{"ok": true, "view": s.viewJSON(v)}
}

// takeView returns the argument view where Slack would take it in place of old (nil: as a new one).
func (s *Server) takeView(a args, old *view, kind string) (object, object) {
	raw := a.json("view")
	if len(raw) > ViewBytes {
		return nil, refuse("view_too_large")
	}
	if problems := ValidateView(raw); problems != nil {
		return nil, refuse("invalid_arguments", asErrors(problems)...)
	}
	v, _ := decode(raw)
	spec := v.(object)
	if spec["type"] != kind {
		return nil, refuse("invalid_arguments", "[ERROR] must be of type "+kind+" [json-pointer:/view/type]")
	}
	if takesFiles(spec) { // the documents ask for the scope; that its lack is refused here, and so, is a guess
		if refusal := s.without("files:read"); refusal != nil {
			return nil, refusal
		}
	}
	if id, _ := spec["external_id"].(string); id != "" {
		if other := s.findView(func(v *view) bool { return v.spec["external_id"] == id }); other != nil && other != old {
			return nil, refuse("duplicate_external_id")
		}
	}
	return spec, nil
}

func (s *Server) newView(user string, spec object) *view {
	v := &view{id: "V0" + random(4), user: user, offers: offers{}}
	v.root = v.id
	s.replace(v, spec)
	return v
}

// replace gives a view new contents. What was filled in stays where the same fields remain, as in Slack.
func (s *Server) replace(v *view, spec object) {
	s.fillIn(spec["blocks"])
	textDefaults(spec)
	v.spec, v.hash = spec, s.stamp()[:10]+"."+random(4)
	v.values = stateOf(spec, v.values)
	raw, _ := json.Marshal(spec)
	s.shown.add(string(raw))
	s.change()
}

func (s *Server) findView(is func(*view) bool) *view {
	for _, stack := range s.stacks {
		for _, v := range stack {
			if is(v) {
				return v
			}
		}
	}
	for _, v := range s.homes {
		if is(v) {
			return v
		}
	}
	return nil
}

func (v *view) public() View {
	str := func(name string) string { s, _ := v.spec[name].(string); return s }
	words := func(name string) string {
		o, _ := v.spec[name].(object)
		s, _ := o["text"].(string)
		return s
	}
	blocks, _ := json.Marshal(v.spec["blocks"])
	return View{
		ID: v.id, Type: str("type"), User: v.user, Title: words("title"), Submit: words("submit"), Close: words("close"),
		CallbackID: str("callback_id"), ExternalID: str("external_id"), PrivateMetadata: str("private_metadata"), Hash: v.hash, Blocks: blocks,
	}
}

// Views returns the modals that a person has open, the topmost last.
func (s *Server) Views(user string) []View {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []View
	if p := s.person(user); p != nil {
		for _, v := range s.stacks[p.ID] {
			out = append(out, v.public())
		}
	}
	return out
}

// Home returns the app's Home as the person sees it.
func (s *Server) Home(user string) (v View, published bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if p := s.person(user); p != nil && s.homes[p.ID] != nil {
		return s.homes[p.ID].public(), true
	}
	return View{}, false
}
