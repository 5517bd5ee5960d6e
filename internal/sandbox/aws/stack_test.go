package aws_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"
	"github.com/aws/aws-sdk-go-v2/service/iam"

	"github.com/oktaws/oktaws/internal/sandbox/aws"
)

const rolesTemplate = `
AWSTemplateFormatVersion: 2010-09-09
Description: Roles for Okta
Parameters:
  ProviderArn:
    Type: String
    AllowedPattern: arn:aws[a-z-]*:iam::[0-9]{12}:saml-provider/.+
    ConstraintDescription: must be a SAML provider's ARN
  Duration: {Type: Number, Default: 3600, MinValue: 3600, MaxValue: 43200}
  Offer: {Type: String, Default: "no", AllowedValues: ["yes", "no"]}
Mappings:
  SignIn:
    aws: {Audience: https://signin.aws.amazon.com/saml}
    aws-cn: {Audience: https://signin.amazonaws.cn/saml}
Conditions:
  WithSupport: !Equals [!Ref Offer, "yes"]
Resources:
  Administrator:
    Type: AWS::IAM::Role
    Properties:
      RoleName: Administrator
      MaxSessionDuration: !Ref Duration
      Description: !Sub "Made by ${AWS::StackName} in ${AWS::AccountId}, not ${!this}"
      AssumeRolePolicyDocument: &trust
        Version: 2012-10-17
        Statement:
          - Effect: Allow
            Principal: {Federated: !Ref ProviderArn}
            Action: sts:AssumeRoleWithSAML
            Condition: {StringEquals: {"SAML:aud": !FindInMap [SignIn, !Ref "AWS::Partition", Audience]}}
      ManagedPolicyArns: [!Sub "arn:${AWS::Partition}:iam::aws:policy/AdministratorAccess"]
  ReadOnlyAccess:
    Type: AWS::IAM::Role
    Properties:
      RoleName: ReadOnlyAccess
      AssumeRolePolicyDocument: *trust
      ManagedPolicyArns:
        - Fn::Join: ["", ["arn:", {Ref: "AWS::Partition"}, ":iam::aws:policy/ReadOnlyAccess"]]
      Policies:
        - PolicyName: extra
          PolicyDocument: {Version: 2012-10-17, Statement: {Effect: Allow, Action: "s3:GetObject", Resource: "*"}}
  Support:
    Type: AWS::IAM::Role
    Condition: WithSupport
    DependsOn: ReadOnlyAccess
    Properties:
      RoleName: Support
      AssumeRolePolicyDocument: *trust
      Tags: [{Key: reader, Value: !GetAtt ReadOnlyAccess.Arn}]
Outputs:
  Roles:
    Description: All of them
    Value: !Join [",", [!Ref Administrator, !GetAtt ReadOnlyAccess.Arn, !If [WithSupport, !Ref Support, !Ref "AWS::NoValue"]]]
`

// template is rolesTemplate with its aliases written out, which CloudFormation does not take.
var template = func() string {
	_, rest, _ := strings.Cut(rolesTemplate, "&trust\n")
	trust, _, _ := strings.Cut(rest, "      ManagedPolicyArns")
	return strings.ReplaceAll(strings.Replace(rolesTemplate, " &trust", "", 1), "*trust", "\n"+strings.TrimRight(trust, "\n"))
}()

func param(key, value string) types.Parameter {
	return types.Parameter{ParameterKey: &key, ParameterValue: &value}
}

func createInput() *cloudformation.CreateStackInput {
	return &cloudformation.CreateStackInput{
		StackName: str("oktaws-roles"), TemplateBody: &template, Parameters: []types.Parameter{param("ProviderArn", providerARN)},
		Capabilities: []types.Capability{types.CapabilityCapabilityNamedIam}, OnFailure: types.OnFailureRollback, ClientRequestToken: str("request-1"),
		Tags: []types.Tag{{Key: str("managed-by"), Value: str("oktaws")}},
	}
}

// gmail is the world with the provider Okta in the account.
func gmail(t *testing.T) (*world, clients) {
	t.Helper()
	w := newWorld(t)
	if err := w.MakeProvider(aws.AccountGmail, "Okta", "", nil); err != nil {
		t.Fatal(err)
	}
	return w, w.in(aws.AccountGmail)
}

func status(t *testing.T, c clients, name string) types.StackStatus {
	t.Helper()
	return must(c.stack.DescribeStacks(ctx, &cloudformation.DescribeStacksInput{StackName: &name}))(t).Stacks[0].StackStatus
}

