package provision

import (
	"context"
	"errors"
	"fmt"

	"github.com/oktaws/oktaws/store"
)

// whyUnreached turns a refusal by an account that is closed in its organization into one that says so.
func (w *work) whyUnreached(ctx context.Context, refusal error) error {
	status := w.closed(ctx, refusal)
	if status == "" {
		return refusal
	}
	return &store.Error{Kind: store.Permanent, Err: errors.Join(errClosed, refusal),
		Message: fmt.Sprintf("AWS account %s is closed in its organization (%s): nobody can sign on to it any more.", w.key.ID, status),
		Remedy:  fmt.Sprintf("Take it out of Okta with /oktaws unlink %s, or have AWS Support reopen it within 90 days.", w.key.ID)}
}

var errClosed = errors.New("closed")

// closed is the status of an account that is closed in its organization, where that is why it refuses us; else "".
func (w *work) closed(ctx context.Context, refusal error) string {
	if kind := store.KindOf(refusal); refusal == nil || kind != store.Denied && kind != store.NotFound {
		return ""
	}
	status, err := w.r.aws.Status(ctx, w.key)
	if err != nil || status != "SUSPENDED" && status != "PENDING_CLOSURE" {
		return ""
	}
	return status
}
