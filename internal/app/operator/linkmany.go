package operator

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"slices"

	"github.com/oktaws/oktaws/internal/roster"
	"github.com/oktaws/oktaws/store"
)

// listed is a list of accounts to link, before it is held against the store.
type listed struct {
	entries []roster.Entry
	members []roster.Member  // of the organization, as far as it is known
	out     []roster.LeftOut // by the organization's word
}

// linkMany asks, in one request, to link all accounts of a list that can be linked now.
func (s *Session) linkMany(ctx context.Context, l linkLine) error {
	if l.noWait {
		l.wait, l.patient = false, true
	}
	list, err := s.accountsToLink(ctx, l)
	if err != nil {
		return err
	}
	if l.dryRun {
		settled, err := s.settle(ctx, l, list)
		if err != nil {
			return err
		}
		return s.tellSettled(settled, l.json)
	}
	begun, err := s.finishBegun(ctx, l)
	if err != nil {
		return err
	}
	settled, err := s.settle(ctx, l, list)
	if err != nil {
		return err
	}
	s.tellLeftOut(settled.LeftOut, l.json)
	if len(settled.Ready) == 0 && begun != nil {
		l.wait = false
		return s.concludeBatch(ctx, l.asking, *begun)
	}
	if len(settled.Ready) == 0 {
		return refuse(store.Conflict, "With --dry-run all reasons are listed.", "none of the %s can be linked now", plural(len(settled.LeftOut), "account", "accounts"))
	}
	set, err := s.roleSet(l.roleSet)
	if err != nil {
		return err
	}
	r := store.Request{Kind: store.Link, Wish: s.wish(settled.Ready[0].Account, "", set, store.Mode(l.mode))}
	return s.ask(ctx, l.asking, r, func(tx *store.Tx, w *wish) error {
		now, err := s.rules(l).Settle(&tx.ReadTx, list.entries, list.members)
		if err != nil {
			return err
		}
		if len(now.Ready) == 0 {
			return refuse(store.Conflict, "See oktaws list.", "somebody else has asked for all of these accounts meanwhile")
		}
		w.Planned = tx.Now() // who approves many looks at the list, not at what each would change
		for _, e := range now.Ready {
			if w.Shared != "" && e.Account.Partition != now.Ready[0].Account.Partition {
				return refuse(store.Permanent, "Give the accounts of each partition in a file of its own.", "accounts of several partitions can't share an Okta application, and this list has some")
			}
			w.batch.Rows = append(w.batch.Rows, store.Row{Account: e.Account, Label: e.Label, RoleSet: e.RoleSet})
		}
		for _, out := range slices.Concat(list.out, now.LeftOut) {
			w.batch.LeftOut = append(w.batch.LeftOut, store.LeftOut{Account: out.Account, Label: out.Label, Why: forTerminal(out.Why)})
		}
		return nil
	})
}

// rules are those of the configuration, for the mode that was asked for.
func (s *Session) rules(l linkLine) roster.Rules {
	r := s.Settings.Roster
	if l.mode == string(store.ModeAPI) {
		r.Shared = ""
	}
	return r
}

// settle says which accounts of the list can be linked as things stand.
func (s *Session) settle(ctx context.Context, l linkLine, list listed) (settled roster.Settled, err error) {
	err = s.Store.View(ctx, func(tx *store.ReadTx) (err error) {
		settled, err = s.rules(l).Settle(tx, list.entries, list.members)
		return err
	})
	settled.LeftOut = slices.Concat(list.out, settled.LeftOut)
	return settled, err
}

// accountsToLink reads the file, or asks the organization.
func (s *Session) accountsToLink(ctx context.Context, l linkLine) (listed, error) {
	if l.file != "" {
		return s.accountsOfFile(ctx, l)
	}
	members, err := s.members(ctx, s.Settings.Partitions, l.unit)
	if err != nil {
		return listed{}, err
	}
	list := listed{members: members}
	list.entries, list.out = s.rules(l).FromMembers(members)
	if len(members) == 0 {
		return list, refuse(store.NotFound, "Look at the organizational unit in the AWS console.", "there is no account there")
	}
	return list, nil
}

func (s *Session) accountsOfFile(ctx context.Context, l linkLine) (listed, error) {
	read, err := s.rules(l).Read(bytes.NewReader(s.Input))
	if err != nil {
		return listed{}, err
	}
	if n := len(read.Problems); n > 0 {
		text := ""
		for _, p := range read.Problems {
			text += "\n  " + oneLine(p.String())
		}
		return listed{}, refuse(store.Permanent, "Nothing was asked for.", "the list of accounts must be mended first:%s", text)
	}
	for _, n := range read.Notes {
		if !s.quiet {
			fmt.Fprintf(s.Stderr, "Line %d: %s.\n", n.Line, oneLine(n.Text))
		}
	}
	list := listed{entries: read.Entries}
	var partitions []string
	for _, e := range list.entries {
		if !slices.Contains(partitions, e.Account.Partition) {
			partitions = append(partitions, e.Account.Partition)
		}
	}
	list.members, err = s.members(ctx, partitions, "")
	if store.KindOf(err) == store.Transient {
		return list, err
	}
	if message, _ := store.Explain(err); err != nil && !s.quiet {
		fmt.Fprintf(s.Stderr, "Which accounts are closed, and how those without a name are called, isn't known: %s.\n", oneLine(message))
	}
	return list, nil
}

