package aws

import (
	"testing"

	"github.com/oktaws/oktaws/provision"
	"github.com/oktaws/oktaws/store"
)

func TestPartitionFollowsFromTheRegion(t *testing.T) {
	for region, want := range map[string]string{
		"us-east-1": "aws", "eu-central-1": "aws", "us-gov-west-1": "aws-us-gov", "us-gov-east-1": "aws-us-gov",
		"cn-north-1": "aws-cn", "cn-northwest-1": "aws-cn",
	} {
		if got := Partition(region); got != want {
			t.Errorf("%s is in %s, want %s", region, got, want)
		}
	}

	a := newAmazon(t)
	c := client(t, func(c *Config) { c.Region = "us-gov-west-1" })
	_, err := c.Account(t.Context(), theAccount)
	expect(t, err, store.Permanent, "account 111122223333 is in the partition aws", "aws.partitions")

	a.on("GetCallerIdentity", always(reply{body: identity("arn:aws-us-gov:sts::111122223333:assumed-role/R/oktaws")}))
	gov := store.AccountKey{Partition: "aws-us-gov", ID: accountID}
	account, err := c.Account(t.Context(), gov)
	if err != nil {
		t.Fatal(err)
	}
	id, err := account.Identity(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if id.Account != gov {
		t.Errorf("the account is %v", id.Account)
	}
	if got := a.the("AssumeRole").form.Get("RoleArn"); got != "arn:aws-us-gov:iam::111122223333:role/OrganizationAccountAccessRole" {
		t.Errorf("assumed %s", got)
	}
}

const (
	govKey = "AKIAGOVKEY0000000001"
	govARN = "arn:aws-us-gov:iam::777788889999:user/bot"
)

// gov adds the partition aws-us-gov, with credentials of its own in a profile.
func gov(a *amazon) func(*Config) {
	a.profile("[gov]\naws_access_key_id = " + govKey + "\naws_secret_access_key = s\n")
	return func(c *Config) {
		c.ExternalID = "home-1"
		c.Partitions = map[string]Reach{"aws-us-gov": {Region: "us-gov-west-1", AccessRole: "team/Access", ExternalID: "gov-2", Profile: "gov"}}
	}
}

func TestAccountOfAFurtherPartitionIsReachedWithItsOwnCredentials(t *testing.T) {
	a := newAmazon(t)
	c := client(t, gov(a))
	a.on("GetCallerIdentity", always(reply{body: identity("arn:aws-us-gov:sts::111122223333:assumed-role/Access/oktaws")})).
		on("DescribeStacks", always(refusal(400, "ValidationError", "Stack with id oktaws-roles does not exist"))).
		on("ListAccounts", organization([]map[string]string{member(accountID, "SUSPENDED")}))
	there := store.AccountKey{Partition: "aws-us-gov", ID: accountID}
	account, err := c.Account(t.Context(), there)
	if err != nil {
		t.Fatal(err)
	}
	if id, err := account.Identity(t.Context()); err != nil || id.Account != there {
		t.Errorf("the identity is %+v, %v", id, err)
	}
	if _, err := account.Stack(t.Context(), "oktaws-roles"); err != nil {
		t.Error(err)
	}
	if status, err := c.Status(t.Context(), there); err != nil || status != "SUSPENDED" {
		t.Errorf("the status is %q, %v", status, err)
	}
	asked := a.the("AssumeRole")
	if asked.key != govKey || asked.form.Get("RoleArn") != "arn:aws-us-gov:iam::111122223333:role/team/Access" || asked.form.Get("ExternalId") != "gov-2" {
		t.Errorf("%s asked for %v", asked.key, asked.form)
	}
	if got := a.the("ListAccounts").key; got != govKey {
		t.Errorf("the organization was asked with the key %s", got)
	}
	if got := a.the("DescribeStacks").region; got != "us-gov-west-1" {
		t.Errorf("the stack was looked for in %s", got)
	}

	a.on("GetCallerIdentity", always(reply{body: identity("arn:aws:sts::111122223333:assumed-role/R/oktaws")}))
	account, err = c.Account(t.Context(), theAccount)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := account.Identity(t.Context()); err != nil {
		t.Fatal(err)
	}
	if at := a.received("AssumeRole")[1]; at.key != ownKey || at.region != "us-east-1" || at.form.Get("ExternalId") != "home-1" {
		t.Errorf("%s asked in %s for %v", at.key, at.region, at.form)
	}

	_, err = c.Account(t.Context(), store.AccountKey{Partition: "aws-cn", ID: accountID})
	expect(t, err, store.Permanent, "account 111122223333 is in the partition aws-cn", "aws.partitions")
	_, err = c.Status(t.Context(), store.AccountKey{Partition: "aws-cn", ID: accountID})
	expect(t, err, store.Permanent, "account 111122223333 is in the partition aws-cn", "aws.partitions")
}

func TestErrorInAFurtherPartitionNamesItsSettings(t *testing.T) {
	a := newAmazon(t)
	c := client(t, gov(a))
	account, err := c.Account(t.Context(), store.AccountKey{Partition: "aws-us-gov", ID: accountID})
	if err != nil {
		t.Fatal(err)
	}
	a.on("AssumeRole", inTurn(refusal(403, "AccessDenied", "no"), refusal(403, "InvalidClientTokenId", "no")))
	_, err = account.Identity(t.Context())
	expect(t, err, store.Denied, "the role arn:aws-us-gov:iam::111122223333:role/team/Access can't be assumed", "(aws.partitions.aws-us-gov.access_role names it)")
	_, err = account.Identity(t.Context())
	expect(t, err, store.Denied, "doesn't know the access key of the AWS profile gov", "aws.partitions.aws-us-gov.region")
}

func TestPartitionsThatCannotBeRightAreNamed(t *testing.T) {
	a := newAmazon(t)
	a.profile("[broken]\ncredential_process = exit 1\n")
	for _, tc := range []struct {
		name            string
		home            string
		partition       string
		reach           Reach
		message, remedy string
	}{
		{"none that is known", "us-east-1", "aws-gov", Reach{Region: "us-gov-west-1"}, `"aws-gov"`, "aws-us-gov and aws-cn"},
		{"that of the region", "us-gov-east-1", "aws-us-gov", Reach{Region: "us-gov-west-1"}, "aws.region us-gov-east-1 is in it already", "Leave that entry out"},
		{"no region", "us-east-1", "aws-cn", Reach{}, `aws.partitions.aws-cn.region ""`, "cn-north-1"},
		{"region of another", "us-east-1", "aws-cn", Reach{Region: "eu-west-1"}, `aws.partitions.aws-cn.region "eu-west-1"`, "cn-north-1"},
		{"role's ARN", "us-east-1", "aws-cn", Reach{Region: "cn-north-1", AccessRole: "arn:aws-cn:iam::1:role/R"}, "aws.partitions.aws-cn.access_role", "name alone"},
		{"profile that is missing", "us-east-1", "aws-cn", Reach{Region: "cn-north-1", Profile: "china"}, `the AWS profile "china" of the partition aws-cn can't be read`, "aws.partitions.aws-cn.profile"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			_, err := New(t.Context(), Config{Region: tc.home, Partitions: map[string]Reach{tc.partition: tc.reach}})
			expect(t, err, store.Permanent, tc.message, tc.remedy)
		})
	}

	c := client(t, func(c *Config) { c.Partitions = map[string]Reach{"aws-cn": {Region: "cn-north-1", Profile: "broken"}} })
	account, err := c.Account(t.Context(), store.AccountKey{Partition: "aws-cn", ID: accountID})
	if err != nil {
		t.Fatal(err)
	}
	_, err = account.Identity(t.Context())
	expect(t, err, store.Denied, "the AWS profile broken gives no credentials", "aws.partitions.aws-cn.profile")
}

