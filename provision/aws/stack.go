package aws

import (
	"cmp"
	"context"
	"strings"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"

	"github.com/oktaws/oktaws/provision"
)

func (a *account) Stack(ctx context.Context, nameOrID string) (*provision.Stack, error) {
	doing := "read the stack " + nameOrID
	out, err := a.cfn.DescribeStacks(ctx, &cloudformation.DescribeStacksInput{StackName: &nameOrID}, readStacks)
	if noSuchStack(err) {
		return nil, nil
	}
	if err == nil && len(out.Stacks) != 1 {
		err = errEmpty
	}
	if err != nil {
		return nil, a.route.explain(doing, err)
	}
	found := out.Stacks[0]
	s := &provision.Stack{
		ID:         sdk.ToString(found.StackId),
		Name:       sdk.ToString(found.StackName),
		Status:     string(found.StackStatus),
		Reason:     sdk.ToString(found.StackStatusReason),
		Parameters: map[string]string{},
		Tags:       map[string]string{},
		Updated:    sdk.ToTime(cmp.Or(found.LastUpdatedTime, found.CreationTime)),
		Drift:      string(types.StackDriftStatusNotChecked),
	}
	for _, p := range found.Parameters {
		s.Parameters[sdk.ToString(p.ParameterKey)] = sdk.ToString(p.ParameterValue)
	}
	for _, t := range found.Tags {
		s.Tags[sdk.ToString(t.Key)] = sdk.ToString(t.Value)
	}
	if d := found.DriftInformation; d != nil {
		s.Drift, s.DriftSince = string(d.StackDriftStatus), sdk.ToTime(d.LastCheckTimestamp)
	}
	return s, nil
}

// StackTemplate asks for the stack's state first: of a deleted one CloudFormation keeps the template for 90 days
// (https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_GetTemplate.html).
func (a *account) StackTemplate(ctx context.Context, id string) (string, error) {
	s, err := a.Stack(ctx, id)
	if err != nil || s == nil {
		return "", err
	}
	switch types.StackStatus(s.Status) {
	case types.StackStatusReviewInProgress, types.StackStatusDeleteComplete:
		return "", nil
	}
	out, err := a.cfn.GetTemplate(ctx, &cloudformation.GetTemplateInput{StackName: &s.ID}, readStacks) // the name could be another's by now
	if noSuchStack(err) {
		return "", nil
	}
	if err != nil {
		return "", a.route.explain("read the template of the stack "+id, err)
	}
	return sdk.ToString(out.TemplateBody), nil
}

func (a *account) StackResources(ctx context.Context, id string) ([]provision.StackResource, error) {
	var resources []provision.StackResource
	pages := cloudformation.NewListStackResourcesPaginator(a.cfn, &cloudformation.ListStackResourcesInput{StackName: &id})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx, readStacks)
		if noSuchStack(err) {
			return nil, nil
		}
		if err != nil {
			return nil, a.route.explain("list the resources of the stack "+id, err)
		}
		for _, r := range page.StackResourceSummaries {
			if sdk.ToString(r.PhysicalResourceId) != "" && exists(r.ResourceStatus) {
				resources = append(resources, provision.StackResource{
					LogicalID:  sdk.ToString(r.LogicalResourceId),
					PhysicalID: *r.PhysicalResourceId,
					Type:       sdk.ToString(r.ResourceType),
				})
			}
		}
	}
	return resources, nil
}

// exists reports whether a resource in that state is there and is the stack's. One that failed to be created can bear
// the name of somebody else's role, and one that couldn't be imported is nobody's again.
func exists(s types.ResourceStatus) bool {
	switch s {
	case types.ResourceStatusCreateInProgress, types.ResourceStatusCreateFailed,
		types.ResourceStatusImportInProgress, types.ResourceStatusImportFailed,
		types.ResourceStatusImportRollbackInProgress, types.ResourceStatusImportRollbackComplete,
		types.ResourceStatusDeleteComplete, types.ResourceStatusDeleteSkipped:
		return false
	}
	return true
}

func (a *account) CreateStack(ctx context.Context, s provision.StackSpec) (string, error) {
	out, err := a.cfn.CreateStack(ctx, &cloudformation.CreateStackInput{
		StackName:          &s.Name,
		TemplateBody:       &s.Template,
		Parameters:         parameters(s.Parameters),
		Tags:               stackTags(s.Tags),
		Capabilities:       []types.Capability{types.CapabilityCapabilityNamedIam},
		OnFailure:          types.OnFailureRollback,
		ClientRequestToken: &s.Token,
	})
	if err == nil && out.StackId == nil {
		err = errEmpty
	}
	if err != nil {
		return "", a.route.explain("create the stack "+s.Name, err)
	}
	return *out.StackId, nil
}

