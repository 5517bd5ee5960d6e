package bot

import (
	"context"
	"errors"
	"maps"
	"time"

	"github.com/slack-go/slack"

	"github.com/oktaws/oktaws/store"
)

// delivery is one envelope on its way through the bot: who did something, where, and how to answer.
type delivery struct {
	id          string // of the envelope
	by          store.Person
	enterprise  string // empty where Slack names none
	trigger     string // opens one view, within 3 s
	responseURL string // takes 5 answers within 30 minutes; empty for submissions
	channel     string
	recorded    bool // whether the store remembers it
}

// command is a slash command.
type command struct {
	delivery
	text         string // as typed, without Slack's escapes
	takesPayload bool   // the answer may go with the ack
}

// click is a click on a button, or a choice in a menu, of a message.
type click struct {
	delivery
	action string            // which button
	value  string            // what the button carries: the ID of a record
	ts     string            // of the message
	view   string            // the modal that it is in, by its ID; empty: it is in a message
	values map[string]string // what is typed in that modal so far, by the input's block ID
}

// submission is a modal that somebody sent off.
type submission struct {
	delivery
	view     string // callback ID
	metadata string
	values   map[string]string       // what was typed, or the one thing chosen, by the input's block ID
	chosen   map[string][]string     // where several can be chosen, by the input's block ID
	files    map[string][]slack.File // by the input's block ID
}

func newCommand(envelope string, takesPayload bool, c slack.SlashCommand) *command {
	return &command{
		delivery: delivery{id: envelope, by: store.Person{ID: c.UserID, Team: c.TeamID}, enterprise: c.EnterpriseID,
			trigger: c.TriggerID, responseURL: c.ResponseURL, channel: c.ChannelID},
		text:         typed(c.Text),
		takesPayload: takesPayload,
	}
}

func newClick(envelope string, i slack.InteractionCallback) *click {
	c := &click{delivery: interaction(envelope, i), ts: i.Container.MessageTs, view: i.Container.ViewID, values: map[string]string{}}
	if i.View.State != nil {
		for block, inputs := range i.View.State.Values {
			for input := range maps.Values(inputs) {
				c.values[block] = entered(input)
			}
		}
	}
	c.channel = i.Container.ChannelID
	if len(i.ActionCallback.BlockActions) > 0 {
		a := i.ActionCallback.BlockActions[0]
		c.action, c.value = a.ActionID, a.Value
		if a.SelectedOption.Value != "" {
			c.value = a.SelectedOption.Value
		}
	}
	return c
}

func newSubmission(envelope string, i slack.InteractionCallback) *submission {
	s := &submission{delivery: interaction(envelope, i), view: i.View.CallbackID, metadata: i.View.PrivateMetadata,
		values: map[string]string{}, chosen: map[string][]string{}, files: map[string][]slack.File{}}
	if i.View.State != nil {
		for block, inputs := range i.View.State.Values {
			for input := range maps.Values(inputs) {
				s.values[block], s.files[block] = entered(input), input.Files
				for _, option := range input.SelectedOptions {
					s.chosen[block] = append(s.chosen[block], option.Value)
				}
			}
		}
	}
	return s
}

// entered is what was typed into an input, or the one thing chosen.
func entered(input slack.BlockAction) string {
	if input.SelectedOption.Value != "" {
		return input.SelectedOption.Value
	}
	return input.Value
}

func interaction(envelope string, i slack.InteractionCallback) delivery {
	d := delivery{id: envelope, by: store.Person{ID: i.User.ID, Team: i.User.TeamID}, enterprise: i.Enterprise.ID,
		trigger: i.TriggerID, responseURL: i.ResponseURL}
	if d.by.Team == "" {
		d.by.Team = i.Team.ID
	}
	if d.enterprise == "" {
		d.enterprise = i.Team.EnterpriseID
	}
	return d
}

// errRepeated says that an envelope was delivered before: it is acknowledged, and nothing else happens.
var errRepeated = errors.New("delivered before")

