package okta

import (
	"net/http"
	"strconv"
	"sync"
	"time"
)

// Plan is what an organization pays for, and so which rate limits it has.
type Plan int

// The plans whose limits Okta documents [D].
const (
	Workforce Plan = iota
	Enterprise
	OneApp
	Free
)

// bucket is a set of operations that share a rate limit.
type bucket string

const (
	bucketApps   bucket = "/api/v1/apps"      // list, create and everything under an application
	bucketApp    bucket = "/api/v1/apps/{id}" // GET, PUT and DELETE of an application
	bucketGroups bucket = "/api/v1/groups"
	bucketGroup  bucket = "/api/v1/groups/{id}"
	bucketOther  bucket = "/api/v1"
)

// perMinute holds the documented calls a minute [D]; those of bucketOther are a guess [I].
var perMinute = map[Plan]map[bucket]int{
	Workforce:  {bucketApps: 100, bucketApp: 500, bucketGroups: 500, bucketGroup: 1000, bucketOther: 1200},
	Enterprise: {bucketApps: 100, bucketApp: 600, bucketGroups: 600, bucketGroup: 600, bucketOther: 1200},
	OneApp:     {bucketApps: 100, bucketApp: 600, bucketGroups: 600, bucketGroup: 600, bucketOther: 1200},
	Free:       {bucketApps: 20, bucketApp: 100, bucketGroups: 100, bucketGroup: 100, bucketOther: 200},
}

// BucketOf names the bucket that calls of an operation count in; "" where none limits them.
func BucketOf(operation string) string {
	for _, o := range operations {
		if o.id == operation {
			return string(o.bucket)
		}
	}
	return ""
}

// PerToken is how many calls of a bucket the plan lets one token make a minute; 0 where the bucket is unknown.
func (p Plan) PerToken(named string) int { return perMinute[p][bucket(named)] / 2 }

// limits counts the calls of an organization.
type limits struct {
	mu       sync.Mutex
	most     map[bucket]int
	factor   int
	atOnce   int
	inFlight int
	windows  map[windowKey]*window
}

// windowKey tells windows apart: the whole organization has one a bucket (name empty), and so has each token.
type windowKey struct {
	bucket bucket
	name   string
}

type window struct {
	reset time.Time
	used  int
}

// allowance is what the rate limit headers say.
type allowance struct {
	limit, remaining int
	reset            time.Time
}

func newLimits(plan Plan, relaxed bool) *limits {
	l := &limits{most: perMinute[plan], factor: 1, atOnce: 75, windows: map[windowKey]*window{}}
	if plan == Free {
		l.atOnce = 35
	}
	if relaxed {
		l.factor = 1000
	}
	return l
}

// enter takes one of the places of the calls at work at once. leave gives it back.
func (l *limits) enter() (leave func(), ok bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.inFlight >= l.atOnce {
		return nil, false
	}
	l.inFlight++
	return func() { l.mu.Lock(); defer l.mu.Unlock(); l.inFlight-- }, true
}

// take counts a call against the organization's window and the named token's, which has half of the bucket [D]. A call
// that is refused counts against neither. The allowance is that of the window with less left; whether Okta's headers
// speak of the token's half is a guess [I].
func (l *limits) take(b bucket, name string, now time.Time) (a allowance, ok bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	keys := []windowKey{{b, ""}}
	if name != "" {
		keys = append(keys, windowKey{b, name})
	}
	ok = true
	for i, k := range keys {
		w := l.windows[k]
		if w == nil || !now.Before(w.reset) {
			w = &window{reset: now.Add(time.Minute + time.Second - time.Nanosecond).Truncate(time.Second)}
			l.windows[k] = w
		}
		most := l.most[b] * l.factor
		if k.name != "" {
			most /= 2
		}
		if left := most - w.used; i == 0 || left < a.remaining {
			a = allowance{limit: most, remaining: left, reset: w.reset}
		}
	}
	if a.remaining <= 0 {
		return a, false
	}
	for _, k := range keys {
		l.windows[k].used++
	}
	a.remaining--
	return a, true
}

// spend counts the call and says in its headers what is left.
func (s *Server) spend(c *call, b bucket, name string) error {
	a, ok := s.limits.take(b, name, c.now)
	c.allowance(a)
	if !ok {
		return tooMany()
	}
	return nil
}

// tooManyAtOnce is the answer past the concurrency limit: limit and remaining are 0, the reset is an estimate [D].
func (c *call) tooManyAtOnce() error {
	c.allowance(allowance{reset: c.now.Add(time.Second)})
	return tooMany()
}

func (c *call) allowance(a allowance) {
	set := func(h http.Header, k string, n int64) { h.Set("X-Rate-Limit-"+k, strconv.FormatInt(n, 10)) }
	set(c.w.Header(), "Limit", int64(a.limit))
	set(c.w.Header(), "Remaining", int64(a.remaining))
	set(c.w.Header(), "Reset", a.reset.Unix())
}
