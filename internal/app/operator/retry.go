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
	if failed {
		accounts, err := s.every(ctx, func(a store.Account) bool { return a.State == store.Failed })
		if err != nil {
			return err
		}
		for _, a := range accounts {
			keys = append(keys, a.AccountKey)
		}
	}
	if batch != "" {
		keys, err = s.retryBatch(ctx, batch)
	} else {
		err = s.retryEach(ctx, keys)
	}
	if err != nil {
		return err
	}
	var all []watched
	for _, key := range keys {
		all = append(all, watched{key: key})
	}
	if len(all) > 0 && (o.wait || !o.patient && !s.Lasting) {
		if err := s.follow(ctx, all, upToTasks); err != nil {
			return err
		}
	}
	return s.tellRetried(ctx, o, all)
}

// retryEach retries the accounts, each in a transaction of its own, since one takes only so many writes.
func (s *Session) retryEach(ctx context.Context, keys []store.AccountKey) error {
	for _, key := range keys {
		if err := s.Store.Update(ctx, func(tx *store.Tx) error {
			_, err := tx.Retry(key, s.Who)
			return err
		}); err != nil {
			return err
		}
	}
	return nil
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
