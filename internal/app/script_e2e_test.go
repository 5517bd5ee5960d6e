package app_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/oktaws/oktaws/internal/app"
	"github.com/oktaws/oktaws/internal/sandbox/slack"
	"github.com/oktaws/oktaws/store"
)

// TestCommands goes through the operator's commands as the scripts in testdata/script have it, each beside a sandbox of its
// own. Beside testscript's own commands there are these; what oktaws prints is looked at with stdout and stderr.
//
//	oktaws ARGUMENT…     runs oktaws in this process; what it prints with --json must be JSON
//	code N               the last oktaws ended with this exit code
//	serve, stop          starts oktaws serve, and waits until it answers; ends it
//	slack TEXT           waits for the text in the admin channel
//	approve ACCOUNT      an admin clicks Approve under the request for the account
//	enable LABEL         an admin enters the key that was printed last into Okta
//	person LABEL         does so as soon as the next oktaws prints one
//	interrupt TEXT       the next oktaws gets a Ctrl-C once it has said that
//	feed FILE            is what the next oktaws reads from stdin
//	profile NAME ACCOUNT a named profile of the AWS SDK's shared files leads to the account
//	unit PATH ACCOUNT    the account is moved into an organizational unit, which is made
//	token FILE           writes the Okta API token that TOKEN holds into the file
//	calls N OPERATION    so many calls of the operation were made in all
//	request FILE         sets REQUEST to the ID of the request in a JSON document
//	secret               the secret that was printed last is in no file and in no log
//	byhand ACCOUNT ROLE  somebody makes a role by hand
//	taken LABEL          somebody has an Okta application of that name
//	tamper ACCOUNT ROLE  somebody deletes one
//	private FILE         nobody else may read the file
//	damage FILE, cut FILE
//	                     overwrites a part of the file, takes its second half away
//	forge KEY            puts the first account at another key of the store
//	deny ACCOUNT ACTION, allow ACCOUNT
//	                     AWS refuses an action, and doesn't any more
func TestCommands(t *testing.T) {
	files, err := filepath.Glob("testdata/script/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			t.Parallel()
			r := newRigAt(t, quick, unasked, inModeGroups)
			w := &script{rig: r}
			testscript.RunT(scriptT{t}, testscript.Params{Files: []string{file}, Setup: w.setup, Cmds: w.commands(), RequireUniqueNames: true})
		})
	}
}

// scriptT runs a script within its own test.
type scriptT struct{ *testing.T }

func (s scriptT) Run(_ string, f func(testscript.T)) { f(s) }

func (s scriptT) Parallel() {} // it is already

func (s scriptT) Verbose() bool { return testing.Verbose() }

type script struct {
	*rig
	code  int
	names []string // of the variables of the program's environment

	// Of the next oktaws.
	person, interrupt string
	stdin             []byte
}

func (w *script) setup(env *testscript.Env) error {
	for _, v := range w.environ() {
		name, value, _ := strings.Cut(v, "=")
		env.Setenv(name, value)
		w.names = append(w.names, name)
	}
	w.names = append(w.names, "OKTAWS_OKTA_SHARED_APPLICATION", "OKTAWS_APPROVALS_REQUIRED", "SUDO_USER",
		"AWS_PROFILE", "AWS_CONFIG_FILE", "OKTA_CLIENT_CLIENTID", "OKTAWS_CONFIG")
	slices.Sort(w.names)
	w.names = slices.Compact(w.names)
	env.Setenv("SUDO_USER", "login")
	return nil
}

// environ of a script is what it has set; what it has set to nothing isn't there.
func (w *script) set(ts *testscript.TestScript) []string {
	var all []string
	for _, name := range w.names {
		if value := ts.Getenv(name); value != "" {
			all = append(all, name+"="+value)
		}
	}
	return all
}

