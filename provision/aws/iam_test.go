package aws

import (
	"maps"
	"net/url"
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/oktaws/oktaws/provision"
	"github.com/oktaws/oktaws/store"
)

const (
	providerARN = "arn:aws:iam::111122223333:saml-provider/Okta"
	policy      = `{"Version":"2012-10-17","Statement":[{"Resource":"arn:aws:iam::*:role/a+b c%"}]}`
)

var (
	noSuch = always(refusal(404, "NoSuchEntity", "cannot be found"))
	ours   = map[string]string{provision.TagManaged: provision.TagManagedValue, provision.TagRequest: "r-1"}
)

func TestWhatIsNotThereIsNil(t *testing.T) {
	a := newAmazon(t)
	for _, action := range []string{"GetSAMLProvider", "GetRole", "GetUser", "ListAccessKeys"} {
		a.on(action, noSuch)
	}
	account := reached(t)
	provider, err1 := account.Provider(t.Context(), providerARN)
	role, err2 := account.Role(t.Context(), "Administrator")
	user, err3 := account.User(t.Context(), "OktaSSOuser")
	keys, err4 := account.AccessKeys(t.Context(), "OktaSSOuser")
	if provider != nil || role != nil || user != nil || keys != nil || err1 != nil || err2 != nil || err3 != nil || err4 != nil {
		t.Errorf("found %v, %v, %v, %v; errors %v, %v, %v, %v", provider, role, user, keys, err1, err2, err3, err4)
	}
}

func TestAliasIsEmptyWhereItMayNotBeRead(t *testing.T) {
	newAmazon(t).on("ListAccountAliases", always(refusal(403, "AccessDenied", "not authorized to perform: iam:ListAccountAliases")))
	id, err := reached(t).Identity(t.Context())
	if err != nil || id.Alias != "" || id.Account != theAccount {
		t.Errorf("identity is %+v, %v", id, err)
	}

	newAmazon(t).on("ListAccountAliases", always(refusal(500, "ServiceFailure", "oh")))
	_, err = reached(t).Identity(t.Context())
	expect(t, err, store.Transient, "read the account's alias in account 111122223333", "")
}

func TestIdentityThatIsNone(t *testing.T) {
	newAmazon(t).on("GetCallerIdentity", always(answer("GetCallerIdentity", "<Arn>nonsense</Arn>")))
	_, err := reached(t).Identity(t.Context())
	expect(t, err, store.Transient, "AWS's answer can't be read", "")
}

func TestProvider(t *testing.T) {
	a := newAmazon(t).
		on("GetSAMLProvider", always(answer("GetSAMLProvider", "<SAMLMetadataDocument>&lt;md&gt;Ü&lt;/md&gt;</SAMLMetadataDocument><CreateDate>2026-01-02T03:04:05Z</CreateDate>"+
			tagMembers(provision.TagManaged, provision.TagManagedValue, provision.TagRequest, "r-1")))).
		on("CreateSAMLProvider", always(answer("CreateSAMLProvider", "<SAMLProviderArn>"+providerARN+"</SAMLProviderArn>"))).
		on("UpdateSAMLProvider", always(answer("UpdateSAMLProvider", "<SAMLProviderArn>"+providerARN+"</SAMLProviderArn>")))
	account := reached(t)
	got, err := account.Provider(t.Context(), providerARN)
	want := &provision.Provider{ARN: providerARN, Metadata: "<md>Ü</md>", Tags: ours, Created: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)}
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("the provider is %+v, %v", got, err)
	}
	if err := account.CreateProvider(t.Context(), "Okta", "<md/>", ours); err != nil {
		t.Fatal(err)
	}
	sent := a.the("CreateSAMLProvider").form
	if sent.Get("Name") != "Okta" || sent.Get("SAMLMetadataDocument") != "<md/>" || !maps.Equal(sentTags(sent, "Tags.member."), ours) {
		t.Errorf("sent %v", sent)
	}
	if err := account.UpdateProvider(t.Context(), providerARN, "<md2/>"); err != nil {
		t.Fatal(err)
	}
	if sent := a.the("UpdateSAMLProvider").form; sent.Get("SAMLProviderArn") != providerARN || sent.Get("SAMLMetadataDocument") != "<md2/>" {
		t.Errorf("sent %v", sent)
	}
}

