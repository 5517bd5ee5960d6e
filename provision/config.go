package provision

import (
	"fmt"
	"regexp"
	"strings"
	"time"

	"github.com/oktaws/oktaws/store"
)

// Config is what the operator decides about the pipeline.
type Config struct {
	ProviderName    string                // of the IAM SAML provider, [\w._-]{1,128}
	StackName       string                // of the CloudFormation stack with the roles
	UserName        string                // of the IAM user whose key Okta holds (mode api)
	UserMayAssume   bool                  // the user may also assume the role set's roles
	SessionDuration time.Duration         // of a sign-on: 1 h to 12 h
	RoleSets        map[string][]RoleSpec // by name; store.DefaultRoleSet is among them
	GroupTemplate   string                // name of a role's Okta group in mode groups; empty: DefaultGroupTemplate
	Assignees       []store.Person        // of tasks; empty: who approved
	RemindAfter     time.Duration         // the first reminder of a task
	CheckEvery      time.Duration         // how often an open task is looked at
	DriftEvery      time.Duration         // how often a linked account is checked; 0: never by itself
	KeyAge          time.Duration         // after which Okta's access key is to be rotated; 0: never
	WarnBefore      time.Duration         // how long before a key or a certificate is too old a check says so
	KeepOldKey      time.Duration         // how long a key that was replaced is kept inactive before it is deleted
	CertificateLife int                   // years that a new certificate lasts: 2 to 10; 0: 10
	Workers         int                   // accounts worked on at once
	Only            *store.AccountKey     // the one account that Run works on, where the credentials are good for no other; nil: it works on all
}

// RoleSpec is one role of a role set.
type RoleSpec struct {
	Name        string            // of the IAM role
	Policies    []string          // ARNs of managed policies; ${AWS::Partition} stands for the partition
	Inline      map[string]string // inline policy documents (JSON) by name; ${AWS::Partition} and ${AWS::AccountId} stand for the account's
	Boundary    string            // ARN of the permissions boundary; the same stand for the account's; empty: none
	Session     time.Duration     // the longest session; 0: Config.SessionDuration
	Path        string            // empty: /
	Tags        map[string]string
	Group       string // name of the Okta group in mode api; {label}, {account}, {role} and {alias} stand for the account's
	GroupExists bool   // the Okta group is there already: it is never made, renamed or deleted
}

// DefaultRoleSet is the role set of an operator who configures none.
func DefaultRoleSet() []RoleSpec {
	const policy, group = "arn:${AWS::Partition}:iam::aws:policy/", "{label}-{role}"
	return []RoleSpec{
		{Name: "Administrator", Policies: []string{policy + "AdministratorAccess"}, Group: group},
		{Name: "PowerUsers", Policies: []string{policy + "PowerUserAccess"}, Group: group},
		{Name: "ReadOnlyAccess", Policies: []string{policy + "ReadOnlyAccess"}, Group: group},
	}
}

// DefaultGroupTemplate is Okta's own convention for group names that say the role and the account
// (https://help.okta.com/en-us/content/topics/deploymentguides/aws/aws-connect-multiple.htm).
const DefaultGroupTemplate = "aws#{alias}#{role}#{account}"

func (c Config) groupTemplate() string {
	if c.GroupTemplate == "" {
		return DefaultGroupTemplate
	}
	return c.GroupTemplate
}

// GroupName is the name of a role's Okta group in one account. An account without an alias is called by its ID.
func (c Config) GroupName(r RoleSpec, w store.Wish, account, alias string) string {
	if alias == "" {
		alias = account
	}
	template := r.Group
	if w.Mode == store.ModeGroups {
		template = c.groupTemplate()
	}
	return strings.NewReplacer("{label}", w.Label, "{account}", account, "{role}", r.Name, "{alias}", alias).Replace(template)
}

var placeholder = regexp.MustCompile(`\{(label|account|role|alias)\}`)

// GroupFilter is the application's groupFilter in mode groups: the pattern by which Okta reads the account and the role
// off the names that the template makes. With an account's ID it reads those of that account only, so that an application
// of its own gives nobody another account's roles. It fails where the template does not say both, once each.
func GroupFilter(template, account string) (string, error) {
	if account == "" {
		account = `\d+`
	}
	var out strings.Builder
	out.WriteString("^")
	seen := map[string]int{}
	rest := 0
	for _, at := range placeholder.FindAllStringIndex(template, -1) {
		out.WriteString(quoteForOkta(template[rest:at[0]]))
		name := template[at[0]+1 : at[1]-1]
		seen[name]++
		switch name {
		case "account":
			out.WriteString("(?{{accountid}}" + account + ")")
		case "role":
			out.WriteString(`(?{{role}}[\w+=,.@\-]+)`)
		case "label":
			out.WriteString(`.+`) // it may hold spaces
		default:
			out.WriteString(`\S+`)
		}
		rest = at[1]
	}
	out.WriteString(quoteForOkta(template[rest:]) + "$")
	if seen["account"] != 1 || seen["role"] != 1 {
		return "", fmt.Errorf("the template %q must hold {account} and {role}, once each", template)
	}
	return out.String(), nil
}

// quoteForOkta is a text that a pattern of Okta's matches as it is. It escapes # too, as Okta's own example does.
func quoteForOkta(s string) string { return strings.ReplaceAll(regexp.QuoteMeta(s), "#", `\#`) }
