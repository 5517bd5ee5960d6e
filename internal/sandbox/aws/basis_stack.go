package aws

import "github.com/oktaws/oktaws/internal/sandbox/wire"

// stackDocs is what CloudFormation's reference says of an operation.
func stackDocs(operation, says string) wire.Claim {
	return wire.InDocuments(stackAPI+operation+".html", says)
}

// ministack is another stand-in, whose tests say what its authors have measured with AWS itself.
const ministack = "https://github.com/ministackorg/ministack"

const statusGuide = stackGuide + "view-stack-events.html"

var stackBases = []wire.Basis{
	{Operation: "CreateStack", Does: "makes a stack out of a template", Claims: []wire.Claim{
		stackDocs("CreateStack", "Parameters, capabilities, OnFailure, and a client request token, with which the same call does the same once."),
		wire.InDocuments(stackGuide+"template-anatomy.html", "The sections of a template; 51,200 bytes."),
		wire.InDocuments(stackGuide+"intrinsic-function-reference.html", "Its functions and conditions."),
		wire.InDocuments(statusGuide, "The statuses on the way, and ROLLBACK_COMPLETE where it fails."),
		wire.Guessed("aws/template.go", "The words of templates that are refused; what is refused is so before anything is made."),
		wire.Guessed("aws/stack.go", "Each resource takes the same time, half of it before it exists: a setting."),
	}},
	{Operation: "UpdateStack", Does: "changes a stack to another template or other parameters", Claims: []wire.Claim{
		stackDocs("UpdateStack", "UsePreviousTemplate, UsePreviousValue, tags."),
		wire.ByOthers("https://github.com/aws/aws-cli/issues/3249", "A ValidationError “No updates are to be performed.” where nothing would change."),
		wire.ByOthers("https://github.com/bitovi/bitops/issues/128", "A ValidationError from a status that cannot be updated, such as ROLLBACK_COMPLETE, in these words."),
		wire.ByOthers("https://github.com/SWO-GS/auto-tag/issues/98", "“Stack [name] does not exist”."),
		wire.InDocuments(statusGuide, "The statuses on the way, and back where it fails."),
		wire.InDocuments(stackGuide+"using-cfn-updating-stacks-update-behaviors.html", "What needs another resource gets it before the first one goes, at the end."),
		wire.ByOthers("https://github.com/convox/rack/issues/2941", "A name that stays cannot be that of another resource: UPDATE_FAILED, “… when a custom-named resource requires replacing”."),
		wire.Guessed("aws/stack.go", "The words of the event where one resource takes another's place."),
	}},
	{Operation: "DeleteStack", Does: "deletes a stack and what it made", Claims: []wire.Claim{
		stackDocs("DeleteStack", "One that is not there is no error."),
		wire.InDocuments(statusGuide, "DELETE_FAILED where a resource cannot go."),
		wire.Guessed("aws/cloudformation.go", "A stack that is being changed cannot be deleted; one that is being made can."),
	}},
	{Operation: "DescribeStacks", Does: "shows one stack, or all that are not deleted", Claims: []wire.Claim{
		stackDocs("DescribeStacks", "A deleted one is found by its ID alone."),
		wire.ByOthers("https://github.com/boto/boto3/issues/2807", "A ValidationError “Stack with id … does not exist”."),
	}},
	{Operation: "DescribeStackEvents", Does: "lists a stack's events, the newest first", Claims: []wire.Claim{
		stackDocs("DescribeStackEvents", "Their fields, the client request token among them."),
		wire.ByOthers("https://github.com/aws/serverless-application-model/issues/1873", "“Resource creation Initiated”, and “Resource creation cancelled” of those beside the one that failed."),
	}},
	{Operation: "DescribeStackResources", Does: "shows a stack's resources", Claims: []wire.Claim{stackDocs("DescribeStackResources", "By stack, and by logical ID.")}},
	{Operation: "ListStackResources", Does: "lists a stack's resources", Claims: []wire.Claim{stackDocs("ListStackResources", "In pages.")}},
	{Operation: "GetTemplate", Does: "gives a stack's template back", Claims: []wire.Claim{stackDocs("GetTemplate", "As it was sent.")}},
	{Operation: "ValidateTemplate", Does: "checks a template", Claims: []wire.Claim{
		stackDocs("ValidateTemplate", "Its parameters, and the capabilities that it needs."),
		wire.Guessed("aws/template.go", "It refuses all that a create would; AWS refuses less here, and the rest only when the stack is made."),
	}},
	{Operation: "CreateChangeSet", Does: "prepares that a stack takes in roles that are there already", Claims: []wire.Claim{
		stackDocs("CreateChangeSet", "IMPORT, into a new stack too, which is then REVIEW_IN_PROGRESS. A name once in a stack; a client token."),
		wire.InDocuments(stackGuide+"import-resources.html", "A DeletionPolicy for each resource. Whether a role is what the template says is not looked at."),
		wire.ByOthers(ministack, "What is refused, in which words and order, and what makes the change set FAILED, as measured with AWS."),
		wire.ByOthers("https://github.com/awslabs/aws-security-assessment-solution/issues/6", "Outputs cannot come with an import; nor can tags."),
		wire.ByOthers("https://github.com/aws-quickstart/quickstart-awx/issues/38", "The words where a DeletionPolicy is missing."),
		wire.ByOthers("https://github.com/saksdirect/nova/issues/10", "Another change set of the same name is AlreadyExistsException, “… due to a mismatch with existing attribute Template”."),
		wire.Guessed("aws/changeset.go", "The other words where there is a change set of the name."),
		wire.Guessed("aws/import.go", "The words where the template names another role than the one to import."),
	}},
	{Operation: "DescribeChangeSet", Does: "shows a change set and what it would do", Claims: []wire.Claim{
		stackDocs("DescribeChangeSet", "By name and stack, or by ARN; status and execution status."),
		wire.ByOthers("https://github.com/aws/serverless-application-model/issues/52", "“ChangeSet [name] does not exist”, ChangeSetNotFound, 404."),
		wire.ByOthers("https://github.com/aws-cloudformation/rain/pull/646", "The reason of an import that can be executed asks to verify it."),
	}},
	{Operation: "ExecuteChangeSet", Does: "has the stack take the roles in", Claims: []wire.Claim{
		stackDocs("ExecuteChangeSet", "All other change sets of the stack go."),
		wire.InDocuments(statusGuide, "IMPORT_IN_PROGRESS, IMPORT_COMPLETE, IMPORT_ROLLBACK_COMPLETE."),
		wire.ByOthers("https://github.com/aws/amazon-chime-sdk-js/issues/1089", "InvalidChangeSetStatus, “… cannot be executed in its current execution status of [OBSOLETE]”."),
		wire.ByOthers("https://github.com/aws/aws-cdk/pull/17666", "An import takes resources in as they are; the template should say what is real."),
		wire.Guessed("aws/import.go", "A role gets no tags by it."),
	}},
	{Operation: "DeleteChangeSet", Does: "takes a change set away", Claims: []wire.Claim{
		stackDocs("DeleteChangeSet", "Not while it is being made or executed."),
		wire.ByOthers(ministack, "A new stack stays REVIEW_IN_PROGRESS until somebody deletes it."),
		wire.Guessed("aws/changesetview.go", "One that is not there is no error."),
	}},
	{Operation: "DetectStackDrift", Does: "begins to look whether a stack's roles are what its template says", Claims: []wire.Claim{
		stackDocs("DetectStackDrift", "Those properties alone are looked at that the template has. For some resources, where it is asked for some."),
		stackDocs("StackResourceDrift", "IN_SYNC, MODIFIED with each difference, DELETED, UNKNOWN."),
		wire.InDocuments(stackGuide+"detect-drift-stack.html", "One detection at a time for a stack."),
		wire.ByOthers("https://alchemy.run/providers/aws/cloudformation/detectstackdrift", "It needs DetectStackResourceDrift too, and reads the roles with the caller's permissions."),
		wire.Guessed("aws/drift.go", "The states of a stack in which drift is looked for."),
		wire.Guessed("aws/drift.go", "The words where it is not."),
		wire.Guessed("aws/drift.go", "After an update the stack is NOT_CHECKED again."),
		wire.Guessed("aws/drift.go", "A stack that somebody begins to change meanwhile makes the detection fail."),
		wire.Guessed("aws/driftrole.go", "The permissions that reading a role takes: GetRole, and those to list and get its policies."),
	}},
	{Operation: "DescribeStackDriftDetectionStatus", Does: "says how far a look for drift is", Claims: []wire.Claim{
		stackDocs("DescribeStackDriftDetectionStatus", "The number of resources that drifted comes with the end."),
		wire.ByOthers("https://alchemy.run/providers/aws/cloudformation/describestackdriftdetectionstatus", "The permission is asked for on everything."),
	}},
	{Operation: "DescribeStackResourceDrifts", Does: "shows what was found of each resource", Claims: []wire.Claim{
		stackDocs("DescribeStackResourceDrifts", "Those alone that were looked at; by status; in pages."),
		stackDocs("PropertyDifference", "ADD and REMOVE in lists, NOT_EQUAL."),
	}},
	{Operation: roleType, Aside: true, Does: "is a role that a stack makes, changes and takes away", Claims: []wire.Claim{
		wire.InDocuments("https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-iam-role.html", "Its properties, what Ref and GetAtt give, and which changes need another role."),
		wire.InDocuments("https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-attribute-deletionpolicy.html", "DeletionPolicy: Retain keeps it, RetainExceptOnCreate but where its making is taken back."),
		wire.InDocuments("https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-attribute-updatereplacepolicy.html", "UpdateReplacePolicy: whether one that is replaced stays."),
		wire.InDocuments(stackGuide+"aws-properties-resource-tags.html", "CloudFormation tags what it makes."),
		wire.ByOthers("https://github.com/awslabs/stable-diffusion-aws-extension/issues/233", "A refusal of IAM's stands in the event as “Resource handler returned message: …”, with a HandlerErrorCode."),
		wire.Guessed("aws/stackrole.go", "A policy that somebody attached by hand makes the deletion fail, rather than going with the role."),
		wire.Guessed("aws/stackrole.go", "Any property that is not known here is refused, and no other type of resource is there."),
	}},
}
