package okta

import "github.com/oktaws/oktaws/internal/sandbox/wire"

var groupBases = []wire.Basis{
	{Operation: "listGroups", Does: "lists groups, by q, filter or search, or all", Claims: []wire.Claim{
		wire.InRecording("group_list_q.oie", "A query's answer, which has no links."),
		wire.InRecording("group_list_q_everyone.oie", "The built-in group Everyone."),
		wire.InRecording("group_list_q_filter_empty.oie", "q and filter together; nothing found is an empty list."),
		wire.ByOthers(terraformOkta+"/pull/150", "q is the beginning of a name."),
		wire.ByOthers("https://github.com/okta/okta-sdk-java/issues/750", "A query answers with 300 at most, and has no next page."),
		wire.ByOthers("https://github.com/okta/okta-powershell-cli/issues/48", "A search that cannot be read is 400 E0000031, with a cause."),
		wire.InDocuments(openAPI, "What filter and search can compare."),
	}},
	{Operation: "addGroup", Does: "makes a group", Claims: []wire.Claim{
		wire.InRecording("group_create.oie", "Status 200 with the group."),
		wire.ByOthers("https://github.com/CDCgov/prime-simplereport/issues/3002", "A name that another group has is refused, in these words."),
		wire.InDocuments(openAPI, "A name has 1 to 255 characters."),
		wire.Guessed("okta/group.go", "The words for a name that is too long."),
	}},
	{Operation: "getGroup", Does: "shows a group", Claims: []wire.Claim{
		wire.InRecording("group_get.oie", "Every field of a group."),
	}},
	{Operation: "replaceGroup", Does: "renames a group", Claims: []wire.Claim{
		wire.InDocuments(openAPI, "The profile is replaced, by the rules of a new group."),
		wire.Guessed("okta/group.go", "A built-in group is 403."),
	}},
	{Operation: "deleteGroup", Does: "deletes a group and its assignments", Claims: []wire.Claim{
		wire.InRecording("group_delete.oie", "Status 204."),
		wire.Guessed("okta/group.go", "A built-in group is 403."),
	}},
	{Operation: "listAssignedApplicationsForGroup", Does: "lists the applications that a group is assigned to", Claims: []wire.Claim{
		wire.InDocuments(openAPI, "The applications as they are shown elsewhere; 20 a page, 200 at most."),
		wire.Guessed("okta/group.go", "Inactive ones are among them."),
	}},
	{Operation: "listGroupUsers", Does: "lists a group's members", Claims: []wire.Claim{
		wire.InDocuments(openAPI, "The fields of a person, and pages of 1,000."),
	}},
	{Operation: "assignUserToGroup", Does: "puts a person into a group", Claims: []wire.Claim{
		wire.InRecording("error_404_user_in_group", "Somebody who is not there is 404 with the kind User; recorded of a group's owners."),
		wire.InDocuments(openAPI, "Status 204."),
		wire.Guessed("okta/group.go", "A built-in group is 403."),
	}},
	{Operation: "unassignUserFromGroup", Does: "takes a person out of a group", Claims: []wire.Claim{
		wire.InDocuments(openAPI, "Status 204."),
		wire.Guessed("okta/group.go", "A built-in group is 403."),
	}},
	{Operation: "listUsers", Does: "lists people", Claims: []wire.Claim{
		wire.InDocuments(openAPI, "The fields of the description's example, and pages of 200."),
	}},
}

var assignmentBases = []wire.Basis{
	{Operation: "listApplicationGroupAssignments", Does: "lists an application's groups", Claims: []wire.Claim{
		wire.InRecording("app_group_list.oie", "Every field; in the order of their making, which is that of the priorities there."),
		wire.InDocuments(openAPI, "q is the beginning of the group's name; 20 a page, 200 at most."),
		wire.InDocuments(openAPI, "With expand=group the group stands in _embedded.group; without it there is no _embedded."),
		wire.Guessed("okta/assignment.go", "Any other expand embeds nothing: the metadata that Okta has for expand=metadata are not had here."),
	}},
	{Operation: "getApplicationGroupAssignment", Does: "shows a group's assignment", Claims: []wire.Claim{
		wire.InRecording("app_group_get.oie", "Every field; recorded of another application."),
		wire.InDocuments(openAPI, "With expand=group the group stands in _embedded.group."),
	}},
	{Operation: "assignGroupToApplication", Does: "assigns a group to an application, with its roles", Claims: []wire.Claim{
		wire.InRecording("app_group_put_empty.oie", "{} is taken: priority 0 and an empty profile."),
		wire.InRecording("app_group_put_second.oie", "The next group gets the next priority."),
		wire.InRecording("app_group_put_priority_profile.oie", "A priority that is given is kept; recorded of another application."),
		wire.ByOthers("https://github.com/ConductorOne/baton-okta-aws-federation", "The roles stand in profile.samlRoles, as plain names."),
		wire.ByOthers("https://github.com/oktadeveloper/okta-blog-archive/issues/2167", "An attribute that the profile does not have is 400 E0000001 “Property … not found”; seen with another application."),
		wire.ByOthers("https://github.com/cloudposse/docs/pull/699", "Roles do not populate without Update User Attributes."),
		wire.Guessed("okta/assignment.go", "With amazon_aws too, samlRoles is not there before API integration is enabled."),
		wire.Guessed("okta/assignment.go", "It is not there either until both ticks are set: nobody can assign roles early."),
		wire.Guessed("okta/assignment.go", "A role that Okta has not imported is refused."),
		wire.Guessed("okta/assignment.go", "An assignment that exists keeps its priority where none is given."),
		wire.Guessed("okta/assignment.go", "A negative priority is refused."),
	}},
	{Operation: "updateGroupAssignmentToApplication", Does: "changes an assignment by JSON Patch", Claims: []wire.Claim{
		wire.InDocuments(openAPI, "replace and remove."),
		wire.ByOthers("https://github.com/ConductorOne/baton-okta-aws-federation", "A list of operations on /profile/samlRoles."),
		wire.Guessed("okta/assignment.go", "add is taken as well, for where there is nothing yet; all operations take effect, or none."),
		wire.Guessed("okta/assignment.go", "Any other operation is refused, and the words of that."),
		wire.Guessed("okta/assignment.go", "A priority that is no whole number is refused."),
		wire.Guessed("okta/assignment.go", "Nothing but the priority and the profile can be changed."),
	}},
	{Operation: "unassignApplicationFromGroup", Does: "takes an assignment away", Claims: []wire.Claim{
		wire.InRecording("app_group_delete.oie", "Status 204."),
	}},
}
