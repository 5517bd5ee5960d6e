package aws

import (
	"maps"
	"regexp"
	"slices"
	"strings"
	"time"
)

const (
	roleQuota     = 1000
	trustSize     = 2048 // characters without white space
	inlineSize    = 10240
	attachedQuota = 10
)

// descriptionPattern is what a role's description may hold
// (https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateRole.html) [D].
const descriptionPattern = `[\u0009\u000A\u000D\u0020-\u007E\u00A1-\u00FF]*`

var roleDescription = regexp.MustCompile(`^[\t\n\r\x20-\x7E\x{A1}-\x{FF}]{0,1000}$`)

// roleSpec is what a role shall be, asked for by a call or by a stack.
type roleSpec struct {
	name, path, description, trust string
	boundary                       string
	maxSession                     int
	tags                           map[string]string
}

// addRole makes a role as IAM does, with its rules.
func (s *Server) addRole(a *account, spec roleSpec, now time.Time) (*role, error) {
	if spec.maxSession < 3600 || spec.maxSession > 43200 {
		return nil, validation("1 validation error detected: Value at 'maxSessionDuration' failed to satisfy constraint: Member must have value between 3600 and 43200")
	}
	trust, err := s.trustPolicy(a, spec.trust, now)
	if err != nil {
		return nil, err
	}
	switch {
	case a.roles[strings.ToLower(spec.name)] != nil:
		return nil, exists("Role with name " + spec.name + " already exists.")
	case len(a.roles) >= roleQuota:
		return nil, quota("RolesPerAccount", roleQuota)
	case spec.boundary != "":
		if err := a.checkBoundary(spec.boundary); err != nil {
			return nil, err
		}
	}
	r := &role{
		name: spec.name, path: spec.path, description: spec.description, boundary: spec.boundary,
		created: now, maxSession: spec.maxSession, trust: trust, tags: maps.Clone(spec.tags),
	}
	a.put(r)
	return r, nil
}

var (
	serviceName = regexp.MustCompile(`^[a-z0-9.-]+\.amazonaws\.com(\.cn)?$`)
	domainName  = regexp.MustCompile(`^[a-z0-9-]+(\.[a-z0-9-]+)+$`)
)

// trustPolicy checks a role's trust policy. A SAML provider made less than the configured delay ago is not yet known,
// as with AWS's replication.
func (s *Server) trustPolicy(a *account, raw string, now time.Time) (*document, error) {
	if withoutSpace(raw) > trustSize {
		return nil, quota("ACLSizePerRole", trustSize)
	}
	d, err := parsePolicy(raw)
	if err != nil {
		return nil, err
	}
	for _, st := range d.statements {
		switch {
		case st.hasAnyResource:
			return nil, malformed("Has prohibited field Resource")
		case !st.hasPrincipalField || len(st.principals) == 0:
			return nil, malformed("Missing required field Principal")
		case slices.ContainsFunc(st.actions, func(a string) bool { return !strings.HasPrefix(strings.ToLower(a), "sts:") }):
			return nil, malformed("AssumeRole policy may only specify STS AssumeRole actions.")
		}
		for _, t := range st.principals {
			if err := s.checkTrusted(a, t, now); err != nil {
				return nil, err
			}
		}
	}
	return d, nil
}

func (s *Server) checkTrusted(a *account, t trusted, now time.Time) error {
	invalid := malformed(`Invalid principal in policy: "%s":"%s"`, strings.ToUpper(t.kind), t.value)
	switch t.kind {
	case "STAR":
		return malformed(`AssumeRolepolicy contained an invalid principal: "STAR":"*".`)
	case "Service":
		if serviceName.MatchString(t.value) {
			return nil
		}
	case "Federated":
		if domainName.MatchString(t.value) {
			return nil
		}
		at, err := parseARN(t.value)
		name, ok := strings.CutPrefix(at.resource, "saml-provider/")
		if err != nil || !ok || at.service != "iam" {
			return malformed("Federated principals must be valid domain names or SAML metadata ARNs")
		}
		p := a.providers[name]
		if at.account == a.id && at.partition == a.partition.name && p != nil && now.Sub(p.created) >= s.providerDelay {
			return nil
		}
	case "AWS":
		if other := s.accounts[t.value]; t.value == "*" || other != nil && other.partition == a.partition {
			return nil
		}
		at, err := parseARN(t.value)
		home := s.accounts[at.account]
		if err != nil || home == nil || home.partition != a.partition || at.partition != a.partition.name {
			return invalid
		}
		kind, name, _ := strings.Cut(at.resource, "/")
		name = name[strings.LastIndex(name, "/")+1:]
		switch {
		case at.service == "iam" && at.resource == "root",
			at.service == "iam" && kind == "role" && s.roleByARN(at) != nil,
			at.service == "iam" && kind == "user" && home.users[strings.ToLower(name)] != nil,
			at.service == "sts" && kind == "assumed-role":
			return nil
		}
	}
	return invalid
}

// roleEntry is a role as answers show it. Listings leave out the tags and the boundary
// (https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListRoles.html) [D].
type roleEntry struct {
	Path, RoleName           string
	RoleID                   string `xml:"RoleId"`
	Arn, CreateDate          string
	AssumeRolePolicyDocument string
	Description              string `xml:",omitempty"`
	MaxSessionDuration       int
	PermissionsBoundary      *boundary `xml:",omitempty"`
	Tags                     []tag     `xml:"Tags>member"`
	RoleLastUsed             struct{}
}

