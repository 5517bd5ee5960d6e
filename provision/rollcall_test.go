package provision_test

import (
	"fmt"
	"sync/atomic"
	"testing"

	"github.com/oktaws/oktaws/provision"
	"github.com/oktaws/oktaws/store"
)

func inOwn(key store.AccountKey) store.Wish {
	return store.Wish{Label: "Account " + key.ID, Mode: store.ModeGroups}
}

// side has so many accounts approved, each to have an application of its own.
func side(f *fixture, n int) (keys []store.AccountKey) {
	for i := range n {
		key := store.AccountKey{Partition: "aws", ID: fmt.Sprintf("1000000000%02d", i)}
		f.world.account(key, "alias-"+key.ID)
		f.askFor(key, store.Link, inOwn(key))
		keys = append(keys, key)
	}
	return keys
}

func TestAccountsShareOneLookAtOktasApplications(t *testing.T) {
	f := start(t, func(c *provision.Config, _ *world) { c.Workers = 1 })
	keys := side(f, 8)
	f.run()
	for _, key := range keys {
		f.untilOf(key, "linked", inState(store.Linked))
	}
	// On the fixture's clock, minutes pass meanwhile.
	if n := f.world.count("FindApplications"); n > 3 || len(f.world.apps) != len(keys) {
		t.Errorf("%d looks for %d applications", n, len(f.world.apps))
	}
}

// Another program, which has lost the account since, has made an application for it after this one's look, and noted only
// that it was about to.
func TestAnAttemptOfAnotherProgramIsFoundInSpiteOfAnEarlierLook(t *testing.T) {
	f := start(t, func(c *provision.Config, _ *world) { c.Workers = 1 })
	keys := side(f, 4)
	var looks atomic.Int32
	f.world.after = func(call string) error {
		if call != "FindApplications" || looks.Add(1) > 1 {
			return nil
		}
		for _, key := range keys {
			a := f.of(key)
			if a.Steps["okta-app"].State == store.StepPending && key != keys[0] {
				if _, err := f.world.CreateApplication(f.Context(), provision.ApplicationSpec{Label: a.Label, Note: "Managed by oktaws for AWS account " + key.String() + ". Please leave this line.", Settings: map[string]any{}}); err != nil {
					return err
				}
			}
			if key != keys[0] {
				f.update(func(tx *store.Tx) error {
					a, err := tx.Account(key)
					if err != nil {
						return err
					}
					a.Known.AppMade = tx.Now()
					return tx.SaveAccount(&a)
				})
			}
		}
		return nil
	}
	f.run()
	for _, key := range keys {
		f.untilOf(key, "linked", inState(store.Linked))
	}
	if len(f.world.apps) != len(keys) {
		t.Errorf("%d applications for %d accounts", len(f.world.apps), len(keys))
	}
}

// What a person makes by hand is never taken for an account's own on the word of an earlier look, and is told of.
func TestAnApplicationMadeByHandAfterAnEarlierLookIsNotTaken(t *testing.T) {
	f := start(t, func(c *provision.Config, _ *world) { c.Workers = 1 })
	key := side(f, 1)[0]
	f.change(func(w *world) {
		w.apps["0oatheirs"] = &provision.Application{ID: "0oatheirs", Name: "amazon_aws", Label: inOwn(key).Label, Status: "ACTIVE", SignOnMode: "SAML_2_0", SigningKeyID: "kid"}
	})
	f.run()
	a := f.untilOf(key, "failed", inState(store.Failed))
	if p := a.FirstProblem(); !p.Foreign || len(f.world.apps) != 1 {
		t.Errorf("problem %+v, %d applications", p, len(f.world.apps))
	}
}
