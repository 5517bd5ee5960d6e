package aws

import (
	"context"
	"time"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials/stscreds"
)

// ownCredentials are what the SDK found: the bot's own, or a named profile's. A failure to get them is told apart from
// a failure of the call that needed them.
type ownCredentials struct {
	provider sdk.CredentialsProvider
	profile  string // empty: what the SDK found
	setting  string // names the profile
}

type ownError struct {
	profile, setting string
	err              error
}

func (e *ownError) Error() string { return "get AWS credentials: " + e.err.Error() }
func (e *ownError) Unwrap() error { return e.err }

// RetryableError tells the SDK not to repeat the call that needed the credentials: getting them was repeated already,
// and three times three times three tries take most of a minute.
func (e *ownError) RetryableError() bool { return false }

func (o ownCredentials) Retrieve(ctx context.Context) (sdk.Credentials, error) {
	c, err := o.provider.Retrieve(ctx)
	if err != nil {
		return c, &ownError{o.profile, o.setting, err}
	}
	return c, nil
}

// roleCredentials are those of a role that is assumed.
type roleCredentials struct {
	provider *stscreds.AssumeRoleProvider
	role     string // ARN
}

type roleError struct {
	role string
	err  error
}

func (e *roleError) Error() string { return "assume " + e.role + ": " + e.err.Error() }
func (e *roleError) Unwrap() error { return e.err }

// RetryableError is as for ownError.
func (e *roleError) RetryableError() bool { return false }

func (r roleCredentials) Retrieve(ctx context.Context) (sdk.Credentials, error) {
	c, err := r.provider.Retrieve(ctx)
	if err != nil {
		return c, &roleError{r.role, err}
	}
	return c, nil
}

// assume returns the credentials of a role, kept for 15 minutes (the shortest session there is; a longer one would
// only be worth more to a thief) and then assumed anew.
func (c *Client) assume(p *partition, role string) sdk.CredentialsProvider {
	provider := stscreds.NewAssumeRoleProvider(p.sts, role, func(o *stscreds.AssumeRoleOptions) {
		o.RoleSessionName = "oktaws"
		if p.reach.ExternalID != "" {
			o.ExternalID = &p.reach.ExternalID
		}
		if c.cfg.SourceIdentity != "" {
			o.SourceIdentity = &c.cfg.SourceIdentity
		}
	})
	return sdk.NewCredentialsCache(roleCredentials{provider, role}, func(o *sdk.CredentialsCacheOptions) {
		o.ExpiryWindow = time.Minute
	})
}
