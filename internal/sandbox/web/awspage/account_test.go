package awspage_test

import (
	"encoding/base64"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/oktaws/oktaws/internal/sandbox"
	"github.com/oktaws/oktaws/internal/sandbox/aws"
)

func TestAnAccountShowsWhoCanSignOnToIt(t *testing.T) {
	v := visit(t, quick)
	says(t, v.get(gmail, http.StatusOK), "Nobody: this account has no identity provider yet.")
	if err := v.sb.AWS.MakeProvider(aws.AccountGmail, "Other", "", nil); err != nil {
		t.Fatal(err)
	}
	says(t, v.get(gmail, http.StatusOK), "No role trusts this provider yet, so there is nothing to sign on to.")
	v.furnish(aws.AccountGmail)
	says(t, v.get(gmail, http.StatusOK), "Through Okta http://www.okta.com/exkmadebyhand Reader up to 2 h")
}

func TestARolesTrustIsPutIntoWords(t *testing.T) {
	const provider = "arn:aws:iam::111122223333:saml-provider/Okta"
	statement := func(s string) string { return `{"Version":"2012-10-17","Statement":` + s + `}` }
	for name, c := range map[string]struct{ trust, want string }{
		"a provider": {
			`[{"Effect":"Allow","Principal":{"Federated":"` + provider + `"},"Action":["sts:AssumeRoleWithSAML","sts:TagSession"],"Condition":{"StringEquals":{"SAML:aud":"https://signin.aws.amazon.com/saml"}}}]`,
			"People who sign on through the identity provider Okta may take this role and pass tags into the session for up to 1 h, if the sign-on is addressed to https://signin.aws.amazon.com/saml.",
		},
		"a provider, but the wrong action": {
			`{"Effect":"Allow","Principal":{"Federated":"` + provider + `"},"Action":"sts:AssumeRole"}`,
			"But sts:AssumeRoleWithSAML is not among the actions, so nobody can sign on to it.",
		},
		"another account": {
			`{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::999900001111:root"},"Action":"sts:AssumeRole","Condition":{"StringLike":{"sts:ExternalId":["a*","b"]}}}`,
			"Users and roles of account Management (999900001111) may take this role for up to 1 h, if sts:ExternalId looks like a* or b. Their own policies must allow it too.",
		},
		"its own account": {
			`{"Effect":"Allow","Principal":{"AWS":"111122223333"},"Action":"sts:AssumeRole"}`,
			"Users and roles of this account Gmail (111122223333) may take this role for up to 1 h.",
		},
		"a role": {
			`{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::111122223333:role/OrganizationAccountAccessRole"},"Action":"sts:AssumeRole"}`,
			"The role OrganizationAccountAccessRole may take this role for up to 1 h.",
		},
		"a service": {
			`{"Effect":"Allow","Principal":{"Service":"ec2.amazonaws.com"},"Action":"sts:AssumeRole"}`,
			"The AWS service ec2.amazonaws.com may take this role.",
		},
		"a denial": {
			`{"Effect":"Deny","Principal":{"AWS":"*"},"Action":"sts:AssumeRole","Condition":{"Bool":{"aws:SecureTransport":"false"}}}`,
			"Everybody in AWS may never take this role, if aws:SecureTransport is false.",
		},
	} {
		t.Run(name, func(t *testing.T) {
			v := visit(t, sandbox.Options{})
			if err := v.sb.AWS.MakeProvider(aws.AccountGmail, "Okta", "", nil); err != nil {
				t.Fatal(err)
			}
			if err := v.sb.AWS.MakeRole(aws.AccountGmail, "Subject", statement(c.trust)); err != nil {
				t.Fatal(err)
			}
			if got := row(t, v.get(gmail+"/roles/Subject", http.StatusOK), "trust"); !strings.Contains(strings.ReplaceAll(got, " .", "."), c.want) {
				t.Errorf("got  %s\nwant %s", got, c.want)
			}
		})
	}
}

func TestARoleShowsWhatItMayAndWhoMadeIt(t *testing.T) {
	v := visit(t, quick)
	v.furnish(aws.AccountGmail)
	list := v.get(gmail+"/roles", http.StatusOK)
	if got := row(t, list, "role-Reader"); !strings.HasPrefix(got, "Reader Identity provider: Okta ReadOnlyAccess 2 h stack sign-on") {
		t.Errorf("the role's row: %s", got)
	}
	if got := row(t, list, "role-"+aws.AccessRole); !strings.HasPrefix(got, aws.AccessRole+" Account: 999900001111 AdministratorAccess 12 h AWS Organizations") {
		t.Errorf("the access role's row: %s", got)
	}
	page := v.get(gmail+"/roles/Reader", http.StatusOK)
	says(t, page, "arn:aws:iam::111122223333:role/Reader", "Maximum session duration 2 h", "Made by stack sign-on",
		`"Federated" : "arn:aws:iam::111122223333:saml-provider/Okta"`, "ReadOnlyAccess AWS managed arn:aws:iam::aws:policy/ReadOnlyAccess",
		"managed-by oktaws")
}

