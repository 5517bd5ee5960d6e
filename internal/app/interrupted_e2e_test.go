package app_test

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/oktaws/oktaws/internal/sandbox/slack"
	"github.com/oktaws/oktaws/internal/sandbox/wire"
)

// place is one external call of a whole run: the nth of its operation.
type place struct {
	service, operation string
	n                  int
}

func (p place) String() string { return fmt.Sprintf("%s %s %d", p.service, p.operation, p.n) }

// fromUs says whether a call is one that the program makes, rather than a person or Slack's socket.
func fromUs(c wire.Call) bool {
	return c.Operation != "socket" && !strings.HasPrefix(c.Operation, "console.")
}

// TestInterruptedAnywhere cuts the program off at every external call of a whole run, once before the call has its
// effect and once after it (before or after it, in turn, under the race detector), starts it anew from the store, and
// looks for what was left behind or left out.
func TestInterruptedAnywhere(t *testing.T) {
	places := everyCall(t)
	var cuts atomic.Int32
	var tries int
	var missed sync.Map
	t.Run("cut", func(t *testing.T) {
		for i, at := range places {
			whens := []string{"before", "after"}
			if underRace {
				whens = whens[i%2 : i%2+1]
			}
			for _, when := range whens {
				tries++
				t.Run(fmt.Sprintf("%s %s", when, at), func(t *testing.T) {
					t.Parallel()
					if interrupted(t, at, when) {
						cuts.Add(1)
					} else {
						missed.Store(at.String(), true)
					}
				})
			}
		}
	})
	var skipped []string
	missed.Range(func(k, _ any) bool { skipped = append(skipped, k.(string)); return true })
	slices.Sort(skipped)
	t.Logf("cut at %d of %d places: %d calls", cuts.Load(), tries, len(places))
	if len(skipped) > 0 {
		t.Logf("calls that came less often than in the first run, so that there was nothing to cut: %s", strings.Join(skipped, ", "))
	}
	if int(cuts.Load()) < tries*3/4 {
		t.Errorf("only %d of %d places were cut", cuts.Load(), tries)
	}
}

// unhurried keeps the polls of the person's step rare, so that runs don't differ by their number.
const unhurried = "OKTAWS_TASKS_CHECK_EVERY=30m"

// everyCall makes a whole run and returns each call of it.
func everyCall(t *testing.T) []place {
	r := newRig(t, unhurried)
	r.serve()
	persevere(t.Context(), r)
	var places []place
	count := map[string]int{}
	for _, c := range r.Hub.Calls(0) {
		if fromUs(c) {
			count[c.Service+" "+c.Operation]++
			places = append(places, place{c.Service, c.Operation, count[c.Service+" "+c.Operation]})
		}
	}
	r.stop()
	return places
}

// interrupted makes a run that is cut off at a place, and says whether it came to that place.
func interrupted(t *testing.T, at place, when string) bool {
	r := newRig(t, unhurried)
	killed := make(chan struct{})
	var seen atomic.Int32
	p := r.start()
	r.Hub.Hook(func(c wire.Call) *wire.Fault {
		switch {
		case !fromUs(c):
			return nil
		case p.life.Over():
			return &wire.Fault{ID: "dead", Cut: "before"}
		case c.Service == at.service && c.Operation == at.operation && int(seen.Add(1)) == at.n:
			p.life.End()
			close(killed)
			return &wire.Fault{ID: "death", Cut: when}
		}
		return nil
	})
	alive, die := context.WithCancel(t.Context())
	go func() {
		select {
		case <-killed:
			die()
		case <-alive.Done():
		}
	}()
	persevere(alive, r)
	die()
	cut := p.life.Over()
	if cut {
		r.stop()
		r.Hub.Hook(nil)
		r.serve()
		persevere(t.Context(), r)
	}
	wholeAndSingle(t, r)
	return cut
}

// persevere is the people of the story, who look at what is before them and do what it asks for, until the account is
// linked and all have heard of it, or ctx ends.
func persevere(ctx context.Context, r *rig) {
	r.Helper()
	deadline := time.Now().Add(patience)
	for ctx.Err() == nil && !heard(r) {
		if time.Now().After(deadline) {
			r.Fatalf("the account never got linked\n%s\n%s", r.conversation(), r.output)
		}
		changed, okta, aws := r.Slack.Changed(), r.Okta.Changed(), r.AWS.Changed()
		if act(ctx, r) {
			continue
		}
		select {
		case <-changed:
		case <-okta:
		case <-aws:
		case <-time.After(100 * time.Millisecond):
		case <-ctx.Done():
		}
	}
}

