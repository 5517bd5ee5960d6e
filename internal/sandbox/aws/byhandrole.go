package aws

import (
	"fmt"
	"time"
)

// MakeRole makes a role as somebody would by hand. An empty trust policy trusts the account itself; policies are ARNs
// of managed policies.
func (s *Server) MakeRole(account, name, trust string, policies ...string) error {
	defer s.lock()()
	a, err := s.member(account)
	if err != nil {
		return err
	}
	if !entityName.MatchString(name) {
		return fmt.Errorf("account %s: %q is no name for a role", account, name)
	}
	if trust == "" {
		trust = a.trust()
	}
	r, err := s.addRole(a, roleSpec{name: name, path: "/", trust: trust, maxSession: 3600, tags: map[string]string{}}, s.clock.Now().UTC())
	for _, arn := range policies {
		if err == nil {
			err = r.attach(arn)
		}
	}
	if err != nil && r != nil {
		r.attached = nil
		_ = r.delete()
	}
	return err
}

// withRole has do change a role.
func (s *Server) withRole(id, name string, do func(*role) error) error {
	return s.with(id, func(a *account) error {
		r, err := byName(a, a.roles, "role", name)
		if err != nil {
			return err
		}
		return do(r)
	})
}

// SetTrust gives a role another trust policy.
func (s *Server) SetTrust(id, name, trust string) error {
	return s.withRole(id, name, func(r *role) error {
		d, err := s.trustPolicy(r.account, trust, s.clock.Now().UTC())
		if err == nil {
			r.trust = d
		}
		return err
	})
}

// AttachPolicy attaches a managed policy to a role.
func (s *Server) AttachPolicy(id, name, arn string) error {
	return s.withRole(id, name, func(r *role) error { return r.attach(arn) })
}

// DetachPolicy detaches a managed policy from a role.
func (s *Server) DetachPolicy(id, name, arn string) error {
	return s.withRole(id, name, func(r *role) error { return r.detach(arn) })
}

// SetSession sets how long a role's sessions may last: from 1 to 12 hours.
func (s *Server) SetSession(id, name string, d time.Duration) error {
	return s.withRole(id, name, func(r *role) error {
		if d < time.Hour || d > 12*time.Hour {
			return fmt.Errorf("role %s: sessions last from 1 to 12 hours, not %v", r.name, d)
		}
		r.maxSession = int(d / time.Second)
		return nil
	})
}

// DeleteRole deletes a role with its policies.
func (s *Server) DeleteRole(id, name string) error {
	return s.withRole(id, name, func(r *role) error {
		r.attached, r.inline = nil, nil
		return r.delete()
	})
}
