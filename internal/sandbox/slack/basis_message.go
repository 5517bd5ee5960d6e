package slack

import "github.com/oktaws/oktaws/internal/sandbox/wire"

var messageBases = []wire.Basis{
	{Operation: "chat.postMessage", Does: "posts a message", Claims: []wire.Claim{
		methodDocs("chat.postMessage", "Text, blocks, threads, a person's ID for the direct conversation; the errors' codes."),
		wire.InDocuments(slackDocs+"apis/web-api/rate-limits", "About one a second into each channel."),
		wire.Guessed("slack/messages.go", "A thread that is not there is passed over, and the message stands in the channel."),
		wire.Guessed("slack/validate.go", "A text of more than 40,000 characters is refused with msg_too_long; Slack cuts some."),
	}},
	{Operation: "chat.postEphemeral", Does: "shows a message to one person in a channel", Claims: []wire.Claim{methodDocs("chat.postEphemeral", "Both must be in the channel.")}},
	{Operation: "chat.update", Does: "changes one of the app's own messages", Claims: []wire.Claim{
		methodDocs("chat.update", "Text of 4,000 characters; text without blocks takes the blocks away; cant_update_message."),
		wire.Guessed("slack/chat.go", "What nobody mentions is taken away too, the attachments."),
	}},
	{Operation: "chat.delete", Does: "deletes one of the app's own messages", Claims: []wire.Claim{methodDocs("chat.delete", "cant_delete_message of another's.")}},
	{Operation: "chat.getPermalink", Does: "gives a message's address", Claims: []wire.Claim{methodDocs("chat.getPermalink", "The form of the address, in a thread too.")}},
	{Operation: "response_url", Does: "answers a command or a click", Claims: []wire.Claim{
		wire.InDocuments(slackDocs+"interactivity/handling-user-interaction", "Five times within 30 minutes; replace_original, delete_original, response_type."),
		wire.Guessed("slack/triggers.go", "404 with used_url or expired_url afterwards, and 4xx with the code for what Slack would not take."),
		wire.Guessed("slack/triggers.go", "A refused message does not count as one of the five."),
	}},
}

var viewBases = []wire.Basis{
	{Operation: "views.open", Does: "opens a modal", Claims: []wire.Claim{
		methodDocs("views.open", "A trigger, the view, the errors' codes."),
		wire.InDocuments(slackDocs+"interactivity/handling-user-interaction", "A trigger is good for one use within 3 s."),
		wire.InDocuments(slackDocs+"surfaces/modals", "100 blocks; a view of 250 KB; private_metadata of 3,000 characters."),
		wire.Guessed("slack/views.go", "A view that takes files is refused to a token without files:read."),
		wire.Guessed("slack/views.go", "A view that is refused does not use its trigger up."),
		wire.Guessed("slack/views.go", "The modals that were open before are gone."),
	}},
	{Operation: "views.push", Does: "puts a modal on top of another", Claims: []wire.Claim{
		methodDocs("views.push", "push_limit_reached, expired_trigger_id, exchanged_trigger_id."),
		wire.InDocuments(slackDocs+"surfaces/modals", "Three on top of each other."),
		wire.Guessed("slack/views.go", "A trigger that came from no open modal is refused with not_found."),
	}},
	{Operation: "views.update", Does: "changes a modal or a Home", Claims: []wire.Claim{
		methodDocs("views.update", "By view_id or external_id; hash_conflict."),
		wire.Guessed("slack/views.go", "What was filled in stays where the same fields remain."),
	}},
	{Operation: "views.publish", Does: "shows a person the app's Home", Claims: []wire.Claim{methodDocs("views.publish", "hash_conflict; nobody but a person has a Home.")}},
}

var fileBases = []wire.Basis{
	{Operation: "files.getUploadURLExternal", Does: "gives an address to send a file to", Claims: []wire.Claim{
		methodDocs("files.getUploadURLExternal", "filename and length; the errors' codes."),
		wire.Guessed("slack/files.go", "An upload that was never completed is discarded after an hour."),
		wire.Guessed("slack/uploads.go", "Any snippet_type will do: Slack publishes a part of its list."),
	}},
	{Operation: "upload", Does: "takes a file's bytes", Claims: []wire.Claim{
		wire.InDocuments(slackDocs+"messaging/working-with-files", "The address is the proof; any status but 200 is a failure."),
		wire.Guessed("slack/filebytes.go", "Which status a failure has, and what is one besides a wrong address: bytes that are not as many as announced, or come twice."),
	}},
	{Operation: "files.completeUploadExternal", Does: "shares files that were uploaded", Claims: []wire.Claim{
		methodDocs("files.completeUploadExternal", "Channels by ID, a comment or blocks, one thread."),
		wire.Guessed("slack/uploads.go", "A thread with several channels is refused."),
		wire.Guessed("slack/uploads.go", "Completing an upload twice is file_not_found."),
	}},
	{Operation: "files.info", Does: "describes a file", Claims: []wire.Claim{
		methodDocs("files.info", "file_not_found, file_deleted, not_visible."),
		wire.InDocuments(slackDocs+"reference/objects/file-object", "The fields, and the types by a name's ending."),
		wire.Guessed("slack/files.go", "How a name stands in an address."),
	}},
	{Operation: "files.delete", Does: "deletes one of the app's own files", Claims: []wire.Claim{methodDocs("files.delete", "cant_delete_file of another's; messages keep its place.")}},
	{Operation: download, Does: "gives a file's bytes to the app", Claims: []wire.Claim{
		wire.InDocuments(slackDocs+"reference/scopes/files.read", "The token with files:read in the header, for files that the app sees."),
		wire.ByOthers("https://github.com/slackapi/deno-slack-sdk/issues/285", "Whoever else asks gets the page to sign in on, with status 200."),
	}},
}
