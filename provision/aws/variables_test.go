package aws

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/oktaws/oktaws/store"
)

func TestVariablesCountOverTheProcesssOwn(t *testing.T) {
	for name, set := range map[string]map[string]string{
		"for all services": {"AWS_ENDPOINT_URL": "http://127.0.0.1:1"},
		"for none":         {},
	} {
		t.Run(name, func(t *testing.T) {
			a := newAmazon(t)
			t.Setenv("AWS_ACCESS_KEY_ID", "AKIASOMEBODYELSE0000")
			t.Setenv("AWS_ENDPOINT_URL", "")
			for k, v := range set {
				t.Setenv(k, v)
			}
			account := reached(t, func(c *Config) {
				c.Variables = map[string]string{"AWS_ENDPOINT_URL": a.url, "AWS_ACCESS_KEY_ID": ownKey, "AWS_SECRET_ACCESS_KEY": ownSecret}
			})
			if _, err := account.Identity(t.Context()); err != nil {
				t.Fatal(err)
			}
			if got := a.the("AssumeRole").key; got != ownKey {
				t.Errorf("signed by %s", got)
			}
		})
	}
}

func TestServicesOwnAddressCountsOverTheGeneralOne(t *testing.T) {
	e := endpoints{"AWS_ENDPOINT_URL": "http://127.0.0.1:1", "AWS_ENDPOINT_URL_IAM": "http://127.0.0.1:2", "AWS_ENDPOINT_URL_SOME_SERVICE": "http://127.0.0.1:3"}
	for id, want := range map[string]string{"IAM": "http://127.0.0.1:2", "STS": "http://127.0.0.1:1", "Some Service": "http://127.0.0.1:3"} {
		if got, found, err := e.GetServiceBaseEndpoint(t.Context(), id); got != want || !found || err != nil {
			t.Errorf("%s: %s %v %v", id, got, found, err)
		}
	}
	if _, found, _ := (endpoints{}).GetServiceBaseEndpoint(t.Context(), "IAM"); found {
		t.Error("an address out of nothing")
	}
}

func TestANamedProfileOfTheVariablesGivesCredentialsAndRegion(t *testing.T) {
	a := newAmazon(t)
	file := filepath.Join(t.TempDir(), "config")
	text := "[profile gmail]\naws_access_key_id = " + ownKey + "\naws_secret_access_key = " + ownSecret + "\nregion = eu-west-1\n[profile nowhere]\n" +
		"aws_access_key_id = " + ownKey + "\naws_secret_access_key = " + ownSecret + "\n"
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	variables := func(profile, region string) map[string]string {
		return map[string]string{"AWS_ENDPOINT_URL": a.url, "AWS_CONFIG_FILE": file, "AWS_PROFILE": profile, "AWS_REGION": region}
	}
	for _, c := range []struct{ profile, region, want string }{
		{"gmail", "", "eu-west-1"}, {"gmail", "eu-north-1", "eu-north-1"}, {"nowhere", "", "us-east-1"},
	} {
		client, err := New(t.Context(), Config{UsualRegion: "us-east-1", Variables: variables(c.profile, c.region)})
		if err != nil {
			t.Fatal(err)
		}
		if client.Region() != c.want {
			t.Errorf("%s in %q: the region is %s", c.profile, c.region, client.Region())
		}
		if _, err := client.Caller(t.Context()); err != nil {
			t.Errorf("%s: %v", c.profile, err)
		}
	}
	if calls := a.received("GetCallerIdentity"); len(calls) != 3 || calls[0].key != ownKey {
		t.Errorf("the calls were %+v", calls)
	}
	_, err := New(t.Context(), Config{Region: "us-east-1", Variables: variables("gmial", "")})
	expect(t, err, store.Permanent, "gmial", "AWS_PROFILE")
}
