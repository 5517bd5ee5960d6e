package aws

import (
	"fmt"
	"slices"
	"strings"
)

// What somebody does with the console, by hand and at once: for tests and scenarios. Nobody's permissions are asked for.
// Every such method fails where the thing that it is about is not there, and changes nothing then. The first argument is
// the account's ID, the second the thing's name.

// with holds the state, finds the account and has do change it.
func (s *Server) with(id string, do func(*account) error) error {
	defer s.lock()()
	a, err := s.member(id)
	if err != nil {
		return err
	}
	return do(a)
}

func (a *account) lacks(what, name string) error {
	return fmt.Errorf("account %s has no %s %q", a.id, what, name)
}

// byName finds a role or user of the account.
func byName[T any](a *account, of map[string]*T, what, name string) (*T, error) {
	if found := of[strings.ToLower(name)]; found != nil {
		return found, nil
	}
	return nil, a.lacks(what, name)
}

// AddAccount has another account join the organization of the partition aws, with AccessRole.
func (s *Server) AddAccount(id, name string) error { return s.AddAccountIn(Commercial, id, name) }

// AddAccountIn has another account join the partition's organization, with AccessRole.
func (s *Server) AddAccountIn(partition, id, name string) error {
	defer s.lock()()
	if !accountID.MatchString(id) {
		return fmt.Errorf("account ID %q: must be 12 digits", id)
	}
	if s.accounts[id] != nil {
		return fmt.Errorf("account %s is a member already", id)
	}
	for _, p := range partitions {
		if p.management == id {
			return fmt.Errorf("account %s manages the organization of the partition %s", id, p.name)
		}
	}
	o, err := s.organizationIn(partition, s.longAgo())
	if err != nil {
		return err
	}
	s.join(o, id, name, s.clock.Now().UTC())
	return nil
}

// CloseAccount closes a member account: it stays in the organization's list, and nothing that somebody signs for it, or
// signs on to, is heeded any more.
func (s *Server) CloseAccount(id string) error {
	return s.with(id, func(a *account) error {
		switch {
		case a.id == a.org.management:
			return fmt.Errorf("account %s manages the organization, and cannot be closed before its members", id)
		case a.closed: // one that is suspended can be
			return fmt.Errorf("account %s is closed already", id)
		}
		a.closed = true
		return nil
	})
}

// SuspendAccount has AWS suspend a member account, as it does with one that isn't paid for: nobody gets in while it lasts,
// and nothing in it changes.
func (s *Server) SuspendAccount(id string) error {
	return s.with(id, func(a *account) error {
		switch {
		case a.id == a.org.management:
			return fmt.Errorf("account %s manages the organization, and the sandbox does not suspend it", id)
		case a.barred():
			return fmt.Errorf("account %s is closed or suspended already", id)
		}
		a.suspended = true
		return nil
	})
}

// Deny adds a service control policy to the account that denies the actions.
func (s *Server) Deny(account string, actions ...string) error {
	defer s.lock()()
	a, err := s.member(account)
	if err != nil {
		return err
	}
	a.deny(actions...)
	return nil
}

// Allow takes the service control policies away that deny something; the account may do everything again.
func (s *Server) Allow(id string) error {
	return s.with(id, func(a *account) error {
		a.controls = slices.DeleteFunc(a.controls, func(d *document) bool {
			return slices.ContainsFunc(d.statements, func(st statement) bool { return st.deny })
		})
		return nil
	})
}
