package wire

import "slices"

// What a hub keeps, so that a place that goes on for days does not grow without end.
const (
	keepCalls  = 50_000
	keepBodies = 64 << 20 // bytes, of requests and responses together
)

// record is the calls that are over, in the order of their numbers. The oldest are forgotten, and before that their
// bodies.
type record struct {
	most, mostBytes int
	calls           []Call
	bare            int // so many calls, from the first, have no bodies any more
	bytes           int // of the bodies that are kept
}

func (c *Call) size() int { return len(c.Request) + len(c.Response) }

func (c *Call) strip() {
	c.Request, c.Response, c.Bare = "", "", true
}

// add puts a call in its place. Calls may be over in another order than they came.
func (r *record) add(c Call) {
	i, _ := r.find(c.Seq)
	if i < r.bare {
		c.strip()
		r.bare++
	}
	r.calls = slices.Insert(r.calls, i, c)
	r.bytes += c.size()
	for r.bytes > r.mostBytes && r.bare < len(r.calls) {
		old := &r.calls[r.bare]
		r.bytes -= old.size()
		old.strip()
		r.bare++
	}
	// Many are forgotten at a time, since each time moves all the others.
	if tenth := r.most / 10; len(r.calls) > r.most+tenth {
		n := len(r.calls) - r.most
		for _, old := range r.calls[:n] {
			r.bytes -= old.size()
		}
		r.calls = slices.Delete(r.calls, 0, n)
		r.bare = max(r.bare-n, 0)
	}
}

// find returns where the call with the number is, or would be.
func (r *record) find(seq int) (i int, found bool) {
	return slices.BinarySearchFunc(r.calls, seq, func(c Call, s int) int { return c.Seq - s })
}

func (r *record) after(seq int) []Call {
	i, _ := r.find(seq + 1)
	return slices.Clone(r.calls[i:])
}
