package aws

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// document is a policy, parsed.
type document struct {
	raw        string
	statements []statement
}

type statement struct {
	deny              bool
	actions           []string
	exceptActions     bool // NotAction
	resources         []string
	exceptResources   bool // NotResource
	principals        []trusted
	conditions        []condition
	hasAnyResource    bool
	hasPrincipalField bool
}

// trusted is one principal of a trust policy: its kind (AWS, Federated, Service or CanonicalUser) and value.
type trusted struct{ kind, value string }

type condition struct {
	operator string
	ifExists bool
	key      string
	values   []string
}

// oneOrMany is a JSON string, or a list of them. Numbers and booleans stand for what they are written as.
type oneOrMany []string

func (o *oneOrMany) UnmarshalJSON(b []byte) error {
	var v any
	if err := json.Unmarshal(b, &v); err != nil {
		return err
	}
	list, many := v.([]any)
	if !many {
		list = []any{v}
	}
	for _, item := range list {
		switch item.(type) {
		case string, bool, float64:
			*o = append(*o, fmt.Sprint(item))
		default:
			return fmt.Errorf("%v where a string belongs", item)
		}
	}
	return nil
}

func malformed(format string, args ...any) error {
	return &Error{400, "MalformedPolicyDocument", fmt.Sprintf(format, args...)}
}

// parsePolicy reads a policy by the grammar of
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html.
func parsePolicy(raw string) (*document, error) {
	var policy struct {
		Version, ID string
		Statement   json.RawMessage
	}
	if err := strict([]byte(raw), &policy); err != nil || len(policy.Statement) == 0 {
		return nil, malformed("Syntax errors in policy.")
	}
	if policy.Version != "" && policy.Version != "2012-10-17" && policy.Version != "2008-10-17" {
		return nil, malformed("Syntax errors in policy.")
	}
	if policy.Statement[0] != '[' {
		policy.Statement = slices.Concat([]byte("["), policy.Statement, []byte("]"))
	}
	var list []struct {
		Sid, Effect                              string
		Principal, NotPrincipal                  json.RawMessage
		Action, NotAction, Resource, NotResource oneOrMany
		Condition                                map[string]map[string]oneOrMany
	}
	if err := strict(policy.Statement, &list); err != nil || len(list) == 0 {
		return nil, malformed("Syntax errors in policy.")
	}
	d := &document{raw: raw}
	for _, in := range list {
		st := statement{
			deny:    in.Effect == "Deny",
			actions: append(in.Action, in.NotAction...), exceptActions: in.NotAction != nil,
			resources: append(in.Resource, in.NotResource...), exceptResources: in.NotResource != nil,
			hasAnyResource: in.Resource != nil || in.NotResource != nil, hasPrincipalField: in.Principal != nil || in.NotPrincipal != nil,
		}
		switch {
		case in.Effect != "Allow" && in.Effect != "Deny":
			return nil, malformed("Syntax errors in policy.")
		case len(st.actions) == 0 || in.Action != nil && in.NotAction != nil:
			return nil, malformed("Policy statement must contain actions.")
		case in.NotPrincipal != nil:
			return nil, malformed("AssumeRolePolicy may not contain NotPrincipal.")
		}
		for _, a := range st.actions {
			if a != "*" && !strings.Contains(a, ":") {
				return nil, malformed("Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc.")
			}
		}
		for _, operator := range slices.Sorted(maps.Keys(in.Condition)) {
			name, ifExists := strings.CutSuffix(operator, "IfExists")
			if _, ok := comparisons[name]; !ok {
				return nil, malformed("Invalid Condition type : %s.", operator)
			}
			for _, key := range slices.Sorted(maps.Keys(in.Condition[operator])) {
				st.conditions = append(st.conditions, condition{name, ifExists, key, in.Condition[operator][key]})
			}
		}
		var err error
		if st.principals, err = parsePrincipals(in.Principal); err != nil {
			return nil, err
		}
		d.statements = append(d.statements, st)
	}
	return d, nil
}

func strict(b []byte, into any) error {
	d := json.NewDecoder(bytes.NewReader(b))
	d.DisallowUnknownFields()
	if err := d.Decode(into); err != nil {
		return err
	}
	if d.More() {
		return fmt.Errorf("something follows the document")
	}
	return nil
}

func parsePrincipals(b json.RawMessage) ([]trusted, error) {
	if b == nil {
		return nil, nil
	}
	if string(b) == `"*"` {
		return []trusted{{"STAR", "*"}}, nil
	}
	var kinds map[string]oneOrMany
	if err := json.Unmarshal(b, &kinds); err != nil {
		return nil, malformed("Syntax errors in policy.")
	}
	var out []trusted
	for _, kind := range slices.Sorted(maps.Keys(kinds)) {
		for _, value := range kinds[kind] {
			out = append(out, trusted{kind, value})
		}
	}
	return out, nil
}

