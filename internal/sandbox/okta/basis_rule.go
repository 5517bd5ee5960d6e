package okta

import "github.com/oktaws/oktaws/internal/sandbox/wire"

var ruleBases = []wire.Basis{
	{Operation: "listGroupRules", Does: "lists group rules, by a keyword or all", Claims: []wire.Claim{
		wire.InDocuments(openAPI, "The fields of a rule; 50 a page, 200 at most; with expand=groupIdToGroupNameMap the names of its groups."),
		wire.ByOthers("https://github.com/okta/terraform-provider-okta/issues/157", "allGroupsValid, which the description leaves out."),
		wire.Guessed("okta/rulecalls.go", "The keyword is sought anywhere in the name, whatever its case."),
	}},
	{Operation: "createGroupRule", Does: "makes a group rule", Claims: []wire.Claim{
		wire.InDocuments(openAPI, "Status 200 with the rule, which is INACTIVE; a name has 1 to 50 characters; groups cannot be excluded."),
		wire.InDocuments(ruleLimits, "An organization has 2,000 rules at most; a rule fills 100 groups and excludes 100 people at most."),
		wire.InDocuments("https://developer.okta.com/docs/reference/okta-expression-language/#group-functions", "What isMemberOfGroupNameStartsWith and its like mean. Conditions may have any function but those of Convert, Array and Time."),
		wire.ByOthers("https://github.com/okta/okta-sdk-java/issues/645", "A name that another rule has is refused, in these words."),
		wire.ByOthers("https://github.com/articulate/terraform-provider-okta/pull/148", "An expression that is wrong is 400 E0000001 “validateRule”, with a cause."),
		wire.Guessed("okta/ruleexpression.go", "No other expression than one group function is taken, though Okta takes people's attributes, AND, OR and ! as well; nor are texts with a backslash or a quotation mark in them."),
		wire.Guessed("okta/ruleexpression.go", "The words of that cause."),
		wire.Guessed("okta/ruleexpression.go", "Names are compared by upper and lower case too; a regular expression must match the whole name."),
		wire.Guessed("okta/rule.go", "The groups and the excluded people must be there, and the groups must not be built in."),
		wire.Guessed("okta/rule.go", "The words of all other causes, that of a rule too many among them."),
		wire.Guessed("okta/rulecalls.go", "A field that the description does not have is refused."),
		wire.Guessed("okta/rule.go", "A rule may fill a group that its own expression speaks of: then nobody leaves that group."),
		wire.Guessed("okta/rule.go", "Groups with an admin role, which a rule cannot fill, and organizations whose plan has no group rules, are not had here."),
	}},
	{Operation: "getGroupRule", Does: "shows a group rule", Claims: []wire.Claim{
		wire.InDocuments(openAPI, "The fields of a rule."),
	}},
	{Operation: "replaceGroupRule", Does: "changes a group rule that is inactive", Claims: []wire.Claim{
		wire.InDocuments(openAPI, "Only an INACTIVE rule can be changed, and the groups that it fills cannot; from July 2026 on Okta begins to let them be."),
		wire.Guessed("okta/rule.go", "Other groups are refused, and not passed over."),
		wire.Guessed("okta/rule.go", "The words of both refusals."),
	}},
	{Operation: "deleteGroupRule", Does: "deletes a group rule that is not active", Claims: []wire.Claim{
		wire.InDocuments(openAPI, "Status 202; with removeUsers=true those leave the groups whom the rule put there."),
		wire.InDocuments(ruleEnds, "Without it they stay, and no rule keeps them there any more."),
		wire.ByOthers("https://support.zerotek.com/en/articles/14173680-create-and-manage-okta-group-rules-in-zerotek", "An active rule cannot be deleted."),
		wire.Guessed("okta/rule.go", "The words of that."),
	}},
	{Operation: "activateGroupRule", Does: "makes a group rule active: it puts everybody who fits into its groups, and keeps them there", Claims: []wire.Claim{
		wire.InDocuments(openAPI, "Status 204."),
		wire.InDocuments(ruleEvents, "A rule looks at everybody once it is active, and then at whoever's groups change. A new name of a group is no such change."),
		wire.InDocuments(ruleEvents, "Somebody who was put into the group by hand before, and fits, is kept there by the rule from then on."),
		wire.InDocuments(ruleByHand, "Whoever is taken out by hand of a group where a rule keeps them is added to those whom the rule passes over."),
		wire.InDocuments(ruleLimits, "A rule may look at groups that another one fills, though Okta advises against it."),
		wire.ByOthers("https://github.com/okta/okta-sdk-php/issues/22", "Okta takes a second or two until it has looked at people. Here it is done at once."),
		wire.ByOthers(ruleInvalid, "A rule that fills a group which is deleted is INVALID, and can only be read or deleted."),
		wire.Guessed("okta/rule.go", "Taken out through the API is taken out by hand."),
		wire.Guessed("okta/rule.go", "The deletion of a group is a change of its members' groups."),
		wire.Guessed("okta/rule.go", "A rule that is active already stays so without an error."),
		wire.Guessed("okta/rule.go", "The words by which an INVALID one is refused."),
	}},
	{Operation: "deactivateGroupRule", Does: "makes a group rule inactive", Claims: []wire.Claim{
		wire.InDocuments(openAPI, "Status 204."),
		wire.InDocuments(ruleEnds, "Everybody stays in its groups, and it resumes once it is active again."),
	}},
}
