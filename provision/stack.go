package provision

import (
	"cmp"
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/oktaws/oktaws/store"
)

// stackPoll is how often a stack at work is looked at. Three roles take about half a minute.
const stackPoll = 3 * time.Second

// roles makes true that a stack with the role set, trusting our identity provider, is complete. States are matched
// exactly: ROLLBACK_COMPLETE can only be deleted, UPDATE_ROLLBACK_COMPLETE can be updated.
func (w *work) roles(ctx context.Context) (result, error) {
	k := w.known()
	// A longer rest would be due to a clock: AWS's and ours may differ, and ours can be set.
	if rest := k.ProviderSince.Add(providerSettles).Sub(w.now()); rest > 0 && rest <= providerSettles {
		return again(rest, "lets the new identity provider settle")
	}
	stack, err := w.findStack(ctx)
	if err != nil {
		return result{}, err
	}
	if stack == nil {
		return w.createStack(ctx)
	}
	if stack.ID != k.StackID {
		if err := w.learn(ctx, func(k *store.Known) { k.StackID = stack.ID }); err != nil {
			return result{}, err
		}
	}
	a := w.get()
	if !ours(stack.Tags) {
		return result{}, &store.Error{Kind: store.Conflict,
			Message: fmt.Sprintf("Account %s has a CloudFormation stack named %s already, and it was not made by oktaws.", a.ID, stack.Name),
			Remedy:  "Delete that stack if nobody uses its roles, or set aws.stack_name to another name, then retry."}
	}
	switch stack.Status {
	case "CREATE_IN_PROGRESS", "UPDATE_IN_PROGRESS", "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS", "ROLLBACK_IN_PROGRESS",
		"UPDATE_ROLLBACK_IN_PROGRESS", "UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS", "DELETE_IN_PROGRESS":
		return again(stackPoll, "stack "+stack.Name+" is "+stack.Status)
	case "CREATE_COMPLETE", "UPDATE_COMPLETE":
		return w.updateStack(ctx, stack)
	case "UPDATE_ROLLBACK_COMPLETE":
		if w.retrying() {
			return w.updateStack(ctx, stack)
		}
		return w.stackFailed(ctx, stack)
	case "ROLLBACK_COMPLETE", "ROLLBACK_FAILED", "CREATE_FAILED", "DELETE_FAILED":
		return w.replaceStack(ctx, stack)
	default: // REVIEW_IN_PROGRESS, UPDATE_ROLLBACK_FAILED, UPDATE_FAILED, IMPORT_…
		return result{}, &store.Error{Kind: store.Permanent,
			Message: fmt.Sprintf("The CloudFormation stack %s of account %s is %s, which oktaws won't touch.", stack.Name, a.ID, stack.Status),
			Remedy:  "Finish or delete it in the CloudFormation console, then retry."}
	}
}

// findStack returns the stack that we know, or one that bears its name; nil where there is none, or it was deleted.
func (w *work) findStack(ctx context.Context) (*Stack, error) {
	if id := w.known().StackID; id != "" {
		stack, err := w.aws.Stack(ctx, id)
		if err != nil || stack != nil && stack.Status != "DELETE_COMPLETE" {
			return stack, err
		}
		err = w.learn(ctx, func(k *store.Known) { k.StackID, k.StackAttempt = "", k.StackAttempt+1 })
		if err != nil {
			return nil, err
		}
	}
	return w.aws.Stack(ctx, w.r.cfg.StackName)
}

func (w *work) stackSpec() (StackSpec, error) {
	template, err := Template(w.r.cfg.RoleSet)
	if err != nil {
		return StackSpec{}, &store.Error{Kind: store.Permanent, Message: "The role set can't be written as a CloudFormation template.", Remedy: "Mend role_sets in the configuration.", Err: err}
	}
	return StackSpec{
		Name:     w.r.cfg.StackName,
		Template: template,
		Tags:     w.tags(),
		Parameters: map[string]string{
			paramProvider: w.providerARN(),
			paramSession:  strconv.Itoa(int(w.r.cfg.SessionDuration / time.Second)),
		},
	}, nil
}

// token names one operation on the stack: CloudFormation takes the same token again as the same operation.
func (w *work) token(operation string) string {
	a := w.get()
	return fmt.Sprintf("oktaws-%s-%s-%s-%d", a.ID, a.RequestID, operation, a.Known.StackAttempt)
}

