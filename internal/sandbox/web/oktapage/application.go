package oktapage

import (
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/oktaws/oktaws/internal/sandbox/okta"
)

// tabs of an application, in Okta's order, by the end of their address. Okta has an Import tab besides, for people, of
// whom AWS has none.
var tabs = []struct{ Path, Name string }{
	{"general", "General"}, {"sign-on", "Sign On"}, {"provisioning", "Provisioning"}, {"assignments", "Assignments"},
}

// onTab is what every tab of an application shows.
type onTab struct {
	chrome
	App  okta.Application
	Home string // where the application's pages are
	Tab  string
}

// Tabs are the tabs.
func (onTab) Tabs() []struct{ Path, Name string } { return tabs }

func (p pages) onTab(r *http.Request, a okta.Application, tab string) onTab {
	return onTab{p.chrome(r, "apps"), a, pathOf(a.ID), tab}
}

func (p pages) tab(w http.ResponseWriter, r *http.Request, a okta.Application) {
	tab := p.onTab(r, a, r.PathValue("tab"))
	switch tab.Tab {
	case "general":
		p.render(w, http.StatusOK, "general", a.Label+" · General", tab)
	case "sign-on":
		p.render(w, http.StatusOK, "sign-on", a.Label+" · Sign On", struct {
			onTab
			Settings []setting
		}{tab, settings(a)})
	case "provisioning":
		p.provisioning(w, r, a)
	case "assignments":
		p.render(w, http.StatusOK, "assignments", a.Label+" · Assignments", struct {
			onTab
			Assigned []assigned
		}{tab, p.assigned(a)})
	default:
		p.missing(w, "An application has no tab "+tab.Tab+".", tab.Home+"/general")
	}
}

// setting is a line of the Sign On tab.
type setting struct {
	Label, Value string
	Hint         string
	Ticked       bool
	Box          bool   // a checkbox
	Code         bool   // to be read letter by letter
	AWS          string // the page of what the value names in AWS
}

// settings are the Advanced Sign-on Settings, with the labels of Okta's help [D]
// (https://help.okta.com/en-us/content/topics/deploymentguides/aws/aws-configure-aws-app.htm and aws-enable-role-based.htm).
func settings(a okta.Application) []setting {
	text := func(key string) string {
		if v := a.Settings[key]; v != nil {
			return fmt.Sprint(v)
		}
		return ""
	}
	ticked := func(key string) bool { return a.Settings[key] == true }
	return []setting{
		{Label: "AWS Environment (Required for SAML SSO)", Value: text("awsEnvironmentType")},
		{Label: "ACS URL (optional & only relevant to SAML SSO)", Value: text("overrideAcsURL"), Code: true},
		{Label: "Identity Provider ARN (Required only for SAML SSO)", Value: text("identityProviderArn"), Code: true, AWS: providerPage(text("identityProviderArn"))},
		{Label: "Session Duration (Required only for SAML SSO)", Value: text("sessionDuration") + " seconds"},
		{Label: "Join all roles", Box: true, Ticked: ticked("joinAllRoles"), Hint: "Off: a person has the roles of the assigned group of theirs with the highest priority. On: those of all."},
		{Label: "Use Group Mapping", Box: true, Ticked: ticked("useGroupMapping"), Hint: "On: the names of a person's groups say their accounts and roles, by the next three."},
		{Label: "App Filter", Value: text("appFilter"), Code: true},
		{Label: "Group Filter", Value: text("groupFilter"), Code: true},
		{Label: "Role Value Pattern", Value: text("roleValuePattern"), Code: true},
	}
}

// providerPage is where AWS shows the provider with the ARN, arn:aws:iam::<account>:saml-provider/<name>; none where it
// is not such a one.
func providerPage(arn string) string {
	parts := strings.SplitN(arn, ":", 6)
	if len(parts) != 6 || parts[4] == "" {
		return ""
	}
	name, ok := strings.CutPrefix(parts[5], "saml-provider/")
	if !ok || name == "" {
		return ""
	}
	return "/aws/" + url.PathEscape(parts[4]) + "/providers/" + url.PathEscape(name)
}

// assigned is a group's assignment, with which of its roles AWS knows.
type assigned struct {
	okta.Assignment
	Members int
	Granted []granted
}

type granted struct {
	Role   string
	Absent bool // not among the imported ones: no sign-on names it
}

func (p pages) assigned(a okta.Application) []assigned {
	members := map[string]int{}
	for _, g := range p.okta().Groups() {
		members[g.ID] = len(g.Members)
	}
	var out []assigned
	for _, n := range p.okta().Assignments(a.ID) {
		one := assigned{Assignment: n, Members: members[n.GroupID]}
		for _, role := range n.Roles {
			one.Granted = append(one.Granted, granted{role, !slices.Contains(a.Provisioning.Roles, role)})
		}
		out = append(out, one)
	}
	return out
}

// metadata is what View IdP metadata opens: Okta's answer, asked for over its API.
func (p pages) metadata(w http.ResponseWriter, r *http.Request, a okta.Application) {
	sb := p.sandbox()
	req, err := http.NewRequestWithContext(r.Context(), http.MethodGet, sb.OktaURL+"/api/v1/apps/"+url.PathEscape(a.ID)+"/sso/saml/metadata", nil)
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	for _, v := range sb.Env() {
		if v.Name == "OKTA_CLIENT_TOKEN" {
			req.Header.Set("Authorization", "SSWS "+v.Value)
		}
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		http.Error(w, "Okta does not answer: "+err.Error(), http.StatusBadGateway)
		return
	}
	defer func() { _ = resp.Body.Close() }()
	w.Header().Set("Content-Type", resp.Header.Get("Content-Type"))
	w.WriteHeader(resp.StatusCode)
	_, _ = io.Copy(w, resp.Body)
}
