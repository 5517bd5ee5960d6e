package aws

import "github.com/oktaws/oktaws/internal/sandbox/wire"

// api is what IAM's reference says of an operation.
func api(operation, says string) wire.Claim { return wire.InDocuments(iamAPI+operation+".html", says) }

const iamQuotas = iamGuide + "reference_iam-quotas.html"

var iamBases = []wire.Basis{
	{Operation: "CreateSAMLProvider", Does: "makes a SAML identity provider", Claims: []wire.Claim{
		api("CreateSAMLProvider", "Metadata of 1,000 to 10,000,000 characters, the name's letters, tags with it."),
		wire.InDocuments(iamQuotas, "100 an account."),
		wire.InDocuments(iamGuide+"id_tags.html", "Making one with tags needs the permission to tag too."),
		wire.InDocuments(iamGuide+"troubleshoot_saml.html", "“Could not parse metadata”."),
	}},
	{Operation: "GetSAMLProvider", Does: "shows a provider with its metadata", Claims: []wire.Claim{
		api("GetSAMLProvider", "Its fields."),
		wire.ByOthers("https://github.com/hashicorp/terraform/issues/12599", "One that is not there is NoSuchEntity, “Manifest not found for arn …”."),
		wire.ByOthers("https://github.com/hashicorp/terraform/issues/3820", "Without an end of their own, metadata are good for 100 years."),
	}},
	{Operation: "UpdateSAMLProvider", Does: "replaces a provider's metadata", Claims: []wire.Claim{api("UpdateSAMLProvider", "The metadata are replaced as a whole.")}},
	{Operation: "DeleteSAMLProvider", Does: "deletes a provider", Claims: []wire.Claim{api("DeleteSAMLProvider", "Roles that trust it stay as they are, and nobody can enter them any more.")}},
	{Operation: "ListSAMLProviders", Does: "lists the account's providers", Claims: []wire.Claim{api("ListSAMLProviders", "Their ARNs and times; there are no pages.")}},
	{Operation: "TagSAMLProvider", Does: "tags a provider", Claims: []wire.Claim{
		api("TagSAMLProvider", "Tags are added to those that are there."),
		wire.InDocuments(iamGuide+"id_tags.html", "50 at most; keys differ by more than case; aws: is reserved."),
	}},
	{Operation: "UntagSAMLProvider", Does: "takes tags of a provider away", Claims: []wire.Claim{api("UntagSAMLProvider", "By their keys; one that is not there is no error.")}},
	{Operation: "ListSAMLProviderTags", Does: "lists a provider's tags", Claims: []wire.Claim{api("ListSAMLProviderTags", "Pages with a marker.")}},

	{Operation: "CreateAccountAlias", Does: "gives the account an alias", Claims: []wire.Claim{api("CreateAccountAlias", "An account has one, and no two have the same; which letters it may have.")}},
	{Operation: "ListAccountAliases", Does: "shows the account's alias", Claims: []wire.Claim{api("ListAccountAliases", "A list of one, or of none.")}},

	{Operation: "GetAccountAuthorizationDetails", Does: "shows all users, roles and policies of the account at once", Claims: []wire.Claim{
		api("GetAccountAuthorizationDetails", "The filter, pages with a marker, URL-encoded policies."),
		api("RoleDetail", "A role's fields: its policies, boundary and tags, and neither description nor longest session."),
		wire.ByOthers("https://github.com/joshlarsen/aws-recon/issues/21", "Of AWS's managed policies those alone that are in use."),
		wire.Guessed("aws/details.go", "Pages go through one list after the other: users, roles, policies."),
	}},
}

