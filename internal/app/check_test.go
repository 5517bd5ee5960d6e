package app_test

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/oktaws/oktaws/internal/app"
	"github.com/oktaws/oktaws/internal/sandbox"
)

// check runs oktaws check beside a sandbox; settings are NAME=value, over the sandbox's.
func check(t *testing.T, settings ...string) (code int, table string) {
	t.Helper()
	t.Chdir(t.TempDir())
	sb, err := sandbox.Start(sandbox.Options{Relaxed: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = sb.Close() })
	var environ []string
	for _, v := range sb.Env() {
		environ = append(environ, v.Name+"="+v.Value)
	}
	var out, log bytes.Buffer
	code = app.Run(t.Context(), app.Options{Args: []string{"check"}, Environ: append(environ, settings...), Stdout: &out, Stderr: &log})
	for _, secret := range sb.Secrets() {
		if strings.Contains(out.String()+log.String(), secret) {
			t.Errorf("a secret was printed:\n%s%s", out.String(), log.String())
		}
	}
	return code, out.String()
}

func TestCheckSaysThatEverythingWorks(t *testing.T) {
	code, table := check(t)
	if code != app.ExitOK || !strings.HasSuffix(table, "\nEverything that was tried works.\n") || strings.Contains(table, "FIX") {
		t.Errorf("exit %d:\n%s", code, table)
	}
	for _, what := range []string{"Configuration", "Integration mode", "Store", "Slack bot token", "Slack app token", "Slack admin channel", "Okta", "AWS credentials", "AWS account"} {
		if !strings.Contains(table, "ok  "+what) {
			t.Errorf("%s is not looked at:\n%s", what, table)
		}
	}
	t.Log("\n" + table)
}

func TestCheckSaysWhatToFixAndHidesNothingElse(t *testing.T) {
	for name, c := range map[string]struct{ setting, fix, fine string }{
		"bot token":    {"SLACK_BOT_TOKEN=xoxb-wrong-and-secret", "FIX  Slack bot token", "ok   AWS credentials"},
		"channel":      {"OKTAWS_SLACK_ADMIN_CHANNEL=C00000000", "FIX  Slack admin channel", "ok   Slack bot token"},
		"Okta token":   {"OKTA_CLIENT_TOKEN=00wrong-and-secret", "FIX  Okta API token", "ok   AWS credentials"},
		"AWS key":      {"AWS_SECRET_ACCESS_KEY=wrong-and-secret", "FIX  AWS credentials", "ok   Slack bot token"},
		"access role":  {"OKTAWS_AWS_ACCESS_ROLE=Nobody", "FIX  AWS account", "ok   AWS credentials"},
		"region":       {"OKTAWS_AWS_REGION=cn-north-1", "FIX  AWS credentials", "ok   Slack bot token"},
		"setting":      {"OKTAWS_TASKS_CHECK_EVERY=often", "FIX  tasks.check_every (OKTAWS_TASKS_CHECK_EVERY)", "ok   AWS credentials"},
		"no such file": {"SLACK_APP_TOKEN_FILE=/nope", "FIX  SLACK_APP_TOKEN", "ok   Okta API token"},
	} {
		t.Run(name, func(t *testing.T) {
			code, table := check(t, c.setting)
			if code != app.ExitFailure || !strings.Contains(table, c.fix) || !strings.Contains(table, c.fine) || !strings.Contains(table, "→ ") {
				t.Errorf("exit %d:\n%s", code, table)
			}
			if strings.Contains(table, "wrong-and-secret") {
				t.Errorf("a secret was printed:\n%s", table)
			}
		})
	}
}

func TestCheckMakesNoStore(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "data")
	check(t, "OKTAWS_DATA_DIR="+dir)
	if _, err := os.Stat(dir); !os.IsNotExist(err) {
		t.Errorf("the data folder is there: %v", err)
	}
}
