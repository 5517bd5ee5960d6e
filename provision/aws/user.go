package aws

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/service/iam"
)

// CreateUser needs iam:TagUser too, as CreateProvider needs iam:TagSAMLProvider.
func (a *account) CreateUser(ctx context.Context, name, path string, tags map[string]string) error {
	_, err := a.iam.CreateUser(ctx, &iam.CreateUserInput{UserName: &name, Path: &path, Tags: iamTags(tags)})
	return a.route.explain("create the user "+name, err)
}

func (a *account) TagUser(ctx context.Context, name string, tags map[string]string) error {
	_, err := a.iam.TagUser(ctx, &iam.TagUserInput{UserName: &name, Tags: iamTags(tags)})
	return a.route.explain("tag the user "+name, err)
}

func (a *account) PutUserPolicy(ctx context.Context, user, policy, document string) error {
	_, err := a.iam.PutUserPolicy(ctx, &iam.PutUserPolicyInput{UserName: &user, PolicyName: &policy, PolicyDocument: &document})
	return a.route.explain("write the policy "+policy+" of the user "+user, err)
}

func (a *account) DeleteUserPolicy(ctx context.Context, user, policy string) error {
	_, err := a.iam.DeleteUserPolicy(ctx, &iam.DeleteUserPolicyInput{UserName: &user, PolicyName: &policy})
	return a.route.explain("delete the policy "+policy+" of the user "+user, err)
}

// DeleteUser leaves it to IAM to find what the user still has; its words for it are in the error.
func (a *account) DeleteUser(ctx context.Context, name string) error {
	_, err := a.iam.DeleteUser(ctx, &iam.DeleteUserInput{UserName: &name})
	return a.route.explain("delete the user "+name, err)
}
