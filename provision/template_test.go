package provision_test

import (
	"os"
	"reflect"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"

	"github.com/oktaws/oktaws/provision"
)

func TestTemplateOfTheDefaultRoleSetIsTheFile(t *testing.T) {
	file, err := os.ReadFile("roles.yaml")
	if err != nil {
		t.Fatal(err)
	}
	made, err := provision.Template(provision.DefaultRoleSet())
	if err != nil {
		t.Fatal(err)
	}
	var a, b any
	if err := yaml.Unmarshal(file, &a); err != nil {
		t.Fatal(err)
	}
	if err := yaml.Unmarshal([]byte(made), &b); err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(a, b) {
		t.Errorf("the template of the default role set differs from roles.yaml:\n%s", made)
	}
	if !strings.Contains(made, "!Sub arn:${AWS::Partition}:iam::aws:policy/AdministratorAccess") || !strings.Contains(made, "# The sign-in address") {
		t.Errorf("the template is no longer readable:\n%s", made)
	}
}

func TestTemplateOfAnotherRoleSet(t *testing.T) {
	made, err := provision.Template([]provision.RoleSpec{
		{Name: "db-admin", Policies: []string{"arn:aws:iam::111122223333:policy/Own", "arn:${AWS::Partition}:iam::aws:policy/ReadOnlyAccess"}},
		{Name: "Auditor", Policies: []string{"arn:${AWS::Partition}:iam::aws:policy/SecurityAudit"}},
	})
	if err != nil {
		t.Fatal(err)
	}
	var doc struct {
		Resources map[string]struct {
			Properties struct {
				RoleName                 string   `yaml:"RoleName"`
				ManagedPolicyArns        []string `yaml:"ManagedPolicyArns"`
				AssumeRolePolicyDocument any      `yaml:"AssumeRolePolicyDocument"`
			} `yaml:"Properties"`
		} `yaml:"Resources"`
	}
	if err := yaml.Unmarshal([]byte(made), &doc); err != nil {
		t.Fatal(err)
	}
	role, ok := doc.Resources["dbadmin"]
	if len(doc.Resources) != 2 || !ok || role.Properties.RoleName != "db-admin" || len(role.Properties.ManagedPolicyArns) != 2 || role.Properties.AssumeRolePolicyDocument == nil {
		t.Errorf("resources %+v", doc.Resources)
	}
	if strings.Contains(made, "AdministratorAccess") {
		t.Error("a policy of the pattern is left")
	}
	if _, err := provision.Template([]provision.RoleSpec{{Name: "db-admin"}, {Name: "dbadmin"}}); err == nil {
		t.Error("two roles with one logical ID were taken")
	}
	if _, err := provision.Template([]provision.RoleSpec{{Name: "@"}}); err == nil {
		t.Error("a role without a logical ID was taken")
	}
	made, err = provision.Template([]provision.RoleSpec{{Name: "007"}})
	if err != nil || !strings.Contains(made, `"007":`) {
		t.Errorf("a role whose name is a number: %v\n%s", err, made)
	}
}

func TestWhatYAMLWouldTakeForSomethingElseIsQuoted(t *testing.T) {
	odd := []string{"yes", "No", "on", "OFF", "y", "N", "true", "Null", "~", "", "=", "<<", "1:30", "0755", "1_000", "1e3", ".5", "-1", "2012-10-17", "0x1f"}
	tags := map[string]string{}
	for _, s := range odd {
		tags["k"+s] = s
	}
	made, err := provision.Template([]provision.RoleSpec{{Name: "on", Tags: tags}})
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range odd {
		if !strings.Contains(made, `Value: "`+s+`"`) {
			t.Errorf("%q is not quoted in\n%s", s, made)
		}
	}
	if !strings.Contains(made, `RoleName: "on"`) || !strings.Contains(made, `"on":`) {
		t.Errorf("the role's name is not quoted in\n%s", made)
	}
}
