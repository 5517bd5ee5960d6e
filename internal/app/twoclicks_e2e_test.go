package app_test

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/oktaws/oktaws/internal/app"
	"github.com/oktaws/oktaws/internal/sandbox/slack"
	"github.com/oktaws/oktaws/store"
)

// unlinkable lets approved accounts fail at their first step: these tests are about decisions.
const unlinkable = "OKTAWS_AWS_ACCESS_ROLE=Nobody"

// atOnce runs all of them at the same moment.
func atOnce(all ...func()) {
	var ready, running sync.WaitGroup
	start := make(chan struct{})
	for _, do := range all {
		ready.Add(1)
		running.Go(func() {
			ready.Done()
			<-start
			do()
		})
	}
	ready.Wait()
	close(start)
	running.Wait()
}

// recorded is the one request for an account, and what the audit trail has of it.
func recorded(t *testing.T, a *app.App, account string) (r store.Request, events []string) {
	t.Helper()
	if err := a.Store.View(t.Context(), func(tx *store.ReadTx) error {
		found := 0
		if err := tx.Requests(func(each store.Request) bool {
			if each.Account.ID == account {
				found, r = found+1, each
			}
			return true
		}); err != nil {
			return err
		}
		if found != 1 {
			t.Errorf("%d requests for account %s", found, account)
		}
		return tx.EventsOf(store.EventFilter{Request: r.ID}, func(e store.Event) bool {
			if strings.HasPrefix(e.What, "request.") {
				events = append(events, e.What)
			}
			return true
		})
	}); err != nil {
		t.Fatal(err)
	}
	return r, events
}

func TestTwoClicksMakeOneDecision(t *testing.T) {
	t.Parallel()
	r := newRig(t, unlinkable)
	a := r.serve()
	first, lost := map[string]int{}, map[string]int{}
	for n := range 24 {
		account := fmt.Sprintf("1000000000%02d", n)
		r.says(slack.Requester, "link "+account+" Account-"+account)
		asked := r.request(account)
		one, two := slack.AdminOne, slack.AdminTwo
		if n%4 > 1 {
			one, two = two, one
		}
		told := map[string]int{one: len(r.Slack.Ephemerals(one)), two: len(r.Slack.Ephemerals(two))}
		approve := func(user string) func() {
			return func() {
				if seen, err := r.Slack.Click(r.Context(), user, asked.Channel, asked.TS, "approve"); err != nil || seen.Error != "" {
					// The message may have lost its button to the other click; people's own clients lag behind.
					if seen, err := r.Slack.ClickOld(r.Context(), user, asked, "approve"); err != nil || seen.Error != "" {
						t.Errorf("%s clicks approve: %v %s", user, err, seen.Error)
					}
				}
			}
		}
		var form slack.Seen
		if n%2 == 0 {
			atOnce(approve(one), approve(two))
		} else {
			r.clicks(two, asked, "deny")
			r.until("the form", func() bool { return len(r.Slack.Views(two)) > 0 })
			view := r.Slack.Views(two)[0].ID
			atOnce(approve(one), func() {
				seen, err := r.Slack.Submit(r.Context(), two, view, map[string]map[string]any{"reason": {"value": "not this one"}})
				if err != nil || seen.Error != "" {
					t.Errorf("%s denies: %v %s", two, err, seen.Error)
				}
				form = seen
			})
		}

		req, events := recorded(t, a, account)
		if n := countOf(events, "request.approved") + countOf(events, "request.denied"); n != 1 || req.Decided == nil {
			t.Fatalf("account %s: %d decisions: %v, %+v", account, n, events, req.Decided)
		}
		if countOf(events, "request.approval") != len(req.Approvals) || len(req.Approvals) > 1 {
			t.Errorf("account %s: approvals %+v, but events %v", account, req.Approvals, events)
		}
		winner, loser := one, two
		if req.Decided.By.ID == two {
			winner, loser = two, one
		}
		first[string(req.State)+" by "+winner]++
		said := fmt.Sprintf("already %s by <@%s>", req.State, winner)
		if loser == two && n%2 == 1 {
			if form.View == nil || !strings.Contains(plainJSON(string(form.View.Blocks)), said) {
				t.Errorf("the one who came second with Deny reads %+v, not %q", form, said)
			}
			if form.View != nil {
				_ = r.Slack.CloseView(r.Context(), two, form.View.ID)
			}
		} else {
			mustSay(t, r.whispered(loser, told[loser]), said)
			lost[loser]++
		}
		sign, other := "Approved by <@"+winner+">", "Denied by"
		if req.State == store.RequestDenied {
			sign, other = "Denied by <@"+winner+">", "Approved by"
		}
		r.until("the decision", func() bool {
			for _, m := range r.Slack.Messages(slack.AdminChannel) {
				if m.TS == asked.TS && strings.Contains(m.Text, sign) {
					if strings.Contains(m.Text, other) || has(m, "approve") || has(m, "deny") || strings.Contains(m.Text, "<@"+loser+">") {
						t.Errorf("the message says: %s", m.Text)
					}
					return true
				}
			}
			return false
		})
	}
	for _, user := range []string{slack.AdminOne, slack.AdminTwo} {
		if n := len(r.Slack.Ephemerals(user)); n != lost[user] {
			t.Errorf("%s came second %d times, and was told so %d times", user, lost[user], n)
		}
	}
	r.oneDecisionEach(24)
	t.Logf("who was first: %v", first)
	if left := r.Slack.Missed(); len(left) > 0 {
		t.Errorf("unanswered: %+v", left)
	}
}

