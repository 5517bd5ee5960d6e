package aws

import (
	"context"
	"maps"
	"slices"
	"strings"
	"time"
)

// Account is an account of an organization.
type Account struct {
	ID, Name, Alias string
	Partition       string
	Managing        bool   `json:",omitempty"` // it is the management account
	Closed          bool   `json:",omitempty"`
	Suspended       bool   `json:",omitempty"` // by AWS
	Unit            string // path of the organizational unit that it is in: Root, Root/Workloads, …
}

func (a *account) seen() Account {
	return Account{ID: a.id, Name: a.name, Alias: a.alias, Partition: a.partition.name, Managing: a.id == a.org.management, Closed: a.closed, Suspended: a.suspended, Unit: a.unit.path()}
}

// Provider is a SAML identity provider.
type Provider struct {
	Name, ARN, EntityID, Metadata string
	Tags                          map[string]string
	Created                       time.Time
}

// Role is an IAM role.
type Role struct {
	Name, ARN, Path  string
	Description      string
	Boundary         string            // ARN of the permissions boundary; empty: none
	Trust            string            // policy document, JSON
	TrustedProviders []string          // ARNs of the SAML providers that the trust policy allows to sign on
	Policies         []string          // ARNs of the managed policies
	Inline           map[string]string // policy documents by name
	MaxSession       time.Duration
	Tags             map[string]string
	Stack            string // name of the stack that made it; empty: made by hand
	Created          time.Time
}

// User is an IAM user.
type User struct {
	Name, ARN, Path string
	Tags            map[string]string
	Policies        map[string]string // inline policy documents by name
	Created         time.Time
}

// AccessKey is an access key of an IAM user, without its secret.
type AccessKey struct {
	ID          string
	Active      bool
	Created     time.Time
	LastUsed    time.Time // zero: never
	LastService string    // iam, sts, …
}

// Stack is a CloudFormation stack that isn't deleted.
type Stack struct {
	ID, Name, Region, Status, Reason string
	Drift                            string // what was found last: IN_SYNC, DRIFTED, UNKNOWN, NOT_CHECKED
	Template                         string
	Parameters, Tags, Outputs        map[string]string
	Roles                            map[string]string // role names by logical ID
}

// Credentials returns the access key of the management account's user who may assume AccessRole in every account and
// list the accounts, in the partition aws.
func (s *Server) Credentials() (accessKeyID, secret string) { return s.CredentialsIn(Commercial) }

// CredentialsIn is Credentials for another partition, whose organization is founded by that. Both are empty for one
// that there is not.
func (s *Server) CredentialsIn(partition string) (accessKeyID, secret string) {
	defer s.lock()()
	o, err := s.organizationIn(partition, s.longAgo())
	if err != nil {
		return "", ""
	}
	return o.base.id, o.base.secret
}

// Secrets returns every secret access key and session token that was ever issued, and the latest few hundred SAML
// responses that came.
func (s *Server) Secrets() []string {
	defer s.read()()
	return append(slices.Clone(s.secrets), s.responses.order...)
}

// Accounts returns the accounts of all partitions that have any, aws first, each as they joined, the management account
// first.
func (s *Server) Accounts() []Account {
	defer s.read()()
	var out []Account
	for _, o := range s.founded {
		for _, id := range o.order {
			out = append(out, s.accounts[id].seen())
		}
	}
	return out
}

// Providers returns the account's SAML providers by name; nil for an account that isn't there.
func (s *Server) Providers(account string) []Provider {
	defer s.read()()
	a, err := s.member(account)
	if err != nil {
		return nil
	}
	var out []Provider
	for _, p := range sorted(a.providers) {
		e, _ := parseMetadata(p.metadata)
		out = append(out, Provider{p.name, p.arn(), e.EntityID, p.metadata, maps.Clone(p.tags), p.created})
	}
	return out
}

// Roles returns the account's roles by name; nil for an account that isn't there.
func (s *Server) Roles(account string) []Role {
	defer s.read()()
	a, err := s.member(account)
	if err != nil {
		return nil
	}
	return a.rolesSeen()
}

