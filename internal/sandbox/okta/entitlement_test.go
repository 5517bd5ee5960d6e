package okta

import (
	"slices"
	"testing"
)

// value is a value of the Role attribute for one of the account's roles.
func value(role string) string {
	return provider + ",arn:aws:iam::111122223333:role/" + role
}

func TestSignOnOffersTheRolesOfTheAssignments(t *testing.T) {
	o := newOrg(t)
	o.aws.set(Role{"Administrator", []string{provider}}, Role{"PowerUser", []string{provider}}, Role{"ReadOnly", []string{provider}})
	id, path := o.create("Story")
	offers := func(when string, roles ...string) {
		t.Helper()
		_, r := o.click(TestUserLogin, id)
		var want []string
		for _, role := range roles {
			want = append(want, value(role))
		}
		if got := told(r, "Role"); !slices.Equal(got, want) {
			t.Errorf("%s: got %v, want %v", when, got, want)
		}
	}

	late := o.grant(path, "Late", TestUserLogin, `{"priority":5}`)
	_, r := o.click(TestUserLogin, id)
	if len(r.FindElements("//Attribute")) != 2 {
		t.Error("without provisioning there is a Role attribute")
	}
	o.want(o.person(id, "api-integration", enter("true")), 200)
	o.want(o.person(id, "to-app", `{"createUsers":true,"updateAttributes":true}`), 200)
	offers("before the assignment has roles")

	o.want(o.do("PUT", late, `{"priority":5,"profile":{"samlRoles":["ReadOnly","PowerUser"]}}`), 200)
	offers("one group", "ReadOnly", "PowerUser")
	o.grant(path, "Others", RequesterLogin, `{"priority":0,"profile":{"samlRoles":["Administrator"]}}`)
	offers("a group that they are not in", "ReadOnly", "PowerUser")
	o.grant(path, "Early", TestUserLogin, `{"priority":2,"profile":{"samlRoles":["Administrator","ReadOnly"]}}`)
	offers("two groups: the one of the highest priority", "Administrator", "ReadOnly")
	o.want(o.do("PATCH", late, `[{"op":"replace","path":"/priority","value":1}]`), 200)
	offers("priorities the other way round", "ReadOnly", "PowerUser")
	o.set(path, map[string]any{"joinAllRoles": true})
	offers("join all roles: each once", "ReadOnly", "PowerUser", "Administrator")

	o.aws.set(Role{"Administrator", []string{provider}}, Role{"PowerUser", []string{"arn:aws:iam::111122223333:saml-provider/Other"}})
	o.want(o.person(id, "refresh", ""), 200)
	offers("roles that Okta no longer finds are left out", "Administrator")

	o.want(o.person(id, "to-app", `{"updateAttributes":true}`), 200)
	offers("without Create Users")
	o.want(o.person(id, "to-app", `{"createUsers":true,"updateAttributes":true}`), 200)
	offers("with it again", "Administrator")

	o.set(path, map[string]any{"identityProviderArn": nil})
	offers("without an identity provider")
	o.set(path, map[string]any{"identityProviderArn": provider})
	o.LoseProvisioning(id)
	offers("once provisioning is lost")
}

// The partitions that AWS has besides its first, with where a browser signs in to them
// (https://docs.aws.amazon.com/general/latest/gr/signin-service.html).
var partitions = map[string]string{"aws-cn": "https://signin.amazonaws.cn/saml", "aws-us-gov": "https://signin.amazonaws-us-gov.com/saml"}

func TestSignOnOffersRolesOfTheAccountsPartition(t *testing.T) {
	for partition, acs := range partitions {
		t.Run(partition, func(t *testing.T) {
			o := newOrg(t)
			there := "arn:" + partition + ":iam::111122223333:saml-provider/Okta"
			role := "arn:" + partition + ":iam::111122223333:role/Administrator"
			o.aws.set(Role{"Administrator", []string{there}})
			id, path := o.create("Story")
			o.set(path, map[string]any{"identityProviderArn": there, "overrideAcsURL": acs, "loginURL": "https://console.example.com/ec2/home"})
			o.want(o.person(id, "api-integration", enter("true")), 200)
			o.want(o.person(id, "to-app", `{"createUsers":true,"updateAttributes":true}`), 200)
			o.grant(path, "Admins", TestUserLogin, putRoles)
			on, r := o.click(TestUserLogin, id)
			if got := told(r, "Role"); !slices.Equal(got, []string{there + "," + role}) {
				t.Errorf("got %v", got)
			}
			if on.ACS != acs || at(t, r, ".", "Destination") != acs || at(t, r, "//SubjectConfirmationData", "Recipient") != acs {
				t.Errorf("the response is for %s", on.ACS)
			}

			o.AddGroup("aws#story#ReadOnly#111122223333", "", TestUserLogin)
			o.set(path, map[string]any{"useGroupMapping": true, "groupFilter": sharedFilter, "identityProviderArn": nil,
				"roleValuePattern": "arn:" + partition + ":iam::${accountid}:saml-provider/Okta,arn:" + partition + ":iam::${accountid}:role/${role}"})
			_, r = o.click(TestUserLogin, id)
			if got := told(r, "Role"); !slices.Equal(got, []string{there + ",arn:" + partition + ":iam::111122223333:role/ReadOnly"}) {
				t.Errorf("by the groups' names: got %v", got)
			}
		})
	}
}

// sharedFilter takes every name that a role can have; in the stored value there is one backslash each.
const sharedFilter = `^aws\#\S+\#(?{{role}}[\w+=,.@\-]+)\#(?{{accountid}}\d+)$`

