package app

import (
	"slices"
	"strings"

	"github.com/oktaws/oktaws/provision"
)

// placeholders are what a role's group template may hold.
var placeholders = []string{"{label}", "{account}", "{role}", "{alias}"}

// maxPolicies is the most managed policies that AWS lets a role have, with a raised quota.
const maxPolicies = 20

// setRoles checks the role set by IAM's rules: names are unique without regard to case.
func setRoles(c *Config, w written) error {
	if len(w.roles) == 0 {
		return fault("Leave it out for the default role set.", "has no role")
	}
	names := map[string]bool{}
	for i, r := range w.roles {
		if !iamPattern.MatchString(r.Name) {
			return fault("It has 1 to 64 letters, digits and +=,.@-_.", "has %q as the name of role %d, which AWS would not take", r.Name, i+1)
		}
		if names[strings.ToLower(r.Name)] {
			return fault("AWS does not tell upper from lower case in the names of roles.", "has two roles called %s", r.Name)
		}
		names[strings.ToLower(r.Name)] = true
		if err := checkPolicies(r); err != nil {
			return err
		}
		if err := checkGroup(r); err != nil {
			return err
		}
	}
	if _, err := provision.Template(w.roles); err != nil {
		return fault("Rename one of them.", "makes no CloudFormation template: %v", err)
	}
	c.Roles = w.roles
	return nil
}

func checkPolicies(r provision.RoleSpec) error {
	if len(r.Policies) == 0 || len(r.Policies) > maxPolicies {
		return fault("", "has %d policies for role %s, and must have 1 to %d", len(r.Policies), r.Name, maxPolicies)
	}
	for _, p := range r.Policies {
		if !policyPattern.MatchString(p) {
			return fault("Write it as arn:${AWS::Partition}:iam::aws:policy/ReadOnlyAccess.", "has %q for role %s, which is not the ARN of a managed policy", p, r.Name)
		}
	}
	return nil
}

func checkGroup(r provision.RoleSpec) error {
	if strings.TrimSpace(r.Group) == "" || len(r.Group) > 255 { // Okta's limit
		return fault("Write it as {label}-{role}.", "has no group of 1 to 255 letters for role %s", r.Name)
	}
	for _, p := range placeholderPattern.FindAllString(r.Group, -1) {
		if !slices.Contains(placeholders, p) {
			return fault(didYouMean(p, placeholders), "has %s in the group of role %s, which stands for nothing", p, r.Name)
		}
	}
	if strings.ContainsAny(placeholderPattern.ReplaceAllString(r.Group, ""), "{}") {
		return fault("Write it as {label}-{role}.", "has a brace without its other half in the group of role %s", r.Name)
	}
	return nil
}
