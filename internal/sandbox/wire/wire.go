// Package wire stands between the sandbox's services and whoever calls them: it records every call, and makes calls
// fail as it is told, before or after their effect.
package wire

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"path"
	"slices"
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
	Request   string    `json:"request,omitempty"`  // body, secrets blotted out
	Response  string    `json:"response,omitempty"` // body, secrets blotted out
}

// Fault makes calls fail.
type Fault struct {
	ID          string `json:"id,omitempty"`        // given by the hub
	Service     string `json:"service,omitempty"`   // empty: any; may hold * and ?
	Operation   string `json:"operation,omitempty"` // empty: any; may hold * and ?
	Skip        int    `json:"skip,omitempty"`      // lets so many matching calls pass first
	Times       int    `json:"times,omitempty"`     // strikes so many times; 0: until it is cleared
	DelayMillis int    `json:"delay_ms,omitempty"`  // milliseconds before the call is looked at
	Status      int    `json:"status,omitempty"`    // answers with this status, in the service's own form, without effect
	Code        string `json:"code,omitempty"`      // the error code to answer with; empty: one that suits the status
	Message     string `json:"message,omitempty"`
	RetryAfter  int    `json:"retry_after,omitempty"` // seconds, for 429
	Cut         string `json:"cut,omitempty"`         // "before" or "after" the effect: the connection closes without an answer
}

// Hub holds the faults, and the calls received, of one sandbox.
type Hub struct {
	now    func() time.Time
	mu     sync.Mutex
	seq    int
	calls  []Call
	faults []*Fault
	nextID int
	hook   func(Call) *Fault
	secret func(string) string

	changed chan struct{}
}

// New makes a hub whose calls bear the times of now.
func New(now func() time.Time) *Hub {
	return &Hub{now: now, changed: make(chan struct{})}
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
	h.faults = slices.DeleteFunc(h.faults, func(f *Fault) bool { return id == "" || f.ID == id })
	h.touch()
}

// Faults returns the faults that are on.
func (h *Hub) Faults() []Fault {
	h.mu.Lock()
	defer h.mu.Unlock()
	out := make([]Fault, 0, len(h.faults))
	for _, f := range h.faults {
		out = append(out, *f)
	}
	return out
}

// Calls returns the calls received after the one numbered seq, in order.
func (h *Hub) Calls(seq int) []Call {
	h.mu.Lock()
	defer h.mu.Unlock()
	i, _ := slices.BinarySearchFunc(h.calls, seq, func(c Call, s int) int { return c.Seq - s - 1 })
	return slices.Clone(h.calls[i:])
}

// Service says how a service's calls are told apart, and what its errors look like.
type Service struct {
	// Identify names the call; body is the whole request body, and r.Body can still be read.
	Identify func(r *http.Request, body []byte) (service, operation, subject string)
	// Fail answers with the fault's status in the service's own form.
	Fail func(w http.ResponseWriter, r *http.Request, f Fault)
	// Serve does the call.
	Serve http.Handler
}

// Handler puts the hub before a service.
func (h *Hub) Handler(s Service) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(io.LimitReader(r.Body, 16<<20))
		if err != nil {
			return
		}
		r.Body = io.NopCloser(bytes.NewReader(body))
		start := time.Now()
		c := Call{At: h.now(), Request: string(body)}
		c.Service, c.Operation, c.Subject = s.Identify(r, body)
		r.Body = io.NopCloser(bytes.NewReader(body))
		var f *Fault
		c, f = h.arrive(c)
		done := func(status int, response string) {
			c.Status, c.Response, c.Millis = status, response, float64(time.Since(start).Microseconds())/1000
			h.finish(c)
		}
		if f != nil {
			c.Fault = f.ID
			if f.DelayMillis > 0 {
				select {
				case <-time.After(time.Duration(f.DelayMillis) * time.Millisecond):
				case <-r.Context().Done():
					done(0, "")
					return
				}
			}
			switch {
			case f.Cut == "before":
				done(0, "")
				cut(w)
				return
			case f.Cut == "after":
				rec := httptest.NewRecorder()
				s.Serve.ServeHTTP(rec, r)
				done(0, rec.Body.String())
				cut(w)
				return
			case f.Status != 0:
				rec := httptest.NewRecorder()
				s.Fail(rec, r, *f)
				done(rec.Code, rec.Body.String())
				replay(w, rec)
				return
			}
		}
		if isUpgrade(r) {
			s.Serve.ServeHTTP(w, r)
			done(http.StatusSwitchingProtocols, "")
			return
		}
		rec := httptest.NewRecorder()
		s.Serve.ServeHTTP(rec, r)
		done(rec.Code, rec.Body.String())
		replay(w, rec)
	})
}

