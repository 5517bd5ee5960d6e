package app_test

import (
	"testing"
	"time"

	"github.com/oktaws/oktaws/internal/sandbox/slack"
	"github.com/oktaws/oktaws/internal/sandbox/wire"
)

// TestAnswersThatGoMissing loses the first answer of each call that makes or changes something after its effect, or has
// the other side refuse it for a moment. The program lives on, and ends with one of each.
func TestAnswersThatGoMissing(t *testing.T) {
	for what, fault := range map[string]wire.Fault{
		"lost":       {Cut: "after", Times: 1},
		"in trouble": {Status: 503, Times: 1},
	} {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			r := newRig(t, unhurried)
			for _, call := range []struct{ service, operation string }{
				{"sts", "AssumeRole"},
				{"iam", "CreateSAMLProvider"}, {"iam", "CreateUser"}, {"iam", "PutUserPolicy"}, {"iam", "CreateAccessKey"},
				{"cloudformation", "CreateStack"},
				{"okta", "createApplication"}, {"okta", "addGroup"}, {"okta", "assignGroupToApplication"},
			} {
				fault.Service, fault.Operation = call.service, call.operation
				r.Hub.Add(fault)
			}
			r.serve()
			persevere(t.Context(), r)
			wholeAndSingle(t, r)
			if code := r.stop(); code != 0 {
				t.Errorf("exit code %d", code)
			}
		})
	}
}

// TestLeavesInTimeWithCallsUnderWay stops the program while neither AWS nor Okta nor Slack answers.
func TestLeavesInTimeWithCallsUnderWay(t *testing.T) {
	r := newRig(t)
	r.serve()
	r.says(slack.Requester, "link "+gmail+" "+label)
	request := r.request(gmail)
	waiting := make(chan string, 100)
	r.Hub.Hook(func(c wire.Call) *wire.Fault {
		if !fromUs(c) || c.Service == "sts" || c.Operation == "ListAccountAliases" || c.Service == "slack" && c.Operation != "chat.postMessage" {
			return nil
		}
		select {
		case waiting <- c.Service:
		default:
		}
		return &wire.Fault{ID: "slow", DelayMillis: 60_000}
	})
	r.clicks(slack.AdminOne, request, "approve")
	for missing := map[string]bool{"iam": true, "okta": true, "slack": true}; len(missing) > 0; {
		select {
		case service := <-waiting:
			delete(missing, service)
		case <-time.After(patience):
			t.Fatalf("no call of %v", missing)
		}
	}
	began := time.Now()
	if code, took := r.stop(), time.Since(began); code != 0 || took > 10*time.Second {
		t.Errorf("it left with %d after %s", code, took)
	}
}
