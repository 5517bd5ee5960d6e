package provision

import (
	"bytes"
	_ "embed"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"
)

// The parameters of the template.
const (
	paramProvider = "IdentityProviderArn"
	paramSession  = "MaxSessionDuration"
)

//go:embed roles.yaml
var rolesYAML []byte

// Template returns the CloudFormation template of a role set, as YAML: the embedded roles.yaml, with its first role
// as the pattern of each of roles. It fails where two roles make the same logical ID, or one makes none.
func Template(roles []RoleSpec) (string, error) { return template(roles, false) }

// importTemplate is the template by which roles that exist are taken into a new stack: CloudFormation asks for a deletion
// policy on each of them (https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/import-resources.html).
func importTemplate(roles []RoleSpec) (string, error) { return template(roles, true) }

func template(roles []RoleSpec, keep bool) (string, error) {
	var doc yaml.Node
	if err := yaml.Unmarshal(rolesYAML, &doc); err != nil {
		return "", fmt.Errorf("read the embedded template: %w", err)
	}
	resources := value(doc.Content[0], "Resources")
	pattern, err := yaml.Marshal(resources.Content[1])
	if err != nil {
		return "", fmt.Errorf("copy the pattern role: %w", err)
	}
	resources.Content = nil
	taken := map[string]string{}
	for _, spec := range roles {
		id := logicalID(spec.Name)
		if id == "" {
			return "", fmt.Errorf("role %s has neither a letter nor a digit", spec.Name)
		}
		if other, ok := taken[id]; ok {
			return "", fmt.Errorf("roles %s and %s differ in punctuation only", other, spec.Name)
		}
		taken[id] = spec.Name
		var role yaml.Node
		if err := yaml.Unmarshal(pattern, &role); err != nil {
			return "", fmt.Errorf("copy the pattern role: %w", err)
		}
		if keep {
			spec.Tags = nil // an import changes nothing of a role: the update that follows is to see that they are missing
		}
		if err := fill(value(role.Content[0], "Properties"), spec); err != nil {
			return "", fmt.Errorf("role %s: %w", spec.Name, err)
		}
		if keep {
			role.Content[0].Content = append(role.Content[0].Content, text("DeletionPolicy"), text("Retain"))
		}
		resources.Content = append(resources.Content, text(id), role.Content[0])
	}
	var out bytes.Buffer
	e := yaml.NewEncoder(&out)
	e.SetIndent(2)
	if err := e.Encode(&doc); err != nil {
		return "", fmt.Errorf("write the template: %w", err)
	}
	return out.String(), nil
}

// fill sets the properties of a role. What a role set leaves out is not in the template either.
func fill(properties *yaml.Node, spec RoleSpec) error {
	*value(properties, "RoleName") = *text(spec.Name)
	policies := value(properties, "ManagedPolicyArns")
	policies.Content = nil
	for _, arn := range spec.Policies {
		policies.Content = append(policies.Content, substituted(arn))
	}
	add := func(key string, v *yaml.Node) { properties.Content = append(properties.Content, text(key), v) }
	if spec.Session != 0 {
		session := value(properties, "MaxSessionDuration")
		*session = yaml.Node{Kind: yaml.ScalarNode, Tag: "!!int", Value: strconv.Itoa(int(spec.Session / time.Second))}
	}
	if spec.Path != "" {
		add("Path", text(spec.Path))
	}
	if spec.Boundary != "" {
		add("PermissionsBoundary", substituted(spec.Boundary))
	}
	if len(spec.Inline) > 0 {
		list := &yaml.Node{Kind: yaml.SequenceNode}
		for _, name := range slices.Sorted(maps.Keys(spec.Inline)) {
			var document yaml.Node
			if err := yaml.Unmarshal([]byte(spec.Inline[name]), &document); err != nil || len(document.Content) != 1 || document.Content[0].Kind != yaml.MappingNode {
				return fmt.Errorf("the inline policy %s is not a JSON object", name)
			}
			plain(document.Content[0])
			list.Content = append(list.Content, &yaml.Node{Kind: yaml.MappingNode, Content: []*yaml.Node{
				text("PolicyName"), text(name), text("PolicyDocument"), document.Content[0]}})
		}
		add("Policies", list)
	}
	if len(spec.Tags) > 0 {
		list := &yaml.Node{Kind: yaml.SequenceNode}
		for _, key := range slices.Sorted(maps.Keys(spec.Tags)) {
			list.Content = append(list.Content, &yaml.Node{Kind: yaml.MappingNode, Content: []*yaml.Node{
				text("Key"), text(key), text("Value"), text(spec.Tags[key])}})
		}
		add("Tags", list)
	}
	return nil
}

// other is what would be no string without quotes: to our library, which reads YAML 1.2, or to CloudFormation, which reads
// YAML 1.1 (https://yaml.org/type/bool.html, and others there).
var other = regexp.MustCompile(`(?i)^(y|n|yes|no|on|off|true|false|null|~|=|<<|[-+.0-9].*|)$`)

// text is a YAML string, quoted where it would be something else.
func text(s string) *yaml.Node {
	var n yaml.Node
	n.SetString(s)
	if other.MatchString(s) {
		n.Style = yaml.DoubleQuotedStyle
	}
	return &n
}

// plain writes a document that came as JSON in YAML's own style, with its pseudo parameters substituted.
func plain(n *yaml.Node) {
	n.Style = 0
	if n.Kind == yaml.ScalarNode && n.Tag == "!!str" {
		*n = *substituted(n.Value)
		return
	}
	for i, c := range n.Content {
		if n.Kind == yaml.MappingNode && i%2 == 0 {
			c.Style = 0
			if c.Tag == "!!str" {
				*c = *text(c.Value)
			}
			continue
		}
		plain(c)
	}
}

// value returns the value of a key of a YAML mapping that is known to have it.
func value(mapping *yaml.Node, key string) *yaml.Node {
	for i := 0; i+1 < len(mapping.Content); i += 2 {
		if mapping.Content[i].Value == key {
			return mapping.Content[i+1]
		}
	}
	panic("roles.yaml has no " + key)
}

// pseudo are the pseudo parameters that role sets may hold.
var pseudo = []string{"${AWS::Partition}", "${AWS::AccountId}"}

// substituted writes a text that holds a pseudo parameter as !Sub, and any other as it is. What else looks like a
// parameter, such as the policy variable ${aws:username}, stays what it is.
func substituted(s string) *yaml.Node {
	if !slices.ContainsFunc(pseudo, func(p string) bool { return strings.Contains(s, p) }) {
		return text(s)
	}
	s = strings.ReplaceAll(s, "${", "${!")
	for _, p := range pseudo {
		s = strings.ReplaceAll(s, strings.Replace(p, "${", "${!", 1), p)
	}
	return &yaml.Node{Kind: yaml.ScalarNode, Value: s, Tag: "!Sub"}
}

// logicalID makes a CloudFormation logical ID, which is alphanumeric, of a role's name.
func logicalID(role string) string {
	return strings.Map(func(r rune) rune {
		if r >= '0' && r <= '9' || r >= 'A' && r <= 'Z' || r >= 'a' && r <= 'z' {
			return r
		}
		return -1
	}, role)
}