func isUpgrade(r *http.Request) bool { return r.Header.Get("Upgrade") != "" }

func replay(w http.ResponseWriter, rec *httptest.ResponseRecorder) {
	for k, v := range rec.Header() {
		w.Header()[k] = v
	}
	w.WriteHeader(rec.Code)
	_, _ = w.Write(rec.Body.Bytes())
}

// cut closes the connection without an answer.
func cut(w http.ResponseWriter) {
	if conn, _, err := http.NewResponseController(w).Hijack(); err == nil {
		_ = conn.Close()
		return
	}
	panic(http.ErrAbortHandler)
}

// arrive numbers a call, and finds the fault that strikes it.
func (h *Hub) arrive(c Call) (Call, *Fault) {
	h.mu.Lock()
	h.seq++
	c.Seq = h.seq
	hook := h.hook
	h.mu.Unlock()
	if hook != nil {
		if f := hook(c); f != nil {
			return c, f
		}
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	for i, f := range h.faults {
		if !match(f.Service, c.Service) || !match(f.Operation, c.Operation) {
			continue
		}
		if f.Skip > 0 {
			f.Skip--
			continue
		}
		struck := *f
		if f.Times > 0 {
			if f.Times--; f.Times == 0 {
				h.faults = slices.Delete(h.faults, i, i+1)
			}
		}
		return c, &struck
	}
	return c, nil
}

// match reports whether name matches the pattern, in which * stands for anything and ? for one letter.
func match(pattern, name string) bool {
	if pattern == "" || pattern == "*" || pattern == name {
		return true
	}
	ok, err := path.Match(pattern, name)
	return err == nil && ok
}

func (h *Hub) finish(c Call) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.secret != nil {
		c.Request, c.Response = h.secret(c.Request), h.secret(c.Response)
	}
	i, _ := slices.BinarySearchFunc(h.calls, c.Seq, func(c Call, s int) int { return c.Seq - s })
	h.calls = slices.Insert(h.calls, i, c)
	h.touch()
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

// ServeControl answers for the faults and the calls over HTTP:
//
//	GET    /calls?after=N       the calls received after the one numbered N
//	GET    /faults              the faults that are on
//	POST   /faults              switches a fault on (a Fault as JSON); answers with its ID
//	DELETE /faults[?id=ID]      switches it, or all, off
func (h *Hub) ServeControl(mux *http.ServeMux, prefix string) {
	answer := func(w http.ResponseWriter, v any) {
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(v)
	}
	mux.HandleFunc("GET "+prefix+"/calls", func(w http.ResponseWriter, r *http.Request) {
		after, _ := strconv.Atoi(r.URL.Query().Get("after"))
		answer(w, h.Calls(after))
	})
	mux.HandleFunc("GET "+prefix+"/faults", func(w http.ResponseWriter, r *http.Request) { answer(w, h.Faults()) })
	mux.HandleFunc("POST "+prefix+"/faults", func(w http.ResponseWriter, r *http.Request) {
		var f Fault
		d := json.NewDecoder(r.Body)
		d.DisallowUnknownFields()
		if err := d.Decode(&f); err != nil {
			http.Error(w, "fault: "+err.Error(), http.StatusBadRequest)
			return
		}
		if f.Cut != "" && f.Cut != "before" && f.Cut != "after" {
			http.Error(w, `fault: cut is "before" or "after"`, http.StatusBadRequest)
			return
		}
		answer(w, map[string]string{"id": h.Add(f)})
	})
	mux.HandleFunc("DELETE "+prefix+"/faults", func(w http.ResponseWriter, r *http.Request) {
		h.Remove(r.URL.Query().Get("id"))
		answer(w, h.Faults())
	})
}
