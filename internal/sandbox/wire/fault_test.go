package wire_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/oktaws/oktaws/internal/sandbox/wire"
)

func TestFaultsThatMakeNoSense(t *testing.T) {
	for want, f := range map[string]wire.Fault{
		"times is -1":       {Times: -1, Status: 500},
		"skip is -2":        {Skip: -2, Status: 500},
		"delay is -3":       {DelayMillis: -3},
		"an hour":           {DelayMillis: 3_600_001},
		"retry after is -4": {RetryAfter: -4, Status: 429},
		`"sideways"`:        {Cut: "sideways"},
		"status is 42":      {Status: 42},
		"status is 1000":    {Status: 1000},
		"one of the two":    {Status: 500, Cut: "before"},
		"does nothing":      {Service: "okta"},
		"no pattern":        {Operation: "[", Status: 500},
	} {
		if err := f.Check(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%+v: %v, want …%s…", f, err, want)
		}
	}
	for _, f := range []wire.Fault{{Status: 200, Code: "token_revoked"}, {Cut: "after", Times: 1}, {DelayMillis: 2000, Service: "*"}} {
		if err := f.Check(); err != nil {
			t.Errorf("%+v: %v", f, err)
		}
	}
}

func TestAFaultEndsAtItsTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		hub := wire.New(time.Now)
		var after int
		call := serve(hub, func(f wire.Fault) { after = f.RetryAfter })
		hub.Add(wire.Fault{Status: 429, Until: time.Now().Add(time.Minute)})
		time.Sleep(45 * time.Second)
		if status := call(); status != 429 || after != 15 {
			t.Errorf("status %d, retry after %d s, 15 s before its end", status, after)
		}
		time.Sleep(15 * time.Second)
		if status := call(); status != 200 || len(hub.Faults()) != 0 {
			t.Errorf("status %d at its end; on: %v", status, hub.Faults())
		}
	})
}

func TestAFaultThatDelaysLetsOthersStrike(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		hub := wire.New(time.Now)
		call := serve(hub, nil)
		hub.Add(wire.Fault{DelayMillis: 2000})
		hub.Add(wire.Fault{DelayMillis: 500, Times: 1})
		hub.Add(wire.Fault{Status: 500, Times: 1})
		for _, want := range []struct {
			status int
			took   time.Duration
		}{{500, 2500 * time.Millisecond}, {200, 2 * time.Second}} {
			from := time.Now()
			if status := call(); status != want.status || time.Since(from) != want.took {
				t.Errorf("status %d after %s, want %+v", status, time.Since(from), want)
			}
		}
	})
}

func TestACallUnderWayIsSeenAndWaitedFor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		hub := wire.New(time.Now)
		call := serve(hub, nil)
		hub.Add(wire.Fault{DelayMillis: 2000})
		var running sync.WaitGroup
		running.Go(func() { call() })
		time.Sleep(time.Second)
		if u := hub.UnderWay(); len(u) != 1 || u[0].Operation != "op" || u[0].Status != 0 || u[0].Millis != 1000 || len(hub.Calls(0)) != 0 {
			t.Errorf("under way %+v, over %+v", u, hub.Calls(0))
		}
		from := time.Now()
		hub.Settle(t.Context(), 10*time.Millisecond)
		if took := time.Since(from); took != 1010*time.Millisecond || len(hub.UnderWay()) != 0 {
			t.Errorf("settled after %s with %d under way", took, len(hub.UnderWay()))
		}
		running.Wait()
		if c, ok := hub.Call(1); !ok || c.Millis != 2000 {
			t.Errorf("on record: %+v", c)
		}
	})
}

// serve returns what makes one call, without a network, and returns its status.
func serve(hub *wire.Hub, failed func(wire.Fault)) (call func() int) {
	h := hub.Handler(wire.Service{
		Identify: func(*http.Request, []byte) (string, string, string) { return "svc", "op", "" },
		Fail: func(w http.ResponseWriter, _ *http.Request, f wire.Fault) {
			if failed != nil {
				failed(f)
			}
			w.WriteHeader(f.Status)
		},
		Serve: http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}),
	})
	return func() int {
		rec := httptest.NewRecorder()
		h.ServeHTTP(rec, httptest.NewRequestWithContext(context.Background(), http.MethodPost, "/", http.NoBody))
		return rec.Code
	}
}
