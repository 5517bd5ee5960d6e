package provision

import (
	"context"
	"fmt"

	"github.com/oktaws/oktaws/store"
)

// whoAmI asks where the credentials lead, and refuses where that is not the account.
func (w *work) whoAmI(ctx context.Context) (Identity, error) {
	a := w.get()
	id, err := w.aws.Identity(ctx)
	if err == nil && id.Account != a.AccountKey {
		err = &store.Error{Kind: store.Permanent,
			Message: fmt.Sprintf("The credentials for account %s lead to account %s instead.", a.AccountKey, id.Account),
			Remedy:  "Set aws.access_role, or the account's entry in aws.profiles, so that they lead there, and retry. Nothing was changed."}
	}
	if err == nil {
		w.r.reached.Store(w.key, true)
	}
	return id, err
}

// leadsHere refuses where the credentials lead to another account than this one: names of users and stacks are the same in
// all of them. Where they lead is the configuration's to say, so that it stays the same for as long as the program runs.
func (w *work) leadsHere(ctx context.Context) error {
	if _, ok := w.r.reached.Load(w.key); ok {
		return nil
	}
	_, err := w.whoAmI(ctx)
	return err
}

// identity makes true that the credentials reach the very account that was asked for.
func (w *work) identity(ctx context.Context) (result, error) {
	id, err := w.whoAmI(ctx)
	if err != nil {
		return result{}, err
	}
	if err := w.learn(ctx, func(k *store.Known) { k.Alias = id.Alias }); err != nil {
		return result{}, err
	}
	if id.Alias != "" {
		return done("reached " + id.Alias)
	}
	return done("reached " + w.key.ID)
}
