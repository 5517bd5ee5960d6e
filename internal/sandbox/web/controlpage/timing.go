package controlpage

import (
	"cmp"
	"net/http"
	"slices"
	"time"

	"github.com/oktaws/oktaws/internal/sandbox/wire"
)

// timingRow sums up the calls of one operation.
type timingRow struct {
	Service, Operation        string
	Link                      string // to its calls
	Calls, Failures, LastMin  int    // LastMin is how many came in the sandbox's last minute
	Median, P95, Max          float64
	Slowest                   int // the number of the slowest call
	FailuresLink, SlowestLink string
}

// timingView is what the page Timing shows.
type timingView struct {
	Services, Operations []timingRow
	All                  int
}

// timing is a summary of the record: what was called how often, and how long it took.
func (c *console) timing(w http.ResponseWriter, r *http.Request) {
	sb := c.place.Sandbox()
	calls, now := sb.Hub.Calls(0), sb.Now()
	v := timingView{
		All:        len(calls),
		Services:   sumUp(calls, now, func(c *wire.Call) [2]string { return [2]string{c.Service} }),
		Operations: sumUp(calls, now, func(c *wire.Call) [2]string { return [2]string{c.Service, c.Operation} }),
	}
	c.show(w, r, "/control/timing", "timing", "Timing", v)
}

// sumUp makes a row of the calls that share a service and an operation, the most frequent first.
func sumUp(calls []wire.Call, now time.Time, of func(*wire.Call) [2]string) []timingRow {
	groups := map[[2]string][]*wire.Call{}
	for i := range calls {
		key := of(&calls[i])
		groups[key] = append(groups[key], &calls[i])
	}
	var out []timingRow
	for key, group := range groups {
		f := filter{Service: key[0], Operation: key[1]}
		t := timingRow{Service: key[0], Operation: key[1], Link: f.link(1), Calls: len(group)}
		for _, c := range group {
			if failed(c) {
				t.Failures++
			}
			if now.Sub(c.At) < time.Minute {
				t.LastMin++
			}
		}
		slices.SortFunc(group, func(a, b *wire.Call) int { return cmp.Compare(a.Millis, b.Millis) })
		slowest := group[len(group)-1]
		t.Median, t.P95, t.Max, t.Slowest = percentile(group, 50), percentile(group, 95), slowest.Millis, slowest.Seq
		f.Failures = true
		t.FailuresLink = f.link(1)
		out = append(out, t)
	}
	slices.SortFunc(out, func(a, b timingRow) int {
		return cmp.Or(cmp.Compare(b.Calls, a.Calls), cmp.Compare(a.Service, b.Service), cmp.Compare(a.Operation, b.Operation))
	})
	return out
}

// percentile returns the time that p of a hundred calls do not exceed; calls are in the order of their times.
func percentile(calls []*wire.Call, p int) float64 {
	rank := (len(calls)*p + 99) / 100
	return calls[max(rank, 1)-1].Millis
}
