//go:build linux || darwin

package store_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/oktaws/oktaws/store"
)

// A disk that fills up, for another process: no file may grow past what the store has, and half a megabyte. fillDisk writes
// until the store refuses, says what it was told and how much was acknowledged, frees the disk, and goes on.
func fillDisk(dir string) error {
	b, err := store.OpenBolt(dir)
	if err != nil {
		return err
	}
	ctx, acknowledged := context.Background(), 0
	write := func() error {
		err := b.Update(ctx, func(w store.Writer) error {
			return w.Put(fmt.Sprintf("n/%06d", acknowledged), []byte(strings.Repeat("x", 30_000)))
		})
		if err == nil {
			acknowledged++
		}
		return err
	}
	for round := range 3 {
		free, err := crowd(dir)
		if err != nil {
			return err
		}
		var refused error
		for refused == nil {
			refused = write()
		}
		for range 10 { // each is refused like the first, and breaks nothing
			if err := write(); err != nil {
				refused = err
			}
		}
		message, remedy := store.Explain(refused)
		fmt.Println("refused:", errors.Is(refused, store.ErrUnwritable), message, remedy)
		n := 0
		err = b.View(ctx, func(r store.Reader) error {
			return r.Scan("n/", "", func(string, []byte) (bool, error) { n++; return true, nil })
		})
		if err != nil || n != acknowledged {
			return fmt.Errorf("round %d: %d records are there, and %d were acknowledged (%v)", round, n, acknowledged, err)
		}
		if err := free(); err != nil {
			return err
		}
		for range 60 {
			if err := write(); err != nil {
				return fmt.Errorf("round %d: there is room again, and yet: %w", round, err)
			}
		}
	}
	fmt.Println("acknowledged:", acknowledged)
	return b.Close()
}

// crowd leaves half a megabyte of room for the store in dir, until free is called.
func crowd(dir string) (free func() error, err error) {
	info, err := os.Stat(filepath.Join(dir, "oktaws.db"))
	if err != nil {
		return nil, err
	}
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_FSIZE, &limit); err != nil {
		return nil, err
	}
	tight := limit
	tight.Cur = uint64(info.Size()) + 512<<10
	return func() error { return syscall.Setrlimit(syscall.RLIMIT_FSIZE, &limit) }, syscall.Setrlimit(syscall.RLIMIT_FSIZE, &tight)
}

func TestAFullDiskLosesNothingThatWasAcknowledged(t *testing.T) {
	dir := t.TempDir()
	_, _, lines := other(t, fillVariable, dir)
	var said []string
	for more := true; more; more = lines.Scan() {
		said = append(said, lines.Text())
	}
	if len(said) != 4 || !strings.HasPrefix(said[3], "acknowledged: ") {
		t.Fatalf("it went otherwise:\n%s", strings.Join(said, "\n"))
	}
	for _, s := range said[:3] {
		if !strings.HasPrefix(s, "refused: true ") || !strings.Contains(s, dir) || !strings.Contains(s, "may not grow any more") || !strings.Contains(s, "is safe") {
			t.Errorf("the refusal says %q", s)
		}
	}
	if n := len(storeIn(t, dir)); said[3] != fmt.Sprint("acknowledged: ", n) {
		t.Errorf("%s, and after the end %d records are there", said[3], n)
	}
}
