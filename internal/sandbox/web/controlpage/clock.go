package controlpage

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/oktaws/oktaws/internal/sandbox"
)

// jumps are the buttons.
var jumps = []struct{ Value, Name string }{
	{"1m", "1 min"}, {"10m", "10 min"}, {"1h", "1 h"}, {"4h", "4 h"}, {"24h", "1 day"}, {"168h", "1 week"},
}

// speeds are how many times as fast as the real one the clock can run.
var speeds = []float64{1, 10, 60}

// jump moves the clock ahead.
func (c *console) jump(r *http.Request) (string, error) {
	d, err := parseDuration(r.PostFormValue("by"))
	if err != nil {
		return "", err
	}
	sb := c.place.Sandbox()
	// It goes the whole way, even if the page is closed meanwhile.
	if err := sb.Jump(context.WithoutCancel(r.Context()), d); err != nil {
		return "", err
	}
	return fmt.Sprintf("The clock is at %s, %s on.", sb.Now().UTC().Format("Mon 2 Jan 2006 15:04:05 UTC"), inWords(d)), nil
}

// speed sets how fast the clock runs.
func (c *console) speed(r *http.Request) (string, error) {
	clock := c.place.Sandbox().Clock()
	if clock == nil {
		return "", sandbox.ErrRealClock
	}
	speed, err := strconv.ParseFloat(r.PostFormValue("times"), 64)
	if err != nil || !slices.Contains(speeds, speed) {
		return "", errors.New("the clock runs 1, 10 or 60 times as fast as the real one")
	}
	clock.SetSpeed(speed)
	if speed == 1 {
		return "The clock runs as fast as the real one.", nil
	}
	return fmt.Sprintf("The clock runs %g times as fast as the real one.", speed), nil
}

var (
	part  = regexp.MustCompile(`^(\d+(?:\.\d+)?)\s*([a-z]+)[\s,]*`)
	units = map[string]time.Duration{
		"s": time.Second, "sec": time.Second, "second": time.Second,
		"m": time.Minute, "min": time.Minute, "minute": time.Minute,
		"h": time.Hour, "hour": time.Hour,
		"d": 24 * time.Hour, "day": 24 * time.Hour,
		"w": 7 * 24 * time.Hour, "week": 7 * 24 * time.Hour,
	}
)

// parseDuration reads a time span as Go writes it, 1h30m, or in words, such as "2 days" or "1 day 4 hours".
func parseDuration(text string) (time.Duration, error) {
	text = strings.ToLower(strings.TrimSpace(text))
	if text == "" {
		return 0, errors.New("how far ahead? Write 90m, 4h30m or 2 days")
	}
	total, rest := time.Duration(0), text
	for rest != "" {
		m := part.FindStringSubmatch(rest)
		if m == nil {
			return 0, fmt.Errorf("%q is no time span that lies ahead: write 90m, 4h30m or 2 days", text)
		}
		unit := units[m[2]]
		if unit == 0 {
			unit = units[strings.TrimSuffix(m[2], "s")]
		}
		n, err := strconv.ParseFloat(m[1], 64)
		if err != nil || unit == 0 {
			return 0, fmt.Errorf("%q: %s is no unit of time: write 90m, 4h30m or 2 days", text, m[2])
		}
		// Past the longest jump nothing is added up, so that no number is too large.
		if n*float64(unit) > float64(sandbox.LongestJump-total) {
			return 0, fmt.Errorf("%q is too far: 366 days at most", text)
		}
		total += time.Duration(n * float64(unit))
		rest = rest[len(m[0]):]
	}
	if total == 0 {
		return 0, fmt.Errorf("%q is no way ahead", text)
	}
	return total, nil
}

// inWords writes a time span for people: 1 day 4 h.
func inWords(d time.Duration) string {
	var out []string
	for _, u := range []struct {
		size      time.Duration
		one, more string
	}{{7 * 24 * time.Hour, " week", " weeks"}, {24 * time.Hour, " day", " days"}, {time.Hour, " h", " h"}, {time.Minute, " min", " min"}} {
		n := d / u.size
		d %= u.size
		switch {
		case n == 1:
			out = append(out, "1"+u.one)
		case n > 1:
			out = append(out, strconv.Itoa(int(n))+u.more)
		}
	}
	if d > 0 || len(out) == 0 {
		out = append(out, strconv.FormatFloat(d.Seconds(), 'f', -1, 64)+" s")
	}
	return strings.Join(out, " ")
}
