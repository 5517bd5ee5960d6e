package main

import (
	"context"
	"strings"

	"golang.org/x/sync/errgroup"

	"github.com/oktaws/oktaws/internal/sandbox/aws"
	"github.com/oktaws/oktaws/internal/sandbox/okta"
)

// sharedLabel is the application that the accounts of the scenario shared have in common.
const sharedLabel = "AWS"

// sharing are those accounts, and what each is called.
var sharing = map[string]string{aws.AccountGmail: "Gmail", aws.AccountBilling: "Billing", aws.AccountAnalytics: "Analytics"}

// playShared links three accounts through one application, and has the test user be in a group for a role of each: one
// tile leads to all three.
func playShared(ctx context.Context, c cast, _ worldOptions) error {
	var hands errgroup.Group
	for account, name := range sharing {
		hands.Go(func() error { return c.link(ctx, account, name+"-AWS-Account") })
	}
	if err := hands.Wait(); err != nil {
		return err
	}
	for _, g := range c.Okta.Groups() {
		if strings.Contains(g.Name, "#ReadOnlyAccess#") {
			if err := c.Okta.AddMember(g.ID, okta.TestUserLogin); err != nil {
				return err
			}
		}
	}
	return nil
}
