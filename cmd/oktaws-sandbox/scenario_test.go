package main

import (
	"html"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/oktaws/oktaws/internal/sandbox/aws"
	"github.com/oktaws/oktaws/internal/sandbox/okta"
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

func TestScenarioDriftShowsWhatPeopleChangedAndItCanBeRepaired(t *testing.T) {
	out := &output{}
	d := startTestDemo(t, demoOptions{scenario: "drift", worldOptions: worldOptions{out: out}})
	d.settled(t, out)
	c := cast{d.Sandbox()}
	c.Clock().SetSpeed(hurry)
	for _, of := range []struct {
		account, label string
		says           []string
	}{
		{account, label, []string{"The role PowerUsers has the policy", "The role ReadOnlyAccess does not trust the identity provider", "is called Gmail power users"}},
		{byKeyAccount, byKeyLabel, []string{"Billing-AWS-Account is not active", "There is no identity provider Okta", "is not assigned to the application"}},
	} {
		drift := c.find(slack.AdminChannel, of.account, "repair")
		for _, text := range append(of.says, "[Ignore]") {
			if words := strings.Join(plain(drift), "\n"); !strings.Contains(words, text) {
				t.Errorf("%s: nothing is said of %q: %s", of.account, text, words)
			}
		}
		if err := c.click(t.Context(), slack.AdminTwo, drift, "repair"); err != nil {
			t.Fatal(err)
		}
		request, err := c.message(t.Context(), slack.AdminChannel, of.account, "approve")
		if err != nil {
			t.Fatal(err)
		}
		if err := c.click(t.Context(), slack.AdminOne, request, "approve"); err != nil {
			t.Fatal(err)
		}
		if _, err := c.message(t.Context(), slack.AdminChannel, of.label+") is all as it shall be again", ""); err != nil {
			t.Error(err)
		}
	}
	app := c.application(byKeyLabel)
	if app.Status != "ACTIVE" || !app.Provisioning.CreateUsers || len(c.Okta.Assignments(app.ID)) != 3 || len(c.AWS.Providers(byKeyAccount)) != 1 {
		t.Errorf("after the repair, Okta has %+v with the groups %+v", app, c.Okta.Assignments(app.ID))
	}
	for _, r := range c.AWS.Roles(account) {
		if r.Stack != "" && (len(r.TrustedProviders) != 1 || len(r.Policies) != 1) {
			t.Errorf("after the repair, the role %s trusts %v and has %v", r.Name, r.TrustedProviders, r.Policies)
		}
	}
}

func TestScenarioSharedHasOneTileForThreeAccounts(t *testing.T) {
	out := &output{}
	d := startTestDemo(t, demoOptions{scenario: "shared", worldOptions: worldOptions{out: out}})
	d.settled(t, out)
	c := cast{d.Sandbox()}
	app := c.application(sharedLabel)
	if tiles := c.Okta.Tiles(okta.TestUserLogin); len(tiles) != 1 || tiles[0].AppID != app.ID || app.ID == "" {
		t.Fatalf("the tiles are %+v, the application is %s", tiles, app.ID)
	}
	page := d.page(t, "/okta/people/"+okta.TestUserLogin+"/apps/"+app.ID)
	response := regexp.MustCompile(`name="SAMLResponse" type="hidden" value="([^"]+)"`).FindStringSubmatch(page)
	if response == nil {
		t.Fatal(page)
	}
	resp, err := http.PostForm(d.URL+"/saml", url.Values{"SAMLResponse": {html.UnescapeString(response[1])}})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	raw, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	for id, name := range sharing {
		if offer := string(raw); !strings.Contains(offer, "Account: "+name) || !strings.Contains(offer, `value="arn:aws:iam::`+id+`:role/ReadOnlyAccess"`) || strings.Contains(offer, "disabled") {
			t.Errorf("account %s is not offered: %s", id, offer)
		}
	}
}
