package slack

import "github.com/oktaws/oktaws/internal/sandbox/wire"

const socketMode = slackDocs + "apis/events-api/using-socket-mode"

var socketBases = []wire.Basis{
	{Operation: "apps.connections.open", Does: "gives the app an address for a socket", Claims: []wire.Claim{
		methodDocs("apps.connections.open", "The app's token with connections:write."),
		wire.InDocuments(socketMode, "The address has a ticket that is good for one connection."),
		wire.Guessed("slack/socket.go", "A ticket is good for 30 s, and one that is not is 403."),
	}},
	{Operation: "socket", Does: "is the connection over which the app hears of commands, clicks and events", Claims: []wire.Claim{
		wire.InDocuments(socketMode, "hello, envelopes, acknowledgements within 3 s, disconnect with a reason, ten connections, any of which gets an envelope."),
		wire.ByOthers(javaSDK, "The envelopes of a command, a click and an event (MockSocketMode.java)."),
		wire.ByOthers("https://github.com/slack-go/slack", "hello and disconnect (socketmode_test.go); a client that sees no ping for 30 s reconnects, so the server pings."),
		wire.ByOthers("https://github.com/slackapi/python-slack-sdk/issues/1940", "Connections that are dead stay registered and swallow envelopes; clicks are not sent again."),
		wire.ByOthers("https://github.com/slack-go/slack", "An acknowledgement of 20,480 bytes or more is too large: the client refuses to send one."),
		wire.Guessed("slack/socket.go", "Connections take turns; Slack promises no order."),
	}},
}

// person is the basis of what somebody does in Slack, by its name in the control API.
func person(name, does string, claims ...wire.Claim) wire.Basis {
	return wire.Basis{Operation: controlName + name, Aside: true, Does: does, Claims: claims}
}

var (
	interaction = wire.InDocuments(slackDocs+"reference/interaction-payloads/block_actions-payload", "The app hears of it by block_actions.")
	clickSeen   = wire.ByOthers(javaSDK, "Every field that a real click's payload has (BlockActionTest.java).")
	late        = wire.ByOthers("https://github.com/integrations/slack/issues/352", "Without an acknowledgement within 3 s, operation_timeout.")
)

