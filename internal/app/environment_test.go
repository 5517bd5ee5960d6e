package app

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// privateKey makes a key as Okta's admin console does: RSA, PKCS#8, PEM.
func privateKey(t *testing.T) string {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}))
}

func secretFile(t *testing.T, content string, mode os.FileMode) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(file, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(file, mode); err != nil { // past the umask
		t.Fatal(err)
	}
	return file
}

func TestSecretsComeFromFiles(t *testing.T) {
	env := without(enough(), "SLACK_BOT_TOKEN", "SLACK_APP_TOKEN", "OKTA_CLIENT_TOKEN")
	for name, value := range map[string]string{
		"SLACK_BOT_TOKEN": "xoxb-from-file", "SLACK_APP_TOKEN": "xapp-from-file", "OKTA_CLIENT_TOKEN": "00from-file",
		"AWS_ACCESS_KEY_ID": "AKIAEXAMPLE", "AWS_SECRET_ACCESS_KEY": "secret/from+file", "AWS_SESSION_TOKEN": "session-from-file",
	} {
		env[name+"_FILE"] = secretFile(t, value+"\r\n", 0o600)
	}
	l := valid(t, "", env)
	if l.Slack.BotToken != "xoxb-from-file" || l.Slack.AppToken != "xapp-from-file" || l.Okta.Token != "00from-file" {
		t.Errorf("got %+v %+v", l.Slack, l.Okta)
	}
	if l.aws["AWS_ACCESS_KEY_ID"] != "AKIAEXAMPLE" || l.aws["AWS_SECRET_ACCESS_KEY"] != "secret/from+file" || l.aws["AWS_SESSION_TOKEN"] != "session-from-file" {
		t.Errorf("for the SDK: %q", l.aws)
	}
	for _, s := range []string{"xoxb-from-file", "xapp-from-file", "00from-file", "secret/from+file", "session-from-file"} {
		if !slices.Contains(l.secrets, s) {
			t.Errorf("%s would be printed", s)
		}
	}
	if len(l.warnings) > 0 {
		t.Errorf("warnings: %q", l.warnings)
	}
}

func TestSecretFileThatEverybodyMayReadIsWarnedAbout(t *testing.T) {
	file := secretFile(t, "00from-file", 0o644)
	l := valid(t, "", without(enough("OKTA_CLIENT_TOKEN_FILE="+file), "OKTA_CLIENT_TOKEN"))
	if len(l.warnings) != 1 || !strings.Contains(l.warnings[0], "OKTA_CLIENT_TOKEN_FILE") || !strings.Contains(l.warnings[0], file) {
		t.Errorf("warnings: %q", l.warnings)
	}
}

func TestOAuthKeyIsTakenWithAndWithoutLineEnds(t *testing.T) {
	key := privateKey(t)
	for name, value := range map[string]string{"as it is": key, "in one line": strings.ReplaceAll(key, "\n", `\n`)} {
		t.Run(name, func(t *testing.T) {
			l := valid(t, "", without(enough("OKTA_CLIENT_CLIENTID=0oa1", "OKTA_CLIENT_PRIVATEKEY="+value, "OKTA_CLIENT_PRIVATEKEYID=kid"), "OKTA_CLIENT_TOKEN"))
			if l.Okta.ClientID != "0oa1" || l.Okta.PrivateKey == "" || l.Okta.PrivateKeyID != "kid" || l.Okta.Token != "" {
				t.Errorf("got client %q, key ID %q", l.Okta.ClientID, l.Okta.PrivateKeyID)
			}
		})
	}
}

