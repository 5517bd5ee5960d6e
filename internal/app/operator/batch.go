package operator

import (
	"context"
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
func (s *Session) concludeBatch(ctx context.Context, o asking, r store.Request) error {
	if r.State == store.Approved {
		if err := s.carryOut(ctx, r.ID); err != nil {
			return err
		}
	}
	all, err := s.begun(ctx, r.ID)
	if err == nil && o.wait && len(all) > 0 {
		err = s.follow(ctx, all, upToTasks)
	}
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
		s.accountTable(accounts)
	}
	for i := 0; i < len(accounts) && err == nil; i++ {
		err = verdict(store.Request{ID: all[i].request, State: r.State}, accounts[i])
	}
	if err == nil && r.State == store.Pending {
		err = Ended(Waits)
	}
	return err
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
