package app_test

import (
	"context"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/oktaws/oktaws/internal/app"
	"github.com/oktaws/oktaws/internal/sandbox/wire"
	"github.com/oktaws/oktaws/store"
)

// TestABatchThatIsKilledEndsAsIfNeverInterrupted links accounts as one batch, kills the program at random moments, before or
// after a call has had its effect, and compares what there is in the end with that of a run that nobody has killed. With
// OKTAWS_TEST_SEED it is another run; with OKTAWS_TEST_LONG, the one of 200 accounts and 20 kills.
func TestABatchThatIsKilledEndsAsIfNeverInterrupted(t *testing.T) {
	t.Parallel()
	accounts, kills, seed := 20, 6, uint64(200)
	if os.Getenv("OKTAWS_TEST_LONG") != "" {
		accounts, kills = 200, 20
	}
	if given, err := strconv.ParseUint(os.Getenv("OKTAWS_TEST_SEED"), 10, 64); err == nil {
		seed = given
	}
	whole := newBatchRun(t, accounts)
	whole.goOn(nil)
	want, wantTold := whole.ends()

	// An interrupted run makes more calls than one that isn't, so that all kills come.
	chance := rand.New(rand.NewPCG(seed, 0))
	moments := make([]int, kills)
	for i := range moments {
		moments[i] = 1 + chance.IntN(int(whole.came.Load()))
	}
	slices.Sort(moments)
	t.Logf("seed %d: of about %d calls, killed at %v", seed, whole.came.Load(), moments)
	cut := newBatchRun(t, accounts)
	cut.goOn(moments)
	got, told := cut.ends()
	for _, what := range slices.Sorted(maps.Keys(union(want, got))) {
		if want[what] != got[what] {
			t.Errorf("%s:\n%s\nand uninterrupted:\n%s", what, got[what], want[what])
		}
	}
	// What is posted as the program is killed may be posted again, and the older one never has buttons (docs/adr/0005).
	again := 0
	for _, m := range slices.Sorted(maps.Keys(union(wantTold, told))) {
		switch more := told[m] - wantTold[m]; {
		case more < 0 || more > 0 && strings.HasSuffix(m, withButtons):
			t.Errorf("%d times, and uninterrupted %d times: %s", told[m], wantTold[m], m)
		default:
			again += more
		}
	}
	if again > kills {
		t.Errorf("%d messages were posted again by %d kills", again, kills)
	}
}

func union[V any](a, b map[string]V) map[string]V {
	all := maps.Clone(a)
	maps.Copy(all, b)
	return all
}

// batchRun is a batch of accounts to link, the program that does so, and its people.
type batchRun struct {
	*rig
	accounts []store.AccountKey
	came     atomic.Int64 // calls of the program
}

const batchID = "b0001"

// unreminded keeps reminders out, which come or don't as the machine is slow or fast.
const unreminded = "OKTAWS_TASKS_REMIND_AFTER=720h"

func newBatchRun(t *testing.T, accounts int) *batchRun {
	t.Helper()
	b := &batchRun{rig: newRig(t, unasked, unhurried, unreminded, "OKTAWS_LOG_LEVEL=warn")}
	for i := range accounts {
		k := store.AccountKey{Partition: "aws", ID: fmt.Sprintf("7%011d", i)}
		if err := b.AWS.AddAccount(k.ID, batchLabel(k)); err != nil {
			t.Fatal(err)
		}
		b.accounts = append(b.accounts, k)
	}
	return b
}

func batchLabel(k store.AccountKey) string { return "Batch-" + k.ID[6:] }

