package okta

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// condition decides by a person's groups whether somebody fits a rule.
type condition func(theirs []*group) bool

var (
	oneCall     = regexp.MustCompile(`^\s*([A-Za-z.]+)\s*\(\s*(.*?)\s*\)\s*$`)
	oneArgument = regexp.MustCompile(`^(?:"([^"\\]*)"|'([^'\\]*)')\s*(?:,\s*|$)`)
)

// parseExpression reads the expression of a rule: one of Okta's group functions of a person
// (https://developer.okta.com/docs/reference/okta-expression-language/#group-functions) [D]. Anything else is refused,
// though Okta takes attributes of people, AND, OR and ! too, and so are texts with a backslash or the quotation mark in
// them, which nobody wrote down the reading of [I]. The error is of the kind that was seen with a call whose arguments
// are wrong [C]; the causes' words are guesses [I].
func parseExpression(text string) (condition, error) {
	refused := func(format string, args ...any) (condition, error) {
		return nil, invalid("validateRule", fmt.Sprintf(format, args...))
	}
	if strings.TrimSpace(text) == "" {
		return nil, invalid("conditions.expression.value", "conditions.expression.value: The field cannot be left blank")
	}
	m := oneCall.FindStringSubmatch(text)
	if m == nil {
		return refused("Invalid expression: %s", text)
	}
	name, rest := m[1], m[2]
	var arguments []string
	for rest != "" {
		a := oneArgument.FindStringSubmatch(rest)
		if a == nil || strings.HasSuffix(a[0], ",") && len(a[0]) == len(rest) {
			return refused("Invalid expression: %s", text)
		}
		arguments, rest = append(arguments, a[1]+a[2]), rest[len(a[0]):]
	}
	if name == "isMemberOfAnyGroup" && len(arguments) > 0 {
		return anyGroup(func(g *group) bool { return slices.Contains(arguments, g.id) }), nil
	}
	of, known := groupFunctions[name]
	switch {
	case !known:
		return refused("Invalid expression: the function %s is not found", name)
	case len(arguments) != 1:
		return refused("Parameter count does not match function %s", name)
	}
	return of(arguments[0])
}

func anyGroup(fits func(*group) bool) condition {
	return func(theirs []*group) bool { return slices.ContainsFunc(theirs, fits) }
}

// groupFunctions are those that take one text. That upper and lower case differ, and that a regular expression must
// match the whole name, are guesses [I].
var groupFunctions = map[string]func(argument string) (condition, error){
	"isMemberOfGroup": func(id string) (condition, error) {
		return anyGroup(func(g *group) bool { return g.id == id }), nil
	},
	"isMemberOfGroupName": func(name string) (condition, error) {
		return anyGroup(func(g *group) bool { return g.name == name }), nil
	},
	"isMemberOfGroupNameStartsWith": func(prefix string) (condition, error) {
		return anyGroup(func(g *group) bool { return strings.HasPrefix(g.name, prefix) }), nil
	},
	"isMemberOfGroupNameContains": func(part string) (condition, error) {
		return anyGroup(func(g *group) bool { return strings.Contains(g.name, part) }), nil
	},
	"isMemberOfGroupNameRegex": func(text string) (condition, error) {
		re, err := regexp.Compile("^(?:" + text + ")$")
		if err != nil {
			return nil, invalid("validateRule", "Invalid regular expression: "+text)
		}
		return anyGroup(func(g *group) bool { return re.MatchString(g.name) }), nil
	},
}
