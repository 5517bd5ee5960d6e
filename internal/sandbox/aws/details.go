package aws

import (
	"slices"
	"strings"
	"time"
)

// Everything of an account at once
// (https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetAccountAuthorizationDetails.html) [D].

// entityTypes are what GetAccountAuthorizationDetails can be asked for.
var entityTypes = []string{"User", "Role", "Group", "LocalManagedPolicy", "AWSManagedPolicy"}

type policyDetail struct{ PolicyName, PolicyDocument string }

func policyDetails(policies map[string]*document) []policyDetail {
	var out []policyDetail
	for _, name := range sortedKeys(policies) {
		out = append(out, policyDetail{name, policies[name].encode()})
	}
	return out
}

// attachedPolicy is a managed policy that something has.
type attachedPolicy struct{ PolicyName, PolicyArn string }

func attachedPolicies(arns []string) []attachedPolicy {
	var out []attachedPolicy
	for _, arn := range arns {
		out = append(out, attachedPolicy{arn[strings.LastIndex(arn, "/")+1:], arn})
	}
	return out
}

type userDetail struct {
	Path, UserName  string
	UserID          string `xml:"UserId"`
	Arn, CreateDate string

	UserPolicyList          []policyDetail   `xml:"UserPolicyList>member"`
	AttachedManagedPolicies []attachedPolicy `xml:"AttachedManagedPolicies>member"`
	GroupList               []string         `xml:"GroupList>member"`
	Tags                    []tag            `xml:"Tags>member"`
}

func (u *user) detail() userDetail {
	return userDetail{
		Path: u.path, UserName: u.name, UserID: u.id, Arn: u.arn(), CreateDate: instant(u.created),
		UserPolicyList: policyDetails(u.inline), Tags: tagList(u.tags),
	}
}

type roleDetail struct {
	Path, RoleName           string
	RoleID                   string `xml:"RoleId"`
	Arn, CreateDate          string
	AssumeRolePolicyDocument string

	InstanceProfileList     []struct{}       `xml:"InstanceProfileList>member"`
	RolePolicyList          []policyDetail   `xml:"RolePolicyList>member"`
	AttachedManagedPolicies []attachedPolicy `xml:"AttachedManagedPolicies>member"`
	PermissionsBoundary     *boundary        `xml:",omitempty"`
	Tags                    []tag            `xml:"Tags>member"`
	RoleLastUsed            struct{}
}

func (r *role) detail() roleDetail {
	return roleDetail{
		Path: r.path, RoleName: r.name, RoleID: r.id, Arn: r.arn(), CreateDate: instant(r.created), AssumeRolePolicyDocument: r.trust.encode(),
		RolePolicyList: policyDetails(r.inline), AttachedManagedPolicies: attachedPolicies(r.attached),
		PermissionsBoundary: boundaryOf(r.boundary), Tags: tagList(r.tags),
	}
}

type managedDetail struct {
	PolicyName                    string
	PolicyID                      string `xml:"PolicyId"`
	Arn, Path                     string
	DefaultVersionID              string `xml:"DefaultVersionId"`
	AttachmentCount               int
	PermissionsBoundaryUsageCount int
	IsAttachable                  bool
	CreateDate, UpdateDate        string
	PolicyVersionList             []managedVersion `xml:"PolicyVersionList>member"`
}

type managedVersion struct {
	Document         string
	VersionID        string `xml:"VersionId"`
	IsDefaultVersion bool
	CreateDate       string
}

// managedSince is when AWS made its policies, all of them here.
var managedSince = instant(time.Date(2015, 2, 6, 18, 39, 46, 0, time.UTC))

// managedDetails tells of AWS's policies that something of the account has, and of no others [C].
func (a *account) managedDetails() []managedDetail {
	attached, bounding := map[string]int{}, map[string]int{}
	for _, r := range a.roles {
		for _, arn := range r.attached {
			attached[arn]++
		}
		if r.boundary != "" {
			bounding[r.boundary]++
		}
	}
	var out []managedDetail
	for _, name := range sortedKeys(managedPolicies) {
		arn := a.policyARN(name)
		if attached[arn]+bounding[arn] == 0 {
			continue
		}
		_, place, _ := strings.Cut(arn, ":policy")
		slash := strings.LastIndex(place, "/") + 1
		out = append(out, managedDetail{
			PolicyName: place[slash:], PolicyID: managedID(arn), Arn: arn, Path: place[:slash], DefaultVersionID: "v1",
			AttachmentCount: attached[arn], PermissionsBoundaryUsageCount: bounding[arn], IsAttachable: true,
			CreateDate: managedSince, UpdateDate: managedSince,
			PolicyVersionList: []managedVersion{{managedPolicies[name].encode(), "v1", true, managedSince}},
		})
	}
	return out
}

// getAccountAuthorizationDetails cuts its pages through all lists, one after the other: users, roles, policies [I].
func getAccountAuthorizationDetails(c *call) (any, error) {
	wanted, err := c.filter()
	if err != nil {
		return nil, err
	}
	if err := c.allow("iam:GetAccountAuthorizationDetails", "*", nil); err != nil {
		return nil, err
	}
	var out struct {
		UserDetailList  []userDetail    `xml:"UserDetailList>member"`
		GroupDetailList []struct{}      `xml:"GroupDetailList>member"`
		RoleDetailList  []roleDetail    `xml:"RoleDetailList>member"`
		Policies        []managedDetail `xml:"Policies>member"`
		paged
	}
	var all []func()
	if slices.Contains(wanted, "User") {
		for _, u := range sorted(c.account.users) {
			all = append(all, func() { out.UserDetailList = append(out.UserDetailList, u.detail()) })
		}
	}
	if slices.Contains(wanted, "Role") {
		for _, r := range sorted(c.account.roles) {
			all = append(all, func() { out.RoleDetailList = append(out.RoleDetailList, r.detail()) })
		}
	}
	if slices.Contains(wanted, "AWSManagedPolicy") {
		for _, d := range c.account.managedDetails() {
			all = append(all, func() { out.Policies = append(out.Policies, d) })
		}
	}
	from, to, next, err := c.pageOf(len(all))
	if err != nil {
		return nil, err
	}
	for _, put := range all[from:to] {
		put()
	}
	out.paged = paged{next != "", next}
	return out, nil
}

// filter reads the parameter Filter; none stands for all.
func (c *call) filter() ([]string, error) {
	var out []string
	for _, m := range c.members("Filter") {
		kind := c.form.Get(m)
		if !slices.Contains(entityTypes, kind) {
			return nil, badValue("Filter", "["+kind+"]", "Member must satisfy constraint: [Member must satisfy enum value set: ["+strings.Join(entityTypes, ", ")+"]]")
		}
		out = append(out, kind)
	}
	if out == nil {
		return entityTypes, nil
	}
	return out, nil
}
