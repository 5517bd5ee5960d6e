package main

import (
	"context"
	"fmt"

	"golang.org/x/sync/errgroup"

	"github.com/oktaws/oktaws/internal/sandbox/aws"
	"github.com/oktaws/oktaws/internal/sandbox/okta"
	"github.com/oktaws/oktaws/internal/sandbox/slack"
)

// The application that somebody made before, and the user.
const (
	takenLabel = "Billing-AWS-Account"
	takenUser  = "OktaSSOuser"
)

// playByHand has requests approved for accounts where somebody was before, so that each stops at what is in its way.
// The organization has a role, a provider and a denial to begin with.
func playByHand(ctx context.Context, c cast, _ worldOptions) error {
	c.Okta.AddApplication(okta.NewApplication{Label: takenLabel, Note: "Made by hand",
		Settings: map[string]any{"identityProviderArn": "arn:aws:iam::" + aws.AccountBilling + ":saml-provider/Okta"}})
	if err := c.AWS.MakeUser(aws.AccountAnalytics, takenUser, map[string]string{"made-by": "hand"}); err != nil {
		return err
	}
	var hands errgroup.Group
	for id, label := range map[string]string{
		aws.AccountTakenRole:   "Shop-AWS-Account",
		aws.AccountTakenSAML:   "Search-AWS-Account",
		aws.AccountRestricted:  "Payments-AWS-Account",
		aws.AccountUnreachable: "Archive-AWS-Account",
		aws.AccountBilling:     takenLabel,
		aws.AccountAnalytics:   "Analytics-AWS-Account",
	} {
		hands.Go(func() error {
			request, err := c.ask(ctx, slack.Requester, id, label, "It was set up by hand once, and shall be looked after from now on")
			if err == nil {
				err = c.click(ctx, slack.AdminOne, request, "approve")
			}
			if err == nil {
				err = c.failure(ctx, slack.Requester, id, label)
			}
			if err != nil {
				return fmt.Errorf("account %s: %w", id, err)
			}
			return nil
		})
	}
	return hands.Wait()
}
