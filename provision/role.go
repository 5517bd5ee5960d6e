package provision

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/oktaws/oktaws/store"
)

// roleSet returns the roles of the account's role set.
func (w *work) roleSet() ([]RoleSpec, error) {
	a := w.get()
	specs, ok := w.r.cfg.RoleSets[a.RoleSetName()]
	if !ok || len(specs) == 0 {
		return nil, &store.Error{Kind: store.Permanent,
			Message: fmt.Sprintf("Account %s has the role set %s, which the configuration does not know.", a.ID, a.RoleSetName()),
			Remedy:  fmt.Sprintf("Put it back into role_sets and restart oktaws, or give the account another one with /oktaws roles %s.", a.ID)}
	}
	return specs, nil
}

// rolePath is the path of a role, which begins and ends with a slash.
func rolePath(s RoleSpec) string {
	if s.Path == "" {
		return "/"
	}
	return s.Path
}

func (c Config) session(s RoleSpec) time.Duration {
	if s.Session == 0 {
		return c.SessionDuration
	}
	return s.Session
}

// wantRole is what a role of the role set shall be, as the stack's template makes it.
func (w *work) wantRole(s RoleSpec) Role {
	a := w.get()
	here := strings.NewReplacer("${AWS::Partition}", a.Partition, "${AWS::AccountId}", a.ID)
	role := Role{
		Name: s.Name, Path: rolePath(s), Trust: w.wantTrust(), Boundary: here.Replace(s.Boundary),
		Inline: map[string]string{}, MaxDuration: w.r.cfg.session(s), Tags: s.Tags,
	}
	for _, arn := range s.Policies {
		role.Policies = append(role.Policies, here.Replace(arn))
	}
	for name, document := range s.Inline {
		role.Inline[name] = here.Replace(document)
	}
	return role
}

// wantTrust is the trust policy of every role, as roles.yaml has it.
func (w *work) wantTrust() string {
	raw, err := json.Marshal(map[string]any{
		"Version": "2012-10-17",
		"Statement": []any{map[string]any{
			"Effect": "Allow", "Principal": map[string]any{"Federated": w.providerARN()}, "Action": "sts:AssumeRoleWithSAML",
			"Condition": map[string]any{"StringEquals": map[string]any{"SAML:aud": signInURLs[w.get().Partition].saml}},
		}},
	})
	if err != nil {
		panic(err) // strings always encode
	}
	return string(raw)
}

// lookRole compares a role with what it shall be.
func (w *work) lookRole(have Role, want Role) []store.Finding {
	var out []store.Finding
	add := func(key, what, means, mend string) {
		out = append(out, finding(roles, want.Name+"/"+key, fmt.Sprintf("The role %s %s", want.Name, what), means, mend))
	}
	name := want.Name
	switch {
	case sameJSON(have.Trust, want.Trust):
	case !trusts(have.Trust, w.providerARN(), signInURLs[w.get().Partition].saml):
		add("trust", "does not trust the identity provider", "Nobody can sign on as "+name, "puts its trust policy back")
	default:
		add("trust", "has another trust policy than the one it was given", "Others than the people of Okta may assume "+name, "puts its trust policy back")
	}
	if have.Path != want.Path {
		out = append(out, forPerson(roles, name+"/path", fmt.Sprintf("The role %s has the path %s, not %s", name, have.Path, want.Path),
			"Perhaps nobody can sign on as "+name, "Delete the role in the IAM console; oktaws then makes it anew"))
	}
	if missing := without(want.Policies, have.Policies); len(missing) > 0 {
		add("missing", "lacks the policy "+strings.Join(missing, ", "), "Who signs on as "+name+" may do less than they should", "attaches it")
	}
	if more := without(have.Policies, want.Policies); len(more) > 0 {
		add("more", "has the policy "+strings.Join(more, ", ")+", which it was not given", "Who signs on as "+name+" may do more than they should", "detaches it")
	}
	if !sameDocuments(have.Inline, want.Inline) {
		add("inline", "has other inline policies than it was given", "Who signs on as "+name+" may do other things than they should", "puts them back")
	}
	if have.Boundary != want.Boundary {
		add("boundary", "has the permissions boundary "+shown(have.Boundary)+", not "+shown(want.Boundary), "Who signs on as "+name+" may do other things than they should", "puts it back")
	}
	return out
}

