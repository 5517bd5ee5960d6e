package app

import (
	"maps"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"

	"github.com/oktaws/oktaws/provision"
	"github.com/oktaws/oktaws/store"
)

// roleSetsPath begins the path of every role set in the file.
const roleSetsPath = "role_sets."

// roleSetSetting is the setting of one role set.
func roleSetSetting(name string) setting {
	return setting{roleSetsPath + name, roleSet, "", setRoles(name)}
}

// furtherRoleSets are the settings of the role sets that were written beside the default one.
func furtherRoleSets(values map[string]written) []setting {
	var all []setting
	for _, path := range slices.Sorted(maps.Keys(values)) {
		if name, ok := strings.CutPrefix(path, roleSetsPath); ok && name != store.DefaultRoleSet {
			all = append(all, roleSetSetting(name))
		}
	}
	return all
}

// roleKeys are the keys of a role in the file, and what each sets.
var roleKeys = map[string]func(*provision.RoleSpec, *yaml.Node) error{
	"name":                 roleKey(scalarNode, func(r *provision.RoleSpec) *string { return &r.Name }),
	"policies":             roleKey(listNode, func(r *provision.RoleSpec) *[]string { return &r.Policies }),
	"inline":               roleKey(documentsNode, func(r *provision.RoleSpec) *map[string]string { return &r.Inline }),
	"permissions_boundary": roleKey(scalarNode, func(r *provision.RoleSpec) *string { return &r.Boundary }),
	"session":              roleKey(parsed(sessionDuration), func(r *provision.RoleSpec) *time.Duration { return &r.Session }),
	"path":                 roleKey(scalarNode, func(r *provision.RoleSpec) *string { return &r.Path }),
	"tags":                 roleKey(pairsNode, func(r *provision.RoleSpec) *map[string]string { return &r.Tags }),
	"group":                roleKey(scalarNode, func(r *provision.RoleSpec) *string { return &r.Group }),
	"existing_group":       roleKey(parsed(yesNo), func(r *provision.RoleSpec) *bool { return &r.GroupExists }),
}

// roleKey sets a field of a role to what read makes of a value.
func roleKey[T any](read func(*yaml.Node) (T, error), field func(*provision.RoleSpec) *T) func(*provision.RoleSpec, *yaml.Node) error {
	return func(r *provision.RoleSpec, n *yaml.Node) (err error) {
		*field(r), err = read(n)
		return err
	}
}

// parsed reads one value that parse makes something of.
func parsed[T any](parse func(string) (T, error)) func(*yaml.Node) (T, error) {
	return func(n *yaml.Node) (v T, err error) {
		text, err := scalarNode(n)
		if err != nil {
			return v, err
		}
		return parse(text)
	}
}

// rolesNode reads a role set: a list of maps. The group, where there is none, is the usual one.
func rolesNode(n *yaml.Node) ([]provision.RoleSpec, error) {
	if n.Kind != yaml.SequenceNode {
		return nil, fault("oktaws.example.yaml shows how.", "must be a list of roles")
	}
	var roles []provision.RoleSpec
	for _, item := range n.Content {
		if item.Kind != yaml.MappingNode {
			return nil, fault("oktaws.example.yaml shows how.", "must be a list of roles, each with name and policies (line %d)", item.Line)
		}
		role := provision.RoleSpec{Group: provision.DefaultRoleSet()[0].Group}
		seen := map[string]bool{}
		for i := 0; i < len(item.Content); i += 2 {
			key, value := item.Content[i], item.Content[i+1]
			set, ok := roleKeys[key.Value]
			switch {
			case !ok:
				return nil, fault(didYouMean(key.Value, slices.Sorted(maps.Keys(roleKeys))), "has %s in line %d, which is not a key of a role", key.Value, key.Line)
			case seen[key.Value]:
				return nil, fault("", "has %s twice in one role (line %d)", key.Value, key.Line)
			}
			if err := set(&role, value); err != nil {
				return nil, about("has a role (line %d) whose "+key.Value+" %s", item.Line, err)
			}
			seen[key.Value] = true
		}
		roles = append(roles, role)
	}
	return roles, nil
}

// placeholders are what the name of a role's group may hold.
var placeholders = []string{"{label}", "{account}", "{role}", "{alias}"}

// What AWS takes of a role (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html), and of a
// template that comes with the call (https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html).
const (
	maxPolicies = 20     // managed ones, with a raised quota
	maxInline   = 10_240 // characters of all inline policies of a role
	maxTags     = 40     // of 50: the stack's own are on the role too
	maxTemplate = 51_200 // bytes
)

