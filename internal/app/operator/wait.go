package operator

import (
	"context"

	"github.com/oktaws/oktaws/store"
)

// watched is an account that is waited for.
type watched struct {
	key     store.AccountKey
	request string // that is to be carried out; empty: whichever it is
}

// patience says whether a person's step is waited for, too.
type patience bool

const (
	upToTasks    patience = false
	throughTasks patience = true
)

// follow shows how the accounts get on until each of them has come to rest. The pipeline runs meanwhile. It fails where ctx
// ends before that.
func (s *Session) follow(ctx context.Context, all []watched, how patience) error {
	if err := s.CarryOn(ctx); err != nil {
		return err
	}
	watching, cancel := context.WithCancel(ctx)
	defer cancel()
	changed := s.Store.Watch(watching, "") // accounts, and requests that are decided on
	p := s.progress()
	defer p.end()
	for {
		resting, accounts, err := s.resting(ctx, all, how)
		if err == nil {
			p.show(accounts)
		}
		if err == nil && resting {
			return nil
		}
		if err == nil {
			select {
			case <-changed:
			case <-p.tick():
			case <-ctx.Done():
			}
		}
		if ctx.Err() != nil {
			var keys []store.AccountKey
			for _, w := range all {
				keys = append(keys, w.key)
			}
			return refuse(store.Transient, s.carriesOn(keys...), "stopped waiting")
		}
		if err != nil {
			return err
		}
	}
}

// resting says whether each of the accounts has come to rest, and returns them.
func (s *Session) resting(ctx context.Context, all []watched, how patience) (resting bool, accounts []store.Account, err error) {
	err = s.Store.View(ctx, func(tx *store.ReadTx) error {
		resting, accounts = true, nil
		for _, w := range all {
			a, err := tx.Account(w.key)
			if err != nil {
				return err
			}
			accounts = append(accounts, a)
			rests, err := w.rests(tx, a, how)
			if err != nil {
				return err
			}
			resting = resting && rests
		}
		return nil
	})
	return resting, accounts, err
}

func (w watched) rests(tx *store.ReadTx, a store.Account, how patience) (bool, error) {
	if w.request != "" && a.RequestID != w.request {
		r, err := tx.Request(w.request)
		return r.State != store.Pending, err // came to nothing, or another one has taken its place
	}
	switch a.State {
	case store.Linking, store.Unlinking:
		return false, nil
	case store.Waiting:
		return how == upToTasks, nil
	}
	return true, nil
}