func (r *role) entry(whole bool) roleEntry {
	e := roleEntry{
		Path: r.path, RoleName: r.name, RoleID: r.id, Arn: r.arn(), CreateDate: instant(r.created),
		AssumeRolePolicyDocument: r.trust.encode(), Description: r.description, MaxSessionDuration: r.maxSession,
	}
	if whole {
		e.PermissionsBoundary, e.Tags = boundaryOf(r.boundary), tagList(r.tags)
	}
	return e
}

func createRole(c *call) (any, error) {
	name, err := c.name("RoleName", entityName)
	if err != nil {
		return nil, err
	}
	spec := roleSpec{name: name, boundary: c.form.Get("PermissionsBoundary")}
	if spec.description, err = c.description(); err != nil {
		return nil, err
	}
	if spec.path, err = c.path(); err != nil {
		return nil, err
	}
	if spec.trust, err = c.get("AssumeRolePolicyDocument"); err != nil {
		return nil, err
	}
	if spec.maxSession, err = c.number("MaxSessionDuration", 3600, 43200, 3600); err != nil {
		return nil, err
	}
	if spec.tags, err = c.tags(); err != nil {
		return nil, err
	}
	if err := c.allowTagged("iam:CreateRole", "iam:TagRole", c.account.iam("role"+spec.path+name), spec.tags, facts{"iam:PermissionsBoundary": spec.boundary}); err != nil {
		return nil, err
	}
	r, err := c.addRole(c.account, spec, c.now)
	if err != nil {
		return nil, err
	}
	return struct{ Role roleEntry }{r.entry(true)}, nil
}

// role finds the role that RoleName names, if the caller may do the action with it.
func (c *call) role(action string, more facts) (*role, error) {
	name, err := c.name("RoleName", entityName)
	if err != nil {
		return nil, err
	}
	r := c.account.roles[strings.ToLower(name)]
	resource := c.account.iam("role/" + name)
	if r != nil {
		resource = r.arn()
	}
	if err := c.allow(action, resource, more); err != nil {
		return nil, err
	}
	if r == nil {
		return nil, absent("The role with name " + name + " cannot be found.")
	}
	return r, nil
}

func getRole(c *call) (any, error) {
	r, err := c.role("iam:GetRole", nil)
	if err != nil {
		return nil, err
	}
	return struct{ Role roleEntry }{r.entry(true)}, nil
}

func listRoles(c *call) (any, error) {
	prefix := c.form.Get("PathPrefix")
	if prefix == "" {
		prefix = "/"
	}
	if err := c.allow("iam:ListRoles", c.account.iam("role"+prefix), nil); err != nil {
		return nil, err
	}
	all := slices.DeleteFunc(sorted(c.account.roles), func(r *role) bool { return !strings.HasPrefix(r.path, prefix) })
	from, to, next, err := c.pageOf(len(all))
	if err != nil {
		return nil, err
	}
	out := struct {
		Roles []roleEntry `xml:"Roles>member"`
		paged
	}{paged: paged{next != "", next}}
	for _, r := range all[from:to] {
		out.Roles = append(out.Roles, r.entry(false))
	}
	return out, nil
}

func deleteRole(c *call) (any, error) {
	r, err := c.role("iam:DeleteRole", nil)
	if err != nil {
		return nil, err
	}
	return nil, r.delete()
}

// delete takes a role away that has no policies any more.
func (r *role) delete() error {
	switch {
	case len(r.attached) > 0:
		return conflict("Cannot delete entity, must detach all policies first.")
	case len(r.inline) > 0:
		return conflict("Cannot delete entity, must delete policies first.")
	}
	r.gone = true
	delete(r.account.roles, strings.ToLower(r.name))
	return nil
}

func updateAssumeRolePolicy(c *call) (any, error) {
	r, err := c.role("iam:UpdateAssumeRolePolicy", nil)
	if err != nil {
		return nil, err
	}
	raw, err := c.get("PolicyDocument")
	if err != nil {
		return nil, err
	}
	trust, err := c.trustPolicy(c.account, raw, c.now)
	if err != nil {
		return nil, err
	}
	r.trust = trust
	return nil, nil
}

// description returns the parameter Description.
func (c *call) description() (string, error) {
	text := c.form.Get("Description")
	if !roleDescription.MatchString(text) {
		return "", badValue("Description", text, `Member must satisfy regular expression pattern: `+descriptionPattern+` and have a length of at most 1000`)
	}
	return text, nil
}

// updateRole leaves the description that there was where none is given; the longest session becomes an hour again
// (https://docs.aws.amazon.com/IAM/latest/APIReference/API_UpdateRole.html) [D].
func updateRole(c *call) (any, error) {
	r, err := c.role("iam:UpdateRole", nil)
	if err != nil {
		return nil, err
	}
	text, err := c.description()
	if err != nil {
		return nil, err
	}
	seconds, err := c.number("MaxSessionDuration", 3600, 43200, 3600)
	if err != nil {
		return nil, err
	}
	if c.form.Has("Description") {
		r.description = text
	}
	r.maxSession = seconds
	return struct{}{}, nil
}

func untagRole(c *call) (any, error) {
	r, err := c.role("iam:UntagRole", nil)
	if err != nil {
		return nil, err
	}
	return nil, c.removeTags(r.tags)
}

func tagRole(c *call) (any, error) {
	r, err := c.role("iam:TagRole", nil)
	if err != nil {
		return nil, err
	}
	return nil, c.addTags(r.tags)
}

func listRoleTags(c *call) (any, error) {
	r, err := c.role("iam:ListRoleTags", nil)
	if err != nil {
		return nil, err
	}
	return c.listTags(r.tags)
}
