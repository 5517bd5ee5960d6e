package bot

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/oktaws/oktaws/internal/roster"
	"github.com/oktaws/oktaws/store"
)

// listing is many accounts to link, as somebody gave them.
type listing struct {
	organization bool   // all of it, or of the unit
	unit         string // name, path or ID
	pasted       string
	read         *roster.List // what a file or a form had, where that is read already
	prompt       bool         // only where it goes quickly
	roleSet      string       // as typed; of accounts that say none themselves
	reason       string
}

const (
	// promptly is how long a listing may take to be answered with the ack; what takes longer is answered when it is done.
	promptly = 1200 * time.Millisecond
	// listTimeout is how long reading an organization may take: 20 accounts a call, and a company's tools share what AWS
	// answers in a second.
	listTimeout = 10 * time.Minute
	// promptMost is of how many accounts a request can be made with the ack: judging very many takes seconds.
	promptMost = 1000
)

// errLater is that what is asked for takes longer than an ack may.
var errLater = errors.New("takes a while")

// linkOrganization asks for all accounts of the organization, or of a unit.
func (b *Bot) linkOrganization(ctx context.Context, c *command, o linkOptions) (outcome, error) {
	first, _ := word(o.rest)
	switch {
	case o.all && o.hasUnit:
		return outcome{}, invalid("`--all` is every account of the organization, and `--ou` those of one unit.", "Leave one of the two out.")
	case o.hasUnit && o.unit == "":
		return outcome{}, invalid("Say which organizational unit.", "Give its name, its path or its ID: `/oktaws link --ou Workloads`, `--ou \"Root/Mail team\"` or `--ou ou-ab12-cdefghij`.")
	case o.list || isAccount(first):
		return outcome{}, invalid("`--all` and `--ou` take the accounts from the organization, and a list names them.", "Use one of the two.")
	}
	return b.linkMany(ctx, &c.delivery, listing{organization: true, unit: o.unit, roleSet: o.roleSet, reason: strings.TrimSpace(o.reason + " " + o.rest)})
}

// linkMany asks for many accounts: with the ack where that goes quickly, and else after it.
func (b *Bot) linkMany(ctx context.Context, d *delivery, l listing) (outcome, error) {
	quick, cancel := context.WithTimeout(ctx, promptly)
	defer cancel()
	l.prompt = true
	say, err := b.askForMany(quick, d, l)
	if err == nil || quick.Err() == nil && !errors.Is(err, errLater) {
		return outcome{say: say}, err
	}
	waits := ":mag: Looking at the accounts of the organization. What comes of it is told here."
	if d.responseURL == "" {
		waits = ":mag: Looking at the accounts. What comes of it is told to you by direct message."
	}
	l.prompt = false
	return outcome{say: note(waits + " If nothing has come in ten minutes, please ask again."), then: b.meanwhile(d, func(ctx context.Context) (content, error) {
		return b.askForMany(ctx, d, l)
	})}, nil
}

// meanwhile does something that takes a while once a delivery is answered, and tells the person alone what came of it.
func (b *Bot) meanwhile(d *delivery, do func(context.Context) (content, error)) func(context.Context) {
	return func(ctx context.Context) {
		doing, cancel := context.WithTimeout(ctx, listTimeout)
		defer cancel()
		say, err := do(doing)
		if _, forPeople := errors.AsType[*store.Error](err); err != nil && !forPeople && doing.Err() != nil {
			message := "Reading the accounts took too long, so nothing was asked for."
			if ctx.Err() != nil {
				message = "oktaws was stopped while it read the accounts, so nothing was asked for."
			}
			err = &store.Error{Kind: store.Transient, Message: message, Remedy: "Please try again in a minute.", Err: err}
		}
		if err != nil {
			b.logRefusal(d, err)
			say = refusal(err)
		}
		ctx, release := outlive(ctx, lastWords)
		defer release()
		b.tell(ctx, d, say)
	}
}

// tell says something to the person behind a delivery: where they typed the command, or else by direct message.
func (b *Bot) tell(ctx context.Context, d *delivery, c content) {
	if d.responseURL != "" || d.channel != "" {
		b.whisper(ctx, d, c)
		return
	}
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	dm, err := b.channel(ctx, d.by.ID)
	if err == nil {
		_, _, err = b.api.PostMessageContext(ctx, dm, (&post{}).options(c)...)
	}
	if err != nil {
		b.log.Warn("an answer didn't arrive", "envelope", d.id, "user", d.by.ID, "error", bare(err))
	}
}

// askForMany makes requests of a listing: one, or, where accounts share an application that each partition has one of, one
// for each partition. It returns what the person reads.
func (b *Bot) askForMany(ctx context.Context, d *delivery, l listing) (content, error) {
	set, err := b.roleSet(l.roleSet)
	if err != nil {
		return content{}, err
	}
	entries, members, out, notes, err := b.gather(ctx, l)
	if err != nil {
		return content{}, err
	}
	if l.prompt && len(entries) > promptMost {
		return content{}, errLater
	}
	var settled roster.Settled
	err = b.store.View(ctx, func(tx *store.ReadTx) (err error) {
		settled, err = b.cfg.Roster.Settle(tx, entries, members)
		return err
	})
	if err != nil {
		return content{}, err
	}
	settled.LeftOut = append(settled.LeftOut, out...)
	var lines []string
	for _, batch := range b.batches(settled) {
		if len(batch.Rows) == 0 {
			continue
		}
		first := batch.Rows[0].Account
		r := b.begun(d, store.Request{Kind: store.Link, Wish: b.wish(first, "", set), Reason: l.reason})
		if err := b.openBatch(ctx, d, &r, batch); err != nil {
			if len(lines) == 0 {
				return content{}, err
			}
			message, remedy := store.Explain(err)
			lines = append(lines, ":no_entry_sign: "+sentence(message, problemLimit)+spaced(sentence(remedy, problemLimit)))
			continue
		}
		lines = append(lines, askedSentence(r))
	}
	if len(lines) == 0 {
		lines = []string{":information_source: There is nothing to link, so nothing was asked for."}
	}
	text := spoken(lines[0])
	lines = append(lines, leftOutLines(leftOuts(settled.LeftOut), bigList)...)
	return content{text: text, blocks: paragraphs(append(lines, noteLines(notes)...))}, nil
}

