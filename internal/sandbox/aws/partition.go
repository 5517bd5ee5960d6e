package aws

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"
)

// partition is a part of AWS that knows nothing of the others: accounts, keys, ARNs and sign-in are its own
// (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference-arns.html) [D].
type partition struct {
	name       string   // as ARNs have it
	regions    []string // empty: whatever looks like one
	home       string   // the region in which IAM is at home
	suffix     string   // of the services' addresses
	signIn     string   // where browsers bring SAML responses to, and the SAML:aud of trust policies [D]
	endpoint   *regexp.Regexp
	audiences  []string // the values of Audience that stand for it
	management string   // account ID
	orgID      string   // of its organization
}

// The partitions, by their names in ARNs.
const (
	Commercial = "aws"
	USGov      = "aws-us-gov"
	China      = "aws-cn"
)

// SignInURL is where browsers bring SAML responses to in the partition aws: the recipient that a response must name,
// and the SAML:aud of trust policies [D].
const SignInURL = "https://signin.aws.amazon.com/saml"

// partitions are those that there are here. The recipients are the sign-in addresses, with their regional forms
// (https://docs.aws.amazon.com/general/latest/gr/signin-service.html) [D]; that the other partitions have such is a guess [I].
var partitions = map[string]*partition{
	Commercial: {
		name: Commercial, home: "us-east-1", suffix: "amazonaws.com", signIn: SignInURL,
		endpoint:   regexp.MustCompile(`^https://([a-z]{2}(-[a-z]+)+-\d\.)?signin\.aws\.amazon\.com/saml$`),
		audiences:  []string{"urn:amazon:webservices", SignInURL},
		management: ManagementAccount, orgID: "o-exampleorg1",
	},
	USGov: {
		name: USGov, regions: []string{"us-gov-west-1", "us-gov-east-1"}, home: "us-gov-west-1", suffix: "amazonaws.com",
		signIn:     "https://signin.amazonaws-us-gov.com/saml",
		endpoint:   regexp.MustCompile(`^https://(us-gov-(west|east)-1\.)?signin\.amazonaws-us-gov\.com/saml$`),
		audiences:  []string{"urn:amazon:webservices:govcloud", "https://signin.amazonaws-us-gov.com/saml"},
		management: ManagementUSGov, orgID: "o-examplegov1",
	},
	China: {
		name: China, regions: []string{"cn-north-1", "cn-northwest-1"}, home: "cn-north-1", suffix: "amazonaws.com.cn",
		signIn:     "https://signin.amazonaws.cn/saml",
		endpoint:   regexp.MustCompile(`^https://(cn-north(west)?-1\.)?signin\.amazonaws\.cn/saml$`),
		audiences:  []string{"urn:amazon:webservices:cn-north-1", "https://signin.amazonaws.cn/saml"},
		management: ManagementChina, orgID: "o-examplechn1",
	},
}

// SignInURLIn is the partition's SignInURL; empty for one that there is not.
func SignInURLIn(name string) string {
	if p := partitions[name]; p != nil {
		return p.signIn
	}
	return ""
}

// partitionOf is the partition that has the region.
func partitionOf(region string) *partition {
	switch {
	case strings.HasPrefix(region, "us-gov-"):
		return partitions[USGov]
	case strings.HasPrefix(region, "cn-"):
		return partitions[China]
	}
	return partitions[Commercial]
}

// has reports whether the partition has the region.
func (p *partition) has(region string) bool {
	if p.regions != nil {
		return slices.Contains(p.regions, region)
	}
	return regionName.MatchString(region)
}

// arn writes an ARN of the account's.
func (a *account) arn(service, region, resource string) string {
	return "arn:" + a.partition.name + ":" + service + ":" + region + ":" + a.id + ":" + resource
}

// iam writes the ARN of something in IAM.
func (a *account) iam(resource string) string { return a.arn("iam", "", resource) }

// organization is the accounts of one partition.
type organization struct {
	*partition
	order []string   // account IDs as they joined, the management account first
	base  *accessKey // of the management account's user who reaches the members
	root  *unit
	units []*unit // all others, as they came to be
}

// organizationIn returns the partition's organization, and founds it where nobody needed it before.
func (s *Server) organizationIn(name string, at time.Time) (*organization, error) {
	p := partitions[name]
	if p == nil {
		return nil, fmt.Errorf("there is no partition %q", name)
	}
	if o := s.organizations[name]; o != nil {
		return o, nil
	}
	o := &organization{partition: p}
	o.root = &unit{org: o, id: "r-" + rootSuffix, name: "Root"}
	s.organizations[name] = o
	s.founded = append(s.founded, o)
	s.join(o, p.management, "Management", at)
	base := s.accounts[p.management].addUser(baseUser, "/", nil, at)
	base.inline["oktaws"] = mustPolicy(parseIdentityPolicy(`{"Version":"2012-10-17","Statement":[` +
		`{"Effect":"Allow","Action":["sts:AssumeRole","sts:SetSourceIdentity"],"Resource":"arn:` + p.name + `:iam::*:role/` + AccessRole + `"},` +
		`{"Effect":"Allow","Action":["organizations:ListAccounts","organizations:ListRoots","organizations:ListOrganizationalUnitsForParent","organizations:ListAccountsForParent"],"Resource":"*"}]}`))
	o.base = s.addKey(base, at)
	return o, nil
}
