package oktapage

import (
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/oktaws/oktaws/internal/sandbox/okta"
)

// The sign on methods that an application of the catalog's can have, by the mode that the API calls them.
var methods = []struct{ Mode, Name string }{{"BROWSER_PLUGIN", "Secure Web Authentication"}, {samlMode, "SAML 2.0"}}

const samlMode = "SAML_2_0"

// setting is a line of the Sign On tab.
type setting struct {
	Key, Label string
	Hint       string
	Box        bool // a checkbox
	Code       bool // to be read letter by letter
	Fixed      bool // the sandbox knows one value
	Unit       string

	Value  string
	Ticked bool
	AWS    string // the page of what the value names in AWS
}

// advanced are the Advanced Sign-on Settings, with the labels of Okta's help [D]
// (https://help.okta.com/en-us/content/topics/deploymentguides/aws/aws-configure-aws-app.htm and aws-enable-role-based.htm).
var advanced = []setting{
	{Key: "awsEnvironmentType", Label: "AWS Environment (Required for SAML SSO)", Fixed: true},
	{Key: "overrideAcsURL", Label: "ACS URL (optional & only relevant to SAML SSO)", Code: true},
	{Key: "identityProviderArn", Label: "Identity Provider ARN (Required only for SAML SSO)", Code: true},
	{Key: "sessionDuration", Label: "Session Duration (Required only for SAML SSO)", Unit: "seconds", Hint: "From 3600 to 43200, and no more than the role in AWS allows."},
	{Key: "joinAllRoles", Label: "Join all roles", Box: true, Hint: "Off: a person has the roles of the assigned group of theirs with the highest priority. On: those of all."},
	{Key: "useGroupMapping", Label: "Use Group Mapping", Box: true, Hint: "On: the names of a person's groups say their accounts and roles, by the next three."},
	{Key: "appFilter", Label: "App Filter", Code: true},
	{Key: "groupFilter", Label: "Group Filter", Code: true},
	{Key: "roleValuePattern", Label: "Role Value Pattern", Code: true},
}

// settings are the Advanced Sign-on Settings as an application has them.
func settings(a okta.Application) []setting {
	out := make([]setting, len(advanced))
	for i, s := range advanced {
		if v := a.Settings[s.Key]; v != nil && !s.Box {
			s.Value = fmt.Sprint(v)
		}
		s.Ticked = a.Settings[s.Key] == true
		if s.Key == "identityProviderArn" {
			s.AWS = providerPage(s.Value)
		}
		out[i] = s
	}
	return out
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

// signOn shows the Sign On tab.
func (p pages) signOn(w http.ResponseWriter, r *http.Request, a okta.Application) {
	p.render(w, http.StatusOK, "sign-on", a.Label+" · Sign On", struct {
		onTab
		Edit         bool
		Methods      []struct{ Mode, Name string }
		Settings     []setting
		Certificates []okta.Certificate
		Provider     string // its page in AWS
	}{p.onTab(r, a, "sign-on"), r.FormValue("edit") != "", methods, settings(a), p.okta().Certificates(a.ID), providerPage(fmt.Sprint(a.Settings["identityProviderArn"]))})
}

// saveSignOn is Save on the Sign On tab.
func (p pages) saveSignOn(w http.ResponseWriter, r *http.Request, a okta.Application) {
	o := p.replace(r.Context(), a.ID, func(whole map[string]any) {
		whole["signOnMode"] = r.PostFormValue("signOnMode")
		into := within(whole, "settings", "app")
		for _, s := range advanced {
			if !s.Fixed {
				into[s.Key] = entered(s, r.PostFormValue(s.Key))
			}
		}
	})
	p.saved(w, r, pathOf(a.ID)+"/sign-on", o)
}

// saved shows what saving a form has come to: where it was refused, the form once more.
func (p pages) saved(w http.ResponseWriter, r *http.Request, path string, o outcome) {
	var query url.Values
	if o.Refused != "" {
		query = url.Values{"edit": {"1"}}
	} else {
		o.Done = "Your changes are saved."
	}
	p.show(w, r, path, query, o)
}

// entered is the value of a field as the API takes it. What is no number is left for the API to refuse.
func entered(s setting, text string) any {
	text = strings.TrimSpace(text)
	switch {
	case s.Box:
		return text != ""
	case s.Key == "sessionDuration":
		if n, err := strconv.Atoi(text); err == nil {
			return n
		}
	case text == "" && (s.Key == "overrideAcsURL" || s.Key == "identityProviderArn"):
		return nil // as they are where nobody has set them
	}
	return text
}

// generate is Generate new certificate: good for ten years, as the first one, and not in use yet.
func (p pages) generate(w http.ResponseWriter, r *http.Request, a okta.Application) {
	var key struct{ Kid string }
	o := p.call(r.Context(), http.MethodPost, apiPath(a.ID, "credentials", "keys", "generate")+"?validityYears=10", nil, &key)
	if o.Refused == "" {
		o.Done = "There is a new certificate, " + key.Kid + ". The application signs with the old one until the new one is activated."
	}
	p.show(w, r, pathOf(a.ID)+"/sign-on", nil, o)
}

// activateKey is Activate in the Actions of a certificate: the application signs with it from now on.
func (p pages) activateKey(w http.ResponseWriter, r *http.Request, a okta.Application) {
	key := r.PathValue("key")
	o := p.replace(r.Context(), a.ID, func(whole map[string]any) { within(whole, "credentials", "signing")["kid"] = key })
	if o.Refused == "" {
		o.Done = a.Label + " signs with the certificate " + key + " from now on. AWS takes it once the identity provider there has the new metadata."
	}
	p.show(w, r, pathOf(a.ID)+"/sign-on", nil, o)
}

// metadata is what View IdP metadata opens: Okta's answer, asked for over its API.
func (p pages) metadata(w http.ResponseWriter, r *http.Request, a okta.Application) {
	path := apiPath(a.ID, "sso", "saml", "metadata")
	if kid := r.FormValue("kid"); kid != "" {
		path += "?" + url.Values{"kid": {kid}}.Encode()
	}
	p.relay(w, r, path)
}
