package aws_test

import (
	"errors"
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"

	"github.com/oktaws/oktaws/internal/sandbox/aws"
)

const providerARN = "arn:aws:iam::111122223333:saml-provider/Okta"

func trustProvider(arn string) string {
	return `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Federated":"` + arn + `"},"Action":"sts:AssumeRoleWithSAML","Condition":{"StringEquals":{"SAML:aud":"https://signin.aws.amazon.com/saml"}}}]}`
}

// metadata is what somebody's provider holds that was made by hand: it is valid.
func (w *world) metadata() string { return w.Providers(aws.AccountTakenSAML)[0].Metadata }

func TestSAMLProvidersTakeMetadataOnly(t *testing.T) {
	w := newWorld(t)
	c := w.in(aws.AccountGmail).iam
	good := w.metadata()
	for _, test := range []struct{ name, metadata, code string }{
		{"too short", "<EntityDescriptor/>", "ValidationError"},
		{"no XML", strings.Repeat("x", 1000), "InvalidInput"},
		{"another document", "<html>" + strings.Repeat("x", 1000) + "</html>", "InvalidInput"},
		{"a certificate that is none", strings.Replace(good, "X509Certificate>MI", "X509Certificate>AA", 1), "InvalidInput"},
		{"no certificate", good[:strings.Index(good, "<md:KeyDescriptor")] + good[strings.Index(good, "<md:NameIDFormat"):] + strings.Repeat(" ", 1000), "InvalidInput"},
		{"no entity ID", strings.Replace(good, "entityID", "entityName", 1), "InvalidInput"},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, err := c.CreateSAMLProvider(ctx, &iam.CreateSAMLProviderInput{Name: str("Okta"), SAMLMetadataDocument: &test.metadata})
			refused(t, err, 400, test.code, "")
		})
	}
	_, err := c.CreateSAMLProvider(ctx, &iam.CreateSAMLProviderInput{Name: str("O k t a"), SAMLMetadataDocument: &good})
	refused(t, err, 400, "ValidationError", "")

	tags := []types.Tag{{Key: str("managed-by"), Value: str("oktaws")}}
	out := must(c.CreateSAMLProvider(ctx, &iam.CreateSAMLProviderInput{Name: str("Okta"), SAMLMetadataDocument: &good, Tags: tags}))(t)
	equal(t, "ARN", *out.SAMLProviderArn, providerARN)
	_, err = c.CreateSAMLProvider(ctx, &iam.CreateSAMLProviderInput{Name: str("Okta"), SAMLMetadataDocument: &good})
	refused(t, err, 409, "EntityAlreadyExists", "")
	var taken *types.EntityAlreadyExistsException
	if !errors.As(err, &taken) {
		t.Errorf("the SDK doesn't know the error: %v", err)
	}
	got := must(c.GetSAMLProvider(ctx, &iam.GetSAMLProviderInput{SAMLProviderArn: out.SAMLProviderArn}))(t)
	equal(t, "metadata", *got.SAMLMetadataDocument, good)
	equal(t, "tag", *got.Tags[0].Value, "oktaws")
	equal(t, "created", *got.CreateDate, w.clock.Now().UTC())

	rotated := strings.Replace(good, "exkmadebyhand", "exkrotated", 1)
	must(c.UpdateSAMLProvider(ctx, &iam.UpdateSAMLProviderInput{SAMLProviderArn: out.SAMLProviderArn, SAMLMetadataDocument: &rotated}))(t)
	must(c.TagSAMLProvider(ctx, &iam.TagSAMLProviderInput{SAMLProviderArn: out.SAMLProviderArn, Tags: []types.Tag{{Key: str("oktaws-request"), Value: str("r-1")}}}))(t)
	equal(t, "providers listed", len(must(c.ListSAMLProviders(ctx, nil))(t).SAMLProviderList), 1)
	seen := w.Providers(aws.AccountGmail)[0]
	equal(t, "entity ID", seen.EntityID, "http://www.okta.com/exkrotated")
	equal(t, "tags", len(seen.Tags), 2)

	must(c.DeleteSAMLProvider(ctx, &iam.DeleteSAMLProviderInput{SAMLProviderArn: out.SAMLProviderArn}))(t)
	_, err = c.GetSAMLProvider(ctx, &iam.GetSAMLProviderInput{SAMLProviderArn: out.SAMLProviderArn})
	refused(t, err, 404, "NoSuchEntity", "")
	for i := range 100 {
		if err := w.MakeProvider(aws.AccountGmail, fmt.Sprintf("p%d", i), good, nil); err != nil {
			t.Fatal(err)
		}
	}
	_, err = c.CreateSAMLProvider(ctx, &iam.CreateSAMLProviderInput{Name: str("Okta"), SAMLMetadataDocument: &good})
	refused(t, err, 409, "LimitExceeded", "")
}

