package app_test

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/oktaws/oktaws/internal/app"
	"github.com/oktaws/oktaws/internal/sandbox/slack"
	"github.com/oktaws/oktaws/store"
)

func TestBadInputStores(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.serve()
	r.types(slack.Requester, "link "+gmail+" "+label)
	r.request(gmail)

	t.Run("held by another process", func(t *testing.T) {
		second := *r.in(t)
		second.output = &lockedBuffer{}
		second.refusedToStart("in use by process", "Stop that process", "data_dir")
		mustSay(t, r.in(t).types(slack.Requester, "list"), "1 AWS account")
	})
	r.stop()
	sound, err := os.ReadFile(filepath.Join(r.dir, "oktaws.db"))
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		file []byte
		want string
	}{
		"truncated":       {sound[:3*os.Getpagesize()], "cut short"},
		"empty":           {nil, "empty"},
		"damaged":         {append(bytes.Repeat([]byte("x"), 4*os.Getpagesize()), sound[4*os.Getpagesize():]...), "overwritten"},
		"another's":       {append([]byte("SQLite format 3\x00"), make([]byte, 16384)...), "not a store of oktaws"},
		"a piece of text": {[]byte("not a store\n"), "not a store of oktaws"},
	} {
		t.Run(name, func(t *testing.T) {
			bad, path := r.in(t).over(c.file)
			bad.refusedToStart(path, c.want, "backup")
			if after, err := os.ReadFile(path); err != nil || !bytes.Equal(after, c.file) {
				t.Errorf("the file was changed (%v)", err)
			}
		})
	}
	t.Run("newer", func(t *testing.T) {
		file := edited(t, sound, func(w store.Writer) error { return w.Put("meta/schema", []byte("99")) })
		bad, path := r.in(t).over(file)
		bad.refusedToStart(bad.dir, "schema 99", "Run the version of oktaws that wrote it")
		after, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if content(t, after) != content(t, file) {
			t.Error("the records were changed")
		}
	})
	t.Run("a folder in its place", func(t *testing.T) {
		bad, path := r.in(t).over(nil)
		if err := os.Remove(path); err != nil {
			t.Fatal(err)
		}
		if err := os.Mkdir(path, 0o700); err != nil {
			t.Fatal(err)
		}
		bad.refusedToStart(path, "not a regular file")
	})
	t.Run("with an unreadable record", func(t *testing.T) {
		bad, _ := r.in(t).over(edited(t, sound, func(w store.Writer) error {
			return w.Put("account/aws/"+gmail, []byte(`{"id":"1111`))
		}))
		bad.serve()
		for _, typed := range []string{"list", "status " + gmail, "link " + gmail + " Another"} {
			mustSay(t, bad.types(slack.Requester, typed), "record account/aws/"+gmail, "can't be read", "backup")
		}
		bad.stop()
		if log := bad.output.String(); strings.Count(log, "level=ERROR") < 3 {
			t.Errorf("the operator doesn't see it:\n%s", log)
		}
	})
}

// over is the rig with another data folder, in which the store is the file.
func (r *rig) over(file []byte) (other *rig, path string) {
	r.Helper()
	c := *r
	c.dir, c.output = filepath.Join(r.TempDir(), "data"), &lockedBuffer{}
	path = filepath.Join(c.dir, "oktaws.db")
	if err := os.Mkdir(c.dir, 0o700); err != nil {
		r.Fatal(err)
	}
	if err := os.WriteFile(path, file, 0o600); err != nil {
		r.Fatal(err)
	}
	return &c, path
}

// refusedToStart starts the program, which must end with exit code 1 and say all of it in one line.
func (r *rig) refusedToStart(want ...string) {
	r.Helper()
	p := r.start()
	select {
	case code := <-p.exit:
		if code != app.ExitFailure {
			r.Errorf("exit code %d", code)
		}
	case <-p.ready:
		r.Errorf("it runs")
		p.cancel()
		<-p.exit
	}
	r.Log(r.output.String())
	mustSay(r.T, r.output.String(), append(want, "level=ERROR", "remedy=")...)
	if n := strings.Count(r.output.String(), "\n"); n != 1 {
		r.Errorf("%d lines: %s", n, r.output)
	}
}

// edited is a store after a change.
func edited(t *testing.T, file []byte, change func(store.Writer) error) []byte {
	t.Helper()
	dir := t.TempDir()
	path := filepath.Join(dir, "oktaws.db")
	if err := os.WriteFile(path, file, 0o600); err != nil {
		t.Fatal(err)
	}
	engine, err := store.OpenBolt(dir)
	if err != nil {
		t.Fatal(err)
	}
	if err := engine.Update(t.Context(), change); err != nil {
		t.Fatal(err)
	}
	if err := engine.Close(); err != nil {
		t.Fatal(err)
	}
	out, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// content is every key of a store with its value.
func content(t *testing.T, file []byte) string {
	t.Helper()
	var b strings.Builder
	edited(t, file, func(w store.Writer) error {
		return w.Scan("", "", func(key string, value []byte) (bool, error) {
			fmt.Fprintf(&b, "%s=%s\n", key, value)
			return true, nil
		})
	})
	return b.String()
}
