package aws

import (
	"fmt"
	"maps"
	"reflect"
	"strings"
	"testing"

	"github.com/oktaws/oktaws/provision"
	"github.com/oktaws/oktaws/store"
)

const stackID = "arn:aws:cloudformation:us-east-1:111122223333:stack/oktaws-roles/1a2b"

func describe(status string) reply {
	return answer("DescribeStacks", "<Stacks>"+members("<StackId>"+stackID+"</StackId><StackName>oktaws-roles</StackName><StackStatus>"+status+
		"</StackStatus><StackStatusReason>because</StackStatusReason><CreationTime>2026-01-02T03:04:05Z</CreationTime><Parameters>"+
		members("<ParameterKey>ProviderArn</ParameterKey><ParameterValue>"+providerARN+"</ParameterValue>")+"</Parameters>"+
		tagMembers(provision.TagManaged, provision.TagManagedValue)+"")+"</Stacks>")
}

func resource(logical, physical, kind, status string) string {
	return fmt.Sprintf("<LogicalResourceId>%s</LogicalResourceId><PhysicalResourceId>%s</PhysicalResourceId><ResourceType>%s</ResourceType><ResourceStatus>%s</ResourceStatus><LastUpdatedTimestamp>2026-01-02T03:04:05Z</LastUpdatedTimestamp>", logical, physical, kind, status)
}

func TestStack(t *testing.T) {
	a := newAmazon(t).
		on("DescribeStacks", always(describe("CREATE_COMPLETE"))).
		on("GetTemplate", always(answer("GetTemplate", "<TemplateBody>Resources: &lt;&gt;\n</TemplateBody>"))).
		on("ListStackResources", func(c call, _ int) reply {
			if c.form.Get("NextToken") == "" {
				return answer("ListStackResources", "<StackResourceSummaries>"+members(
					resource("Administrator", "Administrator", "AWS::IAM::Role", "CREATE_COMPLETE"),
					resource("Taken", "ReadOnlyAccess", "AWS::IAM::Role", "CREATE_FAILED"),
					resource("Policy", "p", "AWS::IAM::Policy", "CREATE_COMPLETE"))+"</StackResourceSummaries><NextToken>n</NextToken>")
			}
			return answer("ListStackResources", "<StackResourceSummaries>"+members(
				resource("PowerUsers", "PowerUsers", "AWS::IAM::Role", "UPDATE_COMPLETE"),
				resource("Coming", "Coming", "AWS::IAM::Role", "CREATE_IN_PROGRESS"),
				resource("Stays", "Stays", "AWS::IAM::Role", "DELETE_FAILED"),
				resource("Gone", "Gone", "AWS::IAM::Role", "DELETE_COMPLETE"))+"</StackResourceSummaries>")
		})
	got, err := reached(t).Stack(t.Context(), "oktaws-roles")
	want := &provision.Stack{
		ID: stackID, Name: "oktaws-roles", Status: "CREATE_COMPLETE", Reason: "because", Template: "Resources: <>\n",
		Parameters: map[string]string{"ProviderArn": providerARN},
		Tags:       map[string]string{provision.TagManaged: provision.TagManagedValue},
		Roles:      map[string]string{"Administrator": "Administrator", "PowerUsers": "PowerUsers", "Stays": "Stays"},
	}
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("the stack is %+v, %v", got, err)
	}
	for _, action := range []string{"GetTemplate", "ListStackResources"} {
		for _, c := range a.received(action) {
			if c.form.Get("StackName") != stackID {
				t.Errorf("%s asked for %s, which may be another stack by now", action, c.form.Get("StackName"))
			}
		}
	}
}

func TestStackThatIsNotThere(t *testing.T) {
	newAmazon(t).on("DescribeStacks", always(refusal(400, "ValidationError", "Stack with id oktaws-roles does not exist"))).
		on("DescribeStackEvents", always(refusal(400, "ValidationError", "Stack [oktaws-roles] does not exist")))
	account := reached(t)
	if s, err := account.Stack(t.Context(), "oktaws-roles"); s != nil || err != nil {
		t.Errorf("the stack is %v, %v", s, err)
	}
	if reason, err := account.StackFailure(t.Context(), "oktaws-roles"); reason != "" || err != nil {
		t.Errorf("it failed by %q, %v", reason, err)
	}

	newAmazon(t).on("DescribeStacks", always(refusal(400, "ValidationError", "1 validation error detected: Value at 'stackName' failed")))
	_, err := reached(t).Stack(t.Context(), "no stack's name")
	expect(t, err, store.Permanent, "1 validation error", "")
}

func TestStackWithoutTemplate(t *testing.T) {
	for _, status := range []string{"REVIEW_IN_PROGRESS", "DELETE_COMPLETE"} {
		newAmazon(t).on("DescribeStacks", always(describe(status)))
		s, err := reached(t).Stack(t.Context(), stackID)
		if err != nil || s.Status != status || s.Template != "" || len(s.Roles) != 0 {
			t.Errorf("%s: the stack is %+v, %v", status, s, err)
		}
	}
}