func TestARoleCannotTrustAProviderMadeAMomentAgo(t *testing.T) {
	w := newWorld(t)
	c := w.in(aws.AccountGmail).iam
	create := func() error {
		_, err := c.CreateRole(ctx, &iam.CreateRoleInput{RoleName: str("ReadOnly"), AssumeRolePolicyDocument: str(trustProvider(providerARN))})
		return err
	}
	const message = `Invalid principal in policy: "FEDERATED":"` + providerARN + `"`
	refused(t, create(), 400, "MalformedPolicyDocument", message)
	good := w.metadata()
	must(c.CreateSAMLProvider(ctx, &iam.CreateSAMLProviderInput{Name: str("Okta"), SAMLMetadataDocument: &good}))(t)
	refused(t, create(), 400, "MalformedPolicyDocument", message)
	w.clock.Advance(providerDelay)
	if err := create(); err != nil {
		t.Error(err)
	}
}

func TestRolesKeepTheirRules(t *testing.T) {
	w := newWorld(t)
	c := w.in(aws.AccountGmail).iam
	own := `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":{"AWS":"111122223333"},"Action":"sts:AssumeRole"}}`
	for _, test := range []struct{ name, trust, code string }{
		{"no JSON", "{", "MalformedPolicyDocument"},
		{"an unknown element", strings.Replace(own, `"Action"`, `"Foo":"x","Action"`, 1), "MalformedPolicyDocument"},
		{"a resource", strings.Replace(own, `"Action"`, `"Resource":"*","Action"`, 1), "MalformedPolicyDocument"},
		{"no principal", strings.Replace(own, `"Principal":{"AWS":"111122223333"},`, "", 1), "MalformedPolicyDocument"},
		{"an unknown account", strings.Replace(own, `111122223333`, "121212121212", 1), "MalformedPolicyDocument"},
		{"another service's action", strings.Replace(own, "sts:AssumeRole", "iam:GetRole", 1), "MalformedPolicyDocument"},
		{"an unknown condition", strings.Replace(own, `"Action"`, `"Condition":{"Like":{"a:b":"c"}},"Action"`, 1), "MalformedPolicyDocument"},
		{"too long", strings.Replace(own, `"Action"`, `"Sid":"`+strings.Repeat("x", 2048)+`","Action"`, 1), "LimitExceeded"},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, err := c.CreateRole(ctx, &iam.CreateRoleInput{RoleName: str("Role"), AssumeRolePolicyDocument: &test.trust})
			status := 400
			if test.code == "LimitExceeded" {
				status = 409
			}
			refused(t, err, status, test.code, "")
		})
	}
	out := must(c.CreateRole(ctx, &iam.CreateRoleInput{RoleName: str("Administrator"), AssumeRolePolicyDocument: &own, Tags: []types.Tag{{Key: str("a"), Value: str("b")}}}))(t)
	plain, err := url.QueryUnescape(*out.Role.AssumeRolePolicyDocument)
	if err != nil || plain != own || *out.Role.AssumeRolePolicyDocument == own {
		t.Errorf("trust policy is %s (%v), want it URL-encoded", *out.Role.AssumeRolePolicyDocument, err)
	}
	_, err = c.CreateRole(ctx, &iam.CreateRoleInput{RoleName: str("ADMINISTRATOR"), AssumeRolePolicyDocument: &own})
	refused(t, err, 409, "EntityAlreadyExists", "Role with name ADMINISTRATOR already exists.")
	_, err = c.AttachRolePolicy(ctx, &iam.AttachRolePolicyInput{RoleName: str("Administrator"), PolicyArn: str("arn:aws:iam::aws:policy/Nonsense")})
	refused(t, err, 404, "NoSuchEntity", "Policy arn:aws:iam::aws:policy/Nonsense does not exist or is not attachable.")
	admin := str("arn:aws:iam::aws:policy/AdministratorAccess")
	must(c.AttachRolePolicy(ctx, &iam.AttachRolePolicyInput{RoleName: str("Administrator"), PolicyArn: admin}))(t)
	attached := must(c.ListAttachedRolePolicies(ctx, &iam.ListAttachedRolePoliciesInput{RoleName: str("Administrator")}))(t)
	equal(t, "attached", *attached.AttachedPolicies[0].PolicyName, "AdministratorAccess")
	equal(t, "tags", len(must(c.ListRoleTags(ctx, &iam.ListRoleTagsInput{RoleName: str("Administrator")}))(t).Tags), 1)
	_, err = c.DeleteRole(ctx, &iam.DeleteRoleInput{RoleName: str("Administrator")})
	refused(t, err, 409, "DeleteConflict", "Cannot delete entity, must detach all policies first.")
	must(c.DetachRolePolicy(ctx, &iam.DetachRolePolicyInput{RoleName: str("Administrator"), PolicyArn: admin}))(t)
	must(c.PutRolePolicy(ctx, &iam.PutRolePolicyInput{RoleName: str("Administrator"), PolicyName: str("p"), PolicyDocument: str(`{"Statement":{"Effect":"Allow","Action":"s3:*","Resource":"*"}}`)}))(t)
	_, err = c.DeleteRole(ctx, &iam.DeleteRoleInput{RoleName: str("Administrator")})
	refused(t, err, 409, "DeleteConflict", "Cannot delete entity, must delete policies first.")
	must(c.DeleteRolePolicy(ctx, &iam.DeleteRolePolicyInput{RoleName: str("Administrator"), PolicyName: str("p")}))(t)
	must(c.DeleteRole(ctx, &iam.DeleteRoleInput{RoleName: str("administrator")}))(t)
	_, err = c.GetRole(ctx, &iam.GetRoleInput{RoleName: str("Administrator")})
	refused(t, err, 404, "NoSuchEntity", "The role with name Administrator cannot be found.")
}

