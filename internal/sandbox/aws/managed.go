package aws

import (
	"crypto/sha256"
	"encoding/base32"
	"strings"
)

// managedPolicies are the AWS managed policies that can be attached, by path and name, in every partition [I], with documents that allow what matters
// of the real ones (https://docs.aws.amazon.com/aws-managed-policy/latest/reference/policy-list.html).
var managedPolicies = func() map[string]*document {
	statement := func(rest string) string {
		return `{"Version":"2012-10-17","Statement":[{"Effect":"Allow",` + rest + `,"Resource":"*"}]}`
	}
	allow := func(actions string) string {
		return statement(`"Action":["` + strings.ReplaceAll(actions, " ", `","`) + `"]`)
	}
	out := map[string]*document{}
	for name, raw := range map[string]string{
		"AdministratorAccess": allow("*"),
		"PowerUserAccess": `{"Version":"2012-10-17","Statement":[` +
			`{"Effect":"Allow","NotAction":["iam:*","organizations:*","account:*"],"Resource":"*"},` +
			`{"Effect":"Allow","Action":["account:GetAccountInformation","account:GetPrimaryEmail","account:ListRegions","iam:CreateServiceLinkedRole",` +
			`"iam:DeleteServiceLinkedRole","iam:ListRoles","organizations:DescribeEffectivePolicy","organizations:DescribeOrganization"],"Resource":"*"}]}`,
		"ReadOnlyAccess":                     allow("*:Describe* *:Get* *:List* *:BatchGet* *:Search* *:Query *:Scan"),
		"SecurityAudit":                      allow("cloudformation:Describe* cloudformation:GetTemplate cloudformation:List* iam:Get* iam:List* iam:Simulate* organizations:Describe* organizations:List*"),
		"IAMFullAccess":                      allow("iam:* organizations:DescribeAccount organizations:DescribeOrganization organizations:ListPolicies"),
		"IAMReadOnlyAccess":                  allow("iam:Get* iam:List* iam:Simulate*"),
		"AWSCloudFormationFullAccess":        allow("cloudformation:*"),
		"AWSCloudFormationReadOnlyAccess":    allow("cloudformation:Describe* cloudformation:Get* cloudformation:List*"),
		"AWSOrganizationsReadOnlyAccess":     allow("organizations:Describe* organizations:List*"),
		"AmazonS3FullAccess":                 allow("s3:*"),
		"AmazonS3ReadOnlyAccess":             allow("s3:Get* s3:List* s3:Describe*"),
		"AmazonEC2FullAccess":                allow("ec2:* elasticloadbalancing:* cloudwatch:* autoscaling:*"),
		"AmazonEC2ReadOnlyAccess":            allow("ec2:Describe* ec2:Get* elasticloadbalancing:Describe* autoscaling:Describe*"),
		"AWSSupportAccess":                   allow("support:*"),
		"CloudWatchReadOnlyAccess":           allow("cloudwatch:Describe* cloudwatch:Get* cloudwatch:List* logs:Get* logs:Describe*"),
		"job-function/Billing":               allow("account:* billing:* budgets:* ce:* cur:* payments:* tax:*"),
		"job-function/DatabaseAdministrator": allow("dynamodb:* rds:* redshift:* elasticache:* cloudwatch:Get* iam:GetRole iam:ListRoles"),
		"job-function/NetworkAdministrator":  allow("ec2:*Vpc* ec2:*Subnet* ec2:*Route* ec2:Describe* directconnect:* route53:*"),
		"job-function/SupportUser":           allow("support:* cloudformation:Describe* cloudformation:List* iam:Get* iam:List*"),
		"job-function/SystemAdministrator":   allow("cloudwatch:* ec2:Describe* iam:Get* iam:List* logs:* ssm:*"),
		"job-function/ViewOnlyAccess":        allow("*:Describe* *:List* iam:GetAccountSummary"),
	} {
		d, err := parseIdentityPolicy(raw)
		if err != nil {
			panic("managed policy " + name + ": " + err.Error())
		}
		out[name] = d
	}
	return out
}()

// policyARN is the ARN of an AWS managed policy in the account's partition.
func (a *account) policyARN(name string) string {
	return "arn:" + a.partition.name + ":iam::aws:policy/" + name
}

// managed finds an AWS managed policy that the account's roles can have; nil where there is none.
func (a *account) managed(arn string) *document {
	name, ok := strings.CutPrefix(arn, a.policyARN(""))
	if !ok {
		return nil
	}
	return managedPolicies[name]
}

// managedPolicy finds an AWS managed policy of any partition.
func managedPolicy(arn string) *document {
	for _, p := range partitions {
		if d := (&account{partition: p}).managed(arn); d != nil {
			return d
		}
	}
	return nil
}

// managedID is an AWS managed policy's ID, the same at all times.
func managedID(arn string) string {
	sum := sha256.Sum256([]byte(arn))
	return "ANPA" + base32.StdEncoding.EncodeToString(sum[:])[:17]
}
