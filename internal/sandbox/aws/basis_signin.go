package aws

import "github.com/oktaws/oktaws/internal/sandbox/wire"

// responseBasis is how a SAML response is read, on either way in.
var responseBasis = wire.Basis{Operation: "SAML response", Aside: true, Does: "is checked, at the sign-in page and by AssumeRoleWithSAML alike", Claims: []wire.Claim{
	wire.InDocuments(iamGuide+"id_roles_providers_create_saml_assertions.html", "The attributes Role, RoleSessionName and SessionDuration, the audiences, the recipient."),
	wire.InDocuments(iamGuide+"troubleshoot_saml.html", "The words and codes of what is refused."),
	wire.InDocuments(iamGuide+"reference_policies_iam-condition-keys.html", "The condition keys that a trust policy can ask for."),
	wire.InDocuments("https://docs.aws.amazon.com/general/latest/gr/signin-service.html", "The addresses that a response may name as its recipient."),
	wire.InDocuments("https://docs.aws.amazon.com/govcloud-us/latest/UserGuide/govcloud-iam.html", "aws-us-gov has an address and an audience of its own."),
	wire.ByOthers("https://github.com/aws/aws-cdk/issues/22091", "So has aws-cn: https://signin.amazonaws.cn/saml."),
	wire.ByOthers("https://github.com/yunionio/cloudpods", "The audience urn:amazon:webservices:cn-north-1."),
	wire.ByOthers("https://github.com/physera/onelogin-aws-cli/issues/125", "Another partition's STS answers that the provider doesn't exist."),
	wire.Guessed("aws/partition.go", "The other partitions have regional addresses too."),
	wire.Guessed("aws/assertion.go", "The attributes have the same names in all partitions."),
	wire.ByOthers("https://github.com/Versent/saml2aws/issues/6", "The two ARNs of a Role value come in either order."),
	wire.ByOthers("https://github.com/dbeaver/cloudbeaver/issues/3112", "Another issuer is InvalidIdentityToken, with AuthSamlInvalidSamlResponseException in its words."),
	wire.ByOthers("https://github.com/cevoaustralia/aws-google-auth/issues/270", "“Response signature invalid” is InvalidIdentityToken."),
	wire.ByOthers("https://github.com/Nike-Inc/gimme-aws-creds/issues/54", "A session that is too long for the role is a ValidationError."),
	wire.Guessed("aws/saml.go", "One shape alone is taken, the one that Okta sends: no comments, no second assertion, no ID twice, nothing encrypted."),
	wire.Guessed("aws/saml.go", "The words where the identity provider itself reports a failure."),
	wire.Guessed("aws/samlsignature.go", "A signature with SHA-1 is refused; whether AWS still takes it is not known."),
	wire.Guessed("aws/claims.go", "No skew of clocks is allowed, and the words for a response that comes too early."),
	wire.Guessed("aws/claims.go", "A SessionDuration out of range is refused."),
	wire.Guessed("aws/enter.go", "The words for a role that the response does not name."),
	wire.Guessed("aws/enter.go", "The words where the account is closed."),
	wire.Guessed("aws/refusal.go", "“Your request included an invalid SAML response” stands for every refusal whose words are not known."),
}}

var signInBases = []wire.Basis{
	{Operation: "PostResponse", Does: "takes the SAML response that a browser posts, and says which roles can be entered", Claims: []wire.Claim{
		wire.InDocuments("https://docs.oasis-open.org/security/saml/v2.0/saml-profiles-2.0-os.pdf", "An assertion is good for one sign-on (4.1.4.5)."),
		wire.InDocuments(iamGuide+"id_roles_providers_enable-console-saml.html", "With several roles there is a page to choose one on."),
		wire.Guessed("aws/signin.go", "AWS's page keeps to that: an assertion that was used before is refused."),
	}},
	{Operation: "ChooseRole", Does: "enters the role that a person chose", Claims: []wire.Claim{
		wire.Guessed("aws/signin.go", "The response is looked at once more, so that what has gone stale meanwhile is refused."),
		wire.InDocuments(iamGuide+"id_roles_providers_enable-console-saml.html", "The person is then in the console as that role."),
	}},
	{Operation: "console", Aside: true, Does: "is the management console as a role, until the session ends", Claims: []wire.Claim{
		wire.InDocuments(iamGuide+"id_roles_use.html", "What can be done there is what the role's policies allow."),
		wire.Guessed("aws/console.go", "The page is no console: it says what could be done in one, and by which policy."),
	}},
}
