package aws

import (
	"maps"
	"testing"

	"github.com/oktaws/oktaws/provision"
	"github.com/oktaws/oktaws/store"
)

func changeSet(status, execution, reason string) reply {
	return answer("DescribeChangeSet", "<StackId>"+stackID+"</StackId><StackName>oktaws-roles</StackName><ChangeSetName>oktaws-1</ChangeSetName><Status>"+status+
		"</Status><ExecutionStatus>"+execution+"</ExecutionStatus><StatusReason>"+reason+"</StatusReason>")
}

var toImport = provision.StackSpec{Name: "oktaws-roles", Template: "Resources: {}", Parameters: map[string]string{"ProviderArn": providerARN}, Tags: ours, Token: "oktaws-1"}

func TestImportIsBegun(t *testing.T) {
	a := newAmazon(t).on("CreateChangeSet", always(answer("CreateChangeSet", "<Id>arn:set</Id><StackId>"+stackID+"</StackId>")))
	id, err := reached(t).BeginImport(t.Context(), toImport, map[string]string{"PowerUsers": "PowerUsers", "Admins": "Administrator"})
	if err != nil || id != stackID {
		t.Errorf("the stack is %q, %v", id, err)
	}
	sent := a.the("CreateChangeSet").form
	for k, want := range map[string]string{
		"StackName": "oktaws-roles", "ChangeSetName": "oktaws-1", "ClientToken": "oktaws-1", "ChangeSetType": "IMPORT", "TemplateBody": "Resources: {}", "Capabilities.member.1": "CAPABILITY_NAMED_IAM",
		"Parameters.member.1.ParameterKey": "ProviderArn", "Parameters.member.1.ParameterValue": providerARN,
		"ResourcesToImport.member.1.LogicalResourceId": "Admins", "ResourcesToImport.member.1.ResourceType": "AWS::IAM::Role",
		"ResourcesToImport.member.1.ResourceIdentifier.entry.1.key": "RoleName", "ResourcesToImport.member.1.ResourceIdentifier.entry.1.value": "Administrator",
		"ResourcesToImport.member.2.LogicalResourceId": "PowerUsers", "ResourcesToImport.member.3.LogicalResourceId": "",
	} {
		if got := sent.Get(k); got != want {
			t.Errorf("%s is %q, want %q", k, got, want)
		}
	}
	if !maps.Equal(sentTags(sent, "Tags.member."), ours) {
		t.Errorf("sent %v", sent)
	}
}

func TestImportThatWasBegunBefore(t *testing.T) {
	exists := always(refusal(400, "AlreadyExistsException", "ChangeSet oktaws-1 already exists"))
	a := newAmazon(t).on("CreateChangeSet", exists).on("DescribeChangeSet", always(changeSet("CREATE_IN_PROGRESS", "UNAVAILABLE", "")))
	id, err := reached(t).BeginImport(t.Context(), toImport, nil)
	if err != nil || id != stackID {
		t.Errorf("the stack is %q, %v", id, err)
	}
	if sent := a.the("DescribeChangeSet").form; sent.Get("StackName") != "oktaws-roles" || sent.Get("ChangeSetName") != "oktaws-1" {
		t.Errorf("asked for %v", sent)
	}

	newAmazon(t).on("CreateChangeSet", exists).on("DescribeChangeSet", always(refusal(404, "ChangeSetNotFound", "ChangeSet [oktaws-1] does not exist")))
	_, err = reached(t).BeginImport(t.Context(), toImport, nil)
	expect(t, err, store.Conflict, "prepare to take the existing roles into the stack oktaws-roles in account 111122223333: there is one of that name already", "")

	newAmazon(t).on("CreateChangeSet", exists).on("DescribeChangeSet", always(refusal(403, "AccessDenied", "no")))
	_, err = reached(t).BeginImport(t.Context(), toImport, nil)
	expect(t, err, store.Denied, "cloudformation:DescribeChangeSet", "")

	newAmazon(t).on("CreateChangeSet", always(answer("CreateChangeSet", "")))
	_, err = reached(t).BeginImport(t.Context(), toImport, nil)
	expect(t, err, store.Transient, "AWS's answer can't be read", "")
}

