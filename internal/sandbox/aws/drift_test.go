package aws_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	iamtypes "github.com/aws/aws-sdk-go-v2/service/iam/types"

	"github.com/oktaws/oktaws/internal/sandbox/aws"
)

// detect looks for drift of the stack readers and waits until that is over.
func (w *world) detect(c clients) *cloudformation.DescribeStackDriftDetectionStatusOutput {
	w.t.Helper()
	id := must(c.stack.DetectStackDrift(ctx, &cloudformation.DetectStackDriftInput{StackName: str("readers")}))(w.t).StackDriftDetectionId
	w.clock.Advance(stackTime)
	return must(c.stack.DescribeStackDriftDetectionStatus(ctx, &cloudformation.DescribeStackDriftDetectionStatusInput{StackDriftDetectionId: id}))(w.t)
}

func drifts(t *testing.T, c clients) []types.StackResourceDrift {
	t.Helper()
	return must(c.stack.DescribeStackResourceDrifts(ctx, &cloudformation.DescribeStackResourceDriftsInput{StackName: str("readers")}))(t).StackResourceDrifts
}

func stackSeen(t *testing.T, c clients) types.Stack {
	t.Helper()
	return must(c.stack.DescribeStacks(ctx, &cloudformation.DescribeStacksInput{StackName: str("readers")}))(t).Stacks[0]
}

func TestADriftDetectionTakesAMoment(t *testing.T) {
	w := newWorld(t)
	c := w.in(aws.AccountGmail)
	w.makeStack(c, oneRole(wholeRole, ""))
	equal(t, "drift before", stackSeen(t, c).DriftInformation.StackDriftStatus, "NOT_CHECKED")
	equal(t, "results before", len(drifts(t, c)), 0)
	began := w.clock.Now().UTC()
	in := &cloudformation.DetectStackDriftInput{StackName: str("readers")}
	id := must(c.stack.DetectStackDrift(ctx, in))(t).StackDriftDetectionId
	look := func() *cloudformation.DescribeStackDriftDetectionStatusOutput {
		return must(c.stack.DescribeStackDriftDetectionStatus(ctx, &cloudformation.DescribeStackDriftDetectionStatusInput{StackDriftDetectionId: id}))(t)
	}
	first := look()
	equal(t, "status", first.DetectionStatus, "DETECTION_IN_PROGRESS")
	equal(t, "when it began", *first.Timestamp, began)
	equal(t, "nothing is known yet", first.DriftedStackResourceCount == nil && first.StackDriftStatus == "", true)
	_, err := c.stack.DetectStackDrift(ctx, in)
	refused(t, err, 400, "ValidationError", "")

	w.clock.Advance(stackTime)
	last := look()
	equal(t, "status", last.DetectionStatus, "DETECTION_COMPLETE")
	equal(t, "what was found", fmt.Sprint(last.StackDriftStatus, *last.DriftedStackResourceCount), "IN_SYNC0")
	equal(t, "drift of the stack", stackSeen(t, c).DriftInformation.StackDriftStatus, "IN_SYNC")
	equal(t, "when it was looked at", *stackSeen(t, c).DriftInformation.LastCheckTimestamp, began)
	equal(t, "drift as the reader has it", w.Stacks(aws.AccountGmail)[0].Drift, "IN_SYNC")
	found := drifts(t, c)[0]
	equal(t, "the resource", fmt.Sprint(*found.LogicalResourceId, *found.PhysicalResourceId, found.StackResourceDriftStatus), "ReaderReaderIN_SYNC")
	for _, properties := range []*string{found.ExpectedProperties, found.ActualProperties} {
		if !json.Valid([]byte(*properties)) {
			t.Errorf("the properties are no JSON: %s", *properties)
		}
	}
	resources := must(c.stack.ListStackResources(ctx, &cloudformation.ListStackResourcesInput{StackName: str("readers")}))(t).StackResourceSummaries
	equal(t, "drift in a listing", resources[0].DriftInformation.StackResourceDriftStatus, "IN_SYNC")

	w.updateStack(c, oneRole(`,"RoleName":"Reader","Path":"/okta/"`, ""))
	equal(t, "drift after an update", stackSeen(t, c).DriftInformation.StackDriftStatus, "NOT_CHECKED")
	_, err = c.stack.DescribeStackDriftDetectionStatus(ctx, &cloudformation.DescribeStackDriftDetectionStatusInput{StackDriftDetectionId: str("x")})
	refused(t, err, 400, "ValidationError", "")
	_, err = c.stack.DetectStackDrift(ctx, &cloudformation.DetectStackDriftInput{StackName: str("nothing")})
	refused(t, err, 400, "ValidationError", "Stack [nothing] does not exist")
}

