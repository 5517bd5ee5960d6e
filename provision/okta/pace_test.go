package okta

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/oktaws/oktaws/provision"
	"github.com/oktaws/oktaws/store"
)

const anApp = "/api/v1/apps/0oa1/sso/saml/metadata" // a call of the smallest bucket

// counter answers every call as an organization does that counts them in fixed windows of a minute.
type counter struct {
	limit   int           // of the bucket
	token   int           // of these, what our token may have; 0: all
	ofToken bool          // the headers speak of the token's
	takes   time.Duration // that an answer takes
	ahead   time.Duration // by which Okta's clock is ahead of ours
	silent  bool          // there are no headers
	early   bool          // calls are counted when they come, not when they are answered

	mu          sync.Mutex
	reset       time.Time // by Okta's clock
	used, ours  int
	flying, top int
	refused     int
	calls       []sent
}

type sent struct {
	at   time.Time
	what string
}

func (c *counter) RoundTrip(req *http.Request) (*http.Response, error) {
	c.mu.Lock()
	c.flying++
	c.top = max(c.top, c.flying)
	c.calls = append(c.calls, sent{time.Now(), req.URL.Query().Get("what")})
	w, status := httptest.NewRecorder(), 0
	if c.early {
		status = c.count(w.Header())
	}
	c.mu.Unlock()
	select {
	case <-time.After(c.takes):
	case <-req.Context().Done():
		return nil, req.Context().Err()
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.flying--
	if !c.early {
		status = c.count(w.Header())
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, _ = w.WriteString("{}")
	return w.Result(), nil
}

func (c *counter) count(h http.Header) (status int) {
	now := time.Now().Add(c.ahead)
	if !now.Before(c.reset) {
		c.reset, c.used, c.ours = now.Add(time.Minute+time.Second-1).Truncate(time.Second), 0, 0
	}
	status, token := http.StatusOK, c.token
	if token == 0 {
		token = c.limit
	}
	if c.used >= c.limit || c.ours >= token {
		status = http.StatusTooManyRequests
		c.refused++
	} else {
		c.used++
		c.ours++
	}
	if c.silent {
		return status
	}
	limit, remaining := c.limit, c.limit-c.used
	if c.ofToken {
		limit, remaining = token, min(remaining, token-c.ours)
	}
	h.Set("Date", now.UTC().Format(http.TimeFormat))
	h.Set("X-Rate-Limit-Limit", strconv.Itoa(limit))
	h.Set("X-Rate-Limit-Remaining", strconv.Itoa(remaining))
	h.Set("X-Rate-Limit-Reset", strconv.FormatInt(c.reset.Unix(), 10))
	return status
}

// sentSoFar is how many calls there were, and how many of them were refused.
func (c *counter) sentSoFar() (n, refused int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.calls), c.refused
}

// others has somebody else use the organization, so that so much of the window is used.
func (c *counter) others(used int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.used = used
}

// order is what was sent, in the order in which it was.
func (c *counter) order() (out []string) {
	for _, s := range c.calls {
		out = append(out, s.what)
	}
	return out
}

// line is a fence before a counter.
type line struct {
	*fence
	t  *testing.T
	wg sync.WaitGroup
}

func newLine(t *testing.T, c *counter, share float64) *line {
	return &line{fence: &fence{next: c, timeout: 20 * time.Second, pacer: newPacer(nil, share), log: slog.New(slog.DiscardHandler)}, t: t}
}

// call makes one call; its answer may be a refusal.
func (l *line) call(ctx context.Context, what string) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "https://example.okta.com"+anApp+"?what="+what, nil)
	if err != nil {
		l.t.Fatal(err)
	}
	_, err = l.RoundTrip(req)
	return err
}

// many has n calls begin at once, of which none may fail unless that is fine.
func (l *line) many(ctx context.Context, n int, what string, fine func(error) bool) {
	for range n {
		l.wg.Go(func() {
			if err := l.call(ctx, what); err != nil && (fine == nil || !fine(err)) {
				l.t.Errorf("%s: %v", what, err)
			}
		})
	}
}

