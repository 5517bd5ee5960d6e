package okta

import (
	"encoding/json"
	"net/http"
	"regexp"
	"slices"
	"strings"
)

// term is one comparison of a filter, such as status eq "ACTIVE".
type term struct {
	attribute, operator, value string
}

// filter is comparisons that must all hold; none hold always.
type filter []term

// filterRules are what a list's filter may say.
type filterRules struct {
	attributes, operators []string
	terms                 int
	search                bool // the parameter search: its error has a cause [C]
}

var oneTerm = regexp.MustCompile(`^\s*([A-Za-z.]+)\s+([a-z]+)\s+("(?:[^"\\]|\\.)*")\s*`)

// parseFilter reads comparisons joined by "and". Whatever it does not know is 400 E0000031 [C].
func parseFilter(text string, rules filterRules) (filter, error) {
	wrong := &apiError{status: http.StatusBadRequest, code: "E0000031", summary: "Invalid search criteria."}
	if rules.search {
		wrong.causes = []string{"Invalid search syntax."}
	}
	var f filter
	for text != "" {
		m := oneTerm.FindStringSubmatch(text)
		if m == nil || !slices.Contains(rules.attributes, m[1]) || !slices.Contains(rules.operators, m[2]) {
			return nil, wrong
		}
		t := term{attribute: m[1], operator: m[2]}
		if json.Unmarshal([]byte(m[3]), &t.value) != nil {
			return nil, wrong
		}
		if f = append(f, t); len(f) > rules.terms {
			return nil, wrong
		}
		text = text[len(m[0]):]
		rest, more := strings.CutPrefix(text, "and ")
		if text != "" && !more {
			return nil, wrong
		}
		if text = rest; more && strings.TrimSpace(rest) == "" {
			return nil, wrong
		}
	}
	return f, nil
}

// match reports whether every comparison holds.
func (f filter) match(holds func(term) bool) bool {
	return !slices.ContainsFunc(f, func(t term) bool { return !holds(t) })
}

// compare applies a comparison to a value.
func (t term) compare(value string) bool {
	switch t.operator {
	case "sw":
		return strings.HasPrefix(value, t.value)
	case "co":
		return strings.Contains(value, t.value)
	default:
		return value == t.value
	}
}