// events are the stack's, oldest first, as "Logical STATUS".
func events(t *testing.T, c clients, name string) (lines []string, all []types.StackEvent) {
	t.Helper()
	for p := cloudformation.NewDescribeStackEventsPaginator(c.stack, &cloudformation.DescribeStackEventsInput{StackName: &name}); p.HasMorePages(); {
		all = append(all, must(p.NextPage(ctx))(t).StackEvents...)
	}
	slices.Reverse(all)
	for _, e := range all {
		lines = append(lines, *e.LogicalResourceId+" "+string(e.ResourceStatus))
	}
	return lines, all
}

func same(t *testing.T, what string, got, want []string) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("%s:\n  %s\nwant\n  %s", what, strings.Join(got, "\n  "), strings.Join(want, "\n  "))
	}
}

func names(roles []aws.Role) (out []string) {
	for _, r := range roles {
		out = append(out, r.Name)
	}
	return out
}

func TestAStackMakesItsRoles(t *testing.T) {
	w, c := gmail(t)
	in := createInput()
	in.Capabilities = nil
	_, err := c.stack.CreateStack(ctx, in)
	refused(t, err, 400, "InsufficientCapabilitiesException", "Requires capabilities : [CAPABILITY_NAMED_IAM]")

	id := *must(c.stack.CreateStack(ctx, createInput()))(t).StackId
	equal(t, "status", status(t, c, "oktaws-roles"), "CREATE_IN_PROGRESS")
	equal(t, "the same token gives the same stack", *must(c.stack.CreateStack(ctx, createInput()))(t).StackId, id)
	in = createInput()
	in.ClientRequestToken = str("request-2")
	_, err = c.stack.CreateStack(ctx, in)
	refused(t, err, 400, "AlreadyExistsException", "Stack [oktaws-roles] already exists")
	_, err = c.stack.UpdateStack(ctx, &cloudformation.UpdateStackInput{StackName: &id, UsePreviousTemplate: new(true)})
	refused(t, err, 400, "ValidationError", "Stack:"+id+" is in CREATE_IN_PROGRESS state and can not be updated.")

	w.clock.Advance(stackTime / 2)
	same(t, "roles halfway", names(w.Roles(aws.AccountGmail)), []string{"Administrator", aws.AccessRole, "ReadOnlyAccess"})
	equal(t, "status halfway", status(t, c, id), "CREATE_IN_PROGRESS")
	w.clock.Advance(stackTime / 2)
	st := must(c.stack.DescribeStacks(ctx, &cloudformation.DescribeStacksInput{StackName: &id}))(t).Stacks[0]
	equal(t, "status", st.StackStatus, "CREATE_COMPLETE")
	equal(t, "output", *st.Outputs[0].OutputValue, "Administrator,"+roleARN(aws.AccountGmail, "ReadOnlyAccess"))
	lines, all := events(t, c, id)
	var read []string
	for _, e := range slices.Backward(w.StackEvents(aws.AccountGmail, id)) {
		read = append(read, e.Resource+" "+e.Status)
	}
	same(t, "events as the pages read them", read, lines)
	same(t, "events", lines, []string{
		"oktaws-roles CREATE_IN_PROGRESS", "Administrator CREATE_IN_PROGRESS", "ReadOnlyAccess CREATE_IN_PROGRESS",
		"Administrator CREATE_IN_PROGRESS", "ReadOnlyAccess CREATE_IN_PROGRESS", "Administrator CREATE_COMPLETE", "ReadOnlyAccess CREATE_COMPLETE",
		"oktaws-roles CREATE_COMPLETE",
	})
	for _, e := range all {
		equal(t, "token of the event", *e.ClientRequestToken, "request-1")
	}
	role := w.Roles(aws.AccountGmail)[0]
	equal(t, "stack of the role", role.Stack, "oktaws-roles")
	equal(t, "trust", role.Trust, `{"Statement":[{"Action":"sts:AssumeRoleWithSAML","Condition":{"StringEquals":{"SAML:aud":"https://signin.aws.amazon.com/saml"}},"Effect":"Allow","Principal":{"Federated":"`+providerARN+`"}}],"Version":"2012-10-17"}`)
	equal(t, "tag of the stack", role.Tags["managed-by"], "oktaws")
	equal(t, "policies", strings.Join(role.Policies, ","), "arn:aws:iam::aws:policy/AdministratorAccess")
	got := must(c.iam.GetRole(ctx, &iam.GetRoleInput{RoleName: str("Administrator")}))(t)
	equal(t, "description", *got.Role.Description, "Made by oktaws-roles in 111122223333, not ${this}")

	resources := must(c.stack.DescribeStackResources(ctx, &cloudformation.DescribeStackResourcesInput{StackName: &id}))(t).StackResources
	equal(t, "resources", len(resources), 2)
	equal(t, "physical ID", *resources[0].PhysicalResourceId, "Administrator")
	equal(t, "resources listed", len(must(c.stack.ListStackResources(ctx, &cloudformation.ListStackResourcesInput{StackName: &id}))(t).StackResourceSummaries), 2)
	equal(t, "template", *must(c.stack.GetTemplate(ctx, &cloudformation.GetTemplateInput{StackName: &id}))(t).TemplateBody, template)
	equal(t, "the reader's roles", w.Stacks(aws.AccountGmail)[0].Roles["ReadOnlyAccess"], "ReadOnlyAccess")

	elsewhere := func(o *cloudformation.Options) { o.Region = "us-west-2" }
	_, err = c.stack.DescribeStacks(ctx, &cloudformation.DescribeStacksInput{StackName: str("oktaws-roles")}, elsewhere)
	refused(t, err, 400, "ValidationError", "Stack with id oktaws-roles does not exist")
}

