package aws

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"time"
)

// The accounts to begin with, of the partition aws but for two. Each member but AccountUnreachable has the role AccessRole.
const (
	ManagementAccount  = "999900001111"
	ManagementUSGov    = "999900002222" // of the partition aws-us-gov, where it is not empty
	ManagementChina    = "999900003333" // of the partition aws-cn
	AccountGmail       = "111122223333" // named Gmail; nothing in it
	AccountAnalytics   = "444455556666" // nothing in it
	AccountBilling     = "777788889999" // nothing in it
	AccountStaging     = "222233334444" // nothing in it
	AccountUnreachable = "333344445555" // has no AccessRole
	AccountTakenRole   = "555566667777" // has a role Administrator that was made by hand
	AccountTakenSAML   = "888899990000" // has a SAML provider Okta that was made by hand, without tags
	AccountRestricted  = "666677778888" // a service control policy denies iam:CreateUser and iam:CreateAccessKey
)

// AccessRole is the role by which the management account reaches the members.
const AccessRole = "OrganizationAccountAccessRole"

const baseUser = "oktaws"

type account struct {
	org       *organization
	partition *partition
	id, name  string
	alias     string
	joined    time.Time
	closed    bool
	suspended bool // by AWS
	unit      *unit
	controls  []*document // service control policies; none for the management account
	providers map[string]*provider
	roles     map[string]*role // by lower-case name: names are unique without regard to case
	users     map[string]*user // the same
	stacks    []*stack         // oldest first, deleted ones too
	tokens    map[string]token // of CloudFormation, by region and token

	detections map[string]*detection // of drift, by ID
}

type provider struct {
	account        *account
	name, metadata string
	uuid           string
	created        time.Time
	validUntil     time.Time
	tags           map[string]string
}

func (p *provider) arn() string { return p.account.iam("saml-provider/" + p.name) }

type role struct {
	account                     *account
	name, path, id, description string
	created                     time.Time
	maxSession                  int // seconds
	boundary                    string
	trust                       *document
	attached                    []string // ARNs, in the order in which they came
	inline                      map[string]*document
	tags                        map[string]string
	stack                       *stack // which made it; nil: made by hand
	gone                        bool
}

func (r *role) arn() string { return r.account.iam("role" + r.path + r.name) }

func (r *role) documents() []*document {
	out := slices.Collect(maps.Values(r.inline))
	for _, arn := range r.attached {
		out = append(out, managedPolicy(arn))
	}
	return out
}

type user struct {
	account        *account
	name, path, id string
	created        time.Time
	inline         map[string]*document
	tags           map[string]string
	keys           []*accessKey
}

func (u *user) arn() string { return u.account.iam("user" + u.path + u.name) }

func (u *user) documents() []*document { return slices.Collect(maps.Values(u.inline)) }

type accessKey struct {
	user                    *user
	id, secret              string
	active                  bool
	created, lastUsed       time.Time
	lastService, lastRegion string
}

// accountID is what an account ID looks like.
var accountID = regexp.MustCompile(`^\d{12}$`)

// longAgo is when what is there to begin with was made: it is past all delays.
func (s *Server) longAgo() time.Time { return s.clock.Now().UTC().Add(-90 * 24 * time.Hour) }

func (s *Server) seed() {
	long := s.longAgo()
	org, err := s.organizationIn(Commercial, long)
	if err != nil {
		panic("seed: " + err.Error())
	}
	for _, m := range []struct{ id, name string }{
		{AccountGmail, "Gmail"}, {AccountAnalytics, "Analytics"}, {AccountBilling, "Billing"}, {AccountStaging, "Staging"},
		{AccountUnreachable, "Acquired"}, {AccountTakenRole, "Legacy"}, {AccountTakenSAML, "Partner"}, {AccountRestricted, "Restricted"},
	} {
		s.join(org, m.id, m.name, long)
	}
	unreachable := s.accounts[AccountUnreachable]
	unreachable.roles[strings.ToLower(AccessRole)].gone = true
	delete(unreachable.roles, strings.ToLower(AccessRole))
	taken := s.accounts[AccountTakenRole]
	taken.put(&role{name: "Administrator", path: "/", created: long, maxSession: 3600, attached: []string{taken.policyARN("AdministratorAccess")}, trust: taken.trustOwn()})
	if _, err := s.accounts[AccountTakenSAML].addProvider("Okta", madeUpMetadata("http://www.okta.com/exkmadebyhand"), nil, long); err != nil {
		panic("seed: " + err.Error())
	}
	s.accounts[AccountRestricted].deny("iam:CreateUser", "iam:CreateAccessKey")
}