var roleBases = []wire.Basis{
	{Operation: "CreateRole", Does: "makes a role", Claims: []wire.Claim{
		api("CreateRole", "Names are unique without regard to case; sessions of 1 to 12 hours."),
		wire.InDocuments(iamQuotas, "1,000 roles an account, 2,048 characters a trust policy."),
		wire.InDocuments(iamGuide+"troubleshoot_general.html", "What was just made may not be known everywhere yet."),
		wire.ByOthers("https://github.com/hashicorp/terraform/issues/4709", "A trust policy that names such a thing is MalformedPolicyDocument, “Invalid principal in policy”; seen with a new user."),
	}},
	{Operation: "GetRole", Does: "shows a role", Claims: []wire.Claim{api("GetRole", "Its fields; the trust policy is URL-encoded.")}},
	{Operation: "ListRoles", Does: "lists roles", Claims: []wire.Claim{api("ListRoles", "By path, in pages, without tags and boundaries.")}},
	{Operation: "DeleteRole", Does: "deletes a role that has no policies any more", Claims: []wire.Claim{api("DeleteRole", "DeleteConflict while it has any.")}},
	{Operation: "UpdateAssumeRolePolicy", Does: "replaces a role's trust policy", Claims: []wire.Claim{
		api("UpdateAssumeRolePolicy", "By the rules of a new role's."),
		wire.ByOthers("https://github.com/hashicorp/terraform-provider-aws/pull/12436", "“Invalid principal in policy” here too."),
	}},
	{Operation: "AttachRolePolicy", Does: "attaches a managed policy", Claims: []wire.Claim{
		api("AttachRolePolicy", "NoSuchEntity for a policy that is not there."),
		wire.InDocuments(iamQuotas, "10 a role."),
	}},
	{Operation: "DetachRolePolicy", Does: "detaches a managed policy", Claims: []wire.Claim{api("DetachRolePolicy", "NoSuchEntity where it is not attached.")}},
	{Operation: "ListAttachedRolePolicies", Does: "lists a role's managed policies", Claims: []wire.Claim{api("ListAttachedRolePolicies", "Names and ARNs, in pages.")}},
	{Operation: "ListRolePolicies", Does: "lists a role's inline policies", Claims: []wire.Claim{api("ListRolePolicies", "Names, in pages.")}},
	{Operation: "GetRolePolicy", Does: "shows an inline policy", Claims: []wire.Claim{api("GetRolePolicy", "The document is URL-encoded.")}},
	{Operation: "PutRolePolicy", Does: "writes an inline policy", Claims: []wire.Claim{
		api("PutRolePolicy", "One of the same name is replaced."),
		wire.InDocuments(iamQuotas, "10,240 characters for all of a role's together, white space aside."),
	}},
	{Operation: "DeleteRolePolicy", Does: "deletes an inline policy", Claims: []wire.Claim{api("DeleteRolePolicy", "NoSuchEntity where there is none.")}},
	{Operation: "TagRole", Does: "tags a role", Claims: []wire.Claim{api("TagRole", "Tags are added to those that are there.")}},
	{Operation: "UntagRole", Does: "takes tags of a role away", Claims: []wire.Claim{api("UntagRole", "By their keys; one that is not there is no error.")}},
	{Operation: "UpdateRole", Does: "changes a role's description and its longest session", Claims: []wire.Claim{
		api("UpdateRole", "Where no longest session is given, it becomes an hour."),
		api("CreateRole", "A description of 1,000 letters at most."),
	}},
	{Operation: "PutRolePermissionsBoundary", Does: "gives a role a permissions boundary", Claims: []wire.Claim{
		api("PutRolePermissionsBoundary", "One that there was is replaced; NoSuchEntity for a policy that is not there."),
	}},
	{Operation: "DeleteRolePermissionsBoundary", Does: "takes a role's permissions boundary away", Claims: []wire.Claim{
		api("DeleteRolePermissionsBoundary", "The role may then do what its policies allow."),
		wire.Guessed("aws/boundary.go", "NoSuchEntity where the role has none."),
	}},
	{Operation: "ListRoleTags", Does: "lists a role's tags", Claims: []wire.Claim{api("ListRoleTags", "Pages with a marker.")}},
}

var userBases = []wire.Basis{
	{Operation: "CreateUser", Does: "makes a user", Claims: []wire.Claim{
		api("CreateUser", "Names are unique without regard to case; path and tags."),
		wire.InDocuments("https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_scps.html", "A service control policy can deny it to everybody in an account."),
	}},
	{Operation: "GetUser", Does: "shows a user", Claims: []wire.Claim{api("GetUser", "Without a name, the caller.")}},
	{Operation: "ListUsers", Does: "lists users", Claims: []wire.Claim{api("ListUsers", "By path, in pages, without tags.")}},
	{Operation: "DeleteUser", Does: "deletes a user that has no keys and no policies any more", Claims: []wire.Claim{api("DeleteUser", "DeleteConflict while there are any.")}},
	{Operation: "TagUser", Does: "tags a user", Claims: []wire.Claim{api("TagUser", "Tags are added to those that are there.")}},
	{Operation: "UntagUser", Does: "takes tags of a user away", Claims: []wire.Claim{api("UntagUser", "By their keys; one that is not there is no error.")}},
	{Operation: "ListUserTags", Does: "lists a user's tags", Claims: []wire.Claim{api("ListUserTags", "Pages with a marker.")}},
	{Operation: "PutUserPolicy", Does: "writes a user's inline policy", Claims: []wire.Claim{
		api("PutUserPolicy", "One of the same name is replaced."),
		wire.InDocuments(iamQuotas, "2,048 characters for all of a user's together, white space aside."),
	}},
	{Operation: "GetUserPolicy", Does: "shows a user's inline policy", Claims: []wire.Claim{api("GetUserPolicy", "The document is URL-encoded.")}},
	{Operation: "ListUserPolicies", Does: "lists a user's inline policies", Claims: []wire.Claim{api("ListUserPolicies", "Names, in pages.")}},
	{Operation: "DeleteUserPolicy", Does: "deletes a user's inline policy", Claims: []wire.Claim{api("DeleteUserPolicy", "NoSuchEntity where there is none.")}},

	{Operation: "CreateAccessKey", Does: "makes an access key, and shows its secret once", Claims: []wire.Claim{
		api("CreateAccessKey", "The secret is in this answer alone."),
		wire.ByOthers("https://github.com/bartekj/aws-tools/issues/29", "A third key is LimitExceeded, in these words."),
	}},
	{Operation: "ListAccessKeys", Does: "lists a user's access keys", Claims: []wire.Claim{api("ListAccessKeys", "Without their secrets.")}},
	{Operation: "UpdateAccessKey", Does: "switches an access key off or on", Claims: []wire.Claim{api("UpdateAccessKey", "Active or Inactive.")}},
	{Operation: "DeleteAccessKey", Does: "deletes an access key", Claims: []wire.Claim{api("DeleteAccessKey", "NoSuchEntity where the user has no such key.")}},
	{Operation: "GetAccessKeyLastUsed", Does: "says when a key was used last, and for what", Claims: []wire.Claim{
		api("AccessKeyLastUsed", "N/A for one that was never used."),
		wire.Guessed("aws/key.go", "A use shows at once. AWS may take a while: here the sandbox is the kinder one, and callers must ask again."),
	}},
}
