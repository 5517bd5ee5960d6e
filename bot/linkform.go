package bot

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/slack-go/slack"

	"github.com/oktaws/oktaws/internal/roster"
	"github.com/oktaws/oktaws/store"
)

const (
	viewLinks = "links"

	// The inputs of the form for several accounts, by block ID.
	inputList = "list"
	inputFile = "file"
)

// listForm is several accounts to link, as typed so far; the role set by its name.
type listForm struct {
	pasted, roleSet, reason string
}

// linksView is the form for several accounts, filled in as far as f goes.
func (b *Bot) linksView(f listForm) *slack.ModalViewRequest {
	example := "111122223333, " + b.exampleLabel() + "\n444455556666, Another-Name"
	if b.exampleLabel() != labelExample {
		example = "111122223333\n444455556666"
	}
	list := slack.NewPlainTextInputBlockElement(plain(example), "value").WithInitialValue(cut(f.pasted, maxReason)).WithMultiline(true).WithMaxLength(maxReason)
	file := slack.NewFileInputBlockElement("value").WithFileTypes("csv", "txt", "tsv").WithMaxFiles(1)
	reason := slack.NewPlainTextInputBlockElement(nil, "value").WithInitialValue(cut(f.reason, maxReason)).WithMultiline(true).WithMaxLength(maxReason)
	blocks := []slack.Block{
		slack.NewInputBlock(inputList, plain("Accounts"), plain(fmt.Sprintf("One a line: account ID, application name, and a role set where it needs another. Without a name, an account is called as in the organization. Up to %d characters.", maxReason)), list).WithOptional(true),
		slack.NewInputBlock(inputFile, plain("Or a CSV file"), plain("The same columns; up to 10,000 accounts."), file).WithOptional(true),
	}
	if sets := b.roleSets(); len(sets) > 1 {
		chosen := f.roleSet
		if name, err := b.roleSet(chosen); err == nil {
			chosen = store.Wish{RoleSet: name}.RoleSetName()
		}
		blocks = append(blocks, slack.NewInputBlock(inputRoleSet, plain("Role set"), plain("Of the accounts that name none in the list."), menu(sets, chosen)))
	}
	blocks = append(blocks, slack.NewInputBlock(inputReason, plain("Reason"), plain("What the admins should know."), reason).WithOptional(true),
		aside("An admin decides on all of them at once; you hear by direct message."))
	return &slack.ModalViewRequest{
		Type: slack.VTModal, CallbackID: viewLinks,
		Title: plain("Link several accounts"), Submit: plain("Ask"), Close: plain("Cancel"),
		Blocks: slack.Blocks{BlockSet: blocks},
	}
}

// severalClicked makes of the form for one account the form for several, and keeps what is typed.
func (b *Bot) severalClicked(ctx context.Context, c *click) (outcome, error) {
	if _, err := b.member(ctx, &c.delivery); err != nil {
		return outcome{}, err
	}
	if c.view == "" {
		return outcome{}, oldMessage()
	}
	f := listForm{roleSet: c.values[inputRoleSet], reason: c.values[inputReason]}
	if account := strings.TrimSpace(c.values[inputAccount]); account != "" {
		if partition := c.values[inputPartition]; partition != "" && partition != b.cfg.Partitions[0] && !strings.Contains(account, "/") {
			account = partition + "/" + account
		}
		f.pasted = strings.TrimSuffix(account+", "+strings.TrimSpace(c.values[inputLabel]), ", ")
	}
	return outcome{then: func(ctx context.Context) {
		ctx, cancel := context.WithTimeout(ctx, callTimeout)
		defer cancel()
		if _, err := b.api.UpdateViewContext(ctx, *b.linksView(f), "", "", c.view); err != nil {
			b.log.Warn("a modal wasn't brought up to date", "envelope", c.id, "user", c.by.ID, "view", viewLinks, "error", err)
			b.tell(ctx, &c.delivery, note(":warning: Slack didn't show the form for several accounts. Please type `/oktaws link --list`."))
		}
	}}, nil
}

