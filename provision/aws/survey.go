package aws

import (
	"context"
	"net/url"
	"strings"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"

	"github.com/oktaws/oktaws/provision"
)

// Survey takes a call for each thousand roles and users at most; GetRole, GetUser and what lists their policies would
// take several for each of them. What it doesn't tell is a role's session length and description
// (https://docs.aws.amazon.com/IAM/latest/APIReference/API_RoleDetail.html).
func (a *account) Survey(ctx context.Context) (provision.Survey, error) {
	const doing = "read the roles and users"
	survey := provision.Survey{Roles: map[string]provision.Role{}, Users: map[string]provision.User{}}
	pages := iam.NewGetAccountAuthorizationDetailsPaginator(a.iam, &iam.GetAccountAuthorizationDetailsInput{
		Filter:   []types.EntityType{types.EntityTypeRole, types.EntityTypeUser},
		MaxItems: sdk.Int32(1000),
	})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx, readIAM)
		if err != nil {
			return provision.Survey{}, a.route.explain(doing, err)
		}
		for _, detail := range page.RoleDetailList {
			role, err := roleOf(detail)
			if err != nil {
				return provision.Survey{}, a.route.explain(doing, err)
			}
			survey.Roles[strings.ToLower(role.Name)] = role
		}
		for _, detail := range page.UserDetailList {
			user, err := userOf(detail)
			if err != nil {
				return provision.Survey{}, a.route.explain(doing, err)
			}
			survey.Users[strings.ToLower(user.Name)] = user
		}
	}
	return survey, nil
}

func roleOf(d types.RoleDetail) (provision.Role, error) {
	trust, err := document(d.AssumeRolePolicyDocument)
	if err != nil {
		return provision.Role{}, err
	}
	inline, err := inlineOf(d.RolePolicyList)
	if err != nil {
		return provision.Role{}, err
	}
	role := provision.Role{
		Name:     sdk.ToString(d.RoleName),
		ARN:      sdk.ToString(d.Arn),
		Path:     sdk.ToString(d.Path),
		Trust:    trust,
		Policies: attachedOf(d.AttachedManagedPolicies),
		Inline:   inline,
		Tags:     tagsOf(d.Tags),
	}
	if d.PermissionsBoundary != nil {
		role.Boundary = sdk.ToString(d.PermissionsBoundary.PermissionsBoundaryArn)
	}
	return role, nil
}

func userOf(d types.UserDetail) (provision.User, error) {
	inline, err := inlineOf(d.UserPolicyList)
	if err != nil {
		return provision.User{}, err
	}
	return provision.User{
		Name:     sdk.ToString(d.UserName),
		ARN:      sdk.ToString(d.Arn),
		Path:     sdk.ToString(d.Path),
		Tags:     tagsOf(d.Tags),
		Inline:   inline,
		Policies: attachedOf(d.AttachedManagedPolicies),
		Groups:   d.GroupList,
	}, nil
}

func attachedOf(policies []types.AttachedPolicy) []string {
	var arns []string
	for _, p := range policies {
		arns = append(arns, sdk.ToString(p.PolicyArn))
	}
	return arns
}

func inlineOf(policies []types.PolicyDetail) (map[string]string, error) {
	inline := make(map[string]string, len(policies))
	for _, p := range policies {
		var err error
		if inline[sdk.ToString(p.PolicyName)], err = document(p.PolicyDocument); err != nil {
			return nil, err
		}
	}
	return inline, nil
}

// document decodes a policy document, which IAM answers with in URL encoding after RFC 3986 (where a plus sign is one).
func document(encoded *string) (string, error) { return url.PathUnescape(sdk.ToString(encoded)) }
