package aws

import (
	"context"
	"net/url"
	"time"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"

	"github.com/oktaws/oktaws/provision"
)

func (a *account) Role(ctx context.Context, name string) (*provision.Role, error) {
	doing := "read the role " + name
	out, err := a.iam.GetRole(ctx, &iam.GetRoleInput{RoleName: &name}, readIAM)
	if isCode(err, "NoSuchEntity") {
		return nil, nil
	}
	if err == nil && out.Role == nil {
		err = errEmpty
	}
	if err != nil {
		return nil, a.route.explain(doing, err)
	}
	trust, err := document(out.Role.AssumeRolePolicyDocument)
	if err != nil {
		return nil, a.route.explain(doing, err)
	}
	role := &provision.Role{
		Name:        sdk.ToString(out.Role.RoleName),
		ARN:         sdk.ToString(out.Role.Arn),
		Trust:       trust,
		MaxDuration: time.Duration(sdk.ToInt32(out.Role.MaxSessionDuration)) * time.Second,
	}
	pages := iam.NewListAttachedRolePoliciesPaginator(a.iam, &iam.ListAttachedRolePoliciesInput{RoleName: &name})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx, readIAM)
		if isCode(err, "NoSuchEntity") { // gone meanwhile
			return nil, nil
		}
		if err != nil {
			return nil, a.route.explain("list the policies of the role "+name, err)
		}
		for _, p := range page.AttachedPolicies {
			role.Policies = append(role.Policies, sdk.ToString(p.PolicyArn))
		}
	}
	return role, nil
}

// document decodes a policy document, which IAM answers with in URL encoding after RFC 3986 (where a plus sign is one).
func document(encoded *string) (string, error) { return url.PathUnescape(sdk.ToString(encoded)) }
