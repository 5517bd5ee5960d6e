package okta

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/oktaws/oktaws/provision"
)

func TestCheck(t *testing.T) {
	const (
		wellKnown = "GET /.well-known/okta-organization"
		token     = "POST /oauth2/v1/token"
		apps      = "GET /api/v1/apps"
		groups    = "GET /api/v1/groups"
	)
	org := answers(200, `{"id":"00o1","pipeline":"idx"}`)
	list := answers(200, "[]")
	denied := answers(403, oktaError("E0000006", "You do not have permission to perform the requested action"))
	for _, c := range []struct {
		name    string
		service bool
		routes  map[string]http.HandlerFunc
		want    []string // + or -, and what the line says
	}{
		{"all is well", false, map[string]http.HandlerFunc{wellKnown: org, apps: list, groups: list},
			[]string{"+Okta organization", "+Okta API token", "+Okta: read applications", "+Okta: read groups", "+not tried"}},
		{"a service application", true, map[string]http.HandlerFunc{wellKnown: org, token: grants(3600), apps: list, groups: list},
			[]string{"+Identity Engine", "+Okta service application", "-not granted: okta.groups.manage", "+read applications", "+read groups", "+not tried"}},
		{"wrong token", false, map[string]http.HandlerFunc{wellKnown: org, apps: answers(401, oktaError("E0000011", "Invalid token provided"))},
			[]string{"+Okta organization", "-OKTA_CLIENT_TOKEN"}},
		{"wrong key", true, map[string]http.HandlerFunc{wellKnown: org, token: answers(401, `{"error":"invalid_client"}`)},
			[]string{"+Okta organization", "-OKTA_CLIENT_PRIVATEKEY"}},
		{"no role for groups", false, map[string]http.HandlerFunc{wellKnown: org, apps: list, groups: denied},
			[]string{"+Okta organization", "+Okta API token", "+read applications", "-admin role", "+not tried"}},
		{"no role at all", false, map[string]http.HandlerFunc{wellKnown: org, apps: denied, groups: denied},
			[]string{"+Okta organization", "+Okta API token", "-read applications", "-read groups", "+not tried"}},
		{"Okta is down", false, map[string]http.HandlerFunc{wellKnown: org, apps: answers(503, ""), groups: answers(503, "")},
			[]string{"+Okta organization", "-HTTP status 503", "-HTTP status 503", "+not tried"}},
		{"not Okta", false, map[string]http.HandlerFunc{wellKnown: answers(404, "")}, []string{"-OKTA_CLIENT_ORGURL"}},
		{"another JSON server", false, map[string]http.HandlerFunc{wellKnown: list}, []string{"-OKTA_CLIENT_ORGURL"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			o := newOrg(t, c.routes)
			client := o.client(t)
			if c.service {
				client = o.service(t, pkcs8(t))
			}
			got := client.Check(t.Context())
			if len(got) != len(c.want) {
				t.Fatalf("%d findings, want %d: %+v", len(got), len(c.want), got)
			}
			for i, f := range got {
				if line := describe(f); line[0] != c.want[i][0] || !strings.Contains(line, c.want[i][1:]) {
					t.Errorf("%q, want %q", line, c.want[i])
				}
			}
			for _, call := range o.received("") {
				if !strings.HasPrefix(call.line, "GET ") && call.line != token {
					t.Errorf("a check sent %s", call.line)
				}
				if strings.HasSuffix(call.line, orgPath) && call.header.Get("Authorization") != "" {
					t.Error("the credential was sent where none is needed")
				}
			}
		})
	}
}

func describe(f provision.Finding) string {
	mark := "-"
	if f.OK {
		mark = "+"
	}
	return fmt.Sprintf("%s%s: %s. %s", mark, f.What, f.Detail, f.Remedy)
}
