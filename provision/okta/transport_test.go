package okta

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/oktaws/oktaws/provision"
	"github.com/oktaws/oktaws/store"
)

var spec = provision.ApplicationSpec{Label: "Gmail-AWS-Account", Note: "ours", Settings: map[string]any{"sessionDuration": 3600}}

// The SDK by itself would send such a call thousands of times.
func TestConnectionClosedBeforeTheAnswer(t *testing.T) {
	for _, c := range []struct {
		name, cut string // the call that is cut
		most      int    // how often it may have been sent: net/http itself sends a GET again on a used connection
		do        func(context.Context, *Client) error
	}{
		{"create an application", "POST /api/v1/apps", 1, func(ctx context.Context, c *Client) error {
			_, err := c.CreateApplication(ctx, spec)
			return err
		}},
		{"change an application", "PUT /api/v1/apps/0oa1", 1, func(ctx context.Context, c *Client) error {
			_, err := c.UpdateApplication(ctx, "0oa1", spec)
			return err
		}},
		{"activate an application", "POST /api/v1/apps/0oa1/lifecycle/activate", 1, func(ctx context.Context, c *Client) error {
			return c.ActivateApplication(ctx, "0oa1")
		}},
		{"create a group", "POST /api/v1/groups", 1, func(ctx context.Context, c *Client) error {
			_, err := c.CreateGroup(ctx, "Staff", "")
			return err
		}},
		{"assign a group", "PUT /api/v1/apps/0oa1/groups/00g1", 1, func(ctx context.Context, c *Client) error {
			_, err := c.Assign(ctx, "0oa1", "00g1", nil, []string{"Administrator"})
			return err
		}},
		{"take a group off", "DELETE /api/v1/apps/0oa1/groups/00g1", 1, func(ctx context.Context, c *Client) error {
			return c.Unassign(ctx, "0oa1", "00g1")
		}},
		{"rename a group", "PUT /api/v1/groups/00g1", 1, func(ctx context.Context, c *Client) error {
			return c.RenameGroup(ctx, "00g1", "Crew")
		}},
		{"delete a group", "DELETE /api/v1/groups/00g1", 1, func(ctx context.Context, c *Client) error {
			return c.DeleteGroup(ctx, "00g1")
		}},
		{"deactivate an application", "POST /api/v1/apps/0oa1/lifecycle/deactivate", 1, func(ctx context.Context, c *Client) error {
			return c.DeactivateApplication(ctx, "0oa1")
		}},
		{"delete an application", "DELETE /api/v1/apps/0oa1", 1, func(ctx context.Context, c *Client) error {
			return c.DeleteApplication(ctx, "0oa1")
		}},
		{"make a signing key", "POST /api/v1/apps/0oa1/credentials/keys/generate", 1, func(ctx context.Context, c *Client) error {
			_, err := c.GenerateSigningKey(ctx, "0oa1", 10)
			return err
		}},
		{"sign with another key", "PUT /api/v1/apps/0oa1", 1, func(ctx context.Context, c *Client) error {
			return c.SignWith(ctx, "0oa1", "kid-2")
		}},
		{"read an application", "GET /api/v1/apps/0oa2", 3, func(ctx context.Context, c *Client) error {
			_, err := c.Application(ctx, "0oa2")
			return err
		}},
		{"read metadata", "GET /api/v1/apps/0oa1/sso/saml/metadata", 3, func(ctx context.Context, c *Client) error {
			_, err := c.Metadata(ctx, "0oa1", "")
			return err
		}},
	} {
		for _, warm := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s, connection used before: %v", c.name, warm), func(t *testing.T) {
				o := newOrg(t, map[string]http.HandlerFunc{
					c.cut:                     cuts,
					"GET /api/v1/apps/0oa1":   answers(200, appJSON),
					"GET /api/v1/groups/00g1": answers(200, fullGroup),
				})
				client := o.client(t)
				if warm {
					if _, err := client.Application(t.Context(), "0oa1"); err != nil {
						t.Fatal(err)
					}
				}
				start := time.Now()
				err := c.do(context.Background(), client) // no deadline but ours
				wantProblem(t, err, store.Transient, "the connection to Okta was closed before it answered")
				if errors.Is(err, io.EOF) {
					t.Error("io.EOF is still in the error's chain")
				}
				if took := time.Since(start); took > 5*time.Second {
					t.Errorf("took %v", took)
				}
				if n := len(o.received(c.cut)); n < 1 || n > c.most {
					t.Errorf("sent %d times, want at most %d", n, c.most)
				}
			})
		}
	}
}