func TestEveryChangeByHandIsDrift(t *testing.T) {
	name := str("Reader")
	for _, test := range []struct {
		what   string
		change func(*testing.T, *iam.Client)
		want   []string // path, kind, and the values
	}{
		{"another trust", func(t *testing.T, c *iam.Client) {
			must(c.UpdateAssumeRolePolicy(ctx, &iam.UpdateAssumeRolePolicyInput{RoleName: name, PolicyDocument: str(strings.Replace(ownTrust, "111122223333", aws.ManagementAccount, 1))}))(t)
		}, []string{"/AssumeRolePolicyDocument/Statement/Principal/AWS NOT_EQUAL 111122223333 " + aws.ManagementAccount}},
		{"the same trust, written otherwise", func(t *testing.T, c *iam.Client) {
			must(c.UpdateAssumeRolePolicy(ctx, &iam.UpdateAssumeRolePolicyInput{RoleName: name, PolicyDocument: str(strings.Replace(ownTrust, ",", ",\n  ", 1))}))(t)
		}, nil},
		{"a policy more", func(t *testing.T, c *iam.Client) {
			must(c.AttachRolePolicy(ctx, &iam.AttachRolePolicyInput{RoleName: name, PolicyArn: str(readOnlyPolicy)}))(t)
		}, []string{"/ManagedPolicyArns/0 ADD null " + readOnlyPolicy}},
		{"a policy less", func(t *testing.T, c *iam.Client) {
			must(c.DetachRolePolicy(ctx, &iam.DetachRolePolicyInput{RoleName: name, PolicyArn: str(billingPolicy)}))(t)
		}, []string{"/ManagedPolicyArns/0 REMOVE " + billingPolicy + " null"}},
		{"another inline policy", func(t *testing.T, c *iam.Client) {
			must(c.PutRolePolicy(ctx, &iam.PutRolePolicyInput{RoleName: name, PolicyName: str("buckets"), PolicyDocument: str(strings.Replace(readBuckets, "s3:Get*", "s3:*", 1))}))(t)
		}, []string{"/Policies/0/PolicyDocument/Statement/Action NOT_EQUAL s3:Get* s3:*"}},
		{"an inline policy less", func(t *testing.T, c *iam.Client) {
			must(c.DeleteRolePolicy(ctx, &iam.DeleteRolePolicyInput{RoleName: name, PolicyName: str("buckets")}))(t)
		}, []string{`/Policies/0 REMOVE {"PolicyDocument":{"Statement":{"Action":"s3:Get*","Effect":"Allow","Resource":"*"},"Version":"2012-10-17"},"PolicyName":"buckets"} null`}},
		{"another session", func(t *testing.T, c *iam.Client) {
			must(c.UpdateRole(ctx, &iam.UpdateRoleInput{RoleName: name, MaxSessionDuration: sdk.Int32(3600)}))(t)
		}, []string{"/MaxSessionDuration NOT_EQUAL 7200 3600"}},
		{"another description", func(t *testing.T, c *iam.Client) {
			must(c.UpdateRole(ctx, &iam.UpdateRoleInput{RoleName: name, MaxSessionDuration: sdk.Int32(7200), Description: str("Writes")}))(t)
		}, []string{"/Description NOT_EQUAL Reads Writes"}},
		{"no boundary", func(t *testing.T, c *iam.Client) {
			must(c.DeleteRolePermissionsBoundary(ctx, &iam.DeleteRolePermissionsBoundaryInput{RoleName: name}))(t)
		}, []string{"/PermissionsBoundary NOT_EQUAL " + readOnlyPolicy + " "}},
		{"another tag's value", func(t *testing.T, c *iam.Client) {
			must(c.TagRole(ctx, &iam.TagRoleInput{RoleName: name, Tags: []iamtypes.Tag{iamTag("team", "y")}}))(t)
		}, []string{"/Tags/0/Value NOT_EQUAL x y"}},
		{"a tag more", func(t *testing.T, c *iam.Client) {
			must(c.TagRole(ctx, &iam.TagRoleInput{RoleName: name, Tags: []iamtypes.Tag{iamTag("who", "me")}}))(t)
		}, []string{`/Tags/1 ADD null {"Key":"who","Value":"me"}`}},
	} {
		t.Run(test.what, func(t *testing.T) {
			w := newWorld(t)
			c := w.in(aws.AccountGmail)
			w.makeStack(c, oneRole(wholeRole, ""))
			test.change(t, c.iam)
			done := w.detect(c)
			var got []string
			found := drifts(t, c)[0]
			for _, d := range found.PropertyDifferences {
				got = append(got, fmt.Sprint(*d.PropertyPath, " ", d.DifferenceType, " ", *d.ExpectedValue, " ", *d.ActualValue))
			}
			same(t, "differences", got, test.want)
			want := "MODIFIED DRIFTED 1"
			if test.want == nil {
				want = "IN_SYNC IN_SYNC 0"
			}
			equal(t, "verdict", fmt.Sprint(found.StackResourceDriftStatus, " ", done.StackDriftStatus, " ", *done.DriftedStackResourceCount), want)
		})
	}
}