func TestListingsArePaged(t *testing.T) {
	w := newWorld(t)
	for i := range 24 {
		if err := w.MakeRole(aws.AccountGmail, fmt.Sprintf("Role%02d", i), "", "arn:aws:iam::aws:policy/ReadOnlyAccess"); err != nil {
			t.Fatal(err)
		}
	}
	c := w.in(aws.AccountGmail).iam
	names, pages := 0, 0
	for p := iam.NewListRolesPaginator(c, &iam.ListRolesInput{}); p.HasMorePages(); pages++ {
		names += len(must(p.NextPage(ctx))(t).Roles)
	}
	equal(t, "roles", names, 25)
	equal(t, "pages", pages, 3)
	out := must(c.ListRoles(ctx, &iam.ListRolesInput{MaxItems: sdk.Int32(25)}))(t)
	if len(out.Roles) != 25 || out.IsTruncated || out.Marker != nil {
		t.Errorf("MaxItems 25 gives %d roles, truncated %v", len(out.Roles), out.IsTruncated)
	}
	_, err := c.ListRoles(ctx, &iam.ListRolesInput{Marker: str("nonsense")})
	refused(t, err, 400, "ValidationError", "")
}

func TestAnOktaKeyMayDoWhatItsPolicySays(t *testing.T) {
	w := newWorld(t)
	admin := w.in(aws.AccountGmail).iam
	user := str("OktaSSOuser")
	must(admin.CreateAccountAlias(ctx, &iam.CreateAccountAliasInput{AccountAlias: str("gmail-prod")}))(t)
	must(admin.CreateUser(ctx, &iam.CreateUserInput{UserName: user, Path: str("/oktaws/"), Tags: []types.Tag{{Key: str("managed-by"), Value: str("oktaws")}}}))(t)
	_, err := admin.CreateUser(ctx, &iam.CreateUserInput{UserName: str("oktassoUSER")})
	refused(t, err, 409, "EntityAlreadyExists", "User with name oktassoUSER already exists.")
	out := must(admin.CreateAccessKey(ctx, &iam.CreateAccessKeyInput{UserName: user}))(t)
	id, secret := *out.AccessKey.AccessKeyId, *out.AccessKey.SecretAccessKey
	okta := w.with(credentials.NewStaticCredentialsProvider(id, secret, ""))

	_, err = okta.sts.GetCallerIdentity(ctx, nil)
	refused(t, err, 403, "InvalidClientTokenId", "The security token included in the request is invalid.")
	_, err = w.RolesFor(ctx, id, secret)
	if e := new(aws.Error); !errors.As(err, &e) || e.Code != "InvalidClientTokenId" {
		t.Errorf("a new key gives %v", err)
	}
	last := must(admin.GetAccessKeyLastUsed(ctx, &iam.GetAccessKeyLastUsedInput{AccessKeyId: &id}))(t)
	if *last.AccessKeyLastUsed.ServiceName != "N/A" || last.AccessKeyLastUsed.LastUsedDate != nil {
		t.Errorf("a key never used was last used %v", last.AccessKeyLastUsed)
	}

	w.clock.Advance(8 * time.Second)
	who := must(okta.sts.GetCallerIdentity(ctx, nil))(t)
	equal(t, "who", *who.Arn, "arn:aws:iam::111122223333:user/oktaws/OktaSSOuser")
	_, err = w.RolesFor(ctx, id, secret)
	if e := new(aws.Error); !errors.As(err, &e) || e.Code != "AccessDenied" {
		t.Errorf("a key without a policy gives %v", err)
	}
	policy := `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["iam:ListRoles","iam:ListAccountAliases"],"Resource":"*"}]}`
	must(admin.PutUserPolicy(ctx, &iam.PutUserPolicyInput{UserName: user, PolicyName: str("oktaws"), PolicyDocument: &policy}))(t)
	got := must(admin.GetUserPolicy(ctx, &iam.GetUserPolicyInput{UserName: user, PolicyName: str("oktaws")}))(t)
	if plain, _ := url.QueryUnescape(*got.PolicyDocument); plain != policy {
		t.Errorf("policy is %s", *got.PolicyDocument)
	}
	if err := w.MakeProvider(aws.AccountGmail, "Okta", "", nil); err != nil {
		t.Fatal(err)
	}
	must(admin.CreateRole(ctx, &iam.CreateRoleInput{RoleName: str("Administrator"), AssumeRolePolicyDocument: str(trustProvider(providerARN))}))(t)
	roles := must(w.RolesFor(ctx, id, secret))(t)
	equal(t, "roles", len(roles), 2)
	equal(t, "role that trusts the provider", roles[0].Name+" "+strings.Join(roles[0].TrustedProviders, ","), "Administrator "+providerARN)
	equal(t, "providers that the access role trusts", len(roles[1].TrustedProviders), 0)
	equal(t, "aliases", must(okta.iam.ListAccountAliases(ctx, nil))(t).AccountAliases[0], "gmail-prod")
	_, err = okta.iam.ListUsers(ctx, nil)
	refused(t, err, 403, "AccessDenied", "User: arn:aws:iam::111122223333:user/oktaws/OktaSSOuser is not authorized to perform: iam:ListUsers on resource: arn:aws:iam::111122223333:user/ because no identity-based policy allows the iam:ListUsers action")
	_, err = w.RolesFor(ctx, id, "wrong")
	if e := new(aws.Error); !errors.As(err, &e) || e.Code != "SignatureDoesNotMatch" {
		t.Errorf("a wrong secret gives %v", err)
	}
	last = must(admin.GetAccessKeyLastUsed(ctx, &iam.GetAccessKeyLastUsedInput{AccessKeyId: &id}))(t)
	equal(t, "last used by", *last.AccessKeyLastUsed.ServiceName, "iam")
	equal(t, "last used at", *last.AccessKeyLastUsed.LastUsedDate, w.clock.Now().UTC())
	equal(t, "the reader's view", w.AccessKeys(aws.AccountGmail, "OktaSSOuser")[0].LastService, "iam")
	equal(t, "the user's path", w.Users(aws.AccountGmail)[0].Path, "/oktaws/")

	must(admin.CreateAccessKey(ctx, &iam.CreateAccessKeyInput{UserName: user}))(t)
	_, err = admin.CreateAccessKey(ctx, &iam.CreateAccessKeyInput{UserName: user})
	refused(t, err, 409, "LimitExceeded", "Cannot exceed quota for AccessKeysPerUser: 2")
	_, err = admin.DeleteUser(ctx, &iam.DeleteUserInput{UserName: user})
	refused(t, err, 409, "DeleteConflict", "Cannot delete entity, must delete access keys first.")
	must(admin.UpdateAccessKey(ctx, &iam.UpdateAccessKeyInput{UserName: user, AccessKeyId: &id, Status: types.StatusTypeInactive}))(t)
	_, err = okta.sts.GetCallerIdentity(ctx, nil)
	refused(t, err, 403, "InvalidClientTokenId", "")
	for _, k := range must(admin.ListAccessKeys(ctx, &iam.ListAccessKeysInput{UserName: user}))(t).AccessKeyMetadata {
		must(admin.DeleteAccessKey(ctx, &iam.DeleteAccessKeyInput{UserName: user, AccessKeyId: k.AccessKeyId}))(t)
	}
	_, err = admin.DeleteUser(ctx, &iam.DeleteUserInput{UserName: user})
	refused(t, err, 409, "DeleteConflict", "Cannot delete entity, must delete policies first.")
	equal(t, "policies", must(admin.ListUserPolicies(ctx, &iam.ListUserPoliciesInput{UserName: user}))(t).PolicyNames[0], "oktaws")
	must(admin.DeleteUserPolicy(ctx, &iam.DeleteUserPolicyInput{UserName: user, PolicyName: str("oktaws")}))(t)
	must(admin.DeleteUser(ctx, &iam.DeleteUserInput{UserName: user}))(t)
	_, err = admin.GetUser(ctx, &iam.GetUserInput{UserName: user})
	refused(t, err, 404, "NoSuchEntity", "The user with name OktaSSOuser cannot be found.")

	found := 0
	for _, s := range w.Secrets() {
		if s == secret {
			found++
		}
	}
	equal(t, "the secret among those issued", found, 1)
}

