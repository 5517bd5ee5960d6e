package bot

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/slack-go/slack"

	"github.com/oktaws/oktaws/store"
)

const (
	viewLink = "link"

	// The inputs of the form, by block ID.
	inputAccount   = "account"
	inputPartition = "partition"
	inputLabel     = "label"
	inputRoleSet   = "role-set"
	inputReason    = "reason"

	maxReason    = 3000 // characters, what a text input takes at most
	maxLabel     = 100  // characters
	labelExample = "Gmail-AWS-Account"
)

// DefaultLabelPattern is the naming scheme of an operator who sets none. The bot knows its meaning in words.
const DefaultLabelPattern = `^[A-Za-z0-9][A-Za-z0-9._-]{2,99}$`

// linkForm is what somebody asks to link, as typed so far; the role set as a wish keeps it.
type linkForm struct {
	account, label, roleSet, reason string
}

// link asks for an account in one line, or for many, or opens a form.
func (b *Bot) link(ctx context.Context, c *command, rest string) (outcome, error) {
	o, err := readLinkOptions(rest)
	switch {
	case err != nil:
		return outcome{}, err
	case o.all || o.hasUnit:
		return b.linkOrganization(ctx, c, o)
	case isList(o.rest):
		return b.linkMany(ctx, &c.delivery, listing{pasted: o.rest, roleSet: o.roleSet, reason: o.reason})
	case o.list:
		return outcome{open: b.linksView(listForm{pasted: o.rest, roleSet: o.roleSet, reason: o.reason})}, nil
	}
	typed, rest := word(o.rest)
	if typed == "" {
		return outcome{open: b.linkView(linkForm{roleSet: o.roleSet, reason: o.reason})}, nil
	}
	key, err := b.accountKey(typed)
	if err != nil {
		return outcome{}, err
	}
	f, err := b.linkLine(key, rest)
	if err != nil {
		return outcome{}, err
	}
	f.reason = strings.TrimSpace(f.reason + " " + o.reason)
	if o.roleSet != "" {
		if f.roleSet, err = b.roleSet(o.roleSet); err != nil {
			return outcome{}, err
		}
	}
	if f.label == "" {
		return outcome{open: b.linkView(f)}, nil
	}
	return b.asked(ctx, c, store.Request{Kind: store.Link, Account: key, Wish: b.wish(key, f.label, f.roleSet), Reason: f.reason}, nil)
}

// linkLine reads what follows the account: [application name] [role-set=NAME] [reason].
func (b *Bot) linkLine(key store.AccountKey, rest string) (f linkForm, err error) {
	f.account = accountName(key)
	set, rest := roleSetWord(rest)
	f.label, rest = word(rest)
	if set == "" {
		set, rest = roleSetWord(rest)
	}
	f.reason = rest
	if f.roleSet, err = b.roleSet(set); err != nil {
		return f, err
	}
	if f.label != "" {
		err = b.labelFits(f.label)
	}
	return f, err
}

// linkSubmitted asks for the account that the form names, or shows in the form what is wrong.
func (b *Bot) linkSubmitted(ctx context.Context, s *submission) (outcome, error) {
	if _, err := b.member(ctx, &s.delivery); err != nil {
		return outcome{}, err
	}
	wrong := map[string]string{}
	account := s.values[inputAccount]
	if partition := s.values[inputPartition]; partition != "" && !strings.Contains(account, "/") {
		account = partition + "/" + account
	}
	key, err := b.accountKey(account)
	if err != nil {
		wrong[inputAccount] = formError(err)
	}
	label := strings.TrimSpace(s.values[inputLabel])
	if err := b.labelFits(label); err != nil {
		wrong[inputLabel] = formError(err)
	}
	set, err := b.roleSet(s.values[inputRoleSet])
	if err != nil {
		wrong[inputRoleSet] = formError(err)
	}
	if len(wrong) > 0 {
		return outcome{errors: wrong}, nil
	}
	_, err = b.ask(ctx, &s.delivery, store.Request{Kind: store.Link, Account: key, Wish: b.wish(key, label, set), Reason: s.values[inputReason]}, nil)
	if store.KindOf(err) == store.Conflict && !errors.Is(err, errRepeated) {
		b.logRefusal(&s.delivery, err)
		field := inputAccount
		if errors.Is(err, store.ErrLabelTaken) {
			field = inputLabel
		}
		return outcome{errors: map[string]string{field: formError(err)}}, nil
	}
	return outcome{}, err
}

// formError is err as a form shows it: plain text without mrkdwn.
func formError(err error) string {
	message, remedy := store.Explain(err)
	text := plainSentence(message, problemLimit) + spaced(plainSentence(remedy, problemLimit))
	return strings.ReplaceAll(text, "`", "")
}

