package aws

import (
	"maps"
	"slices"
	"strconv"
)

func attachRolePolicy(c *call) (any, error) {
	arn, err := c.get("PolicyArn")
	if err != nil {
		return nil, err
	}
	r, err := c.role("iam:AttachRolePolicy", facts{"iam:PolicyARN": arn})
	if err != nil {
		return nil, err
	}
	return nil, r.attach(arn)
}

// attach attaches a managed policy; one that is attached already is no error.
func (r *role) attach(arn string) error {
	switch {
	case r.account.managed(arn) == nil:
		return absent("Policy " + arn + " does not exist or is not attachable.")
	case slices.Contains(r.attached, arn):
	case len(r.attached) >= attachedQuota:
		return quota("PoliciesPerRole", attachedQuota)
	default:
		r.attached = append(r.attached, arn)
	}
	return nil
}

func detachRolePolicy(c *call) (any, error) {
	arn, err := c.get("PolicyArn")
	if err != nil {
		return nil, err
	}
	r, err := c.role("iam:DetachRolePolicy", facts{"iam:PolicyARN": arn})
	if err != nil {
		return nil, err
	}
	return nil, r.detach(arn)
}

func (r *role) detach(arn string) error {
	i := slices.Index(r.attached, arn)
	if i < 0 {
		return absent("Policy " + arn + " was not found.")
	}
	r.attached = slices.Delete(r.attached, i, i+1)
	return nil
}

func listAttachedRolePolicies(c *call) (any, error) {
	r, err := c.role("iam:ListAttachedRolePolicies", nil)
	if err != nil {
		return nil, err
	}
	from, to, next, err := c.pageOf(len(r.attached))
	if err != nil {
		return nil, err
	}
	return struct {
		AttachedPolicies []attachedPolicy `xml:"AttachedPolicies>member"`
		paged
	}{attachedPolicies(r.attached[from:to]), paged{next != "", next}}, nil
}

func listRolePolicies(c *call) (any, error) {
	r, err := c.role("iam:ListRolePolicies", nil)
	if err != nil {
		return nil, err
	}
	return c.listNames(slices.Sorted(maps.Keys(r.inline)))
}

func getRolePolicy(c *call) (any, error) {
	r, err := c.role("iam:GetRolePolicy", nil)
	if err != nil {
		return nil, err
	}
	name, err := c.name("PolicyName", policyName)
	if err != nil {
		return nil, err
	}
	d := r.inline[name]
	if d == nil {
		return nil, absent("The role policy with name " + name + " cannot be found.")
	}
	return inlinePolicy{RoleName: r.name, PolicyName: name, PolicyDocument: d.encode()}, nil
}

func putRolePolicy(c *call) (any, error) {
	r, err := c.role("iam:PutRolePolicy", nil)
	if err != nil {
		return nil, err
	}
	name, err := c.name("PolicyName", policyName)
	if err != nil {
		return nil, err
	}
	raw, err := c.get("PolicyDocument")
	if err != nil {
		return nil, err
	}
	return nil, putInline(r.inline, name, raw, "role", r.name, inlineSize)
}

func deleteRolePolicy(c *call) (any, error) {
	r, err := c.role("iam:DeleteRolePolicy", nil)
	if err != nil {
		return nil, err
	}
	name, err := c.name("PolicyName", policyName)
	if err != nil {
		return nil, err
	}
	if r.inline[name] == nil {
		return nil, absent("The role policy with name " + name + " cannot be found.")
	}
	delete(r.inline, name)
	return nil, nil
}

// putInline writes an inline policy over the one of the same name; size is the quota for all of them together.
func putInline(policies map[string]*document, name, raw, kind, owner string, size int) error {
	d, err := parseIdentityPolicy(raw)
	if err != nil {
		return err
	}
	total := withoutSpace(raw)
	for other, o := range policies {
		if other != name {
			total += withoutSpace(o.raw)
		}
	}
	if total > size {
		return &Error{409, "LimitExceeded", "Maximum policy size of " + strconv.Itoa(size) + " bytes exceeded for " + kind + " " + owner}
	}
	policies[name] = d
	return nil
}