// goOn runs the program until the batch has ended and all have heard of it. It is killed, and started anew, at so many
// of its calls; every other time after the call has had its effect.
func (b *batchRun) goOn(moments []int) {
	b.Helper()
	deadline := time.Now().Add(5 * patience)
	for n := 0; ; n++ {
		p := b.start()
		alive, die := context.WithCancel(b.Context())
		var once sync.Once
		b.Hub.Hook(func(c wire.Call) *wire.Fault {
			switch {
			case !fromUs(c):
				return nil
			case p.life.Over():
				return &wire.Fault{ID: "dead", Cut: "before"}
			}
			if came := b.came.Add(1); n >= len(moments) || came < int64(moments[n]) {
				return nil
			}
			once.Do(func() { p.life.End(); die() })
			return &wire.Fault{ID: "death", Cut: []string{"before", "after"}[n%2]}
		})
		b.live(alive, p, deadline)
		killed := p.life.Over()
		die()
		b.stop()
		b.Hub.Hook(nil)
		if !killed && n < len(moments) {
			b.Fatalf("it ended before kill %d of %d, at call %d", n+1, len(moments), b.came.Load())
		}
		if !killed {
			return
		}
	}
}

// live is the people during one run of the program, until all is over or the run is.
func (b *batchRun) live(alive context.Context, p *program, deadline time.Time) {
	b.Helper()
	var a *app.App
	select {
	case a = <-p.ready:
	case <-alive.Done():
		return
	case code := <-p.exit:
		p.exit <- code
		if alive.Err() == nil {
			b.Fatalf("the program ended with %d\n%s", code, b.output)
		}
		return
	}
	for asked := false; !asked && alive.Err() == nil; {
		asked = b.asks(alive, a) == nil
	}
	for alive.Err() == nil && !b.over(a) {
		if time.Now().After(deadline) {
			b.Fatalf("it never ended\n%s\n%s", b.conversation(), b.output)
		}
		changed := b.AWS.Changed()
		var hands errgroup.Group
		hands.SetLimit(8)
		for _, k := range b.waiting(a) {
			hands.Go(func() error { b.helps(a, k.AccountKey, k.RequestID); return nil })
		}
		_ = hands.Wait()
		select {
		case <-changed:
		case <-time.After(50 * time.Millisecond):
		case <-alive.Done():
		}
	}
}

// asks opens and approves the batch where that wasn't done.
func (b *batchRun) asks(ctx context.Context, a *app.App) error {
	return a.Store.Update(ctx, func(tx *store.Tx) error {
		if _, err := tx.Request(batchID); store.KindOf(err) != store.NotFound {
			return err
		}
		var rows []store.Row
		for _, k := range b.accounts {
			rows = append(rows, store.Row{Account: k, Label: batchLabel(k)})
		}
		if _, err := tx.OpenBatch(store.Request{ID: batchID, Kind: store.Link, Wish: store.Wish{Mode: store.ModeAPI}, Requester: asker, Required: 1}, store.Batch{Rows: rows}); err != nil {
			return err
		}
		_, err := tx.Approve(batchID, approver)
		return err
	})
}

func (b *batchRun) waiting(a *app.App) (all []store.Account) {
	_ = a.Store.View(b.Context(), func(tx *store.ReadTx) error {
		return tx.Accounts(func(k store.Account) bool {
			if k.State == store.Waiting {
				all = append(all, k)
			}
			return true
		})
	})
	return all
}

// over says whether the batch has ended, with all that it has left for later, and people have heard so.
func (b *batchRun) over(a *app.App) bool {
	linked, later := 0, false
	var request store.Request
	err := a.Store.View(b.Context(), func(tx *store.ReadTx) (err error) {
		if request, err = tx.Request(batchID); err != nil {
			return err
		}
		return tx.Accounts(func(k store.Account) bool {
			if k.State == store.Linked {
				linked++
			}
			later = later || !k.Due.IsZero()
			return true
		})
	})
	if err != nil || linked < len(b.accounts) || later || request.Ended.IsZero() {
		return false
	}
	due := true
	_ = a.Store.View(b.Context(), func(tx *store.ReadTx) error {
		keys, _, err := tx.Due("request/", "task/", "message/")
		now := b.clock.Now().Add(time.Hour) // reminders are further off
		due = err != nil || slices.ContainsFunc(keys, func(d store.DueKey) bool { return d.At.Before(now) })
		return nil
	})
	return !due
}

