package aws_test

import (
	"fmt"
	"net/url"
	"testing"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"

	"github.com/oktaws/oktaws/internal/sandbox/aws"
)

const (
	readOnlyPolicy = "arn:aws:iam::aws:policy/ReadOnlyAccess"
	billingPolicy  = "arn:aws:iam::aws:policy/job-function/Billing"
	ownTrust       = `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":{"AWS":"111122223333"},"Action":"sts:AssumeRole"}}`
	readBuckets    = `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"s3:Get*","Resource":"*"}}`
)

func iamTag(key, value string) types.Tag { return types.Tag{Key: &key, Value: &value} }

// reader makes a role that has everything that a role can have.
func reader(t *testing.T, c *iam.Client) {
	t.Helper()
	must(c.CreateRole(ctx, &iam.CreateRoleInput{
		RoleName: str("Reader"), Path: str("/okta/"), AssumeRolePolicyDocument: str(ownTrust), Description: str("Reads"),
		PermissionsBoundary: str(readOnlyPolicy), Tags: []types.Tag{iamTag("team", "x")},
	}))(t)
	must(c.AttachRolePolicy(ctx, &iam.AttachRolePolicyInput{RoleName: str("Reader"), PolicyArn: str(billingPolicy)}))(t)
	must(c.PutRolePolicy(ctx, &iam.PutRolePolicyInput{RoleName: str("Reader"), PolicyName: str("buckets"), PolicyDocument: str(readBuckets)}))(t)
}

func TestAllOfAnAccountIsSeenAtOnce(t *testing.T) {
	w := newWorld(t)
	c := w.in(aws.AccountGmail).iam
	reader(t, c)
	must(c.CreateUser(ctx, &iam.CreateUserInput{UserName: str("OktaSSOuser"), Path: str("/oktaws/"), Tags: []types.Tag{iamTag("managed-by", "oktaws")}}))(t)
	must(c.PutUserPolicy(ctx, &iam.PutUserPolicyInput{UserName: str("OktaSSOuser"), PolicyName: str("list"), PolicyDocument: str(readBuckets)}))(t)

	all := must(c.GetAccountAuthorizationDetails(ctx, nil))(t)
	equal(t, "how many", fmt.Sprint(len(all.UserDetailList), len(all.GroupDetailList), len(all.RoleDetailList), len(all.Policies), all.IsTruncated), "1 0 2 3 false")
	r := all.RoleDetailList[1]
	equal(t, "the role's ARN", *r.Arn, "arn:aws:iam::111122223333:role/okta/Reader")
	equal(t, "its path and name", *r.Path+*r.RoleName, "/okta/Reader")
	equal(t, "its boundary", *r.PermissionsBoundary.PermissionsBoundaryArn, readOnlyPolicy)
	equal(t, "its policy", *r.AttachedManagedPolicies[0].PolicyName+" "+*r.AttachedManagedPolicies[0].PolicyArn, "Billing "+billingPolicy)
	equal(t, "its tag", *r.Tags[0].Key+"="+*r.Tags[0].Value, "team=x")
	equal(t, "when it was made", *r.CreateDate, w.clock.Now().UTC())
	equal(t, "its instance profiles", len(r.InstanceProfileList), 0)
	for what, encoded := range map[string]*string{ownTrust: r.AssumeRolePolicyDocument, readBuckets: r.RolePolicyList[0].PolicyDocument} {
		if plain, err := url.QueryUnescape(*encoded); err != nil || plain != what || *encoded == what {
			t.Errorf("the document is %s (%v), want %s URL-encoded", *encoded, err, what)
		}
	}
	u := all.UserDetailList[0]
	equal(t, "the user", *u.Path+*u.UserName+" "+*u.UserPolicyList[0].PolicyName+" "+*u.Tags[0].Value, "/oktaws/OktaSSOuser list oktaws")
	equal(t, "its groups and managed policies", len(u.GroupList)+len(u.AttachedManagedPolicies), 0)
	p := all.Policies[1]
	equal(t, "a policy as a boundary", fmt.Sprint(*p.PolicyName, *p.AttachmentCount, *p.PermissionsBoundaryUsageCount), "ReadOnlyAccess0 1")
	equal(t, "a policy's path", *all.Policies[2].Path+*all.Policies[2].PolicyName, "/job-function/Billing")
	equal(t, "its version", *p.DefaultVersionId+*p.PolicyVersionList[0].VersionId, "v1v1")

	for _, test := range []struct {
		filter []types.EntityType
		want   string
	}{
		{[]types.EntityType{types.EntityTypeRole}, "0 2 0"},
		{[]types.EntityType{types.EntityTypeUser, types.EntityTypeAWSManagedPolicy}, "1 0 3"},
		{[]types.EntityType{types.EntityTypeGroup, types.EntityTypeLocalManagedPolicy}, "0 0 0"},
	} {
		out := must(c.GetAccountAuthorizationDetails(ctx, &iam.GetAccountAuthorizationDetailsInput{Filter: test.filter}))(t)
		equal(t, fmt.Sprint("users, roles and policies of ", test.filter), fmt.Sprint(len(out.UserDetailList), len(out.RoleDetailList), len(out.Policies)), test.want)
	}
	_, err := c.GetAccountAuthorizationDetails(ctx, &iam.GetAccountAuthorizationDetailsInput{Filter: []types.EntityType{"Robot"}})
	refused(t, err, 400, "ValidationError", "")
	if err := w.Deny(aws.AccountGmail, "iam:GetAccount*"); err != nil {
		t.Fatal(err)
	}
	_, err = c.GetAccountAuthorizationDetails(ctx, nil)
	refused(t, err, 403, "AccessDenied", "")
}

