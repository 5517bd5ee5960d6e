// Package wire stands between the sandbox's services and whoever calls them: it records every call, and makes calls
// fail as it is told, before or after their effect.
package wire

import (
	"strconv"
	"sync"
	"time"
)

// Call is one request that a service received.
type Call struct {
	Seq       int       `json:"seq"`
	At        time.Time `json:"at"`
	Service   string    `json:"service"`           // slack, okta, sts, iam, cloudformation, organizations
	Operation string    `json:"operation"`         // chat.postMessage, createApplication, CreateUser, …
	Subject   string    `json:"subject,omitempty"` // the account, application or channel that it is about, where the service knows
	Status    int       `json:"status"`            // 0: the connection was cut
	Millis    float64   `json:"millis"`
	Fault     string    `json:"fault,omitempty"`    // the ID of the fault that struck
	Unknown   bool      `json:"unknown,omitempty"`  // no service knows the operation
	Request   string    `json:"request,omitempty"`  // body, secrets blotted out
	Response  string    `json:"response,omitempty"` // body, secrets blotted out
	Bare      bool      `json:"bare,omitempty"`     // the bodies are no longer kept
}

// Hub holds the faults, and the calls received, of one sandbox.
type Hub struct {
	now      func() time.Time
	mu       sync.Mutex
	seq      int
	record   record
	underWay map[int]flight
	faults   []*Fault
	nextID   int
	bases    []Basis
	known    map[operationKey]bool // of each operation, whether it is an aside
	unknown  []Call
	hook     func(Call) *Fault
	secret   func(string) string

	changed chan struct{}
}

// flight is a call that is under way.
type flight struct {
	call  Call
	began time.Time // of the real time
}

// New makes a hub whose calls bear the times of now.
func New(now func() time.Time) *Hub {
	return &Hub{now: now, record: record{most: keepCalls, mostBytes: keepBodies}, underWay: map[int]flight{}, known: map[operationKey]bool{}, changed: make(chan struct{})}
}

// Blot has every recorded body go through blot, which hides secrets.
func (h *Hub) Blot(blot func(string) string) { h.mu.Lock(); defer h.mu.Unlock(); h.secret = blot }

// Hook has every call shown to hook before it is looked at; a fault that it returns strikes that call.
func (h *Hub) Hook(hook func(Call) *Fault) { h.mu.Lock(); defer h.mu.Unlock(); h.hook = hook }

// Add switches a fault on and returns its ID.
func (h *Hub) Add(f Fault) string {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.nextID++
	f.ID = "fault-" + strconv.Itoa(h.nextID)
	h.faults = append(h.faults, &f)
	h.touch()
	return f.ID
}

// Remove switches the fault with the ID off, or all of them where id is empty.
func (h *Hub) Remove(id string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.dropFaults(func(f *Fault) bool { return id == "" || f.ID == id })
	h.touch()
}

// Faults returns the faults that are on.
func (h *Hub) Faults() []Fault {
	h.mu.Lock()
	defer h.mu.Unlock()
	now := h.now()
	h.dropFaults(func(f *Fault) bool { return f.over(now) })
	out := make([]Fault, 0, len(h.faults))
	for _, f := range h.faults {
		out = append(out, *f)
	}
	return out
}

// Calls returns the calls received after the one numbered seq that are over, in order. A hub keeps the last 50,000, and
// as many of their bodies as 64 MiB hold.
func (h *Hub) Calls(seq int) []Call {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.record.after(seq)
}

// Call returns the call with the number, if it is over and still on record.
func (h *Hub) Call(seq int) (Call, bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	i, found := h.record.find(seq)
	if !found {
		return Call{}, false
	}
	return h.record.calls[i], true
}

// Changed returns a channel that closes when the next call is over, or a fault is switched on or off.
func (h *Hub) Changed() <-chan struct{} {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.changed
}

// touch tells those who wait. The caller holds h.mu.
func (h *Hub) touch() {
	close(h.changed)
	h.changed = make(chan struct{})
}
