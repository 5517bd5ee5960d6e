package provision

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/oktaws/oktaws/store"
)

// stackPoll is how often a stack at work is looked at. Three roles take about half a minute.
const stackPoll = 3 * time.Second

// The states of a stack that something is under way with, and that it can be updated in. States are matched exactly:
// ROLLBACK_COMPLETE can only be deleted, UPDATE_ROLLBACK_COMPLETE can be updated.
var (
	stackAtWork = []string{"CREATE_IN_PROGRESS", "UPDATE_IN_PROGRESS", "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS", "ROLLBACK_IN_PROGRESS",
		"UPDATE_ROLLBACK_IN_PROGRESS", "UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS", "DELETE_IN_PROGRESS", "IMPORT_IN_PROGRESS", "IMPORT_ROLLBACK_IN_PROGRESS"}
	stackComplete = []string{"CREATE_COMPLETE", "UPDATE_COMPLETE", "IMPORT_COMPLETE", "UPDATE_ROLLBACK_COMPLETE"}
	// It can only be deleted, and made anew.
	stackBroken = []string{"ROLLBACK_COMPLETE", "ROLLBACK_FAILED", "CREATE_FAILED", "DELETE_FAILED", "IMPORT_ROLLBACK_COMPLETE", "IMPORT_ROLLBACK_FAILED"}
)

// roles makes true that a stack with the role set, trusting our identity provider, is complete, and its roles are what
// the template says.
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
	if err := w.takeStack(ctx, stack); err != nil {
		return result{}, err
	}
	if stack.ID != k.StackID { // only now, since a stack that is known is ours
		if err := w.learn(ctx, func(k *store.Known) { k.StackID, k.StackTemplate = stack.ID, "" }); err != nil {
			return result{}, err
		}
	}
	switch status := stack.Status; {
	case slices.Contains(stackAtWork, status):
		return again(stackPoll, "stack "+stack.Name+" is "+status)
	case status == "UPDATE_ROLLBACK_COMPLETE" && !w.retrying():
		return w.stackFailed(ctx, stack)
	case slices.Contains(stackComplete, status):
		return w.updateStack(ctx, stack)
	case slices.Contains(stackBroken, status):
		return w.replaceStack(ctx, stack)
	case w.importing(stack) && w.retrying():
		return w.replaceStack(ctx, stack) // a change set that has failed stays so
	case w.importing(stack):
		return w.finishImport(ctx, stack)
	}
	// REVIEW_IN_PROGRESS, UPDATE_ROLLBACK_FAILED, UPDATE_FAILED, …
	return result{}, &store.Error{Kind: store.Permanent,
		Message: fmt.Sprintf("The CloudFormation stack %s of account %s is %s, which oktaws won't touch.", stack.Name, w.key.ID, stack.Status),
		Remedy:  "Finish or delete it in the CloudFormation console, then retry."}
}

// takeStack refuses a stack that isn't ours, or that is to be adopted and holds something else than roles of the role set:
// updating it to our template would delete that.
func (w *work) takeStack(ctx context.Context, stack *Stack) error {
	if w.ourStack(stack) {
		return nil
	}
	if !w.get().Adopt {
		return &store.Error{Kind: store.Conflict, Err: store.ErrForeign,
			Message: fmt.Sprintf("Account %s has a CloudFormation stack named %s already, and it was not made by oktaws.", w.key.ID, stack.Name),
			Remedy:  fmt.Sprintf("Take it over with /oktaws adopt %s; or delete that stack if nobody uses its roles, or set aws.stack_name to another name, and retry.", w.key.ID)}
	}
	return w.onlyRoles(ctx, stack)
}

// onlyRoles refuses a stack that holds something else than roles of the role set.
func (w *work) onlyRoles(ctx context.Context, stack *Stack) error {
	specs, err := w.roleSet()
	if err != nil {
		return err
	}
	resources, err := w.aws.StackResources(ctx, stack.ID)
	if err != nil {
		return err
	}
	for _, r := range resources {
		known := slices.ContainsFunc(specs, func(s RoleSpec) bool { return sameName(s.Name, r.PhysicalID) && logicalID(s.Name) == r.LogicalID })
		if r.Type != "AWS::IAM::Role" || !known {
			return &store.Error{Kind: store.Conflict,
				Message: fmt.Sprintf("The CloudFormation stack %s of account %s holds %s (%s), which the role set %s has not: updating it would delete that.", stack.Name, w.key.ID, r.LogicalID, r.Type, w.get().RoleSetName()),
				Remedy:  "Set aws.stack_name to another name, or give the account a role set with those roles, then retry."}
		}
	}
	return nil
}

// findStack returns the stack that we know, or one that bears its name; nil where there is none, or it was deleted.
func (w *work) findStack(ctx context.Context) (*Stack, error) {
	if id := w.known().StackID; id != "" {
		stack, err := w.aws.Stack(ctx, id)
		if err != nil || stack != nil && stack.Status != "DELETE_COMPLETE" {
			return stack, err
		}
		err = w.learn(ctx, func(k *store.Known) {
			k.StackID, k.StackTemplate, k.StackImport, k.StackAttempt = "", "", "", k.StackAttempt+1
		})
		if err != nil {
			return nil, err
		}
	}
	return w.aws.Stack(ctx, w.r.cfg.StackName)
}

