package wire

import (
	"errors"
	"fmt"
	"math"
	"path"
	"slices"
	"time"
)

// Fault makes calls fail.
type Fault struct {
	ID          string    `json:"id,omitempty"`        // given by the hub
	Service     string    `json:"service,omitempty"`   // empty: any; may hold * and ?
	Operation   string    `json:"operation,omitempty"` // empty: any; may hold * and ?
	Skip        int       `json:"skip,omitempty"`      // lets so many matching calls pass first
	Times       int       `json:"times,omitempty"`     // strikes so many times; 0: until it is cleared
	Until       time.Time `json:"until,omitzero"`      // on the hub's clock: strikes until then; zero: it has no end
	DelayMillis int       `json:"delay_ms,omitempty"`  // milliseconds before the call is looked at
	Status      int       `json:"status,omitempty"`    // answers with this status, in the service's own form, without effect
	Code        string    `json:"code,omitempty"`      // the error code to answer with; empty: one that suits the status
	Message     string    `json:"message,omitempty"`
	RetryAfter  int       `json:"retry_after,omitempty"` // seconds, for 429; 0: until Until, where there is one
	Cut         string    `json:"cut,omitempty"`         // "before" or "after" the effect: the connection closes without an answer
}

// longestDelay is the most that a fault may delay a call, in milliseconds.
const longestDelay = int(time.Hour / time.Millisecond)

// Check says what is wrong with a fault that somebody made up; nil: nothing.
func (f Fault) Check() error {
	for what, pattern := range map[string]string{"service": f.Service, "operation": f.Operation} {
		if _, err := path.Match(pattern, ""); err != nil {
			return fmt.Errorf("%s: %q is no pattern: * stands for anything, ? for one letter", what, pattern)
		}
	}
	for _, n := range []struct {
		what  string
		value int
	}{{"times", f.Times}, {"skip", f.Skip}, {"delay", f.DelayMillis}, {"retry after", f.RetryAfter}} {
		if n.value < 0 {
			return fmt.Errorf("%s is %d, and can't be less than 0", n.what, n.value)
		}
	}
	switch {
	case f.Cut != "" && f.Cut != "before" && f.Cut != "after":
		return fmt.Errorf(`cut is %q: it is "before" or "after" the effect`, f.Cut)
	case f.Status != 0 && (f.Status < 200 || f.Status > 599):
		return fmt.Errorf("status is %d: it is from 200 to 599", f.Status)
	case f.Status != 0 && f.Cut != "":
		return errors.New("a connection that is cut has no status: give one of the two")
	case f.DelayMillis > longestDelay:
		return fmt.Errorf("delay is %d ms: it is an hour (%d ms) at most", f.DelayMillis, longestDelay)
	case f.Status == 0 && f.Cut == "" && f.DelayMillis == 0:
		return errors.New("a fault that does nothing: give a status, a cut or a delay")
	}
	return nil
}

// delays reports whether all it does to a call is to make it wait.
func (f *Fault) delays() bool { return f.Status == 0 && f.Cut == "" }

func (f *Fault) over(now time.Time) bool { return !f.Until.IsZero() && !now.Before(f.Until) }

// befall finds what befalls a call: the first fault that matches and answers or cuts, after the delays of those before
// it; nil: nothing. The caller holds h.mu.
func (h *Hub) befall(c Call) *Fault {
	now, delay := h.now(), 0
	var struck *Fault
	var spent []*Fault
	for _, f := range h.faults {
		if f.over(now) {
			spent = append(spent, f)
			continue
		}
		if !match(f.Service, c.Service) || !match(f.Operation, c.Operation) {
			continue
		}
		if f.Skip > 0 {
			f.Skip--
			continue
		}
		if f.Times > 0 {
			if f.Times--; f.Times == 0 {
				spent = append(spent, f)
			}
		}
		delay += f.DelayMillis
		copied := *f
		struck = &copied
		if !f.delays() {
			break
		}
	}
	h.dropFaults(func(f *Fault) bool { return slices.Contains(spent, f) })
	if struck == nil {
		return nil
	}
	struck.DelayMillis = delay
	if struck.RetryAfter == 0 && !struck.Until.IsZero() {
		struck.RetryAfter = int(math.Ceil(struck.Until.Sub(now).Seconds()))
	}
	return struck
}

// dropFaults switches off those that drop is true for. The caller holds h.mu.
func (h *Hub) dropFaults(drop func(*Fault) bool) { h.faults = slices.DeleteFunc(h.faults, drop) }

// match reports whether name matches the pattern, in which * stands for anything and ? for one letter.
func match(pattern, name string) bool {
	if pattern == "" || pattern == "*" || pattern == name {
		return true
	}
	ok, err := path.Match(pattern, name)
	return err == nil && ok
}
