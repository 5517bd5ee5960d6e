package aws_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/credentials/stscreds"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/organizations"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"github.com/oktaws/oktaws/internal/sandbox/aws"
)

const elsewhere = "123412341234"

// at returns clients for a region.
func (w *world) at(region string, p sdk.CredentialsProvider) clients {
	c := sdk.Config{Region: region, BaseEndpoint: &w.url, Credentials: p, HTTPClient: whole{awshttp.NewBuildableClient()}, Retryer: func() sdk.Retryer { return sdk.NopRetryer{} }}
	return clients{sts.NewFromConfig(c), iam.NewFromConfig(c), cloudformation.NewFromConfig(c), organizations.NewFromConfig(c)}
}

// baseIn returns clients with the base credentials of the partition.
func (w *world) baseIn(partition, region string) clients {
	id, secret := w.CredentialsIn(partition)
	return w.at(region, credentials.NewStaticCredentialsProvider(id, secret, ""))
}

var others = []struct{ partition, region, management, suffix string }{
	{aws.USGov, "us-gov-west-1", aws.ManagementUSGov, "amazonaws.com"},
	{aws.China, "cn-northwest-1", aws.ManagementChina, "amazonaws.com.cn"},
}

func TestAnotherPartitionHasItsOwnNames(t *testing.T) {
	for _, p := range others {
		t.Run(p.partition, func(t *testing.T) {
			w := newWorld(t)
			if err := w.AddAccountIn(p.partition, elsewhere, "Elsewhere"); err != nil {
				t.Fatal(err)
			}
			mine := "arn:" + p.partition + ":"
			base := w.baseIn(p.partition, p.region)
			equal(t, "the base user", *must(base.sts.GetCallerIdentity(ctx, nil))(t).Arn, mine+"iam::"+p.management+":user/oktaws")
			var ids []string
			for _, a := range must(base.org.ListAccounts(ctx, &organizations.ListAccountsInput{}))(t).Accounts {
				ids = append(ids, *a.Id)
				if !strings.HasPrefix(*a.Arn, mine+"organizations::"+p.management+":account/o-") {
					t.Errorf("an account's ARN is %s", *a.Arn)
				}
			}
			same(t, "accounts of the organization", ids, []string{p.management, elsewhere})

			access := mine + "iam::" + elsewhere + ":role/" + aws.AccessRole
			c := w.at(p.region, sdk.NewCredentialsCache(stscreds.NewAssumeRoleProvider(base.sts, access)))
			who := *must(c.sts.GetCallerIdentity(ctx, nil))(t).Arn
			if !strings.HasPrefix(who, mine+"sts::"+elsewhere+":assumed-role/"+aws.AccessRole+"/") {
				t.Errorf("the session is %s", who)
			}
			got := must(c.iam.GetRole(ctx, &iam.GetRoleInput{RoleName: str(aws.AccessRole)}))(t)
			equal(t, "the access role", *got.Role.Arn, access)
			attached := must(c.iam.ListAttachedRolePolicies(ctx, &iam.ListAttachedRolePoliciesInput{RoleName: str(aws.AccessRole)}))(t)
			equal(t, "its policy", *attached.AttachedPolicies[0].PolicyArn, mine+"iam::aws:policy/AdministratorAccess")
			good := w.metadata()
			provider := *must(c.iam.CreateSAMLProvider(ctx, &iam.CreateSAMLProviderInput{Name: str("Okta"), SAMLMetadataDocument: &good}))(t).SAMLProviderArn
			equal(t, "a provider", provider, mine+"iam::"+elsewhere+":saml-provider/Okta")
			equal(t, "the organization", strings.HasPrefix(*must(c.org.DescribeOrganization(ctx, nil))(t).Organization.Arn, mine+"organizations::"+p.management+":organization/o-"), true)

			w.clock.Advance(providerDelay)
			body := strings.NewReplacer("$PROVIDER", provider, "$AUDIENCE", aws.SignInURLIn(p.partition)).Replace(`{"Resources":{"Reader":{"Type":"AWS::IAM::Role","Properties":{"RoleName":"Reader",` +
				`"Description":{"Fn::Sub":"${AWS::Partition} ${AWS::URLSuffix} ${AWS::Region}"},"ManagedPolicyArns":[{"Fn::Sub":"arn:${AWS::Partition}:iam::aws:policy/ReadOnlyAccess"}],` +
				`"AssumeRolePolicyDocument":{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":{"Federated":"$PROVIDER"},"Action":"sts:AssumeRoleWithSAML","Condition":{"StringEquals":{"SAML:aud":"$AUDIENCE"}}}}}}}}`)
			st := must(c.stack.CreateStack(ctx, &cloudformation.CreateStackInput{StackName: str("readers"), TemplateBody: &body, Capabilities: []types.Capability{types.CapabilityCapabilityNamedIam}}))(t)
			if !strings.HasPrefix(*st.StackId, mine+"cloudformation:"+p.region+":"+elsewhere+":stack/readers/") {
				t.Errorf("the stack is %s", *st.StackId)
			}
			w.clock.Advance(2 * stackTime)
			equal(t, "status", status(t, c, "readers"), "CREATE_COMPLETE")
			r := w.Roles(elsewhere)[1]
			equal(t, "the stack's role", fmt.Sprint(r.ARN, r.Policies, r.Description), fmt.Sprint(mine+"iam::"+elsewhere+":role/Reader", []string{mine + "iam::aws:policy/ReadOnlyAccess"}, p.partition+" "+p.suffix+" "+p.region))
			same(t, "providers that it trusts", r.TrustedProviders, []string{provider})
			if _, ok := w.ManagedPolicy(r.Policies[0]); !ok {
				t.Error("its policy cannot be read")
			}
		})
	}
}