func TestSharedApplicationOffersTheRolesOfManyAccounts(t *testing.T) {
	o := newOrg(t)
	id, path := o.create("Shared")
	o.set(path, map[string]any{"identityProviderArn": nil, "useGroupMapping": true, "groupFilter": sharedFilter,
		"roleValuePattern": "arn:aws:iam::${accountid}:saml-provider/Okta,arn:aws:iam::${accountid}:role/${role}"})
	if app, _ := o.Application(id); app.Settings["groupFilter"] != sharedFilter || app.Settings["identityProviderArn"] != nil {
		t.Fatalf("got %v", app.Settings)
	}
	for _, name := range []string{"aws#prod#Administrator#111122223333", "aws#test#Read.Only+a=b,c@d-e_f#444455556666",
		"aws#odd#sub#PowerUser#444455556666", "aws#bad name#Administrator#444455556666", "aws#test#bad role#444455556666",
		"aws#test#Administrator#not-a-number", "aws#test##444455556666", "xaws#test#Administrator#444455556666", "aws#test#Administrator#444455556666 (old)"} {
		// A role group is an assigned group too: no other lets its members in.
		o.want(o.do("PUT", path+"/groups/"+o.AddGroup(name, "", TestUserLogin), `{}`), 200)
	}
	theirs := o.AddGroup("aws#test#Administrator#444455556666", "")
	o.want(o.do("PUT", path+"/groups/"+theirs, `{}`), 200)
	of := func(account, role string) string {
		return "arn:aws:iam::" + account + ":saml-provider/Okta,arn:aws:iam::" + account + ":role/" + role
	}
	offers := func(want ...string) {
		t.Helper()
		_, r := o.click(TestUserLogin, id)
		got := told(r, "Role")
		slices.Sort(got)
		slices.Sort(want)
		if !slices.Equal(got, want) {
			t.Errorf("got  %q\nwant %q", got, want)
		}
	}
	mine := []string{of("111122223333", "Administrator"), of("444455556666", "PowerUser"), of("444455556666", "Read.Only+a=b,c@d-e_f")}
	offers(mine...)
	if err := o.AddMember(theirs, TestUserLogin); err != nil {
		t.Fatal(err)
	}
	offers(append(mine[:3:3], of("444455556666", "Administrator"))...)
	if err := o.Unassign(id, theirs); err != nil {
		t.Fatal(err)
	}
	offers(append(mine[:3:3], of("444455556666", "Administrator"))...) // it is the name that counts
	if err := o.Rename(theirs, "aws#test#Gone#1"); err != nil {
		t.Fatal(err)
	}
	offers(append(mine[:3:3], of("1", "Gone"))...)
	if err := o.SetSetting(id, "groupFilter", nil); err != nil {
		t.Fatal(err)
	}
	offers()
}

func TestSignOnOffersTheRolesThatGroupNamesSay(t *testing.T) {
	o := newOrg(t)
	id, path := o.create("Story")
	for _, name := range []string{"aws#prod#Administrator#111122223333", "aws#test#ReadOnly#444455556666", "x-aws#prod#PowerUser#111122223333",
		"aws_111122223333_Billing", "team_aws_111122223333_Owner", "aws_111122223333_Auditor (2024)"} {
		o.AddGroup(name, "", TestUserLogin)
	}
	o.AddGroup("aws#prod#PowerUser#111122223333", "", RequesterLogin)
	o.set(path, map[string]any{"useGroupMapping": true})
	if _, err := o.SignOn(TestUserLogin, id); err == nil {
		t.Error("a role group alone assigns nobody to the application")
	}
	o.grant(path, "AWS-Users", TestUserLogin, `{}`)

	const documented = `^aws\#\S+\#(?{{role}}[\w\-]+)\#(?{{accountid}}\d+)$`
	const pattern = "arn:aws:iam::${accountid}:saml-provider/Okta,arn:aws:iam::${accountid}:role/${role}"
	elsewhere := "arn:aws:iam::444455556666:saml-provider/Okta,arn:aws:iam::444455556666:role/ReadOnly"
	for name, c := range map[string]struct {
		settings map[string]any
		want     []string
	}{
		"documented filter": {map[string]any{"groupFilter": documented, "roleValuePattern": pattern}, []string{value("Administrator"), elsewhere}},
		"standard filter and pattern": {map[string]any{"groupFilter": nil, "roleValuePattern": nil},
			[]string{"arn:aws:iam::111122223333:saml-provider/OKTA,arn:aws:iam::111122223333:role/Billing"}},
		"Okta among the sources":       {map[string]any{"groupFilter": documented, "roleValuePattern": pattern, "appFilter": "active_directory, okta"}, []string{value("Administrator"), elsewhere}},
		"another source":               {map[string]any{"groupFilter": documented, "roleValuePattern": pattern, "appFilter": "active_directory"}, nil},
		"a filter that is no pattern":  {map[string]any{"groupFilter": "aws(", "roleValuePattern": pattern}, nil},
		"a filter without an account":  {map[string]any{"groupFilter": `aws#prod#(?{{role}}\w+)#\d+`, "roleValuePattern": pattern}, nil},
		"a filter with escapes undone": {map[string]any{"groupFilter": `^aws\\#\\S+\\#(?{{role}}[\\w\\-]+)\\#(?{{accountid}}\\d+)$`, "roleValuePattern": pattern}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			settings := map[string]any{"appFilter": "okta"}
			for k, v := range c.settings {
				settings[k] = v
			}
			o.set(path, settings)
			_, r := o.click(TestUserLogin, id)
			if got := told(r, "Role"); !slices.Equal(got, c.want) {
				t.Errorf("got %v, want %v", got, c.want)
			}
		})
	}
}
