package okta

import "github.com/oktaws/oktaws/internal/sandbox/wire"

const samlSeen = "https://github.com/oktadev/okta-aws-cli-assume-role/issues/149"

var personBases = []wire.Basis{
	{Operation: "getWellknownOrgMetadata", Does: "describes the organization", Claims: []wire.Claim{
		wire.InRecording("well_known_org.oie", "Every field, of an organization of the Identity Engine."),
		wire.InRecording("well_known_org.classic", "The same of a Classic one."),
	}},
	{Operation: tokenOperation, Does: "gives a service application an access token for a signed assertion", Claims: []wire.Claim{
		wire.InDocuments("https://support.okta.com/help/s/article/What-is-the-lifetime-of-the-JWT-tokens", "A token lives an hour."),
		wire.InDocuments("https://developer.okta.com/docs/guides/build-self-signed-jwt/-/main/", "The assertion's claims: an hour at most, and its jti, if it has one, is good for one use."),
		wire.ByOthers("https://github.com/okta/okta-sdk-python/issues/289", "401 for a key ID that the application does not have."),
		wire.ByOthers("https://github.com/okta/okta-sdk-dotnet/issues/600", "401 for another audience than the endpoint."),
		wire.ByOthers("https://github.com/okta/okta-sdk-dotnet/issues/697", "400 invalid_dpop_proof where the application requires DPoP."),
		wire.ByOthers("https://github.com/okta/okta-sdk-golang/issues/145", "A token bears those of the asked scopes that are granted."),
		wire.Guessed("okta/token.go", "A client's clock may be five minutes ahead."),
		wire.Guessed("okta/token.go", "A body that is no form is 400 invalid_request."),
		wire.Guessed("okta/token.go", "Any other grant than client_credentials is 400 unsupported_grant_type."),
		wire.Guessed("okta/token.go", "Any other client_assertion_type is 401."),
		wire.Guessed("okta/token.go", "No scope is 400 invalid_scope."),
		wire.Guessed("okta/token.go", "The words for an assertion that cannot be read."),
		wire.Guessed("okta/token.go", "The words for one that is over."),
		wire.Guessed("okta/token.go", "The words for one that lasts too long."),
		wire.Guessed("okta/token.go", "One from the future is refused, and the words of that."),
		wire.Guessed("okta/token.go", "The words for one that was used before."),
	}},
	{Operation: signOnOperation, Does: "signs a person on: builds and signs the SAML response that the browser posts to AWS", Claims: []wire.Claim{
		wire.ByOthers(samlSeen, "The response: its elements and their order, the formats, Destination and Recipient, two signatures."),
		wire.ByOthers("https://github.com/segmentio/aws-okta", "The same, and the page with the form that posts it (lib/saml_test.go)."),
		wire.ByOthers("https://github.com/Nike-Inc/gimme-aws-creds/issues/18", "A Role value is the provider's ARN, a comma, and the role's."),
		wire.ByOthers("https://github.com/Versent/saml2aws/pull/481", "The audience is urn:amazon:webservices."),
		wire.ByOthers("https://github.com/russellhaering/goxmldsig", "It is good for five minutes, and from five minutes before; seen with another application (validate_test.go)."),
		wire.ByOthers("https://github.com/mbegan/Okta-PSModule/issues/37", "Of several groups, the roles of the one with the highest priority count."),
		wire.InDocuments(awsGuide+"aws-configure-aws-app.htm", "Join all roles adds the roles of all assignments."),
		wire.InDocuments("https://help.okta.com/oie/en-us/Content/Topics/DeploymentGuides/AWS/aws-enable-role-based.htm", "Use Group Mapping: App Filter, Group Filter and Role Value Pattern make the roles out of the names of groups."),
		wire.InDocuments("https://support.okta.com/help/s/article/invalid-saml-response-with-aws-account-federation-app", "Without a role, or with a wrong filter or provider, the response has no Role that AWS takes."),
		wire.Guessed("okta/signon.go", "The overrides of a SAML application's address, recipient, destination and audience work with amazon_aws too."),
		wire.Guessed("okta/signon.go", "The audience follows the ACS URL: urn:amazon:webservices:govcloud for GovCloud's, urn:amazon:webservices:cn-north-1 for China's."),
		wire.Guessed("okta/signon.go", "The words of refusals; only “App Not Assigned” is Okta's."),
		wire.Guessed("okta/entitlement.go", "Where the first assignment has no roles yet, there are none, whatever the next ones have."),
		wire.Guessed("okta/entitlement.go", "Without provisioning there are no roles, even where some were assigned before it was lost."),
		wire.Guessed("okta/entitlement.go", "A role that was assigned, and is no longer among the imported ones, is left out."),
		wire.Guessed("okta/entitlement.go", "The group filter must match the whole name, so that a name with more to it grants nothing."),
		wire.Guessed("okta/entitlement.go", "A group filter that cannot be read, or lacks the account or the role, yields nothing."),
	}},
	{Operation: "openTile", Does: "leads somebody who follows the link to a tile to it", Claims: []wire.Claim{
		wire.InRecording("app_get.classic", "The link stands in _links.appLinks."),
		wire.Guessed("okta/tile.go", "A page that asks who is there takes the place of Okta's sign-in; what is no browser gets 404."),
	}},
	{Operation: "console.instance", Does: "shows an application's Provisioning tab", Claims: []wire.Claim{
		wire.InDocuments(awsGuide+"aws-configure-aws-app.htm", "What the tab has: API integration with its key, and To App with its ticks."),
		wire.Guessed("okta/console.go", "Its address and its JSON are the sandbox's own: no API shows the tab. A header says who is at the browser."),
	}},
	{Operation: "console.testCredentials", Does: "tries an access key with AWS, and keeps nothing", Claims: []wire.Claim{
		wire.InDocuments("https://help.okta.com/en-us/content/topics/deploymentguides/aws/aws-generate-api-key.htm", "Okta lists the roles and the account's aliases with it."),
		wire.Guessed("okta/console.go", "With nothing entered it tries the saved key."),
		wire.Guessed("okta/console.go", "The words where AWS refuses the key."),
	}},
	{Operation: "console.apiIntegration", Does: "enables API integration with an access key, or disables it", Claims: []wire.Claim{
		wire.InDocuments(awsGuide+"aws-configure-aws-app.htm", "Enable API integration, access key, secret key, Save."),
		wire.Guessed("okta/console.go", "Save tries the key too, and keeps nothing where AWS refuses it."),
		wire.Guessed("okta/console.go", "Disabling forgets the key, the roles and the ticks, so that nobody counts on them to come back."),
	}},
	{Operation: "console.toApp", Does: "sets the ticks Create Users and Update User Attributes", Claims: []wire.Claim{
		wire.ByOthers("https://github.com/cloudposse/docs/pull/699", "Roles come with Update User Attributes."),
		wire.InDocuments("https://help.okta.com/en-us/content/topics/deploymentguides/aws/aws-about-integration.htm", "The roles are imported from the account."),
		wire.InDocuments("https://saml-doc.okta.com/SAML_Docs/How-to-Configure-SAML-2.0-for-Amazon-Web-Service.html", "Those alone are offered that trust the application's identity provider."),
	}},
	{Operation: "console.refresh", Does: "Refresh Application Data: imports the roles again", Claims: []wire.Claim{
		wire.InDocuments("https://help.okta.com/en-us/content/topics/deploymentguides/aws/aws-about-integration.htm", "A role that was made later is there only after it."),
	}},
	{Operation: "dashboard", Aside: true, Does: "shows a person's tiles", Claims: []wire.Claim{
		wire.InDocuments(openAPI, "visibility.hide.web and visibility.appLinks.login take an application's tile away."),
		wire.Guessed("okta/signon.go", "An application that is inactive, or has no SAML, has no tile. Single people cannot be assigned here, only groups."),
	}},
	{Operation: "people and groups", Aside: true, Does: "lets an admin put people into groups in the browser", Claims: []wire.Claim{
		wire.InDocuments(openAPI, "Everyone is in the built-in group Everyone, which nobody can change."),
	}},
	{Operation: "changes in the console", Aside: true, Does: "lets tests and stories change applications, groups and assignments as an Okta admin does", Claims: []wire.Claim{
		wire.InDocuments(openAPI, "Each goes by the rules of the API's operation for it."),
		wire.Guessed("okta/admin.go", "The console has the API's rules, and refuses what the API refuses: an inactive application is not edited, an active one not deleted."),
	}},
	{Operation: "loss of provisioning", Aside: true, Does: "switches an application's provisioning off behind everybody's back", Claims: []wire.Claim{
		wire.ByOthers(terraformOkta+"/issues/710", "A PUT by somebody else's tool takes it away."),
		wire.Guessed("okta/seed.go", "So does a trial of lifecycle management that ends, with key, roles and ticks."),
	}},
}