func TestWhatTheTemplateDoesNotSayIsNoDrift(t *testing.T) {
	w := newWorld(t)
	c := w.in(aws.AccountGmail)
	w.makeStack(c, oneRole(`,"RoleName":"Reader"`, ""))
	must(c.iam.AttachRolePolicy(ctx, &iam.AttachRolePolicyInput{RoleName: str("Reader"), PolicyArn: str(readOnlyPolicy)}))(t)
	must(c.iam.TagRole(ctx, &iam.TagRoleInput{RoleName: str("Reader"), Tags: []iamtypes.Tag{iamTag("who", "me")}}))(t)
	equal(t, "verdict", w.detect(c).StackDriftStatus, "IN_SYNC")
}

func TestARoleThatIsGoneIsDrift(t *testing.T) {
	w, c := gmail(t)
	id := must(c.stack.CreateStack(ctx, createInput()))(t).StackId
	w.clock.Advance(stackTime)
	must(c.iam.DetachRolePolicy(ctx, &iam.DetachRolePolicyInput{RoleName: str("Administrator"), PolicyArn: str("arn:aws:iam::aws:policy/AdministratorAccess")}))(t)
	must(c.iam.DeleteRole(ctx, &iam.DeleteRoleInput{RoleName: str("Administrator")}))(t)
	detect := func(only ...string) *cloudformation.DescribeStackDriftDetectionStatusOutput {
		d := must(c.stack.DetectStackDrift(ctx, &cloudformation.DetectStackDriftInput{StackName: id, LogicalResourceIds: only}))(t).StackDriftDetectionId
		w.clock.Advance(stackTime)
		return must(c.stack.DescribeStackDriftDetectionStatus(ctx, &cloudformation.DescribeStackDriftDetectionStatusInput{StackDriftDetectionId: d}))(t)
	}
	show := func(filters ...types.StackResourceDriftStatus) (out []string) {
		var next *string
		for {
			page := must(c.stack.DescribeStackResourceDrifts(ctx, &cloudformation.DescribeStackResourceDriftsInput{
				StackName: id, StackResourceDriftStatusFilters: filters, MaxResults: sdk.Int32(1), NextToken: next,
			}))(t)
			for _, d := range page.StackResourceDrifts {
				out = append(out, *d.LogicalResourceId+" "+string(d.StackResourceDriftStatus))
				if gone := d.ExpectedProperties == nil; gone != (d.StackResourceDriftStatus == "DELETED") {
					t.Errorf("%s has no properties: %v", *d.LogicalResourceId, gone)
				}
			}
			if next = page.NextToken; next == nil {
				return out
			}
		}
	}
	equal(t, "verdict of one", detect("ReadOnlyAccess").StackDriftStatus, "IN_SYNC")
	same(t, "results of one", show(), []string{"ReadOnlyAccess IN_SYNC"})
	equal(t, "verdict", detect().StackDriftStatus, "DRIFTED")
	got := show()
	slices.Sort(got)
	same(t, "results", got, []string{"Administrator DELETED", "ReadOnlyAccess IN_SYNC"})
	same(t, "those that are gone or changed", show(types.StackResourceDriftStatusDeleted, types.StackResourceDriftStatusModified), []string{"Administrator DELETED"})
	_, err := c.stack.DescribeStackResourceDrifts(ctx, &cloudformation.DescribeStackResourceDriftsInput{StackName: id, StackResourceDriftStatusFilters: []types.StackResourceDriftStatus{"LOST"}})
	refused(t, err, 400, "ValidationError", "")
	_, err = c.stack.DetectStackDrift(ctx, &cloudformation.DetectStackDriftInput{StackName: id, LogicalResourceIds: []string{"Nobody"}})
	refused(t, err, 400, "ValidationError", "")
}

