package aws

import (
	"strings"
	"time"

	"github.com/aws/smithy-go"

	"github.com/oktaws/oktaws/store"
)

// quotas are what runs out, by the operation that says so, with AWS's defaults
// (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html).
var quotas = map[string]meaning{
	"CreateUser":         {reason: "the account has as many IAM users as it may (5,000)", remedy: "Delete users that aren't needed."},
	"PutUserPolicy":      {reason: "the user's inline policies are longer than IAM takes (2,048 characters in all)", remedy: "Remove inline policies of that user that oktaws didn't make."},
	"CreateSAMLProvider": {reason: "the account has as many SAML identity providers as it may (100)", remedy: "Delete identity providers that aren't needed, or have the quota raised."},
	"TagSAMLProvider":    {reason: "the identity provider has as many tags as it may (50)", remedy: "Remove tags of it that nobody needs."},
	"TagUser":            {reason: "the user has as many tags as it may (50)", remedy: "Remove tags of it that nobody needs."},
	"CreateRole":         {reason: "the account has as many IAM roles as it may (1,000), or the trust policy is longer than IAM takes (2,048 characters)", remedy: "Delete roles that aren't needed, or have the quota raised."},
	"AttachRolePolicy":   {reason: "the role has as many managed policies as it may (10)", remedy: "Give the role fewer policies (role_sets in the configuration), or have the quota raised."},
	"PutRolePolicy":      {reason: "the role's inline policies are longer than IAM takes (10,240 characters in all)", remedy: "Shorten them (role_sets in the configuration)."},
	"CreateChangeSet":    {reason: "the account has as many CloudFormation stacks in the region as it may (2,000)", remedy: "Delete stacks that aren't needed, or have the quota raised."},
	"CreateStack":        {reason: "the account has as many CloudFormation stacks in the region as it may (2,000)", remedy: "Delete stacks that aren't needed, or have the quota raised."},
}

// aboutPolicy are the operations that name a managed policy, which may be what isn't there.
var aboutPolicy = map[string]bool{"CreateRole": true, "AttachRolePolicy": true, "PutRolePermissionsBoundary": true}

