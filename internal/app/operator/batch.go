package operator

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/oktaws/oktaws/store"
)

// forAll makes of a request that rotates the certificate of an Okta application that accounts share one for all of them.
func forAll(tx *store.Tx, w *wish) error {
	if !slices.Contains(w.Rotate, store.RotateCertificate) {
		return nil
	}
	a, err := tx.Account(w.Account)
	if err == nil {
		_, err = tx.RotateTogether(a, &w.Request, &w.batch)
	}
	return err
}

type batchDocument struct {
	Request  requestDocument   `json:"request"`
	Accounts []accountDocument `json:"accounts"` // that were begun, as they stand
}

// concludeBatch is conclude for a request for many accounts: one that is approved is carried out account by account.
func (s *Session) concludeBatch(ctx context.Context, o asking, r store.Request) (err error) {
	switch {
	case r.State == store.Approved && o.wait:
		err = s.followBatch(ctx, r.ID)
	case r.State == store.Approved:
		err = s.carryOut(ctx, r.ID)
	case o.wait && !s.Lasting:
		fmt.Fprintln(s.Stderr, "oktaws serve isn't running, so nobody hears of the request before it starts.")
	case o.wait:
		if err = s.decided(ctx, r.ID); err == nil {
			err = s.followBatch(ctx, r.ID)
		}
	}
	if err != nil {
		return err
	}
	all, err := s.begun(ctx, r.ID)
	if err != nil {
		return err
	}
	_, accounts, err := s.resting(ctx, all, upToTasks)
	if err != nil {
		return err
	}
	if err := s.Store.View(ctx, func(tx *store.ReadTx) (err error) { r, err = tx.Request(r.ID); return err }); err != nil {
		return err
	}
	switch {
	case o.json:
		err = s.print(batchDocument{requestDocumentOf(r), documentsOf(accounts)})
	case r.State == store.Pending:
		fmt.Fprintln(s.Stdout, "It waits for approval in Slack.")
	default:
		fmt.Fprintln(s.Stdout, history(r))
		s.tellBatch(accounts)
	}
	if err != nil {
		return err
	}
	if r.State == store.Pending {
		return Ended(Waits)
	}
	for i, a := range accounts {
		now := verdict(store.Request{ID: all[i].request, State: r.State}, a)
		if code, ended := errors.AsType[Ended](now); err == nil || ended && code == Failed {
			err = now
		}
	}
	return err
}

// mostTold is up to how many accounts of a batch are listed one by one, also where all is well.
const mostTold = 50

// tellBatch lists the accounts of a batch: of many, those that somebody has to look at.
func (s *Session) tellBatch(accounts []store.Account) {
	well := 0
	failed, waiting := false, false
	var told []store.Account
	for _, a := range accounts {
		failed, waiting = failed || a.State == store.Failed, waiting || a.State == store.Waiting
		if well++; len(accounts) <= mostTold || !linked(a) {
			well--
			told = append(told, a)
		}
	}
	if well > 0 {
		fmt.Fprintf(s.Stdout, "%s linked.\n", plural(well, "account is", "accounts are"))
	}
	if len(told) > 0 {
		s.accountTable(told)
	}
	if failed {
		fmt.Fprintln(s.Stdout, "Why one has failed: oktaws status <account>. Once that is mended: oktaws retry --failed.")
	}
	if waiting {
		fmt.Fprintln(s.Stdout, "The access key for a person's step: oktaws credentials <account>.")
	}
}

// decided waits until a request is.
func (s *Session) decided(ctx context.Context, id string) error {
	watching, cancel := context.WithCancel(ctx)
	defer cancel()
	changed := s.Store.Watch(watching, store.RequestKey(id))
	p := s.progress()
	defer p.end()
	p.say("Waiting for approval in Slack")
	for {
		var r store.Request
		err := s.Store.View(ctx, func(tx *store.ReadTx) (err error) { r, err = tx.Request(id); return err })
		if err == nil && r.State != store.Pending {
			return nil
		}
		if err == nil {
			select {
			case <-changed:
			case <-ctx.Done():
			}
		}
		if ctx.Err() != nil {
			return refuse(store.Transient, "It carries on; oktaws status shows where it stands.", "stopped waiting")
		}
		if err != nil {
			return err
		}
	}
}

// carryOut begins all accounts of an approved batch. oktaws serve does the same, and each step is done once.
func (s *Session) carryOut(ctx context.Context, batch string) error {
	for last := false; !last; {
		err := s.Store.Update(ctx, func(tx *store.Tx) (err error) {
			_, last, err = tx.CarryOn(batch)
			return err
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// begun returns the accounts of a batch that have got requests of their own, and weren't skipped.
func (s *Session) begun(ctx context.Context, batch string) (all []watched, err error) {
	err = s.Store.View(ctx, func(tx *store.ReadTx) error {
		all = nil
		return tx.RequestsOf(batch, func(r store.Request) bool {
			if r.State == store.Approved {
				all = append(all, watched{key: r.Account, request: r.ID})
			}
			return true
		})
	})
	return all, err
}

// retryBatch tries the accounts again that have failed in what a batch asked for, and returns them.
func (s *Session) retryBatch(ctx context.Context, batch string) (keys []store.AccountKey, err error) {
	err = s.Store.Update(ctx, func(tx *store.Tx) error {
		keys = nil
		err := tx.FailedOf(batch, func(a store.Account) bool {
			keys = append(keys, a.AccountKey)
			return true
		})
		if err != nil {
			return err
		}
		_, err = tx.RetryBatch(batch, s.Who)
		return err
	})
	if err != nil {
		return nil, err
	}
	return keys, s.carryOut(ctx, batch)
}