func TestRole(t *testing.T) {
	newAmazon(t).
		on("GetRole", always(answer("GetRole", "<Role><RoleName>Administrator</RoleName><Arn>arn:aws:iam::111122223333:role/Administrator</Arn><MaxSessionDuration>43200</MaxSessionDuration><AssumeRolePolicyDocument>"+
			encoded(policy)+"</AssumeRolePolicyDocument></Role>"))).
		on("ListAttachedRolePolicies", func(c call, _ int) reply {
			if c.form.Get("Marker") == "" {
				return answer("ListAttachedRolePolicies", "<AttachedPolicies><member><PolicyArn>arn:a</PolicyArn></member></AttachedPolicies><IsTruncated>true</IsTruncated><Marker>m</Marker>")
			}
			return answer("ListAttachedRolePolicies", "<AttachedPolicies><member><PolicyArn>arn:b</PolicyArn></member></AttachedPolicies><IsTruncated>false</IsTruncated>")
		})
	got, err := reached(t).Role(t.Context(), "Administrator")
	want := &provision.Role{Name: "Administrator", ARN: "arn:aws:iam::111122223333:role/Administrator", Trust: policy, Policies: []string{"arn:a", "arn:b"}, MaxDuration: 12 * time.Hour}
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("the role is %+v, %v", got, err)
	}
}

func TestUser(t *testing.T) {
	a := newAmazon(t).
		on("GetUser", always(answer("GetUser", "<User><UserName>OktaSSOuser</UserName><Path>/oktaws/</Path><Arn>arn:u</Arn>"+tagMembers(provision.TagManaged, provision.TagManagedValue, provision.TagRequest, "r-1")+"</User>"))).
		on("ListUserPolicies", func(c call, _ int) reply {
			if c.form.Get("Marker") == "" {
				return answer("ListUserPolicies", "<PolicyNames>"+members("okta", "going")+"</PolicyNames><IsTruncated>true</IsTruncated><Marker>m</Marker>")
			}
			return answer("ListUserPolicies", "<PolicyNames>"+members("other")+"</PolicyNames><IsTruncated>false</IsTruncated>")
		}).
		on("GetUserPolicy", func(c call, _ int) reply {
			if c.form.Get("PolicyName") == "going" {
				return refusal(404, "NoSuchEntity", "gone")
			}
			return answer("GetUserPolicy", "<PolicyDocument>"+encoded(policy)+"</PolicyDocument>")
		}).
		on("CreateUser", always(answer("CreateUser", ""))).
		on("PutUserPolicy", always(answer("PutUserPolicy", "")))
	account := reached(t)
	got, err := account.User(t.Context(), "OktaSSOuser")
	want := &provision.User{Name: "OktaSSOuser", ARN: "arn:u", Path: "/oktaws/", Tags: ours, Policies: map[string]string{"okta": policy, "other": policy}}
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("the user is %+v, %v", got, err)
	}
	if err := account.CreateUser(t.Context(), "OktaSSOuser", "/oktaws/", ours); err != nil {
		t.Fatal(err)
	}
	sent := a.the("CreateUser").form
	if sent.Get("UserName") != "OktaSSOuser" || sent.Get("Path") != "/oktaws/" || !maps.Equal(sentTags(sent, "Tags.member."), ours) {
		t.Errorf("sent %v", sent)
	}
	if err := account.PutUserPolicy(t.Context(), "OktaSSOuser", "okta", policy); err != nil {
		t.Fatal(err)
	}
	sent = a.the("PutUserPolicy").form
	if sent.Get("UserName") != "OktaSSOuser" || sent.Get("PolicyName") != "okta" || sent.Get("PolicyDocument") != policy {
		t.Errorf("sent %v", sent)
	}
}

