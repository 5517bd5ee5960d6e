package operator

import (
	"fmt"
	"time"
)

// pace is how fast a count grows, by what it was in the last minutes; its zero value knows of none.
type pace struct {
	marks []mark // the oldest first
}

type mark struct {
	at    time.Time
	count int
}

const (
	paceOver  = 5 * time.Minute  // what counts
	paceEvery = 5 * time.Second  // between two marks
	paceLeast = 10 * time.Second // before which nothing is said
)

// note notes what the count is now.
func (p *pace) note(at time.Time, count int) {
	now := mark{at, count}
	if n := len(p.marks); n > 1 && at.Sub(p.marks[n-2].at) < paceEvery {
		p.marks[n-1] = now
	} else {
		p.marks = append(p.marks, now)
	}
	for len(p.marks) > 2 && at.Sub(p.marks[1].at) >= paceOver {
		p.marks = p.marks[1:]
	}
}

// left is how long it takes until the count is that, at this pace; 0: nobody knows, or it is reached.
func (p *pace) left(size int) time.Duration {
	if len(p.marks) < 2 {
		return 0
	}
	first, last := p.marks[0], p.marks[len(p.marks)-1]
	took, grown := last.at.Sub(first.at), last.count-first.count
	if took < paceLeast || grown <= 0 || last.count >= size {
		return 0
	}
	return time.Duration(float64(took) / float64(grown) * float64(size-last.count))
}

// roughly is a duration as people say it: no more exact than it is known.
func roughly(d time.Duration) string {
	switch {
	case d < time.Minute:
		return "less than a minute"
	case d < time.Hour:
		return fmt.Sprintf("about %d min", (d+30*time.Second)/time.Minute)
	}
	return fmt.Sprintf("about %d h %02d min", d/time.Hour, d%time.Hour/time.Minute)
}

// took is how long something took, or takes by now.
func took(d time.Duration) string {
	switch {
	case d < 10*time.Second:
		return fmt.Sprintf("%.1f s", max(d, 0).Seconds())
	case d < time.Minute:
		return fmt.Sprintf("%d s", d/time.Second)
	case d < time.Hour:
		return fmt.Sprintf("%d min %02d s", d/time.Minute, d%time.Minute/time.Second)
	}
	return fmt.Sprintf("%d h %02d min", d/time.Hour, d%time.Hour/time.Minute)
}