// members are the accounts of the partitions' organizations, or under a unit of theirs. One of several that has no such
// unit is no trouble.
func (s *Session) members(ctx context.Context, partitions []string, unit string) (all []roster.Member, err error) {
	pipeline, err := s.Provisioner(ctx)
	if err != nil {
		return nil, err
	}
	p := s.progress()
	defer p.end()
	p.say("Asking the AWS organization for its accounts")
	var failed error
	for _, partition := range partitions {
		some, err := pipeline.Members(ctx, partition, unit)
		if err != nil && failed == nil {
			failed = err
		}
		for _, m := range some {
			all = append(all, roster.Member(m))
		}
	}
	if len(all) > 0 && unit != "" {
		failed = nil
	}
	return all, failed
}

type settledDocument struct {
	Ready   []listedDocument `json:"would_link"`
	LeftOut []listedDocument `json:"left_out"`
}

type listedDocument struct {
	Partition string `json:"partition"`
	ID        string `json:"id"`
	Label     string `json:"label,omitempty"`
	RoleSet   string `json:"role_set,omitempty"`
	Line      int    `json:"line,omitempty"` // of the file
	Why       string `json:"why,omitempty"`
}

func listedDocumentOf(e roster.Entry, why string) listedDocument {
	return listedDocument{e.Account.Partition, e.Account.ID, e.Label, e.RoleSet, e.Line, forTerminal(why)}
}

// tellSettled prints which accounts would be linked, and why others would not.
func (s *Session) tellSettled(settled roster.Settled, asJSON bool) error {
	if asJSON {
		d := settledDocument{[]listedDocument{}, []listedDocument{}}
		for _, e := range settled.Ready {
			d.Ready = append(d.Ready, listedDocumentOf(e, ""))
		}
		for _, out := range settled.LeftOut {
			d.LeftOut = append(d.LeftOut, listedDocumentOf(out.Entry, out.Why))
		}
		return s.print(d)
	}
	fmt.Fprintf(s.Stdout, "%s would be linked.\n", plural(len(settled.Ready), "account", "accounts"))
	if len(settled.Ready) > 0 {
		fmt.Fprintln(s.Stdout)
		t := table{head: []string{"ACCOUNT", "NAME", "ROLE SET"}, yield: []int{2, 1}}
		for _, e := range settled.Ready {
			t.add(e.Account.Typed(), oneLine(e.Label), store.Wish{RoleSet: e.RoleSet}.RoleSetName())
		}
		t.write(s.Stdout, s.Screen.Width)
	}
	if len(settled.LeftOut) > 0 {
		fmt.Fprintf(s.Stdout, "\n%s would be left out.\n\n", plural(len(settled.LeftOut), "account", "accounts"))
		t := table{head: []string{"ACCOUNT", "NAME", "WHY"}, yield: []int{2, 1}}
		for _, out := range settled.LeftOut {
			t.add(out.Account.Typed(), oneLine(out.Label), oneLine(forTerminal(out.Why)))
		}
		t.write(s.Stdout, s.Screen.Width)
	}
	return nil
}

// mostLeftOut is how many that are left out are named; who wants to see all has --dry-run.
const mostLeftOut = 20

func (s *Session) tellLeftOut(all []roster.LeftOut, asJSON bool) {
	if asJSON && s.quiet {
		return
	}
	for i, out := range all {
		if i == mostLeftOut {
			fmt.Fprintf(s.Stderr, "… and %d more; --dry-run lists them.\n", len(all)-i)
			return
		}
		fmt.Fprintf(s.Stderr, "Left out: %s: %s.\n", about(out.Account, oneLine(out.Label)), oneLine(forTerminal(out.Why)))
	}
}

// finishBegun carries on with the requests that an earlier call has begun, where oktaws serve doesn't, and returns the last.
func (s *Session) finishBegun(ctx context.Context, l linkLine) (last *store.Request, err error) {
	if s.Lasting || l.noWait {
		return nil, nil
	}
	var begun []store.Request
	err = s.Store.View(ctx, func(tx *store.ReadTx) error {
		begun = nil
		var failed error
		err := tx.Requests(func(r store.Request) bool {
			if r.Size == 0 || r.Kind != store.Link || r.State != store.Approved {
				return true
			}
			var t store.Tally
			if t, failed = tx.Tally(r.ID); t.Going > 0 || r.Unfinished() {
				begun = append(begun, r)
			}
			return failed == nil
		})
		return cmp.Or(err, failed)
	})
	for _, r := range begun {
		if err != nil {
			return nil, err
		}
		if !l.json {
			fmt.Fprintf(s.Stderr, "Carrying on with request %s.\n", r.ID)
		}
		last, err = &r, s.followBatch(ctx, r.ID)
	}
	return last, err
}
