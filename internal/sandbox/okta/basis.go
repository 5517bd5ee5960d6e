package okta

import (
	"slices"

	"github.com/oktaws/oktaws/internal/sandbox/wire"
)

// Where most of it is known from.
const (
	openAPI       = "https://github.com/okta/okta-management-openapi-spec" // of 2026.06.3
	terraformOkta = "https://github.com/okta/terraform-provider-okta"
	awsGuide      = "https://help.okta.com/en-us/content/topics/deploymentguides/aws/"
)

// bases says what each operation rests on; strays are entries about operations that are not there.
func bases() (known []wire.Basis, strays []string) {
	var names []string
	for _, op := range operations {
		names = append(names, op.id)
	}
	return wire.Match("okta", names, slices.Concat(callBases, applicationBases, assignmentBases, groupBases, ruleBases, personBases)...)
}

var callBases = []wire.Basis{{
	Operation: wire.Every, Aside: true, Does: "takes credentials and media types, counts against the rate limits, and answers with errors in Okta's form",
	Claims: []wire.Claim{
		wire.InRecording("error_500", "An error has errorCode, errorSummary, errorLink, errorId and errorCauses."),
		wire.InRecording("app_get_404_after_delete.classic", "What is not there is 404 E0000007, with the ID and the kind AppInstance in its words."),
		wire.InDocuments(openAPI, "An API token that is none is 401 E0000011; one whose admin lacks the permission, 403 E0000006. A .manage scope holds .read."),
		wire.Guessed("okta/auth.go", "What an admin role permits is told in the words of the scopes. Okta's roles are finer: making a group is a permission of its own, for one."),
		wire.ByOthers("https://github.com/okta/okta-powershell-cli/pull/84", "Without credentials it is 403 E0000005."),
		wire.ByOthers("https://github.com/okta/okta-sdk-golang/issues/145", "What is wrong with an access token stands in WWW-Authenticate, and the answer has no body."),
		wire.ByOthers("https://github.com/zaproxy/zaproxy/issues/5004", "A form where JSON belongs is 400 E0000021."),
		wire.InDocuments("https://developer.okta.com/docs/reference/rl2-token-oauth", "One token, or one OAuth 2.0 application, has half of a bucket."),
		wire.InDocuments("https://developer.okta.com/docs/reference/rl2-monitor/", "429 E0000047 past the limit, with X-Rate-Limit-Limit, -Remaining and -Reset; past the limit of calls at once the first two are 0."),
		wire.InDocuments("https://developer.okta.com/docs/reference/rl-additional-limits/", "75 calls may be at work at once, 35 in a free organization."),
		wire.InDocuments("https://developer.okta.com/docs/reference/rate-limits/", "The calls a minute of the buckets of applications and groups, by plan."),
		wire.Guessed("okta/limit.go", "All other operations share one bucket, of 1,200 calls a minute: its size is made up."),
		wire.Guessed("okta/limit.go", "The rate limit's headers speak of the token's half where less of that is left, so that a caller who heeds them is slowed sooner."),
		wire.Guessed("okta/call.go", "An Accept header that offers none of the operation's types is refused as strictly as a Content-Type."),
		wire.Guessed("okta/call.go", "A limit out of range is refused, not cut to what is allowed."),
		wire.Guessed("okta/apierror.go", "The kind that a 404 names where it is no application, person or group: nobody should read it."),
		wire.ByOthers("https://github.com/okta/samples-js-react/issues/60", "The kind that the 404 of a group names is UserGroup."),
	},
}}