func TestAStackIsUpdatedAndDeleted(t *testing.T) {
	w, c := gmail(t)
	id := *must(c.stack.CreateStack(ctx, createInput()))(t).StackId
	w.clock.Advance(stackTime)
	update := func(token string, parameters ...types.Parameter) error {
		_, err := c.stack.UpdateStack(ctx, &cloudformation.UpdateStackInput{
			StackName: str("oktaws-roles"), TemplateBody: &template, Parameters: append(parameters, types.Parameter{ParameterKey: str("ProviderArn"), UsePreviousValue: new(true)}),
			Capabilities: []types.Capability{types.CapabilityCapabilityNamedIam}, ClientRequestToken: &token,
		})
		return err
	}
	refused(t, update("update-1"), 400, "ValidationError", "No updates are to be performed.")
	refused(t, update("request-1", param("Offer", "yes")), 400, "TokenAlreadyExistsException", "")
	refused(t, update("update-1", param("Offer", "maybe")), 400, "ValidationError", "Parameter 'Offer' must be one of AllowedValues")
	if err := update("update-1", param("Offer", "yes"), param("Duration", "7200")); err != nil {
		t.Fatal(err)
	}
	if err := update("update-1", param("Offer", "yes")); err != nil {
		t.Errorf("the same token again: %v", err)
	}
	equal(t, "status", status(t, c, id), "UPDATE_IN_PROGRESS")
	_, err := c.stack.DeleteStack(ctx, &cloudformation.DeleteStackInput{StackName: &id})
	refused(t, err, 400, "ValidationError", "Stack [oktaws-roles] cannot be deleted while in status UPDATE_IN_PROGRESS")
	w.clock.Advance(2 * stackTime) // Support waits for nothing but an existing role
	equal(t, "status", status(t, c, id), "UPDATE_COMPLETE")
	same(t, "roles", names(w.Roles(aws.AccountGmail)), []string{"Administrator", aws.AccessRole, "ReadOnlyAccess", "Support"})
	equal(t, "duration", w.Roles(aws.AccountGmail)[0].MaxSession.Hours(), 2)
	equal(t, "tag by GetAtt", w.Roles(aws.AccountGmail)[3].Tags["reader"], roleARN(aws.AccountGmail, "ReadOnlyAccess"))

	if err := update("update-2", param("Offer", "no"), param("Duration", "7200")); err != nil {
		t.Fatal(err)
	}
	w.clock.Advance(2 * stackTime)
	same(t, "roles", names(w.Roles(aws.AccountGmail)), []string{"Administrator", aws.AccessRole, "ReadOnlyAccess"})
	lines, _ := events(t, c, id)
	same(t, "last events", lines[len(lines)-5:], []string{
		"oktaws-roles UPDATE_IN_PROGRESS", "oktaws-roles UPDATE_COMPLETE_CLEANUP_IN_PROGRESS", "Support DELETE_IN_PROGRESS", "Support DELETE_COMPLETE", "oktaws-roles UPDATE_COMPLETE",
	})

	t.Run("an update that fails goes back", func(t *testing.T) {
		if err := w.MakeRole(aws.AccountGmail, "Support", ""); err != nil {
			t.Fatal(err)
		}
		if err := update("update-3", param("Offer", "yes"), param("Duration", "3600")); err != nil {
			t.Fatal(err)
		}
		w.clock.Advance(4 * stackTime)
		equal(t, "status", status(t, c, id), "UPDATE_ROLLBACK_COMPLETE")
		equal(t, "duration", w.Roles(aws.AccountGmail)[0].MaxSession.Hours(), 2)
		equal(t, "stack of the role made by hand", w.Roles(aws.AccountGmail)[3].Stack, "")
	})

	t.Run("a policy attached by hand stops a deletion", func(t *testing.T) {
		extra := str("arn:aws:iam::aws:policy/SecurityAudit")
		must(c.iam.AttachRolePolicy(ctx, &iam.AttachRolePolicyInput{RoleName: str("ReadOnlyAccess"), PolicyArn: extra}))(t)
		must(c.stack.DeleteStack(ctx, &cloudformation.DeleteStackInput{StackName: &id}))(t)
		w.clock.Advance(2 * stackTime)
		equal(t, "status", status(t, c, id), "DELETE_FAILED")
		must(c.iam.DetachRolePolicy(ctx, &iam.DetachRolePolicyInput{RoleName: str("ReadOnlyAccess"), PolicyArn: extra}))(t)
		must(c.stack.DeleteStack(ctx, &cloudformation.DeleteStackInput{StackName: &id}))(t)
		w.clock.Advance(2 * stackTime)
		equal(t, "status by ID", status(t, c, id), "DELETE_COMPLETE")
		_, err := c.stack.DescribeStacks(ctx, &cloudformation.DescribeStacksInput{StackName: str("oktaws-roles")})
		refused(t, err, 400, "ValidationError", "Stack with id oktaws-roles does not exist")
		same(t, "roles", names(w.Roles(aws.AccountGmail)), []string{aws.AccessRole, "Support"})
		must(c.stack.DeleteStack(ctx, &cloudformation.DeleteStackInput{StackName: str("oktaws-roles")}))(t)
		equal(t, "stacks seen", len(w.Stacks(aws.AccountGmail)), 0)
	})
}

