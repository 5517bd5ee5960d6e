package app_test

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/oktaws/oktaws/internal/sandbox/slack"
	"github.com/oktaws/oktaws/internal/sandbox/wire"
)

// onTheWire are the calls to Okta and AWS that the program makes from now on until none has come for a while.
func (r *rig) onTheWire(do func()) (calls []wire.Call) {
	r.Helper()
	ctx, cancel := context.WithTimeout(r.Context(), patience)
	defer cancel()
	r.Hub.Settle(ctx, 300*time.Millisecond)
	before := r.Hub.Received()
	do()
	r.Hub.Settle(ctx, 300*time.Millisecond)
	return slices.DeleteFunc(r.Hub.Calls(before), func(c wire.Call) bool { return !toAWSOrOkta(c) })
}

func operations(calls []wire.Call) string {
	var out []string
	for _, c := range calls {
		out = append(out, c.Service+" "+c.Operation)
	}
	return strings.Join(out, ", ")
}

// mostCalls is how many calls to Okta and AWS a check of an account may take, the one for its credentials included.
const mostCalls = 8

// TestCheckTakesFewCalls counts the calls of a check on the wire, in both integration modes and in a shared application: one that somebody asks for,
// and two scheduled ones, of which one has CloudFormation look for drift.
func TestCheckTakesFewCalls(t *testing.T) {
	for _, mode := range []string{"groups", "api", "shared"} {
		t.Run(mode, func(t *testing.T) {
			t.Parallel()
			settings := []string{"OKTAWS_OKTA_INTEGRATION_MODE=" + mode}
			if mode == "shared" {
				settings = []string{inModeGroups, "OKTAWS_OKTA_SHARED_APPLICATION=AWS"}
			}
			r := newRigAt(t, quick, settings...)
			r.serve()
			switch mode {
			case "groups":
				r.linkedByName(gmail, label)
			case "api":
				r.linked(gmail, label)
			default:
				r.carries(gmail, "link "+gmail+" "+label, "is linked to Okta")
			}
			asked := func() []wire.Call {
				return r.onTheWire(func() { mustSay(t, r.looksAt(gmail), "all as it shall be") })
			}
			scheduled := func() []wire.Call { return r.onTheWire(func() { r.clock.Advance(24 * time.Hour) }) }
			counted := map[string][]wire.Call{}
			for _, c := range []struct {
				name string
				do   func() []wire.Call
			}{{"asked for", asked}, {"asked for, by a program that has just started", asked}, {"scheduled", scheduled}, {"scheduled, the day after", scheduled}} {
				if c.name != "asked for" { // so that new credentials are needed
					r.stop()
					r.serve()
				}
				calls := c.do()
				counted[c.name] = calls
				t.Logf("mode %s, %s: %d calls: %s", mode, c.name, len(calls), operations(calls))
				if n := len(calls); n == 0 || n > mostCalls {
					t.Errorf("mode %s, %s: %d calls, want at most %d", mode, c.name, n, mostCalls)
				}
				if c.name != "asked for" && !strings.Contains(operations(calls), "sts AssumeRole") {
					t.Errorf("mode %s, %s: the credentials are not counted", mode, c.name)
				}
			}
			detects := func(name string) bool { return strings.Contains(operations(counted[name]), "DetectStackDrift") }
			if !detects("asked for") || detects("scheduled") == detects("scheduled, the day after") {
				t.Error("CloudFormation is to look for drift when somebody asks, and in every other scheduled check")
			}
		})
	}
}

// TestCheckByScheduleTellsOnce has somebody change a linked account, and nobody ask: the admins are told, once, and once it
// is repaired, that all is well again.
func TestCheckByScheduleTellsOnce(t *testing.T) {
	t.Parallel()
	const every = time.Hour
	r := newRigAt(t, quick, inModeGroups, "OKTAWS_DRIFT_CHECK_EVERY="+every.String())
	r.serve()
	r.linkedByName(gmail, label)
	// looked waits until the account was looked at so many times more.
	looked := func(times int) {
		t.Helper()
		count := func() (n int) {
			for _, c := range r.Hub.Calls(0) {
				if c.Operation == "GetAccountAuthorizationDetails" && c.Status == 200 {
					n++
				}
			}
			return n
		}
		for range times {
			before := count()
			r.clock.Advance(every)
			r.until("another check", func() bool { return count() > before })
			r.Hub.Settle(r.Context(), 100*time.Millisecond) // and noted, so that the next one is planned
		}
	}
	looked(2)
	const differs = "differs from what it shall be"
	if told := r.saying(slack.AdminChannel, differs); len(told) != 0 {
		t.Fatalf("all is well, and the admins read %s", read(told[0]))
	}
	for range 2 {
		told := r.hears(slack.AdminChannel, func() {
			if err := r.AWS.AttachPolicy(gmail, "ReadOnlyAccess", "arn:aws:iam::aws:policy/AdministratorAccess"); err != nil {
				t.Fatal(err)
			}
			r.clock.Advance(every)
		}, gmail, differs)
		r.until("the buttons", func() bool { told = r.find(slack.AdminChannel, differs); return has(told, "repair") })
		mustSay(t, read(told), label, "ReadOnlyAccess", "AdministratorAccess", "Repair", "Ignore")
		looked(4)
		if n := len(r.saying(slack.AdminChannel, gmail, differs)); n != 1 {
			t.Errorf("it is told %d times", n)
		}
		r.hears(r.Slack.DM(slack.AdminOne), func() { r.clicks(slack.AdminOne, told, "repair") }, "You asked to repair", gmail)
		r.hears(r.Slack.DM(slack.AdminOne), func() { r.clicks(slack.AdminTwo, r.request(gmail), "approve") }, gmail, "is repaired")
		r.until("all is well again", func() bool {
			return len(r.saying(slack.AdminChannel, gmail, differs)) == 0 && len(r.saying(slack.AdminChannel, gmail, "is all as it shall be again")) == 1 // of an earlier time, it says that a newer one takes its place
		})
		looked(2)
		if now := r.saying(slack.AdminChannel, gmail, differs); len(now) != 0 {
			t.Errorf("it is told after the repair: %s", read(now[0]))
		}
	}
	r.mayBe(label, gmail+"/ReadOnlyAccess")
}
