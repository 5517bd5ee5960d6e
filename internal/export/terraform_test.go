package export_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/zclconf/go-cty/cty"

	"github.com/oktaws/oktaws/internal/export"
	"github.com/oktaws/oktaws/provision"
	"github.com/oktaws/oktaws/store"
)

func TestTerraformTakesOverAnAccountOfModeAPI(t *testing.T) {
	a := record("aws", "111122223333", store.ModeAPI, "Payments")
	c := read(t, write(t, setup(), a))
	want := map[string]string{
		"okta_app_saml.payments_111122223333":                              "0oa111122223333",
		"aws_iam_saml_provider.payments_111122223333":                      "arn:aws:iam::111122223333:saml-provider/Okta",
		"aws_cloudformation_stack.payments_111122223333":                   "oktaws-roles",
		"aws_iam_user.payments_111122223333":                               "oktaws-okta",
		"aws_iam_user_policy.payments_111122223333":                        "oktaws-okta:oktaws",
		"okta_group.payments_administrator_00gA111122223333":               "00gA111122223333",
		"okta_group.payments_powerusers_00gP111122223333":                  "00gP111122223333",
		"okta_group.payments_readonlyaccess_00gR111122223333":              "00gR111122223333",
		"okta_app_group_assignment.payments_111122223333_00gA111122223333": "0oa111122223333/00gA111122223333",
		"okta_app_group_assignment.payments_111122223333_00gP111122223333": "0oa111122223333/00gP111122223333",
		"okta_app_group_assignment.payments_111122223333_00gR111122223333": "0oa111122223333/00gR111122223333",
	}
	if !maps.Equal(c.imports, want) {
		t.Errorf("imports %v", c.imports)
	}
	app := c.resources["okta_app_saml.payments_111122223333"]
	same(t, app, "label", "Payments")
	same(t, app, "preconfigured_app", "amazon_aws")
	sameJSON(t, app["app_settings_json"], `{"appFilter":"okta","awsEnvironmentType":"aws.amazon","groupFilter":"aws_(?{{accountid}}\\d+)_(?{{role}}[a-zA-Z0-9+=,.@\\-_]+)",
		"identityProviderArn":"arn:aws:iam::111122223333:saml-provider/Okta","joinAllRoles":true,"loginURL":"https://console.aws.amazon.com/ec2/home",
		"roleValuePattern":"arn:aws:iam::${accountid}:saml-provider/OKTA,arn:aws:iam::${accountid}:role/${role}","sessionDuration":3600,"useGroupMapping":false}`)
	provider := c.resources["aws_iam_saml_provider.payments_111122223333"]
	same(t, provider, "name", "Okta")
	same(t, provider, "provider", "${aws.account_111122223333}")
	same(t, provider, "saml_metadata_document", "${okta_app_saml.payments_111122223333.metadata}")
	stack := c.resources["aws_cloudformation_stack.payments_111122223333"]
	same(t, stack, "template_body", "${local.role_set_default}")
	if p := stack["parameters"].AsValueMap(); p["IdentityProviderArn"].AsString() != "${aws_iam_saml_provider.payments_111122223333.arn}" || p["MaxSessionDuration"].AsString() != "3600" {
		t.Errorf("the parameters are %v", p)
	}
	same(t, c.resources["aws_iam_user.payments_111122223333"], "path", "/oktaws/")
	sameJSON(t, c.resources["aws_iam_user_policy.payments_111122223333"]["policy"],
		`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["iam:ListRoles","iam:ListAccountAliases"],"Resource":["*"]}]}`)
	assignment := c.resources["okta_app_group_assignment.payments_111122223333_00gA111122223333"]
	same(t, assignment, "app_id", "${okta_app_saml.payments_111122223333.id}")
	same(t, assignment, "group_id", "${okta_group.payments_administrator_00gA111122223333.id}")
	sameJSON(t, assignment["profile"], `{"samlRoles":["Administrator"]}`)
	same(t, c.resources["okta_group.payments_administrator_00gA111122223333"], "name", "Payments-Administrator")
}