func TestPartitionsKnowNothingOfEachOther(t *testing.T) {
	w := newWorld(t)
	for i, p := range others {
		if err := w.AddAccountIn(p.partition, fmt.Sprintf("12341234123%d", i), "Elsewhere"); err != nil {
			t.Fatal(err)
		}
	}
	for _, key := range []struct{ partition, region string }{
		{aws.Commercial, "us-gov-west-1"}, {aws.Commercial, "cn-north-1"}, {aws.USGov, "us-east-1"}, {aws.USGov, "cn-north-1"}, {aws.China, "eu-west-1"},
	} {
		_, err := w.baseIn(key.partition, key.region).sts.GetCallerIdentity(ctx, nil)
		refused(t, err, 403, "InvalidClientTokenId", "The security token included in the request is invalid.")
	}
	_, err := w.baseIn(aws.USGov, "us-gov-north-7").sts.GetCallerIdentity(ctx, nil)
	refused(t, err, 403, "SignatureDoesNotMatch", "Credential should be scoped to a valid region.")
	_, err = assume(w.base(), sts.AssumeRoleInput{RoleArn: str("arn:aws-us-gov:iam::123412341230:role/" + aws.AccessRole)})
	refused(t, err, 403, "AccessDenied", "")
	_, err = assume(w.base(), sts.AssumeRoleInput{RoleArn: str(roleARN("123412341230", aws.AccessRole))})
	refused(t, err, 403, "AccessDenied", "")

	for what, err := range map[string]error{
		"a policy of another partition":             w.MakeRole(aws.AccountGmail, "A", "", "arn:aws-us-gov:iam::aws:policy/ReadOnlyAccess"),
		"an account of another partition":           w.MakeRole(aws.AccountGmail, "A", strings.Replace(ownTrust, "111122223333", "123412341230", 1)),
		"a provider by another partition's ARN":     w.MakeRole(aws.AccountTakenSAML, "A", trustProvider("arn:aws-cn:iam::"+aws.AccountTakenSAML+":saml-provider/Okta")),
		"an account that is there":                  w.AddAccountIn(aws.China, aws.AccountGmail, "Gmail"),
		"the management account of another":         w.AddAccount(aws.ManagementChina, "China"),
		"an account of a partition that is unknown": w.AddAccountIn("aws-iso", "123412341239", "Secret"),
	} {
		if err == nil {
			t.Errorf("%s was taken", what)
		}
	}
	if id, _ := w.CredentialsIn("aws-iso"); id != "" || aws.SignInURLIn("aws-iso") != "" {
		t.Error("there is a partition aws-iso")
	}
	var ids []string
	for p := organizations.NewListAccountsPaginator(w.base().org, &organizations.ListAccountsInput{}); p.HasMorePages(); {
		for _, a := range must(p.NextPage(ctx))(t).Accounts {
			ids = append(ids, *a.Id)
		}
	}
	equal(t, "the commercial organization has the others' accounts", slices.Contains(ids, "123412341230") || slices.Contains(ids, aws.ManagementUSGov), false)
	accounts := w.Accounts()
	last := accounts[len(accounts)-4:]
	equal(t, "all accounts, last", fmt.Sprint(last[0].ID, last[0].Managing, last[1].ID, last[1].Partition, last[2].Managing, last[3].Partition), fmt.Sprint(aws.ManagementUSGov, true, "123412341230", aws.USGov, true, aws.China))
}

func TestAnotherPartitionIsEmptyUntilSomebodyNeedsIt(t *testing.T) {
	w := newWorld(t)
	for _, a := range w.Accounts() {
		equal(t, "partition of "+a.ID, a.Partition, aws.Commercial)
	}
	w.CredentialsIn(aws.USGov)
	equal(t, "accounts", w.Accounts()[len(w.Accounts())-1].ID, aws.ManagementUSGov)
	if err := w.CloseAccount(aws.ManagementUSGov); err == nil {
		t.Error("a management account was closed")
	}
}