// oneDecisionEach waits until the requester has heard of every decision, and fails where they heard twice of one.
func (r *rig) oneDecisionEach(requests int) {
	r.Helper()
	heard := func() map[string]int {
		n := map[string]int{}
		for _, m := range r.Slack.Messages(r.Slack.DM(slack.Requester)) {
			if account, ok := strings.CutPrefix(m.Text, "Your request to link AWS account "); ok {
				n[account[:12]]++
			}
		}
		return n
	}
	r.until("all decisions", func() bool { return len(heard()) == requests })
	for account, n := range heard() {
		if n != 1 {
			r.Errorf("the requester heard %d times how the request for %s was decided", n, account)
		}
	}
}

func countOf(all []string, one string) (n int) {
	for _, each := range all {
		if each == one {
			n++
		}
	}
	return n
}

// plainJSON undoes the escapes of <, > and & in JSON.
func plainJSON(s string) string {
	return strings.NewReplacer(`\u003c`, "<", `\u003e`, ">", `\u0026`, "&").Replace(s)
}

func TestTwoClicksOfOnePersonAreOneApproval(t *testing.T) {
	t.Parallel()
	r := newRig(t, unlinkable, "OKTAWS_APPROVALS_REQUIRED=2")
	a := r.serve()
	for n := range 6 {
		account := fmt.Sprintf("2000000000%02d", n)
		r.says(slack.Requester, "link "+account+" Account-"+account)
		asked := r.request(account)
		before := len(r.Slack.Ephemerals(slack.AdminOne))
		click := func(user string) func() {
			return func() {
				if seen, err := r.Slack.ClickOld(r.Context(), user, asked, "approve"); err != nil || seen.Error != "" {
					t.Errorf("%s clicks approve: %v %s", user, err, seen.Error)
				}
			}
		}
		atOnce(click(slack.AdminOne), click(slack.AdminOne))
		r.whispered(slack.AdminOne, before+1)
		var said []string
		for _, m := range r.Slack.Ephemerals(slack.AdminOne)[before:] {
			said = append(said, m.Text)
		}
		slices.Sort(said)
		mustSay(t, strings.Join(said, "\n"), "You have approved this request already. Somebody else must approve too.", "Your approval is noted. 1 more approval is still needed.")
		if req, events := recorded(t, a, account); req.State != store.Pending || len(req.Approvals) != 1 || countOf(events, "request.approval") != 1 {
			t.Fatalf("%s with approvals %+v, events %v", req.State, req.Approvals, events)
		}
		r.Slack.DeliverTwice(1)
		click(slack.AdminTwo)()
		if req, events := recorded(t, a, account); req.State != store.Approved || len(req.Approvals) != 2 || countOf(events, "request.approved") != 1 {
			t.Fatalf("%s with approvals %+v, events %v", req.State, req.Approvals, events)
		}
	}
	r.oneDecisionEach(6)
	if said := r.Slack.Ephemerals(slack.AdminTwo); len(said) != 0 {
		t.Errorf("a click that was delivered twice was answered: %+v", said)
	}
}

func TestTwoRequestsAtOnceMakeOne(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	a := r.serve()
	for n := range 10 {
		account := fmt.Sprintf("3000000000%02d", n)
		said := make([]string, 2)
		ask := func(i int, user string) func() {
			return func() {
				seen, err := r.Slack.Command(r.Context(), user, slack.General, "/oktaws", "link "+account+" Account-"+account)
				if err != nil || seen.Error != "" || seen.Reply == nil {
					t.Errorf("%s asks: %v %+v", user, err, seen)
					return
				}
				said[i] = seen.Reply.Text
			}
		}
		atOnce(ask(0, slack.Requester), ask(1, slack.AdminOne))
		req, _ := recorded(t, a, account)
		if req.Requester.ID == slack.AdminOne {
			slices.Reverse(said)
		}
		mustSay(t, said[0], "You asked to link")
		mustSay(t, said[1], "already asked for by <@"+req.Requester.ID+">")
	}
}
