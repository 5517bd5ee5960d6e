package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"time"
)

// demo is the place that keeps running: the sandbox, oktaws beside it, and the pages.
type demo struct {
	URL string // of the pages, without a slash at the end
	*world
	pages *http.Server
}

// demoOptions is how a demo is. Its zero value will do.
type demoOptions struct {
	worldOptions
	listener net.Listener // of the pages; nil: a free port of 127.0.0.1
	scenario string       // empty: fresh
}

// startDemo runs a demo until it is closed. It returns once oktaws answers, or has ended by itself; the pages are there
// in either case.
func startDemo(ctx context.Context, o demoOptions) (*demo, error) {
	if o.out == nil {
		o.out = io.Discard
	}
	if o.scenario == "" {
		o.scenario = fresh
	}
	if o.listener == nil {
		l, err := listenLoopback("127.0.0.1:0")
		if err != nil {
			return nil, err
		}
		o.listener = l
	}
	d := &demo{URL: "http://" + o.listener.Addr().String()}
	o.worldOptions.pages = d.URL
	w, err := newWorld(o.worldOptions, o.scenario)
	if err != nil {
		return nil, errors.Join(err, o.listener.Close())
	}
	d.world, d.pages = w, &http.Server{Handler: w.site.Handler(), ReadHeaderTimeout: 10 * time.Second}
	go func() { _ = d.pages.Serve(o.listener) }() // it ends with Close
	if err := w.answers(ctx); err != nil && ctx.Err() != nil {
		return nil, errors.Join(err, d.Close())
	}
	return d, nil
}

// Close ends everything, and leaves nothing behind.
func (d *demo) Close() error { return errors.Join(d.pages.Close(), d.world.Close()) }

// showDemo runs a demo until ctx ends, and says where it is.
func showDemo(ctx context.Context, o demoOptions, taken bool) error {
	out := o.out
	d, err := startDemo(ctx, o)
	if err != nil {
		return err
	}
	if taken {
		fmt.Fprintf(out, "%s is taken; the pages are elsewhere this time.\n\n", usual)
	}
	fmt.Fprintf(out, "  %s\n\nOpen it in a browser: Slack, Okta and AWS, with oktaws at work in them, and a tour of ten minutes.\nCtrl-C ends it; nothing is left behind.\n", d.URL)
	<-ctx.Done()
	return d.Close()
}
