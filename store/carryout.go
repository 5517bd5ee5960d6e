package store

import (
	"slices"
	"time"
)

// carryOut makes what an approved request wishes for what its account shall be, and ends what the request before had
// under way. What was found of the account is no longer drift, and nothing is checked until it is linked again.
func (tx *Tx) carryOut(a Account, r Request) error {
	if err := tx.supersede(a); err != nil {
		return err
	}
	if err := tx.tellOfCheck(a.AccountKey); err != nil {
		return err
	}
	if a.fresh() {
		a.Known = Known{}
	}
	a.RequestID, a.Pending, a.PlanDue = r.ID, "", time.Time{}
	a.Desired = WantLinked
	if r.Kind == Unlink {
		a.Desired = WantUnlinked
	}
	// In the integration mode api anew, Okta may still show what it was told of a key that is gone by now.
	again := !a.fresh() && a.Mode == ModeGroups && r.Mode == ModeAPI
	a.Wish = r.Wish
	if slices.Contains(r.Rotate, RotateKey) || again {
		a.KeySince = tx.now
	}
	if slices.Contains(r.Rotate, RotateCertificate) {
		a.CertificateSince = tx.now
	}
	a.State, a.Problem, a.Steps, a.Needs, a.Drifted, a.CheckDue = None, nil, nil, nil, 0, time.Time{}
	return tx.SaveAccount(&a)
}

// supersede closes the tasks of an account's request that another one takes the place of, and has the messages about it
// say so.
func (tx *Tx) supersede(a Account) error {
	id := a.RequestID
	if id == "" {
		return nil
	}
	for _, kind := range []TaskKind{EnableProvisioning, EnterKey} {
		if err := tx.CloseTask(TaskIDOf(id, kind)); err != nil {
			return err
		}
	}
	r, err := tx.Request(id)
	if err != nil {
		return err
	}
	if err := tx.putUntold(&r); err != nil || !r.Ended.IsZero() {
		return err
	}
	return tx.move(r, placeOf(a.State), placeReplaced)
}

// forgetPending leaves the account as it was before a request that came to nothing. One that nobody ever approved keeps
// the name that it was asked for by.
func (tx *Tx) forgetPending(r Request) error {
	a, err := tx.Account(r.Account)
	if err != nil || a.Pending != r.ID {
		return err
	}
	a.Pending, a.PlanDue = "", time.Time{}
	switch {
	case a.fresh() && a.RequestID == "":
		a.Wish = Wish{Label: a.Label}
	case a.fresh():
		former, err := tx.Request(a.RequestID)
		if err != nil {
			return err
		}
		a.Wish = former.Wish
	}
	a.derive(tx.now)
	if err := tx.putAccount(&a); err != nil {
		return err
	}
	return tx.tellOfCheck(a.AccountKey)
}
