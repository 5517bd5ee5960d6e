package sandbox_test

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/oktaws/oktaws/internal/sandbox"
	"github.com/oktaws/oktaws/internal/sandbox/wire"
)

// still starts a sandbox whose clock moves only when it is told to.
func still(t *testing.T) (*sandbox.Sandbox, *sandbox.Clock) {
	t.Helper()
	clock := sandbox.NewClock(0)
	sb, err := sandbox.Start(sandbox.Options{Clock: clock})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		clock.Stop()
		if err := sb.Close(); err != nil {
			t.Error(err)
		}
	})
	return sb, clock
}

// every does something each time that so much has passed, for as long as the test goes on.
func every(t *testing.T, clock *sandbox.Clock, d time.Duration, do func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	var running sync.WaitGroup
	t.Cleanup(func() { cancel(); running.Wait() })
	timer := clock.NewTimer(d)
	running.Go(func() {
		for {
			select {
			case <-timer.Chan():
				do()
				timer.Reset(d)
			case <-ctx.Done():
				return
			}
		}
	})
}

func TestAJumpOfADayWakesWhatIsDueOnTheWay(t *testing.T) {
	sb, clock := still(t)
	var mu sync.Mutex
	var order []string
	note := func(who string) func() {
		return func() { mu.Lock(); defer mu.Unlock(); order = append(order, who) }
	}
	every(t, clock, 5*time.Hour, note("five"))
	every(t, clock, 7*time.Hour, note("seven"))
	every(t, clock, time.Minute, func() {}) // as the program looks at its clock
	began, from := time.Now(), clock.Now()
	if err := sb.Jump(t.Context(), 24*time.Hour); err != nil {
		t.Fatal(err)
	}
	if took := time.Since(began); took > 3*time.Second {
		t.Errorf("a jump took %s", took)
	}
	if got := clock.Now().Sub(from); got != 24*time.Hour {
		t.Errorf("the clock moved by %s", got)
	}
	mu.Lock()
	defer mu.Unlock()
	if want := "five seven five seven five five seven"; strings.Join(order, " ") != want {
		t.Errorf("woken: %v, want %s", order, want)
	}
}

func TestCallsOnTheWayBearTheirTime(t *testing.T) {
	sb, clock := still(t)
	from := clock.Now()
	const apart = 6 * time.Hour
	every(t, clock, apart, func() {
		for range 3 {
			resp, err := http.Get(sb.OktaURL + "/.well-known/okta-organization") //nolint:noctx // a test's own server
			if err != nil {
				t.Error(err)
				return
			}
			_ = resp.Body.Close()
		}
	})
	if err := sb.Jump(t.Context(), 30*time.Hour+20*time.Minute); err != nil {
		t.Fatal(err)
	}
	settled, cancel := context.WithTimeout(t.Context(), 10*time.Second) // on a busy machine the last are still on their way
	defer cancel()
	sb.Hub.Settle(settled, 200*time.Millisecond)
	calls := sb.Hub.Calls(0)
	if len(calls) != 15 {
		t.Fatalf("%d calls, want 15", len(calls))
	}
	for i, c := range calls {
		due := time.Duration(i/3+1) * apart
		if late := c.At.Sub(from) - due; late < 0 || late > 40*time.Minute {
			t.Errorf("call %d is %s late", i+1, late)
		}
	}
	if !slices.IsSortedFunc(calls, func(a, b wire.Call) int { return a.At.Compare(b.At) }) {
		t.Error("calls are out of order")
	}
}

func TestWhereTheClockCannotGo(t *testing.T) {
	sb, clock := still(t)
	from := clock.Now()
	for _, d := range []time.Duration{0, -time.Hour, sandbox.LongestJump + 1} {
		if err := sb.Jump(t.Context(), d); err == nil {
			t.Errorf("it went by %s", d)
		}
	}
	over, cancel := context.WithCancel(t.Context())
	cancel()
	if err := sb.Jump(over, time.Hour); !errors.Is(err, context.Canceled) {
		t.Errorf("a jump that nobody waits for: %v", err)
	}
	if !clock.Now().Equal(from) {
		t.Error("the clock moved")
	}
	byTheReal, err := sandbox.Start(sandbox.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = byTheReal.Close() }()
	if err := byTheReal.Jump(t.Context(), time.Hour); !errors.Is(err, sandbox.ErrRealClock) {
		t.Errorf("the real clock: %v", err)
	}
}
