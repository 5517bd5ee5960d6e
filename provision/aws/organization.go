package aws

import (
	"context"
	"errors"
	"iter"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/organizations"
	"github.com/aws/aws-sdk-go-v2/service/organizations/types"

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

// members yields the accounts of the organization that the bot's own credentials belong to; an error ends it.
func (p *partition) members(ctx context.Context) iter.Seq2[types.Account, error] {
	return func(yield func(types.Account, error) bool) {
		pages := organizations.NewListAccountsPaginator(p.orgs, &organizations.ListAccountsInput{})
		for pages.HasMorePages() {
			page, err := pages.NextPage(ctx)
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
