package aws

import "slices"

// SignIns returns what came of the latest few hundred SAML responses, the oldest first.
func (s *Server) SignIns() []SignIn {
	defer s.read()()
	var out []SignIn
	for _, token := range s.signIns.order {
		si := s.signIns.items[token].SignIn
		si.Roles = slices.Clone(si.Roles)
		out = append(out, si)
	}
	return out
}
