package aws

import (
	"fmt"
	"slices"
)

// MakeKey makes an access key of a user's that works at once.
func (s *Server) MakeKey(id, name string) (key, secret string, err error) {
	err = s.withUser(id, name, func(u *user) error {
		if len(u.keys) >= keyQuota {
			return quota("AccessKeysPerUser", keyQuota)
		}
		k := s.addKey(u, s.clock.Now().UTC().Add(-s.keyDelay))
		key, secret = k.id, k.secret
		return nil
	})
	return key, secret, err
}

func (s *Server) withKey(id, name, key string, do func(u *user, i int) error) error {
	return s.withUser(id, name, func(u *user) error {
		i := slices.IndexFunc(u.keys, func(k *accessKey) bool { return k.id == key })
		if i < 0 {
			return fmt.Errorf("user %s has no access key %q", u.name, key)
		}
		return do(u, i)
	})
}

// SetKeyActive switches an access key on or off.
func (s *Server) SetKeyActive(id, name, key string, active bool) error {
	return s.withKey(id, name, key, func(u *user, i int) error {
		u.keys[i].active = active
		return nil
	})
}

// UseKey leaves the mark that a use of the key for the service (iam, s3, …) leaves, now.
func (s *Server) UseKey(id, name, key, service string) error {
	return s.withKey(id, name, key, func(u *user, i int) error {
		u.keys[i].lastUsed, u.keys[i].lastService, u.keys[i].lastRegion = s.clock.Now().UTC(), service, u.account.partition.home
		return nil
	})
}

// DeleteKey deletes an access key.
func (s *Server) DeleteKey(id, name, key string) error {
	return s.withKey(id, name, key, func(u *user, i int) error {
		delete(s.keys, key)
		u.keys = slices.Delete(u.keys, i, i+1)
		return nil
	})
}
