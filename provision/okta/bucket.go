package okta

import (
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// The rate-limit buckets of the calls that we make: operations that share a number of calls a minute.
// https://developer.okta.com/docs/reference/rl2-limits/
const (
	bucketOther = "/api/v1"
	anID        = "/{id}"
)

// bucketOf names the bucket of a call; "" for what is in none of them, such as a request for an access token. Of
// applications and groups, to read, change or delete a single one has a bucket of its own.
func bucketOf(path string) string {
	rest, ok := strings.CutPrefix(path, bucketOther+"/")
	if !ok {
		return ""
	}
	kind, rest, _ := strings.Cut(rest, "/")
	switch {
	case kind != "apps" && kind != "groups":
		return bucketOther
	case rest != "" && !strings.Contains(rest, "/"):
		return bucketOther + "/" + kind + anID
	}
	return bucketOther + "/" + kind
}

const (
	// firstLimit is what a bucket is taken to hold until Okta's first answer says more: the least that any plan has.
	firstLimit = 20
	// windowLasts is how long a window is taken to last of which no answer tells when it ends.
	windowLasts = time.Minute
	// lateIn is how long before the end of a window what was reserved in it for interactive calls is free for all.
	lateIn = 5 * time.Second
	// inTurn is the n of: every nth call goes to whoever has waited longest, whatever its precedence.
	inTurn = 10
)

// bucket is what is known of one bucket and its present window. Okta counts calls in fixed windows of a minute.
type bucket struct {
	name  string
	limit int // calls a window, as Okta's headers have it; 0: not known yet

	window int       // counts up
	reset  time.Time // by our clock: when the window is over for sure
	epoch  int64     // the same as Okta said it; 0: it has said nothing of this window yet
	before int64     // that of the window before
	left   int       // what Okta says is left, which others who use the organization take from as well
	sent   int       // calls of ours in this window

	flying  int     // calls under way, which Okta may or may not have counted in what it says is left
	waiting []*turn // the next one first
	goes    int     // calls that were let go while others waited
	told    told
}

// told is what a bucket has counted since the program's start.
type told struct{ sent, refused int }

// roll begins another window once the present one is over.
func (b *bucket) roll(now time.Time) {
	if now.Before(b.reset) {
		return
	}
	b.window++
	b.reset, b.before, b.epoch = now.Add(windowLasts), b.epoch, 0
	b.left, b.sent = b.most(), b.flying
}

func (b *bucket) most() int {
	if b.limit == 0 {
		return firstLimit
	}
	return b.limit
}

// next returns the call that goes next: every tenth time the one that has waited longest.
func (b *bucket) next() *turn {
	if b.goes%inTurn != inTurn-1 {
		return b.waiting[0]
	}
	return slices.MinFunc(b.waiting, func(x, y *turn) int { return x.number - y.number })
}

// said is what the headers of an answer say of the bucket's window.
type said struct {
	limit, remaining int
	epoch            int64
	date             int64         // of the answer, epoch seconds by Okta's clock
	until            time.Duration // from now on until the window is over, at most a second and the answer's way too long
	ok               bool
}

// read reads X-Rate-Limit-Limit, -Remaining and -Reset (epoch seconds). The time until the reset is by Okta's own clock,
// which Date tells: ours may be wrong.
func read(h http.Header, now time.Time) (s said) {
	var errs [3]error
	s.limit, errs[0] = strconv.Atoi(h.Get("X-Rate-Limit-Limit"))
	s.remaining, errs[1] = strconv.Atoi(h.Get("X-Rate-Limit-Remaining"))
	s.epoch, errs[2] = strconv.ParseInt(h.Get("X-Rate-Limit-Reset"), 10, 64)
	if date, err := http.ParseTime(h.Get("Date")); err == nil {
		now = date
	}
	s.date = now.Unix()
	s.until = min(time.Unix(s.epoch, 0).Sub(now), longestWait)
	s.ok = errs == [3]error{} && s.limit > 0
	return s
}

// hear notes what an answer to a call of the given window says of the bucket. An answer can take longer than what is left
// of its window, and says nothing of the next one then.
func (b *bucket) hear(s said, window int, now time.Time) {
	b.limit = s.limit
	reset := now.Add(s.until)
	if b.epoch != 0 && s.epoch > b.epoch && s.date >= b.epoch { // it is over by Okta's clock, which counts
		b.reset = now
		b.roll(now)
	}
	switch {
	case window != b.window && b.before != 0 && s.epoch == b.before:
		b.sent-- // it was counted in the window before
	case s.until <= 0: // of a window that has just ended
		b.unheard(window)
	case b.epoch == 0:
		b.epoch, b.reset, b.left = s.epoch, reset, s.remaining
	case s.epoch == b.epoch: // answers overtake each other; and each tells the end to within a second
		b.left = min(b.left, s.remaining)
		if reset.Before(b.reset) {
			b.reset = reset
		}
	case s.remaining <= b.left: // the organization's window and the token's need not be the same
		b.epoch, b.reset, b.left = s.epoch, reset, s.remaining
	default:
		b.unheard(window)
	}
}

// unheard notes that a call has ended that Okta may have counted, with nothing to tell how many are left.
func (b *bucket) unheard(window int) {
	if window == b.window {
		b.left--
	}
}

// Bucket is how things stand with one of Okta's rate-limit buckets.
type Bucket struct {
	Name      string    // /api/v1/apps, …
	Limit     int       // calls that oktaws makes in a window at most, as far as is known
	Remaining int       // of these, what is left in the present window
	Reset     time.Time // when the present window is over; zero: there is none, since no call was made for a while
	Waiting   int       // calls that wait for their turn
	Sent      int       // calls that were sent since the start
	Refused   int       // of these, those that Okta answered with 429
}

// Pace says how things stand with each bucket that was called, by name.
func (c *Client) Pace() []Bucket {
	p := c.fence.pacer
	p.mu.Lock()
	defer p.mu.Unlock()
	now := p.clock.Now()
	var out []Bucket
	for _, name := range slices.Sorted(maps.Keys(p.buckets)) {
		b := p.buckets[name]
		s := Bucket{Name: name, Limit: p.quota(b), Remaining: p.quota(b), Waiting: len(b.waiting), Sent: b.told.sent, Refused: b.told.refused}
		if now.Before(b.reset) {
			_, left := p.room(b)
			s.Reset, s.Remaining = b.reset, max(0, left)
		}
		out = append(out, s)
	}
	return out
}
