package app

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/jonboulle/clockwork"

	"github.com/oktaws/oktaws/internal/app/operator"
	"github.com/oktaws/oktaws/store"
)

// What is exported is by the configuration: how accounts are reached, in every partition, and none of its secrets.
func TestExportIsByTheConfiguration(t *testing.T) {
	t.Chdir(t.TempDir())
	secrets := []string{"xoxb-secret-of-slack", "xapp-secret-of-slack", "00secret-of-okta-00", "secret-of-aws-secret-of-aws"}
	environ := map[string]string{
		"SLACK_BOT_TOKEN": secrets[0], "SLACK_APP_TOKEN": secrets[1], "OKTAWS_SLACK_ADMIN_CHANNEL": "C0123456789",
		"OKTA_CLIENT_ORGURL": "https://example.okta.com", "OKTA_CLIENT_TOKEN": secrets[2], "AWS_ACCESS_KEY_ID": "AKIAIOSFODNN7EXAMPLE", "AWS_SECRET_ACCESS_KEY": secrets[3],
		"OKTAWS_AWS_REGION": "us-gov-west-1", "OKTAWS_AWS_ACCESS_ROLE": "Access", "OKTAWS_AWS_EXTERNAL_ID": "outside",
	}
	l := load("", environ)
	if len(l.problems) > 0 {
		t.Fatal(invalid(l.problems))
	}
	clock := clockwork.NewFakeClockAt(time.Date(2026, 3, 4, 5, 6, 7, 0, time.UTC))
	s, err := openStore(t.Context(), l.DataDir, clock, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer s.close()
	err = s.Update(t.Context(), func(tx *store.Tx) error {
		for id, state := range map[string]store.StepState{"111122223333": store.StepDone, "222233334444": store.StepFailed} {
			key := store.AccountKey{Partition: "aws-us-gov", ID: id}
			a := store.Account{AccountKey: key, Wish: store.Wish{Label: "Account " + id, Mode: store.ModeGroups}, Desired: store.WantLinked,
				Steps: map[string]store.Step{"identity": {State: state}},
				Known: store.Known{AppID: "0oa1", ProviderARN: "arn:aws-us-gov:iam::" + id + ":saml-provider/Okta", StackID: "arn:aws-us-gov:cloudformation:us-gov-west-1:" + id + ":stack/oktaws-roles/1"}}
			if err := tx.SaveAccount(&a); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	printed := func(args ...string) (string, string) {
		var out, problem bytes.Buffer
		p := &program{Options: Options{Clock: clock}}
		operator.Answer(t.Context(), &operator.Session{Store: s.Store, Settings: p.operatorSettings(l), Export: p.exportSetup(l.Config), Stdout: &out, Stderr: &problem},
			append([]string{"export"}, args...))
		for _, secret := range secrets {
			if strings.Contains(out.String(), secret) {
				t.Errorf("it holds %s", secret)
			}
		}
		return out.String(), problem.String()
	}
	terraform := func(named ...string) (string, string) { return printed(append([]string{"terraform"}, named...)...) }
	text, problem := terraform()
	for _, want := range []string{"Written at 2026-03-04T05:06:07Z", `org_name = "example"`, `"arn:aws-us-gov:iam::111122223333:role/Access"`, `"outside"`, `"us-gov-west-1"`, "222233334444 (Account 222233334444): it is failed"} {
		if problem != "" || !strings.Contains(text, want) {
			t.Errorf("%s is not in\n%s%s", want, text, problem)
		}
	}
	if text, problem := terraform("111122223333"); problem != "" || strings.Contains(text, "222233334444") {
		t.Errorf("another account than the one that was named is in\n%s%s", text, problem)
	}
	if text, problem := terraform("222233334444"); !strings.Contains(problem, "222233334444 can't be exported: it is failed") || text != "" {
		t.Errorf("an account that isn't linked gives %s and\n%s", problem, text)
	}
	table, problem := printed("csv")
	if rows := strings.Split(table, "\r\n"); problem != "" || len(rows) != 4 || !strings.HasPrefix(rows[1], "aws-us-gov,111122223333,,Account 111122223333,linked,groups") || !strings.Contains(rows[2], ",failed,") {
		t.Errorf("the table is\n%s%s", table, problem)
	}
}