// once changes the records for a delivery, in the one transaction that also remembers the delivery, so that the two are
// kept or lost together. It fails with errRepeated where the delivery came before.
func (b *Bot) once(ctx context.Context, d *delivery, change func(*store.Tx) error) error {
	repeated := false
	err := b.store.Update(ctx, func(tx *store.Tx) error {
		first, err := tx.FirstTime(d.id)
		if repeated = !first; err != nil || repeated {
			return err
		}
		return change(tx)
	})
	if err != nil {
		return err
	}
	if repeated {
		return errRepeated
	}
	d.recorded = true
	return nil
}

// outcome is what came of a delivery: words for that person alone, a modal, or something to do after the ack.
type outcome struct {
	say    content
	errors map[string]string       // of a submission, by the input's block ID
	open   *slack.ModalViewRequest // opens on the delivery's trigger
	then   func(ctx context.Context)
}

// judging is how long a delivery may take to be judged and recorded, so that the ack stays within Slack's 3 s.
const judging = 2 * time.Second

// conclude has a delivery done, and remembers it also where nothing was recorded, so that no delivery is answered
// twice; only while the store can't be written, what changes nothing is answered all the same. repeated says that it was
// delivered before.
func (b *Bot) conclude(ctx context.Context, d *delivery, do func(context.Context) (outcome, error)) (o outcome, repeated bool) {
	judged, cancel := context.WithTimeout(ctx, judging)
	defer cancel()
	o, err := do(judged)
	if !d.recorded && !errors.Is(err, errRepeated) {
		if unknown := b.once(ctx, d, func(*store.Tx) error { return nil }); unknown != nil {
			if err == nil && !errors.Is(unknown, store.ErrUnwritable) || errors.Is(unknown, errRepeated) {
				err = unknown
			}
		}
	}
	switch {
	case errors.Is(err, errRepeated):
		b.log.Info("delivered before; nothing is done again", "envelope", d.id)
		return outcome{}, true
	case err != nil:
		b.logRefusal(d, err)
		return outcome{say: refusal(err)}, false
	}
	return o, false
}

// logRefusal tells what was refused to a person apart from what went wrong, which has a cause that the operator should see.
func (b *Bot) logRefusal(d *delivery, err error) {
	said, forPeople := errors.AsType[*store.Error](err)
	_, decided := errors.AsType[*store.Decided](err)
	if decided || forPeople && said.Err == nil || errors.Is(err, store.ErrUnwritable) { // that is in the log already
		b.log.Info("refused", "envelope", d.id, "user", d.by.ID, "team", d.by.Team, "why", err)
		return
	}
	b.log.Error("failed", "envelope", d.id, "user", d.by.ID, "team", d.by.Team, "error", err)
}

// refusal is err as the person who caused it reads it.
func refusal(err error) content {
	if decided, ok := errors.AsType[*store.Decided](err); ok {
		return note(":information_source: " + decidedSentence(decided.Request))
	}
	message, remedy := store.Explain(err)
	if bad, ok := errors.AsType[*badList](err); ok {
		return content{text: message, blocks: paragraphs(append(append([]string{":no_entry_sign: " + message}, bad.lines(bigList)...), remedy))}
	}
	if _, forPeople := errors.AsType[*store.Error](err); !forPeople {
		remedy = "Please try again. If it goes on, tell an admin: the log of oktaws has the cause."
	}
	return note(":no_entry_sign: " + sentence(message, problemLimit) + spaced(sentence(remedy, problemLimit)))
}

// answerClick does what a click asks for. What there is to say is said to that person alone.
func (b *Bot) answerClick(ctx context.Context, c *click) reply {
	o, repeated := b.conclude(ctx, &c.delivery, func(ctx context.Context) (outcome, error) { return b.clicked(ctx, c) })
	if repeated {
		return reply{}
	}
	return reply{then: func(ctx context.Context) {
		b.whisper(ctx, &c.delivery, o.say)
		b.open(ctx, &c.delivery, o.open)
		if o.then != nil {
			o.then(ctx)
		}
	}}
}

