package app

import (
	"maps"
	"regexp"
	"regexp/syntax"
	"slices"
	"strings"
	"time"

	"github.com/oktaws/oktaws/provision"
	"github.com/oktaws/oktaws/store"
)

// together looks at settings that must suit each other.
type together struct {
	*loaded
	values map[string]written
}

func (l *loaded) checkTogether(values map[string]written) {
	t := together{l, values}
	t.people()
	t.rotation()
	t.application()
	t.groups()
	for _, set := range slices.Sorted(maps.Keys(l.RoleSets)) {
		t.roles(set)
	}
}

// problem is one with the setting at path.
func (t together) problem(path, remedy, format string, args ...any) {
	s, _ := settingAt(path)
	t.loaded.problem(fault(remedy, format, args...), path, s.name(), t.values[path].where)
}

func (t together) people() {
	const required = "approvals.required"
	if n := len(t.Tasks.Assignees); n > store.MaxPeople {
		t.problem("tasks.assignees", "List those who look after Okta; any approver may do a task too.", "lists %d people, and may list %d", n, store.MaxPeople)
	}
	if n := t.Approvals.Required; n > store.MaxPeople {
		t.problem(required, "Lower it.", "is %d, and may be %d at most", n, store.MaxPeople)
	}
	if a := t.Approvals; len(a.Approvers) > 0 && a.Required > len(a.Approvers) {
		t.problem(required, "Lower it, or list more approvers in approvals.approvers.", "is %d, but approvals.approvers lists only %d", a.Required, len(a.Approvers))
	}
}

const year = 365 * 24 * time.Hour

func (t together) rotation() {
	const path = "rotation.warn_before"
	switch r := t.Rotation; {
	case r.KeyAge > 0 && r.WarnBefore >= r.KeyAge:
		t.problem(path, "Lower it, or a key that was made just now would be called too old.", "is %s, and rotation.key_age only %s", r.WarnBefore, r.KeyAge)
	case r.CertificateYears > 0 && r.WarnBefore >= time.Duration(r.CertificateYears)*year:
		t.problem(path, "Lower it, or a certificate that was made just now would be called too old.", "is %s, and rotation.certificate_years only %d", r.WarnBefore, r.CertificateYears)
	}
}

// application looks at what a shared application needs.
func (t together) application() {
	const path = "okta.shared_application"
	switch {
	case t.Okta.Shared == "":
	case t.Okta.Mode == store.ModeAPI:
		t.problem(path, "Set okta.integration_mode to groups, or leave it out: an access key is of one account.", "needs the integration mode groups")
	case len(t.AWS.Partitions) > 0 && !strings.Contains(t.Okta.Shared, "{partition}"):
		t.problem(path, "Write it as "+t.Okta.Shared+" {partition}.", "must hold {partition}, since aws.partitions names further ones: they don't share an application")
	}
}

// groups looks whether Okta would read the roles off the groups' names as they are meant.
func (t together) groups() {
	const path = "okta.group_template"
	template := t.Okta.GroupTemplate
	if t.Okta.Mode != store.ModeGroups || template == "" || t.Okta.LabelPattern == nil {
		return
	}
	if strings.Contains(template, "{label}") && mayHoldSpace(t.Okta.LabelPattern) {
		t.problem(path, "Leave {label} out, or spaces in okta.label_pattern.", "is %q, and okta.label_pattern allows names with spaces, which Okta's filter can't read", template)
		return
	}
	for _, set := range slices.Sorted(maps.Keys(t.RoleSets)) {
		for _, role := range t.RoleSets[set] {
			if group, as := t.misread(role); group != "" {
				t.problem(path, "Put a character between the placeholders that names of roles don't have, such as #.",
					"is %q, and Okta would not read the role %s of %s off a group such as %s, but %s", template, role.Name, roleSetsPath+set, group, as)
				return
			}
			if strings.Contains(role.Name, ".") {
				t.warnings = append(t.warnings, roleSetsPath+set+": Okta's support says that the period in the role name "+role.Name+
					" may keep it from reaching AWS in mode groups: https://support.okta.com/help/s/article/invalid-saml-response-with-aws-account-federation-app")
			}
		}
	}
}