// without returns those of the values that aren't among the others.
func without(values, others []string) []string {
	return slices.DeleteFunc(slices.Clone(values), func(v string) bool { return slices.Contains(others, v) })
}

func sameDocuments(a, b map[string]string) bool {
	return len(a) == len(b) && maps.EqualFunc(a, b, sameJSON)
}

// restoreRoles puts back what was changed past CloudFormation, which itself doesn't see that: an update with the same
// template is none. Where CloudFormation has seen more than we compare, every role is set anew.
func (w *work) restoreRoles(ctx context.Context, stack *Stack) (restored []string, err error) {
	specs, err := w.roleSet()
	if err != nil {
		return nil, err
	}
	survey, err := w.aws.Survey(ctx)
	if err != nil {
		return nil, err
	}
	for _, spec := range specs {
		want := w.wantRole(spec)
		want.Tags = maps.Clone(stack.Tags) // CloudFormation gives them to what it makes
		maps.Copy(want.Tags, spec.Tags)
		have, there := survey.Roles[strings.ToLower(spec.Name)]
		var was *Role
		if there {
			was = &have
			if found := w.lookRole(have, want); !w.drifted(*stack) && !slices.ContainsFunc(found, func(f store.Finding) bool { return !f.Person }) {
				continue
			}
		}
		if err := w.aws.RestoreRole(ctx, was, want); err != nil {
			return restored, w.lookAgain(roles, err)
		}
		restored = append(restored, spec.Name)
	}
	return restored, nil
}

// remakeRoles makes anew those roles of the stack that are gone and that it is to keep: where an update comes to such a role,
// it fails, and so does its rollback, which leaves a stack that nobody can update. Where CloudFormation has found that
// something was changed past it, the others are set anew: with the update it forgets what it has found, and doesn't mend it.
func (w *work) remakeRoles(ctx context.Context, stack *Stack) error {
	specs, err := w.roleSet()
	if err != nil {
		return err
	}
	resources, err := w.aws.StackResources(ctx, stack.ID)
	if err != nil {
		return err
	}
	survey, err := w.aws.Survey(ctx)
	if err != nil {
		return err
	}
	for _, spec := range specs {
		have, there := survey.Roles[strings.ToLower(spec.Name)]
		if there && !w.drifted(*stack) || !slices.ContainsFunc(resources, func(r StackResource) bool { return sameName(r.PhysicalID, spec.Name) }) {
			continue
		}
		was := &have
		if !there {
			was = nil
		}
		if err := w.aws.RestoreRole(ctx, was, w.wantRole(spec)); err != nil {
			return w.lookAgain(roles, err)
		}
	}
	return nil
}

// oneOrMore is a JSON string, or an array of them, as policy documents have them.
type oneOrMore []string

// UnmarshalJSON takes both forms.
func (l *oneOrMore) UnmarshalJSON(raw []byte) error {
	var one string
	if json.Unmarshal(raw, &one) == nil {
		*l = oneOrMore{one}
		return nil
	}
	return json.Unmarshal(raw, (*[]string)(l))
}

// trusts says whether a trust policy lets people who sign on through the provider assume the role.
func trusts(document, provider, audience string) bool {
	var policy struct {
		Statement []struct {
			Effect    string
			Action    oneOrMore
			Principal struct{ Federated oneOrMore }
			Condition map[string]map[string]oneOrMore
		}
	}
	if json.Unmarshal([]byte(document), &policy) != nil {
		return false
	}
	for _, s := range policy.Statement {
		if s.Effect == "Allow" && slices.Contains(s.Action, "sts:AssumeRoleWithSAML") &&
			slices.Contains(s.Principal.Federated, provider) && slices.Contains(s.Condition["StringEquals"]["SAML:aud"], audience) {
			return true
		}
	}
	return false
}

// hash names a text.
func hash(text string) string {
	sum := sha256.Sum256([]byte(strings.TrimSpace(text)))
	return hex.EncodeToString(sum[:8])
}
