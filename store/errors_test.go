package store_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/oktaws/oktaws/store"
)

func TestWhatPeopleReadOfAnError(t *testing.T) {
	cause := errors.New("AccessDenied: RequestID 1234")
	for name, c := range map[string]struct {
		err             error
		kind            store.Kind
		message, remedy string
	}{
		"an error for people":         {&store.Error{Kind: store.Denied, Message: "it may not", Remedy: "let it", Err: cause}, store.Denied, "it may not", "let it"},
		"one inside of another error": {fmt.Errorf("step roles: %w", &store.Error{Kind: store.Conflict, Message: "it is there"}), store.Conflict, "it is there", ""},
		"one around another":          {&store.Error{Kind: store.Permanent, Message: "outer", Err: &store.Error{Kind: store.Denied, Message: "inner"}}, store.Permanent, "outer", ""},
		"one without a kind":          {&store.Error{Message: "it broke"}, store.Transient, "it broke", ""},
		"any other":                   {cause, store.Transient, "inside oktaws", "log"},
	} {
		message, remedy := store.Explain(c.err)
		if store.KindOf(c.err) != c.kind || !strings.Contains(message, c.message) || !strings.Contains(remedy, c.remedy) || strings.Contains(message+remedy, "RequestID") {
			t.Errorf("%s: %s, %q, %q", name, store.KindOf(c.err), message, remedy)
		}
		if p := store.ProblemOf(c.err); p.Kind != c.kind || p.Message != message || p.Remedy != remedy {
			t.Errorf("%s: as a problem it is %+v", name, p)
		}
		if errors.Is(c.err, cause) && !strings.Contains(c.err.Error(), "RequestID") {
			t.Errorf("%s: the log doesn't say the cause: %v", name, c.err)
		}
	}
}