func (w *work) createStack(ctx context.Context) (result, error) {
	provider, err := w.aws.Provider(ctx, w.providerARN())
	if err != nil {
		return result{}, err
	}
	a := w.get()
	switch {
	case provider == nil && w.now().Sub(a.Known.ProviderSince) > providerAppears:
		return result{redo: samlProvider, note: "the identity provider is gone"}, nil
	case provider == nil:
		return again(2*time.Second, "waits until AWS shows the new identity provider")
	}
	if err := w.rolesFree(ctx); err != nil {
		if a.Steps[roles].Attempts > 0 || a.Known.StackAttempt > 0 {
			err = w.lookAgain(roles, err) // it may be a role of a stack that is being made, or was deleted just now
		}
		return result{}, err
	}
	spec, err := w.stackSpec()
	if err != nil {
		return result{}, err
	}
	spec.Token = w.token("create")
	id, err := w.aws.CreateStack(ctx, spec)
	if store.KindOf(err) == store.Conflict { // of the name, or of the token: the next attempt takes another
		if err := w.learn(ctx, func(k *store.Known) { k.StackAttempt++ }); err != nil {
			return result{}, err
		}
	}
	if err != nil {
		return result{}, w.lookAgain(roles, err)
	}
	if err := w.learn(ctx, func(k *store.Known) { k.StackID = id }); err != nil {
		return result{}, err
	}
	return again(stackPoll, "stack "+spec.Name+" is being made")
}

// rolesFree refuses to start a stack whose roles would meet others of the same names.
func (w *work) rolesFree(ctx context.Context) error {
	for _, spec := range w.r.cfg.RoleSet {
		role, err := w.aws.Role(ctx, spec.Name)
		if err != nil {
			return err
		}
		if role != nil {
			return &store.Error{Kind: store.Conflict,
				Message: fmt.Sprintf("Account %s has an IAM role named %s already, outside the stack %s.", w.get().ID, role.Name, w.r.cfg.StackName),
				Remedy:  "oktaws never deletes a role that it did not make. Delete or rename it, or give the role set another role name (role_sets), then retry."}
		}
	}
	return nil
}

func (w *work) updateStack(ctx context.Context, have *Stack) (result, error) {
	want, err := w.stackSpec()
	if err != nil {
		return result{}, err
	}
	complete := func() (result, error) { return done(stackNote(have)) }
	same := strings.TrimSpace(have.Template) == strings.TrimSpace(want.Template)
	for name, v := range want.Parameters {
		same = same && have.Parameters[name] == v
	}
	if same && have.Status != "UPDATE_ROLLBACK_COMPLETE" {
		return complete()
	}
	if err := w.learn(ctx, func(k *store.Known) { k.StackAttempt, k.StackFailed = k.StackAttempt+1, "" }); err != nil {
		return result{}, err
	}
	want.Token = w.token("update")
	want.Tags = have.Tags
	changed, err := w.aws.UpdateStack(ctx, want)
	if err != nil {
		return result{}, w.lookAgain(roles, err)
	}
	if !changed {
		return complete()
	}
	return again(stackPoll, "stack "+have.Name+" is being updated")
}

func stackNote(s *Stack) string {
	return fmt.Sprintf("stack %s is complete, %d roles", s.Name, len(s.Roles))
}

// replaceStack deletes a stack that can't become complete. What failed is said first, and waits for a retry; but for a
// provider that IAM had not yet seen everywhere, which heals by itself, once.
func (w *work) replaceStack(ctx context.Context, stack *Stack) (result, error) {
	heals := false
	if !w.retrying() {
		reason, err := w.aws.StackFailure(ctx, stack.ID)
		if err != nil {
			return result{}, err
		}
		heals = strings.Contains(reason, "Invalid principal in policy") && !w.known().StackRetried
		if !heals {
			return w.stackFailed(ctx, stack)
		}
	}
	err := w.learn(ctx, func(k *store.Known) {
		k.StackFailed, k.StackRetried = stack.ID, k.StackRetried || heals
		k.StackAttempt++ // a token that was used for a deletion that failed would change nothing
	})
	if err != nil {
		return result{}, err
	}
	if err := w.aws.DeleteStack(ctx, stack.ID, w.token("delete")); err != nil {
		return result{}, w.lookAgain(roles, err)
	}
	// Should the deletion fail, that is another failure, and to be told.
	if err := w.learn(ctx, func(k *store.Known) { k.StackFailed = "" }); err != nil {
		return result{}, err
	}
	return again(stackPoll, "deletes the failed stack "+stack.Name+" to make it anew")
}

// retrying says whether the failure of the present stack was told already, or is one that heals by itself.
func (w *work) retrying() bool {
	k := w.known()
	return k.StackFailed != "" && k.StackFailed == k.StackID
}

func (w *work) stackFailed(ctx context.Context, stack *Stack) (result, error) {
	reason, err := w.aws.StackFailure(ctx, stack.ID)
	if err != nil {
		return result{}, err
	}
	reason = cmp.Or(reason, stack.Reason, "CloudFormation does not say why")
	if err := w.learn(ctx, func(k *store.Known) { k.StackFailed = stack.ID }); err != nil {
		return result{}, err
	}
	then := "the failed stack is deleted and made anew"
	if stack.Status == "UPDATE_ROLLBACK_COMPLETE" {
		then = "the stack is updated once more"
	}
	return result{}, &store.Error{Kind: store.Permanent,
		Message: fmt.Sprintf("The CloudFormation stack %s of account %s failed (%s): %s", stack.Name, w.get().ID, stack.Status, reason),
		Remedy:  "Mend the cause, then retry: " + then + "."}
}
