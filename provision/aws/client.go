// Package aws reaches AWS accounts for the pipeline: it is provision.AWS over the AWS SDK, and nobody else imports the
// SDK. Credentials come from the SDK's own chain; each account is worked on through a role in it, or a named profile.
//
// What repeats: a call that makes, changes or deletes something is sent exactly once, since the SDK can't know whether
// a lost answer means a lost effect (one CreateAccessKey with its connection cut makes two keys); the pipeline looks
// first and then decides. The one exception is an answer by which AWS says that it took nothing, since there were too many
// calls. Reads, and the STS calls that get credentials, are tried up to three times within seconds.
package aws

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"net"
	"net/netip"
	"net/url"
	"slices"
	"sync"
	"time"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/ratelimit"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/smithy-go/logging"

	"github.com/oktaws/oktaws/provision"
	"github.com/oktaws/oktaws/store"
)

const (
	tryTimeout  = 15 * time.Second // of one try of one call, with its answer read
	dialTimeout = 5 * time.Second
)

// Config says how accounts are reached.
type Config struct {
	Region         string            // of the CloudFormation stacks; it decides the partition too; empty: that of the SDK's settings
	UsualRegion    string            // where neither Region nor the SDK's settings have one
	AccessRole     string            // name (with its path, if any) of the role to assume in each account; empty: the bot's own credentials are used
	ExternalID     string            // that the access role's trust policy asks for; empty: none is sent
	Partitions     map[string]Reach  // by name (aws-us-gov, aws-cn): further partitions beside that of Region
	SourceIdentity string            // empty: none is set, since setting it needs sts:SetSourceIdentity in the trust policy
	Profiles       map[string]string // account ID -> named profile of the SDK's shared files, used there in place of the access role
	Log            *slog.Logger      // gets the SDK's own warnings; nil: nobody does
	Variables      map[string]string // AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN, AWS_PROFILE, AWS_REGION, the shared files' and AWS_ENDPOINT_URL…: they count over the process's own
	HTTPClient     sdk.HTTPClient    // for the services; nil: one with timeouts
}

// Client reaches accounts. It is safe for several goroutines.
type Client struct {
	cfg        Config
	home       *partition // that of Config.Region
	partitions map[string]*partition

	mu       sync.Mutex
	accounts map[store.AccountKey]*account
}

var _ provision.AWS = (*Client)(nil)

// New reads the SDK's settings (environment, shared files) and calls nobody. It refuses, with the setting at fault, a
// region, partition or role name that can't be right, and endpoints elsewhere than on this machine.
func New(ctx context.Context, cfg Config) (*Client, error) {
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	c := &Client{cfg: cfg, partitions: map[string]*partition{}, accounts: map[store.AccountKey]*account{}}
	home, err := c.enter(ctx, "aws.", Reach{Region: cfg.Region, AccessRole: cfg.AccessRole, ExternalID: cfg.ExternalID})
	if err != nil {
		return nil, err
	}
	c.home, c.partitions[home.name] = home, home
	for _, name := range slices.Sorted(maps.Keys(cfg.Partitions)) {
		reach := cfg.Partitions[name]
		if err := c.further(name, reach); err != nil {
			return nil, err
		}
		if c.partitions[name], err = c.enter(ctx, "aws.partitions."+name+".", reach); err != nil {
			return nil, err
		}
	}
	return c, nil
}

// Caller says whose the bot's own credentials are, in the partition of the region.
func (c *Client) Caller(ctx context.Context) (provision.Identity, error) {
	return whoAmI(ctx, c.home.sts, c.home.own())
}

// Region is where the stacks are.
func (c *Client) Region() string { return c.home.reach.Region }

// load reads the SDK's settings with ours on top.
func (c *Client) load(ctx context.Context, region string, more ...func(*config.LoadOptions) error) (sdk.Config, error) {
	client := awshttp.NewBuildableClient().WithTimeout(tryTimeout).
		WithDialerOptions(func(d *net.Dialer) { d.Timeout = dialTimeout })
	cfg, err := config.LoadDefaultConfig(ctx, append([]func(*config.LoadOptions) error{
		config.WithRegion(cmp.Or(region, c.cfg.Variables["AWS_REGION"], c.cfg.Variables["AWS_DEFAULT_REGION"])),
		config.WithDefaultRegion(c.cfg.UsualRegion),
		sharedFiles(c.cfg.Variables),
		config.WithAppID("oktaws"),
		config.WithHTTPClient(client),
		config.WithRetryer(again),
		wholeInChain,
		config.WithLogger(logging.LoggerFunc(func(class logging.Classification, format string, v ...any) {
			level := slog.LevelDebug
			if class == logging.Warn {
				level = slog.LevelWarn
			}
			c.cfg.Log.Log(context.Background(), level, "AWS SDK: "+fmt.Sprintf(format, v...))
		})),
	}, more...)...)
	if err != nil {
		return sdk.Config{}, err
	}
	endpoints(c.cfg.Variables).apply(&cfg)
	// Replaced only now: the credential chain needs the buildable one, to give up quickly on a machine without instance
	// metadata, and AWS_CA_BUNDLE does too. Frozen, the services' clients share one pool of connections.
	if c.cfg.HTTPClient != nil {
		cfg.HTTPClient = c.cfg.HTTPClient
	} else if b, ok := cfg.HTTPClient.(*awshttp.BuildableClient); ok {
		cfg.HTTPClient = b.Freeze()
	}
	cfg.HTTPClient = wholeRequests{cfg.HTTPClient}
	return cfg, nil
}

