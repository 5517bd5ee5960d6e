package aws

import (
	"context"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"

	"github.com/oktaws/oktaws/provision"
)

func (a *account) Provider(ctx context.Context, arn string) (*provision.Provider, error) {
	out, err := a.iam.GetSAMLProvider(ctx, &iam.GetSAMLProviderInput{SAMLProviderArn: &arn}, readIAM)
	if isCode(err, "NoSuchEntity") {
		return nil, nil
	}
	if err != nil {
		return nil, a.route.explain("read the identity provider "+arn, err)
	}
	return &provision.Provider{
		ARN:      arn,
		Metadata: sdk.ToString(out.SAMLMetadataDocument),
		Tags:     tagsOf(out.Tags),
		Created:  sdk.ToTime(out.CreateDate),
	}, nil
}

// CreateProvider needs iam:TagSAMLProvider too, since the tags go into the same call: a provider without them would
// not be known as ours if we stopped in between.
func (a *account) CreateProvider(ctx context.Context, name, metadata string, tags map[string]string) error {
	_, err := a.iam.CreateSAMLProvider(ctx, &iam.CreateSAMLProviderInput{Name: &name, SAMLMetadataDocument: &metadata, Tags: iamTags(tags)})
	return a.route.explain("create the identity provider "+name, err)
}

func (a *account) UpdateProvider(ctx context.Context, arn, metadata string) error {
	_, err := a.iam.UpdateSAMLProvider(ctx, &iam.UpdateSAMLProviderInput{SAMLProviderArn: &arn, SAMLMetadataDocument: &metadata})
	return a.route.explain("update the identity provider "+arn, err)
}

func (a *account) TagProvider(ctx context.Context, arn string, tags map[string]string) error {
	_, err := a.iam.TagSAMLProvider(ctx, &iam.TagSAMLProviderInput{SAMLProviderArn: &arn, Tags: iamTags(tags)})
	return a.route.explain("tag the identity provider "+arn, err)
}

func (a *account) DeleteProvider(ctx context.Context, arn string) error {
	_, err := a.iam.DeleteSAMLProvider(ctx, &iam.DeleteSAMLProviderInput{SAMLProviderArn: &arn})
	return a.route.explain("delete the identity provider "+arn, err)
}

func tagsOf(tags []types.Tag) map[string]string {
	m := make(map[string]string, len(tags))
	for _, t := range tags {
		m[sdk.ToString(t.Key)] = sdk.ToString(t.Value)
	}
	return m
}

func iamTags(m map[string]string) []types.Tag {
	var tags []types.Tag
	for k, v := range m {
		tags = append(tags, types.Tag{Key: &k, Value: &v})
	}
	return tags
}
