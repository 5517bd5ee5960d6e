package app

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"go.yaml.in/yaml/v3"
)

// readFile puts what the file says over values. A key that is no setting is a problem, and so is one that is there
// twice.
func (l *loaded) readFile(file string, values map[string]written) {
	if file == "" {
		return
	}
	content, err := os.ReadFile(file)
	if err != nil {
		l.problem(fault("Give another with --config or OKTAWS_CONFIG.", "can't be read: %v", errors.Unwrap(err)), "", file, "")
		return
	}
	var doc yaml.Node
	d := yaml.NewDecoder(bytes.NewReader(content))
	if err := d.Decode(&doc); errors.Is(err, io.EOF) {
		return // nothing but comments
	} else if err != nil {
		l.problem(fault("", "is not YAML: %s", strings.TrimPrefix(err.Error(), "yaml: ")), "", file, "")
		return
	}
	if err := d.Decode(&yaml.Node{}); !errors.Is(err, io.EOF) {
		l.problem(fault("Remove what follows the line ---.", "holds more than one document"), "", file, "")
	}
	reader := fileReader{loaded: l, file: file, values: values}
	reader.section(doc.Content[0], "")
}

type fileReader struct {
	*loaded
	file   string
	values map[string]written
}

// section reads the mapping at path, such as aws; the whole file's is empty.
func (f fileReader) section(n *yaml.Node, path string) {
	if n.Kind == yaml.ScalarNode && n.Tag == "!!null" {
		return // a heading with every key under it commented out
	}
	f.mapping(n, path, func(key, value *yaml.Node) {
		at := join(path, key.Value)
		if s, ok := settingAt(at); ok {
			w, err := fromNode(s.shape, value)
			if err != nil {
				f.problem(err, s.path, s.name(), f.line(value))
				return
			}
			w.where = f.line(value)
			f.values[at] = w
			return
		}
		if _, ok := find(func(s setting) bool { return strings.HasPrefix(s.path, at+".") }); ok {
			f.section(value, at)
			return
		}
		f.problem(unknownKey(at), "", at, f.line(key))
	})
}

// mapping visits the keys of a mapping, each once.
func (f fileReader) mapping(n *yaml.Node, path string, visit func(key, value *yaml.Node)) {
	if n.Kind != yaml.MappingNode {
		name := path
		if name == "" {
			name = "the file"
		}
		f.problem(fault("Write the keys of oktaws.example.yaml.", "must hold keys and values"), "", name, f.line(n))
		return
	}
	seen := map[string]int{}
	for i := 0; i < len(n.Content); i += 2 {
		key := n.Content[i]
		if line, ok := seen[key.Value]; ok {
			f.problem(fault("", "is there already, in line %d", line), "", join(path, key.Value), f.line(key))
			continue
		}
		seen[key.Value] = key.Line
		visit(key, n.Content[i+1])
	}
}

func (f fileReader) line(n *yaml.Node) string { return fmt.Sprintf("%s:%d", f.file, n.Line) }

func join(path, key string) string {
	if path == "" {
		return key
	}
	return path + "." + key
}

func unknownKey(path string) error {
	for _, word := range []string{"token", "secret", "password", "private", "access_key"} {
		if strings.Contains(path, word) {
			return fault("Secrets are taken from the environment alone, such as SLACK_BOT_TOKEN or SLACK_BOT_TOKEN_FILE; oktaws.example.yaml lists them.", "is not a setting")
		}
	}
	var paths []string
	for _, s := range settings {
		section, _, _ := strings.Cut(s.path, ".")
		paths = append(paths, section, s.path)
	}
	return fault(didYouMean(path, paths), "is not a setting")
}

// fromNode reads a setting's value.
func fromNode(shape shape, n *yaml.Node) (w written, err error) {
	switch shape {
	case scalar:
		w.text, err = scalarNode(n)
	case list:
		w.list, err = listNode(n)
	case pairs:
		w.pairs, err = pairsNode(n)
	case nested:
		w.nested, err = nestedNode(n)
	case roleSet:
		w.roles, err = rolesNode(n)
	}
	return w, err
}

func scalarNode(n *yaml.Node) (string, error) {
	switch {
	case n.Kind == yaml.ScalarNode && n.Tag == "!!null":
		return "", fault(`Write "" for an empty one, or leave the key out for the default.`, "has no value")
	case n.Kind != yaml.ScalarNode:
		return "", fault("", "must be one value, not a list or a map")
	}
	return n.Value, nil
}

func listNode(n *yaml.Node) ([]string, error) {
	if n.Kind != yaml.SequenceNode {
		return nil, fault("Write it as [first, second], or [] for none.", "must be a list")
	}
	var values []string
	for _, item := range n.Content {
		v, err := scalarNode(item)
		if err != nil {
			return nil, err
		}
		values = append(values, v)
	}
	return values, nil
}

func pairsNode(n *yaml.Node) (map[string]string, error) {
	return mapNode(n, `Write it as {"first": value}, or {} for none.`, scalarNode)
}

func nestedNode(n *yaml.Node) (map[string]map[string]string, error) {
	return mapNode(n, "oktaws.example.yaml shows how.", pairsNode)
}

// mapNode reads a map, each of whose keys is there once.
func mapNode[T any](n *yaml.Node, remedy string, read func(*yaml.Node) (T, error)) (map[string]T, error) {
	if n.Kind != yaml.MappingNode {
		return nil, fault(remedy, "must be a map")
	}
	values := map[string]T{}
	for i := 0; i < len(n.Content); i += 2 {
		key := n.Content[i].Value
		if _, ok := values[key]; ok {
			return nil, fault("", "has %s twice", key)
		}
		v, err := read(n.Content[i+1])
		if err != nil {
			return nil, err
		}
		values[key] = v
	}
	return values, nil
}
