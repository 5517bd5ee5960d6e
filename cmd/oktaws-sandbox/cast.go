package main

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/oktaws/oktaws/internal/sandbox"
	"github.com/oktaws/oktaws/internal/sandbox/okta"
	"github.com/oktaws/oktaws/internal/sandbox/slack"
)

// cast is the people of the story and of the scenarios, and what they do in Slack and Okta.
type cast struct{ *sandbox.Sandbox }

// command types a command in #general.
func (c cast) command(ctx context.Context, who, text string) (slack.Seen, error) {
	seen, err := c.again(ctx, func() (slack.Seen, error) { return c.Slack.Command(ctx, who, slack.General, "/oktaws", text) })
	if err == nil && seen.Error != "" {
		err = fmt.Errorf("Slack says %s", seen.Error)
	}
	if err != nil {
		return seen, fmt.Errorf("the command /oktaws %s failed: %w", text, err)
	}
	return seen, nil
}

// again has a person do something a second time, once oktaws is connected, where Slack says that it did not answer.
func (c cast) again(ctx context.Context, do func() (slack.Seen, error)) (slack.Seen, error) {
	seen, err := do()
	if err != nil || seen.Error != slack.OperationTimeout && seen.Error != slack.DispatchFailed && seen.Error != slack.Trouble {
		return seen, err
	}
	if err := c.wait(ctx, "oktaws to be connected", func() bool { return c.Slack.Connections() > 0 }); err != nil {
		return seen, err
	}
	return do()
}

// click clicks a button of a message.
func (c cast) click(ctx context.Context, who string, m slack.Message, action string) error {
	seen, err := c.again(ctx, func() (slack.Seen, error) { return c.Slack.Click(ctx, who, m.Channel, m.TS, action) })
	if err != nil {
		return err
	}
	if seen.Error != "" {
		return fmt.Errorf("a click on %s: Slack says %s", action, seen.Error)
	}
	return nil
}

// find returns the newest message in a channel that has the text and the button.
func (c cast) find(channel, text, button string) slack.Message {
	for _, m := range slices.Backward(c.Slack.Messages(channel)) {
		if strings.Contains(m.Text+string(m.Blocks), text) && (button == "" || strings.Contains(string(m.Blocks), `"action_id":"`+button+`"`)) {
			return m
		}
	}
	return slack.Message{}
}

// message waits for such a message.
func (c cast) message(ctx context.Context, channel, text, button string) (m slack.Message, err error) {
	err = c.wait(ctx, fmt.Sprintf("a message %q with %q in %s", text, button, channel), func() bool {
		m = c.find(channel, text, button)
		return m.TS != ""
	})
	return m, err
}

// wait waits until something is so in Slack.
func (c cast) wait(ctx context.Context, what string, is func() bool) error {
	if err := c.Slack.Wait(ctx, is); err != nil {
		return fmt.Errorf("waited in vain for %s: %w", what, err)
	}
	return nil
}

// ask asks for an account, and returns the request as the admins have it.
func (c cast) ask(ctx context.Context, who, account, label, reason string) (slack.Message, error) {
	if _, err := c.command(ctx, who, "link "+account+" "+label+" "+reason); err != nil {
		return slack.Message{}, err
	}
	return c.message(ctx, slack.AdminChannel, account, "approve")
}

// deny denies a request, with a reason.
func (c cast) deny(ctx context.Context, who string, request slack.Message, reason string) error {
	if err := c.click(ctx, who, request, "deny"); err != nil {
		return err
	}
	var form slack.View
	err := c.wait(ctx, "the form for the reason", func() bool {
		if views := c.Slack.Views(who); len(views) > 0 {
			form = views[len(views)-1]
		}
		return form.ID != ""
	})
	if err != nil {
		return err
	}
	seen, err := c.again(ctx, func() (slack.Seen, error) {
		return c.Slack.Submit(ctx, who, form.ID, map[string]map[string]any{"reason": {"value": reason}})
	})
	if err == nil && seen.Error != "" {
		err = fmt.Errorf("the reason was not taken: Slack says %s", seen.Error)
	}
	return err
}

// enable does a task: it fetches the key, and enables the application's provisioning with it in Okta.
func (c cast) enable(ctx context.Context, who string, task slack.Message, label string) error {
	id, secret, err := c.credentials(ctx, who, task)
	if err != nil {
		return err
	}
	for _, v := range c.Slack.Views(who) {
		if err := c.Slack.CloseView(ctx, who, v.ID); err != nil {
			return err
		}
	}
	for _, step := range consoleSteps(id, secret) {
		if _, err := c.console(ctx, c.application(label).ID, step); err != nil {
			return err
		}
	}
	return nil
}

// failure waits until a person hears that an account could not be linked.
func (c cast) failure(ctx context.Context, who, account, label string) error {
	_, err := c.message(ctx, c.Slack.DM(who), fmt.Sprintf("Linking AWS account %s (%s) failed", account, label), "")
	return err
}

// credentials has a person click Show credentials under a task, and reads the key off the modal.
func (c cast) credentials(ctx context.Context, who string, task slack.Message) (id, secret string, err error) {
	if err := c.click(ctx, who, task, "credentials"); err != nil {
		return "", "", err
	}
	err = c.wait(ctx, "the credentials", func() (shown bool) {
		if views := c.Slack.Views(who); len(views) > 0 {
			id, secret, shown = sandbox.ReadKey(views[len(views)-1])
		}
		return shown
	})
	return id, secret, err
}

// consoleStep is one of an Okta admin's on an application's Provisioning tab.
type consoleStep struct {
	name, what string // what the page calls it, and what the person does
	body       map[string]any
}

// consoleSteps are those that the task asks for, with the key that it gave.
func consoleSteps(id, secret string) []consoleStep {
	return []consoleStep{
		{"test", "enters the key and clicks Test API Credentials", map[string]any{"accessKey": id, "secretKey": secret}},
		{"api-integration", "clicks Save", map[string]any{"enabled": true, "accessKey": id, "secretKey": secret}},
		{"to-app", "ticks Create Users and Update User Attributes, and clicks Save", map[string]any{"createUsers": true, "updateAttributes": true}},
	}
}

// console does a step of Okta's admin console over HTTP, as the page does, and returns what Okta says.
func (c cast) console(ctx context.Context, app string, step consoleStep) (string, error) {
	status, raw, err := c.Console(ctx, app, step.name, step.body)
	if err != nil {
		return "", err
	}
	var answer struct {
		OK          bool
		Error       string
		Application okta.Application
	}
	if err := json.Unmarshal(raw, &answer); err != nil {
		return "", fmt.Errorf("read Okta's answer (status %d): %w", status, err)
	}
	if !answer.OK {
		return "", fmt.Errorf("refused by Okta: %s", answer.Error)
	}
	p := answer.Application.Provisioning
	switch {
	case p.CreateUsers:
		return "takes them, and finds the roles " + strings.Join(p.Roles, ", "), nil
	case p.Enabled:
		return "takes the key", nil
	}
	return "says that AWS takes the key", nil
}

// application returns the application with the label; one without an ID where there is none.
func (c cast) application(label string) okta.Application {
	for _, a := range c.Okta.Applications() {
		if a.Label == label {
			return a
		}
	}
	return okta.Application{}
}
