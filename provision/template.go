package provision

import (
	"bytes"
	_ "embed"
	"fmt"
	"strings"

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
func Template(roles []RoleSpec) (string, error) {
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
		properties := value(role.Content[0], "Properties")
		value(properties, "RoleName").SetString(spec.Name)
		policies := value(properties, "ManagedPolicyArns")
		policies.Content = nil
		for _, arn := range spec.Policies {
			policies.Content = append(policies.Content, policyNode(arn))
		}
		resources.Content = append(resources.Content, &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Value: id}, role.Content[0])
	}
	var out bytes.Buffer
	e := yaml.NewEncoder(&out)
	e.SetIndent(2)
	if err := e.Encode(&doc); err != nil {
		return "", fmt.Errorf("write the template: %w", err)
	}
	return out.String(), nil
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

// policyNode writes an ARN that holds a pseudo parameter as !Sub, and any other as it is.
func policyNode(arn string) *yaml.Node {
	n := &yaml.Node{Kind: yaml.ScalarNode, Value: arn}
	if strings.Contains(arn, "${") {
		n.Tag = "!Sub"
	}
	return n
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