func TestConnectionCutWithinTheAnswer(t *testing.T) {
	o := newOrg(t, map[string]http.HandlerFunc{"POST /api/v1/apps": answers(200, `{"id":`, "Content-Length: 100")})
	_, err := o.client(t).CreateApplication(t.Context(), spec)
	wantProblem(t, err, store.Transient, "closed before it answered")
	if n := len(o.received("POST")); n != 1 {
		t.Errorf("sent %d times", n)
	}
}

func TestNobodyListens(t *testing.T) {
	o := newOrg(t, nil)
	c := o.client(t)
	o.Close()
	_, err := c.Application(t.Context(), "0oa1")
	wantProblem(t, err, store.Transient, "OKTA_CLIENT_ORGURL")
}

func TestEveryCallHasADeadline(t *testing.T) {
	for name, stall := range map[string]http.HandlerFunc{
		"no answer": func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() },
		"half a body": func(w http.ResponseWriter, r *http.Request) {
			answers(200, `[{"id":`)(w, r)
			_ = http.NewResponseController(w).Flush()
			<-r.Context().Done()
		},
	} {
		t.Run(name, func(t *testing.T) {
			o := newOrg(t, map[string]http.HandlerFunc{"GET /api/v1/apps": stall, "GET /api/v1/apps/0oa1": stall})
			c, _ := o.logged(t, 50*time.Millisecond)
			_, err := c.FindApplications(context.Background(), "A")
			wantProblem(t, err, store.Transient, "did not answer in time")
			if n := len(o.received("")); n != 1 {
				t.Errorf("sent %d times", n)
			}
			ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
			defer cancel()
			_, err = o.client(t).Application(ctx, "0oa1")
			if wantProblem(t, err, store.Transient); !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("the caller's deadline is not in the error: %v", err)
			}
		})
	}
}

func TestStoppingEndsACall(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	o := newOrg(t, map[string]http.HandlerFunc{"GET /api/v1/apps/0oa1": func(_ http.ResponseWriter, r *http.Request) {
		cancel()
		<-r.Context().Done()
	}})
	_, err := o.client(t).Application(ctx, "0oa1")
	if wantProblem(t, err, store.Transient, "cut short"); !errors.Is(err, context.Canceled) {
		t.Errorf("not cancelled: %v", err)
	}
}

func TestRateLimitSaysHowLongToWait(t *testing.T) {
	const date = "Date: Thu, 01 Jan 2026 00:00:00 GMT" // 1767225600
	limited := oktaError("E0000047", "API call exceeded rate limit due to too many requests.")
	for _, c := range []struct {
		name    string
		headers []string
		want    time.Duration
	}{
		{"until the reset, by Okta's clock", []string{date, "X-Rate-Limit-Limit: 100", "X-Rate-Limit-Remaining: 0", "X-Rate-Limit-Reset: 1767225641"}, 41 * time.Second},
		{"at least a second", []string{date, "X-Rate-Limit-Limit: 100", "X-Rate-Limit-Remaining: 0", "X-Rate-Limit-Reset: 1767225599"}, time.Second},
		{"too many at once", []string{date, "X-Rate-Limit-Limit: 0", "X-Rate-Limit-Remaining: 0", "X-Rate-Limit-Reset: 1767225660"}, concurrencyWait},
		{"no header", []string{date}, unknownWait},
		{"not a number", []string{date, "X-Rate-Limit-Reset: soon"}, unknownWait},
		{"absurd", []string{date, "X-Rate-Limit-Reset: 1767225641000"}, longestWait},
		{"no date", []string{"Date: ", "X-Rate-Limit-Reset: 0"}, time.Second},
	} {
		t.Run(c.name, func(t *testing.T) {
			o := newOrg(t, map[string]http.HandlerFunc{"POST /api/v1/apps": answers(429, limited, c.headers...)})
			start := time.Now()
			_, err := o.client(t).CreateApplication(t.Context(), spec)
			wantProblem(t, err, store.Transient, "too many calls")
			if e, ok := errors.AsType[*store.Error](err); !ok || e.After != c.want {
				t.Errorf("wait %v, want %v", e.After, c.want)
			}
			if n := len(o.received("")); n != 1 || time.Since(start) > time.Second {
				t.Errorf("%d calls in %v: somebody slept", n, time.Since(start))
			}
		})
	}
}

