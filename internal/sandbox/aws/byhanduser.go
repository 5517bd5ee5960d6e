package aws

import (
	"fmt"
	"maps"
	"strings"
)

// MakeUser makes a user as somebody would by hand.
func (s *Server) MakeUser(account, name string, tags map[string]string) error {
	defer s.lock()()
	a, err := s.member(account)
	if err != nil {
		return err
	}
	if !entityName.MatchString(name) || a.users[strings.ToLower(name)] != nil {
		return fmt.Errorf("account %s: user %q exists, or is no name for one", account, name)
	}
	a.addUser(name, "/", maps.Clone(tags), s.clock.Now().UTC())
	return nil
}

func (s *Server) withUser(id, name string, do func(*user) error) error {
	return s.with(id, func(a *account) error {
		u, err := byName(a, a.users, "user", name)
		if err != nil {
			return err
		}
		return do(u)
	})
}

// SetUserTags gives a user these tags in place of those that it has. Nil takes them all away.
func (s *Server) SetUserTags(id, name string, tags map[string]string) error {
	return s.withUser(id, name, func(u *user) error {
		u.tags = copied(tags)
		return nil
	})
}

// SetUserPolicy writes a user's inline policy.
func (s *Server) SetUserPolicy(id, name, policy, document string) error {
	return s.withUser(id, name, func(u *user) error {
		if !policyName.MatchString(policy) {
			return fmt.Errorf("%q is no name for a policy", policy)
		}
		return putInline(u.inline, policy, document, "user", u.name, userInlineSize)
	})
}

// DeleteUserPolicy deletes a user's inline policy.
func (s *Server) DeleteUserPolicy(id, name, policy string) error {
	return s.withUser(id, name, func(u *user) error {
		if u.inline[policy] == nil {
			return fmt.Errorf("user %s has no policy %q", u.name, policy)
		}
		delete(u.inline, policy)
		return nil
	})
}

// DeleteUser deletes a user with its keys and policies.
func (s *Server) DeleteUser(id, name string) error {
	return s.withUser(id, name, func(u *user) error {
		for _, k := range u.keys {
			delete(s.keys, k.id)
		}
		u.keys = nil
		delete(u.account.users, strings.ToLower(u.name))
		return nil
	})
}