func (w *work) stackSpec() (StackSpec, error) {
	specs, err := w.roleSet()
	if err != nil {
		return StackSpec{}, err
	}
	template, err := Template(specs)
	if err != nil {
		return StackSpec{}, &store.Error{Kind: store.Permanent, Err: err,
			Message: fmt.Sprintf("The role set %s of account %s can't be written as a CloudFormation template: %s.", w.get().RoleSetName(), w.key.ID, err),
			Remedy:  "Mend role_sets in the configuration and restart oktaws, then retry."}
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
	request := strings.ReplaceAll(a.RequestID, ".", "-") // of a batch, the ID has a dot, which CloudFormation doesn't take
	return fmt.Sprintf("oktaws-%s-%s-%s-%d", a.ID, request, operation, a.Known.StackAttempt)
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
	outside, err := w.rolesOutside(ctx)
	if err != nil {
		return result{}, err
	}
	if len(outside) > 0 && a.Adopt {
		return w.importRoles(ctx, outside)
	}
	if len(outside) > 0 {
		err := &store.Error{Kind: store.Conflict, Err: store.ErrForeign,
			Message: fmt.Sprintf("Account %s has an IAM role named %s already, outside the stack %s.", a.ID, outside[0].Name, w.r.cfg.StackName),
			Remedy:  fmt.Sprintf("oktaws never deletes a role that it did not make. Take it over with /oktaws adopt %s; or delete or rename it, or give the role set another role name (role_sets), and retry.", a.ID)}
		if a.Steps[roles].Attempts > 0 || a.Known.StackAttempt > 0 {
			return result{}, w.lookAgain(roles, err) // it may be a role of a stack that is being made, or was deleted just now
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

// updateStack gives a complete stack the template and the parameters, and, where it has them, its roles what they say.
func (w *work) updateStack(ctx context.Context, have *Stack) (result, error) {
	want, err := w.stackSpec()
	if err != nil {
		return result{}, err
	}
	same, err := w.sameTemplate(ctx, have, want.Template)
	if err != nil {
		return result{}, err
	}
	if same && sameParameters(*have, want) && ours(have.Tags) && have.Status != "UPDATE_ROLLBACK_COMPLETE" {
		return w.stackComplete(ctx, have, want)
	}
	if err := w.remakeRoles(ctx, have); err != nil {
		return result{}, err
	}
	if err := w.learn(ctx, func(k *store.Known) { k.StackAttempt, k.StackFailed = k.StackAttempt+1, "" }); err != nil {
		return result{}, err
	}
	want.Token = w.token("update")
	if ours(have.Tags) {
		want.Tags = have.Tags
	}
	changed, err := w.aws.UpdateStack(ctx, want)
	if err != nil {
		return result{}, w.lookAgain(roles, err)
	}
	if !changed {
		return w.stackComplete(ctx, have, want)
	}
	return again(stackPoll, "stack "+have.Name+" is being updated")
}

// stackComplete ends the step: what the template doesn't do is done to the roles themselves. Those of a stack that was
// just made are what it says.
func (w *work) stackComplete(ctx context.Context, stack *Stack, want StackSpec) (result, error) {
	k := w.known()
	note := "stack " + stack.Name + " is complete"
	if fresh := k.StackTemplate == "" && stack.Status == "CREATE_COMPLETE"; !fresh {
		restored, err := w.restoreRoles(ctx, stack)
		if err != nil {
			return result{}, err
		}
		if len(restored) > 0 {
			note += "; put back: " + some(restored, 5)
			now := w.now()
			if err := w.learn(ctx, func(k *store.Known) { k.StackRestored = now }); err != nil {
				return result{}, err
			}
		}
	}
	err := w.learn(ctx, func(k *store.Known) {
		k.StackTemplate, k.StackUpdated, k.StackImport = hash(want.Template), stack.Updated, ""
	})
	if err != nil {
		return result{}, err
	}
	return done(note)
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

// retrying says whether the failure of the present stack was told already, or is one that heals by itself; or whether the
// stack, which was complete, has failed since, and the request was made for that.
func (w *work) retrying() bool {
	k := w.known()
	since := k.StackTemplate != "" && w.get().Steps[roles].Started.IsZero()
	return k.StackFailed != "" && k.StackFailed == k.StackID || since
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
	switch {
	case w.get().Desired == store.WantUnlinked:
		then = "the stack is deleted once more"
	case stack.Status == "UPDATE_ROLLBACK_COMPLETE":
		then = "the stack is updated once more"
	}
	return result{}, &store.Error{Kind: store.Permanent,
		Message: fmt.Sprintf("The CloudFormation stack %s of account %s failed (%s): %s", stack.Name, w.get().ID, stack.Status, reason),
		Remedy:  "Mend the cause, then retry: " + then + "."}
}
