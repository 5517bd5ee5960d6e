package operator

import (
	"context"
	"fmt"

	"github.com/oktaws/oktaws/store"
)

type retryDocument struct {
	Accounts []accountDocument `json:"accounts"` // that are tried again, as they stand then
}

// retry has failed and delayed steps tried again: of the accounts, of all that have failed, or of those of a batch that have.
func (s *Session) retry(ctx context.Context, o asking, typed []string, failed bool, batch string) error {
	keys, err := s.accounts(ctx, typed)
	if err != nil {
		return err
	}
	switch {
	case batch != "":
		keys, err = s.failedOf(ctx, batch)
	case failed:
		var all []store.Account
		all, err = s.every(ctx, func(a store.Account) bool { return a.State == store.Failed })
		for _, a := range all {
			keys = append(keys, a.AccountKey)
		}
	}
	if err != nil {
		return err
	}
	var all []watched
	for _, key := range keys { // each in a transaction of its own, since one takes only so many writes
		err := s.Store.Update(ctx, func(tx *store.Tx) error {
			_, err := tx.Retry(key, s.Who)
			return err
		})
		if err != nil {
			return err
		}
		all = append(all, watched{key: key})
	}
	if len(all) > 0 && (o.wait || !o.patient && !s.Lasting) {
		if err := s.follow(ctx, all, upToTasks); err != nil {
			return err
		}
	}
	return s.tellRetried(ctx, o, all)
}

func (s *Session) tellRetried(ctx context.Context, o asking, all []watched) error {
	_, accounts, err := s.resting(ctx, all, upToTasks)
	if err != nil {
		return err
	}
	switch {
	case o.json:
		err = s.print(retryDocument{documentsOf(accounts)})
	case len(accounts) == 0:
		fmt.Fprintln(s.Stderr, "No account has failed, so there is nothing to retry.")
	default:
		s.accountTable(accounts)
	}
	for _, a := range accounts {
		if err == nil && a.State == store.Failed {
			err = Ended(Failed)
		}
	}
	return err
}

// failedOf returns the accounts that have failed in what a batch asked for.
func (s *Session) failedOf(ctx context.Context, batch string) (keys []store.AccountKey, err error) {
	err = s.Store.View(ctx, func(tx *store.ReadTx) error {
		keys = nil
		if _, err := tx.Request(batch); err != nil {
			return err
		}
		var failed error
		err := tx.RequestsOf(batch, func(r store.Request) bool {
			var a store.Account
			a, failed = tx.Account(r.Account)
			if failed == nil && a.RequestID == r.ID && a.State == store.Failed {
				keys = append(keys, a.AccountKey)
			}
			return failed == nil
		})
		if err == nil {
			err = failed
		}
		return err
	})
	return keys, err
}
