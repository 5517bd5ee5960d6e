package slack

import (
	"fmt"
	"slices"
)

// part is an element with the block that it stands in.
type part struct {
	block, element object
	offered        []any // what can be put there besides what the element lists
}

func (p part) blockID() string  { id, _ := p.block["block_id"].(string); return id }
func (p part) actionID() string { id, _ := p.element["action_id"].(string); return id }
func (p part) kind() string     { k, _ := p.element["type"].(string); return k }

// parts are the elements of blocks, and of the blocks inside these, that somebody can act on or fill in.
func parts(blocks any) []part {
	var out []part
	eachBlock(blocks, func(b object) {
		for _, e := range acting(b) {
			out = append(out, part{block: b, element: e})
		}
	})
	return out
}

// eachBlock visits blocks and what is inside them: the blocks of a container, the cards of a carousel.
func eachBlock(blocks any, visit func(object)) {
	items, _ := blocks.([]any)
	for _, each := range items {
		b, isBlock := each.(object)
		if !isBlock {
			continue
		}
		visit(b)
		eachBlock(b["child_blocks"], visit)
		if b["type"] == "carousel" {
			eachBlock(b["elements"], visit)
		}
	}
}

// acting are the elements of one block that are for somebody to act on: its accessory, its field, its elements, the
// buttons of a card, and those in the cells of a table.
func acting(b object) []object {
	elements, _ := b["elements"].([]any)
	buttons, _ := b["actions"].([]any)
	candidates := slices.Concat([]any{b["accessory"], b["element"]}, elements, buttons)
	rows, _ := b["rows"].([]any)
	for _, row := range rows {
		cells, _ := row.([]any)
		for _, each := range cells {
			if cell, _ := each.(object); cell["type"] == "action_cell" {
				candidates = append(candidates, cell["element"])
			}
		}
	}
	var out []object
	for _, each := range candidates {
		e, _ := each.(object)
		name, _ := e["type"].(string)
		if _, known := elementTable[name]; known && name != "image" {
			out = append(out, e)
		}
	}
	return out
}

// fillIn gives blocks and elements the IDs that they have not, as Slack does.
func (s *Server) fillIn(blocks any) {
	eachBlock(blocks, func(b object) {
		if b["block_id"] == nil {
			b["block_id"] = s.id("b")
		}
		for _, e := range acting(b) {
			if e["action_id"] == nil {
				e["action_id"] = s.id("a")
			}
		}
	})
	textDefaults(blocks)
}

func textDefaults(v any) {
	switch v := v.(type) {
	case []any:
		for _, each := range v {
			textDefaults(each)
		}
	case object:
		switch {
		case v["type"] == "plain_text" && v["emoji"] == nil:
			v["emoji"] = true
		case v["type"] == "mrkdwn" && v["verbatim"] == nil:
			v["verbatim"] = false
		}
		for _, each := range v {
			textDefaults(each)
		}
	}
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
