package bot

import (
	"fmt"
	"math"
	"sync"
	"time"

	"github.com/oktaws/oktaws/store"
)

// paces remembers how fast batches got on lately, so that people hear how long one still takes. It is an estimate: after a
// restart, it begins anew.
type paces struct {
	mu sync.Mutex
	of map[string][]milestone // by the batch's request
}

// milestone is how many accounts of a batch were through at a time: over, or waiting for a person, which can take any time.
type milestone struct {
	at      time.Time
	through int
}

const (
	paceWindow  = 10 * time.Minute // that an estimate goes by
	paceLeast   = time.Minute      // before which nothing is said
	paceThrough = 3                // accounts, likewise
)

// left is how long the batch still takes by the pace of the last minutes, in words; empty where that can't be told.
func (p *paces) left(batch string, t store.Tally, now time.Time) string {
	p.mu.Lock()
	defer p.mu.Unlock()
	to := t.Going + t.ToCome
	if to == 0 {
		delete(p.of, batch)
		return ""
	}
	if p.of == nil {
		p.of = map[string][]milestone{}
	}
	all := p.of[batch]
	through := t.Size - to
	if n := len(all); n == 0 || all[n-1].through != through {
		all = append(all, milestone{now, through})
	}
	for len(all) > 2 && now.Sub(all[1].at) >= paceWindow {
		all = all[1:]
	}
	p.of[batch] = all
	gone, done := now.Sub(all[0].at), through-all[0].through
	if gone < paceLeast || done < paceThrough {
		return ""
	}
	return roughly(time.Duration(float64(gone) / float64(done) * float64(to)))
}

// roughly is a time that is yet to pass, as exactly as an estimate deserves.
func roughly(d time.Duration) string {
	minutes := int(math.Ceil(d.Minutes()))
	switch {
	case minutes <= 1:
		return "about a minute left"
	case minutes > 90:
		return fmt.Sprintf("about %d hours left", int(math.Round(d.Hours())))
	case minutes > 20: // to five minutes, so that it doesn't flicker
		minutes = (minutes + 2) / 5 * 5
	}
	return fmt.Sprintf("about %d minutes left", minutes)
}
