package slack

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/jonboulle/clockwork"
)

// AckWithin is how long the app has to acknowledge an envelope.
const AckWithin = 3 * time.Second

// Envelope is what the app is sent over Socket Mode.
type Envelope struct {
	Type           string          `json:"type"` // slash_commands, interactive, events_api
	ID             string          `json:"envelope_id"`
	Payload        json.RawMessage `json:"payload"`
	AcceptsPayload bool            `json:"accepts_response_payload"`
	*Retry
}

// Retry says which attempt an event is; commands and clicks are sent only once.
type Retry struct {
	Attempt int    `json:"retry_attempt"`
	Reason  string `json:"retry_reason"`
}

type deliveryState int

const (
	waiting deliveryState = iota
	answered
	unanswered
)

// delivery is an envelope on its way.
type delivery struct {
	Envelope
	state deliveryState
	seen  Seen
	timer clockwork.Timer
	done  chan struct{}
	onAck func(payload json.RawMessage) Seen // s.mu is held
}

func (d *delivery) describe() string { return d.Type + " " + d.ID }

// settle ends a delivery; s.mu is held.
func (s *Server) settle(d *delivery, state deliveryState, seen Seen) {
	d.state, d.seen = state, seen
	if d.timer != nil {
		d.timer.Stop()
	}
	close(d.done)
	s.settled = append(s.settled, d.ID)
	if len(s.settled) > keptDeliveries {
		delete(s.deliveries, s.settled[0])
		s.settled = last(s.settled, keptDeliveries)
	}
}

// What a person is told where the app does not answer.
const (
	OperationTimeout = "operation_timeout" // not within 3 s
	DispatchFailed   = "dispatch_failed"   // no connection
	Trouble          = "We had some trouble connecting. Try again?"
)

// asJSON writes a payload down while s.mu is held, since what it is made of may change once it is free.
func asJSON(payload object) json.RawMessage {
	raw, err := json.Marshal(payload)
	if err != nil {
		panic("slack: a payload that is no JSON: " + err.Error()) // payloads are made of strings and parsed JSON
	}
	return raw
}

// send hands an envelope to one of the connections. Its payload is made, and its end awaited, by the caller.
func (s *Server) send(kind string, payload json.RawMessage, accepts bool, retry *Retry, onAck func(json.RawMessage) Seen) *delivery {
	d := &delivery{
		Envelope: Envelope{Type: kind, ID: envelopeID(), Payload: payload, AcceptsPayload: accepts, Retry: retry},
		done:     make(chan struct{}),
		onAck:    onAck,
	}
	s.mu.Lock()
	s.deliveries[d.ID], s.last = d, d
	c := s.next()
	if c == nil {
		s.miss(d, DispatchFailed)
		s.mu.Unlock()
		return d
	}
	var again *socket
	if s.twice > 0 {
		s.twice--
		again = s.next()
	}
	d.timer = s.deadlines.AfterFunc(AckWithin, func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		if d.state == waiting {
			s.miss(d, OperationTimeout)
		}
	})
	s.mu.Unlock()
	s.deliver(c, d)
	if again != nil {
		s.deliver(again, d)
	}
	return d
}

// deliver writes the envelope; where that fails nobody acknowledges it, which is how the failure shows.
func (s *Server) deliver(c *socket, d *delivery) {
	if c.send(d.Envelope) != nil {
		s.drop(c)
	}
}

func (s *Server) miss(d *delivery, reason string) {
	s.unanswered = last(append(s.unanswered, Missed{Envelope: d.Envelope, At: s.stamp(), Error: reason}), keptMishaps)
	s.settle(d, unanswered, Seen{Error: reason})
	s.change()
}

// wait returns what the person sees in the end.
func (d *delivery) wait(ctx context.Context) (Seen, error) {
	select {
	case <-d.done:
		return d.seen, nil
	case <-ctx.Done():
		return Seen{}, context.Cause(ctx)
	}
}

// acknowledge takes one frame of the app's.
func (s *Server) acknowledge(frame []byte) {
	var ack struct {
		EnvelopeID string          `json:"envelope_id"`
		Payload    json.RawMessage `json:"payload"`
	}
	err := json.Unmarshal(frame, &ack)
	s.mu.Lock()
	defer s.mu.Unlock()
	d := s.deliveries[ack.EnvelopeID]
	switch {
	case len(frame) >= MaxAck:
		s.complain(fmt.Sprintf("an acknowledgement of %d bytes was dropped: %d or more are too many", len(frame), MaxAck))
		return
	case err != nil || ack.EnvelopeID == "":
		s.complain("a frame was dropped: it is no acknowledgement")
		return
	case d == nil:
		s.complain("an acknowledgement was dropped: there is no envelope " + ack.EnvelopeID)
		return
	}
	if absent(ack.Payload) {
		ack.Payload = nil
	}
	if ack.Payload != nil && !d.AcceptsPayload {
		s.complain(d.describe() + ": the acknowledgement's payload was dropped: this kind takes none")
		ack.Payload = nil
	}
	switch d.state {
	case waiting:
		s.settle(d, answered, d.onAck(ack.Payload))
		s.change()
	case unanswered:
		s.complain(d.describe() + ": acknowledged too late")
	}
}

func envelopeID() string {
	id := random(16)
	return id[:8] + "-" + id[8:12] + "-" + id[12:16] + "-" + id[16:20] + "-" + id[20:]
}

// DeliverTwice has each of the next n envelopes delivered twice, as Slack may, with the same ID and over another
// connection where there is one.
func (s *Server) DeliverTwice(n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.twice = n
}

// Redeliver sends the last envelope once more, and reports whether there was one and a connection for it.
func (s *Server) Redeliver() bool {
	s.mu.Lock()
	d, c := s.last, s.next()
	s.mu.Unlock()
	if d == nil || c == nil {
		return false
	}
	s.deliver(c, d)
	return true
}
