package aws_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"
	"github.com/aws/aws-sdk-go-v2/service/iam"

	"github.com/oktaws/oktaws/internal/sandbox/aws"
)

// importInput is an import of the role Reader into the stack readers.
func importInput() *cloudformation.CreateChangeSetInput {
	body := oneRole(`,"RoleName":"Reader"`, `"DeletionPolicy":"Retain",`)
	return &cloudformation.CreateChangeSetInput{
		StackName: str("readers"), ChangeSetName: str("import"), ChangeSetType: types.ChangeSetTypeImport, TemplateBody: &body,
		Capabilities:      []types.Capability{types.CapabilityCapabilityNamedIam},
		ResourcesToImport: []types.ResourceToImport{toImport("Reader", "Reader")},
	}
}

func toImport(logical, role string) types.ResourceToImport {
	return types.ResourceToImport{ResourceType: str("AWS::IAM::Role"), LogicalResourceId: &logical, ResourceIdentifier: map[string]string{"RoleName": role}}
}

// withReader is a world in which somebody has made the role Reader by hand.
func withReader(t *testing.T) (*world, clients) {
	t.Helper()
	w := newWorld(t)
	if err := w.MakeRole(aws.AccountGmail, "Reader", ownTrust, readOnlyPolicy); err != nil {
		t.Fatal(err)
	}
	return w, w.in(aws.AccountGmail)
}

func changeSet(t *testing.T, c clients, id *string) *cloudformation.DescribeChangeSetOutput {
	t.Helper()
	return must(c.stack.DescribeChangeSet(ctx, &cloudformation.DescribeChangeSetInput{ChangeSetName: id}))(t)
}

func TestARoleMadeByHandIsTakenIntoAStack(t *testing.T) {
	w, c := withReader(t)
	before := w.role("Reader")
	in := importInput()
	in.ClientToken = str("token-1")
	out := must(c.stack.CreateChangeSet(ctx, in))(t)
	equal(t, "the same token gives the same change set", *must(c.stack.CreateChangeSet(ctx, in))(t).Id, *out.Id)
	cs := changeSet(t, c, out.Id)
	equal(t, "status at first", fmt.Sprint(cs.Status, " ", cs.ExecutionStatus), "CREATE_IN_PROGRESS UNAVAILABLE")
	execute := &cloudformation.ExecuteChangeSetInput{ChangeSetName: str("import"), StackName: str("readers"), ClientRequestToken: str("token-2")}
	_, err := c.stack.ExecuteChangeSet(ctx, execute)
	refused(t, err, 400, "InvalidChangeSetStatus", "ChangeSet ["+*out.Id+"] cannot be executed in its current status of [CREATE_IN_PROGRESS]")

	w.clock.Advance(stackTime)
	cs = changeSet(t, c, out.Id)
	equal(t, "status", fmt.Sprint(cs.Status, " ", cs.ExecutionStatus), "CREATE_COMPLETE AVAILABLE")
	change := cs.Changes[0].ResourceChange
	equal(t, "change", fmt.Sprint(change.Action, " ", *change.LogicalResourceId, " ", *change.PhysicalResourceId, " ", *change.ResourceType), "Import Reader Reader AWS::IAM::Role")
	equal(t, "status of the new stack", status(t, c, "readers"), "REVIEW_IN_PROGRESS")
	equal(t, "roles of the new stack", len(w.Stacks(aws.AccountGmail)[0].Roles), 0)
	_, err = c.stack.UpdateStack(ctx, &cloudformation.UpdateStackInput{StackName: str("readers"), TemplateBody: in.TemplateBody})
	refused(t, err, 400, "ValidationError", "Stack:"+*out.StackId+" is in REVIEW_IN_PROGRESS state and can not be updated.")

	must(c.stack.ExecuteChangeSet(ctx, execute))(t)
	must(c.stack.ExecuteChangeSet(ctx, execute))(t) // with the same token
	equal(t, "status of the stack", status(t, c, "readers"), "IMPORT_IN_PROGRESS")
	w.clock.Advance(3 * stackTime)
	equal(t, "status of the stack", status(t, c, "readers"), "IMPORT_COMPLETE")
	cs = changeSet(t, c, out.Id)
	equal(t, "execution", cs.ExecutionStatus, "EXECUTE_COMPLETE")
	lines, all := events(t, c, "readers")
	same(t, "events", lines, []string{
		"readers REVIEW_IN_PROGRESS", "readers IMPORT_IN_PROGRESS", "Reader IMPORT_IN_PROGRESS", "Reader IMPORT_COMPLETE", "Reader UPDATE_IN_PROGRESS",
		"Reader UPDATE_COMPLETE", "readers IMPORT_COMPLETE",
	})
	equal(t, "token of the event", *all[1].ClientRequestToken, "token-2")
	after := w.role("Reader")
	equal(t, "stack of the role", after.Stack, "readers")
	after.Stack = before.Stack
	equal(t, "the role but for that", fmt.Sprint(after), fmt.Sprint(before))
	equal(t, "the stack's role", w.Stacks(aws.AccountGmail)[0].Roles["Reader"], "Reader")
	_, err = c.stack.ExecuteChangeSet(ctx, &cloudformation.ExecuteChangeSetInput{ChangeSetName: out.Id})
	refused(t, err, 400, "InvalidChangeSetStatus", "ChangeSet ["+*out.Id+"] cannot be executed in its current execution status of [EXECUTE_COMPLETE]")

	t.Run("and is one of the stack's from then on", func(t *testing.T) {
		equal(t, "drift", w.detect(c).StackDriftStatus, "IN_SYNC")
		if err := w.SetTrust(aws.AccountGmail, "Reader", strings.Replace(ownTrust, "111122223333", aws.ManagementAccount, 1)); err != nil {
			t.Fatal(err)
		}
		equal(t, "drift after a change by hand", w.detect(c).StackDriftStatus, "DRIFTED")
		_, err := c.stack.UpdateStack(ctx, &cloudformation.UpdateStackInput{StackName: str("readers"), TemplateBody: in.TemplateBody, Capabilities: in.Capabilities})
		refused(t, err, 400, "ValidationError", "No updates are to be performed.")
		w.updateStack(c, oneRole(`,"RoleName":"Reader","ManagedPolicyArns":["`+billingPolicy+`"]`, ""))
		equal(t, "status", status(t, c, "readers"), "UPDATE_COMPLETE")
		equal(t, "policies", strings.Join(w.role("Reader").Policies, " "), billingPolicy)
		must(c.stack.DeleteStack(ctx, &cloudformation.DeleteStackInput{StackName: str("readers")}))(t)
		w.clock.Advance(2 * stackTime)
		same(t, "roles", names(w.Roles(aws.AccountGmail)), []string{aws.AccessRole})
	})
}

