package blockkit

import (
	"bytes"
	"encoding/json"
	"errors"
	"strconv"
)

// node is an object of an app's JSON. Every way to read it makes do with what is missing or of the wrong type.
type node map[string]any

// decode reads a list of blocks; none at all is an empty one.
func decode(raw json.RawMessage) ([]node, error) {
	if len(bytes.TrimSpace(raw)) == 0 {
		return nil, nil
	}
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	var v any
	if err := d.Decode(&v); err != nil {
		return nil, err
	}
	if v == nil {
		return nil, nil
	}
	if _, ok := v.([]any); !ok {
		return nil, errors.New("they are no list")
	}
	return node{"blocks": v}.nodes("blocks"), nil
}

func (n node) str(name string) string {
	switch v := n[name].(type) {
	case string:
		return v
	case json.Number:
		return v.String()
	}
	return ""
}

func (n node) flag(name string) bool { v, _ := n[name].(bool); return v }

func (n node) kind() string { s, _ := n["type"].(string); return s }

func (n node) has(name string) bool { return n[name] != nil }

func (n node) number(name string) (f float64, ok bool) {
	f, err := strconv.ParseFloat(n.str(name), 64)
	return f, err == nil
}

func (n node) integer(name string) int {
	i, err := strconv.Atoi(n.str(name))
	if err != nil {
		return 0
	}
	return i
}

// node returns the object of the name; nil where there is none.
func (n node) node(name string) node { return asNode(n[name]) }

func (n node) list(name string) []any { l, _ := n[name].([]any); return l }

// nodes returns the objects of a list, nil for each item that is none, so that it can be told.
func (n node) nodes(name string) []node {
	var out []node
	for _, each := range n.list(name) {
		out = append(out, asNode(each))
	}
	return out
}

// strings returns the strings of a list.
func (n node) strings(name string) []string {
	var out []string
	for _, each := range n.list(name) {
		if s, ok := each.(string); ok {
			out = append(out, s)
		}
	}
	return out
}

func asNode(v any) node { o, _ := v.(map[string]any); return o }

// controls calls visit for each element with the block that it stands in, as Slack looks for them.
func controls(blocks []node, visit func(block, element node)) {
	for _, b := range blocks {
		for _, e := range append([]node{b.node("accessory"), b.node("element")}, append(b.nodes("elements"), b.nodes("actions")...)...) {
			if e.kind() != "" && e.kind() != "card" {
				visit(b, e)
			}
		}
		for _, row := range b.list("rows") {
			cells, _ := row.([]any)
			for _, c := range cells {
				if e := asNode(c).node("element"); e != nil {
					visit(b, e)
				}
			}
		}
		controls(b.nodes("child_blocks"), visit)
		if b.kind() == "carousel" {
			controls(b.nodes("elements"), visit)
		}
	}
}

func hasInput(blocks []node) (found bool) {
	controls(blocks, func(b, _ node) { found = found || b.kind() == "input" })
	return found
}
