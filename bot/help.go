package bot

import (
	"context"
	"fmt"
	"strings"
)

func (b *Bot) help(context.Context, *command, string) (outcome, error) {
	return outcome{say: helpContent()}, nil
}

func helpContent() content {
	lines := []string{"*oktaws puts AWS accounts behind Okta sign-on.* Somebody asks, an admin approves, and soon the account's roles are behind an Okta tile."}
	var names []string
	for _, s := range subcommands() {
		names = append(names, s.name)
		usage := strings.TrimSpace("/oktaws " + s.name + " " + s.usage)
		line := fmt.Sprintf("• `%s` %s", mrkdwn(usage, noteLimit), s.what)
		if s.example != s.name {
			line += fmt.Sprintf(". Example: `/oktaws %s`", s.example)
		}
		lines = append(lines, line)
	}
	return content{
		text:   "oktaws puts AWS accounts behind Okta sign-on. It knows: " + strings.Join(names, ", ") + ". Example: /oktaws link 111122223333 Gmail-AWS-Account",
		blocks: paragraphs(lines),
	}
}
