package aws_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"
	"github.com/aws/aws-sdk-go-v2/service/iam"

	"github.com/oktaws/oktaws/internal/sandbox/aws"
)

func TestWhatIsNotThereCannotBeChangedByHand(t *testing.T) {
	const in, nothing = aws.AccountGmail, "Nothing"
	for what, change := range map[string]func(s *aws.Server, in string) error{
		"trust":           func(s *aws.Server, in string) error { return s.SetTrust(in, nothing, ownTrust) },
		"attach":          func(s *aws.Server, in string) error { return s.AttachPolicy(in, nothing, readOnlyPolicy) },
		"detach":          func(s *aws.Server, in string) error { return s.DetachPolicy(in, nothing, readOnlyPolicy) },
		"session":         func(s *aws.Server, in string) error { return s.SetSession(in, nothing, time.Hour) },
		"role":            func(s *aws.Server, in string) error { return s.DeleteRole(in, nothing) },
		"provider":        func(s *aws.Server, in string) error { return s.DeleteProvider(in, nothing) },
		"metadata":        func(s *aws.Server, in string) error { return s.SetMetadata(in, nothing, "") },
		"provider's tags": func(s *aws.Server, in string) error { return s.SetProviderTags(in, nothing, nil) },
		"user":            func(s *aws.Server, in string) error { return s.DeleteUser(in, nothing) },
		"user's tags":     func(s *aws.Server, in string) error { return s.SetUserTags(in, nothing, nil) },
		"user's policy":   func(s *aws.Server, in string) error { return s.SetUserPolicy(in, nothing, "p", readBuckets) },
		"policy's end":    func(s *aws.Server, in string) error { return s.DeleteUserPolicy(in, nothing, "p") },
		"key": func(s *aws.Server, in string) error {
			_, _, err := s.MakeKey(in, nothing)
			return err
		},
		"key's state":  func(s *aws.Server, in string) error { return s.SetKeyActive(in, nothing, "AKIA", true) },
		"key's use":    func(s *aws.Server, in string) error { return s.UseKey(in, nothing, "AKIA", "iam") },
		"key's end":    func(s *aws.Server, in string) error { return s.DeleteKey(in, nothing, "AKIA") },
		"stack":        func(s *aws.Server, in string) error { return s.DeleteStack(in, nothing) },
		"stack's tags": func(s *aws.Server, in string) error { return s.SetStackTags(in, nothing, nil) },
		"status":       func(s *aws.Server, in string) error { return s.SetStackStatus(in, nothing, "CREATE_COMPLETE") },
	} {
		t.Run(what, func(t *testing.T) {
			w := newWorld(t)
			for _, account := range []string{in, "121212121212"} {
				if err := change(w.Server, account); err == nil {
					t.Errorf("something was changed in %s that is not there", account)
				}
			}
		})
	}
	if err := newWorld(t).Allow("121212121212"); err == nil {
		t.Error("an account was allowed something that is not there")
	}
}

func TestARoleIsTamperedWith(t *testing.T) {
	w := newWorld(t)
	const in = aws.AccountGmail
	if err := w.MakeRole(in, "Reader", "", readOnlyPolicy); err != nil {
		t.Fatal(err)
	}
	for _, err := range []error{
		w.SetTrust(in, "reader", ownTrust), w.AttachPolicy(in, "Reader", billingPolicy), w.DetachPolicy(in, "Reader", readOnlyPolicy),
		w.SetSession(in, "Reader", 12*time.Hour),
	} {
		if err != nil {
			t.Error(err)
		}
	}
	r := w.role("Reader")
	equal(t, "the role", fmt.Sprint(r.Trust == ownTrust, r.Policies, r.MaxSession), "true ["+billingPolicy+"] 12h0m0s")
	for what, err := range map[string]error{
		"a trust policy that is none":   w.SetTrust(in, "Reader", "{"),
		"a policy that is not there":    w.AttachPolicy(in, "Reader", "arn:aws:iam::aws:policy/Nonsense"),
		"a policy that is not attached": w.DetachPolicy(in, "Reader", readOnlyPolicy),
		"a session of a minute":         w.SetSession(in, "Reader", time.Minute),
	} {
		if err == nil {
			t.Errorf("%s was taken", what)
		}
	}
	if err := w.DeleteRole(in, "Reader"); err != nil {
		t.Fatal(err)
	}
	same(t, "roles", names(w.Roles(in)), []string{aws.AccessRole})
	if err := w.MakeRole(in, "Half", "", "arn:aws:iam::aws:policy/Nonsense"); err == nil || len(w.Roles(in)) > 1 {
		t.Errorf("a role with a policy that is not there: %v, roles %q", err, names(w.Roles(in)))
	}
}

