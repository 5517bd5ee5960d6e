package okta

import (
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// object is a JSON object to be answered.
type object = map[string]any

// call is one request on its way through the stand-in.
type call struct {
	w      http.ResponseWriter
	r      *http.Request
	params map[string]string
	body   []byte
	base   string // the organization's URL, without a slash at the end
	now    time.Time
}

// begin reads a request and sets what every answer bears.
func (s *Server) begin(w http.ResponseWriter, r *http.Request) (*call, error) {
	s.mu.Lock()
	base := s.url
	s.mu.Unlock()
	c := &call{w: w, r: r, base: or(base, "http://"+r.Host), now: s.clock.Now().UTC()}
	w.Header().Set("Date", c.now.Format(http.TimeFormat))
	w.Header().Set("X-Okta-Request-Id", randomText(20))
	w.Header().Set("Cache-Control", "no-cache, no-store")
	var err error
	if c.body, err = io.ReadAll(r.Body); err != nil {
		return c, malformed()
	}
	return c, nil
}

// checkMedia holds a request to the media types that its operation knows. A form where JSON belongs is 400 E0000021
// [C]; that an Accept header is held to as strictly is a guess [I].
func (c *call) checkMedia(op *operation) error {
	wrong := &apiError{status: http.StatusBadRequest, code: "E0000021",
		summary: "Bad request.  Accept and/or Content-Type headers likely do not match supported values."}
	if len(c.body) > 0 {
		want := "application/json"
		if op.id == tokenOperation {
			want = "application/x-www-form-urlencoded"
		}
		if got, _, err := mime.ParseMediaType(c.r.Header.Get("Content-Type")); err != nil || got != want {
			return wrong
		}
	}
	accepted := c.r.Header.Values("Accept")
	if len(accepted) == 0 {
		return nil
	}
	offers := []string{"application/json", "application/*", "*/*"}
	if op.xml {
		offers = []string{"application/xml", "text/xml", "application/*", "*/*"}
	}
	for _, a := range strings.Split(strings.Join(accepted, ","), ",") {
		if t, _, err := mime.ParseMediaType(strings.TrimSpace(a)); err == nil && slices.Contains(offers, t) {
			return nil
		}
	}
	return wrong
}

// decode reads the body as JSON. A form that does not fit is 400 E0000003.
func (c *call) decode(v any) error {
	if json.Unmarshal(c.body, v) != nil {
		return malformed()
	}
	return nil
}

// reply answers with v as JSON, or without a body where v is nil.
func (c *call) reply(status int, v any) error {
	if v == nil {
		c.w.WriteHeader(status)
		return nil
	}
	c.w.Header().Set("Content-Type", "application/json")
	c.w.WriteHeader(status)
	e := json.NewEncoder(c.w)
	e.SetEscapeHTML(false)
	_ = e.Encode(v) // the answer goes to the hub's recorder, which takes everything
	return nil
}

// page is what a list request asks for.
type page struct {
	limit, after int
}

// page reads limit and after. That a limit out of range is refused rather than cut is a guess [I].
func (c *call) page(standard, most int) (page, error) {
	p, q := page{limit: standard}, c.r.URL.Query()
	var err error
	if v := q.Get("limit"); v != "" {
		if p.limit, err = strconv.Atoi(v); err != nil || p.limit < 1 || p.limit > most {
			return p, invalid("limit", fmt.Sprintf("limit: must be between 1 and %d", most))
		}
	}
	if v := q.Get("after"); v != "" {
		if p.after, err = strconv.Atoi(v); err != nil {
			return p, invalid("after", "after: the cursor is not valid")
		}
	}
	return p, nil
}

// paginate cuts a page out of all, in the order of their numbers, and links to itself and to the next page as Okta
// does: one Link header each, absolute, the cursor opaque.
func paginate[T any](c *call, all []T, number func(T) int, p page) []T {
	slices.SortFunc(all, func(a, b T) int { return cmp.Compare(number(a), number(b)) })
	from, _ := slices.BinarySearchFunc(all, p.after, func(t T, after int) int { return cmp.Compare(number(t), after+1) })
	rest := all[from:]
	link := func(rel string, q url.Values) {
		u := c.base + c.r.URL.Path
		if len(q) > 0 {
			u += "?" + q.Encode()
		}
		c.w.Header().Add("Link", "<"+u+`>; rel="`+rel+`"`)
	}
	link("self", c.r.URL.Query())
	if len(rest) > p.limit {
		rest = rest[:p.limit]
		q := c.r.URL.Query()
		q.Set("after", strconv.Itoa(number(rest[len(rest)-1])))
		q.Set("limit", strconv.Itoa(p.limit))
		link("next", q)
	}
	return rest
}

// stamp writes a time as Okta does: UTC, milliseconds that are always zero [R].
func stamp(t time.Time) string {
	return t.UTC().Truncate(time.Second).Format("2006-01-02T15:04:05.000Z")
}

func href(u string) object { return object{"href": u} }
