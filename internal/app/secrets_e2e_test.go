package app_test

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"html"
	"io"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/oktaws/oktaws/internal/app"
	"github.com/oktaws/oktaws/internal/sandbox/aws"
	"github.com/oktaws/oktaws/internal/sandbox/slack"
	"github.com/oktaws/oktaws/internal/sandbox/wire"
)

// forms are a secret as it is, and as it looks in URLs, JSON, XML, hexadecimal digits, and base64 wherever in it.
func forms(secret string) []string {
	quoted, _ := json.Marshal(secret)
	all := []string{secret, url.QueryEscape(secret), url.PathEscape(secret), strings.Trim(string(quoted), `"`),
		strings.ReplaceAll(secret, "/", `\/`), html.EscapeString(secret), strings.ReplaceAll(secret, "+", "&#43;"), hex.EncodeToString([]byte(secret))}
	for before := range 3 {
		// The first and the last letter may be shared with what stands beside the secret.
		whole := base64.StdEncoding.EncodeToString(append(make([]byte, before), secret...))
		from, to := (before*8+5)/6, (before+len(secret))*8/6
		all = append(all, whole[from:to], strings.NewReplacer("+", "-", "/", "_").Replace(whole[from:to]))
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// leaks returns which of the texts, by name, hold which of the secrets in whatever form.
func leaks(texts map[string]string, secrets []string) []string {
	var found []string
	for _, secret := range secrets {
		if len(secret) < 8 {
			found = append(found, fmt.Sprintf("the secret %q is too short to be looked for", secret))
		}
		for _, form := range forms(secret) {
			for name, text := range texts {
				if i := strings.Index(text, form); i >= 0 {
					found = append(found, fmt.Sprintf("%s: %q after %q", name, form, text[max(0, i-80):i]))
				}
			}
		}
	}
	return found
}

func TestNoSecretLeaks(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	garble := behindProxy(r)
	r.serve()
	texts := map[string]string{}

	// Okta repeats the token in its refusal; AWS refuses a signature, and repeats what was signed.
	var struck atomic.Int32
	r.Hub.Hook(func(c wire.Call) *wire.Fault {
		switch {
		case c.Operation == "createApplication" && struck.CompareAndSwap(0, 1):
			return &wire.Fault{ID: "echo", Status: http.StatusBadRequest, Message: "Invalid token provided: SSWS " + r.variable("OKTA_CLIENT_TOKEN")}
		case c.Operation == "chat.postMessage" && struck.CompareAndSwap(1, 2):
			return &wire.Fault{ID: "cut", Cut: "after"}
		case c.Operation == "CreateStack" && struck.CompareAndSwap(2, 3):
			return &wire.Fault{ID: "signature", Status: http.StatusForbidden, Code: "SignatureDoesNotMatch",
				Message: "The request signature we calculated does not match. The Canonical String should have been 'x-amz-security-token:" + strings.Join(r.AWS.Secrets(), ",") + "'"}
		}
		return nil
	})
	r.says(slack.Requester, "link "+gmail+" "+label)
	r.clicks(slack.AdminOne, r.request(gmail), "approve")
	r.until("Okta's refusal told", func() bool { return r.told(slack.Requester, gmail) == 1 })
	r.says(slack.Requester, "retry "+gmail)
	r.until("AWS's refusal told", func() bool { return r.told(slack.Requester, gmail) == 2 })
	r.says(slack.Requester, "retry "+gmail)
	r.Hub.Hook(nil)

	task := r.task(slack.AdminOne)
	id, first := r.credentials(slack.AdminOne, task)
	garble.Store(true) // the answer that has the next key is cut off behind the secret
	r.clicks(slack.AdminOne, task, "credentials")
	r.until("a refusal in the modal", func() bool {
		views := r.Slack.Views(slack.AdminOne)
		return len(views) > 0 && strings.Contains(string(views[0].Blocks), "can't be read")
	})
	garble.Store(false)
	application := r.application(label).ID
	if status, answer := r.admin(application, "test", map[string]any{"accessKey": id, "secretKey": first}); status == http.StatusOK {
		t.Errorf("the deleted key still works: %s", answer)
	}
	id, second := r.credentials(slack.AdminOne, task)
	r.enable(application, id, second)
	r.find(r.Slack.DM(slack.Requester), "is linked to Okta")
	r.says(slack.Requester, "status "+gmail)
	texts["oktaws check"] = r.checks()
	r.stop()

	wrong := r.wrongTokens(texts)
	texts["log and output"] = r.output.String()
	if !strings.Contains(texts["log and output"], "level=DEBUG") {
		t.Error("the log is not at debug")
	}
	if strings.Contains(texts["log and output"], "[redacted]") {
		t.Error("a secret was written, and only the last line of defence blotted it out")
	}
	r.files(texts)
	messages, views := r.Slack.AllTexts()
	for i, m := range messages {
		texts[fmt.Sprintf("message %d", i)] = m
	}
	secrets := append(r.Secrets(), wrong...)
	for i, v := range views {
		shown := v
		for _, allowed := range []string{first, second} {
			if strings.Contains(v, `"callback_id":"credentials"`) {
				shown = strings.ReplaceAll(shown, allowed, "")
			}
		}
		texts[fmt.Sprintf("view %d", i)] = shown
	}
	if len(messages) < 10 || len(views) < 5 || len(secrets) < 12 {
		t.Errorf("%d messages, %d views and %d secrets are too few for such a run", len(messages), len(views), len(secrets))
	}
	for _, leak := range leaks(texts, secrets) {
		t.Error(leak)
	}

	// The search works: it finds what was rightly shown, and what is planted in whatever form in any of the texts.
	for _, allowed := range []string{first, second} {
		found := leaks(map[string]string{"views": strings.Join(views, "\n")}, []string{allowed})
		if len(found) == 0 || !slices.Contains(secrets, allowed) {
			t.Error("a key that was shown is not found in the modal that showed it")
		}
	}
	for name, text := range texts {
		for i, secret := range secrets {
			middle := len(text) / 2
			planted := text[:middle] + forms(secret)[i%len(forms(secret))] + text[middle:]
			if len(leaks(map[string]string{name: planted}, []string{secret})) == 0 {
				t.Fatalf("a secret that was planted in %s is not found", name)
			}
		}
	}
	t.Logf("looked for %d secrets in %d texts", len(secrets), len(texts))
}

func TestSecretsAreFoundInEveryForm(t *testing.T) {
	t.Parallel()
	const secret = "wJalr/XUtnFEMI+K7MDENG/bPxRfiCYEXAMPLEKEY"
	for n := range 4 {
		around := strings.Repeat("u", n) + ":" + secret + "@" + strings.Repeat("h", n)
		for name, text := range map[string]string{
			"plain":      around,
			"URL":        "https://example.com/?a=" + url.QueryEscape(around),
			"path":       "https://example.com/" + url.PathEscape(around),
			"XML":        html.EscapeString(around),
			"base64":     base64.StdEncoding.EncodeToString([]byte(around)),
			"URL base64": base64.RawURLEncoding.EncodeToString([]byte(around)),
			"hex":        fmt.Sprintf("%x", around),
		} {
			if len(leaks(map[string]string{name: text}, []string{secret})) == 0 {
				t.Errorf("not found in %s: %s", name, text)
			}
		}
	}
	if found := leaks(map[string]string{"other": "nothing of the kind"}, []string{secret}); len(found) > 0 {
		t.Errorf("found where there is none: %v", found)
	}
}

// behindProxy puts a proxy before AWS, which on demand cuts the answer to CreateAccessKey off right behind the secret.
func behindProxy(r *rig) (garble *atomic.Bool) {
	r.Helper()
	target, err := url.Parse(r.AWSURL)
	if err != nil {
		r.Fatal(err)
	}
	garble = &atomic.Bool{}
	proxy := &httputil.ReverseProxy{
		Rewrite: func(p *httputil.ProxyRequest) { p.SetURL(target); p.Out.Host = p.In.Host },
		ModifyResponse: func(answer *http.Response) error {
			if !garble.Load() {
				return nil
			}
			body, err := io.ReadAll(answer.Body)
			if err != nil {
				return err
			}
			if i := bytes.Index(body, []byte("</SecretAccessKey>")); i >= 0 {
				body = append(body[:i:i], "</oops"...)
			}
			answer.Body, answer.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
			answer.Header.Set("Content-Length", fmt.Sprint(len(body)))
			return nil
		},
	}
	s := httptest.NewServer(proxy)
	r.Cleanup(s.Close)
	r.settings = append(r.settings, "AWS_ENDPOINT_URL="+s.URL)
	return garble
}

// variable is what the program's environment says.
func (r *rig) variable(name string) (value string) {
	for _, v := range r.environ() {
		if n, v, ok := strings.Cut(v, "="); ok && n == name {
			value = v
		}
	}
	return value
}

// checks runs oktaws check and returns all that it prints.
func (r *rig) checks(settings ...string) string {
	var out lockedBuffer
	app.Run(r.Context(), app.Options{Args: []string{"check"}, Environ: append(r.environ(), settings...), Stdout: &out, Stderr: &out, Clock: r.clock})
	return out.String()
}

// wrongTokens starts and checks the program with wrong tokens, which it must not repeat, and returns them.
func (r *rig) wrongTokens(texts map[string]string) []string {
	r.Helper()
	wrong := map[string]string{
		"SLACK_BOT_TOKEN":       "xoxb-1234567890-wrongwrongwrong",
		"SLACK_APP_TOKEN":       "xapp-1-A0OKTAWSAPP-wrongwrongwrong",
		"OKTA_CLIENT_TOKEN":     "00wrongwrongwrongwrongwrongwrongwrongwrongwrong",
		"AWS_SECRET_ACCESS_KEY": "wrong/wrong+wrong/wrong+wrong/wrong+wrong",
	}
	var all []string
	for name, value := range wrong {
		all = append(all, value)
		said := r.checks(name + "=" + value)
		texts["oktaws check with a wrong "+name] = said
		if !strings.Contains(said, "FIX") {
			r.Errorf("a wrong %s is not noticed:\n%s", name, said)
		}
		if !strings.HasPrefix(name, "SLACK_") {
			continue
		}
		with := *r
		with.settings, with.output = append(slices.Clone(r.settings), name+"="+value), &lockedBuffer{}
		with.refusedToStart(name)
		texts["oktaws serve with a wrong "+name] = with.output.String()
	}
	return all
}

// files adds every file of the data folder.
func (r *rig) files(texts map[string]string) {
	r.Helper()
	err := filepath.WalkDir(r.dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		content, err := os.ReadFile(path)
		texts[path] = string(content)
		return err
	})
	if err != nil {
		r.Fatal(err)
	}
	if !strings.Contains(texts[filepath.Join(r.dir, "oktaws.db")], aws.AccountGmail) {
		r.Error("the store holds nothing of the run")
	}
}
