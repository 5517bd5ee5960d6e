package okta

import (
	"regexp"
	"slices"
	"strings"
)

// entitlements are the values of the Role attribute, "provider ARN,role ARN" each, in the order in which Okta was seen
// to write the two (https://github.com/Nike-Inc/gimme-aws-creds/issues/18) [C]. The caller holds s.mu.
func (s *Server) entitlements(a *application, u *user) []string {
	if a.settings["useGroupMapping"] == true {
		return a.mapped(s.groupsOf(u))
	}
	return a.granted(a.assignmentsOf(s, u))
}

// granted are the roles of a person's assignments, which come by priority: those of the first alone, or with Join all
// roles those of every one [C]. That an assignment without roles yet of the highest priority leaves none is a guess
// [I].
//
// Without provisioning the profile has no roles, so there are none to assert [I]; those that are no longer among the
// imported ones are left out [I]. The form "alias -- role", for connected accounts, is not supported: no assignment
// can have one here.
func (a *application) granted(assignments []*assignment) []string {
	provider, _ := a.settings["identityProviderArn"].(string)
	arn := strings.SplitN(provider, ":", 6) // arn:partition:iam::account:saml-provider/name
	if len(arn) != 6 || !a.provisioning.rolesOpen() {
		return nil
	}
	if a.settings["joinAllRoles"] != true {
		assignments = assignments[:min(1, len(assignments))]
	}
	var values []string
	for _, n := range assignments {
		for _, role := range n.profile.samlRoles {
			value := provider + ",arn:" + arn[1] + ":iam::" + arn[4] + ":role/" + role
			if slices.Contains(a.provisioning.roles, role) && !slices.Contains(values, value) {
				values = append(values, value)
			}
		}
	}
	return values
}

// namedGroups turns a group filter of Okta's into a regular expression of RE2's: (?{{role}}…) is a named group [D].
// What RE2 does not know, such as a look-ahead, is not supported.
var namedGroups = strings.NewReplacer("(?{{accountid}}", "(?P<accountid>", "(?{{role}}", "(?P<role>")

// mapped are the roles that the names of a person's groups say: those that the group filter matches, put into the role
// value pattern [D]. That it must match the whole name is a guess [I], and so is that a filter that cannot be read, or
// lacks one of its two groups, yields nothing.
//
// The app filter lists the sources whose groups count [D]. All of this organization's groups are its own: "okta".
func (a *application) mapped(groups []string) []string {
	text := func(key string) string { v, _ := a.settings[key].(string); return v }
	own := slices.ContainsFunc(strings.Split(text("appFilter"), ","), func(source string) bool { return strings.TrimSpace(source) == "okta" })
	filter, err := regexp.Compile("^(?:" + namedGroups.Replace(text("groupFilter")) + ")$")
	if err != nil || !own {
		return nil
	}
	account, role := filter.SubexpIndex("accountid"), filter.SubexpIndex("role")
	if account < 0 || role < 0 {
		return nil
	}
	var values []string
	for _, name := range groups {
		found := filter.FindStringSubmatch(name)
		if found == nil {
			continue
		}
		value := strings.NewReplacer("${accountid}", found[account], "${role}", found[role]).Replace(text("roleValuePattern"))
		if !slices.Contains(values, value) {
			values = append(values, value)
		}
	}
	return values
}
