package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/oktaws/oktaws/internal/app"
	"github.com/oktaws/oktaws/internal/sandbox"
	"github.com/oktaws/oktaws/internal/sandbox/aws"
	"github.com/oktaws/oktaws/internal/sandbox/slack"
)

// The account of the story, and the name of its application.
const (
	account = aws.AccountGmail
	label   = "Gmail-AWS-Account"
)

// pace is how much faster than the real one the story's clock runs.
const pace = 10

// within is how long the whole story may take.
const within = 55 * time.Second

// story is a run of oktaws beside the sandbox, as it is told.
type story struct {
	cast
	out   io.Writer
	began time.Time
}

// tell plays the story and prints it.
func tell(ctx context.Context, stackTime time.Duration, out io.Writer) (err error) {
	if err := forgetAWS(); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeoutCause(ctx, within, fmt.Errorf("the story was not over within %s", within))
	defer cancel()
	clock := sandbox.NewClock(pace)
	defer clock.Stop()
	if stackTime == 0 {
		stackTime = 8 * time.Second
	}
	sb, err := sandbox.Start(sandbox.Options{Clock: clock, StackTime: stackTime})
	if err != nil {
		return err
	}
	defer func() { _ = sb.Close() }() // nothing of it is needed any more
	folder, err := os.MkdirTemp("", "oktaws-story-")
	if err != nil {
		return fmt.Errorf("make a folder for the store: %w", err)
	}
	defer func() { _ = os.RemoveAll(folder) }()
	log := &logBuffer{}
	s := &story{cast: cast{sb}, out: out, began: time.Now()}
	oktaws := start(sb, folder, log, byKey)
	select {
	case <-oktaws.ready:
		err = s.play(ctx)
	case <-oktaws.ended:
		err = fmt.Errorf("oktaws ended with %d", oktaws.code)
	case <-ctx.Done():
		err = context.Cause(ctx)
	}
	oktaws.stop()
	if <-oktaws.ended; err == nil && oktaws.code != app.ExitOK {
		err = fmt.Errorf("oktaws ended with %d", oktaws.code)
	}
	if unknown := sb.Hub.Unknown(); err == nil && len(unknown) > 0 {
		err = fmt.Errorf("the sandbox does not know %s %s, so its answer means nothing", unknown[0].Service, unknown[0].Operation)
	}
	if err != nil {
		return fmt.Errorf("%w\n\nThe log of oktaws:\n%s", err, log)
	}
	return nil
}

// play is the story.
func (s *story) play(ctx context.Context) error {
	s.say("sandbox", "Slack %s, Okta %s, AWS %s; its clock runs %d times as fast", s.SlackURL, s.OktaURL, s.AWSURL, pace)
	for _, chapter := range []struct {
		title string
		scene func(context.Context) error
	}{
		{"A request", s.request},
		{"Nobody approves their own", s.selfApproval},
		{"An admin approves", s.approval},
		{"The pipeline", s.pipeline},
		{"A person's turn", s.turn},
		{"Linked", s.linked},
	} {
		s.heading(chapter.title)
		if err := chapter.scene(ctx); err != nil {
			return fmt.Errorf("%s: %w", chapter.title, err)
		}
	}
	s.heading("What there is now")
	s.inventory()
	return nil
}

func (s *story) request(ctx context.Context) error {
	const text = "link " + account + " " + label + " The mail team signs on through Okta from now on"
	s.say("requester", "types in #general: /oktaws %s", text)
	seen, err := s.command(ctx, slack.Requester, text)
	if err != nil {
		return err
	}
	if seen.Reply != nil {
		s.show("oktaws, to the requester alone", *seen.Reply)
	}
	m, err := s.message(ctx, slack.AdminChannel, "", "approve")
	if err != nil {
		return err
	}
	s.show("oktaws, in #aws-admins", m)
	return nil
}

func (s *story) selfApproval(ctx context.Context) error {
	if err := s.Slack.Join(slack.Requester, slack.AdminChannel); err != nil {
		return err
	}
	m, err := s.message(ctx, slack.AdminChannel, "", "approve")
	if err != nil {
		return err
	}
	s.say("requester", "who is in #aws-admins too, clicks Approve")
	before := len(s.Slack.Ephemerals(slack.Requester))
	if err := s.click(ctx, slack.Requester, m, "approve"); err != nil {
		return err
	}
	if err := s.wait(ctx, "a refusal", func() bool { return len(s.Slack.Ephemerals(slack.Requester)) > before }); err != nil {
		return err
	}
	s.show("oktaws, to the requester alone", s.Slack.Ephemerals(slack.Requester)[before])
	return nil
}

