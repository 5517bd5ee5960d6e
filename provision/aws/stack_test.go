package aws

import (
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/oktaws/oktaws/provision"
	"github.com/oktaws/oktaws/store"
)

// made is when the stack was made.
var made = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)

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

func TestStackIsReadWithOneCall(t *testing.T) {
	described := describe("CREATE_COMPLETE")
	for name, tc := range map[string]struct {
		more           string
		updated, since time.Time
		drift          string
	}{
		"new":     {"", made, time.Time{}, "NOT_CHECKED"},
		"updated": {"<LastUpdatedTime>2026-02-02T03:04:05Z</LastUpdatedTime><DriftInformation><StackDriftStatus>NOT_CHECKED</StackDriftStatus></DriftInformation>", made.AddDate(0, 1, 0), time.Time{}, "NOT_CHECKED"},
		"drifted": {"<DriftInformation><StackDriftStatus>DRIFTED</StackDriftStatus><LastCheckTimestamp>2026-03-02T03:04:05Z</LastCheckTimestamp></DriftInformation>", made, made.AddDate(0, 2, 0), "DRIFTED"},
	} {
		t.Run(name, func(t *testing.T) {
			a := newAmazon(t).on("DescribeStacks", always(reply{body: strings.Replace(described.body, "</CreationTime>", "</CreationTime>"+tc.more, 1)}))
			got, err := reached(t).Stack(t.Context(), "oktaws-roles")
			want := &provision.Stack{
				ID: stackID, Name: "oktaws-roles", Status: "CREATE_COMPLETE", Reason: "because",
				Parameters: map[string]string{"ProviderArn": providerARN},
				Tags:       map[string]string{provision.TagManaged: provision.TagManagedValue},
				Updated:    tc.updated, Drift: tc.drift, DriftSince: tc.since,
			}
			if err != nil || !reflect.DeepEqual(got, want) {
				t.Errorf("the stack is %+v, %v", got, err)
			}
			a.the("DescribeStacks")
		})
	}
}

func TestStackTemplate(t *testing.T) {
	a := newAmazon(t).on("DescribeStacks", always(describe("CREATE_COMPLETE"))).
		on("GetTemplate", always(answer("GetTemplate", "<TemplateBody>Resources: &lt;&gt;\n</TemplateBody>")))
	got, err := reached(t).StackTemplate(t.Context(), "oktaws-roles")
	if err != nil || got != "Resources: <>\n" {
		t.Errorf("the template is %q, %v", got, err)
	}
	if name := a.the("GetTemplate").form.Get("StackName"); name != stackID {
		t.Errorf("asked for %s, which may be another stack by now", name)
	}

	missing := refusal(400, "ValidationError", "Stack with id x does not exist")
	for name, answers := range map[string][2]reply{
		"before its change set is executed": {describe("REVIEW_IN_PROGRESS"), answer("GetTemplate", "<TemplateBody>{}</TemplateBody>")},
		"deleted":                           {describe("DELETE_COMPLETE"), answer("GetTemplate", "<TemplateBody>old</TemplateBody>")},
		"gone":                              {missing, missing},
		"gone meanwhile":                    {describe("CREATE_COMPLETE"), missing},
	} {
		newAmazon(t).on("DescribeStacks", always(answers[0])).on("GetTemplate", always(answers[1]))
		if got, err := reached(t).StackTemplate(t.Context(), stackID); got != "" || err != nil {
			t.Errorf("%s: the template is %q, %v", name, got, err)
		}
	}

	newAmazon(t).on("DescribeStacks", always(describe("CREATE_COMPLETE"))).on("GetTemplate", always(refusal(403, "AccessDenied", "no")))
	_, err = reached(t).StackTemplate(t.Context(), stackID)
	expect(t, err, store.Denied, "read the template of the stack", "cloudformation:GetTemplate")
}

