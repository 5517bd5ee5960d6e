package aws

import "testing"

func TestPoliciesAreJudged(t *testing.T) {
	f := facts{"aws:username": "OktaSSOuser", "aws:requestedregion": "us-east-1"}
	statement := func(rest string) string { return `{"Version":"2012-10-17","Statement":[{` + rest + `}]}` }
	for _, test := range []struct {
		name, policy, action, resource string
		want                           verdict
	}{
		{"an action in any case", statement(`"Effect":"Allow","Action":"IAM:listroles","Resource":"*"`), "iam:ListRoles", "*", allowed},
		{"another action", statement(`"Effect":"Allow","Action":"iam:ListRoles","Resource":"*"`), "iam:ListUsers", "*", silent},
		{"a wildcard in the middle", statement(`"Effect":"Allow","Action":"iam:*AccessKey*","Resource":"*"`), "iam:GetAccessKeyLastUsed", "*", allowed},
		{"all but", statement(`"Effect":"Allow","NotAction":["iam:*"],"Resource":"*"`), "iam:ListRoles", "*", silent},
		{"a resource's path", statement(`"Effect":"Allow","Action":"iam:*","Resource":"arn:aws:iam::*:user/oktaws/*"`), "iam:GetUser", "arn:aws:iam::1:user/other", silent},
		{"all resources but", statement(`"Effect":"Allow","Action":"iam:*","NotResource":"arn:aws:iam::*:user/oktaws/*"`), "iam:GetUser", "arn:aws:iam::1:user/other", allowed},
		{"a variable", statement(`"Effect":"Allow","Action":"iam:*","Resource":"arn:aws:iam::1:user/${aws:username}"`), "iam:GetUser", "arn:aws:iam::1:user/OktaSSOuser", allowed},
		{"a condition that holds", statement(`"Effect":"Allow","Action":"*","Resource":"*","Condition":{"StringLike":{"aws:RequestedRegion":["eu-*","us-*"]}}`), "iam:GetUser", "*", allowed},
		{"a condition that does not", statement(`"Effect":"Allow","Action":"*","Resource":"*","Condition":{"StringNotEquals":{"aws:RequestedRegion":"us-east-1"}}`), "iam:GetUser", "*", silent},
		{"a condition on what is not there", statement(`"Effect":"Allow","Action":"*","Resource":"*","Condition":{"Bool":{"aws:MultiFactorAuthPresent":"true"}}`), "iam:GetUser", "*", silent},
		{"the same, if it exists", statement(`"Effect":"Allow","Action":"*","Resource":"*","Condition":{"BoolIfExists":{"aws:MultiFactorAuthPresent":true}}`), "iam:GetUser", "*", allowed},
		{"a denial wins", `{"Statement":[{"Effect":"Deny","Action":"iam:Delete*","Resource":"*"},{"Effect":"Allow","Action":"*","Resource":"*"}]}`, "iam:DeleteUser", "*", denied},
	} {
		t.Run(test.name, func(t *testing.T) {
			d, err := parseIdentityPolicy(test.policy)
			if err != nil {
				t.Fatal(err)
			}
			if got := judge([]*document{d}, test.action, test.resource, f); got != test.want {
				t.Errorf("verdict is %d, want %d", got, test.want)
			}
		})
	}
}

func TestPoliciesThatAreWrongAreRefused(t *testing.T) {
	for name, policy := range map[string]string{
		"no effect":            `{"Statement":[{"Action":"*","Resource":"*"}]}`,
		"no action":            `{"Statement":[{"Effect":"Allow","Resource":"*"}]}`,
		"no resource":          `{"Statement":[{"Effect":"Allow","Action":"*"}]}`,
		"a principal":          `{"Statement":[{"Effect":"Allow","Action":"*","Resource":"*","Principal":"*"}]}`,
		"no vendor":            `{"Statement":[{"Effect":"Allow","Action":"ListRoles","Resource":"*"}]}`,
		"a resource's name":    `{"Statement":[{"Effect":"Allow","Action":"*","Resource":"Administrator"}]}`,
		"an unknown version":   `{"Version":"2020-01-01","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}`,
		"two documents":        `{"Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]} {}`,
		"statements of no one": `{"Version":"2012-10-17","Statement":[]}`,
	} {
		if _, err := parseIdentityPolicy(policy); err == nil {
			t.Errorf("a policy with %s was taken", name)
		}
	}
}