// labelFits refuses a name that the naming scheme doesn't allow.
func (b *Bot) labelFits(label string) error {
	if label == "" {
		return invalid("A name for the Okta application is missing.", b.labelRemedy())
	}
	if characters(label) <= maxLabel && (b.cfg.LabelPattern == nil || b.cfg.LabelPattern.MatchString(label)) {
		return nil
	}
	shown := cut(strings.ReplaceAll(label, "`", "'"), 100)
	return invalid(fmt.Sprintf("`%s` doesn't fit the naming scheme: %s.", shown, b.scheme(label)), b.labelRemedy())
}

// scheme is the naming scheme in words, as far as a pattern can be put into words.
func (b *Bot) scheme(label string) string {
	switch {
	case b.cfg.LabelPattern != nil && b.cfg.LabelPattern.String() == DefaultLabelPattern:
		return "names have 3 to 100 letters, digits, dots, hyphens and underscores, and begin with a letter or a digit"
	case characters(label) > maxLabel || b.cfg.LabelPattern == nil:
		return fmt.Sprintf("names have at most %d characters", maxLabel)
	}
	return fmt.Sprintf("names must match the pattern `%s`", b.cfg.LabelPattern)
}

// exampleLabel stands for an application's name in an example of a command: one that would be taken.
func (b *Bot) exampleLabel() string {
	if b.cfg.LabelPattern != nil && !b.cfg.LabelPattern.MatchString(labelExample) {
		return "<application name>"
	}
	return labelExample
}

// labelRemedy gives an example that fits the scheme, if there is one.
func (b *Bot) labelRemedy() string {
	if b.cfg.LabelPattern != nil && !b.cfg.LabelPattern.MatchString(labelExample) {
		return "Ask an admin for a name that fits."
	}
	return "Example: `" + labelExample + "`."
}

// linkView is the form, filled in as far as f goes. It asks for the partition and the role set where there are several.
func (b *Bot) linkView(f linkForm) *slack.ModalViewRequest {
	partition, id, has := strings.Cut(f.account, "/")
	if !has {
		partition, id = b.cfg.Partitions[0], f.account
	}
	account := slack.NewPlainTextInputBlockElement(plain("111122223333"), "value").WithInitialValue(id).WithMaxLength(40)
	label := slack.NewPlainTextInputBlockElement(plain(labelExample), "value").WithInitialValue(f.label).WithMaxLength(maxLabel)
	reason := slack.NewPlainTextInputBlockElement(nil, "value").WithInitialValue(cut(f.reason, maxReason)).WithMultiline(true).WithMaxLength(maxReason)
	blocks := []slack.Block{slack.NewInputBlock(inputAccount, plain("AWS account ID"), plain("12 digits; hyphens are fine."), account)}
	if len(b.cfg.Partitions) > 1 {
		blocks = append(blocks, slack.NewInputBlock(inputPartition, plain("Partition"), nil, menu(b.cfg.Partitions, partition)))
	}
	blocks = append(blocks, slack.NewInputBlock(inputLabel, plain("Application name"), plain("The name of the tile in Okta."), label))
	if sets := b.roleSets(); len(sets) > 1 {
		chosen := store.Wish{RoleSet: f.roleSet}.RoleSetName()
		blocks = append(blocks, slack.NewInputBlock(inputRoleSet, plain("Role set"), plain("The IAM roles that the account gets."), menu(sets, chosen)))
	}
	blocks = append(blocks, slack.NewInputBlock(inputReason, plain("Reason"), plain("What the admins should know."), reason).WithOptional(true),
		aside("An admin decides; you hear by direct message."),
		slack.NewActionBlock("more", button(actionSeveral, "", "Several accounts")))
	return &slack.ModalViewRequest{
		Type: slack.VTModal, CallbackID: viewLink,
		Title: plain("Link an AWS account"), Submit: plain("Ask"), Close: plain("Cancel"),
		Blocks: slack.Blocks{BlockSet: blocks},
	}
}

// menu is a select of a form that offers names, as many as Slack takes, with one of them chosen.
func menu(names []string, chosen string) *slack.SelectBlockElement {
	m := slack.NewOptionsSelectBlockElement(slack.OptTypeStatic, nil, "value")
	for _, name := range names[:min(len(names), maxOptions)] {
		o := option(name, name)
		m.Options = append(m.Options, o)
		if name == chosen {
			m.InitialOption = o
		}
	}
	return m
}

// What Slack takes of a menu (https://docs.slack.dev/reference/block-kit/composition-objects/option-object).
const (
	maxOptions    = 100
	maxOptionText = 75 // characters
)

func option(value, text string) *slack.OptionBlockObject {
	return slack.NewOptionBlockObject(value, plain(cut(text, maxOptionText)), nil)
}

// noticeView is a modal that says something.
func noticeView(c content) *slack.ModalViewRequest {
	return &slack.ModalViewRequest{Type: slack.VTModal, Title: plain("oktaws"), Close: plain("Close"), Blocks: slack.Blocks{BlockSet: c.blocks}}
}
