package bot

import (
	"fmt"
	"strings"

	"github.com/slack-go/slack"

	"github.com/oktaws/oktaws/store"
)

// renderRequest is a request in the admin channel.
func (b *Bot) renderRequest(m store.Message, s scene) rendering {
	r := s.request
	asks := fmt.Sprintf("%s asks to %s.", mention(r.Requester), wanted(r))
	blocks := []slack.Block{section(sign(r.Kind) + " " + asks)}
	if r.Reason != "" {
		blocks = append(blocks, section("*Reason*\n"+quote(r.Reason, reasonLimit)))
	}
	if r.Size == 0 && (r.Kind == store.Link || r.Kind == store.Adopt || r.Kind == store.Change) {
		blocks = append(blocks, paragraphs(b.roleLines("Roles that the account gets", r.Account, r.Wish, s.known))...)
	}
	blocks = append(blocks, paragraphs(b.planLines(s))...)
	for _, line := range approvalLines(r) {
		blocks = append(blocks, section(line))
	}
	text := spoken(asks)
	switch {
	case r.State != store.Pending:
		return rendering{identity: showRequest, content: content{text: text + " " + decisionLine(r), blocks: append(blocks, section(decisionLine(r)))}}
	case m.Where != b.cfg.AdminChannel:
		moved := "This is now decided in <#" + b.cfg.AdminChannel + ">."
		return rendering{identity: showRequest, content: content{text: text + " " + moved, blocks: append(blocks, aside(moved))}}
	}
	if r.Kind == store.Link && r.Size > 0 && listedInFile(s) && (s.listed == nil || s.listed.TS == "") {
		follows := "The file with all accounts follows in the thread; then this can be decided."
		if s.listed != nil && s.listed.Attempts > 1 {
			follows = ":warning: Slack doesn't take the file with all accounts, without which this can't be decided. oktaws keeps trying; `oktaws check` on its machine says what is missing, such as the scope files:write."
		}
		return rendering{identity: showRequest, content: content{text: text + " " + follows, blocks: append(blocks, aside(follows))}}
	}
	waits := "Needs " + plural(r.Required, "approval", "approvals") + "."
	if !r.Expires.IsZero() {
		waits += " Expires " + when(r.Expires) + " if nobody decides."
	}
	blocks = append(blocks, aside(waits), slack.NewActionBlock("decide",
		button(actionApprove, r.ID, "Approve").WithStyle(slack.StylePrimary),
		button(actionDeny, r.ID, "Deny").WithStyle(slack.StyleDanger),
	))
	return rendering{identity: showRequest, content: content{text: text + " Approve or deny it here.", blocks: blocks}}
}

func button(action, value, text string) *slack.ButtonBlockElement {
	return slack.NewButtonBlockElement(action, value, plain(text))
}

// approvalLines is who approved so far, where more than one must.
func approvalLines(r store.Request) []string {
	if r.Required < 2 || len(r.Approvals) == 0 {
		return nil
	}
	const most = 10
	var lines []string
	for _, a := range r.Approvals {
		lines = append(lines, fmt.Sprintf(":ballot_box_with_check: %s approved %s.", mention(a.By), when(a.At)))
	}
	lines = firstFew(lines, most)
	if missing := r.Required - len(r.Approvals); r.State == store.Pending && missing > 0 {
		lines = append(lines, needed(missing)+" needed.")
	}
	return []string{strings.Join(lines, "\n")}
}

// decisionLine is who decided on a request, how, and when.
func decisionLine(r store.Request) string {
	d := r.Decided
	if d == nil {
		return "Waiting for approval."
	}
	switch {
	case r.State == store.Approved && d.By.IsOperator():
		return fmt.Sprintf(":white_check_mark: Approved by %s on the command line %s:\n%s", mention(d.By), when(d.At), quote(d.Reason, reasonLimit))
	case r.State == store.RequestDenied && d.By.IsOperator():
		return fmt.Sprintf(":no_entry: Denied by %s on the command line %s:\n%s", mention(d.By), when(d.At), quote(d.Reason, reasonLimit))
	}
	switch r.State {
	case store.Approved:
		return fmt.Sprintf(":white_check_mark: Approved by %s %s.", mention(d.By), when(d.At))
	case store.RequestDenied:
		return fmt.Sprintf(":no_entry: Denied by %s %s:\n%s", mention(d.By), when(d.At), quote(d.Reason, reasonLimit))
	case store.Withdrawn:
		return fmt.Sprintf(":leftwards_arrow_with_hook: Withdrawn by %s %s.", mention(d.By), when(d.At))
	case store.Expired:
		return fmt.Sprintf(":alarm_clock: Expired %s, since nobody decided in time.", when(d.At))
	case store.Skipped:
		return fmt.Sprintf(":fast_forward: Skipped %s: %s", when(d.At), sentence(d.Reason, reasonLimit))
	}
	return ""
}

// renderRequested is a request to who asked, with the way back.
func renderRequested(s scene) rendering {
	r := s.request
	asked := fmt.Sprintf("You asked to %s.", wanted(r))
	text := spoken(asked)
	blocks := []slack.Block{section(":incoming_envelope: " + asked)}
	if r.Reason != "" {
		blocks = append(blocks, section(quote(r.Reason, reasonLimit)))
	}
	blocks = append(blocks, paragraphs(waitsForLines(s))...)
	if r.Kind == store.Link {
		blocks = append(blocks, paragraphs(leftOutLines(s.left, smallList))...)
	}
	if r.State != store.Pending {
		ended := "The request " + became(r.State) + "."
		return rendering{identity: showRequested, content: content{text: text + " " + ended, blocks: append(blocks, aside(ended))}}
	}
	waits := "It waits for " + plural(r.Required, "approval", "approvals") + "."
	if n := len(r.Approvals); n > 0 {
		waits = fmt.Sprintf("It has %d of %d approvals.", n, r.Required)
	}
	if !r.Expires.IsZero() {
		waits += " It expires " + when(r.Expires) + " if nobody decides."
	}
	if r.Size > 0 {
		waits += " To take it back: the button, or `/oktaws withdraw " + r.ID + "`."
	}
	blocks = append(blocks, aside(waits), slack.NewActionBlock("requested", button(actionWithdraw, r.ID, "Withdraw")))
	return rendering{identity: showRequested, content: content{text: text + " " + waits, blocks: blocks}}
}

// renderDecision tells who asked how the request was decided.
func renderDecision(s scene) rendering {
	r := s.request
	if r.State == store.Pending || r.Decided == nil {
		return rendering{}
	}
	asked := "Your request to " + wanted(r)
	text := fmt.Sprintf("%s %s.", spoken(asked), became(r.State))
	var next string
	switch r.State {
	case store.Approved:
		text = fmt.Sprintf("%s was approved by %s. It begins now.", spoken(asked), mention(r.Decided.By))
		next = "It begins now; a message here shows how it goes."
	case store.RequestDenied:
		text = fmt.Sprintf("%s was denied by %s: %s", spoken(asked), mention(r.Decided.By), mrkdwn(r.Decided.Reason, reasonLimit))
		next = "You may ask again with " + askAgain(s) + "."
	case store.Expired:
		next = "Ask again with " + askAgain(s) + ", and tell an admin."
	case store.Skipped:
		next = sentence("see how far it is with /oktaws status "+accountName(r.Account), noteLimit)
	case store.Withdrawn:
		next = "You may ask again with " + askAgain(s) + "."
	}
	return rendering{identity: string(r.State), content: content{text: text, blocks: []slack.Block{
		section(asked + "\n" + decisionLine(r)), aside(next),
	}}}
}
