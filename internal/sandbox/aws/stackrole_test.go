package aws_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"
	"github.com/aws/aws-sdk-go-v2/service/iam"

	"github.com/oktaws/oktaws/internal/sandbox/aws"
)

// oneRole is a template with one role, Reader, of the properties, and what else the resource has.
func oneRole(properties, more string) string {
	return `{"Resources":{"Reader":{"Type":"AWS::IAM::Role",` + more + `"Properties":{"AssumeRolePolicyDocument":` + ownTrust + properties + `}}}}`
}

const wholeRole = `,"RoleName":"Reader","Path":"/okta/","Description":"Reads","MaxSessionDuration":7200,"PermissionsBoundary":"` + readOnlyPolicy + `",` +
	`"ManagedPolicyArns":["` + billingPolicy + `"],"Tags":[{"Key":"team","Value":"x"}],"Policies":[{"PolicyName":"buckets","PolicyDocument":` + readBuckets + `}]`

// makeStack makes the stack readers out of the template, and waits until that is done.
func (w *world) makeStack(c clients, body string) {
	w.t.Helper()
	must(c.stack.CreateStack(ctx, &cloudformation.CreateStackInput{
		StackName: str("readers"), TemplateBody: &body, Capabilities: []types.Capability{types.CapabilityCapabilityNamedIam},
	}))(w.t)
	w.clock.Advance(3 * stackTime)
}

func (w *world) updateStack(c clients, body string) {
	w.t.Helper()
	must(c.stack.UpdateStack(ctx, &cloudformation.UpdateStackInput{
		StackName: str("readers"), TemplateBody: &body, Capabilities: []types.Capability{types.CapabilityCapabilityNamedIam},
	}))(w.t)
	w.clock.Advance(5 * stackTime)
}

// role finds a role of the account Gmail by its name.
func (w *world) role(name string) aws.Role {
	w.t.Helper()
	roles := w.Roles(aws.AccountGmail)
	i := slices.IndexFunc(roles, func(r aws.Role) bool { return r.Name == name })
	if i < 0 {
		w.t.Fatalf("there is no role %s in %q", name, names(roles))
	}
	return roles[i]
}

func TestAStacksRoleHasAllThatTheTemplateSays(t *testing.T) {
	w := newWorld(t)
	c := w.in(aws.AccountGmail)
	w.makeStack(c, oneRole(wholeRole, ""))
	r := w.role("Reader")
	equal(t, "path", r.Path, "/okta/")
	equal(t, "description", r.Description, "Reads")
	equal(t, "boundary", r.Boundary, readOnlyPolicy)
	equal(t, "session", r.MaxSession, 2*time.Hour)
	equal(t, "policies", strings.Join(r.Policies, " "), billingPolicy)
	equal(t, "inline policies", len(r.Inline), 1)
	equal(t, "tag", r.Tags["team"], "x")
	id := r.Created

	w.updateStack(c, oneRole(`,"RoleName":"Reader","Path":"/okta/","Tags":[{"Key":"team","Value":"y"}]`, ""))
	equal(t, "status", status(t, c, "readers"), "UPDATE_COMPLETE")
	r = w.role("Reader")
	equal(t, "it is the same role", r.Created, id)
	equal(t, "description and boundary", r.Description+r.Boundary, "")
	equal(t, "session", r.MaxSession, time.Hour)
	equal(t, "policies", len(r.Policies)+len(r.Inline), 0)
	equal(t, "tag", r.Tags["team"], "y")

	w.updateStack(c, oneRole(`,"RoleName":"Reader","Path":"/okta/","PermissionsBoundary":"arn:aws:iam::aws:policy/Nonsense"`, ""))
	equal(t, "status with a boundary that is not there", status(t, c, "readers"), "UPDATE_ROLLBACK_COMPLETE")
	if err := w.Deny(aws.AccountGmail, "iam:PutRolePermissionsBoundary"); err != nil {
		t.Fatal(err)
	}
	w.updateStack(c, oneRole(wholeRole, ""))
	equal(t, "status where boundaries are denied", status(t, c, "readers"), "UPDATE_ROLLBACK_COMPLETE")
	equal(t, "tag as before", w.role("Reader").Tags["team"], "y")
}

func TestPropertiesOfTheWrongFormFailTheResource(t *testing.T) {
	for _, test := range []struct{ name, properties, property string }{
		{"a path that does not end", `,"Path":"/okta"`, "Path"},
		{"a description with snow", `,"Description":"☃"`, "Description"},
		{"policies without a document", `,"Policies":[{"PolicyName":"p"}]`, "Policies"},
		{"tags that are no list", `,"Tags":{"a":"b"}`, "Tags"},
		{"one policy", `,"ManagedPolicyArns":"` + billingPolicy + `"`, "ManagedPolicyArns"},
	} {
		t.Run(test.name, func(t *testing.T) {
			w := newWorld(t)
			c := w.in(aws.AccountGmail)
			w.makeStack(c, oneRole(test.properties, ""))
			equal(t, "status", status(t, c, "readers"), "ROLLBACK_COMPLETE")
			_, all := events(t, c, "readers")
			i := slices.IndexFunc(all, func(e types.StackEvent) bool { return e.ResourceStatus == types.ResourceStatusCreateFailed })
			if want := "#/" + test.property + ": has the wrong form"; !strings.Contains(*all[i].ResourceStatusReason, want) {
				t.Errorf("reason is %s, want %s in it", *all[i].ResourceStatusReason, want)
			}
		})
	}
}