// In mode groups the names say the roles, and there is no user.
func TestTerraformTakesOverASharedApplicationOnce(t *testing.T) {
	a := shared(record("aws", "111122223333", store.ModeGroups, "Payments"), "AWS", "0oaShared")
	b := shared(record("aws", "222233334444", store.ModeGroups, "Billing"), "AWS", "0oaShared")
	text := write(t, setup(), b, a)
	c := read(t, text)
	if n := strings.Count(text, `resource "okta_app_saml"`); n != 1 {
		t.Errorf("the application is there %d times", n)
	}
	app := c.resources["okta_app_saml.aws_0oaShared"]
	same(t, app, "label", "AWS")
	var settings map[string]any
	if err := json.Unmarshal([]byte(app["app_settings_json"].AsString()), &settings); err != nil {
		t.Fatal(err)
	}
	if _, has := settings["identityProviderArn"]; has || settings["useGroupMapping"] != true || settings["roleValuePattern"] != "arn:aws:iam::${accountid}:saml-provider/Okta,arn:aws:iam::${accountid}:role/${role}" ||
		settings["groupFilter"] != `^aws\#\S+\#(?{{role}}[\w+=,.@\-]+)\#(?{{accountid}}\d+)$` {
		t.Errorf("the settings are %v", settings)
	}
	for _, name := range []string{"payments_111122223333", "billing_222233334444"} {
		same(t, c.resources["aws_iam_saml_provider."+name], "saml_metadata_document", "${okta_app_saml.aws_0oaShared.metadata}")
	}
	if got := c.imports["okta_group_rule.aws_people_00gPeople"]; got != "" {
		t.Errorf("people of whom nothing is known are imported from %s", got)
	}
	for name, r := range c.resources {
		if _, has := r["profile"]; has || strings.HasPrefix(name, "aws_iam_user") {
			t.Errorf("%s has a profile, or is of mode api", name)
		}
	}
	same(t, c.resources["okta_group.aws_alias_222233334444_administrator_222_00gA222233334444"], "name", "aws#alias-222233334444#Administrator#222233334444")
	if c.imports["okta_app_group_assignment.aws_0oaShared_00gA222233334444"] != "0oaShared/00gA222233334444" {
		t.Errorf("imports %v", c.imports)
	}
}

// Whoever is in a role group has a shared application through one group, which is there once with the rule that fills it.
func TestTerraformTakesOverThePeopleOfASharedApplicationOnce(t *testing.T) {
	a := shared(record("aws", "111122223333", store.ModeGroups, "Payments"), "AWS", "0oaShared")
	b := shared(record("aws", "222233334444", store.ModeGroups, "Billing"), "AWS", "0oaShared")
	known := store.Application{Partition: "aws", Label: "AWS", AppID: "0oaShared", PeopleID: "00gPeople", RuleID: "0prRule"}
	a.Application, b.Application = known, known
	text := write(t, setup(), b, a)
	c := read(t, text)
	for name, want := range map[string]string{
		"okta_group.aws_people_00gPeople":                                      "00gPeople",
		"okta_group_rule.aws_people_00gPeople":                                 "0prRule",
		"okta_app_group_assignment.aws_0oaShared_00gPeople":                    "0oaShared/00gPeople",
		"okta_group.aws_alias_222233334444_administrator_222_00gA222233334444": "00gA222233334444",
	} {
		if c.imports[name] != want {
			t.Errorf("%s is imported from %q, not %s", name, c.imports[name], want)
		}
	}
	for kind, want := range map[string]int{"okta_group": 7, "okta_group_rule": 1, "okta_app_group_assignment": 1} {
		if n := strings.Count(text, `resource "`+kind+`"`); n != want {
			t.Errorf("%d resources %s, not %d", n, kind, want)
		}
	}
	rule := c.resources["okta_group_rule.aws_people_00gPeople"]
	same(t, rule, "name", "AWS people")
	same(t, rule, "status", "ACTIVE")
	same(t, rule, "expression_type", "urn:okta:expression:1.0")
	same(t, rule, "expression_value", `isMemberOfGroupNameStartsWith("aws#")`)
	if of := rule["group_assignments"].AsValueSlice(); len(of) != 1 || of[0].AsString() != "${okta_group.aws_people_00gPeople.id}" {
		t.Errorf("the rule fills %v", of)
	}
	same(t, c.resources["okta_app_group_assignment.aws_0oaShared_00gPeople"], "group_id", "${okta_group.aws_people_00gPeople.id}")
}

func TestTerraformReachesEachPartitionAsOktawsDoes(t *testing.T) {
	s := setup()
	s.Profiles, s.SourceIdentity = map[string]string{"444455556666": "own"}, "bot"
	a := record("aws", "111122223333", store.ModeAPI, "A")
	a.Known.StackID = "not-an-arn"
	c := read(t, write(t, s, a, record("aws", "444455556666", store.ModeAPI, "Own"),
		record("aws-us-gov", "222233334444", store.ModeAPI, "Gov"), record("aws-cn", "333344445555", store.ModeGroups, "China")))
	for alias, want := range map[string]map[string]string{
		"account_111122223333": {"region": "eu-west-1", "assume_role.role_arn": "arn:aws:iam::111122223333:role/OrganizationAccountAccessRole",
			"assume_role.external_id": "outside", "assume_role.source_identity": "bot", "assume_role.session_name": "terraform"},
		"account_444455556666": {"region": "us-east-1", "profile": "own"},
		"account_us_gov_222233334444": {"region": "us-gov-east-1", "profile": "gov", "assume_role.role_arn": "arn:aws-us-gov:iam::222233334444:role/path/Access",
			"assume_role.source_identity": "bot", "assume_role.session_name": "terraform"},
		"account_cn_333344445555": {"region": "cn-north-1"},
	} {
		got := map[string]string{}
		for name, v := range c.providers[alias] {
			switch name {
			case "alias":
			case "allowed_account_ids":
				if id := v.AsValueSlice()[0].AsString(); !strings.HasSuffix(alias, id) || v.LengthInt() != 1 {
					t.Errorf("%s is for %s", alias, id)
				}
			default:
				got[name] = v.AsString()
			}
		}
		if !maps.Equal(got, want) {
			t.Errorf("%s is %v, not %v", alias, got, want)
		}
	}
	same(t, c.resources["aws_cloudformation_stack.a_111122223333"], "name", "oktaws-roles")
}