func TestStackIsStarted(t *testing.T) {
	a := newAmazon(t).
		on("CreateStack", always(answer("CreateStack", "<StackId>"+stackID+"</StackId>"))).
		on("UpdateStack", inTurn(answer("UpdateStack", "<StackId>"+stackID+"</StackId>"), refusal(400, "ValidationError", "No updates are to be performed."))).
		on("DeleteStack", always(answer("DeleteStack", "")))
	account := reached(t)
	spec := provision.StackSpec{Name: "oktaws-roles", Template: "Resources: {}", Parameters: map[string]string{"ProviderArn": providerARN}, Tags: ours, Token: "req-1-roles-1"}
	id, err := account.CreateStack(t.Context(), spec)
	if err != nil || id != stackID {
		t.Errorf("the stack is %s, %v", id, err)
	}
	for i, want := range []bool{true, false} {
		changed, err := account.UpdateStack(t.Context(), spec)
		if err != nil || changed != want {
			t.Errorf("update %d: changed %v, %v", i+1, changed, err)
		}
	}
	for _, action := range []string{"CreateStack", "UpdateStack"} {
		sent := a.received(action)[0].form
		for k, want := range map[string]string{
			"StackName": "oktaws-roles", "TemplateBody": "Resources: {}", "ClientRequestToken": "req-1-roles-1", "Capabilities.member.1": "CAPABILITY_NAMED_IAM",
			"Parameters.member.1.ParameterKey": "ProviderArn", "Parameters.member.1.ParameterValue": providerARN,
		} {
			if got := sent.Get(k); got != want {
				t.Errorf("%s: %s is %q, want %q", action, k, got, want)
			}
		}
		if !maps.Equal(sentTags(sent, "Tags.member."), ours) {
			t.Errorf("%s: sent %v", action, sent)
		}
	}
	if got := a.the("CreateStack").form.Get("OnFailure"); got != "ROLLBACK" {
		t.Errorf("OnFailure is %q", got)
	}
	if err := account.DeleteStack(t.Context(), stackID, "req-1-roles-2"); err != nil {
		t.Fatal(err)
	}
	if sent := a.the("DeleteStack").form; sent.Get("StackName") != stackID || sent.Get("ClientRequestToken") != "req-1-roles-2" {
		t.Errorf("sent %v", sent)
	}
}

func TestStackFailureIsTheFirstOfTheLastOperation(t *testing.T) {
	event := func(logical, status, reason string) string {
		physical := logical
		if logical == "oktaws-roles" {
			physical = stackID
		}
		return fmt.Sprintf("<StackId>%s</StackId><StackName>oktaws-roles</StackName><EventId>e</EventId><Timestamp>2026-01-02T03:04:05Z</Timestamp><LogicalResourceId>%s</LogicalResourceId><PhysicalResourceId>%s</PhysicalResourceId><ResourceStatus>%s</ResourceStatus><ResourceStatusReason>%s</ResourceStatusReason>",
			stackID, logical, physical, status, reason)
	}
	page := func(next string, events ...string) reply {
		return answer("DescribeStackEvents", "<StackEvents>"+members(events...)+"</StackEvents>"+next)
	}
	const more = "<NextToken>n</NextToken>"
	for _, tc := range []struct {
		name  string
		pages []reply
		asked int
		want  string
	}{
		{"rolled back", []reply{
			page(more,
				event("oktaws-roles", "ROLLBACK_COMPLETE", ""),
				event("Administrator", "DELETE_COMPLETE", ""),
				event("oktaws-roles", "ROLLBACK_IN_PROGRESS", "The following resource(s) failed to create: [PowerUsers, ReadOnlyAccess]."),
				event("ReadOnlyAccess", "CREATE_FAILED", "Resource creation cancelled")),
			page(more,
				event("Administrator", "CREATE_FAILED", "a later one"),
				event("PowerUsers", "CREATE_FAILED", "Invalid principal in policy"),
				event("PowerUsers", "CREATE_IN_PROGRESS", ""),
				event("oktaws-roles", "CREATE_IN_PROGRESS", "User Initiated"),
				event("oktaws-roles", "DELETE_FAILED", "of an earlier operation")),
		}, 2, "Invalid principal in policy"},
		{"nothing of its own failed", []reply{
			page("", event("oktaws-roles", "UPDATE_ROLLBACK_COMPLETE", ""), event("oktaws-roles", "UPDATE_ROLLBACK_IN_PROGRESS", "Template error"),
				event("oktaws-roles", "UPDATE_IN_PROGRESS", "User Initiated"), event("PowerUsers", "CREATE_FAILED", "long ago")),
		}, 1, "Template error"},
		{"nothing failed", []reply{
			page("", event("oktaws-roles", "CREATE_COMPLETE", ""), event("oktaws-roles", "CREATE_IN_PROGRESS", "User Initiated")),
		}, 1, ""},
		{"first events are gone", []reply{page("", event("PowerUsers", "CREATE_FAILED", "why"))}, 1, "why"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			a := newAmazon(t).on("DescribeStackEvents", inTurn(tc.pages...))
			got, err := reached(t).StackFailure(t.Context(), stackID)
			if err != nil || got != tc.want {
				t.Errorf("it failed by %q, %v; want %q", got, err, tc.want)
			}
			if n := len(a.received("DescribeStackEvents")); n != tc.asked {
				t.Errorf("asked for %d pages, want %d", n, tc.asked)
			}
		})
	}
}

func TestStackAnswerWithoutID(t *testing.T) {
	newAmazon(t).on("CreateStack", always(answer("CreateStack", "")))
	err := changes["CreateStack"](t.Context(), reached(t))
	expect(t, err, store.Transient, "AWS's answer can't be read", "")
	if !strings.Contains(err.Error(), "incomplete") {
		t.Errorf("the log doesn't learn the cause: %v", err)
	}
}
