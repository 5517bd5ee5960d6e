package okta

import "github.com/oktaws/oktaws/internal/sandbox/wire"

var applicationBases = []wire.Basis{
	{Operation: "listApplications", Does: "lists applications, by q, by one filter, or all", Claims: []wire.Claim{
		wire.InRecording("app_list_q_filter.oie", "q and filter together, with a Link to itself; recorded of another SAML application."),
		wire.InRecording("app_list_element_browser_plugin_2025", "One that was made in the admin console and never switched to SAML has no signing key, and newer fields."),
		wire.InDocuments(openAPI, "q is the beginning of the name or the label, filter one comparison; 20 a page, 200 at most, Link rel=next."),
		wire.ByOthers("https://github.com/okta/okta-powershell-cli/issues/48", "A filter that cannot be read is 400 E0000031; seen with groups."),
		wire.Guessed("okta/applicationcalls.go", "q does not mind the case, so that more is found than a caller may expect, who must then compare."),
	}},
	{Operation: "createApplication", Does: "makes an amazon_aws application, with SAML or without", Claims: []wire.Claim{
		wire.InRecording("app_create_minimal.oie", "Status 200, ACTIVE, no features, and all default settings, in an organization of the Identity Engine."),
		wire.InRecording("app_create_minimal.classic", "The same in a Classic organization, but for three links."),
		wire.InRecording("app_create_full.oie", "Settings that are given come back as they were given."),
		wire.InRecording("error_400_app_create_validation", "What is refused is 400 E0000001 with causes; recorded of another application."),
		wire.InDocuments(openAPI, "Label and signOnMode are needed."),
		wire.ByOthers(terraformOkta+"/issues/282", "Features in the request are ignored."),
		wire.Guessed("okta/applicationcalls.go", "The longest label, and the words of what is refused."),
		wire.Guessed("okta/applicationcalls.go", "A signing key that is named before there is one is refused."),
		wire.Guessed("okta/applicationcalls.go", "Every other kind of application is refused: the sandbox has none."),
		wire.Guessed("okta/applicationcalls.go", "Two applications may have one label, so that nobody relies on Okta to refuse the second."),
		wire.Guessed("okta/settings.go", "A setting that the application does not define is refused, not ignored; and so is a value of the wrong type."),
		wire.Guessed("okta/application.go", "The links of an application that is not active."),
	}},
	{Operation: "getApplication", Does: "shows an application", Claims: []wire.Claim{
		wire.InRecording("app_get.classic", "Every field of an application on which nothing is provisioned."),
		wire.InRecording("app_get_404_after_delete.classic", "404 E0000007 after it was deleted."),
		wire.ByOthers(terraformOkta+"/issues/282", "The features are called PUSH_NEW_USERS, PUSH_PROFILE_UPDATES and so on."),
		wire.Guessed("okta/application.go", "The tick Update User Attributes shows as PUSH_PROFILE_UPDATES with amazon_aws too."),
	}},
	{Operation: "replaceApplication", Does: "replaces an application's label, settings and signing key", Claims: []wire.Claim{
		wire.InRecording("app_update_settings.classic", "A setting changes; the answer is the whole application."),
		wire.InRecording("app_update_signing_kid.oie", "credentials.signing.kid chooses another of its keys."),
		wire.InRecording("error_400_put_inactive_app", "400 E0000024 while it is inactive; recorded of another kind of application."),
		wire.ByOthers(terraformOkta+"/issues/655", "It can switch provisioning off in some applications: Config.WipeOnPut."),
		wire.Guessed("okta/settings.go", "A setting that the request leaves out goes back to its default, which is worse for whoever does not send the whole."),
		wire.Guessed("okta/applicationcalls.go", "The name cannot be changed, and the words of that."),
		wire.Guessed("okta/applicationcalls.go", "A signing key that the application does not have is refused."),
	}},
	{Operation: "deleteApplication", Does: "deletes an inactive application", Claims: []wire.Claim{
		wire.InRecording("app_delete.classic", "Status 204."),
		wire.InDocuments(openAPI, "403 E0000056 while it is active."),
	}},
	{Operation: "activateApplication", Does: "activates an application", Claims: []wire.Claim{
		wire.InRecording("app_activate.oie", "Status 200 with {}, of one that is active already too."),
	}},
	{Operation: "deactivateApplication", Does: "deactivates an application", Claims: []wire.Claim{
		wire.InRecording("app_deactivate.classic", "Status 200 with {}."),
	}},
	{Operation: "previewSAMLmetadataForApplication", Does: "gives the SAML metadata with the certificate of one key", Claims: []wire.Claim{
		wire.InRecording("app_saml_metadata.classic", "The document, letter for letter but for the IDs and the certificate; its type and its lines."),
		wire.InRecording("app_saml_metadata_after_rotation.oie", "The metadata of a key that is not the first."),
		wire.ByOthers("https://github.com/articulate/terraform-provider-okta/issues/337", "The parameter kid can be left out, though the description has it required."),
		wire.Guessed("okta/signing.go", "Without kid it is the key in use."),
		wire.Guessed("okta/server.go", "The metadata of a new application is 404 at first, as it is said to be for about a second: a caller must try again."),
	}},
	{Operation: "listApplicationKeys", Does: "lists an application's signing keys", Claims: []wire.Claim{
		wire.InRecording("app_keys_list.classic", "Every field of a key. The organization's own SHA-1 key is the first of every application's."),
		wire.Guessed("okta/signing.go", "No application can be made to sign with the organization's key, nor is there metadata of it: whoever takes it for the application's own finds out."),
	}},
	{Operation: "getApplicationKey", Does: "shows one signing key", Claims: []wire.Claim{
		wire.InDocuments(openAPI, "It is a member of the list."),
		wire.InRecording("app_keys_list.classic", "The fields, as the list has them."),
	}},
	{Operation: "generateApplicationKey", Does: "makes another signing key and certificate", Claims: []wire.Claim{
		wire.InRecording("app_keys_generate.oie", "Status 201 with the key, which is not in use yet."),
		wire.InRecording("app_saml_metadata.classic", "The certificate: RSA 2048, SHA-256, Okta's subject, a serial number that is the time."),
		wire.InDocuments(openAPI, "validityYears is 2 to 10."),
	}},
	{Operation: "listFeaturesForApplication", Does: "lists what provisioning does", Claims: []wire.Claim{
		wire.InDocuments(openAPI, "400 E0000001 while provisioning is off."),
		wire.Guessed("okta/feature.go", "While it is on there is the one feature that another application has; oktaws does not rely on it."),
	}},
	{Operation: "getFeatureForApplication", Does: "shows one feature of provisioning", Claims: []wire.Claim{
		wire.InRecording("feature_user_provisioning_get.oie", "Its fields; recorded of another application."),
		wire.Guessed("okta/feature.go", "That amazon_aws has it at all."),
	}},
}
