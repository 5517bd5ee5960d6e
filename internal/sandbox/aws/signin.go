package aws

import "time"

// SignIn is what came of a SAML response that a browser posted.
type SignIn struct {
	Token    string        `json:"token"`
	Refused  string        `json:"refused,omitempty"` // why nothing is offered; empty: something is
	Person   string        `json:"person,omitempty"`  // RoleSessionName
	Duration time.Duration `json:"duration,omitempty"`
	Roles    []OfferedRole `json:"roles"`
	At       time.Time     `json:"at"`
	Chosen   string        `json:"chosen,omitempty"` // ARN of the role that was entered; empty: none yet
}

// OfferedRole is one value of the response's Role attribute.
type OfferedRole struct {
	Account  Account `json:"account"`
	Provider string  `json:"provider"` // ARN
	Role     string  `json:"role"`     // name
	ARN      string  `json:"arn"`
	Refused  string  `json:"refused,omitempty"` // why it cannot be entered; empty: it can
}

// SignIn returns what came of a SAML response, by its token.
func (s *Server) SignIn(token string) (SignIn, bool) { return SignIn{}, false }