// again is how calls are repeated that may be: three tries, half a second apart. There is no shared
// quota of retries, since it would hide the error behind its own when many accounts fail at once.
func again() sdk.Retryer {
	return retry.AddWithErrorCodes(retry.NewStandard(func(o *retry.StandardOptions) {
		o.MaxAttempts = 3
		o.MaxBackoff = 500 * time.Millisecond
		o.RateLimiter = ratelimit.None
	}), "ConcurrentModification", "EntityTemporarilyUnmodifiable")
}

// refused is how calls are repeated that make, change or delete something: where AWS refused one since there were too many,
// twice, a second or two apart.
func refused() sdk.Retryer {
	return retry.NewStandard(func(o *retry.StandardOptions) {
		o.MaxAttempts = 3
		o.MaxBackoff = 2 * time.Second
		o.RateLimiter = ratelimit.None
		o.Retryables = []retry.IsErrorRetryable{retry.IsErrorRetryableFunc(func(err error) sdk.Ternary {
			_, own := errors.AsType[*ownError](err)
			return sdk.BoolTernary(isThrottle(codeOf(err)) && !own && !duringAssume(err))
		})}
	})
}

// Account returns the means to work in one account. It makes no call; a named profile is read from its file.
func (c *Client) Account(ctx context.Context, key store.AccountKey) (provision.AWSAccount, error) {
	a, err := c.account(ctx, key)
	if err != nil {
		return nil, err
	}
	return a, nil
}

func (c *Client) account(ctx context.Context, key store.AccountKey) (*account, error) {
	p, err := c.partition(key)
	if err != nil {
		return nil, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if a, ok := c.accounts[key]; ok {
		return a, nil
	}
	a, err := c.reach(ctx, p, key)
	if err != nil {
		return nil, err
	}
	c.accounts[key] = a
	return a, nil
}

// reach makes the clients for one account of the partition.
func (c *Client) reach(ctx context.Context, p *partition, key store.AccountKey) (*account, error) {
	r := route{account: key.ID, region: p.reach.Region, settings: p.settings, own: p.reach.Profile}
	cfg := p.base.Copy()
	switch profile := c.cfg.Profiles[key.ID]; {
	case profile != "":
		var err error
		if cfg, err = c.load(ctx, p.reach.Region, config.WithSharedConfigProfile(profile)); err != nil {
			return nil, unreadable(profile, "account "+key.ID, "aws.profiles", err)
		}
		r.profile = profile
		cfg.Credentials = ownCredentials{cfg.Credentials, profile, "aws.profiles"}
	case p.reach.AccessRole != "":
		r.role = fmt.Sprintf("arn:%s:iam::%s:role/%s", key.Partition, key.ID, p.reach.AccessRole)
		r.externalID, r.sourceIdentity = p.reach.ExternalID != "", c.cfg.SourceIdentity != ""
		cfg.Credentials = c.assume(p, r.role)
	default:
		r.profile = p.reach.Profile
	}
	a := &account{
		key:   key,
		route: r,
		sts:   sts.NewFromConfig(cfg),
		iam:   iam.NewFromConfig(cfg, func(o *iam.Options) { o.Retryer = refused() }),
		cfn:   cloudformation.NewFromConfig(cfg, func(o *cloudformation.Options) { o.Retryer = refused() }),
	}
	if err := cmp.Or(
		onlyLoopback("AWS_ENDPOINT_URL_STS", a.sts.Options().BaseEndpoint),
		onlyLoopback("AWS_ENDPOINT_URL_IAM", a.iam.Options().BaseEndpoint),
		onlyLoopback("AWS_ENDPOINT_URL_CLOUDFORMATION", a.cfn.Options().BaseEndpoint),
	); err != nil {
		return nil, err
	}
	return a, nil
}

// onlyLoopback refuses an endpoint that was set to another machine: signed requests, and answers with a new secret,
// would go there. The setting can come from the environment or from a shared file.
func onlyLoopback(setting string, endpoint *string) error {
	if endpoint == nil {
		return nil
	}
	u, err := url.Parse(*endpoint)
	if err == nil {
		addr, aerr := netip.ParseAddr(u.Hostname())
		if u.Hostname() == "localhost" || aerr == nil && addr.IsLoopback() {
			return nil
		}
	}
	return &store.Error{Kind: store.Permanent,
		Message: "an AWS endpoint is set to an address that isn't on this machine",
		Remedy:  fmt.Sprintf("Unset AWS_ENDPOINT_URL and %s, and endpoint_url in the shared files: other endpoints are taken on loopback addresses only, for the sandbox.", setting)}
}
