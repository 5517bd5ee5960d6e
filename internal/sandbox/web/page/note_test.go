package page_test

import (
	"testing"

	"github.com/oktaws/oktaws/internal/sandbox/web/page"
)

func TestTheLatestNotesAreKept(t *testing.T) {
	var notes page.Notes[int]
	var ids []string
	for i := range 100 {
		ids = append(ids, notes.Add(i+1))
	}
	for i, id := range ids {
		want := i + 1
		if i < len(ids)-64 {
			want = 0
		}
		if got := notes.Get(id); got != want {
			t.Errorf("note %d: %d, want %d", i+1, got, want)
		}
	}
	if got := notes.Get("no such note"); got != 0 {
		t.Errorf("a note that nobody left: %d", got)
	}
}
