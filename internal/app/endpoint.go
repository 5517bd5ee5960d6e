package app

import (
	"maps"
	"net/netip"
	"net/url"
	"slices"
	"strings"
)

// The Slacks there are: the second is GovSlack's.
var slackAPIs = []string{"https://slack.com/api/", "https://slack-gov.com/api/"}

// readEndpoints looks at the addresses that tokens and signed requests are sent to. Anywhere else than at the real
// services, and without encryption, they go to this machine alone.
func (l *loaded) readEndpoints(environ map[string]string) {
	l.Slack.APIURL = slackAPIs[0]
	if raw := environ["SLACK_API_URL"]; raw != "" {
		u, err := endpoint(raw)
		if err == nil {
			l.Slack.APIURL = strings.TrimRight(u.String(), "/") + "/"
			if !slices.Contains(slackAPIs, l.Slack.APIURL) && !loopback(u) {
				err = fault("Unset it; Slack's own address is known. Another is taken for a loopback address only, such as http://127.0.0.1:8080/api/.", "points to %s", u.Host)
			}
		}
		if err != nil {
			l.problem(err, "slack.", "SLACK_API_URL", "")
		}
	}
	if err := l.readOrgURL(environ["OKTA_CLIENT_ORGURL"]); err != nil {
		l.problem(err, "okta.", "OKTA_CLIENT_ORGURL", "")
	}
	for _, name := range slices.Sorted(maps.Keys(l.aws)) {
		if !strings.HasPrefix(name, "AWS_ENDPOINT_URL") || l.aws[name] == "" {
			continue
		}
		u, err := endpoint(l.aws[name])
		if err == nil && !loopback(u) {
			err = fault("Unset it; AWS's own addresses are known. Others are taken for loopback addresses only.", "points to %s", u.Host)
		}
		if err != nil {
			l.problem(err, "aws.", name, "")
		}
	}
}

func (l *loaded) readOrgURL(raw string) error {
	const example = "Set it to the organization's address, such as https://example.okta.com."
	if raw == "" {
		return fault(example, "is not set")
	}
	u, err := endpoint(raw)
	if err != nil {
		return err
	}
	first, _, _ := strings.Cut(u.Hostname(), ".")
	switch {
	case strings.Trim(u.Path, "/") != "" || u.RawQuery != "" || u.Fragment != "":
		return fault(example, "must be the address alone, with nothing after the host")
	case strings.HasSuffix(first, "-admin"):
		return fault(example, "is the admin console's address: leave -admin out")
	case u.Scheme == "http" && !loopback(u):
		return fault("Write https://"+u.Host+".", "uses plain http, which is taken for loopback addresses only")
	}
	l.Okta.OrgURL = u.Scheme + "://" + u.Host
	return nil
}

// endpoint reads an http(s) address. It never repeats the address in its errors: one may hold a password.
func endpoint(raw string) (*url.URL, error) {
	u, err := url.Parse(raw)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return nil, fault("", "is not an address that begins with https://")
	}
	if u.User != nil {
		return nil, fault("", "holds a user name or password, and must not")
	}
	return u, nil
}

// loopback reports whether u leads to this machine, whatever a name server says.
func loopback(u *url.URL) bool {
	host := u.Hostname()
	addr, err := netip.ParseAddr(host)
	return err == nil && addr.IsLoopback() || strings.EqualFold(host, "localhost")
}
