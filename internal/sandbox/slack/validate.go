package slack

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
)

// Slack's limits on whole messages and views; those on their parts stand in the tables of blocks and elements
// (docs.slack.dev/reference/block-kit, docs.slack.dev/reference/methods).
const (
	MessageBlocks   = 50      // blocks in a message
	ViewBlocks      = 100     // blocks in a modal or Home
	ViewBytes       = 250_000 // a view as JSON; larger ones are refused with view_too_large
	PostTextLimit   = 40_000  // characters of a new message's text
	UpdateTextLimit = 4_000   // characters of the text that chat.update takes
	ModalDepth      = 3       // modals on top of each other
)

// surface is where blocks are shown; not every block may be shown everywhere.
type surface int

const (
	inMessage surface = 1 << iota
	inModal
	inHome
	anywhere = inMessage | inModal | inHome
)

// ValidateMessage returns what Slack would refuse in a message with the text and blocks: a sentence each, which ends
// in the JSON pointer of the place, such as "must be less than 76 characters [json-pointer:/blocks/1/elements/0/text/text]".
// Blocks may be empty or null.
func ValidateMessage(text string, blocks json.RawMessage) []string {
	c := newCheck(inMessage)
	str(0, PostTextLimit)(c, "/text", text)
	if !absent(blocks) {
		v, err := decode(blocks)
		if err != nil {
			c.fail("/blocks", "must be valid JSON")
			return c.problems
		}
		c.blocks("/blocks", v, MessageBlocks)
	}
	return c.problems
}

// ValidateView returns what Slack would refuse in a modal or Home, like ValidateMessage.
func ValidateView(view json.RawMessage) []string {
	c := newCheck(inModal)
	v, err := decode(view)
	o, isObject := v.(object)
	if err != nil || !isObject {
		c.fail("/view", "must be a JSON object")
		return c.problems
	}
	if len(view) > ViewBytes {
		c.fail("/view", "must be no more than %d bytes", ViewBytes)
	}
	blocks := func(c *check, at string, v any) { c.blocks(at, v, ViewBlocks) }
	common := fields{
		"private_metadata": str(0, 3000),
		"callback_id":      str(0, 255),
		"external_id":      str(0, 255),
		"clear_on_close":   flag,
		"notify_on_close":  flag,
		"submit_disabled":  flag,
	}
	switch o["type"] {
	case "modal":
		shape{
			need: fields{"type": anything, "title": plain(24), "blocks": blocks},
			may:  common.and(fields{"submit": plain(24), "close": plain(24)}),
			also: func(c *check, at string, o object) {
				if o["submit"] == nil && c.inputs > 0 {
					c.fail(at, "missing required field: submit (a modal with input blocks needs it)")
				}
			},
		}.check(c, "/view", o)
	case "home":
		c.surface = inHome
		shape{
			need: fields{"type": anything, "blocks": blocks},
			may:  common.and(fields{"title": nothing, "submit": nothing, "close": nothing}),
		}.check(c, "/view", o)
	default:
		c.fail("/view/type", "unsupported type: %v", o["type"])
	}
	return c.problems
}

type object = map[string]any

// check is one look at a message or a view.
type check struct {
	surface  surface
	problems []string

	blockShapes   map[string]placed // here, not as globals that the tables refer to: the tables refer to themselves
	elementShapes map[string]shape

	blockIDs  map[string]bool // of the whole message or view
	actionIDs map[string]bool // of the block being looked at
	inputs    int
	tables    int
	focused   int
}

func newCheck(s surface) *check {
	return &check{surface: s, blockShapes: blockTable, elementShapes: elementTable, blockIDs: map[string]bool{}}
}

func (c *check) fail(at, format string, args ...any) {
	c.problems = append(c.problems, fmt.Sprintf(format, args...)+" [json-pointer:"+at+"]")
}

func (c *check) blocks(at string, v any, most int) {
	list(1, most, block)(c, at, v)
}

// rule looks at one value; at is its JSON pointer.
type rule func(c *check, at string, v any)

type fields map[string]rule

func (f fields) and(more fields) fields {
	out := maps.Clone(f)
	maps.Copy(out, more)
	return out
}

// shape says which fields an object needs, which others it may have, and what holds between them.
type shape struct {
	need, may fields
	also      func(c *check, at string, o object)
}

func (s shape) check(c *check, at string, o object) {
	for _, name := range slices.Sorted(maps.Keys(s.need)) {
		if o[name] == nil {
			c.fail(at, "missing required field: %s", name)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(o)) {
		r, ok := s.need[name]
		if !ok {
			r, ok = s.may[name]
		}
		switch {
		case !ok:
			c.fail(at, "invalid additional property: %s", name)
		case o[name] != nil:
			r(c, at+"/"+name, o[name])
		}
	}
	if s.also != nil {
		s.also(c, at, o)
	}
}

// is makes a rule of a shape.
func (s shape) is(c *check, at string, v any) {
	if o, ok := v.(object); ok {
		s.check(c, at, o)
		return
	}
	c.fail(at, "must be an object")
}

// block is the rule of one block, whatever its type.
func block(c *check, at string, v any) {
	o, ok := v.(object)
	if !ok {
		c.fail(at, "must be an object")
		return
	}
	name, _ := o["type"].(string)
	b, known := c.blockShapes[name]
	if !known || b.in&c.surface == 0 {
		c.fail(at+"/type", "unsupported type: %v", o["type"])
		return
	}
	c.actionIDs = map[string]bool{}
	b.shape.check(c, at, o)
}

// blockOf is the rule of a block of one type inside another block.
func blockOf(names ...string) rule {
	return func(c *check, at string, v any) {
		o, _ := v.(object)
		name, _ := o["type"].(string)
		if !slices.Contains(names, name) {
			c.fail(at+"/type", "unsupported type: %v", o["type"])
			return
		}
		outer := c.actionIDs
		c.actionIDs = map[string]bool{}
		c.blockShapes[name].shape.check(c, at, o)
		c.actionIDs = outer
	}
}

// element is the rule of an element of one of the types.
func element(names ...string) rule {
	return func(c *check, at string, v any) {
		o, _ := v.(object)
		name, _ := o["type"].(string)
		s, known := c.elementShapes[name]
		if !known || !slices.Contains(names, name) {
			c.fail(at+"/type", "unsupported type: %v", o["type"])
			return
		}
		if c.surface != inModal && name == "file_input" {
			c.fail(at+"/type", "unsupported type: file_input (modals only)")
		}
		s.check(c, at, o)
	}
}

func absent(raw json.RawMessage) bool {
	raw = bytes.TrimSpace(raw)
	return len(raw) == 0 || bytes.Equal(raw, []byte("null"))
}

func decode(raw []byte) (any, error) {
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	var v any
	if err := d.Decode(&v); err != nil {
		return nil, err
	}
	if d.More() {
		return nil, fmt.Errorf("more than one value")
	}
	return v, nil
}

func item(at string, i int) string { return at + "/" + strconv.Itoa(i) }
