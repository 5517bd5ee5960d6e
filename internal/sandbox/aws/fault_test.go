package aws_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/organizations"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/smithy-go"

	"github.com/oktaws/oktaws/internal/sandbox/aws"
	"github.com/oktaws/oktaws/internal/sandbox/wire"
)

func TestFaultsHaveTheFormOfTheService(t *testing.T) {
	w := newWorld(t)
	c := w.in(aws.AccountGmail)
	must(c.sts.GetCallerIdentity(ctx, nil))(t)
	w.hub.Add(wire.Fault{Status: 429, Times: 4})
	_, err := c.sts.GetCallerIdentity(ctx, nil)
	refused(t, err, 429, "Throttling", "Rate exceeded")
	_, err = c.iam.ListRoles(ctx, nil)
	refused(t, err, 429, "Throttling", "Rate exceeded")
	_, err = c.stack.DescribeStacks(ctx, nil)
	refused(t, err, 429, "Throttling", "Rate exceeded")
	_, err = c.org.ListAccounts(ctx, &organizations.ListAccountsInput{})
	refused(t, err, 429, "Throttling", "Rate exceeded")
	w.hub.Add(wire.Fault{Service: "iam", Operation: "CreateUser", Status: 503, Times: 1})
	_, err = c.iam.CreateUser(ctx, &iam.CreateUserInput{UserName: str("OktaSSOuser")})
	refused(t, err, 503, "ServiceUnavailable", "")
	equal(t, "users", len(w.Users(aws.AccountGmail)), 0)
}

func TestACutConnectionMayHaveHadItsEffect(t *testing.T) {
	w := newWorld(t)
	c := w.in(aws.AccountGmail)
	if err := w.MakeUser(aws.AccountGmail, "OktaSSOuser", nil); err != nil {
		t.Fatal(err)
	}
	w.hub.Blot(func(body string) string {
		for _, s := range w.Secrets() {
			body = strings.ReplaceAll(body, s, "***")
		}
		return body
	})
	for i, cut := range []string{"before", "after"} {
		w.hub.Add(wire.Fault{Operation: "CreateAccessKey", Cut: cut, Times: 1})
		_, err := c.iam.CreateAccessKey(ctx, &iam.CreateAccessKeyInput{UserName: str("OktaSSOuser")})
		if answer := smithy.APIError(nil); err == nil || errors.As(err, &answer) {
			t.Errorf("cut %s: %v, want an error without an answer", cut, err)
		}
		equal(t, "keys after a cut "+cut, len(w.AccessKeys(aws.AccountGmail, "OktaSSOuser")), i)
	}
	calls := w.hub.Calls(0)
	last := calls[len(calls)-1]
	equal(t, "status on record", last.Status, 0)
	equal(t, "subject on record", last.Subject, aws.AccountGmail)
	if !strings.Contains(last.Response, "<SecretAccessKey>***</SecretAccessKey>") {
		t.Errorf("the secret is on record: %s", last.Response)
	}
}

func TestASessionEnds(t *testing.T) {
	w := newWorld(t)
	c := w.session(must(assume(w.base(), sts.AssumeRoleInput{RoleArn: str(roleARN(aws.AccountGmail, aws.AccessRole))}))(t))
	must(c.iam.ListRoles(ctx, nil))(t)
	w.ExpireSessions()
	_, err := c.iam.ListRoles(ctx, nil)
	refused(t, err, 403, "ExpiredToken", "The security token included in the request is expired")
	_, err = c.org.ListAccounts(ctx, &organizations.ListAccountsInput{})
	refused(t, err, 400, "ExpiredTokenException", "")
}

func TestWhoWaitsIsWokenByTheClock(t *testing.T) {
	w, c := gmail(t)
	must(c.stack.CreateStack(ctx, createInput()))(t)
	changed := w.Changed()
	w.clock.Advance(stackTime)
	select {
	case <-changed:
	case <-time.After(10 * time.Second):
		t.Fatal("nobody said that the stack went on")
	}
	equal(t, "status", w.Stacks(aws.AccountGmail)[0].Status, "CREATE_COMPLETE")
}
