package aws

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/organizations"
	"github.com/aws/aws-sdk-go-v2/service/organizations/types"

	"github.com/oktaws/oktaws/provision"
	"github.com/oktaws/oktaws/store"
)

// sample is how many of the organization's accounts Check tries the access role in.
const sample = 3

// Check tries what can be tried without making anything: whose the bot's credentials are, which accounts the
// organization has (it is no fault not to be allowed to ask), and whether accounts can be reached and read: each of
// aws.profiles, and the first few of the organization by the access role.
func (c *Client) Check(ctx context.Context) []provision.Finding {
	const what = "AWS credentials"
	own := route{region: c.cfg.Region}
	id, err := whoAmI(ctx, c.sts, own)
	if err != nil {
		return append([]provision.Finding{failure(what, err)}, c.checkAccounts(ctx, slices.Sorted(maps.Keys(c.cfg.Profiles)))...)
	}
	if here := Partition(c.cfg.Region); id.Account.Partition != here {
		return []provision.Finding{{What: what, Detail: fmt.Sprintf("%s is in the partition %s, and aws.region %s is in %s", id.ARN, id.Account.Partition, c.cfg.Region, here),
			Remedy: "Set aws.region to a region of that partition, or use credentials of the other."}}
	}
	findings := []provision.Finding{{What: what, OK: true, Detail: fmt.Sprintf("%s, in account %s; region %s", id.ARN, id.Account.ID, c.cfg.Region)}}
	listed, finding := c.checkOrganization(ctx, own)
	findings = append(findings, finding)
	try := slices.Sorted(maps.Keys(c.cfg.Profiles))
	switch {
	case c.cfg.AccessRole == "":
		if !slices.Contains(try, id.Account.ID) {
			try = append(try, id.Account.ID)
		}
	default:
		listed = slices.DeleteFunc(listed, func(a string) bool { return a == id.Account.ID || slices.Contains(try, a) })
		if len(listed) == 0 {
			findings = append(findings, provision.Finding{What: "AWS access role", OK: true,
				Detail: "not tried, since no other account is known; the first link tries " + c.cfg.AccessRole})
		}
		try = append(try, listed[:min(sample, len(listed))]...)
	}
	return append(findings, c.checkAccounts(ctx, try)...)
}

// checkOrganization lists the IDs of the organization's active accounts.
func (c *Client) checkOrganization(ctx context.Context, own route) ([]string, provision.Finding) {
	const what = "AWS organization"
	var active []string
	total := 0
	pages := organizations.NewListAccountsPaginator(c.orgs, &organizations.ListAccountsInput{})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		switch code := codeOf(err); {
		case code == "AWSOrganizationsNotInUseException":
			return nil, provision.Finding{What: what, OK: true, Detail: "this account is in none"}
		case denials[code]:
			return nil, provision.Finding{What: what, OK: true,
				Detail: "the bot may not list the accounts (organizations:ListAccounts), and needn't: only this check uses it"}
		case err != nil:
			return nil, failure(what, own.explain("list the organization's accounts", err))
		}
		for _, a := range page.Accounts {
			total++
			// Status goes away in favor of State; partitions and stand-ins may know one of the two only.
			if a.State == types.AccountStateActive || a.State == "" && a.Status == types.AccountStatusActive {
				active = append(active, sdk.ToString(a.Id))
			}
		}
	}
	return active, provision.Finding{What: what, OK: true, Detail: fmt.Sprintf("%d accounts, %d of them active", total, len(active))}
}

// checkAccounts reaches each account and reads in it what the pipeline reads.
func (c *Client) checkAccounts(ctx context.Context, ids []string) []provision.Finding {
	var findings []provision.Finding
	for _, id := range ids {
		findings = append(findings, c.checkAccount(ctx, store.AccountKey{Partition: Partition(c.cfg.Region), ID: id}))
	}
	return findings
}

func (c *Client) checkAccount(ctx context.Context, key store.AccountKey) provision.Finding {
	what := "AWS account " + key.ID
	a, err := c.account(ctx, key)
	if err != nil {
		return failure(what, err)
	}
	id, err := a.Identity(ctx)
	if err != nil {
		return failure(what, err)
	}
	if id.Account != key {
		return provision.Finding{What: what, Detail: fmt.Sprintf("%s leads to account %s", a.route.whose(), id.Account.ID), Remedy: "Look at aws.profiles: each profile must lead to the account that it is listed for."}
	}
	const nobody = "oktaws-check" // a name that nothing has: what may be read answers that there is no such thing
	reads := []func() error{
		func() error {
			_, err := a.Provider(ctx, fmt.Sprintf("arn:%s:iam::%s:saml-provider/%s", key.Partition, key.ID, nobody))
			return err
		},
		func() error { _, err := a.Role(ctx, nobody); return err },
		func() error { _, err := a.User(ctx, nobody); return err },
		func() error { _, err := a.AccessKeys(ctx, nobody); return err },
		func() error { _, err := a.Stack(ctx, nobody); return err },
	}
	var details, remedies []string
	for _, read := range reads {
		if err := read(); err != nil {
			f := failure(what, err)
			details, remedies = append(details, f.Detail), append(remedies, f.Remedy)
		}
	}
	if len(details) > 0 {
		return provision.Finding{What: what, Detail: strings.Join(details, "; "), Remedy: strings.Join(slices.Compact(remedies), " ")}
	}
	return provision.Finding{What: what, OK: true, Detail: "reached as " + id.ARN + "; IAM and CloudFormation can be read (what makes things isn't tried)"}
}

func failure(what string, err error) provision.Finding {
	detail, remedy := store.Explain(err)
	return provision.Finding{What: what, Detail: detail, Remedy: remedy}
}
