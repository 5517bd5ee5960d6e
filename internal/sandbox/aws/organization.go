package aws

import "slices"

var organizationOperations = map[string]operation{
	"ListAccounts":         listAccounts,
	"DescribeOrganization": describeOrganization,
}

// accountsPage is how many accounts ListAccounts answers with at most
// (https://docs.aws.amazon.com/organizations/latest/APIReference/API_ListAccounts.html).
const accountsPage = 20

func listAccounts(c *call) (any, error) {
	if err := c.allow("organizations:ListAccounts", "*", nil); err != nil {
		return nil, err
	}
	if c.account.id != c.account.org.management {
		return nil, &Error{400, "AccessDeniedException", "You don't have permissions to access this resource."}
	}
	size, err := c.number("MaxResults", 1, accountsPage, accountsPage)
	if err != nil {
		return nil, &Error{400, "InvalidInputException", err.Error()}
	}
	ids, next, err := page(slices.Clone(c.account.org.order), c.form.Get("NextToken"), size)
	if err != nil {
		return nil, &Error{400, "InvalidInputException", "You specified an invalid value: NextToken"}
	}
	type member struct {
		ID              string `json:"Id"`
		Arn             string
		Email           string
		Name            string
		Status          string
		State           string
		JoinedMethod    string
		JoinedTimestamp float64 // seconds since 1970
	}
	var out struct {
		Accounts  []member
		NextToken string `json:",omitempty"`
	}
	out.NextToken = next
	for _, id := range ids {
		a := c.accounts[id]
		out.Accounts = append(out.Accounts, member{
			ID: id, Arn: c.accounts[c.account.org.management].arn("organizations", "", "account/"+c.account.org.orgID+"/"+id), Email: a.email(), Name: a.name,
			Status: a.status(), State: a.state(), JoinedMethod: a.joinedMethod(), JoinedTimestamp: float64(a.joined.UnixMilli()) / 1000,
		})
	}
	return out, nil
}

// status and state are the older and the newer word for whether an account can be used
// (https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_accounts_account_state.html) [D].
func (a *account) status() string {
	if a.closed {
		return "SUSPENDED"
	}
	return "ACTIVE"
}

func (a *account) state() string {
	if a.closed {
		return "CLOSED"
	}
	return "ACTIVE"
}

func describeOrganization(c *call) (any, error) {
	if err := c.allow("organizations:DescribeOrganization", "*", nil); err != nil {
		return nil, err
	}
	type policyType struct{ Type, Status string }
	type described struct {
		ID                 string `json:"Id"`
		Arn                string
		FeatureSet         string
		MasterAccountArn   string
		MasterAccountEmail string
		MasterAccountID    string `json:"MasterAccountId"`

		AvailablePolicyTypes []policyType
	}
	o := c.account.org
	head := c.accounts[o.management]
	return struct{ Organization described }{described{
		ID: o.orgID, Arn: head.arn("organizations", "", "organization/"+o.orgID), FeatureSet: "ALL", MasterAccountID: o.management,
		MasterAccountArn: head.arn("organizations", "", "account/"+o.orgID+"/"+o.management), MasterAccountEmail: head.email(),
		AvailablePolicyTypes: []policyType{{"SERVICE_CONTROL_POLICY", "ENABLED"}},
	}}, nil
}
