package aws

import (
	"context"
	"maps"
	"slices"
	"strings"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"

	"github.com/oktaws/oktaws/provision"
	"github.com/oktaws/oktaws/store"
)

// BeginImport names the change set by the token, which must begin with a letter for it. One of that name was begun
// before: it is the same import. CloudFormation wants every resource of the template to be imported, and to have a
// DeletionPolicy (https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/resource-import.html).
func (a *account) BeginImport(ctx context.Context, s provision.StackSpec, roles map[string]string) (string, error) {
	doing := "prepare to take the existing roles into the stack " + s.Name
	var resources []types.ResourceToImport
	for _, id := range slices.Sorted(maps.Keys(roles)) {
		resources = append(resources, types.ResourceToImport{
			LogicalResourceId:  &id,
			ResourceType:       sdk.String("AWS::IAM::Role"),
			ResourceIdentifier: map[string]string{"RoleName": roles[id]},
		})
	}
	out, err := a.cfn.CreateChangeSet(ctx, &cloudformation.CreateChangeSetInput{
		StackName:         &s.Name,
		ChangeSetName:     &s.Token,
		ChangeSetType:     types.ChangeSetTypeImport,
		ResourcesToImport: resources,
		TemplateBody:      &s.Template,
		Parameters:        parameters(s.Parameters),
		Tags:              stackTags(s.Tags),
		Capabilities:      []types.Capability{types.CapabilityCapabilityNamedIam},
		ClientToken:       &s.Token,
	})
	if isCode(err, "AlreadyExistsException") {
		begun, err2 := a.cfn.DescribeChangeSet(ctx, &cloudformation.DescribeChangeSetInput{StackName: &s.Name, ChangeSetName: &s.Token}, readStacks)
		switch {
		case err2 == nil && begun.StackId != nil:
			return *begun.StackId, nil
		case err2 != nil && !isCode(err2, "ChangeSetNotFound"): // else it is something else that exists
			return "", a.route.explain(doing, err2)
		}
	}
	if err == nil && out.StackId == nil {
		err = errEmpty
	}
	if err != nil {
		return "", a.route.explain(doing, err)
	}
	return *out.StackId, nil
}

// FinishImport counts a change set that is gone as executed: only then does CloudFormation drop it by itself. The
// stack's own state says what came of it.
func (a *account) FinishImport(ctx context.Context, id, token string) (bool, error) {
	doing := "take the existing roles into the stack " + id
	set, err := a.cfn.DescribeChangeSet(ctx, &cloudformation.DescribeChangeSetInput{StackName: &id, ChangeSetName: &token}, readStacks)
	if isCode(err, "ChangeSetNotFound") {
		return true, nil
	}
	if err != nil {
		return false, a.route.explain(doing, err)
	}
	switch set.ExecutionStatus {
	case types.ExecutionStatusExecuteInProgress, types.ExecutionStatusExecuteComplete, types.ExecutionStatusExecuteFailed:
		return true, nil
	}
	switch set.Status {
	case types.ChangeSetStatusCreatePending, types.ChangeSetStatusCreateInProgress:
		return false, nil
	case types.ChangeSetStatusFailed:
		return false, a.route.refused(doing, sdk.ToString(set.StatusReason))
	case types.ChangeSetStatusCreateComplete:
		switch set.ExecutionStatus {
		case types.ExecutionStatusAvailable:
			_, err := a.cfn.ExecuteChangeSet(ctx, &cloudformation.ExecuteChangeSetInput{StackName: &id, ChangeSetName: &token, ClientRequestToken: &token})
			return err == nil, a.route.explain(doing, err)
		case types.ExecutionStatusUnavailable:
			return false, nil
		}
	}
	return false, &store.Error{Kind: store.Conflict,
		Message: "can't " + doing + " in account " + a.key.ID + ": its change set is being deleted, or something else changed the stack meanwhile",
		Remedy:  "Retry: oktaws looks at the stack anew."}
}

// refused is about a change set that CloudFormation couldn't make. It has no code, so its words decide.
func (r route) refused(doing, reason string) error {
	m := meaning{store.Permanent, "CloudFormation doesn't say why", importable, 0}
	switch {
	case strings.Contains(reason, notAuthorized):
		m = forbidden(reason, actionIn(reason), r.whose(), " in account "+r.account)
	case reason != "":
		m.reason = "CloudFormation says: " + brief(reason)
	}
	return &store.Error{Kind: m.kind, Message: "can't " + doing + " in account " + r.account + ": " + m.reason, Remedy: m.remedy}
}

// importable is what to do about roles that CloudFormation doesn't take.
const importable = "A role can be taken into a stack while it exists and is in no other stack. Mend what CloudFormation names, or delete that role in the account if nobody uses it; then retry."