func TestStackResourcesAreThoseThatExist(t *testing.T) {
	const role = "AWS::IAM::Role"
	newAmazon(t).on("ListStackResources", func(c call, _ int) reply {
		if c.form.Get("NextToken") == "" {
			return answer("ListStackResources", "<StackResourceSummaries>"+members(
				resource("Administrator", "Administrator", role, "CREATE_COMPLETE"),
				resource("Taken", "ReadOnlyAccess", role, "CREATE_FAILED"),
				resource("Adopted", "Adopted", role, "IMPORT_COMPLETE"),
				resource("NotAdopted", "NotAdopted", role, "IMPORT_FAILED"),
				resource("LetGo", "LetGo", role, "IMPORT_ROLLBACK_COMPLETE"),
				resource("Policy", "p", "AWS::IAM::Policy", "CREATE_COMPLETE"))+"</StackResourceSummaries><NextToken>n</NextToken>")
		}
		return answer("ListStackResources", "<StackResourceSummaries>"+members(
			resource("PowerUsers", "PowerUsers", role, "UPDATE_COMPLETE"),
			resource("Coming", "Coming", role, "CREATE_IN_PROGRESS"),
			resource("Nameless", "", role, "UPDATE_COMPLETE"),
			resource("Stays", "Stays", role, "DELETE_FAILED"),
			resource("Gone", "Gone", role, "DELETE_COMPLETE"))+"</StackResourceSummaries>")
	})
	got, err := reached(t).StackResources(t.Context(), stackID)
	want := []provision.StackResource{
		{LogicalID: "Administrator", PhysicalID: "Administrator", Type: role},
		{LogicalID: "Adopted", PhysicalID: "Adopted", Type: role},
		{LogicalID: "Policy", PhysicalID: "p", Type: "AWS::IAM::Policy"},
		{LogicalID: "PowerUsers", PhysicalID: "PowerUsers", Type: role},
		{LogicalID: "Stays", PhysicalID: "Stays", Type: role},
	}
	if err != nil || !slices.Equal(got, want) {
		t.Errorf("the resources are %+v, %v", got, err)
	}

	newAmazon(t).on("ListStackResources", always(refusal(400, "ValidationError", "Stack with id x does not exist")))
	if got, err := reached(t).StackResources(t.Context(), stackID); got != nil || err != nil {
		t.Errorf("without a stack, the resources are %+v, %v", got, err)
	}
	newAmazon(t).on("ListStackResources", always(refusal(403, "AccessDenied", "no")))
	_, err = reached(t).StackResources(t.Context(), stackID)
	expect(t, err, store.Denied, "list the resources of the stack", "cloudformation:ListStackResources")
}

func TestDriftIsDetected(t *testing.T) {
	for name, answer := range map[string]reply{
		"begun":               answer("DetectStackDrift", "<StackDriftDetectionId>1</StackDriftDetectionId>"),
		"under way":           refusal(400, "ValidationError", "Drift detection is already in progress for stack ["+stackID+"]"),
		"something under way": refusal(409, "OperationInProgressException", "busy"),
	} {
		a := newAmazon(t).on("DetectStackDrift", always(answer))
		if err := reached(t).DetectDrift(t.Context(), stackID); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if got := a.the("DetectStackDrift").form.Get("StackName"); got != stackID {
			t.Errorf("%s: asked for %s", name, got)
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
		{"import rolled back", []reply{
			page("", event("oktaws-roles", "IMPORT_ROLLBACK_COMPLETE", ""), event("oktaws-roles", "IMPORT_ROLLBACK_IN_PROGRESS", "The following resource(s) failed to import"),
				event("Administrator", "UPDATE_FAILED", "no permission to tag"), event("Administrator", "IMPORT_COMPLETE", ""), event("oktaws-roles", "IMPORT_IN_PROGRESS", "User Initiated")),
		}, 1, "no permission to tag"},
		{"import of nothing rolled back", []reply{
			page("", event("oktaws-roles", "IMPORT_ROLLBACK_IN_PROGRESS", "no such role"), event("oktaws-roles", "IMPORT_IN_PROGRESS", "User Initiated")),
		}, 1, "no such role"},
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
