package okta

import (
	"cmp"
	"context"
	"errors"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/jonboulle/clockwork"

	"github.com/oktaws/oktaws/provision"
)

// Half is the share of a bucket that Okta gives one token or service application unless its admins say otherwise.
// https://developer.okta.com/docs/reference/rl2-token-oauth
const Half = 0.5

const (
	// atOnce is how many calls are under way at once: a token may have half of what the organization may, which is 35 on
	// the smallest plan.
	atOnce = 16
	// spare is how many of these are kept for interactive calls.
	spare = 2
)

var errTurn = errors.New("its turn has not come within Okta's rate limit")

// pacer lets each call to Okta go when its bucket has room for it, so that none is refused: those that come first by
// precedence first, and of these who came first. Okta's headers say how much room there is (docs/adr/0013-pace.md).
type pacer struct {
	clock clockwork.Clock
	share float64 // of each bucket, 0 < share <= 1

	mu      sync.Mutex
	buckets map[string]*bucket
	flying  int       // calls under way
	paused  time.Time // no call goes before
	meaning meaning
	came    int             // calls that ever came
	alarm   clockwork.Timer // when a window ends that calls wait for
}

// meaning is what the headers speak of, which Okta's documents don't say in so many words.
type meaning int

const (
	unclear  meaning = iota // of one of the two: more than the share goes one call at a time, until one is answered or refused
	ofToken                 // of what Okta lets this token have: there is nothing more to halve
	ofBucket                // of the whole bucket, of which Okta lets the token have its share
)

func newPacer(clock clockwork.Clock, share float64) *pacer {
	if clock == nil {
		clock = clockwork.NewRealClock()
	}
	return &pacer{clock: clock, share: cmp.Or(share, Half), buckets: map[string]*bucket{}}
}

// turn is one call: waiting, then under way.
type turn struct {
	pacer      *pacer
	bucket     *bucket
	precedence provision.Precedence
	number     int // in the order in which they came
	granted    chan struct{}
	window     int  // in which it was let go
	past       bool // it went past the share, to see whether Okta lets it
	answered   bool
}

