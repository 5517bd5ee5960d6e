package aws

import (
	"slices"
	"time"
)

// StackEvent is one line of what happened to a stack.
type StackEvent struct {
	At                       time.Time
	Resource, Type, Physical string // the logical ID, AWS::IAM::Role and the like, and the resource's own name
	Status, Reason           string
}

// StackEvents returns what happened to the stack with the ID, the newest first; nil for a stack that isn't there.
func (s *Server) StackEvents(account, stackID string) []StackEvent {
	defer s.read()()
	a, err := s.member(account)
	if err != nil {
		return nil
	}
	i := slices.IndexFunc(a.stacks, func(st *stack) bool { return st.id == stackID })
	if i < 0 {
		return nil
	}
	var out []StackEvent
	for _, e := range slices.Backward(a.stacks[i].events) {
		out = append(out, StackEvent{e.at, e.logical, e.kind, e.physical, e.status, e.reason})
	}
	return out
}

// ManagedPolicy returns the document of an AWS managed policy that the stand-in knows, by its ARN.
func (s *Server) ManagedPolicy(arn string) (document string, ok bool) {
	d := managedPolicy(arn)
	if d == nil {
		return "", false
	}
	return d.raw, true
}