var personBases = []wire.Basis{
	person("command", "has a person type a slash command",
		wire.InDocuments(slackDocs+"interactivity/implementing-slash-commands", "The payload, should_escape, the answer in the acknowledgement."),
		wire.ByOthers(javaSDK, "Every field that a real command's payload has (json-logs/samples)."),
		late,
		wire.ByOthers("https://github.com/slackapi/bolt-python/issues/529", "dispatch_failed without a connection."),
		wire.Guessed("slack/act.go", "An answer that Slack would not take shows as dispatch_failed.")),
	person("click", "has a person click a button in a message", interaction, clickSeen,
		wire.InDocuments(slackDocs+"tools/bolt-js/reference/interfaces/FeedbackButtonsAction", "What the app hears of icon and feedback buttons."),
		wire.Guessed("slack/use.go", "Of a workflow button the app hears nothing: it is refused here."),
		wire.ByOthers("https://github.com/slackapi/node-slack-sdk/issues/2095", "What a person is told where the app does not answer.")),
	person("click-old", "has a person click a button on a message as it was before it was changed", interaction,
		wire.Guessed("slack/use.go", "Slack passes it on as it was clicked: a client may be behind, and an app must look again.")),
	person("select", "has a person choose from a menu in a message", interaction, clickSeen),
	person("click-view", "has a person click a button in a modal or the Home", interaction, clickSeen),
	person("select-view", "has a person choose from a menu in a modal or the Home", interaction, clickSeen),
	person("submit", "has a person fill in a modal and send it",
		wire.InDocuments(slackDocs+"reference/interaction-payloads/view-interactions-payload", "view_submission, its state, and errors, update, push or clear in the acknowledgement."),
		wire.ByOthers("https://github.com/slackapi/bolt-python", "Every field that a real submission has (test_view_submission.py)."),
		wire.Guessed("slack/complete.go", "What a person's own Slack does not send: a field that is required, too long, or no address."),
		wire.Guessed("slack/value.go", "What somebody types into a rich text field is one paragraph of text: mentions, links and emoji are not told apart."),
		wire.Guessed("slack/modal.go", "An acknowledgement that makes no sense leaves the modal open, with “We had some trouble connecting”.")),
	person("close-view", "has a person close a modal",
		wire.InDocuments(slackDocs+"reference/interaction-payloads/view-interactions-payload", "view_closed where the view asks for it; clear_on_close."),
		wire.ByOthers("https://github.com/slackapi/bolt-python", "The payload (test_view_closed.py).")),
	person("open-home", "has a person open the app's Home",
		wire.InDocuments(slackDocs+"reference/events/app_home_opened", "The event."),
		wire.InDocuments(slackDocs+"apis/events-api/", "An event is sent again at once, after a minute and after five."),
		wire.ByOthers("https://github.com/slack-go/slack", "Every field of the event (inner_events_test.go).")),
	person("post", "has a person write in a channel",
		wire.InDocuments(slackDocs+"reference/events/message", "The app hears of it where it subscribes to messages of that kind of channel."),
		wire.InDocuments(slackDocs+"messaging/formatting-message-text", "&, < and > are escaped, and mentions become IDs.")),
	person("upload", "has a person put files into a channel",
		wire.InDocuments(slackDocs+"reference/events/file_shared", "The app hears of each."),
		wire.Guessed("slack/share.go", "Ten files at once, as many as a file_input takes.")),
	person("upload-view", "has a person put files into a field of a modal",
		wire.InDocuments(slackDocs+"reference/block-kit/block-elements/file-input-element", "How many, of which types, and 10 MB each.")),
	person("open-file", "has a person open a file", wire.InDocuments(slackDocs+"reference/scopes/files.read", "Who sees a file: whoever is where it is shared.")),
	person("suggest", "has a person type into a menu whose options come from the app",
		wire.InDocuments(slackDocs+"reference/interaction-payloads/block_suggestion-payload", "The payload, and 100 options or groups in the acknowledgement."),
		wire.InDocuments(slackDocs+"reference/block-kit/block-elements/select-menu-element", "Three characters before the app is asked, or as many as the menu says."),
		wire.Guessed("slack/suggestions.go", "The payload of a menu in a message has the documented fields and no others.")),
	person("suggest-view", "has a person do so in a modal or the Home",
		wire.InDocuments(slackDocs+"reference/interaction-payloads/block_suggestion-payload", "The same, with the view.")),
	person("join", "has a person join a channel", wire.InDocuments(slackDocs+"reference/objects/conversation-object", "Who is in a channel decides what they see.")),
	person("leave", "has a person leave a channel", wire.InDocuments(slackDocs+"reference/objects/conversation-object", "Who is in a channel decides what they see.")),
}

var fateBases = []wire.Basis{
	person("disconnect", "has Slack tell the app to go and connect anew",
		wire.InDocuments(socketMode, "warning, refresh_requested, too_many_websockets, link_disabled."),
		wire.Guessed("slack/socket.go", "After a warning a connection lasts 10 s; after link_disabled every new one is sent away until it is enabled.")),
	person("enable", "ends link_disabled", wire.InDocuments(socketMode, "Socket Mode can be switched off and on.")),
	person("haunt", "adds connections that are dead, though Slack has not noticed",
		wire.ByOthers("https://github.com/slackapi/python-slack-sdk/issues/1940", "They count, and swallow what they get.")),
	person("twice", "has envelopes delivered twice", wire.Guessed("slack/deliver.go", "Slack may deliver an envelope twice, with the same ID: nothing promises once.")),
	person("redeliver", "has the last envelope delivered once more", wire.Guessed("slack/deliver.go", "An envelope may come again after it was acknowledged.")),
}