// filterGroups turns Okta's way of naming a part of a pattern into Go's.
var filterGroups = strings.NewReplacer("(?{{accountid}}", "(?P<account>", "(?{{role}}", "(?P<role>")

// misread returns a name of the role's group that Okta's filter does not read as it is meant, and how it reads it; or "".
func (t together) misread(role provision.RoleSpec) (group, as string) {
	filter, err := provision.GroupFilter(t.Okta.GroupTemplate, "")
	if err != nil {
		return "", ""
	}
	pattern, err := regexp.Compile(filterGroups.Replace(filter))
	if err != nil {
		return "", ""
	}
	wish := store.Wish{Mode: store.ModeGroups, Label: "Some-Label"}
	if !t.Okta.LabelPattern.MatchString(wish.Label) {
		wish.Label = "SomeLabel"
	}
	const account = "111122223333"
	for _, alias := range []string{"", "some-alias"} {
		group := provision.Config{GroupTemplate: t.Okta.GroupTemplate}.GroupName(role, wish, account, alias)
		switch read := pattern.FindStringSubmatch(group); {
		case read == nil:
			return group, "nothing"
		case read[pattern.SubexpIndex("role")] != role.Name:
			return group, "the role " + read[pattern.SubexpIndex("role")]
		case read[pattern.SubexpIndex("account")] != account:
			return group, "the account " + read[pattern.SubexpIndex("account")]
		}
	}
	return "", ""
}

// mayHoldSpace says whether something with a space in it may match the pattern.
func mayHoldSpace(pattern *regexp.Regexp) bool {
	tree, err := syntax.Parse(pattern.String(), syntax.Perl)
	return err == nil && holdsSpace(tree)
}

func holdsSpace(tree *syntax.Regexp) bool {
	switch tree.Op {
	case syntax.OpAnyChar, syntax.OpAnyCharNotNL:
		return true
	case syntax.OpLiteral:
		return slices.Contains(tree.Rune, ' ')
	case syntax.OpCharClass:
		for i := 0; i < len(tree.Rune); i += 2 {
			if tree.Rune[i] <= ' ' && ' ' <= tree.Rune[i+1] {
				return true
			}
		}
		return false
	}
	return slices.ContainsFunc(tree.Sub, holdsSpace)
}

// roles looks at what a role set needs of the other settings.
func (t together) roles(set string) {
	path, roles := roleSetsPath+set, t.RoleSets[set]
	first := rolePath(roles[0])
	if t.Okta.Shared != "" {
		if usual := t.RoleSets[store.DefaultRoleSet]; len(usual) > 0 {
			first = rolePath(usual[0])
		}
	}
	for _, r := range roles {
		switch {
		case r.Session > 0 && r.Session < t.Okta.SessionDuration:
			t.problem(path, "AWS refuses a sign-on for longer than the role allows. Raise it, or lower okta.session_duration.",
				"has a session of %s for role %s, and okta.session_duration is %s", r.Session, r.Name, t.Okta.SessionDuration)
		case t.Okta.Mode == store.ModeAPI && rolePath(r) != "/":
			t.problem(path, "Leave it out, or set okta.integration_mode to groups: in mode api Okta offers roles by name alone.", "has the path %s for role %s", r.Path, r.Name)
		case t.Okta.Mode == store.ModeGroups && t.Okta.Shared != "" && rolePath(r) != first:
			t.problem(path, "Give the roles of all role sets the same path, or each account an application of its own.",
				"has the path %s for role %s, and %s begins with %s: the application that accounts share knows one path", rolePath(r), r.Name, roleSetsPath+store.DefaultRoleSet, first)
		case t.Okta.Mode == store.ModeGroups && rolePath(r) != first:
			t.problem(path, "Give the roles of a set the same path.", "has roles with the paths %s and %s: in mode groups an application knows one path", first, rolePath(r))
		default:
			continue
		}
		return
	}
}

// rolePath is the path of a role.
func rolePath(r provision.RoleSpec) string {
	if r.Path == "" {
		return "/"
	}
	return r.Path
}
