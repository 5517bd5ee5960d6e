package aws

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"
)

// template is a CloudFormation template. Functions in it have their long form: {"Fn::Sub": …}, {"Ref": …}.
type template struct {
	body        string
	description string
	parameters  map[string]parameter
	mappings    map[string]any
	conditions  map[string]any
	resources   map[string]resourceSpec
	outputs     map[string]map[string]any
	order       []string // logical IDs as the template has them
}

type parameter struct {
	Type, Description, AllowedPattern, ConstraintDescription string
	Default                                                  *string
	NoEcho                                                   bool
	AllowedValues                                            []string
	MinLength, MaxLength                                     *int
	MinValue, MaxValue                                       *float64
}

type resourceSpec struct {
	kind, condition               string
	deletionPolicy, replacePolicy string
	properties                    map[string]any
	dependsOn                     []string
}

const templateSize = 51_200 // bytes of TemplateBody

func templateError(format string, args ...any) error {
	return validation("Template format error: " + fmt.Sprintf(format, args...))
}

// parseTemplate reads a template of YAML or JSON
// (https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/template-anatomy.html). Of resources it knows
// AWS::IAM::Role; transforms, rules and hooks are refused.
func parseTemplate(body string) (*template, error) {
	if len(body) > templateSize {
		return nil, validation("1 validation error detected: Value at 'templateBody' failed to satisfy constraint: Member must have length less than or equal to 51200")
	}
	var doc yaml.Node
	if err := yaml.Unmarshal([]byte(body), &doc); err != nil {
		return nil, templateError("YAML not well-formed. (%s)", strings.TrimPrefix(err.Error(), "yaml: "))
	}
	if len(doc.Content) != 1 || doc.Content[0].Kind != yaml.MappingNode {
		return nil, templateError("unsupported structure.")
	}
	tree, err := plain(doc.Content[0])
	if err != nil {
		return nil, err
	}
	t := &template{body: body, parameters: map[string]parameter{}, resources: map[string]resourceSpec{}, outputs: map[string]map[string]any{}}
	var unknown []string
	for _, section := range slices.Sorted(maps.Keys(tree.(map[string]any))) {
		value := tree.(map[string]any)[section]
		switch section {
		case "AWSTemplateFormatVersion":
			if value != "2010-09-09" {
				return nil, templateError("Template format version %v is not supported.", value)
			}
		case "Description":
			text, ok := value.(string)
			if !ok || len(text) > 1024 {
				return nil, templateError("Description must be a string of at most 1024 bytes.")
			}
			t.description = text
		case "Metadata":
		case "Parameters", "Mappings", "Conditions", "Resources", "Outputs":
			members, ok := value.(map[string]any)
			if !ok {
				return nil, templateError("Every %s member must be an object.", section)
			}
			if err := t.section(section, members); err != nil {
				return nil, err
			}
		default:
			unknown = append(unknown, section)
		}
	}
	if len(unknown) > 0 {
		return nil, validation("Invalid template property or properties [" + strings.Join(unknown, ", ") + "]")
	}
	if len(t.resources) == 0 {
		return nil, templateError("At least one Resources member must be defined.")
	}
	for i, n := range doc.Content[0].Content {
		if n.Value == "Resources" && i%2 == 0 {
			for j := 0; j < len(doc.Content[0].Content[i+1].Content); j += 2 {
				t.order = append(t.order, doc.Content[0].Content[i+1].Content[j].Value)
			}
		}
	}
	return t, t.check()
}

var logicalID = regexp.MustCompile(`^[A-Za-z0-9]{1,255}$`)

func (t *template) section(section string, members map[string]any) error {
	for _, name := range slices.Sorted(maps.Keys(members)) {
		value := members[name]
		fields, object := value.(map[string]any)
		if !object && section != "Conditions" {
			return templateError("Every %s member must be an object.", section)
		}
		if !logicalID.MatchString(name) {
			return templateError("%s name '%s' is non alphanumeric.", strings.TrimSuffix(section, "s"), name)
		}
		switch section {
		case "Parameters":
			p, err := parseParameter(name, fields)
			if err != nil {
				return err
			}
			t.parameters[name] = p
		case "Resources":
			r, err := parseResource(name, fields)
			if err != nil {
				return err
			}
			t.resources[name] = r
		case "Outputs":
			if fields["Value"] == nil {
				return templateError("Every Outputs member must contain a Value object")
			}
			t.outputs[name] = fields
		}
	}
	switch section {
	case "Mappings":
		t.mappings = members
	case "Conditions":
		t.conditions = members
	}
	return nil
}