func (s *story) approval(ctx context.Context) error {
	m, err := s.message(ctx, slack.AdminChannel, "", "approve")
	if err != nil {
		return err
	}
	s.say("admin-one", "clicks Approve")
	if err := s.click(ctx, slack.AdminOne, m, "approve"); err != nil {
		return err
	}
	told, err := s.message(ctx, s.Slack.DM(slack.Requester), "was approved by", "")
	if err != nil {
		return err
	}
	s.show("oktaws, to the requester", told)
	return nil
}

// pipeline tells each step as it shows in the progress message, until it is a person's turn.
func (s *story) pipeline(ctx context.Context) error {
	progress, err := s.message(ctx, slack.AdminChannel, "Reach the AWS account", "")
	if err != nil {
		return err
	}
	told := map[string]bool{}
	return s.wait(ctx, "a task for admin-one", func() bool {
		for _, m := range s.Slack.Messages(slack.AdminChannel) {
			if m.TS != progress.TS {
				continue
			}
			for _, line := range plain(m)[1:] {
				if !told[line] && !strings.HasPrefix(line, "○") {
					told[line] = true
					s.say("oktaws", "%s", line)
				}
			}
		}
		return s.find(s.Slack.DM(slack.AdminOne), "", "credentials").TS != ""
	})
}

// turn is the step that Okta has no API for.
func (s *story) turn(ctx context.Context) error {
	task, err := s.message(ctx, s.Slack.DM(slack.AdminOne), "", "credentials")
	if err != nil {
		return err
	}
	s.show("oktaws, to admin-one", task)
	s.say("admin-one", "clicks Show credentials")
	id, secret, err := s.credentials(ctx, slack.AdminOne, task)
	if err != nil {
		return err
	}
	s.say("oktaws", "shows in a modal: access key %s, secret key %s (hidden here)", id, strings.Repeat("•", 8))
	appID := s.application(label).ID
	for _, step := range consoleSteps(id, secret) {
		s.say("okta admin", "%s", step.what)
		answer, err := s.console(ctx, appID, step)
		if err != nil {
			return err
		}
		s.say("Okta", "%s", answer)
	}
	task = s.find(s.Slack.DM(slack.AdminOne), "", "done")
	if task.TS == "" {
		s.say("oktaws", "has seen it already; nobody need click Done")
		return nil
	}
	s.say("admin-one", "clicks Done")
	return s.click(ctx, slack.AdminOne, task, "done")
}

func (s *story) linked(ctx context.Context) error {
	for _, where := range []struct{ who, channel, text string }{
		{"oktaws, to admin-one", s.Slack.DM(slack.AdminOne), "Done: provisioning"},
		{"oktaws, to the requester", s.Slack.DM(slack.Requester), "is linked"},
	} {
		m, err := s.message(ctx, where.channel, where.text, "")
		if err != nil {
			return err
		}
		s.show(where.who, m)
	}
	m, err := s.message(ctx, slack.AdminChannel, ": linked, ", "")
	if err != nil {
		return err
	}
	s.show("oktaws, in the thread of the request", m)
	return nil
}

// inventory is everything that now exists in Okta and AWS.
func (s *story) inventory() {
	app := s.application(label)
	s.item("Okta", "application %s (%s), %s, features %s", app.Label, app.ID, app.Status, strings.Join(app.Features, ", "))
	s.item("", "identity provider in its settings: %v", app.Settings["identityProviderArn"])
	for _, a := range s.Okta.Assignments(app.ID) {
		s.item("", "group %s gets %s", a.Group, strings.Join(a.Roles, ", "))
	}
	for _, p := range s.AWS.Providers(account) {
		s.item("AWS "+account, "identity provider %s, trusts %s", p.ARN, p.EntityID)
	}
	for _, st := range s.AWS.Stacks(account) {
		s.item("", "stack %s, %s", st.Name, st.Status)
	}
	for _, r := range s.AWS.Roles(account) {
		if r.Stack != "" {
			s.item("", "role %s, %s, trusts the identity provider: %v", r.Name, strings.Join(r.Policies, ", "), slices.Contains(r.TrustedProviders, fmt.Sprint(app.Settings["identityProviderArn"])))
		}
	}
	for _, u := range s.AWS.Users(account) {
		s.item("", "user %s%s with the policy %s", u.Path, u.Name, u.Policies["oktaws"])
		for _, k := range s.AWS.AccessKeys(account, u.Name) {
			s.item("", "access key %s, last used with %s", k.ID, k.LastService)
		}
	}
	calls := map[string]int{}
	for _, c := range s.Hub.Calls(0) {
		switch c.Service {
		case "slack", "okta":
			calls[c.Service]++
		default:
			calls["aws"]++
		}
	}
	fmt.Fprintf(s.out, "\n%d calls to Slack, %d to Okta, %d to AWS; linked in %.1f s, which are %.0f s on the sandbox's clock.\n",
		calls["slack"], calls["okta"], calls["aws"], time.Since(s.began).Seconds(), pace*time.Since(s.began).Seconds())
}
