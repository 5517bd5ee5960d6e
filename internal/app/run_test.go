package app

import (
	"bytes"
	"context"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"runtime/debug"
	"slices"
	"strings"
	"testing"

	"github.com/jonboulle/clockwork"
	"go.yaml.in/yaml/v3"

	"github.com/oktaws/oktaws/provision"
	"github.com/oktaws/oktaws/store"
)

// run runs the program in an empty folder.
func run(t *testing.T, env map[string]string, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	t.Chdir(t.TempDir())
	var environ []string
	for name, value := range env {
		environ = append(environ, name+"="+value)
	}
	var out, err bytes.Buffer
	code = Run(t.Context(), Options{Args: args, Environ: environ, Stdout: &out, Stderr: &err})
	return code, out.String(), err.String()
}

func TestExitCodes(t *testing.T) {
	cases := map[string]struct {
		args []string
		env  map[string]string
		code int
		says string // on stdout when it went well, else on stderr
	}{
		"help":                     {args: []string{"--help"}, code: ExitOK, says: "Available Commands"},
		"version":                  {args: []string{"version"}, code: ExitOK, says: "oktaws "},
		"version as JSON":          {args: []string{"version", "--json"}, code: ExitOK, says: `{"version":"`},
		"template":                 {args: []string{"template"}, code: ExitOK, says: "AWS::IAM::Role"},
		"no command":               {code: ExitUsage, says: "no command was given"},
		"unknown command":          {args: []string{"serv"}, code: ExitUsage, says: "serve"},
		"unknown flag":             {args: []string{"serve", "--confg=x"}, code: ExitUsage, says: "--confg"},
		"argument":                 {args: []string{"version", "now"}, code: ExitUsage, says: "oktaws version takes no arguments"},
		"flag without value":       {args: []string{"serve", "--config"}, code: ExitUsage, says: "--config"},
		"invalid configuration":    {args: []string{"serve"}, code: ExitFailure, says: "SLACK_BOT_TOKEN is not set"},
		"no such file":             {args: []string{"template", "--config", "nope.yaml"}, code: ExitFailure, says: "nope.yaml can't be read: no such file"},
		"no such file by variable": {args: []string{"template"}, env: map[string]string{"OKTAWS_CONFIG": "nope.yaml"}, code: ExitFailure, says: "nope.yaml can't be read"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			code, out, err := run(t, c.env, c.args...)
			said := out
			if c.code != ExitOK {
				said = err
			}
			if code != c.code || !strings.Contains(said, c.says) {
				t.Errorf("exit %d\nstdout: %s\nstderr: %s", code, out, err)
			}
		})
	}
}

func TestTemplateHoldsTheConfiguredRoles(t *testing.T) {
	file := yamlFile(t, `role_sets: {default: [{name: Auditors, policies: ["arn:aws:iam::aws:policy/SecurityAudit"]}]}`)
	code, out, err := run(t, nil, "template", "--config", file)
	if code != ExitOK {
		t.Fatalf("exit %d: %s", code, err)
	}
	var doc struct {
		Resources map[string]struct {
			Properties struct{ RoleName string } `yaml:"Properties"`
		} `yaml:"Resources"`
	}
	if err := yaml.Unmarshal([]byte(out), &doc); err != nil {
		t.Fatal(err)
	}
	if len(doc.Resources) != 1 || !strings.Contains(out, "Auditors") || !strings.Contains(out, "SecurityAudit") {
		t.Error(out)
	}
}

func TestTemplateIsOfTheNamedRoleSet(t *testing.T) {
	file := yamlFile(t, `role_sets:
  audit: [{name: Auditors, policies: ["arn:aws:iam::aws:policy/SecurityAudit"]}]
  broken: []
`)
	for _, c := range []struct {
		set, says string
		code      int
	}{
		{"audit", "Auditors", ExitOK},
		{"default", "Administrator", ExitOK},
		{"broken", "role_sets.broken has no role", ExitFailure},
		{"audits", "there is no role set audits. Did you mean audit?", ExitFailure},
	} {
		code, out, err := run(t, nil, "template", "--role-set", c.set, "--config", file)
		if code != c.code || !strings.Contains(out+err, c.says) {
			t.Errorf("%s: exit %d\nstdout: %s\nstderr: %s", c.set, code, out, err)
		}
	}
}

func TestVersionNamesTheCommit(t *testing.T) {
	for want, info := range map[string]*debug.BuildInfo{
		"oktaws v1.2.3, commit unknown, go1.26": {GoVersion: "go1.26", Main: debug.Module{Version: "v1.2.3"}},
		"oktaws (devel), commit abc, with changes, go1.26": {GoVersion: "go1.26", Settings: []debug.BuildSetting{
			{Key: "vcs.revision", Value: "abc"}, {Key: "vcs.modified", Value: "true"}}},
	} {
		if got := buildOf(info).String(); got != want {
			t.Errorf("got %q, not %q", got, want)
		}
	}
}

func TestStoreThatCannotBeUsedEndsServeWithOneClearLine(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	code, out, err := run(t, enough("OKTAWS_DATA_DIR="+file, "OKTAWS_LOG_FORMAT=json"), "serve")
	if code != ExitFailure || out != "" || strings.Count(err, "\n") != 1 || !strings.Contains(err, file) || !strings.Contains(err, `"remedy"`) {
		t.Errorf("exit %d\nstdout: %s\nstderr: %s", code, out, err)
	}
}

