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
	newAmazon(t).on("GetSAMLProvider", noSuch).on("ListAccessKeys", noSuch).on("GetAccessKeyLastUsed", noSuch)
	account := reached(t)
	provider, err1 := account.Provider(t.Context(), providerARN)
	keys, err2 := account.AccessKeys(t.Context(), "OktaSSOuser")
	use, err3 := account.KeyUse(t.Context(), "AKIAGONE")
	if provider != nil || keys != nil || use != (provision.KeyUse{}) || err1 != nil || err2 != nil || err3 != nil {
		t.Errorf("found %v, %v, %v; errors %v, %v, %v", provider, keys, use, err1, err2, err3)
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
		on("UpdateSAMLProvider", always(answer("UpdateSAMLProvider", "<SAMLProviderArn>"+providerARN+"</SAMLProviderArn>"))).
		empty("TagSAMLProvider", "DeleteSAMLProvider")
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
	if err := account.TagProvider(t.Context(), providerARN, ours); err != nil {
		t.Fatal(err)
	}
	if sent := a.the("TagSAMLProvider").form; sent.Get("SAMLProviderArn") != providerARN || !maps.Equal(sentTags(sent, "Tags.member."), ours) {
		t.Errorf("sent %v", sent)
	}
	if err := account.DeleteProvider(t.Context(), providerARN); err != nil {
		t.Fatal(err)
	}
	if sent := a.the("DeleteSAMLProvider").form; sent.Get("SAMLProviderArn") != providerARN {
		t.Errorf("sent %v", sent)
	}
}

func TestUser(t *testing.T) {
	a := newAmazon(t).empty("CreateUser", "TagUser", "PutUserPolicy", "DeleteUserPolicy", "DeleteUser")
	account := reached(t)
	for _, err := range []error{
		account.CreateUser(t.Context(), "OktaSSOuser", "/oktaws/", ours),
		account.TagUser(t.Context(), "OktaSSOuser", ours),
		account.PutUserPolicy(t.Context(), "OktaSSOuser", "okta", policy),
		account.DeleteUserPolicy(t.Context(), "OktaSSOuser", "okta"),
		account.DeleteUser(t.Context(), "OktaSSOuser"),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	for action, want := range map[string]map[string]string{
		"CreateUser":       {"UserName": "OktaSSOuser", "Path": "/oktaws/"},
		"TagUser":          {"UserName": "OktaSSOuser"},
		"PutUserPolicy":    {"UserName": "OktaSSOuser", "PolicyName": "okta", "PolicyDocument": policy},
		"DeleteUserPolicy": {"UserName": "OktaSSOuser", "PolicyName": "okta"},
		"DeleteUser":       {"UserName": "OktaSSOuser"},
	} {
		sent := a.the(action).form
		for k, v := range want {
			if got := sent.Get(k); got != v {
				t.Errorf("%s: %s is %q, want %q", action, k, got, v)
			}
		}
		if tags := sentTags(sent, "Tags.member."); (action == "CreateUser" || action == "TagUser") && !maps.Equal(tags, ours) {
			t.Errorf("%s: tags %v", action, tags)
		}
	}
}

func TestAccessKeys(t *testing.T) {
	a := newAmazon(t).
		on("ListAccessKeys", func(c call, _ int) reply {
			if c.form.Get("Marker") == "" {
				return answer("ListAccessKeys", "<AccessKeyMetadata>"+members("<AccessKeyId>AKIAONE</AccessKeyId><Status>Active</Status><CreateDate>2026-01-02T03:04:05Z</CreateDate>")+
					"</AccessKeyMetadata><IsTruncated>true</IsTruncated><Marker>m</Marker>")
			}
			return answer("ListAccessKeys", "<AccessKeyMetadata>"+members("<AccessKeyId>AKIATWO</AccessKeyId><Status>Inactive</Status><CreateDate>2026-01-03T03:04:05Z</CreateDate>")+"</AccessKeyMetadata><IsTruncated>false</IsTruncated>")
		}).
		empty("DeleteAccessKey", "UpdateAccessKey")
	account := reached(t)
	got, err := account.AccessKeys(t.Context(), "OktaSSOuser")
	want := []provision.AccessKey{
		{ID: "AKIAONE", Active: true, Created: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)},
		{ID: "AKIATWO", Created: time.Date(2026, 1, 3, 3, 4, 5, 0, time.UTC)},
	}
	if err != nil || !slices.Equal(got, want) {
		t.Errorf("the keys are %+v, %v", got, err)
	}
	for i, active := range []bool{false, true} {
		if err := account.SetAccessKeyActive(t.Context(), "OktaSSOuser", "AKIAONE", active); err != nil {
			t.Fatal(err)
		}
		sent := a.received("UpdateAccessKey")[i].form
		if want := []string{"Inactive", "Active"}[i]; sent.Get("UserName") != "OktaSSOuser" || sent.Get("AccessKeyId") != "AKIAONE" || sent.Get("Status") != want {
			t.Errorf("sent %v, want %s", sent, want)
		}
	}
	if err := account.DeleteAccessKey(t.Context(), "OktaSSOuser", "AKIAONE"); err != nil {
		t.Fatal(err)
	}
	if sent := a.the("DeleteAccessKey").form; sent.Get("UserName") != "OktaSSOuser" || sent.Get("AccessKeyId") != "AKIAONE" {
		t.Errorf("sent %v", sent)
	}
}

func TestWhenAKeyWasLastUsed(t *testing.T) {
	for name, tc := range map[string]struct {
		said string
		want provision.KeyUse
	}{
		"used":  {"<LastUsedDate>2026-02-02T03:04:05Z</LastUsedDate><ServiceName>iam</ServiceName><Region>us-east-1</Region>", provision.KeyUse{At: time.Date(2026, 2, 2, 3, 4, 5, 0, time.UTC), Service: "iam"}},
		"never": {"<ServiceName>N/A</ServiceName><Region>N/A</Region>", provision.KeyUse{}},
	} {
		a := newAmazon(t).on("GetAccessKeyLastUsed", always(answer("GetAccessKeyLastUsed", "<AccessKeyLastUsed>"+tc.said+"</AccessKeyLastUsed>")))
		got, err := reached(t).KeyUse(t.Context(), "AKIAONE")
		if err != nil || got != tc.want {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
		if id := a.the("GetAccessKeyLastUsed").form.Get("AccessKeyId"); id != "AKIAONE" {
			t.Errorf("%s: asked for %s", name, id)
		}
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
