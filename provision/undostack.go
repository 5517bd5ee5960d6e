package provision

import (
	"context"
	"slices"
	"strings"

	"github.com/oktaws/oktaws/store"
)

func (w *work) remainsRoles(ctx context.Context, s *sight) ([]store.Finding, error) {
	stack, err := s.roleStack(ctx)
	if err != nil {
		return nil, err
	}
	if stack == nil {
		var out []store.Finding
		outside, err := w.leftOutside(ctx, s)
		for _, role := range outside {
			out = append(out, leftAlone(roles, role.Name, describeRole(role)))
		}
		return out, err
	}
	if !w.ourStack(stack) {
		return []store.Finding{leftAlone(roles, "stack", describeStack(stack))}, nil
	}
	return []store.Finding{finding(roles, "there", "The CloudFormation stack "+stack.Name+" with the roles", "Sessions that are open as those roles end", "deletes it with its roles")}, nil
}

// leftOutside are the roles that stood in the way of a stack that was never made. After one that was, IAM may still show
// its roles for a moment.
func (w *work) leftOutside(ctx context.Context, s *sight) (outside []Role, err error) {
	specs, err := w.roleSet()
	if err != nil || w.known().StackID != "" || w.known().StackAttempt > 0 {
		return nil, nil // without its role set, the account has no roles that could be named
	}
	survey, err := s.entities(ctx)
	for _, spec := range specs {
		if role, there := survey.Roles[strings.ToLower(spec.Name)]; there {
			outside = append(outside, role)
		}
	}
	return outside, err
}

// The words for what isn't ours.
func describeStack(s *Stack) string {
	return "The CloudFormation stack " + s.Name + ", which does not bear our tag"
}

func describeRole(r Role) string {
	return "The IAM role " + r.Name + ", which was made outside the stack"
}

// undoRoles deletes the stack with its roles.
func (w *work) undoRoles(ctx context.Context) (result, error) {
	stack, err := w.findStack(ctx)
	if err != nil {
		return result{}, err
	}
	if stack == nil {
		outside, err := w.leftOutside(ctx, w.sight())
		if err != nil {
			return result{}, err
		}
		res := result{state: store.StepDone, note: "there is none"}
		for _, role := range outside {
			res.left = append(res.left, describeRole(role))
		}
		return res, nil
	}
	if !w.ourStack(stack) {
		return left(describeStack(stack))
	}
	if stack.ID != w.known().StackID {
		if err := w.learn(ctx, func(k *store.Known) { k.StackID = stack.ID }); err != nil {
			return result{}, err
		}
	}
	switch {
	case slices.Contains(stackAtWork, stack.Status):
		return again(stackPoll, "stack "+stack.Name+" is "+stack.Status)
	case stack.Status == "DELETE_FAILED" && !w.retrying():
		return w.stackFailed(ctx, stack)
	}
	if err := w.learn(ctx, func(k *store.Known) { k.StackAttempt, k.StackFailed = k.StackAttempt+1, "" }); err != nil {
		return result{}, err
	}
	if err := w.aws.DeleteStack(ctx, stack.ID, w.token("delete")); err != nil {
		return result{}, w.lookAgain(roles, err)
	}
	return again(stackPoll, "stack "+stack.Name+" is being deleted")
}
