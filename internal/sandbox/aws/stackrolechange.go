package aws

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// needsAnother reports whether the properties ask for another role in place of the resource's: with another name or
// path. All else changes in place
// (https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-iam-role.html) [D].
func (r *resource) needsAnother(properties map[string]any) bool {
	path := func(properties map[string]any) string {
		given, _ := properties["Path"].(string)
		return cmp.Or(given, "/")
	}
	return fmt.Sprint(properties["RoleName"]) != fmt.Sprint(r.properties["RoleName"]) || path(properties) != path(r.properties)
}

// replaceRole makes another role for the resource. The one that there was stays until the update has gone well. A role
// that the template names needs another name for that.
func (st *stack) replaceRole(r *resource, properties map[string]any, now time.Time) error {
	if name, _ := properties["RoleName"].(string); name == r.physical {
		return failure("CloudFormation cannot update a stack when a custom-named resource requires replacing. Rename %s and update the stack again.", name)
	}
	another := &resource{logical: r.logical, properties: properties}
	if err := st.makeRole(another, now); err != nil {
		return err
	}
	left := *r
	left.deletionPolicy = r.replacePolicy
	st.replaced = append(st.replaced, &left)
	r.physical = another.physical
	return nil
}

// letGo makes the resource's role one of nobody's.
func (st *stack) letGo(r *resource) {
	if made := st.account.roles[strings.ToLower(r.physical)]; made != nil && made.stack == st {
		made.stack = nil
	}
}

// changeRole brings a resource's role to the properties, but for its name and path, which stay.
func (st *stack) changeRole(r *resource, properties map[string]any, now time.Time) error {
	p, err := st.readRole(r, properties)
	if err != nil {
		return err
	}
	made := st.account.roles[strings.ToLower(r.physical)]
	if made == nil {
		return handlerError(absent("The role with name " + r.physical + " cannot be found."))
	}
	boundaries := map[bool]string{true: "iam:DeleteRolePermissionsBoundary", false: "iam:PutRolePermissionsBoundary"}
	if p.spec.boundary != made.boundary {
		err := st.may(made.path+made.name, facts{"iam:PermissionsBoundary": p.spec.boundary}, boundaries[p.spec.boundary == ""])
		if err != nil {
			return err
		}
	}
	if p.spec.boundary != "" {
		if err := st.account.checkBoundary(p.spec.boundary); err != nil {
			return handlerError(err)
		}
	}
	err = st.may(made.path+made.name, nil, "iam:UpdateRole", "iam:UpdateAssumeRolePolicy", "iam:AttachRolePolicy", "iam:DetachRolePolicy", "iam:PutRolePolicy", "iam:DeleteRolePolicy", "iam:TagRole", "iam:UntagRole")
	if err != nil {
		return err
	}
	if p.spec.maxSession < 3600 || p.spec.maxSession > 43200 {
		return handlerError(badValue("MaxSessionDuration", strconv.Itoa(p.spec.maxSession), "Member must have value between 3600 and 43200"))
	}
	trust, err := st.server.trustPolicy(st.account, p.spec.trust, now)
	if err != nil {
		return handlerError(err)
	}
	if err := made.give(p); err != nil {
		return handlerError(err)
	}
	made.trust, made.description, made.maxSession, made.boundary, made.tags = trust, p.spec.description, p.spec.maxSession, p.spec.boundary, p.spec.tags
	return nil
}

// dropRole takes a resource's role away with the policies that the template gave it. One that somebody took away by
// hand is no error; a policy that somebody attached by hand is.
func (st *stack) dropRole(r *resource) error {
	made := st.account.roles[strings.ToLower(r.physical)]
	if made == nil {
		return nil
	}
	if err := st.may(made.path+made.name, nil, "iam:DetachRolePolicy", "iam:DeleteRolePolicy", "iam:DeleteRole"); err != nil {
		return err
	}
	p, err := st.readRole(r, r.properties)
	if err != nil {
		return err
	}
	byHand := slices.ContainsFunc(made.attached, func(arn string) bool { return !slices.Contains(p.policies, arn) })
	for name := range made.inline {
		byHand = byHand || p.inline[name] == ""
	}
	if byHand {
		return handlerError(conflict("Cannot delete entity, must detach all policies first."))
	}
	made.attached, made.inline = nil, nil
	return made.delete()
}