func TestDriftIsNotLookedForInEveryState(t *testing.T) {
	w := newWorld(t)
	c := w.in(aws.AccountGmail)
	body := oneRole(`,"RoleName":"Reader","Path":"no path"`, "")
	must(c.stack.CreateStack(ctx, &cloudformation.CreateStackInput{StackName: str("readers"), TemplateBody: &body, Capabilities: []types.Capability{types.CapabilityCapabilityNamedIam}}))(t)
	in := &cloudformation.DetectStackDriftInput{StackName: str("readers")}
	_, err := c.stack.DetectStackDrift(ctx, in)
	refused(t, err, 400, "ValidationError", "")
	w.clock.Advance(3 * stackTime)
	equal(t, "status", status(t, c, "readers"), "ROLLBACK_COMPLETE")
	_, err = c.stack.DetectStackDrift(ctx, in)
	refused(t, err, 400, "ValidationError", "")
}

func TestADetectionFailsWhereRolesCannotBeRead(t *testing.T) {
	w := newWorld(t)
	c := w.in(aws.AccountGmail)
	w.makeStack(c, oneRole(wholeRole, ""))
	if err := w.Deny(aws.AccountGmail, "iam:GetRolePolicy"); err != nil {
		t.Fatal(err)
	}
	done := w.detect(c)
	equal(t, "status", fmt.Sprint(done.DetectionStatus, " ", done.StackDriftStatus), "DETECTION_FAILED UNKNOWN")
	equal(t, "reason", *done.DetectionStatusReason, "Failed to detect drift on resource(s) [Reader].")
	equal(t, "of the resource", drifts(t, c)[0].StackResourceDriftStatus, "UNKNOWN")
	equal(t, "of the stack", stackSeen(t, c).DriftInformation.StackDriftStatus, "UNKNOWN")

	id := must(c.stack.DetectStackDrift(ctx, &cloudformation.DetectStackDriftInput{StackName: str("readers")}))(t).StackDriftDetectionId
	must(c.stack.DeleteStack(ctx, &cloudformation.DeleteStackInput{StackName: str("readers")}))(t)
	w.clock.Advance(stackTime)
	end := must(c.stack.DescribeStackDriftDetectionStatus(ctx, &cloudformation.DescribeStackDriftDetectionStatusInput{StackDriftDetectionId: id}))(t)
	equal(t, "status where the stack is deleted meanwhile", end.DetectionStatus, "DETECTION_FAILED")
}

func TestALookForDriftNeedsTwoPermissions(t *testing.T) {
	for _, action := range []string{"cloudformation:DetectStackResourceDrift", "cloudformation:DetectStackDrift"} {
		w := newWorld(t)
		c := w.in(aws.AccountGmail)
		w.makeStack(c, oneRole(wholeRole, ""))
		if err := w.Deny(aws.AccountGmail, action); err != nil {
			t.Fatal(err)
		}
		_, err := c.stack.DetectStackDrift(ctx, &cloudformation.DetectStackDriftInput{StackName: str("readers")})
		refused(t, err, 403, "AccessDenied", "")
	}
}
