package main

import (
	"strings"
	"testing"
	"time"

	"github.com/oktaws/oktaws/internal/sandbox/aws"
	"github.com/oktaws/oktaws/internal/sandbox/slack"
)

// settled waits until the scenario's people have done what they do.
func (d *demo) settled(t *testing.T, out *output) {
	t.Helper()
	done := make(chan struct{})
	go func() { d.acting.Wait(); close(done) }()
	select {
	case <-done:
	case <-time.After(2 * patience):
		t.Fatalf("the scenario never stood: %s\n%s", out.String(), d.Log())
	}
	if out.String() != "" {
		t.Fatal(out.String())
	}
	if speed := d.Sandbox().Speed(); speed != 1 {
		t.Errorf("the clock still runs %v times as fast", speed)
	}
}

func TestFiftyAccountsAreDifferentAndEachFateIsThere(t *testing.T) {
	ids, fates := map[string]bool{}, map[fate]int{}
	for _, m := range fifty() {
		ids[m.id] = true
		fates[m.fate]++
		if len(m.id) != 12 {
			t.Errorf("account ID %s", m.id)
		}
	}
	if len(ids) != 50 || fates[linked] != 38 || fates[waiting] != 4 || fates[pending] != 3 || fates[denied] != 3 || fates[failed] != 2 {
		t.Errorf("%d accounts: %v", len(ids), fates)
	}
}

func TestScenarioOfManyAccountsBringsEachToItsFate(t *testing.T) {
	out := &output{}
	d := startTestDemo(t, demoOptions{scenario: "50-accounts", worldOptions: worldOptions{accounts: 6, out: out}})
	if status := d.get(t, "/", nil); status != 200 {
		t.Errorf("while it is set up, the first page answers with %d", status)
	}
	d.settled(t, out)
	c := cast{d.Sandbox()}
	for _, m := range fifty()[:6] {
		request, app := c.find(slack.AdminChannel, m.id, ""), c.application(m.label)
		heard := c.find(c.Slack.DM(m.asks), m.id, "")
		for _, x := range c.Slack.Messages(slack.AdminChannel) {
			if x.ThreadTS == "" && strings.Contains(x.Text, m.id) {
				request = x
			}
		}
		undecided := strings.Contains(string(request.Blocks), `"action_id":"approve"`)
		var ok bool
		switch m.fate {
		case linked:
			ok = app.Provisioning.CreateUsers && len(c.Okta.Assignments(app.ID)) == 3 && c.find(c.Slack.DM(m.asks), m.id+" is linked", "").TS != ""
		case waiting:
			ok = app.ID != "" && !app.Provisioning.Enabled && c.find(c.Slack.DM(m.decides), m.id, "credentials").TS != ""
		case pending:
			ok = app.ID == "" && undecided
		case denied:
			ok = app.ID == "" && !undecided && strings.Contains(string(request.Blocks), "Denied by")
		case failed:
			ok = !app.Provisioning.Enabled && c.find(c.Slack.DM(m.asks), m.id+" ("+m.label+") failed", "").TS != ""
		}
		if !ok || undecided != (m.fate == pending) {
			t.Errorf("%s (fate %d): the request says %s; Okta has %+v; %s has heard %s", m.name, m.fate, request.Text, app, m.asks, heard.Text)
		}
	}
}

func TestScenarioByHandShowsWhatIsInTheWay(t *testing.T) {
	out := &output{}
	d := startTestDemo(t, demoOptions{scenario: "half-by-hand", worldOptions: worldOptions{out: out}})
	d.settled(t, out)
	c := cast{d.Sandbox()}
	for account, why := range map[string]string{
		aws.AccountTakenRole:   "has an IAM role named Administrator already",
		aws.AccountTakenSAML:   "has an identity provider named Okta already",
		aws.AccountRestricted:  "a service control policy of the AWS organization forbids iam:CreateUser",
		aws.AccountUnreachable: "can't be assumed",
		aws.AccountBilling:     "has an application named " + takenLabel + " already",
		aws.AccountAnalytics:   "has an IAM user named " + takenUser + " already",
	} {
		told := c.find(c.Slack.DM(slack.Requester), "Linking AWS account "+account, "")
		if words := strings.Join(plain(told), "\n"); !strings.Contains(words, why) || !strings.Contains(words, "/oktaws retry "+account) {
			t.Errorf("%s: %s", account, words)
		}
	}
}
