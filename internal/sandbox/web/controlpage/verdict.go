package controlpage

import (
	"regexp"
	"strconv"
	"strings"

	"github.com/oktaws/oktaws/internal/sandbox/wire"
)

// failed reports whether a call got an error for an answer, or none. Slack says its errors with status 200.
func failed(c *wire.Call) bool {
	return c.Status == 0 || c.Status >= 400 || c.Service == "slack" && strings.Contains(c.Response, `"ok":false`)
}

// errorCode finds the code in an error's body: <Code> of AWS's Query services, __type of its JSON ones, errorCode or, of
// OAuth, error of Okta, error of Slack.
var errorCode = regexp.MustCompile(`<Code>([^<]{1,80})</Code>|"(?:__type|errorCode|error)"\s*:\s*"([^"]{1,80})"`)

// verdict is how a call ended, in a few words, and their class: good, bad, or odd for what is neither.
func verdict(c *wire.Call) (words, kind string) {
	switch {
	case c.Status == 0:
		return "cut", "bad"
	case failed(c):
		words = strconv.Itoa(c.Status)
		if m := errorCode.FindStringSubmatch(c.Response); m != nil {
			words += " " + m[1] + m[2]
		}
		return words, "bad"
	case c.Status == 101:
		return "101 open", "odd"
	}
	return strconv.Itoa(c.Status), "good"
}