func TestCheckSaysWhichPartitionALineIsAbout(t *testing.T) {
	a := newAmazon(t)
	set := gov(a)
	a.profile("[gov]\naws_access_key_id = " + govKey + "\naws_secret_access_key = s\n[one]\naws_access_key_id = AKIAONE0000000000001\naws_secret_access_key = s\n")
	a.on("GetSAMLProvider", noSuch).on("ListAccessKeys", noSuch).on("GetAccountAuthorizationDetails", always(details("", "", ""))).
		on("DescribeStacks", always(refusal(400, "ValidationError", "Stack with id oktaws-check does not exist"))).
		on("ListAccounts", func(c call, n int) reply {
			if c.key == govKey {
				return organization([]map[string]string{member("100000000001", "ACTIVE")})(c, n)
			}
			return jsonRefusal("AccessDeniedException", "no")
		}).
		on("GetCallerIdentity", func(c call, _ int) reply {
			switch {
			case c.key == ownKey:
				return reply{body: identity(ownARN)}
			case c.key == govKey:
				return reply{body: identity(govARN)}
			case c.key == roleKey:
				return reply{body: identity("arn:aws-us-gov:sts::100000000001:assumed-role/Access/oktaws")}
			case c.region == "us-gov-west-1": // the profile is of that partition
				return reply{body: identity("arn:aws-us-gov:iam::100000000002:user/one")}
			}
			return refusal(403, "InvalidClientTokenId", "no")
		})
	c := client(t, set, func(c *Config) { c.AccessRole, c.Profiles = "", map[string]string{"100000000002": "one"} })
	found(t, c.Check(t.Context()), []provision.Finding{
		{What: "AWS credentials (aws)", OK: true, Detail: ownARN + ", in account 999988887777; region us-east-1"},
		{What: "AWS organization (aws)", OK: true, Detail: "may not list the accounts"},
		{What: "AWS account 100000000002 (aws-us-gov)", OK: true, Detail: "reached as arn:aws-us-gov:iam::100000000002:user/one"},
		{What: "AWS account 999988887777 (aws)", OK: true, Detail: ownARN},
		{What: "AWS credentials (aws-us-gov)", OK: true, Detail: govARN + ", in account 777788889999; region us-gov-west-1"},
		{What: "AWS organization (aws-us-gov)", OK: true, Detail: "1 accounts, 1 of them active"},
		{What: "AWS account 100000000001 (aws-us-gov)", OK: true, Detail: "reached as arn:aws-us-gov:sts::100000000001"},
	})
}
