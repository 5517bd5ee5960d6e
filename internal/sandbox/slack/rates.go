package slack

import (
	"math"
	"net/http"
	"strconv"
	"time"
)

// chat.postMessage takes one message a second into each channel, and a few at once
// (docs.slack.dev/apis/web-api/rate-limits).
const (
	postsAMinute = 60
	postsAtOnce  = 5
)

// bucket fills with time, up to a brim, and every call takes one out.
type bucket struct {
	calls float64
	at    time.Time
}

// take lets a call pass and returns 0, or returns after how many seconds to try again.
func (s *Server) take(key string, aMinute, atOnce float64) int {
	if s.cfg.RateFactor < 0 {
		return 0
	}
	aMinute, atOnce = aMinute*s.cfg.RateFactor, math.Max(1, atOnce*s.cfg.RateFactor)
	now := s.deadlines.Now()
	b := s.buckets[key]
	if b == nil {
		b = &bucket{calls: atOnce, at: now}
		s.buckets[key] = b
	}
	b.calls = math.Min(atOnce, b.calls+now.Sub(b.at).Minutes()*aMinute)
	b.at = now
	if b.calls < 1 {
		return int(math.Ceil((1 - b.calls) / aMinute * 60))
	}
	b.calls--
	return 0
}

func tooMany(w http.ResponseWriter, seconds int) {
	w.Header().Set("Retry-After", strconv.Itoa(seconds))
	writeJSON(w, http.StatusTooManyRequests, refuse("ratelimited"))
}