func TestAStackThatFailsRollsBack(t *testing.T) {
	for _, test := range []struct {
		name    string
		prepare func(*testing.T, *world, clients)
		account string
		failed  string
		reason  string
	}{
		{"a role made by hand", func(*testing.T, *world, clients) {}, aws.AccountTakenRole, "Administrator", "Role with name Administrator already exists."},
		{"no provider", func(*testing.T, *world, clients) {}, aws.AccountAnalytics, "Administrator", "Invalid principal in policy: "},
		{"a provider made a moment ago", func(t *testing.T, w *world, c clients) {
			good := w.metadata()
			must(c.iam.CreateSAMLProvider(ctx, &iam.CreateSAMLProviderInput{Name: str("New"), SAMLMetadataDocument: &good}))(t)
		}, aws.AccountBilling, "Administrator", "Invalid principal in policy: "},
		{"no permission", func(t *testing.T, w *world, c clients) {
			if err := w.Deny(aws.AccountStaging, "iam:CreateRole"); err != nil {
				t.Fatal(err)
			}
		}, aws.AccountStaging, "Administrator", "with an explicit deny in a service control policy"},
	} {
		t.Run(test.name, func(t *testing.T) {
			w := newWorld(t)
			if test.account != aws.AccountAnalytics && test.account != aws.AccountBilling {
				if err := w.MakeProvider(test.account, "New", "", nil); err != nil {
					t.Fatal(err)
				}
			}
			c := w.in(test.account)
			test.prepare(t, w, c)
			before := len(w.Roles(test.account))
			in := createInput()
			in.Parameters = []types.Parameter{param("ProviderArn", "arn:aws:iam::"+test.account+":saml-provider/New")}
			id := *must(c.stack.CreateStack(ctx, in))(t).StackId
			w.clock.Advance(3 * stackTime)
			st := must(c.stack.DescribeStacks(ctx, &cloudformation.DescribeStacksInput{StackName: &id}))(t).Stacks[0]
			equal(t, "status", st.StackStatus, "ROLLBACK_COMPLETE")
			_, all := events(t, c, id)
			i := slices.IndexFunc(all, func(e types.StackEvent) bool { return e.ResourceStatus == types.ResourceStatusCreateFailed })
			equal(t, "what failed", *all[i].LogicalResourceId, test.failed)
			if !strings.Contains(*all[i].ResourceStatusReason, test.reason) {
				t.Errorf("reason is %s, want %s in it", *all[i].ResourceStatusReason, test.reason)
			}
			equal(t, "the other's reason", *all[i+1].ResourceStatusReason, "Resource creation cancelled")
			equal(t, "the stack's reason", *all[i+2].ResourceStatusReason, "The following resource(s) failed to create: [Administrator, ReadOnlyAccess]. Rollback requested by user.")
			equal(t, "roles", len(w.Roles(test.account)), before)

			_, err := c.stack.UpdateStack(ctx, &cloudformation.UpdateStackInput{StackName: &id, UsePreviousTemplate: new(true)})
			refused(t, err, 400, "ValidationError", "Stack:"+id+" is in ROLLBACK_COMPLETE state and can not be updated.")
			must(c.stack.DeleteStack(ctx, &cloudformation.DeleteStackInput{StackName: &id}))(t)
			equal(t, "status", status(t, c, id), "DELETE_COMPLETE")
		})
	}
}