// parseIdentityPolicy reads a policy that is attached to a user or role: it names resources and no principals.
func parseIdentityPolicy(raw string) (*document, error) {
	d, err := parsePolicy(raw)
	if err != nil {
		return nil, err
	}
	for _, st := range d.statements {
		if st.hasPrincipalField {
			return nil, malformed("Policy document should not specify a principal.")
		}
		if !st.hasAnyResource {
			return nil, malformed("Policy statement must contain resources.")
		}
		for _, r := range st.resources {
			if r != "*" && !strings.HasPrefix(r, "arn:") {
				return nil, malformed("Resource %s must be in ARN format or \"*\".", r)
			}
		}
	}
	return d, nil
}

// facts are the condition keys of a request, in lower case.
type facts map[string]string

func (f facts) with(more facts) facts {
	out := maps.Clone(f)
	for k, v := range more {
		if v != "" {
			out[strings.ToLower(k)] = v
		}
	}
	return out
}

// speaksOf reports whether the statement is about the action on the resource. A trust policy names no resources.
func (st statement) speaksOf(action, resource string, f facts) bool {
	if !st.covers(action) {
		return false
	}
	if st.hasAnyResource {
		hit := slices.ContainsFunc(st.resources, func(p string) bool { return glob(expand(p, f), resource) })
		if hit == st.exceptResources {
			return false
		}
	}
	_, met := st.unmet(f)
	return met
}

// covers reports whether the statement's actions comprise the action.
func (st statement) covers(action string) bool {
	hit := slices.ContainsFunc(st.actions, func(p string) bool { return glob(strings.ToLower(p), strings.ToLower(action)) })
	return hit != st.exceptActions
}

// unmet returns the first of the statement's conditions that does not hold; met is true where all do.
func (st statement) unmet(f facts) (c condition, met bool) {
	for _, c := range st.conditions {
		if !c.holds(f) {
			return c, false
		}
	}
	return condition{}, true
}

// verdict is what a set of policies says of a request.
type verdict int

const (
	silent verdict = iota
	allowed
	denied
)

func judge(documents []*document, action, resource string, f facts) verdict {
	v := silent
	for _, d := range documents {
		for _, st := range d.statements {
			switch {
			case !st.speaksOf(action, resource, f):
			case st.deny:
				return denied
			default:
				v = allowed
			}
		}
	}
	return v
}

// comparisons are the condition operators; each says whether one value of the policy fits the request's. The
// negative ones (Not…) are their opposites.
var comparisons = map[string]func(want, got string) bool{
	"StringEquals":              func(w, g string) bool { return w == g },
	"StringNotEquals":           func(w, g string) bool { return w == g },
	"StringEqualsIgnoreCase":    strings.EqualFold,
	"StringNotEqualsIgnoreCase": strings.EqualFold,
	"StringLike":                glob,
	"StringNotLike":             glob,
	"ArnEquals":                 glob,
	"ArnLike":                   glob,
	"ArnNotEquals":              glob,
	"ArnNotLike":                glob,
	"Bool":                      strings.EqualFold,
	"Null":                      strings.EqualFold,
}

func (c condition) holds(f facts) bool {
	got, there := f[strings.ToLower(c.key)]
	if c.operator == "Null" {
		return slices.Contains(c.values, fmt.Sprint(!there))
	}
	negative := strings.Contains(c.operator, "Not")
	if !there {
		return c.ifExists || negative
	}
	fits := slices.ContainsFunc(c.values, func(want string) bool { return comparisons[c.operator](expand(want, f), got) })
	return fits != negative
}

// expand puts the request's facts for policy variables such as ${aws:username}.
func expand(pattern string, f facts) string {
	if !strings.Contains(pattern, "${") {
		return pattern
	}
	for key, value := range f {
		pattern = strings.ReplaceAll(pattern, "${"+key+"}", value)
	}
	return pattern
}

// glob matches text with a pattern in which * stands for anything and ? for one letter.
func glob(pattern, text string) bool {
	star, back := -1, 0
	p, t := 0, 0
	for t < len(text) {
		switch {
		case p < len(pattern) && pattern[p] == '*':
			star, back = p, t
			p++
		case p < len(pattern) && (pattern[p] == '?' || pattern[p] == text[t]):
			p++
			t++
		case star >= 0:
			back++
			p, t = star+1, back
		default:
			return false
		}
	}
	return strings.Trim(pattern[p:], "*") == ""
}
