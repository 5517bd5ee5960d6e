package main

import (
	"context"
	"fmt"

	"golang.org/x/sync/errgroup"

	"github.com/oktaws/oktaws/internal/sandbox/aws"
	"github.com/oktaws/oktaws/internal/sandbox/slack"
)

// The second account of the scenario drift, and the name of its application. The first is the story's.
const (
	byKeyAccount = aws.AccountBilling
	byKeyLabel   = "Billing-AWS-Account"
)

// playDrift links an account in mode groups and one in mode api, has several things changed behind oktaws's back, and
// has an admin ask for a check, so that what differs stands in the admin channel, with Repair and Ignore.
func playDrift(ctx context.Context, c cast, _ worldOptions) error {
	var hands errgroup.Group
	hands.Go(func() error { return c.link(ctx, account, label) })
	hands.Go(func() error {
		if err := c.link(ctx, byKeyAccount, byKeyLabel); err != nil {
			return err
		}
		return c.toAPI(ctx, byKeyAccount, byKeyLabel)
	})
	if err := hands.Wait(); err != nil {
		return err
	}
	for _, tamper := range []func() error{
		c.tamperWithRoles, c.tamperWithGroups, c.tamperWithApplication,
	} {
		if err := tamper(); err != nil {
			return fmt.Errorf("change something behind oktaws's back: %w", err)
		}
	}
	if _, err := c.command(ctx, slack.AdminOne, "check"); err != nil {
		return err
	}
	for _, id := range []string{account, byKeyAccount} {
		if _, err := c.message(ctx, slack.AdminChannel, id, "repair"); err != nil {
			return err
		}
	}
	return nil
}

// link has an account linked that takes no person's step.
func (c cast) link(ctx context.Context, account, label string) error {
	request, err := c.ask(ctx, slack.Requester, account, label, "Its team signs on through Okta from now on")
	if err == nil {
		err = c.click(ctx, slack.AdminOne, request, "approve")
	}
	if err == nil {
		_, err = c.message(ctx, c.Slack.DM(slack.Requester), "AWS account "+account+" is linked", "")
	}
	if err != nil {
		return fmt.Errorf("link account %s: %w", account, err)
	}
	return nil
}

// toAPI has an account's integration mode changed to api, with the person's step that this takes.
func (c cast) toAPI(ctx context.Context, account, label string) error {
	if _, err := c.command(ctx, slack.Requester, "mode "+account+" api"); err != nil {
		return err
	}
	request, err := c.message(ctx, slack.AdminChannel, account, "approve")
	if err == nil {
		err = c.click(ctx, slack.AdminOne, request, "approve")
	}
	if err != nil {
		return err
	}
	task, err := c.message(ctx, c.Slack.DM(slack.AdminOne), account, "credentials")
	if err == nil {
		err = c.enable(ctx, slack.AdminOne, task, label)
	}
	if err == nil {
		_, err = c.message(ctx, c.Slack.DM(slack.Requester), "is switched", "")
	}
	if err != nil {
		return fmt.Errorf("change account %s to mode api: %w", account, err)
	}
	return nil
}

// tamperWithRoles is somebody at AWS's console who means well: one role is to be for programs of the account, another
// shall be able to do more.
func (c cast) tamperWithRoles() error {
	const own = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"` + account + `"},"Action":"sts:AssumeRole"}]}`
	if err := c.AWS.SetTrust(account, "ReadOnlyAccess", own); err != nil {
		return err
	}
	return c.AWS.AttachPolicy(account, "PowerUsers", "arn:aws:iam::aws:policy/IAMFullAccess")
}

// tamperWithGroups is an Okta admin who tidies up: a group whose name says the account and the role gets another one.
func (c cast) tamperWithGroups() error {
	for _, n := range c.Okta.Assignments(c.application(label).ID) {
		if n.Group == "aws#"+account+"#PowerUsers#"+account {
			return c.Okta.Rename(n.GroupID, "Gmail power users")
		}
	}
	return fmt.Errorf("no group of %s has the role PowerUsers", label)
}

// tamperWithApplication is an Okta admin who thinks that an application is no longer needed, and somebody at AWS's
// console who deletes what it signs on to.
func (c cast) tamperWithApplication() error {
	app := c.application(byKeyLabel)
	if err := c.Okta.Unassign(app.ID, c.Okta.Assignments(app.ID)[0].GroupID); err != nil {
		return err
	}
	if err := c.Okta.Deactivate(app.ID); err != nil {
		return err
	}
	return c.AWS.DeleteProvider(byKeyAccount, "Okta")
}
