package app

import (
	"bytes"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"
)

func TestNoSecretPassesTheLog(t *testing.T) {
	key := privateKey(t)
	secrets := []string{"00okta/secret+token=", `quo"ted\secret`, "xoxb-known-secret", "xoxb-known-secret-longer", key}
	for _, form := range []string{"text", "json"} {
		t.Run(form, func(t *testing.T) {
			var out bytes.Buffer
			p := &program{Options: Options{Stdout: &out, Stderr: &out}}
			p.hide(secrets)
			log := p.logger(LogConfig{JSON: form == "json"})
			for _, s := range secrets {
				log.Info("message with "+s, "text", s, "error", fmt.Errorf("call: %w", errors.New(s)), slog.Group("group", "inner", []string{s}), "struct", struct{ Token string }{s})
				log.With("always", s).WithGroup("g").Warn("more", "bytes", fmt.Sprintf("%q", s))
				fmt.Fprintln(p.Stdout, s)
			}
			log.Info("never given", "a", "xoxp-123456789-abc", "b", "xapp-1-A1-2-abcdef", "c", "Authorization: SSWS 00abcdefghij", "d", "Bearer eyJabc.def-ghi")
			text := out.String()
			for _, s := range append(secrets, "xoxp-123456789-abc", "xapp-1-A1-2-abcdef", "00abcdefghij", "eyJabc.def-ghi", "okta/secret", "ted\\\\secret", "longer", key[60:90]) {
				if strings.Contains(text, s) {
					t.Errorf("%q was printed:\n%s", s, text)
				}
			}
			if !strings.Contains(text, redacted) || !strings.Contains(text, "message with") || !strings.Contains(text, "never given") {
				t.Errorf("too much was blotted out:\n%s", text)
			}
		})
	}
}

func TestPlainWordsAreNotBlottedOut(t *testing.T) {
	var out bytes.Buffer
	r := newRedactor(&out, []string{"short", "-----BEGIN PRIVATE KEY-----\nabcdefghijkl\n-----END PRIVATE KEY-----"})
	const text = "a short line; set SLACK_BOT_TOKEN to xoxb-… or xapp-…; it begins with -----BEGIN PRIVATE KEY-----\n"
	if n, err := r.Write([]byte(text)); n != len(text) || err != nil || out.String() != text {
		t.Errorf("%d %v %q", n, err, out.String())
	}
}
