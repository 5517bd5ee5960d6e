package slackpage

import (
	"bytes"
	"encoding/json"
	"net/url"
	"strconv"
	"strings"
	"unicode/utf8"
)

// request is a call's arguments; those that are JSON, parsed.
type request map[string]any

// arguments reads a call's body, a form or JSON.
func arguments(body string) request {
	out := request{}
	if json.Unmarshal([]byte(body), (*map[string]any)(&out)) != nil {
		values, _ := url.ParseQuery(body)
		for name := range values {
			out[name] = values.Get(name)
		}
	}
	for name, value := range out {
		text, isText := value.(string)
		var parsed any
		if isText && strings.ContainsAny(text[:min(1, len(text))], "[{") && json.Unmarshal([]byte(text), &parsed) == nil {
			out[name] = parsed
		}
	}
	delete(out, "token")
	return out
}

func (r request) text(name string) string {
	s, _ := r[name].(string)
	return s
}

// mostShown is how many characters of a request are shown.
const mostShown = 2000

// offending is the part of the request that the messages point at, as JSON; without a pointer, all of it.
func (r request) offending(messages []string) string {
	var parts []string
	for _, m := range messages {
		_, rest, found := strings.Cut(m, "[json-pointer:")
		if part, ok := resolve(map[string]any(r), strings.TrimSuffix(rest, "]")); found && ok {
			parts = append(parts, indented(part))
		}
	}
	if parts == nil && len(r) > 0 {
		parts = []string{indented(map[string]any(r))}
	}
	out := strings.Join(parts, "\n")
	if utf8.RuneCountInString(out) > mostShown {
		out = string([]rune(out)[:mostShown]) + "…"
	}
	return out
}

// resolve follows a JSON pointer (RFC 6901). Where its end is missing, the object that misses it is the part.
func resolve(in any, pointer string) (any, bool) {
	for i, step := range strings.Split(strings.TrimPrefix(pointer, "/"), "/") {
		step = strings.NewReplacer("~1", "/", "~0", "~").Replace(step)
		switch v := in.(type) {
		case map[string]any:
			next, there := v[step]
			if !there {
				return in, i > 0
			}
			in = next
		case []any:
			n, err := strconv.Atoi(step)
			if err != nil || n < 0 || n >= len(v) {
				return in, true
			}
			in = v[n]
		default:
			return in, true
		}
	}
	return in, true
}

func indented(v any) string {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	if e.Encode(v) != nil {
		return ""
	}
	return strings.TrimSpace(b.String())
}