func TestImportsThatCannotBeAreRefusedAtOnce(t *testing.T) {
	two := strings.TrimSuffix(*importInput().TemplateBody, "}}") + `,"Other":{"Type":"AWS::IAM::Role","Properties":{"AssumeRolePolicyDocument":` + ownTrust + `}}}}`
	for _, test := range []struct {
		name    string
		change  func(*cloudformation.CreateChangeSetInput)
		message string
	}{
		{"another kind", func(in *cloudformation.CreateChangeSetInput) { in.ChangeSetType = types.ChangeSetTypeCreate }, "the sandbox does not do CreateChangeSet but with ChangeSetType IMPORT"},
		{"no kind", func(in *cloudformation.CreateChangeSetInput) { in.ChangeSetType = "" }, "the sandbox does not do CreateChangeSet but with ChangeSetType IMPORT"},
		{"nothing to import", func(in *cloudformation.CreateChangeSetInput) { in.ResourcesToImport = nil }, "Must Provide at least one resource to import"},
		{"a resource twice", func(in *cloudformation.CreateChangeSetInput) {
			in.ResourcesToImport = append(in.ResourcesToImport, in.ResourcesToImport[0])
		}, "Every resource to import must have unique LogicalResourceId"},
		{"one that the template lacks", func(in *cloudformation.CreateChangeSetInput) {
			in.ResourcesToImport = append(in.ResourcesToImport, toImport("Missing", "Missing"))
		}, "The logical resource ids [Missing] provided in ResourceToImport do not exist in the template."},
		{"another identifier", func(in *cloudformation.CreateChangeSetInput) {
			in.ResourcesToImport[0].ResourceIdentifier = map[string]string{"Arn": "x"}
		}, "Invalid resource identifier for resource type AWS::IAM::Role. Expected [RoleName]"},
		{"no identifier", func(in *cloudformation.CreateChangeSetInput) {
			in.ResourcesToImport[0].ResourceIdentifier = map[string]string{}
		}, "1 validation error detected: Value null at 'resourcesToImport.1.member.resourceIdentifier' failed to satisfy constraint: Member must not be null"},
		{"another type", func(in *cloudformation.CreateChangeSetInput) {
			in.ResourcesToImport[0].ResourceType = str("AWS::SNS::Topic")
		}, "Resource type of [Reader] passed in ResourceToImport does not match with resource type defined in the template. Resource type in ResourceToImport: AWS::SNS::Topic; Resource type in Template: AWS::IAM::Role."},
		{"another resource beside it", func(in *cloudformation.CreateChangeSetInput) { in.TemplateBody = &two }, "Resources [Other] is missing from ResourceToImport list"},
		{"no deletion policy", func(in *cloudformation.CreateChangeSetInput) {
			in.TemplateBody = str(oneRole(`,"RoleName":"Reader"`, ""))
		}, "The following resources to import [Reader] must have DeletionPolicy attribute specified in the template."},
		{"outputs and tags", func(in *cloudformation.CreateChangeSetInput) {
			in.TemplateBody = str(strings.TrimSuffix(*in.TemplateBody, "}") + `,"Outputs":{"Arn":{"Value":"x"}}}`)
			in.Tags = []types.Tag{{Key: str("team"), Value: str("x")}}
		}, "As part of the import operation, you cannot modify or add [Outputs, Tags]"},
		{"no template", func(in *cloudformation.CreateChangeSetInput) { in.TemplateBody = nil }, "Either Template URL or Template Body must be specified."},
		{"a name with a space", func(in *cloudformation.CreateChangeSetInput) { in.ChangeSetName = str("my import") }, ""},
		{"a stack's ARN that is nobody's", func(in *cloudformation.CreateChangeSetInput) {
			in.StackName = str("arn:aws:cloudformation:eu-west-1:111122223333:stack/x/y")
		}, "Stack [arn:aws:cloudformation:eu-west-1:111122223333:stack/x/y] does not exist"},
	} {
		t.Run(test.name, func(t *testing.T) {
			w, c := withReader(t)
			in := importInput()
			test.change(in)
			_, err := c.stack.CreateChangeSet(ctx, in)
			refused(t, err, 400, "ValidationError", test.message)
			equal(t, "stacks", len(w.Stacks(aws.AccountGmail)), 0)
		})
	}
	w, c := withReader(t)
	in := importInput()
	in.Capabilities = nil
	_, err := c.stack.CreateChangeSet(ctx, in)
	refused(t, err, 400, "InsufficientCapabilitiesException", "")
	if err := w.Deny(aws.AccountGmail, "cloudformation:CreateChangeSet"); err != nil {
		t.Fatal(err)
	}
	_, err = c.stack.CreateChangeSet(ctx, importInput())
	refused(t, err, 403, "AccessDenied", "")
}

