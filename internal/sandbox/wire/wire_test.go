package wire_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/oktaws/oktaws/internal/sandbox/wire"
)

// counter is a service that counts its effects.
func counter(t *testing.T) (hub *wire.Hub, url string, effects *int) {
	t.Helper()
	hub, effects = wire.New(time.Now), new(int)
	srv := httptest.NewServer(hub.Handler(wire.Service{
		Identify: func(r *http.Request, body []byte) (string, string, string) {
			return "svc", strings.TrimPrefix(r.URL.Path, "/"), string(body)
		},
		Fail: func(w http.ResponseWriter, _ *http.Request, f wire.Fault) { http.Error(w, f.Code, f.Status) },
		Serve: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			*effects++
			body, _ := io.ReadAll(r.Body)
			_, _ = w.Write(append([]byte("did "), body...))
		}),
	}))
	t.Cleanup(srv.Close)
	return hub, srv.URL, effects
}

func post(t *testing.T, url, body string) (int, string) {
	t.Helper()
	resp, err := http.Post(url, "text/plain", strings.NewReader(body)) //nolint:gosec,noctx // a test's own server
	if err != nil {
		return 0, ""
	}
	defer func() { _ = resp.Body.Close() }()
	raw, _ := io.ReadAll(resp.Body)
	return resp.StatusCode, strings.TrimSpace(string(raw))
}

func TestFaults(t *testing.T) {
	for _, c := range []struct {
		name    string
		fault   wire.Fault
		status  []int // of three calls of op.one
		effects int
	}{
		{"none", wire.Fault{Service: "other"}, []int{200, 200, 200}, 3},
		{"cut before, once", wire.Fault{Cut: "before", Times: 1}, []int{0, 200, 200}, 2},
		{"cut after, the second", wire.Fault{Cut: "after", Skip: 1, Times: 1}, []int{200, 0, 200}, 3},
		{"status", wire.Fault{Service: "svc", Operation: "op.*", Status: 503, Code: "busy"}, []int{503, 503, 503}, 0},
		{"another operation", wire.Fault{Operation: "op.two", Status: 503}, []int{200, 200, 200}, 3},
		{"a delay only", wire.Fault{DelayMillis: 1}, []int{200, 200, 200}, 3},
	} {
		t.Run(c.name, func(t *testing.T) {
			hub, url, effects := counter(t)
			hub.Add(c.fault)
			for i, want := range c.status {
				if got, _ := post(t, url+"/op.one", "x"); got != want {
					t.Errorf("call %d: status %d, want %d", i+1, got, want)
				}
			}
			if *effects != c.effects {
				t.Errorf("%d effects, want %d", *effects, c.effects)
			}
			if calls := hub.Calls(0); len(calls) != 3 || calls[0].Operation != "op.one" || calls[0].Subject != "x" {
				t.Errorf("calls %+v", calls)
			}
		})
	}
}

func TestControlOverHTTP(t *testing.T) {
	hub, url, _ := counter(t)
	hub.Blot(func(s string) string { return strings.ReplaceAll(s, "secret", "•••") })
	mux := http.NewServeMux()
	hub.ServeControl(mux, "/control")
	control := httptest.NewServer(mux)
	defer control.Close()
	if status, text := post(t, control.URL+"/control/faults", `{"operation":"op","cut":"sideways"}`); status != 400 || !strings.Contains(text, "before") {
		t.Errorf("a bad fault: %d %s", status, text)
	}
	if status, text := post(t, control.URL+"/control/faults", `{"operatoin":"op"}`); status != 400 || !strings.Contains(text, "operatoin") {
		t.Errorf("an unknown field: %d %s", status, text)
	}
	_, id := post(t, control.URL+"/control/faults", `{"operation":"op","status":500,"times":1}`)
	if status, _ := post(t, url+"/op", "my secret"); status != 500 {
		t.Errorf("status %d after adding %s", status, id)
	}
	if status, _ := post(t, url+"/op", "my secret"); status != 200 {
		t.Errorf("status %d though the fault was for once", status)
	}
	resp, err := http.Get(control.URL + "/control/calls?after=1") //nolint:noctx // a test's own server
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	var calls []wire.Call
	if err := json.NewDecoder(resp.Body).Decode(&calls); err != nil || len(calls) != 1 {
		t.Fatalf("calls %+v, %v", calls, err)
	}
	if calls[0].Request != "my •••" || calls[0].Response != "did my •••" {
		t.Errorf("secrets are on record: %+v", calls[0])
	}
}
