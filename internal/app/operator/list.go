package operator

import (
	"context"
	"fmt"

	"github.com/oktaws/oktaws/store"
)

// list prints the accounts.
func (s *Session) list(ctx context.Context, asJSON bool) error {
	all, err := s.every(ctx, func(store.Account) bool { return true })
	if err != nil {
		return err
	}
	if asJSON {
		return s.print(struct {
			Accounts []accountDocument `json:"accounts"`
		}{documentsOf(all)})
	}
	if len(all) == 0 {
		fmt.Fprintln(s.Stderr, "No AWS account was asked for yet. Begin with oktaws link.")
		return nil
	}
	s.accountTable(all)
	return nil
}

// accountTable prints accounts in a line each.
func (s *Session) accountTable(all []store.Account) {
	t := table{head: []string{"ACCOUNT", "NAME", "STATE", "MODE", "ROLE SET"}, yield: []int{4, 1, 2}}
	for _, a := range all {
		set := ""
		if a.Mode != "" {
			set = a.RoleSetName()
		}
		t.add(a.Typed(), oneLine(a.Label), a.Position(), string(a.Mode), set)
	}
	t.write(s.Stdout, s.Screen.Width)
}
