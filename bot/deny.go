package bot

import (
	"context"
	"fmt"
	"strings"

	"github.com/slack-go/slack"

	"github.com/oktaws/oktaws/store"
)

const viewDeny = "deny"

// askWhyDenied opens the form that asks for the reason.
func (b *Bot) askWhyDenied(ctx context.Context, c *click) (outcome, error) {
	r, err := b.decidable(ctx, c)
	if err != nil {
		return outcome{}, err
	}
	return outcome{open: denyView(r)}, nil
}

// deny refuses the request that the form is about.
func (b *Bot) deny(ctx context.Context, s *submission) (outcome, error) {
	r, err := b.request(ctx, s.metadata)
	if err != nil {
		return outcome{}, err
	}
	if err := b.mayDecide(ctx, &s.delivery, r); err != nil {
		return outcome{}, err
	}
	why := cut(strings.TrimSpace(s.values[inputReason]), maxReason)
	if why == "" {
		return outcome{errors: map[string]string{inputReason: "Please give a reason: the requester reads it."}}, nil
	}
	return outcome{}, b.once(ctx, &s.delivery, func(tx *store.Tx) error {
		_, err := tx.Deny(r.ID, s.by, why)
		return err
	})
}

func denyView(r store.Request) *slack.ModalViewRequest {
	why := slack.NewPlainTextInputBlockElement(nil, "value").WithMultiline(true).WithMaxLength(maxReason)
	return &slack.ModalViewRequest{
		Type: slack.VTModal, CallbackID: viewDeny, PrivateMetadata: r.ID,
		Title: plain("Deny the request"), Submit: plain("Deny"), Close: plain("Cancel"),
		Blocks: slack.Blocks{BlockSet: []slack.Block{
			section(fmt.Sprintf("%s asks to %s.", mention(r.Requester), wanted(r))),
			slack.NewInputBlock(inputReason, plain("Reason"), plain("The requester reads it."), why),
		}},
	}
}
