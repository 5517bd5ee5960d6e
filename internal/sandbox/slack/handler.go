package slack

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"

	"github.com/oktaws/oktaws/internal/sandbox/wire"
)

// doors are what the app reaches besides the Web API, and the names of their operations.
var doors = []struct {
	method, path, operation string
	serve                   func(*Server, http.ResponseWriter, *http.Request)
}{
	{"", "/link/", "socket", (*Server).serveSocket},
	{"POST ", "/response/", "response_url", (*Server).serveResponseURL},
	{"POST ", "/upload/v1/", upload, (*Server).serveUpload},
	{"GET ", "/files-pri/", download, (*Server).servePrivate},
}

const (
	upload   = "upload"
	download = "download"
)

// Handler serves the Web API under /api/, sockets under /link/, response URLs under /response/ and files under /upload/
// and /files-pri/, all through the hub, and the control API under /control/slack/.
func (s *Server) Handler() http.Handler {
	services := http.NewServeMux()
	services.HandleFunc("/api/", s.serveAPI)
	for _, d := range doors {
		services.HandleFunc(d.method+d.path, func(w http.ResponseWriter, r *http.Request) { d.serve(s, w, r) })
	}
	known, _ := s.bases()
	mux := http.NewServeMux()
	mux.Handle("/", s.hub.Handler(wire.Service{Identify: identify, Fail: fail, Shorten: shorten, Serve: services, Bases: known}))
	s.serveControl(mux)
	return mux
}

// identify names a call for the hub: slack, its method, and the channel, user or view that it is about. A socket's
// operation is "socket", a response URL's "response_url", that of a file's bytes "upload" or "download".
func identify(r *http.Request, body []byte) (service, operation, subject string) {
	if method, isMethod := strings.CutPrefix(r.URL.Path, "/api/"); isMethod {
		a := readArgs(r, body)
		for _, name := range []string{"channel", "channel_id", "user_id", "user", "users", "view_id", "email", "usergroup", "file"} {
			if a[name] != "" {
				return "slack", method, a[name]
			}
		}
		return "slack", method, ""
	}
	for _, d := range doors {
		rest, here := strings.CutPrefix(r.URL.Path, d.path)
		if here && d.operation == download {
			rest, _, _ = strings.Cut(rest, "/")
			return "slack", d.operation, strings.TrimPrefix(rest, Team+"-")
		}
		if here {
			return "slack", d.operation, ""
		}
	}
	return "slack", r.URL.Path, ""
}

// shorten keeps the bytes of files out of the record: it says how many there were.
func shorten(c *wire.Call) {
	count := func(body string) string { return fmt.Sprintf("(%d bytes)", len(body)) }
	switch {
	case c.Operation == upload && c.Request != "":
		c.Request = count(c.Request)
	case c.Operation == download && c.Response != "" && c.Response != signInPage && c.Response != noFilePage:
		c.Response = count(c.Response)
	}
}

// fail answers as Slack does in trouble: its codes come with status 200, 429 with Retry-After, and 5xx without JSON.
func fail(w http.ResponseWriter, _ *http.Request, f wire.Fault) {
	switch {
	case f.Status == http.StatusTooManyRequests:
		tooMany(w, max(f.RetryAfter, 1))
	case f.Status >= 500 && f.Code == "":
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		w.WriteHeader(f.Status)
		_, _ = w.Write([]byte("<html><body>Server Error</body></html>"))
	default:
		if f.Code == "" {
			f.Code = "internal_error"
		}
		var messages []string
		if f.Message != "" {
			messages = []string{f.Message}
		}
		writeJSON(w, f.Status, refuse(f.Code, messages...))
	}
}

func writeJSON(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(v)
}
