package controlpage

import (
	"errors"
	"fmt"
	"strings"

	"github.com/oktaws/oktaws/internal/sandbox"
)

// What the systems do of themselves, where no fault on the wire would be true to life.

// members are the accounts that a service control policy can bind: those besides the management accounts.
func members(sb *sandbox.Sandbox) []choice {
	var out []choice
	for _, a := range sb.AWS.Accounts() {
		if !a.Managing {
			out = append(out, choice{a.ID, a.Name + " (" + a.ID + ")"})
		}
	}
	return out
}

// deny binds the chosen account by a service control policy.
func deny(actions ...string) func(*sandbox.Sandbox, string) (string, error) {
	return func(sb *sandbox.Sandbox, account string) (string, error) {
		if err := sb.AWS.Deny(account, actions...); err != nil {
			return "", err
		}
		return fmt.Sprintf("A service control policy denies %s in account %s, until a reset.", strings.Join(actions, ", "), account), nil
	}
}

// provisioned are the applications that have something to lose.
func provisioned(sb *sandbox.Sandbox) []choice {
	var out []choice
	for _, a := range sb.Okta.Applications() {
		if a.Provisioning.Enabled {
			out = append(out, choice{a.ID, a.Label})
		}
	}
	return out
}

func loseProvisioning(sb *sandbox.Sandbox, id string) (string, error) {
	sb.Okta.LoseProvisioning(id)
	a, _ := sb.Okta.Application(id)
	return "Okta has lost the provisioning of " + a.Label + ".", nil
}

func deliverTwice(sb *sandbox.Sandbox, _ string) (string, error) {
	sb.Slack.DeliverTwice(3)
	return "Slack delivers the next 3 clicks, commands or events twice.", nil
}

func redeliver(sb *sandbox.Sandbox, _ string) (string, error) {
	if !sb.Slack.Redeliver() {
		return "", errors.New("there is nothing to deliver again: nobody has clicked yet, or oktaws is not connected")
	}
	return "Slack has delivered the last click, command or event once more.", nil
}

func disconnect(reason, done string) func(*sandbox.Sandbox, string) (string, error) {
	return func(sb *sandbox.Sandbox, _ string) (string, error) {
		return done, sb.Slack.Disconnect(reason)
	}
}

func enable(sb *sandbox.Sandbox, _ string) (string, error) {
	sb.Slack.Enable()
	return "Socket Mode is on.", nil
}

func haunt(n int, done string) func(*sandbox.Sandbox, string) (string, error) {
	return func(sb *sandbox.Sandbox, _ string) (string, error) {
		sb.Slack.Haunt(n)
		return done, nil
	}
}