func heard(r *rig) bool {
	_, requester := r.look(r.Slack.DM(slack.Requester), "is linked to Okta")
	_, admins := r.look(slack.AdminChannel, "is linked to Okta")
	request, _ := r.look(slack.AdminChannel, "Approved by")
	progress, ok := r.look(r.Slack.DM(slack.Requester), "11 of 11 steps are done")
	return requester && admins && request.TS != "" && ok && progress.TS != ""
}

// act does the next thing that somebody has before them, and says whether there was one.
func act(ctx context.Context, r *rig) bool {
	if r.Slack.Connections() == 0 {
		return false
	}
	messages := r.Slack.Messages(slack.AdminChannel)
	if len(messages) == 0 {
		if _, asked := r.look(r.Slack.DM(slack.Requester), "You asked to link"); asked {
			return false
		}
		seen, err := r.Slack.Command(ctx, slack.Requester, slack.General, "/oktaws", "link "+gmail+" "+label)
		return err == nil && seen.Error == ""
	}
	for _, m := range slices.Backward(messages) {
		if has(m, "approve") {
			seen, err := r.Slack.Click(ctx, slack.AdminOne, m.Channel, m.TS, "approve")
			return err == nil && seen.Error == ""
		}
	}
	return doTask(ctx, r)
}

// doTask does the person's step as far as it goes.
func doTask(ctx context.Context, r *rig) bool {
	var task slack.Message
	for _, m := range r.Slack.Messages(r.Slack.DM(slack.AdminOne)) {
		if has(m, "credentials") {
			task = m
		}
	}
	app := ours(r)
	if task.TS == "" || app == "" {
		return false
	}
	now, _ := r.Okta.Application(app)
	if now.Provisioning.CreateUsers {
		seen, err := r.Slack.Click(ctx, slack.AdminOne, task.Channel, task.TS, "done")
		return err == nil && seen.Error == "" && ctx.Err() == nil && r.Slack.Wait(ctx, func() bool { return !stillAsked(r, task) }) == nil
	}
	if id, secret, ok := r.shown(slack.AdminOne); ok {
		if status, _ := r.admin(app, "api-integration", map[string]any{"enabled": true, "accessKey": id, "secretKey": secret}); status == http.StatusOK {
			r.admin(app, "to-app", map[string]any{"createUsers": true, "updateAttributes": true})
			return true
		}
	}
	if seen, err := r.Slack.Click(ctx, slack.AdminOne, task.Channel, task.TS, "credentials"); err != nil || seen.Error != "" {
		return false
	}
	wait, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	return r.Slack.Wait(wait, func() bool { _, _, ok := r.shown(slack.AdminOne); return ok }) == nil
}

func stillAsked(r *rig, task slack.Message) bool {
	for _, m := range r.Slack.Messages(task.Channel) {
		if m.TS == task.TS {
			return has(m, "done")
		}
	}
	return false
}

func ours(r *rig) string {
	for _, a := range r.Okta.Applications() {
		if a.Label == label {
			return a.ID
		}
	}
	return ""
}

// wholeAndSingle looks for what a repeated step could have made twice, and for what was left half done.
func wholeAndSingle(t *testing.T, r *rig) {
	t.Helper()
	var apps, stacks, users int
	for _, a := range r.Okta.Applications() {
		if a.Label == label {
			apps++
		}
	}
	for _, s := range r.AWS.Stacks(gmail) {
		stacks++
		if s.Status != "CREATE_COMPLETE" {
			t.Errorf("the stack is %s", s.Status)
		}
	}
	for _, u := range r.AWS.Users(gmail) {
		if strings.HasPrefix(u.Path, "/oktaws/") {
			users++
		}
	}
	providers, keys := len(r.AWS.Providers(gmail)), r.AWS.AccessKeys(gmail, "OktaSSOuser")
	if apps != 1 || providers != 1 || stacks != 1 || users != 1 || len(keys) != 1 {
		t.Errorf("%d applications, %d identity providers, %d stacks, %d users, %d keys; want one of each\n%s", apps, providers, stacks, users, len(keys), r.output)
	}
	if groups := r.Okta.Assignments(ours(r)); len(groups) != 3 {
		t.Errorf("%d groups are assigned", len(groups))
	}
	requests := 0
	for _, m := range r.Slack.Messages(slack.AdminChannel) {
		if has(m, "approve") {
			requests++
		}
	}
	if requests > 0 {
		t.Errorf("%d requests stand unanswered in the admin channel\n%s", requests, r.conversation())
	}
}
