package slack

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"
)

// MinQuery is how many characters somebody types before the app is asked for options, where the menu has no
// min_query_length (docs.slack.dev/reference/block-kit/block-elements/select-menu-element).
const MinQuery = 3

// Option is a choice of a menu.
type Option struct {
	Text        string `json:"text"`
	Value       string `json:"value"`
	Description string `json:"description,omitempty"`
}

// OptionGroup is some choices under a heading.
type OptionGroup struct {
	Label   string   `json:"label,omitempty"` // empty: the app named no groups, and this is the only one
	Options []Option `json:"options"`
}

// Suggestions are what a person sees under an external menu.
type Suggestions struct {
	Groups []OptionGroup `json:"groups,omitempty"` // none: nothing is found
	Least  int           `json:"least,omitempty"`  // too little is typed: the app is asked from so many characters on
	Error  string        `json:"error,omitempty"`  // what Slack says in the app's place, as Seen.Error
}

// Suggest has a person type into an external menu of a message that they can see; nothing typed is the menu being
// opened. What it suggests can be chosen with Use. The block may be empty where only one has the action. An error means
// that the person could not have done this, or that ctx ended first.
func (s *Server) Suggest(ctx context.Context, user, channel, ts, block, action, typed string) (Suggestions, error) {
	s.mu.Lock()
	p, c, m, err := s.seen(user, channel, ts)
	if err != nil {
		s.mu.Unlock()
		return Suggestions{}, err
	}
	blocks, _ := decode(m.Blocks)
	menu, err := target{action: action, block: block}.find(blocks)
	if err != nil {
		s.mu.Unlock()
		return Suggestions{}, fmt.Errorf("message %s: %w", ts, err)
	}
	if m.offers == nil {
		m.offers = map[string]offers{}
	}
	if m.offers[p.ID] == nil {
		m.offers[p.ID] = offers{}
	}
	payload := s.payload("block_suggestion", p, nil)
	payload["container"] = messageContainer(m)
	payload["channel"] = object{"id": c.ID, "name": c.payloadName()}
	return s.suggestLocked(ctx, payload, menu, m.offers[p.ID], typed)
}

// SuggestView is Suggest in a person's topmost modal or their Home; what it suggests can be chosen with UseView, and
// sent with Submit.
func (s *Server) SuggestView(ctx context.Context, user, viewID, block, action, typed string) (Suggestions, error) {
	s.mu.Lock()
	p, v, err := s.onTop(user, viewID)
	if err != nil {
		s.mu.Unlock()
		return Suggestions{}, err
	}
	menu, err := target{action: action, block: block}.find(v.spec["blocks"])
	if err != nil {
		s.mu.Unlock()
		return Suggestions{}, fmt.Errorf("view %s: %w", viewID, err)
	}
	payload := s.payload("block_suggestion", p, v)
	payload["container"] = object{"type": "view", "view_id": v.id}
	payload["view"] = s.viewJSON(v)
	return s.suggestLocked(ctx, payload, menu, v.offers, typed)
}

// suggestLocked asks the app, with s.mu held, which it lets go, and notes in into what the menu now offers. Slack's
// documents name the payload's fields; that none but these are there for a message is a guess.
func (s *Server) suggestLocked(ctx context.Context, payload object, menu part, into offers, typed string) (Suggestions, error) {
	least := MinQuery
	if n, given := numeric(menu.element["min_query_length"]); given {
		least = int(n)
	}
	switch {
	case !menu.external():
		s.mu.Unlock()
		return Suggestions{}, fmt.Errorf("%s is a %s: its choices do not come from the app", menu.actionID(), menu.kind())
	case utf8.RuneCountInString(typed) < least:
		s.mu.Unlock()
		return Suggestions{Least: least}, nil
	}
	payload["block_id"], payload["action_id"], payload["value"] = menu.blockID(), menu.actionID(), typed
	asked := asJSON(payload)
	s.mu.Unlock()
	var found Suggestions
	seen, err := s.send("interactive", asked, true, nil, func(ack json.RawMessage) Seen {
		given, problems := suggested(ack)
		if problems != nil {
			s.complain(fmt.Sprintf("the options for %s were dropped: %s", menu.actionID(), strings.Join(problems, "; ")))
			return Seen{Error: Trouble}
		}
		into.add(menu, optionsOf(given)...)
		found.Groups = groupsOf(given)
		return Seen{}
	}).wait(ctx)
	if err != nil {
		return Suggestions{}, err
	}
	found.Error = seen.Error
	return found, nil
}

func (p part) external() bool { return strings.HasSuffix(p.kind(), "external_select") }

// suggested reads {options} or {option_groups}, of at most 100
// (docs.slack.dev/reference/interaction-payloads/block_suggestion-payload). Nothing at all is no options, as the
// frameworks of Slack's own answer.
func suggested(ack json.RawMessage) (object, []string) {
	if absent(ack) {
		return object{}, nil
	}
	c := newCheck(inMessage)
	v, err := decode(ack)
	if err != nil {
		c.fail("", "must be valid JSON")
		return nil, c.problems
	}
	shape{
		may: fields{"options": list(0, 100, option(plain, nil)), "option_groups": list(0, 100, optionGroup)},
		also: func(c *check, at string, o object) {
			if o["options"] != nil && o["option_groups"] != nil {
				c.fail(at, "must have either options or option_groups")
			}
		},
	}.is(c, "", v)
	if c.problems != nil {
		return nil, c.problems
	}
	textDefaults(v)
	return v.(object), nil
}

// groupsOf are options as people see them.
func groupsOf(given object) []OptionGroup {
	words := func(v any) string {
		o, _ := v.(object)
		text, _ := o["text"].(string)
		return text
	}
	read := func(items any) (out []Option) {
		all, _ := items.([]any)
		for _, each := range all {
			o, _ := each.(object)
			value, _ := o["value"].(string)
			out = append(out, Option{Text: words(o["text"]), Value: value, Description: words(o["description"])})
		}
		return out
	}
	if plain := read(given["options"]); plain != nil {
		return []OptionGroup{{Options: plain}}
	}
	var out []OptionGroup
	groups, _ := given["option_groups"].([]any)
	for _, each := range groups {
		g, _ := each.(object)
		out = append(out, OptionGroup{Label: words(g["label"]), Options: read(g["options"])})
	}
	return out
}

// offers are what else can be put into a field than its block says: the options that the app suggested, by whatever was
// typed, since a client keeps what was picked after an earlier search; the files that were uploaded there.
type offers map[fieldID][]any

type fieldID struct{ block, action string }

func (p part) id() fieldID { return fieldID{p.blockID(), p.actionID()} }

// add notes values. An option takes the place of an earlier one of the same value.
func (o offers) add(p part, values ...any) {
	before := o[p.id()]
	for _, v := range values {
		before = slices.DeleteFunc(slices.Clone(before), func(old any) bool { return p.external() && old.(object)["value"] == v.(object)["value"] })
		before = append(before, v)
	}
	o[p.id()] = before
}
