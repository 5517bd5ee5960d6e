package operator

import (
	"context"
	"fmt"

	"github.com/oktaws/oktaws/store"
)

type planDocument struct {
	Account accountDocument   `json:"account"`
	Kind    string            `json:"kind"` // of the request that would bring it there
	Changes []findingDocument `json:"changes"`
}

// plan prints what would change: by the request that waits for a decision; else to make the account what it is wanted to be;
// else, for one that isn't linked, to link it. It changes nothing.
func (s *Session) plan(ctx context.Context, typed, label, roleSet string, asJSON bool) error {
	key, err := s.account(ctx, typed)
	if err != nil {
		return err
	}
	if label != "" {
		err = s.labelFits(label)
	}
	if err != nil {
		return err
	}
	if roleSet, err = s.roleSet(roleSet); err != nil {
		return err
	}
	var a store.Account
	var kind store.RequestKind
	err = s.Store.View(ctx, func(tx *store.ReadTx) (err error) {
		a, kind, err = s.planned(tx, key, label, roleSet)
		return err
	})
	if err != nil {
		return err
	}
	pipeline, err := s.Provisioner(ctx)
	if err != nil {
		return err
	}
	bar := s.progress()
	bar.say("Looking at %s", about(key, oneLine(a.Label)))
	found, err := pipeline.Plan(ctx, a)
	bar.end()
	if err != nil {
		return err
	}
	changes := findingsOf(found, func(store.Finding) bool { return false })
	if asJSON {
		return s.print(planDocument{Account: documentOf(a), Kind: string(kind), Changes: changes})
	}
	if len(changes) == 0 {
		fmt.Fprintf(s.Stdout, "To %s %s, nothing would change.\n", kind, about(key, oneLine(a.Label)))
		return nil
	}
	fmt.Fprintf(s.Stdout, "To %s %s:\n", kind, about(key, oneLine(a.Label)))
	t := table{head: []string{"STEP", "WHAT IS", "WHAT WOULD BE DONE"}, yield: []int{2, 1}}
	for _, f := range changes {
		done := oneLine(f.Mend)
		switch {
		case f.Foreign && kind == store.Adopt:
			done = "it is taken over"
		case f.Foreign:
			done = "nothing: it is somebody else's"
		}
		t.add(f.Step, oneLine(f.What), done)
	}
	t.write(s.Stdout, s.Screen.Width)
	return nil
}

// planned is the account as a plan looks at it, and what kind of request would bring it there.
func (s *Session) planned(tx *store.ReadTx, key store.AccountKey, label, roleSet string) (store.Account, store.RequestKind, error) {
	a, err := tx.Account(key)
	if err != nil && store.KindOf(err) != store.NotFound {
		return a, "", err
	}
	fresh := a.State == store.None || a.State == store.Unlinked
	switch {
	case a.Pending != "":
		r, err := tx.Request(a.Pending)
		return r.Wanted(a, tx.Now()), r.Kind, err
	case !fresh && a.Desired == store.WantUnlinked:
		return a, store.Unlink, nil
	case linked(a):
		return a, store.Repair, nil
	case !fresh && a.Adopt:
		return a, store.Adopt, nil
	case !fresh:
		return a, store.Link, nil
	}
	if label == "" {
		label = a.Label
	}
	if label == "" {
		return a, "", usage(fmt.Sprintf("Such as oktaws plan %s Gmail-AWS-Account.", key.Typed()), "nobody has asked for account %s yet, so the plan needs a name for the Okta application", key.Typed())
	}
	a = store.Account{AccountKey: key, Meta: a.Meta, Wish: s.wish(key, label, roleSet, ""), Desired: store.WantLinked}
	return a, store.Link, nil
}
