package store_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/oktaws/oktaws/store"
)

// standings are the places at which an account can stand, and how it gets there.
var standings = map[string]func(*records){
	"not known":          func(*records) {},
	"denied once":        func(r *records) { r.open(link("r1", account, "Data-Team")); r.deny("r1") },
	"being linked":       (*records).linking,
	"waiting":            func(r *records) { r.linking(); r.steps(oneStep(store.StepWaiting)) },
	"failed":             func(r *records) { r.linking(); r.steps(oneStep(store.StepFailed)) },
	"stopped":            func(r *records) { r.linking(); r.stop() },
	"linked":             (*records).linked,
	"drifted":            func(r *records) { r.linked(); r.drift("roles/Administrator/trust") },
	"being unlinked":     (*records).unlinking,
	"unlinking, waiting": func(r *records) { r.unlinking(); r.steps(oneStep(store.StepWaiting)) },
	"unlinking, failed":  func(r *records) { r.unlinking(); r.steps(oneStep(store.StepFailed)) },
	"unlinked":           (*records).unlinked,
}

// askable are the standings at which each kind of request is allowed.
var askable = map[store.RequestKind][]string{
	store.Link:   {"not known", "denied once", "unlinked"},
	store.Adopt:  {"not known", "denied once", "unlinked", "failed", "stopped"},
	store.Unlink: {"being linked", "waiting", "failed", "stopped", "linked", "drifted"},
	store.Repair: {"linked", "drifted"},
	store.Change: {"linked", "drifted", "failed", "stopped"},
	store.Rotate: {"linked", "drifted"},
}

func oneStep(state store.StepState) map[string]store.Step {
	return map[string]store.Step{"identity": {State: store.StepDone}, "verify": {State: state, Due: start.Add(time.Hour)}}
}

func (r *records) deny(id string) {
	r.Helper()
	r.do(func(tx *store.Tx) error { _, err := tx.Deny(id, admin, "no"); return err })
}

func (r *records) stop() {
	r.Helper()
	r.save(account, func(a *store.Account) { a.Problem = &store.Problem{Kind: store.Denied, Message: "it can't be reached"} })
}

func (r *records) unlinking() {
	r.Helper()
	r.linked()
	r.open(ask("r0", store.Unlink, account))
	r.approve("r0", admin)
}

func (r *records) unlinked() {
	r.Helper()
	r.unlinking()
	r.steps(map[string]store.Step{"identity": {State: store.StepDone, Undo: true}, "verify": {State: store.StepDone, Undo: true}})
}

func finding(key string) store.Finding {
	return store.Finding{Key: key, Step: "roles", What: "What is at " + key + " was changed."}
}

func findings(keys ...string) (all []store.Finding) {
	for _, key := range keys {
		all = append(all, finding(key))
	}
	return all
}

// drift has a check find such things, and nothing else.
func (r *records) drift(keys ...string) {
	r.Helper()
	r.do(func(tx *store.Tx) error { return check(tx, findings(keys...), nil) })
}

// check notes what a check has found, as the pipeline does.
func check(tx *store.Tx, found []store.Finding, problem *store.Problem) error {
	a, err := tx.Account(account)
	if err != nil {
		return err
	}
	if err := tx.Checked(&a, found, problem); err != nil {
		return err
	}
	a.CheckDue = tx.Now().Add(24 * time.Hour)
	return tx.SaveAccount(&a)
}

func TestWhatAnAccountCanBeAskedForDependsOnWhereItStands(t *testing.T) {
	for standing, reach := range standings {
		for kind, allowed := range askable {
			t.Run(fmt.Sprintf("%s, when it is %s", kind, standing), func(t *testing.T) {
				r := newRecords(t)
				reach(r)
				err := r.try(func(tx *store.Tx) error { _, err := tx.OpenRequest(ask("r9", kind, account)); return err })
				if slices.Contains(allowed, standing) {
					if err != nil {
						t.Fatalf("refused: %v", err)
					}
					if a := r.account(account); a.Pending != "r9" || !a.PlanDue.Equal(start) || !a.Due.Equal(start) {
						t.Errorf("the account is %+v", a)
					}
					return
				}
				refusal := store.Conflict
				if standing == "not known" {
					refusal = store.NotFound
				}
				wantError(t, err, refusal, account.ID, "/oktaws")
			})
		}
	}
}