func as(class provision.Class) context.Context {
	return provision.WithPrecedence(context.Background(), provision.Precedence{Class: class})
}

func refusal(err error) bool {
	a, ok := errors.AsType[*answer](err)
	return ok && a.status == http.StatusTooManyRequests
}

func TestABatchTakesNoLongerThanTheWindowsDo(t *testing.T) {
	for _, c := range []struct {
		name    string
		counter *counter
		share   float64
		calls   int
		windows int
		refused int // at most, and when: to find out what the headers speak of
	}{
		{"the headers speak of the token's half", &counter{limit: 100, token: 50, ofToken: true}, Half, 300, 6, 0},
		{"the headers speak of the whole bucket", &counter{limit: 100, token: 50}, Half, 300, 6, 1},
		{"the smallest plan", &counter{limit: 20, token: 10, ofToken: true}, Half, 60, 6, 0},
		{"a token that may have all", &counter{limit: 100}, 1, 300, 3, 0},
		{"a modest share", &counter{limit: 100}, 0.25, 100, 4, 0},
		{"Okta's clock is an hour ahead", &counter{limit: 100, token: 50, ofToken: true, ahead: time.Hour + 300*time.Millisecond}, Half, 300, 6, 0},
		{"Okta's clock is an hour behind", &counter{limit: 100, token: 50, ofToken: true, ahead: -time.Hour + 700*time.Millisecond}, Half, 300, 6, 0},
		{"no headers", &counter{limit: 100, silent: true}, Half, 100, 1, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c.counter.takes = 300 * time.Millisecond
				l, start := newLine(t, c.counter, c.share), time.Now()
				l.many(as(provision.Batch), c.calls, "batch", func(err error) bool { return c.refused > 0 && refusal(err) })
				l.wg.Wait()
				floor := max(time.Duration(c.windows-1)*time.Minute, 20*time.Second)
				if took := time.Since(start); took > floor*110/100 {
					t.Errorf("it took %s, and the floor is %s", took, floor)
				}
				if c.counter.refused > c.refused {
					t.Errorf("%d calls were refused", c.counter.refused)
				}
				if c.counter.top > atOnce-spare {
					t.Errorf("%d calls at once", c.counter.top)
				}
			})
		})
	}
}

func TestAPersonGoesFirst(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := &counter{limit: 100, token: 50, ofToken: true, takes: 100 * time.Millisecond}
		l := newLine(t, c, Half)
		l.many(as(provision.Batch), 200, "batch", nil)
		time.Sleep(10 * time.Second)
		start := time.Now()
		for range 4 { // one after the other, as a look makes them
			if err := l.call(as(provision.Interactive), "person"); err != nil {
				t.Fatal(err)
			}
		}
		if took := time.Since(start); took > time.Second {
			t.Errorf("a person waited for %s", took)
		}
		l.wg.Wait()
		if c.refused > 0 {
			t.Errorf("%d calls were refused", c.refused)
		}
	})
}

func TestTheOrderOfThoseWhoWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := &counter{limit: 4, token: 2, ofToken: true, takes: time.Millisecond}
		l := newLine(t, c, Half)
		l.many(as(provision.Interactive), 2, "first", nil) // the window's
		synctest.Wait()
		time.Sleep(time.Second)
		for _, waits := range []struct {
			what string
			provision.Precedence
		}{
			{"background", provision.Precedence{Class: provision.Background}},
			{"groups", provision.Precedence{Class: provision.Batch, Behind: 2}},
			{"application", provision.Precedence{Class: provision.Batch, Behind: 9}},
			{"another", provision.Precedence{Class: provision.Batch, Behind: 9}},
			{"request", provision.Precedence{Class: provision.Single}},
			{"task", provision.Precedence{Class: provision.Awaited}},
			{"person", provision.Precedence{}},
		} {
			l.many(provision.WithPrecedence(t.Context(), waits.Precedence), 1, waits.what, nil)
			synctest.Wait()
		}
		l.wg.Wait()
		want := []string{"first", "first", "person", "task", "request", "application", "another", "groups", "background"}
		if got := c.order(); !slices.Equal(got, want) {
			t.Errorf("sent %q,\nwant %q", got, want)
		}
	})
}

