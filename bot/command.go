package bot

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/agext/levenshtein"
	"github.com/slack-go/slack"

	"github.com/oktaws/oktaws/store"
)

// subcommand is one thing that /oktaws can do.
type subcommand struct {
	name    string
	usage   string // what follows the name
	what    string
	example string
	do      func(b *Bot, ctx context.Context, c *command, rest string) (outcome, error)
}

// subcommands are in the order in which help shows them.
func subcommands() []subcommand {
	return []subcommand{
		{"link", "[account ID] [application name] [role-set=NAME] [reason]", "asks for Okta sign-on for an AWS account; alone it opens a form. Of many: `--all` (of the organization), `--ou NAME` (of a unit), `--list` (a form), or several IDs", "link 111122223333 Gmail-AWS-Account for the mail team", (*Bot).link},
		{"plan", "<account ID> [application name]", "says what is there and what would change; changes nothing", "plan 111122223333 Gmail-AWS-Account", (*Bot).plan},
		{"adopt", "<account ID> [application name] [reason]", "asks to link an account and to take over what somebody made there by hand", "adopt 111122223333 Gmail-AWS-Account", (*Bot).adopt},
		{"status", "[account ID]", "says where an account stands; alone, what is going on and what you asked for", "status 111122223333", (*Bot).status},
		{"list", "", "lists the accounts", "list", (*Bot).list},
		{"check", "[account ID]", "looks whether an account is as it shall be; alone, all accounts (for approvers)", "check 111122223333", (*Bot).check},
		{"repair", "<account ID | all> [reason]", "asks to make an account, or all that have drifted, again what they shall be", "repair 111122223333", (*Bot).repair},
		{"rotate", "<account ID> <key | certificate> [reason]", "asks for a new access key, or for a new SAML certificate of all accounts that share one", "rotate 111122223333 certificate", (*Bot).rotate},
		{"roles", "<account ID> <role set> [reason]", "asks to give an account another role set", "roles 111122223333 default", (*Bot).roles},
		{"mode", "<account ID> <api | groups> [reason]", "asks to change how Okta learns the account's roles", "mode 111122223333 groups", (*Bot).mode},
		{"unlink", "<account ID> [reason]", "asks to take away what linking made", "unlink 111122223333 the team is gone", (*Bot).unlink},
		{"retry", "<account ID>", "tries failed steps again", "retry 111122223333", (*Bot).retry},
		{"task", "<account ID>", "sends you an account's open task, so that you can help; for approvers", "task 111122223333", (*Bot).task},
		{"withdraw", "[account ID | request ID]", "takes your request back while nobody has decided; alone, the only one that waits", "withdraw 111122223333", (*Bot).withdraw},
		{"help", "", "shows this", "help", (*Bot).help},
	}
}

// maxAck is how many bytes of an answer go with an ack: Slack drops acks of 20,480 bytes or more without a word.
const maxAck = 20_000

// answerCommand does what a slash command asks for. The answer is for that person alone.
func (b *Bot) answerCommand(ctx context.Context, c *command) reply {
	o, repeated := b.conclude(ctx, &c.delivery, func(ctx context.Context) (outcome, error) {
		if _, err := b.member(ctx, &c.delivery); err != nil {
			return outcome{}, err
		}
		return b.commanded(ctx, c)
	})
	if repeated {
		return reply{}
	}
	r := reply{then: func(ctx context.Context) {
		b.open(ctx, &c.delivery, o.open)
		if o.then != nil {
			o.then(ctx)
		}
	}}
	if o.say.empty() {
		return r
	}
	payload := slack.Msg{ResponseType: slack.ResponseTypeEphemeral, Text: o.say.text, Blocks: slack.Blocks{BlockSet: o.say.blocks}}
	if raw, err := json.Marshal(payload); err == nil && c.takesPayload && len(raw) < maxAck {
		r.payload = json.RawMessage(raw)
		return r
	}
	after := r.then
	r.then = func(ctx context.Context) {
		b.whisper(ctx, &c.delivery, o.say)
		after(ctx)
	}
	return r
}

func (b *Bot) commanded(ctx context.Context, c *command) (outcome, error) {
	name, rest := word(c.text)
	if name == "" {
		name = "help"
	}
	for _, s := range subcommands() {
		if strings.EqualFold(s.name, name) {
			return s.do(b, ctx, c, rest)
		}
	}
	return outcome{}, unknownSubcommand(name)
}

func unknownSubcommand(name string) error {
	message := fmt.Sprintf("oktaws doesn't know %s.", ticked(name))
	if _, err := accountID(name); err == nil {
		return invalid(message, fmt.Sprintf("Say what to do with the account, such as `/oktaws link %s Gmail-AWS-Account` or `/oktaws status %s`.", name, name))
	}
	var names []string
	for _, s := range subcommands() {
		names = append(names, s.name)
	}
	near := nearest(name, names)
	if near == "" {
		return invalid(message, "`/oktaws help` shows what it knows.")
	}
	return invalid(message, fmt.Sprintf("Did you mean `/oktaws %s`? `/oktaws help` shows all that it knows.", near))
}

// nearest is the name that somebody who mistyped it may have meant, or "".
func nearest(typed string, names []string) string {
	near, distance := "", 3
	for _, name := range names {
		if d := levenshtein.Distance(strings.ToLower(typed), strings.ToLower(name), nil); d < distance {
			near, distance = name, d
		}
	}
	return near
}

func invalid(message, remedy string) error {
	return &store.Error{Kind: store.Permanent, Message: message, Remedy: remedy}
}

// word takes the first word off s.
func word(s string) (first, rest string) {
	s = strings.TrimSpace(s)
	i := strings.IndexFunc(s, isSpace)
	if i < 0 {
		return s, ""
	}
	return s[:i], strings.TrimSpace(s[i:])
}

func isSpace(r rune) bool { return r == ' ' || r == '\t' || r == '\n' || r == '\r' || r == '\u00a0' }

// ticked is what somebody typed, shortened and as code.
func ticked(s string) string { return "`" + cut(strings.ReplaceAll(s, "`", "'"), 40) + "`" }

const accountExample = "Example: `111122223333`, or with hyphens `1111-2222-3333`."

// accountID reads an AWS account ID as people write it, with hyphens or without.
func accountID(s string) (string, error) {
	digits := strings.Map(func(r rune) rune {
		if r == '-' || r == '‑' || r == '–' || isSpace(r) { // some clients turn hyphens into dashes
			return -1
		}
		return r
	}, s)
	if digits == "" {
		return "", invalid("An AWS account ID is missing.", accountExample)
	}
	if strings.ContainsFunc(digits, func(r rune) bool { return r < '0' || r > '9' }) {
		return "", invalid(ticked(s)+" is not an AWS account ID: such an ID has 12 digits and nothing else.", accountExample)
	}
	if len(digits) != 12 {
		return "", invalid(fmt.Sprintf("%s is not an AWS account ID: it has %s, not 12.", ticked(s), plural(len(digits), "digit", "digits")), accountExample)
	}
	return digits, nil
}