func (a *account) rolesSeen() []Role {
	var out []Role
	for _, r := range sorted(a.roles) {
		seen := Role{
			Name: r.name, ARN: r.arn(), Path: r.path, Description: r.description, Boundary: r.boundary, Trust: r.trust.raw, Policies: slices.Clone(r.attached), Inline: raw(r.inline),
			MaxSession: time.Duration(r.maxSession) * time.Second, Tags: maps.Clone(r.tags), Created: r.created,
		}
		if r.stack != nil {
			seen.Stack = r.stack.name
		}
		for _, st := range r.trust.statements {
			for _, t := range st.principals {
				signsOn := slices.ContainsFunc(st.actions, func(p string) bool {
					return glob(strings.ToLower(p), "sts:assumerolewithsaml")
				})
				if t.kind == "Federated" && strings.Contains(t.value, ":saml-provider/") && signsOn && !st.deny {
					seen.TrustedProviders = append(seen.TrustedProviders, t.value)
				}
			}
		}
		out = append(out, seen)
	}
	return out
}

func raw(policies map[string]*document) map[string]string {
	out := map[string]string{}
	for name, d := range policies {
		out[name] = d.raw
	}
	return out
}

// Users returns the account's users by name; nil for an account that isn't there.
func (s *Server) Users(account string) []User {
	defer s.read()()
	a, err := s.member(account)
	if err != nil {
		return nil
	}
	var out []User
	for _, u := range sorted(a.users) {
		out = append(out, User{u.name, u.arn(), u.path, maps.Clone(u.tags), raw(u.inline), u.created})
	}
	return out
}

// AccessKeys returns the user's access keys, oldest first.
func (s *Server) AccessKeys(account, user string) []AccessKey {
	defer s.read()()
	a, err := s.member(account)
	if err != nil || a.users[strings.ToLower(user)] == nil {
		return nil
	}
	var out []AccessKey
	for _, k := range a.users[strings.ToLower(user)].keys {
		out = append(out, AccessKey{k.id, k.active, k.created, k.lastUsed, k.lastService})
	}
	return out
}

// Stacks returns the account's stacks in all regions, oldest first, without those that are deleted.
func (s *Server) Stacks(account string) []Stack {
	defer s.read()()
	a, err := s.member(account)
	if err != nil {
		return nil
	}
	var out []Stack
	for _, st := range a.stacks {
		if !st.live() {
			continue
		}
		seen := Stack{
			ID: st.id, Name: st.name, Region: st.region, Status: st.status, Reason: st.reason, Drift: st.driftStatus(), Template: st.template.body,
			Parameters: maps.Clone(st.values), Tags: maps.Clone(st.tags), Outputs: maps.Clone(st.outputs), Roles: map[string]string{},
		}
		for _, r := range st.resources {
			if r.physical != "" && r.status != "DELETE_COMPLETE" {
				seen.Roles[r.logical] = r.physical
			}
		}
		out = append(out, seen)
	}
	return out
}

// RolesFor does with an access key what Okta does with it: it lists the account's roles and aliases, and leaves its
// mark as the key's last use (service iam). The error is an *Error where AWS refuses.
func (s *Server) RolesFor(ctx context.Context, accessKeyID, secret string) ([]Role, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	defer s.lock()()
	who, real := s.holder(accessKeyID)
	if who == nil || who.key == nil || !who.key.active || who.account.barred() || s.clock.Since(who.key.created) < s.keyDelay {
		return nil, &Error{403, "InvalidClientTokenId", "The security token included in the request is invalid."}
	}
	if real != secret {
		return nil, &Error{403, "SignatureDoesNotMatch", "The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method. Consult the service documentation for details."}
	}
	who.used("iam", who.account.partition.home, s.clock.Now().UTC())
	f := who.facts(who.account.partition.home)
	if err := who.may("iam:ListRoles", who.account.iam("role/"), f, false); err != nil {
		return nil, err
	}
	if err := who.may("iam:ListAccountAliases", "*", f, false); err != nil {
		return nil, err
	}
	return who.account.rolesSeen(), nil
}