func TestAllOfAnAccountComesInPages(t *testing.T) {
	w := newWorld(t)
	for i := range 24 {
		if err := w.MakeRole(aws.AccountGmail, fmt.Sprintf("Role%02d", i), ""); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.MakeUser(aws.AccountGmail, "OktaSSOuser", nil); err != nil {
		t.Fatal(err)
	}
	c := w.in(aws.AccountGmail).iam
	for _, test := range []struct {
		size         *int32
		pages, roles int
	}{{nil, 3, 25}, {sdk.Int32(7), 4, 25}, {sdk.Int32(1000), 1, 25}} {
		pages, users, roles, policies := 0, 0, 0, 0
		for p := iam.NewGetAccountAuthorizationDetailsPaginator(c, &iam.GetAccountAuthorizationDetailsInput{MaxItems: test.size}); p.HasMorePages(); pages++ {
			out := must(p.NextPage(ctx))(t)
			users, roles, policies = users+len(out.UserDetailList), roles+len(out.RoleDetailList), policies+len(out.Policies)
		}
		equal(t, "pages, users, roles and policies", fmt.Sprint(pages, users, roles, policies), fmt.Sprint(test.pages, 1, test.roles, 1))
	}
	_, err := c.GetAccountAuthorizationDetails(ctx, &iam.GetAccountAuthorizationDetailsInput{Marker: str("nonsense")})
	refused(t, err, 400, "ValidationError", "")
}

func TestARoleIsChangedInPlace(t *testing.T) {
	w := newWorld(t)
	c := w.in(aws.AccountGmail).iam
	reader(t, c)
	name := str("Reader")
	get := func() *types.Role { return must(c.GetRole(ctx, &iam.GetRoleInput{RoleName: name}))(t).Role }

	must(c.UpdateRole(ctx, &iam.UpdateRoleInput{RoleName: name, MaxSessionDuration: sdk.Int32(7200)}))(t)
	equal(t, "session and description", fmt.Sprint(*get().MaxSessionDuration, *get().Description), "7200Reads")
	must(c.UpdateRole(ctx, &iam.UpdateRoleInput{RoleName: name, Description: str("")}))(t)
	equal(t, "session where none is given", *get().MaxSessionDuration, 3600)
	equal(t, "description taken away", get().Description == nil, true)
	_, err := c.UpdateRole(ctx, &iam.UpdateRoleInput{RoleName: name, MaxSessionDuration: sdk.Int32(60)})
	refused(t, err, 400, "ValidationError", "")
	_, err = c.UpdateRole(ctx, &iam.UpdateRoleInput{RoleName: name, Description: str("snow ☃")})
	refused(t, err, 400, "ValidationError", "")
	_, err = c.UpdateRole(ctx, &iam.UpdateRoleInput{RoleName: str("Nobody")})
	refused(t, err, 404, "NoSuchEntity", "The role with name Nobody cannot be found.")

	must(c.PutRolePermissionsBoundary(ctx, &iam.PutRolePermissionsBoundaryInput{RoleName: name, PermissionsBoundary: str(billingPolicy)}))(t)
	equal(t, "boundary", *get().PermissionsBoundary.PermissionsBoundaryArn, billingPolicy)
	_, err = c.PutRolePermissionsBoundary(ctx, &iam.PutRolePermissionsBoundaryInput{RoleName: name, PermissionsBoundary: str("arn:aws:iam::aws:policy/Nonsense")})
	refused(t, err, 404, "NoSuchEntity", "")
	for _, r := range must(c.ListRoles(ctx, nil))(t).Roles {
		equal(t, "a boundary in a listing", r.PermissionsBoundary == nil, true)
	}
	must(c.DeleteRolePermissionsBoundary(ctx, &iam.DeleteRolePermissionsBoundaryInput{RoleName: name}))(t)
	equal(t, "boundary taken away", get().PermissionsBoundary == nil, true)
	_, err = c.DeleteRolePermissionsBoundary(ctx, &iam.DeleteRolePermissionsBoundaryInput{RoleName: name})
	refused(t, err, 404, "NoSuchEntity", "")

	if err := w.Deny(aws.AccountGmail, "iam:UpdateRole", "iam:PutRolePermissionsBoundary", "iam:DeleteRolePermissionsBoundary", "iam:UntagRole"); err != nil {
		t.Fatal(err)
	}
	for what, err := range map[string]error{
		"update": second(c.UpdateRole(ctx, &iam.UpdateRoleInput{RoleName: name})),
		"put":    second(c.PutRolePermissionsBoundary(ctx, &iam.PutRolePermissionsBoundaryInput{RoleName: name, PermissionsBoundary: str(billingPolicy)})),
		"delete": second(c.DeleteRolePermissionsBoundary(ctx, &iam.DeleteRolePermissionsBoundaryInput{RoleName: name})),
		"untag":  second(c.UntagRole(ctx, &iam.UntagRoleInput{RoleName: name, TagKeys: []string{"team"}})),
	} {
		t.Run(what, func(t *testing.T) { refused(t, err, 403, "AccessDenied", "") })
	}
}

func second[T any](_ T, err error) error { return err }

func TestTagsAreTakenAway(t *testing.T) {
	w := newWorld(t)
	c := w.in(aws.AccountGmail).iam
	two := []types.Tag{iamTag("a", "1"), iamTag("b", "2")}
	good := w.metadata()
	arn := must(c.CreateSAMLProvider(ctx, &iam.CreateSAMLProviderInput{Name: str("Okta"), SAMLMetadataDocument: &good, Tags: two}))(t).SAMLProviderArn
	must(c.CreateUser(ctx, &iam.CreateUserInput{UserName: str("u"), Tags: two}))(t)
	must(c.CreateRole(ctx, &iam.CreateRoleInput{RoleName: str("r"), AssumeRolePolicyDocument: str(ownTrust), Tags: two}))(t)
	for what, untag := range map[string]func(...string) error{
		"provider": func(k ...string) error {
			return second(c.UntagSAMLProvider(ctx, &iam.UntagSAMLProviderInput{SAMLProviderArn: arn, TagKeys: k}))
		},
		"user": func(k ...string) error {
			return second(c.UntagUser(ctx, &iam.UntagUserInput{UserName: str("u"), TagKeys: k}))
		},
		"role": func(k ...string) error {
			return second(c.UntagRole(ctx, &iam.UntagRoleInput{RoleName: str("r"), TagKeys: k}))
		},
	} {
		t.Run(what, func(t *testing.T) {
			if err := untag("a", "absent"); err != nil {
				t.Fatal(err)
			}
			refused(t, untag("aws:cloudformation:stack-name"), 400, "InvalidInput", "")
			refused(t, untag("["), 400, "ValidationError", "")
		})
	}
	equal(t, "tags left", fmt.Sprint(w.Providers(aws.AccountGmail)[0].Tags, w.Users(aws.AccountGmail)[0].Tags, w.Roles(aws.AccountGmail)[1].Tags), "map[b:2] map[b:2] map[b:2]")
}
