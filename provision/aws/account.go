package aws

import (
	"context"
	"fmt"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/arn"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"github.com/oktaws/oktaws/provision"
	"github.com/oktaws/oktaws/store"
)

// account is one AWS account. Its iam and cfn send each call once, unless AWS takes none for now, or they are told to read;
// sts reads only.
type account struct {
	key   store.AccountKey
	route route
	sts   *sts.Client
	iam   *iam.Client
	cfn   *cloudformation.Client
}

var _ provision.AWSAccount = (*account)(nil)

// readIAM and readStacks let a call be repeated. They go with calls that change nothing, and with no others.
func readIAM(o *iam.Options)               { o.Retryer = again() }
func readStacks(o *cloudformation.Options) { o.Retryer = again() }

// Identity asks STS who the credentials are, and IAM for the account's alias.
func (a *account) Identity(ctx context.Context) (provision.Identity, error) {
	id, err := whoAmI(ctx, a.sts, a.route)
	if err != nil {
		return provision.Identity{}, err
	}
	out, err := a.iam.ListAccountAliases(ctx, &iam.ListAccountAliasesInput{}, readIAM)
	if err != nil {
		if err = a.route.explain("read the account's alias", err); store.KindOf(err) == store.Denied {
			return id, nil
		}
		return provision.Identity{}, err
	}
	if len(out.AccountAliases) > 0 {
		id.Alias = out.AccountAliases[0]
	}
	return id, nil
}

// whoAmI asks STS whose the client's credentials are.
func whoAmI(ctx context.Context, client *sts.Client, r route) (provision.Identity, error) {
	const doing = "sign on to AWS"
	out, err := client.GetCallerIdentity(ctx, &sts.GetCallerIdentityInput{})
	if err != nil {
		return provision.Identity{}, r.explain(doing, err)
	}
	who, err := arn.Parse(sdk.ToString(out.Arn))
	if err != nil || out.Account == nil {
		return provision.Identity{}, r.explain(doing, fmt.Errorf("STS answered with the ARN %q", sdk.ToString(out.Arn)))
	}
	return provision.Identity{Account: store.AccountKey{Partition: who.Partition, ID: *out.Account}, ARN: *out.Arn}, nil
}
