package store

import (
	"errors"
	"fmt"
	"strings"
	"time"
)

// Kind says what an error means for what happens next.
type Kind string

// The kinds. An error without one counts as Transient.
const (
	Transient   Kind = "transient"      // trying again later may well succeed
	Permanent   Kind = "permanent"      // stays until somebody changes something
	Conflict    Kind = "conflict"       // somebody or something else is there first
	NotFound    Kind = "not found"      // there is no such thing
	Denied      Kind = "denied"         // the credentials, or the person, may not do this
	NeedsPerson Kind = "needs a person" // only a person can go on
)

// Error is an error that a person reads: what failed, and what to do. The cause stays inside, for the log.
type Error struct {
	Kind    Kind
	Message string        // what failed, for people; never holds a secret
	Remedy  string        // what to do about it; may be empty
	After   time.Duration // not before this long from now, for Transient; 0 leaves it to the caller
	Err     error         // the cause; may be nil
}

func (e *Error) Error() string {
	if e.Err == nil {
		return e.Message
	}
	return fmt.Sprintf("%s: %v", strings.TrimSuffix(e.Message, "."), e.Err)
}

func (e *Error) Unwrap() error { return e.Err }

// KindOf returns the kind of the outermost Error in err's chain, and Transient where there is none.
func KindOf(err error) Kind {
	if e, ok := errors.AsType[*Error](err); ok && e.Kind != "" {
		return e.Kind
	}
	return Transient
}

// Explain returns what a person may read of err: the message and the remedy of the outermost Error in its chain. Of
// any other error it says nothing but that it happened.
func Explain(err error) (message, remedy string) {
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Message, e.Remedy
	}
	return "Something went wrong inside oktaws.", "Look at the log of oktaws for the cause; it carries on by itself where it can."
}

func newError(kind Kind, remedy, format string, args ...any) *Error {
	return &Error{Kind: kind, Message: fmt.Sprintf(format, args...), Remedy: remedy}
}
