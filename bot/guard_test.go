package bot

import (
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/jonboulle/clockwork"
)

func TestConnectionsThatDontLastAreOpenedEverMoreSlowly(t *testing.T) {
	clock := clockwork.NewFakeClock()
	guard := newOpenGuard(http.DefaultClient, clock)
	if wait := guard.next(); wait != 0 {
		t.Fatalf("the first connection waits %v", wait)
	}
	var total time.Duration
	for i := range 8 {
		guard.connected() // Slack says hello, and hangs up at once
		wait := guard.next()
		if least := min(time.Second<<i, maxDelay); wait < least || wait > least*5/4+1 {
			t.Errorf("connection %d waits %v, not about %v", i+2, wait, least)
		}
		total += wait
		clock.Advance(wait)
	}
	if total < 2*time.Minute {
		t.Errorf("8 connections within %v", total)
	}
	guard.connected()
	clock.Advance(lasting)
	if wait := guard.next(); wait != 0 {
		t.Errorf("after a connection that lasted, the next one waits %v", wait)
	}
	guard.connected()
	if wait := guard.next(); wait > 2*time.Second {
		t.Errorf("one short connection after a good one waits %v", wait)
	}
}

func TestOtherCallsPassTheGuard(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	defer server.Close()
	guard := newOpenGuard(server.Client(), clockwork.NewFakeClock()) // which nobody winds
	guard.next()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, server.URL+"/api/chat.postMessage", nil)
	if err != nil {
		t.Fatal(err)
	}
	response, err := guard.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	_ = response.Body.Close()
}