func TestTagsKeepTheirRules(t *testing.T) {
	w := newWorld(t)
	c := w.in(aws.AccountGmail).iam
	tag := func(k, v string) types.Tag { return types.Tag{Key: &k, Value: &v} }
	for _, test := range []struct {
		name string
		tags []types.Tag
		code string
	}{
		{"AWS's own prefix", []types.Tag{tag("aws:x", "y")}, "InvalidInput"},
		{"twice, but for case", []types.Tag{tag("Team", "a"), tag("team", "b")}, "InvalidInput"},
		{"a key with a bracket", []types.Tag{tag("[", "a")}, "ValidationError"},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, err := c.CreateUser(ctx, &iam.CreateUserInput{UserName: str("u"), Tags: test.tags})
			refused(t, err, 400, test.code, "")
		})
	}
	must(c.CreateUser(ctx, &iam.CreateUserInput{UserName: str("u"), Tags: []types.Tag{tag("a", "1")}}))(t)
	must(c.TagUser(ctx, &iam.TagUserInput{UserName: str("u"), Tags: []types.Tag{tag("a", "2"), tag("b", "")}}))(t)
	got := must(c.ListUserTags(ctx, &iam.ListUserTagsInput{UserName: str("u")}))(t).Tags
	equal(t, "tags", fmt.Sprintf("%d %s %s", len(got), *got[0].Value, *got[1].Key), "2 2 b")
}