// answerSubmission does what a modal asks for. The modal closes, shows what is wrong, or says why not.
func (b *Bot) answerSubmission(ctx context.Context, s *submission) reply {
	o, repeated := b.conclude(ctx, &s.delivery, func(ctx context.Context) (outcome, error) { return b.submitted(ctx, s) })
	switch {
	case repeated:
		return reply{}
	case len(o.errors) > 0:
		return reply{payload: slack.NewErrorsViewSubmissionResponse(o.errors), then: o.then}
	case !o.say.empty():
		return reply{payload: slack.NewUpdateViewSubmissionResponse(noticeView(o.say)), then: o.then}
	}
	return reply{then: o.then}
}

func (b *Bot) clicked(ctx context.Context, c *click) (outcome, error) {
	switch c.action {
	case actionApprove:
		return b.approve(ctx, c)
	case actionDeny:
		return b.askWhyDenied(ctx, c)
	case actionWithdraw:
		return b.withdrawClicked(ctx, c)
	case actionCredentials:
		return b.showCredentials(ctx, c)
	case actionDone:
		return b.done(ctx, c)
	case actionSnooze:
		return b.snooze(ctx, c)
	case actionTakeOver:
		return b.takeOver(ctx, c)
	case actionRepair:
		return b.repairClicked(ctx, c)
	case actionIgnore:
		return b.askWhatToIgnore(ctx, c)
	case actionRetryFailed:
		return b.retryFailed(ctx, c)
	case actionSnoozeAll:
		return b.snoozeAll(ctx, c)
	case actionSeveral:
		return b.severalClicked(ctx, c)
	case actionVisit:
		return outcome{}, nil // a button that is a link: Slack opens it, and wants an ack
	}
	return outcome{}, oldMessage()
}

func (b *Bot) submitted(ctx context.Context, s *submission) (outcome, error) {
	switch s.view {
	case viewLink:
		return b.linkSubmitted(ctx, s)
	case viewLinks:
		return b.linksSubmitted(ctx, s)
	case viewDeny:
		return b.deny(ctx, s)
	case viewIgnore:
		return b.ignore(ctx, s)
	}
	return outcome{}, &store.Error{Kind: store.NotFound, Message: "This form is of another version of oktaws.", Remedy: "Close it and begin anew."}
}

func oldMessage() error {
	return &store.Error{Kind: store.Conflict, Message: "That is an old message.", Remedy: "Use the newest one, or look with `/oktaws status`."}
}

// whisper says something to the person behind a delivery, and to nobody else. The response URL also reaches channels that
// the bot is not in; where it doesn't take the answer, the bot posts it itself.
func (b *Bot) whisper(ctx context.Context, d *delivery, c content) {
	if c.empty() {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	var err error
	if d.responseURL != "" {
		err = slack.PostWebhookCustomHTTPContext(ctx, d.responseURL, b.http, &slack.WebhookMessage{
			ResponseType: slack.ResponseTypeEphemeral, Text: c.text, Blocks: &slack.Blocks{BlockSet: c.blocks}})
		if err == nil {
			return
		}
	}
	if d.channel != "" {
		_, err = b.api.PostEphemeralContext(ctx, d.channel, d.by.ID, slack.MsgOptionText(c.text, false), slack.MsgOptionBlocks(c.blocks...))
	}
	if err != nil {
		b.log.Warn("an answer didn't arrive", "envelope", d.id, "user", d.by.ID, "error", bare(err))
	}
}

// open opens a modal on the delivery's trigger, and returns its ID; "" where that failed, and then the person knows.
func (b *Bot) open(ctx context.Context, d *delivery, view *slack.ModalViewRequest) string {
	if view == nil {
		return ""
	}
	opened, err := b.api.OpenViewContext(ctx, d.trigger, *view)
	if err != nil {
		b.log.Warn("a modal didn't open", "envelope", d.id, "user", d.by.ID, "view", view.CallbackID, "error", err)
		why := ":warning: Slack didn't open the window in time. Please try again."
		if reason(err) == "missing_scope" {
			why = ":warning: Slack didn't open the window: the Slack app lacks a scope" + scopes(err) + ". An admin adds the scopes of manifest.yml, and installs the app again. Until then, accounts can be pasted after `/oktaws link`."
		}
		b.whisper(ctx, d, note(why))
		return ""
	}
	return opened.ID
}
