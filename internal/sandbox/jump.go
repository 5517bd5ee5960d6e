package sandbox

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// How a jump is made, in real time but for the last two.
const (
	jumpTime   = time.Second            // about so long one takes at most
	wakeTime   = 20 * time.Millisecond  // what a timer has woken gets so long to set its next one
	settleTime = 100 * time.Millisecond // the calls that it makes get so long to be over
	quiet      = 15 * time.Millisecond  // they are over when none has come for so long: the program may write to its disk between two
	shortStep  = time.Second
	fewSteps   = 120 // a jump has at least so many steps, unless they would be shorter than shortStep
)

// LongestJump is how far Jump goes at once.
const LongestJump = 366 * 24 * time.Hour

// ErrRealClock is the answer of Jump where the sandbox runs by the real clock.
var ErrRealClock = errors.New("the sandbox runs by the real clock, which nobody can move")

// Jump moves the clock ahead by d, in about a second of real time at most. It goes in steps, and before the next one
// what the last has woken gets to set its next timer, and its calls to be answered: so that what happens on the way
// happens in order and at its time. The longer the jump, and the more happens, the longer are the steps: a second each in
// one of minutes, about as many minutes in one of weeks. It is over when d has passed, or ctx has ended.
func (s *Sandbox) Jump(ctx context.Context, d time.Duration) error {
	c := s.Clock()
	switch {
	case c == nil:
		return ErrRealClock
	case d <= 0 || d > LongestJump:
		return fmt.Errorf("the clock goes ahead alone, and by 366 days at most: not by %s", d)
	}
	c.moving.Lock()
	defer c.moving.Unlock()
	unhurried, cancel := context.WithTimeout(ctx, jumpTime)
	defer cancel()
	end, began := c.Now().Add(d), time.Now()
	var stepping time.Duration // real time spent in steps without calls, each of which costs about the same
	for steps := 1; ; steps++ {
		left := end.Sub(c.Now())
		if left <= 0 {
			return nil
		}
		if err := ctx.Err(); err != nil {
			return fmt.Errorf("the clock was stopped %s before where it was to go: %w", left, err)
		}
		step := d / fewSteps
		if unhurried.Err() == nil {
			each, remaining := stepping/time.Duration(steps), jumpTime-time.Since(began)
			step = min(step, time.Duration(float64(left)*float64(each)/float64(max(remaining, 1))))
		}
		received, at := s.Hub.Received(), time.Now()
		s.step(unhurried, c, min(max(step, shortStep), left))
		stepping += time.Since(at)
		if s.Hub.Received() != received {
			calm, cancel := context.WithTimeout(unhurried, settleTime)
			s.Hub.Settle(calm, quiet)
			cancel()
		}
	}
}

// step moves the clock ahead, and returns when as many timers were set as have fired, as loops do that look after what
// is due; those that set none have had the time to.
func (s *Sandbox) step(ctx context.Context, c *Clock, d time.Duration) {
	set := c.timersSet()
	if fired := c.advance(d); fired > 0 {
		ctx, cancel := context.WithTimeout(ctx, wakeTime)
		defer cancel()
		c.awaitTimers(ctx, set+fired)
	}
}
