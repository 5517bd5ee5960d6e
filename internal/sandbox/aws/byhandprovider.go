package aws

import (
	"fmt"
	"maps"
)

// MakeProvider makes a SAML provider as somebody would by hand, long ago. Empty metadata stands for some that is
// made up.
func (s *Server) MakeProvider(account, name, metadata string, tags map[string]string) error {
	defer s.lock()()
	a, err := s.member(account)
	if err != nil {
		return err
	}
	if metadata == "" {
		metadata = madeUpMetadata("http://www.okta.com/exkmadebyhand")
	}
	if !providerName.MatchString(name) || a.providers[name] != nil {
		return fmt.Errorf("account %s: provider %q exists, or is no name for one", account, name)
	}
	_, err = a.addProvider(name, metadata, maps.Clone(tags), s.clock.Now().UTC().Add(-s.providerDelay))
	return err
}

func (s *Server) withProvider(id, name string, do func(*provider) error) error {
	return s.with(id, func(a *account) error {
		p := a.providers[name]
		if p == nil {
			return a.lacks("provider", name)
		}
		return do(p)
	})
}

// SetMetadata replaces a provider's metadata. Empty metadata stands for some that is made up, with a certificate of
// its own.
func (s *Server) SetMetadata(id, name, metadata string) error {
	return s.withProvider(id, name, func(p *provider) error {
		if metadata == "" {
			metadata = madeUpMetadata("http://www.okta.com/exkmadebyhand")
		}
		e, err := parseMetadata(metadata)
		if err == nil {
			p.metadata, p.validUntil = metadata, e.validUntil(s.clock.Now().UTC())
		}
		return err
	})
}

// SetProviderTags gives a provider these tags in place of those that it has. Nil takes them all away.
func (s *Server) SetProviderTags(id, name string, tags map[string]string) error {
	return s.withProvider(id, name, func(p *provider) error {
		p.tags = copied(tags)
		return nil
	})
}

// DeleteProvider deletes a provider. The roles that trust it stay as they are.
func (s *Server) DeleteProvider(id, name string) error {
	return s.withProvider(id, name, func(p *provider) error {
		delete(p.account.providers, p.name)
		return nil
	})
}

// copied is never nil.
func copied(tags map[string]string) map[string]string {
	out := map[string]string{}
	maps.Copy(out, tags)
	return out
}
