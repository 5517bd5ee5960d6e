package provision

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/oktaws/oktaws/store"
)

// work is one account in one pass, under its claim.
type work struct {
	r       *Reconciler
	aws     AWSAccount
	claim   store.Claim
	key     store.AccountKey
	request string // that was being carried out when the pass began
	mu      sync.Mutex
	account store.Account // as it was last read or written
	told    answers
}

func (r *Reconciler) open(ctx context.Context, key store.AccountKey, claim store.Claim) (*work, error) {
	w := &work{r: r, claim: claim, key: key}
	err := r.store.View(ctx, func(tx *store.ReadTx) (err error) {
		w.account, err = tx.Account(key)
		return err
	})
	w.request = w.account.RequestID
	return w, err
}

// reach gets the means to work in the account. It fails where the configuration has none.
func (w *work) reach(ctx context.Context) (err error) {
	if w.aws, err = w.r.aws.Account(ctx, w.key); err != nil {
		return fmt.Errorf("reach account %s: %w", w.key.ID, err)
	}
	return nil
}

// errOvertaken is the cause where another request was approved while a step of the one before was under way.
var errOvertaken = errors.New("overtaken by another request")

// save changes the account in one transaction that only the holder of the claim can make, and only while the account is to
// become what it was when the pass began: else the pass ends as if it had been cut off, and the next one looks at what it
// has made.
func (w *work) save(ctx context.Context, change func(*store.Tx, *store.Account) error) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	var saved store.Account
	err := w.r.store.Update(ctx, func(tx *store.Tx) error {
		if err := tx.Guard(w.claim); err != nil {
			return err
		}
		a, err := tx.Account(w.key)
		if err != nil {
			return err
		}
		if a.RequestID != w.request {
			return &store.Error{Kind: store.Transient, Err: errOvertaken, Message: fmt.Sprintf("Account %s was asked to become something else meanwhile.", w.key.ID),
				Remedy: fmt.Sprintf("See it with /oktaws status %s.", w.key.ID)}
		}
		if err := change(tx, &a); err != nil {
			return err
		}
		saved = a
		return tx.SaveAccount(&saved)
	})
	if err == nil {
		w.account = saved
	}
	return err
}

// learn notes at once what a step found or made, so that it isn't lost with the program.
func (w *work) learn(ctx context.Context, note func(*store.Known)) error {
	return w.save(ctx, func(_ *store.Tx, a *store.Account) error {
		note(&a.Known)
		return nil
	})
}

func (w *work) get() store.Account {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.account
}

func (w *work) known() store.Known { return w.get().Known }

func (w *work) now() time.Time { return w.r.store.Clock().Now().UTC() }
