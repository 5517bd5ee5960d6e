package operator

import (
	"cmp"
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/oktaws/oktaws/store"
)

func (c commander) givingRoles() *cobra.Command {
	return c.asks("roles <account> <role set>", "Ask to give a linked account another role set", counted(2, 2), func(ctx context.Context, s *Session, o asking, args []string) error {
		return s.roles(ctx, o, args[0], args[1])
	})
}

func (c commander) changingMode() *cobra.Command {
	args := func(cmd *cobra.Command, args []string) error {
		if len(args) == 2 && (args[1] == string(store.ModeAPI) || args[1] == string(store.ModeGroups)) {
			return nil
		}
		return fmt.Errorf("the command is: %s", cmd.UseLine())
	}
	return c.asks("mode <account> <api | groups>", "Ask to change a linked account's integration mode", args, func(ctx context.Context, s *Session, o asking, args []string) error {
		return s.mode(ctx, o, args[0], store.Mode(args[1]))
	})
}

// roles asks to give an account another role set.
func (s *Session) roles(ctx context.Context, o asking, typed, name string) error {
	key, err := s.account(ctx, typed)
	if err != nil {
		return err
	}
	set, err := s.roleSet(name)
	if err != nil {
		return err
	}
	return s.ask(ctx, o, store.Request{Kind: store.Change, Account: key}, func(tx *store.Tx, w *wish) error {
		a, err := tx.Account(key)
		w.Mode, w.RoleSet = cmp.Or(a.Mode, s.Settings.Mode), set // one that was never linked has no mode, and is refused for that
		return err
	})
}

// mode asks to change an account's integration mode.
func (s *Session) mode(ctx context.Context, o asking, typed string, to store.Mode) error {
	key, err := s.account(ctx, typed)
	if err != nil {
		return err
	}
	return s.ask(ctx, o, store.Request{Kind: store.Change, Account: key}, func(tx *store.Tx, w *wish) error {
		a, err := tx.Account(key)
		w.Mode, w.RoleSet = to, a.RoleSet
		return err
	})
}

// change is what a request to change an account asks for, after "to".
func change(r store.Request, it string) string {
	switch mode, set := r.Changes(); {
	case mode == set:
		return fmt.Sprintf("give %s the role set %s and the integration mode %s", it, r.RoleSetName(), r.Mode)
	case set:
		return fmt.Sprintf("give %s the role set %s", it, r.RoleSetName())
	}
	return fmt.Sprintf("change the integration mode of %s to %s", it, r.Mode)
}
