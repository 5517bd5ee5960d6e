package aws

import (
	"context"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"

	"github.com/oktaws/oktaws/provision"
)

func (a *account) User(ctx context.Context, name string) (*provision.User, error) {
	out, err := a.iam.GetUser(ctx, &iam.GetUserInput{UserName: &name}, readIAM)
	if isCode(err, "NoSuchEntity") {
		return nil, nil
	}
	if err == nil && out.User == nil {
		err = errEmpty
	}
	if err != nil {
		return nil, a.route.explain("read the user "+name, err)
	}
	policies, err := a.userPolicies(ctx, name)
	if isCode(err, "NoSuchEntity") { // the user is gone meanwhile
		return nil, nil
	}
	if err != nil {
		return nil, a.route.explain("read the policies of the user "+name, err)
	}
	return &provision.User{
		Name:     sdk.ToString(out.User.UserName),
		ARN:      sdk.ToString(out.User.Arn),
		Path:     sdk.ToString(out.User.Path),
		Tags:     tagsOf(out.User.Tags),
		Policies: policies,
	}, nil
}

// userPolicies returns the user's inline policies, by name.
func (a *account) userPolicies(ctx context.Context, user string) (map[string]string, error) {
	policies := map[string]string{}
	pages := iam.NewListUserPoliciesPaginator(a.iam, &iam.ListUserPoliciesInput{UserName: &user})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx, readIAM)
		if err != nil {
			return nil, err
		}
		for _, name := range page.PolicyNames {
			out, err := a.iam.GetUserPolicy(ctx, &iam.GetUserPolicyInput{UserName: &user, PolicyName: &name}, readIAM)
			if isCode(err, "NoSuchEntity") { // the policy is gone meanwhile
				continue
			}
			if err != nil {
				return nil, err
			}
			if policies[name], err = document(out.PolicyDocument); err != nil {
				return nil, err
			}
		}
	}
	return policies, nil
}

func (a *account) CreateUser(ctx context.Context, name, path string, tags map[string]string) error {
	_, err := a.iam.CreateUser(ctx, &iam.CreateUserInput{UserName: &name, Path: &path, Tags: iamTags(tags)})
	return a.route.explain("create the user "+name, err)
}

func (a *account) PutUserPolicy(ctx context.Context, user, policy, document string) error {
	_, err := a.iam.PutUserPolicy(ctx, &iam.PutUserPolicyInput{UserName: &user, PolicyName: &policy, PolicyDocument: &document})
	return a.route.explain("write the policy "+policy+" of the user "+user, err)
}
