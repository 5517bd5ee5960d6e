package aws

import (
	"cmp"
	"context"
	"fmt"
	"regexp"
	"strings"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/organizations"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"github.com/oktaws/oktaws/store"
)

// Reach says how the accounts of a further partition are reached. Credentials of one partition are worth nothing in
// another, nor does an organization reach across: each has its own.
type Reach struct {
	Region     string // of the CloudFormation stacks there
	AccessRole string // as in Config
	ExternalID string // as in Config
	Profile    string // named profile of the SDK's shared files: the bot's own credentials there; empty: those that the SDK finds
}

// partition is where the bot stands in a partition.
type partition struct {
	name     string
	settings string // what the names of its settings begin with: aws. or aws.partitions.aws-cn.
	reach    Reach
	base     sdk.Config // with the bot's own credentials
	sts      *sts.Client
	orgs     *organizations.Client
}

// own is the route of the bot's own credentials, to no account in particular.
func (p *partition) own() route {
	return route{profile: p.reach.Profile, own: p.reach.Profile, region: p.reach.Region, settings: p.settings}
}

// regions has a region of each partition, as an example.
var regions = map[string]string{"aws": "us-east-1", "aws-us-gov": "us-gov-west-1", "aws-cn": "cn-north-1"}

// Partition returns the AWS partition that a region is in.
func Partition(region string) string {
	switch {
	case strings.HasPrefix(region, "us-gov-"):
		return "aws-us-gov"
	case strings.HasPrefix(region, "cn-"):
		return "aws-cn"
	}
	return "aws"
}

// partition returns the one that the account is in.
func (c *Client) partition(key store.AccountKey) (*partition, error) {
	if p, ok := c.partitions[key.Partition]; ok {
		return p, nil
	}
	return nil, &store.Error{Kind: store.Permanent,
		Message: fmt.Sprintf("account %s is in the partition %s, and aws.region %s is in %s", key.ID, key.Partition, c.home.reach.Region, c.home.name),
		Remedy:  "Credentials don't reach across partitions: say in aws.partitions how oktaws reaches that one (a region of it, a profile with credentials of it), or run another oktaws for its accounts."}
}

// further refuses a further partition that can't be right.
func (c *Client) further(name string, reach Reach) error {
	example, known := regions[name]
	switch {
	case !known:
		return &store.Error{Kind: store.Permanent, Message: fmt.Sprintf("aws.partitions has %q, which is no partition that oktaws knows", name),
			Remedy: "The partitions are aws, aws-us-gov and aws-cn."}
	case name == c.home.name:
		return &store.Error{Kind: store.Permanent, Message: fmt.Sprintf("aws.partitions has %s, and aws.region %s is in it already", name, c.home.reach.Region),
			Remedy: "aws.partitions is for the others. Leave that entry out, or set aws.region to a region of another partition."}
	case reach.Region == "" || Partition(reach.Region) != name:
		return &store.Error{Kind: store.Permanent, Message: fmt.Sprintf("aws.partitions.%s.region %q is not a region of that partition", name, reach.Region),
			Remedy: "Set it to the region that the stacks shall be in, such as " + example + "."}
	}
	return nil
}

// roleName is what an access role may be: a name, or a path and a name.
var roleName = regexp.MustCompile(`^([\w+=,.@-]+/)*[\w+=,.@-]{1,64}$`)

// enter reads the SDK's settings for a partition. Without a region in reach, the SDK's counts.
func (c *Client) enter(ctx context.Context, settings string, reach Reach) (*partition, error) {
	if reach.AccessRole != "" && !roleName.MatchString(reach.AccessRole) {
		return nil, &store.Error{Kind: store.Permanent, Message: fmt.Sprintf("%saccess_role %q is not the name of a role", settings, reach.AccessRole),
			Remedy: "Give the role's name alone, such as OrganizationAccountAccessRole; its ARN follows from the account."}
	}
	credentials := withKeyOf(c.cfg.Variables)
	if reach.Profile != "" {
		credentials = config.WithSharedConfigProfile(reach.Profile)
	}
	base, err := c.load(ctx, reach.Region, credentials)
	switch {
	case err != nil && reach.Profile != "":
		return nil, unreadable(reach.Profile, "the partition "+Partition(reach.Region), settings+"profile", err)
	case err != nil && c.cfg.Variables["AWS_PROFILE"] != "":
		return nil, unreadable(c.cfg.Variables["AWS_PROFILE"], "the environment", "AWS_PROFILE", err)
	case err != nil:
		return nil, &store.Error{Kind: store.Permanent, Message: "the AWS settings can't be read", Err: err,
			Remedy: "Look at AWS_PROFILE, AWS_CONFIG_FILE and the other AWS_… variables that are set, and at the files that they name."}
	case base.Region == "":
		return nil, &store.Error{Kind: store.Permanent, Message: "no AWS region is set", Remedy: "Set aws.region, such as us-east-1."}
	}
	reach.Region = base.Region
	base.Credentials = ownCredentials{base.Credentials, reach.Profile, settings + "profile"}
	p := &partition{
		name:     Partition(reach.Region),
		settings: settings,
		reach:    reach,
		base:     base,
		sts:      sts.NewFromConfig(base),
		orgs:     organizations.NewFromConfig(base),
	}
	if err := cmp.Or(
		onlyLoopback("AWS_ENDPOINT_URL_STS", p.sts.Options().BaseEndpoint),
		onlyLoopback("AWS_ENDPOINT_URL_ORGANIZATIONS", p.orgs.Options().BaseEndpoint),
		onlyLoopback("AWS_ENDPOINT_URL_IAM", iam.NewFromConfig(base).Options().BaseEndpoint),
		onlyLoopback("AWS_ENDPOINT_URL_CLOUDFORMATION", cloudformation.NewFromConfig(base).Options().BaseEndpoint),
	); err != nil {
		return nil, err
	}
	return p, nil
}

// unreadable is about a named profile that isn't in the shared files, or is wrong there.
func unreadable(profile, of, setting string, err error) error {
	return &store.Error{Kind: store.Permanent, Err: err,
		Message: fmt.Sprintf("the AWS profile %q of %s can't be read", profile, of),
		Remedy:  "Look at " + setting + ", and at that profile in the shared files (~/.aws/config, ~/.aws/credentials, or what AWS_CONFIG_FILE and AWS_SHARED_CREDENTIALS_FILE name)."}
}
