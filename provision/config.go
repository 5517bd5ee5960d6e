package provision

import (
	"time"

	"github.com/oktaws/oktaws/store"
)

// Config is what the operator decides about the pipeline.
type Config struct {
	ProviderName    string        // of the IAM SAML provider, [\w._-]{1,128}
	StackName       string        // of the CloudFormation stack with the roles
	UserName        string        // of the IAM user whose key Okta holds (mode api)
	UserMayAssume   bool          // the user may also assume the role set's roles
	SessionDuration time.Duration // of a sign-on: 1 h to 12 h
	RoleSet         []RoleSpec
	Assignees       []store.Person // of tasks; empty: who approved
	RemindAfter     time.Duration  // the first reminder of a task
	CheckEvery      time.Duration  // how often an open task is looked at
	Workers         int            // accounts worked on at once
}

// RoleSpec is one role of the role set.
type RoleSpec struct {
	Name     string   // of the IAM role
	Policies []string // ARNs of managed policies; ${AWS::Partition} stands for the partition
	Group    string   // name of the Okta group; {label}, {account}, {role} and {alias} stand for the account's
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
