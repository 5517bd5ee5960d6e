package operator

import (
	"context"
	"fmt"

	"github.com/oktaws/oktaws/store"
)

type checkDocument struct {
	Account  accountDocument   `json:"account"`
	Findings []findingDocument `json:"findings"`
	Problem  *problemDocument  `json:"problem,omitempty"` // why it could not be looked at
}

// check looks at linked accounts, one after the other so that Okta isn't asked too much, and prints what differs. It ends
// with Failed where something does that nobody ignores, or an account could not be looked at.
func (s *Session) check(ctx context.Context, typed []string, all, asJSON bool) error {
	keys, err := s.accounts(ctx, typed)
	if err != nil {
		return err
	}
	if all {
		accounts, err := s.every(ctx, linked)
		if err != nil {
			return err
		}
		for _, a := range accounts {
			keys = append(keys, a.AccountKey)
		}
	}
	pipeline, err := s.Provisioner(ctx)
	if err != nil {
		return err
	}
	bar := s.progress()
	seen := []checkDocument{}
	bad := false
	for i, key := range keys {
		bar.say("Looking at %s", about(key, ""))
		bar.count(i, len(keys))
		d, err := s.checkOne(ctx, pipeline, key)
		if err != nil {
			bar.end()
			return err
		}
		for _, f := range d.Findings {
			bad = bad || !f.Ignored
		}
		bad = bad || d.Problem != nil
		seen = append(seen, d)
	}
	bar.end()
	if asJSON {
		err = s.print(struct {
			Accounts []checkDocument `json:"accounts"`
		}{seen})
	} else {
		s.tellChecks(seen)
	}
	if err == nil && bad {
		err = Ended(Failed)
	}
	return err
}

func (s *Session) checkOne(ctx context.Context, pipeline Provisioner, key store.AccountKey) (d checkDocument, err error) {
	a, err := s.known(ctx, key)
	if err != nil {
		return d, err
	}
	if !linked(a) {
		return d, refuse(store.Conflict, fmt.Sprintf("See it with oktaws status %s.", key.Typed()), "account %s is %s: only linked accounts are checked", key.Typed(), a.Position())
	}
	c, err := pipeline.Check(ctx, key)
	if err != nil {
		return d, err
	}
	if a, err = s.known(ctx, key); err != nil {
		return d, err
	}
	return checkDocument{Account: documentOf(a), Findings: s.seen(c), Problem: problemOf(c.Problem)}, nil
}

func (s *Session) known(ctx context.Context, key store.AccountKey) (a store.Account, err error) {
	err = s.Store.View(ctx, func(tx *store.ReadTx) (err error) {
		a, err = tx.Account(key)
		return err
	})
	return a, err
}

// seen is what a check has found.
func (s *Session) seen(c store.Check) []findingDocument {
	open := map[string]bool{}
	for _, f := range c.Open(s.Store.Clock().Now()) {
		open[f.Key] = true
	}
	return findingsOf(c.Findings, func(f store.Finding) bool { return !open[f.Key] })
}

func (s *Session) tellChecks(seen []checkDocument) {
	if len(seen) == 0 {
		fmt.Fprintln(s.Stderr, "No account is linked, so there is nothing to check.")
	}
	for i, d := range seen {
		if i > 0 {
			fmt.Fprintln(s.Stdout)
		}
		it := about(store.AccountKey{Partition: d.Account.Partition, ID: d.Account.ID}, oneLine(d.Account.Label))
		switch {
		case d.Problem != nil:
			fmt.Fprintf(s.Stdout, "%s could not be looked at: %s\n", it, oneLine(d.Problem.Message+" "+d.Problem.Remedy))
		case len(d.Findings) == 0:
			fmt.Fprintf(s.Stdout, "%s is all as it shall be.\n", it)
		default:
			fmt.Fprintf(s.Stdout, "%s differs from what it shall be:\n", it)
			s.findingTable(d.Findings)
		}
	}
}

// findingTable prints what differs, and what oktaws does about it.
func (s *Session) findingTable(found []findingDocument) {
	t := table{head: []string{"STEP", "WHAT DIFFERS", "MENDED BY"}, yield: []int{2, 1}}
	for _, f := range found {
		by := "repair: " + oneLine(f.Mend)
		switch {
		case f.Ignored:
			by = "nobody: it is ignored"
		case f.Rotate != "":
			by = "rotating the " + f.Rotate
		case f.Foreign:
			by = "nobody: it is somebody else's"
		case f.Person:
			by = "a person: " + oneLine(f.Mend)
		}
		t.add(f.Step, oneLine(f.What+" "+f.Means), by)
	}
	t.write(s.Stdout, s.Screen.Width)
}
