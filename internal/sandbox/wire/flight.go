package wire

import (
	"context"
	"maps"
	"slices"
	"time"
)

// arrive numbers a call, and finds the fault that strikes it.
func (h *Hub) arrive(c Call) (Call, *Fault) {
	h.mu.Lock()
	h.seq++
	c.Seq = h.seq
	c.Unknown = !h.knows(&c)
	h.underWay[c.Seq] = flight{c, time.Now()}
	hook := h.hook
	h.mu.Unlock()
	if hook != nil {
		if f := hook(c); f != nil {
			return c, f
		}
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	f := h.befall(c)
	if f != nil && f.DelayMillis > 0 {
		h.touch() // whoever looks at calls under way sees this one
	}
	return c, f
}

// finish puts a call that is over on record.
func (h *Hub) finish(c Call) {
	h.mu.Lock()
	blot := h.secret
	h.mu.Unlock()
	if blot != nil {
		c.Request, c.Response = blot(c.Request), blot(c.Response)
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	delete(h.underWay, c.Seq)
	h.noteUnknown(c)
	h.record.add(c)
	h.touch()
}

// abandon forgets a call that ended without being over, as one does whose service panics.
func (h *Hub) abandon(seq int) {
	h.mu.Lock()
	defer h.mu.Unlock()
	delete(h.underWay, seq)
}

// UnderWay returns the calls that are not over, in order, without their bodies: their Status is 0, and Millis is how
// long they have taken so far.
func (h *Hub) UnderWay() []Call {
	h.mu.Lock()
	defer h.mu.Unlock()
	out := make([]Call, 0, len(h.underWay))
	for _, seq := range slices.Sorted(maps.Keys(h.underWay)) {
		f := h.underWay[seq]
		f.call.Request = ""
		f.call.Millis = millis(f.began)
		out = append(out, f.call)
	}
	return out
}

func millis(since time.Time) float64 { return float64(time.Since(since).Microseconds()) / 1000 }

// Received is how many calls have arrived so far.
func (h *Hub) Received() int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.seq
}

// Settle returns when no call is under way and none has come for the given time, or when ctx is over. Both follow the
// real clock.
func (h *Hub) Settle(ctx context.Context, quiet time.Duration) {
	for ctx.Err() == nil {
		h.mu.Lock()
		received, busy, changed := h.seq, len(h.underWay) > 0, h.changed
		h.mu.Unlock()
		var over <-chan time.Time
		if !busy {
			over = time.After(quiet)
		}
		select {
		case <-ctx.Done():
		case <-changed:
		case <-over:
			if h.Received() == received {
				return
			}
		}
	}
}