func TestAnswersThatAreNotOktas(t *testing.T) {
	const html = "<html><body>Bad Gateway</body></html>"
	for _, c := range []struct {
		name   string
		handle http.HandlerFunc
		kind   store.Kind
		says   string
	}{
		{"502 of a proxy", answers(502, html, "Content-Type: text/html"), store.Transient, "HTTP status 502"},
		{"403 of a proxy", answers(403, html, "Content-Type: text/html"), store.Denied, "HTTP status 403"},
		{"404 of a web server", answers(404, html, "Content-Type: text/html"), store.Permanent, "OKTA_CLIENT_ORGURL"},
		{"a page", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "text/html")
			_, _ = io.WriteString(w, html)
		}, store.Transient, "isn't Okta's"},
		{"a redirect", answers(302, "", "Location: https://elsewhere.example/login"), store.Permanent, "redirects to elsewhere.example"},
		{"nothing", answers(200, ""), store.Transient, "empty"},
		{"blanks", answers(200, " \n "), store.Transient, "empty"},
		{"null", answers(200, "null"), store.Transient, "empty"},
		{"half a document", answers(200, `[{"id":`), store.Transient, "can be read"},
		{"another type", answers(200, `{"id":"0oa1"}`), store.Transient, "can be read"},
		{"endless", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			for range maxBody/len(endless) + 1 {
				if _, err := io.WriteString(w, endless); err != nil {
					return
				}
			}
		}, store.Transient, "can be read"},
	} {
		t.Run(c.name, func(t *testing.T) {
			o := newOrg(t, map[string]http.HandlerFunc{"GET /api/v1/apps": c.handle, "POST /api/v1/groups": c.handle})
			apps, err := o.client(t).FindApplications(t.Context(), "A")
			wantProblem(t, err, c.kind, c.says)
			if apps != nil || len(o.received("")) != 1 {
				t.Errorf("%v after %d calls", apps, len(o.received("")))
			}
		})
	}
}

var endless = strings.Repeat(" ", 1<<20)

func TestNextPage(t *testing.T) {
	const self = `<https://acme.okta.com/api/v1/apps?limit=200>; rel="self"`
	for _, c := range []struct {
		name  string
		links []string
		want  string
	}{
		{"as Okta has it", []string{self, `<https://acme.okta.com/api/v1/apps?after=1&limit=200>; rel="next"`}, "https://acme.okta.com/api/v1/apps?after=1&limit=200"},
		{"joined by a proxy", []string{self + `, <https://acme.okta.com/api/v1/apps?after=a,b>; rel="next"`}, "https://acme.okta.com/api/v1/apps?after=a,b"},
		{"without quotes", []string{`<https://acme.okta.com/api/v1/apps?after=1>;rel=next`}, "https://acme.okta.com/api/v1/apps?after=1"},
		{"with a semicolon", []string{`<https://acme.okta.com/api/v1/apps?after=a;b>; rel="next"`}, "https://acme.okta.com/api/v1/apps?after=a%3Bb"},
		{"last page", []string{self}, ""},
		{"unreadable", []string{`<https://acme.okta.com/%zz>; rel="next"`, "nonsense; x"}, ""},
		{"none", nil, ""},
	} {
		if got := nextPage(http.Header{"Link": c.links}); got != c.want {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
}

func TestTokenIsNeverToldOrLogged(t *testing.T) {
	o := newOrg(t, map[string]http.HandlerFunc{
		"GET /api/v1/apps/echo": answers(400, oktaError("E0000001", "Bad token "+testToken, "SSWS "+testToken)),
		"GET /api/v1/apps/cut":  cuts,
		"GET /api/v1/apps/gone": answers(500, oktaError("E0000009", "Internal Server Error"), "X-Okta-Request-Id: req-77"),
	})
	c, log := o.logged(t, time.Second)
	for _, id := range []string{"echo", "cut", "gone"} {
		_, err := c.Application(t.Context(), id)
		wantProblem(t, err, store.KindOf(err))
		if id == "gone" && !strings.Contains(err.Error(), "req-77") {
			t.Errorf("Okta's request ID is not in the error: %v", err)
		}
	}
	if text := log.String(); strings.Contains(text, testToken) || !strings.Contains(text, "req-77") {
		t.Errorf("log: %s", text)
	}
}