func TestImportIsFinishedOnceItIsReady(t *testing.T) {
	for _, tc := range []struct {
		name     string
		answer   reply
		ready    bool
		executed int
	}{
		{"waits", changeSet("CREATE_PENDING", "UNAVAILABLE", ""), false, 0},
		{"is being made", changeSet("CREATE_IN_PROGRESS", "UNAVAILABLE", ""), false, 0},
		{"is made, and can't be executed yet", changeSet("CREATE_COMPLETE", "UNAVAILABLE", ""), false, 0},
		{"can be executed", changeSet("CREATE_COMPLETE", "AVAILABLE", ""), true, 1},
		{"is being executed", changeSet("CREATE_COMPLETE", "EXECUTE_IN_PROGRESS", ""), true, 0},
		{"was executed", changeSet("CREATE_COMPLETE", "EXECUTE_COMPLETE", ""), true, 0},
		{"was executed in vain", changeSet("CREATE_COMPLETE", "EXECUTE_FAILED", ""), true, 0},
		{"was executed and is gone", refusal(404, "ChangeSetNotFound", "ChangeSet [oktaws-1] does not exist"), true, 0},
	} {
		t.Run(tc.name, func(t *testing.T) {
			a := newAmazon(t).on("DescribeChangeSet", always(tc.answer)).empty("ExecuteChangeSet")
			ready, err := reached(t).FinishImport(t.Context(), stackID, "oktaws-1")
			if err != nil || ready != tc.ready {
				t.Errorf("ready is %v, %v", ready, err)
			}
			for _, c := range append(a.received("DescribeChangeSet"), a.received("ExecuteChangeSet")...) {
				if c.form.Get("StackName") != stackID || c.form.Get("ChangeSetName") != "oktaws-1" || c.action == "ExecuteChangeSet" && c.form.Get("ClientRequestToken") != "oktaws-1" {
					t.Errorf("%s: sent %v", c.action, c.form)
				}
			}
			if n := len(a.received("ExecuteChangeSet")); n != tc.executed {
				t.Errorf("executed %d times, want %d", n, tc.executed)
			}
		})
	}
}

func TestImportThatCloudFormationRefuses(t *testing.T) {
	for _, tc := range []struct {
		name            string
		answer          reply
		kind            store.Kind
		message, remedy string
	}{
		{"in another stack", changeSet("FAILED", "UNAVAILABLE", "Administrator already exists in stack arn:other"), store.Permanent,
			"take the existing roles into the stack " + stackID + " in account 111122223333: CloudFormation says: Administrator already exists in stack arn:other", "in no other stack"},
		{"without a reason", changeSet("FAILED", "UNAVAILABLE", ""), store.Permanent, "CloudFormation doesn't say why", "retry"},
		{"service control policy", changeSet("FAILED", "UNAVAILABLE", "User: arn:x is not authorized to perform: iam:GetRole on resource: y with an explicit deny in a service control policy"), store.Denied,
			"a service control policy of the AWS organization forbids iam:GetRole", "Nothing in the account itself helps"},
		{"missing permission", changeSet("FAILED", "UNAVAILABLE", "User: arn:x is not authorized to perform: iam:GetRole on resource: y"), store.Denied,
			"role/OrganizationAccountAccessRole may not do iam:GetRole", "Add iam:GetRole to what the role arn:aws:iam::111122223333:role/OrganizationAccountAccessRole may do in account 111122223333"},
		{"overtaken", changeSet("CREATE_COMPLETE", "OBSOLETE", ""), store.Conflict, "something else changed the stack", "Retry"},
		{"deleted by somebody", changeSet("DELETE_IN_PROGRESS", "UNAVAILABLE", ""), store.Conflict, "is being deleted", "Retry"},
		{"stack gone", refusal(400, "ValidationError", "Stack ["+stackID+"] does not exist"), store.NotFound, "the stack isn't there", "Retry"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			newAmazon(t).on("DescribeChangeSet", always(tc.answer))
			ready, err := reached(t).FinishImport(t.Context(), stackID, "oktaws-1")
			expect(t, err, tc.kind, tc.message, tc.remedy)
			if ready {
				t.Error("it counts as ready")
			}
		})
	}
}
