package store_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/oktaws/oktaws/store"
)

// countedBatch is the file of a store with a batch of three accounts, of which one failed and one was skipped.
func countedBatch(t *testing.T) []byte {
	t.Helper()
	r := withAccounts(t, 2)
	q := batch("b", store.Repair, 0, 1, 7)
	q.batch.LeftOut = []store.LeftOut{{Account: numbered(8), Why: "it isn't linked"}}
	r.openBatch(q)
	r.approve("b", admin)
	r.openAll("b")
	r.save(numbered(0), func(a *store.Account) {
		a.Steps = map[string]store.Step{"roles": {State: store.StepFailed, Problem: &store.Problem{Message: "no"}}}
	})
	if got := r.tally("b"); got.Failed != 1 || got.Skipped != 1 {
		t.Fatalf("the batch has %+v", got)
	}
	return backup(t, r.engine.(*store.Bolt))
}

func TestCheckCountsTheAccountsOfBatches(t *testing.T) {
	file := countedBatch(t)
	tally := `{"revision":1,"created":"2026-03-01T12:00:00Z","updated":"2026-03-01T12:00:00Z","batch":"b","accounts":{"done":3}}`
	for name, c := range map[string]struct {
		change   func(w store.Writer) error
		at, says string
	}{
		"nothing is wrong":        {func(store.Writer) error { return nil }, "", ""},
		"a count that is not":     {put("batch/b/tally", tally), "batch/b/tally", "counted as map[done:3], and should be as map[failed:1 going:1 skipped:1]"},
		"a lost count":            {deleteFirst("batch/b/tally"), "batch/b/tally", "counted as map[]"},
		"a lost failure":          {deleteFirst("batch/b/failed/"), "batch/b/failed/b.00000", "the index has no entry"},
		"a failure that is none":  {put("batch/b/failed/b.00001", numbered(1).String()), "batch/b/failed/b.00001", "in no such trouble"},
		"another account skipped": {putFirst("batch/b/skipped/", numbered(1).String()), "batch/b/skipped/b.00002", "of another account"},
		"lost rows":               {deleteFirst("batch/b/rows/"), "request/b", "has 3 accounts, and 0 are listed"},
		"lost reasons":            {deleteFirst("batch/b/left-out/"), "request/b", "left out 1 accounts, and 0"},
		"rows of no batch":        {put("batch/c/rows/000", `{"lines":[]}`), "batch/c/rows/000", "refers to request/c"},
		"something else":          {put("batch/b/other", `{}`), "batch/b/other", "no kind of record"},
		"a lost request":          {deleteFirst("request/b.00001"), "request/b", "2 of its accounts have requests of their own, and it says 3"},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			if err := os.WriteFile(filepath.Join(dir, "oktaws.db"), edited(t, file, c.change), 0o600); err != nil {
				t.Fatal(err)
			}
			report, err := store.CheckBolt(t.Context(), dir)
			if err != nil {
				t.Fatal(err)
			}
			found := c.says == "" && len(report.Faults) == 0
			for _, f := range report.Faults {
				found = found || c.says != "" && strings.Contains(f.What, c.says) && f.Key == c.at && f.Remedy != ""
			}
			if !found {
				t.Errorf("it says %+v", report.Faults)
			}
		})
	}
}