func (a *account) UpdateStack(ctx context.Context, s provision.StackSpec) (bool, error) {
	_, err := a.cfn.UpdateStack(ctx, &cloudformation.UpdateStackInput{
		StackName:          &s.Name,
		TemplateBody:       &s.Template,
		Parameters:         parameters(s.Parameters),
		Tags:               stackTags(s.Tags),
		Capabilities:       []types.Capability{types.CapabilityCapabilityNamedIam},
		ClientRequestToken: &s.Token,
	})
	if isCode(err, "ValidationError") && strings.Contains(apiMessage(err), "No updates are to be performed") {
		return false, nil
	}
	return err == nil, a.route.explain("update the stack "+s.Name, err)
}

func (a *account) DeleteStack(ctx context.Context, id, token string) error {
	_, err := a.cfn.DeleteStack(ctx, &cloudformation.DeleteStackInput{StackName: &id, ClientRequestToken: &token})
	return a.route.explain("delete the stack "+id, err)
}

func (a *account) StackFailure(ctx context.Context, id string) (string, error) {
	var first, own string // newest first: what was found last happened first
	pages := cloudformation.NewDescribeStackEventsPaginator(a.cfn, &cloudformation.DescribeStackEventsInput{StackName: &id})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx, readStacks)
		if noSuchStack(err) {
			return "", nil
		}
		if err != nil {
			return "", a.route.explain("read the events of the stack "+id, err)
		}
		for _, e := range page.StackEvents {
			reason := sdk.ToString(e.ResourceStatusReason)
			if isStack := sdk.ToString(e.PhysicalResourceId) == sdk.ToString(e.StackId); isStack {
				if begins(e.ResourceStatus) {
					return cmp.Or(first, own), nil
				}
				if reason != "" && tells(e.ResourceStatus) {
					own = reason
				}
			} else if reason != "" && failed(e.ResourceStatus) && !strings.HasPrefix(reason, "Resource creation cancelled") &&
				!strings.HasPrefix(reason, "Resource update cancelled") {
				first = reason
			}
		}
	}
	return cmp.Or(first, own), nil
}

// begins reports whether a stack's own event is the beginning of an operation.
func begins(s types.ResourceStatus) bool {
	switch s {
	case types.ResourceStatusCreateInProgress, types.ResourceStatusUpdateInProgress,
		types.ResourceStatusDeleteInProgress, types.ResourceStatusImportInProgress:
		return true
	}
	return false
}

// failed reports whether a resource's event is a failure.
func failed(s types.ResourceStatus) bool {
	switch s {
	case types.ResourceStatusCreateFailed, types.ResourceStatusUpdateFailed,
		types.ResourceStatusDeleteFailed, types.ResourceStatusImportFailed:
		return true
	}
	return false
}

// tells reports whether a stack's own event says why the operation failed, for failures of no single resource.
func tells(s types.ResourceStatus) bool {
	switch s {
	case types.ResourceStatusRollbackInProgress, types.ResourceStatusUpdateRollbackInProgress,
		types.ResourceStatusImportRollbackInProgress,
		types.ResourceStatusRollbackFailed, types.ResourceStatusUpdateRollbackFailed, types.ResourceStatusImportRollbackFailed:
		return true
	}
	return failed(s)
}

// DetectDrift needs cloudformation:DetectStackResourceDrift and cloudformation:BatchDescribeTypeConfigurations too, and
// to read the roles (https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/using-cfn-stack-drift.html). That a
// comparison is under way already is no error.
func (a *account) DetectDrift(ctx context.Context, id string) error {
	_, err := a.cfn.DetectStackDrift(ctx, &cloudformation.DetectStackDriftInput{StackName: &id})
	if isCode(err, "OperationInProgressException") || detecting(err) {
		return nil
	}
	return a.route.explain("compare the stack "+id+" with what there is", err)
}

// detecting reports whether CloudFormation is comparing the stack already. It has no code of its own for that.
func detecting(err error) bool {
	return isCode(err, "ValidationError") && strings.Contains(apiMessage(err), "Drift detection is already in progress")
}

// noSuchStack reports whether CloudFormation knows no such stack. It has no code of its own for it, so its words decide.
func noSuchStack(err error) bool {
	words := apiMessage(err)
	return isCode(err, "ValidationError") && strings.HasPrefix(words, "Stack") && strings.Contains(words, "does not exist")
}

// busyStack reports whether CloudFormation refused because another operation on the stack is under way; it has no code
// of its own for that either.
func busyStack(err error) bool {
	words := apiMessage(err)
	return isCode(err, "ValidationError") && strings.HasPrefix(words, "Stack") && strings.Contains(words, "_IN_PROGRESS state")
}

func parameters(m map[string]string) []types.Parameter {
	var list []types.Parameter
	for k, v := range m {
		list = append(list, types.Parameter{ParameterKey: &k, ParameterValue: &v})
	}
	return list
}

func stackTags(m map[string]string) []types.Tag {
	var tags []types.Tag
	for k, v := range m {
		tags = append(tags, types.Tag{Key: &k, Value: &v})
	}
	return tags
}