func TestAProviderShowsTheCertificatesInItsMetadata(t *testing.T) {
	v := visit(t, quick)
	v.furnish(aws.AccountGmail)
	page := v.get(gmail+"/providers/Okta", http.StatusOK)
	says(t, page, "arn:aws:iam::111122223333:saml-provider/Okta", "Entity ID http://www.okta.com/exkmadebyhand", "Subject CN=example,O=Okta", "Roles that trust it Reader", "managed-by oktaws")
	if !regexp.MustCompile(`SHA-256 fingerprint ([0-9A-F]{2}:){31}[0-9A-F]{2} `).MatchString(words(page)) {
		t.Errorf("there is no fingerprint: %s", words(page))
	}
	if strings.Contains(page, "expired") {
		t.Error("a certificate that is good for years has expired")
	}
	says(t, v.get(gmail+"/providers", http.StatusOK), "Okta SAML http://www.okta.com/exkmadebyhand")
}

func TestAUsersKeysAreShownWithoutTheirSecrets(t *testing.T) {
	v := visit(t, quick)
	key := v.furnish(aws.AccountGmail)
	page := v.get(gmail+"/users/OktaSSOuser", http.StatusOK)
	says(t, page, "arn:aws:iam::111122223333:user/oktaws/OktaSSOuser", "Path /oktaws/", key.ID+" Active", "Never", `"iam:ListRoles"`, "team mail")
	secrets := v.sb.Secrets()
	if !slices.Contains(secrets, key.Reveal()) {
		t.Fatal("the sandbox does not know the key's secret, so that the test proves nothing")
	}
	paths := []string{
		"/aws", gmail, gmail + "/roles", gmail + "/roles/Reader", gmail + "/providers", gmail + "/providers/Okta",
		gmail + "/users", gmail + "/users/OktaSSOuser", gmail + "/stacks", gmail + "/stacks/us-east-1/sign-on", "/aws/" + aws.ManagementAccount + "/users/oktaws",
	}
	for _, path := range paths {
		text := words(v.get(path, http.StatusOK))
		for _, secret := range secrets {
			if strings.Contains(text, secret) || strings.Contains(text, base64.StdEncoding.EncodeToString([]byte(secret))) {
				t.Errorf("%s shows a secret", path)
			}
		}
	}
}

func TestAStackShowsItsCourseAndWhyItFailed(t *testing.T) {
	v := visit(t, quick)
	v.furnish(aws.AccountGmail)
	page := v.get(gmail+"/stacks/us-east-1/sign-on", http.StatusOK)
	says(t, page, "Status CREATE_COMPLETE", "Provider arn:aws:iam::111122223333:saml-provider/Okta", "Who arn:aws:iam::111122223333:role/Reader",
		"Reader Reader AWS::IAM::Role CREATE_COMPLETE", "managed-by oktaws", "Type: AWS::IAM::Role")
	first, last := strings.Index(page, `id="event-1"`), strings.Index(page, `id="event-5"`)
	if first < 0 || last < 0 || first < last {
		t.Errorf("the newest event is not the first: event 1 at %d, event 5 at %d", first, last)
	}
	if got := row(t, page, "event-1"); !strings.HasSuffix(got, "sign-on AWS::CloudFormation::Stack CREATE_IN_PROGRESS User Initiated") {
		t.Errorf("the oldest event: %s", got)
	}

	const hostile = `arn:aws:iam::111122223333:saml-provider/<img src=x onerror=alert(1)>`
	v.stack(aws.AccountBilling, "failing", hostile)
	page = v.get("/aws/"+aws.AccountBilling+"/stacks/us-east-1/failing", http.StatusOK)
	says(t, page, "Status ROLLBACK_COMPLETE", "Invalid principal in policy", hostile)
	if strings.Contains(page, "<img") {
		t.Error("a reason becomes HTML")
	}
	says(t, v.get("/aws/"+aws.AccountBilling+"/stacks", http.StatusOK), "failing ROLLBACK_COMPLETE")
}

func TestWhatSomebodyTypedNeverBecomesHTML(t *testing.T) {
	v := visit(t, sandbox.Options{})
	const id, hostile = "123443211234", `<script>alert("x")</script>`
	if err := v.sb.AWS.AddAccount(id, hostile); err != nil {
		t.Fatal(err)
	}
	tags := map[string]string{hostile: hostile}
	if err := v.sb.AWS.MakeProvider(id, "Okta", "", tags); err != nil {
		t.Fatal(err)
	}
	if err := v.sb.AWS.MakeUser(id, "somebody", tags); err != nil {
		t.Fatal(err)
	}
	home := "/aws/" + id
	for _, path := range []string{"/aws", "/aws?q=%3Cscript%3Ealert", home, home + "/roles", home + "/providers/Okta", home + "/users/somebody", home + "/stacks"} {
		page := v.get(path, http.StatusOK)
		if strings.Contains(page, "<script>") || strings.Contains(page, "alert(\"") {
			t.Errorf("%s takes names or tags for HTML", path)
		}
		if !strings.Contains(words(page), "alert") {
			t.Errorf("%s does not show the name", path)
		}
	}
}
