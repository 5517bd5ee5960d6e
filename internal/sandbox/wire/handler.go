package wire

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"time"
)

// Service says how a service's calls are told apart, and what its errors look like.
type Service struct {
	// Identify names the call; body is the whole request body, and r.Body can still be read.
	Identify func(r *http.Request, body []byte) (service, operation, subject string)
	// Fail answers with the fault's status in the service's own form.
	Fail func(w http.ResponseWriter, r *http.Request, f Fault)
	// Shorten puts something short in the place of bodies of the call that nobody can read, before it is on record; nil:
	// bodies are recorded as they are.
	Shorten func(c *Call)
	// Serve does the call.
	Serve http.Handler
	// Bases says what each of its operations rests on; a call of another one is unknown.
	Bases []Basis
}

// Handler puts the hub before a service.
func (h *Hub) Handler(s Service) http.Handler {
	h.register(s.Bases)
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
		defer h.abandon(c.Seq)
		done := func(status int, response string) {
			c.Status, c.Response, c.Millis = status, response, millis(start)
			if s.Shorten != nil {
				s.Shorten(&c)
			}
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
