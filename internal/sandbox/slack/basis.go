package slack

import (
	"maps"
	"slices"

	"github.com/oktaws/oktaws/internal/sandbox/wire"
)

// Slack's documents, and its SDK for Java, whose tests and logs show what Slack sends.
const (
	slackDocs = "https://docs.slack.dev/"
	javaSDK   = "https://github.com/slackapi/java-slack-sdk"
)

// methodDocs is what Slack's reference says of a method.
func methodDocs(name, says string) wire.Claim {
	return wire.InDocuments(slackDocs+"reference/methods/"+name, says)
}

// bases says what each operation rests on: the Web API's methods, what else the app reaches, and what people do; strays
// are entries about operations that are not there.
func (s *Server) bases() (known []wire.Basis, strays []string) {
	names := slices.Sorted(maps.Keys(methods))
	for _, d := range doors {
		names = append(names, d.operation)
	}
	for _, name := range slices.Sorted(maps.Keys(s.orders())) {
		names = append(names, controlName+name)
	}
	return wire.Match("slack", names, slices.Concat(callBases, messageBases, conversationBases, viewBases, fileBases, socketBases, personBases, fateBases)...)
}

// controlName heads the operations that nobody calls over the wire.
const controlName = "/control/slack/"

var callBases = []wire.Basis{
	{Operation: wire.Every, Aside: true, Does: "checks token, scopes, rate and arguments, in this order, and answers with ok or an error's code", Claims: []wire.Claim{
		wire.InDocuments(slackDocs+"apis/web-api/", "Arguments in the query, a form or JSON; the token in the header or among them; errors come with status 200."),
		wire.InDocuments(slackDocs+"apis/web-api/rate-limits", "The tiers' calls a minute, one message a second into a channel, 429 with Retry-After."),
		wire.InDocuments(slackDocs+"apis/web-api/pagination", "A page may hold less than was asked for, and the cursor is opaque: pages have 2 items here."),
		wire.ByOthers("https://github.com/slack-go/slack", "What a client reads of an answer, and of a 429; slack-go is the stand-in's test."),
		wire.Guessed("slack/rates.go", "A bucket holds a minute's calls and fills steadily, and five messages may follow at once in a channel."),
		wire.Guessed("slack/api.go", "The order in which a call's faults are found."),
		wire.Guessed("slack/api.go", "Which of an answer's many fields are there: those that slack-go, the bot and the pages read, and those next to them."),
	}},
	{Operation: "Block Kit", Aside: true, Does: "is checked in every message and view, and refused where Slack would refuse it", Claims: []wire.Claim{
		wire.InDocuments(slackDocs+"reference/block-kit/blocks", "The blocks, their fields and limits, and where they may be shown."),
		wire.InDocuments(slackDocs+"reference/block-kit/block-elements", "The elements, their fields and limits, and the blocks that take them."),
		wire.InDocuments(slackDocs+"reference/block-kit/composition-objects", "Texts, options and confirmations."),
		wire.ByOthers("https://github.com/nicklambourne/slackblocks", "A list of limits, each of which is broken by one and kept by one in a test."),
		wire.ByOthers("https://github.com/slackapi/python-slack-sdk", "Modals and Homes that Slack takes, which are taken here (tests/slack_sdk_fixture)."),
		wire.Guessed("slack/validate.go", "A field that Slack does not document is refused, and so is a block where it is not documented to be shown."),
		wire.Guessed("slack/rules.go", "The words of each refusal; the place that it names has Slack's form."),
	}},
	{Operation: "api.test", Does: "answers with its arguments", Claims: []wire.Claim{methodDocs("api.test", "The arguments come back; with the argument error, as an error.")}},
	{Operation: "auth.test", Does: "says whose token it is", Claims: []wire.Claim{methodDocs("auth.test", "The fields of the answer.")}},
	{Operation: "team.info", Does: "describes the workspace", Claims: []wire.Claim{methodDocs("team.info", "The scope, and the fields of the answer.")}},
}

var conversationBases = []wire.Basis{
	{Operation: "conversations.open", Does: "opens a direct conversation with somebody", Claims: []wire.Claim{
		methodDocs("conversations.open", "One person or an ID; already_open; the errors' codes."),
		wire.Guessed("slack/conversations.go", "A bot, somebody deactivated, or a stranger who shares no channel with the app is refused, each with one of the documented codes."),
		wire.Guessed("slack/conversations.go", "Conversations of several people are refused: nothing here needs one."),
	}},
	{Operation: "conversations.info", Does: "describes a channel", Claims: []wire.Claim{
		methodDocs("conversations.info", "A private channel that the app is not in does not exist for it."),
		wire.InDocuments(slackDocs+"reference/objects/conversation-object", "The fields of a channel."),
	}},
	{Operation: "conversations.members", Does: "lists a channel's members", Claims: []wire.Claim{methodDocs("conversations.members", "IDs, in pages.")}},
	{Operation: "conversations.list", Does: "lists channels", Claims: []wire.Claim{methodDocs("conversations.list", "By types, each of which needs its scope; of private ones those that the app is in.")}},
	{Operation: "users.info", Does: "describes a person", Claims: []wire.Claim{
		methodDocs("users.info", "The scope, and user_not_found."),
		wire.InDocuments(slackDocs+"reference/objects/user-object", "The fields: guests, strangers, time zones; of somebody deactivated most are left out."),
		wire.InDocuments(slackDocs+"reference/scopes/users.read.email", "Without this scope there is no e-mail address."),
	}},
	{Operation: "users.lookupByEmail", Does: "finds a person by e-mail address", Claims: []wire.Claim{methodDocs("users.lookupByEmail", "users_not_found, of somebody deactivated too.")}},
	{Operation: "usergroups.list", Does: "lists user groups", Claims: []wire.Claim{methodDocs("usergroups.list", "plan_upgrade_required where the plan has none.")}},
	{Operation: "usergroups.users.list", Does: "lists a user group's members", Claims: []wire.Claim{methodDocs("usergroups.users.list", "no_such_subteam, and plan_upgrade_required.")}},
}
