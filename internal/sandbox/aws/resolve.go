package aws

import (
	"encoding/base64"
	"fmt"
	"maps"
	"reflect"
	"regexp"
	"slices"
	"strings"
)

// resolver works out a template's functions for one stack.
type resolver struct {
	*template
	values     map[string]string // of the parameters
	pseudo     map[string]any    // AWS::Region, …
	attributes func(logical, attribute string) (string, error)
}

// noValue stands for AWS::NoValue: whatever holds it is left out.
type noValue struct{}

func functionError(format string, args ...any) error {
	return validation("Template error: " + fmt.Sprintf(format, args...))
}

// resolve returns the value without functions.
func (r *resolver) resolve(v any) (any, error) {
	switch v := v.(type) {
	case []any:
		out := make([]any, 0, len(v))
		for _, item := range v {
			got, err := r.resolve(item)
			if err != nil {
				return nil, err
			}
			if got != (noValue{}) {
				out = append(out, got)
			}
		}
		return out, nil
	case map[string]any:
		if name, argument, ok := function(v); ok {
			return r.apply(name, argument)
		}
		out := map[string]any{}
		for _, key := range slices.Sorted(maps.Keys(v)) {
			got, err := r.resolve(v[key])
			if err != nil {
				return nil, err
			}
			if got != (noValue{}) {
				out[key] = got
			}
		}
		return out, nil
	}
	return v, nil
}

// function reports whether a map is a call of a function.
func function(m map[string]any) (name string, argument any, ok bool) {
	if len(m) != 1 {
		return "", nil, false
	}
	for name, argument = range m {
		ok = name == "Ref" || strings.HasPrefix(name, "Fn::")
	}
	return name, argument, ok
}

func (r *resolver) apply(name string, argument any) (any, error) {
	list, isList := argument.([]any)
	wrong := functionError("every %s object has the wrong arguments: %v", name, argument)
	switch name {
	case "Ref":
		return r.ref(fmt.Sprint(argument))
	case "Fn::GetAtt":
		if len(list) != 2 {
			return nil, wrong
		}
		return r.attributes(fmt.Sprint(list[0]), fmt.Sprint(list[1]))
	case "Fn::Sub":
		return r.sub(argument)
	case "Fn::If":
		if len(list) != 3 {
			return nil, wrong
		}
		yes, err := r.condition(fmt.Sprint(list[0]))
		if err != nil {
			return nil, err
		}
		if yes {
			return r.resolve(list[1])
		}
		return r.resolve(list[2])
	}
	if !isList && name != "Fn::Base64" {
		return nil, wrong
	}
	resolved, err := r.resolve(argument)
	if err != nil {
		return nil, err
	}
	list, _ = resolved.([]any)
	switch {
	case name == "Fn::Base64":
		return base64.StdEncoding.EncodeToString([]byte(fmt.Sprint(resolved))), nil
	case name == "Fn::FindInMap" && len(list) == 3:
		return r.find(fmt.Sprint(list[0]), fmt.Sprint(list[1]), fmt.Sprint(list[2]))
	case len(list) != 2:
	case name == "Fn::Join":
		if items, ok := list[1].([]any); ok {
			return strings.Join(texts(items), fmt.Sprint(list[0])), nil
		}
	case name == "Fn::Split":
		var out []any
		for part := range strings.SplitSeq(fmt.Sprint(list[1]), fmt.Sprint(list[0])) {
			out = append(out, part)
		}
		return out, nil
	case name == "Fn::Select":
		items, ok := list[1].([]any)
		var i int
		if _, err := fmt.Sscan(fmt.Sprint(list[0]), &i); !ok || err != nil || i < 0 || i >= len(items) {
			return nil, functionError("Fn::Select cannot select nonexistent value at index %v", list[0])
		}
		return items[i], nil
	}
	return nil, wrong
}

func texts(items []any) []string {
	out := make([]string, len(items))
	for i, item := range items {
		out[i] = fmt.Sprint(item)
	}
	return out
}

func (r *resolver) ref(name string) (any, error) {
	if v, ok := r.pseudo[name]; ok {
		return v, nil
	}
	if v, ok := r.values[name]; ok {
		if t := r.parameters[name].Type; t == "CommaDelimitedList" || t == "List<Number>" {
			var out []any
			for part := range strings.SplitSeq(v, ",") {
				out = append(out, strings.TrimSpace(part))
			}
			return out, nil
		}
		return v, nil
	}
	return r.attributes(name, "")
}

var placeholder = regexp.MustCompile(`\$\{[^}]*\}`)

func (r *resolver) sub(argument any) (any, error) {
	text, ok := argument.(string)
	own := map[string]any{}
	if list, isList := argument.([]any); isList && len(list) == 2 {
		text, ok = list[0].(string)
		own, _ = list[1].(map[string]any)
	}
	if !ok {
		return nil, functionError("One or more Fn::Sub intrinsic functions don't specify expected arguments. Specify a string as first argument, and an optional second argument to specify a mapping of values to replace in the string")
	}
	var failed error
	out := placeholder.ReplaceAllStringFunc(text, func(hole string) string {
		name := strings.TrimSpace(hole[2 : len(hole)-1])
		if literal, ok := strings.CutPrefix(name, "!"); ok {
			return "${" + literal + "}"
		}
		var v any
		var err error
		if given, ok := own[name]; ok {
			v, err = r.resolve(given)
		} else if logical, attribute, ok := strings.Cut(name, "."); ok {
			v, err = r.attributes(logical, attribute)
		} else {
			v, err = r.ref(name)
		}
		if err != nil && failed == nil {
			failed = err
		}
		return fmt.Sprint(v)
	})
	return out, failed
}

