package aws

import "slices"

var organizationOperations = map[string]operation{
	"ListAccounts":                     listAccounts,
	"DescribeOrganization":             describeOrganization,
	"ListRoots":                        listRoots,
	"ListOrganizationalUnitsForParent": listUnits,
	"ListAccountsForParent":            listAccountsIn,
}

// organizationsPage is how many things a listing answers with at most
// (https://docs.aws.amazon.com/organizations/latest/APIReference/API_ListAccounts.html).
const organizationsPage = 20

func listAccounts(c *call) (any, error) {
	if err := c.allowOrganization("ListAccounts", "*"); err != nil {
		return nil, err
	}
	return c.accountsPage(c.account.org.order)
}

// allowOrganization lets the management account ask, if it may: no account is a delegated administrator here.
func (c *call) allowOrganization(operation, resource string) error {
	if err := c.allow("organizations:"+operation, resource, nil); err != nil {
		return err
	}
	if c.account.id != c.account.org.management {
		return &Error{400, "AccessDeniedException", "You don't have permissions to access this resource."}
	}
	return nil
}

// accountsPage answers with the page of accounts that is asked for.
func (c *call) accountsPage(all []string) (any, error) {
	ids, next, err := organizationPage(c, all)
	if err != nil {
		return nil, err
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
	out := struct {
		Accounts  []member
		NextToken string `json:",omitempty"`
	}{NextToken: next, Accounts: []member{}}
	for _, id := range ids {
		a := c.accounts[id]
		out.Accounts = append(out.Accounts, member{
			ID: id, Arn: c.account.org.arn("account/" + c.account.org.orgID + "/" + id), Email: a.email(), Name: a.name,
			Status: a.status(), State: a.state(), JoinedMethod: a.joinedMethod(), JoinedTimestamp: float64(a.joined.UnixMilli()) / 1000,
		})
	}
	return out, nil
}

// organizationPage cuts a listing of Organizations.
func organizationPage[T any](c *call, all []T) (some []T, next string, err error) {
	size, err := c.number("MaxResults", 1, organizationsPage, organizationsPage)
	if err != nil {
		return nil, "", &Error{400, "InvalidInputException", err.Error()}
	}
	some, next, err = page(slices.Clone(all), c.form.Get("NextToken"), size)
	if err != nil {
		return nil, "", &Error{400, "InvalidInputException", "You specified an invalid value: NextToken"}
	}
	return some, next, nil
}

// arn writes an ARN of something in the organization: they are of the management account.
func (o *organization) arn(resource string) string {
	return "arn:" + o.name + ":organizations::" + o.management + ":" + resource
}

// status and state are the older and the newer word for whether an account can be used
// (https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_accounts_account_state.html) [D].
func (a *account) status() string {
	if a.barred() {
		return "SUSPENDED"
	}
	return "ACTIVE"
}

// barred says whether nobody gets into the account any more.
func (a *account) barred() bool { return a.closed || a.suspended }

func (a *account) state() string {
	switch {
	case a.closed:
		return "CLOSED"
	case a.suspended:
		return "SUSPENDED"
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
		ID: o.orgID, Arn: o.arn("organization/" + o.orgID), FeatureSet: "ALL", MasterAccountID: o.management,
		MasterAccountArn: o.arn("account/" + o.orgID + "/" + o.management), MasterAccountEmail: head.email(),
		AvailablePolicyTypes: []policyType{{"SERVICE_CONTROL_POLICY", "ENABLED"}},
	}}, nil
}