func TestAProviderIsTamperedWith(t *testing.T) {
	w := newWorld(t)
	const in = aws.AccountGmail
	if err := w.MakeProvider(in, "Okta", "", map[string]string{"managed-by": "oktaws"}); err != nil {
		t.Fatal(err)
	}
	before := w.Providers(in)[0]
	for _, err := range []error{w.SetMetadata(in, "Okta", ""), w.SetProviderTags(in, "Okta", nil)} {
		if err != nil {
			t.Error(err)
		}
	}
	after := w.Providers(in)[0]
	equal(t, "other metadata, no tags", fmt.Sprint(after.Metadata != before.Metadata, len(after.Tags)), "true 0")
	if err := w.SetMetadata(in, "Okta", "<none/>"); err == nil {
		t.Error("metadata were taken that are none")
	}
	if err := w.DeleteProvider(in, "Okta"); err != nil || len(w.Providers(in)) > 0 {
		t.Errorf("providers after a deletion: %v %v", w.Providers(in), err)
	}
}

func TestAUserIsTamperedWith(t *testing.T) {
	w := newWorld(t)
	const in, name = aws.AccountRestricted, "OktaSSOuser"
	if err := w.MakeUser(in, name, map[string]string{"managed-by": "oktaws"}); err != nil {
		t.Fatal(err)
	}
	id, secret, err := w.MakeKey(in, name)
	if err != nil {
		t.Fatal(err)
	}
	key := w.with(credentials.NewStaticCredentialsProvider(id, secret, ""))
	must(key.sts.GetCallerIdentity(ctx, nil))(t)
	equal(t, "the key", fmt.Sprint(w.AccessKeys(in, name)[0].LastService, w.AccessKeys(in, name)[0].Active), "ststrue")
	second, _, err := w.MakeKey(in, name)
	if err != nil {
		t.Fatal(err)
	}
	equal(t, "never used", w.AccessKeys(in, name)[1].LastUsed.IsZero(), true)
	if _, _, err := w.MakeKey(in, name); err == nil {
		t.Error("a third key was made")
	}
	w.clock.Advance(time.Hour)
	for _, err := range []error{
		w.UseKey(in, name, second, "iam"), w.SetKeyActive(in, name, id, false), w.SetUserTags(in, name, map[string]string{"a": "b"}),
		w.SetUserPolicy(in, name, "list", readBuckets),
	} {
		if err != nil {
			t.Error(err)
		}
	}
	used := w.AccessKeys(in, name)[1]
	equal(t, "last use", fmt.Sprint(used.LastService, used.LastUsed), fmt.Sprint("iam", w.clock.Now().UTC()))
	_, err = key.sts.GetCallerIdentity(ctx, nil)
	refused(t, err, 403, "InvalidClientTokenId", "")
	u := w.Users(in)[0]
	equal(t, "tags and policy", fmt.Sprint(u.Tags, u.Policies["list"] == readBuckets), "map[a:b] true")
	for what, err := range map[string]error{
		"a policy that is none":      w.SetUserPolicy(in, name, "list", "{"),
		"a policy without a name":    w.SetUserPolicy(in, name, "", readBuckets),
		"a policy that is not there": w.DeleteUserPolicy(in, name, "other"),
		"a key that is not there":    w.DeleteKey(in, name, "AKIA"),
	} {
		if err == nil {
			t.Errorf("%s was taken", what)
		}
	}
	if err := w.DeleteUserPolicy(in, name, "list"); err != nil || len(w.Users(in)[0].Policies) > 0 {
		t.Errorf("a policy is left: %v", err)
	}
	if err := w.DeleteKey(in, name, id); err != nil || len(w.AccessKeys(in, name)) != 1 {
		t.Errorf("keys left: %v %v", w.AccessKeys(in, name), err)
	}
	if err := w.DeleteUser(in, name); err != nil || len(w.Users(in)) > 0 {
		t.Errorf("users left: %v %v", w.Users(in), err)
	}
	if _, err := w.RolesFor(ctx, second, "x"); err == nil || !strings.Contains(err.Error(), "InvalidClientTokenId") {
		t.Errorf("a key outlives its user: %v", err)
	}
}