// noteLines is what was passed over in a list.
func noteLines(notes []roster.Note) []string {
	var lines []string
	for _, n := range notes {
		text := n.Text
		if n.Line > 0 {
			text = fmt.Sprintf("line %d: %s", n.Line, text)
		}
		lines = append(lines, "• "+oneLine(statement(text, noteLimit)))
	}
	if len(lines) > 0 {
		lines = append([]string{"*Passed over in the list*"}, lines...)
	}
	return within(lines, smallList)
}

// openBatch records a request for many accounts: in the transaction that remembers the delivery, unless it is remembered.
func (b *Bot) openBatch(ctx context.Context, d *delivery, r *store.Request, batch store.Batch) error {
	open := func(tx *store.Tx) (err error) {
		*r, err = tx.OpenBatch(*r, batch)
		return err
	}
	if d.recorded {
		return b.store.Update(ctx, open)
	}
	return b.once(ctx, d, open)
}

// gather reads what a listing names, and what the organization says of it: out are those that it names, and that can't be
// linked whatever oktaws knows of them.
func (b *Bot) gather(ctx context.Context, l listing) (entries []roster.Entry, members []roster.Member, out []roster.LeftOut, notes []roster.Note, err error) {
	if l.organization {
		if members, err = b.members(ctx, b.cfg.Partitions, l.unit); err != nil {
			return nil, nil, nil, nil, err
		}
		entries, out = b.cfg.Roster.FromMembers(members)
		return entries, members, out, nil, nil
	}
	read := l.read
	if read == nil {
		list, err := b.cfg.Roster.Read(strings.NewReader(l.pasted))
		if err != nil {
			return nil, nil, nil, nil, err
		}
		read = &list
	}
	if len(read.Problems) > 0 {
		return nil, nil, nil, nil, &badList{read.Problems}
	}
	var partitions []string
	for _, e := range read.Entries {
		if !slices.Contains(partitions, e.Account.Partition) {
			partitions = append(partitions, e.Account.Partition)
		}
	}
	members, err = b.members(ctx, partitions, "")
	if kind := store.KindOf(err); err != nil && ctx.Err() == nil && kind != store.Transient {
		b.log.Info("a list of accounts isn't held against the organization", "why", err) // there may be none, or none that may be read
		members, err = nil, nil
	}
	return read.Entries, members, nil, read.Notes, err
}

// members lists the accounts of the organizations of partitions, or of a unit in any of them.
func (b *Bot) members(ctx context.Context, partitions []string, unit string) ([]roster.Member, error) {
	var all []roster.Member
	var failed error
	for _, partition := range partitions {
		some, err := b.provisioner.Members(ctx, partition, unit)
		if err != nil {
			if unit == "" || ctx.Err() != nil {
				return nil, err
			}
			failed = errors.Join(failed, err) // the unit may be another partition's
			continue
		}
		for _, m := range some {
			all = append(all, roster.Member(m))
		}
	}
	if len(all) == 0 && failed != nil {
		if said, ok := errors.AsType[*store.Error](failed); ok {
			return nil, said
		}
		return nil, failed
	}
	return all, nil
}

// batches are the accounts by the application that they share, the first of which begins with the first account.
func (b *Bot) batches(s roster.Settled) []store.Batch {
	at := map[string]int{}
	var all []store.Batch
	of := func(k store.AccountKey) *store.Batch {
		shared := b.shared(k, b.cfg.Mode)
		if _, known := at[shared]; !known {
			at[shared] = len(all)
			all = append(all, store.Batch{})
		}
		return &all[at[shared]]
	}
	for _, e := range s.Ready {
		batch := of(e.Account)
		batch.Rows = append(batch.Rows, store.Row{Account: e.Account, Label: e.Label, RoleSet: e.RoleSet})
	}
	for _, out := range leftOuts(s.LeftOut) {
		batch := of(out.Account)
		if len(batch.Rows) == 0 { // of a partition of which nothing is asked for
			batch = &all[0]
		}
		batch.LeftOut = append(batch.LeftOut, out)
	}
	return all
}

// leftOuts is what is left out as a request keeps it.
func leftOuts(out []roster.LeftOut) []store.LeftOut {
	var kept []store.LeftOut
	for _, l := range out {
		kept = append(kept, store.LeftOut{Account: l.Account, Label: l.Label, Why: l.Reason()})
	}
	return kept
}

// badList is that a list can't be taken as it is.
type badList struct{ problems []roster.Problem }

func (l *badList) Error() string { return l.Unwrap().Error() }

// Unwrap is the same for people, without what is wrong.
func (l *badList) Unwrap() error {
	return invalid(fmt.Sprintf("The list can't be taken as it is: %s. Nothing was asked for.", plural(len(l.problems), "thing is wrong", "things are wrong")), "Mend the list, and give it again.")
}

// lines are what is wrong, as many as fit into so much room, and then how many more.
func (l *badList) lines(room int) []string {
	var lines []string
	for _, p := range l.problems {
		lines = append(lines, "• "+oneLine(statement(p.String(), noteLimit)))
	}
	return within(lines, room)
}
