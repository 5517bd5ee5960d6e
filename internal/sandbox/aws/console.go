package aws

import "time"

// Console is a session of the management console "as" a role.
type Console struct {
	ID             string
	Account        Account
	Role, RoleARN  string
	ARN            string // of the session
	Person         string // RoleSessionName
	Began, Expires time.Time
	Expired        bool
}

// Console returns a session of the management console; ok is false where there is none, or the person has signed out.
func (s *Server) Console(id string) (Console, bool) { return Console{}, false }

// May tells whether a console session may do the action with the resource, by the role's real policies. why names the
// policy that decides.
func (s *Server) May(consoleID, action, resource string) (allowed bool, why string) { return false, "" }

// SignOut ends a console session.
func (s *Server) SignOut(consoleID string) {}
