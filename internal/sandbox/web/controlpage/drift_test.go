package controlpage_test

import (
	"strings"
	"testing"

	"github.com/oktaws/oktaws/internal/sandbox/aws"
	"github.com/oktaws/oktaws/internal/sandbox/okta"
)

func TestWhatPeopleDoByHandBehindOktawssBack(t *testing.T) {
	d := sit(t, nil)
	const account, provider = aws.AccountGmail, "arn:aws:iam::" + aws.AccountGmail + ":saml-provider/Okta"
	no := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	front := d.get("/control/")
	for _, none := range []string{"No role trusts an identity provider yet.", "No user has an active access key.", "No group is assigned to an application."} {
		d.shows(front, none)
	}
	no(d.sb.AWS.MakeProvider(account, "Okta", "", nil))
	no(d.sb.AWS.MakeRole(account, "Reader", `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Federated":"`+provider+`"},"Action":"sts:AssumeRoleWithSAML"}]}`))
	no(d.sb.AWS.MakeUser(account, "OktaSSOuser", nil))
	key, _, err := d.sb.AWS.MakeKey(account, "OktaSSOuser")
	no(err)
	app := d.sb.Okta.AddApplication(okta.NewApplication{Label: "Gmail-AWS-Account"})
	group := d.sb.Okta.AddGroup("Gmail-Readers", "", okta.TestUserLogin)
	no(d.sb.Okta.SetRoles(app, group, nil))
	front = d.get("/control/")
	for _, choice := range []string{"Reader in Gmail (" + account + ")", "Okta in Gmail (" + account + ")", key + " of OktaSSOuser in Gmail (" + account + ")", "Gmail-AWS-Account", "Gmail-Readers"} {
		d.shows(front, choice)
	}
	if strings.Contains(front, " in Management (") {
		t.Error("the management account can be tampered with")
	}

	reader := func() aws.Role {
		for _, r := range d.sb.AWS.Roles(account) {
			if r.Name == "Reader" {
				return r
			}
		}
		return aws.Role{}
	}
	application := func() okta.Application { a, _ := d.sb.Okta.Application(app); return a }
	for _, c := range []struct {
		key, choice, done string
		is                func() bool
	}{
		{"trust-edited", account + " Reader", "trusts its own account alone", func() bool { return len(reader().TrustedProviders) == 0 && reader().Name != "" }},
		{"provider-deleted", account + " Okta", "is deleted", func() bool { return len(d.sb.AWS.Providers(account)) == 0 }},
		{"key-inactive", account + " OktaSSOuser " + key, "is inactive", func() bool { return !d.sb.AWS.AccessKeys(account, "OktaSSOuser")[0].Active }},
		{"group-renamed", group, "is called Gmail-Readers-old", func() bool { return d.sb.Okta.Assignments(app)[0].Group == "Gmail-Readers-old" }},
		{"app-inactive", app, "Gmail-AWS-Account is inactive", func() bool { return application().Status == "INACTIVE" }},
		{"account-closed", account, "is closed", func() bool {
			for _, a := range d.sb.AWS.Accounts() {
				if a.ID == account {
					return a.Closed
				}
			}
			return false
		}},
	} {
		d.refused(d.do("ready", "key", c.key, "choice", "nothing of the kind"), "choose one")
		if c.is() {
			t.Errorf("%s: it is so before", c.key)
		}
		d.done(d.do("ready", "key", c.key, "choice", c.choice), c.done)
		if !c.is() {
			t.Errorf("%s: it is not so", c.key)
		}
	}
	d.refused(d.do("ready", "key", "account-closed", "choice", account), "choose one")
}
