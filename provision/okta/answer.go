package okta

import (
	"encoding/json"
	"fmt"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// answer is an answer of Okta's (or of something that stands where Okta should) that is not the wished one.
type answer struct {
	status   int
	code     string // E0000006, or invalid_client and the like of OAuth; may be empty
	summary  string
	causes   []string
	after    time.Duration // how long to wait, of a 429
	request  string        // X-Okta-Request-Id, by which Okta's support finds the call
	redirect string        // the host to which it redirects
	foreign  bool          // a success, but not in a form that Okta's API uses
	stale    bool          // a bearer token was refused that had been good before
	method   string
	path     string
}

// Error is for the log, beside what people read, which explain makes.
func (a *answer) Error() string {
	s := fmt.Sprintf("%s %s: HTTP %d", a.method, a.path, a.status)
	if a.code != "" {
		s += " " + a.code
	}
	if a.request != "" {
		s += ", request " + a.request
	}
	return s
}

// why is what Okta says, such as "Api validation failed: label: too long (E0000001)".
func (a *answer) why() string {
	var parts []string
	for _, part := range append([]string{a.summary}, a.causes...) {
		if part = strings.TrimRight(part, ". "); part != "" {
			parts = append(parts, part)
		}
	}
	s := strings.Join(parts, ": ")
	switch {
	case a.code == "":
		return s
	case s == "":
		return a.code
	}
	return fmt.Sprintf("%s (%s)", s, a.code)
}

// holds reports whether what Okta says has the words in it.
func (a *answer) holds(words string) bool {
	return strings.Contains(strings.ToLower(a.why()), strings.ToLower(words))
}

// newAnswer reads an error of Okta's API (https://developer.okta.com/docs/reference/error-codes/), of its OAuth
// endpoint, or of a WWW-Authenticate header: with a bearer token lacking a scope there is no body at all.
func newAnswer(req *http.Request, resp *http.Response, body []byte) *answer {
	a := &answer{status: resp.StatusCode, request: resp.Header.Get("X-Okta-Request-Id"), method: req.Method, path: req.URL.Path}
	if to, err := resp.Location(); err == nil {
		a.redirect = to.Host
	}
	var said struct {
		Code    string `json:"errorCode"`
		Summary string `json:"errorSummary"`
		Causes  []struct {
			Summary string `json:"errorSummary"`
		} `json:"errorCauses"`
		Error       string `json:"error"`
		Description string `json:"error_description"`
	}
	if json.Unmarshal(body, &said) == nil { // a proxy's page in HTML says nothing that we need
		a.code, a.summary = said.Code, said.Summary
		if said.Error != "" {
			a.code, a.summary = said.Error, said.Description
		}
		for _, c := range said.Causes {
			a.causes = append(a.causes, c.Summary)
		}
	}
	if challenge := resp.Header.Get("WWW-Authenticate"); a.code == "" && challenge != "" {
		a.code, a.summary = parameter(challenge, "error"), parameter(challenge, "error_description")
		if scope := parameter(challenge, "scope"); scope != "" {
			a.causes = append(a.causes, "it needs "+scope)
		}
	}
	if a.status == http.StatusTooManyRequests {
		a.after = rateLimitWait(resp.Header, time.Now())
	}
	if _, secret, ok := strings.Cut(req.Header.Get("Authorization"), " "); ok && secret != "" {
		hide := strings.NewReplacer(secret, "[hidden]")
		a.code, a.summary = hide.Replace(a.code), hide.Replace(a.summary)
		for i := range a.causes {
			a.causes[i] = hide.Replace(a.causes[i])
		}
	}
	return a
}

var parameters = regexp.MustCompile(`([a-z_]+)="([^"]*)"`)

// parameter returns a parameter of a WWW-Authenticate challenge.
func parameter(challenge, name string) string {
	for _, m := range parameters.FindAllStringSubmatch(challenge, -1) {
		if m[1] == name {
			return m[2]
		}
	}
	return ""
}

// The waits after a 429 that doesn't say how long, or says something absurd. Okta's windows last a minute.
const (
	concurrencyWait = 5 * time.Second
	unknownWait     = 30 * time.Second
	longestWait     = 2 * time.Minute
)

// rateLimitWait is how long Okta wants to be left alone: until X-Rate-Limit-Reset (epoch seconds), by Okta's own
// clock. With a limit and a remainder of 0, too many calls ran at once, and the reset says nothing.
// https://developer.okta.com/docs/reference/rl-best-practices/
func rateLimitWait(h http.Header, now time.Time) time.Duration {
	if h.Get("X-Rate-Limit-Limit") == "0" && h.Get("X-Rate-Limit-Remaining") == "0" {
		return concurrencyWait
	}
	reset, err := strconv.ParseInt(h.Get("X-Rate-Limit-Reset"), 10, 64)
	if err != nil {
		return unknownWait
	}
	if date, err := http.ParseTime(h.Get("Date")); err == nil {
		now = date
	}
	return min(max(time.Unix(reset, 0).Sub(now), time.Second), longestWait)
}
