package app_test

import (
	"testing"

	"github.com/oktaws/oktaws/internal/sandbox/aws"
	"github.com/oktaws/oktaws/internal/sandbox/slack"
)

// TestTaskWithTheKeyOfAnotherAccount has an admin with two tasks at hand mix them up: Okta takes the key, and shows both
// features, and yet the account's roles aren't behind the tile.
func TestTaskWithTheKeyOfAnotherAccount(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.serve()
	const other, otherLabel = aws.AccountAnalytics, "Analytics-AWS-Account"
	r.asks(gmail, label)
	r.asks(other, otherLabel)
	admin := r.Slack.DM(slack.AdminOne)
	id, secret := r.credentials(slack.AdminOne, r.taskOn(slack.AdminOne, gmail))
	r.enable(r.application(otherLabel).ID, id, secret)
	r.find(admin, "perhaps the key of another account was entered")
	if _, ok := r.look(r.Slack.DM(slack.Requester), "is linked to Okta as "+otherLabel); ok {
		t.Error("the account counts as linked")
	}
	if err := r.Slack.CloseView(t.Context(), slack.AdminOne, r.Slack.Views(slack.AdminOne)[0].ID); err != nil {
		t.Fatal(err)
	}
	var right, rightSecret, clicked string
	r.until("credentials on the screen", func() (shown bool) { // a task for the right key may just take the first one's place
		if right, rightSecret, shown = r.shown(slack.AdminOne); shown {
			return true
		}
		if m, ok := r.openTask(slack.AdminOne, other); ok && m.TS != clicked {
			clicked = m.TS
			r.clicks(slack.AdminOne, m, "credentials")
		}
		return false
	})
	r.enable(r.application(otherLabel).ID, right, rightSecret)
	r.find(r.Slack.DM(slack.Requester), "is linked to Okta as "+otherLabel)
	r.enable(r.application(label).ID, id, secret)
	r.find(r.Slack.DM(slack.Requester), "is linked to Okta as "+label)
}