func TestWrongSecretsAreNamedAndNotRepeated(t *testing.T) {
	key := privateKey(t)
	empty := secretFile(t, "\n", 0o600)
	cases := map[string]struct {
		gone []string
		env  []string
		says []string
	}{
		"no bot token":       {gone: []string{"SLACK_BOT_TOKEN"}, says: []string{"SLACK_BOT_TOKEN is not set", "SLACK_BOT_TOKEN_FILE"}},
		"tokens exchanged":   {env: []string{"SLACK_BOT_TOKEN=xapp-verysecret", "SLACK_APP_TOKEN=xoxb-verysecret"}, says: []string{"SLACK_BOT_TOKEN holds another kind of token", "SLACK_APP_TOKEN holds another kind of token"}},
		"not a Slack token":  {env: []string{"SLACK_BOT_TOKEN=verysecret"}, says: []string{"SLACK_BOT_TOKEN does not hold a bot token", "xoxb-"}},
		"value and file":     {env: []string{"SLACK_APP_TOKEN_FILE=" + empty}, says: []string{"SLACK_APP_TOKEN and SLACK_APP_TOKEN_FILE are both set"}},
		"no such file":       {gone: []string{"SLACK_APP_TOKEN"}, env: []string{"SLACK_APP_TOKEN_FILE=/nope"}, says: []string{"SLACK_APP_TOKEN_FILE names a file that can't be read"}},
		"a folder":           {gone: []string{"SLACK_APP_TOKEN"}, env: []string{"SLACK_APP_TOKEN_FILE=" + t.TempDir()}, says: []string{"SLACK_APP_TOKEN_FILE names a file that can't be read"}},
		"empty file":         {gone: []string{"SLACK_APP_TOKEN"}, env: []string{"SLACK_APP_TOKEN_FILE=" + empty}, says: []string{"SLACK_APP_TOKEN_FILE names an empty file"}},
		"no Okta credential": {gone: []string{"OKTA_CLIENT_TOKEN"}, says: []string{"OKTA_CLIENT_CLIENTID and OKTA_CLIENT_PRIVATEKEY are not set", "OKTA_CLIENT_TOKEN"}},
		"two of them":        {env: []string{"OKTA_CLIENT_CLIENTID=0oa1", "OKTA_CLIENT_PRIVATEKEY=" + key}, says: []string{"OKTA_CLIENT_TOKEN is set beside"}},
		"key without client": {gone: []string{"OKTA_CLIENT_TOKEN"}, env: []string{"OKTA_CLIENT_PRIVATEKEY=" + key}, says: []string{"OKTA_CLIENT_CLIENTID is not set"}},
		"client without key": {gone: []string{"OKTA_CLIENT_TOKEN"}, env: []string{"OKTA_CLIENT_CLIENTID=0oa1"}, says: []string{"OKTA_CLIENT_PRIVATEKEY is not set"}},
		"path for a key":     {gone: []string{"OKTA_CLIENT_TOKEN"}, env: []string{"OKTA_CLIENT_CLIENTID=0oa1", "OKTA_CLIENT_PRIVATEKEY=/verysecret.pem"}, says: []string{"OKTA_CLIENT_PRIVATEKEY does not hold a private key", "OKTA_CLIENT_PRIVATEKEY_FILE"}},
		"Okta token of two":  {env: []string{"OKTA_CLIENT_TOKEN=very secret"}, says: []string{"OKTA_CLIENT_TOKEN holds spaces"}},
		"half an AWS key":    {env: []string{"AWS_ACCESS_KEY_ID=AKIAEXAMPLE"}, says: []string{"AWS_SECRET_ACCESS_KEY is not set"}},
		"the other half":     {env: []string{"AWS_SECRET_ACCESS_KEY=verysecret"}, says: []string{"AWS_ACCESS_KEY_ID is not set"}},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			l := load("", without(enough(c.env...), c.gone...))
			text := invalid(l.problems).Error()
			for _, want := range c.says {
				if !strings.Contains(text, want) {
					t.Errorf("%q is not said:\n%s", want, text)
				}
			}
			if strings.Contains(text, "verysecret") || strings.Contains(text, key[40:80]) {
				t.Errorf("a secret is repeated:\n%s", text)
			}
			if n := strings.Count(text, "\n"); n != len(c.says) && n != 1 {
				t.Errorf("one fault is told more than once:\n%s", text)
			}
		})
	}
}

func TestAddressesElsewhereAreRefused(t *testing.T) {
	cases := []struct {
		variable, value string
		fault           string // empty: it is taken
	}{
		{"SLACK_API_URL", "http://127.0.0.1:8080/api", ""},
		{"SLACK_API_URL", "http://[::1]:8080/api/", ""},
		{"SLACK_API_URL", "http://LOCALHOST:8080/api/", ""},
		{"SLACK_API_URL", "https://slack-gov.com/api", ""},
		{"SLACK_API_URL", "", ""},
		{"SLACK_API_URL", "https://example.com/api/", "points to example.com"},
		{"SLACK_API_URL", "http://127.0.0.1@example.com/", "user name or password"},
		{"SLACK_API_URL", "http://127.0.0.1.example.com/", "points to 127.0.0.1.example.com"},
		{"SLACK_API_URL", "http://0.0.0.0:80/", "points to 0.0.0.0:80"},
		{"SLACK_API_URL", "slack.com/api", "https://"},
		{"OKTA_CLIENT_ORGURL", "https://login.example.com/", ""},
		{"OKTA_CLIENT_ORGURL", "http://127.1.2.3:1", ""},
		{"OKTA_CLIENT_ORGURL", "", "is not set"},
		{"OKTA_CLIENT_ORGURL", "http://example.okta.com", "plain http"},
		{"OKTA_CLIENT_ORGURL", "http://localhost.example.com", "plain http"},
		{"OKTA_CLIENT_ORGURL", "https://example-admin.okta.com", "-admin"},
		{"OKTA_CLIENT_ORGURL", "https://example.okta.com/api/v1", "nothing after the host"},
		{"OKTA_CLIENT_ORGURL", "example.okta.com", "https://"},
		{"AWS_ENDPOINT_URL", "http://127.0.0.1:4566", ""},
		{"AWS_ENDPOINT_URL", "", ""},
		{"AWS_ENDPOINT_URL", "https://sts.amazonaws.com", "points to sts.amazonaws.com"},
		{"AWS_ENDPOINT_URL_IAM", "http://10.0.0.1", "points to 10.0.0.1"},
		{"AWS_ENDPOINT_URL_CLOUDFORMATION", "ftp://127.0.0.1", "https://"},
		{"AWS_ENDPOINT_URL_SOME_NEW_SERVICE", "http://[2001:db8::1]", "points to [2001:db8::1]"},
	}
	for _, c := range cases {
		t.Run(c.variable+"="+c.value, func(t *testing.T) {
			l := load("", enough(c.variable+"="+c.value))
			switch {
			case c.fault == "" && len(l.problems) > 0:
				t.Error(invalid(l.problems))
			case c.fault != "" && (len(l.problems) != 1 || l.problems[0].setting != c.variable || !strings.Contains(l.problems[0].String(), c.fault)):
				t.Errorf("%q is not said: %v", c.fault, invalid(l.problems))
			}
			if l.Slack.APIURL != "" && !strings.HasSuffix(l.Slack.APIURL, "/") {
				t.Errorf("%s has no slash at its end", l.Slack.APIURL)
			}
			if strings.HasSuffix(l.Okta.OrgURL, "/") {
				t.Errorf("%s has a slash at its end", l.Okta.OrgURL)
			}
		})
	}
}