func TestAChangeSetFailsWhereTheRoleCannotBeTaken(t *testing.T) {
	for _, test := range []struct {
		name    string
		prepare func(*testing.T, *world, clients, *cloudformation.CreateChangeSetInput)
		reason  string
	}{
		{"it is not there", func(_ *testing.T, _ *world, _ clients, in *cloudformation.CreateChangeSetInput) {
			in.ResourcesToImport[0].ResourceIdentifier["RoleName"] = "Nobody"
		}, "The role with name Nobody cannot be found. (Service: Iam, Status Code: 404, Request ID: "},
		{"another stack has it", func(t *testing.T, w *world, c clients, in *cloudformation.CreateChangeSetInput) {
			if err := w.MakeStack(aws.AccountGmail, "others", oneRole(`,"RoleName":"Theirs"`, ""), nil, nil); err != nil {
				t.Fatal(err)
			}
			in.ResourcesToImport[0].ResourceIdentifier["RoleName"] = "Theirs"
		}, "Theirs already exists in stack arn:aws:cloudformation:us-east-1:111122223333:stack/others/"},
		{"the template names another", func(_ *testing.T, _ *world, _ clients, in *cloudformation.CreateChangeSetInput) {
			in.TemplateBody = str(oneRole(`,"RoleName":"Listener"`, `"DeletionPolicy":"Retain",`))
		}, "The RoleName Listener of the resource Reader in the template is not its identifier Reader."},
		{"a property of the wrong form", func(_ *testing.T, _ *world, _ clients, in *cloudformation.CreateChangeSetInput) {
			in.TemplateBody = str(oneRole(`,"RoleName":"Reader","Colour":"red"`, `"DeletionPolicy":"Retain",`))
		}, "Properties validation failed for resource Reader with message: [#: extraneous key [Colour] is not permitted]"},
		{"it cannot be read", func(t *testing.T, w *world, _ clients, _ *cloudformation.CreateChangeSetInput) {
			if err := w.Deny(aws.AccountGmail, "iam:GetRole"); err != nil {
				t.Fatal(err)
			}
		}, "User: arn:aws:sts::111122223333:assumed-role/OrganizationAccountAccessRole/"},
	} {
		t.Run(test.name, func(t *testing.T) {
			w, c := withReader(t)
			in := importInput()
			test.prepare(t, w, c, in)
			id := must(c.stack.CreateChangeSet(ctx, in))(t).Id
			w.clock.Advance(stackTime)
			cs := changeSet(t, c, id)
			equal(t, "status", fmt.Sprint(cs.Status, " ", cs.ExecutionStatus, " ", len(cs.Changes)), "FAILED UNAVAILABLE 0")
			if !strings.HasPrefix(*cs.StatusReason, test.reason) {
				t.Errorf("reason is\n%s, want\n%s", *cs.StatusReason, test.reason)
			}
			_, err := c.stack.ExecuteChangeSet(ctx, &cloudformation.ExecuteChangeSetInput{ChangeSetName: id})
			refused(t, err, 400, "InvalidChangeSetStatus", "")
			equal(t, "status of the stack", status(t, c, "readers"), "REVIEW_IN_PROGRESS")
		})
	}
}