func parseParameter(name string, fields map[string]any) (parameter, error) {
	var p parameter
	b, err := yaml.Marshal(fields)
	if err != nil {
		return p, templateError("Invalid parameter %s", name)
	}
	var in struct {
		Type                  string   `yaml:"Type"`
		Description           string   `yaml:"Description"`
		AllowedPattern        string   `yaml:"AllowedPattern"`
		ConstraintDescription string   `yaml:"ConstraintDescription"`
		Default               *string  `yaml:"Default"`
		NoEcho                bool     `yaml:"NoEcho"`
		AllowedValues         []string `yaml:"AllowedValues"`
		MinLength             *int     `yaml:"MinLength"`
		MaxLength             *int     `yaml:"MaxLength"`
		MinValue              *float64 `yaml:"MinValue"`
		MaxValue              *float64 `yaml:"MaxValue"`
	}
	d := yaml.NewDecoder(strings.NewReader(string(b)))
	d.KnownFields(true)
	if err := d.Decode(&in); err != nil {
		return p, validation("Invalid template parameter property in '" + name + "': " + err.Error())
	}
	switch in.Type {
	case "":
		return p, templateError("Every Parameters object must contain a Type member.")
	case "String", "Number", "CommaDelimitedList", "List<Number>":
	default:
		return p, templateError("Unrecognized parameter type: %s", in.Type)
	}
	if _, err := regexp.Compile(in.AllowedPattern); err != nil {
		return p, templateError("AllowedPattern of %s is no regular expression", name)
	}
	return parameter(in), nil
}

func parseResource(name string, fields map[string]any) (resourceSpec, error) {
	var r resourceSpec
	for _, key := range slices.Sorted(maps.Keys(fields)) {
		value, ok := fields[key], true
		switch key {
		case "Type":
			r.kind, ok = value.(string)
		case "Condition":
			r.condition, ok = value.(string)
		case "DeletionPolicy":
			r.deletionPolicy, ok = value.(string)
			ok = ok && slices.Contains([]string{"Delete", "Retain", "RetainExceptOnCreate"}, r.deletionPolicy)
		case "UpdateReplacePolicy":
			r.replacePolicy, ok = value.(string)
			ok = ok && slices.Contains([]string{"Delete", "Retain"}, r.replacePolicy)
		case "Properties":
			r.properties, ok = value.(map[string]any)
		case "DependsOn":
			switch v := value.(type) {
			case string:
				r.dependsOn = []string{v}
			case []any:
				for _, item := range v {
					r.dependsOn = append(r.dependsOn, fmt.Sprint(item))
				}
			default:
				ok = false
			}
		case "Metadata":
		default:
			return r, validation("Invalid template resource property '" + key + "'")
		}
		if !ok {
			return r, templateError("%s of resource %s has the wrong form", key, name)
		}
	}
	switch {
	case r.kind == "":
		return r, validation("Template format error: [/Resources/" + name + "] Every Resources object must contain a Type member.")
	case slices.Contains(resourceTypes, r.kind):
		return r, nil
	}
	return r, templateError("Unrecognized resource types: [%s]", r.kind)
}

