package aws

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/organizations/types"

	"github.com/oktaws/oktaws/provision"
	"github.com/oktaws/oktaws/store"
)

// sample is how many of the organization's accounts Check tries the access role in.
const sample = 3

// Check tries what can be tried without making anything: whose the bot's credentials are, which accounts the
// organization has (it is no fault not to be allowed to ask), and whether accounts can be reached and read: each of
// aws.profiles, and the first few of the organization by the access role. It does so in each partition.
func (c *Client) Check(ctx context.Context) []provision.Finding {
	findings := c.checkPartition(ctx, c.home, slices.Sorted(maps.Keys(c.cfg.Profiles)))
	for _, name := range slices.Sorted(maps.Keys(c.cfg.Partitions)) {
		findings = append(findings, c.checkPartition(ctx, c.partitions[name], nil)...)
	}
	return findings
}

// about says which partition a line is about, where there are several.
func (c *Client) about(p *partition, what string) string {
	if len(c.partitions) == 1 {
		return what
	}
	return what + " (" + p.name + ")"
}

// checkPartition checks the bot's own footing in the partition, the accounts that profiles lead to, and a few others.
func (c *Client) checkPartition(ctx context.Context, p *partition, profiles []string) []provision.Finding {
	what := c.about(p, "AWS credentials")
	id, err := whoAmI(ctx, p.sts, p.own())
	if err != nil {
		return append([]provision.Finding{failure(what, err)}, c.checkProfiles(ctx, profiles)...)
	}
	region := p.settings + "region"
	if id.Account.Partition != p.name {
		return []provision.Finding{{What: what, Detail: fmt.Sprintf("%s is in the partition %s, and %s %s is in %s", id.ARN, id.Account.Partition, region, p.reach.Region, p.name),
			Remedy: "Set " + region + " to a region of that partition, or use credentials of the other."}}
	}
	findings := []provision.Finding{{What: what, OK: true, Detail: fmt.Sprintf("%s, in account %s; region %s", id.ARN, id.Account.ID, p.reach.Region)}}
	others, finding := c.checkOrganization(ctx, p)
	findings = append(findings, finding)
	reachable := func(a string) bool { return c.cfg.Profiles[a] != "" }
	switch {
	case p.reach.AccessRole != "":
		others = slices.DeleteFunc(others, func(a string) bool { return a == id.Account.ID || reachable(a) })
		if len(others) == 0 {
			findings = append(findings, provision.Finding{What: c.about(p, "AWS access role"), OK: true,
				Detail: "not tried, since no other account is known; the first link tries " + p.reach.AccessRole})
		}
		others = others[:min(sample, len(others))]
	case reachable(id.Account.ID):
		others = nil
	default:
		others = []string{id.Account.ID}
	}
	findings = append(findings, c.checkProfiles(ctx, profiles)...)
	for _, other := range others {
		findings = append(findings, c.checkAccount(ctx, p, other))
	}
	return findings
}

// checkOrganization lists the IDs of the organization's active accounts.
func (c *Client) checkOrganization(ctx context.Context, p *partition) ([]string, provision.Finding) {
	what := c.about(p, "AWS organization")
	var active []string
	total := 0
	for a, err := range p.members(ctx) {
		switch {
		case isNoOrganization(err):
			return nil, provision.Finding{What: what, OK: true, Detail: "the bot's account is in none"}
		case mayNotList(err):
			return nil, provision.Finding{What: what, OK: true,
				Detail: "the bot may not list the accounts (organizations:ListAccounts); so oktaws can't tell an account that was closed from one that can't be reached"}
		case err != nil:
			return nil, failure(what, p.own().explain("list the organization's accounts", err))
		}
		total++
		if status(a) == string(types.AccountStatusActive) {
			active = append(active, sdk.ToString(a.Id))
		}
	}
	return active, provision.Finding{What: what, OK: true, Detail: fmt.Sprintf("%d accounts, %d of them active", total, len(active))}
}

// checkProfiles reaches accounts by their named profiles. Which partition such an account is in stands nowhere: it is
// the one that takes the profile's credentials.
func (c *Client) checkProfiles(ctx context.Context, ids []string) []provision.Finding {
	var findings []provision.Finding
	for _, id := range ids {
		finding := c.checkAccount(ctx, c.home, id)
		for _, name := range slices.Sorted(maps.Keys(c.cfg.Partitions)) {
			if finding.OK {
				break
			}
			if there := c.checkAccount(ctx, c.partitions[name], id); there.OK {
				finding = there
			}
		}
		findings = append(findings, finding)
	}
	return findings
}

// checkAccount reaches an account and reads in it what the pipeline reads.
func (c *Client) checkAccount(ctx context.Context, p *partition, account string) provision.Finding {
	key := store.AccountKey{Partition: p.name, ID: account}
	what := c.about(p, "AWS account "+account)
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
		func() error { _, err := a.Survey(ctx); return err },
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
