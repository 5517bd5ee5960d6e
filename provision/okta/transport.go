package okta

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"syscall"
	"time"
)

// maxBody is more than any answer of Okta's that we ask for.
const maxBody = 32 << 20

var (
	errCut  = errors.New("the connection was closed before Okta answered")
	errSlow = errors.New("Okta did not answer in time")
)

// fence stands between the SDK and the network. The SDK sends a request again, at once and without end, when the
// connection is closed before the answer; it sleeps on a 429; it panics on a Link header that it can't read. So
// nothing but an answer that it can use is let through: every other becomes an error of ours, which the SDK hands on
// inside a *url.Error. A body is read whole before it is handed on, so that the deadline holds for it too.
type fence struct {
	next    http.RoundTripper
	timeout time.Duration
	bearer  *bearer // nil with an API token
	pacer   *pacer
	log     *slog.Logger
}

// newTransport is http.DefaultTransport with limits of its own. It honors HTTPS_PROXY and its kin.
func newTransport() http.RoundTripper {
	t := http.DefaultTransport.(*http.Transport).Clone()
	t.DialContext = (&net.Dialer{Timeout: 5 * time.Second, KeepAlive: 30 * time.Second}).DialContext
	t.TLSHandshakeTimeout = 5 * time.Second
	t.IdleConnTimeout = 30 * time.Second
	t.MaxIdleConnsPerHost = atOnce
	return t
}

// RoundTrip sends the request once, when its turn has come, with the bearer token of the moment. The time that the call
// may take begins with its turn.
func (f *fence) RoundTrip(req *http.Request) (*http.Response, error) {
	var t *turn
	if bucket := bucketOf(req.URL.Path); bucket != "" {
		var err error
		if t, err = f.pacer.enter(req.Context(), bucket); err != nil {
			closeBody(req)
			return nil, err
		}
		defer t.leave()
	}
	ctx, cancel := context.WithTimeoutCause(req.Context(), f.timeout, errSlow)
	defer cancel()
	req = req.Clone(ctx)
	if req.URL.Path == orgPath {
		req.Header.Del("Authorization")
		return f.exchange(req, t)
	}
	if f.bearer == nil {
		return f.exchange(req, t)
	}
	token, fresh, err := f.bearer.token(ctx)
	if err != nil {
		closeBody(req)
		return nil, err
	}
	req.Header.Set("Authorization", "Bearer "+token)
	resp, err := f.exchange(req, t)
	if a, ok := errors.AsType[*answer](err); ok && a.status == http.StatusUnauthorized {
		f.bearer.drop(ctx, token)
		a.stale = !fresh
	}
	return resp, err
}

func closeBody(req *http.Request) {
	if req.Body != nil {
		_ = req.Body.Close()
	}
}

// exchange sends the request once and returns an answer that succeeded, or an error. The turn is nil for what is in no
// bucket.
func (f *fence) exchange(req *http.Request, t *turn) (*http.Response, error) {
	start := time.Now()
	resp, err := f.next.RoundTrip(req)
	if err != nil {
		return nil, lost(req.Context(), err)
	}
	t.heard(resp)
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxBody+1))
	_ = resp.Body.Close()
	if err != nil {
		return nil, lost(req.Context(), err)
	}
	f.log.Debug("okta", "method", req.Method, "path", req.URL.Path, "status", resp.StatusCode,
		"took", time.Since(start), "okta_request", resp.Header.Get("X-Okta-Request-Id"))
	if len(body) > maxBody {
		return nil, fmt.Errorf("Okta's answer is longer than %d bytes", maxBody)
	}
	switch contentType := resp.Header.Get("Content-Type"); {
	case resp.StatusCode < 200 || resp.StatusCode > 299:
		return nil, newAnswer(req, resp, body)
	case len(body) == 0, strings.Contains(contentType, "json"):
	case strings.Contains(contentType, "xml"):
		// The SDK can't read text/xml and would parse the rest for nothing; bytes it leaves alone.
		resp.Header.Set("Content-Type", "application/octet-stream")
	default:
		return nil, &answer{method: req.Method, path: req.URL.Path, status: resp.StatusCode, foreign: true}
	}
	next := nextPage(resp.Header)
	resp.Header.Del("Link")
	if next != "" {
		resp.Header.Set("Link", "<"+next+`>; rel="next"`)
	}
	resp.Body = io.NopCloser(bytes.NewReader(body))
	return resp, nil
}

// lost turns what stopped a call into an error in which the SDK doesn't see an io.EOF.
func lost(ctx context.Context, err error) error {
	switch {
	case errors.Is(context.Cause(ctx), errSlow):
		return errSlow
	case ctx.Err() != nil:
		return ctx.Err()
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, syscall.ECONNRESET),
		errors.Is(err, syscall.EPIPE), errors.Is(err, net.ErrClosed):
		return fmt.Errorf("%w (%v)", errCut, err)
	default:
		return err
	}
}

var link = regexp.MustCompile(`<([^>]*)>([^<]*)`)

// nextPage returns the address of the next page as the SDK can read it, or "". Links may stand in several headers or,
// behind a proxy, in one; the SDK reads only the first form, and takes the first link of the second for the next page.
func nextPage(h http.Header) string {
	for _, header := range h.Values("Link") {
		for _, m := range link.FindAllStringSubmatch(header, -1) {
			if rel := strings.ReplaceAll(strings.ToLower(m[2]), `"`, ""); !strings.Contains(rel, "rel=next") {
				continue
			}
			if u, err := url.Parse(m[1]); err == nil {
				return strings.ReplaceAll(u.String(), ";", "%3B") // where the SDK would cut it
			}
		}
	}
	return ""
}
