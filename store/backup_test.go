package store_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/oktaws/oktaws/store"
)

// restoring is when stores are restored.
var restoring = start

// backedUp is a backup of a store in which account is linked, and of the store's content then.
func backedUp(t *testing.T) []byte {
	t.Helper()
	r := newRecords(t)
	r.linked()
	return backup(t, r.engine.(*store.Bolt))
}

func backup(t *testing.T, b *store.Bolt) []byte {
	t.Helper()
	var out bytes.Buffer
	if err := b.Backup(t.Context(), &out); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func restore(t *testing.T, dir string, file []byte, replace bool) (store.Restored, error) {
	t.Helper()
	done, err := store.RestoreBolt(t.Context(), dir, bytes.NewReader(file), store.Restore{Replace: replace, Now: restoring})
	if _, leftover := os.Lstat(filepath.Join(dir, "oktaws.db.restoring")); leftover == nil {
		t.Error("a half-restored file is left in the folder")
	}
	return done, err
}

func storeIn(t *testing.T, dir string) map[string]string {
	t.Helper()
	b := openBolt(t, dir)
	defer closeEngine(t, b)
	return content(t, b)
}

func TestARestoredStoreIsTheOneThatWasBackedUp(t *testing.T) {
	r := newRecords(t)
	r.linked()
	want, file := content(t, r.engine), backup(t, r.engine.(*store.Bolt))
	dir := filepath.Join(t.TempDir(), "data")
	done, err := restore(t, dir, file, false)
	if err != nil || done.Bytes != int64(len(file)) || done.Schema != store.Schema || done.Former != "" {
		t.Fatalf("restored %+v, %v", done, err)
	}
	for name, mode := range map[string]os.FileMode{dir: 0o700, filepath.Join(dir, "oktaws.db"): 0o600} {
		if info, err := os.Stat(name); err != nil || info.Mode().Perm() != mode {
			t.Errorf("%s: %v, %v", name, info.Mode(), err)
		}
	}
	got := storeIn(t, dir)
	for key, value := range want {
		if got[key] != value {
			t.Errorf("%s is %q, and was %q", key, got[key], value)
		}
	}
	if len(got) != len(want) {
		t.Errorf("%d keys, want %d", len(got), len(want))
	}
	if report, err := store.CheckBolt(t.Context(), dir); err != nil || len(report.Faults) > 0 {
		t.Errorf("checked: %+v, %v", report, err)
	}
}

func TestAStoreIsReplacedOnlyWhenToldAndKeptBeside(t *testing.T) {
	file, dir := backedUp(t), t.TempDir()
	b := openBolt(t, dir)
	update(t, b, put("meta/schema", "2"))
	update(t, b, put("account/former", "{}"))
	_, err := restore(t, dir, file, true)
	wantError(t, err, store.Conflict, "in use", "Stop that process")
	closeEngine(t, b)
	_, err = restore(t, dir, file, false)
	wantError(t, err, store.Conflict, dir, "--replace")
	if got := storeIn(t, dir); got["account/former"] != "{}" {
		t.Fatalf("the store was changed: %q", got)
	}
	done, err := restore(t, dir, file, true)
	if err != nil {
		t.Fatal(err)
	}
	if want := filepath.Join(dir, "oktaws.db.before-restore-"+restoring.Format("20060102T150405Z")); done.Former != want {
		t.Errorf("the former store is %q, want %q", done.Former, want)
	}
	if got := storeIn(t, dir); got["account/former"] != "" || got["account/aws/111122223333"] == "" {
		t.Errorf("the store isn't the backup: %q", got)
	}
	former, err := os.ReadFile(done.Former)
	if err != nil {
		t.Fatal(err)
	}
	again := t.TempDir()
	if _, err := restore(t, again, former, false); err != nil {
		t.Fatalf("the former store can't be restored: %v", err)
	}
	if got := storeIn(t, again); got["account/former"] != "{}" {
		t.Errorf("the former store holds %q", got)
	}
	if _, err := restore(t, dir, file, true); err == nil {
		t.Error("a former store was overwritten by another of the same moment")
	}
}

func TestABackupThatCannotBeRightChangesNothing(t *testing.T) {
	file, page := backedUp(t), os.Getpagesize()
	newer := edited(t, file, put("meta/schema", "3"))
	unmarked := edited(t, file, func(w store.Writer) error { return w.Delete("meta/schema") })
	foreign, err := os.ReadFile(foreignFile(t))
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		file []byte
		says string
	}{
		"empty":             {nil, "it is empty"},
		"cut short":         {file[:len(file)-page], "cut short"},
		"cut at the start":  {file[:page/2], "cut short"},
		"damaged":           {append(append(bytes.Clone(file[:3*page]), make([]byte, page)...), file[4*page:]...), "damaged"},
		"a text":            {[]byte("account: 111122223333\n"), "not a store of oktaws"},
		"another program's": {foreign, "another program"},
		"newer":             {newer, "schema 3"},
		"without a mark":    {unmarked, "no schema mark"},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			if _, err := restore(t, dir, file, false); err != nil {
				t.Fatal(err)
			}
			before, err := os.ReadFile(filepath.Join(dir, "oktaws.db"))
			if err != nil {
				t.Fatal(err)
			}
			_, err = restore(t, dir, c.file, true)
			wantError(t, err, store.Permanent, "backup", c.says, "Nothing was changed")
			if after, err := os.ReadFile(filepath.Join(dir, "oktaws.db")); err != nil || !bytes.Equal(before, after) {
				t.Errorf("the store was changed (%v)", err)
			}
			if entries, err := filepath.Glob(filepath.Join(dir, "*before*")); err != nil || len(entries) > 0 {
				t.Errorf("there is %q (%v)", entries, err)
			}
		})
	}
}

