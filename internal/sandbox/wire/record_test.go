package wire

import (
	"strings"
	"testing"
)

func TestTheRecordHasBounds(t *testing.T) {
	r := record{most: 100, mostBytes: 50}
	for seq := 1; seq <= 1000; seq++ {
		r.add(Call{Seq: seq, Request: "12345", Response: "67890"})
		if len(r.calls) > 110 || r.bytes > 50 {
			t.Fatalf("after %d calls: %d kept, %d bytes", seq, len(r.calls), r.bytes)
		}
	}
	calls := r.after(0)
	if calls[len(calls)-1].Seq != 1000 || len(r.after(995)) != 5 {
		t.Errorf("the last are not there: %d calls after the 995th", len(r.after(995)))
	}
	for i, c := range calls {
		if bare := i < len(calls)-5; c.Bare != bare || (c.Request == "") != bare {
			t.Fatalf("call %d of %d: bare %t, request %q", i, len(calls), c.Bare, c.Request)
		}
	}
}

func TestACallThatWasLongUnderWayIsPutInItsPlace(t *testing.T) {
	r := record{most: 100, mostBytes: 6}
	for _, seq := range []int{2, 3, 5, 4, 1} {
		r.add(Call{Seq: seq, Request: "abc"})
	}
	var got strings.Builder
	for _, c := range r.after(0) {
		got.WriteString(c.Request + ".")
	}
	if got.String() != "...abc.abc." || r.bytes != 6 {
		t.Errorf("bodies %s, %d bytes", &got, r.bytes)
	}
	r.add(Call{Seq: 6, Request: strings.Repeat("x", 100)})
	if last := r.after(5); len(last) != 1 || !last[0].Bare || r.bytes != 0 {
		t.Errorf("a body that is larger than all that is kept: %+v, %d bytes", last, r.bytes)
	}
}
