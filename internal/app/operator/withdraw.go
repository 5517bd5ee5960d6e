package operator

import (
	"context"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/oktaws/oktaws/store"
)

func (c commander) withdrawing() *cobra.Command {
	cmd := c.command("withdraw <request | account>", "Take back a request that waits for a decision", counted(1, 1), func(args []string, asJSON bool) Call {
		return Call{Do: func(ctx context.Context, s *Session) error { return s.withdraw(ctx, args[0], asJSON) }}
	})
	cmd.Long = cmd.Short + ", for who asked: the request with the ID, or that for the account."
	return cmd
}

// withdraw takes back a request of the operator's.
func (s *Session) withdraw(ctx context.Context, typed string, asJSON bool) error {
	id, err := s.toWithdraw(ctx, typed)
	if err != nil {
		return err
	}
	var r store.Request
	if err := s.Store.Update(ctx, func(tx *store.Tx) (err error) {
		r, err = tx.Withdraw(id, s.Who)
		return err
	}); err != nil {
		return err
	}
	if asJSON {
		return s.print(requestOnly{requestDocumentOf(r)})
	}
	_, err = fmt.Fprintf(s.Stdout, "The request to %s is withdrawn.\n", wanted(r))
	return err
}

// requestOnly is what became of a request that nothing goes on with.
type requestOnly struct {
	Request requestDocument `json:"request"`
}

// toWithdraw is the ID of the request that is meant: it is the request's, or the account's.
func (s *Session) toWithdraw(ctx context.Context, typed string) (id string, err error) {
	if !strings.ContainsAny(typed, "/.") {
		err = s.Store.View(ctx, func(tx *store.ReadTx) error { _, err := tx.Request(typed); return err })
		if err == nil || store.KindOf(err) != store.NotFound {
			return typed, err
		}
	}
	key, err := s.account(ctx, typed)
	if err != nil {
		return "", usage("oktaws status lists those that wait.", "%q is neither a request nor an AWS account", typed)
	}
	return id, s.Store.View(ctx, func(tx *store.ReadTx) error {
		a, err := tx.Account(key)
		if id = a.Pending; err == nil && id == "" {
			err = refuse(store.Conflict, "See how it stands with oktaws status "+key.Typed()+".", "no request for account %s waits for a decision", key.Typed())
		}
		return err
	})
}
