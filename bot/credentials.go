package bot

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/slack-go/slack"

	"github.com/oktaws/oktaws/provision"
	"github.com/oktaws/oktaws/store"
)

const (
	// credentialsTimeout is how long making an access key, and waiting until AWS takes it, may last.
	credentialsTimeout = 60 * time.Second
	// lastWords is how long telling the person may take where the bot ends meanwhile.
	lastWords = 3 * time.Second
)

// showCredentials has an access key made and shows it, once, in a modal. The modal opens before the key is made, since
// Slack gives 3 s to open it. The secret goes into that modal and nowhere else.
func (b *Bot) showCredentials(ctx context.Context, c *click) (outcome, error) {
	t, _, err := b.workable(ctx, c, c.value)
	if err != nil {
		return outcome{}, err
	}
	return outcome{then: func(ctx context.Context) {
		view := b.open(ctx, &c.delivery, credentialsView(section(":hourglass_flowing_sand: Making a key. This takes up to a minute; please leave this window open. If no key has come by then, close it and click *Show credentials* again.")))
		if view == "" {
			return // no key was made, so none is lost
		}
		b.makeCredentials(ctx, c, t, view)
	}}, nil
}

func (b *Bot) makeCredentials(ctx context.Context, c *click, t store.Task, view string) {
	secret, err := b.makeKey(ctx, t, c.by)
	shown := secretView(b.labelOf(ctx, t), t, secret)
	unseen := note(":warning: The window was closed before the key was there, so nobody has seen it. Click *Show credentials* again: that deletes it and makes another.")
	if err != nil {
		b.logRefusal(&c.delivery, err)
		unseen = refusal(err)
		shown = credentialsView(unseen.blocks...)
	}
	ctx, release := outlive(ctx, lastWords)
	defer release()
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	if _, err := b.api.UpdateViewContext(ctx, *shown, "", "", view); err != nil {
		b.log.Warn("the window for the credentials wasn't brought up to date", "task", t.ID, "user", c.by.ID, "key", secret.ID, "error", err)
		b.whisper(ctx, &c.delivery, unseen)
	}
}

// makeKey has the key made, and says what became of it where time ran out.
func (b *Bot) makeKey(ctx context.Context, t store.Task, by store.Person) (provision.Secret, error) {
	making, cancel := context.WithTimeout(ctx, credentialsTimeout)
	defer cancel()
	secret, err := b.provisioner.Credentials(making, t.ID, by)
	_, forPeople := errors.AsType[*store.Error](err)
	switch {
	case err == nil:
	case ctx.Err() != nil:
		err = &store.Error{Kind: store.Transient, Message: "oktaws was stopped before the key was there.", Remedy: "Click *Show credentials* again once it is back.", Err: err}
	case making.Err() != nil && !forPeople:
		err = &store.Error{Kind: store.Transient, Message: "Making the key took too long.", Remedy: "Click *Show credentials* again in a minute.", Err: err}
	}
	return secret, err
}

func credentialsView(blocks ...slack.Block) *slack.ModalViewRequest {
	return &slack.ModalViewRequest{Type: slack.VTModal, CallbackID: "credentials", Title: plain("Credentials"), Close: plain("Close"),
		Blocks: slack.Blocks{BlockSet: blocks}}
}

// labelOf is the name of the application that a task is about, or "" where it can't be read.
func (b *Bot) labelOf(ctx context.Context, t store.Task) (label string) {
	err := b.store.View(ctx, func(tx *store.ReadTx) error {
		a, err := tx.Account(t.Account)
		label = a.AppLabel()
		return err
	})
	if err != nil {
		b.log.Warn("the task's account can't be read", "task", t.ID, "error", err)
	}
	return label
}

// secretView shows the key, and says where it belongs: an admin with several tasks at hand must not mix them up.
func secretView(label string, t store.Task, s provision.Secret) *slack.ModalViewRequest {
	where := "Paste it into Okta's application *%s*, and into no other."
	if t.Kind == store.EnterKey {
		where = "Put it in place of the one in Okta's application *%s*, and into no other."
	}
	return credentialsView(
		section(fmt.Sprintf("This key is for AWS account %s. "+where, code(accountName(t.Account)), mrkdwn(label, nameLimit))),
		toCopy("Access key", s.ID),
		toCopy("Secret key", s.Reveal()),
		section(":warning: They are shown this once and kept nowhere. Clicking *Show credentials* again deletes this key and makes another."),
	)
}

// toCopy is a value in a box with a button to copy it.
func toCopy(label, value string) slack.Block {
	text := func(s string, style *slack.RichTextSectionTextStyle) slack.RichTextSectionElement {
		return slack.NewRichTextSectionTextElement(s, style)
	}
	return slack.NewRichTextBlock("",
		slack.NewRichTextSection(text(label, &slack.RichTextSectionTextStyle{Bold: true})),
		&slack.RichTextPreformatted{Type: slack.RTEPreformatted, Elements: []slack.RichTextSectionElement{text(value, nil)}},
	)
}
