package bot

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/slack-go/slack"

	"github.com/oktaws/oktaws/store"
)

const (
	viewIgnore = "ignore"

	// The inputs of the form, by block ID.
	inputFindings = "findings"
	inputFor      = "for"
)

// period is for how long findings can be ignored.
type period struct {
	value, text string
	lasts       time.Duration
}

var ignoreFor = []period{
	{"1d", "1 day", 24 * time.Hour},
	{"7d", "1 week", 7 * 24 * time.Hour},
	{"30d", "30 days", 30 * 24 * time.Hour},
	{"90d", "90 days", 90 * 24 * time.Hour},
}

// askWhatToIgnore opens the form that asks which findings to ignore, for how long and why.
func (b *Bot) askWhatToIgnore(ctx context.Context, c *click) (outcome, error) {
	key, err := b.drifted(ctx, c)
	if err != nil {
		return outcome{}, err
	}
	if err := b.approver(ctx, c.by); err != nil {
		return outcome{}, err
	}
	var a store.Account
	var open []store.Finding
	err = b.store.View(ctx, func(tx *store.ReadTx) (err error) {
		if a, err = tx.Account(key); err == nil {
			open, err = tx.OpenFindings(key)
		}
		return err
	})
	if err == nil && len(open) == 0 {
		err = &store.Error{Kind: store.Conflict, Message: fmt.Sprintf("nothing differs in account %s any more", accountName(key))}
	}
	if err != nil {
		return outcome{}, err
	}
	return outcome{open: ignoreView(a, open)}, nil
}

func ignoreView(a store.Account, open []store.Finding) *slack.ModalViewRequest {
	findings := slack.NewOptionsMultiSelectBlockElement(slack.MultiOptTypeStatic, nil, "value")
	for _, f := range open[:min(len(open), maxOptions)] {
		findings.Options = append(findings.Options, option(findingID(f), f.What))
	}
	findings.InitialOptions = findings.Options
	lasts := slack.NewOptionsSelectBlockElement(slack.OptTypeStatic, nil, "value")
	for _, choice := range ignoreFor {
		lasts.Options = append(lasts.Options, option(choice.value, choice.text))
	}
	lasts.InitialOption = lasts.Options[1]
	why := slack.NewPlainTextInputBlockElement(nil, "value").WithMultiline(true).WithMaxLength(maxReason)
	return &slack.ModalViewRequest{
		Type: slack.VTModal, CallbackID: viewIgnore, PrivateMetadata: a.AccountKey.String(),
		Title: plain("Ignore what differs"), Submit: plain("Ignore"), Close: plain("Cancel"),
		Blocks: slack.Blocks{BlockSet: []slack.Block{
			section("While this is ignored, " + about(a.AccountKey, a.Label) + " counts as linked, unless something else differs in it."),
			slack.NewInputBlock(inputFindings, plain("What to ignore"), nil, findings),
			slack.NewInputBlock(inputFor, plain("For how long"), nil, lasts),
			slack.NewInputBlock(inputReason, plain("Reason"), plain("Everybody reads it in the account's status."), why),
		}},
	}
}

// ignore lets what the form says stay as it is for a while.
func (b *Bot) ignore(ctx context.Context, s *submission) (outcome, error) {
	if _, err := b.member(ctx, &s.delivery); err != nil {
		return outcome{}, err
	}
	if err := b.approver(ctx, s.by); err != nil {
		return outcome{}, err
	}
	key, err := store.ParseAccountKey(s.metadata)
	if err != nil {
		return outcome{}, oldMessage()
	}
	why := cut(strings.TrimSpace(s.values[inputReason]), maxReason)
	i := slices.IndexFunc(ignoreFor, func(p period) bool { return p.value == s.values[inputFor] })
	wrong := map[string]string{}
	if why == "" {
		wrong[inputReason] = "Please give a reason: it is kept with what is ignored."
	}
	if i < 0 {
		wrong[inputFor] = "Please say for how long."
	}
	if len(wrong) > 0 {
		return outcome{errors: wrong}, nil
	}
	return outcome{}, b.once(ctx, &s.delivery, func(tx *store.Tx) error {
		open, err := tx.OpenFindings(key)
		if err != nil {
			return err
		}
		var keys []string
		for _, f := range open {
			if slices.Contains(s.chosen[inputFindings], findingID(f)) {
				keys = append(keys, f.Key)
			}
		}
		return tx.IgnoreFindings(key, keys, store.Ignore{By: s.by, Reason: why, Until: tx.Now().Add(ignoreFor[i].lasts)})
	})
}
