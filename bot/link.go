package bot

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/slack-go/slack"

	"github.com/oktaws/oktaws/store"
)

const (
	viewLink = "link"

	// The inputs of the form, by block ID.
	inputAccount = "account"
	inputLabel   = "label"
	inputReason  = "reason"

	maxReason    = 3000 // characters, what a text input takes at most
	maxLabel     = 100  // characters
	labelExample = "Gmail-AWS-Account"
)

// DefaultLabelPattern is the naming scheme of an operator who sets none. The bot knows its meaning in words.
const DefaultLabelPattern = `^[A-Za-z0-9][A-Za-z0-9._-]{2,99}$`

// wish is what somebody asks to link.
type wish struct {
	account, label, reason string // as typed
}

// link asks for an account in one line, or opens the form.
func (b *Bot) link(ctx context.Context, c *command, rest string) (outcome, error) {
	var w wish
	w.account, rest = word(rest)
	w.label, w.reason = word(rest)
	if w.account == "" {
		return outcome{open: linkView(w)}, nil
	}
	id, err := accountID(w.account)
	if err != nil {
		return outcome{}, err
	}
	w.account = id
	if w.label == "" {
		return outcome{open: linkView(w)}, nil
	}
	if err := b.labelFits(w.label); err != nil {
		return outcome{}, err
	}
	r, err := b.ask(ctx, &c.delivery, w)
	if err != nil {
		return outcome{}, err
	}
	return outcome{say: note(askedSentence(r))}, nil
}

func askedSentence(r store.Request) string {
	return fmt.Sprintf(":incoming_envelope: You asked to link AWS account %s to Okta as %s. You will hear by direct message once it is decided.", code(r.Account.ID), code(r.Label))
}

// linkSubmitted asks for the account that the form names, or shows in the form what is wrong.
func (b *Bot) linkSubmitted(ctx context.Context, s *submission) (outcome, error) {
	if _, err := b.member(ctx, &s.delivery); err != nil {
		return outcome{}, err
	}
	w := wish{account: s.values[inputAccount], label: strings.TrimSpace(s.values[inputLabel]), reason: s.values[inputReason]}
	wrong := map[string]string{}
	id, err := accountID(w.account)
	if err != nil {
		wrong[inputAccount] = formError(err)
	}
	w.account = id
	if err := b.labelFits(w.label); err != nil {
		wrong[inputLabel] = formError(err)
	}
	if len(wrong) > 0 {
		return outcome{errors: wrong}, nil
	}
	_, err = b.ask(ctx, &s.delivery, w)
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

// labelRemedy gives an example that fits the scheme, if there is one.
func (b *Bot) labelRemedy() string {
	if b.cfg.LabelPattern != nil && !b.cfg.LabelPattern.MatchString(labelExample) {
		return "Ask an admin for a name that fits."
	}
	return "Example: `" + labelExample + "`."
}

// ask records the request.
func (b *Bot) ask(ctx context.Context, d *delivery, w wish) (store.Request, error) {
	now := b.clock.Now().UTC()
	wanted := store.Request{
		ID: requestID(now), Kind: store.Link,
		Account: store.AccountKey{Partition: b.cfg.Partition, ID: w.account},
		Label:   w.label, Mode: b.cfg.Mode, Reason: cut(strings.TrimSpace(w.reason), maxReason),
		Requester: d.by, Required: b.cfg.Required,
	}
	if b.cfg.ExpireAfter > 0 {
		wanted.Expires = now.Add(b.cfg.ExpireAfter)
	}
	var opened store.Request
	err := b.once(ctx, d, func(tx *store.Tx) (err error) {
		opened, err = tx.OpenRequest(wanted)
		return err
	})
	return opened, err
}

// requestID names a request so that requests sort by time: 20261123-165101-k3f9qz.
func requestID(now time.Time) string {
	return now.Format("20060102-150405-") + strings.ToLower(rand.Text()[:6])
}

// linkView is the form, filled in as far as w goes.
func linkView(w wish) *slack.ModalViewRequest {
	account := slack.NewPlainTextInputBlockElement(plain("111122223333"), "value").WithInitialValue(w.account).WithMaxLength(40)
	label := slack.NewPlainTextInputBlockElement(plain(labelExample), "value").WithInitialValue(w.label).WithMaxLength(maxLabel)
	reason := slack.NewPlainTextInputBlockElement(nil, "value").WithInitialValue(w.reason).WithMultiline(true).WithMaxLength(maxReason)
	return &slack.ModalViewRequest{
		Type: slack.VTModal, CallbackID: viewLink,
		Title: plain("Link an AWS account"), Submit: plain("Ask"), Close: plain("Cancel"),
		Blocks: slack.Blocks{BlockSet: []slack.Block{
			slack.NewInputBlock(inputAccount, plain("AWS account ID"), plain("12 digits; hyphens are fine."), account),
			slack.NewInputBlock(inputLabel, plain("Application name"), plain("The name of the tile in Okta."), label),
			slack.NewInputBlock(inputReason, plain("Reason"), plain("What the admins should know."), reason).WithOptional(true),
			aside("An admin decides; you hear by direct message."),
		}},
	}
}

// noticeView is a modal that says something.
func noticeView(c content) *slack.ModalViewRequest {
	return &slack.ModalViewRequest{Type: slack.VTModal, Title: plain("oktaws"), Close: plain("Close"), Blocks: slack.Blocks{BlockSet: c.blocks}}
}
