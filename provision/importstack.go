package provision

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/oktaws/oktaws/store"
)

// rolesOutside are the role set's roles that exist though there is no stack.
func (w *work) rolesOutside(ctx context.Context) ([]RoleSpec, error) {
	specs, err := w.roleSet()
	if err != nil {
		return nil, err
	}
	survey, err := w.aws.Survey(ctx)
	if err != nil {
		return nil, err
	}
	return slices.DeleteFunc(slices.Clone(specs), func(s RoleSpec) bool { _, there := survey.Roles[strings.ToLower(s.Name)]; return !there }), nil
}

// importRoles begins a stack with the roles that somebody made by hand. The import changes nothing of them: what differs
// is put back once the stack is complete.
func (w *work) importRoles(ctx context.Context, outside []RoleSpec) (result, error) {
	spec, err := w.stackSpec()
	if err != nil {
		return result{}, err
	}
	if spec.Template, err = importTemplate(outside); err != nil {
		return result{}, err
	}
	spec.Tags = nil // an import takes none; the update that follows gives the stack ours
	spec.Token = w.token("import")
	if err := w.learn(ctx, func(k *store.Known) { k.StackImport = spec.Token }); err != nil {
		return result{}, err
	}
	names := map[string]string{}
	for _, s := range outside {
		names[logicalID(s.Name)] = s.Name
	}
	id, err := w.aws.BeginImport(ctx, spec, names)
	if err != nil {
		return result{}, w.lookAgain(roles, err)
	}
	if err := w.learn(ctx, func(k *store.Known) { k.StackID = id }); err != nil {
		return result{}, err
	}
	return again(stackPoll, fmt.Sprintf("%d roles are being imported into the stack %s", len(outside), spec.Name))
}

// ourStack says whether the stack is ours: it bears our tag, or is known, as one is only once it was made or taken over, or
// is the one that an import of ours makes.
func (w *work) ourStack(stack *Stack) bool {
	return ours(stack.Tags) || stack.ID == w.known().StackID || w.importing(stack)
}

// importing tells the stack that our own change set is for.
func (w *work) importing(stack *Stack) bool {
	return stack.Status == "REVIEW_IN_PROGRESS" && w.known().StackImport != ""
}

func (w *work) finishImport(ctx context.Context, stack *Stack) (result, error) {
	ready, err := w.aws.FinishImport(ctx, stack.ID, w.known().StackImport)
	if err != nil && !temporary(err) {
		// The stack, which holds nothing yet, is deleted on a retry.
		return result{}, cmp.Or(w.learn(ctx, func(k *store.Known) { k.StackFailed = stack.ID }), err)
	}
	if err != nil {
		return result{}, err
	}
	if !ready {
		return again(stackPoll, "CloudFormation looks at the roles that are to be imported")
	}
	return again(stackPoll, "the roles are being imported into the stack "+stack.Name)
}
