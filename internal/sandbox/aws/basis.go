package aws

import (
	"maps"
	"slices"

	"github.com/oktaws/oktaws/internal/sandbox/wire"
)

// AWS's documents.
const (
	iamGuide   = "https://docs.aws.amazon.com/IAM/latest/UserGuide/"
	iamAPI     = "https://docs.aws.amazon.com/IAM/latest/APIReference/API_"
	stsAPI     = "https://docs.aws.amazon.com/STS/latest/APIReference/API_"
	stackGuide = "https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/"
	stackAPI   = "https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_"

	organizationsAPI = "https://docs.aws.amazon.com/organizations/latest/APIReference/API_"
)

// bases says what each operation rests on, and each type of resource that a stack can hold; strays are entries about
// what is not there.
func bases() (known []wire.Basis, strays []string) {
	add := func(service string, operations []string, entries ...wire.Basis) {
		k, s := wire.Match(service, operations, entries...)
		known, strays = append(known, k...), append(strays, s...)
	}
	names := func(service string) []string { return slices.Sorted(maps.Keys(operations[service])) }
	add("aws", nil, append(slices.Clone(callBases), responseBasis)...)
	add("sts", names("sts"), stsBases...)
	add("iam", names("iam"), slices.Concat(iamBases, roleBases, userBases)...)
	add("cloudformation", append(names("cloudformation"), resourceTypes...), stackBases...)
	add("organizations", names("organizations"), organizationBases...)
	add(signInService, slices.Sorted(maps.Values(signInOperations)), signInBases...)
	return known, strays
}

var callBases = []wire.Basis{
	{Operation: wire.Every, Aside: true, Does: "checks who signed it, finds the operation, and answers in its service's protocol", Claims: []wire.Claim{
		wire.InDocuments(iamGuide+"reference_sigv-create-signed-request.html", "Signature Version 4, within 15 minutes of the real time."),
		wire.InDocuments(stsAPI+"AssumeRole.html", "The Query protocol: forms in, XML out. Organizations speaks JSON."),
		wire.ByOthers("https://github.com/aws/aws-sdk-go-v2", "The forms of answers and errors are those that the SDK reads; its own clients are the stand-in's tests."),
		wire.ByOthers("https://github.com/hashicorp/vault/issues/3115", "A new access key is refused for seconds (InvalidClientTokenId)."),
		wire.InDocuments(iamGuide+"reference-arns.html", "Partitions: aws, aws-us-gov and aws-cn, each with its own ARNs; a key of one means nothing in the others."),
		wire.Guessed("aws/server.go", "A new access key is refused for one second, a SAML provider cannot be trusted for half a second: AWS's delays vary, so nobody should count on a number."),
		wire.Guessed("aws/iam.go", "A page of a listing has 10 items where none are asked for; AWS's has 100, and may have fewer at any time."),
		wire.Guessed("aws/iam.go", "The words of errors that no document shows. Their codes are AWS's, and clients should go by these."),
		wire.InDocuments("https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_accounts_close.html", "A closed account can be used for nothing any more."),
		wire.Guessed("aws/serve.go", "The keys of a closed account are InvalidClientTokenId."),
		wire.Guessed("aws/serve.go", "A parameter that the sandbox does not know how to heed is refused, so that nobody takes it for done."),
	}},
	{Operation: "permissions", Aside: true, Does: "decides whether somebody may do something, by policies, boundaries, session and service control policies", Claims: []wire.Claim{
		wire.InDocuments(iamGuide+"reference_policies_grammar.html", "The grammar of policies."),
		wire.InDocuments(iamGuide+"reference_policies_evaluation-logic.html", "An explicit denial wins; what nobody allows is denied; every kind of policy must allow it."),
		wire.InDocuments(iamGuide+"reference_policies_condition-keys.html", "The condition keys of every request."),
		wire.InDocuments(iamGuide+"troubleshoot_access-denied.html", "The words of AccessDenied."),
		wire.InDocuments("https://docs.aws.amazon.com/aws-managed-policy/latest/reference/policy-list.html", "The managed policies there are."),
		wire.Guessed("aws/managed.go", "The same managed policies are in every partition."),
		wire.Guessed("aws/managed.go", "Of each managed policy, the part that matters here: they allow less than the real ones."),
	}},
}

var stsBases = []wire.Basis{
	{Operation: "GetCallerIdentity", Does: "says who the caller is", Claims: []wire.Claim{
		wire.InDocuments(stsAPI+"GetCallerIdentity.html", "It needs no permission."),
	}},
	{Operation: "AssumeRole", Does: "gives a session of a role", Claims: []wire.Claim{
		wire.ByOthers("https://github.com/aws-samples/aws-security-reference-architecture-examples/issues/218", "Into a closed account it is refused like into a role that is absent."),
		wire.InDocuments(stsAPI+"AssumeRole.html", "The parameters and their limits; the role's own longest session."),
		wire.InDocuments(iamGuide+"id_roles_terms-and-concepts.html", "A chained session lasts an hour at most."),
		wire.InDocuments(iamGuide+"id_credentials_temp_control-access_monitor.html", "A source identity stays for the whole chain, and setting it needs a permission of its own."),
		wire.InDocuments(iamGuide+"troubleshoot_roles.html", "A role that is absent is refused like one that trusts somebody else."),
	}},
	{Operation: "AssumeRoleWithSAML", Does: "gives a session of a role for a SAML response", Claims: []wire.Claim{
		wire.InDocuments(stsAPI+"AssumeRoleWithSAML.html", "No signature is needed. The answer's fields; the response's SessionDuration can shorten what is asked for, and no more."),
		wire.ByOthers("https://github.com/Nike-Inc/gimme-aws-creds/issues/251", "A response is taken as often as it comes while it is good, for role after role, and five minutes long."),
		wire.Guessed("aws/serve.go", "It does not matter who signed the request, if anybody did."),
		wire.Guessed("aws/federation.go", "PackedPolicySize counts characters: how AWS packs a policy is not known."),
	}},
}

var organizationBases = []wire.Basis{
	{Operation: "ListAccounts", Does: "lists the organization's accounts", Claims: []wire.Claim{
		wire.InDocuments("https://docs.aws.amazon.com/organizations/latest/APIReference/API_ListAccounts.html", "20 a page; the management account alone may."),
		wire.InDocuments("https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_accounts_account_state.html", "A closed account has the status SUSPENDED and the state CLOSED; one that AWS suspended is SUSPENDED by both."),
	}},
	{Operation: "DescribeOrganization", Does: "describes the organization", Claims: []wire.Claim{
		wire.InDocuments("https://docs.aws.amazon.com/organizations/latest/APIReference/API_DescribeOrganization.html", "Its fields."),
	}},
	{Operation: "ListRoots", Does: "names the organization's root", Claims: []wire.Claim{
		wire.InDocuments(organizationsAPI+"ListRoots.html", "There is one, and its fields; the management account alone may."),
	}},
	{Operation: "ListOrganizationalUnitsForParent", Does: "lists the units just below a unit or the root", Claims: []wire.Claim{
		wire.InDocuments(organizationsAPI+"ListOrganizationalUnitsForParent.html", "20 a page; the form of a parent's ID, and ParentNotFoundException."),
	}},
	{Operation: "ListAccountsForParent", Does: "lists the accounts in a unit or the root, and none below", Claims: []wire.Claim{
		wire.InDocuments(organizationsAPI+"ListAccountsForParent.html", "20 a page; the form of a parent's ID, and ParentNotFoundException."),
	}},
}
