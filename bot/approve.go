package bot

import (
	"context"
	"fmt"

	"github.com/oktaws/oktaws/store"
)

// The buttons, by action ID.
const (
	actionApprove     = "approve"
	actionDeny        = "deny"
	actionWithdraw    = "withdraw"
	actionCredentials = "credentials"
	actionDone        = "done"
	actionSnooze      = "snooze"
	actionVisit       = "visit"
	actionTakeOver    = "take-over"
	actionRepair      = "repair"
	actionIgnore      = "ignore"
	actionRetryFailed = "retry-failed"
	actionSnoozeAll   = "snooze-all"
	actionSeveral     = "several"
)

// approve adds the approval of who clicked.
func (b *Bot) approve(ctx context.Context, c *click) (outcome, error) {
	r, err := b.decidable(ctx, c)
	if err != nil {
		return outcome{}, err
	}
	err = b.once(ctx, &c.delivery, func(tx *store.Tx) (err error) {
		r, err = tx.Approve(c.value, c.by)
		return err
	})
	if err != nil {
		return outcome{}, err
	}
	if missing := r.Required - len(r.Approvals); r.State == store.Pending && missing > 0 {
		return outcome{say: note(fmt.Sprintf(":white_check_mark: Your approval is noted. %s still needed.", needed(missing)))}, nil
	}
	return outcome{}, nil
}

func needed(approvals int) string {
	if approvals == 1 {
		return "1 more approval is"
	}
	return fmt.Sprintf("%d more approvals are", approvals)
}

// decidable returns the request of a click that may decide on it now.
func (b *Bot) decidable(ctx context.Context, c *click) (store.Request, error) {
	if _, err := b.member(ctx, &c.delivery); err != nil {
		return store.Request{}, err
	}
	r, err := b.request(ctx, c.value)
	if err != nil {
		return r, err
	}
	if err := b.posted(ctx, store.MessageKey(r.Key(), showRequest, b.cfg.AdminChannel), c); err != nil {
		return r, err
	}
	if err := b.mayDecide(ctx, &c.delivery, r); err != nil {
		return r, err
	}
	if r.State != store.Pending {
		return r, &store.Decided{Request: r}
	}
	return r, nil
}

// request returns the request that a button or a form carries the ID of.
func (b *Bot) request(ctx context.Context, id string) (r store.Request, err error) {
	err = b.store.View(ctx, func(tx *store.ReadTx) (err error) {
		r, err = tx.Request(id)
		return err
	})
	if store.KindOf(err) == store.NotFound && err != nil {
		return r, oldMessage()
	}
	return r, err
}

// decidedSentence says how a request was decided, by whom and when.
func decidedSentence(r store.Request) string {
	d := r.Decided
	if d == nil {
		return "This request is still open."
	}
	switch r.State {
	case store.Expired:
		return fmt.Sprintf("This request expired %s, since nobody decided in time.", when(d.At))
	case store.Skipped:
		return fmt.Sprintf("This request was skipped %s: %s", when(d.At), sentence(d.Reason, reasonLimit))
	case store.Withdrawn:
		return fmt.Sprintf("This request was withdrawn by %s %s.", mention(d.By), when(d.At))
	}
	return fmt.Sprintf("This request was already %s by %s %s.", r.State, mention(d.By), when(d.At))
}
