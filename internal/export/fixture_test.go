package export_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/oktaws/oktaws/internal/export"
	"github.com/oktaws/oktaws/provision"
	"github.com/oktaws/oktaws/store"
)

var now = time.Date(2026, 3, 4, 5, 6, 7, 0, time.UTC)

// setup is an operator's: several partitions, a role set with everything that a template can hold.
func setup() export.Setup {
	return export.Setup{
		Pipeline: provision.Config{
			ProviderName: "Okta", StackName: "oktaws-roles", UserName: "oktaws-okta", SessionDuration: time.Hour,
			RoleSets: map[string][]provision.RoleSpec{
				store.DefaultRoleSet: provision.DefaultRoleSet(),
				"audit-read": {
					{Name: "Auditor", Group: "{label}-{role}", Inline: map[string]string{
						"own": `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:*","Resource":"arn:${AWS::Partition}:s3:::b/${aws:username}/%{if}*"}]}`}},
					{Name: "Reader", Group: "auditors", GroupExists: true, Policies: []string{"arn:${AWS::Partition}:iam::aws:policy/ReadOnlyAccess"}},
				},
			},
		},
		OrgURL: "https://example.okta.com",
		Partitions: map[string]export.Reach{
			"aws":        {Region: "eu-west-1", AccessRole: "OrganizationAccountAccessRole", ExternalID: "outside"},
			"aws-us-gov": {Region: "us-gov-west-1", AccessRole: "path/Access", Profile: "gov"},
			"aws-cn":     {Region: "cn-north-1"},
		},
		Now: now,
	}
}

// record is a linked account.
func record(partition, id string, mode store.Mode, label string) export.Record {
	regions := map[string]string{"aws": "us-east-1", "aws-us-gov": "us-gov-east-1", "aws-cn": "cn-north-1"}
	r := export.Record{Account: store.Account{
		AccountKey: store.AccountKey{Partition: partition, ID: id},
		Wish:       store.Wish{Label: label, Mode: mode},
		Desired:    store.WantLinked, State: store.Linked,
		Known: store.Known{
			Alias: "alias-" + id, AppID: "0oa" + id, AppName: "amazon_aws",
			ProviderARN: fmt.Sprintf("arn:%s:iam::%s:saml-provider/Okta", partition, id),
			StackID:     fmt.Sprintf("arn:%s:cloudformation:%s:%s:stack/oktaws-roles/7f3c", partition, regions[partition], id),
			Groups:      map[string]string{},
		},
	}, Since: now.Add(-time.Hour)}
	for _, role := range []string{"Administrator", "PowerUsers", "ReadOnlyAccess"} {
		r.Known.Groups[role] = "00g" + role[:1] + id
	}
	if mode == store.ModeAPI {
		r.Known.UserName = "oktaws-okta"
	}
	return r
}

func shared(r export.Record, label, app string) export.Record {
	r.Shared, r.Known.AppID = label, app
	return r
}

func write(t *testing.T, s export.Setup, records ...export.Record) string {
	t.Helper()
	var out strings.Builder
	if err := export.Terraform(&out, s, records); err != nil {
		t.Fatal(err)
	}
	return out.String()
}
