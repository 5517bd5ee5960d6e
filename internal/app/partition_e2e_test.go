package app_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/oktaws/oktaws/internal/sandbox/aws"
	"github.com/oktaws/oktaws/internal/sandbox/okta"
	"github.com/oktaws/oktaws/internal/sandbox/slack"
)

// configured writes a configuration file, and returns the setting that names it.
func configured(t *testing.T, text string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "oktaws.yaml")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return "OKTAWS_CONFIG=" + file
}

// TestPartitions has one oktaws look after accounts of three partitions, each with credentials of its own: people write
// such an account with its partition, and sign on there. It isn't parallel, since the AWS SDK reads the names of its shared
// files from the process's environment.
func TestPartitions(t *testing.T) {
	r := newRigAt(t, quick, inModeGroups, unasked, configured(t, `aws:
  region: us-east-1
  partitions:
    aws-us-gov: {region: us-gov-west-1, profile: gov}
    aws-cn: {region: cn-north-1, profile: china}
`))
	var shared strings.Builder
	for profile, partition := range map[string]string{"gov": aws.USGov, "china": aws.China} {
		id, secret := r.AWS.CredentialsIn(partition)
		fmt.Fprintf(&shared, "[%s]\naws_access_key_id = %s\naws_secret_access_key = %s\n", profile, id, secret)
	}
	file := filepath.Join(t.TempDir(), "credentials")
	if err := os.WriteFile(file, []byte(shared.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("AWS_SHARED_CREDENTIALS_FILE", file)
	r.serve()

	const gov, china = "300000000001", "300000000002"
	if err := errors.Join(r.AWS.AddAccountIn(aws.USGov, gov, "Gov"), r.AWS.AddAccountIn(aws.China, china, "China")); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ partition, id, typed, label, region string }{
		{"aws", gmail, gmail, label, "us-east-1"},
		{aws.USGov, gov, "aws-us-gov/" + gov, "Gov-Account", "us-gov-west-1"},
		{aws.China, china, "aws-cn/" + china, "China-Account", "cn-north-1"},
	} {
		linked := r.carries(c.id, "link "+c.typed+" "+c.label, "is linked to Okta")
		mustSay(t, read(linked), c.typed, namedGroup(c.id, "ReadOnlyAccess"))
		provider := "arn:" + c.partition + ":iam::" + c.id + ":saml-provider/Okta"
		if p := r.AWS.Providers(c.id); len(p) != 1 || p[0].ARN != provider {
			t.Errorf("the identity providers of %s are %+v", c.typed, p)
		}
		for _, role := range r.AWS.Roles(c.id) {
			if role.Name == aws.AccessRole {
				continue
			}
			if !strings.HasPrefix(role.ARN, "arn:"+c.partition+":iam::"+c.id+":role/") || !strings.Contains(role.Trust, provider) || !strings.Contains(role.Trust, aws.SignInURLIn(c.partition)) {
				t.Errorf("the role %s trusts %s", role.ARN, role.Trust)
			}
			for _, p := range role.Policies {
				if !strings.HasPrefix(p, "arn:"+c.partition+":iam::aws:policy/") {
					t.Errorf("the role %s has the policy %s", role.ARN, p)
				}
			}
		}
		if s := r.AWS.Stacks(c.id); len(s) != 1 || s[0].Region != c.region {
			t.Errorf("the stacks of %s are %+v", c.typed, s)
		}
		r.join(okta.TestUserLogin, namedGroup(c.id, "ReadOnlyAccess"))
		r.mayBe(c.label, c.id+"/ReadOnlyAccess")
		in, err := r.clickTile(okta.TestUserLogin, c.label)
		if err != nil {
			t.Fatal(err)
		}
		for _, role := range in.Roles {
			if role.Refused == "" && (role.Account.Partition != c.partition || role.Provider != provider) {
				t.Errorf("the role that is offered is %+v", role)
			}
		}
	}

	// An account is named with its partition, and is known by its ID alone once somebody has asked for it.
	mustSay(t, r.looksAt(gov), "aws-us-gov/"+gov, "all as it shall be")
	if err := r.AWS.AttachPolicy(china, "ReadOnlyAccess", "arn:aws-cn:iam::aws:policy/AdministratorAccess"); err != nil {
		t.Fatal(err)
	}
	mustSay(t, r.looksAt("aws-cn/"+china), "aws-cn/"+china, "arn:aws-cn:iam::aws:policy/AdministratorAccess")
	r.carries(china, "repair aws-cn/"+china, "is repaired")
	mustSay(t, r.reads(slack.Requester, "list"), gmail, "aws-us-gov/"+gov, "aws-cn/"+china)
	r.atEveryMoment("Gov-Account", []string{gov + "/ReadOnlyAccess"}, func() {
		r.carries(gov, "rotate "+gov+" certificate", "aws-us-gov/"+gov, "has a new SAML certificate")
	})
	r.carries(gov, "unlink "+gov, "aws-us-gov/"+gov, "is unlinked")
	mustSay(t, r.types(slack.Requester, "repair "+gov), gov, "is not linked", "/oktaws link aws-us-gov/"+gov)

	// A partition that isn't configured has no such account, nor has another one.
	mustSay(t, r.types(slack.Requester, "link aws-iso/"+gov+" Other"), "`aws-iso`", "aws, aws-cn, aws-us-gov")
	failed := r.carries("300000000009", "link aws-us-gov/300000000009 Missing", "Linking", "failed")
	mustSay(t, failed.Text, "aws-us-gov/300000000009", "arn:aws-us-gov:iam::300000000009:role/"+aws.AccessRole, "can't be assumed", "aws.partitions.aws-us-gov.access_role")
}
