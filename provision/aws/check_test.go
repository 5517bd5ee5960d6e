package aws

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/oktaws/oktaws/provision"
)

const ownARN = "arn:aws:iam::999988887777:user/bot"

// organization answers ListAccounts with pages of accounts.
func organization(pages ...[]map[string]string) script {
	return func(c call, _ int) reply {
		n := 0
		if token, ok := c.json["NextToken"].(string); ok {
			_, _ = fmt.Sscanf(token, "page-%d", &n)
		}
		out := map[string]any{"Accounts": pages[n]}
		if n+1 < len(pages) {
			out["NextToken"] = fmt.Sprintf("page-%d", n+1)
		}
		body, _ := json.Marshal(out)
		return reply{body: string(body)}
	}
}

func member(id, state string) map[string]string {
	return map[string]string{"Id": id, "State": state, "Name": "n"}
}

// checkable makes the stand-in answer the bot for itself and, for a role, as the account whose role was assumed last;
// nothing is in the accounts.
func checkable(t *testing.T) *amazon {
	a := newAmazon(t)
	a.on("GetCallerIdentity", func(c call, _ int) reply {
		if c.key == ownKey {
			return reply{body: identity(ownARN)}
		}
		assumed := a.received("AssumeRole")
		role := assumed[len(assumed)-1].form.Get("RoleArn")
		return reply{body: identity("arn:aws:sts::" + strings.Split(role, ":")[4] + ":assumed-role/R/oktaws")}
	})
	a.on("GetSAMLProvider", noSuch).on("ListAccessKeys", noSuch).on("GetAccountAuthorizationDetails", always(details("", "", "")))
	return a.on("DescribeStacks", always(refusal(400, "ValidationError", "Stack with id oktaws-check does not exist")))
}

func TestCheckTriesTheRoleInSomeAccounts(t *testing.T) {
	a := checkable(t).on("ListAccounts", organization(
		[]map[string]string{member("999988887777", "ACTIVE"), member("100000000001", "ACTIVE"), member("100000000002", "SUSPENDED")},
		[]map[string]string{{"Id": "100000000003", "Status": "ACTIVE"}, member("100000000004", "ACTIVE"), member("100000000005", "ACTIVE")}))
	denied := a.scripts["AssumeRole"]
	a.on("AssumeRole", func(c call, n int) reply {
		if strings.Contains(c.form.Get("RoleArn"), "100000000003") {
			return refusal(403, "AccessDenied", "not authorized to perform: sts:AssumeRole")
		}
		return denied(c, n)
	})
	found(t, client(t).Check(t.Context()), []provision.Finding{
		{What: "AWS credentials", OK: true, Detail: ownARN + ", in account 999988887777; region us-east-1"},
		{What: "AWS organization", OK: true, Detail: "6 accounts, 5 of them active"},
		{What: "AWS account 100000000001", OK: true, Detail: "IAM and CloudFormation can be read"},
		{What: "AWS account 100000000003", Detail: "role/OrganizationAccountAccessRole can't be assumed", Remedy: "AWSControlTowerExecution"},
		{What: "AWS account 100000000004", OK: true, Detail: "reached as arn:aws:sts::100000000004:assumed-role/R/oktaws"},
	})
	if changed := a.changed(); len(changed) > 0 {
		t.Errorf("the check called %v", changed)
	}
}

func TestCheckNeedsNoOrganization(t *testing.T) {
	for code, detail := range map[string]string{
		"AWSOrganizationsNotInUseException": "the bot's account is in none",
		"AccessDeniedException":             "may not list the accounts",
	} {
		checkable(t).on("ListAccounts", always(jsonRefusal(code, "no")))
		found(t, client(t).Check(t.Context()), []provision.Finding{
			{What: "AWS credentials", OK: true},
			{What: "AWS organization", OK: true, Detail: detail},
			{What: "AWS access role", OK: true, Detail: "not tried"},
		})
	}
	checkable(t).on("ListAccounts", always(jsonRefusal("TooManyRequestsException", "slow down")))
	found(t, client(t, func(c *Config) { c.AccessRole = "" }).Check(t.Context()), []provision.Finding{
		{What: "AWS credentials", OK: true},
		{What: "AWS organization", Detail: "can't list the organization's accounts: AWS wants fewer calls", Remedy: "waits"},
		{What: "AWS account 999988887777", OK: true, Detail: ownARN},
	})
}

func TestCheckTriesEachProfile(t *testing.T) {
	a := checkable(t).on("ListAccounts", always(jsonRefusal("AccessDeniedException", "no")))
	a.profile("[one]\naws_access_key_id = " + ownKey + "\naws_secret_access_key = s\n")
	c := client(t, func(c *Config) {
		c.AccessRole = ""
		c.Profiles = map[string]string{"999988887777": "one", "100000000001": "one", "100000000002": "two"}
	})
	found(t, c.Check(t.Context()), []provision.Finding{
		{What: "AWS credentials", OK: true},
		{What: "AWS organization", OK: true},
		{What: "AWS account 100000000001", Detail: "the AWS profile one leads to account 999988887777", Remedy: "aws.profiles"},
		{What: "AWS account 100000000002", Detail: `the AWS profile "two" of account 100000000002 can't be read`, Remedy: "aws.profiles"},
		{What: "AWS account 999988887777", OK: true},
	})
}

func TestCheckSaysWhatMayNotBeRead(t *testing.T) {
	checkable(t).on("ListAccounts", always(jsonRefusal("AccessDeniedException", "no"))).
		on("GetSAMLProvider", always(refusal(403, "AccessDenied", "not authorized to perform: iam:GetSAMLProvider on x"))).
		on("DescribeStacks", always(refusal(403, "AccessDenied", "not authorized to perform: cloudformation:DescribeStacks on x")))
	findings := client(t, func(c *Config) { c.AccessRole = "" }).Check(t.Context())
	found(t, findings[2:], []provision.Finding{
		{What: "AWS account 999988887777", Detail: "may not do iam:GetSAMLProvider", Remedy: "Add cloudformation:DescribeStacks"},
	})
}

func TestCheckWithCredentialsThatDontWork(t *testing.T) {
	newAmazon(t).on("GetCallerIdentity", always(refusal(403, "InvalidClientTokenId", "invalid")))
	found(t, client(t).Check(t.Context()), []provision.Finding{
		{What: "AWS credentials", Detail: "doesn't know the access key of the bot's own AWS credentials", Remedy: "AWS_ACCESS_KEY_ID"},
	})

	newAmazon(t).on("GetCallerIdentity", always(reply{body: identity(ownARN)}))
	found(t, client(t, func(c *Config) { c.Region = "cn-north-1" }).Check(t.Context()), []provision.Finding{
		{What: "AWS credentials", Detail: "is in the partition aws, and aws.region cn-north-1 is in aws-cn", Remedy: "aws.region"},
	})
}

// found compares findings; of their words it wants those given to be in them.
func found(t *testing.T, got, want []provision.Finding) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("found %+v", got)
	}
	for i, w := range want {
		if g := got[i]; g.What != w.What || g.OK != w.OK || !strings.Contains(g.Detail, w.Detail) || !strings.Contains(g.Remedy, w.Remedy) || g.OK != (g.Remedy == "") {
			t.Errorf("found %+v\nwant %+v", g, w)
		}
	}
}
