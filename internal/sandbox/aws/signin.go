package aws

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// SignIn is what came of a SAML response that a browser posted.
type SignIn struct {
	Token    string        `json:"token"`
	Refused  string        `json:"refused,omitempty"` // why nothing is offered; empty: something is
	Person   string        `json:"person,omitempty"`  // RoleSessionName
	Duration time.Duration `json:"duration"`          // of the session to come; nanoseconds in JSON
	Roles    []OfferedRole `json:"roles"`             // as the response names them, those that cannot be entered too
	At       time.Time     `json:"at"`
	Chosen   string        `json:"chosen,omitempty"` // ARN of the role that was entered last; empty: none yet
}

// OfferedRole is one value of the response's Role attribute.
type OfferedRole struct {
	Account  Account `json:"account"`
	Provider string  `json:"provider"` // ARN
	Role     string  `json:"role"`     // name
	ARN      string  `json:"arn"`
	Refused  string  `json:"refused,omitempty"` // why it cannot be entered; empty: it can
}

// signIn is a SignIn and the response that it comes from, which is looked at again when a role is chosen: the sign-in
// page keeps nothing but the response, so that what has gone stale or was taken away meanwhile is refused [I].
type signIn struct {
	SignIn
	response string
}

// SignIn returns what came of a SAML response, by its token. The latest few hundred are kept.
func (s *Server) SignIn(token string) (SignIn, bool) {
	defer s.read()()
	si, ok := s.signIns.get(token)
	if !ok {
		return SignIn{}, false
	}
	out := si.SignIn
	out.Roles = slices.Clone(out.Roles)
	return out, true
}

// takeResponse looks at a response that a browser posted, and keeps what came of it.
func (s *Server) takeResponse(response string) *signIn {
	now := s.clock.Now().UTC()
	offer, read := s.offer(response)
	for _, a := range read {
		if refused := s.useOnce(a, now); refused != nil {
			offer = SignIn{Refused: refused.Error()}
			break
		}
	}
	offer.Token, offer.At = newSecretID(), now
	si := &signIn{offer, response}
	s.signIns.put(offer.Token, si)
	return si
}

// useOnce refuses an assertion that has been used to sign in already. A service provider must keep those that it took
// and refuse them (SAML profiles, 4.1.4.5) [D]; that AWS's sign-in page does is a guess [I].
func (s *Server) useOnce(a *assertion, now time.Time) *refusal {
	for key, at := range s.used {
		if now.Sub(at) > 2*redeemWithin {
			delete(s.used, key) // too old to be taken again
		}
	}
	key := a.issuer + " " + a.id
	if at, used := s.used[key]; used {
		return invalidResponse("The assertion %s was used to sign in at %s already, and is good for once.", a.id, instant(at))
	}
	s.used[key] = now
	return nil
}

// offer works out which of the roles in a response can be entered, and returns what was vouched for: one assertion
// where the response is good, nil otherwise.
func (s *Server) offer(encoded string) (SignIn, []*assertion) {
	response, refused := parseResponse(encoded)
	if refused != nil {
		return SignIn{Refused: refused.Error()}, nil
	}
	// Only to know which providers to ask: each then says what it vouches for.
	claimed := readPairs(response.assertion)
	if len(claimed) == 0 {
		return SignIn{Refused: invalidResponse("Its attribute %sRole names no role with a provider.", attributePrefix).Error()}, nil
	}
	var out SignIn
	var read []*assertion
	for _, pair := range claimed {
		var a *assertion
		p, refused := s.findProvider(pair.provider)
		if refused == nil {
			a, refused = p.verify(response, s.clock)
		}
		if refused == nil {
			if len(read) == 0 {
				read = append(read, a)
				out.Person, out.Duration = a.person, a.shorten(a.asked(), s.clock.Now())
			}
			_, refused = s.enter(a, pair.role, int(a.asked().Seconds()))
		}
		offered := s.offeredRole(pair)
		if refused != nil {
			offered.Refused = refused.Error()
		}
		out.Roles = append(out.Roles, offered)
	}
	out.Refused = refusedAll(out.Roles)
	return out, read
}

// asked is how long the session shall last.
func (a *assertion) asked() time.Duration {
	if a.seconds == 0 {
		return defaultDuration * time.Second
	}
	return time.Duration(a.seconds) * time.Second
}

func (s *Server) offeredRole(pair rolePair) OfferedRole {
	o := OfferedRole{Provider: pair.provider, ARN: pair.role, Role: pair.role[strings.LastIndex(pair.role, "/")+1:]}
	if at, err := parseARN(pair.role); err == nil {
		o.Account.ID = at.account
		if a := s.accounts[at.account]; a != nil && a.partition.name == at.partition {
			o.Account = a.seen()
		}
	}
	return o
}

// refusedAll says why no role can be entered; nothing where one can.
func refusedAll(roles []OfferedRole) string {
	if slices.ContainsFunc(roles, func(o OfferedRole) bool { return o.Refused == "" }) {
		return ""
	}
	first := roles[0].Refused
	if !slices.ContainsFunc(roles, func(o OfferedRole) bool { return o.Refused != first }) {
		return first
	}
	return fmt.Sprintf("None of the response's %d roles can be entered.", len(roles))
}

// choose enters a role of a sign-in; nil where it can't, and the sign-in then says why.
func (s *Server) choose(si *signIn, roleARN string) *console {
	offer, read := s.offer(si.response)
	offer.Token, offer.At, offer.Chosen = si.Token, si.At, si.Chosen
	i := slices.IndexFunc(offer.Roles, func(o OfferedRole) bool { return o.ARN == roleARN && o.Refused == "" })
	switch {
	case i < 0 && offer.Refused == "" && !slices.ContainsFunc(offer.Roles, func(o OfferedRole) bool { return o.ARN == roleARN }):
		offer.Refused = notAuthorized("The response does not offer the role %q.", roleARN).Error()
	case i >= 0:
		offer.Chosen = roleARN
	}
	si.SignIn = offer
	if i < 0 {
		return nil
	}
	at, _ := parseARN(roleARN)
	return s.openConsole(s.roleByARN(at), read[0].person, offer.Duration)
}
