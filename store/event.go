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
		e.ID = fmt.Sprintf("%020d-%02d", tx.now.UnixNano(), tx.events)
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
func (tx *ReadTx) Events(visit func(Event) bool) error { return scan(tx.r, eventPrefix, visit) }