func mustPolicy(d *document, err error) *document {
	if err != nil {
		panic(err)
	}
	return d
}

// join makes an account of the organization.
func (s *Server) join(o *organization, id, name string, at time.Time) {
	a := &account{
		org: o, unit: o.root, partition: o.partition, id: id, name: name, joined: at,
		providers: map[string]*provider{}, roles: map[string]*role{}, users: map[string]*user{}, tokens: map[string]token{},
		detections: map[string]*detection{},
	}
	s.accounts[id] = a
	o.order = append(o.order, id)
	if id != o.management {
		a.put(&role{
			name: AccessRole, path: "/", created: at, maxSession: 12 * 3600, attached: []string{a.policyARN("AdministratorAccess")},
			trust: s.accounts[o.management].trustOwn(),
		})
		a.controls = []*document{mustPolicy(parseIdentityPolicy(`{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}`))}
	}
}

func (a *account) email() string {
	return "aws+" + strings.ToLower(strings.ReplaceAll(a.name, " ", "-")) + "@example.com"
}

// joinedMethod is INVITED where the access role is absent, since accounts that were invited have none.
func (a *account) joinedMethod() string {
	if a.id == AccountUnreachable {
		return "INVITED"
	}
	return "CREATED"
}

// deny adds a service control policy that denies the actions.
func (a *account) deny(actions ...string) {
	a.controls = append(a.controls, mustPolicy(parseIdentityPolicy(`{"Version":"2012-10-17","Statement":{"Effect":"Deny","Action":["`+strings.Join(actions, `","`)+`"],"Resource":"*"}}`)))
}

// trust is a trust policy for the account's own principals.
func (a *account) trust() string {
	return `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"` + a.iam("root") + `"},"Action":"sts:AssumeRole"}]}`
}

func (a *account) trustOwn() *document { return mustPolicy(parsePolicy(a.trust())) }

// put adds a role, whose other fields are filled in.
func (a *account) put(r *role) {
	r.account, r.id = a, newID("AROA")
	if r.inline == nil {
		r.inline = map[string]*document{}
	}
	if r.tags == nil {
		r.tags = map[string]string{}
	}
	a.roles[strings.ToLower(r.name)] = r
}

func (a *account) addUser(name, path string, tags map[string]string, at time.Time) *user {
	if tags == nil {
		tags = map[string]string{}
	}
	u := &user{account: a, name: name, path: path, id: newID("AIDA"), created: at, inline: map[string]*document{}, tags: tags}
	a.users[strings.ToLower(name)] = u
	return u
}

func (s *Server) addKey(u *user, at time.Time) *accessKey {
	k := &accessKey{user: u, id: newID("AKIA"), secret: s.newSecret(40), active: true, created: at}
	s.keys[k.id] = k
	u.keys = append(u.keys, k)
	return k
}

// roleByARN finds a role by its ARN, path and all; nil where there is none.
func (s *Server) roleByARN(a arn) *role {
	home := s.accounts[a.account]
	if home == nil || home.partition.name != a.partition || a.service != "iam" {
		return nil
	}
	name := a.resource[strings.LastIndex(a.resource, "/")+1:]
	if r := home.roles[strings.ToLower(name)]; r != nil && "role"+r.path+r.name == a.resource {
		return r
	}
	return nil
}

// sorted returns the values of a map in the order of its keys.
func sorted[T any](m map[string]T) []T {
	out := make([]T, 0, len(m))
	for _, k := range sortedKeys(m) {
		out = append(out, m[k])
	}
	return out
}

func sortedKeys[T any](m map[string]T) []string { return slices.Sorted(maps.Keys(m)) }

// account finds a member, for seeds and readers.
func (s *Server) member(id string) (*account, error) {
	if a := s.accounts[id]; a != nil {
		return a, nil
	}
	return nil, fmt.Errorf("the organization has no account %s", id)
}
