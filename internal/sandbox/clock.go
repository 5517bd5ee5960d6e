package sandbox

import (
	"math"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jonboulle/clockwork"
)

// Clock is a clock that begins with the present time, runs at a multiple of the real one's speed, and can be moved
// ahead (Advance). The sandbox and the program beside it share one, so that a reminder that is due tomorrow can be seen
// now.
type Clock struct {
	*clockwork.FakeClock
	stop  func()
	speed atomic.Uint64 // bits of a float64
}

const tick = 2 * time.Millisecond

// NewClock starts a clock that runs speed times as fast as the real one. Stop it when it is no longer needed.
func NewClock(speed float64) *Clock {
	done := make(chan struct{})
	var once sync.Once
	c := &Clock{FakeClock: clockwork.NewFakeClockAt(time.Now()), stop: func() { once.Do(func() { close(done) }) }}
	c.SetSpeed(speed)
	go func() {
		t := time.NewTicker(tick)
		defer t.Stop()
		last := time.Now()
		for {
			select {
			case <-done:
				return
			case <-t.C:
				now := time.Now()
				c.Advance(time.Duration(float64(now.Sub(last)) * c.Speed()))
				last = now
			}
		}
	}()
	return c
}

// Speed is how many times as fast as the real clock it runs.
func (c *Clock) Speed() float64 { return math.Float64frombits(c.speed.Load()) }

// SetSpeed has it run that many times as fast as the real one from now on.
func (c *Clock) SetSpeed(speed float64) { c.speed.Store(math.Float64bits(speed)) }

// Stop stands the clock still.
func (c *Clock) Stop() { c.stop() }
