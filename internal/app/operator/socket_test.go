package operator

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/oktaws/oktaws/store"
)

// served runs a server in dir until the test ends, or end is called.
func served(t *testing.T, dir string, do Do) (end func()) {
	t.Helper()
	s, err := Listen(dir)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		s.Serve(ctx, do)
	}()
	end = func() {
		cancel()
		<-ended
	}
	t.Cleanup(end)
	return end
}

func dial(t *testing.T, dir string) *Client {
	t.Helper()
	c, err := Dial(dir)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestWhatACommandPrintsComesFromTheOtherProcess(t *testing.T) {
	t.Parallel()
	for name, dir := range map[string]string{
		"a short path": t.TempDir(),
		"a long path":  filepath.Join(t.TempDir(), strings.Repeat("long/", 40)),
	} {
		t.Run(name, func(t *testing.T) {
			if err := os.MkdirAll(dir, 0o700); err != nil {
				t.Fatal(err)
			}
			end := served(t, dir, func(_ context.Context, r Request, stdout, stderr io.Writer) int {
				fmt.Fprintf(stdout, "%s asks %q on %d columns\n", r.Login, r.Args, r.Screen.Width)
				fmt.Fprint(stderr, "half a ")
				fmt.Fprint(stderr, "line\n")
				return Waits
			})
			info, err := os.Stat(filepath.Join(dir, SocketName))
			if err != nil || info.Mode().Perm() != 0o600 {
				t.Errorf("%v %v", info, err)
			}
			for range 2 { // each connection is one command
				var stdout, stderr bytes.Buffer
				code, err := dial(t, dir).Run(t.Context(), Request{Args: []string{"list", "--json"}, Login: "root", Screen: Screen{Width: 72}}, &stdout, &stderr)
				if err != nil || code != Waits || stdout.String() != `root asks ["list" "--json"] on 72 columns`+"\n" || stderr.String() != "half a line\n" {
					t.Errorf("%d %v %q %q", code, err, &stdout, &stderr)
				}
			}
			end()
			if _, err := Dial(dir); !errors.Is(err, ErrNobody) {
				t.Errorf("once it has ended: %v", err)
			}
		})
	}
}

func TestASocketThatAKilledProcessLeftIsNobody(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if _, err := Dial(dir); !errors.Is(err, ErrNobody) {
		t.Errorf("no socket: %v", err)
	}
	if _, err := Dial(filepath.Join(dir, "none")); !errors.Is(err, ErrNobody) {
		t.Errorf("no folder: %v", err)
	}
	short, _, err := shortPath(dir)
	if err != nil {
		t.Fatal(err)
	}
	l, err := net.ListenUnix("unix", &net.UnixAddr{Name: short, Net: "unix"})
	if err != nil {
		t.Fatal(err)
	}
	l.SetUnlinkOnClose(false)
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := Dial(dir); !errors.Is(err, ErrNobody) {
		t.Errorf("a socket without a process: %v", err)
	}
	served(t, dir, func(context.Context, Request, io.Writer, io.Writer) int { return Done })
	if code, err := dial(t, dir).Run(t.Context(), Request{}, io.Discard, io.Discard); err != nil || code != Done {
		t.Errorf("the next process: %d %v", code, err)
	}
}

func TestGivingUpReachesTheCommand(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	begun := make(chan struct{}, 2)
	ended := make(chan struct{}, 2)
	served(t, dir, func(ctx context.Context, _ Request, _, stderr io.Writer) int {
		begun <- struct{}{}
		<-ctx.Done()
		fmt.Fprintln(stderr, "stopped waiting")
		ended <- struct{}{}
		return Failed
	})
	ctx, cancel := context.WithCancel(t.Context())
	go func() { <-begun; cancel() }()
	var stderr bytes.Buffer
	if code, err := dial(t, dir).Run(ctx, Request{}, io.Discard, &stderr); err != nil || code != Failed || stderr.String() != "stopped waiting\n" {
		t.Errorf("%d %v %q", code, err, &stderr)
	}
	<-ended
	// One that is gone without a word gives up as well.
	c := dial(t, dir)
	if err := json.NewEncoder(c.conn).Encode(call{Protocol: protocol}); err != nil {
		t.Fatal(err)
	}
	<-begun
	if err := c.conn.Close(); err != nil {
		t.Fatal(err)
	}
	<-ended
}

func TestTheEndOfTheOtherProcessIsTold(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	begun := make(chan struct{})
	end := served(t, dir, func(ctx context.Context, _ Request, stdout, _ io.Writer) int {
		fmt.Fprintln(stdout, "begun")
		close(begun)
		<-ctx.Done()
		return Done
	})
	go func() { <-begun; end() }()
	var stdout bytes.Buffer
	_, err := dial(t, dir).Run(t.Context(), Request{}, &stdout, io.Discard)
	if _, remedy := store.Explain(err); store.KindOf(err) != store.Transient || !strings.Contains(err.Error(), "ended while it ran this command") || !strings.Contains(remedy, "carries on") {
		t.Errorf("%v", err)
	}
	if stdout.String() != "begun\n" {
		t.Errorf("%q", &stdout)
	}
}

func TestAnotherVersionIsToldSo(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	served(t, dir, func(context.Context, Request, io.Writer, io.Writer) int {
		t.Error("it ran the command")
		return Done
	})
	c := dial(t, dir)
	defer func() { _ = c.conn.Close() }()
	if err := json.NewEncoder(c.conn).Encode(call{Protocol: protocol + 1, Request: Request{Args: []string{"list"}}}); err != nil {
		t.Fatal(err)
	}
	var f frame
	if err := json.NewDecoder(c.conn).Decode(&f); err != nil || f.Refused == nil || !strings.Contains(f.Refused.Message, "of another version") || f.Refused.Kind != "conflict" {
		t.Errorf("%+v %v", f, err)
	}
	// And so is one that gets an answer which it can't read.
	other := t.TempDir()
	short, folder, err := shortPath(other)
	if err != nil {
		t.Fatal(err)
	}
	l, err := net.ListenUnix("unix", &net.UnixAddr{Name: short, Net: "unix"})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = errors.Join(l.Close(), closing(folder)) }()
	go func() {
		if c, err := l.Accept(); err == nil {
			fmt.Fprintln(c, `{"say":"hello"}`)
		}
	}()
	if _, err := dial(t, other).Run(t.Context(), Request{}, io.Discard, io.Discard); store.KindOf(err) != store.Conflict || !strings.Contains(err.Error(), "of another version") {
		t.Errorf("%v", err)
	}
}

func TestACommandThatPanicsEndsNothingElse(t *testing.T) {
	t.Parallel()
	var stderr bytes.Buffer
	s := &Session{Stderr: &stderr, Stdout: io.Discard} // without a store
	if code := Answer(t.Context(), s, []string{"list"}); code != Failed || !strings.Contains(stderr.String(), "something went wrong inside oktaws") {
		t.Errorf("%d %s", code, &stderr)
	}
}
