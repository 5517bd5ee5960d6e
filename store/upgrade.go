package store

import "context"

// upgradeFrom1 brings records of schema 1 to schema 2, account by account. Cut off, it begins anew; what it has done by
// then it leaves alone.
func (s *Store) upgradeFrom1(ctx context.Context) error {
	var keys []AccountKey
	err := s.View(ctx, func(tx *ReadTx) error {
		return tx.Accounts(func(a Account) bool {
			keys = append(keys, a.AccountKey)
			return true
		})
	})
	for _, k := range keys {
		if err == nil {
			err = s.Update(ctx, func(tx *Tx) error { return tx.upgradeFrom1(k) })
		}
	}
	if err != nil {
		return err
	}
	return s.engine.Update(ctx, markSchema)
}

// upgradeFrom1 has an account tell the request that waits for a decision from the one that is being carried out, and be
// checked where it is linked: nobody ever has. Its names come into the index, which schema 1 didn't have.
func (tx *Tx) upgradeFrom1(k AccountKey) error {
	a, err := tx.Account(k)
	if err != nil {
		return err
	}
	switch {
	case a.Desired == "" && a.RequestID != "":
		r, err := tx.Request(a.RequestID)
		if err != nil {
			return err
		}
		if r.State == Pending {
			a.Pending, a.PlanDue = r.ID, tx.now
		}
		a.RequestID = ""
	case a.State == Linked && a.CheckDue.IsZero():
		a.CheckDue = tx.now
	default:
		return tx.keepNames(Account{}, a)
	}
	a.derive(tx.now)
	if err := tx.keepNames(Account{}, a); err != nil {
		return err
	}
	return tx.put(&a)
}
