package aws

import "time"

// ExpireSessions ends all sessions now, since tests can't wait for the real hour.
func (s *Server) ExpireSessions() {
	defer s.lock()()
	for _, ss := range s.sessions {
		ss.expires = time.Now().Add(-time.Second)
	}
}