func TestWhatHappensOnFailureIsTheCallersChoice(t *testing.T) {
	for _, test := range []struct {
		on     types.OnFailure
		status types.StackStatus
		left   int
	}{
		{types.OnFailureDelete, types.StackStatusDeleteComplete, 2},
		{types.OnFailureDoNothing, types.StackStatusCreateFailed, 3},
	} {
		w, c := gmail(t)
		if err := w.MakeRole(aws.AccountGmail, "ReadOnlyAccess", ""); err != nil {
			t.Fatal(err)
		}
		in := createInput()
		in.OnFailure = test.on
		id := *must(c.stack.CreateStack(ctx, in))(t).StackId
		w.clock.Advance(3 * stackTime)
		equal(t, "status", status(t, c, id), test.status)
		equal(t, "roles", len(w.Roles(aws.AccountGmail)), test.left)
	}
}

func TestTemplatesAreReadStrictly(t *testing.T) {
	_, c := gmail(t)
	resource := "Resources: {R: {Type: 'AWS::IAM::Role', Properties: {AssumeRolePolicyDocument: {}}}}\n"
	for _, test := range []struct{ name, body, message string }{
		{"aliases", rolesTemplate, "Template format error: YAML aliases are not allowed in CloudFormation templates"},
		{"no resources", "Description: nothing", "Template format error: At least one Resources member must be defined."},
		{"another resource", "Resources: {B: {Type: 'AWS::S3::Bucket'}}", "Template format error: Unrecognized resource types: [AWS::S3::Bucket]"},
		{"an unknown section", resource + "Transform: AWS::Serverless-2016-10-31", "Invalid template property or properties [Transform]"},
		{"a reference to nothing", strings.Replace(resource, "{}", "!Ref Nothing", 1), "Template format error: Unresolved resource dependencies [Nothing] in the Resources block of the template"},
		{"a circle", "Resources: {A: {Type: 'AWS::IAM::Role', DependsOn: B}, B: {Type: 'AWS::IAM::Role', DependsOn: A}}", "Circular dependency between resources: [A, B]"},
		{"a name used twice", "Parameters: {R: {Type: String}}\n" + resource, "Template format error: Logical IDs must be unique within the template: [R]"},
		{"an unknown version", "AWSTemplateFormatVersion: 2020-01-01\n" + resource, "Template format error: Template format version 2020-01-01 is not supported."},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, err := c.stack.ValidateTemplate(ctx, &cloudformation.ValidateTemplateInput{TemplateBody: &test.body})
			refused(t, err, 400, "ValidationError", test.message)
		})
	}
	out := must(c.stack.ValidateTemplate(ctx, &cloudformation.ValidateTemplateInput{TemplateBody: &template}))(t)
	equal(t, "capability", out.Capabilities[0], types.CapabilityCapabilityNamedIam)
	equal(t, "parameters", len(out.Parameters), 3)
	for _, test := range []struct {
		name       string
		parameters []types.Parameter
		message    string
	}{
		{"none", nil, "Parameters: [ProviderArn] must have values"},
		{"one too many", []types.Parameter{param("ProviderArn", providerARN), param("Foo", "x")}, "Parameters: [Foo] do not exist in the template"},
		{"a wrong one", []types.Parameter{param("ProviderArn", "Okta")}, "Parameter 'ProviderArn' failed to satisfy constraint: must be a SAML provider's ARN"},
		{"no number", []types.Parameter{param("ProviderArn", providerARN), param("Duration", "1h")}, "Parameter 'Duration' must be a number."},
		{"too small", []types.Parameter{param("ProviderArn", providerARN), param("Duration", "60")}, "Parameter 'Duration' must be a number not less than 3600"},
	} {
		t.Run(test.name, func(t *testing.T) {
			in := createInput()
			in.Parameters = test.parameters
			_, err := c.stack.CreateStack(ctx, in)
			refused(t, err, 400, "ValidationError", test.message)
		})
	}
}

