package aws

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/oktaws/oktaws/store"
)

func TestAccountIsReachedThroughTheAccessRole(t *testing.T) {
	a := newAmazon(t)
	account := reached(t, func(c *Config) { c.ExternalID = "ours-42" })
	id, err := account.Identity(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if id.Account != theAccount || id.Alias != "gmail" || !strings.HasSuffix(id.ARN, "/oktaws") {
		t.Errorf("identity is %+v", id)
	}
	asked := a.the("AssumeRole")
	for k, want := range map[string]string{
		"RoleArn":         "arn:aws:iam::111122223333:role/OrganizationAccountAccessRole",
		"RoleSessionName": "oktaws",
		"ExternalId":      "ours-42",
	} {
		if got := asked.form.Get(k); got != want {
			t.Errorf("%s is %q, want %q", k, got, want)
		}
	}
	if asked.form.Has("SourceIdentity") {
		t.Error("a source identity was set without being configured")
	}
	if asked.key != ownKey {
		t.Errorf("the role was assumed with the key %s", asked.key)
	}
	for _, action := range []string{"GetCallerIdentity", "ListAccountAliases"} {
		if c := a.the(action); c.key != roleKey || c.token != roleToken || !strings.Contains(c.agent, "app/oktaws") {
			t.Errorf("%s was signed by %s (token %q), from %q", action, c.key, c.token, c.agent)
		}
	}
}

func TestRoleIsAssumedOnceForManyCallers(t *testing.T) {
	a := newAmazon(t)
	c := client(t, func(c *Config) { c.SourceIdentity = "oktaws-bot" })
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			account, err := c.Account(t.Context(), theAccount)
			if err == nil {
				_, err = account.Identity(t.Context())
			}
			if err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	asked := a.the("AssumeRole")
	if asked.form.Get("SourceIdentity") != "oktaws-bot" || asked.form.Has("ExternalId") {
		t.Errorf("asked for %v", asked.form)
	}
}

func TestAccountIsReachedThroughItsProfile(t *testing.T) {
	a := newAmazon(t)
	a.profile("[gmail]\naws_access_key_id = AKIAPROFILE000000001\naws_secret_access_key = s\n")
	account := reached(t, func(c *Config) { c.Profiles = map[string]string{accountID: "gmail"} })
	if _, err := account.Identity(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := a.the("GetCallerIdentity").key; got != "AKIAPROFILE000000001" {
		t.Errorf("signed by %s", got)
	}
	if n := len(a.received("AssumeRole")); n != 0 {
		t.Errorf("a role was assumed %d times", n)
	}
}

func TestProfileThatIsMissingIsNamed(t *testing.T) {
	newAmazon(t)
	c := client(t, func(c *Config) { c.Profiles = map[string]string{accountID: "gmial"} })
	_, err := c.Account(t.Context(), theAccount)
	expect(t, err, store.Permanent, `profile "gmial" of account 111122223333`, "aws.profiles")
}

func TestAccountIsReachedWithTheBotsOwnCredentials(t *testing.T) {
	a := newAmazon(t)
	account := reached(t, func(c *Config) { c.AccessRole = "" })
	if _, err := account.Identity(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := a.the("GetCallerIdentity").key; got != ownKey {
		t.Errorf("signed by %s", got)
	}
}

func TestEndpointsElsewhereAreRefused(t *testing.T) {
	newAmazon(t)
	t.Setenv("AWS_ENDPOINT_URL_IAM", "https://iam.example.com")
	_, err := New(t.Context(), Config{Region: "us-east-1"})
	expect(t, err, store.Permanent, "isn't on this machine", "AWS_ENDPOINT_URL_IAM")

	t.Setenv("AWS_ENDPOINT_URL_IAM", "http://localhost:1")
	if _, err := New(t.Context(), Config{Region: "us-east-1"}); err != nil {
		t.Errorf("localhost was refused: %v", err)
	}

	t.Setenv("AWS_ENDPOINT_URL_IAM", "")
	t.Setenv("AWS_ENDPOINT_URL", "")
	config := filepath.Join(t.TempDir(), "config")
	if err := os.WriteFile(config, []byte("[default]\nregion = eu-west-1\n[profile away]\nendpoint_url = http://169.254.1.1\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("AWS_CONFIG_FILE", config)
	c := client(t, func(c *Config) { c.Profiles = map[string]string{accountID: "away"} })
	_, err = c.Account(t.Context(), theAccount)
	expect(t, err, store.Permanent, "isn't on this machine", "endpoint_url")
}

func TestSettingsThatCannotBeRightAreNamed(t *testing.T) {
	newAmazon(t)
	_, err := New(t.Context(), Config{Region: "us-east-1", AccessRole: "arn:aws:iam::1:role/R"})
	expect(t, err, store.Permanent, "aws.access_role", "name alone")
	_, err = New(t.Context(), Config{})
	expect(t, err, store.Permanent, "no AWS region", "aws.region")
	t.Setenv("AWS_PROFILE", "nowhere")
	_, err = New(t.Context(), Config{Region: "us-east-1"})
	expect(t, err, store.Permanent, "AWS settings", "AWS_PROFILE")
}

// expect fails the test unless err is of the kind, and its words for people hold what is given.
func expect(t *testing.T, err error, kind store.Kind, message, remedy string) {
	t.Helper()
	if err == nil {
		t.Fatalf("no error, want one about %q", message)
	}
	e, ok := errors.AsType[*store.Error](err)
	if !ok {
		t.Fatalf("%v isn't for people", err)
	}
	if e.Kind != kind || !strings.Contains(e.Message, message) || !strings.Contains(e.Remedy, remedy) {
		t.Errorf("the error is %s: %q; %q\nwant %s: …%s…; …%s…", e.Kind, e.Message, e.Remedy, kind, message, remedy)
	}
	for _, secret := range []string{ownSecret, roleSecret, roleToken, newSecret} {
		if strings.Contains(err.Error()+e.Message+e.Remedy, secret) {
			t.Errorf("a secret shows in %v", err)
		}
	}
}