// linksSubmitted asks for the accounts that the form names, or shows in the form what is wrong.
func (b *Bot) linksSubmitted(ctx context.Context, s *submission) (outcome, error) {
	if _, err := b.member(ctx, &s.delivery); err != nil {
		return outcome{}, err
	}
	pasted, files := strings.TrimSpace(s.values[inputList]), s.files[inputFile]
	wrong := func(field, what string) (outcome, error) {
		return outcome{errors: map[string]string{field: what}}, nil
	}
	l := listing{pasted: pasted, roleSet: s.values[inputRoleSet], reason: s.values[inputReason]}
	switch {
	case pasted == "" && len(files) == 0:
		return wrong(inputList, "Paste the accounts here, or choose a CSV file below.")
	case pasted != "" && len(files) > 0:
		return wrong(inputFile, "There is a list above, too. Empty that, or take the file away.")
	case len(files) > 0:
		return b.fileSubmitted(ctx, s, files[0], l)
	}
	list, err := b.cfg.Roster.Read(strings.NewReader(pasted))
	if err != nil {
		return outcome{}, err
	}
	if len(list.Problems) > 0 {
		return wrong(inputList, fieldProblems(list.Problems))
	}
	l.read = &list
	return b.manySubmitted(ctx, s, l, inputList)
}

// manySubmitted asks for what was read, and shows a refusal in the form, which keeps what is typed.
func (b *Bot) manySubmitted(ctx context.Context, s *submission, l listing, field string) (outcome, error) {
	o, err := b.linkMany(ctx, &s.delivery, l)
	if refused, ok := errors.AsType[*store.Error](err); ok && refused.Kind != store.Denied && !errors.Is(err, errRepeated) {
		b.logRefusal(&s.delivery, err)
		return outcome{errors: map[string]string{field: formError(err)}}, nil
	}
	return o, err
}

// fileSubmitted reads a file of the form: with the ack where that goes quickly, and else after it.
func (b *Bot) fileSubmitted(ctx context.Context, s *submission, f slack.File, l listing) (outcome, error) {
	quick, cancel := context.WithTimeout(ctx, promptly)
	defer cancel()
	list, err := b.download(quick, f)
	switch {
	case err != nil && quick.Err() != nil:
		return outcome{say: note(":mag: Reading the file. What comes of it is told to you by direct message. If nothing has come in ten minutes, please ask again."),
			then: b.meanwhile(&s.delivery, func(ctx context.Context) (content, error) {
				if list, err = b.download(ctx, f); err != nil {
					return content{}, err
				}
				l.read = &list
				return b.askForMany(ctx, &s.delivery, l)
			})}, nil
	case err != nil:
		b.logRefusal(&s.delivery, err)
		return outcome{errors: map[string]string{inputFile: formError(err)}}, nil
	case len(list.Problems) > 0:
		o := outcome{errors: map[string]string{inputFile: fieldProblems(list.Problems)}}
		if len(list.Problems) > mostInField {
			o.then = func(ctx context.Context) { b.tell(ctx, &s.delivery, refusal(&badList{list.Problems})) }
		}
		return o, nil
	}
	l.read = &list
	return b.manySubmitted(ctx, s, l, inputFile)
}

// download reads a file that somebody put into a form. Without the scope files:read, Slack answers with its page to sign
// in on (https://github.com/slackapi/deno-slack-sdk/issues/285).
func (b *Bot) download(ctx context.Context, f slack.File) (roster.List, error) {
	if f.Size > roster.MaxBytes {
		return b.cfg.Roster.Read(bytes.NewReader(make([]byte, roster.MaxBytes+1))) // says how long a list may be
	}
	address := f.URLPrivateDownload
	if address == "" {
		address = f.URLPrivate
	}
	var content bytes.Buffer
	if err := b.api.GetFileContext(ctx, address, &content); err != nil {
		return roster.List{}, &store.Error{Kind: store.Transient, Message: "Slack didn't hand out the file.", Remedy: "Please try again in a moment, or paste the accounts.", Err: bare(err)}
	}
	if head := strings.ToLower(strings.TrimSpace(content.String()[:min(content.Len(), 200)])); strings.HasPrefix(head, "<!doctype html") || strings.HasPrefix(head, "<html") {
		return roster.List{}, &store.Error{Kind: store.Permanent, Message: "Slack handed out a web page in place of the file.",
			Remedy: "Is it a CSV file? Then the Slack app lacks the scope files:read: an admin adds it on the app's page OAuth & Permissions, and installs the app again. Or paste the accounts."}
	}
	return b.cfg.Roster.Read(&content)
}

// mostInField is how many problems of a list stand under a field of a form.
const mostInField = 10

// fieldProblems is what is wrong with a list, under a field: as plain text, since Slack shows no other there.
func fieldProblems(problems []roster.Problem) string {
	var lines []string
	for _, p := range problems {
		lines = append(lines, cut(p.String(), noteLimit))
	}
	lines = within(firstFew(lines, mostInField), 2000-40)
	return strings.Join(lines, "\n")
}
