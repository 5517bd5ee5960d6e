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

// failedForeign begins the identity of a failure that has the button Take it over.
const failedForeign = "failed-foreign-"

// renderOutcome says that the account is what the request asked for, or why it isn't. Each failure has an identity of
// its own, so that each one notifies.
func (b *Bot) renderOutcome(m store.Message, s scene) rendering {
	if s.request.State != store.Approved {
		return rendering{}
	}
	switch a := s.account; {
	case a == nil:
	case s.finished():
		return rendering{identity: string(a.Desired), content: b.finishedContent(*a, s.request)}
	case a.State == store.Failed && adoptable(*a):
		return rendering{identity: failedForeign + failureID(*a), content: b.adoptableContent(m, s)}
	case a.State == store.Failed:
		return rendering{identity: "failed-" + failureID(*a), content: failedContent(*a, s.request, readerOf(m))}
	}
	if strings.HasPrefix(m.Identity, failedForeign) && !isPerson(m.Where) { // its button must go
		past := fmt.Sprintf(":x: %s failed. It was tried again, or asked for anew, since.", doing(s.request))
		return rendering{inPlace: true, content: note(past)}
	}
	return rendering{} // and forget the last failure, so that the same one again notifies again
}

// finished says whether the account has been what the request asked for. What is found to differ later is no part of it.
func (s scene) finished() bool {
	return !s.request.Ended.IsZero() || s.account.State == store.Linked || s.account.State == store.Unlinked
}

// adoptable says whether what stops the account is something that an adoption takes over.
func adoptable(a store.Account) bool {
	p := a.FirstProblem()
	return p != nil && p.Foreign && a.Desired == store.WantLinked
}

// adoptableContent is such a failure: in the admin channel with the button that takes over what is in the way, unless
// another request waits.
func (b *Bot) adoptableContent(m store.Message, s scene) content {
	c := failedContent(*s.account, s.request, readerOf(m))
	switch {
	case s.pending != nil:
		c.blocks = append(c.blocks, aside(fmt.Sprintf("%s asks to %s.", mention(s.pending.Requester), wanted(*s.pending))))
	case m.Where == b.cfg.AdminChannel:
		c.blocks = append(c.blocks, slack.NewActionBlock("outcome", button(actionTakeOver, s.request.ID, "Take it over")))
	}
	return c
}

// failureID tells one failure from the next: by what failed, why, and when.
func failureID(a store.Account) string {
	h := sha256.New()
	if a.Problem != nil {
		fmt.Fprintf(h, "account %s\n", a.Problem.Message)
	}
	for _, title := range provision.Titles(a) {
		if step := a.Steps[title.Name]; step.State == store.StepFailed {
			fmt.Fprintf(h, "%s %d\n", title.Name, step.Ended.UnixNano())
		}
	}
	return hex.EncodeToString(h.Sum(nil)[:6])
}

func failedContent(a store.Account, r store.Request, who reader) content {
	failed := doing(r) + " failed"
	var lines []string
	if a.Problem != nil {
		lines = append(lines, problemLine(a.Problem, who))
	}
	for _, title := range provision.Titles(a) {
		if step := a.Steps[title.Name]; step.State == store.StepFailed {
			line := "*" + stepTitle(title) + "*"
			if step.Problem != nil {
				line += "\n" + problemLine(step.Problem, who)
			}
			lines = append(lines, line)
		}
	}
	text := spoken(failed) + "."
	if p := a.FirstProblem(); p != nil {
		text += " " + spoken(problemLine(p, who))
	}
	lines = append([]string{":x: *" + failed + "*"}, within(lines, bigList)...)
	return content{text: text, blocks: paragraphs(append(lines, wayOut(a)...))}
}

// wayOut is how an account that has failed goes on.
func wayOut(a store.Account) []string {
	lines := []string{retryLine(a)}
	if adoptable(a) {
		lines = append(lines, fmt.Sprintf("Or take over what was made by hand: `/oktaws adopt %s` asks for that.", accountName(a.AccountKey)))
	}
	return lines
}

// finishedContent says that the account is what was asked for.
func (b *Bot) finishedContent(a store.Account, r store.Request) content {
	account, name := "AWS account "+code(accountName(a.AccountKey)), mrkdwn(a.Label, nameLimit)
	it := about(a.AccountKey, a.Label)
	var head, text string
	switch r.Kind {
	case store.Link, store.Adopt:
		head = fmt.Sprintf(":tada: *%s is linked* as %s.", account, name)
		text = fmt.Sprintf("%s is linked to Okta as %s.", spoken(account), name)
		if names := roleNames(b.cfg.Pipeline.RoleSets[a.RoleSetName()]); len(names) > 0 {
			text += " Roles: " + strings.Join(firstFew(names, 5), ", ") + "."
		}
	case store.Unlink:
		head = fmt.Sprintf(":white_check_mark: *%s is unlinked.*", it)
	case store.Repair:
		head = fmt.Sprintf(":white_check_mark: *%s is repaired*: it is again what it shall be.", it)
		if len(r.Rotate) > 0 {
			head += " It has a new " + rotated(r) + "."
		}
	case store.Rotate:
		head = fmt.Sprintf(":white_check_mark: *%s has a new %s.*", it, rotated(r))
	default:
		head = fmt.Sprintf(":white_check_mark: *%s is switched*: %s.", it, switched(r))
	}
	if text == "" {
		_, said, _ := strings.Cut(head, " ")
		text = spoken(said)
	}
	lines := []string{head}
	if r.Kind == store.Link || r.Kind == store.Adopt || r.Kind == store.Change {
		if a.Known.TileURL != "" {
			lines = append(lines, link(a.Known.TileURL, "Open the tile in Okta"))
		}
		lines = append(lines, b.roleLines("Members of these Okta groups see the tile and get the roles", a.AccountKey, a.Wish, &a)...)
	}
	return content{text: text, blocks: paragraphs(append(lines, leftLines(a)...))}
}

// leftLines is what the steps left alone; each line says why.
func leftLines(a store.Account) []string {
	var left []string
	for _, title := range provision.Titles(a) {
		for _, what := range a.Steps[title.Name].Left {
			left = append(left, "• "+oneLine(statement(what, noteLimit)))
		}
	}
	if len(left) == 0 {
		return nil
	}
	return append([]string{"*Left alone*"}, within(left, smallList)...)
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