func TestAnotherNameOrPathMakesAnotherRole(t *testing.T) {
	for _, test := range []struct {
		name, before, after, more string
		left                      bool // the first role stays
	}{
		{"another name", `,"RoleName":"Reader"`, `,"RoleName":"Listener"`, "", false},
		{"another path, without a name", ``, `,"Path":"/okta/"`, "", false},
		{"a name for one that had none", ``, `,"RoleName":"Listener"`, "", false},
		{"the first one retained", `,"RoleName":"Reader"`, `,"RoleName":"Listener"`, `"UpdateReplacePolicy":"Retain",`, true},
	} {
		t.Run(test.name, func(t *testing.T) {
			w := newWorld(t)
			c := w.in(aws.AccountGmail)
			w.makeStack(c, oneRole(test.before, test.more))
			first := w.Stacks(aws.AccountGmail)[0].Roles["Reader"]
			w.updateStack(c, oneRole(test.after, test.more))
			equal(t, "status", status(t, c, "readers"), "UPDATE_COMPLETE")
			second := w.Stacks(aws.AccountGmail)[0].Roles["Reader"]
			if first == second {
				t.Errorf("the role is %s as before", first)
			}
			equal(t, "stack of the second", w.role(second).Stack, "readers")
			equal(t, "the first one is there", slices.Contains(names(w.Roles(aws.AccountGmail)), first), test.left)
			if test.left {
				equal(t, "stack of the first", w.role(first).Stack, "")
			}
			lines, _ := events(t, c, "readers")
			end := "DELETE_COMPLETE"
			if test.left {
				end = "DELETE_SKIPPED"
			}
			same(t, "last events", lines[len(lines)-2:], []string{"Reader " + end, "readers UPDATE_COMPLETE"})
			must(c.stack.DeleteStack(ctx, &cloudformation.DeleteStackInput{StackName: str("readers")}))(t)
			w.clock.Advance(2 * stackTime)
			equal(t, "the second one is there after the stack", slices.Contains(names(w.Roles(aws.AccountGmail)), second), false)
		})
	}
}

func TestAReplacementThatFailsLeavesTheFirstRole(t *testing.T) {
	w := newWorld(t)
	c := w.in(aws.AccountGmail)
	two := func(first, second string) string {
		return `{"Resources":{"A":{"Type":"AWS::IAM::Role","Properties":{"RoleName":"` + first + `","AssumeRolePolicyDocument":` + ownTrust + `}},` +
			`"B":{"Type":"AWS::IAM::Role","DependsOn":"A","Properties":{"RoleName":"` + second + `","AssumeRolePolicyDocument":` + ownTrust + `}}}}`
	}
	w.makeStack(c, two("First", "Second"))
	if err := w.MakeRole(aws.AccountGmail, "Taken", ""); err != nil {
		t.Fatal(err)
	}
	w.updateStack(c, two("Another", "Taken"))
	equal(t, "status", status(t, c, "readers"), "UPDATE_ROLLBACK_COMPLETE")
	same(t, "roles", names(w.Roles(aws.AccountGmail)), []string{"First", aws.AccessRole, "Second", "Taken"})
	equal(t, "the stack's roles", w.Stacks(aws.AccountGmail)[0].Roles["A"]+w.Stacks(aws.AccountGmail)[0].Roles["B"], "FirstSecond")

	w.updateStack(c, strings.Replace(two("First", "Second"), `"RoleName":"First"`, `"RoleName":"First","Path":"/x/"`, 1))
	equal(t, "status with another path and the same name", status(t, c, "readers"), "UPDATE_ROLLBACK_COMPLETE")
	_, all := events(t, c, "readers")
	i := slices.IndexFunc(all, func(e types.StackEvent) bool {
		return e.ResourceStatusReason != nil && strings.HasPrefix(*e.ResourceStatusReason, "CloudFormation cannot update")
	})
	if i < 0 {
		t.Error("no event says that a custom-named resource cannot be replaced")
	}
}

func TestWhatIsRetainedOutlivesItsStack(t *testing.T) {
	for _, test := range []struct {
		policy string
		fails  bool // the stack's creation
		left   bool
	}{
		{"Delete", false, false},
		{"Retain", false, true},
		{"RetainExceptOnCreate", false, true},
		{"Delete", true, false},
		{"Retain", true, true},
		{"RetainExceptOnCreate", true, false},
	} {
		w := newWorld(t)
		c := w.in(aws.AccountGmail)
		body := oneRole(`,"RoleName":"Reader"`, `"DeletionPolicy":"`+test.policy+`",`)
		if test.fails {
			body = strings.TrimSuffix(body, "}}") + `,"Bad":{"Type":"AWS::IAM::Role","DependsOn":"Reader","Properties":{"Colour":"red"}}}}`
		}
		w.makeStack(c, body)
		must(c.stack.DeleteStack(ctx, &cloudformation.DeleteStackInput{StackName: str("readers")}))(t)
		w.clock.Advance(3 * stackTime)
		equal(t, "stacks", len(w.Stacks(aws.AccountGmail)), 0)
		equal(t, "the role with "+test.policy+" is there", slices.Contains(names(w.Roles(aws.AccountGmail)), "Reader"), test.left)
		if test.left {
			equal(t, "its stack", w.role("Reader").Stack, "")
			must(c.iam.DeleteRole(ctx, &iam.DeleteRoleInput{RoleName: str("Reader")}))(t)
		}
	}
}
