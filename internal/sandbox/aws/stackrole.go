package aws

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"time"
)

const roleType = "AWS::IAM::Role"

// resourceTypes are those that a template can hold.
var resourceTypes = []string{roleType}

// roleProperties are the properties of AWS::IAM::Role
// (https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-iam-role.html).
type roleProperties struct {
	spec     roleSpec
	policies []string          // ARNs
	inline   map[string]string // documents by name
}

// reason is why a resource failed, in CloudFormation's words.
type reason string

func (r reason) Error() string { return string(r) }

func failure(format string, args ...any) error { return reason(fmt.Sprintf(format, args...)) }

// handlerError is a refusal of IAM's as the resource's event tells it.
func handlerError(err error) error {
	var e *Error
	if !errors.As(err, &e) {
		return err
	}
	code := map[string]string{
		"EntityAlreadyExists": "AlreadyExists", "NoSuchEntity": "NotFound", "AccessDenied": "AccessDenied", "LimitExceeded": "ServiceLimitExceeded",
		"DeleteConflict": "ResourceConflict",
	}[e.Code]
	if code == "" {
		code = "InvalidRequest"
	}
	return failure("Resource handler returned message: \"%s (Service: Iam, Status Code: %d, Request ID: %s)\" (RequestToken: %s, HandlerErrorCode: %s)",
		e.Message, e.Status, newUUID(), newUUID(), code)
}

// readRole reads a role's resolved properties.
func (st *stack) readRole(r *resource, properties map[string]any) (roleProperties, error) {
	p := roleProperties{inline: map[string]string{}, spec: roleSpec{path: "/", maxSession: 3600, tags: maps.Clone(st.tags)}}
	invalid := func(format string, args ...any) error {
		return failure("Properties validation failed for resource %s with message: [%s]", r.logical, fmt.Sprintf(format, args...))
	}
	if p.spec.tags == nil {
		p.spec.tags = map[string]string{}
	}
	for _, name := range slices.Sorted(maps.Keys(properties)) {
		v := properties[name]
		var ok bool
		switch name {
		case "RoleName":
			p.spec.name, ok = v.(string)
			ok = ok && entityName.MatchString(p.spec.name)
		case "Path":
			p.spec.path, ok = v.(string)
			ok = ok && len(p.spec.path) <= 512 && entityPath.MatchString(p.spec.path)
		case "Description":
			p.spec.description, ok = v.(string)
			ok = ok && roleDescription.MatchString(p.spec.description)
		case "PermissionsBoundary":
			p.spec.boundary, ok = v.(string)
		case "MaxSessionDuration":
			n, err := strconv.Atoi(fmt.Sprint(v))
			p.spec.maxSession, ok = n, err == nil
		case "AssumeRolePolicyDocument":
			p.spec.trust, ok = compact(v)
		case "ManagedPolicyArns":
			var items []any
			items, ok = v.([]any)
			p.policies = texts(items)
		case "Policies":
			ok = p.readPolicies(v)
		case "Tags":
			ok = p.readTags(v)
		default:
			return p, invalid("#: extraneous key [%s] is not permitted", name)
		}
		if !ok {
			return p, invalid("#/%s: has the wrong form: %v", name, v)
		}
	}
	if p.spec.trust == "" {
		return p, invalid("#: required key [AssumeRolePolicyDocument] not found")
	}
	if p.spec.name == "" {
		p.spec.name = r.physical
	}
	if p.spec.name == "" {
		p.spec.name = shorten(st.name, 24) + "-" + shorten(r.logical, 24) + "-" + newID("")[:12]
	}
	// CloudFormation marks what it makes (https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-properties-resource-tags.html).
	p.spec.tags["aws:cloudformation:stack-name"] = st.name
	p.spec.tags["aws:cloudformation:stack-id"] = st.id
	p.spec.tags["aws:cloudformation:logical-id"] = r.logical
	return p, nil
}

func shorten(s string, n int) string { return s[:min(len(s), n)] }

// compact writes a policy, which a template may give as an object or as JSON text.
func compact(v any) (string, bool) {
	if text, ok := v.(string); ok {
		return text, text != ""
	}
	if _, ok := v.(map[string]any); !ok {
		return "", false
	}
	b, err := json.Marshal(v)
	return string(b), err == nil
}

func (p *roleProperties) readPolicies(v any) bool {
	items, ok := v.([]any)
	for _, item := range items {
		fields, isMap := item.(map[string]any)
		name, isText := fields["PolicyName"].(string)
		document, isDocument := compact(fields["PolicyDocument"])
		if !isMap || !isText || !isDocument || len(fields) != 2 || !policyName.MatchString(name) {
			return false
		}
		p.inline[name] = document
	}
	return ok
}

func (p *roleProperties) readTags(v any) bool {
	items, ok := v.([]any)
	for _, item := range items {
		fields, isMap := item.(map[string]any)
		key, isText := fields["Key"].(string)
		if !isMap || !isText || len(fields) != 2 || !tagKey.MatchString(key) {
			return false
		}
		p.spec.tags[key] = fmt.Sprint(fields["Value"])
	}
	return ok
}

// may asks for the permissions of whoever began the operation, for a role with the path and name. Nobody is the console.
func (st *stack) may(role string, more facts, actions ...string) error {
	if st.who == nil {
		return nil
	}
	for _, a := range actions {
		if err := st.who.may(a, st.account.iam("role"+role), st.who.facts(st.region).with(more), false); err != nil {
			return handlerError(err)
		}
	}
	return nil
}

// makeRole makes a resource's role. What fails halfway leaves nothing behind.
func (st *stack) makeRole(r *resource, now time.Time) error {
	p, err := st.readRole(r, r.properties)
	if err != nil {
		return err
	}
	actions := []string{"iam:CreateRole", "iam:TagRole"}
	if len(p.policies) > 0 {
		actions = append(actions, "iam:AttachRolePolicy")
	}
	if len(p.inline) > 0 {
		actions = append(actions, "iam:PutRolePolicy")
	}
	if err := st.may(p.spec.path+p.spec.name, facts{"iam:PermissionsBoundary": p.spec.boundary}, actions...); err != nil {
		return err
	}
	made, err := st.server.addRole(st.account, p.spec, now)
	if err != nil {
		return handlerError(err)
	}
	made.stack = st
	if err := made.give(p); err != nil {
		made.attached, made.inline = nil, nil
		_ = made.delete()
		return handlerError(err)
	}
	r.physical = made.name
	return nil
}

// give replaces the role's policies.
func (r *role) give(p roleProperties) error {
	attached, inline := r.attached, r.inline
	r.attached, r.inline = nil, map[string]*document{}
	for _, arn := range p.policies {
		if err := r.attach(arn); err != nil {
			r.attached, r.inline = attached, inline
			return err
		}
	}
	for _, name := range slices.Sorted(maps.Keys(p.inline)) {
		if err := putInline(r.inline, name, p.inline[name], "role", r.name, inlineSize); err != nil {
			r.attached, r.inline = attached, inline
			return err
		}
	}
	return nil
}
