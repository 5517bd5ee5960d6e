package main

import (
	"bytes"
	"context"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/oktaws/oktaws/internal/app"
)

// startTestDemo starts a demo that ends with the test.
func startTestDemo(t *testing.T, o demoOptions) *demo {
	t.Helper()
	t.Setenv("TMPDIR", t.TempDir())
	d, err := startDemo(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		for _, c := range d.Sandbox().Hub.Unknown() {
			t.Errorf("the sandbox does not know %s %s (%s), so its answer means nothing", c.Service, c.Operation, c.Subject)
		}
		if err := d.Close(); err != nil {
			t.Error(err)
		}
		if left, _ := filepath.Glob(filepath.Join(os.TempDir(), "oktaws-*")); len(left) > 0 {
			t.Errorf("left behind: %v", left)
		}
	})
	return d
}

// get returns the status of a page.
func (d *demo) get(t *testing.T, path string, change func(*http.Request)) int {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, d.URL+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	if change != nil {
		change(req)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	_ = resp.Body.Close()
	return resp.StatusCode
}

func TestPagesAreOfThisMachineAlone(t *testing.T) {
	for address, refusal := range map[string]string{
		"0.0.0.0:0":        "not an address of this machine alone",
		":0":               "not an address of this machine alone",
		"192.0.2.1:0":      "not an address of this machine alone",
		"[::]:0":           "not an address of this machine alone",
		"example.com:8484": "not an address of this machine alone",
		"8484":             "not an address and a port",
	} {
		for _, command := range [][]string{{"--listen", address}, {"demo", "--listen", address}} {
			var stderr bytes.Buffer
			if code := run(t.Context(), command, os.Stdout, &stderr); code != app.ExitUsage || !strings.Contains(stderr.String(), refusal) {
				t.Errorf("%v: exit code %d, %s", command, code, stderr.String())
			}
		}
	}
	for _, address := range []string{"127.0.0.1:0", "localhost:0"} {
		l, err := listenLoopback(address)
		if err != nil {
			t.Errorf("%s: %v", address, err)
			continue
		}
		_ = l.Close()
	}
}

func TestAGivenAddressThatIsTakenIsAnError(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	var stderr bytes.Buffer
	if code := run(t.Context(), []string{"demo", "--listen", l.Addr().String()}, os.Stdout, &stderr); code != app.ExitFailure || !strings.Contains(stderr.String(), "in use") {
		t.Errorf("exit code %d, %s", code, stderr.String())
	}
}

func TestDemoAnswersThisMachineAlone(t *testing.T) {
	d := startTestDemo(t, demoOptions{})
	paths := []string{"/", "/control/calls"}
	for _, link := range regexp.MustCompile(`href="(/[^"]*)"`).FindAllStringSubmatch(d.page(t, "/"), -1) {
		paths = append(paths, link[1])
	}
	for _, path := range paths {
		if status := d.get(t, path, nil); status != http.StatusOK {
			t.Errorf("%s: %d", path, status)
		}
	}
	if status := d.get(t, "/", func(r *http.Request) { r.Host = "rebound.example.com" }); status != http.StatusMisdirectedRequest {
		t.Errorf("another Host: %d", status)
	}
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, d.URL+"/control/faults", strings.NewReader("{}"))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Origin", "https://elsewhere.example.com")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	_ = resp.Body.Close()
	if resp.StatusCode != http.StatusForbidden || len(d.Sandbox().Hub.Faults()) != 0 {
		t.Errorf("another Origin: %d, faults %v", resp.StatusCode, d.Sandbox().Hub.Faults())
	}
}

// output is what a command prints, to be read while it runs.
type output struct {
	logBuffer
	written chan struct{}
}

func (o *output) Write(p []byte) (int, error) {
	n, err := o.logBuffer.Write(p)
	select {
	case o.written <- struct{}{}:
	default:
	}
	return n, err
}

func TestDemoSaysWhereItIsAndEndsInTime(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	ctx, cancel := context.WithCancel(t.Context())
	out, code := &output{written: make(chan struct{}, 1)}, make(chan int, 1)
	go func() {
		code <- run(ctx, []string{"demo", "--listen", "127.0.0.1:0", "--scenario", "50-accounts"}, out, out)
	}()
	for !strings.Contains(out.String(), "Ctrl-C ends it") {
		select {
		case <-out.written:
		case <-time.After(patience):
			t.Fatalf("never said where it is: %s", out.String())
		}
	}
	_, rest, _ := strings.Cut(out.String(), "http://")
	address, _, _ := strings.Cut(rest, "\n")
	live, err := http.Get("http://" + address + "/live")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = live.Body.Close() }()
	began := time.Now()
	cancel()
	select {
	case got := <-code:
		if took := time.Since(began); got != app.ExitOK || took > 2*time.Second {
			t.Errorf("ended with %d after %s: %s", got, took, out.String())
		}
	case <-time.After(patience):
		t.Fatal("it did not end")
	}
	if left, _ := os.ReadDir(os.TempDir()); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
}
