package app_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/oktaws/oktaws/internal/sandbox/slack"
	"github.com/oktaws/oktaws/internal/sandbox/wire"
)

// TestAnswersThatGoMissing loses the answers of each call that makes or changes something after its effect, or has the
// other side refuse it for a moment; the program lives on, and ends with one of each.
func TestAnswersThatGoMissing(t *testing.T) {
	for _, call := range []struct{ service, operation string }{
		{"sts", "AssumeRole"},
		{"iam", "CreateSAMLProvider"}, {"iam", "CreateUser"}, {"iam", "PutUserPolicy"}, {"iam", "CreateAccessKey"},
		{"cloudformation", "CreateStack"},
		{"okta", "createApplication"}, {"okta", "addGroup"}, {"okta", "assignGroupToApplication"},
	} {
		for what, fault := range map[string]wire.Fault{
			"lost":       {Cut: "after", Times: 1},
			"in trouble": {Status: 503, Times: 1},
		} {
			t.Run(fmt.Sprintf("%s %s %s", call.service, call.operation, what), func(t *testing.T) {
				t.Parallel()
				r := newRig(t, unhurried)
				fault.Service, fault.Operation = call.service, call.operation
				r.Hub.Add(fault)
				r.serve()
				persevere(t.Context(), r)
				wholeAndSingle(t, r)
				if code := r.stop(); code != 0 {
					t.Errorf("exit code %d", code)
				}
			})
		}
	}
}

// TestLeavesInTimeWithCallsUnderWay stops the program while AWS, Okta or Slack doesn't answer.
func TestLeavesInTimeWithCallsUnderWay(t *testing.T) {
	for _, call := range []struct{ service, operation string }{
		{"iam", "CreateUser"}, {"okta", "createApplication"}, {"slack", "chat.postMessage"},
	} {
		t.Run(call.service+" "+call.operation, func(t *testing.T) {
			t.Parallel()
			r := newRig(t)
			arrived := make(chan struct{}, 1)
			r.serve()
			r.Hub.Hook(func(c wire.Call) *wire.Fault {
				if c.Service != call.service || c.Operation != call.operation {
					return nil
				}
				select {
				case arrived <- struct{}{}:
				default:
				}
				return &wire.Fault{ID: "slow", DelayMillis: 60_000}
			})
			r.says(slack.Requester, "link "+gmail+" "+label)
			if call.service != "slack" {
				r.clicks(slack.AdminOne, r.request(gmail), "approve")
			}
			<-arrived
			began := time.Now()
			if code, took := r.stop(), time.Since(began); code != 0 || took > 10*time.Second {
				t.Errorf("it left with %d after %s", code, took)
			}
		})
	}
}