// ends is what there is in the end, by what it is about, and how many times each message stands in Slack. What differs from
// run to run by its nature is left out: IDs and times.
func (b *batchRun) ends() (out map[string]string, told map[string]int) {
	b.Helper()
	a := b.serve()
	defer b.stop()
	out = map[string]string{}
	apps := map[string]int{}
	for _, app := range b.Okta.Applications() {
		apps[app.Label]++
	}
	groups := map[string]int{}
	for _, g := range b.Okta.Groups() {
		groups[g.Name]++
	}
	out["groups in Okta"] = fmt.Sprint(groups)
	var requests strings.Builder
	approvals := 0
	err := a.Store.View(b.Context(), func(tx *store.ReadTx) error {
		for _, k := range b.accounts {
			acc, err := tx.Account(k)
			if err != nil {
				return err
			}
			out["account "+k.ID] = b.stands(acc, apps)
		}
		batch, err := tx.Request(batchID)
		if err != nil {
			return err
		}
		fmt.Fprintf(&requests, "%s, %d of %d accounts, %d approvals\n", batch.State, batch.Opened, batch.Size, len(batch.Approvals))
		var failed error
		err = tx.RequestsOf(batchID, func(r store.Request) bool {
			fmt.Fprintf(&requests, "%s %s %s %d approvals\n", r.Account.ID, r.State, r.Label, len(r.Approvals))
			return failed == nil
		})
		if err != nil {
			return err
		}
		return tx.Events(func(e store.Event) bool {
			if e.What == "request.approval" {
				approvals++
			}
			return true
		})
	})
	if err != nil {
		b.Fatal(err)
	}
	out["requests"] = fmt.Sprintf("%sdecided on %d times", &requests, approvals)
	told = map[string]int{}
	for _, c := range b.Slack.Channels() {
		for _, m := range b.Slack.Messages(c.ID) {
			if m.Deleted {
				continue
			}
			text := c.ID + ": " + timeless(m.Text)
			if strings.Contains(string(m.Blocks), `"action_id"`) {
				text += withButtons
			}
			told[text]++
		}
	}
	return out, told
}

// withButtons ends what is told of a message that has buttons.
const withButtons = " (with buttons)"

// stands is an account as the program, Okta and AWS have it.
func (b *batchRun) stands(acc store.Account, apps map[string]int) string {
	var s strings.Builder
	app, _ := b.Okta.Application(acc.Known.AppID)
	fmt.Fprintf(&s, "%s as %s, %d applications of the name, provisioning %t\n", acc.State, app.Label, apps[acc.Label], app.Provisioning.CreateUsers)
	for _, g := range b.Okta.Assignments(acc.Known.AppID) {
		fmt.Fprintf(&s, "group %s with %v\n", g.Group, g.Roles)
	}
	for _, p := range b.AWS.Providers(acc.ID) {
		fmt.Fprintf(&s, "identity provider %s, of the application %t\n", p.Name, strings.Contains(p.Metadata, "/sso/saml"))
	}
	for _, stack := range b.AWS.Stacks(acc.ID) {
		fmt.Fprintf(&s, "stack %s %s\n", stack.Name, stack.Status)
	}
	for _, r := range b.AWS.Roles(acc.ID) {
		fmt.Fprintf(&s, "role %s\n", r.Name)
	}
	for _, u := range b.AWS.Users(acc.ID) {
		fmt.Fprintf(&s, "user %s with %d keys\n", u.Name, len(b.AWS.AccessKeys(acc.ID, u.Name)))
	}
	for _, name := range slices.Sorted(maps.Keys(acc.Steps)) {
		fmt.Fprintf(&s, "step %s %s\n", name, acc.Steps[name].State)
	}
	return s.String()
}

var passing = regexp.MustCompile(`<!date[^>]*>|\b(?:AKIA|00u|0oa|exk)[A-Za-z0-9]+|\b\d+ (?:seconds?|minutes?|hours?)\b`)

// timeless is a text without what passes.
func timeless(text string) string { return passing.ReplaceAllString(text, "…") }
