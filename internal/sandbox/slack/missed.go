package slack

import "slices"

// Missed is an envelope that nobody acknowledged.
type Missed struct {
	Envelope
	At    string `json:"at"`    // time stamp of when Slack gave up
	Error string `json:"error"` // OperationTimeout or DispatchFailed
}

// Missed returns what nobody acknowledged in time, and why, the oldest first; of more than 1000 the last.
func (s *Server) Missed() []Missed {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.unanswered)
}

// Complaint is something that Slack would have dropped without a word: an acknowledgement that came late, was too large,
// or had a payload that nobody asked for.
type Complaint struct {
	At   string `json:"at"` // time stamp
	Text string `json:"text"`
}

// Complained returns what Slack would have dropped, the oldest first; of more than 1000 the last.
func (s *Server) Complained() []Complaint {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.complaints)
}

func (s *Server) complain(text string) {
	s.complaints = last(append(s.complaints, Complaint{At: s.stamp(), Text: text}), keptMishaps)
	s.change()
}
