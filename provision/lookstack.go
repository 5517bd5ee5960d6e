package provision

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/oktaws/oktaws/store"
)

func (w *work) lookRoles(ctx context.Context, s *sight) ([]store.Finding, error) {
	specs, err := w.roleSet()
	if err != nil {
		return nil, err
	}
	stack, err := s.roleStack(ctx)
	if err != nil {
		return nil, err
	}
	survey, err := s.entities(ctx)
	if err != nil {
		return nil, err
	}
	out, err := w.lookStack(ctx, s, stack)
	if err != nil {
		return nil, err
	}
	for _, spec := range specs {
		have, there := survey.Roles[strings.ToLower(spec.Name)]
		switch {
		case there && !strings.Contains(have.ARN, ":"+w.key.ID+":"):
			return nil, &store.Error{Kind: store.Permanent, Message: fmt.Sprintf("The credentials for account %s lead to another account (%s).", w.key.ID, have.ARN),
				Remedy: "Set aws.access_role, or the account's entry in aws.profiles, so that they lead there."}
		case there && stack == nil:
			f := w.foreign(roles, have.Name+"/foreign", fmt.Sprintf("The account has an IAM role %s already, outside the stack %s", have.Name, w.r.cfg.StackName), "imports it into the stack")
			out = append(out, f)
		case there:
			out = append(out, w.lookRole(have, w.wantRole(spec))...)
		case stack != nil:
			what := "The role " + spec.Name + " is gone"
			if slices.ContainsFunc(out, func(f store.Finding) bool { return f.Key == roles+"/template" }) {
				what = "There is no role " + spec.Name
			}
			out = append(out, finding(roles, spec.Name+"/gone", what, "Nobody can sign on as "+spec.Name, "makes it"))
		}
	}
	if stack != nil && w.drifted(*stack) && !slices.ContainsFunc(out, func(f store.Finding) bool { return f.Step == roles }) {
		out = append(out, finding(roles, "drift", fmt.Sprintf("CloudFormation finds that something of the stack %s was changed past it", stack.Name),
			"Perhaps sessions are shorter or longer than they should be", "sets every role of the stack anew"))
	}
	return out, nil
}

// lookStack compares the stack itself with what it shall be.
func (w *work) lookStack(ctx context.Context, s *sight, stack *Stack) ([]store.Finding, error) {
	name := w.r.cfg.StackName
	if stack == nil {
		return []store.Finding{finding(roles, "stack", fmt.Sprintf("There is no CloudFormation stack %s with the roles", name), "Nobody can sign on, unless the roles were made by hand", "makes it")}, nil
	}
	var out []store.Finding
	add := func(key, what, means, mend string) { out = append(out, finding(roles, key, what, means, mend)) }
	switch {
	case ours(stack.Tags):
	case stack.ID == w.known().StackID:
		out = append(out, untagged(roles, "The CloudFormation stack "+name))
	case w.get().Adopt:
		if refusal := w.onlyRoles(ctx, stack); refusal != nil {
			if store.KindOf(refusal) != store.Conflict {
				return nil, refusal
			}
			message, remedy := store.Explain(refusal)
			return append(out, forPerson(roles, "refused", strings.TrimSuffix(message, "."), "The account can't be linked like that", strings.TrimSuffix(remedy, "."))), nil
		}
		fallthrough
	default:
		out = append(out, w.foreign(roles, "foreign", fmt.Sprintf("The account has a CloudFormation stack %s that does not bear our tag", name), "updates it to the role set"))
	}
	switch {
	case slices.Contains(stackAtWork, stack.Status):
		return out, nil
	case slices.Contains(stackBroken, stack.Status):
		add("failed", fmt.Sprintf("The CloudFormation stack %s is %s", name, stack.Status), "Nobody can sign on", "deletes it and makes it anew")
		return out, nil
	case !slices.Contains(stackComplete, stack.Status):
		return append(out, forPerson(roles, "state", fmt.Sprintf("The CloudFormation stack %s is %s", name, stack.Status), "Perhaps nothing for them; but oktaws can't change the roles meanwhile", "Finish or delete it in the CloudFormation console")), nil
	}
	want, err := w.stackSpec()
	if err != nil {
		return nil, err
	}
	same, err := w.sameTemplate(ctx, stack, want.Template)
	if err != nil {
		return nil, err
	}
	if !same {
		add("template", fmt.Sprintf("The stack %s has another template than the role set %s makes now", name, w.get().RoleSetName()), "The roles are not what the configuration says", "updates it")
		dropped, err := w.lookDropped(ctx, stack)
		if err != nil {
			return nil, err
		}
		out = append(out, dropped...)
	}
	if !sameParameters(*stack, want) {
		add("parameters", fmt.Sprintf("The stack %s has other parameters than it should", name), "Perhaps the roles trust another identity provider, or sessions are too short", "updates it")
	}
	return out, nil
}

// lookDropped names the roles of the stack that the role set no longer has.
func (w *work) lookDropped(ctx context.Context, stack *Stack) (out []store.Finding, err error) {
	specs, err := w.roleSet()
	if err != nil {
		return nil, err
	}
	resources, err := w.aws.StackResources(ctx, stack.ID)
	for _, r := range resources {
		if !slices.ContainsFunc(specs, func(s RoleSpec) bool { return sameName(s.Name, r.PhysicalID) }) {
			out = append(out, finding(roles, r.PhysicalID+"/dropped", fmt.Sprintf("The stack %s has the role %s, which is not in the role set %s", stack.Name, r.PhysicalID, w.get().RoleSetName()),
				"Nobody can sign on as "+r.PhysicalID+" any more, and sessions that are open as it end", "deletes it with the update"))
		}
	}
	return out, err
}

// drifted says whether CloudFormation has found a difference since the roles were last put back.
func (w *work) drifted(stack Stack) bool {
	return stack.Drift == "DRIFTED" && stack.DriftSince.After(w.known().StackRestored)
}

// sameTemplate says whether the stack has the template. One that wasn't updated since it was last seen needs no call.
func (w *work) sameTemplate(ctx context.Context, stack *Stack, want string) (bool, error) {
	k := w.known()
	if k.StackID == stack.ID && k.StackTemplate != "" && k.StackUpdated.Equal(stack.Updated) {
		return k.StackTemplate == hash(want), nil
	}
	have, err := w.aws.StackTemplate(ctx, stack.ID)
	return strings.TrimSpace(have) == strings.TrimSpace(want), err
}

func sameParameters(stack Stack, want StackSpec) bool {
	for name, v := range want.Parameters {
		if stack.Parameters[name] != v {
			return false
		}
	}
	return true
}