func TestAnImportIsTakenBackWhereTheRoleWentMeanwhile(t *testing.T) {
	w, c := withReader(t)
	id := must(c.stack.CreateChangeSet(ctx, importInput()))(t).Id
	w.clock.Advance(stackTime)
	must(c.stack.ExecuteChangeSet(ctx, &cloudformation.ExecuteChangeSetInput{ChangeSetName: id}))(t)
	if err := w.DeleteRole(aws.AccountGmail, "Reader"); err != nil {
		t.Fatal(err)
	}
	w.clock.Advance(3 * stackTime)
	lines, _ := events(t, c, "readers")
	same(t, "last events", lines[len(lines)-3:], []string{"Reader IMPORT_FAILED", "readers IMPORT_ROLLBACK_IN_PROGRESS", "readers IMPORT_ROLLBACK_COMPLETE"})
	equal(t, "execution", changeSet(t, c, id).ExecutionStatus, "EXECUTE_FAILED")
	equal(t, "roles of the stack", len(w.Stacks(aws.AccountGmail)[0].Roles), 0)
}

func TestARoleIsTakenIntoAStackThatIsThere(t *testing.T) {
	w, c := withReader(t)
	first := `"First":{"Type":"AWS::IAM::Role","Properties":{"RoleName":"First","AssumeRolePolicyDocument":` + ownTrust + `}}`
	w.makeStack(c, `{"Resources":{`+first+`}}`)
	whole := strings.Replace(*importInput().TemplateBody, `"Reader":{`, first+`,"Reader":{`, 1)
	for _, test := range []struct{ name, body, message string }{
		{"another First", strings.Replace(whole, `"RoleName":"First"`, `"RoleName":"First","Description":"x"`, 1),
			"You have modified resources [First] in your template that are not being imported. Update, create or delete operations cannot be executed during import operations."},
		{"no First", *importInput().TemplateBody,
			"You have modified resources [First] in your template that are not being imported. Update, create or delete operations cannot be executed during import operations."},
	} {
		in := importInput()
		in.TemplateBody = &test.body
		_, err := c.stack.CreateChangeSet(ctx, in)
		refused(t, err, 400, "ValidationError", test.message)
	}
	in := importInput()
	in.TemplateBody = &whole
	in.ResourcesToImport = append(in.ResourcesToImport, toImport("First", "First"))
	_, err := c.stack.CreateChangeSet(ctx, in)
	refused(t, err, 400, "ValidationError", "Resources [First] passed in ResourceToImport are already in a stack and cannot be imported.")

	in.ResourcesToImport = in.ResourcesToImport[:1]
	id := must(c.stack.CreateChangeSet(ctx, in))(t).Id
	w.clock.Advance(stackTime)
	must(c.stack.ExecuteChangeSet(ctx, &cloudformation.ExecuteChangeSetInput{ChangeSetName: id}))(t)
	w.clock.Advance(3 * stackTime)
	equal(t, "status", status(t, c, "readers"), "IMPORT_COMPLETE")
	equal(t, "roles", len(w.Stacks(aws.AccountGmail)[0].Roles), 2)
	in.ChangeSetName, in.ResourcesToImport = str("again"), []types.ResourceToImport{toImport("Reader", "Reader")}
	_, err = c.stack.CreateChangeSet(ctx, in)
	refused(t, err, 400, "ValidationError", "The template should contain at least one new resource to import.")

	must(c.stack.DeleteStack(ctx, &cloudformation.DeleteStackInput{StackName: str("readers")}))(t)
	w.clock.Advance(2 * stackTime)
	equal(t, "what the template retains is there, of no stack", w.role("Reader").Stack, "")
}

