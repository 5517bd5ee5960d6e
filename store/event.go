package store

import (
	"fmt"
	"time"
)

// Event is one line of the append-only audit trail.
type Event struct {
	ID      string     `json:"id"` // nanoseconds since 1970 and a number, so that IDs sort by time
	At      time.Time  `json:"at"`
	What    string     `json:"what"`           // request.opened, request.approved, step.done, account.linked, …
	Actor   Person     `json:"actor,omitzero"` // empty: oktaws itself
	Account AccountKey `json:"account"`
	Request string     `json:"request,omitempty"`
	Task    string     `json:"task,omitempty"`
	Step    string     `json:"step,omitempty"`
	Text    string     `json:"text,omitempty"`
}

const eventPrefix = "event/"

// Record appends an event.
func (tx *Tx) Record(e Event) error {
	e.At = tx.now
	for {
		e.ID = fmt.Sprintf("%020d-%04d", tx.now.UnixNano(), tx.events)
		tx.events++
		taken, err := tx.w.Get(eventPrefix + e.ID)
		if err != nil {
			return err
		}
		if taken == nil {
			break
		}
	}
	return tx.putNew(eventPrefix+e.ID, e)
}

// Events visits the events in order of time until visit returns false.
func (tx *ReadTx) Events(visit func(Event) bool) error { return scan(tx.r, eventPrefix, "", visit) }

// EventFilter says which events are wanted. A zero field wants all.
type EventFilter struct {
	Account AccountKey
	Request string
	Since   time.Time // not before
}

// EventsOf visits the events that the filter wants, in order of time, until visit returns false.
func (tx *ReadTx) EventsOf(f EventFilter, visit func(Event) bool) error {
	after := ""
	if !f.Since.IsZero() {
		after = fmt.Sprintf("%s%020d", eventPrefix, dueTime(f.Since).UnixNano()) // sorts before the first event of that time
	}
	return scan(tx.r, eventPrefix, after, func(e Event) bool {
		if f.Account != (AccountKey{}) && e.Account != f.Account || f.Request != "" && e.Request != f.Request {
			return true
		}
		return visit(e)
	})
}