func TestARestoreThatIsCutOffLeavesTheStore(t *testing.T) {
	file, dir := backedUp(t), t.TempDir()
	if _, err := restore(t, dir, file, false); err != nil {
		t.Fatal(err)
	}
	broken := errors.New("the connection broke")
	half := io.MultiReader(bytes.NewReader(file[:len(file)/2]), iotest.ErrReader(broken))
	if _, err := store.RestoreBolt(t.Context(), dir, half, store.Restore{Replace: true, Now: restoring}); !errors.Is(err, broken) {
		t.Errorf("a backup that can't be read: %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := store.RestoreBolt(ctx, dir, bytes.NewReader(file), store.Restore{Replace: true, Now: restoring}); !errors.Is(err, context.Canceled) {
		t.Errorf("a restore that is called off: %v", err)
	}
	if storeIn(t, dir)["account/aws/111122223333"] == "" {
		t.Error("the store is gone")
	}
	// What a restore left that was killed half-way is in nobody's way.
	if err := os.WriteFile(filepath.Join(dir, "oktaws.db.restoring"), file[:len(file)/2], 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := restore(t, dir, file, true); err != nil {
		t.Error(err)
	}
}

// edited is a store's file after a change.
func edited(t *testing.T, file []byte, change func(store.Writer) error) []byte {
	t.Helper()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "oktaws.db"), file, 0o600); err != nil {
		t.Fatal(err)
	}
	b := openBolt(t, dir)
	defer closeEngine(t, b)
	update(t, b, change)
	return backup(t, b)
}

func TestCheckFindsWhatCannotBeRight(t *testing.T) {
	file := backedUp(t)
	const key = "account/aws/111122223333"
	was := func(key string) string {
		dir := t.TempDir()
		if _, err := restore(t, dir, file, false); err != nil {
			t.Fatal(err)
		}
		return storeIn(t, dir)[key]
	}
	for name, c := range map[string]struct {
		change func(w store.Writer) error
		at     string
		says   string
	}{
		"an unreadable record":   {put(key, `{"id":"1111`), key, "can't be read"},
		"a record elsewhere":     {put("account/aws/444455556666", was(key)), "account/aws/444455556666", "says that it is " + key},
		"a lost request":         {func(w store.Writer) error { return w.Delete("request/r1") }, key, "refers to request/r1"},
		"a lost index entry":     {deleteFirst("due/"), "", "the index has no entry"},
		"an entry of nothing":    {put("due/01795000000000000000/task/none", "1"), "due/01795000000000000000/task/none", "no record"},
		"an unreadable entry":    {put("due/soon", "1"), "due/soon", "can't be read"},
		"a revision that is not": {putFirst("due/", "99"), "", "the index says 99"},
		"an event out of order":  {put("event/00000000000000000001-0000", `{"id":"00000000000000000001-0000","at":"2026-11-23T12:00:00Z"}`), "event/00000000000000000001-0000", "out of order"},
		"a lost name":            {deleteFirst("name/"), "", "the account has this name, and the index"},
		"a name of nobody":       {put("name/label/OTHER/aws/999988887777", `{"account":{"partition":"aws","id":"999988887777"},"name":"Other"}`), "name/label/OTHER/aws/999988887777", "no account has this name"},
		"another name":           {putFirst("name/", `{"account":{"partition":"aws","id":"111122223333"},"name":"Other"}`), "", "has the name otherwise"},
		"an unreadable name":     {putFirst("name/", "Gmail"), "", "can't be read"},
		"a strange key":          {put("acount/aws/1", "{}"), "acount/aws/1", "no kind of record"},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			if _, err := restore(t, dir, edited(t, file, c.change), false); err != nil {
				t.Fatal(err)
			}
			before, err := os.ReadFile(filepath.Join(dir, "oktaws.db"))
			if err != nil {
				t.Fatal(err)
			}
			report, err := store.CheckBolt(t.Context(), dir)
			if err != nil {
				t.Fatal(err)
			}
			found := false
			for _, f := range report.Faults {
				found = found || strings.Contains(f.What, c.says) && (c.at == "" || f.Key == c.at) && f.Remedy != ""
			}
			if !found {
				t.Errorf("nothing says %q of %s: %+v", c.says, c.at, report.Faults)
			}
			if after, err := os.ReadFile(filepath.Join(dir, "oktaws.db")); err != nil || !bytes.Equal(before, after) {
				t.Errorf("the check changed the store (%v)", err)
			}
		})
	}
}

// putFirst overwrites the first value under a prefix.
func putFirst(prefix, value string) func(store.Writer) error {
	return func(w store.Writer) error {
		return w.Scan(prefix, "", func(key string, _ []byte) (bool, error) { return false, w.Put(key, []byte(value)) })
	}
}

func deleteFirst(prefix string) func(store.Writer) error {
	return func(w store.Writer) error {
		return w.Scan(prefix, "", func(key string, _ []byte) (bool, error) { return false, w.Delete(key) })
	}
}

func TestCheckCountsTheRecords(t *testing.T) {
	r := newRecords(t)
	r.linked()
	report, err := r.Store.Check(t.Context())
	if err != nil || len(report.Faults) > 0 || report.Schema != store.Schema || report.Records["account"] != 1 || report.Records["request"] != 1 || report.Records["event"] == 0 {
		t.Errorf("checked: %+v, %v", report, err)
	}
}

func TestCheckOfWhatIsNotThere(t *testing.T) {
	dir := t.TempDir()
	_, err := store.CheckBolt(t.Context(), dir)
	wantError(t, err, store.NotFound, dir, "OKTAWS_DATA_DIR")
	openBolt(t, dir)
	_, err = store.CheckBolt(t.Context(), dir)
	wantError(t, err, store.Conflict, "in use")
}
