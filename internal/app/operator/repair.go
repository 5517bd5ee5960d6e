package operator

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/oktaws/oktaws/store"
)

func (c commander) repairing() *cobra.Command {
	var all bool
	args := func(cmd *cobra.Command, args []string) error {
		if min(len(args), 1)+ones(all) != 1 || len(args) > 1 {
			return fmt.Errorf("%s takes an account or --all", cmd.CommandPath())
		}
		return nil
	}
	cmd := c.asks("repair [account]", "Ask to make an account again what it shall be; or all that have drifted", args, func(ctx context.Context, s *Session, o asking, args []string) error {
		if all {
			return s.repairAll(ctx, o)
		}
		return s.repair(ctx, o, args[0])
	})
	cmd.Flags().BoolVar(&all, "all", false, "all accounts that have drifted, as one request")
	return cmd
}

// repair asks to make an account again what it shall be, and to rotate what is to be rotated in it.
func (s *Session) repair(ctx context.Context, o asking, typed string) error {
	key, err := s.account(ctx, typed)
	if err != nil {
		return err
	}
	return s.ask(ctx, o, store.Request{Kind: store.Repair, Account: key}, func(tx *store.Tx, r *wish) error {
		open, err := tx.OpenFindings(key)
		if err != nil {
			return err
		}
		r.Rotate = store.Rotations(open)
		return forAll(tx, r)
	})
}

// errNothingToRepair is the cause of a request for many accounts that asks for nothing.
var errNothingToRepair = errors.New("nothing to repair")

// repairAll asks to repair all accounts that have drifted, as one request.
func (s *Session) repairAll(ctx context.Context, o asking) error {
	var left int
	err := s.ask(ctx, o, store.Request{}, func(tx *store.Tx, w *wish) error {
		err := tx.RepairTogether(&w.Request, &w.batch)
		if left = len(w.batch.LeftOut); err == nil && len(w.batch.Rows) == 0 {
			err = errNothingToRepair
		}
		return err
	})
	if left > 0 && (err == nil || errors.Is(err, errNothingToRepair) || isEnded(err)) {
		fmt.Fprintf(s.Stderr, "Left out: %s where all that differs is somebody else's, takes a person's step or is to be rotated.\n", plural(left, "account", "accounts"))
	}
	if !errors.Is(err, errNothingToRepair) {
		return err
	}
	if o.json {
		return s.print(struct {
			Accounts []accountDocument `json:"accounts"`
		}{[]accountDocument{}})
	}
	_, err = fmt.Fprintln(s.Stdout, "No account has drifted in a way that oktaws can repair.")
	return err
}

// isEnded says whether it is the error of a command that has said already how it went.
func isEnded(err error) bool {
	_, ok := errors.AsType[Ended](err)
	return ok
}
