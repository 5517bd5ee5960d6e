package app

import (
	"encoding/json"
	"io"
	"net/url"
	"regexp"
	"slices"
	"strings"
)

const redacted = "[redacted]"

// tokenPattern finds what looks like a credential, also one that oktaws was never given: Slack's tokens, and Okta's
// in an Authorization header.
var tokenPattern = regexp.MustCompile(`xox[a-z]-[\w-]{8,}|xapp-[\w-]{8,}|SSWS [\w-]{8,}|Bearer [\w.~+/-]{8,}`)

// redactor is the second line of defence (the first is that nobody writes a secret): it blots the known secrets, and
// what looks like one, out of everything that the program prints. It stands below the log's handler, so that nothing
// that a record can hold passes it by. Every Write must hold whole records, as slog's handlers have it.
type redactor struct {
	w       io.Writer
	replace *strings.Replacer
}

// shortestSecret is the length from which a value is looked for; a shorter one would blot out common words.
const shortestSecret = 8

func newRedactor(w io.Writer, secrets []string) *redactor {
	var forms []string
	for _, s := range secrets {
		for _, part := range append(strings.Split(s, "\n"), s) {
			part = strings.TrimSpace(part)
			if len(part) < shortestSecret || strings.HasPrefix(part, "-----") && !strings.Contains(part, "\n") {
				continue // the heading of a PEM block is no secret
			}
			quoted, _ := json.Marshal(part) // as both handlers write it; a string always encodes
			forms = append(forms, part, strings.Trim(string(quoted), `"`), url.QueryEscape(part))
		}
	}
	// The longest first: one secret may hold another.
	slices.SortFunc(forms, func(a, b string) int { return len(b) - len(a) })
	var pairs []string
	for _, f := range forms {
		pairs = append(pairs, f, redacted)
	}
	return &redactor{w: w, replace: strings.NewReplacer(pairs...)}
}

func (r *redactor) Write(p []byte) (int, error) {
	if _, err := io.WriteString(r.w, r.blot(string(p))); err != nil {
		return 0, err
	}
	return len(p), nil
}

func (r *redactor) blot(s string) string {
	return tokenPattern.ReplaceAllString(r.replace.Replace(s), redacted)
}