// away stands for Slack, Okta and AWS where they refuse everything.
func away(t *testing.T) string {
	t.Helper()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusForbidden) }))
	t.Cleanup(s.Close)
	return s.URL
}

// TestCheckTriesTheRestWhenAPartIsMissing has no Slack token at all, and Okta and AWS that refuse.
func TestCheckTriesTheRestWhenAPartIsMissing(t *testing.T) {
	url := away(t)
	env := without(enough("OKTA_CLIENT_ORGURL="+url, "AWS_ENDPOINT_URL="+url, "AWS_ACCESS_KEY_ID=AKIAEXAMPLE", "AWS_SECRET_ACCESS_KEY=verysecretkey"), "SLACK_BOT_TOKEN")
	code, out, stderr := run(t, env, "check")
	if code != ExitFailure {
		t.Errorf("exit %d", code)
	}
	for _, want := range []string{"FIX  SLACK_BOT_TOKEN", "ok   Store", "FIX  Slack", "not tried", "FIX  Okta", "FIX  AWS", "→", "must be fixed."} {
		if !strings.Contains(out, want) {
			t.Errorf("%q is not said:\n%s", want, out)
		}
	}
	for _, secret := range []string{env["SLACK_APP_TOKEN"], env["OKTA_CLIENT_TOKEN"], "verysecretkey"} {
		if strings.Contains(out+stderr, secret) {
			t.Errorf("a secret was printed:\n%s%s", out, stderr)
		}
	}
	if _, err := os.Stat("data"); !os.IsNotExist(err) {
		t.Errorf("check made the data folder: %v", err)
	}
}

func TestCheckLooksAtTheStoreAsItIs(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "data")
	p := &program{Options: Options{Clock: clockwork.NewRealClock()}}
	l := loaded{Config: Config{DataDir: dir}}
	look := func(ok bool, says string) {
		t.Helper()
		if f := p.checkStore(t.Context(), l); f.OK != ok || !strings.Contains(f.Detail, says) {
			t.Errorf("%+v", f)
		}
	}
	look(true, "will be made")
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	look(true, "is empty")
	if found, _ := os.ReadDir(dir); len(found) > 0 {
		t.Errorf("check left %v", found)
	}
	engine, err := store.OpenBolt(dir)
	if err != nil {
		t.Fatal(err)
	}
	look(true, "in use")
	if err := engine.Close(); err != nil {
		t.Fatal(err)
	}
	look(true, "knows 0 accounts")
	if err := os.Truncate(filepath.Join(dir, "oktaws.db"), 100); err != nil {
		t.Fatal(err)
	}
	look(false, "oktaws.db")
}

func TestTableIsAlignedAndFailsWhereSomethingMustBeFixed(t *testing.T) {
	var out bytes.Buffer
	p := &program{Options: Options{Stdout: &out}}
	fine := provision.Finding{What: "a", OK: true, Detail: "works"}
	if err := p.table([]provision.Finding{fine}); err != nil {
		t.Error(err)
	}
	if err := p.table([]provision.Finding{fine, {What: "longer", Detail: "fails\nbadly", Remedy: "mend it"}}); err == nil {
		t.Error("no failure")
	}
	const want = "ok  a  works\n\nEverything that was tried works.\nok   a       works\nFIX  longer  fails badly\n             → mend it\n\n1 of 2 must be fixed.\n"
	if out.String() != want {
		t.Errorf("got\n%s", out.String())
	}
}

// TestPoliciesInTheDocumentsAllowWhatTheProgramAsks compares the example policies with the calls in the code.
func TestPoliciesInTheDocumentsAllowWhatTheProgramAsks(t *testing.T) {
	document, err := os.ReadFile(filepath.Join(root, "docs/aws/access-role.json"))
	if err != nil {
		t.Fatal(err)
	}
	sources, err := filepath.Glob(filepath.Join(root, "provision/aws/*.go"))
	if err != nil || len(sources) == 0 {
		t.Fatal(sources, err)
	}
	calls := regexp.MustCompile(`\.(iam|cfn)\.([A-Z]\w+)\(ctx|(iam|cloudformation)\.New(\w+)Paginator\(`)
	found := 0
	for _, source := range sources {
		if strings.HasSuffix(source, "_test.go") {
			continue
		}
		code, err := os.ReadFile(source)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range calls.FindAllStringSubmatch(string(code), -1) {
			action := strings.Replace(m[1]+m[3], "cfn", "cloudformation", 1) + ":" + m[2] + m[4]
			found++
			if !strings.Contains(string(document), `"`+action+`"`) {
				t.Errorf("%s asks for %s, which the policy does not allow", filepath.Base(source), action)
			}
		}
	}
	if found < 20 {
		t.Errorf("only %d calls were found in the code", found)
	}
}

func TestStopsAtOnceWhenToldToBeforeSlackAnswers(t *testing.T) {
	url := away(t)
	env := enough("OKTA_CLIENT_ORGURL="+url, "SLACK_API_URL="+url+"/api/", "OKTAWS_DATA_DIR="+t.TempDir())
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	var environ []string
	for name, value := range env {
		environ = append(environ, name+"="+value)
	}
	slices.Sort(environ)
	var out, err bytes.Buffer
	if code := Run(ctx, Options{Args: []string{"serve"}, Environ: environ, Stdout: &out, Stderr: &err}); code != ExitOK {
		t.Errorf("exit %d: %s", code, err.String())
	}
}
