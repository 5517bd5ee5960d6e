package store_test

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"go.etcd.io/bbolt"

	"github.com/oktaws/oktaws/store"
	"github.com/oktaws/oktaws/store/storetest"
)

// The test binary runs itself as another process: one that holds the store in the folder until it is told to stop, that
// writes to it until it is killed, or that fills its disk.
const (
	holdVariable  = "OKTAWS_TEST_HOLD"
	writeVariable = "OKTAWS_TEST_WRITE"
	fillVariable  = "OKTAWS_TEST_FILL"
)

func TestMain(m *testing.M) {
	if dir := os.Getenv(holdVariable); dir != "" {
		hold(dir)
		return
	}
	if dir := os.Getenv(writeVariable); dir != "" {
		write(dir)
		return
	}
	if dir := os.Getenv(fillVariable); dir != "" {
		if err := fillDisk(dir); err != nil {
			fmt.Println(err)
			os.Exit(1)
		}
		return
	}
	os.Exit(m.Run())
}

func hold(dir string) {
	b, err := store.OpenBolt(dir)
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	fmt.Println("ready")
	_, _ = io.Copy(io.Discard, os.Stdin) // until it is closed
	if err := b.Close(); err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
}

func write(dir string) {
	b, err := store.OpenBolt(dir)
	for i := 0; err == nil; i++ {
		if err = b.Update(context.Background(), put(strconv.Itoa(i), "kept")); err == nil {
			fmt.Println(i)
		}
	}
	fmt.Println(err)
	os.Exit(1)
}

// other starts the test binary as another process, and returns it with what it prints, line by line.
func other(t *testing.T, variable, dir string) (cmd *exec.Cmd, stop io.Closer, lines *bufio.Scanner) {
	t.Helper()
	cmd = exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), variable+"="+dir)
	cmd.Stderr = os.Stderr
	stdin, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill() // it may have ended
		_ = cmd.Wait()
	})
	lines = bufio.NewScanner(stdout)
	if !lines.Scan() {
		t.Fatal("the other process said nothing")
	}
	return cmd, stdin, lines
}

func put(key, value string) func(store.Writer) error {
	return func(w store.Writer) error { return w.Put(key, []byte(value)) }
}

func openBolt(t testing.TB, dir string) *store.Bolt {
	t.Helper()
	b, err := store.OpenBolt(dir)
	if err != nil {
		t.Fatalf("OpenBolt: %v", err)
	}
	t.Cleanup(func() { closeEngine(t, b) })
	return b
}

func closeEngine(t testing.TB, e store.Engine) {
	t.Helper()
	if err := e.Close(); err != nil {
		t.Errorf("Close: %v", err)
	}
}

func update(t testing.TB, e store.Engine, change func(store.Writer) error) {
	t.Helper()
	if err := e.Update(context.Background(), change); err != nil {
		t.Fatalf("Update: %v", err)
	}
}

// content is every key and value of the engine.
func content(t testing.TB, e store.Engine) map[string]string {
	t.Helper()
	all := map[string]string{}
	err := e.View(context.Background(), func(r store.Reader) error {
		return r.Scan("", "", func(key string, value []byte) (bool, error) {
			all[key] = string(value)
			return true, nil
		})
	})
	if err != nil {
		t.Fatalf("View: %v", err)
	}
	return all
}

// wantError fails unless err is an *Error of the kind whose message and remedy have the words.
func wantError(t testing.TB, err error, kind store.Kind, words ...string) {
	t.Helper()
	if _, ok := errors.AsType[*store.Error](err); !ok || store.KindOf(err) != kind {
		t.Errorf("got %v (%s), want an error that is %s", err, store.KindOf(err), kind)
		return
	}
	message, remedy := store.Explain(err)
	for _, w := range words {
		if !strings.Contains(message+" "+remedy, w) {
			t.Errorf("%q with the remedy %q doesn't say %q", message, remedy, w)
		}
	}
}

func TestBolt(t *testing.T) {
	storetest.Run(t, func(t *testing.T) store.Engine {
		b, err := store.OpenBolt(t.TempDir())
		if err != nil {
			t.Fatalf("OpenBolt: %v", err)
		}
		return b
	})
}

func TestWhatWasWrittenIsThereAfterARestart(t *testing.T) {
	dir := t.TempDir()
	b := openBolt(t, dir)
	for i := range 300 {
		update(t, b, put(fmt.Sprintf("n/%03d", i), strings.Repeat("x", i*10)))
	}
	c, err := b.Claim(t.Context(), "a")
	if err != nil {
		t.Fatal(err)
	}
	closeEngine(t, b)

	again := openBolt(t, dir)
	if all := content(t, again); len(all) != 300 || len(all["n/299"]) != 2990 {
		t.Errorf("after a restart there are %d keys", len(all))
	}
	next, err := again.Claim(t.Context(), "a")
	if err != nil {
		t.Fatalf("a claim outlived its process: %v", err)
	}
	if next.Generation() <= c.Generation() {
		t.Errorf("after a restart a claim has generation %d, and had %d", next.Generation(), c.Generation())
	}
	err = again.Update(t.Context(), func(w store.Writer) error { return w.Guard(c) })
	if !errors.Is(err, store.ErrClaimLost) {
		t.Errorf("a claim from before the restart guards: %v", err)
	}
}

