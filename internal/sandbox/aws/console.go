package aws

import (
	"maps"
	"slices"
	"time"
)

// Console is a session of the management console "as" a role.
type Console struct {
	ID             string
	Account        Account
	Role, RoleARN  string
	ARN            string // of the session
	Region         string // in which the console begins
	Person         string // RoleSessionName
	Began, Expires time.Time
	Expired        bool
}

// console is such a session.
type console struct {
	id             string
	session        *session
	began, expires time.Time
}

// openConsole begins a session for the person, on the sandbox's clock.
func (s *Server) openConsole(r *role, person string, d time.Duration) *console {
	now := s.clock.Now().UTC()
	c := &console{id: newSecretID(), session: &session{role: r, name: person}, began: now, expires: now.Add(d)}
	s.consoles.put(c.id, c)
	return c
}

// Console returns a session of the management console; ok is false where there is none, or the person has signed out.
// The latest few hundred are kept.
func (s *Server) Console(id string) (Console, bool) {
	defer s.read()()
	c, ok := s.consoles.get(id)
	if !ok {
		return Console{}, false
	}
	who, r := c.session.principal(), c.session.role
	return Console{
		ID: id, Account: r.account.seen(), Role: r.name, RoleARN: r.arn(), ARN: who.arn,
		Region: r.account.partition.home, Person: c.session.name, Began: c.began, Expires: c.expires, Expired: !s.clock.Now().Before(c.expires),
	}, true
}

// SignOut ends a console session.
func (s *Server) SignOut(consoleID string) {
	defer s.lock()()
	s.consoles.remove(consoleID)
}

// May tells whether a console session may do the action with the resource ("*" where the action has none), by the
// role's own policies, its boundary and the account's service control policies. why is the refusal in AWS's words, and
// names the policy that decides where one does.
func (s *Server) May(consoleID, action, resource string) (allowed bool, why string) {
	defer s.read()()
	c, ok := s.consoles.get(consoleID)
	switch {
	case !ok:
		return false, "You are signed out."
	case !s.clock.Now().Before(c.expires):
		return false, "The session ended at " + instant(c.expires) + "."
	case c.session.role.account.barred():
		return false, "The account " + c.session.role.account.id + " is closed."
	case c.session.role.gone:
		return false, "The role " + c.session.role.name + " is there no longer."
	}
	who := c.session.principal()
	r := who.role
	f := who.facts(r.account.partition.home) // the console's own, for what has no region
	if err := who.may(action, resource, f, false); err != nil {
		why = err.Error()
		if policy := r.decider(action, resource, f, true); policy != "" {
			why += " (" + policy + ")"
		}
		return false, why
	}
	return true, "Allowed by " + r.decider(action, resource, f, false) + "."
}

// decider names the first of the role's own policies that allows the action, or denies it; nothing where none does.
func (r *role) decider(action, resource string, f facts, denies bool) string {
	want := allowed
	if denies {
		want = denied
	}
	for _, arn := range r.attached {
		if judge([]*document{managedPolicy(arn)}, action, resource, f) == want {
			return "the managed policy " + arn
		}
	}
	for _, name := range slices.Sorted(maps.Keys(r.inline)) {
		if judge([]*document{r.inline[name]}, action, resource, f) == want {
			return "the inline policy " + name
		}
	}
	return ""
}
