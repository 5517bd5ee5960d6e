package bot

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"

	"github.com/slack-go/slack"

	"github.com/oktaws/oktaws/provision"
	"github.com/oktaws/oktaws/store"
)

// renderOutcome says that the account is linked, or why it isn't. Each failure has an identity of its own, so that each
// one notifies.
func (b *Bot) renderOutcome(m store.Message, s scene) rendering {
	if s.account == nil || s.request.State != store.Approved {
		return rendering{}
	}
	switch s.account.State {
	case store.Linked:
		return rendering{identity: "linked", content: b.linkedContent(*s.account, s.request)}
	case store.Failed:
		return rendering{identity: "failed-" + failureID(*s.account), content: failedContent(*s.account, readerOf(m))}
	}
	return rendering{} // and forget the last failure, so that the same one again notifies again
}

// failureID tells one failure from the next: by what failed, why, and when.
func failureID(a store.Account) string {
	h := sha256.New()
	if a.Problem != nil {
		fmt.Fprintf(h, "account %s\n", a.Problem.Message)
	}
	for _, title := range provision.Titles(a.Mode) {
		if step := a.Steps[title.Name]; step.State == store.StepFailed {
			fmt.Fprintf(h, "%s %d\n", title.Name, step.Ended.UnixNano())
		}
	}
	return hex.EncodeToString(h.Sum(nil)[:6])
}

func failedContent(a store.Account, who reader) content {
	about := fmt.Sprintf("AWS account %s (%s)", code(a.ID), mrkdwn(a.Label, nameLimit))
	var lines []string
	if a.Problem != nil {
		lines = append(lines, problemLine(a.Problem, who))
	}
	for _, title := range provision.Titles(a.Mode) {
		if step := a.Steps[title.Name]; step.State == store.StepFailed {
			line := "*" + mrkdwn(title.Title, noteLimit) + "*"
			if step.Problem != nil {
				line += "\n" + problemLine(step.Problem, who)
			}
			lines = append(lines, line)
		}
	}
	text := fmt.Sprintf("Linking AWS account %s (%s) failed.", a.ID, mrkdwn(a.Label, nameLimit))
	if p := a.FirstProblem(); p != nil {
		text += " " + problemLine(p, who)
	}
	lines = append([]string{":x: *Linking " + about + " failed*"}, lines...)
	lines = append(lines, retryLine(a))
	return content{text: text, blocks: paragraphs(lines)}
}

func (b *Bot) linkedContent(a store.Account, r store.Request) content {
	lines := []string{fmt.Sprintf(":tada: *AWS account %s is linked* as %s.", code(a.ID), mrkdwn(a.Label, nameLimit))}
	if a.Known.TileURL != "" {
		lines = append(lines, link(a.Known.TileURL, "Open the tile in Okta"))
	}
	lines = append(lines, b.roleLines("Members of these Okta groups see the tile and get the roles", r, &a)...)
	var names []string
	for _, role := range b.cfg.RoleSet {
		names = append(names, mrkdwn(role.Name, nameLimit))
	}
	text := fmt.Sprintf("AWS account %s is linked to Okta as %s.", a.ID, mrkdwn(a.Label, nameLimit))
	if len(names) > 0 {
		text += " Roles: " + strings.Join(firstFew(names, 5), ", ") + "."
	}
	return content{text: text, blocks: paragraphs(lines)}
}

// consoleURL leads to the application in the admin console, or as near to it as is known.
func (b *Bot) consoleURL(a *store.Account) string {
	if a != nil && a.Known.AdminURL != "" {
		return a.Known.AdminURL
	}
	return b.cfg.OrgURL
}

func linkButton(to, text string) slack.BlockElement {
	return button(actionVisit, "", text).WithURL(to)
}