func TestTheNameOfAChangeSetIsTakenOnce(t *testing.T) {
	w, c := withReader(t)
	in := importInput()
	in.ClientToken = str("token-1")
	id := must(c.stack.CreateChangeSet(ctx, in))(t).Id
	for _, test := range []struct {
		name    string
		change  func(*cloudformation.CreateChangeSetInput)
		message string
	}{
		{"without a token", func(in *cloudformation.CreateChangeSetInput) { in.ClientToken = nil }, "ChangeSet [import] already exists"},
		{"with another token", func(in *cloudformation.CreateChangeSetInput) { in.ClientToken = str("token-2") }, "ChangeSet [import] already exists"},
		{"with the same token, for another template", func(in *cloudformation.CreateChangeSetInput) {
			in.TemplateBody = str(*in.TemplateBody + " ")
		}, "ChangeSet import cannot be created due to a mismatch with existing attribute Template"},
		{"with the same token, for another role", func(in *cloudformation.CreateChangeSetInput) {
			in.ResourcesToImport = []types.ResourceToImport{toImport("Reader", "Other")}
		}, "ChangeSet import cannot be created due to a mismatch with existing attribute ResourcesToImport"},
	} {
		t.Run(test.name, func(t *testing.T) {
			again := importInput()
			again.ClientToken = in.ClientToken
			test.change(again)
			_, err := c.stack.CreateChangeSet(ctx, again)
			refused(t, err, 400, "AlreadyExistsException", test.message)
			var known *types.AlreadyExistsException
			if !errors.As(err, &known) {
				t.Errorf("the SDK doesn't know the error: %v", err)
			}
		})
	}
	remove := func(name string) error {
		_, err := c.stack.DeleteChangeSet(ctx, &cloudformation.DeleteChangeSetInput{ChangeSetName: &name, StackName: str("readers")})
		return err
	}
	refused(t, remove("import"), 400, "InvalidChangeSetStatus", "")
	w.clock.Advance(stackTime)
	if err := errors.Join(remove("import"), remove("import")); err != nil {
		t.Error(err)
	}
	equal(t, "status of the stack", status(t, c, "readers"), "REVIEW_IN_PROGRESS")
	_, err := c.stack.DescribeChangeSet(ctx, &cloudformation.DescribeChangeSetInput{ChangeSetName: id})
	refused(t, err, 404, "ChangeSetNotFound", "ChangeSet ["+*id+"] does not exist")
	_, err = c.stack.DescribeChangeSet(ctx, &cloudformation.DescribeChangeSetInput{ChangeSetName: str("import")})
	refused(t, err, 400, "ValidationError", "")
	_, err = c.stack.ExecuteChangeSet(ctx, &cloudformation.ExecuteChangeSetInput{ChangeSetName: str("import"), StackName: str("readers")})
	refused(t, err, 404, "ChangeSetNotFound", "ChangeSet [import] does not exist")
	must(c.stack.CreateChangeSet(ctx, in))(t)
	must(c.stack.DeleteStack(ctx, &cloudformation.DeleteStackInput{StackName: str("readers")}))(t)
	w.clock.Advance(stackTime)
	equal(t, "stacks", len(w.Stacks(aws.AccountGmail)), 0)
	must(c.iam.GetRole(ctx, &iam.GetRoleInput{RoleName: str("Reader")}))(t)
}

func TestAChangeSetIsOutOfDateWhereTheStackChanges(t *testing.T) {
	w, c := withReader(t)
	first := `{"Resources":{"First":{"Type":"AWS::IAM::Role","Properties":{"RoleName":"First","AssumeRolePolicyDocument":` + ownTrust + `}}}}`
	w.makeStack(c, first)
	in := importInput()
	in.TemplateBody = str(strings.Replace(*in.TemplateBody, `"Reader":{`, strings.TrimSuffix(strings.TrimPrefix(first, `{"Resources":{`), "}}")+`,"Reader":{`, 1))
	id := must(c.stack.CreateChangeSet(ctx, in))(t).Id
	w.clock.Advance(stackTime)
	w.updateStack(c, strings.Replace(first, `"RoleName":"First"`, `"RoleName":"First","Description":"x"`, 1))
	_, err := c.stack.ExecuteChangeSet(ctx, &cloudformation.ExecuteChangeSetInput{ChangeSetName: id})
	refused(t, err, 400, "InvalidChangeSetStatus", "ChangeSet ["+*id+"] cannot be executed in its current execution status of [OBSOLETE]")
}