func TestWhatNobodyWaitsForComesInItsTurn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := &counter{limit: 100, token: 50, ofToken: true, takes: 100 * time.Millisecond}
		l := newLine(t, c, Half)
		l.many(as(provision.Batch), 60, "batch", nil)
		time.Sleep(5 * time.Second)
		l.many(as(provision.Background), 3, "background", nil)
		synctest.Wait()
		l.many(as(provision.Batch), 400, "batch", nil)
		l.wg.Wait()
		for i, what := range c.order() {
			if what == "background" && i > 100 {
				t.Errorf("a check in the background was call %d", i+1)
			}
		}
	})
}

func TestOthersWhoUseTheOrganizationAreCounted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := &counter{limit: 100, token: 50, ofToken: true, takes: 100 * time.Millisecond}
		l := newLine(t, c, Half)
		if err := l.call(as(provision.Batch), "first"); err != nil {
			t.Fatal(err)
		}
		c.others(80)
		l.many(as(provision.Batch), 60, "batch", nil)
		time.Sleep(59 * time.Second)
		if n, refused := c.sentSoFar(); refused > 0 || n != 21 {
			t.Errorf("%d calls were sent, %d refused", n, refused)
		}
		l.wg.Wait()
		if c.refused > 0 {
			t.Errorf("%d calls were refused", c.refused)
		}
	})
}

func TestAfterARefusalAllCallsOfTheBucketWaitForTheReset(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := &counter{limit: 100, token: 50, ofToken: true, takes: 100 * time.Millisecond}
		l := newLine(t, c, Half)
		if err := l.call(as(provision.Batch), "first"); err != nil {
			t.Fatal(err)
		}
		c.others(100)
		start := time.Now()
		l.many(as(provision.Interactive), 60, "batch", refusal)
		time.Sleep(50 * time.Second)
		if n, _ := c.sentSoFar(); n > 1+atOnce {
			t.Errorf("%d calls were sent into a window that was used up", n)
		}
		l.wg.Wait()
		if took := time.Since(start); took < time.Minute-time.Second || took > 65*time.Second {
			t.Errorf("it took %s", took)
		}
		if pace := (&Client{fence: l.fence}).Pace(); len(pace) != 1 || pace[0].Refused == 0 || pace[0].Sent != 61 || pace[0].Limit < 25 {
			t.Errorf("pace: %+v", pace)
		}
	})
}

func TestTooManyCallsAtOnceStopAllBuckets(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newLine(t, &counter{limit: 100, takes: time.Second}, 1)
		p := f.pacer
		first, err := p.enter(t.Context(), "/api/v1/apps")
		if err != nil {
			t.Fatal(err)
		}
		w := httptest.NewRecorder()
		w.Header().Set("X-Rate-Limit-Limit", "0")
		w.Header().Set("X-Rate-Limit-Remaining", "0")
		w.WriteHeader(http.StatusTooManyRequests)
		first.heard(w.Result())
		first.leave()
		start := time.Now()
		second, err := p.enter(t.Context(), "/api/v1/groups")
		if err != nil {
			t.Fatal(err)
		}
		second.leave()
		if took := time.Since(start); took != concurrencyWait {
			t.Errorf("the next call went after %s", took)
		}
	})
}

func TestWhoLeavesTheLineHasUsedNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := &counter{limit: 2, token: 1, ofToken: true, takes: time.Millisecond}
		l := newLine(t, c, Half)
		if err := l.call(t.Context(), "first"); err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		l.many(ctx, 5, "canceled", func(err error) bool { return errors.Is(err, context.Canceled) })
		synctest.Wait()
		cancel()
		l.wg.Wait()
		hurried, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		err := l.call(hurried, "hurried")
		if !errors.Is(err, errTurn) {
			t.Errorf("got %v", err)
		}
		wantProblem(t, (&Client{}).explain("read it", err), store.Transient, "so many calls a minute")
		if got := c.order(); !slices.Equal(got, []string{"first"}) {
			t.Errorf("sent %q", got)
		}
		start := time.Now()
		if err := l.call(t.Context(), "patient"); err != nil { // longer than a call may take
			t.Fatal(err)
		}
		if took := time.Since(start); took < 50*time.Second {
			t.Errorf("it waited for %s", took)
		}
	})
}

// Okta says what is left when it takes a call, and its answer can come when the next window has begun.
func TestSlowAnswersSayNothingOfTheNextWindow(t *testing.T) {
	for name, c := range map[string]*counter{
		"of the token":  {limit: 100, token: 50, ofToken: true},
		"of the bucket": {limit: 100, token: 50},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c.takes, c.early = 10*time.Second, true
				l, start := newLine(t, c, Half), time.Now()
				l.many(as(provision.Batch), 300, "batch", refusal)
				l.wg.Wait()
				if took := time.Since(start); took > 8*time.Minute { // of which each window may lose an answer's time
					t.Errorf("it took %s", took)
				}
				if c.refused > 1 {
					t.Errorf("%d calls were refused", c.refused)
				}
			})
		})
	}
}

func TestAnIdleBucketBeginsAFreshWindow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := &counter{limit: 100, token: 50, ofToken: true, takes: 10 * time.Millisecond}
		l := newLine(t, c, Half)
		for range 3 {
			start := time.Now()
			l.many(as(provision.Single), 50, "single", nil)
			l.wg.Wait()
			if took := time.Since(start); took > time.Second {
				t.Errorf("it took %s", took)
			}
			time.Sleep(7 * time.Minute)
		}
	})
}

func TestEachCallIsCountedWhereOktaCountsIt(t *testing.T) {
	want := map[string]string{
		"/api/v1/apps":                           "/api/v1/apps",
		"/api/v1/apps/0oa1":                      "/api/v1/apps/{id}",
		"/api/v1/apps/0oa1/sso/saml/metadata":    "/api/v1/apps",
		"/api/v1/apps/0oa1/groups/00g1":          "/api/v1/apps",
		"/api/v1/groups":                         "/api/v1/groups",
		"/api/v1/groups/00g1":                    "/api/v1/groups/{id}",
		"/api/v1/users/me":                       "/api/v1",
		"/api/v1/meta/schemas/apps/0oa1/default": "/api/v1",
		"/oauth2/v1/token":                       "",
		orgPath:                                  "",
	}
	for path, bucket := range recordedBuckets(t) {
		want[path] = bucket
	}
	for path, bucket := range want {
		if got := bucketOf(path); got != bucket {
			t.Errorf("%s is counted in %q, want %q", path, got, bucket)
		}
	}
}

// recordedBuckets is Okta's own list of operations and their buckets, where it is at hand, but for the operations that
// oktaws has no use for.
func recordedBuckets(t *testing.T) map[string]string {
	dir := os.Getenv("OKTAWS_RECORDED")
	if dir == "" {
		return nil
	}
	list, err := os.ReadFile(filepath.Join(dir, "okta", "rate-limit-buckets.txt"))
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]string{}
	for line := range strings.Lines(string(list)) {
		f := strings.Fields(line)
		switch path := f[0]; {
		case strings.HasSuffix(path, "/skinny_users"), strings.HasPrefix(path, "/api/v1/groups/rules"), path == "/api/v1/logs", path == "/api/v1/apps/rampAssignmentGrant":
		case strings.HasPrefix(path, "/oauth2/"):
			out[path] = ""
		default:
			out[path] = f[2]
		}
	}
	return out
}
