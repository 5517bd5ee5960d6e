package sandbox

import (
	"context"
	"math"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jonboulle/clockwork"
)

// Clock is a clock that begins with the present time, runs at a multiple of the real one's speed, and can be moved
// ahead (Advance, Sandbox.Jump). The sandbox and the program beside it share one, so that a reminder that is due
// tomorrow can be seen now.
type Clock struct {
	*clockwork.FakeClock
	done     chan struct{} // closes once it stands still
	stopping sync.Once
	speed    atomic.Uint64 // bits of a float64
	moving   sync.Mutex    // one jump at a time; the clock doesn't run of itself meanwhile
	last     time.Time     // the real time up to which it has run
	lastTick atomic.Int64  // the same, in nanoseconds

	mu     sync.Mutex
	timers map[*timer]time.Time // those that wait, and until when
	set    int                  // how many were ever set
	armed  chan struct{}        // closes when the next one is set
}

const tick = 2 * time.Millisecond

// NewClock starts a clock that runs speed times as fast as the real one. Stop it when it is no longer needed.
func NewClock(speed float64) *Clock { return NewClockSince(time.Now(), speed) }

// NewClockSince starts a clock as if NewClock had started it at the real time began: processes that are given the same
// moment and speed go by the same clock, to a few milliseconds of real time.
func NewClockSince(began time.Time, speed float64) *Clock {
	c := &Clock{
		FakeClock: clockwork.NewFakeClockAt(began), done: make(chan struct{}), last: began,
		timers: map[*timer]time.Time{}, armed: make(chan struct{}),
	}
	c.SetSpeed(speed)
	c.moving.Lock()
	c.catchUp()
	c.moving.Unlock()
	go func() {
		t := time.NewTicker(tick)
		defer t.Stop()
		for {
			select {
			case <-c.done:
				return
			case <-t.C:
				c.moving.Lock()
				c.catchUp()
				c.moving.Unlock()
			}
		}
	}()
	return c
}

// catchUp moves the clock by what has passed of the real time. The caller holds c.moving.
func (c *Clock) catchUp() {
	now := time.Now()
	c.Advance(time.Duration(float64(now.Sub(c.last)) * c.Speed()))
	c.last = now
	c.lastTick.Store(now.UnixNano())
}

// Now is the time on the clock. On a machine with much to do the ticks may be late: then it doesn't wait for the next one,
// so that two processes that go by the same clock agree.
func (c *Clock) Now() time.Time {
	if time.Now().UnixNano()-c.lastTick.Load() > int64(tick) && c.moving.TryLock() {
		select {
		case <-c.done: // it stands still
		default:
			c.catchUp()
		}
		c.moving.Unlock()
	}
	return c.FakeClock.Now()
}

// Speed is how many times as fast as the real clock it runs.
func (c *Clock) Speed() float64 { return math.Float64frombits(c.speed.Load()) }

// SetSpeed has it run that many times as fast as the real one from now on.
func (c *Clock) SetSpeed(speed float64) { c.speed.Store(math.Float64bits(speed)) }

// Stop stands the clock still.
func (c *Clock) Stop() { c.stopping.Do(func() { close(c.done) }) }

// Advance moves the clock ahead at once. Every timer that is due by then fires, but what it wakes finds the clock at its
// end already; Sandbox.Jump goes there as time would.
func (c *Clock) Advance(d time.Duration) { c.advance(d) }

// advance returns how many timers have fired since the last time.
func (c *Clock) advance(d time.Duration) (fired int) {
	c.FakeClock.Advance(d)
	now := c.FakeClock.Now()
	c.mu.Lock()
	defer c.mu.Unlock()
	for t, at := range c.timers {
		if !at.After(now) {
			delete(c.timers, t)
			fired++
		}
	}
	return fired
}

// timer is one of the clock's, which knows of it.
type timer struct {
	clockwork.Timer
	clock *Clock
}

// NewTimer is like time.NewTimer.
func (c *Clock) NewTimer(d time.Duration) clockwork.Timer {
	return c.know(&timer{c.FakeClock.NewTimer(d), c}, d)
}

// AfterFunc is like time.AfterFunc.
func (c *Clock) AfterFunc(d time.Duration, f func()) clockwork.Timer {
	return c.know(&timer{c.FakeClock.AfterFunc(d, f), c}, d)
}

// After is like time.After.
func (c *Clock) After(d time.Duration) <-chan time.Time { return c.NewTimer(d).Chan() }

// Sleep is like time.Sleep.
func (c *Clock) Sleep(d time.Duration) { <-c.After(d) }

// know notes that a timer is set.
func (c *Clock) know(t *timer, d time.Duration) *timer {
	c.mu.Lock()
	defer c.mu.Unlock()
	if d > 0 {
		c.timers[t] = c.FakeClock.Now().Add(d)
	}
	c.set++
	close(c.armed)
	c.armed = make(chan struct{})
	return t
}

// Reset is like that of time.Timer.
func (t *timer) Reset(d time.Duration) bool {
	was := t.Timer.Reset(d)
	t.clock.know(t, d)
	return was
}

// Stop is like that of time.Timer.
func (t *timer) Stop() bool {
	t.clock.mu.Lock()
	delete(t.clock.timers, t)
	t.clock.mu.Unlock()
	return t.Timer.Stop()
}

// timersSet is how many were ever set.
func (c *Clock) timersSet() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.set
}

// awaitTimers returns once n timers were ever set, or ctx is over.
func (c *Clock) awaitTimers(ctx context.Context, n int) {
	for ctx.Err() == nil {
		c.mu.Lock()
		set, armed := c.set, c.armed
		c.mu.Unlock()
		if set >= n {
			return
		}
		select {
		case <-armed:
		case <-ctx.Done():
		}
	}
}