func TestWhatWasWrittenIsThereAfterAKill(t *testing.T) {
	dir := t.TempDir()
	cmd, _, lines := other(t, writeVariable, dir)
	for lines.Text() != "20" && lines.Scan() {
	}
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	last := lines.Text()
	for lines.Scan() {
		last = lines.Text()
	}
	n, err := strconv.Atoi(last)
	if err != nil {
		t.Fatalf("the other process said %q", last)
	}
	all := content(t, openBolt(t, dir))
	for i := range n + 1 {
		if all[strconv.Itoa(i)] != "kept" {
			t.Errorf("%d was written, and is lost", i)
		}
	}
}

func TestTheStoreOfAnotherProcess(t *testing.T) {
	t.Parallel() // it waits for the lock's patience
	dir := filepath.Join(t.TempDir(), "data")
	cmd, stop, lines := other(t, holdVariable, dir)
	if lines.Text() != "ready" {
		t.Fatalf("the other process says %q", lines.Text())
	}
	host, err := os.Hostname()
	if err != nil {
		t.Fatal(err)
	}
	_, err = store.OpenBolt(dir)
	wantError(t, err, store.Conflict, dir, fmt.Sprintf("process %d on %s, since 20", cmd.Process.Pid, host), "Stop that process", "OKTAWS_DATA_DIR")

	t.Run("a note that can't be right names nobody", func(t *testing.T) {
		lock := filepath.Join(dir, "oktaws.lock")
		note, err := os.ReadFile(lock)
		if err != nil {
			t.Fatal(err)
		}
		gone := exec.Command(os.Args[0], "-test.run=^$")
		if err := gone.Run(); err != nil {
			t.Fatal(err)
		}
		for _, wrong := range []string{"", "{", `{"pid":0}`, strings.Replace(string(note), strconv.Itoa(cmd.Process.Pid), strconv.Itoa(gone.Process.Pid), 1)} {
			if err := os.WriteFile(lock, []byte(wrong), 0o600); err != nil {
				t.Fatal(err)
			}
			_, err = store.OpenBolt(dir)
			wantError(t, err, store.Conflict, "in use by another process")
		}
	})

	if err := stop.Close(); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Wait(); err != nil {
		t.Fatal(err)
	}
	openBolt(t, dir)
}

func TestTheStoreOfAKilledProcess(t *testing.T) {
	t.Parallel() // it waits for the lock's patience
	dir := t.TempDir()
	cmd, _, _ := other(t, holdVariable, dir)
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait() // it was killed
	b := openBolt(t, dir)
	_, err := store.OpenBolt(dir)
	wantError(t, err, store.Conflict, fmt.Sprintf("process %d", os.Getpid()))
	closeEngine(t, b)
	if note, err := os.ReadFile(filepath.Join(dir, "oktaws.lock")); err != nil || len(note) != 0 {
		t.Errorf("after Close the lock's file says %q, %v", note, err)
	}
}

func TestTheStoreThatAnotherProgramLooksInto(t *testing.T) {
	t.Parallel() // it waits for the lock's patience
	dir := t.TempDir()
	closeEngine(t, openBolt(t, dir))
	db, err := bbolt.Open(filepath.Join(dir, "oktaws.db"), 0o600, nil)
	if err != nil {
		t.Fatal(err)
	}
	_, err = store.OpenBolt(dir)
	wantError(t, err, store.Conflict, dir, "another program")
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	openBolt(t, dir)
}

func TestAWriterThatWaitsLeavesWithItsContext(t *testing.T) {
	b := openBolt(t, t.TempDir())
	ctx, cancel := context.WithCancel(t.Context())
	waiting := make(chan error, 1)
	update(t, b, func(store.Writer) error {
		go func() { waiting <- b.Update(ctx, put("a", "1")) }()
		cancel()
		if err := <-waiting; !errors.Is(err, context.Canceled) {
			t.Errorf("got %v, want %v", err, context.Canceled)
		}
		return nil
	})
	if all := content(t, b); len(all) != 0 {
		t.Errorf("there is %q", all)
	}
}

func TestBackup(t *testing.T) {
	b := openBolt(t, t.TempDir())
	for i := range 300 {
		update(t, b, put(fmt.Sprintf("n/%03d", i), strings.Repeat("x", i*10)))
	}
	want := content(t, b)
	dir := t.TempDir()
	f, err := os.Create(filepath.Join(dir, "oktaws.db"))
	if err != nil {
		t.Fatal(err)
	}
	written := false
	err = b.Backup(t.Context(), writer(func(p []byte) (int, error) {
		if !written { // a change beside the backup isn't in it
			written = true
			update(t, b, put("n/000", "later"))
		}
		return f.Write(p)
	}))
	if err := errors.Join(err, f.Close()); err != nil {
		t.Fatalf("Backup: %v", err)
	}
	got := content(t, openBolt(t, dir))
	for key, value := range want {
		if got[key] != value {
			t.Errorf("the backup's %s has %d bytes, want %d", key, len(got[key]), len(value))
		}
	}
	if len(got) != len(want) {
		t.Errorf("the backup has %d keys, want %d", len(got), len(want))
	}

	broken := errors.New("the disk is full")
	if err := b.Backup(t.Context(), writer(func([]byte) (int, error) { return 0, broken })); err == nil {
		t.Error("a backup that can't be written is no error")
	}
	ctx, cancel := context.WithCancel(t.Context())
	err = b.Backup(ctx, writer(func(p []byte) (int, error) { cancel(); return len(p), nil }))
	if !errors.Is(err, context.Canceled) {
		t.Errorf("a backup whose context ends: %v", err)
	}
	closeEngine(t, b)
	if err := b.Backup(t.Context(), new(bytes.Buffer)); !errors.Is(err, store.ErrClosed) {
		t.Errorf("a backup of a closed store: %v", err)
	}
}

type writer func([]byte) (int, error)

func (w writer) Write(p []byte) (int, error) { return w(p) }