// setRoles checks a role set by IAM's rules: names are unique without regard to case.
func setRoles(set string) func(*Config, written) error {
	return func(c *Config, w written) error {
		switch {
		case !roleSetPattern.MatchString(set):
			return fault("It has 1 to 40 of a-z, 0-9 and hyphens.", "has a name that people can't ask for")
		case len(w.roles) == 0 && set == store.DefaultRoleSet:
			return fault("Leave it out for the default role set.", "has no role")
		case len(w.roles) == 0:
			return fault("", "has no role")
		}
		names := map[string]bool{}
		for i, r := range w.roles {
			if !iamPattern.MatchString(r.Name) {
				return fault("It has 1 to 64 letters, digits and +=,.@-_.", "has %q as the name of role %d, which AWS would not take", r.Name, i+1)
			}
			if names[strings.ToLower(r.Name)] {
				return fault("AWS does not tell upper from lower case in the names of roles.", "has two roles called %s", r.Name)
			}
			names[strings.ToLower(r.Name)] = true
			if err := checkRole(r); err != nil {
				return err
			}
		}
		template, err := provision.Template(w.roles)
		if err != nil {
			return fault("Rename one of them.", "makes no CloudFormation template: %v", err)
		}
		if len(template) > maxTemplate {
			return fault("Shorten its inline policies, or make them managed ones.", "makes a CloudFormation template of %d bytes, and AWS takes %d", len(template), maxTemplate)
		}
		if c.RoleSets == nil {
			c.RoleSets = map[string][]provision.RoleSpec{}
		}
		c.RoleSets[set] = w.roles
		return nil
	}
}

func checkRole(r provision.RoleSpec) error {
	for _, check := range []func(provision.RoleSpec) error{checkPolicies, checkInline, checkTags, checkGroup} {
		if err := check(r); err != nil {
			return err
		}
	}
	if r.Boundary != "" && !policyPattern.MatchString(r.Boundary) {
		return fault("Write it as arn:${AWS::Partition}:iam::${AWS::AccountId}:policy/Boundary.", "has %q as the permissions boundary of role %s, which is not the ARN of a managed policy", r.Boundary, r.Name)
	}
	if r.Path != "" && (!rolePathPattern.MatchString(r.Path) || len(r.Path) > 512) {
		return fault("It begins and ends with a slash, such as /okta/.", "has %q as the path of role %s, which AWS would not take", r.Path, r.Name)
	}
	return nil
}

func checkPolicies(r provision.RoleSpec) error {
	switch n := len(r.Policies); {
	case n > maxPolicies:
		return fault("", "has %d policies for role %s, and may have %d", n, r.Name, maxPolicies)
	case n == 0 && len(r.Inline) == 0:
		return fault("List managed policies in policies, or write some in inline.", "has no policies for role %s: it could do nothing", r.Name)
	}
	for i, p := range r.Policies {
		if !policyPattern.MatchString(p) {
			return fault("Write it as arn:${AWS::Partition}:iam::aws:policy/ReadOnlyAccess.", "has %q for role %s, which is not the ARN of a managed policy", p, r.Name)
		}
		if slices.Contains(r.Policies[:i], p) {
			return fault("", "has %s for role %s twice", p, r.Name)
		}
	}
	return nil
}

func checkInline(r provision.RoleSpec) error {
	size := 0
	for _, name := range slices.Sorted(maps.Keys(r.Inline)) {
		if !inlinePattern.MatchString(name) {
			return fault("It has 1 to 128 letters, digits and +=,.@-_.", "has %q as the name of an inline policy of role %s, which AWS would not take", name, r.Name)
		}
		size += utf8.RuneCountInString(r.Inline[name])
	}
	if size > maxInline {
		return fault("Make some of them managed policies.", "has inline policies of %d characters for role %s, and AWS takes %d", size, r.Name, maxInline)
	}
	return nil
}

// checkTags leaves out tags that AWS, or oktaws through the stack, gives a role.
func checkTags(r provision.RoleSpec) error {
	if n := len(r.Tags); n > maxTags {
		return fault("", "has %d tags for role %s, and may have %d", n, r.Name, maxTags)
	}
	seen := map[string]bool{}
	for _, key := range slices.Sorted(maps.Keys(r.Tags)) {
		lower, value := strings.ToLower(key), r.Tags[key]
		switch {
		case key == "" || utf8.RuneCountInString(key) > 128 || utf8.RuneCountInString(value) > 256 || !tagPattern.MatchString(key) || !tagPattern.MatchString(value):
			return fault("A key has 1 to 128, a value up to 256 letters, digits, spaces and _.:/=+-@.", "has the tag %q: %q for role %s, which AWS would not take", key, value, r.Name)
		case strings.HasPrefix(lower, "aws:"):
			return fault("", "has the tag %s for role %s: AWS keeps aws: for itself", key, r.Name)
		case lower == provision.TagManaged || lower == provision.TagRequest:
			return fault("", "has the tag %s for role %s, which oktaws sets by itself", key, r.Name)
		case seen[lower]:
			return fault("AWS does not tell upper from lower case in the keys of tags.", "has two tags called %s for role %s", key, r.Name)
		}
		seen[lower] = true
	}
	return nil
}

func checkGroup(r provision.RoleSpec) error {
	if strings.TrimSpace(r.Group) == "" || utf8.RuneCountInString(r.Group) > 255 { // Okta's limit
		return fault("Write it as {label}-{role}.", "has no group of 1 to 255 letters for role %s", r.Name)
	}
	if err := placeholdersIn(r.Group, placeholders); err != nil {
		return about("has for role %s a group that %s", r.Name, err)
	}
	return nil
}