// Two groups for two roles, one of them somebody else's, and a template with everything that Terraform would take for its own.
func TestTerraformHasTheTemplateToTheLetter(t *testing.T) {
	s := setup()
	a := record("aws", "111122223333", store.ModeAPI, "Audit")
	a.RoleSet, a.Known.Groups = "audit-read", map[string]string{"Auditor": "00gA", "Reader": "00gR"}
	text := write(t, s, a)
	c := read(t, text)
	want, err := provision.Template(s.Pipeline.RoleSets["audit-read"])
	if err != nil {
		t.Fatal(err)
	}
	if c.locals["role_set_audit_read"] != want {
		t.Errorf("the template is\n%s\nnot\n%s", c.locals["role_set_audit_read"], want)
	}
	same(t, c.resources["okta_app_group_assignment.audit_111122223333_00gR"], "group_id", "00gR")
	if strings.Contains(text, `resource "okta_group" "auditors`) {
		t.Error("somebody else's group is taken over")
	}
}

func TestTerraformBearsAnyLabel(t *testing.T) {
	labels := []string{`"`, `a"b`, `${x}`, `$${x}`, `%{if true}`, `\`, `\n`, "a\nb", "a\r\nb\tc", "# x", "*/", "TEMPLATE", "Zahlungen ß → 支払い", "é\u0301\u2028x", "🙂", "9lives", "", "  ", strings.Repeat("long ", 60), "a-b_c.d", "\x00\x1b[31m"}
	var records []export.Record
	for i, label := range labels {
		records = append(records, record("aws", fmt.Sprintf("%012d", i), []store.Mode{store.ModeAPI, store.ModeGroups}[i%2], label))
	}
	c := read(t, write(t, setup(), records...))
	got := map[string]bool{}
	for name, r := range c.resources {
		if strings.HasPrefix(name, "okta_app_saml.") {
			got[r["label"].AsString()] = true
		}
	}
	for _, label := range labels {
		if !got[cty.StringVal(label).AsString()] {
			t.Errorf("the label %q is not there", label)
		}
	}
}

// A line of a template that is the end of a heredoc, as far as it could be.
func TestTerraformBearsAnyTemplate(t *testing.T) {
	s := setup()
	document := `{"TEMPLATE":"x","b":"$${a} %%{b} $%{c} ${AWS::AccountId}${","c":"\\ \" <<TEMPLATE\nTEMPLATE\n  TEMPLATE_\n"}`
	s.Pipeline.RoleSets[store.DefaultRoleSet] = []provision.RoleSpec{{Name: "Administrator", Group: "g", Inline: map[string]string{"own": document}}}
	want, err := provision.Template(s.Pipeline.RoleSets[store.DefaultRoleSet])
	if err != nil {
		t.Fatal(err)
	}
	if got := read(t, write(t, s, record("aws", "111122223333", store.ModeAPI, "A"))).locals["role_set_default"]; got != want {
		t.Errorf("the template is\n%s\nnot\n%s", got, want)
	}
}

func TestTerraformSaysWhatIsLeftOutAndWhatToMindFirst(t *testing.T) {
	failed, half := record("aws", "111122223333", store.ModeAPI, "Failed\nresource"), record("aws", "222233334444", store.ModeAPI, "Half")
	failed.State, half.Known.StackID = store.Failed, ""
	drifted, rotating, stale := record("aws", "333344445555", store.ModeAPI, "Drifted"), record("aws", "444455556666", store.ModeAPI, "Rotating"), record("aws", "555566667777", store.ModeAPI, "Stale")
	drifted.State, drifted.Open = store.Drifted, []store.Finding{{What: "The role Administrator is gone"}}
	rotating.Known.FormerUntil = now.Add(time.Minute)
	stale.Known.StackTemplate = "0123456789abcdef"
	text := write(t, setup(), failed, half, drifted, rotating, stale)
	read(t, text)
	for _, want := range []string{
		"# Accounts: 3.\n# - 333344445555 (Drifted)\n", "Written at 2026-03-04T05:06:07Z", "terraform init", "Don't unlink",
		"# Left out: 2.\n# - 111122223333 (Failed resource): it is failed\n# - 222233334444 (Half): its application, identity provider or stack is not on record\n",
		"# Differs from what it shall be: The role Administrator is gone.\n", "# Its certificate is being replaced", "# Its stack was last seen with another template",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("does not say %q", want)
		}
	}
	if strings.Contains(text, "in portions") {
		t.Error("three accounts are called many")
	}
}

func TestTerraformOfNoAccountIsValid(t *testing.T) {
	if c := read(t, write(t, setup())); len(c.resources) > 0 {
		t.Errorf("has %v", c.resources)
	}
}

func TestTerraformNeedsTheAccountsRoleSet(t *testing.T) {
	a := record("aws", "111122223333", store.ModeAPI, "A")
	a.RoleSet = "gone"
	err := export.Terraform(&strings.Builder{}, setup(), []export.Record{a})
	if store.KindOf(err) != store.Permanent || !strings.Contains(err.Error(), "111122223333") {
		t.Errorf("the error is %v", err)
	}
}

func TestTerraformSaysWhenItCantBeWritten(t *testing.T) {
	full := errors.New("disk full")
	for n := range 2 {
		if err := export.Terraform(&limited{left: n, err: full}, setup(), []export.Record{record("aws", "111122223333", store.ModeAPI, "A")}); !errors.Is(err, full) {
			t.Errorf("after %d writes the error is %v", n, err)
		}
	}
	if err := export.CSV(&limited{err: full}, setup().Pipeline, nil); !errors.Is(err, full) {
		t.Errorf("the error is %v", err)
	}
}

// limited takes some writes, and then no more.
type limited struct {
	left int
	err  error
}

func (l *limited) Write(p []byte) (int, error) {
	if l.left--; l.left < 0 {
		return 0, l.err
	}
	return len(p), nil
}

func TestAccountsAreWrittenTheSameInAnyOrder(t *testing.T) {
	records := many(60)
	text := write(t, setup(), records...)
	read(t, text)
	slices.Reverse(records)
	if write(t, setup(), records...) != text {
		t.Error("the order of the records tells")
	}
}

func TestTerraformOfAThousandAccounts(t *testing.T) {
	text := write(t, setup(), many(1000)...)
	if !strings.Contains(text, "# Accounts: 1000.") || !strings.Contains(text, "in portions") {
		t.Error("does not say how many there are, and what to do about it")
	}
	for what, want := range map[string]int{"AWSTemplateFormatVersion": 1, `resource "okta_app_saml"`: 667, `resource "aws_iam_saml_provider"`: 1000, "\nimport {": 1000*9 - 333} {
		if n := strings.Count(text, what); n != want {
			t.Errorf("%s is there %d times, not %d", what, n, want)
		}
	}
}

// many are linked accounts of all partitions; those of the common one share an application.
func many(n int) []export.Record {
	var records []export.Record
	for i := range n {
		r := record([]string{"aws", "aws-cn", "aws-us-gov"}[i%3], fmt.Sprintf("%012d", i), store.ModeGroups, fmt.Sprintf("Account %d", i))
		if i%3 == 0 {
			r = shared(r, "AWS", "0oaShared")
		}
		records = append(records, r)
	}
	return records
}

func TestOrganizationsOfAnyAddress(t *testing.T) {
	for address, want := range map[string]string{
		"https://example.okta.com": `org_name = "example"`, "https://example.oktapreview.com": `base_url = "oktapreview.com"`, "https://login.example.com": `base_url = "example.com"`,
		"http://127.0.0.1:8080": "# Set OKTA_ORG_NAME", "": "# Set OKTA_ORG_NAME", "https://localhost": "# Set OKTA_ORG_NAME", "https://x.y:1": "# Set OKTA_ORG_NAME", "%": "# Set OKTA_ORG_NAME",
	} {
		s := setup()
		s.OrgURL = address
		text := write(t, s)
		read(t, text)
		if !strings.Contains(text, want) {
			t.Errorf("%s: %q is not in\n%s", address, want, text)
		}
	}
}

func same(t *testing.T, r map[string]cty.Value, name, want string) {
	t.Helper()
	if v, has := r[name]; !has || v.AsString() != want {
		t.Errorf("%s is %v, not %q", name, v, want)
	}
}

func sameJSON(t *testing.T, got cty.Value, want string) {
	t.Helper()
	var a, b any
	if err := errors.Join(json.Unmarshal([]byte(got.AsString()), &a), json.Unmarshal([]byte(want), &b)); err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(a, b) {
		t.Errorf("is %s, not %s", got.AsString(), want)
	}
}