// meaningOfCode is what an error code of AWS's means (https://docs.aws.amazon.com/IAM/latest/APIReference/CommonErrors.html
// and each operation's page); ok is false for a code that says no more than the HTTP status.
func (r route) meaningOfCode(err error, api smithy.APIError) (m meaning, ok bool) {
	said := "AWS says: " + brief(api.ErrorMessage())
	service, operation := called(err)
	switch code := api.ErrorCode(); code {
	case "AccessDenied", "AccessDeniedException", "UnauthorizedOperation":
		return r.denied(err), true
	case "InvalidClientTokenId", "UnrecognizedClientException":
		return meaning{store.Denied, "AWS doesn't know the access key of " + r.source(err),
			"The key was deleted or disabled, or belongs to another partition, or the region " + r.region + " isn't enabled in the account: look at AWS_ACCESS_KEY_ID or the profile, and at " + r.setting("region") + ". Then start oktaws anew.", 0}, true
	case "ExpiredToken", "ExpiredTokenException":
		if r.role != "" && !duringAssume(err) { // it is kept by the machine's clock, and that was set back
			return meaning{store.Transient, "the session of " + r.source(err) + " has expired before its time",
				"oktaws tries again by itself, and begins another once this one is over by the machine's clock, in a quarter of an hour or so. Is the clock right?", time.Minute}, true
		}
		return meaning{store.Denied, "the session of " + r.source(err) + " has expired",
			"Renew it (a new AWS_SESSION_TOKEN, or aws sso login), start oktaws anew, and better give it credentials that renew themselves. If they should: is the machine's clock right?", 0}, true
	case "RequestExpired":
		return meaning{store.Denied, "the time of the request is wrong", "Set the clock of the machine that oktaws runs on.", 0}, true
	case "SignatureDoesNotMatch", "InvalidSignatureException", "IncompleteSignature", "IncompleteSignatureException", "MissingAuthenticationToken", "MissingAuthenticationTokenException":
		return meaning{store.Denied, "AWS doesn't accept the signature of " + r.source(err) + " (" + code + ")",
			"The secret doesn't belong to the access key (look for spaces and cut ends), or the machine's clock is wrong.", 0}, true
	case "RegionDisabledException", "OptInRequired", "SubscriptionRequiredException":
		return meaning{store.Permanent, "the region " + r.region + " isn't enabled in the account, or the account isn't active. " + said,
			"Enable the region in the account, or set " + r.setting("region") + " to one that is.", 0}, true

	case "EntityAlreadyExists", "AlreadyExistsException":
		return meaning{store.Conflict, "there is one of that name already. " + said, "oktaws looks at what is there. If it finds none of that name, there may be one that differs in upper and lower case only: delete that, or set another name in the configuration, then retry.", 0}, true
	case "TokenAlreadyExistsException":
		return meaning{store.Conflict, "an operation with the same token but other content was started before. " + said, "Retry: oktaws takes another token then.", 0}, true
	case "DeleteConflict":
		return meaning{store.Conflict, "something else still belongs to it. " + said, "Remove what AWS names, then retry.", 0}, true
	case "NoSuchEntity", "StackNotFoundException":
		switch {
		case aboutPolicy[operation] && strings.HasPrefix(api.ErrorMessage(), "Policy "):
			return meaning{store.Permanent, "there is no such policy, or it is none for roles. " + said, "Name a policy that the account has (role_sets in the configuration), or make it there. Then retry.", 0}, true
		case strings.HasPrefix(operation, "Delete"):
			return meaning{store.NotFound, "it isn't there. " + said, "Somebody else removed it. Retry: oktaws goes on with what is left.", 0}, true
		}
		return meaning{store.NotFound, "it isn't there. " + said, "Retry: oktaws makes what is missing.", 0}, true
	case "LimitExceeded", "LimitExceededException":
		q, known := quotas[operation]
		if !known {
			q = meaning{reason: "a quota of the account is used up. " + said, remedy: "Free some of it, or have the quota raised (Service Quotas in the AWS console)."}
		}
		return meaning{store.Permanent, q.reason, q.remedy + " Then retry.", 0}, true
	case "PolicyNotAttachable":
		return meaning{store.Permanent, "the policy is none for roles. " + said, "Name another one (role_sets in the configuration), then retry.", 0}, true
	case "MalformedPolicyDocument":
		if strings.Contains(api.ErrorMessage(), "Invalid principal in policy") {
			return meaning{store.Transient, "IAM doesn't know yet whom the role shall trust. " + said,
				"This takes some seconds after an identity provider was made, and oktaws tries again by itself. If it goes on for minutes, look whether somebody deleted the identity provider.", 5 * time.Second}, true
		}
		return meaning{store.Permanent, "IAM doesn't take the policy. " + said, reportBug, 0}, true
	case "InsufficientCapabilitiesException":
		return meaning{store.Permanent, "the template needs more than CAPABILITY_NAMED_IAM. " + said,
			"The template may make IAM roles with names, and use no macros: look at the role sets in the configuration.", 0}, true
	case "UnmodifiableEntity":
		return meaning{store.Permanent, "AWS itself owns it. " + said, "Choose another name for it in the configuration.", 0}, true
	case "ValidationError":
		switch {
		case service == "CloudFormation" && noSuchStack(err):
			return meaning{store.NotFound, "the stack isn't there. " + said, "Retry: oktaws makes what is missing.", 0}, true
		case service == "CloudFormation" && busyStack(err):
			return meaning{store.Transient, "the stack is being worked on. " + said, "oktaws waits until that has ended.", 5 * time.Second}, true
		case operation == "CreateChangeSet":
			return meaning{store.Permanent, said, importable, 0}, true
		}
		return meaning{store.Permanent, said, reportBug, 0}, true

	case "InvalidChangeSetStatus":
		return meaning{store.Transient, "the change set isn't ready, or is being executed. " + said, "oktaws looks again by itself.", 5 * time.Second}, true
	case "ConcurrentModification", "ConcurrentModificationException", "EntityTemporarilyUnmodifiable", "OperationInProgressException":
		return meaning{store.Transient, "somebody else changes it at this moment", "oktaws tries again by itself.", 5 * time.Second}, true
	case "ServiceFailure", "ServiceUnavailable", "InternalFailure", "InternalError":
		return meaning{store.Transient, "AWS has trouble of its own (" + code + ")" + perhaps(err), carriesOn, 5 * time.Second}, true
	case "UnknownError", "":
		return meaning{}, false
	default:
		if isThrottle(code) {
			return throttled, true
		}
		if statusOf(err) >= 500 || api.ErrorFault() == smithy.FaultServer {
			return meaning{store.Transient, "AWS has trouble of its own (" + code + ")" + perhaps(err), carriesOn, 5 * time.Second}, true
		}
		return meaning{store.Permanent, code + ". " + said, reportBug, 0}, true
	}
}

// source names the credentials that were refused: of a failed AssumeRole, the bot's own.
func (r route) source(err error) string {
	if duringAssume(err) {
		return route{profile: r.own}.whose()
	}
	return r.whose()
}
