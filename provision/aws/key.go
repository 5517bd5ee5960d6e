package aws

import (
	"context"
	"fmt"
	"time"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"github.com/oktaws/oktaws/provision"
	"github.com/oktaws/oktaws/store"
)

func (a *account) AccessKeys(ctx context.Context, user string) ([]provision.AccessKey, error) {
	var keys []provision.AccessKey
	pages := iam.NewListAccessKeysPaginator(a.iam, &iam.ListAccessKeysInput{UserName: &user})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx, readIAM)
		if isCode(err, "NoSuchEntity") { // no such user
			return nil, nil
		}
		if err != nil {
			return nil, a.route.explain("list the access keys of the user "+user, err)
		}
		for _, m := range page.AccessKeyMetadata {
			keys = append(keys, provision.AccessKey{
				ID:      sdk.ToString(m.AccessKeyId),
				Active:  m.Status == types.StatusTypeActive,
				Created: sdk.ToTime(m.CreateDate),
			})
		}
	}
	return keys, nil
}

func (a *account) KeyUse(ctx context.Context, id string) (provision.KeyUse, error) {
	out, err := a.iam.GetAccessKeyLastUsed(ctx, &iam.GetAccessKeyLastUsedInput{AccessKeyId: &id}, readIAM)
	if isCode(err, "NoSuchEntity") {
		return provision.KeyUse{}, nil
	}
	if err != nil {
		return provision.KeyUse{}, a.route.explain("ask when the access key "+id+" was last used", err)
	}
	// A key that was never used has no date, and "N/A" for its service.
	if used := out.AccessKeyLastUsed; used != nil && used.LastUsedDate != nil {
		return provision.KeyUse{At: *used.LastUsedDate, Service: sdk.ToString(used.ServiceName)}, nil
	}
	return provision.KeyUse{}, nil
}

func (a *account) CreateAccessKey(ctx context.Context, user string) (provision.Secret, error) {
	out, err := a.iam.CreateAccessKey(ctx, &iam.CreateAccessKeyInput{UserName: &user})
	if isUnreadable(err) || err == nil && out.AccessKey == nil {
		// The SDK's error holds the piece of the answer that it stumbled over, and that may be the secret: it ends here.
		err = errEmpty
	}
	if isCode(err, "LimitExceeded") {
		return provision.Secret{}, &store.Error{Kind: store.Conflict, Err: err,
			Message: fmt.Sprintf("can't make an access key for the user %s in account %s: the user has two keys already, and IAM allows no third", user, a.key.ID),
			Remedy:  "In the IAM console of that account, open the user's security credentials and look which of the two keys nobody uses (Last used). Delete that one, then click Show credentials again."}
	}
	if err != nil {
		return provision.Secret{}, a.route.explain("make an access key for the user "+user, err)
	}
	return provision.NewSecret(sdk.ToString(out.AccessKey.AccessKeyId), sdk.ToString(out.AccessKey.SecretAccessKey)), nil
}

func (a *account) SetAccessKeyActive(ctx context.Context, user, id string, active bool) error {
	doing, status := "deactivate", types.StatusTypeInactive
	if active {
		doing, status = "activate", types.StatusTypeActive
	}
	_, err := a.iam.UpdateAccessKey(ctx, &iam.UpdateAccessKeyInput{UserName: &user, AccessKeyId: &id, Status: status})
	return a.route.explain(doing+" the access key "+id+" of the user "+user, err)
}

func (a *account) DeleteAccessKey(ctx context.Context, user, id string) error {
	_, err := a.iam.DeleteAccessKey(ctx, &iam.DeleteAccessKeyInput{UserName: &user, AccessKeyId: &id})
	return a.route.explain("delete the access key "+id+" of the user "+user, err)
}

func (a *account) TryAccessKey(ctx context.Context, s provision.Secret) error {
	client := sts.New(a.sts.Options(), func(o *sts.Options) {
		o.Credentials = credentials.NewStaticCredentialsProvider(s.ID, s.Reveal(), "")
	})
	_, err := client.GetCallerIdentity(ctx, &sts.GetCallerIdentityInput{})
	if isCode(err, "InvalidClientTokenId") {
		return &store.Error{Kind: store.Transient, After: 2 * time.Second, Err: err,
			Message: "AWS doesn't take the new access key " + s.ID + " of account " + a.key.ID + " yet",
			Remedy:  "This takes some seconds after a key was made, and oktaws tries again. If it goes on for minutes, look whether somebody deleted the key."}
	}
	return a.route.explain("try the access key "+s.ID, err)
}
