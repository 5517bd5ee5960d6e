package operator

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/oktaws/oktaws/store"
)

func TestAFileIsThereWholeOrNotAtAll(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "kept")
	text := func(s string) func(io.Writer) error {
		return func(w io.Writer) error { _, err := io.WriteString(w, s); return err }
	}
	want := func(content string) {
		t.Helper()
		entries, err := os.ReadDir(dir)
		if err != nil {
			t.Fatal(err)
		}
		if content == "" && len(entries) == 0 {
			return
		}
		got, err := os.ReadFile(path)
		if err != nil || string(got) != content || len(entries) != 1 {
			t.Errorf("it holds %q (%v), beside %d others, and should hold %q", got, err, len(entries)-1, content)
		}
	}
	f := File{Path: path}
	cause := errors.New("cut off")
	if _, err := f.Fill(func(w io.Writer) error { return errors.Join(text("half")(w), cause) }); !errors.Is(err, cause) {
		t.Errorf("cut off, it says %v", err)
	}
	want("")
	if n, err := f.Fill(text("first")); err != nil || n != 5 {
		t.Errorf("filled with %d bytes, %v", n, err)
	}
	want("first")
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("it is %v, %v", info.Mode(), err)
	}
	if _, err := f.Fill(text("second")); store.KindOf(err) != store.Conflict || !strings.Contains(err.Error(), "is there already") {
		t.Errorf("where there is one, it says %v", err)
	}
	want("first")
	f.Force = true
	if _, err := f.Fill(func(w io.Writer) error { return errors.Join(text("half")(w), cause) }); !errors.Is(err, cause) {
		t.Errorf("cut off, it says %v", err)
	}
	want("first")
	if _, err := f.Fill(text("second")); err != nil {
		t.Error(err)
	}
	want("second")
}

// What comes to the name while the file is filled is somebody's.
func TestAFileThatCameMeanwhileIsNotReplaced(t *testing.T) {
	path := filepath.Join(t.TempDir(), "kept")
	_, err := File{Path: path}.Fill(func(io.Writer) error { return os.WriteFile(path, []byte("theirs"), 0o600) })
	if got, readErr := os.ReadFile(path); store.KindOf(err) != store.Conflict || err == nil || readErr != nil || string(got) != "theirs" {
		t.Errorf("it says %v, and holds %q (%v)", err, got, readErr)
	}
}

func TestAFileThatCannotBeMade(t *testing.T) {
	for name, path := range map[string]string{"no folder": filepath.Join(t.TempDir(), "none", "kept"), "a folder": t.TempDir()} {
		called := false
		_, err := File{Path: path, Force: true}.Fill(func(io.Writer) error { called = true; return nil })
		if _, remedy := store.Explain(err); err == nil || remedy == "" || called {
			t.Errorf("%s: it says %v, remedy %q, and was filled: %t", name, err, remedy, called)
		}
	}
}
