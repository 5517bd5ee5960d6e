package slack

import "slices"

// Missed is an envelope that nobody acknowledged.
type Missed struct {
	Envelope
	At    string // time stamp of when Slack gave up
	Error string // OperationTimeout or DispatchFailed
}

// Missed returns what nobody acknowledged in time, and why, the oldest first.
func (s *Server) Missed() []Missed {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.unanswered)
}

// Complaint is something that Slack would have dropped without a word.
type Complaint struct {
	At   string // time stamp
	Text string
}

// Complained is Complaints with their times, the oldest first.
func (s *Server) Complained() []Complaint {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.complaints)
}