func TestWhatWasDeniedIsAllowedAgain(t *testing.T) {
	w := newWorld(t)
	c := w.in(aws.AccountRestricted).iam
	_, err := c.CreateUser(ctx, &iam.CreateUserInput{UserName: str("u")})
	refused(t, err, 403, "AccessDenied", "")
	if err := w.Allow(aws.AccountRestricted); err != nil {
		t.Fatal(err)
	}
	must(c.CreateUser(ctx, &iam.CreateUserInput{UserName: str("u")}))(t)
}

func TestAStackIsMadeAndTamperedWithByHand(t *testing.T) {
	w, c := gmail(t)
	const in, name = aws.AccountGmail, "oktaws-roles"
	parameters := map[string]string{"ProviderArn": providerARN, "Offer": "yes"}
	for _, test := range []struct {
		what       string
		name, body string
		given      map[string]string
	}{
		{"no template", name, "{", parameters},
		{"no parameter", name, template, nil},
		{"no name", "9", template, parameters},
		{"a provider that is not there", name, template, map[string]string{"ProviderArn": strings.Replace(providerARN, "Okta", "Other", 1)}},
	} {
		if err := w.MakeStack(in, test.name, test.body, test.given, nil); err == nil || len(w.Stacks(in))+len(w.Roles(in)) != 1 {
			t.Errorf("a stack with %s: %v, and %d stacks and %q", test.what, err, len(w.Stacks(in)), names(w.Roles(in)))
		}
	}
	if err := w.MakeStack(in, name, template, parameters, map[string]string{"team": "x"}); err != nil {
		t.Fatal(err)
	}
	if err := w.MakeStack(in, name, template, parameters, nil); err == nil {
		t.Error("a second stack of the name was made")
	}
	st := w.Stacks(in)[0]
	equal(t, "the stack", fmt.Sprint(st.Status, st.Region, st.Roles, st.Parameters["Offer"], st.Tags), "CREATE_COMPLETEus-east-1map[Administrator:Administrator ReadOnlyAccess:ReadOnlyAccess Support:Support]yesmap[team:x]")
	equal(t, "tag of its role", w.role("Support").Tags["team"], "x")
	at := func(o *cloudformation.Options) { o.Region = "us-east-1" }
	seen := must(c.stack.DescribeStacks(ctx, &cloudformation.DescribeStacksInput{StackName: str(name)}, at))(t).Stacks[0]
	equal(t, "output", *seen.Outputs[0].OutputKey, "Roles")
	must(c.stack.UpdateStack(ctx, &cloudformation.UpdateStackInput{
		StackName: str(name), UsePreviousTemplate: new(true), Parameters: []types.Parameter{param("ProviderArn", providerARN)},
		Capabilities: []types.Capability{types.CapabilityCapabilityNamedIam},
	}, at))(t)
	w.clock.Advance(stackTime / 2)
	if err := w.SetStackStatus(in, name, "REVIEW_IN_PROGRESS"); err != nil {
		t.Fatal(err)
	}
	w.clock.Advance(5 * stackTime)
	equal(t, "status, whatever was under way", w.Stacks(in)[0].Status, "REVIEW_IN_PROGRESS")
	for _, status := range []string{"DELETE_COMPLETE", "HAPPY"} {
		if err := w.SetStackStatus(in, name, status); err == nil {
			t.Errorf("the status %s was taken", status)
		}
	}
	if err := w.SetStackTags(in, name, nil); err != nil || len(w.Stacks(in)[0].Tags) > 0 {
		t.Errorf("tags are left: %v", err)
	}
	if err := w.AttachPolicy(in, "Administrator", readOnlyPolicy); err != nil {
		t.Fatal(err)
	}
	if err := w.DeleteStack(in, name); err != nil {
		t.Fatal(err)
	}
	equal(t, "stacks and roles left", fmt.Sprint(len(w.Stacks(in)), names(w.Roles(in))), "0 ["+aws.AccessRole+"]")
	if i := slices.IndexFunc(w.StackEvents(in, st.ID), func(e aws.StackEvent) bool { return e.Status == "DELETE_COMPLETE" }); i != 0 {
		t.Errorf("the last event is number %d", i)
	}
}
