package app

import (
	"bytes"
	"encoding/json"
	"strings"

	"go.yaml.in/yaml/v3"
)

// documentsNode reads inline policies: their documents by name, as JSON.
func documentsNode(n *yaml.Node) (map[string]string, error) {
	return mapNode(n, "Write it as {name: {Version: …, Statement: […]}}.", documentNode)
}

// documentNode reads a policy document, which is written as a map or as a JSON text, and returns it as JSON. Whatever a
// policy says, a text says it too: so that "true" and true, or a version and a date, are the same to all who compare.
func documentNode(n *yaml.Node) (string, error) {
	if n.Kind == yaml.ScalarNode && n.Tag == "!!str" {
		var compact bytes.Buffer
		var doc yaml.Node
		if err := json.Compact(&compact, []byte(n.Value)); err != nil || yaml.Unmarshal(compact.Bytes(), &doc) != nil {
			return "", fault("", "holds a policy that is not JSON")
		}
		n = doc.Content[0] // JSON is YAML, too
	}
	value, err := plainValue(n)
	if err != nil {
		return "", err
	}
	if err := checkDocument(value); err != nil {
		return "", err
	}
	var out bytes.Buffer
	e := json.NewEncoder(&out)
	e.SetEscapeHTML(false)
	if err := e.Encode(value); err != nil {
		return "", err
	}
	return strings.TrimSpace(out.String()), nil
}

// plainValue makes maps, lists and texts of a node.
func plainValue(n *yaml.Node) (any, error) {
	switch n.Kind {
	case yaml.MappingNode:
		values, err := mapNode(n, "", plainValue)
		return values, err
	case yaml.SequenceNode:
		values := []any{}
		for _, item := range n.Content {
			v, err := plainValue(item)
			if err != nil {
				return nil, err
			}
			values = append(values, v)
		}
		return values, nil
	case yaml.AliasNode:
		return nil, fault("Write it out.", "holds the alias *%s in a policy", n.Value)
	}
	switch n.ShortTag() {
	case "!!str", "!!bool", "!!int", "!!float", "!!timestamp":
		return n.Value, nil
	case "!!null":
		return nil, fault("", "holds a policy with an empty value")
	}
	return nil, fault("Write ${AWS::AccountId} without it.", "holds %s in a policy", n.Tag)
}

// checkDocument looks whether a document has the outline of a policy of a role.
func checkDocument(value any) error {
	const remedy = "Write it as {Version: \"2012-10-17\", Statement: [{Effect: Allow, Action: …, Resource: …}]}."
	document, ok := value.(map[string]any)
	if !ok || document["Statement"] == nil {
		return fault(remedy, "holds a policy without Statement")
	}
	statements, ok := document["Statement"].([]any)
	if !ok {
		statements = []any{document["Statement"]}
	}
	if len(statements) == 0 {
		return fault(remedy, "holds a policy without Statement")
	}
	for _, s := range statements {
		statement, _ := s.(map[string]any)
		if effect := statement["Effect"]; effect != "Allow" && effect != "Deny" {
			return fault(remedy, "holds a policy with a statement whose Effect is neither Allow nor Deny")
		}
		if statement["Principal"] != nil {
			return fault("Who may assume the role is for oktaws to say.", "holds a policy with a Principal, which a role's policy can't have")
		}
	}
	return nil
}