// enter waits for the call's turn. Where ctx ends before, or the call is to give way, it was never made.
func (p *pacer) enter(ctx context.Context, name string) (*turn, error) {
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	t := &turn{pacer: p, precedence: provision.PrecedenceOf(ctx), granted: make(chan struct{})}
	p.mu.Lock()
	t.bucket = p.bucket(name)
	t.number = p.came
	p.came++
	at, _ := slices.BinarySearchFunc(t.bucket.waiting, t, func(x, y *turn) int {
		return cmp.Or(x.precedence.Compare(y.precedence), cmp.Compare(x.number, y.number))
	})
	t.bucket.waiting = slices.Insert(t.bucket.waiting, at, t)
	p.dispatch()
	p.mu.Unlock()

	var err error
	select {
	case <-t.granted:
		return t, nil
	case <-ctx.Done():
		if err = ctx.Err(); errors.Is(err, context.DeadlineExceeded) {
			err = errTurn
		}
	case <-provision.GivingWay(ctx):
		err = provision.ErrGaveWay
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if i := slices.Index(t.bucket.waiting, t); i >= 0 {
		t.bucket.waiting = slices.Delete(t.bucket.waiting, i, i+1)
	} else { // it was let go at the same moment
		t.bucket.told.sent--
		t.land()
		t.unsend()
	}
	p.dispatch()
	return nil, err
}

func (p *pacer) bucket(name string) *bucket {
	b := p.buckets[name]
	if b == nil {
		b = &bucket{name: name}
		p.buckets[name] = b
	}
	return b
}

// heard notes what an answer says of the limits.
func (t *turn) heard(resp *http.Response) {
	if t == nil {
		return
	}
	p, b := t.pacer, t.bucket
	p.mu.Lock()
	defer p.mu.Unlock()
	now := p.clock.Now()
	t.answered = true
	s := read(resp.Header, now)
	refused := resp.StatusCode == http.StatusTooManyRequests
	switch {
	case refused && resp.Header.Get("X-Rate-Limit-Limit") == "0": // too many at once, of whoever
		p.paused = now.Add(rateLimitWait(resp.Header, now))
	case refused:
		if s.ok && (t.past || s.remaining > 0) {
			p.meaning = ofBucket
		}
		b.left, b.epoch, b.reset = 0, s.epoch, now.Add(rateLimitWait(resp.Header, now))
	case s.ok:
		if t.past {
			p.meaning = ofToken
		}
		b.hear(s, t.window, now)
	default: // it isn't counted, or not by Okta
		t.unsend()
	}
	if refused {
		b.told.refused++
	}
}

// leave ends the call, whatever came of it.
func (t *turn) leave() {
	p := t.pacer
	p.mu.Lock()
	defer p.mu.Unlock()
	if !t.answered {
		t.bucket.unheard(t.window)
	}
	t.land()
	p.dispatch()
}

func (t *turn) land() {
	t.pacer.flying--
	t.bucket.flying--
}

// unsend forgets that the call was sent.
func (t *turn) unsend() {
	if t.window == t.bucket.window {
		t.bucket.sent--
	}
}

// dispatch lets all calls go that may, and sees to it that it is called again when time alone makes room.
func (p *pacer) dispatch() {
	now := p.clock.Now()
	for {
		var next *turn
		for _, b := range p.buckets {
			if t := p.candidate(b, now); t != nil && (next == nil || t.before(next)) {
				next = t
			}
		}
		if next == nil {
			break
		}
		p.grant(next)
	}
	p.setAlarm(now)
}

func (t *turn) before(other *turn) bool {
	return cmp.Or(t.precedence.Compare(other.precedence), cmp.Compare(t.number, other.number)) < 0
}

func (p *pacer) grant(t *turn) {
	b := t.bucket
	b.waiting = slices.DeleteFunc(b.waiting, func(o *turn) bool { return o == t })
	if len(b.waiting) > 0 {
		b.goes++
	}
	t.window, t.past = b.window, p.meaning == unclear && b.sent >= p.quota(b)
	b.sent++
	b.flying++
	b.told.sent++
	p.flying++
	close(t.granted)
}

// candidate returns the call of the bucket that may go now, if any.
func (p *pacer) candidate(b *bucket, now time.Time) *turn {
	if len(b.waiting) == 0 || now.Before(p.paused) {
		return nil
	}
	b.roll(now)
	room, left := p.room(b)
	if room <= 0 {
		return nil
	}
	late := !now.Before(b.reset.Add(-lateIn))
	for _, t := range []*turn{b.next(), b.waiting[0]} {
		if t.precedence.Class == provision.Interactive && p.flying < atOnce ||
			p.flying < atOnce-spare && (left > p.reserve(b) || left >= len(b.waiting) || late) {
			return t
		}
	}
	return nil
}

// room is how many calls of the bucket may go now, and how many are left in the window.
func (p *pacer) room(b *bucket) (room, left int) {
	left = b.left - b.flying
	if p.meaning == ofToken {
		return left, left
	}
	quota := p.quota(b)
	if p.meaning != unclear || p.share < Half || b.limit == 0 {
		left = min(left, quota-b.sent)
		return left, left
	}
	if b.sent < quota {
		return min(left, quota-b.sent), left
	}
	if b.flying > 0 {
		return 0, left
	}
	return min(left, 1), left
}

// quota is how many calls of ours a window may have.
func (p *pacer) quota(b *bucket) int {
	if p.meaning == ofToken {
		return b.most()
	}
	return max(1, int(float64(b.most())*p.share))
}

// reserve is how many calls of a window are kept for people, while more wait than the window has left.
func (p *pacer) reserve(b *bucket) int { return (p.quota(b) + 9) / 10 }

func (p *pacer) setAlarm(now time.Time) {
	var at time.Time
	for _, b := range p.buckets {
		if len(b.waiting) == 0 {
			continue
		}
		for _, t := range []time.Time{b.reset.Add(-lateIn), b.reset, p.paused} {
			if t.After(now) && (at.IsZero() || t.Before(at)) {
				at = t
			}
		}
	}
	if p.alarm != nil {
		p.alarm.Stop()
		p.alarm = nil
	}
	if !at.IsZero() {
		p.alarm = p.clock.AfterFunc(at.Sub(now), func() {
			p.mu.Lock()
			defer p.mu.Unlock()
			p.dispatch()
		})
	}
}