func TestAnUnknownPropertyFailsTheResource(t *testing.T) {
	w, c := gmail(t)
	in := createInput()
	body := strings.Replace(template, "RoleName: Administrator", "RoleName: Administrator\n      Colour: red", 1)
	in.TemplateBody = &body
	id := *must(c.stack.CreateStack(ctx, in))(t).StackId
	w.clock.Advance(3 * stackTime)
	_, all := events(t, c, id)
	i := slices.IndexFunc(all, func(e types.StackEvent) bool { return e.ResourceStatus == types.ResourceStatusCreateFailed })
	equal(t, "reason", *all[i].ResourceStatusReason, "Properties validation failed for resource Administrator with message: [#: extraneous key [Colour] is not permitted]")
}

func TestARoleWithoutANameGetsOne(t *testing.T) {
	w, c := gmail(t)
	body := strings.Replace(template, "RoleName: Support", "Path: /support/", 1)
	body = strings.ReplaceAll(strings.ReplaceAll(body, "      RoleName: Administrator\n", ""), "      RoleName: ReadOnlyAccess\n", "")
	in := createInput()
	in.TemplateBody, in.Capabilities = &body, []types.Capability{types.CapabilityCapabilityIam}
	in.Parameters = append(in.Parameters, param("Offer", "yes"))
	id := *must(c.stack.CreateStack(ctx, in))(t).StackId
	w.clock.Advance(2 * stackTime)
	equal(t, "status", status(t, c, id), "CREATE_COMPLETE")
	for _, logical := range []string{"Administrator", "ReadOnlyAccess", "Support"} {
		name := w.Stacks(aws.AccountGmail)[0].Roles[logical]
		if !strings.HasPrefix(name, "oktaws-roles-"+logical+"-") {
			t.Errorf("the role of %s is %q", logical, name)
		}
	}
	policies := must(c.iam.ListRolePolicies(ctx, &iam.ListRolePoliciesInput{RoleName: str(w.Stacks(aws.AccountGmail)[0].Roles["ReadOnlyAccess"])}))(t)
	equal(t, "inline policy", policies.PolicyNames[0], "extra")

	_, err := c.stack.UpdateStack(ctx, &cloudformation.UpdateStackInput{
		StackName: &id, UsePreviousTemplate: new(true), Parameters: []types.Parameter{param("ProviderArn", providerARN), param("Offer", "yes")},
		Capabilities: in.Capabilities, Tags: []types.Tag{{Key: str("team"), Value: str("x")}},
	})
	if err != nil {
		t.Fatal(err)
	}
	w.clock.Advance(4 * stackTime)
	equal(t, "status", status(t, c, id), "UPDATE_COMPLETE")
	for _, r := range w.Roles(aws.AccountGmail) {
		if r.Stack != "" && (r.Tags["team"] != "x" || r.Tags["managed-by"] != "") {
			t.Errorf("role %s has the tags %v, want the stack's new ones", r.Name, r.Tags)
		}
	}
}

func TestADeletionCancelsTheCreation(t *testing.T) {
	w, c := gmail(t)
	id := *must(c.stack.CreateStack(ctx, createInput()))(t).StackId
	w.clock.Advance(stackTime / 2)
	must(c.stack.DeleteStack(ctx, &cloudformation.DeleteStackInput{StackName: &id, ClientRequestToken: str("delete-1")}))(t)
	if err := w.Wait(ctx, func() bool { w.clock.Advance(stackTime / 2); return len(w.Stacks(aws.AccountGmail)) == 0 }); err != nil {
		t.Fatal(err)
	}
	same(t, "roles", names(w.Roles(aws.AccountGmail)), []string{aws.AccessRole})
	_, err := c.stack.CreateStack(ctx, func() *cloudformation.CreateStackInput {
		in := createInput()
		in.ClientRequestToken = str("delete-1")
		return in
	}())
	refused(t, err, 400, "TokenAlreadyExistsException", "")
	var used *types.TokenAlreadyExistsException
	if !errors.As(err, &used) {
		t.Errorf("the SDK doesn't know the error: %v", err)
	}
}
