package app_test

import (
	"context"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/oktaws/oktaws/internal/app"
	"github.com/oktaws/oktaws/internal/sandbox/slack"
	"github.com/oktaws/oktaws/store"
)

// calls runs an operator's command, and waits until it has said something on stdout or stderr.
func (r *rig) calls(ctx context.Context, saying string, args ...string) (output *lockedBuffer, exit chan int) {
	r.Helper()
	output, exit = &lockedBuffer{}, make(chan int, 1)
	go func() {
		exit <- app.Run(ctx, app.Options{Args: args, Environ: r.environ(), Stdout: output, Stderr: output, Clock: r.clock})
	}()
	r.until(saying+" said by oktaws "+strings.Join(args, " "), func() bool { return strings.Contains(output.String(), saying) })
	return output, exit
}

func withoutSlack() []string {
	return []string{unasked, inModeGroups, "SLACK_BOT_TOKEN=", "SLACK_APP_TOKEN=", "OKTAWS_SLACK_ADMIN_CHANNEL="}
}

func TestWhatCtrlCCutsOffIsCarriedOn(t *testing.T) {
	t.Parallel()
	r := newRigAt(t, quick, withoutSlack()...)
	ctx, cancel := context.WithCancel(t.Context())
	output, exit := r.calls(ctx, "Reach the AWS account: done", "link", gmail, label)
	cancel()
	if code := <-exit; code != app.ExitFailure {
		t.Errorf("exit code %d: %s", code, output)
	}
	mustSay(t, output.String(), "stopped waiting", "It carries on with oktaws status "+gmail+" --wait, or when oktaws serve starts.")
	output, exit = r.calls(t.Context(), ": linked", "status", gmail, "--wait")
	if code := <-exit; code != app.ExitOK {
		t.Errorf("exit code %d: %s", code, output)
	}
}

func TestCtrlCEndsACommandInServeAndNotTheWork(t *testing.T) {
	t.Parallel()
	r := newRigAt(t, quick, unasked, inModeGroups)
	r.serve()
	ctx, cancel := context.WithCancel(t.Context())
	output, exit := r.calls(ctx, "Reach the AWS account: done", "link", gmail, label, "--approve-as-operator", "--reason", "a test")
	cancel()
	if code := <-exit; code != app.ExitFailure {
		t.Errorf("exit code %d: %s", code, output)
	}
	mustSay(t, output.String(), "stopped waiting", "It carries on; oktaws status "+gmail+" shows where it stands.")
	r.find(slack.AdminChannel, "is linked to Okta")
}

func TestWhoWaitsForAListSeesItApprovedAndLinked(t *testing.T) {
	t.Parallel()
	r := newRigAt(t, quick, unasked, inModeGroups)
	r.serve()
	file := filepath.Join(t.TempDir(), "accounts.csv")
	if err := os.WriteFile(file, []byte(gmail+",Gmail-AWS-Account\n444455556666,Analytics\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	output, exit := r.calls(t.Context(), "Waiting for approval in Slack", "link", "--file", file, "--wait")
	request := regexp.MustCompile(`request (\S+)\.\n`).FindStringSubmatch(output.String())
	if request == nil {
		t.Fatalf("no request was made: %s", output)
	}
	_, approved := r.calls(t.Context(), "", "approve", request[1], "--reason", "a test", "--wait=false")
	if code := <-approved; code != app.ExitOK {
		t.Errorf("approve ended with exit code %d", code)
	}
	if code := <-exit; code != app.ExitOK {
		t.Errorf("exit code %d: %s", code, output)
	}
	mustSay(t, output.String(), "2 of 2 accounts done", "Gmail-AWS-Account  linked")
}

func TestTheEndOfServeIsToldToWhoWaits(t *testing.T) {
	t.Parallel()
	r := newRigAt(t, quick, unasked, inModeGroups)
	r.serve()
	output, exit := r.calls(t.Context(), "Asked to link", "link", gmail, label, "--wait")
	events, followed := r.calls(t.Context(), "request.opened", "events", "--follow", "--json")
	if code := r.stop(); code != 0 {
		t.Errorf("exit code %d", code)
	}
	for _, c := range []struct {
		output *lockedBuffer
		exit   chan int
	}{{output, exit}, {events, followed}} {
		if code := <-c.exit; code != app.ExitFailure {
			t.Errorf("exit code %d: %s", code, c.output)
		}
		mustSay(t, c.output.String(), "ended while it ran this command", "oktaws status shows where it stands")
	}
	// Killed later, oktaws serve leaves its socket, which is nobody then.
	if err := os.WriteFile(filepath.Join(r.dir, "oktaws.sock"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	r.calls(t.Context(), "waiting for approval", "list")
	r.serve()
	r.calls(t.Context(), "waiting for approval", "list")
}

func TestEventsAreFollowedUntilCtrlC(t *testing.T) {
	t.Parallel()
	r := newRigAt(t, quick, unasked, inModeGroups)
	r.serve()
	_, exit := r.calls(t.Context(), "It waits for approval", "link", gmail, label)
	<-exit
	ctx, cancel := context.WithCancel(t.Context())
	output, exit := r.calls(ctx, "request.opened", "events", gmail, "--follow")
	r.clicks(slack.AdminOne, r.request(gmail), "approve")
	r.until("the account linked", func() bool { return strings.Contains(output.String(), "account.linked") })
	cancel()
	if code := <-exit; code != app.ExitOK {
		t.Errorf("exit code %d: %s", code, output)
	}
	if n := strings.Count(output.String(), "request.opened"); n != 1 {
		t.Errorf("an event was told %d times: %s", n, output)
	}
}

func TestAFolderInUseByAnotherOktawsIsToldSo(t *testing.T) {
	t.Parallel()
	r := newRigAt(t, quick, withoutSlack()...)
	engine, err := store.OpenBolt(r.dir)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = engine.Close() }()
	output, other := r.calls(t.Context(), "is in use by process", "list", "--json")
	if code := <-other; code != app.ExitFailure {
		t.Errorf("exit code %d", code)
	}
	mustSay(t, output.String(), `"kind":"conflict"`, "try again in a moment")
}