// plain turns YAML into maps, lists and scalars, and short forms of functions into long ones.
func plain(n *yaml.Node) (any, error) {
	if strings.HasPrefix(n.Tag, "!") && !strings.HasPrefix(n.Tag, "!!") {
		name := strings.TrimPrefix(n.Tag, "!")
		bare := *n
		bare.Tag = ""
		if n.Kind == yaml.ScalarNode {
			bare.Tag = "!!str"
		}
		value, err := plain(&bare)
		if err != nil {
			return nil, err
		}
		switch name {
		case "Ref", "Condition":
		case "GetAtt":
			if text, ok := value.(string); ok {
				logical, attribute, _ := strings.Cut(text, ".")
				value = []any{logical, attribute}
			}
			name = "Fn::GetAtt"
		default:
			name = "Fn::" + name
		}
		return map[string]any{name: value}, nil
	}
	switch n.Kind {
	case yaml.MappingNode:
		out := map[string]any{}
		for i := 0; i+1 < len(n.Content); i += 2 {
			key := n.Content[i].Value
			if _, twice := out[key]; twice {
				return nil, templateError("YAML not well-formed. (line %d, column %d)", n.Content[i].Line, n.Content[i].Column)
			}
			value, err := plain(n.Content[i+1])
			if err != nil {
				return nil, err
			}
			if value == nil {
				return nil, validation("Template format error: [" + key + "] null values are not allowed in templates")
			}
			out[key] = value
		}
		return out, nil
	case yaml.SequenceNode:
		out := make([]any, 0, len(n.Content))
		for _, item := range n.Content {
			value, err := plain(item)
			if err != nil {
				return nil, err
			}
			out = append(out, value)
		}
		return out, nil
	case yaml.AliasNode:
		return nil, templateError("YAML aliases are not allowed in CloudFormation templates")
	}
	switch n.ShortTag() {
	case "!!null":
		return nil, nil
	case "!!bool":
		return strconv.ParseBool(strings.ToLower(n.Value))
	case "!!int", "!!float":
		var v any
		err := n.Decode(&v)
		return v, err
	}
	return n.Value, nil // dates too: 2012-10-17 is a version here
}

// bind gives every parameter its value: the one given, or the default.
func (t *template) bind(given map[string]string) (map[string]string, error) {
	var extra, missing []string
	for name := range given {
		if _, ok := t.parameters[name]; !ok {
			extra = append(extra, name)
		}
	}
	slices.Sort(extra)
	if len(extra) > 0 {
		return nil, validation("Parameters: [" + strings.Join(extra, ", ") + "] do not exist in the template")
	}
	out := map[string]string{}
	for _, name := range slices.Sorted(maps.Keys(t.parameters)) {
		p := t.parameters[name]
		value, ok := given[name]
		switch {
		case ok:
		case p.Default != nil:
			value = *p.Default
		default:
			missing = append(missing, name)
			continue
		}
		if err := p.check(name, value); err != nil {
			return nil, err
		}
		out[name] = value
	}
	if len(missing) > 0 {
		return nil, validation("Parameters: [" + strings.Join(missing, ", ") + "] must have values")
	}
	return out, nil
}

func (p parameter) check(name, value string) error {
	wrong := func(what string) error {
		if p.ConstraintDescription != "" {
			what = "failed to satisfy constraint: " + p.ConstraintDescription
		}
		return validation("Parameter '" + name + "' " + what)
	}
	values := []string{value}
	if p.Type == "CommaDelimitedList" || p.Type == "List<Number>" {
		values = strings.Split(value, ",")
	}
	for _, v := range values {
		v = strings.TrimSpace(v)
		if p.Type == "Number" || p.Type == "List<Number>" {
			n, err := strconv.ParseFloat(v, 64)
			switch {
			case err != nil:
				return validation("Parameter '" + name + "' must be a number.")
			case p.MinValue != nil && n < *p.MinValue:
				return wrong(fmt.Sprintf("must be a number not less than %v", *p.MinValue))
			case p.MaxValue != nil && n > *p.MaxValue:
				return wrong(fmt.Sprintf("must be a number not greater than %v", *p.MaxValue))
			}
		}
		switch {
		case len(p.AllowedValues) > 0 && !slices.Contains(p.AllowedValues, v):
			return wrong("must be one of AllowedValues")
		case p.AllowedPattern != "" && !regexp.MustCompile(`^(?:`+p.AllowedPattern+`)$`).MatchString(v):
			return wrong("must match pattern " + p.AllowedPattern)
		case p.MinLength != nil && len(v) < *p.MinLength:
			return wrong(fmt.Sprintf("must contain at least %d characters", *p.MinLength))
		case p.MaxLength != nil && len(v) > *p.MaxLength:
			return wrong(fmt.Sprintf("must contain at most %d characters", *p.MaxLength))
		}
	}
	return nil
}