func (w *script) commands() map[string]func(*testscript.TestScript, bool, []string) {
	return map[string]func(*testscript.TestScript, bool, []string){
		"oktaws": w.oktaws,
		"code": func(ts *testscript.TestScript, _ bool, args []string) {
			if strconv.Itoa(w.code) != args[0] {
				ts.Fatalf("the exit code was %d", w.code)
			}
		},
		"serve": func(ts *testscript.TestScript, _ bool, _ []string) {
			w.settings = w.set(ts)
			w.serve()
		},
		"stop": func(ts *testscript.TestScript, _ bool, _ []string) {
			if code := w.stop(); code != 0 {
				ts.Fatalf("oktaws serve ended with exit code %d", code)
			}
		},
		"slack": func(_ *testscript.TestScript, _ bool, args []string) { w.find(slack.AdminChannel, args[0]) },
		"approve": func(_ *testscript.TestScript, _ bool, args []string) {
			w.clicks(slack.AdminOne, w.request(args[0]), "approve")
		},
		"enable": func(ts *testscript.TestScript, _ bool, args []string) {
			key := printedKey.FindStringSubmatch(ts.ReadFile("stdout"))
			if key == nil {
				ts.Fatalf("no key was printed")
			}
			w.enable(w.application(args[0]).ID, key[1], key[2])
		},
		"person":    func(_ *testscript.TestScript, _ bool, args []string) { w.person = args[0] },
		"interrupt": func(_ *testscript.TestScript, _ bool, args []string) { w.interrupt = args[0] },
		"feed":      func(ts *testscript.TestScript, _ bool, args []string) { w.stdin = []byte(ts.ReadFile(args[0])) },
		"profile":   w.profile,
		"taken": func(ts *testscript.TestScript, _ bool, args []string) {
			_, err := w.Okta.MakeApplication(args[0], "", nil)
			ts.Check(err)
		},
		"unit": func(ts *testscript.TestScript, _ bool, args []string) {
			_, err := w.AWS.MakeUnit(args[0])
			ts.Check(errors.Join(err, w.AWS.MoveAccount(args[1], args[0])))
		},
		"token": func(ts *testscript.TestScript, _ bool, args []string) {
			ts.Check(os.WriteFile(ts.MkAbs(args[0]), []byte(ts.Getenv("TOKEN")+"\n"), 0o600))
		},
		"calls": func(ts *testscript.TestScript, _ bool, args []string) {
			n := 0
			for _, c := range w.Hub.Calls(0) {
				if c.Operation == args[1] {
					n++
				}
			}
			if strconv.Itoa(n) != args[0] {
				ts.Fatalf("there were %d calls of %s", n, args[1])
			}
		},
		"request": func(ts *testscript.TestScript, _ bool, args []string) {
			var d struct{ Request struct{ ID string } }
			ts.Check(json.Unmarshal([]byte(ts.ReadFile(args[0])), &d))
			ts.Setenv("REQUEST", d.Request.ID)
		},
		"byhand": func(ts *testscript.TestScript, _ bool, args []string) { ts.Check(w.AWS.MakeRole(args[0], args[1], "")) },
		"secret": func(ts *testscript.TestScript, _ bool, _ []string) {
			key := printedKey.FindStringSubmatch(ts.ReadFile("stdout"))
			if key == nil {
				ts.Fatalf("no key was printed")
			}
			if strings.Contains(w.output.String(), key[2]) {
				ts.Fatalf("the secret is in the log")
			}
			for _, name := range []string{"oktaws.db", "oktaws.lock"} {
				if strings.Contains(ts.ReadFile(filepath.Join(w.dir, name)), key[2]) {
					ts.Fatalf("the secret is in %s", name)
				}
			}
		},
		"private": func(ts *testscript.TestScript, _ bool, args []string) {
			info, err := os.Stat(ts.MkAbs(args[0]))
			ts.Check(err)
			if info.Mode().Perm() != 0o600 {
				ts.Fatalf("it is %v", info.Mode())
			}
		},
		"damage": func(ts *testscript.TestScript, _ bool, args []string) {
			f, err := os.OpenFile(ts.MkAbs(args[0]), os.O_WRONLY, 0)
			ts.Check(err)
			_, err = f.WriteAt(make([]byte, 8192), 0)
			ts.Check(errors.Join(err, f.Close()))
		},
		"cut": func(ts *testscript.TestScript, _ bool, args []string) {
			info, err := os.Stat(ts.MkAbs(args[0]))
			ts.Check(err)
			ts.Check(os.Truncate(ts.MkAbs(args[0]), info.Size()/2))
		},
		"forge": func(ts *testscript.TestScript, _ bool, args []string) {
			b, err := store.OpenBolt(ts.Getenv("OKTAWS_DATA_DIR"))
			ts.Check(err)
			err = b.Update(w.Context(), func(tx store.Writer) error {
				return tx.Scan("account/", "", func(_ string, value []byte) (bool, error) { return false, tx.Put(args[0], value) })
			})
			ts.Check(errors.Join(err, b.Close()))
		},
		"tamper": func(ts *testscript.TestScript, _ bool, args []string) { ts.Check(w.AWS.DeleteRole(args[0], args[1])) },
		"deny":   func(ts *testscript.TestScript, _ bool, args []string) { ts.Check(w.AWS.Deny(args[0], args[1:]...)) },
		"allow":  func(ts *testscript.TestScript, _ bool, args []string) { ts.Check(w.AWS.Allow(args[0])) },
	}
}

