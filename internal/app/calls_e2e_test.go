package app_test

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/oktaws/oktaws/internal/app"
	"github.com/oktaws/oktaws/internal/sandbox/wire"
	"github.com/oktaws/oktaws/store"
)

// under are the operations of Okta's narrowest bucket: the list of the applications, and what is under an application.
// Of the application itself, reading, replacing and deleting it are in roomier ones
// (https://developer.okta.com/docs/reference/rl2-limits/).
var under = []string{
	"listApplications", "createApplication", "activateApplication", "deactivateApplication", "previewSAMLmetadataForApplication",
	"listApplicationKeys", "generateApplicationKey", "getApplicationKey", "listFeaturesForApplication", "getFeatureForApplication",
	"listApplicationGroupAssignments", "getApplicationGroupAssignment", "assignGroupToApplication", "updateGroupAssignmentToApplication", "unassignApplicationFromGroup",
}

// TestLinkingTakesFewCalls links accounts side by side and counts what Okta and AWS are asked for from the requests until all
// of them are linked: of Okta's narrowest bucket, a batch may take so many calls an account, and so many once, for the lists
// that all of them share.
func TestLinkingTakesFewCalls(t *testing.T) {
	const accounts = 10
	for _, c := range []struct {
		name  string
		wish  store.Wish
		each  int // of the narrowest bucket
		once  int
		calls int // of all of Okta, an account
	}{
		{name: "in mode api", wish: store.Wish{Mode: store.ModeAPI}, each: 5, once: 5, calls: 13},
		{name: "in mode groups", wish: store.Wish{Mode: store.ModeGroups}, each: 5, once: 5, calls: 14},
		{name: "in a shared application", wish: store.Wish{Mode: store.ModeGroups, Shared: "AWS"}, once: 10, calls: 9},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			r := newRigAt(t, 60, unasked, "OKTAWS_OKTA_SHARED_APPLICATION="+c.wish.Shared, "OKTAWS_OKTA_INTEGRATION_MODE="+string(c.wish.Mode))
			a := r.serve()
			calls := r.onTheWire(func() { r.linksAll(a, accounts, c.wish) })
			t.Log(perAccount(calls, accounts))
			narrow, okta, groups := 0, 0, 0
			for _, call := range calls {
				if call.Service != "okta" {
					continue
				}
				if c.wish.Mode != store.ModeAPI || call.Operation != "getApplication" { // by which a person's step is watched, for as long as it takes
					okta++
				}
				if call.Operation == "addGroup" {
					groups++
				}
				if slices.Contains(under, call.Operation) {
					narrow++
				}
			}
			if most := accounts*c.each + c.once; narrow > most {
				t.Errorf("%d calls in Okta's narrowest bucket for %d accounts, want at most %d", narrow, accounts, most)
			}
			if most := accounts * c.calls; okta > most {
				t.Errorf("%d calls to Okta for %d accounts, want at most %d", okta, accounts, most)
			}
			want := 3 * accounts
			if c.wish.Shared != "" {
				want++ // the people
			}
			if groups != want {
				t.Errorf("Okta was asked %d times to make a group, want %d", groups, want)
			}
		})
	}
}

// linksAll asks for so many new accounts, waits until it is told what would change, approves, and does the person's step of each.
func (r *rig) linksAll(a *app.App, n int, wish store.Wish) {
	r.Helper()
	type one struct {
		key     store.AccountKey
		request string
		done    bool
	}
	var all []*one
	for i := range n {
		id := fmt.Sprintf("6000000000%02d", i)
		if err := r.AWS.AddAccount(id, "Batch-"+id); err != nil {
			r.Fatal(err)
		}
		all = append(all, &one{key: store.AccountKey{Partition: "aws", ID: id}, request: fmt.Sprintf("q%04d", i)})
	}
	for some := range slices.Chunk(all, 5) {
		err := a.Store.Update(r.Context(), func(tx *store.Tx) error {
			for _, o := range some {
				w := wish
				w.Label = "Batch-" + o.key.ID
				q := store.Request{ID: o.request, Kind: store.Link, Account: o.key, Wish: w, Requester: asker, Required: 1}
				if _, err := tx.OpenRequest(q); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			r.Fatal(err)
		}
	}
	r.until("what all of them would change", func() bool {
		planned := 0
		err := a.Store.View(r.Context(), func(tx *store.ReadTx) error {
			return tx.Accounts(func(acc store.Account) bool {
				if acc.PlanDue.IsZero() {
					planned++
				}
				return true
			})
		})
		return err == nil && planned == n
	})
	for _, o := range all {
		err := a.Store.Update(r.Context(), func(tx *store.Tx) error { _, err := tx.Approve(o.request, approver); return err })
		if err != nil {
			r.Fatal(err)
		}
	}
	deadline := time.Now().Add(patience)
	for left := n; left > 0; {
		if time.Now().After(deadline) {
			r.Fatalf("%d accounts never got linked\n%s", left, r.output)
		}
		left = 0
		for _, o := range all {
			if !o.done {
				o.done = r.helps(a, o.key, o.request)
			}
			if !o.done {
				left++
			}
		}
		select {
		case <-r.Okta.Changed():
		case <-r.AWS.Changed():
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// helps does the person's step of an account where it waits for one, and says whether the account is linked.
func (r *rig) helps(a *app.App, key store.AccountKey, request string) (linked bool) {
	r.Helper()
	var acc store.Account
	err := a.Store.View(r.Context(), func(tx *store.ReadTx) (err error) {
		acc, err = tx.Account(key)
		return err
	})
	switch {
	case err != nil:
		r.Fatal(err)
	case acc.State == store.Failed:
		r.Fatalf("account %s failed: %+v", key, acc.FirstProblem())
	case acc.State == store.Waiting:
		task := store.TaskIDOf(request, store.EnableProvisioning)
		if secret, err := a.Provision.Credentials(r.Context(), task, approver); err == nil {
			body := map[string]any{"enabled": true, "accessKey": secret.ID, "secretKey": secret.Reveal()}
			if status, _ := r.admin(acc.Known.AppID, "api-integration", body); status == http.StatusOK {
				r.admin(acc.Known.AppID, "to-app", map[string]any{"createUsers": true, "updateAttributes": true})
			}
			ctx, cancel := context.WithTimeout(r.Context(), patience)
			defer cancel()
			_, _ = a.Provision.CheckTask(ctx, task)
		}
	}
	return acc.State == store.Linked
}

// perAccount is a table of the calls by bucket and operation, divided by the number of accounts.
func perAccount(calls []wire.Call, accounts int) string {
	count := map[string]int{}
	sum := map[string]int{}
	for _, c := range calls {
		bucket := c.Service
		if c.Service == "okta" {
			bucket = "okta, other"
			if slices.Contains(under, c.Operation) {
				bucket = "okta, under the applications"
			}
		}
		count[bucket+": "+c.Operation]++
		sum[bucket]++
	}
	var b strings.Builder
	fmt.Fprintf(&b, "calls for %d accounts, and for each:\n", accounts)
	for _, of := range []map[string]int{sum, count} {
		for _, name := range slices.Sorted(maps.Keys(of)) {
			fmt.Fprintf(&b, "%4d %5.1f %s\n", of[name], float64(of[name])/float64(accounts), name)
		}
	}
	return b.String()
}