func TestAccessKeys(t *testing.T) {
	a := newAmazon(t).
		on("ListAccessKeys", func(c call, _ int) reply {
			if c.form.Get("Marker") == "" {
				return answer("ListAccessKeys", "<AccessKeyMetadata>"+members("<AccessKeyId>AKIAONE</AccessKeyId><Status>Active</Status><CreateDate>2026-01-02T03:04:05Z</CreateDate>",
					"<AccessKeyId>AKIAGOING</AccessKeyId><Status>Active</Status>")+"</AccessKeyMetadata><IsTruncated>true</IsTruncated><Marker>m</Marker>")
			}
			return answer("ListAccessKeys", "<AccessKeyMetadata>"+members("<AccessKeyId>AKIATWO</AccessKeyId><Status>Inactive</Status><CreateDate>2026-01-03T03:04:05Z</CreateDate>")+"</AccessKeyMetadata><IsTruncated>false</IsTruncated>")
		}).
		on("GetAccessKeyLastUsed", func(c call, _ int) reply {
			switch c.form.Get("AccessKeyId") {
			case "AKIAONE":
				return answer("GetAccessKeyLastUsed", "<AccessKeyLastUsed><LastUsedDate>2026-02-02T03:04:05Z</LastUsedDate><ServiceName>iam</ServiceName><Region>us-east-1</Region></AccessKeyLastUsed>")
			case "AKIATWO":
				return answer("GetAccessKeyLastUsed", "<AccessKeyLastUsed><ServiceName>N/A</ServiceName><Region>N/A</Region></AccessKeyLastUsed>")
			}
			return refusal(404, "NoSuchEntity", "gone")
		}).
		on("DeleteAccessKey", always(answer("DeleteAccessKey", "")))
	account := reached(t)
	got, err := account.AccessKeys(t.Context(), "OktaSSOuser")
	want := []provision.AccessKey{
		{ID: "AKIAONE", Active: true, Created: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC), LastUsed: time.Date(2026, 2, 2, 3, 4, 5, 0, time.UTC), LastService: "iam"},
		{ID: "AKIATWO", Created: time.Date(2026, 1, 3, 3, 4, 5, 0, time.UTC)},
	}
	if err != nil || !slices.Equal(got, want) {
		t.Errorf("the keys are %+v, %v", got, err)
	}
	if err := account.DeleteAccessKey(t.Context(), "OktaSSOuser", "AKIAONE"); err != nil {
		t.Fatal(err)
	}
	if sent := a.the("DeleteAccessKey").form; sent.Get("UserName") != "OktaSSOuser" || sent.Get("AccessKeyId") != "AKIAONE" {
		t.Errorf("sent %v", sent)
	}
}

func TestNewKeyIsTriedWithItself(t *testing.T) {
	a := newAmazon(t).on("GetCallerIdentity", inTurn(
		refusal(403, "InvalidClientTokenId", "The security token included in the request is invalid."),
		reply{body: identity("arn:aws:iam::111122223333:user/oktaws/OktaSSOuser")}))
	account := reached(t)
	key := provision.NewSecret(newKey, newSecret)
	err := account.TryAccessKey(t.Context(), key)
	expect(t, err, store.Transient, "AWS doesn't take the new access key "+newKey+" of account 111122223333 yet", "seconds")
	if err := account.TryAccessKey(t.Context(), key); err != nil {
		t.Fatal(err)
	}
	for _, c := range a.received("GetCallerIdentity") {
		if c.key != newKey || c.token != "" {
			t.Errorf("signed by %s, token %q", c.key, c.token)
		}
	}
	if n := len(a.received("AssumeRole")); n != 0 {
		t.Errorf("a role was assumed %d times", n)
	}
}

// encoded is how IAM answers with a document.
func encoded(s string) string { return url.PathEscape(s) }

// sentTags collects the tags of a request in the Query protocol.
func sentTags(form url.Values, prefix string) map[string]string {
	tags := map[string]string{}
	for i := 1; form.Has(prefix + string(rune('0'+i)) + ".Key"); i++ {
		at := prefix + string(rune('0'+i))
		tags[form.Get(at+".Key")] = form.Get(at + ".Value")
	}
	return tags
}