var printedKey = regexp.MustCompile(`Access key  (\S+)\nSecret key  (\S+)\n|"access_key_id": "(\S+)",\s*"secret_access_key": "(\S+)"`)

func (w *script) oktaws(ts *testscript.TestScript, neg bool, args []string) {
	stdout, stderr := &lockedBuffer{}, &lockedBuffer{}
	ctx, cancel := context.WithTimeout(w.Context(), patience)
	defer cancel()
	said := stdout // what it has said by now
	if w.interrupt != "" {
		said = &lockedBuffer{}
	}
	o := app.Options{Args: args, Environ: w.set(ts), Stdin: bytes.NewReader(w.stdin), Stdout: stdout, Stderr: stderr, Clock: w.clock}
	beside := make(chan error, 1)
	if w.person == "" {
		beside <- nil
	} else {
		person := w.person
		hears := &hearing{Writer: stdout, is: func() bool { return printedKey.MatchString(stdout.String()) },
			then: func() { go func() { beside <- w.enters(ctx, person, stdout.String()) }() }}
		o.Stdout = hears
	}
	if text := w.interrupt; text != "" {
		hears := func(to io.Writer) io.Writer {
			return &hearing{Writer: io.MultiWriter(to, said), is: func() bool { return strings.Contains(said.String(), text) }, then: cancel}
		}
		o.Stdout, o.Stderr = hears(o.Stdout), hears(o.Stderr)
	}
	w.person, w.interrupt, w.stdin = "", "", nil
	w.code = app.Run(ctx, o)
	_, _ = ts.Stdout().Write([]byte(stdout.String()))
	_, _ = ts.Stderr().Write([]byte(stderr.String()))
	if neg != (w.code != 0) {
		ts.Fatalf("exit code %d\n%s%s", w.code, stdout, stderr)
	}
	select {
	case err := <-beside:
		ts.Check(err)
	default:
		ts.Fatalf("no key was printed, or nobody has entered it yet\n%s%s", stdout, stderr)
	}
	if slices.Contains(args, "--json") && w.code != app.ExitUsage {
		text := stdout.String()
		if text == "" {
			lines := strings.Split(strings.TrimSpace(stderr.String()), "\n")
			text = lines[len(lines)-1]
		}
		for d := json.NewDecoder(strings.NewReader(text)); ; {
			var document map[string]any
			if err := d.Decode(&document); err == io.EOF {
				break
			} else if err != nil {
				ts.Fatalf("not JSON: %v: %s", err, text)
			}
		}
	}
}

// hearing does something once, when what was written is so.
type hearing struct {
	io.Writer
	is   func() bool
	then func()
	once sync.Once
}

func (h *hearing) Write(p []byte) (int, error) {
	n, err := h.Writer.Write(p)
	if h.is() {
		h.once.Do(h.then)
	}
	return n, err
}

// enters is the person's step, with the key that was printed.
func (w *script) enters(ctx context.Context, label, printed string) error {
	key := printedKey.FindStringSubmatch(printed)
	id := ""
	for _, a := range w.Okta.Applications() {
		if a.Label == label {
			id = a.ID
		}
	}
	for _, step := range []struct {
		name string
		body map[string]any
	}{
		{"api-integration", map[string]any{"enabled": true, "accessKey": key[1] + key[3], "secretKey": key[2] + key[4]}},
		{"to-app", map[string]any{"createUsers": true, "updateAttributes": true}},
	} {
		if status, answer, err := w.Console(ctx, id, step.name, step.body); err != nil || status != http.StatusOK {
			return fmt.Errorf("Okta refuses %s: %d %s %v", step.name, status, answer, err)
		}
	}
	return nil
}

// profile makes an IAM user who may do all in the account, and a profile with its key.
func (w *script) profile(ts *testscript.TestScript, _ bool, args []string) {
	name, account := args[0], args[1]
	ts.Check(w.AWS.MakeUser(account, name, nil))
	ts.Check(w.AWS.SetUserPolicy(account, name, "all", `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}`))
	id, secret, err := w.AWS.MakeKey(account, name)
	ts.Check(err)
	file := ts.MkAbs("aws-config")
	f, err := os.OpenFile(file, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	ts.Check(err)
	_, err = fmt.Fprintf(f, "[profile %s]\naws_access_key_id = %s\naws_secret_access_key = %s\nregion = us-east-1\n", name, id, secret)
	ts.Check(errors.Join(err, f.Close()))
	ts.Setenv("AWS_CONFIG_FILE", file)
}
