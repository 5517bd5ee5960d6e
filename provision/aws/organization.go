package aws

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"maps"
	"slices"
	"strings"
	"time"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/arn"
	"github.com/aws/aws-sdk-go-v2/aws/ratelimit"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/aws-sdk-go-v2/service/organizations"
	"github.com/aws/aws-sdk-go-v2/service/organizations/types"

	"github.com/oktaws/oktaws/provision"
	"github.com/oktaws/oktaws/store"
)

// Status reads the organization's accounts, 20 with a call, until it meets the one: there is no permission for less
// that says as much. An account that is closed is SUSPENDED, as it always was before Organizations told the two apart.
func (c *Client) Status(ctx context.Context, key store.AccountKey) (string, error) {
	p, err := c.partition(key)
	if err != nil {
		return "", err
	}
	for a, err := range p.members(ctx) {
		switch {
		case isNoOrganization(err) || mayNotList(err):
			return "", nil
		case err != nil:
			return "", p.own().explain("ask the organization for the status of account "+key.ID, err)
		case sdk.ToString(a.Id) == key.ID:
			return status(a), nil
		}
	}
	return "", nil
}

// Members lists the organization's accounts, 20 with a call, or walks its tree to those of a unit.
func (c *Client) Members(ctx context.Context, partition, unit string) ([]provision.Member, error) {
	p, err := c.organizationOf(partition)
	if err != nil {
		return nil, err
	}
	if unit = strings.TrimSpace(unit); unit != "" {
		return p.membersUnder(ctx, unit)
	}
	var all []provision.Member
	for a, err := range p.members(ctx, patiently) {
		if err != nil {
			return nil, p.unread("list the organization's accounts", err)
		}
		all = append(all, p.member(a, ""))
	}
	return all, nil
}

// organizationOf returns the partition of that name; without a name, that of the region.
func (c *Client) organizationOf(name string) (*partition, error) {
	if name == "" {
		return c.home, nil
	}
	if p, ok := c.partitions[name]; ok {
		return p, nil
	}
	return nil, &store.Error{Kind: store.Permanent,
		Message: fmt.Sprintf("oktaws doesn't reach the partition %s, and so not its organization", name),
		Remedy:  "It reaches " + strings.Join(slices.Sorted(maps.Keys(c.partitions)), ", ") + "; further ones are set in aws.partitions."}
}

// member is an account as the organization lists it. The ARN is of the account that manages the organization
// (https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsorganizations.html), so that nobody has to
// be asked who that is.
func (p *partition) member(a types.Account, unit string) provision.Member {
	id := sdk.ToString(a.Id)
	parsed, err := arn.Parse(sdk.ToString(a.Arn))
	return provision.Member{Account: store.AccountKey{Partition: p.name, ID: id}, Name: sdk.ToString(a.Name), State: status(a), Unit: unit,
		Management: err == nil && parsed.AccountID == id}
}

// patiently has a read of the organization repeated more often, and less hastily, than others: a listing is many calls in
// a row, and all of a company's tools share what Organizations answers in a second
// (https://docs.aws.amazon.com/organizations/latest/userguide/orgs_reference_limits.html).
func patiently(o *organizations.Options) {
	o.Retryer = retry.NewStandard(func(o *retry.StandardOptions) {
		o.MaxAttempts = 8
		o.MaxBackoff = 5 * time.Second
		o.RateLimiter = ratelimit.None
	})
}

// unread is why the organization can't be read.
func (p *partition) unread(doing string, err error) error {
	const instead = "give the accounts as a list or as a CSV file instead"
	switch {
	case isNoOrganization(err):
		return &store.Error{Kind: store.Permanent, Err: harmless(err),
			Message: fmt.Sprintf("can't %s: the account of %s is in no AWS organization", doing, p.own().whose()),
			Remedy:  "Use credentials of the organization's management account, or " + instead + "."}
	case mayNotList(err):
		m := p.own().meaningOf(err)
		return &store.Error{Kind: m.kind, Err: harmless(err), Message: "can't " + doing + ": " + m.reason,
			Remedy: "The credentials must be of the organization's management account, or of one that it delegated this to, and need organizations:ListAccounts, ListRoots, ListOrganizationalUnitsForParent and ListAccountsForParent: see docs/aws/bot.json. Or " + instead + "."}
	}
	return p.own().explain(doing, err)
}

// members yields the accounts of the organization that the bot's own credentials belong to; an error ends it.
func (p *partition) members(ctx context.Context, how ...func(*organizations.Options)) iter.Seq2[types.Account, error] {
	return func(yield func(types.Account, error) bool) {
		pages := organizations.NewListAccountsPaginator(p.orgs, &organizations.ListAccountsInput{})
		for pages.HasMorePages() {
			page, err := pages.NextPage(ctx, how...)
			if err != nil {
				yield(types.Account{}, err)
				return
			}
			for _, a := range page.Accounts {
				if !yield(a, nil) {
					return
				}
			}
		}
	}
}

// status is an account's state. Status goes away in favor of State, and stand-ins may know one of the two only
// (https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_accounts_account_state.html).
func status(a types.Account) string {
	switch a.State {
	case "":
		return string(a.Status)
	case types.AccountStateClosed:
		return string(types.AccountStatusSuspended)
	}
	return string(a.State)
}

// isNoOrganization reports whether the bot's own account is in no organization.
func isNoOrganization(err error) bool { return isCode(err, "AWSOrganizationsNotInUseException") }

// mayNotList reports whether Organizations refused; that the credentials couldn't be had is something else.
func mayNotList(err error) bool {
	_, own := errors.AsType[*ownError](err)
	return !own && denials[codeOf(err)]
}