func (r *resolver) find(mapping, top, second string) (any, error) {
	m, ok := r.mappings[mapping].(map[string]any)
	if !ok {
		return nil, functionError("Mapping named '%s' is not present in the 'Mappings' section of template.", mapping)
	}
	keys, _ := m[top].(map[string]any)
	v, ok := keys[second]
	if !ok {
		return nil, functionError("Unable to get mapping for %s::%s::%s", mapping, top, second)
	}
	return v, nil
}

// condition works out the condition of that name.
func (r *resolver) condition(name string) (bool, error) {
	c, ok := r.conditions[name]
	if !ok {
		return false, templateError("Unresolved condition dependency %s in the Conditions block of the template", name)
	}
	return r.truth(c, 0)
}

func (r *resolver) truth(v any, depth int) (bool, error) {
	m, _ := v.(map[string]any)
	if len(m) != 1 || depth > 20 {
		return false, functionError("a condition must be one of Fn::Equals, Fn::And, Fn::Or, Fn::Not and Condition")
	}
	for name, argument := range m {
		list, _ := argument.([]any)
		switch {
		case name == "Condition":
			c, ok := r.conditions[fmt.Sprint(argument)]
			if !ok {
				return false, templateError("Unresolved condition dependency %v in the Conditions block of the template", argument)
			}
			return r.truth(c, depth+1)
		case name == "Fn::Equals" && len(list) == 2:
			both, err := r.resolve(list)
			if err != nil {
				return false, err
			}
			pair := both.([]any)
			return len(pair) == 2 && reflect.DeepEqual(texts(pair[:1]), texts(pair[1:])), nil
		case name == "Fn::Not" && len(list) == 1:
			yes, err := r.truth(list[0], depth+1)
			return !yes, err
		case (name == "Fn::And" || name == "Fn::Or") && len(list) >= 2 && len(list) <= 10:
			all := name == "Fn::And"
			for _, item := range list {
				yes, err := r.truth(item, depth+1)
				if err != nil || yes != all {
					return yes, err
				}
			}
			return all, nil
		}
		return false, functionError("every %s object has the wrong arguments: %v", name, argument)
	}
	return false, nil
}

// mentions collects what a value refers to.
func mentions(v any, found map[string]bool) {
	switch v := v.(type) {
	case []any:
		for _, item := range v {
			mentions(item, found)
		}
	case map[string]any:
		for name, argument := range v {
			list, _ := argument.([]any)
			switch {
			case name == "Ref":
				found[fmt.Sprint(argument)] = true
			case name == "Fn::GetAtt" && len(list) == 2:
				found[fmt.Sprint(list[0])] = true
			case name == "Fn::Sub":
				text, own := argument, map[string]any{}
				if len(list) == 2 {
					text = list[0]
					own, _ = list[1].(map[string]any)
					mentions(own, found)
				}
				for _, hole := range placeholder.FindAllString(fmt.Sprint(text), -1) {
					head, _, _ := strings.Cut(strings.TrimSpace(hole[2:len(hole)-1]), ".")
					if _, given := own[head]; !given && !strings.HasPrefix(head, "!") {
						found[head] = true
					}
				}
			default:
				mentions(argument, found)
			}
		}
	}
}

// check finds references to what the template doesn't have, and circles.
func (t *template) check() error {
	known := func(name string) bool {
		_, parameter := t.parameters[name]
		_, resource := t.resources[name]
		return parameter || resource || strings.HasPrefix(name, "AWS::")
	}
	for section, body := range map[string]any{"Conditions": t.conditions, "Outputs": t.outputList()} {
		found := map[string]bool{}
		mentions(body, found)
		for _, name := range slices.Sorted(maps.Keys(found)) {
			if !known(name) || section == "Conditions" && t.resources[name].kind != "" {
				return templateError("Unresolved dependencies [%s]. Cannot reference resources in the %s block of the template", name, section)
			}
		}
	}
	for _, id := range t.order {
		if _, twice := t.parameters[id]; twice {
			return templateError("Logical IDs must be unique within the template: [%s]", id)
		}
		found := map[string]bool{}
		mentions(t.resources[id].properties, found)
		for _, d := range t.resources[id].dependsOn {
			found[d] = true
		}
		for _, name := range slices.Sorted(maps.Keys(found)) {
			if !known(name) {
				return templateError("Unresolved resource dependencies [%s] in the Resources block of the template", name)
			}
		}
		if c := t.resources[id].condition; c != "" && t.conditions[c] == nil {
			return templateError("Unresolved condition dependency %s in the Resources block of the template", c)
		}
	}
	_, err := t.waves(t.order)
	return err
}

func (t *template) outputList() []any {
	var out []any
	for _, o := range sorted(t.outputs) {
		out = append(out, map[string]any(o))
	}
	return out
}

// waves orders resources by what they need: those of a wave need only those of the waves before it.
func (t *template) waves(ids []string) ([][]string, error) {
	left, done := slices.Clone(ids), map[string]bool{}
	var out [][]string
	for len(left) > 0 {
		var wave []string
		for _, id := range left {
			needs := map[string]bool{}
			mentions(t.resources[id].properties, needs)
			for _, d := range t.resources[id].dependsOn {
				needs[d] = true
			}
			ready := !slices.ContainsFunc(left, func(other string) bool { return needs[other] && !done[other] })
			if ready {
				wave = append(wave, id)
			}
		}
		if len(wave) == 0 {
			return nil, validation("Circular dependency between resources: [" + strings.Join(left, ", ") + "]")
		}
		for _, id := range wave {
			done[id] = true
		}
		left = slices.DeleteFunc(left, func(id string) bool { return done[id] })
		out = append(out, wave)
	}
	return out, nil
}
