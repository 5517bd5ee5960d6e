package controlpage

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/oktaws/oktaws/internal/sandbox/wire"
)

// pageSize is how many calls a page of the wire log has.
const pageSize = 100

// filter is what of the record somebody wants to see.
type filter struct {
	Service, Operation, Text string
	Failures                 bool
	Oldest                   bool // first
	page                     int  // from 1
}

func readFilter(q url.Values) filter {
	page, err := strconv.Atoi(q.Get("page"))
	if err != nil {
		page = 1
	}
	return filter{
		Service: q.Get("service"), Operation: strings.TrimSpace(q.Get("operation")), Text: strings.TrimSpace(q.Get("text")),
		Failures: q.Get("failures") != "", Oldest: q.Get("order") == "oldest", page: min(max(page, 1), 1_000_000),
	}
}

// link is the address of a page of the wire log with this filter.
func (f filter) link(page int) string {
	q := url.Values{}
	for name, value := range map[string]string{"service": f.Service, "operation": f.Operation, "text": f.Text} {
		if value != "" {
			q.Set(name, value)
		}
	}
	if f.Failures {
		q.Set("failures", "on")
	}
	if f.Oldest {
		q.Set("order", "oldest")
	}
	if page > 1 {
		q.Set("page", strconv.Itoa(page))
	}
	if len(q) == 0 {
		return "/control/wire"
	}
	return "/control/wire?" + q.Encode()
}

// takes reports whether a call is asked for. The text is looked for in the names without regard to case, and in the
// bodies as it is.
func (f filter) takes(c *wire.Call) bool {
	switch {
	case f.Service != "" && c.Service != f.Service,
		f.Operation != "" && !containsFold(c.Operation, f.Operation),
		f.Failures && !failed(c):
		return false
	}
	return f.Text == "" || containsFold(c.Operation, f.Text) || containsFold(c.Subject, f.Text) ||
		strings.Contains(c.Request, f.Text) || strings.Contains(c.Response, f.Text)
}

func containsFold(s, part string) bool {
	return strings.Contains(strings.ToLower(s), strings.ToLower(part))
}

// row is a call as the wire log shows it.
type row struct {
	Seq                         int
	At                          time.Time
	Millis                      float64
	Service, Operation, Subject string
	Status, Kind, Fault         string // Kind is a class: good, bad, busy, odd
	Trouble                     bool   // no answer, or one that nobody meant: a fault's, 5xx, or of an unknown operation
	Unknown                     bool   // the sandbox does not know the operation
}

func newRow(c *wire.Call) row {
	status, kind := verdict(c)
	return row{c.Seq, c.At, c.Millis, c.Service, c.Operation, c.Subject, status, kind, c.Fault, c.Fault != "" || c.Status == 0 || c.Status >= 500 || c.Unknown, c.Unknown}
}

// wireView is what the wire log shows.
type wireView struct {
	Filter               filter
	Rows                 []row
	From, To, Found, All int // which rows of how many
	Newer, Older         string
	Services, Operations []string
	UnderWay             []row
}

// wire is the wire log: every call on record, a page of them at a time.
func (c *console) wire(w http.ResponseWriter, r *http.Request) {
	hub := c.place.Sandbox().Hub
	f := readFilter(r.URL.Query())
	calls := hub.Calls(0)
	v := wireView{Filter: f, All: len(calls), Services: services, Operations: seen(calls)}
	found := make([]*wire.Call, 0, len(calls))
	for i := range calls {
		if f.takes(&calls[i]) {
			found = append(found, &calls[i])
		}
	}
	if !f.Oldest {
		slices.Reverse(found)
	}
	v.Found = len(found)
	start := min((f.page-1)*pageSize, len(found)/pageSize*pageSize)
	if start == len(found) && start > 0 {
		start -= pageSize
	}
	end := min(start+pageSize, len(found))
	for _, call := range found[start:end] {
		v.Rows = append(v.Rows, newRow(call))
	}
	v.From, v.To = min(start+1, len(found)), end
	at := start/pageSize + 1
	if start > 0 {
		v.Newer = f.link(at - 1)
	}
	if end < len(found) {
		v.Older = f.link(at + 1)
	}
	if f.Oldest {
		v.Newer, v.Older = v.Older, v.Newer
	}
	for _, call := range hub.UnderWay() {
		if f.takes(&call) || f.Failures {
			u := newRow(&call)
			u.Status, u.Kind, u.Trouble = "under way", "busy", false
			v.UnderWay = append(v.UnderWay, u)
		}
	}
	c.show(w, r, "/control/wire", "wire", "Wire log", v)
}
