package store_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/oktaws/oktaws/store"
)

func mode(t *testing.T, path string) os.FileMode {
	t.Helper()
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	return info.Mode()
}

func chmod(t *testing.T, path string, mode os.FileMode) {
	t.Helper()
	if err := os.Chmod(path, mode); err != nil {
		t.Fatal(err)
	}
}

func TestTheStoreIsPrivate(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "deep", "data")
	check := func(when string) {
		t.Helper()
		if got := mode(t, dir); got != os.ModeDir|0o700 {
			t.Errorf("%s the folder has mode %s", when, got)
		}
		for _, name := range []string{"oktaws.db", "oktaws.lock"} {
			if got := mode(t, filepath.Join(dir, name)); got != 0o600 {
				t.Errorf("%s %s has mode %s", when, name, got)
			}
		}
	}
	b := openBolt(t, dir)
	update(t, b, put("a", "1"))
	check("newly made,")
	closeEngine(t, b)

	chmod(t, dir, 0o755)
	chmod(t, filepath.Join(dir, "oktaws.db"), 0o644)
	b = openBolt(t, dir)
	check("made private again,")
	if all := content(t, b); all["a"] != "1" {
		t.Errorf("there is %q", all)
	}
}

func TestAFolderThatOthersUseToo(t *testing.T) {
	for name, prepare := range map[string]func(dir string){
		"such as README.md": func(dir string) {
			if err := os.WriteFile(filepath.Join(dir, "README.md"), nil, 0o600); err != nil {
				t.Fatal(err)
			}
			chmod(t, dir, 0o755)
		},
		"programs share": func(dir string) { chmod(t, dir, os.ModeSticky|0o777) },
	} {
		dir := t.TempDir()
		prepare(dir)
		before := mode(t, dir)
		_, err := store.OpenBolt(dir)
		wantError(t, err, store.Denied, dir, name, "a folder of its own")
		if after := mode(t, dir); after != before {
			t.Errorf("the folder's mode went from %s to %s", before, after)
		}
	}
}

func TestAFolderThatCannotBe(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, dir := range []string{file, filepath.Join(file, "data")} {
		_, err := store.OpenBolt(dir)
		wantError(t, err, store.Denied, dir, "OKTAWS_DATA_DIR")
	}
	_, err := store.OpenBolt("")
	wantError(t, err, store.Permanent, "no data folder")

	dir := t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, "oktaws.db"), 0o700); err != nil {
		t.Fatal(err)
	}
	_, err = store.OpenBolt(dir)
	wantError(t, err, store.Permanent, "not a regular file")
}

func TestAFirstStartThatWasCutOff(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "oktaws.db.new"), []byte("half of it"), 0o600); err != nil {
		t.Fatal(err)
	}
	update(t, openBolt(t, dir), put("a", "1"))
	if _, err := os.Stat(filepath.Join(dir, "oktaws.db.new")); !os.IsNotExist(err) {
		t.Errorf("what was cut off is still there: %v", err)
	}
}