func TestWhyAnAccountCannotBeAskedFor(t *testing.T) {
	for _, c := range []struct {
		kind     store.RequestKind
		standing string
		words    []string
	}{
		{store.Link, "linked", []string{"already linked, as Data-Team"}},
		{store.Adopt, "drifted", []string{"already linked, as Data-Team"}},
		{store.Adopt, "waiting", []string{"already being linked"}},
		{store.Link, "failed", []string{"has failed", "/oktaws retry " + account.ID, "/oktaws unlink " + account.ID}},
		{store.Repair, "failed", []string{"has failed", "/oktaws retry " + account.ID}},
		{store.Rotate, "being linked", []string{"still being linked"}},
		{store.Unlink, "unlinked", []string{"is not linked", "nothing to unlink", "/oktaws status " + account.ID}},
		{store.Repair, "denied once", []string{"is not linked", "/oktaws link " + account.ID}},
		{store.Link, "being unlinked", []string{"is being unlinked", "/oktaws status " + account.ID}},
		{store.Unlink, "unlinking, waiting", []string{"is being unlinked"}},
		{store.Unlink, "unlinking, failed", []string{"is being unlinked, and that has failed", "/oktaws retry " + account.ID}},
		{store.Adopt, "unlinking, failed", []string{"is being unlinked, and that has failed"}},
		{store.Rotate, "not known", []string{"not known", "/oktaws link"}},
	} {
		t.Run(fmt.Sprintf("%s, when it is %s", c.kind, c.standing), func(t *testing.T) {
			r := newRecords(t)
			standings[c.standing](r)
			err := r.try(func(tx *store.Tx) error { _, err := tx.OpenRequest(ask("r9", c.kind, account)); return err })
			wantError(t, err, store.KindOf(err), c.words...)
		})
	}
}

func TestARequestThatComesToNothingLeavesTheAccountAsItWas(t *testing.T) {
	ends := map[string]func(*store.Tx) error{
		"denied":    func(tx *store.Tx) error { _, err := tx.Deny("r9", admin, "no"); return err },
		"withdrawn": func(tx *store.Tx) error { _, err := tx.Withdraw("r9", requester); return err },
		"expired":   func(tx *store.Tx) error { _, err := tx.Expire("r9"); return err },
	}
	for kind, allowed := range askable {
		for _, standing := range allowed {
			if standing == "not known" {
				continue // there is no account that it could be left as
			}
			for how, end := range ends {
				t.Run(fmt.Sprintf("%s, when it is %s, %s", kind, standing, how), func(t *testing.T) {
					r := newRecords(t)
					standings[standing](r)
					before, events := r.account(account), len(r.events())
					q := ask("r9", kind, account)
					q.Label, q.Expires = "Another-Name", start.Add(time.Minute)
					if standing == "denied once" {
						q.Label = before.Label // it is known by the last one, whoever asks
					}
					r.open(q)
					r.do(func(tx *store.Tx) error {
						a, err := tx.Account(account)
						if err != nil {
							return err
						}
						if err := tx.Planned(&a, findings("x"), nil, start.Add(time.Minute)); err != nil {
							return err
						}
						return tx.SaveAccount(&a)
					})
					if how == "expired" {
						r.clock.Advance(time.Minute)
					}
					r.do(end)
					after := r.account(account)
					sameDue := after.Due.Equal(before.Due) || !before.Due.IsZero() && !before.Due.After(start) && after.Due.Equal(r.clock.Now())
					after.Meta, before.Meta = store.Meta{}, store.Meta{}
					if got, want := asJSON(t, after), asJSON(t, before); got != want || !sameDue {
						t.Errorf("the account went from\n%s to\n%s, with its due time right: %t", want, got, sameDue)
					}
					if got := r.events()[events:]; !slices.Equal(got, []string{"request.opened", "request." + string(r.request("r9").State)}) {
						t.Errorf("the audit trail has %q", got)
					}
					r.open(ask("r10", kind, account))
				})
			}
		}
	}
}
