package operator

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/oktaws/oktaws/store"
)

func TestATableFitsTheTerminalAndKeepsIDs(t *testing.T) {
	t.Parallel()
	made := func() *table {
		x := &table{head: []string{"ACCOUNT", "NAME", "STATE"}, yield: []int{2, 1}}
		x.add("111122223333", "Gmail-AWS-Account-für-alle", "waiting for a person's step")
		x.add("aws-us-gov/444455556666", "Äh", "")
		return x
	}
	for width, want := range map[int]string{
		0: `ACCOUNT                  NAME                        STATE
111122223333             Gmail-AWS-Account-für-alle  waiting for a person's step
aws-us-gov/444455556666  Äh
`,
		70: `ACCOUNT                  NAME                        STATE
111122223333             Gmail-AWS-Account-für-alle  waiting for a pe…
aws-us-gov/444455556666  Äh
`,
		45: `ACCOUNT                  NAME          STATE
111122223333             Gmail-AWS-A…  waiti…
aws-us-gov/444455556666  Äh
`,
		20: `ACCOUNT                  NAME    STATE
111122223333             Gmail…  waiti…
aws-us-gov/444455556666  Äh
`,
	} {
		var b bytes.Buffer
		made().write(&b, width)
		if b.String() != want {
			t.Errorf("for %d columns:\n%s", width, &b)
		}
		for line := range strings.SplitSeq(b.String(), "\n") {
			if width > 40 && utf8.RuneCountInString(line) > width {
				t.Errorf("too long for %d columns: %s", width, line)
			}
		}
	}
}

func TestWhatOthersWroteDoesNotDrawOnTheTerminal(t *testing.T) {
	t.Parallel()
	if got := oneLine("a\x1b[2Jb\nc\u009bd"); got != "a [2Jb c d" {
		t.Errorf("%q", got)
	}
}

func TestErrorsAreForTheTerminal(t *testing.T) {
	t.Parallel()
	slack := &store.Error{Kind: store.NeedsPerson, Message: "asked for by <@U012ABC> and the operator root@host", Remedy: "See it with `/oktaws status 1`."}
	for _, c := range []struct {
		err    error
		asJSON bool
		code   int
		want   string
	}{
		{nil, false, Done, ""},
		{Ended(Waits), true, Waits, ""},
		{fmt.Errorf("look: %w", slack), false, Failed, "oktaws: look: asked for by U012ABC and the operator root@host\nSee it with oktaws status 1.\n"},
		{slack, true, Failed, `{"error":{"message":"asked for by U012ABC and the operator root@host","remedy":"See it with oktaws status 1.","kind":"needs_person"}}` + "\n"},
		{usage("", "wrong"), false, Usage, "oktaws: wrong\n"},
		{errors.New("broken"), true, Failed, `{"error":{"message":"broken","kind":"transient"}}` + "\n"},
	} {
		var b bytes.Buffer
		if code := Tell(&b, c.err, c.asJSON); code != c.code || b.String() != c.want {
			t.Errorf("%v: %d %s", c.err, code, &b)
		}
	}
}

func TestProgressIsPlainLinesWhereThereIsNoTerminal(t *testing.T) {
	t.Parallel()
	a := store.Account{AccountKey: store.AccountKey{Partition: "aws", ID: "111122223333"}, Wish: store.Wish{Mode: store.ModeGroups}, Desired: store.WantLinked,
		Steps: map[string]store.Step{"identity": {State: store.StepDone}, "okta-app": {State: store.StepAgain}}}
	var b bytes.Buffer
	p := (&Session{Stderr: &b}).progress()
	p.show([]store.Account{a})
	p.show([]store.Account{a})
	p.end()
	if got, want := b.String(), "111122223333: Reach the AWS account: done\n111122223333: Okta application: under way\n"; got != want {
		t.Errorf("%q", got)
	}
}
