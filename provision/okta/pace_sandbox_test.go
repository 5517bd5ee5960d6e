package okta

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	sandbox "github.com/oktaws/oktaws/internal/sandbox/okta"
	"github.com/oktaws/oktaws/provision"
)

// direct carries calls to a handler without a network, which a synthetic clock would not wait for.
type direct struct {
	handler http.Handler
	takes   time.Duration
}

func (d direct) RoundTrip(req *http.Request) (*http.Response, error) {
	time.Sleep(d.takes)
	w := httptest.NewRecorder()
	if req.Body == nil {
		req.Body = http.NoBody
	}
	d.handler.ServeHTTP(w, req)
	return w.Result(), nil
}

// sandboxed has the story lived in synthetic time, with a client of the sandbox's Okta that has the real limits of the
// plan. The SDK keeps a goroutine of its own, so the client is made outside.
func sandboxed(t *testing.T, plan sandbox.Plan, story func(*testing.T, *Client)) {
	t.Helper()
	c, err := New(Config{OrgURL: "https://example.okta.com", Token: testToken})
	if err != nil {
		t.Fatal(err)
	}
	synctest.Test(t, func(t *testing.T) {
		org := sandbox.New(sandbox.Config{Token: testToken, Plan: plan, MetadataAfter: -1})
		c.fence.next = direct{org.Handler(), 200 * time.Millisecond}
		story(t, c)
	})
}

func refusedOf(c *Client) (sent, refused int) {
	for _, b := range c.Pace() {
		sent += b.Sent
		refused += b.Refused
	}
	return sent, refused
}

func TestThreeHundredCallsAtOnceMeetNoRefusal(t *testing.T) {
	for _, at := range []struct {
		name   string
		plan   sandbox.Plan
		calls  int
		window int // what our token may have of it
	}{{"Workforce", sandbox.Workforce, 300, 50}, {"Free", sandbox.Free, 100, 10}} {
		t.Run(at.name, func(t *testing.T) {
			sandboxed(t, at.plan, func(t *testing.T, c *Client) {
				start := time.Now()
				ctx := provision.WithPrecedence(t.Context(), provision.Precedence{Class: provision.Batch})
				var calls sync.WaitGroup
				for i := range at.calls {
					calls.Go(func() {
						if _, err := c.FindApplications(ctx, fmt.Sprintf("Label-%d", i)); err != nil {
							t.Errorf("call %d: %v", i, err)
						}
					})
				}
				calls.Wait()
				floor := time.Duration(at.calls/at.window-1) * time.Minute
				if took := time.Since(start); took < floor || took > floor*110/100 {
					t.Errorf("it took %s, and the floor is %s", took, floor)
				}
				if sent, refused := refusedOf(c); refused > 0 || sent != at.calls {
					t.Errorf("%d calls were sent, %d refused", sent, refused)
				}
			})
		})
	}
}

// Each account makes its calls one after the other, as the pipeline does, and some of them are of other buckets.
func TestAccountsSideBySideMeetNoRefusal(t *testing.T) {
	sandboxed(t, sandbox.Workforce, func(t *testing.T, c *Client) {
		const accounts = 60
		start := time.Now()
		ctx := provision.WithPrecedence(t.Context(), provision.Precedence{Class: provision.Batch})
		var apps []provision.Application
		for i := range 3 { // to make a certificate takes a while
			app, err := c.CreateApplication(ctx, provision.ApplicationSpec{Label: fmt.Sprintf("Label-%d", i), Settings: map[string]any{"sessionDuration": 3600}})
			if err != nil {
				t.Fatal(err)
			}
			apps = append(apps, app)
		}
		var all sync.WaitGroup
		for i := range accounts {
			all.Go(func() {
				app := apps[i%len(apps)]
				_, err := c.Application(ctx, app.ID)
				var group provision.Group
				if err == nil {
					group, err = c.CreateGroup(ctx, fmt.Sprintf("Group-%d", i), "")
				}
				if err == nil {
					_, err = c.Assign(ctx, app.ID, group.ID, nil, nil)
				}
				if err == nil {
					_, err = c.Assignments(ctx, app.ID)
				}
				if err == nil {
					_, err = c.SigningKeys(ctx, app.ID)
				}
				if err != nil {
					t.Errorf("account %d: %v", i, err)
				}
			})
		}
		all.Wait()
		_, refused := refusedOf(c)
		bucket := c.Pace()[0]
		floor := time.Duration((bucket.Sent-1)/50) * time.Minute
		if took := time.Since(start); refused > 0 || took > floor*110/100 {
			t.Errorf("it took %s for %+v, the floor is %s, and %d calls were refused", took, bucket, floor, refused)
		}
	})
}
